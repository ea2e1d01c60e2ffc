"""What is odd about a goal's latest values or its reported status; the odds themselves are `attainment`'s.

Each threshold is a chance: how rarely a goal that goes on as before would look like this. benchmarks/README.md has the
false alarms measured on the open goals.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.forecasts.attainment import forecast_attainment, outlooks, remaining_weeks
from asana_intel.forecasts.evidence import TOLERANCE, Evidence, gather_evidence

if TYPE_CHECKING:
    import datetime

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ANOMALIES: dict[str, pl.DataType] = {
    "goal_gid": pl.String(),
    "anomaly": pl.String(),
    "observed": pl.Float64(),
    "expected": pl.Float64(),
    "chance": pl.Float64(),
}
"""Columns of `detect_anomalies`' result."""
STALLED_CHANCE = 0.02
STALLED_WEEKS = 2
"""Fewest quiet weeks that are called a stall."""
JUMP_CHANCE = 0.005
DROP_CHANCE = 0.005
RED_BELOW = 0.2
"""Odds below which a goal that is reported green is called red."""
GREEN = ("green", "on_track")
_WEEK = timedelta(weeks=1)
_PRIOR_WEEKS = 4.0  # behind the usual share of quiet weeks
_PRIOR_QUIET = 0.2


def detect_anomalies(
    goals: pl.DataFrame, history: pl.DataFrame, as_of: datetime.date, reported: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Find what is odd about open goals.

    "stalled": so many weeks in a row without progress are rare for it (flows and cohorts; `observed` and `expected`
    are weeks). "jumped": last week's change toward the target was rarely to be expected. "dropped": what accumulates
    fell, or a level moved away as rarely. "green_but_red": reported green with odds below a fifth (`observed` is the
    odds).

    Args:
        goals: As for `attainment.forecast_attainment`.
        history: As for `attainment.forecast_attainment`.
        as_of: The last day whose values are known.
        reported: goal_gid, status (the owner's; "green" or "on_track" count as green), one row per goal. None: no
            status is known.

    Returns:
        goal_gid, anomaly, observed, expected (values in the goal's unit, unless said otherwise), chance (how rarely
        this would happen by itself). Goals in the order given; none or several rows per goal.

    Raises:
        PermanentError: A column is missing or of a wrong type; the message names it.
    """
    now = gather_evidence(goals, history, as_of)
    order = now.goals.select("goal_gid").with_row_index("row").unique("goal_gid", keep="first")
    found = pl.concat(
        [_stalled(now), _surprises(goals, history, now), _green_but_red(goals, history, as_of, reported)]
    ).filter(pl.all_horizontal(pl.col("observed", "chance").is_finite()))
    return found.join(order, on="goal_gid").sort("row", "anomaly").select(*ANOMALIES)


def _stalled(now: Evidence) -> pl.DataFrame:
    """Goals whose latest weeks brought nothing, more in a row than their usual share of quiet weeks explains."""
    steps = np.concatenate([now.own, now.past], axis=1)
    is_known, is_quiet = ~np.isnan(steps), np.nan_to_num(steps) <= TOLERANCE
    own = now.own.shape[1]
    run = np.cumprod(is_quiet[:, :own] & is_known[:, :own], axis=1).sum(axis=1)
    before = is_known & (np.arange(steps.shape[1]) >= run[:, None])
    usual = ((is_quiet & before).sum(axis=1) + _PRIOR_WEEKS * _PRIOR_QUIET) / (before.sum(axis=1) + _PRIOR_WEEKS)
    chance = usual**run
    is_accumulating = now.goals["kind"].is_in(["flow", "cohort"]).fill_null(value=False).to_numpy()
    is_open = _is_open(now) & (now.column("position") < 1.0 - TOLERANCE)
    is_odd = is_open & is_accumulating & (run >= STALLED_WEEKS) & (chance < STALLED_CHANCE)
    return _rows(now, is_odd, "stalled", run.astype(np.float64), usual / (1.0 - usual), chance)


def _surprises(goals: pl.DataFrame, history: pl.DataFrame, now: Evidence) -> pl.DataFrame:
    """Jumps and drops since a week ago, judged by the forecast of then."""
    then = gather_evidence(goals, history, now.as_of - _WEEK)
    value = now.column("last_value")
    found = []
    for rows, outlook, _ in outlooks(then):
        some, later = then.take(rows), now.take(rows)
        weeks = np.maximum(remaining_weeks(some) - remaining_weeks(later), 0.0)
        position, before = later.column("position"), some.column("position")
        change = position - before
        is_level = (some.goals["kind"] == "level").fill_null(value=False).to_numpy()
        is_new = _is_open(later) & _is_open(some) & (np.abs(change) > TOLERANCE) & (weeks > 0)
        reached = outlook.survival(weeks, position)
        sign = some.column("direction") * some.column("span")
        expected = value[rows] - sign * (position - outlook.quantile(weeks, 0.5))
        is_jump = is_new & (change > 0) & (reached < JUMP_CHANCE)
        is_drop = is_new & (change < 0) & (~is_level | (1.0 - reached < DROP_CHANCE))
        found.append(_rows(later, is_jump, "jumped", value[rows], expected, reached))
        found.append(_rows(later, is_drop, "dropped", value[rows], expected, np.where(is_level, 1.0 - reached, 0.0)))
    return pl.concat([pl.DataFrame(schema=ANOMALIES), *found])


def _green_but_red(
    goals: pl.DataFrame, history: pl.DataFrame, as_of: datetime.date, reported: pl.DataFrame | None
) -> pl.DataFrame:
    if reported is None:
        return pl.DataFrame(schema=ANOMALIES)
    green = reported.filter(pl.col("status").is_in(GREEN)).select(pl.col("goal_gid").cast(pl.String)).unique()
    odds = forecast_attainment(goals, history, as_of).filter(pl.col("status") == "assessed")
    return (
        odds.join(green, on="goal_gid", how="semi")
        .filter(pl.col("p_attain") < RED_BELOW)
        .select(
            "goal_gid",
            pl.lit("green_but_red").alias("anomaly"),
            pl.col("p_attain").alias("observed"),
            pl.lit(None, dtype=pl.Float64).alias("expected"),
            pl.col("p_attain").alias("chance"),
        )
    )


def _is_open(evidence: Evidence) -> NDArray[np.bool_]:
    return (evidence.goals["status"] == "assessed").fill_null(value=False).to_numpy()


def _rows(
    evidence: Evidence, wanted: NDArray[np.bool_], name: str, observed: Floats, expected: Floats, chance: Floats
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "goal_gid": evidence.goals["goal_gid"],
            "anomaly": name,
            "observed": observed,
            "expected": expected,
            "chance": chance,
        },
        schema=ANOMALIES,
    ).filter(pl.Series(wanted))
