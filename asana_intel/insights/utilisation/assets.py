"""Dagster's face of the utilisation: how full teams are, and what a shortage costs, from one look at each week."""

from functools import cache

import dagster as dg
import polars as pl

from asana_intel.insights.utilisation import weekly
from asana_intel.settings import Settings
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import weekly_tables, weeks_of
from asana_intel.storage.sync_log import as_of_week
from asana_intel.storage.tables import TableStore

_TABLES = {
    "team_utilisation": "How full each team was and will be, with the band of the whole team. One row per team, week.",
    "capacity_cost": "What a shortage of time costs each team in hours and goal odds. One row per team.",
}


def build_utilisation_assets(weeks: dg.WeeklyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The utilisation over the given weekly partitions."""

    @weekly_tables(weeks, "insights", _TABLES, (*weekly.READS, *weekly.WEEK_READS))
    def measure_utilisation(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
        settings: dg.ResourceParam[Settings],
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Both tables of the utilisation, from one draw of each week."""
        read = cache(tables.read)
        found = [
            weekly.measure(
                read,
                {key: tables.read(key, partition=week) for key in weekly.WEEK_READS},
                week,
                as_of_week(database, week),
                settings,
            )
            for week in weeks_of(context)
        ]
        return pl.concat(teams for teams, _ in found), pl.concat(cost for _, cost in found)

    return [measure_utilisation]
