"""Dagster's face of sprints and assignment: one step a week for all four tables."""

from functools import cache

import dagster as dg
import polars as pl

from asana_intel.insights import work
from asana_intel.insights.sprint import inputs
from asana_intel.insights.sprint.weekly import sprint_week
from asana_intel.settings import Settings
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import weekly_tables, weeks_of
from asana_intel.storage.sync_log import as_of_week
from asana_intel.storage.tables import TableStore

_DESCRIPTIONS = {
    "sprint_proposal": "Which tasks the next sprint should hold, who would do them, and why the others are left out.",
    "sprint_capacity": "Hours of each person in the next sprint: what they have, what is committed, what is proposed.",
    "sprint_outlook": "Odds that the proposed sprint is finished, and how far from the best it may be.",
    "task_assignment": "Who could do tasks that nobody has, or whose assignee has no time or skill for them.",
}


def build_sprint_assets(weeks: dg.WeeklyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The assets of sprints and assignment over the given weekly partitions."""

    @weekly_tables(
        weeks,
        "insights",
        _DESCRIPTIONS,
        (*work.READS, *inputs.READS, *inputs.WEEK_READS),
        personal=("sprint_proposal", "sprint_capacity", "task_assignment"),
    )
    def propose_sprints(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
        settings: dg.ResourceParam[Settings],
    ) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """All four tables, from one gathering of the week's inputs."""
        read = cache(tables.read)  # a backfill reads each table once
        found = [
            sprint_week(
                read,
                lambda key, week_on=week_on: tables.read(key, partition=week_on),
                week_on,
                as_of_week(database, week_on),
                settings,
            )
            for week_on in weeks_of(context)
        ]
        first, second, third, fourth = (pl.concat(week[name] for week in found) for name in _DESCRIPTIONS)
        return first, second, third, fourth

    return [propose_sprints]
