"""Dagster's face of the forecasts: weekly partitions, so that past weeks can be rebuilt as they would have been."""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache

import dagster as dg
import polars as pl

from asana_intel.clock import WEEK, monday_of
from asana_intel.forecasts import early_warning, ledger, weekly
from asana_intel.forecasts.calibration import learn_calibration
from asana_intel.forecasts.champion import judge, verdicts_table
from asana_intel.forecasts.inputs import hours_done
from asana_intel.forecasts.support import gather_support
from asana_intel.settings import Settings
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import PERSONAL, weekly_asset, weekly_tables, weeks_of
from asana_intel.storage.sync_log import as_of_week, require_last_sync
from asana_intel.storage.tables import TableStore

_GOAL_INPUTS = (
    "staging/goal_snapshots",
    "staging/task_projects",
    "marts/dim_goal",
    "marts/bridge_goal_project",
    "marts/fct_task_cycle_times",
)
_SUPPORT_INPUTS = (
    "marts/bridge_goal_support",
    "staging/tasks",
    "staging/task_completion_intervals",
    "staging/task_section_intervals",
)
_PERSON_INPUTS = (
    "marts/fct_person_load_weekly",
    "staging/time_off",
    "staging/team_memberships",
    "staging/custom_field_values",
)
_LOAD_INPUTS = (
    *_PERSON_INPUTS,
    "staging/tasks",
    "staging/task_lifetimes",
    "staging/task_completion_intervals",
    "staging/task_assignee_intervals",
    "staging/task_date_intervals",
    "staging/task_projects",
    "staging/task_section_intervals",
    "staging/allocations",
)


_LOAD_TABLES = {
    "person_load": "What open tasks ask of each person's coming weeks, and the odds of overload.",
    "load_causes": "Which tasks make a week too full, and the odds without each.",
    "task_load": "Each open task with its days, and what it is likely to take: what a what-if starts from.",
    "person_days": "Each person's working hours, holidays and time off, day by day.",
}


