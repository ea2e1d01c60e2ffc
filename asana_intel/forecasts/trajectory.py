"""The fan chart of a goal: weekly median and band up to the due date. The numbers at its end are `attainment`'s.

Prophet draws only the course between today and the due date (forecasting reference, sections 0 and 8): for goals that
accumulate the rhythm of weekly increments (flat growth, the weeks before the start included), for levels the bend of
the trend (changepoint_prior_scale .5). Band and end point come from the models that are scored, so that picture and
number agree. Beyond `max_prophet` goals, with little history, or where a fit fails, the models draw alone.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from asana_intel.forecasts.attainment import outlooks
from asana_intel.forecasts.evidence import gather_evidence, known_values
from asana_intel.forecasts.schema import HISTORY
from asana_intel.storage.conform import conform

if TYPE_CHECKING:
    import datetime

    from numpy.typing import NDArray

    from asana_intel.forecasts.ensemble import Outlook

    Floats = NDArray[np.float64]
    Goal = dict[str, Any]

TRAJECTORY: dict[str, pl.DataType] = {
    "goal_gid": pl.String(),
    "on": pl.Date(),
    "p10": pl.Float64(),
    "p50": pl.Float64(),
    "p90": pl.Float64(),
    "method": pl.String(),
}
"""Columns of `forecast_trajectories`'s result."""
MAX_PROPHET_WEEKS = 156
MIN_PROPHET_WEEKS = 8
LEVEL_CHANGEPOINT_SCALE = 0.5
_SEED = 1
_SAID = {"value_p10": "p10", "value_p50": "p50", "value_p90": "p90"}
_AGREES = 1e-6


def forecast_trajectories(
    goals: pl.DataFrame, history: pl.DataFrame, as_of: datetime.date, max_prophet: int = 12
) -> pl.DataFrame:
    """Draw the way of every assessed goal from `as_of` to its due date.

    Args:
        goals: As for `attainment.forecast_attainment`.
        history: As for `attainment.forecast_attainment`.
        as_of: The last day whose values are known.
        max_prophet: How many goals Prophet may draw (30 to 70 ms each), largest target first.

    Returns:
        goal_gid, on (every week from `as_of`, and the due date), p10, p50, p90 (in the goal's unit; at the due date
        equal to value_p10, value_p50, value_p90 of the attainment forecast), method ("prophet" or "closed_form").
        Goals in the order given, dates ascending. Goals that are closed or not assessed have no rows.

    Raises:
        PermanentError: A column is missing or of a wrong type; the message names it.
    """
    evidence = gather_evidence(goals, history, as_of)
    facts = evidence.goals.with_row_index("row").filter(pl.col("status") == "assessed")
    known = known_values(conform(history, HISTORY, "history"), as_of)
    drawn = set(facts.sort(["target_value", "goal_gid"], descending=[True, False])["row"].head(max_prophet).to_list())
    fans = [pl.DataFrame(schema={"row": pl.UInt32(), **TRAJECTORY})]
    for rows, outlook, _ in outlooks(evidence):
        place = pl.DataFrame({"row": rows, "place": np.arange(rows.size)}, schema={"row": pl.UInt32, "place": pl.Int64})
        courses = [
            _course(goal, known, as_of, with_prophet=goal["row"] in drawn)
            for goal in facts.join(place, on="row", maintain_order="left").iter_rows(named=True)
        ]
        if courses:
            fans.append(_fans(pl.concat(courses), outlook))
    fan = pl.concat(fans).filter(pl.all_horizontal(pl.col("p10", "p50", "p90").is_finite()))
    return fan.sort("row", "on").drop("row")


def agreeing(fans: pl.DataFrame, attainment: pl.DataFrame, as_of: datetime.date) -> pl.DataFrame:
    """Draw anew the goals whose odds are not their own model's: computed ones, and where the pace rule speaks.

    Their line is straight from today's median to the value said for the due date, and their band opens with the square
    root of the time; a goal without a band has none in its picture.

    Args:
        fans: From `forecast_trajectories`.
        attainment: goal_gid, status, value_p10, value_p50, value_p90: what is shown.
        as_of: The day of both.

    Returns:
        The fans of the goals that are assessed, in the order given.
    """
    said = attainment.filter(pl.col("status") == "assessed").select("goal_gid", *_SAID)
    days = (pl.col("on") - pl.lit(as_of)).dt.total_days()
    first, last = (end.over("goal_gid") for end in (pl.col("p50").first(), pl.col("p50").last()))
    is_own = pl.all_horizontal(
        (pl.col(drawn).last().over("goal_gid") - pl.col(value)).abs() <= _AGREES * (1.0 + last.abs())
        for value, drawn in _SAID.items()
    ).fill_null(value=False)
    share = (days / days.max().over("goal_gid")).fill_nan(1.0)
    middle = first + (pl.col("value_p50") - first) * share
    anew = {drawn: middle + (pl.col(value) - pl.col("value_p50")) * share.sqrt() for value, drawn in _SAID.items()}
    return (
        fans.join(said, on="goal_gid", maintain_order="left")
        .with_columns(is_own=is_own)
        .with_columns(
            *(pl.when("is_own").then(drawn).otherwise(line).alias(drawn) for drawn, line in anew.items()),
            method=pl.when("is_own").then("method").otherwise(pl.lit("straight line")),
        )
        .select(*TRAJECTORY)
    )


