"""Why the odds are what they are: what would change them most, and what moved them. The odds are `attainment`'s."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.forecasts.attainment import outlooks, remaining_weeks
from asana_intel.forecasts.evidence import Evidence, gather_evidence

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable

    from numpy.typing import NDArray

    from asana_intel.forecasts.ensemble import Outlook

    Floats = NDArray[np.float64]
    Counterfactual = Callable[[Outlook, Floats, Floats], Floats]

MORE_PACE = 1.2
LATER_WEEKS = 2.0
LOWER_TARGET = 0.9
SHOWN = 3
CHANGES: dict[str, pl.DataType] = {
    "goal_gid": pl.String(),
    "rank": pl.Int64(),
    "change": pl.String(),
    "p_attain": pl.Float64(),
    "p_if": pl.Float64(),
    "points": pl.Float64(),
}
"""Columns of `explain_attainment`'s result."""
MOVED: dict[str, pl.DataType] = {
    "goal_gid": pl.String(),
    "p_before": pl.Float64(),
    "p_attain": pl.Float64(),
    "points": pl.Float64(),
    "time_points": pl.Float64(),
    "progress_points": pl.Float64(),
    "changed_points": pl.Float64(),
    "model_points": pl.Float64(),
}
"""Columns of `odds_moved`'s result."""


def explain_attainment(goals: pl.DataFrame, history: pl.DataFrame, as_of: datetime.date) -> pl.DataFrame:
    """The three changes that would move each open goal's odds most, by forecasting it anew under each.

    "pace_up": everything still to come is a fifth more. "due_later": two more weeks. "target_lower": a tenth less of
    the way. "week_gained": one more usual week is done already. "week_lost": one of the remaining weeks brings nothing.

    Args:
        goals: As for `attainment.forecast_attainment`.
        history: As for `attainment.forecast_attainment`.
        as_of: The last day whose values are known.

    Returns:
        goal_gid, rank (1: most), change, p_attain, p_if (the odds under the change), points (p_if - p_attain in
        percentage points). Three rows per assessed goal, in the order given; changes without effect have 0 points.

    Raises:
        PermanentError: A column is missing or of a wrong type; the message names it.
    """
    evidence = gather_evidence(goals, history, as_of)
    parts = [pl.DataFrame(schema={**CHANGES, "row": pl.Int64()})]
    for rows, outlook, _ in outlooks(evidence):
        some = evidence.take(rows)
        rest, position = remaining_weeks(some), some.column("position")
        now = outlook.survival(rest)
        facts = some.goals.select("goal_gid", "status", p_attain=pl.Series(now), row=pl.Series(rows))
        parts += [
            facts.filter(pl.col("status") == "assessed")
            .drop("status")
            .with_columns(change=pl.lit(name), rank=pl.lit(0, pl.Int64), points=pl.lit(0.0))
            .join(pl.DataFrame({"row": rows, "p_if": said(outlook, rest, position)}), on="row")
            .select(pl.col(column).cast(dtype) for column, dtype in parts[0].schema.items())
            for name, said in COUNTERFACTUALS.items()
        ]
    points = (100.0 * (pl.col("p_if") - pl.col("p_attain"))).alias("points")
    ranked = (
        pl.concat(parts)
        .filter(pl.col("p_if").is_finite() & pl.col("p_attain").is_finite())
        .with_columns(points)
        .sort("row", pl.col("points").abs(), "change", descending=[False, True, False])
        .with_columns((pl.int_range(pl.len()).over("row") + 1).alias("rank"))
    )
    return ranked.filter(pl.col("rank") <= SHOWN).select(*CHANGES)


def _pace_up(outlook: Outlook, rest: Floats, position: Floats) -> Floats:
    missing = np.maximum(1.0 - position, 0.0)
    return outlook.survival(rest, 1.0 - missing * (1.0 - 1.0 / MORE_PACE))


def _due_later(outlook: Outlook, rest: Floats, _position: Floats) -> Floats:
    return outlook.survival(rest + LATER_WEEKS)


def _target_lower(outlook: Outlook, rest: Floats, _position: Floats) -> Floats:
    return outlook.survival(rest, LOWER_TARGET)


def _week_gained(outlook: Outlook, rest: Floats, position: Floats) -> Floats:
    usual = outlook.quantile(np.ones_like(rest), 0.5) - position
    return outlook.survival(rest, 1.0 - np.maximum(usual, 0.0))


