"""The scoreboard: what is scored, and what the figures mean."""

import datetime as dt
import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.errors import PermanentError
from asana_intel.forecasts.outcomes import OUTCOMES
from asana_intel.forecasts.scoring import FORECASTS, score_forecasts, summarise_scores

START = dt.date(2024, 1, 1)
DUE = dt.date(2024, 4, 10)  # 100 days later


def frozen(*rows):
    """Rows of (id, goal, day, p, baseline_p, method)."""
    fixed = {"start_on": START, "due_on": DUE, "initial_value": 0.0, "target_value": 20.0, "value_p10": 10.0,
             "value_p50": 20.0, "value_p90": 30.0}  # fmt: skip
    return pl.DataFrame(
        [
            dict.fromkeys(FORECASTS)
            | fixed
            | {"forecast_id": fid, "goal_gid": gid, "as_of_on": START + dt.timedelta(days=day), "p_attain": p,
               "baseline_p": baseline, "method": method}
            for fid, gid, day, p, baseline, method in rows
        ],
        schema=FORECASTS,
    )  # fmt: skip


def outcomes(*rows):
    return pl.DataFrame([(fid, met, final, DUE) for fid, met, final in rows], schema=OUTCOMES, orient="row")


def test_a_resolved_forecast_is_scored_beside_its_baseline():
    scores = score_forecasts(frozen(("f", "g", 25, 0.8, 0.1, "gamma")), outcomes(("f", True, 33.0)))
    row = scores.row(0, named=True)
    assert row["brier"] == pytest.approx(0.04)
    assert row["baseline_brier"] == pytest.approx(0.81)
    assert row["log_loss"] == pytest.approx(-math.log(0.8))
    assert (row["in_80_band"], row["abs_error"], row["elapsed_pct"]) == (False, 13.0, 25.0)
    # pinball .1 * 23, .5 * 13, .9 * 3; twice their mean, over a way of 20
    assert row["crps"] == pytest.approx(2 * (2.3 + 6.5 + 2.7) / 3 / 20)


def test_what_the_owner_said_is_scored_beside_and_a_silent_owner_is_not():
    said = frozen(("f", "g", 25, 0.8, 0.1, "gamma"), ("s", "g", 25, 0.8, 0.1, "gamma"))
    said = said.with_columns(owner_p=pl.Series([0.9, None], dtype=pl.Float64))
    scores = score_forecasts(said, outcomes(("f", False, 3.0), ("s", False, 3.0)))
    assert scores["owner_brier"].to_list() == [pytest.approx(0.81), None]
    all_rows = summarise_scores(scores).row(0, named=True)
    assert all_rows["owner_skill"] == pytest.approx(1 - 0.64 / 0.81)


def test_what_the_model_said_is_scored_where_the_pace_rule_spoke():
    said = frozen(("f", "g", 25, 0.1, 0.1, "pace_rule")).with_columns(model_p=pl.lit(0.7))
    row = score_forecasts(said, outcomes(("f", True, 22.0))).row(0, named=True)
    assert (row["brier"], row["model_brier"]) == (pytest.approx(0.81), pytest.approx(0.09))


def test_hindsight_silence_and_open_goals_are_not_scored():
    forecasts = frozen(
        ("due", "g", 100, 0.9, 0.9, "gamma"),
        ("late", "g", 140, 0.9, 0.9, "gamma"),
        ("silent", "g", 50, None, 0.9, "gamma"),
        ("open", "other", 50, 0.9, 0.9, "gamma"),
    )
    known = outcomes(("due", True, 20.0), ("late", True, 20.0), ("silent", True, 20.0))
    assert score_forecasts(forecasts, known).is_empty()


def test_a_corrected_outcome_replaces_the_first_one():
    first = outcomes(("f", False, 9.0)).with_columns(pl.lit(DUE - dt.timedelta(days=9)).alias("resolved_on"))
    both = pl.concat([outcomes(("f", True, 21.0)), first])
    assert score_forecasts(frozen(("f", "g", 50, 0.9, 0.1, "gamma")), both)["attained"].to_list() == [True]


def test_skill_is_nought_for_the_baseline_itself_and_one_for_an_oracle():
    said = frozen(
        ("a", "g", 50, 1.0, 0.9, "oracle"),
        ("b", "h", 50, 0.0, 0.9, "oracle"),
        ("c", "g", 50, 0.9, 0.9, "pace"),
        ("d", "h", 50, 0.9, 0.9, "pace"),
    )
    met = {"g": (True, 20.0), "h": (False, 5.0)}
    known = outcomes(*((fid, *met[gid]) for fid, gid in said.select("forecast_id", "goal_gid").iter_rows()))
    summary = summarise_scores(score_forecasts(said, known))
    skill = dict(summary.filter(pl.col("elapsed_pct").is_null()).select("method", "skill").rows())
    assert skill["oracle"] == pytest.approx(1.0)
    assert skill["pace"] == pytest.approx(0.0)
    assert skill["all"] == pytest.approx(0.5)


def test_forecasts_count_for_the_nearest_share_of_time():
    said = frozen(*((str(day), "g", day, 0.5, 0.5, "gamma") for day in (1, 37, 38, 62, 63, 99)))
    known = outcomes(*((fid, True, 20.0) for fid in said["forecast_id"]))
    summary = summarise_scores(score_forecasts(said, known))
    counts = summary.filter(pl.col("method") == "gamma").select("elapsed_pct", "n").rows()
    assert counts == [(None, 6), (25, 2), (50, 2), (75, 2)]


def test_reliability_bins_show_said_beside_seen():
    said = frozen(*((str(n), "g" if n < 3 else "h", 50, 0.75, 0.5, "gamma") for n in range(4)))
    known = outcomes(*((str(n), n < 3, 20.0 if n < 3 else 5.0) for n in range(4)))
    summary = summarise_scores(score_forecasts(said, known))
    row = summary.filter((pl.col("method") == "gamma") & pl.col("elapsed_pct").is_null()).row(0, named=True)
    assert row["reliability"] == [{"bin_low": 0.7, "bin_high": 0.8, "n": 4, "mean_p": 0.75, "attained_share": 0.75}]
    assert row["calibration_error"] == pytest.approx(0.0)
    assert row["coverage_80"] == pytest.approx(0.75)


def test_nothing_resolved_gives_empty_tables():
    assert summarise_scores(score_forecasts(frozen(), outcomes())).is_empty()


def test_a_missing_column_is_named():
    with pytest.raises(PermanentError, match="'baseline_p'"):
        score_forecasts(frozen().drop("baseline_p"), outcomes())


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30))
@settings(deadline=None, max_examples=40)
def test_scores_stay_in_their_bounds_and_bins_hold_every_forecast(said):
    forecasts = frozen(*((str(n), str(n), 50, p, 0.5, "gamma") for n, (p, _) in enumerate(said)))
    scores = score_forecasts(forecasts, outcomes(*((str(n), met, 20.0) for n, (_, met) in enumerate(said))))
    assert scores["brier"].is_between(0, 1).all()
    assert scores["log_loss"].is_between(0, 9.3).all()
    summary = summarise_scores(scores)
    for row in summary.iter_rows(named=True):
        assert sum(bucket["n"] for bucket in row["reliability"]) == row["n"] == len(said)
        assert 0 <= row["calibration_error"] <= 1
