"""What Dagster stores for an asset: each week in its partition, and nothing personal in the event log."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import dagster as dg
import polars as pl
import pytest

from asana_intel.errors import PermanentError
from asana_intel.settings import load_settings
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.resources import DeltaIOManager, table_key, weekly_partitions, weeks_of
from asana_intel.storage.tables import TableStore

Frames = Callable[..., pl.DataFrame]
MONDAY, NEXT = date(2026, 1, 5), date(2026, 1, 12)
WEEKS = weekly_partitions(load_settings())
CANARY = "Canary Quartermaine"


def pace_asset(frame: Callable[[list[date]], pl.DataFrame]) -> dg.AssetsDefinition:
    @dg.asset(key=["forecasts", "project_pace"], partitions_def=WEEKS, backfill_policy=dg.BackfillPolicy.single_run())
    def project_pace(context: dg.AssetExecutionContext) -> pl.DataFrame:
        return frame(weeks_of(context))

    return project_pace


def run(tables: TableStore, *assets: dg.AssetsDefinition, weeks: tuple[date, date] | None = None):
    """Materialize in memory, over a range of weeks; returns the result and everything it logged."""
    with dg.DagsterInstance.ephemeral() as instance:
        job = dg.Definitions(
            assets=list(assets),
            resources={"io_manager": DeltaIOManager(tables)},
            jobs=[dg.define_asset_job("all_of_it", dg.AssetSelection.all(), executor_def=dg.in_process_executor)],
        ).resolve_job_def("all_of_it")
        tags = {}
        if weeks:
            tags = {
                "dagster/asset_partition_range_start": weeks[0].isoformat(),
                "dagster/asset_partition_range_end": weeks[1].isoformat(),
            }
        result = job.execute_in_process(instance=instance, tags=tags, raise_on_error=False)
        log = "\n".join(str(entry) for entry in instance.all_logs(result.run_id))
    return result, log


def test_a_run_over_two_weeks_lands_in_two_partitions(tables: TableStore, pace: Frames) -> None:
    asset = pace_asset(lambda weeks: pace(*((week, "p", week.day) for week in weeks)))
    result, _ = run(tables, asset, weeks=(MONDAY, NEXT))
    assert result.success
    assert tables.read("forecasts/project_pace", partition=MONDAY)["recent"].to_list() == [5.0]
    assert tables.read("forecasts/project_pace", partition=NEXT)["recent"].to_list() == [12.0]
    again, _ = run(tables, pace_asset(lambda _: pace((NEXT, "q", 1))), weeks=(NEXT, NEXT))
    assert again.success
    rows = tables.read("forecasts/project_pace").select("as_of_on", "project_gid").rows()
    assert sorted(rows) == [(MONDAY, "p"), (NEXT, "q")]


def test_a_week_that_yields_nothing_empties_its_partition_only(tables: TableStore, pace: Frames) -> None:
    tables.overwrite("forecasts/project_pace", pace((MONDAY, "p", 1), (NEXT, "p", 1)))
    run(tables, pace_asset(lambda _: pace()), weeks=(NEXT, NEXT))
    assert tables.read("forecasts/project_pace")["as_of_on"].to_list() == [MONDAY]


def test_rows_of_another_week_fail_the_run_and_change_nothing(tables: TableStore, pace: Frames) -> None:
    result, log = run(tables, pace_asset(lambda _: pace((MONDAY, "p", 1), (NEXT, "p", 2))), weeks=(NEXT, NEXT))
    assert not result.success
    assert "1 rows belong to other weeks" in log
    assert tables.existing() == []


def test_the_event_log_knows_counts_and_versions_and_no_name(tables: TableStore, tasks: Frames) -> None:
    @dg.asset(key=["raw", "tasks"])
    def people() -> pl.DataFrame:
        return tasks(a=CANARY, b=CANARY)

    result, log = run(tables, people)
    assert result.success
    event = result.get_asset_materialization_events()[0].materialization
    assert event.metadata["dagster/row_count"].value == 2
    assert event.metadata["delta_version"].value == 0
    assert event.metadata["dagster/uri"].value == tables.uri("raw/tasks")
    assert CANARY not in log
    assert tables.read("raw/tasks")["name"].to_list() == [CANARY, CANARY]


def test_a_downstream_asset_reads_the_weeks_of_its_run(tables: TableStore, pace: Frames) -> None:
    tables.overwrite("forecasts/project_pace", pace((MONDAY, "p", 5), (NEXT, "p", 12)))
    manager = DeltaIOManager(tables)
    key = dg.AssetKey(["forecasts", "project_pace"])
    assert table_key(key) == "forecasts/project_pace"
    whole = manager.load_input(dg.build_input_context(asset_key=key))
    assert whole.height == 2
    context = dg.build_input_context(
        asset_key=key,
        asset_partitions_def=WEEKS,
        asset_partition_key_range=dg.PartitionKeyRange("2026-01-12", "2026-01-12"),
        instance=dg.DagsterInstance.ephemeral(),
    )
    assert manager.load_input(context)["recent"].to_list() == [12.0]


def test_a_frame_that_breaks_its_contract_is_not_stored(tables: TableStore, tasks: Frames) -> None:
    context = dg.build_output_context(asset_key=dg.AssetKey(["raw", "tasks"]))
    with pytest.raises(PermanentError, match="missing: record"):
        DeltaIOManager(tables).handle_output(context, tasks(a="A").drop("record"))
    assert tables.existing() == []


def test_weeks_begin_on_monday_and_the_running_one_counts() -> None:
    keys = WEEKS.get_partition_keys(current_time=datetime(2026, 1, 14, 12, tzinfo=UTC))
    assert keys[-2:] == ["2026-01-05", "2026-01-12"]
    assert {date.fromisoformat(key).weekday() for key in keys} == {0}
    assert CONTRACTS["forecasts/project_pace"].partition == "as_of_on"
