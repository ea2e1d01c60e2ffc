"""An empty store of tables, and rows for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.tables import TableStore

AS_OF = datetime(2026, 1, 5, 6, tzinfo=UTC)


@pytest.fixture
def tables(tmp_path: Path) -> TableStore:
    return TableStore(str(tmp_path / "tables"))


@pytest.fixture
def tasks() -> Callable[..., pl.DataFrame]:
    """Rows of raw/tasks from gid -> name."""

    def make(**names: str) -> pl.DataFrame:
        schema = CONTRACTS["raw/tasks"].schema
        base = {"record": "{}", "record_hash": "h", "first_seen_at": AS_OF, "changed_at": AS_OF}
        rows = [dict.fromkeys(schema) | base | {"gid": gid, "name": name} for gid, name in names.items()]
        return pl.DataFrame(rows, schema=schema)

    return make


@pytest.fixture
def pace() -> Callable[..., pl.DataFrame]:
    """Rows of forecasts/project_pace: (week, project, tasks a week)."""

    def make(*rows: tuple[date, str, float]) -> pl.DataFrame:
        full: list[dict[str, Any]] = [
            {"as_of_on": week, "as_of_at": AS_OF, "project_gid": gid, "recent": n, "usual": n, "last_week": n}
            for week, gid, n in rows
        ]
        return pl.DataFrame(full, schema=CONTRACTS["forecasts/project_pace"].schema)

    return make
