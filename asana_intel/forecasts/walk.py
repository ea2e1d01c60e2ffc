"""How a level goes on from where it is: as a damped random walk, or as a steady rise; `level` says which is believed.

Source: forecasting reference, section 2, "Level KRs": a random walk with shrunk drift. It halves every drift; here the
drift is that of recent steps and dies out (the damped local trend of exponential smoothing with all weight on the last
level: Hyndman et al. 2008, ETS(A,Ad,N)), which is better on noisy backlogs. For levels that only ever moved one way
the drift does not die out, and bends as it bent before (benchmarks/README.md has both).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from asana_intel.forecasts.constants import attainment_constants
from asana_intel.forecasts.evidence import TOLERANCE
from asana_intel.forecasts.spread import SpreadOutlook, ages, fit_spread, known_steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from asana_intel.forecasts.evidence import Evidence

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Walk(SpreadOutlook):
    """Parameters of the walk, one per goal, in shares of the way to the target and in steps.

    Attributes:
        drift: Expected change in the next step.
        damping: What is left of the drift after a step (1: it goes on for ever).
        bend: Change of the drift per step ahead.
        reach: Steps known; nothing bends for longer than it was seen.
    """

    drift: Floats
    damping: Floats
    bend: Floats
    reach: Floats

    def expected(self, steps: Floats) -> Floats:
        """What remains of the drift after so many `steps` adds up, and bends."""
        damping = np.minimum(self.damping, 1.0 - TOLERANCE)  # the limit at 1 is one step of drift per step
        effective = np.where(self.damping < 1, damping * (1 - damping**steps) / (1 - damping), steps)
        return self.spread.position + self.drift * effective + self.bend * np.minimum(steps, self.reach) ** 2


def fit_walk(evidence: Evidence) -> Walk:
    """The damped random walk of each goal.

    Args:
        evidence: What is known of the goals.

    Returns:
        The parameters, one per row of the evidence.
    """
    constants = attainment_constants()["level"]
    drift, _, count, support = _drift(evidence, constants["drift_decay"])
    damping = np.full_like(drift, constants["damping"])
    return Walk(fit_spread(evidence), support, drift, damping, np.zeros_like(drift), count)


def fit_rise(evidence: Evidence) -> Walk:
    """The rise that goes on and bends as before: what a level does that only ever moved one way.

    Args:
        evidence: What is known of the goals.

    Returns:
        The parameters, one per row of the evidence.
    """
    constants = attainment_constants()["level"]
    recent, mean, count, support = _drift(evidence, constants["rise_decay"])
    # The mean is the drift of half the known time ago. Up to 1/2, no step bends away more than it brought.
    faster = 2.0 * constants["rise_bend"] * (recent - mean)
    bend = (faster + constants["rise_growth"] * recent) / np.maximum(count, 1.0)
    return Walk(fit_spread(evidence), support, recent, np.ones_like(recent), bend, count)


def _drift(evidence: Evidence, decay: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Mean of the known steps, each counting `decay` times as much as the next; their plain mean; number; support.

    The support is how many steps of equal weight would tell the mean as well: (sum of weights)^2 / sum of squares (Kish
    1965).
    """
    steps, is_known, _ = known_steps(evidence)
    count = is_known.sum(axis=1).astype(np.float64)
    weights = is_known * decay ** ages(is_known)
    total = np.maximum(weights.sum(axis=1), TOLERANCE)
    recent = (weights * steps).sum(axis=1) / total
    support = np.maximum(total**2 / np.maximum((weights**2).sum(axis=1), TOLERANCE), 1.0)
    return recent, steps.sum(axis=1) / np.maximum(count, 1.0), count, support
