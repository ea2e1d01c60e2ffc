"""Dagster's face of the insights: the assets of its parts, each in a folder of its own."""

import dagster as dg

from asana_intel.insights.effort.assets import build_effort_assets
from asana_intel.insights.headcount.assets import build_headcount_assets
from asana_intel.insights.portfolio.assets import build_portfolio_assets
from asana_intel.insights.priority.assets import build_priority_assets
from asana_intel.insights.rebalance.assets import build_rebalance_assets
from asana_intel.insights.retro.assets import build_retro_assets
from asana_intel.insights.scored.assets import build_scored_assets
from asana_intel.insights.sprint.assets import build_sprint_assets
from asana_intel.insights.triage.assets import build_triage_assets
from asana_intel.insights.utilisation.assets import build_utilisation_assets


def build_insight_assets(weeks: dg.WeeklyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The insight assets over the given weekly partitions."""
    return [
        *build_effort_assets(weeks),
        *build_triage_assets(weeks),
        *build_priority_assets(weeks),
        *build_sprint_assets(weeks),
        *build_portfolio_assets(weeks),
        *build_retro_assets(weeks),
        *build_scored_assets(weeks),
        *build_rebalance_assets(weeks),
        *build_utilisation_assets(weeks),
        *build_headcount_assets(weeks),
    ]
