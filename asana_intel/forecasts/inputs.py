"""What the forecasts are made from, cut at `as_of`: goals, their history, people's weeks. No forecast is made here.

The metric of a goal has no history in Asana before the first sync. Where the supporting projects' finished tasks
explain the metric (a steady number of units per task), their weekly counts before the start serve as its past.
"""

from datetime import date, datetime, timedelta

import polars as pl

from asana_intel.clock import monday_of
from asana_intel.forecasts.outcomes import last_snapshots
from asana_intel.storage.contracts.contract import CLOSED_GOAL_STATUSES

_PAST_WEEKS = 26
# Fewest finished tasks from which "units of the metric per task" is believed.
_MIN_TASKS_FOR_UNIT = 5
# A metric counts tasks where its gain is their number, but for one task or a fiftieth: a task may be reopened or moved.
_SAME_COUNT = 1.0
_SAME_SHARE = 0.02


def goals_as_of(dim_goal: pl.DataFrame, snapshots: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Goals open at `as_of`, one row each, in the shape `forecast_attainment` wants, plus `current_value`.

    Args:
        dim_goal: marts/dim_goal.
        snapshots: staging/goal_snapshots; only those up to `as_of` count.
        as_of: Nothing later is used.
    """
    known = last_snapshots(snapshots.filter(pl.col("value").is_not_null()), as_of)
    closed = _closed_by(dim_goal, snapshots, as_of)
    is_open = pl.col("due_on").is_null() | (pl.col("due_on") >= as_of.date())
    started = pl.col("start_on").is_null() | (pl.col("start_on") <= as_of.date())
    return (
        dim_goal.join(closed, on="goal_gid", how="anti")
        .filter(is_open & started)
        .join(known.select("goal_gid", "value"), on="goal_gid", how="left")
        .select(
            "goal_gid",
            kind=pl.lit(None, pl.String),
            series_gid="goal_gid",
            start_on="start_on",
            due_on="due_on",
            initial_value="initial_value",
            target_value="target_value",
            current_value="value",
        )
        .sort("goal_gid")
    )


def _closed_by(dim_goal: pl.DataFrame, snapshots: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Goals that had a closed status at `as_of`: the last snapshot of then says it, not what they are today.

    A goal that was never photographed by then counts as closed if it is closed now and nothing tells of a change.
    """
    then = last_snapshots(snapshots, as_of)
    unseen = dim_goal.filter("is_closed").join(snapshots.select("goal_gid"), on="goal_gid", how="anti")
    closed_then = then.filter(pl.col("status").is_in(CLOSED_GOAL_STATUSES))
    return pl.concat([closed_then.select("goal_gid"), unseen.select("goal_gid")])


def goal_history(
    goals: pl.DataFrame,
    snapshots: pl.DataFrame,
    cycle_times: pl.DataFrame,
    task_projects: pl.DataFrame,
    bridge: pl.DataFrame,
    as_of: datetime,
) -> pl.DataFrame:
    """Values of each goal's metric over time: series_gid, on, value.

    Args:
        goals: From `goals_as_of`.
        snapshots: staging/goal_snapshots.
        cycle_times: marts/fct_task_cycle_times.
        task_projects: staging/task_projects.
        bridge: marts/bridge_goal_project.
        as_of: Nothing later is used.
    """
    ever_done = _completions(goals, cycle_times, task_projects, bridge)
    counted = _counted_work(goals, snapshots, ever_done, as_of)
    own = pl.concat([counted, _own_values(goals, snapshots, as_of)]).unique(["series_gid", "on"], keep="last")
    past = _past_from_work(goals, own, ever_done.filter(pl.col("done_at") <= as_of))
    return pl.concat([past, own]).unique(["series_gid", "on"], keep="last").sort("series_gid", "on")


def _snapshots_until(snapshots: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    return snapshots.filter(pl.col("snapshot_at") <= as_of, pl.col("value").is_not_null())


def _own_values(goals: pl.DataFrame, snapshots: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """The initial value on the eve of the start, and every snapshot since."""
    start = goals.filter(pl.col("start_on").is_not_null(), pl.col("initial_value").is_not_null()).select(
        series_gid="goal_gid", on=pl.col("start_on") - timedelta(days=1), value="initial_value"
    )
    seen = (
        _snapshots_until(snapshots, as_of)
        .join(goals.select("goal_gid", "start_on"), on="goal_gid")
        .filter(pl.col("snapshot_on") >= pl.col("start_on"))
        .select(series_gid="goal_gid", on="snapshot_on", value="value")
    )
    return pl.concat([start, seen])


def _completions(
    goals: pl.DataFrame,
    cycle_times: pl.DataFrame,
    task_projects: pl.DataFrame,
    bridge: pl.DataFrame,
) -> pl.DataFrame:
    """One row per goal and finished task that supports it: goal_gid, done_at, done_on."""
    finished = cycle_times.filter(pl.col("completed_at").is_not_null()).select(
        "task_gid", done_at="completed_at", done_on=pl.col("completed_at").dt.date()
    )
    return (
        bridge.join(goals.select("goal_gid"), on="goal_gid")
        .join(task_projects.select("task_gid", "project_gid"), on="project_gid")
        .unique(["goal_gid", "task_gid"])
        .join(finished, on="task_gid")
        .select("goal_gid", "done_at", "done_on")
    )


def _counted_work(goals: pl.DataFrame, snapshots: pl.DataFrame, done: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Values before the first sync that saw a goal, where its metric counts its tasks: series_gid, on, value.

    That it does is read off the first value that was seen, which may be later than `as_of`: it says what the metric
    means, and no more. What was done when is the tasks' own record.
    """
    first = (
        snapshots.filter(pl.col("value").is_not_null())
        .sort("snapshot_at")
        .group_by("goal_gid")
        .agg(pl.col("snapshot_at", "snapshot_on", "value").first())
        .join(goals.select("goal_gid", "start_on", "due_on", "initial_value", "target_value"), on="goal_gid")
        .filter(pl.col("snapshot_on") >= pl.col("start_on"), pl.col("target_value") > pl.col("initial_value"))
    )
    own = (
        done.join(first, on="goal_gid")
        .filter(pl.col("done_on") >= pl.col("start_on"), pl.col("done_at") <= pl.col("snapshot_at"))
        .filter((pl.col("done_on") <= pl.col("due_on")).fill_null(value=True))
    )
    gained = (pl.col("value") - pl.col("initial_value")).first()
    is_count = (pl.len() - gained).abs() <= pl.max_horizontal(_SAME_COUNT, _SAME_SHARE * gained)
    counting = own.group_by("goal_gid").agg(is_count.alias("is_count"), tasks=pl.len()).filter(
        "is_count", pl.col("tasks") >= _MIN_TASKS_FOR_UNIT
    )  # fmt: skip
    return (
        own.join(counting, on="goal_gid", how="semi")
        .filter(pl.col("done_at") <= as_of, pl.col("done_on") < pl.col("snapshot_on"))
        .group_by("goal_gid", "done_on", "initial_value")
        .agg(tasks=pl.len())
        .sort("goal_gid", "done_on")
        .select(
            series_gid="goal_gid",
            on="done_on",
            value=pl.col("initial_value") + pl.col("tasks").cum_sum().over("goal_gid"),
        )
    )


def _past_from_work(goals: pl.DataFrame, own: pl.DataFrame, done: pl.DataFrame) -> pl.DataFrame:
    """Cumulative weekly values before the start, ending at the initial value the day before it."""
    scale = _units_per_task(goals, own, done)
    weekly = (
        done.join(goals.select("goal_gid", "start_on", "initial_value"), on="goal_gid")
        .join(scale, on="goal_gid")
        .with_columns(weeks_before=(pl.col("start_on") - pl.col("done_on") - timedelta(days=1)).dt.total_days() // 7)
        .filter(pl.col("weeks_before").is_between(0, _PAST_WEEKS - 1))
        .group_by("goal_gid", "start_on", "initial_value", "units", "weeks_before")
        .agg(tasks=pl.len())
    )
    span = weekly.group_by("goal_gid", "start_on", "initial_value", "units").agg(
        first=pl.col("weeks_before").max(), counted=pl.struct("weeks_before", "tasks")
    )
    every_week = span.with_columns(weeks_before=pl.int_ranges(0, pl.col("first") + 1)).explode("weeks_before")
    filled = (
        every_week.drop("counted", "first")
        .join(weekly.select("goal_gid", "weeks_before", "tasks"), on=["goal_gid", "weeks_before"], how="left")
        .with_columns(pl.col("tasks").fill_null(0))
        .sort("goal_gid", "weeks_before")
    )
    # Walking back from the start: before the week that ended `weeks_before` weeks earlier, its gain was not there yet.
    gained_since = (pl.col("tasks") * pl.col("units")).cum_sum().over("goal_gid")
    return filled.select(
        series_gid="goal_gid",
        on=pl.col("start_on") - pl.duration(days=7 * (pl.col("weeks_before") + 1) + 1),
        value=pl.col("initial_value") - gained_since,
    )


def _units_per_task(goals: pl.DataFrame, own: pl.DataFrame, done: pl.DataFrame) -> pl.DataFrame:
    """How many units of a goal's metric one finished task was worth so far: goal_gid, units.

    Measured since the goal's start. While that is too young, a whole-number target that says "tasks" in no unit
    counts one unit a task; anything else has no past.
    """
    last = own.sort("on").group_by("series_gid").agg(value=pl.col("value").last(), until=pl.col("on").last())
    known = goals.join(last, left_on="goal_gid", right_on="series_gid", how="left")
    during = (
        done.join(known.select("goal_gid", "start_on", "until"), on="goal_gid")
        .filter(pl.col("done_on") >= pl.col("start_on"), pl.col("done_on") <= pl.col("until"))
        .group_by("goal_gid")
        .agg(tasks=pl.len())
    )
    gained = pl.col("value") - pl.col("initial_value")
    upward = pl.col("target_value") > pl.col("initial_value")
    counts = (pl.col("target_value") == pl.col("target_value").round()) & (pl.col("target_value") >= 10)
    young = pl.col("tasks").fill_null(0) < _MIN_TASKS_FOR_UNIT
    return (
        known.join(during, on="goal_gid", how="left")
        .filter(upward)
        .with_columns(units=pl.when(young & counts).then(1.0).when(~young).then(gained / pl.col("tasks")))
        .filter(pl.col("units").is_between(0.2, 5.0))
        .select("goal_gid", "units")
    )


def person_history(person_load: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Hours of each person per whole week before `as_of`: person_gid, week_on, value.

    Args:
        person_load: marts/fct_person_load_weekly. Where nobody logs hours, finished tasks count as four hours each.
        as_of: Weeks that had not ended by then are left out.
    """
    whole = person_load.filter(pl.col("week_on") < monday_of(as_of))
    recent = whole.filter(pl.col("week_on") >= monday_of(as_of) - timedelta(weeks=_PAST_WEEKS))
    active = recent.group_by("person_gid").agg(
        done=(pl.col("hours_logged") + pl.col("tasks_completed")).sum()
    ).filter(pl.col("done") > 0)  # fmt: skip
    until_now = _carry_on(whole, active, monday_of(as_of))
    return until_now.select("person_gid", "week_on", value=hours_done(whole)).sort("person_gid", "week_on")


def logs_time(weeks: pl.DataFrame) -> bool:
    """Whether anybody logged an hour in these rows of marts/fct_person_load_weekly."""
    return weeks["hours_logged"].sum() > 0


def hours_done(weeks: pl.DataFrame) -> pl.Expr:
    """Hours of work done in a row: those logged, or four for each finished task if nobody logs any in these weeks."""
    hours = pl.col("hours_logged") if logs_time(weeks) else 4.0 * pl.col("tasks_completed")
    return hours.cast(pl.Float64)


def _carry_on(weeks: pl.DataFrame, people: pl.DataFrame, this_week: date) -> pl.DataFrame:
    """Add the empty weeks since a person's last activity: silence is part of the history."""
    kept = weeks.join(people.select("person_gid"), on="person_gid")
    gaps = (
        kept.group_by("person_gid")
        .agg(last=pl.col("week_on").max())
        .with_columns(
            week_on=pl.date_ranges(pl.col("last") + timedelta(weeks=1), pl.lit(this_week - timedelta(weeks=1)), "1w")
        )
        .explode("week_on", empty_as_null=True)
        .filter(pl.col("week_on").is_not_null())
        .select("person_gid", "week_on", hours_logged=pl.lit(0.0), tasks_completed=pl.lit(0, pl.Int64))
    )
    return pl.concat([kept.select(gaps.columns), gaps])
