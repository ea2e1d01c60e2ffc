"""Dagster's face of the marts: the SQL and schema.yml of dbt_like_sql made assets, run in one DuckDB session."""

from collections.abc import Iterator

import dagster as dg

from asana_intel.errors import ConfigError
from asana_intel.marts.checks import asked_tests, build_check_specs, check_results
from asana_intel.marts.lineage import column_lineage
from asana_intel.marts.models import mart_inputs, mart_models, run_models, staging_inputs
from asana_intel.storage.contracts import CONTRACTS, Column, TableContract
from asana_intel.storage.contracts.marts import data_type, read_schema
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import table_key, table_metadata
from asana_intel.storage.sync_log import require_last_sync
from asana_intel.storage.tables import TableStore


def _specs() -> Iterator[dg.AssetSpec]:
    declared = {model["name"]: model for model in read_schema()["models"]}
    for name in mart_models():
        if name not in declared:
            raise ConfigError(
                f"dbt_like_sql/marts/{name}.sql is not declared", fix="give it an entry in dbt_like_sql/schema.yml"
            )
        yield dg.AssetSpec(
            ["marts", name],
            deps=[
                *(dg.AssetKey(["staging", table]) for table in sorted(staging_inputs(name))),
                *(dg.AssetKey(["marts", other]) for other in sorted(mart_inputs(name))),
            ],
            group_name="marts",
            kinds={"duckdb", "sql"},
            description=f"{declared[name]['description']} Model: dbt_like_sql/marts/{name}.sql",
            owners=declared[name]["config"]["meta"].get("owners"),
            metadata={"dagster/column_schema": _column_schema(CONTRACTS[f"marts/{name}"])},
            skippable=True,
        )


def _column_schema(contract: TableContract) -> dg.TableSchema:
    return dg.TableSchema(columns=[_column(column, contract.unique) for column in contract.columns])


def _column(column: Column, unique: tuple[str, ...]) -> dg.TableColumn:
    return dg.TableColumn(
        column.name,
        type=data_type(column.dtype),
        description=column.about,
        constraints=dg.TableColumnConstraints(nullable=not column.required, unique=unique == (column.name,)),
        tags={"personal": ""} if column.personal else None,
    )


@dg.multi_asset(name="run_sql_models", specs=[*_specs()], check_specs=build_check_specs(), can_subset=True)
def run_sql_models(
    context: dg.AssetExecutionContext,
    tables: dg.ResourceParam[TableStore],
    database: dg.ResourceParam[Database],
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Run the chosen SQL models over the staging tables, hold each to its contract and ask its tests.

    Tests that look into other tables are asked when all are written.
    """
    asked = context.selected_asset_check_keys
    chosen = [key.path[-1] for key in context.selected_asset_keys]
    as_of = require_last_sync(database).synced_at
    for name, rows in run_models(chosen, tables.read, as_of):
        yield from check_results([t for t in asked_tests(asked, name) if not t.to], rows, tables.read)
        key = table_key(dg.AssetKey(["marts", name]))
        tables.overwrite(key, rows)
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey(["marts", name]),
            metadata={**table_metadata(tables, key, rows.height), "dagster/column_lineage": _lineage(name)},
        )
    for name in mart_models():
        if later := [t for t in asked_tests(asked, name) if t.to or name not in chosen]:
            yield from check_results(later, tables.read(f"marts/{name}"), tables.read)


def _lineage(name: str) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(source.table.split("/"), source.column) for source in sources]
            for column, sources in column_lineage()[name].items()
            if sources
        }
    )
