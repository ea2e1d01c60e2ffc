"""Past weeks of people, forecast from what was done before them, and held to what was done in them."""

import datetime as dt

import polars as pl
import pytest

from asana_intel.forecasts.people_replay import replay_people
from asana_intel.settings import load_settings
from asana_intel.storage.contracts import CONTRACTS, conform, empty_frame

FIRST = dt.date(2026, 1, 5)
WEEKS = 40
AS_OF = dt.datetime(2026, 10, 14, 9, tzinfo=dt.UTC)  # a Wednesday, 40 whole weeks later
WEEK = dt.timedelta(weeks=1)
SETTINGS = load_settings().forecast
TEAMS = empty_frame(CONTRACTS["staging/team_memberships"])


def weeks(person="p", hours=lambda n: 20.0 + 5 * (n % 3), tasks=lambda n: 2, count=WEEKS):
    return [
        {"person_gid": person, "week_on": FIRST + n * WEEK, "hours_logged": hours(n), "tasks_completed": tasks(n),
         "days_off": 0.0, "working_days": 5.0}
        for n in range(count)
    ]  # fmt: skip


def replayed(rows, *numbers, as_of=AS_OF):
    frame = pl.DataFrame(rows, schema=CONTRACTS["marts/fct_person_load_weekly"].schema)
    mondays = [FIRST + n * WEEK for n in numbers]
    return replay_people(frame, TEAMS, mondays, as_of, SETTINGS)


def test_what_is_over_is_scored_week_by_week_and_as_a_total():
    scores = conform(CONTRACTS["forecasts/capacity_scores"], replayed(weeks(), 30, 36))
    assert scores.filter(pl.col("as_of_on") == FIRST + 30 * WEEK).height == 9
    late = scores.filter(pl.col("as_of_on") == FIRST + 36 * WEEK)
    assert late["weeks_ahead"].to_list() == [0, 1, 2, 3]  # the others, and so the total, are not over
    assert late["actual"].to_list() == [20.0, 25.0, 30.0, 20.0]
    total = scores.filter(pl.col("week_on").is_null())
    assert total["actual"].to_list() == [sum(20.0 + 5 * (n % 3) for n in range(30, 38))]


def test_nothing_that_happened_since_changes_what_was_said():
    """A week far above everything before it tells the median that was said: it is that much lower."""

    def said(later):
        scores = replayed(weeks(hours=lambda n: 20.0 + 5 * (n % 3) if n < 30 else later), 30)
        return (scores["actual"] - scores["abs_error"]).to_list(), (
            scores["actual"] - scores["baseline_crps"]
        ).to_list()

    medians, means = said(1000.0)
    assert (medians, means) == (pytest.approx(said(500.0)[0]), pytest.approx(said(500.0)[1]))
    assert 15 < medians[1] < 35


def test_who_left_is_judged_by_the_weeks_without_work():
    stayed = weeks()
    scores = replayed([*stayed, *weeks("q", count=6)], 6).filter(pl.col("person_gid") == "q")
    assert scores["actual"].to_list() == [0.0] * 9


def test_weeks_before_anybody_logged_time_are_not_held_to_hours():
    began = weeks(hours=lambda n: 0.0 if n < 20 else 20.0)
    assert replayed(began, 15, 18).is_empty()
    assert replayed(began, 15, 25)["as_of_on"].unique().to_list() == [FIRST + 25 * WEEK]
    never = weeks(hours=lambda n: 0.0)
    assert replayed(never, 25)["actual"].to_list() == [64.0, *[8.0] * 8]


def test_an_empty_past_has_no_scores():
    assert replayed([], 1).is_empty()
    assert replayed(weeks()).is_empty()
    assert replayed(weeks(), 0).is_empty()
