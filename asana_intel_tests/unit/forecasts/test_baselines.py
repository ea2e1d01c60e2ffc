"""The pace rule that stands beside every forecast."""

import datetime as dt

import polars as pl
import pytest

from asana_intel.forecasts.baselines import forecast_linear_pace

START = dt.date(2024, 1, 1)


def forecast(progress, *, as_of=START + dt.timedelta(days=49), target=60.0):
    goals = pl.DataFrame(
        [("g", "flow", "s", START, START + dt.timedelta(days=97), 0.0, target)],
        schema=["goal_gid", "kind", "series_gid", "start_on", "due_on", "initial_value", "target_value"],
        orient="row",
    )
    days = [START - dt.timedelta(days=1), START + dt.timedelta(days=48)]
    history = pl.DataFrame({"series_gid": ["s", "s"], "on": days, "value": [0.0, progress]})
    return forecast_linear_pace(goals, history, as_of).row(0, named=True)


@pytest.mark.parametrize(("progress", "p", "value"), [(30.0, 0.9, 60.0), (29.0, 0.1, 58.0), (45.0, 0.9, 90.0)])
def test_half_of_the_way_in_half_of_the_time_is_on_pace(progress, p, value):
    said = forecast(progress)
    assert said["baseline_p"] == p
    assert said["baseline_value"] == pytest.approx(value)


def test_after_the_due_date_the_baseline_is_the_outcome():
    said = forecast(61.0, as_of=START + dt.timedelta(days=120))
    assert said["baseline_p"] == 1.0
    assert said["baseline_value"] == pytest.approx(61.0)


def test_a_goal_that_cannot_be_assessed_has_no_baseline():
    assert forecast(10.0, target=0.0) == {"goal_gid": "g", "baseline_p": None, "baseline_value": None}
