"""Weeks start on Monday, in UTC, and no week knows more than its own end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.clock import WEEK, as_of_for_week, end_of_week, monday_of, parse_instant

days = st.dates(date(1990, 1, 1), date(2090, 1, 1))
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=zones)  # noqa: DTZ001


@given(days)
def test_a_day_lies_in_the_week_of_its_monday(day: date) -> None:
    monday = monday_of(day)
    assert monday.weekday() == 0
    assert monday <= day < monday + WEEK


@given(instants)
def test_the_week_of_an_instant_is_read_in_utc_wherever_it_was_written(moment: datetime) -> None:
    assert monday_of(moment) == monday_of(moment.astimezone(UTC).date())


def test_sunday_evening_in_new_york_is_already_the_next_week() -> None:
    assert monday_of(datetime.fromisoformat("2026-01-11T20:00:00-05:00")) == date(2026, 1, 12)


@given(days)
def test_a_week_ends_just_before_the_next_one(day: date) -> None:
    monday = monday_of(day)
    assert monday_of(end_of_week(monday)) == monday
    assert monday_of(end_of_week(monday) + timedelta(microseconds=1)) == monday + WEEK


@given(days, instants)
def test_a_week_never_knows_more_than_its_end_nor_than_the_last_sync(day: date, synced_at: datetime) -> None:
    known = as_of_for_week(monday_of(day), synced_at)
    assert known in (end_of_week(monday_of(day)), synced_at)
    assert known <= end_of_week(monday_of(day))
    assert known <= synced_at


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-05", datetime(2026, 1, 5, tzinfo=UTC)),
        ("2026-01-05T06:00:00", datetime(2026, 1, 5, 6, tzinfo=UTC)),
        ("2026-01-05T06:00:00Z", datetime(2026, 1, 5, 6, tzinfo=UTC)),
        ("2026-01-05T01:00:00+02:00", datetime(2026, 1, 4, 23, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_as_utc(text: str, moment: datetime) -> None:
    assert parse_instant(text) == moment
