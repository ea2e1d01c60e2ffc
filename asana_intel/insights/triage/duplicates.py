"""The earlier task that a new one most likely repeats. It only points at it; nothing is merged or closed here.

There is no record of which tasks were duplicates, so the probability follows rules that can be checked by eye. It is
logistic in the likeness of the names: 50 % where four fifths of the weighted letters agree, 90 % where 95 % do, 95 %
where all do. Notes that both have move it by as much as they are more or less alike than half. Another project lowers
the log odds by one. Three things that look alike and are not the same: numbers that differ ("Sprint 12", "Sprint 13"),
a name that three earlier tasks have more or less, and a name of one word; each leaves at most 20 %.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from asana_intel.insights.handed_in import checked_as_of
from asana_intel.insights.triage.frames import checked_tasks, known_tasks
from asana_intel.insights.triage.views import letters, words

REMEMBERED_DAYS = 180
_LEAST_P = 0.5
_HALF, _NINETY = 0.80, 0.95
_STEEPNESS = np.log(9.0) / (_NINETY - _HALF)
_NOTES_STEEPNESS = 2.0
_OTHER_PROJECT = 1.0
_LOOKALIKE = 0.2
_AGAIN, _AGAIN_ALIKE = 3, 0.6
_NOTES_CHARS = 2000
_SHORT_BYTES = 16
"""Bytes, so that a whole sentence in a script that parts no words is no short name."""
_AT_ONCE = 500
_CANDIDATES = 5
_DIGITS = re.compile(r"\d+")
SCHEMA = {"task_gid": pl.String(), "duplicate_of_gid": pl.String(), "p": pl.Float64(), "reason": pl.String()}


def find_duplicates(
    tasks: pl.DataFrame, history: pl.DataFrame, as_of: datetime, *, least_p: float = _LEAST_P
) -> pl.DataFrame:
    """Find the earlier task that each task most likely repeats.

    Args:
        tasks: task_gid, created_at; optional name, notes, project_gid.
        history: The same columns, and optional completed_at (empty = open). Only tasks created before the new one
            count that are open, or were finished in the 180 days before `as_of`. It may hold the tasks themselves.
        as_of: Nothing known later is used.
        least_p: Probability (0..1) below which none is named.

    Returns:
        One row per task, in the order given: task_gid, duplicate_of_gid (null where none is likely enough), p
        (probability of the likeliest; null where there is nothing to compare), reason (what speaks against it).

    Raises:
        PermanentError: A column is missing or of the wrong type; the message names row, column and mend.
    """
    until = checked_as_of(as_of)
    asked = checked_tasks(tasks, needs=("created_at",)).with_columns(_name(), _notes())
    past = _remembered(known_tasks(history, until), until)
    if not asked.height or not past.height:
        return _nothing(asked)
    letters_known, names = _learned(lambda text: letters(text) + words(text, 2), past["name"].to_list())
    words_known, notes = _learned(lambda text: words(text, 1), past["notes"].to_list())
    parts = []
    for part in asked.iter_slices(_AT_ONCE):
        alike = _alike(letters_known, names, part["name"].to_list(), past.height)
        alike[~_earlier(part, past)] = 0.0
        told = _alike(words_known, notes, part["notes"].to_list(), past.height)
        parts.append(_best(part, past, alike, told, least_p))
    return pl.concat(parts)


def _name() -> pl.Expr:
    return pl.col("name").fill_null("").str.to_lowercase().str.strip_chars()


def _notes() -> pl.Expr:
    return pl.col("notes").fill_null("").str.slice(0, _NOTES_CHARS)


def _remembered(history: pl.DataFrame, until: datetime) -> pl.DataFrame:
    """Tasks that a new one could repeat: named, and open or finished lately, as of then."""
    finished_at = pl.when(pl.col("completed_at") <= until).then("completed_at")
    return (
        history.with_columns(_name(), _notes())
        .filter(
            pl.col("name") != "",
            finished_at.is_null() | (finished_at >= until - timedelta(days=REMEMBERED_DAYS)),
        )
        .sort("created_at", "task_gid")
    )


def _learned(tokens: Any, texts: list[str]) -> tuple[Any, Any]:
    """Weights of rare tokens and the texts in them; None where no text has any."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    if not any(tokens(text) for text in texts):
        return None, None
    shape: Any = {"analyzer": tokens, "dtype": np.float32}
    learned = TfidfVectorizer(sublinear_tf=True, **shape)
    return learned, learned.fit_transform(texts)


