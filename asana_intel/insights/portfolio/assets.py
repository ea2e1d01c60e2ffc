"""Dagster's face of the portfolios: the schedule of open work, and the order of projects and goals."""

from datetime import date
from functools import cache, partial
from pathlib import Path

import dagster as dg
import polars as pl

from asana_intel.errors import AsanaIntelError
from asana_intel.insights.portfolio import inputs, weighing
from asana_intel.insights.portfolio.initiative_file import read_initiatives
from asana_intel.settings import Settings
from asana_intel.storage.contracts import CONTRACTS
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

    @weekly_asset(weeks, weighing.TABLE, (*weighing.READS, *weighing.WEEK_READS))
    def initiative_outlook(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
        settings: dg.ResourceParam[Settings],
    ) -> pl.DataFrame:
        """Initiatives that the company declares, against the load. One row per week, initiative and scenario."""
        read, path = cache(tables.read), settings.portfolio.initiatives
        frames = [pl.DataFrame(schema=CONTRACTS[weighing.TABLE].schema)]
        try:
            asked = read_initiatives(Path(path)) if path else []
            frames += [
                weighing.outlooks(read, partial(_week, tables, week), asked, week, as_of_week(database, week), settings)
                for week in weeks_of(context)
            ]
        except AsanaIntelError:  # may quote names; a slip in a file of wishes is no reason to have no report
            context.log.warning("The initiatives cannot be weighed; to see why, run: asana-intel initiative %s", path)
        return pl.concat(frames)

    return [project_schedule, portfolio_priority, initiative_outlook]


def _week(tables: TableStore, week_on: date, key: str) -> pl.DataFrame:
    return tables.read(key, partition=week_on)
