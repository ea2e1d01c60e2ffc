"""An organisation's own goals may correct the odds, once there are enough of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.forecasts.calibration import LEAST_GOALS, Calibration, fit_calibration


def closed_goals(count, *, hopeful=0.0, seed=1):
    """Forecasts whose log odds are too high by `hopeful`."""
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(0, 1.5, count)
    attained = rng.random(count) < 1 / (1 + np.exp(-(log_odds - hopeful)))
    return 1 / (1 + np.exp(-log_odds)), attained.astype(float)


def test_few_goals_change_nothing():
    calibration = fit_calibration(*closed_goals(LEAST_GOALS - 1, hopeful=1.0))
    p = np.array([0.0, 0.2, 0.8, 1.0])
    assert calibration == Calibration(goals=LEAST_GOALS - 1)
    assert (calibration.apply(p) == p).all()


def test_forecasts_that_are_too_hopeful_come_down():
    p, attained = closed_goals(3000, hopeful=1.0)
    calibrated = fit_calibration(p, attained).apply(p)
    assert calibrated.mean() == pytest.approx(attained.mean(), abs=0.02)
    assert ((calibrated - attained) ** 2).mean() < ((p - attained) ** 2).mean()


def test_honest_forecasts_stay():
    p, attained = closed_goals(2000)
    assert np.abs(fit_calibration(p, attained).apply(p) - p).max() < 0.05


@given(st.integers(0, 99), st.floats(-3, 3))
@settings(deadline=None, max_examples=15)
def test_the_order_of_goals_stays_and_certainty_too(seed, hopeful):
    calibration = fit_calibration(*closed_goals(LEAST_GOALS, hopeful=hopeful, seed=seed))
    p = np.linspace(0, 1, 21)
    calibrated = calibration.apply(p)
    assert (np.diff(calibrated) >= 0).all()
    assert calibrated[[0, -1]].tolist() == [0, 1]


def test_always_wrong_forecasts_do_not_turn_the_order_round():
    p, attained = closed_goals(2000)
    assert fit_calibration(1 - p, attained).slope >= 0