def _course(goal: Goal, known: pl.DataFrame, as_of: datetime.date, *, with_prophet: bool) -> pl.DataFrame:
    """The days of one goal's fan, how many weeks of its outlook each stands for, and how far the line bends there."""
    ahead = max((goal["due_on"] - as_of).days, 0)
    dates = [as_of + timedelta(days=day) for day in sorted({*range(0, ahead, 7), ahead})]
    days = np.array([(on - goal["known_until"]).days for on in dates])
    course = _prophet_course(goal, known) if with_prophet else None
    weeks, bend = days / 7, np.zeros(days.size)
    if course is not None and goal["kind"] == "level":
        bend = course[days]
    elif course is not None:
        weeks = course[days] * goal["rest_weeks"]
    return pl.DataFrame({"on": dates, "weeks": weeks, "bend": bend}).with_columns(
        pl.lit(goal["row"], dtype=pl.UInt32).alias("row"),
        pl.lit(goal["place"]).alias("place"),
        pl.lit(goal["goal_gid"]).alias("goal_gid"),
        pl.lit(goal["initial_value"]).alias("initial_value"),
        pl.lit(goal["direction"] * goal["span"]).alias("span"),
        pl.lit("closed_form" if course is None else "prophet").alias("method"),
    )


def _fans(courses: pl.DataFrame, outlook: Outlook) -> pl.DataFrame:
    """The rows of many goals, which are at `place` in their outlook."""
    weeks, bend, initial, span = (courses[name].to_numpy() for name in ("weeks", "bend", "initial_value", "span"))
    parameters = outlook.take(courses["place"].to_numpy().astype(np.intp))
    with np.errstate(all="ignore"):
        values = [initial + span * parameters.quantile(weeks, q) + bend for q in (0.1, 0.5, 0.9)]
    low, median, high = np.sort(np.stack(values), axis=0)
    bands = courses.with_columns(pl.Series("p10", low), pl.Series("p50", median), pl.Series("p90", high))
    return bands.select("row", *TRAJECTORY)


def _prophet_course(goal: Goal, known: pl.DataFrame) -> Floats | None:
    """The course day by day from the last known day (index 0) to the due date, or None where Prophet cannot say.

    For a level the departure from a straight line, in the goal's unit, 0 at both ends; for other goals the share of
    the remaining gain reached, from 0 to 1.
    """
    rest_days = round(goal["rest_weeks"] * 7)
    series = known.filter(pl.col("series_gid") == goal["series_gid"])
    ends, values = _weekly(series, goal["known_until"])
    is_level = goal["kind"] == "level"
    if not rest_days or len(ends) - 1 < MIN_PROPHET_WEEKS:
        return None
    days = [goal["known_until"] + timedelta(days=day) for day in range(rest_days + 1)]
    observed = values if is_level else goal["direction"] * np.diff(values)
    predicted = _prophet_line(ends if is_level else ends[1:], observed, days, is_level=is_level)
    if predicted is None or not np.isfinite(predicted).all():
        return None
    if is_level:
        return predicted - np.linspace(predicted[0], predicted[-1], predicted.size)
    gained = np.maximum(predicted, 0.0)
    gained[0] = 0.0
    total = gained.sum()
    return gained.cumsum() / total if total > 0 else None


def _weekly(series: pl.DataFrame, until: datetime.date) -> tuple[list[datetime.date], Floats]:
    """Forward-filled values at the ends of the weeks up to `until`, oldest first."""
    first_on: datetime.date = series["on"][0]
    count = min((until - first_on).days // 7, MAX_PROPHET_WEEKS)
    ends = [until - timedelta(weeks=back) for back in range(count, -1, -1)]
    grid = pl.DataFrame({"on": ends}, schema={"on": pl.Date})
    filled = grid.join_asof(series.select("on", "value").sort("on"), on="on", strategy="backward")
    return ends, filled["value"].to_numpy().astype(np.float64)


def _prophet_line(
    ends: list[datetime.date], observed: Floats, days: list[datetime.date], *, is_level: bool
) -> Floats | None:
    """Prophet's yhat on `days`, or None where it cannot be fitted."""
    import pandas as pd

    logging.getLogger("prophet.plot").setLevel(logging.CRITICAL)  # speaks at import where plotly is missing
    from prophet import Prophet

    for name in ("prophet", "cmdstanpy"):  # after the import, which sets them: both announce every fit
        logging.getLogger(name).setLevel(logging.CRITICAL)
    logging.getLogger("cmdstanpy").addHandler(logging.NullHandler())  # without one its first fit sets the level back

    trend = {"growth": "linear", "changepoint_prior_scale": LEVEL_CHANGEPOINT_SCALE} if is_level else {"growth": "flat"}
    model = Prophet(uncertainty_samples=0, weekly_seasonality=False, daily_seasonality=False, **trend)  # pyright: ignore[reportArgumentType]
    try:
        model.fit(pd.DataFrame({"ds": pd.to_datetime(ends), "y": observed}), seed=_SEED)
        line = model.predict(pd.DataFrame({"ds": pd.to_datetime(days)}))
    except (RuntimeError, ValueError, ArithmeticError):
        return None
    return line["yhat"].to_numpy().astype(np.float64)
