"""The signal assets as Dagster runs them: both tables are written, for one week or for several at once."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg
import polars as pl
import pytest

from asana_intel.narratives.tone.assets import build_signal_assets
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.resources import DeltaIOManager
from asana_intel.storage.tables import TableStore

WEEKS = dg.WeeklyPartitionsDefinition(start_date="2026-01-05", day_offset=1, end_offset=1)
WEEK = "2026-03-09"
BORN, SYNCED_AT = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 3, 20, 6, tzinfo=UTC)


def put(tables: TableStore, key: str, *rows: dict) -> None:
    schema = CONTRACTS[key].schema
    tables.overwrite(key, pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema))


@pytest.mark.parametrize(("last", "weeks"), [(WEEK, 1), ("2026-03-16", 2)])
def test_both_tables_are_written_for_every_week_of_a_run(database, tmp_path, last, weeks):
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_run (workspace_gid, asana_url, synced_at, requests, rows_added, rows_changed,"
            " rows_deleted) VALUES ('900', 'http://localhost', %s, 1, 0, 0, 0)",
            (SYNCED_AT,),
        )
    tables = TableStore(str(tmp_path / "tables"))
    since = {"task_gid": "1", "valid_from": BORN, "source": "record"}
    put(tables, "staging/projects", {"project_gid": "100", "team_gid": "9", "privacy_setting": "public_to_workspace",
                                     "is_archived": False, "is_completed": False})  # fmt: skip
    put(tables, "staging/task_lifetimes", since)
    put(tables, "staging/task_completion_intervals", since | {"is_completed": False})
    put(tables, "staging/task_section_intervals", since | {"project_gid": "100"})
    put(tables, "staging/stories", {"story_gid": "5", "target_gid": "1", "author_gid": "7", "created_at": BORN,
                                    "subtype": "comment_added", "text": "We are blocked."})  # fmt: skip
    tags = {"dagster/asset_partition_range_start": WEEK, "dagster/asset_partition_range_end": last}
    resources = {"tables": tables, "database": database, "io_manager": DeltaIOManager(tables)}
    with dg.DagsterInstance.ephemeral() as instance:
        assert dg.materialize(build_signal_assets(WEEKS), resources=resources, instance=instance, tags=tags).success
    assert tables.read("narratives/urgency")["as_of_on"].n_unique() == weeks
    trends = tables.read("narratives/tone_trend").filter(pl.col("as_of_on") == pl.col("as_of_on").min())
    assert sorted(trends["scope_type"]) == ["project", "team"]
    assert set(trends["status"]) == {"not_assessed"}