def build_forecast_assets(weeks: dg.WeeklyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The forecast assets over the given weekly partitions."""

    @weekly_asset(weeks, "forecasts/project_pace", ["marts/fct_project_throughput_weekly"])
    def project_pace(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
    ) -> pl.DataFrame:
        """How many tasks a week each project finished lately, and before. One row per week and project."""
        return pl.concat(
            weekly.project_pace(tables.read, week_on, as_of_week(database, week_on)) for week_on in weeks_of(context)
        )

    @weekly_asset(
        weeks,
        "forecasts/goal_attainment",
        (*_GOAL_INPUTS, *_SUPPORT_INPUTS, "forecasts/project_pace", "forecasts/forecast_scores"),
        code_version=ledger.VERSION,
    )
    def goal_attainment(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
    ) -> pl.DataFrame:
        """Odds that each open goal reaches its target by its due date. One row per week and goal."""
        last = require_last_sync(database).synced_at
        scores, read = _own_scores(tables), cache(tables.read)  # a backfill reads each table once
        frames: dict = {}
        for week_on in weeks_of(context):
            evidence = weekly.goal_evidence(read, week_on, as_of_week(database, week_on))
            before = frames.get(week_on - WEEK, tables.read("forecasts/goal_attainment", partition=week_on - WEEK))
            pace = tables.read("forecasts/project_pace", partition=week_on)
            bridge = read("marts/bridge_goal_project")
            known = ledger.scored_by(scores, evidence.as_of.date())
            verdicts, calibration = judge(known), learn_calibration(known)
            support = gather_support(read, evidence.as_of)
            frames[week_on] = weekly.goal_attainment(evidence, bridge, pace, before, verdicts, support, calibration)
            if evidence.as_of == last:  # what is shown today is frozen; a rebuilt past week was never shown
                versions = {key: tables.version(key) for key in (*_GOAL_INPUTS, *_SUPPORT_INPUTS)}
                ledger.freeze_goals(database, frames[week_on], versions)
                context.log.info("; ".join(v.reason for v in verdicts if v.is_off) or "no model is switched off")
        return _with_counts(context, pl.concat(frames.values()))

    @weekly_asset(weeks, "forecasts/goal_drivers", (*_GOAL_INPUTS, "forecasts/goal_attainment"))
    def goal_drivers(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
    ) -> pl.DataFrame:
        """What moved each goal's odds since the week before, and what would move them most. One row per driver."""
        known, frames = _evidence_of(tables, database), []
        for week_on in weeks_of(context):
            odds = tables.read("forecasts/goal_attainment", partition=week_on)
            before = tables.read("forecasts/goal_attainment", partition=week_on - WEEK)
            # The week before as it was shown, which may have been before its end: only so do the parts add up.
            shown_at = before.select(pl.col("as_of_at").max()).item()
            frames.append(weekly.goal_drivers(known(week_on), known(week_on - WEEK, shown_at), odds))
        return pl.concat(frames)

    @weekly_asset(weeks, "forecasts/goal_anomalies", _GOAL_INPUTS)
    def goal_anomalies(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
    ) -> pl.DataFrame:
        """Goals that stalled, jumped, dropped, or are reported green against the odds. One row per week and finding."""
        known, snapshots = _evidence_of(tables, database), tables.read("staging/goal_snapshots")
        return pl.concat(weekly.goal_anomalies(known(week_on), snapshots) for week_on in weeks_of(context))

    @weekly_asset(weeks, "forecasts/goal_trajectory", (*_GOAL_INPUTS, "forecasts/goal_attainment"), kinds=["prophet"])
    def goal_trajectory(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
        settings: dg.ResourceParam[Settings],
    ) -> pl.DataFrame:
        """The drawn path of each goal to its due date, with its band. One row per week, goal and date."""
        known = _evidence_of(tables, database)
        return pl.concat(
            weekly.goal_trajectory(
                known(week_on), settings.forecast, tables.read("forecasts/goal_attainment", partition=week_on)
            )
            for week_on in weeks_of(context)
        )

    @weekly_tables(weeks, "forecasts", _LOAD_TABLES, _LOAD_INPUTS, personal=_LOAD_TABLES)
    def plan_load(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
        settings: dg.ResourceParam[Settings],
    ) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """All tables of the load, from one laying out of everybody's open tasks."""
        read = cache(tables.read)
        by_week = [
            weekly.person_load(read, week_on, as_of_week(database, week_on), settings.forecast)
            for week_on in weeks_of(context)
        ]
        loads, causes, tasks, days = (pl.concat(frames) for frames in zip(*by_week, strict=True))
        return loads, causes, tasks, days

    @weekly_asset(weeks, "forecasts/person_capacity", (*_PERSON_INPUTS, "forecasts/person_load"), is_personal=True)
    def person_capacity(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
        settings: dg.ResourceParam[Settings],
    ) -> pl.DataFrame:
        """Hours each person will get done in the coming weeks, against hours assigned. One row per person and week."""
        last = require_last_sync(database).synced_at
        frames: list[pl.DataFrame] = []
        for week_on in weeks_of(context):
            as_of, load = as_of_week(database, week_on), tables.read("forecasts/person_load", partition=week_on)
            frames.append(weekly.person_capacity(tables.read, week_on, as_of, settings.forecast, load))
            if as_of == last:
                ledger.freeze_people(database, frames[-1], {key: tables.version(key) for key in _PERSON_INPUTS})
        return pl.concat(frames)

    @dg.asset(
        key=["forecasts", "forecast_scores"],
        deps=[["staging", "goal_snapshots"], ["marts", "dim_goal"]],
        group_name="forecasts",
        kinds={"polars", "postgres"},
    )
    def forecast_scores(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
    ) -> pl.DataFrame:
        """How the forecasts that were shown turned out, beside the naive pace rule. One row per scored forecast."""
        scores = ledger.score_goals(
            database,
            tables.read("marts/dim_goal"),
            tables.read("staging/goal_snapshots"),
            require_last_sync(database).synced_at,
        )
        context.add_output_metadata({"ledger_head": ledger.GOALS.head(database)})
        if scores.height:
            brier, baseline = scores.select(pl.mean("brier"), pl.mean("baseline_brier")).row(0)
            context.add_output_metadata({"brier": brier, "baseline_brier": baseline, "scored": scores.height})
        return scores

    @dg.asset(
        key=["forecasts", "capacity_scores"],
        deps=[["marts", "fct_person_load_weekly"]],
        group_name="forecasts",
        kinds={"polars", "postgres"},
        tags=PERSONAL,
    )
    def capacity_scores(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
    ) -> pl.DataFrame:
        """How the forecasts of people's weeks turned out, beside the mean of eight weeks. One row per scored week."""
        as_of = require_last_sync(database).synced_at
        weeks = tables.read("marts/fct_person_load_weekly").filter(pl.col("week_on") < monday_of(as_of))
        # People who have left since are scored, too.
        actual = weeks.select("person_gid", "week_on", value=hours_done(weeks))
        context.add_output_metadata({"ledger_head": ledger.PEOPLE.head(database)})
        return ledger.score_people(database, actual, as_of)

    @dg.asset(
        key=["forecasts", "replay_scores"],
        deps=[["forecasts", "goal_attainment"], ["staging", "goal_snapshots"]],
        group_name="forecasts",
        kinds={"polars"},
    )
    def replay_scores(tables: dg.ResourceParam[TableStore], database: dg.ResourceParam[Database]) -> pl.DataFrame:
        """How the forecasts of all weeks, rebuilt ones too, turned out. One row per scored forecast."""
        return ledger.score(
            tables.read("forecasts/goal_attainment").filter(pl.col("status") == "assessed"),
            tables.read("staging/goal_snapshots"),
            require_last_sync(database).synced_at,
        )

    @dg.asset(
        key=["forecasts", "early_warnings"],
        deps=[["forecasts", "forecast_scores"], ["forecasts", "replay_scores"]],
        group_name="forecasts",
        kinds={"polars"},
    )
    def early_warnings(tables: dg.ResourceParam[TableStore]) -> pl.DataFrame:
        """How early missed goals were warned of, and how often a warning was false. One row per basis and source."""
        return early_warning.warnings_table(
            tables.read("forecasts/forecast_scores"), tables.read("forecasts/replay_scores")
        )

    @dg.asset(
        key=["forecasts", "overload_alerts"],
        deps=[["forecasts", "person_load"]],
        group_name="forecasts",
        kinds={"polars"},
    )
    def overload_alerts(tables: dg.ResourceParam[TableStore]) -> pl.DataFrame:
        """How many alerts of overload came true. One row per number of weeks ahead; of all people together."""
        return early_warning.overload_alerts(tables.read("forecasts/person_load"))

    @dg.asset(
        key=["forecasts", "model_verdicts"],
        deps=[["forecasts", "forecast_scores"], ["forecasts", "replay_scores"]],
        group_name="forecasts",
        kinds={"polars"},
    )
    def model_verdicts(tables: dg.ResourceParam[TableStore]) -> pl.DataFrame:
        """Whether the model of each kind of goal beats the pace rule here. One row per kind with a scored forecast."""
        return verdicts_table(judge(_own_scores(tables)))

    return [
        project_pace,
        goal_attainment,
        goal_drivers,
        goal_anomalies,
        goal_trajectory,
        plan_load,
        person_capacity,
        forecast_scores,
        capacity_scores,
        replay_scores,
        early_warnings,
        overload_alerts,
        model_verdicts,
    ]


def _evidence_of(tables: TableStore, database: Database) -> Callable[..., weekly.GoalEvidence]:
    """What was known of the goals in a week, at its end unless told when; a backfill reads each table once."""
    read = cache(tables.read)

    def known(week_on: date, as_of: datetime | None = None) -> weekly.GoalEvidence:
        return weekly.goal_evidence(read, week_on, as_of or as_of_week(database, week_on))

    return known


def _own_scores(tables: TableStore) -> pl.DataFrame:
    """Scores on this organisation's goals: of what was shown, and of rebuilt weeks for goals that were never shown."""
    shown, rebuilt = tables.read("forecasts/forecast_scores"), tables.read("forecasts/replay_scores")
    return pl.concat([shown, rebuilt.join(shown, on="goal_gid", how="anti")])


def _with_counts(context: dg.AssetExecutionContext, frame: pl.DataFrame) -> pl.DataFrame:
    counts = dict(frame.group_by("status").len().iter_rows())
    context.add_output_metadata({status: counts.get(status, 0) for status in ("assessed", "not_assessed")})
    return frame
