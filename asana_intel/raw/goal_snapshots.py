"""One row per goal and day, since Asana keeps no history of goals. Pure: records in, frame out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

import polars as pl

from asana_intel.raw.records import Record
from asana_intel.storage.contracts.raw import GOAL_SNAPSHOTS

_COMPARED = ("status", "current_number_value", "initial_number_value", "target_number_value", "due_on")


def snapshots_of(goals: Iterable[Record], synced_at: datetime) -> pl.DataFrame:
    """Today's snapshot of each goal.

    Args:
        goals: Asana's records.
        synced_at: Server time of the sync (UTC); its date is the day of the snapshot.

    Returns:
        Rows of `raw/goal_snapshots`.
    """
    rows = [_row(goal, synced_at) for goal in goals]
    return pl.DataFrame(rows, schema=GOAL_SNAPSHOTS.schema, orient="row", strict=False)


def new_snapshots(today: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """Keep the snapshots whose goal has none for that day, or one with other values."""
    same = stored.select("goal_gid", "snapshot_on", *_COMPARED)
    return today.join(same, on=same.columns, how="anti", nulls_equal=True)


def _row(goal: Record, synced_at: datetime) -> tuple[object, ...]:
    metric = goal.get("metric") or {}
    due_on = goal.get("due_on") or (goal.get("time_period") or {}).get("end_on")
    return (
        goal["gid"],
        synced_at.date(),
        synced_at,
        goal.get("status"),
        *(_number(metric.get(f"{which}_number_value")) for which in ("current", "initial", "target")),
        _day(due_on),
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None  # the record keeps it; staging puts it into quarantine
