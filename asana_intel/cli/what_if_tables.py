"""The four parts of an answer as tables for people: before, after. Computes no figure."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from asana_intel.insights.scenario import Outcome


def parts(outcome: "Outcome") -> Iterator[tuple[str, pl.DataFrame]]:
    """Title and rows of each part, what changes most first."""
    odds = (pl.col("p_over_110_after") - pl.col("p_over_110_before")).abs()
    yield (
        "Capacity: hours, and odds of more than 110 %",
        outcome.person_weeks.sort(odds, "person_gid", "week_on", descending=[True, False, False]).select(
            "person_gid",
            pl.col("week_on").alias("week"),
            _change("available").alias("available h"),
            _change("hours").alias("work h"),
            _change("p_over_110", percent=True).alias("odds"),
        ),
    )
    yield (
        "Capacity of teams: hours, and people likely above 110 %",
        outcome.team_weeks.sort("team_gid", "week_on").select(
            "team_gid",
            pl.col("week_on").alias("week"),
            "people",
            _change("hours").alias("work h"),
            _change("overloaded", digits=1).alias("overloaded"),
        ),
    )
    yield (
        "Dates: expected end of projects",
        outcome.projects.select(
            "project_gid", _days("finish").alias("end"), pl.col("moved_tasks").alias("moved tasks")
        ),
    )
    later = (pl.col("finish_after") - pl.col("finish_before")).dt.total_days().abs()
    yield (
        "Dates: expected end of tasks",
        outcome.tasks.sort(~pl.col("is_changed"), -later, "task_gid", nulls_last=False).select(
            "task_gid", _days("due").alias("due"), _days("finish").alias("end")
        ),
    )
    points = (pl.col("score_after") - pl.col("score_before")).abs()
    yield (
        "Priorities",
        outcome.priorities.sort(points, "task_gid", descending=[True, False], nulls_last=False).select(
            "task_gid",
            _change("score", digits=1).alias("score"),
            _change("rank").alias("rank"),
            pl.format("{} → {}", _text("label_before"), _text("label_after")).alias("label"),
        ),
    )
    yield (
        "Goals: odds",
        outcome.goals.select(
            "goal_gid",
            _change("p", percent=True, digits=1).alias("odds"),
            pl.col("won_tasks").alias("tasks now in time"),
            pl.col("lost_tasks").alias("tasks no longer in time"),
        ),
    )


def _change(name: str, *, percent: bool = False, digits: int = 0) -> pl.Expr:
    """Before → after of a figure."""
    told = []
    for when in ("before", "after"):
        number = pl.col(f"{name}_{when}") * (100 if percent else 1)
        rounded = number.round(digits) if digits else number.round(0).cast(pl.Int64)
        told.append(pl.format("{}{}", rounded, pl.lit(" %" if percent else "")).fill_null("–"))
    return pl.format("{} → {}", *told)


def _days(name: str) -> pl.Expr:
    return pl.format("{} → {}", _text(f"{name}_before"), _text(f"{name}_after"))


def _text(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).fill_null("none")
