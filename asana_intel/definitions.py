"""The code location: which assets, checks, jobs, schedules, sensors and resources there are. No logic."""

import functools
import warnings
from collections.abc import Callable, Mapping

import dagster as dg

from asana_intel.asana.reader import AsanaReader
from asana_intel.asana.writer import AsanaWriter
from asana_intel.changes.assets import build_plan_asset
from asana_intel.changes.jobs import apply_approved_changes, post_alerts_to_chat
from asana_intel.changes.repair_jobs import check_drift, sweep_created_objects
from asana_intel.changes.schedules import REPAIR_SCHEDULES
from asana_intel.changes.sensors import alerts_sensor, approved_changes_sensor, review_answers_sensor
from asana_intel.forecasts.assets import build_forecast_assets
from asana_intel.forecasts.checks import LEDGER_CHECKS
from asana_intel.insights.assets import build_insight_assets
from asana_intel.jobs import build_jobs
from asana_intel.live.jobs import follow_events, follow_request
from asana_intel.marts.assets import run_sql_models
from asana_intel.narratives.assets import build_narrative_assets
from asana_intel.quality.checks import build_checks
from asana_intel.raw.assets import sync_asana
from asana_intel.raw.sensors import build_event_sensor
from asana_intel.report.assets import build_report_assets
from asana_intel.schedules import build_schedules
from asana_intel.sensors import missing_forecasts_sensor, run_failure_sensor
from asana_intel.settings import Settings, load_settings
from asana_intel.staging.assets import clean_workspace
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import DeltaIOManager, weekly_partitions
from asana_intel.storage.tables import TableStore


def build_resources(settings: Settings) -> dict[str, object]:
    """Resources by role, each made when a run first needs it; nothing connects while the location loads."""
    tables = TableStore(settings.tables_root)
    return {
        "settings": settings,
        "tables": tables,
        "io_manager": DeltaIOManager(tables),
        "mem_io_manager": dg.mem_io_manager,
        "database": _made_late(lambda: Database.from_settings(settings)),
        "asana_reader": _made_late(lambda: AsanaReader.from_settings(settings, _open_database(settings))),
        "asana_writer": _made_late(lambda: AsanaWriter.from_settings(settings, _open_database(settings))),
    }


def build_defs(settings: Settings, overrides: Mapping[str, object] | None = None) -> dg.Definitions:
    """Assemble the code location.

    Args:
        settings: Settings tree.
        overrides: Resources that replace those of the same name (tests, special runs).
    """
    weeks, jobs = weekly_partitions(settings), build_jobs()
    refresh = next(job for job in jobs if job.name == "refresh_workspace")
    return dg.Definitions(
        assets=[
            sync_asana,
            clean_workspace,
            run_sql_models,
            *build_forecast_assets(weeks),
            *build_insight_assets(weeks),
            *build_narrative_assets(weeks),
            build_plan_asset(weeks),
            *build_report_assets(weeks),
        ],
        asset_checks=[*build_checks(), *LEDGER_CHECKS],
        jobs=[
            *jobs,
            follow_events,
            apply_approved_changes,
            post_alerts_to_chat,
            sweep_created_objects,
            check_drift,
        ],
        schedules=[*build_schedules(settings), *REPAIR_SCHEDULES],
        sensors=[
            build_event_sensor(refresh, follow_events, follow_request),
            missing_forecasts_sensor,
            approved_changes_sensor,
            alerts_sensor,
            review_answers_sensor,
            run_failure_sensor,
        ],
        resources={**build_resources(settings), **(overrides or {})},
        executor=dg.in_process_executor,
    )


def _open_database(settings: Settings) -> Callable[[], Database]:
    """The schema through which processes with one token keep its limits together; opened once, when first needed."""
    return functools.cache(lambda: Database.from_settings(settings))


def _made_late(make: Callable[[], object]) -> dg.ResourceDefinition:
    return dg.ResourceDefinition(resource_fn=lambda _context: make())


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster loads."""
    # Dagster marks parameters we rely on as beta, once per asset and run; the pinned version is what we test.
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    return build_defs(load_settings())
