"""When the looks at what was written run by themselves. Stopped until someone starts them."""

import dagster as dg

from asana_intel.changes.repair_jobs import check_drift, sweep_created_objects

REPAIR_SCHEDULES = [
    dg.ScheduleDefinition(
        name="sweep_created_objects_schedule", job=sweep_created_objects, cron_schedule="*/5 * * * *",
        default_status=dg.DefaultScheduleStatus.STOPPED, description="Every five minutes: is anything there twice?",
    ),
    dg.ScheduleDefinition(
        name="daily_check_drift_schedule", job=check_drift, cron_schedule="0 5 * * *",
        default_status=dg.DefaultScheduleStatus.STOPPED, description="Every day: does what we wrote still stand?",
    ),
]  # fmt: skip
