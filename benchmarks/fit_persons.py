"""Fits the person-week model on the open work histories and writes it into the package; scores are forecast_persons's.

Run: python benchmarks/fit_persons.py. Needs the open data folder `shared/data` beside the repository. Seeded and
single-threaded, so that the same data give the same file.

Two kinds of series are learned from: person_week_activity, which is what the benchmark scores, and further weekly
series of the daily tables (busy days, entries, and people who are too short or too idle for the first kind), at half
the weight. Every series is used twice, with no calendar and with the public holidays of its country as a calendar, so
that the model knows a holiday either way.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.forecasts.capacity import MIN_WEEKS
from asana_intel.forecasts.person_features import (
    FULL_WEEK_DAYS,
    LEVEL_WEEKS,
    MAX_HORIZON,
    PAST_WEEKS,
    TOTAL_FEATURES,
    WEEK_FEATURES,
    describe,
    total_rows,
    unseen_holidays,
    week_rows,
)
from asana_intel.forecasts.person_model import DECILES, MODEL_FILE, PersonModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ROOT = Path(__file__).resolve().parents[1]
OPEN_DATA = ROOT.parent / "shared" / "data"
TRAIN_SHARE = 0.6
SEED = 7
ORIGINS_EVERY = 4
AHEAD = (1, 2, 3, 4, 5, 6, 7, 8, 13, 20, 26)
"""Weeks ahead that are learned from; the ones between are close enough to their neighbours."""
HORIZONS = (2, 4, 8, 8, 8, 13, 26)
"""Numbers of weeks whose totals are learned; eight, the usual question, three times as heavily."""
EXTRA_WEIGHT = 0.5
COUNTRIES = {"cesaw": "US", "git": "US", "sip": "GB", "renzo": "IT"}
PARAMETERS = {
    "objective": "quantile",
    "learning_rate": 0.06,
    "num_leaves": 7,
    "min_data_in_leaf": 200,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "seed": SEED,
    "deterministic": True,
    "num_threads": 1,
    "verbose": -1,
}
ROUNDS = 100
MAX_TARGET = 4.0


@dataclass(frozen=True)
class Series:
    """Weekly series of one source and unit on a common calendar."""

    source: str
    persons: list[str]
    first_on: dt.date
    values: Floats
    """Shape (persons, weeks); NaN before a person's first week and after their last."""
    cut: int
    """Index of the first week that a test may begin with."""
    weight: float = 1.0


@dataclass(frozen=True)
class Rows:
    """What one regression learns from."""

    features: Floats
    targets: Floats
    weights: Floats


def weekly_activity() -> pl.DataFrame:
    """The scored series: source, unit, person, week_on, value, and the source's `cut_on`, a Monday."""
    cut_on = pl.col("week_on").cast(pl.Int32).quantile(TRAIN_SHARE, "higher").over("source").cast(pl.Date)
    return (
        pl.read_parquet(OPEN_DATA / "person_week_activity.parquet")
        .select("source", "unit", "person", pl.col("week").dt.date().alias("week_on"), "value")
        .with_columns(cut_on=cut_on)
    )


def share_of(person: str, shares: int, salt: str = "") -> int:
    """One of `shares` equal parts, by a hash of the person: both units of a person are in the same part."""
    return int.from_bytes(hashlib.blake2b((salt + person).encode()).digest()[:8], "big") % shares


def is_sealed(person: str) -> bool:
    """One person in five was set aside before anything was tuned."""
    return share_of(person, 5) == 0


def training_series(keep: Callable[[str], bool] = lambda _: True) -> list[Series]:
    """All series of the persons for whom `keep` is true, the scored ones and the further ones."""
    activity = weekly_activity()
    cuts = dict(activity.select("source", "cut_on").unique().iter_rows())
    scored = [
        _series(group, source, cuts[source], keep, 1.0)
        for (source, _), group in activity.group_by("source", "unit", maintain_order=True)
    ]
    known = {(row[0], row[1], row[2]) for row in activity.select("source", "unit", "person").unique().iter_rows()}
    extra = [
        _series(_lively_weeks(days, known, source, unit), source, cuts[source], keep, EXTRA_WEIGHT)
        for source, unit, days in _daily_series()
    ]
    return scored + extra


