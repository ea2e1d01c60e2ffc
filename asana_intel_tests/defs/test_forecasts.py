"""The forecast assets as Dagster runs them: each writes its table, for one week or for several at once."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg
import pytest

from asana_intel.forecasts.assets import build_forecast_assets
from asana_intel.settings import load_settings
from asana_intel.storage.resources import DeltaIOManager
from asana_intel.storage.tables import TableStore

WEEKS = dg.WeeklyPartitionsDefinition(start_date="2026-01-05", day_offset=1, end_offset=1)
WEEK = "2026-03-09"


@pytest.mark.parametrize("last", [WEEK, "2026-03-16"])
def test_a_new_home_without_work_forecasts_nothing_and_writes_every_table(database, tmp_path, last):
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_run (workspace_gid, asana_url, synced_at, requests, rows_added, rows_changed,"
            " rows_deleted) VALUES ('900', 'http://localhost', %s, 1, 0, 0, 0)",
            (datetime(2026, 3, 20, 6, tzinfo=UTC),),
        )
    tables = TableStore(str(tmp_path / "tables"))
    assets = build_forecast_assets(WEEKS)
    resources = {
        "tables": tables,
        "database": database,
        "settings": load_settings(home=tmp_path),
        "io_manager": DeltaIOManager(tables),
    }
    weeks = {"dagster/asset_partition_range_start": WEEK, "dagster/asset_partition_range_end": last}
    is_weekly = [asset.partitions_def is not None for asset in assets]
    for tags in (weeks, {}):
        chosen = [asset for asset, weekly in zip(assets, is_weekly, strict=True) if weekly == bool(tags)]
        with dg.DagsterInstance.ephemeral() as instance:
            assert dg.materialize(chosen, resources=resources, instance=instance, tags=tags).success
    for asset in assets:
        for key in asset.keys:
            assert tables.version("/".join(key.path)) is not None
