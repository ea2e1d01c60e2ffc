"""The headcount and the ramp of a week in the shape of their contracts, read from the tables; no model lies here."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from asana_intel.clock import WEEK, monday_of
from asana_intel.insights import work
from asana_intel.insights.headcount.forecast import RoleHistory, forecast_role, next_quarters
from asana_intel.insights.headcount.history import by_week, first_week, open_hours, task_hours
from asana_intel.insights.headcount.people import Staff
from asana_intel.insights.headcount.quarters import MIN_WEEKS
from asana_intel.insights.headcount.ramp import NEW_DAYS, first_tasks, joined_on, learn_ramp, plan_ramp
from asana_intel.insights.headcount.roles import field_words, roles_of_people
from asana_intel.insights.utilisation.past import active_weeks, hours_worked
from asana_intel.storage.contracts import CONTRACTS, empty_frame
from asana_intel.workload.groups import circles_of, shown_weeks
from asana_intel.workload.working_time import TIME_OFF, with_own_hours, working_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from asana_intel.insights.work import Read
    from asana_intel.settings import Settings
    from asana_intel.work_settings import HeadcountSettings

READS = (
    *work.READS,
    "marts/dim_person",
    "marts/fct_person_load_weekly",
    "staging/custom_field_values",
    "staging/team_memberships",
)
RAMP_READS = (
    "marts/dim_person",
    "marts/fct_person_load_weekly",
    "staging/custom_field_values",
    "staging/projects",
    "staging/team_memberships",
)
RAMP_WEEK_READS = ("insights/task_effort", "insights/task_priority", "insights/project_schedule")
_PAST_WEEKS = 104
_FIRST_OF_ALL = "P0"


def headcount(read: Read, week_on: date, as_of: datetime, settings: Settings) -> pl.DataFrame:
    """People asked for against people there, by role and quarter (contract insights/headcount).

    Args:
        read: Reads a table by key.
        week_on: Monday of the week.
        as_of: Nothing later is used.
        settings: Their sections `headcount` and `forecast`.
    """
    contract = CONTRACTS["insights/headcount"]
    roles = roles_of_people(read, settings.headcount.role_field)
    tasks = task_hours(read, as_of, roles)
    monday, today = monday_of(as_of), as_of.date()
    there = active_weeks(read("marts/fct_person_load_weekly"), monday - _PAST_WEEKS * WEEK, monday)
    there = there.join(roles, on="person_gid", how="left")
    now = there.filter(pl.col("week_on") == monday - WEEK)
    shown = _shown_roles(read, now, settings)
    if shown.is_empty():
        return empty_frame(contract)
    quarters = next_quarters(today)
    hours = _hours(read, there, now, settings, monday, quarters)
    full_time = _full_time(settings, quarters)
    rows = [
        row
        for role, people in shown.iter_rows()
        for row in forecast_role(
            _history(role, people, tasks, now, hours, settings, monday, today, full_time),
            today,
            settings.headcount,
            full_time,
            settings.headcount.ramp_shares,
        )
    ]
    frame = pl.DataFrame(rows, schema=dict(list(contract.schema.items())[2:]), infer_schema_length=None)
    return frame.with_columns(as_of_on=pl.lit(week_on), as_of_at=pl.lit(as_of)).select(contract.schema.names())


def _shown_roles(read: Read, now: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """The roles that may be shown, by who works now: role (null: everybody), people."""
    memberships = read("staging/team_memberships")
    circles = circles_of(read("marts/dim_person"), settings.capacity.managers, memberships).values()
    shown = shown_weeks(now.with_columns(counts=pl.lit(value=True)), list(circles), "role")["role"]
    sizes = {None: now.height} | dict(now.group_by("role").len().drop_nulls("role").iter_rows())
    people = [sizes[role] for role in shown]
    return pl.DataFrame({"role": shown, "people": people}, schema={"role": pl.String(), "people": pl.Int64()})


def ramp_plan(
    read: Read, week: Mapping[str, pl.DataFrame], week_on: date, as_of: datetime, settings: Settings
) -> pl.DataFrame:
    """The first 90 days of people who joined lately (contract insights/ramp_plan).

    Args:
        read: Reads a table by key.
        week: Rows of the tables of `RAMP_WEEK_READS` of the week, by key.
        week_on: Monday of the week.
        as_of: Nothing later is used.
        settings: Their sections `headcount`, `sprint` and `forecast`.
    """
    contract = CONTRACTS["insights/ramp_plan"]
    today, monday = as_of.date(), monday_of(as_of)
    people = read("marts/dim_person")
    joined = joined_on(people.select("person_gid", "first_active_on"), settings.headcount.joined, today)
    ramp = learn_ramp(
        joined,
        hours_worked(read("marts/fct_person_load_weekly"), monday).drop_nulls("hours"),
        today,
        settings.headcount.ramp_shares,
    )
    new = joined.filter(pl.col("joined_on") > today - timedelta(days=NEW_DAYS)).join(
        people.select("person_gid", "team_gid"), on="person_gid", how="left"
    )
    own = with_own_hours(settings.forecast, read("staging/custom_field_values"))
    time = working_time(new, read("staging/team_memberships"), pl.DataFrame(schema=TIME_OFF), own, monday, 7)
    weekly_hours = dict(zip(time.persons, time.scheduled.sum(axis=1).tolist(), strict=True))
    skills = _skills(read, "user", settings.sprint.skills_field).rename({"object_gid": "person_gid"})
    required = _skills(read, "task", settings.sprint.required_skills_field).rename({"object_gid": "task_gid"})
    tasks = first_tasks(new, _easy_tasks(read, week, settings), skills, required)
    frame = plan_ramp(new, weekly_hours, tasks, ramp, today)
    return frame.with_columns(as_of_on=pl.lit(week_on), as_of_at=pl.lit(as_of)).select(contract.schema.names())


def _easy_tasks(read: Read, week: Mapping[str, pl.DataFrame], settings: Settings) -> pl.DataFrame:
    """Open tasks of nobody, for all to read, small, not critical and free to begin: task_gid, team_gid, score."""
    critical = week["insights/project_schedule"].filter("is_critical").select("task_gid")
    small = week["insights/task_effort"].filter(pl.col("left_p50_hours") <= settings.triage.small_hours)
    return (
        week["insights/task_priority"]
        .filter(pl.col("person_gid").is_null(), "is_public", ~pl.col("is_blocked"), pl.col("blocked_tasks") == 0)
        .filter(pl.col("label") != _FIRST_OF_ALL)
        .join(small, on="task_gid", how="semi")
        .join(critical, on="task_gid", how="anti")
        .join(read("staging/projects").select("project_gid", "team_gid"), on="project_gid", how="left")
        .select("task_gid", "team_gid", "score")
        .sort("task_gid")
    )


def _skills(read: Read, kind: str, field: str) -> pl.DataFrame:
    """object_gid, skill: one row each, in small letters."""
    words = field_words(read, kind, field).with_columns(pl.col("word").str.to_lowercase().str.split(","))
    skills = words.explode("word").select("object_gid", skill=pl.col("word").str.strip_chars())
    return skills.filter(pl.col("skill") != "").unique().sort("object_gid", "skill")


def _hours(
    read: Read,
    there: pl.DataFrame,
    now: pl.DataFrame,
    settings: Settings,
    monday: date,
    quarters: Sequence[tuple[date, date]],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Working hours less public holidays: of past weeks by role, and of coming quarters by person."""
    teams = read("staging/team_memberships")
    forecast = with_own_hours(settings.forecast, read("staging/custom_field_values"))
    nothing_off = pl.DataFrame(schema=TIME_OFF)
    first_on = monday - _PAST_WEEKS * WEEK
    past = working_time(there, teams, nothing_off, forecast, first_on, 7 * _PAST_WEEKS).by_week()
    worked = (
        there.join(past.select("person_gid", "week_on", "available_hours"), on=["person_gid", "week_on"])
        .group_by("role", "week_on")
        .agg(pl.col("available_hours").sort().sum())
        .sort("role", "week_on")
    )
    start, end = quarters[0][0], quarters[-1][1]
    coming = working_time(now, teams, nothing_off, forecast, start, (end - start).days + 1)
    days = [(first - start).days for first, _ in quarters] + [(end - start).days + 1]
    own = [
        (person, first, float(coming.elapsed[row, after] - coming.elapsed[row, before]))
        for row, person in enumerate(coming.persons)
        for (first, _), before, after in zip(quarters, days, days[1:], strict=False)
    ]
    schema = {"person_gid": pl.String(), "quarter_on": pl.Date(), "hours": pl.Float64()}
    return worked, pl.DataFrame(own, schema=schema, orient="row")


