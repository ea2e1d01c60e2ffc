"""Raw rows from records, and the recipes of staging run over them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from asana_intel.staging.clean import Cleaned
from asana_intel.staging.recipes import RECIPES, RECORD_TYPES
from asana_intel.staging.source import Source
from asana_intel.storage.contracts import CONTRACTS, conform, empty_frame

SYNCED_AT = datetime(2026, 1, 5, 6, tzinfo=UTC)


@pytest.fixture
def raw() -> Callable[..., pl.DataFrame]:
    """Rows of a raw table from records (objects, or text that is no object), gid from the record or the place."""

    def make(*records: Any, deleted: tuple[str, ...] = ()) -> pl.DataFrame:
        rows = []
        for place, record in enumerate(records):
            gid = record["gid"] if isinstance(record, dict) and "gid" in record else f"row-{place}"
            rows.append(
                {
                    "gid": str(gid),
                    "record": record if isinstance(record, str) else json.dumps(record),
                    "record_hash": "h",
                    "first_seen_at": SYNCED_AT,
                    "changed_at": SYNCED_AT,
                    "deleted_at": SYNCED_AT if gid in deleted else None,
                }
            )
        schema = {c: t for c, t in CONTRACTS["raw/workspaces"].schema.items() if c != "name"}
        return pl.DataFrame(rows, schema=schema)

    return make


@pytest.fixture
def stage() -> Callable[..., Cleaned]:
    """Run the recipe of one staging table; tables that are not given are empty. The frame is held to its contract."""

    def run(table: str, **raw_tables: pl.DataFrame) -> Cleaned:
        def scan(key: str) -> pl.LazyFrame:
            area, name = key.split("/")
            if area == "raw":
                return raw_tables.get(name, empty_frame(CONTRACTS[key])).lazy()
            return run(name, **raw_tables).frame.lazy()

        cleaned = RECIPES[table].make(Source(scan, RECORD_TYPES))
        return Cleaned(conform(CONTRACTS[f"staging/{table}"], cleaned.frame), cleaned.rejected)

    return run
