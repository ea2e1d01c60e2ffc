"""Frames, instants and days as callers hand them in: read in one way, or refused with what to mend."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from asana_intel.errors import PermanentError
from asana_intel.storage.contracts.contract import DAY, INSTANT


def checked_as_of(as_of: datetime) -> datetime:
    """`as_of` in UTC; without a zone it is read as UTC.

    Raises:
        PermanentError: It is no instant.
    """
    if not isinstance(as_of, datetime):
        raise PermanentError(f"as_of is {type(as_of).__name__}", fix="hand in a datetime")
    return as_of.replace(tzinfo=UTC) if as_of.tzinfo is None else as_of.astimezone(UTC)


def checked_frame(frame: pl.DataFrame, what: str) -> pl.DataFrame:
    """The frame itself.

    Raises:
        PermanentError: It is no frame of polars, or not read yet.
    """
    if not isinstance(frame, pl.DataFrame):
        kind = f"{type(frame).__module__.partition('.')[0]}.{type(frame).__name__}"
        raise PermanentError(f"{what} is a {kind}", fix="hand in a polars.DataFrame")
    return frame


def instants(column: pl.Series, what: str) -> pl.Series:
    """A column as instants, each read as UTC where it names no zone; a day begins at midnight.

    Args:
        column: Instants, days, or text such as 2026-03-31T12:00:00Z.
        what: The frame, for messages.

    Raises:
        PermanentError: The column holds something else; the message names row, column and mend.
    """
    if column.dtype == pl.String:
        read = column.str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
        _refuse_unread(column, read, what, "2026-03-31T12:00:00Z")
        return read
    if column.dtype == pl.Date:
        return column.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if isinstance(column.dtype, pl.Datetime):
        zoned = column.dt.replace_time_zone("UTC") if column.dtype.time_zone is None else column
        return zoned.dt.convert_time_zone("UTC").cast(INSTANT)
    if column.dtype == pl.Null:
        return column.cast(INSTANT)
    raise PermanentError(f"{what}, row 0: '{column.name}' holds {column.dtype}, no instant", fix="make it a datetime")


def days(column: pl.Series, what: str) -> pl.Series:
    """A column of text, such as 2026-03-31, as days.

    Raises:
        PermanentError: A row holds something else; the message names row, column and mend.
    """
    read = column.str.to_date("%Y-%m-%d", strict=False)
    _refuse_unread(column, read, what, "2026-03-31")
    return read.cast(DAY)


def _refuse_unread(column: pl.Series, read: pl.Series, what: str, example: str) -> None:
    wrong = (read.is_null() & column.is_not_null()).arg_true()
    if len(wrong):
        said = column[int(wrong[0])]
        raise PermanentError(f"{what}, row {wrong[0]}: '{column.name}' is '{said}'", fix=f"write it as {example}")
