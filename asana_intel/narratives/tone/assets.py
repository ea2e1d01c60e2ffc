"""Dagster's face of the signals in comments: the tone and the urgency of each week."""

from collections.abc import Iterator
from functools import cache

import dagster as dg
import polars as pl

from asana_intel.narratives.tone import trend, urgency
from asana_intel.narratives.tone.comments import read_comments
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import weekly_tables, weeks_of
from asana_intel.storage.sync_log import as_of_week
from asana_intel.storage.tables import TableStore

_ABOUT = {
    "tone_trend": "Whether a project or team sounds different from its own past; weak, and never about a person.",
    "urgency": "How urgent the open work of each project is, from its dates, dependencies and silence.",
}


def build_signal_assets(weeks: dg.WeeklyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The signal assets over the given weekly partitions."""

    @weekly_tables(weeks, "narratives", _ABOUT, sorted({*trend.READS, *urgency.READS}))
    def read_signals(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
    ) -> Iterator[dg.Output[pl.DataFrame]]:
        """Both tables, from one reading of the comments."""
        read = cache(tables.read)
        known = {week: as_of_week(database, week) for week in weeks_of(context)}
        comments = read_comments(read, min(known.values()) - trend.RECENT - trend.USUAL, max(known.values()))
        places, projects = read("staging/task_section_intervals"), read("staging/projects")
        tones = [trend.tone_trend(comments, places, projects, week, at) for week, at in known.items()]
        urgent = [urgency.project_urgency(read, comments, week, at) for week, at in known.items()]
        yield dg.Output(pl.concat(tones), "tone_trend")
        yield dg.Output(pl.concat(urgent), "urgency")

    return [read_signals]