def _full_time(settings: Settings, quarters: Sequence[tuple[date, date]]) -> dict[date, float]:
    """Hours of somebody with everybody's working week in each quarter."""
    somebody = pl.DataFrame({"person_gid": [""]})
    nobody = pl.DataFrame(schema={"person_gid": pl.String(), "team_gid": pl.String()})
    time_off = pl.DataFrame(schema=TIME_OFF)
    return {
        first: float(
            working_time(somebody, nobody, time_off, settings.forecast, first, (last - first).days + 1).available.sum()
        )
        for first, last in quarters
    }


def _history(
    role: str | None,
    people: int,
    tasks: pl.DataFrame,
    now: pl.DataFrame,
    hours: tuple[pl.DataFrame, pl.DataFrame],
    settings: Settings,
    monday: date,
    today: date,
    full_time: Mapping[date, float],
) -> RoleHistory:
    """What is known of a role."""
    worked, coming = hours
    mine = pl.lit(value=True) if role is None else pl.col("role") == role
    own = tasks.filter(mine)
    first_on = max(first_week(own) or monday, monday - _PAST_WEEKS * WEEK)
    quarters = list(full_time)
    own_worked = worked.filter(mine)
    own_hours = coming.join(now.filter(mine), on="person_gid", how="semi")
    staff = {
        first: [Staff(value) for value in own_hours.filter(pl.col("quarter_on") == first).sort("person_gid")["hours"]]
        + [
            Staff(full_time[first], hire.start_on)
            for hire in settings.headcount.hires
            if role in (None, hire.role) and hire.start_on > today
        ]
        for first in quarters
    }
    return RoleHistory(
        role=role,
        people=people,
        asked=by_week(own["asked_on"], own["hours"], first_on, monday),
        done=by_week(own["done_on"], own["hours"], first_on, monday),
        worked=by_week(own_worked["week_on"], own_worked["available_hours"], first_on, monday),
        committed=_committed(role, own, settings.headcount, today, quarters),
        staff=staff,
    )


