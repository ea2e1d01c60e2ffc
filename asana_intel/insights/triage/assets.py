"""Dagster's face of the triage: one weekly table."""

from functools import cache

import dagster as dg
import polars as pl

from asana_intel.insights.triage.weekly import task_triage as triage_of_week
from asana_intel.insights.work import READS
from asana_intel.settings import Settings
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import weekly_asset, weeks_of
from asana_intel.storage.sync_log import as_of_week
from asana_intel.storage.tables import TableStore

_INPUTS = (
    *READS,
    "staging/custom_field_values",
    "staging/projects",
    "staging/team_memberships",
    "insights/task_effort",
)


def build_triage_assets(weeks: dg.WeeklyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The triage over the given weekly partitions."""

    @weekly_asset(weeks, "insights/task_triage", _INPUTS)
    def task_triage(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
        settings: dg.ResourceParam[Settings],
    ) -> pl.DataFrame:
        """Category, priority, complexity, duplicates and assignee of new tasks. One row per week and such task."""
        read = cache(tables.read)  # a backfill reads each table once
        return pl.concat(
            triage_of_week(
                read,
                tables.read("insights/task_effort", partition=week_on),
                settings.triage,
                week_on,
                as_of_week(database, week_on),
            )
            for week_on in weeks_of(context)
        )

    return [task_triage]
