"""What a goal's odds become when its metric gains a little: one distribution per goal, in closed form; no tasks here.

The final value is described by four points of its distribution: the 10th, 50th and 90th percentile of the forecast, and
the target, at which exactly p_attain lies above (the forecast may have been calibrated after its percentiles were
drawn). Between the points the normal score is linear in the value, below the lowest it goes on with the same slope. A
percentile that contradicts p_attain, such as a median above the target of a goal that is said to fail, is left out.
Without a median that is the middle between the others. Where another one is not known none is read: the distribution is
a normal one with p_attain above the target, whose 10th and 90th percentile lie as far apart as start and target. That
is wider than most forecasts (benchmarks/README.md, "Priority: score"), so that nothing is made of what is not known.

A gain of c moves every outcome by c: the same random numbers before and after, so that the difference has no noise.
P(final + c >= target) = P(final >= target - c), read from the distribution itself.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SCORES = (-1.2815515655446004, 0.0, 1.2815515655446004)
"""Normal scores of the 10th, 50th and 90th percentile."""
_LEAST_P = 1e-6
_LEAST_WIDTH = 0.05
"""Least spread from p10 to p90, as a part of the way from start to target: no forecast is sharper than that."""


def odds_after(goals: pl.DataFrame, contribution: Floats) -> Floats:
    """Probability that each goal is attained when its metric gains `contribution` more than forecast.

    Args:
        goals: One row per case: p_attain, value_p10, value_p50, value_p90, current_value, initial_value, target_value;
            p_attain and target_value known. A target below the initial value (below the current one, where no initial
            one is known) is reached from above.
        contribution: In the metric's unit, towards the target, one per row; not above 0 = nothing gained.

    Returns:
        One probability per row: p_attain at no gain, never lower, 1 at most.
    """
    from scipy.special import ndtr, ndtri

    target, start, sign = _ways(goals)
    p = goals["p_attain"].to_numpy().astype(float)
    held = np.clip(p, _LEAST_P, 1 - _LEAST_P)
    here = -ndtri(held)
    values = np.stack([sign * goals[f"value_p{q}0"].to_numpy().astype(float) for q in (1, 5, 9)])
    values[1] = np.where(np.isnan(values[1]), (values[0] + values[2]) / 2, values[1])
    values = np.sort(values, axis=0)  # from above, the 90th percentile is the worst
    values[:, np.isnan(values).any(axis=0)] = np.nan
    score = _score_at(target - np.maximum(contribution, 0.0), target, here, values, np.abs(target - start))
    after = ndtr(-score)
    return np.where(contribution > 0, np.maximum(p, np.minimum(p + np.maximum(after - held, 0.0), 1.0)), p)


def odds_without(goals: pl.DataFrame, loss: Floats) -> Floats:
    """Probability that each goal is attained when its metric gains `loss` less than forecast.

    P(final - c >= target) is the odds of failing in the mirror: with every outcome as far on the other side of the
    target, gaining c there is losing it here.

    Args:
        goals: As for `odds_after`.
        loss: In the metric's unit, away from the target, one per row; not above 0 = nothing lost.

    Returns:
        One probability per row: p_attain at no loss, never higher, 0 at least.
    """
    mirror = {f"value_p{q}0": 2 * pl.col("target_value") - pl.col(f"value_p{q}0") for q in (1, 5, 9)}
    mirrored = goals.with_columns(p_attain=1 - pl.col("p_attain"), **mirror)
    return 1 - odds_after(mirrored, loss)


def distance(goals: pl.DataFrame) -> Floats:
    """How far the current value is from the target, in the metric's unit; 0 where it is there."""
    target, start, sign = _ways(goals)
    current = sign * goals["current_value"].to_numpy().astype(float)
    return np.maximum(target - np.where(np.isnan(current), start, current), 0.0)


def _ways(goals: pl.DataFrame) -> tuple[Floats, Floats, Floats]:
    """Target and start as if every goal went up, and the sign that makes it so."""
    target = goals["target_value"].to_numpy().astype(float)
    start = goals.select(pl.coalesce("initial_value", "current_value", "target_value")).to_series().to_numpy()
    sign = np.where(target < start, -1.0, 1.0)
    return sign * target, sign * start.astype(float), sign


def _score_at(x: Floats, target: Floats, here: Floats, values: Floats, way: Floats) -> Floats:
    """Normal score of the values `x` below the target: through the points that lie below it."""
    way = np.where(way > 0, way, np.maximum(np.abs(target), 1.0))
    spread = np.maximum(np.where(np.isnan(values[0]), way, values[2] - values[0]), _LEAST_WIDTH * way)
    slope = (_SCORES[2] - _SCORES[0]) / spread
    high, high_score = target.copy(), here.copy()
    score = np.full_like(x, np.nan)
    for value, known in zip(values[::-1], _SCORES[::-1], strict=True):
        is_point = (value < high - 1e-9 * way) & (known < high_score)
        between = is_point & np.isnan(score)
        with np.errstate(all="ignore"):  # of points that are left out
            own = (high_score - known) / (high - value)
            at = known + (x - value) * own
        score = np.where(between & (x >= value), at, score)
        slope = np.where(is_point, own, slope)
        high, high_score = np.where(is_point, value, high), np.where(is_point, known, high_score)
    return np.where(np.isnan(score), high_score + (x - high) * slope, score)
