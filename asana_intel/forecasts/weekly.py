"""One week's forecasts in the shape of their contracts: inputs, models and baselines put side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from asana_intel.clock import WEEK, monday_of
from asana_intel.forecasts.anomalies import detect_anomalies
from asana_intel.forecasts.attainment import forecast_attainment
from asana_intel.forecasts.baselines import forecast_linear_pace
from asana_intel.forecasts.calibration import AS_SAID, Calibration, calibrated
from asana_intel.forecasts.capacity import forecast_person_weeks
from asana_intel.forecasts.champion import Verdict, hold_back
from asana_intel.forecasts.drivers import explain_attainment, odds_moved
from asana_intel.forecasts.evidence import gather_evidence
from asana_intel.forecasts.inputs import goal_history, goals_as_of, person_history
from asana_intel.forecasts.outcomes import last_snapshots, owner_said
from asana_intel.forecasts.rollup import roll_up, with_rollups
from asana_intel.forecasts.support import Support
from asana_intel.forecasts.task_inputs import finished_tasks, open_tasks
from asana_intel.forecasts.trajectory import agreeing, forecast_trajectories
from asana_intel.settings import ForecastSettings
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.workload.effort import learn_effort
from asana_intel.workload.kept import kept_days, kept_tasks
from asana_intel.workload.load import Work, days_to_lay_out, forecast_load, plan_work
from asana_intel.workload.load_causes import explain_load
from asana_intel.workload.promises import promise_gaps
from asana_intel.workload.tentative import with_promises
from asana_intel.workload.working_time import with_own_hours, working_time

Read = Callable[[str], pl.DataFrame]

RECENT_WEEKS = 4
PAST_WEEKS = 26
_BASELINE_WEEKS = 8
_SAME_ODDS = 1e-6


@dataclass(frozen=True)
class GoalEvidence:
    """Goals open as of a week, the history of their metrics, and what their owners said (`outcomes.owner_said`)."""

    week_on: date
    as_of: datetime
    goals: pl.DataFrame
    history: pl.DataFrame
    owners: pl.DataFrame


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
    return GoalEvidence(week_on, as_of, goals, history, owner_said(snapshots, as_of))


def goal_attainment(
    evidence: GoalEvidence,
    bridge: pl.DataFrame,
    pace: pl.DataFrame,
    before: pl.DataFrame,
    verdicts: Sequence[Verdict] = (),
    support: Support | None = None,
    calibration: Calibration = AS_SAID,
) -> pl.DataFrame:
    """Odds of every open goal (contract forecasts/goal_attainment).

    Args:
        evidence: From `goal_evidence`.
        bridge: marts/bridge_goal_project.
        pace: forecasts/project_pace of the week.
        before: The same table of the week before; gives the change of the odds.
        verdicts: How the models did on this organisation's goals that had been due by then.
        calibration: What those goals correct.
        support: What the goals that Asana computes stand on; without it their own history speaks, as for the others.
    """
    goals, history, day_on = evidence.goals, evidence.history, evidence.as_of.date()
    odds = forecast_attainment(goals, history, day_on)
    if support is not None:
        odds = with_rollups(odds, roll_up(support, odds, evidence.as_of))
    odds = calibrated(odds.with_columns(model_p="p_attain"), goals, calibration)
    kinds = gather_evidence(goals, history, day_on).goals.select("goal_gid", "kind")
    elapsed = (pl.lit(day_on) - pl.col("start_on")).dt.total_days() / (
        pl.col("due_on") - pl.col("start_on")
    ).dt.total_days()
    frame = (
        odds.join(goals.drop("kind"), on="goal_gid", how="left")
        .join(kinds, on="goal_gid", how="left")
        .join(forecast_linear_pace(goals, history, day_on), on="goal_gid", how="left")
        .join(evidence.owners, on="goal_gid", how="left")
        .pipe(hold_back, verdicts)
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


def goal_drivers(now: GoalEvidence, then: GoalEvidence, attainment: pl.DataFrame) -> pl.DataFrame:
    """What moved each goal's odds since `then`, and what would move them most (contract forecasts/goal_drivers).

    Args:
        now: From `goal_evidence`.
        then: The same of the week before.
        attainment: forecasts/goal_attainment of the week: odds that its own model did not give (those of computed
            goals, or of the pace rule) are not explained by it.
    """
    day_on = now.as_of.date()
    said = attainment.select("goal_gid", said="p_attain")
    explained = explain_attainment(now.goals, now.history, day_on).join(said, on="goal_gid", maintain_order="left")
    own = explained.filter((pl.col("p_attain") - pl.col("said")).abs() < _SAME_ODDS)
    levers = own.select("goal_gid", "points", "rank", role=pl.lit("lever"), driver="change")
    moves = odds_moved(then.goals, now.goals, now.history, then.as_of.date(), day_on)
    moves = moves.join(own, on="goal_gid", how="semi").drop("points")
    parts = {"time_points": "time", "progress_points": "progress", "changed_points": "definition",
             "model_points": "model"}  # fmt: skip
    moved = moves.rename(parts).unpivot(
        list(parts.values()), index="goal_gid", variable_name="driver", value_name="points"
    )
    ranked = moved.sort("goal_gid", pl.col("points").abs(), "driver", descending=[False, True, False]).with_columns(
        rank=pl.int_range(pl.len()).over("goal_gid") + 1, role=pl.lit("moved")
    )
    frame = pl.concat([levers, ranked.select(levers.columns)]).with_columns(
        as_of_on=pl.lit(now.week_on), as_of_at=pl.lit(now.as_of)
    )
    return frame.select(CONTRACTS["forecasts/goal_drivers"].schema.names())


def goal_anomalies(evidence: GoalEvidence, snapshots: pl.DataFrame) -> pl.DataFrame:
    """What is odd about each open goal (contract forecasts/goal_anomalies); `snapshots`: staging/goal_snapshots."""
    reported = last_snapshots(snapshots, evidence.as_of).select("goal_gid", "status")
    found = detect_anomalies(evidence.goals, evidence.history, evidence.as_of.date(), reported)
    stamped = found.with_columns(as_of_on=pl.lit(evidence.week_on), as_of_at=pl.lit(evidence.as_of))
    return stamped.select(CONTRACTS["forecasts/goal_anomalies"].schema.names())


def goal_trajectory(evidence: GoalEvidence, settings: ForecastSettings, attainment: pl.DataFrame) -> pl.DataFrame:
    """Fan of every assessed goal (contract forecasts/goal_trajectory).

    Args:
        evidence: From `goal_evidence`.
        settings: How many goals Prophet may draw.
        attainment: forecasts/goal_attainment of the week, with which the pictures must agree.
    """
    day_on = evidence.as_of.date()
    fans = forecast_trajectories(evidence.goals, evidence.history, day_on, max_prophet=settings.prophet_goals)
    stamped = agreeing(fans, attainment, day_on).with_columns(
        as_of_on=pl.lit(evidence.week_on), as_of_at=pl.lit(evidence.as_of)
    )
    return stamped.select(CONTRACTS["forecasts/goal_trajectory"].schema.names())


def person_load(
    read: Read, week_on: date, as_of: datetime, settings: ForecastSettings
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """What each person's open tasks ask of their coming weeks, the odds, and the tasks behind a likely overload.

    Args:
        read: Reads a table by key.
        week_on: Week of the forecast, a Monday.
        as_of: Nothing later is used.
        settings: Horizon, working weeks, what counts as overload and as room.

    Returns:
        Contracts forecasts/person_load, load_causes, task_load and person_days.
    """
    work = _planned_work(read, as_of, settings)
    load = forecast_load(work, settings.overload_above, settings.underused_below)
    allocations = read("staging/allocations")
    load = with_promises(load, work, allocations, settings.overload_above, settings.underused_below)
    gaps = promise_gaps(work, allocations)
    load = load.join(gaps, on=["person_gid", "week_on"], how="left", maintain_order="left").with_columns(
        pl.col(gaps.columns[2:]).fill_null(0.0)
    )
    stamp = {"as_of_on": pl.lit(week_on), "as_of_at": pl.lit(as_of)}
    tables = {
        "person_load": load,
        "load_causes": explain_load(work),
        "task_load": kept_tasks(work),
        "person_days": kept_days(work.time),
    }
    loads, causes, tasks, days = (
        frame.with_columns(**stamp).select(CONTRACTS[f"forecasts/{name}"].schema.names())
        for name, frame in tables.items()
    )
    return loads, causes, tasks, days


def _planned_work(read: Read, as_of: datetime, settings: ForecastSettings) -> Work:
    """Open tasks in the working time of everybody who has some, has an allocation, or was active lately."""
    tasks, day_on = open_tasks(read, as_of), as_of.date()
    allocated = read("staging/allocations").filter(pl.col("end_on") >= day_on)
    active = person_history(read("marts/fct_person_load_weekly"), as_of)
    people = pl.concat([frame.select("person_gid") for frame in (tasks, allocated, active)])
    days = days_to_lay_out(tasks, day_on, settings.horizon_weeks)
    own = with_own_hours(settings, read("staging/custom_field_values"))
    time = working_time(people, read("staging/team_memberships"), read("staging/time_off"), own, day_on, days)
    return plan_work(tasks, learn_effort(finished_tasks(read, as_of), day_on), time, settings.horizon_weeks)


def person_capacity(
    read: Read, week_on: date, as_of: datetime, settings: ForecastSettings, load: pl.DataFrame
) -> pl.DataFrame:
    """Hours each active person will get done, against hours assigned (contract forecasts/person_capacity).

    Args:
        read: Reads a table by key.
        week_on: Week of the forecast, a Monday.
        as_of: Nothing later is used.
        settings: Horizon, working weeks.
        load: forecasts/person_load of the week.
    """
    schema = CONTRACTS["forecasts/person_capacity"].schema
    history = person_history(read("marts/fct_person_load_weekly"), as_of)
    if history.is_empty():
        return pl.DataFrame(schema=schema)
    first = monday_of(as_of)
    calendar = _calendar(read, history, first, settings)
    weeks = forecast_person_weeks(history, first, settings.horizon_weeks, calendar)
    loads = load.select("person_gid", "week_on", "available_hours", "assigned_hours", "load_pct", "p_overload")
    recent = history.filter(pl.col("week_on") >= first - _BASELINE_WEEKS * WEEK)
    usual = recent.group_by("person_gid").agg(usual=pl.col("value").mean())
    together = weeks.join(usual, on="person_gid", how="left", maintain_order="left").with_columns(
        baseline_mean=pl.col("usual").fill_null(0.0)
        * pl.when(pl.col("week_on").is_null()).then(settings.horizon_weeks).otherwise(1)
    )
    frame = together.join(loads, on=["person_gid", "week_on"], how="left", maintain_order="left").with_columns(
        as_of_on=pl.lit(week_on),
        as_of_at=pl.lit(as_of),
        status=pl.lit("assessed"),
        reason=pl.lit(None, pl.String),
        method=pl.lit("person_weeks (newcomers: their colleagues' weeks)"),
    )
    return frame.select(schema.names())


def _calendar(read: Read, people: pl.DataFrame, first: date, settings: ForecastSettings) -> pl.DataFrame:
    """Working days of past and coming weeks, counted in days of everybody's week: person_gid, week_on, working_days."""
    time = working_time(
        people,
        read("staging/team_memberships"),
        read("staging/time_off"),
        with_own_hours(settings, read("staging/custom_field_values")),
        first - PAST_WEEKS * WEEK,
        7 * (PAST_WEEKS + settings.horizon_weeks),
    )
    day = settings.default_weekly_hours / len(settings.working_days)
    return time.by_week().select("person_gid", "week_on", working_days=pl.col("available_hours") / day)


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
