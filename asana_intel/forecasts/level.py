"""Which way of going on a level is believed, from its own past: the router of `walk` and `trend` for level goals.

A level that moved both ways before the start is a walk; one that only ever moved one way is a rise (adoption, doses
given): its drift goes on. How steady it was, |sum| / sum of |steps|, to a power, is the weight of the rise on the
logit scale. Only the time before the start decides, so that progress cannot lower the probability by the back door.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from asana_intel.forecasts.constants import attainment_constants
from asana_intel.forecasts.ensemble import Ensemble
from asana_intel.forecasts.trend import fit_trend
from asana_intel.forecasts.walk import fit_rise, fit_walk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from asana_intel.forecasts.evidence import Evidence

    Floats = NDArray[np.float64]

_LEAST_STEPS = 3
"""Fewer steps before the start say nothing about how steady they are."""
_SILENT = 0.05
"""A member with less weight than this is not named."""


def fit_level(evidence: Evidence) -> Ensemble:
    """The members that speak for each level goal, and how much.

    Args:
        evidence: What is known of the goals.

    Returns:
        The ensemble, one entry per row of the evidence.
    """
    constants = attainment_constants()["level"]
    rising = steadiness(evidence.past) ** constants["steadiness_power"]
    trending = constants["trend_weight"] * rising
    return Ensemble(
        (fit_walk(evidence), fit_rise(evidence), fit_trend(evidence)),
        np.stack([1.0 - rising, rising - trending, trending]),
    )


def steadiness(past: Floats) -> Floats:
    """|sum| / sum of |steps| before the start: 1 where all of them went one way; 0 where too little is known."""
    is_known = ~np.isnan(past)
    steps = np.where(is_known, past, 0.0)
    moved = np.abs(steps).sum(axis=1)
    with np.errstate(all="ignore"):
        share = np.abs(steps.sum(axis=1)) / moved
    return np.where((is_known.sum(axis=1) >= _LEAST_STEPS) & (moved > 0), np.minimum(share, 1.0), 0.0)


def level_method(evidence: Evidence) -> list[str]:
    """Which members speak for each level goal, in words: the walk alone, the rise and the trend alone, or all."""
    rising = steadiness(evidence.past) ** attainment_constants()["level"]["steadiness_power"]
    names = np.array(["damped_walk", "damped_walk + rise + trend", "rise + trend"])
    return names[(rising > _SILENT).astype(int) + (rising > 1.0 - _SILENT)].tolist()
