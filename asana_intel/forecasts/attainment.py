"""Which goals will be met, how sure that is, and when: one row per goal. Scores and pictures live elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.forecasts.evidence import TOLERANCE, Evidence, gather_evidence
from asana_intel.forecasts.pace import fit_pace
from asana_intel.forecasts.walk import fit_walk

if TYPE_CHECKING:
    import datetime

    from numpy.typing import NDArray

    from asana_intel.forecasts.pace import Pace
    from asana_intel.forecasts.walk import Walk

    Floats = NDArray[np.float64]

METHODS = {
    "flow": "gamma_shrunk",
    "level": "random_walk_shrunk_drift",
    "commitment": "gamma_shrunk (commitment: closes late)",
    "cohort": "gamma_shrunk (cohort: saturation is not modelled, read it as an upper bound)",
}
ATTAINMENT: dict[str, pl.DataType] = {
    "goal_gid": pl.String(),
    "p_attain": pl.Float64(),
    "value_p10": pl.Float64(),
    "value_p50": pl.Float64(),
    "value_p90": pl.Float64(),
    "predicted_on": pl.Date(),
    "status": pl.String(),
    "reason": pl.String(),
    "method": pl.String(),
}
"""Columns of `forecast_attainment`'s result."""
_EXTREME = "Its numbers are too large or too small to compute with; check its values and its target."


def forecast_attainment(goals: pl.DataFrame, history: pl.DataFrame, as_of: datetime.date) -> pl.DataFrame:
    """Forecast the attainment of every goal from what was known at `as_of`.

    Flows, commitments and cohorts follow the shrunk gamma pace model (`pace`), levels a random walk with
    shrunk drift (`walk`). Sources: forecasting reference, section 2.

    Args:
        goals: One row per goal: goal_gid, kind ("flow", "level", "commitment", "cohort", or null: inferred from the
            series), series_gid, start_on, due_on (both inclusive), initial_value, target_value (in the goal's unit).
        history: series_gid, on, value: cumulative since an arbitrary zero for flows, the level itself for levels.
            Rows before a goal's start are its past. Rows after `as_of` are ignored. Any order, gaps and repeated
            days allowed. A series without a row up to the start counts from `initial_value`.
        as_of: The last day whose values are known.

    Returns:
        One row per goal, in the order given: goal_gid; p_attain (0 to 1); value_p10, value_p50, value_p90 (at the due
        date, in the goal's unit, p10 <= p50 <= p90 as numbers also where the goal must fall); predicted_on (when the
        median path meets the target, or when it was met; null beyond twice the remaining time); status ("assessed",
        "closed" after the due date with p 0 or 1, "not_assessed" with nulls); reason (what is missing and what
        mends it, null where assessed); method.

    Raises:
        PermanentError: A column is missing or of a wrong type; the message names it.
    """
    evidence = gather_evidence(goals, history, as_of)
    facts = evidence.goals
    is_closed = (facts["status"] == "closed").to_numpy()
    p, low, median, high, weeks = _outlook(evidence, rest=np.where(is_closed, 0.0, _floats(facts, "rest_weeks")))
    forecast = facts.with_columns(
        pl.Series("p_attain", p, nan_to_null=True),
        pl.Series("value_p10", low, nan_to_null=True),
        pl.Series("value_p50", median, nan_to_null=True),
        pl.Series("value_p90", high, nan_to_null=True),
        pl.Series("weeks", weeks, nan_to_null=True),
    )
    numbers = ("p_attain", "value_p10", "value_p50", "value_p90")
    is_finite = pl.all_horizontal(pl.col(name).is_finite().fill_null(value=False) for name in numbers)
    is_lost = (pl.col("status") != "not_assessed") & ~is_finite
    forecast = forecast.with_columns(
        pl.when(is_lost).then(pl.lit("not_assessed")).otherwise("status").alias("status"),
        pl.when(is_lost).then(pl.lit(_EXTREME)).otherwise("reason").alias("reason"),
    )
    is_open = pl.col("status") == "assessed"
    is_known = pl.col("status") != "not_assessed"
    return forecast.with_columns(
        *(pl.when(is_known).then(name).alias(name) for name in numbers),
        pl.when(is_known).then(_predicted_on(as_of, is_open)).alias("predicted_on"),
        pl.when(is_open)
        .then(pl.col("kind").replace_strict(METHODS, default=None, return_dtype=pl.String))
        .when(is_known)
        .then(pl.lit("outcome"))
        .alias("method"),
    ).select(pl.col(name).cast(dtype) for name, dtype in ATTAINMENT.items())


def _outlook(evidence: Evidence, rest: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Probability, value quantiles at the end (p10, p50, p90) and weeks until the median meets the target."""
    facts = evidence.goals
    is_level = (facts["kind"] == "level").fill_null(value=False).to_numpy()
    models: tuple[Pace, Walk] = (fit_pace(evidence), fit_walk(evidence))

    def by_kind(of: str, *args: object) -> Floats:
        pace, walk = (getattr(model, of)(*args) for model in models)
        return np.where(is_level, walk, pace)

    span = _floats(facts, "direction") * _floats(facts, "span")
    positions = [by_kind("quantile", rest, q) for q in (0.1, 0.5, 0.9)]
    with np.errstate(all="ignore"):
        values = np.stack([_floats(facts, "initial_value") + span * position for position in positions])
    # A goal that must fall has its hopeful end below: sorting keeps p10 <= p90 as numbers.
    low, median, high = np.sort(values, axis=0)
    return by_kind("survival", rest), low, median, high, by_kind("weeks_to_target", 2.0 * rest)


def _predicted_on(as_of: datetime.date, is_open: pl.Expr) -> pl.Expr:
    """The day it was met; for an open goal else the day the median path gets there, never before `as_of`."""
    ahead = pl.col("known_until") + pl.duration(days=(pl.col("weeks") * 7 - TOLERANCE).ceil())
    latest = pl.lit(as_of) + (pl.col("due_on") - pl.lit(as_of)) * 2
    expected = pl.when(ahead < pl.lit(as_of)).then(pl.lit(as_of)).otherwise(ahead)
    return pl.coalesce("met_on", pl.when(is_open & (expected <= latest)).then(expected))


def _floats(frame: pl.DataFrame, column: str) -> Floats:
    return frame[column].cast(pl.Float64).fill_null(float("nan")).to_numpy()
