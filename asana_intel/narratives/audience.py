"""What a narrative may draw on: what everybody in the workspace sees and people made. No sheet and no wording here.

A narrative is read by everybody who reads its goal, portfolio or page. That circle and the members of a private project
are two sets of people of which we know neither, so nothing that is private is taken into any narrative: no name, no
number made from it, no gid.

What has no privacy setting counts as private. Asana states one for every goal and every project that it shows; where it
is missing nobody knows who may read the object, and a name that was told cannot be taken back.
"""

from __future__ import annotations

import polars as pl

OURS = r"\bAIW-[A-Z2-7]{12}\b"
"""The mark that every post of this product carries."""

_EVERYBODY = "public_to_workspace"


def public_projects(projects: pl.DataFrame) -> frozenset[str]:
    """Gids of the projects that everybody in the workspace may read.

    Args:
        projects: staging/projects, or its columns project_gid and privacy_setting.
    """
    return frozenset(projects.filter(pl.col("privacy_setting") == _EVERYBODY)["project_gid"])


def own_projects(tasks: pl.DataFrame, task_projects: pl.DataFrame) -> frozenset[str]:
    """Gids of the projects that hold nothing but tasks of our making, such as reviews: they are nobody's plan.

    Args:
        tasks: staging/tasks, or its columns task_gid and notes.
        task_projects: staging/task_projects.
    """
    ours = tasks.filter(is_ours("notes")).select("task_gid")
    with_ours = task_projects.join(ours, on="task_gid").select("project_gid")
    held = task_projects.join(with_ours, on="project_gid", how="semi")
    of_people = held.join(ours, on="task_gid", how="anti")["project_gid"]
    return frozenset(held["project_gid"]) - frozenset(of_people)


def is_ours(column: str) -> pl.Expr:
    """Whether a story or task was made by this product, by the mark that each of them carries in its text."""
    return pl.col(column).str.contains(OURS).fill_null(value=False)


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
