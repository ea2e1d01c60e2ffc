"""The hours each person can work on each day, and what the others are lost to; what is to be done in them is elsewhere.

A person's week comes from the settings: their own, else their team's, else everybody's; hours from a custom field of
people in Asana stand between the person's and the team's. Public holidays come from the
package `holidays`, time off from Asana. A day that is a holiday and off is a holiday.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.errors import ConfigError
from asana_intel.settings import WorkWeek
from asana_intel.storage.conform import conform

if TYPE_CHECKING:
    import datetime

    from numpy.typing import NDArray

    from asana_intel.settings import ForecastSettings

    Floats = NDArray[np.float64]

HOURS_OF_A_WEEK = 168
_AS_EVERYBODY = WorkWeek()  # pyright: ignore[reportCallIssue]
TIME_OFF: dict[str, pl.DataType] = {"person_gid": pl.String(), "start_on": pl.Date(), "end_on": pl.Date()}
TEAM_PEOPLE: dict[str, pl.DataType] = {"person_gid": pl.String(), "team_gid": pl.String()}


@dataclass(frozen=True)
class WorkingTime:
    """Hours by person (sorted by gid) and day (from `first_on` on), as matrices of that shape.

    Attributes:
        persons: person_gid of the rows.
        first_on: Day of the first column.
        scheduled: Hours of the working week.
        holiday: Part of them lost to public holidays.
        time_off: Part of them lost to time off, on other days.
    """

    persons: pl.Series
    first_on: datetime.date
    scheduled: Floats
    holiday: Floats
    time_off: Floats

    @property
    def available(self) -> Floats:
        """What is left."""
        return self.scheduled - self.holiday - self.time_off

    @cached_property
    def elapsed(self) -> Floats:
        """Hours available before each day, and before the day after the last one; shape (persons, days + 1)."""
        return np.pad(self.available.cumsum(axis=1), ((0, 0), (1, 0)))

    def by_week(self) -> pl.DataFrame:
        """person_gid, week_on (Monday), working_hours, holiday_hours, time_off_hours, available_hours."""
        days = self.scheduled.shape[1]
        day_on = pl.Series("day_on", [self.first_on + timedelta(days=n) for n in range(days)], pl.Date)
        grid = self.persons.to_frame().join(day_on.to_frame(), how="cross", maintain_order="left_right")
        return (
            grid.with_columns(
                working_hours=self.scheduled.ravel(),
                holiday_hours=self.holiday.ravel(),
                time_off_hours=self.time_off.ravel(),
                available_hours=self.available.ravel(),
            )
            .group_by("person_gid", week_on=pl.col("day_on").dt.truncate("1w"), maintain_order=True)
            .agg(pl.col("^.*_hours$").sum())
        )


def working_time(
    people: pl.DataFrame,
    team_people: pl.DataFrame,
    time_off: pl.DataFrame,
    settings: ForecastSettings,
    first_on: datetime.date,
    days: int,
) -> WorkingTime:
    """Lay out everybody's days.

    Args:
        people: person_gid; repeated ones count once.
        team_people: person_gid, team_gid; of several teams with a week of their own the first by gid counts.
        time_off: person_gid, start_on, end_on (both days included); entries may overlap, and end before they start.
        settings: Working weeks of everybody, of teams and of people.
        first_on: First day.
        days: How many days, at least none.

    Raises:
        ConfigError: A country or part of one in the settings has no known holidays.
        PermanentError: A column is missing or of a wrong type.
    """
    persons = people["person_gid"].cast(pl.String).drop_nulls().unique().sort().alias("person_gid")
    weeks = _weeks_of(persons, conform(team_people, TEAM_PEOPLE, "team_people"), settings)
    calendar = [first_on + timedelta(days=n) for n in range(max(days, 0))]
    weekday = np.array([day.isoweekday() for day in calendar], dtype=np.int64)
    scheduled = np.zeros((len(persons), len(calendar)))
    is_holiday = np.zeros(scheduled.shape, dtype=bool)
    for week in set(weeks):
        rows = [row for row, own in enumerate(weeks) if own == week]
        hours, working_days, country = week
        scheduled[rows] = np.where(np.isin(weekday, working_days), hours / len(working_days), 0.0)
        is_holiday[rows] = np.isin(np.array(calendar, dtype="datetime64[D]"), _holidays(country, calendar))
    is_off = _days_off(persons, conform(time_off, TIME_OFF, "time_off"), first_on, len(calendar))
    return WorkingTime(
        persons,
        first_on,
        scheduled,
        holiday=np.where(is_holiday, scheduled, 0.0),
        time_off=np.where(is_off & ~is_holiday, scheduled, 0.0),
    )


def with_own_hours(settings: ForecastSettings, values: pl.DataFrame) -> ForecastSettings:
    """The settings with the weekly hours that a custom field of people tells; those of a person in the settings win.

    Args:
        settings: Names the field; '' = none.
        values: staging/custom_field_values; a number below 0 or above 168 tells nothing.
    """
    told = values.filter(
        pl.col("object_type") == "user",
        pl.col("field_name").str.to_lowercase() == settings.hours_field.lower(),
        pl.col("number_value").is_between(0, HOURS_OF_A_WEEK),
    )
    people = dict(settings.people)
    for person, hours in told.sort("object_gid", "field_gid").select("object_gid", "number_value").iter_rows():
        week = people.get(person)
        if week is None or week.weekly_hours is None:
            people[person] = (week or _AS_EVERYBODY).model_copy(update={"weekly_hours": hours})
    return settings.model_copy(update={"people": people})


_Week = tuple[float, tuple[int, ...], str | None]


def _weeks_of(persons: pl.Series, team_people: pl.DataFrame, settings: ForecastSettings) -> list[_Week]:
    """Hours, working days and country of each person."""
    teams = team_people.filter(pl.col("team_gid").is_in(list(settings.teams))).group_by("person_gid")
    team_of = dict(teams.agg(pl.col("team_gid").min()).iter_rows())
    return [
        _week(settings, settings.people.get(person), settings.teams.get(team_of.get(person, ""))) for person in persons
    ]


def _week(settings: ForecastSettings, *own: WorkWeek | None) -> _Week:
    """The first that is given of each: hours, working days and country."""
    given = [week for week in own if week is not None]
    hours = next((week.weekly_hours for week in given if week.weekly_hours is not None), settings.default_weekly_hours)
    days = next((week.working_days for week in given if week.working_days), settings.working_days)
    country = next((week.holidays for week in given if week.holidays is not None), settings.holidays)
    return hours, tuple(days), country


def _holidays(country: str | None, calendar: list[datetime.date]) -> NDArray[np.datetime64]:
    if not country or not calendar:
        return np.array([], dtype="datetime64[D]")
    import holidays  # a fifth of a second that only calendars with holidays pay

    land, _, part = country.partition("-")
    years = range(calendar[0].year, calendar[-1].year + 1)
    try:
        known = holidays.country_holidays(land, subdiv=part or None, years=years)
    except NotImplementedError as unknown:
        raise ConfigError(
            f"No holidays are known for '{country}': {unknown}",
            fix="give an ISO 3166 code in forecast.holidays, such as DE or DE-BY, or leave it out",
        ) from unknown
    return np.array(sorted(known), dtype="datetime64[D]")


def _days_off(persons: pl.Series, time_off: pl.DataFrame, first_on: datetime.date, days: int) -> NDArray[np.bool_]:
    is_off = np.zeros((len(persons), days), dtype=bool)
    row_of = {person: row for row, person in enumerate(persons)}
    spans = time_off.drop_nulls().filter(
        pl.col("person_gid").is_in(persons.implode()),
        pl.col("end_on") >= first_on,
        pl.col("start_on") < first_on + timedelta(days=days),
    )
    for person, start_on, end_on in spans.iter_rows():
        is_off[row_of[person], max((start_on - first_on).days, 0) : (end_on - first_on).days + 1] = True
    return is_off
