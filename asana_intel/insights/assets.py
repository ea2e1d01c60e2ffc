"""Dagster's face of the insights: the assets of its parts, each in a folder of its own."""

import dagster as dg

from asana_intel.insights.triage.assets import build_triage_assets


def build_insight_assets(weeks: dg.WeeklyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The insight assets over the given weekly partitions."""
    return [*build_triage_assets(weeks)]
