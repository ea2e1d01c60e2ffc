"""Dagster's face of the headcount: people needed by role and quarter, and the first 90 days of new people."""

from functools import cache

import dagster as dg
import polars as pl

from asana_intel.insights.headcount import weekly
from asana_intel.settings import Settings
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import weekly_asset, weeks_of
from asana_intel.storage.sync_log import as_of_week
from asana_intel.storage.tables import TableStore


def build_headcount_assets(weeks: dg.WeeklyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The headcount and the ramp over the given weekly partitions."""

    @weekly_asset(weeks, "insights/headcount", weekly.READS)
    def headcount(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
        settings: dg.ResourceParam[Settings],
    ) -> pl.DataFrame:
        """People asked for against people there, four quarters ahead. One row per role and quarter."""
        read = cache(tables.read)
        return pl.concat(
            weekly.headcount(read, week, as_of_week(database, week), settings) for week in weeks_of(context)
        )

    @weekly_asset(weeks, "insights/ramp_plan", (*weekly.RAMP_READS, *weekly.RAMP_WEEK_READS), is_personal=True)
    def ramp_plan(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
        settings: dg.ResourceParam[Settings],
    ) -> pl.DataFrame:
        """How full a load each new person should have in their first 90 days, and what to begin with. A row a step."""
        read = cache(tables.read)
        return pl.concat(
            weekly.ramp_plan(
                read,
                {key: tables.read(key, partition=week) for key in weekly.RAMP_WEEK_READS},
                week,
                as_of_week(database, week),
                settings,
            )
            for week in weeks_of(context)
        )

    return [headcount, ramp_plan]
