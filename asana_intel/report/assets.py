"""Dagster's face of the report: the week's page and digest as files below the home."""

from pathlib import Path

import dagster as dg

from asana_intel.report.audience import EVERYBODY, Audience
from asana_intel.report.digest import weekly_digest as digest_of
from asana_intel.report.inputs import inputs_of_week
from asana_intel.report.mail import write_digest
from asana_intel.report.private import write_private_pages
from asana_intel.report.render import write_report
from asana_intel.settings import Settings
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import weeks_of
from asana_intel.storage.tables import TableStore

_DEPS = [
    ["forecasts", "goal_attainment"],
    ["forecasts", "goal_trajectory"],
    ["forecasts", "goal_drivers"],
    ["forecasts", "goal_anomalies"],
    ["forecasts", "person_capacity"],
    ["forecasts", "person_load"],
    ["forecasts", "load_causes"],
    ["forecasts", "forecast_scores"],
    ["forecasts", "early_warnings"],
    ["forecasts", "overload_alerts"],
    ["forecasts", "model_verdicts"],
    ["insights", "task_priority"],
    ["insights", "task_effort"],
    ["insights", "task_triage"],
    ["insights", "sprint_proposal"],
    ["insights", "sprint_capacity"],
    ["insights", "sprint_outlook"],
    ["insights", "portfolio_priority"],
    ["insights", "sprint_retro"],
    ["insights", "sprint_retro_tasks"],
    ["insights", "suggestion_scores"],
    ["insights", "team_utilisation"],
    ["insights", "capacity_cost"],
    ["insights", "headcount"],
    ["insights", "ramp_plan"],
    ["narratives", "goal_progress"],
    ["narratives", "sentences"],
    ["marts", "fct_project_health"],
    ["marts", "fct_data_readiness"],
    ["changes", "plan"],
]


def report_path(settings: Settings, week: str, audience: Audience = EVERYBODY) -> Path:
    """Where the report of a week for some readers lies."""
    return digest_folder(settings) / f"{week}{audience.suffix}.html"


def digest_folder(settings: Settings) -> Path:
    """Where digests lie, beside the reports."""
    return settings.home / "reports"


def build_report_assets(weeks: dg.WeeklyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The report's assets over the given weekly partitions."""

    @dg.asset(
        key=["report", "weekly"],
        deps=_DEPS,
        partitions_def=weeks,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="report",
        kinds={"html"},
    )
    def weekly_report(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
        settings: dg.ResourceParam[Settings],
    ) -> dg.MaterializeResult:
        """One self-contained HTML page for everybody; where `audience.weekly_pages` is on, leaders and managers too."""
        week_on = weeks_of(context)[-1]
        inputs = inputs_of_week(tables, database, settings, week_on)
        path = write_report(report_path(settings, week_on.isoformat()), inputs)
        private = write_private_pages(inputs, settings, week_on.isoformat()) if settings.audience.weekly_pages else []
        return dg.MaterializeResult(
            metadata={
                "file": dg.MetadataValue.path(str(path)),
                "bytes": path.stat().st_size,
                "private_pages": len(private),  # whose they are is not for everybody who sees the runs
            }
        )

    @dg.asset(
        key=["report", "weekly_digest"],
        deps=_DEPS,
        partitions_def=weeks,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="report",
        kinds={"html"},
    )
    def weekly_digest(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
        settings: dg.ResourceParam[Settings],
    ) -> dg.MaterializeResult:
        """The week for many readers, naming no person: a page, plain text, and a mail for somebody to send."""
        week_on = weeks_of(context)[-1]
        inputs = inputs_of_week(tables, database, settings, week_on)
        paths = write_digest(digest_folder(settings), digest_of(inputs))
        return dg.MaterializeResult(
            metadata={form: dg.MetadataValue.path(str(path)) for form, path in paths.items()}
            | {"bytes": paths["html"].stat().st_size}
        )

    return [weekly_report, weekly_digest]