def _alike(learned: Any, past: Any, texts: list[str], count: int) -> np.ndarray:
    """Cosine with each of `count` past texts, m × n."""
    if learned is None:
        return np.zeros((len(texts), count), np.float32)
    return (learned.transform(texts) @ past.T).toarray()


def _earlier(tasks: pl.DataFrame, past: pl.DataFrame) -> np.ndarray:
    """Which past tasks were created before each task; of two at one instant, the one with the lower gid."""
    then, before = (frame["created_at"].dt.epoch("us").fill_null(-1).to_numpy() for frame in (tasks, past))
    mine, theirs = (frame["task_gid"].to_numpy().astype(str) for frame in (tasks, past))
    same_instant = (before[None] == then[:, None]) & (theirs[None] < mine[:, None])
    return (before[None] < then[:, None]) | same_instant


def _best(tasks: pl.DataFrame, past: pl.DataFrame, alike: np.ndarray, told: np.ndarray, least_p: float) -> pl.DataFrame:
    """The likeliest of the few past tasks whose names are most alike."""
    rows = []
    candidates = np.argsort(-alike, axis=1, kind="stable")[:, :_CANDIDATES]
    comes_again = (alike >= _AGAIN_ALIKE).sum(axis=1) >= _AGAIN
    earlier = past.select("task_gid", "name", "notes", "project_gid").rows(named=True)
    for index, task in enumerate(tasks.iter_rows(named=True)):
        near = [c for c in candidates[index] if alike[index, c] > 0]
        odds = [
            _odds(task, earlier[c], float(alike[index, c]), float(told[index, c]), bool(comes_again[index]))
            for c in near
        ]
        best = max(range(len(near)), key=lambda one: odds[one][0], default=None)
        p, reason = odds[best] if best is not None else (None, None)
        found = earlier[near[best]]["task_gid"] if best is not None and p is not None and p >= least_p else None
        rows.append((task["task_gid"], found, p, None if found else reason or "no earlier task is alike enough"))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _odds(
    task: dict[str, Any], other: dict[str, Any], alike: float, told: float, comes_again: bool
) -> tuple[float, str | None]:
    """Probability that two tasks are the same work, and what speaks against it."""
    score = _STEEPNESS * (alike - _HALF)
    if task["notes"] and other["notes"]:
        score += _NOTES_STEEPNESS * (told - 0.5)
    if task["project_gid"] != other["project_gid"]:
        score -= _OTHER_PROJECT
    p = float(1 / (1 + np.exp(-score)))
    if _DIGITS.findall(task["name"]) != _DIGITS.findall(other["name"]):
        return min(p, _LOOKALIKE), "the most similar task has another number"
    if comes_again:
        return min(p, _LOOKALIKE), "work of that name comes again and again"
    if len(words(task["name"], 1)) < 2 and len(task["name"].encode()) < _SHORT_BYTES and not task["notes"]:
        return min(p, _LOOKALIKE), "a name of one word tells too little"
    return p, None


def _nothing(tasks: pl.DataFrame) -> pl.DataFrame:
    blank = {name: pl.lit(None, SCHEMA[name]) for name in ("duplicate_of_gid", "p")}
    return tasks.select("task_gid").with_columns(**blank, reason=pl.lit("there are no earlier tasks"))
