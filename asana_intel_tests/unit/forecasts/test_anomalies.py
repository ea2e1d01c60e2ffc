"""What is odd, and what is not."""

import datetime as dt

import polars as pl
import pytest

from asana_intel.forecasts.anomalies import ANOMALIES, detect_anomalies

START = dt.date(2024, 1, 1)
AS_OF = START + dt.timedelta(weeks=6) - dt.timedelta(days=1)
USUAL = [4, 5, 3, 4, 6, 4, 5, 4, 3, 5]


def goal(kind="flow", target=60.0):
    return pl.DataFrame(
        [("g", kind, "s", START, START + dt.timedelta(weeks=13, days=-1), 0.0, target)],
        schema=["goal_gid", "kind", "series_gid", "start_on", "due_on", "initial_value", "target_value"],
        orient="row",
    )


def series(own):
    """Ten usual weeks, the start at 0, and the goal's own weeks up to `AS_OF`."""
    steps = [*USUAL, *own]
    values = [sum(steps[: count + 1]) - sum(USUAL) for count in range(len(steps))]
    days = [AS_OF - dt.timedelta(weeks=back) for back in range(len(steps) - 1, -1, -1)]
    return pl.DataFrame({"series_gid": "s", "on": days, "value": [float(value) for value in values]})


def found(own, *, kind="flow", reported=None, target=60.0, as_of=AS_OF):
    return detect_anomalies(goal(kind, target), series(own), as_of, reported)["anomaly"].to_list()


def test_usual_weeks_are_not_odd():
    assert found([4, 5, 4, 3, 5, 4]) == []


@pytest.mark.parametrize("kind", ["flow", "cohort"])
def test_two_silent_weeks_of_a_busy_goal_are_a_stall(kind):
    assert "stalled" in found([4, 5, 4, 3, 0, 0], kind=kind)
    assert "stalled" not in found([4, 5, 4, 3, 5, 0], kind=kind)


def test_silence_is_usual_for_a_goal_that_is_often_silent():
    quiet = [0, 9, 0, 0, 8, 0, 0, 7, 0, 0]
    steps = [*quiet, 9, 0, 0, 8, 0, 0]
    values = [float(sum(steps[: count + 1]) - sum(quiet)) for count in range(len(steps))]
    days = [AS_OF - dt.timedelta(weeks=back) for back in range(len(steps) - 1, -1, -1)]
    history = pl.DataFrame({"series_gid": "s", "on": days, "value": values})
    assert detect_anomalies(goal(), history, AS_OF).is_empty()


def test_a_week_that_brings_ten_is_a_jump_and_one_that_takes_away_is_a_drop():
    assert found([4, 5, 4, 3, 5, 60], target=120.0) == ["jumped"]
    assert found([4, 5, 4, 3, 5, -9]) == ["dropped"]


def test_green_with_bad_odds_is_red():
    green, red = (pl.DataFrame({"goal_gid": ["g"], "status": [status]}) for status in ("on_track", "at_risk"))
    assert found([1, 1, 1, 1, 1, 1], reported=green, target=90.0) == ["green_but_red"]
    assert found([1, 1, 1, 1, 1, 1], reported=red, target=90.0) == []
    assert found([8, 9, 8, 9, 8, 9], reported=green) == []


def test_what_comes_later_is_not_seen():
    assert found([4, 5, 4, 3, 0, 0], as_of=AS_OF - dt.timedelta(weeks=2)) == []


def test_no_goals_no_anomalies():
    assert detect_anomalies(goal().clear(), series([]).clear(), AS_OF).schema == ANOMALIES
