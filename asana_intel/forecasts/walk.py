"""The random walk for level goals, which may rise or fall; goals that accumulate are in `pace`.

Source: forecasting reference, section 2, "Level KRs": the drift of the last 26 weeks, shrunk, with t(6) tails.
The reference halves every drift. Here the share is learned from the weeks before the start: n mean^2 / (n mean^2 +
8 variance), at least a quarter, and a half where there is no past. On the open goals this is better for noisy backlogs
and for steady trends alike (benchmarks/README.md). It does not look at the goal's own weeks.
The spread is two-piece: a goal short of its target needs steps toward it, so its own steps forward widen the upper
side; a goal beyond its target fears steps back, so its own steps back widen the lower side. Steps before the start
widen both. So a step toward the target can never lower the probability.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.forecasts.evidence import TOLERANCE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from asana_intel.forecasts.evidence import Evidence

    Floats = NDArray[np.float64]

UNKNOWN_DRIFT_SHARE = 0.5
LEAST_DRIFT_SHARE = 0.25
"""A flat past must not forbid a goal to move: what was just started has no trend yet."""
DRIFT_SHRINKAGE = 8.0
TAIL_DEGREES = 6.0
PRIOR_STEPS = 4.0
"""Pseudo-steps of the size the target asks for; they keep a constant series from being sure of itself."""


@dataclass(frozen=True)
class Walk:
    """Parameters of the walk, one per goal, in shares of the way to the target and in weeks.

    Attributes:
        position: Share of the way reached (below 0: farther away than at the start).
        drift: Expected change per week.
        up: Scale of one week's step toward the target.
        down: Scale of one week's step away from it.
    """

    position: Floats
    drift: Floats
    up: Floats
    down: Floats

    def take(self, rows: NDArray[np.intp]) -> Walk:
        """The parameters of the goals at `rows`."""
        return Walk(*(getattr(self, field.name)[rows] for field in fields(self)))

    def survival(self, weeks: Floats) -> Floats:
        """Probability to stand at or beyond the target after `weeks` (shape (goals,), >= 0)."""
        from scipy.special import stdtr

        margin = self.position + self.drift * weeks - 1.0
        with np.errstate(all="ignore"):
            z = margin / (np.where(margin < 0, self.up, self.down) * np.sqrt(weeks))
        is_there = self.position >= 1.0 - TOLERANCE
        return np.where(weeks > 0, stdtr(TAIL_DEGREES, z), is_there.astype(np.float64))

    def quantile(self, weeks: Floats, q: float) -> Floats:
        """Share of the way reached after `weeks` (shape (goals,)) with probability `q` not exceeded."""
        from scipy.special import stdtrit

        z = float(stdtrit(TAIL_DEGREES, q))
        return self.position + self.drift * weeks + z * (self.up if z > 0 else self.down) * np.sqrt(weeks)

    def weeks_to_target(self, limit: Floats) -> Floats:
        """Weeks until the median path meets the target; NaN where it never does or beyond `limit`."""
        with np.errstate(all="ignore"):
            weeks = (1.0 - self.position) / self.drift
        weeks = np.where(self.position >= 1.0 - TOLERANCE, 0.0, weeks)
        return np.where((weeks >= 0) & (weeks <= limit), weeks, np.nan)


def fit_walk(evidence: Evidence) -> Walk:
    """Estimate drift and spread of every goal; rows that are no level goals get numbers that mean nothing.

    Args:
        evidence: What is known of the goals.

    Returns:
        The parameters, one per row of the evidence.
    """
    position, total = (
        evidence.goals[name].cast(pl.Float64).fill_null(float("nan")).to_numpy() for name in ("position", "total_weeks")
    )
    is_known = ~np.isnan(evidence.steps)
    count = is_known.sum(axis=1)
    steps = np.where(is_known, evidence.steps, 0.0)
    is_past = is_known & ~evidence.own
    past_count = is_past.sum(axis=1)
    past_mean = np.where(is_past, steps, 0.0).sum(axis=1) / np.maximum(past_count, 1)
    past_squares = (np.where(is_past, steps - past_mean[:, None], 0.0) ** 2).sum(axis=1)
    drift = _drift_share(past_count, past_mean, past_squares) * steps.sum(axis=1) / np.maximum(count, 1)
    own_steps = np.where(is_known & evidence.own, steps, 0.0)
    shared = past_squares + PRIOR_STEPS / total**2
    scales = (
        # Twice: one-sided squares hold half of the steps.
        np.sqrt((shared + 2.0 * (side(own_steps, 0.0) ** 2).sum(axis=1)) / (count + PRIOR_STEPS))
        for side in (np.maximum, np.minimum)
    )
    return Walk(position, drift, *scales)


def _drift_share(count: NDArray[np.intp], mean: Floats, squares: Floats) -> Floats:
    """How much of the observed drift to expect to go on, from the steps before the start."""
    signal = count * mean**2
    noise = DRIFT_SHRINKAGE * squares / np.maximum(count - 1, 1)
    with np.errstate(all="ignore"):
        share = np.where(signal > 0, signal / (signal + noise), 0.0)
    learned = LEAST_DRIFT_SHARE + (1.0 - LEAST_DRIFT_SHARE) * share
    return np.where(count >= 2, learned, UNKNOWN_DRIFT_SHARE)
