"""How an organisation's own closed goals correct the odds; the models themselves are fitted elsewhere.

Platt scaling, log odds -> offset + slope x log odds (Platt 1999), with a normal prior at the identity (0, 1). Fitted on
few goals it makes forecasts worse (forecasting reference, section 2: raw .379, 100 goals .390, 500 goals .384), so
below `LEAST_GOALS` it is the identity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LEAST_GOALS = 500
PRIOR_DEVIATION = 0.2
"""Standard deviation of the prior of slope and offset: most organisations are close to the open data."""
_BOUND = 1e-4
_NEWTON_STEPS = 25
_BAND = 2.563  # standard deviations from the 10th to the 90th percentile of a normal distribution


@dataclass(frozen=True)
class Calibration:
    """A line on the log-odds scale; `slope` is never negative, so that the order of goals stays.

    Attributes:
        slope: 1 leaves the spread of the odds as it is; below 1 they were too sure.
        offset: Log odds added everywhere; below 0 they were too hopeful.
        goals: Closed goals it was fitted on.
    """

    slope: float = 1.0
    offset: float = 0.0
    goals: int = 0

    def apply(self, p: Floats) -> Floats:
        """Calibrated probabilities. Certain ones, of goals that are met or over, stay as they are."""
        bounded = np.clip(p, _BOUND, 1.0 - _BOUND)
        calibrated = 1.0 / (1.0 + np.exp(-(self.offset + self.slope * np.log(bounded / (1.0 - bounded)))))
        is_identity = self.slope == 1.0 and self.offset == 0.0
        return p if is_identity else np.where((p <= 0.0) | (p >= 1.0), p, calibrated)


AS_SAID = Calibration()
"""The identity."""


def fit_calibration(p: Floats, attained: Floats) -> Calibration:
    """Fit slope and offset to closed goals of one organisation.

    Args:
        p: One forecast per closed goal, 0 to 1, made while it was open.
        attained: 1 where the goal was met, else 0.

    Returns:
        The calibration; the identity below `LEAST_GOALS` goals.
    """
    goals = int(p.size)
    if goals < LEAST_GOALS:
        return Calibration(goals=goals)
    bounded = np.clip(p, _BOUND, 1.0 - _BOUND)
    design = np.column_stack([np.ones(goals), np.log(bounded / (1.0 - bounded))])
    identity = np.array([0.0, 1.0])
    precision = np.eye(2) / PRIOR_DEVIATION**2
    line = identity
    for _ in range(_NEWTON_STEPS):
        said = 1.0 / (1.0 + np.exp(-design @ line))
        gradient = design.T @ (said - attained) + precision @ (line - identity)
        curvature = (design * (said * (1.0 - said))[:, None]).T @ design + precision
        line = line - np.linalg.solve(curvature, gradient)
    offset, slope = line
    return Calibration(max(float(slope), 0.0), float(offset), goals)


def learn_calibration(scores: pl.DataFrame) -> Calibration:
    """Fit to an organisation's closed goals: of each, what its model said nearest to half of its time.

    Args:
        scores: goal_gid, elapsed_pct (0 to 1), model_p, attained; one row per scored forecast.
    """
    one_each = (
        scores.drop_nulls(["model_p", "attained"])
        .sort("goal_gid", (pl.col("elapsed_pct") - 0.5).abs())
        .unique("goal_gid", keep="first", maintain_order=True)
    )
    return fit_calibration(one_each["model_p"].to_numpy(), one_each["attained"].cast(pl.Float64).to_numpy())


def calibrated(odds: pl.DataFrame, targets: pl.DataFrame, calibration: Calibration) -> pl.DataFrame:
    """Correct forecasts of goals; the value's quantiles move with the odds, so that picture and number agree.

    The shift is that of a normal distribution with the same 80 % band whose odds change so.

    Args:
        odds: Result of `attainment.forecast_attainment`.
        targets: goal_gid, initial_value, target_value.
        calibration: From `learn_calibration`.

    Returns:
        The same rows; those that are not assessed, or certain, stay as they are.
    """
    if calibration == Calibration(goals=calibration.goals):
        return odds
    from scipy.special import ndtri

    known = odds.join(targets.select("goal_gid", "initial_value", "target_value"), on="goal_gid", maintain_order="left")
    before = known["p_attain"].fill_null(float("nan")).to_numpy()
    after = calibration.apply(before)
    with np.errstate(all="ignore"):
        further = np.nan_to_num(ndtri(after) - ndtri(before), nan=0.0, posinf=0.0, neginf=0.0)
    upward = pl.when(pl.col("target_value") >= pl.col("initial_value")).then(1.0).otherwise(-1.0)
    spread = (pl.col("value_p90") - pl.col("value_p10")) / _BAND
    is_open = pl.col("status") == "assessed"
    quantiles = ("value_p10", "value_p50", "value_p90")
    shift = pl.when(is_open).then(pl.Series(further) * spread * upward).otherwise(0.0).fill_null(0.0)
    return known.with_columns(
        pl.when(is_open).then(pl.Series(after, nan_to_null=True)).otherwise("p_attain").alias("p_attain"),
        *((pl.col(name) + shift).alias(name) for name in quantiles),
    ).select(odds.columns)
