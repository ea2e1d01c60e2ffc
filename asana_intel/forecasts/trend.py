"""Prophet's trend in closed form, for many levels at once; Prophet itself only draws, in `trajectory`.

Model: Taylor and Letham 2018, "Forecasting at Scale": a line whose slope changes at 25 points over the first 80 % of
the past. The Laplace prior on the changes (changepoint_prior_scale .5) is replaced by the normal one of the same
variance, and the noise is a constant share of the scale. What remains is a ridge regression, so that end and slope of
the trend are fixed weightings of the known values: one row of a table per number of values, one product for all goals.
Changes after the last value have mean zero in Prophet and move no line; how far a level strays is in `spread`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from asana_intel.forecasts.evidence import STEPS
from asana_intel.forecasts.spread import SpreadOutlook, fit_spread, known_steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from asana_intel.forecasts.evidence import Evidence

    Floats = NDArray[np.float64]

CHANGEPOINTS = 25
CHANGEPOINT_RANGE = 0.8
CHANGEPOINT_SCALE = 0.5
LINE_SCALE = 5.0
"""Standard deviation of Prophet's priors on slope and offset, where values and time are scaled to 1."""
NOISE = 0.05
"""Standard deviation of the noise in the same units."""


@dataclass(frozen=True)
class Trend(SpreadOutlook):
    """Parameters of the trend, one per goal; arrays of shape (goals, steps) are newest first.

    Attributes:
        steps: The known steps, shares of the way.
        end: How much of each step the end of the trend has followed.
        slope: How much each step adds to the slope at the end, per step.
        is_own: Whether a step is the goal's own.
    """

    steps: Floats
    end: Floats
    slope: Floats
    is_own: NDArray[np.bool_]

    def expected(self, steps: Floats) -> Floats:
        """The line at `steps` ahead. A bent line can fall where a step was up; a goal's own progress must not."""
        followed = self.end + self.slope * steps[:, None]
        followed = np.where(self.is_own, np.maximum(followed, 0.0), followed)
        return self.spread.position + ((followed - 1.0) * self.steps).sum(axis=1)


def fit_trend(evidence: Evidence) -> Trend:
    """The trend of each goal's known values.

    Args:
        evidence: What is known of the goals.

    Returns:
        The parameters, one per row of the evidence.
    """
    steps, is_known, is_own = known_steps(evidence)
    newest_first = np.argsort(~is_known, axis=1, kind="stable")
    steps = np.take_along_axis(steps, newest_first, axis=1)
    is_own = np.take_along_axis(is_own, newest_first, axis=1)
    table = np.stack([_step_weights(count, steps.shape[1]) for count in range(steps.shape[1] + 1)])
    end, slope = np.moveaxis(table[is_known.sum(axis=1)], 1, 0)
    # The slope has the variance of a mean of so many steps.
    support = 1.0 / np.clip((slope**2).sum(axis=1), 1.0 / STEPS, 1.0)
    return Trend(fit_spread(evidence), support, steps, end, slope, is_own)


def trend_line(values: Floats, ahead: int) -> Floats:
    """The fitted trend at the known points and `ahead` points beyond, for equally spaced `values` (oldest first)."""
    weights, design = _ridge(len(values), ahead)
    return design @ (weights @ values)


@lru_cache(maxsize=128)
def _step_weights(count: int, width: int) -> Floats:
    """Weights of `count` steps, newest first, in end and slope of the trend; shape (2, width), zero beyond `count`."""
    padded = np.zeros((2, width))
    if count:
        weights, design = _ridge(count + 1, 1)
        last, following = design[-2:] @ weights
        # A step moves all values after it, so its weight is the sum of theirs.
        padded[:, :count] = np.cumsum(np.stack([last, following - last])[:, ::-1], axis=1)[:, :count]
    return padded


@lru_cache(maxsize=128)
def _ridge(count: int, ahead: int) -> tuple[Floats, Floats]:
    """Weights that turn `count` values into parameters, and the design that turns parameters into the line."""
    time = np.arange(count + ahead) / max(count - 1, 1)
    span = int(np.floor(count * CHANGEPOINT_RANGE))
    number = max(min(CHANGEPOINTS, span - 1), 0)
    changes = time[np.linspace(0, span - 1, number + 1).round().astype(int)[1:]] if number else np.zeros(0)
    design = np.column_stack([np.ones_like(time), time, np.maximum(time[:, None] - changes, 0.0)])
    variances = np.concatenate([[LINE_SCALE**2] * 2, [2 * CHANGEPOINT_SCALE**2] * number])
    known = design[:count]
    weights = np.linalg.solve(known.T @ known + np.diag(NOISE**2 / variances), known.T)
    return weights.astype(np.float64), design
