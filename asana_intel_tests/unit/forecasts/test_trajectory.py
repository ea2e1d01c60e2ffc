"""What a reader of the fan chart can rely on: it starts today, ends at the forecast, and never breaks."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from asana_intel.forecasts.attainment import forecast_attainment
from asana_intel.forecasts.trajectory import TRAJECTORY, forecast_trajectories

START = dt.date(2024, 1, 1)
AS_OF = START + dt.timedelta(weeks=5)
DUE = dt.date(2024, 3, 30)
FAN = ["p10", "p50", "p90"]


@pytest.fixture(scope="module")
def frames():
    rng = np.random.default_rng(5)
    days = [START - dt.timedelta(days=1) + dt.timedelta(weeks=week) for week in range(-20, 10)]
    paths = {"flow": rng.poisson(5, 30).cumsum(), "level": 90 - np.arange(30) + rng.normal(0, 2, 30)}
    paths |= {"commitment": paths["flow"], "stuck": np.full(30, 7.0)}
    kinds = {"flow": "flow", "level": "level", "commitment": "commitment", "stuck": "flow"}
    base = {"flow": (0.0, 60.0), "level": (70.0, 55.0), "commitment": (0.0, 50.0), "stuck": (0.0, 5.0)}
    goals = pl.DataFrame(
        [(gid, kinds[gid], gid, START, DUE, *base[gid]) for gid in kinds],
        schema=["goal_gid", "kind", "series_gid", "start_on", "due_on", "initial_value", "target_value"],
        orient="row",
    )
    history = pl.concat(
        pl.DataFrame({"series_gid": [gid] * 30, "on": days, "value": path.astype(float)}) for gid, path in paths.items()
    )
    return goals, history


@pytest.fixture(scope="module")
def drawn(frames):
    return forecast_trajectories(*frames, AS_OF, max_prophet=3)


def test_the_fan_ends_where_the_forecast_says(frames, drawn):
    forecast = forecast_attainment(*frames, AS_OF)
    ends = drawn.filter(pl.col("on") == DUE)
    assert ends["goal_gid"].to_list() == forecast["goal_gid"].to_list()
    for mine, theirs in zip(FAN, ["value_p10", "value_p50", "value_p90"], strict=True):
        assert ends[mine].to_list() == pytest.approx(forecast[theirs].to_list(), rel=1e-6)


def test_the_fan_starts_today_goes_week_by_week_and_widens(drawn):
    for (gid,), fan in drawn.partition_by("goal_gid", as_dict=True).items():
        assert fan["on"][0] == AS_OF
        assert fan["on"].diff().dt.total_days().drop_nulls().max() == 7
        assert fan["on"].is_sorted()
        assert (fan["p10"] <= fan["p50"]).all()
        assert (fan["p50"] <= fan["p90"]).all()
        width = fan["p90"] - fan["p10"]
        assert width[-1] >= width[0], gid


def test_what_accumulates_never_falls(drawn):
    flow = drawn.filter(pl.col("goal_gid").is_in(["flow", "commitment", "stuck"]))
    assert flow.select(pl.col(FAN).diff().over("goal_gid").min() > -1e-9).row(0) == (True, True, True)


def test_prophet_draws_the_largest_goals_and_the_models_the_rest(drawn):
    methods = dict(drawn.select("goal_gid", "method").unique().rows())
    assert methods == {"flow": "prophet", "level": "prophet", "commitment": "prophet", "stuck": "closed_form"}


def test_the_same_inputs_draw_the_same_line(frames, drawn):
    assert forecast_trajectories(*frames, AS_OF, max_prophet=3).equals(drawn)


def test_without_prophet_every_goal_still_has_a_fan(frames, drawn, monkeypatch):
    import prophet

    def broken(*_args, **_kwargs):
        raise RuntimeError("optimisation failed")

    monkeypatch.setattr(prophet.Prophet, "fit", broken)
    fallen = forecast_trajectories(*frames, AS_OF, max_prophet=3)
    assert fallen["method"].unique().to_list() == ["closed_form"]
    assert fallen.select("goal_gid", "on").equals(drawn.select("goal_gid", "on"))


def test_goals_that_are_over_or_not_assessed_have_no_fan(frames):
    goals, history = frames
    assert forecast_trajectories(goals, history, DUE + dt.timedelta(days=1)).is_empty()
    assert forecast_trajectories(goals, history.clear(), AS_OF).schema == TRAJECTORY
