"""How like an open task is to the work each person has finished; whether they have time or skills is not known here.

The likeness is that of the most similar finished task: half its words (cosine of TF-IDF), and whether it had the same
project and category. How many tasks somebody has finished, and how fast, plays no part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

WORDS, PROJECT, CATEGORY = 0.5, 0.3, 0.2
MOST_PAST = 5000
"""Finished tasks that are looked at, the latest first."""
_NOTE_CHARACTERS = 300


@dataclass(frozen=True)
class Likeness:
    """Likeness 0..1 of open tasks to people's finished work, and the finished task that is most like each."""

    _values: dict[tuple[str, str], tuple[float, str | None]]

    def of(self, task: str, person: str) -> tuple[float, str | None]:
        """The likeness, and the name of the finished task it is read from; 0 where nothing is alike."""
        return self._values.get((task, person), (0.0, None))


def learn_likeness(tasks: pl.DataFrame, finished: pl.DataFrame, as_of: datetime) -> Likeness:
    """Compare open tasks with what people finished.

    Args:
        tasks: task_gid, project_gid, category, name, notes.
        finished: The same, and person_gid, completed_at; rows without a person teach nothing.
        as_of: Nothing that was finished later is used.
    """
    past = (
        finished.filter(pl.col("person_gid").is_not_null(), pl.col("completed_at") <= as_of)
        .sort("completed_at", "task_gid", descending=[True, False])
        .head(MOST_PAST)
    )
    if tasks.is_empty() or past.is_empty():
        return Likeness({})
    values = WORDS * _words(tasks, past)
    for column, share in (("project_gid", PROJECT), ("category", CATEGORY)):
        values += share * _same(tasks[column], past[column])
    people = past["person_gid"].to_list()
    names = past["name"].to_list()
    columns: dict[str, list[int]] = {}
    for number, person in enumerate(people):
        columns.setdefault(person, []).append(number)
    found: dict[tuple[str, str], tuple[float, str | None]] = {}
    for person, own in sorted(columns.items()):
        best = values[:, own].argmax(axis=1)  # the first is the latest
        for row, gid in enumerate(tasks["task_gid"]):
            number = own[int(best[row])]
            found[gid, person] = (float(values[row, number]), names[number] if values[row, number] > 0 else None)
    return Likeness(found)


def _words(tasks: pl.DataFrame, past: pl.DataFrame) -> Floats:
    """Cosine of the words of each open and each finished task."""
    from scipy.sparse import csr_array
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [
        frame.select(
            pl.concat_str(
                pl.col("name").fill_null(""),
                pl.col("notes").fill_null("").str.slice(0, _NOTE_CHARACTERS),
                separator=" ",
            )
        ).to_series()
        for frame in (tasks, past)
    ]
    model = TfidfVectorizer(sublinear_tf=True)
    try:
        model.fit(pl.concat(texts).to_list())
    except ValueError:  # not one word
        return np.zeros((tasks.height, past.height))
    left, right = (csr_array(model.transform(text.to_list())) for text in texts)
    return (left @ right.T).toarray()


def _same(tasks: pl.Series, past: pl.Series) -> Floats:
    """1 where both have the same value, 0 where not or where one has none."""
    values = {value: number for number, value in enumerate(sorted({*tasks.drop_nulls(), *past.drop_nulls()}))}
    left = np.array([values.get(value, -1) for value in tasks])
    right = np.array([values.get(value, -2) for value in past])
    return (left[:, None] == right[None, :]).astype(np.float64)
