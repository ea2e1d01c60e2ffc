"""What Asana computes goals from: their counted supporters and the tasks behind them, cut at `as_of`. No forecast here.

Rules (API reference of goal metrics): a supporter of contribution weight 0 does not count; the others count by their
weight where the metric has custom weights, else alike. Sub-goals count for `subgoal_progress` only, projects for
`project_task_completion` and `project_milestone_completion`, tasks for `task_completion`; the progress of a goal is the
mean of its supporters', held within 0..1. Links, weights and the source are those of today: Asana dates none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from asana_intel.storage.contracts.contract import CLOSED_GOAL_STATUSES, INSTANT

Read = Callable[[str], pl.DataFrame]

_COUNTED_TYPE = {
    "subgoal_progress": "goal",
    "project_task_completion": "project",
    "project_milestone_completion": "project",
    "task_completion": "task",
}
_WORK = {
    "work_gid": pl.String(),
    "arrived_at": INSTANT,
    "done_at": INSTANT,
    "weight": pl.Float64(),
    "grows": pl.Boolean(),
}


@dataclass(frozen=True)
class Support:
    """What computed goals stand on.

    Attributes:
        goals: Every goal with a metric: goal_gid, progress_source, unit, initial_value, target_value, due_on, value
            (the last one seen by then, else null), is_over (closed or past its due date by then).
        links: goal_gid, supporter_gid (a goal, or a work_gid), is_goal, weight (> 0).
        work: One row per task of each body of work: work_gid (a project's tasks or milestones, or the tasks of a goal),
            arrived_at, done_at (null: open), weight, grows (tasks can be added).
    """

    goals: pl.DataFrame
    links: pl.DataFrame
    work: pl.DataFrame


def gather_support(read: Read, as_of: datetime) -> Support:
    """Collect the goal tree and the tasks below it.

    Args:
        read: Reads a table by key.
        as_of: Nothing later is used.
    """
    goals = _goals_then(read("marts/dim_goal"), read("staging/goal_snapshots"), as_of)
    counted = _counted(goals, read("marts/bridge_goal_support"))
    is_task = pl.col("supporting_type") == "task"
    links = counted.select(
        "goal_gid",
        supporter_gid=pl.coalesce(_work_gid(), "supporting_gid"),
        is_goal=pl.col("supporting_type") == "goal",
        weight=pl.when(is_task).then(1.0).otherwise("weight"),  # of its task list as a whole
    )
    return Support(goals, links.unique().sort("goal_gid", "supporter_gid"), _work(read, counted, as_of))


def _goals_then(dim_goal: pl.DataFrame, snapshots: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    seen = snapshots.filter(pl.col("snapshot_at") <= as_of).sort("snapshot_at")
    then = seen.group_by("goal_gid").agg(pl.col("value").drop_nulls().last(), pl.col("status").last())
    is_closed = pl.col("status_then").is_in(CLOSED_GOAL_STATUSES).fill_null(value=False)
    is_past = (pl.col("due_on") < as_of.date()).fill_null(value=False)
    return (
        dim_goal.join(then.rename({"status": "status_then"}), on="goal_gid", how="left")
        .filter(pl.col("target_value") != pl.col("initial_value"))
        .select(
            "goal_gid", "progress_source", "is_custom_weight", "unit", "initial_value", "target_value", "due_on",
            "value", is_over=is_closed | is_past,
        )
        .sort("goal_gid")
    )  # fmt: skip


def _counted(goals: pl.DataFrame, bridge: pl.DataFrame) -> pl.DataFrame:
    """The direct supporters that count: goal_gid, progress_source, supporting_gid, supporting_type, weight."""
    source = pl.col("progress_source").replace_strict(_COUNTED_TYPE, default=None, return_dtype=pl.String)
    # Where Asana does not say whether weights are custom, those it tells are meant; where it tells none, all are alike.
    weight = pl.when(pl.col("is_custom_weight").fill_null(value=True)).then(pl.col("weight").fill_null(1.0))
    direct = bridge.filter(pl.col("depth") == 0, (pl.col("weight") > 0).fill_null(value=True))
    measurable = pl.col("supporting_gid").is_in(goals["goal_gid"].implode())
    return (
        direct.join(goals.select("goal_gid", "progress_source", "is_custom_weight"), on="goal_gid")
        .filter(pl.col("supporting_type") == source, measurable | (pl.col("supporting_type") != "goal"))
        .select(
            "goal_gid", "progress_source", "supporting_gid", "supporting_type", weight=weight.otherwise(pl.lit(1.0))
        )
    )


def _work_gid() -> pl.Expr:
    """Name of the body of work behind a supporter: null for goals."""
    milestones = pl.col("progress_source") == "project_milestone_completion"
    return (
        pl.when(pl.col("supporting_type") == "task")
        .then(pl.format("{}:tasks", "goal_gid"))
        .when(pl.col("supporting_type") == "project")
        .then(
            pl.format(
                "{}:{}", "supporting_gid", pl.when(milestones).then(pl.lit("milestones")).otherwise(pl.lit("tasks"))
            )
        )
    )


def _work(read: Read, counted: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    bodies = counted.filter(pl.col("supporting_type") != "goal").with_columns(work_gid=_work_gid())
    if bodies.is_empty():
        return pl.DataFrame(schema=_WORK)
    states = read("staging/task_completion_intervals").filter(pl.col("valid_from") <= as_of)
    state = pl.col("valid_from")
    now = (
        _standing(states, as_of)
        .select("task_gid", done_at=pl.when("is_completed").then(state))
        .join(states.group_by("task_gid").agg(born_at=state.min()), on="task_gid")
    )
    parts = (_of_projects(read, bodies, now, as_of), _of_tasks(bodies, now))
    return pl.concat(part.select(pl.col(name).cast(dtype) for name, dtype in _WORK.items()) for part in parts)


def _of_projects(read: Read, bodies: pl.DataFrame, now: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Tasks that stand in the projects, since they first came in."""
    of_projects = bodies.filter(pl.col("supporting_type") == "project")
    wanted = of_projects.select("work_gid", "progress_source", project_gid="supporting_gid").unique("work_gid")
    stays = read("staging/task_section_intervals").filter(pl.col("valid_from") <= as_of).join(
        wanted.select("project_gid").unique(), on="project_gid", how="semi"
    )  # fmt: skip
    keys = ["task_gid", "project_gid"]
    is_counted = (pl.col("progress_source") == "project_task_completion") | (pl.col("subtype") == "milestone")
    return (
        _standing(stays, as_of)
        .select(keys)
        .unique()
        .join(stays.group_by(keys).agg(arrived_at=pl.col("valid_from").min()), on=keys)
        .join(now, on="task_gid")
        .join(read("staging/tasks").select("task_gid", "subtype"), on="task_gid", how="left")
        .join(wanted, on="project_gid")
        .filter(is_counted)
        .with_columns(weight=pl.lit(1.0), grows=pl.lit(value=True))
    )


def _of_tasks(bodies: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Tasks that support a goal directly: a list that was there from the first on, and does not grow."""
    tasks = bodies.filter(pl.col("supporting_type") == "task").join(
        now, left_on="supporting_gid", right_on="task_gid"
    )  # fmt: skip
    return tasks.with_columns(
        arrived_at=pl.col("born_at").min().over("work_gid"),
        weight=pl.col("weight") / pl.col("weight").mean().over("work_gid"),
        grows=pl.lit(value=False),
    )


def _standing(intervals: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    return intervals.filter((pl.col("valid_to") > as_of).fill_null(value=True))
