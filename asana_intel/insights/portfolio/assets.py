"""Dagster's face of the portfolios: the schedule of open work, and the order of projects and goals."""

from functools import cache

import dagster as dg
import polars as pl

from asana_intel.insights.portfolio import inputs
from asana_intel.settings import Settings
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import weekly_asset, weeks_of
from asana_intel.storage.sync_log import as_of_week
from asana_intel.storage.tables import TableStore

_EFFORT = "insights/task_effort"
_WEEKLY = (
    "insights/project_schedule",
    _EFFORT,
    "insights/task_priority",
    "insights/task_goal_gain",
    "forecasts/goal_attainment",
)


def build_portfolio_assets(weeks: dg.WeeklyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The portfolio assets over the given weekly partitions."""

    @weekly_asset(weeks, "insights/project_schedule", (*inputs.SCHEDULE_READS, _EFFORT), is_personal=True)
    def project_schedule(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
        settings: dg.ResourceParam[Settings],
    ) -> pl.DataFrame:
        """When each open task can end, and which decide the end of their project. One row per project and task."""
        read = cache(tables.read)
        return pl.concat(
            inputs.project_schedule(
                read, tables.read(_EFFORT, partition=week), week, as_of_week(database, week), settings
            )
            for week in weeks_of(context)
        )

    @weekly_asset(weeks, "insights/portfolio_priority", (*inputs.PRIORITY_READS, *_WEEKLY))
    def portfolio_priority(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
        settings: dg.ResourceParam[Settings],
    ) -> pl.DataFrame:
        """Projects and goals in one order, by value and risk. One row per week and project or goal."""
        read = cache(tables.read)
        return pl.concat(
            inputs.portfolio_priority(
                read,
                {key: tables.read(key, partition=week) for key in _WEEKLY},
                week,
                as_of_week(database, week),
                settings,
            )
            for week in weeks_of(context)
        )

    return [project_schedule, portfolio_priority]
