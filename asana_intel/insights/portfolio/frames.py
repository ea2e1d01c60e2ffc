"""Frames that are handed in: their columns are checked, and wrong rows are named; nothing is mended here."""

from collections.abc import Mapping

import polars as pl

from asana_intel.errors import PermanentError


def checked(frame: pl.DataFrame, columns: Mapping[str, pl.DataType], what: str) -> pl.DataFrame:
    """The named columns in their types; others are dropped.

    Args:
        frame: What was handed in.
        columns: Name -> type.
        what: What the frame is called in the message.

    Raises:
        PermanentError: A column is missing, or holds a value that is not of its type.
    """
    if missing := [name for name in columns if name not in frame.columns]:
        raise PermanentError(f"{what}: column(s) missing: {', '.join(missing)}", fix="add them, empty if need be")
    shaped = []
    for name, dtype in columns.items():
        try:
            shaped.append(frame[name].cast(dtype))
        except pl.exceptions.PolarsError as wrong:
            raise PermanentError(
                f"{what}: column '{name}' holds {frame.schema[name]}, which is not all {dtype}: {wrong}",
                fix=f"cast it to {dtype}",
            ) from wrong
    return pl.DataFrame(shaped)


def refuse(rows: pl.DataFrame, is_wrong: pl.Expr, what: str, column: str, fix: str) -> None:
    """Stop at the first row that is wrong.

    Raises:
        PermanentError: It names the row, the column and its value.
    """
    wrong = rows.with_row_index("at").filter(is_wrong).head(1)
    if wrong.height:
        raise PermanentError(f"{what}: row {wrong['at'][0]}, column '{column}': {wrong[column][0]!r}", fix=fix)
