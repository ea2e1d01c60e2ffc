"""Cold start: how much a person gets done of whom little is known, drawn from weeks of others; no model, no tables.

Source: forecasting reference, section 3, "recency bootstrap x working days". Each path draws weeks of the sources' last
half year, recent ones more often, as output per full week, and multiplies them by the working days ahead. Independent
weeks alone cover only .56 of eight-week totals, because a person's level wanders; so each path also draws one level
change, whose spread is calibrated on the open person-weeks (benchmarks/README.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RECENCY = 0.94
"""Weight of a week relative to the week after it."""
LEVEL_SIGMA = 0.45
"""Standard deviation of the log level change over the horizon."""
PATHS = 1000


def bootstrap_person(
    sources: Floats, share_ahead: Floats, seed: int, level_sigma: float = LEVEL_SIGMA
) -> tuple[Floats, Floats]:
    """Forecast one person from the known weeks of one or more people.

    Args:
        sources: Output per full week, shape (people, weeks), oldest first, NaN where unknown; each has a known one.
        share_ahead: Working days of the weeks ahead as a share of a full week, shape (horizon,).
        seed: Seed of the paths.
        level_sigma: Standard deviation of the log level change; 0 draws weeks that have nothing in common.

    Returns:
        Means, shape (horizon + 1,), the last one of the total; and deciles, shape (horizon + 1, 9).
    """
    rng = np.random.default_rng(seed)
    uniform = rng.random((PATHS, share_ahead.size))
    level = np.exp(level_sigma * rng.standard_normal((PATHS, 1)) - level_sigma**2 / 2)
    known = ~np.isnan(sources)
    rates = np.where(known, sources, 0.0)
    weights = known * RECENCY ** np.arange(sources.shape[1] - 1, -1, -1)
    weights = weights / weights.sum(axis=1, keepdims=True)
    # One source per path: a colleague's level lasts, and the total must show that.
    source = rng.integers(0, len(sources), PATHS)
    drawn = (uniform[:, :, None] >= weights.cumsum(axis=1)[source][:, None, :]).sum(axis=2)
    paths = rates[source[:, None], np.minimum(drawn, sources.shape[1] - 1)] * level * share_ahead
    paths = np.column_stack([paths, paths.sum(axis=1)])
    mean = float((weights * rates).sum(axis=1).mean()) * share_ahead
    return np.append(mean, mean.sum()), np.quantile(paths, np.arange(1, 10) / 10, axis=0).T
