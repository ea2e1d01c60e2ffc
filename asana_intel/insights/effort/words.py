"""What tasks say, as vectors, and how alike two of them are; what they took is not looked at here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from asana_intel.insights.effort.rows import Counts, Floats

    Singles = NDArray[np.float32]

# Older work says less, and without a limit a workspace of 100,000 tasks would compare each with each.
POOL = 4_000
RECENT_POOL = 800
_RECENT_ROWS = 100.0
_NOTES_CHARS = 1_500
_CHUNK = 500
_WORD = r"(?u)\b\w+\b"


def texts_of(rows: pl.DataFrame) -> list[str]:
    """What is compared: the name twice, for it says most, and the beginning of the notes."""
    name, notes = pl.col("name").fill_null(""), pl.col("notes").fill_null("").str.slice(0, _NOTES_CHARS)
    return rows.select(pl.concat_str(name, name, notes, separator=" ")).to_series().to_list()


class Words:
    """TF-IDF of the words of some texts: cosine of two vectors is their likeness, 0 to 1."""

    def __init__(self, texts: list[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._vectorizer = TfidfVectorizer(
            sublinear_tf=True,
            min_df=2,
            stop_words="english",
            token_pattern=_WORD,
            dtype=np.float32,  # pyright: ignore[reportArgumentType]  the stub knows only float64
        )
        try:
            self._vectorizer.fit(texts)
        except ValueError:  # no word stands in two texts
            self._vectorizer = None

    def vectors(self, texts: list[str]) -> csr_matrix:
        """One row of unit length a text, or of zeros where no word is known."""
        from scipy.sparse import csr_matrix

        if self._vectorizer is None:
            return csr_matrix((len(texts), 1), dtype=np.float32)
        return csr_matrix(self._vectorizer.transform(texts))


def neighbours(
    asked: csr_matrix, known: csr_matrix, counts: Counts, take: int, *, recent: bool
) -> tuple[Counts, Floats]:
    """The most similar of what was known.

    Args:
        asked: csr_matrix (m, words) to find neighbours of.
        known: csr_matrix (n, words), oldest first.
        counts: How many of the known each asked one may look at, (m,).
        take: Neighbours a row.
        recent: Whether likeness fades with age, to 1/e in 100 rows.

    Returns:
        Rows of the known, most similar first, and their likeness: both (m, take); likeness 0 where there is none.
    """
    found, likeness = np.zeros((len(counts), take), np.int64), np.zeros((len(counts), take))
    for begin in range(0, len(counts), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        found[part], likeness[part] = _nearest(asked[part], known, counts[part], take, recent)
    return found, likeness


def _nearest(asked: csr_matrix, known: csr_matrix, counts: Counts, take: int, recent: bool) -> tuple[Counts, Floats]:
    pool = RECENT_POOL if recent else POOL
    first, last = max(0, int(counts.min()) - pool), int(counts.max())
    if last == first:
        return np.zeros((len(counts), take), np.int64), np.zeros((len(counts), take))
    alike: Singles = np.maximum((asked @ known[first:last].T).toarray(), 0)  # those of a language model may be below
    age = counts[:, None].astype(np.float32) - np.arange(first, last, dtype=np.float32)
    if recent:
        alike *= np.exp(-np.maximum(age, 0) / np.float32(_RECENT_ROWS))
    alike[(age < 1) | (age > pool)] = 0
    # Of texts equally alike the youngest wins: likeness to three digits, then age.
    order = np.round(alike, 3) - age * np.float32(2e-7)
    order[alike <= 0] = -1
    width = min(take, last - first)
    top = np.argpartition(-order, width - 1, axis=1)[:, :width]
    top = np.take_along_axis(top, np.argsort(-np.take_along_axis(order, top, 1), axis=1, kind="stable"), 1)
    gap = ((0, 0), (0, take - width))
    return np.pad(top + first, gap), np.pad(np.take_along_axis(alike, top, 1).astype(np.float64), gap)
