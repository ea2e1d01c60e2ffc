"""That the shipped trees are whole, small, and better than the mean of eight weeks on open work histories."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from asana_intel.forecasts.capacity import forecast_person_weeks
from asana_intel.forecasts.person_features import PAST_WEEKS
from asana_intel.forecasts.person_model import MODEL_FILE, load_person_model

OPEN_DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "person_week_activity.parquet"
MONDAYS = [dt.date(2024, 3, 4) + dt.timedelta(weeks=week) for week in range(8)]


def test_a_saved_model_is_the_same_model_and_the_same_file(tmp_path):
    model = load_person_model()
    model.save(tmp_path / "once.zip")
    again = load_person_model(tmp_path / "once.zip")
    again.save(tmp_path / "twice.zip")
    assert (tmp_path / "once.zip").read_bytes() == (tmp_path / "twice.zip").read_bytes()
    rates = np.random.default_rng(1).gamma(1, 5, (3, PAST_WEEKS))
    days = np.full((3, 8), 5.0)
    np.testing.assert_array_equal(model.figures(rates, MONDAYS, days), again.figures(rates, MONDAYS, days))


def test_the_file_stays_small():
    assert MODEL_FILE.stat().st_size < 1e6


@pytest.mark.skipif(not OPEN_DATA.exists(), reason="needs the open work histories in ../shared/data")
def test_the_shipped_trees_beat_the_mean_of_eight_weeks_and_their_band_holds():
    weeks = pl.read_parquet(OPEN_DATA).with_columns(week_on=pl.col("week").dt.date())
    errors, naive, inside = [], [], []
    for _, group in weeks.group_by("source", "unit", maintain_order=True):
        as_of = group["week_on"].cast(pl.Int32).quantile(0.6, "nearest")
        as_of = dt.date(1970, 1, 1) + dt.timedelta(days=int(as_of))
        history = group.select("week_on", "value", person_gid="person")
        past = history.filter(pl.col("week_on") < as_of).sort("week_on")
        plain = past.group_by("person_gid").agg(
            pl.col("value").tail(8).mean().alias("mean_8"),
            pl.col("value").diff().abs().mean().alias("step"),
            pl.len(),
            pl.col("week_on").max().alias("last_on"),
        )
        rows = (
            forecast_person_weeks(history, as_of)
            .join(history, on=["person_gid", "week_on"])
            .join(plain, on="person_gid")
            .filter(pl.col("len") >= 52, pl.col("last_on") == as_of - dt.timedelta(weeks=1), pl.col("step") > 0)
        )
        errors += ((rows["value"] - rows["p50"]).abs() / rows["step"]).to_list()
        naive += ((rows["value"] - rows["mean_8"]).abs() / rows["step"]).to_list()
        inside += rows["value"].is_between(rows["p10"], rows["p90"]).to_list()
    assert np.mean(errors) < np.mean(naive)
    assert 0.7 < np.mean(inside) < 0.95
