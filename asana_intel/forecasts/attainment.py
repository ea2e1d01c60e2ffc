"""Which goals will be met, how sure that is, and when: one row per goal. Scores and pictures live elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.forecasts.commitment import fit_commitment
from asana_intel.forecasts.ensemble import Outlook, weeks_to_target
from asana_intel.forecasts.evidence import TOLERANCE, Evidence, gather_evidence
from asana_intel.forecasts.level import fit_level, level_method
from asana_intel.forecasts.pace import fit_pace

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

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
PACE_METHODS = {"flow": "gamma_shrunk", "cohort": "gamma_shrunk (saturating)"}
_EXTREME = "Its numbers are too large or too small to compute with; check its values and its target."


def forecast_attainment(goals: pl.DataFrame, history: pl.DataFrame, as_of: datetime.date) -> pl.DataFrame:
    """Forecast the attainment of every goal from what was known at `as_of`.

    The kind decides who speaks: flows and cohorts the shrunk gamma pace model (`pace`), levels a walk, a rise and a
    trend (`level`), commitments progress and the history of their team (`commitment`), which includes other goals on
    the same series that are over. Sources: forecasting reference, sections 2 and 8.

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
    said = _Said(facts.height)
    for rows, outlook, methods in outlooks(evidence):
        said.put(evidence.take(rows), rows, outlook, methods)
    forecast = facts.with_columns(
        *(pl.Series(name, values, nan_to_null=True) for name, values in said.numbers.items()),
        pl.Series("method", said.methods, dtype=pl.String),
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
        pl.when(is_open).then("method").when(is_known).then(pl.lit("outcome")).alias("method"),
    ).select(pl.col(name).cast(dtype) for name, dtype in ATTAINMENT.items())


def outlooks(evidence: Evidence) -> Iterator[tuple[NDArray[np.intp], Outlook, list[str]]]:
    """The model of each kind: the rows it speaks for, their outlook in that order, and what it is called.

    Rows that are not assessed are in none. Of closed goals the outlook is what it is at the due date.
    """
    kinds = evidence.goals.select(pl.when(pl.col("status") != "not_assessed").then("kind")).to_series()
    for kind in kinds.drop_nulls().unique().sort():
        rows = (kinds == kind).fill_null(value=False).arg_true().to_numpy().astype(np.intp)
        some = evidence.take(rows)
        if kind == "level":
            yield rows, fit_level(some), level_method(some)
        elif kind == "commitment":
            commitment, methods = fit_commitment(evidence, rows)
            yield rows, commitment, methods
        else:
            yield rows, fit_pace(some, kind), [PACE_METHODS[kind]] * rows.size


def remaining_weeks(evidence: Evidence) -> Floats:
    """Weeks until the due date of each goal, 0 where it has passed."""
    is_closed = (evidence.goals["status"] == "closed").to_numpy()
    return np.where(is_closed, 0.0, evidence.column("rest_weeks"))


class _Said:
    """The numbers of all goals, filled in kind by kind."""

    def __init__(self, goals: int) -> None:
        names = ("p_attain", "value_p10", "value_p50", "value_p90", "weeks")
        self.numbers = {name: np.full(goals, np.nan) for name in names}
        self.methods: list[str | None] = [None] * goals

    def put(self, evidence: Evidence, rows: NDArray[np.intp], outlook: Outlook, methods: list[str]) -> None:
        rest = remaining_weeks(evidence)
        span = evidence.column("direction") * evidence.column("span")
        positions = np.stack([outlook.quantile(rest, q) for q in (0.1, 0.5, 0.9)])
        with np.errstate(all="ignore"):
            values = evidence.column("initial_value") + span * positions
        # A goal that must fall has its hopeful end below: sorting keeps p10 <= p90 as numbers.
        low, median, high = np.sort(values, axis=0)
        found = outlook.survival(rest), low, median, high, weeks_to_target(outlook, 2.0 * rest)
        for name, values in zip(self.numbers, found, strict=True):
            self.numbers[name][rows] = values
        for row, method in zip(rows, methods, strict=True):
            self.methods[row] = method


def _predicted_on(as_of: datetime.date, is_open: pl.Expr) -> pl.Expr:
    """The day it was met; for an open goal else the day the median path gets there, never before `as_of`."""
    ahead = pl.col("known_until") + pl.duration(days=(pl.col("weeks") * 7 - TOLERANCE).ceil())
    latest = pl.lit(as_of) + (pl.col("due_on") - pl.lit(as_of)) * 2
    expected = pl.when(ahead < pl.lit(as_of)).then(pl.lit(as_of)).otherwise(ahead)
    return pl.coalesce("met_on", pl.when(is_open & (expected <= latest)).then(expected))
