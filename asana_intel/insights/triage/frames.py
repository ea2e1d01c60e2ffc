"""Takes the frames that triage is handed, or says which row and column is wrong. Judges no task."""

from datetime import datetime

import polars as pl

from asana_intel.errors import PermanentError
from asana_intel.insights.handed_in import checked_frame, gids, instants, text
from asana_intel.insights.triage.likeness import FACTS
from asana_intel.storage.contracts.contract import INSTANT

_TIMES = ("known_at", "completed_at", "created_at")
_TEXTS = ("task_gid", "name", "notes")
_ALSO = {"section_gid": "subproject"}
"""What other trackers call a fact -> read where the column of our name is not there."""


def checked_tasks(tasks: pl.DataFrame, label: str | None = None, needs: tuple[str, ...] = ()) -> pl.DataFrame:
    """Tasks to judge: task_gid, name, notes, facts (empty where missing; not the label); created_at where it is there.

    Raises:
        PermanentError: task_gid is missing, empty or repeats; a text column holds no text; an instant is none; the
            label is a column that is read for another purpose.
    """
    if label in (*_TEXTS, *_TIMES):
        raise PermanentError(f"'{label}' is no label", fix="name a column of few values, such as category")
    for column in ("task_gid", *needs):
        _require(tasks, "tasks", column)
    frame = _texts(tasks, "tasks", label)
    repeated = frame.with_row_index("row").filter(pl.col("task_gid").is_duplicated())
    if repeated.height:
        row = repeated.row(0, named=True)
        raise PermanentError(
            f"tasks, row {row['row']}: task_gid '{row['task_gid']}' repeats", fix="hand in each task once"
        )
    return _instants(frame, tasks, "tasks", ("created_at",))


def checked_allowed(allowed: pl.DataFrame) -> pl.DataFrame:
    """The values each task may get: task_gid, value, as text.

    Raises:
        PermanentError: A column is missing or empty, or holds no text.
    """
    for column in ("task_gid", "value"):
        _require(allowed, "allowed", column)
    return pl.DataFrame([gids(allowed["task_gid"], "allowed"), text(allowed["value"], "allowed")])


def known_tasks(history: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Past tasks created by then: columns of `checked_tasks`, created_at, completed_at (null = open or not told).

    Raises:
        PermanentError: task_gid or created_at is missing or empty; an instant is none.
    """
    if not checked_frame(history, "history").columns:
        history = pl.DataFrame(schema={"task_gid": pl.String(), "created_at": INSTANT})
    for column in ("task_gid", "created_at"):
        _require(history, "history", column)
    frame = _instants(_texts(history, "history", None), history, "history", ("created_at", "completed_at"))
    if "completed_at" not in frame.columns:
        frame = frame.with_columns(completed_at=pl.lit(None, INSTANT))
    return (
        frame.filter(pl.col("created_at") <= as_of)
        .sort("created_at", "task_gid", "completed_at")
        .unique("task_gid", keep="last", maintain_order=True)
    )


def known_history(history: pl.DataFrame, as_of: datetime, label: str) -> pl.DataFrame:
    """Past tasks whose label was known: columns of `checked_tasks`, and label (text), known_at; in order of time.

    Of a task that stands in several rows the last one counts. Where no column tells when a row became known, all are.

    Raises:
        PermanentError: task_gid or the label's column is missing or holds no text; an instant is none.
    """
    _require(history, "history", "task_gid")
    if label not in history.columns:
        raise PermanentError(
            f"history has no column '{label}', which is to be learned", fix=f"add '{label}', or name another label"
        )
    frame = _instants(_texts(history, "history", label), history, "history", _TIMES)
    times = [pl.col(name) for name in _TIMES if name in frame.columns]
    said = history[label].fill_nan(None) if history[label].dtype.is_float() else history[label]
    values = frame.with_columns(text(said, "history").alias("label"))
    known_at = pl.coalesce(times) if times else pl.lit(as_of)
    return (
        values.with_columns(known_at=known_at.cast(INSTANT))
        .filter(pl.col("label").is_not_null(), pl.col("label") != "", pl.col("known_at") <= as_of)
        .sort("known_at", "task_gid", "label")
        .unique("task_gid", keep="last", maintain_order=True)
    )


def as_told(history: pl.DataFrame, tasks: pl.DataFrame) -> pl.DataFrame:
    """The history without what no task has a column for: learnt beside it, the rest would tell less without it."""
    untold = [name for name in (*FACTS, "created_at") if not {name, _ALSO.get(name)} & set(tasks.columns)]
    return history.drop(untold, strict=False)


def _require(frame: pl.DataFrame, what: str, column: str) -> None:
    checked_frame(frame, what)
    if column not in frame.columns:
        raise PermanentError(f"{what} has no column '{column}'", fix=f"add '{column}'; there is {frame.columns}")
    empty = frame.with_row_index("row").filter(pl.col(column).is_null())
    if empty.height:
        raise PermanentError(f"{what}, row {empty['row'][0]}: '{column}' is empty", fix="fill it or leave the row out")


def _texts(frame: pl.DataFrame, what: str, label: str | None) -> pl.DataFrame:
    """The gid, the texts and the facts, as text; the label, which is to be guessed, is no fact."""
    also = {other: name for name, other in _ALSO.items() if name not in frame.columns and other in frame.columns}
    frame = frame.rename(also)
    wanted = [name for name in (*_TEXTS, *FACTS) if name != label and also.get(label or "") != name]
    names = [name for name in wanted if name in frame.columns]
    read = {name: (gids if name.endswith("_gid") else text)(frame[name], what) for name in names}
    return frame.select(read.get(name, pl.lit(None, pl.String)).alias(name) for name in wanted)


def _instants(kept: pl.DataFrame, frame: pl.DataFrame, what: str, names: tuple[str, ...]) -> pl.DataFrame:
    """The frame with its instants, each read as UTC where it names no zone."""
    return kept.with_columns(instants(frame[name], what) for name in names if name in frame.columns)
