"""Tasks as they are after the moves, and the odds of overload before and after; with the luck of the load forecast."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from asana_intel.insights.rebalance.options import REASSIGN, SPLIT
from asana_intel.workload.kept import restored_work
from asana_intel.workload.load import forecast_load

if TYPE_CHECKING:
    from asana_intel.workload.working_time import WorkingTime

ODDS: dict[str, pl.DataType] = {"person_gid": pl.String(), "week_on": pl.Date(), "p": pl.Float64()}


def moved_tasks(tasks: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """The tasks after all moves; of a split one there are two rows, one for either person.

    Args:
        tasks: `KEPT_TASKS` and left_hours.
        moves: Of the columns `MOVES`, at most one row per task.
    """
    changes = moves.select(
        "task_gid", "kind", "to_person_gid", "part", "new_start_on", "new_due_on", is_moved=pl.lit(value=True)
    )
    rows = tasks.join(changes, on="task_gid", how="left", maintain_order="left")
    is_moved = pl.col("is_moved").fill_null(value=False)
    is_split = pl.col("kind").eq(SPLIT).fill_null(value=False)
    rows = rows.with_columns(
        start_on=pl.when(is_moved).then("new_start_on").otherwise("start_on"),
        due_on=pl.when(is_moved).then("new_due_on").otherwise("due_on"),
        person_gid=pl.when(pl.col("kind").eq(REASSIGN).fill_null(value=False))
        .then("to_person_gid")
        .otherwise("person_gid"),
    )
    kept = rows.with_columns(_scaled(pl.when(is_split).then(1 - pl.col("part")).otherwise(1.0)))
    given = rows.filter(is_split).with_columns(_scaled(pl.col("part")), person_gid=pl.col("to_person_gid"))
    return pl.concat([kept, given]).select(tasks.columns)


def _scaled(part: pl.Expr) -> list[pl.Expr]:
    """Part of a task: of what it takes, and of what is logged, so that of what is left it is the same part."""
    return [
        pl.col("log_median") + part.log(),
        pl.col("effort_hours") * part,
        pl.col("logged_hours") * part,
        pl.col("left_hours") * part,
    ]


def overload_odds(tasks: pl.DataFrame, time: WorkingTime, weeks: int, people: pl.Series) -> pl.DataFrame:
    """Odds of more than 110 % in each week of some people: `ODDS`. Nobody else is drawn.

    Args:
        tasks: `KEPT_TASKS` of anybody.
        time: When people work.
        weeks: Horizon in weeks.
        people: Who.
    """
    own = tasks.filter(pl.col("person_gid").is_in(people.implode()))
    load = forecast_load(restored_work(own, _only(time, people), weeks))
    return load.select("person_gid", "week_on", p="p_over_110")


def _only(time: WorkingTime, people: pl.Series) -> WorkingTime:
    """The working time of some people."""
    rows = time.persons.is_in(people.implode()).to_numpy()
    return replace(
        time,
        persons=time.persons.filter(pl.Series(rows)),
        scheduled=time.scheduled[rows],
        holiday=time.holiday[rows],
        time_off=time.time_off[rows],
    )
