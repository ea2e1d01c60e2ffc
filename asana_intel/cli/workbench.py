"""What a command works with: settings, tables, database and the Dagster instance, each made when first asked for."""

import os
import shutil
import warnings
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asana_intel.clock import monday_of
from asana_intel.errors import PermanentError
from asana_intel.settings import Settings, load_settings
from asana_intel.storage.postgres import Database, database_url
from asana_intel.storage.sync_log import require_last_sync
from asana_intel.storage.tables import TableStore

if TYPE_CHECKING:
    import dagster as dg

_STATEMENT_MS = 300_000
# What Dagster's own backfills put on a run that covers several partitions.
_PARTITION_RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
_ASANA_RESOURCES = ("asana_reader", "asana_writer")
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
DAGSTER_YAML = Path(__file__).parents[2] / "dagster.yaml"


class Workbench:
    """One home and everything in it.

    Args:
        settings: Settings tree; read from file and environment when not given.
        offline: Runs get no connection to Asana.
    """

    def __init__(self, settings: Settings | None = None, *, offline: bool = False) -> None:
        self.settings = settings or load_settings()
        self._offline = offline

    @cached_property
    def tables(self) -> TableStore:
        """The Delta tables."""
        return TableStore(self.settings.tables_root)

    @cached_property
    def database_url(self) -> str:
        """Address of PostgreSQL; starts the embedded server where none is configured."""
        return database_url(self.settings)

    @cached_property
    def database(self) -> Database:
        """The product's schema, brought up to date."""
        database = Database(self.database_url)
        database.migrate()
        return database

    @cached_property
    def instance(self) -> "dg.DagsterInstance":
        """Dagster's instance of this home."""
        import dagster as dg

        os.environ.update(self.dagster_environment())
        instance = dg.DagsterInstance.get()
        # Dagster opens a connection per event; as in its web server, one is kept open. A run writes hundreds of events.
        instance.optimize_for_webserver(statement_timeout=_STATEMENT_MS, pool_recycle=3600, max_overflow=5)
        return instance

    @cached_property
    def definitions(self) -> "dg.Definitions":
        """The code location with this workbench's settings."""
        import dagster as dg

        # Dagster marks parameters we rely on as beta; the pinned version is what we test.
        warnings.filterwarnings("ignore", category=dg.BetaWarning)
        from asana_intel.definitions import build_defs

        absent = dg.ResourceDefinition.none_resource()
        return build_defs(self.settings, dict.fromkeys(_ASANA_RESOURCES, absent) if self._offline else None)

    def dagster_environment(self) -> dict[str, str]:
        """Variables under which Dagster finds this home; the folder is made where it is missing."""
        folder = self.settings.home.absolute() / "dagster"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(DAGSTER_YAML, folder / "dagster.yaml")
        return {
            "DAGSTER_HOME": str(folder),
            "ASANA_INTEL_DAGSTER_DIR": str(folder),
            "ASANA_INTEL_HOME": str(self.settings.home.absolute()),
            "ASANA_INTEL_PG_URL": self.database_url,
            "DAGSTER_DISABLE_TELEMETRY": "1",
        }

    def latest_week(self) -> date:
        """Monday of the week of the last sync."""
        return monday_of(require_last_sync(self.database).synced_at)

    def run_job(
        self,
        name: str,
        *,
        week_on: date | None = None,
        weeks: tuple[date, date] | None = None,
        config: dict[str, Any] | None = None,
    ) -> str:
        """Run a job in this process and return its run id.

        Args:
            name: Job.
            week_on: Weekly partition, for jobs over the partitions.
            weeks: First and last of several weekly partitions, in one run.
            config: Run configuration.

        Raises:
            PermanentError: The run failed; the message is what the failed step said.
        """
        result = self.definitions.resolve_job_def(name).execute_in_process(
            run_config={**_QUIET, **(config or {})},
            instance=self.instance,
            partition_key=None if week_on is None else week_on.isoformat(),
            tags=None if weeks is None else dict(zip(_PARTITION_RANGE, map(date.isoformat, weeks), strict=True)),
            raise_on_error=False,
        )
        if not result.success:
            raise PermanentError(f"{name} failed: {_why(result)}", fix=f"see run {result.run_id} in the Dagster UI")
        return result.run_id


def _why(result: "dg.ExecuteInProcessResult") -> str:
    reasons = [_reason(event) for event in result.all_events if event.is_step_failure]
    failed_checks = [
        f"check {e.check_name} on {'/'.join(e.asset_key.path)} did not pass"
        for e in result.get_asset_check_evaluations()
        if not e.passed
    ]
    return "; ".join([*failed_checks, *reasons]) or "the run ended without a step's error"


def _reason(event: "dg.DagsterEvent") -> str:
    failure = event.step_failure_data
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    error = failure.error
    while error is not None and error.cause is not None:
        error = error.cause
    return (error.message.strip().splitlines() or ["unknown error"])[-1] if error else "unknown error"
