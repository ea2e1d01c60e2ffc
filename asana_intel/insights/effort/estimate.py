"""Hours or story points of tasks, with a band and the evidence; what a task is worth or who does it is not asked here.

One state goes along with the history: `estimate_effort` brings it to an instant and asks it, `replay_effort` does so
once for each row of a stream. Calls with a growing history therefore give what a replay gives, at the same cost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from asana_intel.insights.effort.evidence import Embeddings, Past, Rows
from asana_intel.insights.effort.model import Band, Learner
from asana_intel.insights.effort.rows import Counts, Floats, Scale, known_history, scale_of, shaped_tasks
from asana_intel.insights.handed_in import checked_as_of

# A workspace's latest 10,000 to 12,000 values are used: older ones add time and, where work changes, harm. What is left
# out grows in steps, so that a longer history mostly extends what has been learnt.
_MOST_ROWS, _STEP = 12_000, 2_000
# States kept, and rows with one instant beyond which their order tells more than it.
_STATES = 4
_TIED = 25
_ALIKE = 0.3
_COMMON_SHARE = 0.01
_MEAN_OVER = (0.025, 0.975)
_NUMBERS = ("p10", "p50", "p90", "mean")
_EVIDENCE = ("gids", "values", "similarity")

Marks = NDArray[np.uint64]

SCHEMA = pl.Schema(
    {
        "task_gid": pl.String(),
        "p10": pl.Float64(),
        "p50": pl.Float64(),
        "p90": pl.Float64(),
        "mean": pl.Float64(),
        "method": pl.String(),
        "evidence_gids": pl.List(pl.String),
        "evidence_values": pl.List(pl.Float64),
        "evidence_similarity": pl.List(pl.Float64),
    }
)


def estimate_effort(
    tasks: pl.DataFrame,
    history: pl.DataFrame,
    as_of: datetime,
    unit: str = "hours",
    embeddings: Embeddings = "tfidf",
) -> pl.DataFrame:
    """How much work tasks are, from what was known of others at an instant.

    Instants may be text (2026-03-31T12:00:00Z) or days, and are read as UTC where they name no zone.

    Args:
        tasks: One row per task: task_gid, and where known name, notes, project_gid, person_gid (who does it),
            requester_gid, category, subcategory, created_at, estimate (people's own, in the unit).
        history: The same of tasks whose value is known, and actual (in the unit) and known_at (when it became known;
            else completed_at, else created_at). Rows known after `as_of`, rows without a value (hours of 0, too), hours
            of a task whose completed_at is empty, and rows of any of the tasks asked about are not used; of a task that
            stands in several rows the last one counts. Where no column says when, all is known, oldest first.
        as_of: Nothing known later is used.
        unit: hours or points.
        embeddings: By what texts are alike: tfidf, or minilm (needs the extra of that name).

    Returns:
        One row per task, in the order given: task_gid, p10 and p90 (the 80 % band), p50 (the median; of points, the
        nearest value that is in use), mean, method (estimate: people's own, corrected by how theirs turned out;
        similar: similar work is known; usual: it is not), evidence_gids, evidence_values and evidence_similarity
        (up to three most similar rows, most similar first; cosine of their words, 0 to 1). The numbers are null where
        nothing at all is known: no estimate, and no history.

    Raises:
        PermanentError: A column, a row or the unit is wrong; the message says which.
    """
    scale = scale_of(unit)
    asked = shaped_tasks(tasks)
    known = (
        known_history(history, scale, checked_as_of(as_of))
        .join(asked.select("task_gid"), on="task_gid", how="anti", maintain_order="left")
        .unique("task_gid", keep="last", maintain_order=True)
    )
    marks = _marks(known)
    state = _latest_of(scale, embeddings, marks)
    state = state.brought_to(marks, _counts(known), lambda begin: Rows.of(known[begin:], scale))
    _LATEST[unit, embeddings] = [*_LATEST.get((unit, embeddings), []), state][-_STATES:]
    return _frame([state.estimates(Rows.of(asked, scale))])


def replay_effort(
    stream: pl.DataFrame, unit: str = "hours", since: datetime | None = None, embeddings: Embeddings = "tfidf"
) -> pl.DataFrame:
    """What `estimate_effort` would have said of each row of a stream, from the rows known strictly before it was asked.

    Args:
        stream: A history as `estimate_effort` takes it. Hours are asked for at created_at, points at known_at.
        unit: hours or points.
        since: Rows asked for earlier are history only.
        embeddings: As in `estimate_effort`.

    Returns:
        The columns of `estimate_effort`, and actual and asked_at: one row per row with a known value, in the order in
        which they were asked for.

    Raises:
        PermanentError: A column, a row or the unit is wrong; the message says which.
    """
    scale = scale_of(unit)
    known = known_history(stream, scale)
    shaped_tasks(known)
    rows, marks, counts, before = Rows.of(known, scale), _marks(known), _counts(known), _strictly_before(known)
    order = np.lexsort([np.arange(len(known)), known["asked_at"].to_numpy()])
    if since is not None:
        order = order[(known["asked_at"] >= checked_as_of(since)).to_numpy()[order]]
    state, found = _State(scale, embeddings), []
    for row in order.tolist():
        count = int(before[row])
        state = state.brought_to(marks[:count], counts[:count], lambda begin, end=count: rows.part(begin, end))
        found.append(state.estimates(rows.part(row, row + 1)))
    return _frame(found).with_columns(known["actual"][order], known["asked_at"][order])


@dataclass(frozen=True)
class _Estimates:
    """Of some tasks: their gids, p10, p50, p90 and mean (m, 4), methods, and evidence as gids, values, similarity."""

    gids: list[str]
    numbers: Floats
    methods: list[str]
    evidence: list[tuple[list[str], list[float], list[float]]]


class _State:
    """What has been learnt from the known rows so far."""

    def __init__(self, scale: Scale, embeddings: Embeddings) -> None:
        self._scale = scale
        self._embeddings: Embeddings = embeddings
        self._past = Past(scale, embeddings)
        self._learners = {kind: Learner(self._past, kind) for kind in ("plain", "estimate")}
        self._seen = np.empty(0, np.uint64)

    def overlap(self, marks: Marks) -> int | None:
        """How many rows it has seen already; None where it has seen others."""
        marks, size = marks[_left_out(len(marks)) :], len(self._seen)
        return size if size <= len(marks) and bool((self._seen == marks[:size]).all()) else None

    def brought_to(self, marks: Marks, counts: Counts, rows_from: Callable[[int], Rows]) -> _State:
        """The state after some rows: this one with what is new, or a new one where they do not continue its own.

        Args:
            marks: Tell whether two rows are the same, (n,).
            counts: For each row, how many were known when it was asked for, (n,).
            rows_from: The rows from a position on.
        """
        state = self if self.overlap(marks) is not None else _State(self._scale, self._embeddings)
        first = _left_out(len(marks))
        marks = marks[first:]
        begin = first + len(state._seen)
        if begin < len(counts):
            state._past.extend(rows_from(begin), np.maximum(counts[begin:] - first, 0))
            state._seen = marks
        return state

    def estimates(self, tasks: Rows) -> _Estimates:
        """Estimates of tasks."""
        if not len(tasks):
            return _Estimates([], np.empty((0, len(_NUMBERS))), [], [])
        own, count = tasks.log_estimates, len(self._past)
        said = self._past.says_of(tasks)
        numbers = np.full((len(tasks), 4), np.nan)
        for kind, rows in (("plain", np.flatnonzero(np.isnan(own))), ("estimate", np.flatnonzero(~np.isnan(own)))):
            if len(rows):
                numbers[rows] = self._numbers(self._learners[kind].band(said.at(rows), own[rows], count))
        methods = np.where(~np.isnan(own), "estimate", np.where(said.likeness[:, 0] >= _ALIKE, "similar", "usual"))
        evidence = [self._evidence(*pair) for pair in zip(said.rows, said.likeness, strict=True)]
        return _Estimates(tasks.gids, numbers, methods.tolist(), evidence)

    def _numbers(self, band: Band) -> Floats:
        """p10, p50, p90 and mean in the unit (Duan's smearing: the mean over what past errors would make of it)."""
        low, middle, high = (self._scale.from_log(part) for part in (band.low, band.middle, band.high))
        errors = np.clip(band.errors, *np.quantile(band.errors, _MEAN_OVER))
        mean = np.exp(band.middle) * np.exp(errors).mean() - self._scale.shift
        if self._scale.unit == "points":
            middle = self._in_use(middle)
        return np.column_stack([np.minimum(low, middle), middle, np.maximum(high, middle), np.maximum(mean, 0.0)])

    def _in_use(self, values: Floats) -> Floats:
        """The nearest value that at least one in a hundred rows has: nobody says 2.4 where people say 2 or 3."""
        used, times = np.unique(self._past.values, return_counts=True)
        used = used[times >= _COMMON_SHARE * len(self._past)]
        if not len(used):
            return values
        return used[np.abs(values[:, None] - used[None, :]).argmin(axis=1)]

    def _evidence(self, rows: Counts, likeness: Floats) -> tuple[list[str], list[float], list[float]]:
        rows, likeness = rows[likeness > 0], likeness[likeness > 0]
        alike = [round(min(value, 1.0), 4) for value in likeness.tolist()]
        return [self._past.gids[row] for row in rows], self._past.values[rows].tolist(), alike


_LATEST: dict[tuple[str, str], list[_State]] = {}
"""Only for speed: who calls again with a longer history need not wait for all of it. The answer is the same."""


def _latest_of(scale: Scale, embeddings: Embeddings, marks: Marks) -> _State:
    """The kept state that knows most of some rows and no others, no longer kept; or a new one."""
    states = _LATEST.get((scale.unit, embeddings), [])
    overlaps = [(size, at) for at, state in enumerate(states) if (size := state.overlap(marks)) is not None]
    return states.pop(max(overlaps)[1]) if overlaps else _State(scale, embeddings)


def _frame(found: list[_Estimates]) -> pl.DataFrame:
    """All estimates as the frame that is promised."""
    if not any(part.gids for part in found):
        return pl.DataFrame(schema=SCHEMA)
    numbers = np.concatenate([part.numbers for part in found])
    evidence = [one for part in found for one in part.evidence]
    columns = {
        "task_gid": [gid for part in found for gid in part.gids],
        **{name: numbers[:, at] for at, name in enumerate(_NUMBERS)},
        "method": [method for part in found for method in part.methods],
        **{f"evidence_{name}": [one[at] for one in evidence] for at, name in enumerate(_EVIDENCE)},
    }
    return pl.DataFrame(columns, schema=SCHEMA).with_columns(pl.col(_NUMBERS).round(6).fill_nan(None))


def _marks(known: pl.DataFrame) -> Marks:
    return known.hash_rows(seed=1).to_numpy()


def _strictly_before(known: pl.DataFrame) -> Counts:
    """For each row: how many rows were known strictly before it was asked for."""
    return np.searchsorted(known["known_at"].to_numpy(), known["asked_at"].to_numpy(), side="left")


def _counts(known: pl.DataFrame) -> Counts:
    """For each row: how many rows speak for it while its lesson is learnt.

    Those known strictly before it was asked for. Of many with one instant (an import, or no instants at all) the order
    tells more: of those the earlier ones speak, too, but for the last 25.
    """
    before, tied = _strictly_before(known), (known["asked_at"] == known["known_at"]).to_numpy()
    return np.where(tied, np.maximum(before, np.arange(len(before)) - _TIED), before)


def _left_out(rows: int) -> int:
    return 0 if rows <= _MOST_ROWS else -(-(rows - _MOST_ROWS) // _STEP) * _STEP
