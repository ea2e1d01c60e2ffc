"""A tiny company in staging tables, and the SQL models run over it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from asana_intel.marts.models import mart_inputs, run_models
from asana_intel.storage.contracts import CONTRACTS, conform

AS_OF = datetime(2026, 1, 7, 6, tzinfo=UTC)  # a Wednesday
_DEFAULTS: dict[str, dict[str, Any]] = {
    "tasks": {"is_completed": False, "created_at": AS_OF - timedelta(days=7)},
    "goals": {"is_workspace_level": False, "is_closed": False},
    "projects": {"is_archived": False, "is_completed": False},
}


def _frame(table: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    contract = CONTRACTS[f"staging/{table}"]
    blank = dict.fromkeys(contract.schema) | _DEFAULTS.get(table, {})
    return conform(contract, pl.DataFrame([blank | row for row in rows], schema=contract.schema))


@pytest.fixture
def run() -> Callable[..., list[dict[str, Any]]]:
    """Rows of one mart (in the order of its key) from rows of staging tables; others are empty."""

    def rows(mart: str, *, as_of: datetime = AS_OF, **staging: list[dict[str, Any]]) -> list[dict[str, Any]]:
        def read(key: str) -> pl.DataFrame:
            return _frame(key.split("/")[1], staging.get(key.split("/")[1], []))

        built = dict(run_models([mart, *_above(mart)], read, as_of))
        contract = CONTRACTS[f"marts/{mart}"]
        return conform(contract, built[mart]).sort(contract.unique).to_dicts()

    return rows


def _above(mart: str) -> set[str]:
    inputs = mart_inputs(mart)
    return inputs.union(*(_above(other) for other in inputs))


@pytest.fixture
def day() -> Callable[[int], date]:
    """The day `n` of January 2026; the 5th is a Monday, the data end on the 7th."""
    return lambda n: date(2026, 1, 1) + timedelta(days=n - 1)


@pytest.fixture
def at() -> Callable[..., datetime]:
    """Noon of the day `n` of January 2026, or another hour."""
    return lambda n, hour=12: datetime(2026, 1, 1, hour, tzinfo=UTC) + timedelta(days=n - 1)
