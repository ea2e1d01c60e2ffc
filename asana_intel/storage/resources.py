"""Dagster's face of the storage: the IO manager that keeps frames in Delta tables, and the weekly partitions.

Metadata holds counts and versions only. A preview of rows would put people's names into the event log for ever.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from datetime import date

import dagster as dg
import polars as pl

from asana_intel.errors import PermanentError
from asana_intel.settings import Settings
from asana_intel.storage.tables import TableStore

PERSONAL = {"asana_intel/personal": "true"}
"""Tag of what tells of people."""


def weekly_partitions(settings: Settings) -> dg.WeeklyPartitionsDefinition:
    """One partition a week from Monday on, the running week included."""
    return dg.WeeklyPartitionsDefinition(
        start_date=settings.history_start_on.isoformat(), day_offset=1, end_offset=1, timezone="UTC"
    )


def table_key(asset_key: dg.AssetKey) -> str:
    """Key of the table behind an asset: the same words."""
    return "/".join(asset_key.path)


def asset_keys(tables: Iterable[str]) -> list[dg.AssetKey]:
    """Keys of the assets behind tables (`stage/name`), each once."""
    return [dg.AssetKey(table.split("/")) for table in dict.fromkeys(tables)]


def weekly_asset(
    weeks: dg.WeeklyPartitionsDefinition,
    table: str,
    reads: Iterable[str],
    *,
    kinds: Iterable[str] = ("polars",),
    is_personal: bool = False,
    code_version: str | None = None,
) -> Callable[[Callable[..., pl.DataFrame]], dg.AssetsDefinition]:
    """Make a function the asset of a table with one partition a week; a backfill of many weeks is one run.

    Args:
        weeks: The partitions.
        table: `stage/name`; the stage is its group.
        reads: Tables it reads.
        kinds: What it is computed with.
        is_personal: Whether it tells of people.
        code_version: Of what it computes, where that is kept beside its results.
    """
    (key,) = asset_keys([table])
    return dg.asset(
        key=key,
        deps=asset_keys(reads),
        partitions_def=weeks,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=key.path[0],
        kinds=set(kinds),
        tags=PERSONAL if is_personal else None,
        code_version=code_version,
    )


def weekly_tables(
    weeks: dg.WeeklyPartitionsDefinition,
    stage: str,
    tables: Mapping[str, str],
    reads: Iterable[str],
    *,
    kinds: Iterable[str] = ("polars",),
    personal: Container[str] = (),
) -> Callable[[Callable[..., object]], dg.AssetsDefinition]:
    """Make a function the one step behind several weekly tables, whose frames it returns in their order.

    Args:
        weeks: The partitions.
        stage: Of all of them; their group.
        tables: Name -> what it is about.
        reads: Tables it reads.
        kinds: What they are computed with.
        personal: Names of those that tell of people.
    """
    return dg.multi_asset(
        outs={
            name: dg.AssetOut(
                key=[stage, name],
                description=about,
                kinds=set(kinds),
                tags=PERSONAL if name in personal else None,
            )
            for name, about in tables.items()
        },
        deps=asset_keys(reads),
        partitions_def=weeks,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=stage,
    )


def weeks_of(context: dg.AssetExecutionContext) -> list[date]:
    """Mondays of the partitions that a run covers, oldest first; one, or many in a backfill."""
    return sorted(date.fromisoformat(key) for key in context.partition_keys)


def table_metadata(tables: TableStore, key: str, rows: int) -> dict[str, int | str]:
    """What the event log may know about a table: how many rows, which version, where."""
    return {"dagster/row_count": rows, "delta_version": tables.version(key) or 0, "dagster/uri": tables.uri(key)}


class DeltaIOManager(dg.IOManager):
    """Keeps an asset's frame in the Delta table of the same name, held to its contract.

    A partitioned asset returns the rows of all its weeks in one frame; the column `as_of_on` says which row belongs
    to which week, and exactly the weeks of the run are replaced.

    Args:
        tables: Where the tables are.
    """

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def handle_output(self, context: dg.OutputContext, obj: pl.DataFrame) -> None:
        """Write the frame; rows of weeks outside the run are an error of the asset, and refused."""
        key = table_key(context.asset_key)
        if context.has_asset_partitions:
            weeks = list(_weeks(context.asset_partition_keys))
            if foreign := obj.height - obj.filter(pl.col("as_of_on").is_in(weeks)).height:
                raise PermanentError(f"{key}: {foreign} rows belong to other weeks than the run's")
            for week_on in weeks:
                self._tables.overwrite_partition(key, obj.filter(pl.col("as_of_on") == week_on), week_on)
        else:
            self._tables.overwrite(key, obj)
        context.add_output_metadata(table_metadata(self._tables, key, obj.height))

    def load_input(self, context: dg.InputContext) -> pl.DataFrame:
        """Read the upstream table, or just the weeks of the run where it is partitioned."""
        key = table_key(context.asset_key)
        if context.has_asset_partitions:
            weeks = list(_weeks(context.asset_partition_keys))
            return pl.concat([self._tables.read(key, partition=week_on) for week_on in weeks])
        return self._tables.read(key)


def _weeks(partition_keys: Iterable[str]) -> Iterable[date]:
    return (date.fromisoformat(key) for key in partition_keys)
