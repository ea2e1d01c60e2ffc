"""Forecasts of people's weeks as past weeks would have made them, scored; rebuilt odds of goals are assets.

Only what people had done by then is read. What has no history is left out rather than taken as it is today: time off,
hours that stand in a field of people, and the load that open tasks make, so that alerts of overload are not rebuilt.
Teams and working weeks are today's.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

import polars as pl

from asana_intel.clock import monday_of
from asana_intel.forecasts.inputs import hours_done, logs_time
from asana_intel.forecasts.ledger import score_person_weeks
from asana_intel.forecasts.weekly import person_capacity
from asana_intel.settings import ForecastSettings
from asana_intel.storage.contracts import CONTRACTS, empty_frame


def replay_people(
    load_weekly: pl.DataFrame,
    team_memberships: pl.DataFrame,
    mondays: Sequence[date],
    as_of: datetime,
    settings: ForecastSettings,
) -> pl.DataFrame:
    """Forecast everybody's weeks at the beginning of each past week, and score what is over.

    Args:
        load_weekly: marts/fct_person_load_weekly. A forecast reads the weeks before its own alone.
        team_memberships: staging/team_memberships.
        mondays: When to forecast.
        as_of: Weeks that had not ended by then have no outcome.
        settings: Horizon, working weeks.

    Returns:
        Contract forecasts/capacity_scores; of everybody who was active then, also of those who left since. Weeks in
        which tasks were counted, since nobody had logged an hour yet, are left out where hours are counted now.
    """
    whole = load_weekly.filter(pl.col("week_on") < monday_of(as_of))
    known = {
        "marts/fct_person_load_weekly": load_weekly,
        "staging/team_memberships": team_memberships,
        "staging/time_off": empty_frame(CONTRACTS["staging/time_off"]),
        "staging/custom_field_values": empty_frame(CONTRACTS["staging/custom_field_values"]),
    }
    no_load = empty_frame(CONTRACTS["forecasts/person_load"])
    forecasts = [
        person_capacity(known.__getitem__, monday, datetime.combine(monday, time(), UTC), settings, no_load)
        for monday in mondays
        if logs_time(whole.filter(pl.col("week_on") < monday)) == logs_time(whole)
    ]
    said = pl.concat([empty_frame(CONTRACTS["forecasts/person_capacity"]), *forecasts])
    actual = whole.select("person_gid", "week_on", value=hours_done(whole))
    return score_person_weeks(said, actual, as_of)
