"""Dagster's face of the effort of tasks."""

from functools import cache

import dagster as dg
import polars as pl

from asana_intel.insights.effort.weekly import task_effort as effort_of_week
from asana_intel.insights.work import READS
from asana_intel.settings import Settings
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import weekly_asset, weeks_of
from asana_intel.storage.sync_log import as_of_week
from asana_intel.storage.tables import TableStore


def build_effort_assets(weeks: dg.WeeklyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The asset of the effort of open tasks, over the given weekly partitions."""

    @weekly_asset(weeks, "insights/task_effort", READS)
    def task_effort(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
        settings: dg.ResourceParam[Settings],
    ) -> pl.DataFrame:
        """Hours and story points of open tasks, with a band and the similar work they are from. One row per task."""
        read = cache(tables.read)  # a backfill reads each table once
        frames = [
            effort_of_week(read, week_on, as_of_week(database, week_on), settings.effort)
            for week_on in weeks_of(context)
        ]
        frame = pl.concat(frames)
        context.add_output_metadata(dict(frame.group_by("method").len().sort("method").iter_rows()))
        return frame

    return [task_effort]
