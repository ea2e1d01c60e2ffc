"""The shrunk gamma pace model for goals that accumulate (flow, commitment, cohort); level goals are in `walk`.

Source: forecasting reference, section 2, "Gamma model". Weekly pace m is the goal's own pace shrunk to a prior pace;
what the remaining h weeks bring is Gamma distributed with mean h m and variance h v + h^2 v / (n + w).
One deviation, for a reason: the dispersion of past weeks enters as s m and the prior dispersion as 2 m^2, and a goal's
own weeks do not enter it. So both the shape and the scale of the gamma rise with progress, and more progress can never
lower the probability. It costs .0003 to .0008 of Brier score on the open goals (benchmarks/README.md).
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

PRIOR_WEEKS = 4.0
"""Weeks of work the prior pace counts for."""
COMMITMENT_PRIOR_WEEKS = 8.0
"""The same for commitments, whose own days say less: most of a sprint closes at its end."""
COMMITMENT_PRIOR_PACE = 1.2
"""Prior pace of a commitment over its required pace; chosen on the open sprints."""
COMMITMENT_CLOCK = 2.0
"""Exponent of a sprint's clock: after half of its time a quarter of its work is expected to be closed."""
PRIOR_DISPERSION_WEEKS = 6.0
PRIOR_DISPERSION = 2.0
_PAST_SHARE = 0.8  # of the prior pace; the rest is the pace the target asks for
_PACE_FLOOR = 0.05  # of the prior pace: a correction below zero must not turn the model round


@dataclass(frozen=True)
class Pace:
    """Parameters of the gamma model, one per goal, in shares of the way to the target and in weeks.

    Attributes:
        done: Share already done.
        weekly: Expected share per week (m).
        variance: Variance of one week (v).
        own: Own weeks observed (n), on the goal's clock.
        prior: Weeks the prior counts for (w).
        elapsed: Calendar weeks elapsed.
        length: Calendar weeks elapsed and remaining together.
        clock: Exponent of the goal's clock (1: steady).
    """

    done: Floats
    weekly: Floats
    variance: Floats
    own: Floats
    prior: Floats
    elapsed: Floats
    length: Floats
    clock: Floats

    def take(self, rows: NDArray[np.intp]) -> Pace:
        """The parameters of the goals at `rows`."""
        return Pace(*(getattr(self, field.name)[rows] for field in fields(self)))

    def survival(self, weeks: Floats) -> Floats:
        """Probability that the target is met within `weeks` calendar weeks from what is known.

        Args:
            weeks: Shape (goals,), >= 0.

        Returns:
            Probabilities, shape (goals,).
        """
        from scipy.special import gammaincc

        shape, scale = self._gamma(weeks)
        missing = np.maximum(1.0 - self.done, 0.0)
        is_met = missing <= TOLERANCE
        with np.errstate(all="ignore"):
            open_p = np.where(shape > 0, gammaincc(np.maximum(shape, 1e-300), missing / scale), 0.0)
        return np.where(is_met, 1.0, open_p)

    def quantile(self, weeks: Floats, q: float) -> Floats:
        """Share of the way reached after `weeks` calendar weeks with probability `q` not exceeded.

        Args:
            weeks: Shape (goals,), >= 0.
            q: Probability, 0 to 1.

        Returns:
            Shares of the way, shape (goals,).
        """
        from scipy.special import gammaincinv

        shape, scale = self._gamma(weeks)
        with np.errstate(all="ignore"):
            gain = np.where(shape > 0, gammaincinv(np.maximum(shape, 1e-300), q) * scale, 0.0)
        return self.done + gain

    def weeks_to_target(self, limit: Floats) -> Floats:
        """Calendar weeks until the median path meets the target; NaN beyond `limit` (shape (goals,))."""
        low, high = np.zeros_like(limit), limit.astype(np.float64)
        for _ in range(20):  # a millionth of the limit is well under a day
            middle = (low + high) / 2
            is_there = self.survival(middle) >= 0.5
            low, high = np.where(is_there, low, middle), np.where(is_there, middle, high)
        return np.where(self.survival(limit) >= 0.5, high, np.nan)

    def _gamma(self, weeks: Floats) -> tuple[Floats, Floats]:
        """Shape and scale of the gain in the coming `weeks`; both rise with progress."""
        span = np.maximum(self.length, 1 / 7)
        now, then = self.elapsed / span, (self.elapsed + weeks) / span
        h = span * (then**self.clock - now**self.clock)
        with np.errstate(all="ignore"):
            spread = self.variance * (1.0 + h / (self.own + self.prior))
            return h * self.weekly**2 / spread, spread / self.weekly


def fit_pace(evidence: Evidence) -> Pace:
    """Estimate the pace of every goal; rows that are no pace goals get numbers that mean nothing.

    Args:
        evidence: What is known of the goals.

    Returns:
        The parameters, one per row of the evidence.
    """
    goals = evidence.goals
    is_commitment = (goals["kind"] == "commitment").fill_null(value=False).to_numpy()
    done, elapsed, rest, total = (
        goals[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        for name in ("position", "elapsed_weeks", "rest_weeks", "total_weeks")
    )
    prior = np.where(is_commitment, COMMITMENT_PRIOR_WEEKS, PRIOR_WEEKS)
    clock = np.where(is_commitment, COMMITMENT_CLOCK, 1.0)
    length = elapsed + rest
    span = np.maximum(length, 1 / 7)
    own = span * (elapsed / span) ** clock

    past_weeks, past_mean, past_squares = _past(evidence)
    required = np.where(is_commitment, COMMITMENT_PRIOR_PACE, 1.0) / total
    prior_pace = np.where(
        past_weeks > 0, _PAST_SHARE * np.maximum(past_mean, 0.0) + (1 - _PAST_SHARE) * required, required
    )
    weekly = np.maximum((done + prior * prior_pace) / (own + prior), _PACE_FLOOR * prior_pace)
    variance = (past_squares * weekly / prior_pace + PRIOR_DISPERSION_WEEKS * PRIOR_DISPERSION * weekly**2) / (
        past_weeks + PRIOR_DISPERSION_WEEKS
    )
    return Pace(done, weekly, variance, own, prior, elapsed, length, clock)


def _past(evidence: Evidence) -> tuple[Floats, Floats, Floats]:
    """Number, mean, and sum of squared deviations of the weekly steps before the start."""
    is_past = ~np.isnan(evidence.steps)
    weeks = is_past.sum(axis=1)
    steps = np.where(is_past, evidence.steps, 0.0)
    mean = steps.sum(axis=1) / np.maximum(weeks, 1)
    squares = (np.where(is_past, steps - mean[:, None], 0.0) ** 2).sum(axis=1)
    return weeks.astype(np.float64), mean, squares
