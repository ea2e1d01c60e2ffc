"""What the past says of each task at the moment it is asked: recent values of its kind, and similar work.

Rows stand in the order in which their values became known, so that "what was known" is a number: the first n of them.
What is said of a row depends on earlier rows alone, and is kept: more history adds to it and changes nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from asana_intel.insights.effort.reader import Reader, learn, sizes_read
from asana_intel.insights.effort.rows import Counts, Floats, Scale
from asana_intel.insights.effort.sentences import Sentences
from asana_intel.insights.effort.words import Words, neighbours, texts_of

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

SHOWN = 3
# Sizes of the history at which the weights of words are learnt anew: often while it is short, seldom when it is long.
_RELEARN = (3, 6, 12, 25, 50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800)
_WINDOWS = (3, 10, 25, 50, 100, 400)
_RECENT = 3
"""Place of the median of the latest 50 among the levels."""
_MEANS = (5, 20, 50)
_GROUP_WINDOWS = (15, 200)
_NEAR, _WIDE = 5, 20
_GROUPS: tuple[tuple[str, ...], ...] = (
    ("project_gid",),
    ("person_gid",),
    ("requester_gid",),
    ("category",),
    ("kind",),
    ("person_gid", "kind"),
    ("project_gid", "kind"),
    ("person_gid", "project_gid"),
    ("requester_gid", "kind"),
)


_ALL = "all"

Embeddings = Literal["tfidf", "minilm"]

Key = tuple[object, ...] | None
_Lines = tuple[list[float], list[float], list[float]]


_NOTHING: _Lines = ([np.nan] * len(_GROUP_WINDOWS), [np.nan] * len(_GROUP_WINDOWS), [0.0])


@dataclass(frozen=True)
class Rows:
    """Tasks as they are looked at, read from a frame once: a frame's every question costs more than one row's work.

    Attributes:
        gids: Of the tasks (m).
        texts: What is compared.
        names: Their names.
        keys: The groups that each belongs to, None where it does not say.
        lengths: Logarithms of the letters of name and notes (m, 2).
        values: What they took (m); NaN where that is asked.
        log_estimates: Logarithms of people's own estimates (m); NaN where there is none.
    """

    gids: list[str]
    texts: list[str]
    names: list[str]
    keys: list[tuple[Key, ...]]
    lengths: Floats
    values: Floats
    log_estimates: Floats

    @staticmethod
    def of(frame: pl.DataFrame, scale: Scale) -> Rows:
        """Rows of `shaped_tasks` or `known_history`."""
        lengths = frame.select(pl.col("name", "notes").fill_null("").str.len_chars().cast(pl.Float64).log1p())
        values = frame["actual"].to_numpy() if "actual" in frame.columns else np.full(frame.height, np.nan)
        estimates = frame["estimate"].to_numpy().astype(float)
        with np.errstate(invalid="ignore"):
            usable = np.where(estimates >= scale.least, estimates, np.nan)
        return Rows(
            frame["task_gid"].to_list(),
            texts_of(frame),
            frame["name"].fill_null("").to_list(),
            _keys(frame),
            lengths.to_numpy(),
            values,
            scale.to_log(usable),
        )

    def part(self, begin: int, end: int) -> Rows:
        """Some of them, in their order."""
        return Rows(*(getattr(self, field.name)[begin:end] for field in fields(self)))

    def __len__(self) -> int:
        return len(self.gids)


@dataclass(frozen=True)
class Evidence:
    """What the past says of some tasks.

    Attributes:
        levels: Logarithms of values (m, a): of the latest rows, of those of the same kind, of similar ones.
        ratios: Logarithms of value over people's estimate (m, b), likewise.
        other: How much there is of each, and how much the task says (m, c).
        rows: The three most similar rows (m, 3), and
        likeness: how similar they are, 0 where there is none (m, 3).
    """

    levels: Floats
    ratios: Floats
    other: Floats
    rows: Counts
    likeness: Floats

    def plus(self, more: Evidence) -> Evidence:
        """Both, one below the other."""
        return Evidence(
            np.concatenate([self.levels, more.levels]),
            np.concatenate([self.ratios, more.ratios]),
            np.concatenate([self.other, more.other]),
            np.concatenate([self.rows, more.rows]),
            np.concatenate([self.likeness, more.likeness]),
        )

    def at(self, rows: Counts) -> Evidence:
        """What is said of some of the tasks, by position."""
        return Evidence(self.levels[rows], self.ratios[rows], self.other[rows], self.rows[rows], self.likeness[rows])


class Past:
    """Rows whose value is known, oldest first, and what the past said of each."""

    def __init__(self, scale: Scale, embeddings: Embeddings = "tfidf") -> None:
        self.scale = scale
        self.gids: list[str] = []
        self.values = np.empty(0)
        self.logs = np.empty(0)
        self.log_estimates = np.empty(0)
        self.evidence: Evidence | None = None
        self._words = Words([]) if embeddings == "tfidf" else Sentences()
        self._vectors = self._words.vectors([])
        self._texts: list[str] = []
        self._names: list[str] = []
        self._reader = Reader()
        self._learnt = 0
        self._members: dict[Key, list[int]] = {}
        self._rated: dict[Key, list[int]] = {}

    def __len__(self) -> int:
        return len(self.gids)

    def extend(self, rows: Rows, counts: Counts) -> None:
        """Add rows, and how many earlier ones were known when each was asked for."""
        before, after = len(self), len(self) + len(rows)
        edges = [before, *(size for size in _learnt_at(after) if before < size < after), after]
        for begin, end in pairwise(edges):
            self._add(rows.part(begin - before, end - before), counts[begin - before : end - before])

    def _add(self, rows: Rows, counts: Counts) -> None:
        """Add rows that are seen with the same weights of words."""
        from scipy.sparse import csr_matrix, vstack

        if not len(rows):
            return
        self._relearn()
        first = len(self)
        self._texts += rows.texts
        self._names += rows.names
        self._vectors = csr_matrix(vstack([self._vectors, self._words.vectors(rows.texts)]))
        self.gids += rows.gids
        self.values = np.concatenate([self.values, rows.values])
        self.logs = np.concatenate([self.logs, self.scale.to_log(rows.values)])
        self.log_estimates = np.concatenate([self.log_estimates, rows.log_estimates])
        for row, keys in enumerate(rows.keys, start=first):
            for key in keys:
                if key is not None:
                    self._members.setdefault(key, []).append(row)
                    if np.isfinite(self.log_estimates[row]):
                        self._rated.setdefault(key, []).append(row)
        said = self._said(rows, self._vectors[first:], counts)
        self.evidence = said if self.evidence is None else self.evidence.plus(said)

    def _relearn(self) -> None:
        count = len(self)
        if count == self._learnt or count not in _learnt_at(count):
            return
        self._learnt = count
        if count in _RELEARN and isinstance(self._words, Words):
            self._words = Words(self._texts)
            self._vectors = self._words.vectors(self._texts)
        if self.evidence is not None and count in sizes_read(count):
            self._reader = learn(self._texts, self._names, self.logs, self.evidence.levels[:, _RECENT])

    def says_of(self, tasks: Rows) -> Evidence:
        """What all rows say of tasks."""
        self._relearn()
        return self._said(tasks, self._words.vectors(tasks.texts), np.full(len(tasks), len(self)))

    def _said(self, rows: Rows, vectors: csr_matrix, counts: Counts) -> Evidence:
        near, alike = neighbours(vectors, self._vectors, counts, _WIDE, recent=False)
        late, fresh = neighbours(vectors, self._vectors, counts, _WIDE, recent=True)
        ratios = self.logs - self.log_estimates
        medians, ratio_medians, sizes = self._recent(rows, counts, ratios)
        read = self._reader.levels(rows.texts, rows.names, medians[:, _RECENT])
        levels = [medians, _means(self.logs, near, alike), _means(self.logs, late, fresh), read]
        return Evidence(
            np.column_stack(levels),
            np.column_stack([ratio_medians, _means(ratios, near, alike)]),
            np.column_stack([sizes, alike[:, 0], fresh[:, 0], rows.lengths]),
            near[:, :SHOWN],
            alike[:, :SHOWN],
        )

    def _recent(self, rows: Rows, counts: Counts, ratios: Floats) -> tuple[Floats, Floats, Floats]:
        """Medians of the latest rows and of those of the same groups, of values and of ratios; sizes and spreads."""
        seen: dict[tuple[Key, int], _Lines] = {}
        parts: _Lines = ([], [], [])
        for keys, count in zip(rows.keys, counts.tolist(), strict=True):
            for key in ((_ALL,), *keys):
                if (key, count) not in seen:
                    of = self._of_all(count, ratios) if key == (_ALL,) else self._of_group(key, count, ratios)
                    seen[key, count] = of
                for all_of, part in zip(parts, seen[key, count], strict=True):
                    all_of.extend(part)
        levels, ratio, sizes = (np.array(part, dtype=float).reshape(len(rows), -1) for part in parts)
        return levels, ratio, sizes

    def _of_all(self, count: int, ratios: Floats) -> _Lines:
        logs, rated = self.logs[:count], ratios[max(0, count - _WINDOWS[-1]) : count]
        rated = rated[np.isfinite(rated)]
        levels = [_median(logs[-size:]) for size in _WINDOWS] + [_mean(logs[-size:]) for size in _MEANS]
        spread = float(logs[-30:].std()) if count else np.nan
        return levels, [_median(rated[-size:]) for size in _GROUP_WINDOWS], [spread]

    def _of_group(self, key: Key, count: int, ratios: Floats) -> _Lines:
        members, rated = (_latest(of.get(key, []), count) for of in (self._members, self._rated))
        if not members:  # most groups of two in a large workspace
            return _NOTHING
        levels, rates = self.logs[members], ratios[rated]
        return (
            [_median(levels[-size:]) for size in _GROUP_WINDOWS],
            [_median(rates[-size:]) for size in _GROUP_WINDOWS],
            [float(len(members))],
        )


def _learnt_at(count: int) -> list[int]:
    """Sizes up to `count` at which the weights of words, or what they say, are learnt anew."""
    return sorted({*sizes_read(count), *(size for size in _RELEARN if size <= count)})


def _keys(frame: pl.DataFrame) -> list[tuple[Key, ...]]:
    """For each row: which group of each sort it belongs to; None where the row does not say."""
    kinds = frame.with_columns(kind=pl.coalesce("subcategory", "category"))
    columns = {name: kinds[name].to_list() for group in _GROUPS for name in group}
    by_group = [
        [None if None in values else (group, *values) for values in zip(*(columns[n] for n in group), strict=True)]
        for group in _GROUPS
    ]
    return list(zip(*by_group, strict=True))


def _latest(members: list[int], count: int) -> list[int]:
    end = bisect_left(members, count)
    return members[max(0, end - _GROUP_WINDOWS[-1]) : end]


def _means(values: Floats, rows: Counts, likeness: Floats) -> Floats:
    """Means of the near and of all neighbours, weighted by likeness; NaN where there is none."""
    told = [_weighted(values, rows[:, :size], likeness[:, :size]) for size in (_NEAR, _WIDE)]
    return np.column_stack(told)


def _weighted(values: Floats, rows: Counts, likeness: Floats) -> Floats:
    if not len(values):
        return np.full(len(rows), np.nan)
    found = values[rows]
    weights = np.where(np.isfinite(found), likeness, 0.0)
    total = weights.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, (weights * np.nan_to_num(found)).sum(axis=1) / total, np.nan)


def _median(values: Floats) -> float:
    return float(np.median(values)) if len(values) else np.nan


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else np.nan
