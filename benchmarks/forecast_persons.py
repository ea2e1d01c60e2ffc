"""How good person-week forecasts are on real work histories, next to other methods on the same rows; fits nothing new.

Run: python benchmarks/forecast_persons.py. Needs the open data folder `shared/data` beside the repository, and for
AutoETS and TSB an environment with statsforecast (STATSFORECAST_PYTHON, or ../.peers/statsforecast-2.1.1).

Protocol, after the forecasting reference, section 3: every source is cut at the 60 % quantile of its weeks; origins
follow every eight weeks from there. A window counts where the person has 52 weeks behind, was active in the last 26,
and has eight weeks ahead. The model that forecasts a person has seen neither that person nor any week after the cut:
unsealed persons are forecast by four models, each fitted without a quarter of them; sealed ones by a model fitted on
all unsealed persons. MASE divides by the mean change from week to week before the origin, sCRPS (mean pinball loss of
nine deciles, twice) by the mean of the last 26 weeks.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from fit_persons import (
    ORIGINS_EVERY,
    fit,
    is_sealed,
    public_working_days,
    share_of,
    training_rows,
    training_series,
    weekly_activity,
)

from asana_intel.forecasts.capacity import forecast_person_weeks, forecast_person_weeks_with
from asana_intel.forecasts.person_bootstrap import LEVEL_SIGMA, bootstrap_person
from asana_intel.forecasts.person_model import DECILES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from asana_intel.forecasts.person_model import PersonModel

    Floats = NDArray[np.float64]

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "forecast_persons.json"
STATSFORECAST = Path(
    os.environ.get("STATSFORECAST_PYTHON", ROOT.parent / ".peers" / "statsforecast-2.1.1" / "bin" / "python")
)
HORIZON = 8
MIN_PAST = 52
FOLDS = 4
PROPHET_WINDOWS = 60
SEED = 7
SEALED = -1
LEVELS = np.array(DECILES) / 100


def windows() -> pl.DataFrame:
    """One row per window: source, unit, person, origin, past (list), actual (list of eight), fold, first_on."""
    activity = weekly_activity()
    parts = []
    for group in activity.partition_by("source", "unit"):
        origin, last = group["cut_on"][0], group["week_on"].max()
        while origin + dt.timedelta(weeks=HORIZON - 1) <= last:
            parts.append(_windows_at(group, origin))
            origin += dt.timedelta(weeks=HORIZON)
    found = pl.concat(parts)
    folds = [SEALED if is_sealed(person) else share_of(person, FOLDS, "fold") for person in found["person"]]
    return found.with_columns(fold=pl.Series(folds))


def _windows_at(group: pl.DataFrame, origin: dt.date) -> pl.DataFrame:
    ends = origin + dt.timedelta(weeks=HORIZON)
    past = pl.col("week_on") < origin
    ahead = past.not_() & (pl.col("week_on") < ends)
    return (
        group.sort("week_on")
        .group_by("source", "unit", "person")
        .agg(
            pl.col("week_on").min().alias("first_on"),
            pl.col("value").filter(past).alias("past"),
            pl.col("value").filter(ahead).alias("actual"),
        )
        .filter(
            pl.col("past").list.len() >= MIN_PAST,
            pl.col("actual").list.len() == HORIZON,
            pl.col("past").list.tail(26).list.sum() > 0,
        )
        .with_columns(origin=pl.lit(origin))
        .sort("person")
    )


def held_out_models() -> dict[int, PersonModel]:
    """For each fold the model that knows nobody in it; none has seen a week after the cut."""
    models = {}
    for fold in (SEALED, *range(FOLDS)):
        series = training_series(
            lambda person, fold=fold: not is_sealed(person) and share_of(person, FOLDS, "fold") != fold
        )
        models[fold] = fit(*training_rows(series, ORIGINS_EVERY, until_cut=True))
    return models


def our_deciles(rows: pl.DataFrame, models: dict[int, PersonModel], with_calendar: bool) -> Floats:
    """Deciles of eight weeks and of their total, shape (windows, 9, 9)."""
    found = np.empty((rows.height, HORIZON + 1, len(DECILES)))
    for (source, _, origin, fold), part in rows.with_row_index("row").group_by("source", "unit", "origin", "fold"):
        part = part.sort("person")
        history = (
            part.select("person", "past", on=pl.date_ranges("first_on", pl.col("origin").dt.offset_by("-1w"), "1w"))
            .explode("past", "on")
            .select(person_gid="person", week_on="on", value="past")
        )
        calendar = _calendar(part, source, origin) if with_calendar else None
        said = forecast_person_weeks_with(models[fold], history, origin, HORIZON, calendar)
        deciles = said.select(f"p{decile}" for decile in DECILES).to_numpy()
        found[part["row"].to_numpy()] = deciles.reshape(part.height, HORIZON + 1, -1)
    return found


def _calendar(part: pl.DataFrame, source: str, origin: dt.date) -> pl.DataFrame:
    first = origin - dt.timedelta(weeks=60)
    days = public_working_days(source, first, 60 + HORIZON)
    weeks = pl.DataFrame(
        {"week_on": [first + dt.timedelta(weeks=week) for week in range(days.size)], "working_days": days}
    )
    return part.select(person_gid="person").join(weeks, how="cross")


def bootstrap_deciles(rows: pl.DataFrame, level_sigma: float) -> Floats:
    """The recency bootstrap of the own last 26 weeks; without a level change it is a Monte Carlo of single weeks."""
    ahead = np.ones(HORIZON)
    pasts = [np.array([past[-26:]]) for past in rows["past"].to_list()]
    return np.stack([bootstrap_person(past, ahead, row, level_sigma)[1] for row, past in enumerate(pasts)])


def statsforecast_deciles(rows: pl.DataFrame) -> dict[str, Floats]:
    """AutoETS and TSB by statsforecast itself; ETS totals take its weeks as independent, TSB is a point alone."""
    if not STATSFORECAST.exists():
        return {}
    numbered = rows.with_row_index("unique_id")
    past = numbered.select(
        "unique_id", y="past", ds=pl.date_ranges("first_on", pl.col("origin").dt.offset_by("-1w"), "1w")
    ).explode("y", "ds")
    with tempfile.TemporaryDirectory() as folder:
        given, said = Path(folder) / "past.parquet", Path(folder) / "forecast.parquet"
        past.write_parquet(given)
        script = ROOT / "benchmarks" / "peers" / "statsforecast_persons.py"
        subprocess.run([str(STATSFORECAST), str(script), str(given), str(said)], check=True)
        frame = pl.read_parquet(said).sort("unique_id", "ds")
    columns = [f"AutoETS-lo-{level}" for level in (80, 60, 40, 20)] + ["AutoETS"]
    columns += [f"AutoETS-hi-{level}" for level in (20, 40, 60, 80)]
    weeks = frame.select(columns).to_numpy().reshape(rows.height, HORIZON, -1)
    spread = (weeks[:, :, 8] - weeks[:, :, 4]) / _NORMAL[8]
    total = weeks[:, :, 4].sum(axis=1)[:, None] + np.sqrt((spread**2).sum(axis=1))[:, None] * _NORMAL
    tsb = frame["TSB"].to_numpy().reshape(rows.height, HORIZON)
    return {
        "AutoETS": np.concatenate([weeks, total[:, None]], axis=1).clip(min=0),
        "TSB": _point(np.column_stack([tsb, tsb.sum(axis=1)])),
    }


_NORMAL = np.array([-1.2816, -0.8416, -0.5244, -0.2533, 0.0, 0.2533, 0.5244, 0.8416, 1.2816])


def prophet_deciles(rows: pl.DataFrame) -> Floats:
    """Prophet as it comes on each person's weeks; totals from its own samples, summed before they are cut at zero."""
    import logging

    import pandas as pd
    from prophet import Prophet

    logging.getLogger("cmdstanpy").disabled = True
    found = []
    for first_on, origin, past in rows.select("first_on", "origin", "past").iter_rows():
        dates = pd.date_range(first_on, periods=len(past), freq="7D")
        model = Prophet(weekly_seasonality=False, daily_seasonality=False)
        np.random.seed(SEED)
        model.fit(pd.DataFrame({"ds": dates, "y": past}))
        ahead = pd.DataFrame({"ds": pd.date_range(origin, periods=HORIZON, freq="7D")})
        samples = model.predictive_samples(ahead)["yhat"]
        paths = np.vstack([samples, samples.sum(axis=0)])
        found.append(np.quantile(paths, LEVELS, axis=1).T)
    return np.stack(found).clip(min=0)


