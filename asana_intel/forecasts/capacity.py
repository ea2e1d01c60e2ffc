"""How much each person will get done in the coming weeks, and in all; goals live in `attainment`.

Source: forecasting reference, section 3, "recency bootstrap x working days". Each path draws weeks of the person's
last half year, recent ones more often, as output per working day, and multiplies them by the working days ahead.
Independent weeks alone cover only .56 of eight-week totals, because a person's level wanders; so each path also draws
one level change, whose spread is calibrated on the open person-weeks (benchmarks/README.md).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.errors import PermanentError
from asana_intel.forecasts.schema import CALENDAR, PERSON_WEEKS, conform

if TYPE_CHECKING:
    import datetime

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LAST_WEEKS = 26
RECENCY = 0.94
"""Weight of a week relative to the week after it."""
LEVEL_SIGMA = 0.45
"""Standard deviation of the log level change over the horizon; chosen so that the 80 % band covers 80 % of totals."""
MIN_WEEKS = 4
"""Known weeks below which a person is forecast from the team."""
FULL_WEEK_DAYS = 5.0
PATHS = 1000
DECILES = tuple(range(10, 100, 10))
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class _Pace:
    """Output per working day of known weeks: `rates` and running `weights`, shape (persons, 26), oldest first."""

    rates: Floats
    weights: Floats
    known_weeks: NDArray[np.int64]


def forecast_person_weeks(
    history: pl.DataFrame,
    as_of: datetime.date,
    horizon: int = 8,
    calendar: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Forecast each person's output for the coming weeks and for their total.

    Args:
        history: person_gid, week_on (any day of the week counts for its Monday), value (hours or tasks done in that
            week, one unit for everybody). Only weeks fully before `as_of` are read. A week without a row between a
            person's first week and the last week recorded for anybody counts as zero; a null value as unknown. Rows
            of one person and week are added. Negative values count as zero.
        as_of: The day the forecast is made; a Monday belongs to the week it opens, which is forecast.
        horizon: Number of weeks ahead, at least 1.
        calendar: person_gid, week_on, working_days of past and future weeks; weeks without a row have 5. A person who
            stands only here is forecast from the team.

    Returns:
        Per person `horizon` rows with week_on = the Mondays on or after `as_of`, then one row with week_on null for
        the total: person_gid, week_on, mean, p10, p20, … p90 (the unit of `value`), sorted by person. The deciles of
        the total are its own and not the sum of the weeks' deciles. Persons with fewer than 4 known weeks get the
        team's distribution; where nobody has one, they get no rows.

    Raises:
        PermanentError: A column is missing or of a wrong type, or the horizon is below 1.
    """
    if horizon < 1:
        raise PermanentError(f"horizon is {horizon}", fix="pass the number of weeks ahead, at least 1")
    weeks = _conform_weeks(history, PERSON_WEEKS, "history").filter(pl.col("week_on") + _WEEK <= pl.lit(as_of))
    days = _conform_weeks(pl.DataFrame(schema=CALENDAR) if calendar is None else calendar, CALENDAR, "calendar")
    mondays = [as_of + timedelta(days=-as_of.weekday() % 7) + week * _WEEK for week in range(horizon)]
    persons = pl.concat([weeks["person_gid"], days.filter(pl.col("week_on") >= mondays[0])["person_gid"]])
    persons = persons.unique().sort()
    pace = _pace(weeks, days, persons)
    ahead = _working_days(days, persons, mondays)
    is_active = (pace.rates > 0).any(axis=1)  # who left long ago says nothing about a newcomer
    team = np.flatnonzero((pace.known_weeks >= MIN_WEEKS) & is_active)
    if not team.size:
        team = np.flatnonzero(pace.known_weeks > 0)
    if not team.size:
        return _as_frame(persons.clear(), mondays, np.empty((0, horizon + 1, 1 + len(DECILES))))
    figures = np.stack(
        [
            _figures(pace, row, team, ahead[row], _seed(str(person), as_of, pace.rates[row], ahead[row]))
            for row, person in enumerate(persons)
        ]
    )
    return _as_frame(persons, mondays, figures)


def _conform_weeks(frame: pl.DataFrame, columns: dict[str, pl.DataType], table: str) -> pl.DataFrame:
    return (
        conform(frame, columns, table)
        .drop_nulls(["person_gid", "week_on"])
        .with_columns(pl.col("week_on").dt.truncate("1w"))
    )


