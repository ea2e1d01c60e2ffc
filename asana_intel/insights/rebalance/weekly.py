"""One week's rebalancing tables in the shape of their contracts: inputs gathered, moves proposed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asana_intel.storage.contracts import CONTRACTS, empty_frame

if TYPE_CHECKING:
    from datetime import date, datetime

    import polars as pl

    from asana_intel.insights.work import Read
    from asana_intel.settings import Settings

REBALANCE_TABLES = ("rebalance_moves", "rebalance_weeks", "rebalance_limits")
READS = ("staging/task_dependencies",)
WEEK_READS = ("forecasts/task_load", "forecasts/person_days", "forecasts/person_load")


def rebalance_week(
    read: Read, read_week: Read, week_on: date, as_of: datetime, settings: Settings
) -> dict[str, pl.DataFrame]:
    """The week's rows of `REBALANCE_TABLES`, by table."""
    del read, read_week, week_on, as_of, settings
    return {name: empty_frame(CONTRACTS[f"insights/{name}"]) for name in REBALANCE_TABLES}
