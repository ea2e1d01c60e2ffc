"""Dagster's face of the scores of suggestions."""

from functools import cache

import dagster as dg
import polars as pl

from asana_intel.insights.scored.decisions import read_decisions
from asana_intel.insights.scored.scores import INPUTS, score_suggestions
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import weekly_asset, weeks_of
from asana_intel.storage.sync_log import as_of_week, require_last_sync
from asana_intel.storage.tables import TableStore


def build_scored_assets(weeks: dg.WeeklyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The scores of suggestions over the given weekly partitions."""

    @weekly_asset(weeks, "insights/suggestion_scores", INPUTS, kinds=("polars", "postgres"))
    def suggestion_scores(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
    ) -> pl.DataFrame:
        """How suggestions turned out, beside a naive guess, and how many were taken. One row per week and kind."""
        last, read = require_last_sync(database).synced_at, cache(tables.read)
        frames = []
        for week_on in weeks_of(context):
            as_of = as_of_week(database, week_on)
            # The ledger has a clock of its own: of the newest week every decision counts.
            decisions = read_decisions(database, None if as_of == last else as_of)
            frames.append(score_suggestions(read, week_on, as_of, decisions))
        return pl.concat(frames)

    return [suggestion_scores]
