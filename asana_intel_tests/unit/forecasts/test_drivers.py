"""What would change the odds, and what moved them."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.forecasts.attainment import forecast_attainment
from asana_intel.forecasts.drivers import CHANGES, MOVED, explain_attainment, odds_moved

START = dt.date(2024, 1, 1)
AS_OF = START + dt.timedelta(weeks=6) - dt.timedelta(days=1)
BEFORE = AS_OF - dt.timedelta(weeks=1)
WEEK = dt.timedelta(weeks=1)
PARTS = ["time_points", "progress_points", "changed_points", "model_points"]


def goal(kind="flow", target=60.0, weeks=13, gid="g"):
    return pl.DataFrame(
        [(gid, kind, gid, START, START + weeks * WEEK - dt.timedelta(days=1), 0.0, target)],
        schema=["goal_gid", "kind", "series_gid", "start_on", "due_on", "initial_value", "target_value"],
        orient="row",
    )


def series(steps, gid="g"):
    """Weekly steps up to `AS_OF`, the last six of them since the start, which is at 0."""
    values = [sum(steps[: count + 1]) for count in range(len(steps))]
    base = values[-7] if len(values) > 6 else 0.0
    days = [AS_OF - WEEK * back for back in range(len(steps) - 1, -1, -1)]
    return pl.DataFrame({"series_gid": gid, "on": days, "value": [float(value - base) for value in values]})


STEADY = series([4.0] * 16)


def test_the_three_strongest_changes_are_named_and_what_they_would_bring():
    said = explain_attainment(goal(), STEADY, AS_OF)
    assert said["rank"].to_list() == [1, 2, 3]
    assert said["points"].abs().is_sorted(descending=True)
    assert (said["points"] - 100 * (said["p_if"] - said["p_attain"])).abs().max() < 1e-9
    hopeful = said.filter(pl.col("change").is_in(["pace_up", "due_later", "target_lower", "week_gained"]))
    assert hopeful.height >= 2
    assert (hopeful["points"] > 0).all()
    assert (said.filter(pl.col("change") == "week_lost")["points"] <= 0).all()


def test_two_more_weeks_are_worth_what_a_goal_with_two_more_weeks_has():
    """The pace was learned already; only the prior pace of the target differs a little."""
    longer = forecast_attainment(goal(weeks=15), STEADY, AS_OF)["p_attain"][0]
    later = explain_attainment(goal(), STEADY, AS_OF).filter(pl.col("change") == "due_later")["p_if"][0]
    assert later == pytest.approx(longer, abs=0.05)


@pytest.mark.parametrize("kind", ["flow", "cohort", "level", "commitment"])
def test_every_kind_can_be_explained(kind):
    assert explain_attainment(goal(kind), STEADY, AS_OF).height == 3
    moved = odds_moved(goal(kind), goal(kind), STEADY, BEFORE, AS_OF)
    assert moved.height == 1


@given(
    st.sampled_from(["flow", "cohort", "level", "commitment"]),
    st.lists(st.floats(-2, 12), min_size=9, max_size=20),
    st.floats(5, 150),
    st.floats(5, 150),
    st.integers(7, 20),
)
@settings(deadline=None, max_examples=30)
def test_the_parts_add_up_to_what_the_odds_moved(kind, steps, target_before, target, weeks):
    history = series(steps)
    moved = odds_moved(goal(kind, target_before), goal(kind, target, weeks), history, BEFORE, AS_OF).row(0, named=True)
    then = forecast_attainment(goal(kind, target_before), history, BEFORE)["p_attain"][0]
    now = forecast_attainment(goal(kind, target, weeks), history, AS_OF)["p_attain"][0]
    assert moved["p_before"] == pytest.approx(then, abs=1e-9)
    assert moved["p_attain"] == pytest.approx(now, abs=1e-9)
    assert sum(moved[part] for part in PARTS) == pytest.approx(100 * (now - then), abs=1e-6)


def test_a_good_week_is_credited_to_progress_and_a_new_target_to_the_change():
    good = odds_moved(goal(), goal(), series([4.0] * 15 + [14.0]), BEFORE, AS_OF).row(0, named=True)
    assert good["progress_points"] > 5
    assert good["changed_points"] == 0
    raised = odds_moved(goal(), goal(target=80.0), STEADY, BEFORE, AS_OF).row(0, named=True)
    assert raised["changed_points"] < -10
    assert abs(raised["progress_points"]) < 5
    extended = odds_moved(goal(), goal(weeks=17), STEADY, BEFORE, AS_OF).row(0, named=True)
    assert extended["changed_points"] > 10


def test_a_quiet_week_costs_points():
    quiet = odds_moved(goal(), goal(), series([4.0] * 15 + [0.0]), BEFORE, AS_OF).row(0, named=True)
    assert quiet["points"] < 0
    assert quiet["progress_points"] < 0


def test_a_goal_that_was_not_there_before_has_no_history_of_its_odds():
    both = pl.concat([goal(), goal(gid="new")])
    moved = odds_moved(goal(), both, pl.concat([STEADY, series([4.0] * 16, "new")]), BEFORE, AS_OF)
    assert moved["goal_gid"].to_list() == ["g"]


def test_nothing_in_nothing_out():
    assert explain_attainment(goal().clear(), STEADY, AS_OF).schema == CHANGES
    assert odds_moved(goal().clear(), goal().clear(), STEADY.clear(), BEFORE, AS_OF).schema == MOVED
