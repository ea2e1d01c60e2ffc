"""Levels: noisy ones walk, steady ones rise, and the closed form of Prophet's trend is Prophet's trend."""

import datetime as dt
import logging

import numpy as np
import polars as pl
import pytest

from asana_intel.forecasts.attainment import forecast_attainment
from asana_intel.forecasts.level import steadiness
from asana_intel.forecasts.trend import trend_line

START = dt.date(2024, 1, 1)
DUE = START + dt.timedelta(weeks=13)
AS_OF = START + dt.timedelta(weeks=4)


def forecast(values, *, initial, target, every=7, due=DUE):
    """A level recorded up to `AS_OF`, forecast on that day."""
    days = [AS_OF - dt.timedelta(days=every * back) for back in range(len(values) - 1, -1, -1)]
    goals = pl.DataFrame(
        [("g", "level", "s", START, due, float(initial), float(target))],
        schema=["goal_gid", "kind", "series_gid", "start_on", "due_on", "initial_value", "target_value"],
        orient="row",
    )
    history = pl.DataFrame({"series_gid": ["s"] * len(values), "on": days, "value": [float(v) for v in values]})
    return forecast_attainment(goals, history, AS_OF).row(0, named=True)


def test_a_steady_rise_is_expected_to_go_on():
    rise = [2.0 * week for week in range(25)]  # 40 at the start, 48 now, 66 at the due date
    said = forecast(rise, initial=40, target=62)
    assert said["method"] == "rise + trend"
    assert said["p_attain"] > 0.7
    assert said["value_p50"] == pytest.approx(66, abs=3)


def test_a_noisy_level_is_expected_to_stay_where_it_is():
    swings = [50 + (-1) ** week * 4 for week in range(25)]
    said = forecast(swings, initial=50, target=20)
    assert said["method"] == "damped_walk"
    assert said["p_attain"] < 0.2
    assert said["value_p50"] == pytest.approx(swings[-1], abs=6)


def test_a_rise_that_quickened_is_expected_beyond_one_that_did_not():
    even = [2.0 * week for week in range(25)]
    quickening = [48.0 * (week / 24) ** 2 for week in range(25)]
    assert (
        forecast(quickening, initial=33, target=80)["value_p50"]
        > forecast(even, initial=40, target=80)["value_p50"] + 10
    )


def test_steadiness_is_one_for_one_way_and_little_for_both_ways():
    one_way, both_ways, unknown = np.full(26, 0.1), np.tile([0.1, -0.1], 13), np.full(26, np.nan)
    assert steadiness(np.stack([one_way, -one_way, both_ways, unknown])) == pytest.approx([1, 1, 0, 0])


def test_a_series_of_two_day_steps_is_read_at_its_own_rhythm():
    coarse = [float(step) for step in range(30)]
    said = forecast(coarse, initial=coarse[-15], target=coarse[-1] + 31, every=2)
    assert said["value_p50"] == pytest.approx(coarse[-1] + 63 / 2, abs=6)


@pytest.mark.parametrize("name", ["line", "kink", "curve"])
def test_the_closed_form_agrees_with_prophet(name):
    import pandas as pd
    from prophet import Prophet

    logging.getLogger("cmdstanpy").setLevel(logging.CRITICAL)
    week = np.arange(40.0)
    noise = np.random.default_rng(3).normal(0, 1, 40)
    values = {"line": 10 + 2 * week, "kink": np.maximum(week, 3 * week - 40), "curve": week**1.6 / 4}[name] + noise
    days = pd.date_range("2024-01-01", periods=52, freq="7D")
    model = Prophet(
        changepoint_prior_scale=0.5,
        weekly_seasonality=False,  # pyright: ignore[reportArgumentType]
        daily_seasonality=False,  # pyright: ignore[reportArgumentType]
        yearly_seasonality=False,  # pyright: ignore[reportArgumentType]
        uncertainty_samples=0,
    )
    model.fit(pd.DataFrame({"ds": days[:40], "y": values}), seed=1)
    theirs = model.predict(pd.DataFrame({"ds": days}))["trend"].to_numpy()
    assert np.abs(trend_line(values, 12) - theirs).max() < 0.03 * np.ptp(values)


def test_the_band_of_a_level_opens_faster_than_a_walk_that_is_sure_of_its_course():
    swings = [50 + (-1) ** week * 4 for week in range(25)]
    near, far = (forecast(swings, initial=50, target=20, due=AS_OF + dt.timedelta(weeks=weeks)) for weeks in (2, 8))
    widths = [said["value_p90"] - said["value_p10"] for said in (near, far)]
    assert widths[1] > 1.1 * (8 / 2) ** 0.5 * widths[0]
