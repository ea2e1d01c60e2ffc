"""Dagster's face of the narratives: the fact sheets and the sentences of each week's open goals."""

from datetime import date
from functools import partial

import dagster as dg
import polars as pl

from asana_intel.narratives.choose import PROMPT_VERSION, ModelChooser, chooser_for
from asana_intel.narratives.facts import FactSheet
from asana_intel.narratives.goal_facts import GoalFactInputs, build_fact_sheets
from asana_intel.narratives.narrate import fact_table, narrate
from asana_intel.settings import Settings
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import weeks_of
from asana_intel.storage.sync_log import as_of_week
from asana_intel.storage.tables import TableStore

_INPUTS = {
    "goals": "marts/dim_goal",
    "progress": "marts/fct_goal_progress_weekly",
    "bridge": "marts/bridge_goal_project",
    "projects": "marts/dim_project",
    "health": "marts/fct_project_health",
}
_WEEKLY = {"attainment": "forecasts/goal_attainment", "pace": "forecasts/project_pace"}
_DEPS = [dg.AssetKey(key.split("/")) for key in (*_INPUTS.values(), *_WEEKLY.values())]


def build_narrative_assets(weeks: dg.WeeklyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The narrative assets over the given weekly partitions."""
    weekly_asset = partial(
        dg.asset, partitions_def=weeks, backfill_policy=dg.BackfillPolicy.single_run(), group_name="narratives"
    )

    @weekly_asset(
        key=["narratives", "goal_facts"],
        deps=_DEPS,
        kinds={"polars"},
    )
    def goal_facts(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
    ) -> pl.DataFrame:
        """Every number and name a narrative may use. One row per week, goal and fact."""
        return pl.concat(
            fact_table(_sheets(tables, database, week_on), week_on) for week_on in weeks_of(context)
        )  # fmt: skip

    @weekly_asset(
        key=["narratives", "goal_progress"],
        deps=[*_DEPS, dg.AssetKey(["narratives", "goal_facts"])],
        kinds={"litellm"},
        code_version=PROMPT_VERSION,
    )
    def goal_progress(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
        settings: dg.ResourceParam[Settings],
    ) -> pl.DataFrame:
        """Two or three sentences per open goal: where it stands, why, and what to do next."""
        chooser = chooser_for(settings.llm)
        frame = pl.concat(
            narrate(_sheets(tables, database, week_on), chooser, week_on, as_of_week(database, week_on))
            for week_on in weeks_of(context)
        )
        authors = dict(frame.group_by("written_by").len().iter_rows())
        asked = {"model_calls": chooser.calls, "tokens": chooser.tokens} if isinstance(chooser, ModelChooser) else {}
        context.add_output_metadata({f"written_by_{who}": n for who, n in authors.items()} | asked)
        return frame

    return [goal_facts, goal_progress]


def _sheets(tables: TableStore, database: Database, week_on: date) -> list[FactSheet]:
    frames = {name: tables.read(key) for name, key in _INPUTS.items()}
    frames |= {name: tables.read(key, partition=week_on) for name, key in _WEEKLY.items()}
    return build_fact_sheets(GoalFactInputs(**frames), as_of_week(database, week_on).date())
