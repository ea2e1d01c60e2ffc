"""Load and odds before and after, of the people a change touches and of their teams; all others stay as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from asana_intel.insights.scenario.draft import of_people, time_after
from asana_intel.workload.kept import KEPT_TASKS, restored_work
from asana_intel.workload.load import forecast_load

if TYPE_CHECKING:
    from asana_intel.insights.scenario.base import Base
    from asana_intel.insights.scenario.draft import Draft
    from asana_intel.workload.working_time import WorkingTime

PERSON_WEEKS: dict[str, pl.DataType] = {
    "person_gid": pl.String(),
    "week_on": pl.Date(),
    "available_before": pl.Float64(),
    "available_after": pl.Float64(),
    "hours_before": pl.Float64(),
    "hours_after": pl.Float64(),
    "p_over_110_before": pl.Float64(),
    "p_over_110_after": pl.Float64(),
}
TEAM_WEEKS: dict[str, pl.DataType] = {
    "team_gid": pl.String(),
    "week_on": pl.Date(),
    "people": pl.Int64(),
    "available_before": pl.Float64(),
    "available_after": pl.Float64(),
    "hours_before": pl.Float64(),
    "hours_after": pl.Float64(),
    "overloaded_before": pl.Float64(),
    "overloaded_after": pl.Float64(),
    "p_bottleneck_before": pl.Float64(),
    "p_bottleneck_after": pl.Float64(),
}
_FIGURES = {"available": "available_hours", "hours": "assigned_hours", "p_over_110": "p_over_110"}
_KEYS = ["person_gid", "week_on"]


def touched_people(made: Draft, rows: pl.DataFrame) -> set[str]:
    """Everybody whose days or tasks are not as they were."""
    gone = pl.Series(sorted({*rows["task_gid"], *made.removed}), dtype=pl.String).implode()
    had = made.base.tasks.filter(pl.col("task_gid").is_in(gone))
    owners = pl.concat([rows["person_gid"], had["person_gid"]]).drop_nulls()
    return set(owners) | set(made.joiners) | set(made.leavers)


def person_weeks(made: Draft, rows: pl.DataFrame, tasks: pl.DataFrame, people: set[str]) -> pl.DataFrame:
    """Columns of `PERSON_WEEKS` of some people, each week, changed or not.

    Args:
        made: What changed.
        rows: From `changed_rows`.
        tasks: All open tasks after the changes.
        people: Whose weeks to tell.
    """
    base = made.base
    _, time = time_after(made, rows)
    theirs = base.load.filter(pl.col("person_gid").is_in(pl.Series(sorted(people), dtype=pl.String).implode()))
    known = theirs.select(*_KEYS, **{f"{name}_before": column for name, column in _FIGURES.items()})
    fresh = _load(base, tasks, of_people(time, people)).rename(
        {column: f"{name}_after" for name, column in _FIGURES.items()}
    )
    return (
        fresh.join(known, on=_KEYS, how="full", coalesce=True)
        .with_columns(pl.col("^.*_(before|after)$").fill_null(0.0))
        .select(list(PERSON_WEEKS))
        .sort(_KEYS)
    )


def _load(base: Base, tasks: pl.DataFrame, time: WorkingTime) -> pl.DataFrame:
    own = tasks.filter("loads", pl.col("person_gid").is_in(time.persons.implode()))
    work = restored_work(own.select(list(KEPT_TASKS)), time, base.weeks)
    return forecast_load(work).select(*_KEYS, *_FIGURES.values())


def team_weeks(made: Draft, weeks: pl.DataFrame) -> pl.DataFrame:
    """Columns of `TEAM_WEEKS` of the teams of these people: sums, how many are likely overloaded, odds that one is.

    People draw their luck by themselves, so the odds that nobody is overloaded are the product of theirs.

    Args:
        made: What changed.
        weeks: From `person_weeks`.
    """
    base = made.base
    joined = [(gid, one.team_gid) for gid, one in made.joiners.items() if one.team_gid]
    members = pl.concat([base.teams, pl.DataFrame(joined, schema=["person_gid", "team_gid"], orient="row")
                         .cast(pl.String)])  # fmt: skip
    touched = members.join(weeks.select("person_gid").unique(), on="person_gid", how="semi").select("team_gid").unique()
    as_it_is = base.load.join(weeks.select("person_gid").unique(), on="person_gid", how="anti").select(
        *_KEYS,
        *(pl.col(column).alias(f"{name}_{when}") for when in ("before", "after") for name, column in _FIGURES.items()),
    )
    everybody = pl.concat([weeks, as_it_is.select(list(PERSON_WEEKS))])

    def figures(when: str) -> list[pl.Expr]:
        odds = pl.col(f"p_over_110_{when}")
        return [
            pl.col(f"available_{when}").sum(),
            pl.col(f"hours_{when}").sum(),
            odds.sum().alias(f"overloaded_{when}"),
            (1 - (1 - odds).product()).alias(f"p_bottleneck_{when}"),
        ]

    return (
        members.join(touched, on="team_gid", how="semi")
        .join(everybody, on="person_gid")
        .sort("team_gid", "week_on", "person_gid")
        .group_by("team_gid", "week_on", maintain_order=True)
        .agg(pl.len().cast(pl.Int64).alias("people"), *figures("before"), *figures("after"))
        .select(list(TEAM_WEEKS))
    )
