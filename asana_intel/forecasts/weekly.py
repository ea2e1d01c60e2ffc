"""One week's forecasts in the shape of their contracts: inputs, models and baselines put side by side."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl
from scipy.special import ndtr

from asana_intel.clock import monday_of
from asana_intel.forecasts.attainment import forecast_attainment
from asana_intel.forecasts.baselines import forecast_linear_pace
from asana_intel.forecasts.capacity import forecast_person_weeks
from asana_intel.forecasts.evidence import gather_evidence
from asana_intel.forecasts.inputs import goal_history, goals_as_of, person_history, work_calendar
from asana_intel.forecasts.trajectory import forecast_trajectories
from asana_intel.settings import ForecastSettings
from asana_intel.storage.contracts import CONTRACTS

Read = Callable[[str], pl.DataFrame]

RECENT_WEEKS = 4
PAST_WEEKS = 26
# ln 2 / 1.2: half of the 23 % of estimates that are off by more than a factor of two lie on either side.
ESTIMATE_SPREAD = 0.58
HALF_A_DAY_HOURS = 4.0


@dataclass(frozen=True)
class GoalEvidence:
    """Goals open as of a week and the history of their metrics."""

    week_on: date
    as_of: datetime
    goals: pl.DataFrame
    history: pl.DataFrame


def goal_evidence(read: Read, week_on: date, as_of: datetime) -> GoalEvidence:
    """Gather what is known about the open goals.

    Args:
        read: Reads a table by key.
        week_on: Week of the forecast, a Monday.
        as_of: Nothing later is used.
    """
    snapshots = read("staging/goal_snapshots")
    goals = goals_as_of(read("marts/dim_goal"), snapshots, as_of)
    history = goal_history(
        goals,
        snapshots,
        read("marts/fct_task_cycle_times"),
        read("staging/task_projects"),
        read("marts/bridge_goal_project"),
        as_of,
    )
    return GoalEvidence(week_on, as_of, goals, history)


def goal_attainment(
    evidence: GoalEvidence, bridge: pl.DataFrame, pace: pl.DataFrame, before: pl.DataFrame
) -> pl.DataFrame:
    """Odds of every open goal (contract forecasts/goal_attainment).

    Args:
        evidence: From `goal_evidence`.
        bridge: marts/bridge_goal_project.
        pace: forecasts/project_pace of the week.
        before: The same table of the week before; gives the change of the odds.
    """
    goals, history, day_on = evidence.goals, evidence.history, evidence.as_of.date()
    odds = forecast_attainment(goals, history, day_on)
    kinds = gather_evidence(goals, history, day_on).goals.select("goal_gid", "kind")
    elapsed = (pl.lit(day_on) - pl.col("start_on")).dt.total_days() / (
        pl.col("due_on") - pl.col("start_on")
    ).dt.total_days()
    frame = (
        odds.join(goals.drop("kind"), on="goal_gid", how="left")
        .join(kinds, on="goal_gid", how="left")
        .join(forecast_linear_pace(goals, history, day_on), on="goal_gid", how="left")
        .join(before.select("goal_gid", p_before="p_attain"), on="goal_gid", how="left")
        .join(_top_blocking_project(bridge, pace), on="goal_gid", how="left")
        .with_columns(
            as_of_on=pl.lit(evidence.week_on),
            as_of_at=pl.lit(evidence.as_of),
            elapsed_pct=elapsed.fill_nan(1.0).clip(0, 1),  # a goal of one day
            p_attain_change=pl.col("p_attain") - pl.col("p_before"),
        )
    )
    return frame.select(CONTRACTS["forecasts/goal_attainment"].schema.names())


def goal_trajectory(evidence: GoalEvidence, settings: ForecastSettings) -> pl.DataFrame:
    """Fan of every assessed goal (contract forecasts/goal_trajectory)."""
    fans = forecast_trajectories(
        evidence.goals, evidence.history, evidence.as_of.date(), max_prophet=settings.prophet_goals
    )
    stamped = fans.with_columns(as_of_on=pl.lit(evidence.week_on), as_of_at=pl.lit(evidence.as_of))
    return stamped.select(CONTRACTS["forecasts/goal_trajectory"].schema.names())


def person_capacity(read: Read, week_on: date, as_of: datetime, settings: ForecastSettings) -> pl.DataFrame:
    """Hours each active person will get done, against hours assigned (contract forecasts/person_capacity).

    Args:
        read: Reads a table by key.
        week_on: Week of the forecast, a Monday.
        as_of: Nothing later is used; assigned hours are known for the running week only.
        settings: Horizon, working hours, overload factor.
    """
    schema = CONTRACTS["forecasts/person_capacity"].schema
    history = person_history(read("marts/fct_person_load_weekly"), as_of)
    if history.is_empty():
        return pl.DataFrame(schema=schema)
    first = monday_of(as_of)
    calendar = work_calendar(
        read("staging/time_off"), history, first - timedelta(weeks=26), 26 + settings.horizon_weeks
    )
    weeks = forecast_person_weeks(history, first, settings.horizon_weeks, calendar)
    assigned = _assigned_by(read("marts/fct_person_assigned_weekly"), first)
    available = pl.col("working_days") / 5 * settings.default_weekly_hours
    frame = (
        weeks.join(calendar, on=["person_gid", "week_on"], how="left")
        .join(assigned, on=["person_gid", "week_on"], how="left")
        .with_columns(available_hours=available)
        .with_columns(load_pct=pl.col("assigned_hours") / pl.col("available_hours").replace(0.0, None))
        .with_columns(
            p_overload=_chance_of_overload(settings.overload_above),
            as_of_on=pl.lit(week_on),
            as_of_at=pl.lit(as_of),
            status=pl.lit("assessed"),
            reason=pl.lit(None, pl.String),
            method=pl.lit("recency_bootstrap"),
        )
    )
    return frame.select(schema.names())


def _assigned_by(assigned: pl.DataFrame, this_week: date) -> pl.DataFrame:
    """Hours assigned as the last sync saw them; none for a week before it, which could not know them yet."""
    hours = assigned.select("person_gid", "week_on", "assigned_hours", "open_tasks")
    return hours.filter(pl.col("week_on").min() <= this_week)


def _chance_of_overload(limit: float) -> pl.Expr:
    """The chance that the assigned work really takes more than `limit` times the hours available.

    A task takes e^z times its estimate, z normal with the spread of real estimates (77 % of them within a factor of
    two of the actual hours); the errors of several tasks partly cancel, so the spread falls with their square root.
    A week off counts as half a day, so that a trickle of undated work raises no alarm in it.
    """
    spread = ESTIMATE_SPREAD / pl.col("open_tasks").cast(pl.Float64).sqrt()
    hours = pl.max_horizontal("available_hours", pl.lit(HALF_A_DAY_HOURS))
    distance = (pl.col("assigned_hours") / hours / limit).log() / spread
    chance = distance.map_batches(lambda z: pl.Series(ndtr(z.to_numpy())), return_dtype=pl.Float64)
    known = pl.col("assigned_hours").is_not_null() & pl.col("available_hours").is_not_null()
    return pl.when(known).then(chance)


def project_pace(read: Read, week_on: date, as_of: datetime) -> pl.DataFrame:
    """How fast each project finished tasks lately and before (contract forecasts/project_pace)."""
    throughput, day_on = read("marts/fct_project_throughput_weekly"), as_of.date()
    age = (pl.lit(day_on) - pl.col("week_on")).dt.total_days() // 7
    done = pl.col("tasks_completed")
    recent = pl.col("age") <= RECENT_WEEKS
    frame = (
        throughput.filter(pl.col("week_on") + timedelta(days=7) <= day_on)
        .with_columns(age=age)
        .filter(pl.col("age") <= PAST_WEEKS)
        .group_by("project_gid")
        .agg(
            recent=done.filter(recent).sum() / RECENT_WEEKS,
            usual=done.filter(~recent).sum() / (PAST_WEEKS - RECENT_WEEKS),
            last_week=done.filter(pl.col("age") == 1).sum().cast(pl.Float64),
        )
        .with_columns(as_of_on=pl.lit(week_on), as_of_at=pl.lit(as_of))
        .sort("project_gid")
    )
    return frame.select(CONTRACTS["forecasts/project_pace"].schema.names())


def _top_blocking_project(bridge: pl.DataFrame, pace: pl.DataFrame) -> pl.DataFrame:
    """The supporting project furthest below its own usual pace: goal_gid, top_blocking_project_gid."""
    return (
        bridge.join(pace, on="project_gid")
        .with_columns(shortfall=pl.col("usual") - pl.col("recent"))
        .filter(pl.col("shortfall") > 0)
        .sort("goal_gid", "shortfall", "project_gid", descending=[False, True, False])
        .unique("goal_gid", keep="first", maintain_order=True)
        .select("goal_gid", top_blocking_project_gid="project_gid")
    )
