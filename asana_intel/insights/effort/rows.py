"""Tasks and history brought into one shape, or refused with what to mend; nothing is estimated here."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from asana_intel.errors import PermanentError
from asana_intel.insights.handed_in import checked_frame, gids, instants, numbers, text
from asana_intel.storage.contracts.contract import INSTANT

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

UNITS = ("hours", "points")
_OPTIONAL = {
    "name": pl.String(),
    "notes": pl.String(),
    "project_gid": pl.String(),
    "person_gid": pl.String(),
    "requester_gid": pl.String(),
    "category": pl.String(),
    "subcategory": pl.String(),
    "created_at": INSTANT,
    "estimate": pl.Float64(),
}
_INSTANTS = ("known_at", "completed_at", "created_at")
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_HISTORY = {**_OPTIONAL, "actual": pl.Float64(), "completed_at": INSTANT, "known_at": INSTANT}


@dataclass(frozen=True)
class Scale:
    """How values of a unit are seen while they are learnt: work grows in ratios, so differences of logarithms.

    Attributes:
        unit: hours or points.
        least: Smallest value that counts as known.
        shift: Added before the logarithm: a task of no points is a task, one of no hours was not logged.
    """

    unit: str
    least: float
    shift: float

    def to_log(self, values: Floats) -> Floats:
        """Logarithms of values; NaN stays NaN."""
        return np.log(values + self.shift)

    def from_log(self, logs: Floats) -> Floats:
        """Values of logarithms, not below 0."""
        return np.maximum(np.exp(logs) - self.shift, 0.0)


def scale_of(unit: str) -> Scale:
    """The scale of a unit.

    Raises:
        PermanentError: The unit is neither hours nor points.
    """
    if unit not in UNITS:
        raise PermanentError(f"unit '{unit}' is not known; use one of: {', '.join(UNITS)}")
    return Scale(unit, 0.0, 1.0) if unit == "points" else Scale(unit, 1e-6, 0.0)


def shaped_tasks(tasks: pl.DataFrame) -> pl.DataFrame:
    """Tasks with every optional column, null where absent; their order is kept.

    Raises:
        PermanentError: A task has no gid or stands twice, or a value is not of its column's kind.
    """
    shaped = _shaped("tasks", tasks, _OPTIONAL)
    twice = shaped.filter(pl.col("task_gid").is_duplicated())
    if twice.height:
        raise PermanentError(f"tasks: task_gid '{twice['task_gid'][0]}' stands in several rows; give each task once")
    return shaped


def known_history(history: pl.DataFrame, scale: Scale, as_of: datetime | None = None) -> pl.DataFrame:
    """Rows of the history whose value is known, in the order in which it became so; as given where nothing says when.

    Args:
        history: As `estimate_effort` takes it.
        scale: Of the unit.
        as_of: Later rows are left out; None = none is.

    Returns:
        The columns of tasks, and actual, known_at and asked_at: when an estimate of this row would have been asked
        for. Hours are asked for when the task is there, points at the moment before people give theirs.

    Raises:
        PermanentError: A gid or the column of values is missing, a value is not of its column's kind, or a known value
            has no instant while others have.
    """
    if not checked_frame(history, "history").columns:
        history = pl.DataFrame(schema={"task_gid": pl.String(), "actual": pl.Float64()})
    if "actual" not in history.columns:
        raise PermanentError("history: column 'actual' is missing; it holds what each task took")
    shaped = _shaped("history", history, _HISTORY).filter(pl.col("actual") >= scale.least)
    if not set(_INSTANTS) & set(history.columns):
        ever = pl.lit(_EVER, INSTANT)
        return shaped.drop("completed_at").with_columns(known_at=ever, asked_at=ever)
    if scale.unit == "hours" and "completed_at" in history.columns:  # hours grow until the task is finished
        shaped = shaped.filter(pl.coalesce("known_at", "completed_at").is_not_null())
    known = shaped.with_columns(known_at=pl.coalesce(_INSTANTS))
    undated = known.filter(pl.col("known_at").is_null())
    if undated.height:
        raise PermanentError(
            f"history: row of task '{undated['task_gid'][0]}' has no known_at, completed_at or created_at; "
            "say when its value was known"
        )
    if as_of is not None:
        known = known.filter(pl.col("known_at") <= as_of)
    asked = pl.col("known_at") if scale.unit == "points" else pl.min_horizontal("created_at", "known_at")
    # Gids and issue keys count upwards, so that the shorter one is the older; the last word where instants are equal.
    return (
        known.with_columns(asked_at=pl.coalesce(asked, "known_at"), _length=pl.col("task_gid").str.len_chars())
        .sort("known_at", "created_at", "_length", "task_gid", maintain_order=True)
        .drop("_length", "completed_at")
    )


def _shaped(which: str, frame: pl.DataFrame, columns: dict[str, pl.DataType]) -> pl.DataFrame:
    if "task_gid" not in checked_frame(frame, which).columns:
        raise PermanentError(f"{which}: column 'task_gid' is missing; every task needs its gid")
    shaped = frame.select(
        gids(frame["task_gid"], which),
        *(_column(which, frame, name, dtype) for name, dtype in columns.items()),
    )
    if shaped["task_gid"].null_count():
        row = shaped["task_gid"].is_null().arg_max()
        raise PermanentError(f"{which}: row {row} has no task_gid; every task needs its gid")
    for name in ("estimate", "actual"):
        if name in columns:
            _refuse_wrong_numbers(which, shaped, name)
    return shaped


def _column(which: str, frame: pl.DataFrame, name: str, dtype: pl.DataType) -> pl.Series:
    if name not in frame.columns:
        return pl.Series(name, [None], dtype).new_from_index(0, frame.height)
    if name.endswith("_gid"):
        return gids(frame[name], which)
    read = {INSTANT: instants, pl.Float64(): numbers}.get(dtype, text)
    return read(frame[name], which)


def _refuse_wrong_numbers(which: str, frame: pl.DataFrame, name: str) -> None:
    wrong = frame.filter(pl.col(name).is_not_null() & ~((pl.col(name) >= 0) & pl.col(name).is_finite()))
    if wrong.height:
        gid, value = wrong.select("task_gid", name).row(0)
        raise PermanentError(f"{which}: {name} of task '{gid}' is {value}; give a number of at least 0, or nothing")
