"""How much work a quarter ahead will ask for and how much of people's time becomes work done: draws, no tables.

Both are levels that wander: the forecast of a quarter is today's level, and its log error grows with the distance. The
spread is how much a role's own quarters differed from one to the next, held to `USUAL_SPREAD` while it has few.

Neither a slope nor a season is carried on. On the quarters of the open data (`benchmarks/headcount.py`) the slope of
the last half year, damped, won nothing, and quarterly factors from two years and more lost to the plain level.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PATHS = 2000
QUARTER_WEEKS = 13
MIN_WEEKS = 26
"""Weeks of history below which nothing is said."""
LEVEL_HALF_LIFE = 8.0
"""Weeks after which a week counts half for the level."""
SHARE_HALF_LIFE = 26.0
USUAL_SPREAD = 0.3
"""Log spread from one quarter to the next, and the quarters of one's own it counts for."""
_USUAL_COUNTS_FOR = 4
GROWTH = 0.4
"""Of the variance with each quarter of distance."""
TOGETHER = 0.7
"""Correlation of the errors of demand and of the share done (`benchmarks/headcount.py` measures it)."""
_LOOK_BACK_WEEKS = 104
_LEAST_PART = 0.1
"""Of the level that a quarter counts for at least: an empty one would be infinitely far from the next."""


def level(weekly: Floats, half_life: float = LEVEL_HALF_LIFE) -> float:
    """Mean of the weeks (oldest first), the latest counting most; 0 where there are none."""
    recent = weekly[-_LOOK_BACK_WEEKS:]
    weights = 0.5 ** (np.arange(recent.size)[::-1] / half_life)
    return float(weights @ recent / weights.sum()) if recent.size else 0.0


def spread(quarters: Floats, usual: float) -> float:
    """Standard deviation of the log change from one quarter to the next.

    Args:
        quarters: Totals of successive quarters.
        usual: What a quarter is like; a tenth of it is the least that one counts for.
    """
    logs = np.log(np.maximum(quarters, _LEAST_PART * usual)) if usual > 0 else np.zeros(0)
    changes = np.diff(logs)
    variance = (_USUAL_COUNTS_FOR * USUAL_SPREAD**2 + changes @ changes) / (_USUAL_COUNTS_FOR + changes.size)
    return float(np.sqrt(variance))


def quarter_totals(weekly: Floats) -> Floats:
    """Totals of the whole 13 weeks that end with the last one, oldest first, of two years at most."""
    count = min(weekly.size, _LOOK_BACK_WEEKS) // QUARTER_WEEKS
    return weekly[weekly.size - count * QUARTER_WEEKS :].reshape(count, QUARTER_WEEKS).sum(axis=1)


def draw_demand(weekly: Floats, weeks: float, quarters_ahead: float, luck: Floats) -> Floats:
    """Hours that a coming quarter asks for, on each path.

    Args:
        weekly: Hours asked for in each past week, oldest first.
        weeks: Length of the quarter.
        quarters_ahead: Distance to its start, quarters of 13 weeks.
        luck: Standard normal scores, one a path.
    """
    now = level(weekly)
    return now * weeks * _wandered(spread(quarter_totals(weekly), QUARTER_WEEKS * now), quarters_ahead, luck)


def draw_share(done: Floats, worked: Floats, quarters_ahead: float, luck: Floats) -> Floats:
    """Share of people's working hours that becomes task hours done, on each path.

    Args:
        done: Task hours done in each past week, oldest first.
        worked: Hours of the working weeks of who was there.
        quarters_ahead: Distance to the start of the quarter.
        luck: Standard normal scores, one a path.
    """
    hours, outputs = quarter_totals(worked), quarter_totals(done)
    now = share_level(done, worked)
    shares = outputs[hours > 0] / hours[hours > 0]
    return now * _wandered(spread(shares, now), quarters_ahead, luck)


def share_level(done: Floats, worked: Floats) -> float:
    """Share of working hours that became task hours done lately; 0 where nobody worked."""
    whole = level(worked, SHARE_HALF_LIFE)
    return level(done, SHARE_HALF_LIFE) / whole if whole > 0 else 0.0


def draw_luck(seed: str) -> tuple[Floats, Floats]:
    """Standard normal scores of demand and of the share that becomes work: what is asked for and what is done go along.

    Every quantile of the first is hit once, so that the median of a draw is its level.
    """
    from scipy.special import ndtri

    demand = ndtri((rng(f"{seed}|demand").permutation(PATHS) + 0.5) / PATHS)
    own = rng(f"{seed}|share").standard_normal(PATHS)
    return demand, TOGETHER * demand + np.sqrt(1 - TOGETHER**2) * own


def rng(seed: str) -> np.random.Generator:
    """Random numbers that the name alone decides."""
    return np.random.default_rng(int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=8).digest(), "big"))


def _wandered(own: float, quarters_ahead: float, luck: Floats) -> Floats:
    return np.exp(own * np.sqrt(1 + GROWTH * max(quarters_ahead, 0.0)) * luck)
