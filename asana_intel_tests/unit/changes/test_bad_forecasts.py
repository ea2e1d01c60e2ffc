"""F31: forecasts that are no numbers lead to a closed gate that names the rows, or to no row at all."""

from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl
import pytest

from asana_intel.changes.plan import build_plan
from asana_intel.quality.evaluate import evaluate

TABLE = "forecasts/goal_attainment"


def judged(frame):
    return {c.name: c for c in evaluate(TABLE, frame).failed if c.severity == "error"}


@pytest.mark.parametrize("odds", [float("nan"), float("inf"), -0.1, 1.1, None])
@pytest.mark.fault("F31")
def test_odds_that_are_no_odds_close_the_gate_and_name_their_row(inputs, odds):
    wrong = inputs.goal_attainment.with_columns(
        p_attain=pl.when(goal_gid="1").then(pl.lit(odds, pl.Float64)).otherwise("p_attain")
    )
    failed = judged(wrong)
    assert failed
    assert any("1" in key for check in failed.values() for key in check.sample_keys)


@pytest.mark.parametrize(
    "change", [lambda f: f.drop("p_attain"), lambda f: f.with_columns(pl.lit("62 %").alias("p_attain"))]
)
@pytest.mark.fault("F31")
def test_a_column_that_is_missing_or_holds_text_closes_the_gate(inputs, change):
    assert any("p_attain" in name for name in judged(change(inputs.goal_attainment)))


@pytest.mark.parametrize("odds", [float("nan"), float("inf"), None])
@pytest.mark.fault("F31")
def test_a_plan_holds_no_value_made_of_what_is_no_number(inputs, odds):
    wrong = replace(inputs, goal_attainment=inputs.goal_attainment.with_columns(p_attain=pl.lit(odds, pl.Float64)))
    plan = build_plan(wrong, date(2026, 11, 16), datetime(2026, 11, 20, 6, tzinfo=UTC))
    assert "ai_confidence_score" not in set(plan["field"])
    assert not plan.filter(pl.col("new_value").str.contains("(?i)nan|inf")).height


@pytest.mark.fault("F31")
def test_without_any_forecast_no_goal_is_written_to(inputs):
    empty = replace(inputs, goal_attainment=inputs.goal_attainment.clear())
    plan = build_plan(empty, date(2026, 11, 16), datetime(2026, 11, 20, 6, tzinfo=UTC))
    assert set(plan["target_type"]) <= {"project"}
