"""The jobs that span stages; a job that belongs to one stage lives there."""

import dagster as dg

READ_GROUPS = ("raw", "staging", "marts", "forecasts", "insights", "narratives")


def build_jobs() -> list:
    """The asset jobs; those that hold a weekly asset run for a week."""
    replayed = dg.AssetSelection.assets(["forecasts", "replay_scores"])
    # Of all weeks at once, so that they belong to no run for some weeks.
    judged = dg.AssetSelection.assets(
        ["forecasts", "early_warnings"], ["forecasts", "model_verdicts"], ["forecasts", "overload_alerts"]
    )
    scored = dg.AssetSelection.assets(["forecasts", "forecast_scores"], ["forecasts", "capacity_scores"]) | judged
    everything = dg.AssetSelection.groups(*READ_GROUPS, "changes") - replayed
    return [
        dg.define_asset_job(
            "refresh_workspace",
            selection=everything,
            description="Sync Asana, then everything that follows, up to the plan of changes. Writes nothing to Asana.",
        ),
        dg.define_asset_job(
            "rebuild_week",
            selection=everything - dg.AssetSelection.groups("raw"),
            description="The same without reading Asana again.",
        ),
        dg.define_asset_job(
            "score_forecasts",
            selection=dg.AssetSelection.groups("raw", "staging", "marts") | scored,
            description="Sync, and score the forecasts whose goals have met their due date. Makes no new forecast.",
        ),
        dg.define_asset_job(
            "replay_forecasts",
            selection=dg.AssetSelection.groups("forecasts", "insights", "narratives") - scored - replayed,
            description="Rebuild the forecasts of past weeks as they would have been then.",
        ),
        dg.define_asset_job(
            "replay_odds",
            selection=dg.AssetSelection.assets(["forecasts", "project_pace"], ["forecasts", "goal_attainment"]),
            description="The odds of past weeks alone, to be scored.",
        ),
        dg.define_asset_job(
            "score_replay",
            selection=replayed | judged,
            description="Score the forecasts of all weeks, rebuilt ones too.",
        ),
        dg.define_asset_job(
            "publish_digest",
            selection=dg.AssetSelection.all(),
            description="Refresh everything and write the weekly report and digest. Sends nothing.",
        ),
    ]
