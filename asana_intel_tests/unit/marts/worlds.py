"""Tiny companies as rows of staging tables: how they are written, and the marts that come of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from asana_intel.marts.models import mart_inputs, run_models
from asana_intel.storage.contracts import CONTRACTS, conform

AS_OF = datetime(2026, 1, 7, 6, tzinfo=UTC)  # a Wednesday
_DEFAULTS: dict[str, dict[str, Any]] = {
    "tasks": {"is_completed": False, "created_at": AS_OF - timedelta(days=7)},
    "goals": {"is_workspace_level": False, "is_closed": False},
    "projects": {"is_archived": False, "is_completed": False},
}

Rows = list[dict[str, Any]]


def day(n: int) -> date:
    """The day `n` of January 2026; the 5th is a Monday, the data end on the 7th."""
    return date(2026, 1, 1) + timedelta(days=n - 1)


def at(n: int, hour: int = 12) -> datetime:
    """Noon of the day `n` of January 2026, or another hour."""
    return datetime(2026, 1, 1, hour, tzinfo=UTC) + timedelta(days=n - 1)


def intervals(gid: str, column: str, *steps: tuple[datetime, Any], until: datetime | None = None, **keys: Any) -> Rows:
    """Rows of an interval table: `column` holds each step's value from its instant to the next step's, or `until`."""
    ends = [*(start for start, _ in steps[1:]), until]
    return [
        {"task_gid": gid, **keys, column: value, "valid_from": start, "valid_to": end, "source": "story"}
        for (start, value), end in zip(steps, ends, strict=True)
    ]


def marts_of(
    names: Iterable[str], company: dict[str, Rows] | None = None, *, as_of: datetime = AS_OF, **more: Rows
) -> dict[str, Rows]:
    """Rows of marts (in the order of their keys) from rows of staging tables; tables left out are empty."""
    staging = {**(company or {}), **more}

    def read(key: str) -> pl.DataFrame:
        return _frame(key.split("/")[1], staging.get(key.split("/")[1], []))

    wanted = set(names)
    built = dict(run_models(wanted.union(*(_above(name) for name in wanted)), read, as_of))
    contracts = {name: CONTRACTS[f"marts/{name}"] for name in wanted}
    return {name: conform(c, built[name]).sort(c.unique).to_dicts() for name, c in contracts.items()}


def mart(name: str, company: dict[str, Rows] | None = None, *, as_of: datetime = AS_OF, **more: Rows) -> Rows:
    """Rows of one mart, as `marts_of`."""
    return marts_of([name], company, as_of=as_of, **more)[name]


def _frame(table: str, rows: Rows) -> pl.DataFrame:
    contract = CONTRACTS[f"staging/{table}"]
    blank = dict.fromkeys(contract.schema) | _DEFAULTS.get(table, {})
    return conform(contract, pl.DataFrame([blank | row for row in rows], schema=contract.schema))


def _above(mart: str) -> set[str]:
    inputs = mart_inputs(mart)
    return inputs.union(*(_above(other) for other in inputs))
