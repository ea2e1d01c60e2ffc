"""How much working time a role's people have in a quarter: who is there, who may leave, who joins; no work is known.

Leavers: everybody stays a time of their own, exponential, so that the number who are still there is binomial with the
attrition of the settings. Who has joined lately, and who will, counts by the shares of `ramp` in the first 90 days.
Time off is not taken away: the share of time that becomes work (`quarters`) is of the whole working week, and holds it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from asana_intel.insights.headcount.quarters import PATHS, rng

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

STEPS = (30, 60, 90)
_YEAR_DAYS = 365.25


@dataclass(frozen=True)
class Staff:
    """One person, there or to come.

    Attributes:
        hours: Of their working weeks in the quarter, less public holidays, were they there throughout.
        from_on: First day; None: long ago.
    """

    hours: float
    from_on: date | None = None


def ramp_share(from_on: date | None, day: date, shares: Sequence[float]) -> float:
    """Share of a full load on a day: 0 before the first day, then by steps of 30 days, 1 after 90."""
    if from_on is None:
        return 1.0
    since = (day - from_on).days
    if since < 0:
        return 0.0
    return next((share for last, share in zip(STEPS, shares, strict=True) if since < last), 1.0)


def draw_hours(
    staff: Sequence[Staff],
    as_of: date,
    quarter_on: date,
    ends_on: date,
    attrition: float,
    shares: Sequence[float],
    seed: str,
) -> tuple[Floats, float]:
    """Working hours in a quarter on each path, ramps and leavers counted, and how many people are expected.

    Args:
        staff: Everybody.
        as_of: Today.
        quarter_on: First day of the quarter.
        ends_on: Its last day.
        attrition: Share of people who leave within a year, 0..1.
        shares: Of a full load in the first three steps of 30 days.
        seed: Names the draw.
    """
    days = [quarter_on + timedelta(days=n) for n in range((ends_on - quarter_on).days + 1)]
    rate = -math.log1p(-attrition) / _YEAR_DAYS
    stays = rng(seed).exponential(1.0, (len(staff), PATHS))
    total, people = np.zeros(PATHS), 0.0
    for person, stay in zip(staff, stays, strict=True):
        ramp = np.array([ramp_share(person.from_on, day, shares) for day in days])
        is_there = np.array([person.from_on is None or day >= person.from_on for day in days])
        begins = max(person.from_on or as_of, as_of)
        leaves = stay / rate if rate > 0 else np.full(PATHS, np.inf)
        until = np.clip(np.ceil(leaves - (quarter_on - begins).days), 0, len(days)).astype(np.int64)
        total += person.hours / len(days) * np.concatenate([[0.0], ramp.cumsum()])[until]
        people += float((np.concatenate([[0.0], is_there.cumsum()])[until] / len(days)).mean())
    return total, people
