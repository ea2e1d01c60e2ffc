"""Frames, instants and days as callers hand them in: read in one way, or refused with what to mend."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import polars as pl

from asana_intel.clock import parse_instant
from asana_intel.errors import PermanentError
from asana_intel.storage.contracts.contract import DAY, INSTANT, NUMBER

_EXACT_TO = 2.0**53
"""Whole numbers beyond which floats leave some out."""


def checked_as_of(as_of: datetime | date | str) -> datetime:
    """`as_of` in UTC, whose day is today; without a zone it is read as UTC, and a day is its first moment.

    Raises:
        PermanentError: It is no instant.
    """
    if isinstance(as_of, str):
        try:
            return parse_instant(as_of)
        except (ValueError, OverflowError) as wrong:
            raise PermanentError(f"as_of is '{as_of}'", fix="write it as 2026-03-31T12:00:00Z") from wrong
    if isinstance(as_of, date) and not isinstance(as_of, datetime):
        return datetime.combine(as_of, time.min, UTC)
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
        raise PermanentError(f"{what} is a {kind}", fix="hand in a polars.DataFrame; pl.from_pandas makes one")
    return frame


def gids(column: pl.Series, what: str) -> pl.Series:
    """A column of gids as text; 17.0, which other tools make of 17 where some are missing, is 17.

    Raises:
        PermanentError: The column holds something else; the message names row, column and mend.
    """
    if column.dtype.is_float():
        whole = column.fill_nan(None)
        wrong = ((whole != whole.floor()) | (whole.abs() >= _EXACT_TO)).fill_null(value=False).arg_true()
        if len(wrong):
            said = column[int(wrong[0])]
            raise PermanentError(f"{what}, row {wrong[0]}: '{column.name}' is {said}, no gid", fix="make it text")
        column = whole.cast(pl.Int64)
    return text(column, what)


def text(column: pl.Series, what: str) -> pl.Series:
    """A column as text.

    Raises:
        PermanentError: The column holds lists or objects.
    """
    if column.dtype.is_nested() or column.dtype == pl.Object:
        raise PermanentError(f"{what}, row 0: '{column.name}' holds {column.dtype}, not text", fix="make it text")
    return column.cast(pl.String)


def numbers(column: pl.Series, what: str) -> pl.Series:
    """A column as numbers; text may hold them.

    Raises:
        PermanentError: The column holds something else; the message names row, column and mend.
    """
    if not (column.dtype.is_numeric() or column.dtype in (pl.String, pl.Boolean, pl.Null)):
        raise PermanentError(f"{what}, row 0: '{column.name}' holds {column.dtype}", fix="make it a number")
    read = column.cast(NUMBER, strict=False)
    _refuse_unread(column, read, what, "7.5")
    return read


def instants(column: pl.Series, what: str) -> pl.Series:
    """A column as instants, each read as UTC where it names no zone; a day begins at midnight.

    Args:
        column: Instants, days, or text such as 2026-03-31T12:00:00Z; a blank is none.
        what: The frame, for messages.

    Raises:
        PermanentError: The column holds something else; the message names row, column and mend.
    """
    if column.dtype == pl.String:
        column = _without_blanks(column)
        known = {said: _instant(said) for said in column.unique().drop_nulls()}
        read = pl.Series(column.name, [known.get(said) for said in column], INSTANT)
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
    column = _without_blanks(column)
    read = column.str.to_date("%Y-%m-%d", strict=False)
    _refuse_unread(column, read, what, "2026-03-31")
    return read.cast(DAY)


def _instant(said: str) -> datetime | None:
    try:
        return parse_instant(said.strip())
    except (ValueError, OverflowError):
        return None


def _without_blanks(column: pl.Series) -> pl.Series:
    return column.set(column.str.strip_chars() == "", None)


def _refuse_unread(column: pl.Series, read: pl.Series, what: str, example: str) -> None:
    wrong = (read.is_null() & column.is_not_null()).arg_true()
    if len(wrong):
        said = column[int(wrong[0])]
        raise PermanentError(f"{what}, row {wrong[0]}: '{column.name}' is '{said}'", fix=f"write it as {example}")
