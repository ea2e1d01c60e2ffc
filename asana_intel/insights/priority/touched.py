"""Which open tasks must be scored again after an event; scoring is done elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from asana_intel.errors import PermanentError
from asana_intel.insights.priority.backlog import Backlog
from asana_intel.insights.priority.goal_gain import goal_paths
from asana_intel.insights.priority.waiting import reach

_ITSELF, _FAMILY, _BEFORE, _BEHIND, _GOALS = "itself", "family", "before", "behind", "goals"
"""itself: the task. family: its parents, and subtasks that are in a project through it. before: what it waits for,
directly or not. behind: what waits for it directly. goals: all tasks that serve a goal it serves."""

KINDS: Mapping[str, frozenset[str]] = {
    "interest": frozenset({_ITSELF}),
    "assignee": frozenset({_ITSELF}),
    "due": frozenset({_ITSELF, _BEFORE}),
    "dependency": frozenset({_ITSELF, _BEFORE, _BEHIND}),
    "effort": frozenset({_ITSELF, _FAMILY, _BEFORE, _GOALS}),
    "load": frozenset({_ITSELF}),
    "goal": frozenset({_ITSELF}),
    "changed": frozenset({_ITSELF, _FAMILY, _BEFORE, _BEHIND, _GOALS}),
}
"""Kind of event -> what it touches. interest: comment, like, follower, priority or business value of a task. assignee,
due, dependency, effort: of a task. load: hours of a person or team. goal: odds of a goal. changed: anything else, such
as a task that is new, finished, reopened, deleted or moved to another project."""


def what_touches(kind: str, gids: Iterable[str], backlog: Backlog) -> pl.Series:
    """The tasks whose score an event may change.

    Args:
        kind: One of `KINDS`.
        gids: What it happened to: tasks, goals, projects, people or teams; both tasks of a dependency, both projects of
            a move.
        backlog: The frames after the event.

    Returns:
        Gids in order; of a task that is finished or deleted, too, so that its old score is dropped.

    Raises:
        PermanentError: There is no such kind.
    """
    if kind not in KINDS:
        raise PermanentError(f"No kind of event is called '{kind}'", fix=f"use one of {', '.join(KINDS)}")
    parts, given = KINDS[kind], set(gids)
    touched = given | _of_goals(given, backlog) | _of_people(given, backlog)
    moved = set(backlog.places.filter(pl.col("project_gid").is_in(_series(given).implode()))["task_gid"])
    touched |= moved
    if _GOALS in parts:
        touched |= _same_goals(given | moved | _family(given, backlog), given, backlog)
    if _FAMILY in parts:
        touched |= _family(given, backlog)
    if _BEFORE in parts:
        links = backlog.links.select("task_gid", "depends_on_gid").rows()
        touched |= reach(links, given | (_family(given, backlog) if _FAMILY in parts else set()))
    if _BEHIND in parts:
        touched |= set(backlog.links.filter(pl.col("depends_on_gid").is_in(_series(given).implode()))["task_gid"])
    return _series(touched)


def _series(gids: Iterable[str]) -> pl.Series:
    return pl.Series("task_gid", sorted(gids), dtype=pl.String)


def _of_goals(gids: set[str], backlog: Backlog) -> set[str]:
    return set(goal_paths(backlog, _series(gids))["task_gid"])


def _of_people(gids: set[str], backlog: Backlog) -> set[str]:
    """Tasks of these people, and unassigned ones of these teams."""
    owner = pl.coalesce("person_gid", "team_gid")
    return set(backlog.work.filter(owner.is_in(_series(gids).implode()))["task_gid"])


def _family(gids: set[str], backlog: Backlog) -> set[str]:
    parents = backlog.work.select("task_gid", "parent_gid").drop_nulls().rows()
    below = backlog.places.filter(pl.col("through_gid").is_in(_series(gids).implode()))["task_gid"]
    return reach(parents, gids) | set(below)


def _same_goals(tasks: set[str], given: set[str], backlog: Backlog) -> set[str]:
    """Tasks that serve a goal which one of these tasks serves or served, finished ones and whole projects included."""
    places = backlog.places.filter(pl.col("task_gid").is_in(_series(tasks).implode()))
    through = backlog.supports["project_gid"].is_in(pl.concat([places["project_gid"], _series(given)]).implode())
    goals = backlog.supports.filter(through | backlog.supports["task_gid"].is_in(_series(tasks).implode()))
    return set(goal_paths(backlog, goals["goal_gid"])["task_gid"])
