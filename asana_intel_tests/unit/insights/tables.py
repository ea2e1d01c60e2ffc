"""A reader of tables from rows that tests name; what they leave out is null."""

from __future__ import annotations

from typing import Any

import polars as pl

from asana_intel.storage.contracts import CONTRACTS, empty_frame


class Tables:
    """Rows by table key."""

    def __init__(self) -> None:
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def put(self, key: str, *rows: dict[str, Any]) -> Tables:
        """Add rows to a table."""
        self._rows.setdefault(key, []).extend(rows)
        return self

    def read(self, key: str) -> pl.DataFrame:
        """The rows of a table, typed by its contract."""
        schema = CONTRACTS[key].schema
        rows = [dict.fromkeys(schema) | row for row in self._rows.get(key, [])]
        return pl.DataFrame(rows, schema=schema) if rows else empty_frame(CONTRACTS[key])
