"""Dagster's face of the retrospectives: how the sprints went that ended before each week."""

from functools import cache

import dagster as dg
import polars as pl

from asana_intel.insights.retro.retro import READS, look_back
from asana_intel.settings import Settings
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import weekly_tables, weeks_of
from asana_intel.storage.sync_log import as_of_week
from asana_intel.storage.tables import TableStore

_TABLES = {
    "sprint_retro": "How each sprint went that ended in the week before. One row per team and sprint.",
    "sprint_retro_tasks": "What came of each of its tasks, and why. One row per team, sprint and task.",
}


def build_retro_assets(weeks: dg.WeeklyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The retrospectives over the given weekly partitions."""

    @weekly_tables(weeks, "insights", _TABLES, READS, personal=("sprint_retro_tasks",))
    def look_back_on_sprints(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
        settings: dg.ResourceParam[Settings],
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Both tables of the retrospectives, from one look at each week."""
        read = cache(tables.read)
        looks = [look_back(read, week, as_of_week(database, week), settings.retro) for week in weeks_of(context)]
        return pl.concat(look.sprints for look in looks), pl.concat(look.tasks for look in looks)

    return [look_back_on_sprints]
