"""What the person-week model is told: that units and unknown weeks do not matter, and which weeks have holidays."""

import datetime as dt
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from asana_intel.forecasts.person_features import (
    PAST_WEEKS,
    PERSON_FEATURES,
    TOTAL_FEATURES,
    WEEK_FEATURES,
    describe,
    total_rows,
    unseen_holidays,
    week_rows,
)

MONDAYS = [dt.date(2024, 3, 4) + dt.timedelta(weeks=week) for week in range(3)]


def person(values):
    """A person of whom only the last weeks are known."""
    return np.array([[np.nan] * (PAST_WEEKS - len(values)) + list(values)], dtype=float)


def feature(people, name):
    return people.features[:, PERSON_FEATURES.index(name)]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=PAST_WEEKS), st.sampled_from([1e-3, 2.0, 60.0, 1e5]))
@settings(deadline=None, max_examples=50)
def test_no_feature_depends_on_the_unit(values, factor):
    assume(sum(values[-26:]) > 1e-6)
    small, large = describe(person(values)), describe(person(values) * factor)
    assert large.level == pytest.approx(small.level * factor)
    np.testing.assert_allclose(large.features, small.features, rtol=1e-6, atol=1e-9)


@given(st.lists(st.floats(0, 1e6) | st.just(float("nan")), min_size=PAST_WEEKS, max_size=PAST_WEEKS))
@settings(deadline=None, max_examples=50)
def test_people_are_described_one_by_one(values):
    crowd = np.vstack([person([1.0] * 9), person(values), person([])])
    np.testing.assert_array_equal(describe(crowd).features[1], describe(person(values)).features[0])


@given(st.lists(st.floats(0, 100), min_size=4, max_size=26))
@settings(deadline=None, max_examples=50)
def test_own_quantiles_lie_among_what_was_done_and_ascend(values):
    assume(sum(values) > 1e-6)
    people = describe(person(values))
    own = [feature(people, f"own_q{level}")[0] * people.level[0] for level in (10, 20, 30, 50, 70, 80, 90)]
    assert min(values) - 1e-6 <= own[0]
    assert own[-1] <= max(values) + 1e-6
    assert all(below <= above + 1e-6 for below, above in pairwise(own))


def test_plain_figures_are_what_their_names_say():
    people = describe(person([10, 0, 20, 0, 30, 0, 40, 0]))
    assert people.level[0] == 12.5
    assert feature(people, "last_2")[0] == 40 / 12.5
    assert feature(people, "median_8")[0] == 5 / 12.5
    assert feature(people, "idle_8")[0] == 0.5
    assert feature(people, "idle_since")[0] == 1
    assert feature(people, "known_weeks")[0] == 8
    assert feature(people, "mean_step")[0] == pytest.approx((10 + 20 + 20 + 30 + 30 + 40 + 40) / 7 / 12.5)
    assert feature(people, "tsb_level")[0] > 0


def test_rows_have_a_column_per_name_and_weeks_of_a_person_follow_each_other():
    people = describe(np.vstack([person([5, 6, 7, 8]), person([1, 1, 2, 2])]))
    none = np.zeros((2, 3))
    rows, totals = week_rows(people, MONDAYS, none), total_rows(people, MONDAYS, none)
    assert rows.shape == (6, len(WEEK_FEATURES))
    assert totals.shape == (2, len(TOTAL_FEATURES))
    assert rows[:, WEEK_FEATURES.index("weeks_ahead")].tolist() == [1, 2, 3] * 2
    np.testing.assert_array_equal(rows[3:, : len(PERSON_FEATURES)], people.features[[1, 1, 1]])


@pytest.mark.parametrize(
    ("monday", "holidays"),
    [
        ((2024, 3, 4), 0),
        ((2024, 11, 25), 1),  # Thanksgiving
        ((2024, 5, 27), 1),  # last Monday of May
        ((2021, 7, 5), 1),  # the fourth was a Sunday
        ((2021, 12, 20), 1),  # Christmas was a Saturday
        ((2015, 6, 15), 0),  # not a holiday yet
        ((2023, 6, 19), 1),
    ],
)
def test_weeks_have_the_holidays_of_the_law(monday, holidays):
    assert unseen_holidays([dt.date(*monday)], np.array([[5.0]]))[0, 0] == holidays


def test_a_holiday_that_the_calendar_shows_is_not_told_again():
    thanksgiving = [dt.date(2024, 11, 25)]
    assert unseen_holidays(thanksgiving, np.array([[5.0], [4.0], [0.0], [7.0]])).ravel().tolist() == [1, 0, 0, 1]
