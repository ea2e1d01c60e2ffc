"""Who may read what a narrative draws on: what everybody in the workspace sees. No sheet and no wording here.

A narrative is read by everybody who reads its goal, portfolio or page. That circle and the members of a private project
are two sets of people of which we know neither, so nothing that is private is taken into any narrative: no name, no
number made from it, no gid.

What has no privacy setting counts as private. Asana states one for every goal and every project that it shows; where it
is missing nobody knows who may read the object, and a name that was told cannot be taken back.
"""

from __future__ import annotations

import polars as pl

_EVERYBODY = "public_to_workspace"


def public_projects(projects: pl.DataFrame) -> frozenset[str]:
    """Gids of the projects that everybody in the workspace may read.

    Args:
        projects: staging/projects, or its columns project_gid and privacy_setting.
    """
    return frozenset(projects.filter(pl.col("privacy_setting") == _EVERYBODY)["project_gid"])


def public_goals(goals: pl.DataFrame) -> frozenset[str]:
    """Gids of the goals that everybody in the workspace may read.

    Args:
        goals: staging/goals, or its columns goal_gid and privacy_setting.
    """
    return frozenset(goals.filter(pl.col("privacy_setting") == _EVERYBODY)["goal_gid"])


def public_tasks(tasks: pl.DataFrame, task_projects: pl.DataFrame, projects: frozenset[str]) -> frozenset[str]:
    """Gids of the tasks that everybody in the workspace may read: those in a public project, and their subtasks.

    Args:
        tasks: staging/tasks, or its columns task_gid and parent_gid.
        task_projects: staging/task_projects.
        projects: From `public_projects`.
    """
    seen = set(task_projects.filter(pl.col("project_gid").is_in(projects))["task_gid"])
    children: dict[str, list[str]] = {}
    for task_gid, parent_gid in tasks.select("task_gid", "parent_gid").drop_nulls().iter_rows():
        children.setdefault(parent_gid, []).append(task_gid)
    front = list(seen)
    while front:
        fresh = [child for child in children.get(front.pop(), ()) if child not in seen]
        seen.update(fresh)
        front += fresh
    return frozenset(seen)
