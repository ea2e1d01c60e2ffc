"""An organisation's own goals may correct the odds, once there are enough of them."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.forecasts.calibration import (
    LEAST_GOALS,
    Calibration,
    calibrated,
    fit_calibration,
    learn_calibration,
)


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
    corrected = fit_calibration(p, attained).apply(p)
    assert corrected.mean() == pytest.approx(attained.mean(), abs=0.02)
    assert ((corrected - attained) ** 2).mean() < ((p - attained) ** 2).mean()


def test_honest_forecasts_stay():
    p, attained = closed_goals(2000)
    assert np.abs(fit_calibration(p, attained).apply(p) - p).max() < 0.05


@given(st.integers(0, 99), st.floats(-3, 3))
@settings(deadline=None, max_examples=15)
def test_the_order_of_goals_stays_and_certainty_too(seed, hopeful):
    calibration = fit_calibration(*closed_goals(LEAST_GOALS, hopeful=hopeful, seed=seed))
    p = np.linspace(0, 1, 21)
    corrected = calibration.apply(p)
    assert (np.diff(corrected) >= 0).all()
    assert corrected[[0, -1]].tolist() == [0, 1]


def test_always_wrong_forecasts_do_not_turn_the_order_round():
    p, attained = closed_goals(2000)
    assert fit_calibration(1 - p, attained).slope >= 0


def odds_of(p, *, upward=True, status="assessed"):
    target = 10.0 if upward else -10.0
    return (
        pl.DataFrame(
            {"goal_gid": "g", "p_attain": p, "value_p10": 4.0, "value_p50": 8.0, "value_p90": 12.0, "status": status}
        ),
        pl.DataFrame({"goal_gid": "g", "initial_value": 0.0, "target_value": target}),
    )


def test_the_band_moves_with_the_odds():
    odds, targets = odds_of(0.3)
    lower = calibrated(odds, targets, Calibration(1.0, -1.0, 600))
    assert lower["p_attain"].item() < 0.3
    assert lower["value_p50"].item() < 8.0
    assert lower["value_p90"].item() - lower["value_p10"].item() == pytest.approx(8.0)


def test_a_goal_that_must_fall_stands_higher_when_its_odds_sink():
    odds, targets = odds_of(0.3, upward=False)
    assert calibrated(odds, targets, Calibration(1.0, -1.0, 600))["value_p50"].item() > 8.0


@pytest.mark.parametrize(("p", "status"), [(1.0, "assessed"), (0.0, "closed"), (None, "not_assessed")])
def test_what_is_certain_or_not_assessed_stays(p, status):
    odds, targets = odds_of(pl.Series([p], dtype=pl.Float64), status=status)
    assert calibrated(odds, targets, Calibration(0.7, -1.0, 600)).equals(odds)


def test_each_goal_counts_once_by_what_was_said_about_its_half():
    p, attained = closed_goals(LEAST_GOALS)
    late = pl.DataFrame({"goal_gid": np.arange(p.size).astype(str), "elapsed_pct": 0.9, "model_p": 1 - p,
                         "attained": attained > 0})  # fmt: skip
    half = late.with_columns(elapsed_pct=pl.lit(0.55), model_p=pl.Series(p))
    assert learn_calibration(pl.concat([late, half])) == fit_calibration(*_by_gid(p, attained))


def _by_gid(p, attained):
    """In the order of the goals' gids, which are text."""
    order = np.argsort(np.arange(p.size).astype(str))
    return p[order], attained[order]
