"""Promises: the team's past speaks, in whatever form it is known, and nothing that was not known yet does."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.forecasts.attainment import forecast_attainment

START = dt.date(2024, 3, 4)
LENGTH = dt.timedelta(days=14)
DAY = dt.timedelta(days=1)
EVE = START - DAY
SCHEMA = ["goal_gid", "kind", "series_gid", "start_on", "due_on", "initial_value", "target_value"]


def sprints(delivered, committed, target, done=0.0, *, series="team", as_of=START + dt.timedelta(days=6)):
    """A sprint from `START` on, the sprints before it, and the cumulative series of all of them up to `as_of`."""
    starts = [START - LENGTH * (len(delivered) - number) for number in range(len(delivered))]
    rows = [
        (f"{series}{number}", "commitment", series, start, start + LENGTH - DAY, 0.0, promise)
        for number, (start, promise) in enumerate(zip(starts, committed, strict=True))
    ]
    rows.append((f"{series} now", "commitment", series, START, START + LENGTH - DAY, 0.0, target))
    total, values = 0.0, [(starts[0] - DAY if starts else EVE, 0.0)]
    for start, gain in zip(starts, delivered, strict=True):
        total += gain
        values.append((start + LENGTH - DAY, total))
    if as_of > EVE:
        values.append((as_of, total + done))
    history = pl.DataFrame(
        [(series, on, value) for on, value in values], schema=["series_gid", "on", "value"], orient="row"
    )
    return pl.DataFrame(rows, schema=SCHEMA, orient="row"), history


def odds(goals, history, as_of=START + dt.timedelta(days=6)):
    return forecast_attainment(goals, history, as_of).row(goals.height - 1, named=True)


RELIABLE = [30.0, 31.0, 33.0, 30.0, 32.0]
SHORT = [12.0, 10.0, 9.0, 14.0, 11.0]
PROMISED = [30.0] * 5


def test_a_team_that_keeps_its_promises_has_better_odds_than_one_that_does_not():
    reliable, short = (odds(*sprints(past, PROMISED, 30.0, done=8.0)) for past in (RELIABLE, SHORT))
    assert reliable["p_attain"] > 0.6
    assert short["p_attain"] < 0.25
    assert reliable["method"] == "logistic (progress, earlier commitments)"


def test_without_earlier_commitments_the_work_before_the_start_speaks():
    goals, history = sprints(RELIABLE, PROMISED, 30.0, done=8.0)
    fast, slow = (odds(goals.tail(1), history.with_columns(pl.col("value") * scale)) for scale in (1.0, 0.3))
    assert fast["method"] == "logistic (progress, earlier work)"
    assert fast["p_attain"] > slow["p_attain"] + 0.2


@pytest.mark.parametrize("as_of", [EVE, START])
def test_on_the_first_day_there_is_a_forecast_with_a_past_and_without(as_of):
    goals, history = sprints(RELIABLE, PROMISED, 30.0, as_of=EVE)
    known = odds(goals, history, as_of)
    assert known["status"] == "assessed"
    assert known["p_attain"] > 0.6
    alone = odds(goals.tail(1), history.clear(), as_of)
    assert alone["status"] == "assessed"
    assert alone["method"] == "logistic (progress)"
    assert 0.3 < alone["p_attain"] < 0.7


def test_what_other_commitments_will_deliver_is_not_known_yet():
    goals, history = sprints(RELIABLE, PROMISED, 30.0, done=8.0)
    later = goals.tail(1).with_columns(
        pl.lit("later").alias("goal_gid"), pl.col("start_on") + LENGTH, pl.col("due_on") + LENGTH
    )
    future = pl.DataFrame({"series_gid": ["team"], "on": [START + 2 * LENGTH - DAY], "value": [9999.0]})
    blind = odds(goals, history)
    both = pl.concat([later, goals])
    assert odds(both, pl.concat([history, future])) == blind


def test_the_commitments_of_other_teams_do_not_speak():
    mine, other = sprints(RELIABLE, PROMISED, 30.0, done=8.0), sprints(SHORT, PROMISED, 30.0, series="others")
    together = forecast_attainment(pl.concat([other[0], mine[0]]), pl.concat([other[1], mine[1]]), START + 6 * DAY)
    assert together.row(-1, named=True) == odds(*mine)


@given(st.lists(st.floats(0, 60), max_size=6), st.floats(0, 40), st.floats(0.01, 20), st.floats(1, 60))
@settings(deadline=None, max_examples=25)
def test_more_progress_never_lowers_the_odds_whatever_the_team(past, done, extra, target):
    before, after = (odds(*sprints(past, [30.0] * len(past), target, done=share)) for share in (done, done + extra))
    assert after["p_attain"] >= before["p_attain"] - 1e-9


@given(st.lists(st.floats(1, 60), max_size=4), st.floats(0, 25), st.sampled_from([1e-3, 7.0, 1e5]))
@settings(deadline=None, max_examples=20)
def test_points_and_hours_give_the_same_odds(past, done, unit):
    goals, history = sprints(past, [30.0] * len(past), 30.0, done=done)
    scaled = odds(goals.with_columns(pl.col("target_value") * unit), history.with_columns(pl.col("value") * unit))
    assert scaled["p_attain"] == pytest.approx(odds(goals, history)["p_attain"], abs=1e-7)


def test_value_date_and_odds_tell_the_same_story():
    for target in (20.0, 30.0, 45.0):
        said = odds(*sprints(RELIABLE, PROMISED, target, done=8.0))
        is_likely = said["p_attain"] >= 0.5
        assert (said["value_p50"] >= target - 1e-6) == is_likely
        due = START + LENGTH - DAY
        assert (said["predicted_on"] is not None and said["predicted_on"] <= due) == is_likely


def test_the_latest_promise_says_more_than_the_ones_before_it():
    rising, falling = ([10.0, 20.0, 30.0, 40.0], [40.0, 30.0, 20.0, 10.0])
    up, down = (odds(*sprints(past, [30.0] * 4, 30.0, done=8.0)) for past in (rising, falling))
    assert up["p_attain"] > down["p_attain"] + 0.05


def test_the_band_of_a_team_that_often_stands_still_starts_at_what_is_done():
    said = odds(*sprints(SHORT, PROMISED, 30.0, done=8.0))
    assert said["value_p10"] == pytest.approx(8.0)
    assert said["value_p10"] <= 8.0 < said["value_p50"] < 30.0


def test_the_band_of_a_team_that_delivers_in_any_case_starts_above_what_is_done():
    said = odds(*sprints([45.0, 50.0, 60.0, 50.0, 55.0, 60.0], [30.0] * 6, 30.0, done=8.0))
    assert said["value_p10"] > 10.0
    assert said["p_attain"] > 0.7


@given(st.lists(st.floats(0, 60), max_size=4), st.floats(0, 60))
@settings(deadline=None, max_examples=25)
def test_the_band_is_in_order_and_begins_no_lower_than_what_is_done(past, done):
    said = odds(*sprints(past, [30.0] * len(past), 30.0, done=done))
    assert done - 1e-6 <= said["value_p10"] <= said["value_p50"] <= said["value_p90"]


def test_what_is_delivered_in_full_is_inside_its_own_band():
    said = odds(*sprints(RELIABLE, PROMISED, 30.0, done=30.1))
    assert said["p_attain"] == 1.0
    assert said["value_p10"] <= 30.1 <= said["value_p90"] + 1e-9
    assert said["value_p90"] == pytest.approx(30.1)


def test_the_odds_fade_as_the_due_date_comes_and_nothing_is_delivered():
    days = [START + DAY * day for day in (10, 11, 12, 13)]
    said = [odds(*sprints(RELIABLE, PROMISED, 30.0, as_of=day), day)["p_attain"] for day in days]
    assert said == sorted(said, reverse=True)
    assert said[-2] < 0.6 * said[0]
    assert said[-1] == 0.0
