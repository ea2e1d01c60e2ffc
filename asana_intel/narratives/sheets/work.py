"""The public work behind goals at an instant: tasks finished, late and blocked. No fact is made and no word written.

Whether a task was open, when it was due and what it waited for is read off its history, so that a past week knows
nothing of what came later. Names, and which project a task or goal belongs to, are those of today.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from asana_intel.narratives.audience import public_projects, public_tasks

Read = Callable[[str], pl.DataFrame]

READS = (
    "staging/projects",
    "staging/tasks",
    "staging/task_projects",
    "staging/task_completion_intervals",
    "staging/task_date_intervals",
    "staging/task_dependencies",
    "staging/stories",
)
_PAIR = ["task_gid", "depends_on_gid"]


@dataclass(frozen=True)
class Work:
    """What everybody in the workspace may know of the work behind one goal.

    Attributes:
        project_gids: Its public projects.
        is_partial: Whether private projects support the goal too; nothing here comes from them.
        finished: Tasks finished in the last seven days, the latest first.
        overdue: Open tasks past their due day, the longest overdue first.
        blocked: Open tasks that wait for an open task, the longest waiting first.
        blocker_gid: Open task that has held one of them up for the longest time.
        blocker_name: Its name.
        blocked_days: For how many whole days.
    """

    project_gids: tuple[str, ...]
    is_partial: bool = False
    finished: tuple[str, ...] = ()
    overdue: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    blocker_gid: str | None = None
    blocker_name: str | None = None
    blocked_days: int = 0


def supporting_work(read: Read, links: pl.DataFrame, as_of: datetime) -> dict[str, Work]:
    """The work behind each goal that a public project supports, by goal gid.

    Args:
        read: Reads a table by key.
        links: Columns goal_gid and project_gid, such as marts/bridge_goal_project.
        as_of: Nothing later is used.
    """
    public = public_projects(read("staging/projects"))
    is_public = pl.col("project_gid").is_in(public)
    shown = links.filter(is_public).sort("goal_gid", "project_gid")
    placed = shown.join(read("staging/task_projects"), on="project_gid").select("goal_gid", "task_gid").unique()
    states = _standing(read("staging/task_completion_intervals"), as_of)
    finished = _finished(states, as_of)
    overdue = _overdue(states, _standing(read("staging/task_date_intervals"), as_of), as_of)
    blocked = _blocked(read, states, as_of, public)
    gids = {goal: tuple(rows["project_gid"]) for (goal,), rows in shown.group_by("goal_gid", maintain_order=True)}
    partial = set(links.filter(~is_public)["goal_gid"])
    done, late, waiting = (_tasks(placed, tasks) for tasks in (finished, overdue, blocked))
    oldest = _oldest(placed, blocked)
    return {
        goal: Work(
            project_gids,
            goal in partial,
            done.get(goal, ()),
            late.get(goal, ()),
            waiting.get(goal, ()),
            *_blocker(oldest.get(goal), as_of),
        )
        for goal, project_gids in gids.items()
    }


def _standing(intervals: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    is_over = (pl.col("valid_to") <= as_of).fill_null(value=False)
    return intervals.filter(pl.col("valid_from") <= as_of, ~is_over)


def _finished(states: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Tasks finished in the seven days until `as_of`: task_gid, in order."""
    return (
        states.filter("is_completed", pl.col("valid_from") > as_of - timedelta(weeks=1))
        .sort("valid_from", "task_gid", descending=[True, False])
        .select("task_gid")
    )


def _overdue(states: pl.DataFrame, dates: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    late = dates.filter(pl.col("due_on") < as_of.date())
    return states.filter(~pl.col("is_completed")).select("task_gid").join(
        late.select("task_gid", "due_on"), on="task_gid"
    ).sort("due_on", "task_gid")  # fmt: skip


def _blocked(read: Read, states: pl.DataFrame, as_of: datetime, public: frozenset[str]) -> pl.DataFrame:
    """Open tasks that wait for an open task which everybody may read: task_gid, depends_on_gid, name, since."""
    tasks = read("staging/tasks")
    seen = public_tasks(tasks, read("staging/task_projects"), public)
    is_open = states.filter(~pl.col("is_completed")).select("task_gid", open_since="valid_from")
    return (
        _dependencies(read("staging/task_dependencies"), read("staging/stories"), as_of)
        .filter(pl.col("depends_on_gid").is_in(seen))
        .join(is_open, on="task_gid")
        .join(is_open.rename({"task_gid": "depends_on_gid"}), on="depends_on_gid", suffix="_other")
        .join(tasks.select("name", depends_on_gid="task_gid"), on="depends_on_gid")
        .select(*_PAIR, "name", since=pl.max_horizontal("told_at", "open_since", "open_since_other"))
        .sort("since", *_PAIR)
    )


def _dependencies(now: pl.DataFrame, stories: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Dependencies that stood at `as_of`: task_gid, depends_on_gid, told_at (null: nothing tells since when).

    The last story before says whether a dependency stood. Without one, it stood if the first story after takes it away,
    or if there is no story at all and it stands today.
    """
    is_added = pl.col("subtype") == "dependency_added"
    told = (
        stories.filter(is_added | (pl.col("subtype") == "dependency_removed"), pl.col("dependency_gid").is_not_null())
        .select("created_at", is_added.alias("is_added"), task_gid="target_gid", depends_on_gid="dependency_gid")
        .sort("created_at")
    )
    before = told.filter(pl.col("created_at") <= as_of).unique(_PAIR, keep="last")
    after = told.filter(pl.col("created_at") > as_of).unique(_PAIR, keep="first").join(before, on=_PAIR, how="anti")
    untold = now.select(_PAIR).join(told, on=_PAIR, how="anti")
    return pl.concat(
        [
            before.filter("is_added").select(*_PAIR, told_at="created_at"),
            after.filter(~pl.col("is_added")).select(*_PAIR, told_at=pl.lit(None, told.schema["created_at"])),
            untold.select(*_PAIR, told_at=pl.lit(None, told.schema["created_at"])),
        ]
    )


def _tasks(placed: pl.DataFrame, tasks: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    """Goal -> its tasks among those given, each once, in their order."""
    order = tasks.select("task_gid").unique(maintain_order=True).with_row_index("place")
    own = placed.join(order, on="task_gid").sort("goal_gid", "place")
    return {goal: tuple(rows["task_gid"]) for (goal,), rows in own.group_by("goal_gid", maintain_order=True)}


def _oldest(placed: pl.DataFrame, blocked: pl.DataFrame) -> dict[str, dict]:
    """Goal -> the wait in its work that began first."""
    waits = placed.join(blocked, on="task_gid").sort("goal_gid", "since", "depends_on_gid")
    return {w["goal_gid"]: w for w in waits.unique("goal_gid", keep="first", maintain_order=True).to_dicts()}


def _blocker(wait: dict | None, as_of: datetime) -> tuple[str | None, str | None, int]:
    return (wait["depends_on_gid"], wait["name"], (as_of - wait["since"]).days) if wait else (None, None, 0)
