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


UNKNOWN = ("value_p10", "value_p50", "value_p90")


def known_only(p: float, *names: str, start: float | None = 0.0) -> pl.DataFrame:
    """A goal of 100 of which only some percentiles are known: 70, 90, 110."""
    told = dict(zip(UNKNOWN, (70.0, 90.0, 110.0), strict=True))
    numbers = {name: told[name] if name in names else None for name in UNKNOWN}
    ends = {"initial_value": start, "current_value": 40.0, "target_value": 100.0}
    return pl.DataFrame([numbers | ends | {"p_attain": p}], schema_overrides=dict.fromkeys(UNKNOWN, pl.Float64))


@pytest.mark.parametrize("names", [(), UNKNOWN[:1], UNKNOWN[1:2], UNKNOWN[2:], UNKNOWN[:2], UNKNOWN[1:]], ids=str)
def test_without_percentiles_a_tenth_of_the_way_moves_the_odds_by_a_tenth_of_the_usual_spread(names: tuple) -> None:
    # 10 of the 100 from start to target are .256 standard deviations: from the middle to .601
    assert odds_after(known_only(0.5, *names), np.array([10.0]))[0] == pytest.approx(0.601, abs=0.001)
    assert odds_without(known_only(0.5, *names), np.array([10.0]))[0] == pytest.approx(0.399, abs=0.001)


def test_a_missing_median_lies_in_the_middle() -> None:
    whole, ends = known_only(0.3, *UNKNOWN), known_only(0.3, "value_p10", "value_p90")
    assert odds_after(ends, np.array([7.0])) == pytest.approx(odds_after(whole, np.array([7.0])))


@given(
    st.floats(0, 1),
    st.sets(st.sampled_from(UNKNOWN)),
    st.none() | st.floats(0, 120),
    st.lists(st.floats(0, 200), min_size=2, max_size=5),
)
def test_whatever_is_not_known_more_is_never_worse_and_odds_stay_odds(
    p: float, names: set[str], start: float | None, amounts: list[float]
) -> None:
    case = known_only(p, *names, start=start)
    cases = pl.concat([case] * len(amounts), how="vertical_relaxed")
    after = odds_after(cases, np.array(sorted(amounts)))
    assert (after >= p).all()
    assert (after <= 1).all()
    assert (np.diff(after) >= -1e-12).all()
    before = odds_without(cases, np.array(sorted(amounts)))
    assert (before <= p + 1e-12).all()
    assert (before >= 0).all()
    assert (np.diff(before) <= 1e-12).all()
