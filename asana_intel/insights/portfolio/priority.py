"""Which project or goal comes first, across all portfolios: value by risk; how either is measured, not what it is for.

    score = value x (1 - w + w x risk)            w: PortfolioSettings.risk_weight; 1 = value x risk
    value = mean score of the ten best open tasks (insights/task_priority), 0..100
    risk  = 1 - (1 - odds risk)(1 - slip risk)(1 - budget risk)
        odds risk   = 1 - odds of the goal; of a project the lowest odds of the goals it supports
        slip risk   = slip / (slip + 10), slip in working days of the critical path after the due date
        budget risk = what is spent / the share of the work that is done / the budget - 1, within 0..1

What is not known puts nothing at risk, and the reason does not speak of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from asana_intel.insights.portfolio.calendar import MONDAY_TO_FRIDAY, WorkCalendar
from asana_intel.insights.portfolio.frames import checked, refuse

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence

BEST_TASKS = 10
NEUTRAL_VALUE = 50.0
EVEN_SLIP_DAYS = 10.0
"""Working days late at which the slip alone makes a risk of one half."""
LEAST_DONE = 0.1
"""Share of the work below which what is spent says nothing yet about what the whole will cost."""

_KEY: dict[str, pl.DataType] = {"object_type": pl.String(), "object_gid": pl.String()}
OBJECTS = _KEY | {
    "team_gid": pl.String(),
    "due_on": pl.Date(),
    "odds": pl.Float64(),
    "odds_of": pl.String(),
    "budget": pl.Float64(),
    "budget_used": pl.Float64(),
    "done_share": pl.Float64(),
}
MEMBERS = _KEY | {"task_gid": pl.String()}
TASKS: dict[str, pl.DataType] = {
    "task_gid": pl.String(),
    "score": pl.Float64(),
    "left_hours": pl.Float64(),
    "early_finish_on": pl.Date(),
    "due_on": pl.Date(),
}


def prioritise(
    objects: pl.DataFrame,
    members: pl.DataFrame,
    tasks: pl.DataFrame,
    as_of: datetime.datetime,
    *,
    risk_weight: float = 0.5,
    working_days: Sequence[int] = MONDAY_TO_FRIDAY,
) -> pl.DataFrame:
    """Order projects and goals in one list.

    Args:
        objects: Open projects and goals: object_type (project or goal), object_gid, team_gid, due_on, odds (0..1) and
            odds_of (of a project: the goal they are of; null =
            not to be named), budget, budget_used, done_share (0..1, of its
            work); each value may be null.
        members: Open tasks of each: object_type, object_gid, task_gid. A project without any is left out.
        tasks: task_gid, score (0..100), left_hours, early_finish_on (of the schedule), due_on.
        as_of: Day from which working days are counted.
        risk_weight: Part of the value that counts only as far as it is at risk, 0..1.
        working_days: 1 = Monday to 7 = Sunday.

    Returns:
        One row per project and goal, first comes first: object_type, object_gid, team_gid, score, rank, value, risk,
        odds, slip_days, finish_on, due_on, open_tasks, left_hours, budget, budget_used, budget_risk, reason.

    Raises:
        PermanentError: A column is missing, an object appears twice, or odds lie outside 0..1.
    """
    rows = checked(objects, OBJECTS, "objects").sort("object_type", "object_gid")
    refuse(rows, pl.struct(*_KEY).is_duplicated(), "objects", "object_gid", "give every project and goal once")
    refuse(rows, ~pl.col("odds").is_between(0, 1).fill_null(value=True), "objects", "odds", "a probability, 0..1")
    work = _work(checked(members, MEMBERS, "members"), checked(tasks, TASKS, "tasks"))
    known = (
        rows.join(work, on=list(_KEY), how="left", maintain_order="left")
        .filter((pl.col("object_type") == "goal") | (pl.col("open_tasks") > 0))
        .with_columns(
            pl.coalesce("due_on", "last_due_on").alias("due_on"),
            pl.col("open_tasks").fill_null(0),
            pl.col("left_hours").fill_null(0.0),
            best=pl.col("value"),
            value=pl.col("value").fill_null(NEUTRAL_VALUE),
        )
    )
    calendar = WorkCalendar(as_of.date(), working_days)
    finish_on = known["finish_on"].fill_null(as_of.date())
    slip = pl.when(pl.col("finish_on").is_not_null() & pl.col("due_on").is_not_null()).then(
        calendar.days_after(finish_on, known["due_on"])
    )
    return (
        known.with_columns(slip_days=slip, heading=_heading())
        .with_columns(
            budget_risk=(pl.col("heading") - 1).clip(0, 1),
            odds_risk=1 - pl.col("odds"),
            slip_risk=pl.col("slip_days") / (pl.col("slip_days") + EVEN_SLIP_DAYS),
        )
        .with_columns(risk=1 - _kept("odds_risk") * _kept("slip_risk") * _kept("budget_risk"))
        .with_columns(score=pl.col("value") * (1 - risk_weight + risk_weight * pl.col("risk")))
        .sort(
            pl.col("score").round(9), "object_type", "object_gid", descending=[True, False, False], maintain_order=True
        )
        .with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64), reason=_reason())
        .drop("odds_of", "done_share", "last_due_on", "best", "heading", "odds_risk", "slip_risk", "best_tasks")
    )


def _work(members: pl.DataFrame, tasks: pl.DataFrame) -> pl.DataFrame:
    """Of each object's tasks: the best scores, the last end, the hours."""
    best = pl.col("score").drop_nulls().top_k(BEST_TASKS)
    return (
        members.unique()
        .join(tasks, on="task_gid")
        .group_by(*_KEY)
        .agg(
            value=best.mean(),
            best_tasks=best.len(),
            finish_on=pl.col("early_finish_on").max(),
            last_due_on=pl.col("due_on").max(),
            open_tasks=pl.len().cast(pl.Int64),
            left_hours=pl.col("left_hours").sum(),
        )
    )


