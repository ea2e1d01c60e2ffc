"""The shrunk gamma pace model for goals that accumulate (flow, cohort); levels are in `walk`, promises in `commitment`.

Source: forecasting reference, section 2, "Gamma model". Weekly pace m is the goal's own pace shrunk to a prior pace;
what the remaining h weeks bring is Gamma distributed with mean h m and variance h v + h^2 v / (n + w).
What differs, each for a reason:

- The dispersion of past weeks enters as s m and the prior dispersion as d m^2, and a goal's own weeks do not enter it.
  So both the shape and the scale of the gamma rise with progress, and more progress can never lower the probability.
- Recent weeks count more, before the start and since; measured on the open goals (benchmarks/README.md).
- Work may break down: with a small chance the pace falls to a third. Without it, one outcome in five lay below the
  10 % quantile; the mean pace is kept.
- Work may stop, which a gamma never says: its lowest outcomes bring nothing at all. Their chance falls exponentially
  with shape and pace, as that of an empty compound Poisson-gamma sum does (Jorgensen 1987). It binds only the odds of
  goals that lack next to nothing; all others stay, and the 10 % quantile is what is done where one in ten stops.
- A cohort has a fixed scope that runs out: its clock slows down, so that the first weeks bring more than the last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from asana_intel.forecasts.constants import attainment_constants
from asana_intel.forecasts.ensemble import invert_survival
from asana_intel.forecasts.evidence import STEPS, TOLERANCE
from asana_intel.forecasts.parameters import Parameters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from asana_intel.forecasts.evidence import Evidence

    Floats = NDArray[np.float64]

BREAKDOWN_CHANCE = 0.07
BROKEN_PACE = 0.3
"""Chance that work breaks down before the due date, and what is left of the pace then; chosen on the open flows."""
STOPPING = 1.2
"""How fast the chance to stop falls. The zeros of open flows and cohorts ask for 1.1; their bands also hold outcomes
that are just at the 10 % quantile, so a little less is said to stop."""
_SOUND_PACE = (1.0 - BREAKDOWN_CHANCE * BROKEN_PACE) / (1.0 - BREAKDOWN_CHANCE)
_PACE_FLOOR = 0.05  # of the prior pace: a correction below zero must not turn the model round


@dataclass(frozen=True)
class PaceConstants:
    """What the model takes from other goals; values in models/attainment.json.

    Attributes:
        past_decay: Weight of a week before the start relative to the week after it.
        own_decay: The same for the goal's own weeks.
        prior_weeks: Weeks of work the prior pace counts for.
        past_share: Share of the past in the prior pace; the rest is the pace the target asks for.
        dispersion_weeks: Weeks the prior dispersion counts for.
        dispersion: Variance of a week over its squared mean.
        saturation: How often e-fold the pace falls over the goal's time (0: steady).
    """

    past_decay: float
    own_decay: float
    prior_weeks: float
    past_share: float
    dispersion_weeks: float
    dispersion: float
    saturation: float


@dataclass(frozen=True)
class Pace(Parameters):
    """Parameters of the gamma model, one per goal, in shares of the way to the target and in weeks of its clock.

    Attributes:
        done: Share already done.
        weekly: Expected share per week of the clock (m).
        variance: Variance of one week (v).
        total: Calendar weeks from start to due date.
        support: Weeks that stand behind the pace, own and prior (n + w).
        elapsed: Calendar weeks elapsed.
        slowing: Rate at which the clock slows down per calendar week (0: steady).
    """

    done: Floats
    weekly: Floats
    variance: Floats
    total: Floats
    support: Floats
    elapsed: Floats
    slowing: Floats

    def survival(self, weeks: Floats, at: Floats | float = 1.0) -> Floats:
        """Probability that the share `at` of the way is reached within `weeks` calendar weeks from what is known.

        Args:
            weeks: Shape (goals,), >= 0.
            at: Share of the way, a number or shape (goals,); 1 is the target.

        Returns:
            Probabilities, shape (goals,).
        """
        from scipy.special import gammaincc

        missing = np.maximum(at - self.done, 0.0)
        shape, scale = self._gamma(weeks)

        def reached(pace: float) -> Floats:
            return np.where(shape > 0, gammaincc(np.maximum(shape, 1e-300), missing / (pace * scale)), 0.0)

        with np.errstate(all="ignore"):
            open_p = (1.0 - BREAKDOWN_CHANCE) * reached(_SOUND_PACE) + BREAKDOWN_CHANCE * reached(BROKEN_PACE)
        return np.where(missing <= TOLERANCE, 1.0, np.minimum(open_p, 1.0 - self._chance_to_stop(shape)))

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
        low, high = self.done + BROKEN_PACE * gain, self.done + _SOUND_PACE * gain
        moving = invert_survival(lambda at: self.survival(weeks, at), low, high, q)
        return np.where(q <= self._chance_to_stop(shape), self.done, moving)

    def _chance_to_stop(self, shape: Floats) -> Floats:
        """Chance that nothing more comes; at most a half, so that it moves no median, and falling with progress."""
        return 0.5 * np.exp(-STOPPING * shape * self.weekly * self.total)

    def _gamma(self, weeks: Floats) -> tuple[Floats, Floats]:
        """Shape and scale of the gain in the coming `weeks`; both rise with progress."""
        h = clock(self.elapsed + weeks, self.slowing) - clock(self.elapsed, self.slowing)
        with np.errstate(all="ignore"):
            spread = self.variance * (1.0 + h / self.support)
            return h * self.weekly**2 / spread, spread / self.weekly


def clock(weeks: Floats, slowing: Floats) -> Floats:
    """Weeks of work in `weeks` calendar weeks where the pace falls by exp(-slowing) a week: (1 - exp(-s t)) / s."""
    with np.errstate(all="ignore"):
        return np.where(slowing > 0, -np.expm1(-slowing * weeks) / slowing, weeks)


def fit_pace(evidence: Evidence, kind: str) -> Pace:
    """Estimate the pace of goals of one kind.

    Args:
        evidence: What is known of the goals.
        kind: "flow" or "cohort".

    Returns:
        The parameters, one per row of the evidence.
    """
    constants = PaceConstants(**attainment_constants()[kind])
    done, elapsed, total = (evidence.column(name) for name in ("position", "elapsed_weeks", "total_weeks"))
    slowing = constants.saturation / total
    past_weeks, past_mean, past_squares = _past(evidence.past, constants.past_decay)
    own_gain, own_weeks = _own(evidence.own, elapsed, slowing, constants.own_decay)
    required = 1.0 / clock(total, slowing)
    blended = constants.past_share * np.maximum(past_mean, 0.0) + (1.0 - constants.past_share) * required
    prior_pace = np.where(past_weeks > 0, blended, required)
    support = own_weeks + constants.prior_weeks
    weekly = np.maximum((own_gain + constants.prior_weeks * prior_pace) / support, _PACE_FLOOR * prior_pace)
    prior_squares = constants.dispersion_weeks * constants.dispersion * weekly**2
    variance = (past_squares * weekly / prior_pace + prior_squares) / (past_weeks + constants.dispersion_weeks)
    return Pace(done, weekly, variance, total, support, elapsed, slowing)


def _past(steps: Floats, decay: float) -> tuple[Floats, Floats, Floats]:
    """Weighted number, mean, and sum of squared deviations of the weeks before the start."""
    is_known = ~np.isnan(steps)
    weights = is_known * decay ** np.arange(STEPS)
    weeks = weights.sum(axis=1)
    known = np.where(is_known, steps, 0.0)
    mean = (weights * known).sum(axis=1) / np.maximum(weeks, TOLERANCE)
    return weeks, mean, (weights * (known - mean[:, None]) ** 2).sum(axis=1)


def _own(steps: Floats, elapsed: Floats, slowing: Floats, decay: float) -> tuple[Floats, Floats]:
    """Weighted gain of the goal's own weeks, and the weighted weeks of the clock in which it was made."""
    ends = np.maximum(elapsed[:, None] - np.arange(STEPS + 1), 0.0)
    lengths = clock(ends[:, :-1], slowing[:, None]) - clock(ends[:, 1:], slowing[:, None])
    weights = decay ** np.arange(STEPS)
    gain = (weights * np.nan_to_num(steps)).sum(axis=1)
    return gain, (weights * np.nan_to_num(lengths)).sum(axis=1)
