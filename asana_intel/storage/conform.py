"""How a caller's frame is brought to the columns a function accepts; which columns those are, each function says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from asana_intel.errors import PermanentError

if TYPE_CHECKING:
    from collections.abc import Mapping


def _accepts(wanted: pl.DataType, given: pl.DataType) -> bool:
    if given == pl.Null or given == wanted:
        return True
    if wanted == pl.String:
        return given.is_integer() or given in (pl.Categorical, pl.Enum)
    if wanted == pl.Date:
        return given == pl.Datetime
    if wanted == pl.Boolean:
        return given.is_integer()
    return given.is_numeric()


def conform(frame: pl.DataFrame, columns: Mapping[str, pl.DataType], table: str) -> pl.DataFrame:
    """Select and cast the named columns; everything else in the frame is dropped.

    Args:
        frame: Any frame that has the columns, in any order, with types that cast without loss of meaning
            (whole numbers to text or float, timestamps to their date).
        columns: Wanted columns and types.
        table: What the frame is called in the error message.

    Returns:
        The columns in the order of `columns`, rows in the order given. NaN and infinities become null.

    Raises:
        PermanentError: A column is missing or has a type that cannot be meant.
    """
    for name, wanted in columns.items():
        if name not in frame.columns:
            raise PermanentError(
                f"{table}: column {name!r} is missing",
                fix=f"pass a frame with the columns {', '.join(columns)}",
            )
        if not _accepts(wanted, frame.schema[name]):
            raise PermanentError(
                f"{table}: column {name!r} has type {frame.schema[name]}, expected {wanted}",
                fix=f"cast {name!r} to {wanted} before the call",
            )
    conformed = frame.select(pl.col(name).cast(wanted) for name, wanted in columns.items())
    floats = [name for name, wanted in columns.items() if wanted == pl.Float64]
    return conformed.with_columns(pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name) for name in floats)
