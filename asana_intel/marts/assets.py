"""Dagster's face of the marts: one asset per SQL model of dbt_like_sql, run together in one DuckDB session."""

from collections.abc import Iterator

import dagster as dg

from asana_intel.marts.models import mart_inputs, mart_models, run_models, staging_inputs
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import table_key, table_metadata
from asana_intel.storage.sync_log import require_last_sync
from asana_intel.storage.tables import TableStore

_SPECS = [
    dg.AssetSpec(
        ["marts", name],
        deps=[
            *(dg.AssetKey(["staging", table]) for table in sorted(staging_inputs(name))),
            *(dg.AssetKey(["marts", other]) for other in sorted(mart_inputs(name))),
        ],
        group_name="marts",
        kinds={"duckdb", "sql"},
        description=f"{CONTRACTS[f'marts/{name}'].grain.capitalize()}. Model: dbt_like_sql/marts/{name}.sql",
        skippable=True,
    )
    for name in mart_models()
]


@dg.multi_asset(name="run_sql_models", specs=_SPECS, can_subset=True)
def run_sql_models(
    context: dg.AssetExecutionContext,
    tables: dg.ResourceParam[TableStore],
    database: dg.ResourceParam[Database],
) -> Iterator[dg.MaterializeResult]:
    """Run the chosen SQL models over the staging tables and hold each to its contract."""
    chosen = [key.path[-1] for key in context.selected_asset_keys]
    as_of = require_last_sync(database).synced_at
    for name, rows in run_models(chosen, tables.read, as_of):
        key = table_key(dg.AssetKey(["marts", name]))
        tables.overwrite(key, rows)
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey(["marts", name]), metadata=table_metadata(tables, key, rows.height)
        )
