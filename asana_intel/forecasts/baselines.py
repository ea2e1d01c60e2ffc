"""The naive forecast that is shown and scored beside every real one: the linear pace rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from asana_intel.forecasts.evidence import TOLERANCE, gather_evidence

if TYPE_CHECKING:
    import datetime

ON_PACE_P = 0.9
BEHIND_P = 0.1


def forecast_linear_pace(goals: pl.DataFrame, history: pl.DataFrame, as_of: datetime.date) -> pl.DataFrame:
    """Forecast by the rule most people use: on pace or not.

    On pace means that the share of the way done is at least the share of the time elapsed. The probability is .9 on
    pace and .1 behind (forecasting reference, section 2, "pace rule"); the value is the straight line from the initial
    value through today's.

    Args:
        goals: As for `attainment.forecast_attainment`.
        history: As for `attainment.forecast_attainment`.
        as_of: The last day whose values are known.

    Returns:
        One row per goal, in the order given: goal_gid, baseline_p (0 to 1), baseline_value (at the due date, in the
        goal's unit). Nulls where the goal is not assessed; baseline_value is null before any time has elapsed. After
        the due date both are the outcome.

    Raises:
        PermanentError: A column is missing or of a wrong type; the message names it.
    """
    facts = gather_evidence(goals, history, as_of).goals
    length = pl.col("elapsed_weeks") + pl.col("rest_weeks")
    is_closed = pl.col("status") == "closed"
    is_met = pl.col("position") >= 1 - TOLERANCE
    is_on_pace = pl.col("position") * length >= pl.col("elapsed_weeks") - TOLERANCE
    at_due = (
        pl.when(is_closed)
        .then(pl.col("position"))
        .otherwise(pl.when(pl.col("elapsed_weeks") > 0).then(pl.col("position") * length / pl.col("elapsed_weeks")))
    )
    return facts.select(
        "goal_gid",
        pl.when(pl.col("status") != "not_assessed")
        .then(
            pl.when(is_closed)
            .then(is_met.cast(pl.Float64))
            .otherwise(pl.when(is_on_pace).then(ON_PACE_P).otherwise(BEHIND_P))
        )
        .alias("baseline_p"),
        (pl.col("initial_value") + pl.col("direction") * pl.col("span") * at_due).alias("baseline_value"),
    )
