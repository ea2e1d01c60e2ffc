"""Dagster's face of the staging stage: all staging tables as one asset graph that can be run in part."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from asana_intel.staging.recipes import RECIPES, staged
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.resources import table_metadata
from asana_intel.storage.tables import TableStore

_SPECS = [
    dg.AssetSpec(
        ["staging", table],
        deps=[dg.AssetKey(key.split("/")) for key in recipe.reads],
        group_name="staging",
        kinds={"polars"},
        description=f"{CONTRACTS[f'staging/{table}'].grain.capitalize()}.",
        skippable=True,
    )
    for table, recipe in RECIPES.items()
]


@dg.multi_asset(name="clean_workspace", specs=_SPECS, can_subset=True)
def clean_workspace(
    context: dg.AssetExecutionContext, tables: dg.ResourceParam[TableStore]
) -> Iterator[dg.MaterializeResult]:
    """Type and clean the raw tables; rejected records go to staging/quarantine with field, reason and mend."""
    chosen = {key.path[-1] for key in context.selected_asset_keys}
    for table, cleaned in staged(tables.scan, chosen):
        key = f"staging/{table}"
        tables.overwrite(key, cleaned.frame)
        _quarantine(tables, key, cleaned.rejected)
        rows, rejected = cleaned.frame.height, cleaned.rejected.height
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey(key.split("/")),
            metadata={**table_metadata(tables, key, rows), "rejected_rows": rejected},
        )


def _quarantine(tables: TableStore, key: str, rejected: pl.DataFrame) -> None:
    rows = rejected.select(pl.lit(key).alias("table_name"), "gid", "field", "reason", "record")
    if rows.height or tables.version("staging/quarantine") is not None:
        tables.overwrite_partition("staging/quarantine", rows.unique("gid", keep="first"), key)
