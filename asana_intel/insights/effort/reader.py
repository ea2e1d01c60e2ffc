"""What the words of a task say of its value by themselves, by linear models; what else is known is not asked here."""

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
_GROWTH = 1.25
_LEAST_NEW = 25
_MOST_TOKENS = 30_000
_LETTERS_WEIGHT = 0.7
_RIDGE: dict[str, Any] = {"alpha": 2.0, "solver": "sparse_cg", "tol": 1e-3}
_HALF_LIFE = 0.5
_SVR: dict[str, Any] = {"C": 0.3, "epsilon": 0.1, "loss": "epsilon_insensitive", "max_iter": 2_000, "random_state": 1}


class _Vectors:
    """Words and pairs of words of all that a task says, and runs of letters of its name."""

    def __init__(self) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        usual: dict[str, Any] = {"sublinear_tf": True, "min_df": 2, "max_features": _MOST_TOKENS}
        self._words = TfidfVectorizer(stop_words="english", ngram_range=(1, 2), **usual)
        self._letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), **usual)

    def learnt(self, texts: list[str], names: list[str]) -> csr_matrix:
        """Vectors of the texts that the weights are learnt from; ValueError where no two share a word."""
        return self._joined(self._words.fit_transform(texts), self._letters.fit_transform(names))

    def of(self, texts: list[str], names: list[str]) -> csr_matrix:
        """Vectors of other texts."""
        return self._joined(self._words.transform(texts), self._letters.transform(names))

    def _joined(self, words: Any, letters: Any) -> csr_matrix:
        from scipy.sparse import csr_matrix, hstack

        return csr_matrix(hstack([words, _LETTERS_WEIGHT * letters]))


@dataclass(frozen=True)
class Reader:
    """Linear models on the words of known rows; one that knows nothing says nothing. Build it with `learn`."""

    vectors: _Vectors | None = None
    models: tuple[Any, ...] = ()

    def levels(self, texts: list[str], names: list[str], recent: Floats) -> Floats:
        """Levels of tasks, (m, READINGS): a mean, a median, and the recent level of all plus what the words add to it.

        Args:
            texts: All that each task says, m.
            names: Of the tasks, m.
            recent: Recent level of all at the time, (m,).
        """
        if self.vectors is None or not texts:
            return np.full((len(texts), READINGS), np.nan)
        seen = self.vectors.of(texts, names)
        mean, median, added = (np.asarray(model.predict(seen), dtype=float) for model in self.models)
        return np.column_stack([mean, median, recent + added])


def learn(texts: list[str], names: list[str], logs: Floats, recent: Floats) -> Reader:
    """Fit to known rows, oldest first: what is half of the past older counts half.

    Args:
        texts: All that each row says, n.
        names: Of the rows, n.
        logs: Levels, (n,).
        recent: Recent level of all when each was asked for, (n,); NaN where nothing was known.
    """
    from sklearn.linear_model import Ridge
    from sklearn.svm import LinearSVR

    vectors = _Vectors()
    try:
        seen = vectors.learnt(texts, names)
    except ValueError:  # no word stands in two texts
        return Reader()
    weights = 0.5 ** (np.arange(len(logs), 0, -1) / (_HALF_LIFE * len(logs)))
    added = np.where(np.isfinite(recent), logs - recent, 0.0)
    models = (Ridge(**_RIDGE), LinearSVR(**_SVR), Ridge(**_RIDGE))
    for model, aim in zip(models, (logs, logs, added), strict=True):
        model.fit(seen, aim, sample_weight=weights)
    return Reader(vectors, models)


def sizes_read(count: int) -> list[int]:
    """Sizes of the past, up to `count`, at which the models are fitted anew."""
    sizes, size = [], LEAST_READ
    while size <= count:
        sizes.append(size)
        size += max(_LEAST_NEW, int(size * (_GROWTH - 1)))
    return sizes
