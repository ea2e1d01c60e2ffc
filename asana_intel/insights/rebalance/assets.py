"""Dagster's face of rebalancing: one step a week for all three tables."""

from functools import cache

import dagster as dg
import polars as pl

from asana_intel.insights.rebalance.weekly import READS, WEEK_READS, rebalance_week
from asana_intel.settings import Settings
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import weekly_tables, weeks_of
from asana_intel.storage.sync_log import as_of_week
from asana_intel.storage.tables import TableStore

_DESCRIPTIONS = {
    "rebalance_moves": "The fewest moves of tasks that bring the next weeks below the limit, each with a reason.",
    "rebalance_weeks": "Hours and odds of everybody's weeks as they stand, and after all proposed moves.",
    "rebalance_limits": "Overloaded weeks that no set of moves mends: what blocks, and how many hours must go.",
}


def build_rebalance_assets(weeks: dg.WeeklyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The rebalancing assets over the given weekly partitions."""

    @weekly_tables(weeks, "insights", _DESCRIPTIONS, sorted({*READS, *WEEK_READS}), personal=_DESCRIPTIONS)
    def propose_rebalance(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
        settings: dg.ResourceParam[Settings],
    ) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """All three tables, from one gathering of the week's inputs."""
        read = cache(tables.read)  # a backfill reads each table once
        found = [
            rebalance_week(
                read,
                lambda key, week_on=week_on: tables.read(key, partition=week_on),
                week_on,
                as_of_week(database, week_on),
                settings,
            )
            for week_on in weeks_of(context)
        ]
        moves, weeks_of_people, limits = (pl.concat(week.tables[name] for week in found) for name in _DESCRIPTIONS)
        sure = {"gap": max(week.gap for week in found), "spare_hours": max(week.spare_hours for week in found)}
        context.add_output_metadata(sure, output_name="rebalance_moves")
        return moves, weeks_of_people, limits

    return [propose_rebalance]
