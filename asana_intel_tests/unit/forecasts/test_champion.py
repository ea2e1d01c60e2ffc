"""A model that loses to the pace rule on an organisation's own goals does not speak there."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.forecasts.champion import MIN_GOALS, hold_back, judge


def scores(goals: int, model: float, pace: float, *, kind: str = "flow", forecasts: int = 3) -> pl.DataFrame:
    rows = [
        {"kind": kind, "goal_gid": f"{kind}{n}", "model_brier": model + n % 3 / 100, "baseline_brier": pace}
        for n in range(goals)
        for _ in range(forecasts)
    ]
    return pl.DataFrame(rows)


def row(kind: str | None, status: str = "assessed") -> dict[str, object]:
    return {"goal_gid": "g", "kind": kind, "status": status, "p_attain": 0.7, "model_p": 0.7,
            "value_p10": 1.0, "value_p50": 2.0, "value_p90": 3.0, "predicted_on": None, "method": "gamma",
            "baseline_p": 0.1, "baseline_value": 1.5}  # fmt: skip


def test_a_model_that_loses_over_enough_goals_is_off_and_the_page_can_say_why() -> None:
    (verdict,) = judge(scores(40, 0.30, 0.20))
    assert verdict.is_off
    assert "flow" in verdict.reason
    assert "40 resolved goals" in verdict.reason


@pytest.mark.parametrize(("model", "pace"), [(0.15, 0.20), (0.19, 0.20)])
def test_a_model_that_wins_or_draws_stays(model: float, pace: float) -> None:
    assert not judge(scores(40, model, pace))[0].is_off


def test_too_few_goals_conclude_nothing_however_often_they_were_forecast() -> None:
    assert not judge(scores(MIN_GOALS - 1, 0.9, 0.1, forecasts=50))[0].is_off


def test_each_kind_is_judged_by_itself() -> None:
    both = pl.concat([scores(40, 0.3, 0.2), scores(40, 0.1, 0.2, kind="level")])
    assert [(verdict.kind, verdict.is_off) for verdict in judge(both)] == [("flow", True), ("level", False)]


def test_nothing_resolved_means_no_verdict() -> None:
    assert judge(scores(3, 0.1, 0.2).clear()) == []


def test_the_pace_rule_speaks_in_the_place_of_a_model_that_is_off_and_what_the_model_said_is_kept() -> None:
    verdicts = judge(scores(40, 0.3, 0.2))
    held, other, silent = hold_back(
        pl.DataFrame(
            [row("flow"), row("level"), row("flow", "not_assessed")], schema_overrides={"predicted_on": pl.Date}
        ),
        verdicts,
    ).to_dicts()
    assert (held["p_attain"], held["model_p"], held["value_p50"], held["value_p10"]) == (0.1, 0.7, 1.5, None)
    assert held["method"].startswith("pace_rule")
    assert (other["p_attain"], other["method"], silent["method"]) == (0.7, "gamma", "gamma")


@given(st.lists(st.floats(0, 1), min_size=MIN_GOALS, max_size=60), st.floats(0, 0.3))
@settings(deadline=None, max_examples=30)
def test_a_model_that_is_never_worse_is_never_switched_off(pace: list[float], better_by: float) -> None:
    rows = [
        {"kind": "flow", "goal_gid": str(n), "model_brier": max(0.0, p - better_by), "baseline_brier": p}
        for n, p in enumerate(pace)
    ]
    assert not judge(pl.DataFrame(rows))[0].is_off
