"""Contracts of every table: schema, grain, key, units and personal columns. The only thing stages share."""

from asana_intel.storage.contracts.changes import CHANGES_TABLES
from asana_intel.storage.contracts.contract import Column, TableContract, conform, empty_frame
from asana_intel.storage.contracts.forecasts import FORECAST_TABLES
from asana_intel.storage.contracts.insights import INSIGHT_TABLES
from asana_intel.storage.contracts.marts import MART_TABLES
from asana_intel.storage.contracts.narratives import NARRATIVE_TABLES
from asana_intel.storage.contracts.raw import RAW_TABLES
from asana_intel.storage.contracts.staging import STAGING_TABLES

CONTRACTS: dict[str, TableContract] = {
    table.key: table
    for tables in (
        RAW_TABLES,
        STAGING_TABLES,
        MART_TABLES,
        FORECAST_TABLES,
        INSIGHT_TABLES,
        NARRATIVE_TABLES,
        CHANGES_TABLES,
    )
    for table in tables
}

__all__ = ["CONTRACTS", "Column", "TableContract", "conform", "empty_frame"]
