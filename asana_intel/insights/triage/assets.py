"""Dagster's face of the triage: one weekly table."""

from functools import cache

import dagster as dg
import polars as pl

from asana_intel.insights.triage.weekly import task_triage as triage_of_week
from asana_intel.settings import Settings
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import weeks_of
from asana_intel.storage.sync_log import as_of_week
from asana_intel.storage.tables import TableStore

_INPUTS = (
    "staging/tasks",
    "staging/task_lifetimes",
    "staging/task_completion_intervals",
    "staging/task_assignee_intervals",
    "staging/task_date_intervals",
    "staging/task_section_intervals",
    "staging/task_projects",
    "staging/task_field_intervals",
    "staging/custom_field_values",
    "staging/projects",
    "staging/team_memberships",
    "insights/task_effort",
)


def build_triage_assets(weeks: dg.WeeklyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The triage over the given weekly partitions."""

    @dg.asset(
        key=["insights", "task_triage"],
        partitions_def=weeks,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="insights",
        deps=[dg.AssetKey(key.split("/")) for key in _INPUTS],
        kinds={"polars"},
    )
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