def _daily_series() -> Iterator[tuple[str, str, pl.DataFrame]]:
    commits = pl.read_parquet(OPEN_DATA / "git_person_day.parquet")
    hours = pl.read_parquet(OPEN_DATA / "cesaw_person_day.parquet")
    yield "git", "commits", commits.select("person", "day", value=pl.col("commits").cast(pl.Float64))
    yield "git", "days", commits.select("person", "day").unique().with_columns(value=pl.lit(1.0))
    yield "cesaw", "hours", hours.select("person", "day", value=pl.col("minutes") / 60)
    yield "cesaw", "entries", hours.select("person", "day", value=pl.col("entries").cast(pl.Float64))
    yield "cesaw", "days", hours.select("person", "day").unique().with_columns(value=pl.lit(1.0))


def _lively_weeks(days: pl.DataFrame, known: set[tuple[str, str, str]], source: str, unit: str) -> pl.DataFrame:
    """Whole weeks between first and last of people with 26 weeks, a third of them busy, who are not scored anyway."""
    weeks = days.group_by("person", week_on=pl.col("day").dt.date().dt.truncate("1w")).agg(pl.col("value").sum())
    span = (
        weeks.group_by("person")
        .agg(pl.col("week_on").min().alias("first"), pl.col("week_on").max().alias("last"), pl.len().alias("busy"))
        .with_columns(weeks=(pl.col("last") - pl.col("first")).dt.total_days() // 7 + 1)
        .filter(pl.col("weeks") >= 26, pl.col("busy") >= pl.col("weeks") * 0.35)
    )
    new = span.filter(~pl.concat_list(pl.lit(source), pl.lit(unit), "person").is_in([list(key) for key in known]))
    return (
        new.select(
            "person", week_on=pl.date_ranges(pl.col("first") + dt.timedelta(7), pl.col("last") - dt.timedelta(7), "1w")
        )
        .explode("week_on")
        .join(weeks, on=["person", "week_on"], how="left")
        .with_columns(pl.col("value").fill_null(0.0))
    )


def _series(weeks: pl.DataFrame, source: str, cut_on: dt.date, keep: Callable[[str], bool], weight: float) -> Series:
    persons = [person for person in weeks["person"].unique().sort() if keep(person)]
    first_on, last_on = weeks["week_on"].min(), weeks["week_on"].max()
    values = np.full((len(persons), (last_on - first_on).days // 7 + 1), np.nan)
    rows = {person: row for row, person in enumerate(persons)}
    for person, week_on, value in weeks.select("person", "week_on", "value").iter_rows():
        if person in rows:
            values[rows[person], (week_on - first_on).days // 7] = value
    return Series(source, persons, first_on, values, (cut_on - first_on).days // 7, weight)


def training_rows(series: Sequence[Series], every: int, until_cut: bool = False) -> tuple[Rows, Rows]:
    """Rows for the weeks and for the totals, from every `every`-th week as an origin.

    Args:
        series: Where to learn from.
        every: Distance of the origins in weeks.
        until_cut: Whether nothing from the source's cut on may be seen.
    """
    weeks: list[Rows] = []
    totals: list[Rows] = []
    for some in series:
        end = min(some.cut, some.values.shape[1]) if until_cut else some.values.shape[1]
        for days in (np.full(end, FULL_WEEK_DAYS), public_working_days(some.source, some.first_on, end)):
            for origin in range(MIN_WEEKS, end, every):
                _add_origin(some, days, origin, weeks, totals)
    return _together(weeks), _together(totals)


def public_working_days(source: str, first_on: dt.date, weeks: int) -> Floats:
    """Working days of the weeks from `first_on` on, by the public holidays of the source's country."""
    import holidays

    country = COUNTRIES[source]
    free = holidays.country_holidays(country, subdiv="ENG" if country == "GB" else None, years=range(2003, 2028))
    days = [[first_on + dt.timedelta(days=7 * week + day) for day in range(5)] for week in range(weeks)]
    return np.array([sum(day not in free for day in week) for week in days], dtype=float)


def _add_origin(series: Series, days: Floats, origin: int, weeks: list[Rows], totals: list[Rows]) -> None:
    """Rows of everybody who was active lately and still there in the week of the origin, up to the end of `days`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = np.where(days > 0, series.values[:, : days.size] / days * FULL_WEEK_DAYS, np.nan)
    past = rates[:, max(origin - PAST_WEEKS, 0) : origin]
    past = np.hstack([np.full((len(past), PAST_WEEKS - past.shape[1]), np.nan), past])
    ahead = rates[:, origin : origin + MAX_HORIZON]
    ahead = np.hstack([ahead, np.full((len(ahead), MAX_HORIZON - ahead.shape[1]), np.nan)])
    days_ahead = np.append(days[origin : origin + MAX_HORIZON], np.full(MAX_HORIZON, FULL_WEEK_DAYS))[:MAX_HORIZON]
    there = (np.nan_to_num(past[:, -LEVEL_WEEKS:]) > 0).any(axis=1) & ~np.isnan(series.values[:, origin])
    there &= (~np.isnan(past[:, -LEVEL_WEEKS:])).sum(axis=1) >= MIN_WEEKS
    if not there.any():
        return
    people, ahead = describe(past[there]), ahead[there]
    mondays = [series.first_on + dt.timedelta(weeks=origin + week) for week in range(MAX_HORIZON)]
    holidays = unseen_holidays(mondays, np.tile(days_ahead, (len(ahead), 1)))
    # Errors count relative to how much a person's weeks differ anyway, as in the scaled error that is reported.
    weight = series.weight / people.mean_step.clip(0.2, 5.0)
    relative, centre = ahead / people.level[:, None], people.centre
    rows = week_rows(people, mondays, holidays).reshape(*relative.shape, -1)
    weeks += [_known(rows[:, week - 1], relative[:, week - 1] - centre, weight) for week in AHEAD]
    for horizon in HORIZONS:
        share = days_ahead[:horizon] / FULL_WEEK_DAYS
        done = np.where(share > 0, relative[:, :horizon], 0.0) @ share / share.sum()
        totals.append(_known(total_rows(people, mondays[:horizon], holidays[:, :horizon]), done - centre, weight))


def _known(features: Floats, targets: Floats, weights: Floats) -> Rows:
    known = ~np.isnan(targets)
    return Rows(features[known].astype(np.float32), targets[known], weights[known])


def _together(rows: Sequence[Rows]) -> Rows:
    return Rows(
        np.concatenate([part.features for part in rows]),
        np.concatenate([part.targets for part in rows]),
        np.concatenate([part.weights for part in rows]),
    )


def fit(weeks: Rows, totals: Rows) -> PersonModel:
    """Fit the mean of a week and nine deciles of both."""
    import lightgbm

    sets = [
        lightgbm.Dataset(rows.features, rows.targets, weight=rows.weights, feature_name=list(names))
        for rows, names in ((weeks, WEEK_FEATURES), (totals, TOTAL_FEATURES))
    ]
    deciles = [
        tuple(lightgbm.train(PARAMETERS | {"alpha": decile / 100}, data, ROUNDS) for decile in DECILES) for data in sets
    ]
    # A week of many times the usual says little of the next one, but weighs by its square.
    tame = lightgbm.Dataset(weeks.features, weeks.targets.clip(max=MAX_TARGET), weight=weeks.weights)
    mean = lightgbm.train(PARAMETERS | {"objective": "regression"}, tame, ROUNDS)
    return PersonModel(mean, *deciles)


def main() -> None:
    """Fit on everything and write the file."""
    weeks, totals = training_rows(training_series(), ORIGINS_EVERY)
    fit(weeks, totals).save(MODEL_FILE)
    print(f"{len(weeks.targets)} weeks, {len(totals.targets)} totals, {MODEL_FILE.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
