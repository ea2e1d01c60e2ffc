"""How alike tasks are: text seen through `views`, and who asks, where, what kind. What follows from it, others say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from asana_intel.insights.triage.views import VIEWS, Text, View

FACTS = ("project_gid", "section_gid", "team_gid", "requester_gid", "person_gid", "category", "subcategory", "type")
_FACT_WEIGHT = 0.25
_OWN_WORDS = {"project_gid": 1.0, "team_gid": 1.0, "requester_gid": 0.5}
"""What words count beyond their weight where this is the same: one model for all and one for each, in one."""
_COMMON = 1.0
_MOMENT_WEIGHT, _FADES_DAYS = 0.5, 365.0
"""What a place is asked for changes with time: there, tasks of one moment are alike, to 1/e after so many days. What
comes after all of the past is as the last of it was."""
_PLACES = ("project_gid", "team_gid")
Matrix = np.ndarray


@dataclass(frozen=True)
class Likeness:
    """Past tasks that new ones are held against. Build it with `learn_likeness`."""

    views: tuple[tuple[View, Any, Any], ...]
    facts: dict[str, Matrix]
    days: Matrix
    own: tuple[str, ...]
    place: str | None

    def among(self) -> Matrix:
        """Likeness of the past tasks to each other, n × n, symmetric."""
        texts = sum(view.weight * _product(past, past) for view, _, past in self.views)
        return self._joined(texts, self.facts, self.days)

    def to(self, texts: Sequence[Text], facts: dict[str, Matrix], days: Matrix) -> Matrix:
        """Likeness of m new tasks to the n past ones, m × n."""
        seen = sum(view.weight * _product(learned.transform(texts), past) for view, learned, past in self.views)
        return self._joined(seen, facts, days)

    def _joined(self, texts: Matrix | int, facts: dict[str, Matrix], days: Matrix) -> Matrix:
        equal = {name: _equal(facts[name], past) for name, past in self.facts.items()}
        joined = np.full((len(days), len(self.days)), _COMMON, np.float32)
        joined += texts * (1 + sum(_OWN_WORDS[name] * equal[name] for name in self.own))
        for same in equal.values():
            joined += _FACT_WEIGHT * same
        if self.place:
            joined += _MOMENT_WEIGHT * _near(np.minimum(days, _latest(self.days)), self.days) * equal[self.place]
        return joined


def learn_likeness(texts: Sequence[Text], facts: dict[str, Matrix], days: Matrix) -> Likeness:
    """Learn which tokens are rare (idf) from past tasks.

    Args:
        texts: Name and notes, one each past task.
        facts: Fact -> its codes (`coded`), of the same length.
        days: When each was created (`days_of`), of the same length.
    """
    views = []
    for view in VIEWS:
        learned = _vectorizer(view)
        try:
            views.append((view, learned, learned.fit_transform(texts)))
        except ValueError:  # no token occurs often enough: there is nothing to see through this view
            continue
    place = next((name for name in _PLACES if name in facts and (facts[name] >= 0).any()), None)
    own = tuple(name for name in (place, "requester_gid") if name in facts)
    return Likeness(tuple(views), facts, days, own, place)


def texts_of(frame: pl.DataFrame) -> list[Text]:
    """Name and notes of each row, empty where there are none."""
    return list(frame.select(pl.col("name", "notes").fill_null("")).iter_rows())


def days_of(frame: pl.DataFrame) -> Matrix:
    """Days from 1970 to when each row was created; NaN, which is near nothing, where nobody says."""
    if "created_at" not in frame.columns:
        return np.full(frame.height, np.nan)
    days = frame["created_at"].dt.epoch("s").cast(pl.Float64) / 86_400
    return days.fill_null(float("nan")).to_numpy()


def codes_of(frame: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Value -> code of each fact that any past task has."""
    known = {name: frame[name].drop_nulls().unique().sort() for name in FACTS if name in frame.columns}
    return {name: {value: code for code, value in enumerate(values)} for name, values in known.items() if len(values)}


def coded(frame: pl.DataFrame, known: dict[str, dict[str, int]]) -> dict[str, Matrix]:
    """Codes of each fact, one a row; -1, which equals nothing, where it is empty or was never seen."""
    return {
        name: np.array([codes.get(value, -1) for value in frame[name]], dtype=np.int64) for name, codes in known.items()
    }


def _vectorizer(view: View) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    shape: Any = {"analyzer": view.tokens, "dtype": np.float32}
    return TfidfVectorizer(min_df=view.least_texts, sublinear_tf=True, **shape)


def _product(left: Any, right: Any) -> Matrix:
    return (left @ right.T).toarray()


def _latest(days: Matrix) -> float:
    known = days[~np.isnan(days)]
    return float(known.max()) if len(known) else np.inf


def _near(left: Matrix, right: Matrix) -> Matrix:
    """1 for tasks of one moment, fading; 0 where it is not known."""
    apart = np.abs(left[:, None].astype(np.float32) - right[None].astype(np.float32))
    return np.nan_to_num(np.exp(-apart / np.float32(_FADES_DAYS)))


def _equal(left: Matrix, right: Matrix) -> Matrix:
    return ((left[:, None] == right[None]) & (left >= 0)[:, None]).astype(np.float32)
