"""Dagster's face of the raw stage: one crawl of the workspace that brings every raw table up to date."""

from collections.abc import Iterator

import dagster as dg

from asana_intel.asana.reader import AsanaReader
from asana_intel.raw.sync import sync_workspace
from asana_intel.raw.sync_plan import How
from asana_intel.raw.sync_report import SyncReport
from asana_intel.settings import Settings
from asana_intel.storage.contracts.raw import RAW_TABLES
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import table_metadata
from asana_intel.storage.tables import TableStore

_SPECS = [
    dg.AssetSpec(
        ["raw", table.name],
        group_name="raw",
        kinds={"asana", "delta"},
        description=f"{table.grain.capitalize()}.",
        skippable=True,
    )
    for table in RAW_TABLES
]


# The asset that shows what a whole sync cost.
_BEARER = "workspaces"


def _cost_of(report: SyncReport) -> dict[str, dg.MetadataValue]:
    """Numbers that Dagster draws over time: how near a sync came to the least that could do, and what events lost."""
    numbers = {
        "requests": dg.MetadataValue.int(report.requests),
        "minimum_requests": dg.MetadataValue.int(report.minimum_requests),
        "request_efficiency": dg.MetadataValue.float(report.efficiency),
        "tasks_told_by_events": dg.MetadataValue.int(report.told),
        "tasks_lost_by_events": dg.MetadataValue.int(report.lost),
    }
    rate = {} if report.loss_rate is None else {"event_loss_rate": dg.MetadataValue.float(report.loss_rate)}
    return {"read_by": dg.MetadataValue.text(report.how), **numbers, **rate}


class SyncConfig(dg.Config):
    """How a sync reads: auto, events, reconcile, listing or full."""

    how: How = How.auto


@dg.multi_asset(name="sync_asana", specs=_SPECS, pool="asana_read")
def sync_asana(
    context: dg.AssetExecutionContext,
    config: SyncConfig,
    asana_reader: dg.ResourceParam[AsanaReader],
    tables: dg.ResourceParam[TableStore],
    database: dg.ResourceParam[Database],
    settings: dg.ResourceParam[Settings],
) -> Iterator[dg.MaterializeResult]:
    """Read the workspace; rows that did not change are left alone, rows that are gone get a tombstone."""
    report = sync_workspace(asana_reader, tables, database, settings, how=config.how)
    context.log.info(f"read by {report.how}: {report.requests} requests, {report.minimum_requests} needed at least")
    for warning in report.warnings:
        context.log.warning(warning)
    for stream, why in report.incomplete.items():
        context.log.warning(f"{stream} could be read in part: {why}")
    for table in RAW_TABLES:
        if table.name in report.unavailable:
            context.log.warning(f"{table.name} is not available: {report.unavailable[table.name]}")
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey(["raw", table.name]),
            metadata={
                "added": report.added.get(table.name, 0),
                "changed": report.changed.get(table.name, 0),
                "deleted": report.deleted.get(table.name, 0),
                **(_cost_of(report) if table.name == _BEARER else {}),
                **table_metadata(tables, table.key, tables.count(table.key)),
            },
        )
