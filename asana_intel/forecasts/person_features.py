"""What the person-week model sees of a person and of the weeks ahead, free of units; no model and no tables here.

Every figure of a person is relative to their own mean of the last 26 weeks, so that hours, tasks and commits of quick
and slow people are all alike. Nobody's figures depend on a colleague: a team's recent level and the same week of the
year before were measured and did not help (benchmarks/README.md).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PAST_WEEKS = 52
LEVEL_WEEKS = 26
FULL_WEEK_DAYS = 5.0
MAX_HORIZON = 26
"""The model has seen no week further ahead; those beyond are forecast like the last one."""
_QUANTILE_RECENCY = 0.95
_TSB_SMOOTHING = 0.1
_OWN_QUANTILES = (0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9)

PERSON_FEATURES = (
    *("last_1", "last_2", "mean_4", "mean_8", "mean_13", "mean_52", "ewma_80", "ewma_94", "median_8", "median_26"),
    *(f"own_q{round(100 * q)}" for q in _OWN_QUANTILES),
    *("idle_8", "idle_26", "sd_26", "mean_step", "idle_since", "known_weeks", "tsb_level"),
)
WEEK_FEATURES = (*PERSON_FEATURES, "weeks_ahead", "days_to_christmas", "day_of_year", "holidays")
TOTAL_FEATURES = (*PERSON_FEATURES, "weeks", "days_to_christmas", "day_of_year", "holidays_per_week")

_COLUMN = {name: column for column, name in enumerate(PERSON_FEATURES)}
_LEAST_STEP = 0.3
"""The mean step of the steadiest one in a hundred people of the open data; what the model knows ends there."""
_USUAL_STEP = 0.6


@dataclass(frozen=True)
class People:
    """Persons by their past; the first axis of all fields is the person."""

    level: Floats
    """Mean of the known of the last 26 weeks, 0 where there is none."""
    features: Floats
    """Shape (persons, len(PERSON_FEATURES)), relative to the level; NaN where there is nothing to compute one from."""

    @property
    def centre(self) -> Floats:
        """A plain forecast, relative to the level: the model learns what to add to it."""
        return self.features[:, [_COLUMN[name] for name in ("own_q50", "median_8", "ewma_80")]].mean(axis=1)

    @property
    def mean_step(self) -> Floats:
        """Mean absolute change from one week to the next, relative to the level; one usual step is added."""
        steps = np.maximum(self.features[:, _COLUMN["known_weeks"]] - 1, 0)
        return (np.nan_to_num(self.features[:, _COLUMN["mean_step"]]) * steps + _USUAL_STEP) / (steps + 1)

    def scaled(self, distances: Floats) -> Floats:
        """Output per full week from distances to the centre in units of the level; the person is the first axis.

        Who is steadier than anybody the model has seen keeps closer to the centre, in proportion.
        """
        reach = np.minimum(self.mean_step / _LEAST_STEP, 1.0)
        shape = (-1, *[1] * (distances.ndim - 1))
        relative = self.centre.reshape(shape) + distances * reach.reshape(shape)
        return relative.clip(min=0.0) * self.level.reshape(shape)


def describe(rates: Floats) -> People:
    """Describe persons by their past.

    Args:
        rates: Output per full week, shape (persons, 52), oldest first; NaN where unknown.
    """
    known = ~np.isnan(rates)
    level = np.nan_to_num(_mean(rates, known, LEVEL_WEEKS))
    values = np.where(known, rates, 0.0) / np.where(level > 0, level, 1.0)[:, None]
    back = np.arange(PAST_WEEKS - 1, -1, -1)
    idle = known & (values <= 0)
    columns = [
        *(np.where(known[:, -lag], values[:, -lag], np.nan) for lag in (1, 2)),
        *(_mean(values, known, weeks) for weeks in (4, 8, 13, PAST_WEEKS)),
        *(_mean(values, known * memory**back) for memory in (0.80, 0.94)),
        *(_quantiles(values, known & (back < weeks), (0.5,))[:, 0] for weeks in (8, 26)),
        *_quantiles(values, known * _QUANTILE_RECENCY**back, _OWN_QUANTILES).T,
        *(_mean(idle.astype(float), known, weeks) for weeks in (8, 26)),
        _standard_deviation(values[:, -LEVEL_WEEKS:], known[:, -LEVEL_WEEKS:]),
        _mean(np.abs(np.diff(values, axis=1)), known[:, 1:] & known[:, :-1]),
        np.where(values > 0, back, PAST_WEEKS).min(axis=1),
        known.sum(axis=1),
        _tsb_level(values, known),
    ]
    return People(level, np.column_stack(columns).astype(float))


def week_rows(people: People, mondays: Sequence[date], holidays: Floats) -> Floats:
    """One row per person and week ahead, shape (persons * weeks, len(WEEK_FEATURES)); weeks of a person follow.

    Args:
        people: Who is forecast.
        mondays: The weeks ahead, the first one first.
        holidays: Public holidays that the working days of the week do not show yet, shape (persons, weeks).
    """
    ahead = np.minimum(np.arange(1, len(mondays) + 1), MAX_HORIZON)
    season = np.array([_season(monday) for monday in mondays])
    weeks = np.column_stack([ahead, season])
    rows = np.hstack([np.repeat(people.features, len(mondays), axis=0), np.tile(weeks, (len(people.level), 1))])
    return np.column_stack([rows, holidays.reshape(-1)])


def total_rows(people: People, mondays: Sequence[date], holidays: Floats) -> Floats:
    """One row per person for the sum of all weeks, shape (persons, len(TOTAL_FEATURES)); arguments as `week_rows`."""
    horizon = [min(len(mondays), MAX_HORIZON), *_season(mondays[0])]
    return np.column_stack([people.features, np.tile(horizon, (len(people.level), 1)), holidays.mean(axis=1)])


def unseen_holidays(mondays: Sequence[date], working_days: Floats) -> Floats:
    """Public holidays which the calendar does not show, of the shape of `working_days`, (persons, weeks).

    Calendars often know leave and no public holidays, or nothing. The holidays are those of the United States, where
    most of the people worked from whom the model learned; it learned how little or much to make of them.
    """
    usual = np.array([_federal_holidays(monday) for monday in mondays], dtype=float)
    return np.maximum(usual - np.maximum(FULL_WEEK_DAYS - working_days, 0.0), 0.0)


def _mean(values: Floats, weights: NDArray, last: int = PAST_WEEKS) -> Floats:
    """Weighted mean of the last weeks by person; NaN without a weight."""
    weights, values = weights[:, -last:].astype(float), values[:, -last:]
    sums = (np.where(weights > 0, values, 0.0) * weights).sum(axis=1)
    totals = weights.sum(axis=1)
    return np.divide(sums, totals, out=np.full(len(values), np.nan), where=totals > 0)


def _standard_deviation(values: Floats, known: NDArray) -> Floats:
    centre = np.nan_to_num(_mean(values, known))[:, None]
    return np.sqrt(_mean((values - centre) ** 2, known))


def _quantiles(values: Floats, weights: NDArray, levels: Sequence[float]) -> Floats:
    """Weighted quantiles by person, linear between the middles of the weights, shape (persons, levels)."""
    weights = weights.astype(float)
    order = np.argsort(np.where(weights > 0, values, np.inf), axis=1, kind="stable")
    values, weights = np.take_along_axis(values, order, 1), np.take_along_axis(weights, order, 1)
    totals = weights.sum(axis=1, keepdims=True)
    middles = (weights.cumsum(axis=1) - weights / 2) / np.where(totals > 0, totals, 1.0)
    last = np.maximum((weights > 0).sum(axis=1) - 1, 0)
    rows = np.arange(len(values))
    found = []
    for level in levels:
        above = np.minimum((middles < level).sum(axis=1), last)
        below = np.maximum(above - 1, 0)
        width = middles[rows, above] - middles[rows, below]
        share = np.divide(level - middles[rows, below], width, out=np.ones(len(rows)), where=width > 0).clip(0, 1)
        found.append(values[rows, below] + share * (values[rows, above] - values[rows, below]))
    return np.where(totals > 0, np.column_stack(found), np.nan)


def _tsb_level(values: Floats, known: NDArray) -> Floats:
    """Chance of a busy week times the size of one, both smoothed: Teunter, Syntetos, Babai, EJOR 2011."""
    chance = np.full(len(values), np.nan)
    size = np.full(len(values), np.nan)
    for week in range(values.shape[1]):
        busy = known[:, week] & (values[:, week] > 0)
        chance = _smoothed(chance, busy.astype(float), known[:, week])
        size = _smoothed(size, values[:, week], busy)
    return chance * np.nan_to_num(size)


def _smoothed(state: Floats, observed: Floats, where: NDArray) -> Floats:
    moved = np.where(np.isnan(state), observed, state + _TSB_SMOOTHING * (observed - state))
    return np.where(where, moved, state)


@functools.cache
def _season(monday: date) -> tuple[int, int]:
    """Days from the nearest Christmas to the middle of the week, and the Monday's day of the year."""
    middle = monday + timedelta(days=2)
    days = min(((middle - date(year, 12, 25)).days for year in (middle.year - 1, middle.year)), key=abs)
    return days, monday.timetuple().tm_yday


@functools.cache
def _federal_holidays(monday: date) -> int:
    """How many of the week's working days are federal holidays of the United States (5 U.S.C. 6103)."""
    days = [monday + timedelta(days=day) for day in range(5)]
    return sum(_is_federal_holiday(day) for day in days)


def _is_federal_holiday(day: date) -> bool:
    nth, weekday = (day.day - 1) // 7 + 1, day.weekday()
    if (day.month, nth, weekday) in {(1, 3, 0), (2, 3, 0), (9, 1, 0), (10, 2, 0), (11, 4, 3)}:
        return True
    if day.month == 5 and weekday == 0 and day.day > 24:
        return True
    observed = {0: (0, -1), 4: (0, 1)}.get(weekday, (0,))  # on a weekend, Friday or Monday is free instead
    fixed = {(1, 1), (7, 4), (11, 11), (12, 25), *([(6, 19)] if day.year >= 2021 else [])}
    return any((moved.month, moved.day) in fixed for moved in (day + timedelta(days=shift) for shift in observed))
