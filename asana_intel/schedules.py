"""When things run by themselves. Every schedule is stopped until someone starts it."""

import dagster as dg

from asana_intel.asana.reader import AsanaReader
from asana_intel.clock import monday_of
from asana_intel.errors import AsanaIntelError
from asana_intel.settings import Settings


def build_schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """The nightly refresh and the Monday digest, in the workspace's time zone."""
    return [
        _weekly_partition_schedule("nightly_refresh_workspace_schedule", "refresh_workspace", "0 2 * * *", settings),
        _weekly_partition_schedule("monday_publish_digest_schedule", "publish_digest", "0 6 * * 1", settings),
    ]


def _weekly_partition_schedule(name: str, job: str, cron: str, settings: Settings) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=name,
        job_name=job,
        cron_schedule=cron,
        execution_timezone=settings.timezone,
        description=f"Starts {job} for the week that Asana's own clock is in.",
        default_status=dg.DefaultScheduleStatus.STOPPED,
    )
    def schedule(
        context: dg.ScheduleEvaluationContext, asana_reader: dg.ResourceParam[AsanaReader]
    ) -> dg.RunRequest | dg.SkipReason:
        """Run for the week that Asana's own clock is in."""
        try:
            week_on = monday_of(asana_reader.server_time())
        except AsanaIntelError as problem:
            return dg.SkipReason(f"Asana could not be asked for the time: {problem.message}")
        context.log.info(f"week of {week_on}")
        return dg.RunRequest(partition_key=week_on.isoformat())

    return schedule
