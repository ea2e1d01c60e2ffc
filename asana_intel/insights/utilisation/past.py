"""How full teams' past weeks were: hours worked against hours available; coming weeks are drawn in `coming`.

Somebody counts from their first work on, until eight weeks without any: a leave that nobody entered keeps its hours,
somebody who left does not. Where nobody logs time a finished task counts as four hours; where only some do, the hours
of the others are unknown, and not made up from those who log.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from asana_intel.clock import WEEK
from asana_intel.workload.working_time import working_time

if TYPE_CHECKING:
    from asana_intel.settings import ForecastSettings

PAST_WEEKS = 26
QUIET_WEEKS = 8
_HOURS_A_TASK = 4.0
_LOGS_TIME = 0.5  # of the weeks in which somebody worked


def active_weeks(load: pl.DataFrame, first_on: date, until_on: date) -> pl.DataFrame:
    """Weeks in which people counted as there: person_gid, week_on, of Mondays from `first_on` to before `until_on`.

    Args:
        load: marts/fct_person_load_weekly; of weeks from `until_on` on nothing is used.
        first_on: First Monday.
        until_on: Monday of the running week.
    """
    worked = load.filter(pl.col("week_on") < until_on, (pl.col("hours_logged") > 0) | (pl.col("tasks_completed") > 0))
    weeks = pl.int_ranges(0, QUIET_WEEKS + 1)
    return (
        worked.select("person_gid", "week_on", later=weeks)
        .explode("later")
        .select("person_gid", week_on=pl.col("week_on") + pl.duration(weeks=pl.col("later")))
        .filter(pl.col("week_on") >= first_on, pl.col("week_on") < until_on)
        .unique()
        .sort("person_gid", "week_on")
    )


def hours_worked(load: pl.DataFrame, until_on: date) -> pl.DataFrame:
    """Hours of each person and week before `until_on`: person_gid, week_on, hours.

    Somebody logs time who did so in at least half of the weeks in which they worked. Hours are null for who does not,
    where others do.
    """
    whole = load.filter(pl.col("week_on") < until_on)
    logged = pl.col("hours_logged").fill_null(0.0) > 0
    worked = logged | (pl.col("tasks_completed") > 0)
    share = logged.filter(worked).mean().over("person_gid")
    if not whole.filter(share >= _LOGS_TIME).height:
        return whole.select("person_gid", "week_on", hours=(_HOURS_A_TASK * pl.col("tasks_completed")).cast(pl.Float64))
    known = pl.when(share.fill_null(1.0) >= _LOGS_TIME).then(pl.col("hours_logged").fill_null(0.0))
    return whole.select("person_gid", "week_on", hours=known.cast(pl.Float64))


def past_weeks(
    load: pl.DataFrame, team_people: pl.DataFrame, time_off: pl.DataFrame, monday: date, settings: ForecastSettings
) -> pl.DataFrame:
    """Hours of everybody in each of the last 26 whole weeks.

    Args:
        load: marts/fct_person_load_weekly.
        team_people: staging/team_memberships.
        time_off: staging/time_off.
        monday: Of the running week.
        settings: Working weeks.

    Returns:
        person_gid, week_on, available_hours, assigned_hours (worked; null where they are unknown), by person and week.
    """
    first_on = monday - PAST_WEEKS * WEEK
    there = active_weeks(load, first_on, monday)
    hours = hours_worked(load.filter(pl.col("week_on") >= first_on), monday)
    silent = hours.filter(pl.col("hours").is_null())["person_gid"].unique()
    known = pl.when(~pl.col("person_gid").is_in(silent.implode()))
    time = working_time(there, team_people, time_off, settings, first_on, timedelta(weeks=PAST_WEEKS).days)
    return (
        there.join(time.by_week().select("person_gid", "week_on", "available_hours"), on=["person_gid", "week_on"])
        .join(hours, on=["person_gid", "week_on"], how="left")
        .select("person_gid", "week_on", "available_hours", assigned_hours=known.then(pl.col("hours").fill_null(0.0)))
        .sort("person_gid", "week_on")
    )