def _committed(
    role: str | None, tasks: pl.DataFrame, settings: HeadcountSettings, today: date, quarters: Sequence[date]
) -> dict[date, float]:
    """Open hours above the usual, in the quarter they are due (without due day: the first), and declared initiatives.

    What is due before the first quarter is left to the running one.
    """
    snapshots = open_hours(tasks, [monday_of(today) - n * WEEK for n in range(MIN_WEEKS)])
    unfinished = tasks.filter(pl.col("done_on").is_null())
    now = unfinished.select(pl.col("hours").sort().sum()).item()
    usual = sorted(snapshots)[len(snapshots) // 2]
    above = max(now - usual, 0.0) / now if now > 0 else 0.0
    found: dict[date, float] = {}
    for n, first in enumerate(quarters):
        after = quarters[n + 1] if n + 1 < len(quarters) else _three_months_on(first)
        is_due = (pl.col("due_on") >= first) & (pl.col("due_on") < after)
        due = unfinished.filter(is_due | pl.col("due_on").is_null() if n == 0 else is_due)
        declared = sum(
            each.hours * _overlap(each.start_on, each.end_on, first, after)
            for each in settings.initiatives
            if role in (None, each.role)
        )
        found[first] = above * due.select(pl.col("hours").sort().sum()).item() + declared
    return found


def _three_months_on(first: date) -> date:
    return (first + timedelta(days=93)).replace(day=1)


def _overlap(start_on: date, end_on: date, first: date, after: date) -> float:
    """Share of the days from start to end that lie in a quarter."""
    inside = (min(end_on + timedelta(days=1), after) - max(start_on, first)).days
    return max(inside, 0) / ((end_on - start_on).days + 1)