def _week_lost(outlook: Outlook, rest: Floats, _position: Floats) -> Floats:
    return outlook.survival(np.maximum(rest - 1.0, 0.0))


COUNTERFACTUALS: dict[str, Counterfactual] = {
    "pace_up": _pace_up,
    "due_later": _due_later,
    "target_lower": _target_lower,
    "week_gained": _week_gained,
    "week_lost": _week_lost,
}


def odds_moved(
    before: pl.DataFrame, goals: pl.DataFrame, history: pl.DataFrame, before_as_of: datetime.date, as_of: datetime.date
) -> pl.DataFrame:
    """Take the change of each goal's odds between two days apart, in percentage points that add up to all of it.

    Each part is the step between two forecasts of the earlier model, in this order: the time passes with the progress
    that was expected (median); the progress was another one; target, initial value or due date were changed. What is
    left is the model: what it learned about pace and spread.

    Args:
        before: The goals as they stood at `before_as_of`; columns as for `attainment.forecast_attainment`.
        goals: The goals as they stand at `as_of`.
        history: As for `attainment.forecast_attainment`; nothing after `before_as_of` enters the earlier forecast.
        before_as_of: The earlier day.
        as_of: The later day.

    Returns:
        goal_gid, p_before, p_attain, points, time_points, progress_points, changed_points, model_points: one row for
        each goal that can be forecast on both days, in the order of `goals`.

    Raises:
        PermanentError: A column is missing or of a wrong type; the message names it.
    """
    then, now = gather_evidence(before, history, before_as_of), gather_evidence(goals, history, as_of)
    said = np.full(now.goals.height, np.nan)
    for rows, outlook, _ in outlooks(now):
        said[rows] = outlook.survival(remaining_weeks(now.take(rows)))
    later = now.goals.with_row_index("later").unique("goal_gid", keep="first").select("goal_gid", "later")
    parts = [pl.DataFrame(schema={**MOVED, "later": pl.Int64()})]
    for rows, outlook, _ in outlooks(then):
        pairs = pl.DataFrame(
            {"goal_gid": then.goals["goal_gid"][rows], "row": rows, "place": np.arange(rows.size)},
        ).join(later, on="goal_gid", maintain_order="left")
        places = pairs["place"].to_numpy().astype(np.intp)
        after = pairs["later"].to_numpy().astype(np.intp)
        steps = _steps(outlook.take(places), then.take(pairs["row"].to_numpy().astype(np.intp)), now.take(after))
        steps.append(said[after])
        changes = 100.0 * np.diff(np.stack(steps), axis=0)
        names = ("time_points", "progress_points", "changed_points", "model_points")
        parts.append(
            pairs.select("goal_gid", "later")
            .with_columns(
                pl.Series("p_before", steps[0]),
                pl.Series("p_attain", steps[-1]),
                pl.Series("points", 100.0 * (steps[-1] - steps[0])),
                *(pl.Series(name, values) for name, values in zip(names, changes, strict=True)),
            )
            .select(pl.col(column).cast(dtype) for column, dtype in parts[0].schema.items())
        )
    return pl.concat(parts).filter(pl.col("points").is_finite()).sort("later").select(*MOVED)


def _steps(outlook: Outlook, then: Evidence, now: Evidence) -> list[Floats]:
    """What the earlier model says before, after time, after progress, and after what was changed."""
    rest_before, rest_now = remaining_weeks(then), remaining_weeks(now)
    moved = (now.goals["due_on"] - then.goals["due_on"]).dt.total_days().to_numpy().astype(np.float64) / 7
    rest = np.maximum(rest_now - moved, 0.0)
    unit = then.column("direction") * then.column("span")
    position = then.column("position")
    gained = now.column("direction") * now.column("span") * now.column("position") / unit - position
    expected = outlook.quantile(np.maximum(rest_before - rest, 0.0), 0.5) - position
    target = 1.0 + (now.column("target_value") - then.column("target_value")) / unit
    is_level = (then.goals["kind"] == "level").fill_null(value=False).to_numpy()
    shift = (now.column("initial_value") - then.column("initial_value")) / unit
    # A level stands where it stands; what accumulates is counted from its initial value.
    gained, target = np.where(is_level, gained + shift, gained), np.where(is_level, target, target - shift)
    return [
        outlook.survival(rest_before),
        outlook.survival(rest, 1.0 - expected),
        outlook.survival(rest, 1.0 - gained),
        outlook.survival(rest_now, target - gained),
    ]
