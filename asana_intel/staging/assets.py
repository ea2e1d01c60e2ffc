"""Dagster's face of the staging stage: all staging tables as one asset graph that can be run in part."""

from collections.abc import Callable, Iterator

import dagster as dg
import polars as pl

from asana_intel.staging import links
from asana_intel.staging.clean import Cleaned, clean
from asana_intel.staging.tables import RECORD_TABLES
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.resources import table_key, table_metadata
from asana_intel.storage.tables import TableStore

Read = Callable[[str], pl.DataFrame]

_FIELD_HOLDERS = {
    "task": "raw/tasks",
    "project": "raw/projects",
    "portfolio": "raw/portfolios",
    "goal": "raw/goals",
    "user": "raw/users",
}

# staging table -> (tables it reads, how it is made); in an order in which each comes after those it reads.
RECIPES: dict[str, tuple[tuple[str, ...], Callable[[Read], Cleaned]]] = {
    **{
        c.table: ((f"raw/{c.source}",), lambda read, c=c: clean(c, read(f"raw/{c.source}")))
        for c in RECORD_TABLES
    },
    "custom_field_values": (
        tuple(_FIELD_HOLDERS.values()),
        lambda read: links.custom_field_values({kind: read(key) for kind, key in _FIELD_HOLDERS.items()}),
    ),
    "tasks": (
        ("raw/tasks", "raw/custom_fields", "staging/custom_field_values"),
        lambda read: links.tasks(
            read("raw/tasks"), read("staging/custom_field_values"), read("raw/custom_fields")
        ),
    ),
    "task_projects": (("raw/tasks",), lambda read: links.task_projects(read("raw/tasks"))),
    "task_dependencies": (
        ("raw/task_dependencies",),
        lambda read: links.task_dependencies(read("raw/task_dependencies")),
    ),
    "portfolio_items": (("raw/portfolio_items",), lambda read: links.portfolio_items(read("raw/portfolio_items"))),
    "goal_snapshots": (("raw/goal_snapshots",), lambda read: links.goal_snapshots(read("raw/goal_snapshots"))),
}  # fmt: skip

_SPECS = [
    dg.AssetSpec(
        ["staging", table],
        deps=[dg.AssetKey(key.split("/")) for key in inputs],
        group_name="staging",
        kinds={"polars"},
        description=f"{CONTRACTS[f'staging/{table}'].grain.capitalize()}.",
        skippable=True,
    )
    for table, (inputs, _) in RECIPES.items()
]


@dg.multi_asset(name="clean_workspace", specs=_SPECS, can_subset=True)
def clean_workspace(
    context: dg.AssetExecutionContext, tables: dg.ResourceParam[TableStore]
) -> Iterator[dg.MaterializeResult]:
    """Type and clean the raw tables; rejected records go to staging/quarantine with field, reason and mend."""
    chosen = {table_key(key) for key in context.selected_asset_keys}
    for table, (_, make) in RECIPES.items():
        key = f"staging/{table}"
        if key in chosen:
            cleaned = make(tables.read)
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
