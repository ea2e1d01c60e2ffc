"""Which quarter is over, and what became of the goals due in it; why they were missed is found elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

_LONGEST_DAYS = 100  # a time period longer than this is a half or a year, and looked back on in another way
_KEPT_DAYS = 35  # the week after the end, and four more
_PARTLY_FROM = 0.7  # of the way, as is usual for objectives and key results
_CLOSED = {"achieved": "met", "partial": "partly", "missed": "missed", "dropped": "dropped"}


@dataclass(frozen=True)
class Quarter:
    """A quarter that is over.

    Args:
        name: As people say it.
        start_on: First day.
        end_on: Last day.
    """

    name: str
    start_on: date
    end_on: date


def last_quarter(goals: pl.DataFrame, periods: pl.DataFrame, as_of_on: date) -> Quarter | None:
    """The quarter to look back on: the last time period that goals use, or else the last calendar quarter.

    Args:
        goals: marts/dim_goal.
        periods: staging/time_periods.
        as_of_on: Day that is known up to.

    Returns:
        None where it ended more than five weeks ago: everybody looks ahead by then.
    """
    used = periods.drop_nulls().filter(
        pl.col("name").is_in(goals["period_name"].drop_nulls().unique().implode()),
        pl.col("end_on").is_between(as_of_on - timedelta(days=_LONGEST_DAYS), as_of_on, closed="left"),
        (pl.col("end_on") - pl.col("start_on")).dt.total_days() < _LONGEST_DAYS,
    )
    ended = [Quarter(*row) for row in used.sort("end_on", "start_on").select("name", "start_on", "end_on").rows()]
    quarter = ended[-1] if ended else _calendar_quarter(as_of_on)
    return quarter if (as_of_on - quarter.end_on).days <= _KEPT_DAYS else None


def _calendar_quarter(as_of_on: date) -> Quarter:
    next_on = date(as_of_on.year, as_of_on.month - (as_of_on.month - 1) % 3, 1)
    end_on = next_on - timedelta(days=1)
    return Quarter(f"Q{end_on.month // 3} {end_on.year}", date(end_on.year, end_on.month - 2, 1), end_on)


def goals_then(goals: pl.DataFrame, attainment: pl.DataFrame, quarter: Quarter, as_of: datetime) -> pl.DataFrame:
    """The goals as they were defined when the quarter ended: what was changed afterwards excuses nothing.

    Args:
        goals: marts/dim_goal, which speaks where no forecast of the time does.
        attainment: forecasts/goal_attainment of all weeks.
        quarter: Quarter.
        as_of: Nothing later is used.

    Returns:
        One row per goal: goal_gid, name, unit, precision, currency_code, start_on, due_on, initial_value,
        target_value, and was_due_on: the last day in the quarter that it was once due, if any.
    """
    said = attainment.filter(
        pl.col("as_of_at") <= as_of,
        pl.col("as_of_on") <= quarter.end_on,
        pl.col("as_of_on") >= quarter.start_on - timedelta(7),
    ).sort("as_of_on")
    terms = ("start_on", "due_on", "initial_value", "target_value")
    within = pl.col("due_on").is_between(quarter.start_on, quarter.end_on)
    then = said.group_by("goal_gid").agg(
        *(pl.col(term).last().alias(f"{term}_then") for term in terms),
        was_due_on=pl.col("due_on").filter(within).last(),
    )
    return goals.join(then, on="goal_gid", how="left").select(
        "goal_gid",
        "name",
        "unit",
        "precision",
        "currency_code",
        *(pl.coalesce(f"{term}_then", term).alias(term) for term in terms),
        "was_due_on",
    )


def outcomes(defined: pl.DataFrame, snapshots: pl.DataFrame, quarter: Quarter, as_of: datetime) -> pl.DataFrame:
    """What became of the goals that were due in the quarter.

    The value that counts is the first one seen after the due day, as for the scores of the forecasts, or the last one
    before where none was; the target is the one of the due day. How people closed a goal counts more than its value.

    Args:
        defined: See `goals_then`.
        snapshots: staging/goal_snapshots.
        quarter: Quarter.
        as_of: Nothing later is used.

    Returns:
        Rows and columns of `defined`, and final_value, progress (part of the way from start to target), seen_after
        (a value was seen after the due day) and outcome: met, partly (70 % of the way or more), missed, dropped, or
        null where nothing was measured.
    """
    due = defined.filter(pl.col("due_on").is_between(quarter.start_on, quarter.end_on))
    seen = snapshots.filter(pl.col("snapshot_at") <= as_of).sort("snapshot_at").join(
        due.select("goal_gid", "due_on"), on="goal_gid"
    )  # fmt: skip
    after, value = pl.col("snapshot_on") > pl.col("due_on"), pl.col("value")
    last = seen.group_by("goal_gid").agg(
        value_after=value.filter(after).drop_nulls().first(),
        value_before=value.filter(~after).drop_nulls().last(),
        target_before=pl.col("target_value").filter(~after).drop_nulls().last(),
        closed_as=pl.col("status").last().replace_strict(_CLOSED, default=None, return_dtype=pl.String()),
    )
    way = pl.col("target_value") - pl.col("initial_value")
    upward = pl.when(way > 0).then(1).when(way <= 0).then(-1)
    left = (pl.col("target_value") - pl.col("final_value")) * upward
    measured = pl.when(left <= 0).then(pl.lit("met")).when(pl.col("progress") >= _PARTLY_FROM).then(pl.lit("partly"))
    return (
        due.join(last, on="goal_gid", how="left")
        .with_columns(
            start_on=pl.coalesce("start_on", pl.lit(quarter.start_on)),
            target_value=pl.coalesce("target_before", "target_value"),
            final_value=pl.coalesce("value_after", "value_before"),
            seen_after=pl.col("value_after").is_not_null(),
        )
        .with_columns(progress=pl.when(way != 0).then((pl.col("final_value") - pl.col("initial_value")) / way))
        .with_columns(
            outcome=pl.coalesce(
                "closed_as", pl.when(left.is_not_null()).then(measured.otherwise(pl.lit("missed")))
            )
        )
        .drop("value_after", "value_before", "target_before", "closed_as")
        .sort("goal_gid")
    )  # fmt: skip


def moved_away(defined: pl.DataFrame, quarter: Quarter) -> list[str]:
    """Gids of the goals that were due in the quarter and were given a later day before it ended."""
    moved = defined.filter(pl.col("was_due_on").is_not_null(), pl.col("due_on") > quarter.end_on)
    return moved["goal_gid"].sort().to_list()