def _heading() -> pl.Expr:
    """What the whole will cost over the budget, at the cost of what is done; before a tenth is done, what is spent."""
    done = pl.col("done_share").fill_null(0.0)
    cost = pl.col("budget_used") / pl.when(done >= LEAST_DONE).then(done).otherwise(1.0)
    is_known = (pl.col("budget") > 0) & (pl.col("budget_used") >= 0)
    return pl.when(is_known).then(cost / pl.col("budget"))


def _kept(part: str) -> pl.Expr:
    return 1 - pl.col(part).fill_null(0.0)


def _reason() -> pl.Expr:
    """One sentence: where the value comes from, then what puts it at risk."""
    count, best = pl.col("best_tasks"), pl.col("best").round(0).cast(pl.Int64)
    value = (
        pl.when(best.is_null())
        .then(pl.lit("No open task of it has a score, so its value is taken as 50"))
        .when(count == 1)
        .then(pl.format("Its open task scores {}", best))
        .when(count < pl.col("open_tasks"))
        .then(pl.format("Its {} best open tasks score {} on average", count, best))
        .otherwise(pl.format("Its {} open tasks score {} on average", count, best))
    )
    days = pl.when(pl.col("slip_days") == 1).then(pl.lit("1 working day")).otherwise(
        pl.format("{} working days", "slip_days")
    )  # fmt: skip
    of = (
        pl.when(pl.col("object_type") == "goal")
        .then(pl.lit("its odds"))
        .when(pl.col("odds_of").is_null())
        .then(pl.lit("the odds of a goal it supports"))
        .otherwise(pl.format("the odds of “{}”", "odds_of"))
    )
    odds = pl.format("{} are {}", of, _percent(pl.col("odds")))
    slip = pl.format("its critical path ends {} after {}", days, pl.col("due_on").dt.strftime("%-d %b %Y"))
    budget = pl.format("its cost is heading for {} of the budget", _percent(pl.col("heading")))
    parts = pl.concat_list(
        pl.when(pl.col("odds_risk") > 0).then(odds),
        pl.when(pl.col("slip_risk") > 0).then(slip),
        pl.when(pl.col("budget_risk") > 0).then(budget),
    ).list.drop_nulls()
    said = (
        pl.when(parts.list.len() == 0)
        .then(pl.lit("nothing that is known puts it at risk"))
        .when(parts.list.len() == 1)
        .then(parts.list.first())
        .otherwise(
            pl.format("{}, and {}", parts.list.head(parts.list.len() - 1).list.join(", "), parts.list.last())
        )
    )  # fmt: skip
    return pl.format("{}; {}.", value, said)


def _percent(share: pl.Expr) -> pl.Expr:
    """Whole percent; what is not nothing is not called 0 %, and what is not sure is not called 100 %."""
    whole = (share * 100).round(0).cast(pl.Int64)
    return (
        pl.when((whole == 0) & (share > 0))
        .then(pl.lit("below 1 %"))
        .when((whole == 100) & (share < 1))
        .then(pl.lit("above 99 %"))
        .otherwise(pl.format("{} %", whole))
    )
