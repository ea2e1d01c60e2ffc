"""Columns of another table, put beside the rows that are judged for rules to compare; no rule stands here."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from asana_intel.storage.contracts import CONTRACTS, empty_frame


@dataclass(frozen=True)
class Beside:
    """What is looked up in another table.

    Args:
        table: `stage/name` of the other table.
        on: Columns of both tables that find the row.
        columns: New name -> column of the other table. It is null where there is no such row.
    """

    table: str
    on: tuple[str, ...]
    columns: Mapping[str, str]


def put_beside(frame: pl.DataFrame, looked_up: tuple[Beside, ...], related: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Add the columns; a table that is not given holds nothing, so what refers to it is broken and never overlooked.

    Args:
        frame: Rows that are judged; unchanged where they lack a column of the key.
        looked_up: What to add.
        related: Other tables by `stage/name`.
    """
    for other in looked_up:
        if not set(other.on) <= set(frame.columns):
            continue
        rows = related.get(other.table, empty_frame(CONTRACTS[other.table]))
        found = rows.select(*other.on, **{new: pl.col(old) for new, old in other.columns.items()})
        frame = frame.join(found.unique(other.on, keep="first"), on=other.on, how="left", maintain_order="left")
    return frame
