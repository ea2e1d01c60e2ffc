"""How much each person will get done in the coming weeks, and in all; goals live in `attainment`.

Source: forecasting reference, section 3: one global quantile model on scaled past weeks and working days
(`person_model`), and for people of whom less than four weeks are known the recency bootstrap (`person_bootstrap`).
Both speak of output per full week, which is multiplied by the working days ahead.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.errors import PermanentError
from asana_intel.forecasts.person_bootstrap import bootstrap_person
from asana_intel.forecasts.person_features import FULL_WEEK_DAYS, LEVEL_WEEKS, PAST_WEEKS
from asana_intel.forecasts.person_model import DECILES, PersonModel, load_person_model
from asana_intel.forecasts.schema import CALENDAR, PERSON_WEEKS
from asana_intel.storage.conform import conform

if TYPE_CHECKING:
    import datetime

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MIN_WEEKS = 4
"""Known weeks of the last 26 below which a person is forecast from the team."""
_WEEK = timedelta(days=7)


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
    return forecast_person_weeks_with(None, history, as_of, horizon, calendar)


def forecast_person_weeks_with(
    model: PersonModel | None,
    history: pl.DataFrame,
    as_of: datetime.date,
    horizon: int = 8,
    calendar: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Do the same with another model than the shipped one (None), such as one that never saw these people."""
    if horizon < 1:
        raise PermanentError(f"horizon is {horizon}", fix="pass the number of weeks ahead, at least 1")
    weeks = _conform_weeks(history, PERSON_WEEKS, "history").filter(pl.col("week_on") + _WEEK <= pl.lit(as_of))
    days = _conform_weeks(pl.DataFrame(schema=CALENDAR) if calendar is None else calendar, CALENDAR, "calendar")
    mondays = [as_of + timedelta(days=-as_of.weekday() % 7) + week * _WEEK for week in range(horizon)]
    persons = pl.concat([weeks["person_gid"], days.filter(pl.col("week_on") >= mondays[0])["person_gid"]])
    persons = persons.unique().sort()
    rates = _rates(weeks, days, persons)
    ahead = _working_days(days, persons, mondays)
    known_weeks = (~np.isnan(rates[:, -LEVEL_WEEKS:])).sum(axis=1)
    is_known = known_weeks >= MIN_WEEKS
    team = _team(rates[:, -LEVEL_WEEKS:], known_weeks)
    if not is_known.any() and not team.size:
        return _as_frame(persons.clear(), mondays, np.empty((0, horizon + 1, 1 + len(DECILES))))
    figures = np.empty((len(persons), horizon + 1, 1 + len(DECILES)))
    if is_known.any():
        model = model or load_person_model()
        figures[is_known] = model.figures(rates[is_known], mondays, ahead[is_known])
    for row in np.flatnonzero(~is_known):
        seed = _seed(str(persons[int(row)]), as_of, ahead[row])
        mean, deciles = bootstrap_person(team, ahead[row] / FULL_WEEK_DAYS, seed)
        figures[row] = np.column_stack([mean, deciles])
    return _as_frame(persons, mondays, figures)


def _conform_weeks(frame: pl.DataFrame, columns: dict[str, pl.DataType], table: str) -> pl.DataFrame:
    return (
        conform(frame, columns, table)
        .drop_nulls(["person_gid", "week_on"])
        .with_columns(pl.col("week_on").dt.truncate("1w"))
    )


def _rates(weeks: pl.DataFrame, days: pl.DataFrame, persons: pl.Series) -> Floats:
    """Output per full week of everybody's last 52 weeks, shape (persons, 52), oldest first; NaN where unknown."""
    shape = (len(persons), PAST_WEEKS)
    if weeks.is_empty():
        return np.full(shape, np.nan)
    last_on: datetime.date = weeks["week_on"].sort()[-1]
    mondays = [last_on - back * _WEEK for back in reversed(range(PAST_WEEKS))]
    done = (
        weeks.sort("value")  # an order of its own, so that sums do not depend on the order of rows
        .group_by("person_gid", "week_on")
        .agg(pl.when(pl.col("value").is_not_null().any()).then(pl.col("value").clip(lower_bound=0).sum()).first())
    )
    row, week = _places(done, persons, mondays[0])
    first_week = np.full(len(persons), PAST_WEEKS)
    np.minimum.at(first_week, row, week)
    values = np.where(np.arange(PAST_WEEKS) >= first_week[:, None], 0.0, np.nan)
    values[row[week >= 0], week[week >= 0]] = done["value"].fill_null(float("nan")).to_numpy()[week >= 0]
    worked = _working_days(days, persons, mondays)
    return np.divide(values * FULL_WEEK_DAYS, worked, out=np.full(shape, np.nan), where=worked > 0)


def _working_days(days: pl.DataFrame, persons: pl.Series, mondays: list[datetime.date]) -> Floats:
    """Working days, shape (persons, weeks); of repeated calendar rows the one with fewest days counts."""
    known = (
        days.drop_nulls("working_days")
        .filter(pl.col("week_on").is_between(mondays[0], mondays[-1]), pl.col("person_gid").is_in(persons.implode()))
        .group_by("person_gid", "week_on")
        .agg(pl.col("working_days").min().clip(lower_bound=0))
    )
    grid = np.full((len(persons), len(mondays)), FULL_WEEK_DAYS)
    grid[_places(known, persons, mondays[0])] = known["working_days"].to_numpy()
    return grid


def _places(rows: pl.DataFrame, persons: pl.Series, first: datetime.date) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row of the person and number of weeks since `first` of each row; persons are sorted and hold all of them."""
    week = (rows["week_on"] - first).dt.total_days() // 7
    return np.asarray(persons.search_sorted(rows["person_gid"])).astype(np.intp), week.to_numpy().astype(np.intp)


def _team(rates: Floats, known_weeks: NDArray[np.int64]) -> Floats:
    """Recent weeks of those whom a newcomer may resemble, shape (people, 26)."""
    is_active = (np.nan_to_num(rates) > 0).any(axis=1)  # who left long ago says nothing about a newcomer
    team = rates[(known_weeks >= MIN_WEEKS) & is_active]
    return team if len(team) else rates[known_weeks > 0]


def _seed(person_gid: str, as_of: datetime.date, ahead: Floats) -> int:
    """The seed of one person's paths, from their own inputs: nobody else's rows can change their draw."""
    digest = hashlib.sha256(f"{person_gid}|{as_of.isoformat()}|".encode() + ahead.tobytes())
    return int.from_bytes(digest.digest()[:8], "big")


def _as_frame(persons: pl.Series, mondays: list[datetime.date], figures: Floats) -> pl.DataFrame:
    """Long frame from figures of shape (persons, weeks + 1, 10)."""
    week_on = pl.Series("week_on", [*mondays, None], dtype=pl.Date)
    frame = pl.DataFrame({"person_gid": persons}).join(week_on.to_frame(), how="cross", maintain_order="left_right")
    flat = figures.reshape(-1, 1 + len(DECILES))
    names = ["mean", *(f"p{decile}" for decile in DECILES)]
    return frame.with_columns(pl.Series(name, flat[:, column]) for column, name in enumerate(names))
