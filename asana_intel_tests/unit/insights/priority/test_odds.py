"""The odds of a goal that gains or loses a little: both read from one distribution."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.insights.priority.odds import odds_after, odds_without


def goals(p: float, low: float, middle: float, high: float, *, start: float = 0.0, target: float = 100.0):
    numbers = {"p_attain": p, "value_p10": low, "value_p50": middle, "value_p90": high}
    return pl.DataFrame([numbers | {"initial_value": start, "current_value": start, "target_value": target}])


def without(frame: pl.DataFrame, loss: float) -> float:
    return float(odds_without(frame, np.array([loss]))[0])


def test_losing_the_way_to_the_ninetieth_percentile_leaves_a_tenth() -> None:
    assert without(goals(0.5, 80, 100, 120), 20) == pytest.approx(0.1)


def test_a_goal_that_is_reached_from_above_loses_upwards() -> None:
    falling = goals(0.5, 80, 100, 120, start=200)
    assert without(falling, 20) == pytest.approx(0.1)


@given(st.floats(0.02, 0.98), st.floats(0, 60), st.floats(0, 60))
def test_losing_more_is_never_better_and_losing_nothing_is_as_forecast(p: float, one: float, other: float) -> None:
    frame = goals(p, 70, 95, 130)
    less, more = sorted((one, other))
    assert without(frame, 0) == pytest.approx(p)
    assert 0 <= without(frame, more) <= without(frame, less) + 1e-12 <= p + 2e-12


@given(st.floats(0, 60))
def test_losing_is_the_mirror_image_of_gaining(amount: float) -> None:
    gained = odds_after(goals(0.5, 80, 100, 120), np.array([amount]))[0]
    assert without(goals(0.5, 80, 100, 120), amount) == pytest.approx(1 - gained)
