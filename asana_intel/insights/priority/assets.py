"""Dagster's face of the score: what each task does for the goals, and the order of the backlog, week by week."""

from functools import cache

import dagster as dg
import polars as pl

from asana_intel.clock import WEEK
from asana_intel.insights.priority.goal_gain import GAINS
from asana_intel.insights.priority.inputs import READS, gather
from asana_intel.insights.priority.score import TABLE, score_tasks, task_goal_gains
from asana_intel.settings import Settings
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import weekly_asset, weeks_of
from asana_intel.storage.sync_log import as_of_week
from asana_intel.storage.tables import TableStore

_GAINS = "insights/task_goal_gain"


def build_priority_assets(weeks: dg.WeeklyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The assets of the score over the given weekly partitions."""

    @weekly_asset(weeks, _GAINS, READS)
    def task_goal_gain(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
        settings: dg.ResourceParam[Settings],
    ) -> pl.DataFrame:
        """By how much each open task raises the odds of each goal it serves. One row per week, task and goal."""
        read, told = cache(tables.read), []
        for week_on in weeks_of(context):
            as_of = as_of_week(database, week_on)
            gains = task_goal_gains(gather(read, week_on, as_of, settings.priority), as_of)
            told.append(gains.with_columns(as_of_on=pl.lit(week_on), as_of_at=pl.lit(as_of)))
        return pl.concat(told)

    @weekly_asset(weeks, TABLE, (*READS, _GAINS), is_personal=True)
    def task_priority(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
        settings: dg.ResourceParam[Settings],
    ) -> pl.DataFrame:
        """Every open task with its score, the parts of it, its rank and what moved it. One row per week and task."""
        read, told = cache(tables.read), dict[object, pl.DataFrame]()
        for week_on in weeks_of(context):
            as_of = as_of_week(database, week_on)
            before = told.get(week_on - WEEK, tables.read(TABLE, partition=week_on - WEEK))
            gains = tables.read(_GAINS, partition=week_on).select(list(GAINS))
            scored = score_tasks(
                gather(read, week_on, as_of, settings.priority), before, settings.priority, as_of, gains
            )
            told[week_on] = scored.with_columns(as_of_on=pl.lit(week_on))
        context.add_output_metadata({"tasks": sum(rows.height for rows in told.values())})
        return pl.concat(told.values())

    return [task_goal_gain, task_priority]
