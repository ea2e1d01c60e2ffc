"""How far a level strays from its expected course: the two-piece t distribution that `walk` and `trend` share.

What course is expected is theirs; only what follows from course and spread is here.

A goal short of its target needs steps toward it, so its own steps forward widen the upper side; a goal beyond its
target fears steps back, so its own steps back widen the lower side. Steps before the start widen both. So a step
toward the target can never lower the probability. Recent steps count more. Tails: t(6), as in the forecasting
reference, section 2. The course is an estimate too: with n steps behind it, the variance after h steps is
h v (1 + h / n), as in `pace`; without that, the 80 % band of a backlog held .64 of the outcomes ten weeks ahead.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from asana_intel.forecasts.constants import attainment_constants
from asana_intel.forecasts.evidence import TOLERANCE
from asana_intel.forecasts.parameters import Parameters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from asana_intel.forecasts.evidence import Evidence

    Floats = NDArray[np.float64]
    Booleans = NDArray[np.bool_]

TAIL_DEGREES = 6.0
PRIOR_STEPS = 4.0
"""Pseudo-steps of the size the target asks for; they keep a constant series from being sure of itself."""


@dataclass(frozen=True)
class Spread(Parameters):
    """Where each goal stands and how far one step may lead, in shares of the way to the target.

    Attributes:
        position: Share of the way reached (below 0: farther away than at the start).
        up: Scale of one step toward the target.
        down: Scale of one step away from it.
        step_weeks: Length of a step.
    """

    position: Floats
    up: Floats
    down: Floats
    step_weeks: Floats

    def survival(self, mean: Floats, far: Floats, at: Floats | float) -> Floats:
        """Probability to stand at or beyond `at` when `mean` is expected, `far` times one step's scale from now."""
        from scipy.special import stdtr

        margin = mean - at
        with np.errstate(all="ignore"):
            z = margin / (np.where(margin < 0, self.up, self.down) * far)
        is_there = self.position >= at - TOLERANCE
        return np.where(far > 0, stdtr(TAIL_DEGREES, z), is_there.astype(np.float64))

    def quantile(self, mean: Floats, far: Floats, q: float) -> Floats:
        """Share of the way not exceeded with probability `q`, `far` times one step's scale from now."""
        from scipy.special import stdtrit

        z = float(stdtrit(TAIL_DEGREES, q))
        return mean + z * (self.up if z > 0 else self.down) * far


@dataclass(frozen=True)
class SpreadOutlook(Parameters, ABC):
    """The outlook of levels that follow an expected course and stray from it.

    Attributes:
        spread: Where each goal stands, and how far it strays.
        support: Steps that stand behind the course, at least one.
    """

    spread: Spread
    support: Floats

    @abstractmethod
    def expected(self, steps: Floats) -> Floats:
        """Expected share of the way after so many `steps`; both of shape (goals,)."""

    def survival(self, weeks: Floats, at: Floats | float = 1.0) -> Floats:
        """Probability to stand at or beyond the share `at` of the way after `weeks` (shape (goals,), >= 0)."""
        steps = weeks / self.spread.step_weeks
        return self.spread.survival(self.expected(steps), self._far(steps), at)

    def quantile(self, weeks: Floats, q: float) -> Floats:
        """Share of the way reached after `weeks` (shape (goals,)) with probability `q` not exceeded."""
        steps = weeks / self.spread.step_weeks
        return self.spread.quantile(self.expected(steps), self._far(steps), q)

    def _far(self, steps: Floats) -> Floats:
        return np.sqrt(steps * (1.0 + steps / self.support))


def fit_spread(evidence: Evidence) -> Spread:
    """The spread of each goal's level.

    Args:
        evidence: What is known of the goals.

    Returns:
        One entry per row of the evidence.
    """
    steps, is_known, is_own = known_steps(evidence)
    weights = is_known * attainment_constants()["level"]["spread_decay"] ** ages(is_known)
    step_weeks = evidence.column("step_weeks")
    with np.errstate(all="ignore"):
        asked = PRIOR_STEPS * (step_weeks / evidence.column("total_weeks")) ** 2
        shared = (weights * ~is_own * steps**2).sum(axis=1) + asked
        # Twice: one-sided squares hold half of the steps.
        own = [2.0 * (weights * is_own * side(steps, 0.0) ** 2).sum(axis=1) for side in (np.maximum, np.minimum)]
        count = weights.sum(axis=1) + PRIOR_STEPS
        up, down = (np.sqrt((shared + squares) / count) for squares in own)
    return Spread(evidence.column("position"), up, down, step_weeks)


def known_steps(evidence: Evidence) -> tuple[Floats, Booleans, Booleans]:
    """All steps newest first (zero where unknown), which of them are known, and which are the goal's own."""
    steps = np.concatenate([evidence.own, evidence.past], axis=1)
    is_known = ~np.isnan(steps)
    is_own = np.broadcast_to(np.arange(steps.shape[1]) < evidence.own.shape[1], steps.shape)
    return np.where(is_known, steps, 0.0), is_known, is_own


def ages(is_known: Booleans) -> NDArray[np.int64]:
    """How many known steps are newer than each."""
    return np.cumsum(is_known, axis=1) - is_known
