"""Sensors that span stages: weeks whose forecasts are missing, and runs that failed."""

from collections.abc import Collection
from datetime import date

import dagster as dg

from asana_intel.clock import WEEK, monday_of
from asana_intel.storage.postgres import Database
from asana_intel.storage.sync_log import first_synced_at, last_sync

_ATTAINMENT = dg.AssetKey(["forecasts", "goal_attainment"])


def missing_weeks(first_on: date, last_on: date, present: Collection[date]) -> tuple[date, date] | None:
    """The oldest unbroken range of Mondays in first_on..last_on without a forecast, or None."""
    weeks = [first_on + n * WEEK for n in range((last_on - first_on).days // 7 + 1)]
    missing = [week for week in weeks if week not in present]
    if not missing:
        return None
    end = missing[0]
    while end + WEEK in missing:
        end += WEEK
    return missing[0], end


@dg.sensor(
    name="missing_forecasts_sensor",
    job_name="replay_forecasts",
    minimum_interval_seconds=300,
    description="Backfills the weeks since the first sync that have no forecast.",
)
def missing_forecasts_sensor(
    context: dg.SensorEvaluationContext, database: dg.ResourceParam[Database]
) -> dg.SensorResult:
    """Backfill the weeks since the first sync that have no forecast, such as after the platform was down."""
    if (newest := last_sync(database)) is None:
        return dg.SensorResult(skip_reason="Nothing was synced yet.")
    present = {date.fromisoformat(key) for key in context.instance.get_materialized_partitions(_ATTAINMENT)}
    first_on = monday_of(first_synced_at(database) or newest.synced_at)
    gap = missing_weeks(first_on, monday_of(newest.synced_at), present)
    if gap is None:
        return dg.SensorResult(skip_reason="Every week has its forecast.")
    start, end = (week.isoformat() for week in gap)
    run = dg.RunRequest(
        run_key=f"{start}:{end}:{newest.synced_at.isoformat()}",
        tags={"dagster/asset_partition_range_start": start, "dagster/asset_partition_range_end": end},
    )
    return dg.SensorResult(run_requests=[run])


@dg.run_failure_sensor(name="run_failure_sensor", minimum_interval_seconds=30)
def run_failure_sensor(context: dg.RunFailureSensorContext, database: dg.ResourceParam[Database]) -> None:
    """Note every failed run where `asana-intel doctor` shows it, until a later run of the job succeeds."""
    run = context.dagster_run
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO run_failure (run_id, job_name) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (run.run_id, run.job_name),
        )
    context.log.warning(f"{run.job_name} failed")
