"""What is known about each goal at `as_of`: progress, steps, or the sentence why too little is known.

No model and no probability here. Where the conventions of recorders differ, the rules are:

- A value dated `on` is the value at the close of that day. The base of a flow is the value at the close of the day
  before the start; where that day was not recorded, the value recorded on the start day (weekly Monday snapshots);
  else the last value before; a series without any value up to the start counts from `initial_value`.
- Silence shorter than the series' own median gap (at most a week) is "not recorded yet"; longer silence is
  "nothing happened".
- Two values of one day: their median, so that the order of rows never matters.
- Steps are as long as fits the kind: a week for what accumulates, the series' own rhythm (at most a week) for levels,
  the goal's own length for commitments, so that a step of its past is what the team did in as much time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.forecasts.schema import GOALS, HISTORY
from asana_intel.storage.conform import conform

if TYPE_CHECKING:
    import datetime

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

STEPS = 26
"""Steps of history that speak, before the start and since (forecasting reference, section 2)."""

KINDS = ("flow", "level", "commitment", "cohort")
TOLERANCE = 1e-9
"""Share of the way to the target that counts as rounding of sums, not as a miss."""
_DAY = timedelta(days=1)
_DAYS_APART = 2**23  # more than any two dates lie apart
_ADVERSE_SHARE = 0.1  # a tenth of all movement against the direction is no correction any more but a level


@dataclass(frozen=True)
class Evidence:
    """One row per goal, in the order given.

    Attributes:
        goals: goal_gid, kind (resolved), series_gid, start_on, due_on, initial_value, target_value, status, reason,
            direction (+1 or -1), span (distance from initial to target, > 0), position (share of the way to the
            target), elapsed_weeks, rest_weeks, total_weeks, step_weeks, known_until (date), last_value, met_on (date).
            Columns after `reason` are null where the goal is not assessed.
        past: Shape (goals, 26): steps before the start toward the target as shares of the way, newest first, NaN
            where nothing is known.
        own: Shape (goals, 26): steps since the start, newest first, NaN before it. The oldest one may be shorter.
        as_of: The last day whose values are known.
    """

    goals: pl.DataFrame
    past: Floats
    own: Floats
    as_of: datetime.date

    def take(self, rows: NDArray[np.intp]) -> Evidence:
        """The evidence of the goals at `rows`."""
        return Evidence(self.goals[rows], self.past[rows], self.own[rows], self.as_of)

    def column(self, name: str) -> Floats:
        """One of the numeric columns of `goals`, NaN where it is null."""
        return self.goals[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def gather_evidence(goals: pl.DataFrame, history: pl.DataFrame, as_of: datetime.date) -> Evidence:
    """Collect what is known of each goal at `as_of`, and decide which goals can be assessed.

    Args:
        goals: Columns of `schema.GOALS`.
        history: Columns of `schema.HISTORY`; rows after `as_of` (and after a goal's due date) are not read.
        as_of: The last day whose values are known.

    Returns:
        The evidence, one row per goal.

    Raises:
        PermanentError: A column is missing or of a wrong type.
    """
    rows = conform(goals, GOALS, "goals").with_row_index("row")
    known = known_values(conform(history, HISTORY, "history"), as_of)
    rows = rows.with_columns(_definition_gap(as_of).alias("reason"))
    usable = rows.filter(pl.col("reason").is_null()).with_columns(
        pl.min_horizontal("due_on", pl.lit(as_of)).alias("until_on"),
        pl.when(pl.col("target_value") > pl.col("initial_value")).then(1.0).otherwise(-1.0).alias("direction"),
        (pl.col("target_value") - pl.col("initial_value")).abs().alias("span"),
    )
    usable = _with_kind(_with_observations(usable, known), known)
    usable = usable.with_columns(_observation_gap(as_of).alias("gap_reason"))
    usable = pl.concat(
        [
            _with_progress(usable.filter(pl.col("gap_reason").is_null()), known),
            usable.filter(pl.col("gap_reason").is_not_null()).drop("last_value"),
        ],
        how="diagonal",
    )
    facts = ("direction", "span", "position", "elapsed_weeks", "rest_weeks", "total_weeks", "step_weeks")
    dates = ("known_until", "met_on", "base_on", "last_on")
    joined = (
        rows.join(
            usable.select("row", "gap_reason", "inferred", "last_value", *facts, *dates),
            on="row",
            how="left",
        )
        .with_columns(
            pl.coalesce("reason", "gap_reason").alias("reason"),
            pl.coalesce("inferred", "kind").alias("kind"),
        )
        .with_columns(_status(as_of).alias("status"))
        .sort("row")
    )
    lookup = Lookup(known)
    return Evidence(
        joined.drop("gap_reason", "inferred", "base_on", "last_on", "row"),
        _past_steps(joined, lookup),
        _own_steps(joined, lookup),
        as_of,
    )


def _definition_gap(as_of: datetime.date) -> pl.Expr:
    """The sentence that says which part of the goal's definition is missing; null where it is complete."""
    kinds = ", ".join(KINDS)
    span = pl.col("target_value") - pl.col("initial_value")
    faults: list[tuple[pl.Expr, pl.Expr]] = [
        (
            pl.col("kind").is_not_null() & ~pl.col("kind").is_in(KINDS),
            pl.format(f"The kind '{{}}' is unknown; set it to one of {kinds}, or leave it empty.", "kind"),
        ),
        (pl.col("target_value").is_null(), pl.lit("It has no target value; give it one.")),
        (pl.col("initial_value").is_null(), pl.lit("It has no initial value; give it one.")),
        (span == 0, pl.lit("Its target equals its initial value; set a target that differs.")),
        (~span.is_finite(), pl.lit("Its target is too far from its initial value to compute with; check both.")),
        (pl.col("start_on").is_null(), pl.lit("It has no start date; set one.")),
        (pl.col("due_on").is_null(), pl.lit("It has no due date; set one.")),
        (pl.col("due_on") < pl.col("start_on"), pl.lit("It is due before it starts; correct one of the dates.")),
        (
            pl.col("start_on") > pl.lit(as_of + _DAY),  # on the eve nothing of its own is missing
            pl.format("It has not started; it becomes assessable from {}.", "start_on"),
        ),
    ]
    sentence: pl.Expr = pl.lit(None, dtype=pl.String)
    for is_faulty, text in reversed(faults):
        sentence = pl.when(is_faulty).then(text).otherwise(sentence)
    return sentence


def _observation_gap(as_of: datetime.date) -> pl.Expr:
    """The sentence that says which values are missing; null where the evidence minimum is met."""
    is_over = pl.col("due_on") < pl.lit(as_of)
    is_young = pl.col("start_on") > pl.lit(as_of - timedelta(days=7))
    is_promise = (pl.col("inferred") == "commitment") & is_young & ~is_over  # its team, or its kind, speaks for it
    return (
        pl.when(is_promise)
        .then(pl.lit(None, dtype=pl.String))
        .when(pl.col("observations").fill_null(0) == 0)
        .then(pl.lit("No progress was ever recorded; record a first value."))
        .when(is_over & (pl.col("own_observations").fill_null(0) == 0))
        .then(pl.lit("No value was recorded between start and due date; record the final value on its due date."))
        .when(~is_over & (pl.col("observations") < 2) & is_young)
        .then(pl.lit("Only one value and less than a week since the start; record a second value."))
        .otherwise(pl.lit(None, dtype=pl.String))
    )


def _status(as_of: datetime.date) -> pl.Expr:
    return (
        pl.when(pl.col("reason").is_not_null())
        .then(pl.lit("not_assessed"))
        .when(pl.col("due_on") < pl.lit(as_of))
        .then(pl.lit("closed"))
        .otherwise(pl.lit("assessed"))
    )


def known_values(history: pl.DataFrame, as_of: datetime.date) -> pl.DataFrame:
    """One value per series and day up to `as_of`, sorted, numbered within its series from 1."""
    return (
        history.drop_nulls()
        .filter(pl.col("on") <= pl.lit(as_of))
        .group_by("series_gid", "on")
        .agg(pl.col("value").median())
        .sort("series_gid", "on")
        .with_columns(pl.int_range(1, pl.len() + 1).over("series_gid").alias("number"))
    )


def _last_known(rows: pl.DataFrame, known: pl.DataFrame, day: pl.Expr, prefix: str) -> pl.DataFrame:
    """Add `<prefix>_value`, `_on`, `_number`: the series' last value on or before `day` (null where none)."""
    lookup = known.select(
        "series_gid",
        "on",
        pl.col("value").alias(f"{prefix}_value"),
        pl.col("on").alias(f"{prefix}_on"),
        pl.col("number").alias(f"{prefix}_number"),
    )
    return (
        rows.with_columns(day.alias("_day"))
        .sort("_day")
        .join_asof(
            lookup.sort("on"),
            left_on="_day",
            right_on="on",
            by="series_gid",
            strategy="backward",
            check_sortedness=False,
        )
        .drop("_day", "on", strict=False)
    )


def _with_observations(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Add the last value, the last before the start, and how many values there are in all and of its own."""
    rows = _last_known(rows, known, pl.col("until_on"), "last")
    rows = _last_known(rows, known, pl.col("start_on") - _DAY, "past")
    return rows.with_columns(
        pl.col("last_number").fill_null(0).alias("observations"),
        (pl.col("last_number") - pl.col("past_number").fill_null(0)).alias("own_observations"),
    )


def _with_kind(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Add `inferred`: the kind given, else level where the value must fall or has moved both ways, else flow."""
    step = pl.col("value").diff().over("series_gid")
    movement = (
        known.with_columns(step.alias("step"))
        .group_by("series_gid")
        .agg(
            pl.col("step").clip(lower_bound=0).sum().alias("up"),
            (-pl.col("step")).clip(lower_bound=0).sum().alias("down"),
        )
    )
    is_level = (pl.col("direction") < 0) | (
        pl.col("down") > _ADVERSE_SHARE * (pl.col("up") + pl.col("down"))
    ).fill_null(value=False)
    guess = pl.when(is_level).then(pl.lit("level")).otherwise(pl.lit("flow"))
    return rows.join(movement, on="series_gid", how="left").with_columns(pl.coalesce("kind", guess).alias("inferred"))


def _with_progress(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Add base, position, elapsed and remaining weeks, and the day the target was met."""
    rhythm = known.group_by("series_gid").agg(
        pl.col("on").diff().dt.total_days().median().clip(1, 7).fill_null(7).floor().alias("gap_days"),
    )
    start_row = known.select("series_gid", pl.col("on").alias("start_on"), pl.col("value").alias("start_value"))
    eve = pl.col("start_on") - _DAY
    rows = (
        rows.join(rhythm, on="series_gid", how="left")
        .join(start_row, on=["series_gid", "start_on"], how="left")
        .with_columns(
            (pl.col("inferred") == "level").alias("is_level"),
            # The base lies on the start day only where the eve was not recorded.
            ((pl.col("past_on") == eve).fill_null(value=False) | pl.col("start_value").is_null()).alias("on_eve"),
        )
        .with_columns(
            pl.when(pl.col("is_level"))
            .then("initial_value")
            .when(pl.col("on_eve"))
            .then(pl.coalesce("past_value", "initial_value"))
            .otherwise("start_value")
            .alias("base_value"),
            pl.when(pl.col("on_eve") & pl.col("past_on").is_not_null())
            .then(eve)
            .otherwise("start_on")
            .alias("base_on"),
            pl.col("gap_days").fill_null(7),
        )
        .with_columns(
            pl.max_horizontal(
                "last_on",
                "base_on",
                pl.col("until_on") - pl.duration(days=pl.col("gap_days")),
            ).alias("known_until"),
            pl.coalesce(
                pl.col("direction") * (pl.col("last_value") - pl.col("base_value")) / pl.col("span"), 0.0
            ).alias("position"),
            pl.coalesce("last_on", "base_on").alias("last_on"),
        )
    )
    rows = rows.with_columns(
        _weeks_between(pl.col("base_on"), pl.col("known_until")).alias("elapsed_weeks"),
        _weeks_between(pl.col("known_until"), pl.col("due_on")).alias("rest_weeks"),
        _weeks_between(pl.col("start_on"), pl.col("due_on") + _DAY).alias("total_weeks"),
    ).with_columns(_step_weeks().alias("step_weeks"))
    return rows.join(_met_on(rows, known), on="row", how="left")


def _weeks_between(since: pl.Expr, until: pl.Expr) -> pl.Expr:
    return (until - since).dt.total_days().clip(lower_bound=0) / 7


def _met_on(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """row, met_on: the first day of its own on which a goal stood at its target, where it stands there now."""
    position = pl.col("direction") * (pl.col("value") - pl.col("base_value")) / pl.col("span")
    return (
        rows.filter(pl.col("position") >= 1 - TOLERANCE)
        .select("row", "series_gid", "direction", "span", "base_value", "start_on", "until_on")
        .join(known, on="series_gid")
        .filter(pl.col("on").is_between(pl.col("start_on"), pl.col("until_on")) & (position >= 1 - TOLERANCE))
        .group_by("row")
        .agg(pl.col("on").min().alias("met_on"))
    )


def _step_weeks() -> pl.Expr:
    """Length of a step: whole days, so that steps end on days that can have been recorded."""
    kind = pl.col("inferred")
    return (
        pl.when(kind == "level")
        .then(pl.col("gap_days") / 7)
        .when(kind == "commitment")
        .then(pl.col("total_weeks"))
        .otherwise(1.0)
    )


class Lookup:
    """The last known value of many series on many days at once."""

    def __init__(self, known: pl.DataFrame) -> None:
        """Args: known: From `known_values`."""
        names = known["series_gid"].unique().sort()
        self._number = dict(zip(names, range(len(names)), strict=True))
        series = known["series_gid"].replace_strict(self._number, return_dtype=pl.Int64).to_numpy()
        self._keys = series * _DAYS_APART + known["on"].cast(pl.Int64).to_numpy()
        self._values = known["value"].to_numpy()

    def values(self, series_gid: pl.Series, days: NDArray[np.int64]) -> Floats:
        """Values at the close of `days`, forward-filled; NaN before a series' first value.

        Args:
            series_gid: Length n.
            days: Days since 1970, shape (n, m).

        Returns:
            Shape (n, m).
        """
        if not self._values.size:
            return np.full(days.shape, np.nan)
        numbers = series_gid.replace_strict(self._number, default=-1, return_dtype=pl.Int64).fill_null(-1).to_numpy()
        first = numbers[:, None] * _DAYS_APART
        rows = np.searchsorted(self._keys, first + days, side="right") - 1
        is_known = (rows >= 0) & (self._keys[rows] >= first - _DAYS_APART // 2) & (numbers[:, None] >= 0)
        return np.where(is_known, self._values[rows], np.nan)


def _past_steps(rows: pl.DataFrame, lookup: Lookup) -> Floats:
    """Steps back from the base of each goal (see `Evidence`)."""
    anchor = pl.when(pl.col("kind") == "level").then("start_on").otherwise("base_on")
    days = _days_back(rows, anchor)
    return _steps_between(rows, lookup.values(rows["series_gid"], days))


def _own_steps(rows: pl.DataFrame, lookup: Lookup) -> Floats:
    """Steps back from what is known last to the base of each goal (see `Evidence`)."""
    is_level = pl.col("kind") == "level"
    base = _days(rows, pl.when(is_level).then("start_on").otherwise("base_on"))
    days = _days_back(rows, pl.when(is_level).then("last_on").otherwise("known_until"))
    steps = _steps_between(rows, lookup.values(rows["series_gid"], np.maximum(days, base[:, None])))
    return np.where(days[:, :-1] > base[:, None], steps, np.nan)


def _days(rows: pl.DataFrame, day: pl.Expr) -> NDArray[np.int64]:
    """Days since 1970; a day long ago where it is not known."""
    return rows.select(day.cast(pl.Int64).fill_null(-_DAYS_APART)).to_series().to_numpy()


def _days_back(rows: pl.DataFrame, anchor: pl.Expr) -> NDArray[np.int64]:
    """The ends of 26 steps before an anchor, and the anchor, newest first; shape (goals, 27)."""
    length = (rows["step_weeks"].fill_null(1.0).to_numpy() * 7).round().astype(np.int64)
    return _days(rows, anchor)[:, None] - length[:, None] * np.arange(STEPS + 1)


def _steps_between(rows: pl.DataFrame, values: Floats) -> Floats:
    """Changes toward the target between neighbouring values, as shares of the way."""
    scale = (rows["direction"] / rows["span"]).fill_null(float("nan")).to_numpy()
    with np.errstate(all="ignore"):
        return scale[:, None] * (values[:, :-1] - values[:, 1:])