def _point(values: Floats) -> Floats:
    return np.repeat(values[:, :, None], len(DECILES), axis=2)


def losses(rows: pl.DataFrame, deciles: Floats) -> dict[str, Floats]:
    """Per window: scaled error of the weeks and of those with a public holiday, sCRPS and coverage."""
    actual = np.array(rows["actual"].to_list())
    actual = np.column_stack([actual, actual.sum(axis=1)])
    pasts = [np.array(past) for past in rows["past"].to_list()]
    step = np.array([np.abs(np.diff(past)).mean() for past in pasts])
    usual = np.array([past[-26:].mean() for past in pasts])
    error = actual[:, :, None] - deciles
    crps = 2 * np.maximum(LEVELS * error, (LEVELS - 1) * error).mean(axis=2) / usual[:, None]
    inside = (actual >= deciles[:, :, 0]) & (actual <= deciles[:, :, -1])
    scaled = np.abs(error[:, :-1, 4]) / step[:, None]
    short = np.stack(
        [public_working_days(*window, HORIZON) < 5 for window in rows.select("source", "origin").iter_rows()]
    )
    return {
        "MASE": scaled.mean(axis=1),
        "MASE of short weeks": _mean_where(scaled, short),
        "sCRPS of weeks": crps[:, :-1].mean(axis=1),
        "80 % band, weeks": inside[:, :-1].mean(axis=1),
        "sCRPS of the total": crps[:, -1] / HORIZON,
        "80 % band, total": inside[:, -1].astype(float),
    }


