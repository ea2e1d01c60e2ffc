"""What the words of a task say of its value by themselves: linear models; what else is known of it is not asked here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from asana_intel.insights.effort.rows import Floats

READINGS = 3
"""How many levels are read from the words of a task."""
LEAST_READ = 50
_GROWTH = 1.12
_LEAST_NEW = 25
_STIFFNESS = 2.0
_HALF_LIFE = 0.5
_SVR: dict[str, Any] = {"C": 0.3, "epsilon": 0.1, "loss": "epsilon_insensitive", "max_iter": 2_000, "random_state": 1}


@dataclass(frozen=True)
class Reader:
    """Linear models on the words of known rows. Build it with `learn`; None where too little is known."""

    models: tuple[Any, ...] = ()

    def levels(self, vectors: csr_matrix, recent: Floats) -> Floats:
        """Levels of tasks, (m, READINGS): a mean, a median, and the recent level of all plus what the words add to it.

        Args:
            vectors: Of the tasks, csr_matrix (m, words).
            recent: Recent level of all at the time, (m,).
        """
        if not self.models or not vectors.shape[0]:
            return np.full((vectors.shape[0], READINGS), np.nan)
        mean, median, added = (np.asarray(model.predict(vectors), dtype=float) for model in self.models)
        return np.column_stack([mean, median, recent + added])


def learn(vectors: csr_matrix, logs: Floats, recent: Floats) -> Reader:
    """Fit to known rows, oldest first: the younger half counts as twice the older.

    Args:
        vectors: csr_matrix (n, words).
        logs: Levels, (n,).
        recent: Recent level of all when each was asked for, (n,); NaN where nothing was known.
    """
    from sklearn.linear_model import Ridge
    from sklearn.svm import LinearSVR

    count = len(logs)
    weights = 0.5 ** ((count - np.arange(count)) / (_HALF_LIFE * count))
    added = np.where(np.isfinite(recent), logs - recent, 0.0)
    models = (Ridge(_STIFFNESS, solver="sparse_cg", tol=1e-3), LinearSVR(**_SVR), Ridge(_STIFFNESS, solver="sparse_cg", tol=1e-3))
    for model, aim in zip(models, (logs, logs, added), strict=True):
        model.fit(vectors, aim, sample_weight=weights)
    return Reader(models)


def sizes_read(count: int) -> list[int]:
    """Sizes of the past, up to `count`, at which the models are fitted anew."""
    sizes, size = [], LEAST_READ
    while size <= count:
        sizes.append(size)
        size += max(_LEAST_NEW, int(size * (_GROWTH - 1)))
    return sizes