def _pace(weeks: pl.DataFrame, days: pl.DataFrame, persons: pl.Series) -> _Pace:
    """Rates per working day of everybody's last 26 weeks, and the running recency weights of the known ones."""
    shape = (len(persons), LAST_WEEKS)
    last_on = weeks["week_on"].max()
    if last_on is None:
        return _Pace(np.zeros(shape), np.zeros(shape), np.zeros(len(persons), dtype=np.int64))
    mondays = pl.Series("week_on", [last_on - back * _WEEK for back in reversed(range(LAST_WEEKS))], pl.Date)  # pyright: ignore[reportOperatorIssue]
    done = (
        weeks.sort("value")  # an order of its own, so that sums do not depend on the order of rows
        .group_by("person_gid", "week_on")
        .agg(pl.when(pl.col("value").is_not_null().any()).then(pl.col("value").clip(lower_bound=0).sum()).first())
        .with_columns(pl.lit(value=True).alias("is_recorded"))
    )
    first = weeks.group_by("person_gid").agg(pl.col("week_on").min().alias("first_on"))
    grid = (
        pl.DataFrame({"person_gid": persons})
        .join(mondays.to_frame(), how="cross", maintain_order="left_right")
        .join(first, on="person_gid", how="left", maintain_order="left")
        .join(done, on=["person_gid", "week_on"], how="left", maintain_order="left")
    )
    value = pl.when(pl.col("is_recorded").is_null() & (pl.col("week_on") >= pl.col("first_on"))).then(0.0)
    values = grid.select(value.otherwise("value").alias("value"))["value"].fill_null(float("nan")).to_numpy()
    worked = _working_days(days, persons, mondays.to_list())
    with np.errstate(all="ignore"):
        rates = values.reshape(shape) / worked
    is_known = ~np.isnan(rates) & (worked > 0)
    weights = np.where(is_known, RECENCY ** np.arange(LAST_WEEKS - 1, -1, -1.0), 0.0)
    totals = weights.sum(axis=1, keepdims=True)
    weights = np.divide(weights.cumsum(axis=1), totals, out=np.zeros(shape), where=totals > 0)
    return _Pace(np.where(is_known, rates, 0.0), weights, is_known.sum(axis=1))


def _working_days(days: pl.DataFrame, persons: pl.Series, mondays: list[datetime.date]) -> Floats:
    """Working days, shape (persons, weeks); of repeated calendar rows the one with fewest days counts."""
    known = days.group_by("person_gid", "week_on").agg(pl.col("working_days").min().clip(lower_bound=0))
    grid = (
        pl.DataFrame({"person_gid": persons})
        .join(pl.DataFrame({"week_on": mondays}, schema={"week_on": pl.Date}), how="cross", maintain_order="left_right")
        .join(known, on=["person_gid", "week_on"], how="left", maintain_order="left")
    )
    return grid["working_days"].fill_null(FULL_WEEK_DAYS).to_numpy().reshape(len(persons), len(mondays))


def _seed(person_gid: str, as_of: datetime.date, rates: Floats, ahead: Floats) -> int:
    """The seed of one person's paths, from their own inputs: nobody else's rows can change their draw."""
    digest = hashlib.sha256(f"{person_gid}|{as_of.isoformat()}|".encode() + rates.tobytes() + ahead.tobytes())
    return int.from_bytes(digest.digest()[:8], "big")


def _figures(pace: _Pace, row: int, team: NDArray[np.intp], ahead: Floats, seed: int) -> Floats:
    """Mean and deciles of each week and of the total, shape (weeks + 1, 10), for the person at `row`."""
    rng = np.random.default_rng(seed)
    uniform = rng.random((PATHS, ahead.size))
    level = np.exp(LEVEL_SIGMA * rng.standard_normal((PATHS, 1)) - LEVEL_SIGMA**2 / 2)
    sources = np.array([row]) if pace.known_weeks[row] >= MIN_WEEKS else team
    # One source per path, also for a newcomer: a colleague's level lasts, and the total must show that.
    source = sources[rng.integers(0, sources.size, PATHS)]
    drawn = (uniform[:, :, None] >= pace.weights[source][:, None, :]).sum(axis=2)
    rate = pace.rates[source[:, None], np.minimum(drawn, LAST_WEEKS - 1)]
    paths = rate * level * ahead
    paths = np.column_stack([paths, paths.sum(axis=1)])
    weights = np.diff(pace.weights[sources], axis=1, prepend=0.0)
    expected = float((weights * pace.rates[sources]).sum(axis=1).mean()) * ahead
    mean = np.append(expected, expected.sum())
    deciles = np.quantile(paths, [decile / 100 for decile in DECILES], axis=0)
    return np.column_stack([mean, deciles.T])


def _as_frame(persons: pl.Series, mondays: list[datetime.date], figures: Floats) -> pl.DataFrame:
    """Long frame from figures of shape (persons, weeks + 1, 10)."""
    week_on = pl.Series("week_on", [*mondays, None], dtype=pl.Date)
    frame = pl.DataFrame({"person_gid": persons}).join(week_on.to_frame(), how="cross", maintain_order="left_right")
    flat = figures.reshape(-1, 1 + len(DECILES))
    names = ["mean", *(f"p{decile}" for decile in DECILES)]
    return frame.with_columns(pl.Series(name, flat[:, column]) for column, name in enumerate(names))