def _mean_where(values: Floats, chosen: NDArray) -> Floats:
    count = chosen.sum(axis=1)
    return np.divide((values * chosen).sum(axis=1), count, out=np.full(len(values), np.nan), where=count > 0)


def difference(rows: pl.DataFrame, ours: Floats, other: Floats, draws: int = 2000) -> str:
    """Ours minus the other's mean loss with its 95 % interval, by a bootstrap over whole persons."""
    frame = (
        rows.select("person")
        .with_columns(gap=pl.Series(ours - other))
        .filter(pl.col("gap").is_not_nan())
        .group_by("person", maintain_order=True)
    )
    by_person = frame.agg(pl.col("gap").sum(), pl.len()).sort("person")
    gap, count = by_person["gap"].to_numpy(), by_person["len"].to_numpy()
    drawn = np.random.default_rng(SEED).integers(0, len(gap), (draws, len(gap)))
    low, high = np.quantile(gap[drawn].sum(axis=1) / count[drawn].sum(axis=1), [0.025, 0.975])
    return f"{gap.sum() / count.sum():+.3f} [{low:+.3f}, {high:+.3f}]"


def person_report() -> dict:
    """Figures of every method on unsealed and sealed persons, ours with and without public holidays as a calendar."""
    rows = windows()
    models = held_out_models()
    means = np.array([[np.mean(past[-8:])] * HORIZON + [8 * np.mean(past[-8:])] for past in rows["past"].to_list()])
    methods: dict[str, Floats] = {
        "ours": our_deciles(rows, models, with_calendar=False),
        "ours, public holidays known": our_deciles(rows, models, with_calendar=True),
        "mean of the last 8": _point(means),
        "recency bootstrap": bootstrap_deciles(rows, 0.0),
        "with a drawn level change": bootstrap_deciles(rows, LEVEL_SIGMA),
        **statsforecast_deciles(rows),
    }
    report: dict = {}
    for name, sealed in (("unsealed", False), ("sealed", True)):
        of_part = (rows["fold"] == SEALED).to_numpy() == sealed
        report |= _part_report(rows.filter(pl.Series(of_part)), {m: d[of_part] for m, d in methods.items()}, name)
    report |= _prophet_report(rows, methods)
    return report | {"speed": speed()}


def _part_report(rows: pl.DataFrame, methods: dict[str, Floats], name: str) -> dict:
    found = {method: losses(rows, deciles) for method, deciles in methods.items()}
    report: dict = {}
    for method, of_method in found.items():
        point = (methods[method][:, 0, 0] == methods[method][:, 0, -1]).all()
        shown = {key: value for key, value in of_method.items() if key.startswith("MASE") or not point}
        figures: dict = {key: round(float(np.nanmean(value)), 3) for key, value in shown.items()}
        if method != "ours":
            figures |= {
                f"ours - this, {key}": difference(rows, found["ours"][key], value)
                for key, value in shown.items()
                if "band" not in key
            }
        report[f"{method} ({name})"] = figures
    report[f"ours ({name})"] |= {"windows": rows.height, "series": rows.select("unit", "person").n_unique()}
    return report


def _prophet_report(rows: pl.DataFrame, methods: dict[str, Floats]) -> dict:
    drawn = np.sort(np.random.default_rng(SEED).choice(rows.height, PROPHET_WINDOWS, replace=False))
    some = rows[drawn]
    said = {"Prophet": prophet_deciles(some)} | {m: methods[m][drawn] for m in ("ours", "mean of the last 8")}
    return {
        f"{method} ({PROPHET_WINDOWS} windows)": {
            k: round(float(np.nanmean(v)), 3) for k, v in losses(some, deciles).items()
        }
        for method, deciles in said.items()
    }


def speed(sizes: tuple[int, ...] = (1000, 2000)) -> dict:
    """CPU seconds of the second call for that many persons, who repeat the histories of one source."""
    group = weekly_activity().filter(pl.col("source") == "cesaw", pl.col("unit") == "hours")
    as_of, people = group["cut_on"][0], group.partition_by("person", maintain_order=True)
    figures = {}
    for size in sizes:
        crowd = pl.concat(
            people[number % len(people)].select(person_gid=pl.lit(f"p{number}"), week_on="week_on", value="value")
            for number in range(size)
        )
        forecast_person_weeks(crowd, as_of, HORIZON)
        started = time.process_time()
        forecast_person_weeks(crowd, as_of, HORIZON)
        figures[f"CPU s, {size} persons"] = round(time.process_time() - started, 2)
    return figures


def main() -> None:
    """Run everything, print it, and write the result file."""
    report = person_report()
    RESULT.write_text(json.dumps(report, indent=2) + "\n")
    for method, figures in report.items():
        print(method, *(f"\n  {key:34s} {value}" for key, value in figures.items()), sep="")


if __name__ == "__main__":
    main()
