"""How much of a body of work will be done by a day: tasks finished against a scope that grows. Goals are in `rollup`.

The share done after h weeks is (done + D) / (total + S). D, what gets finished, and S, what is added, are Gamma
distributed with mean h m and variance h v (1 + h / n) (forecasting reference, section 2, "Gamma model"): m is a weekly
rate of the last 26 weeks shrunk to a prior rate, n the weeks that stand behind it. The prior rate of D is an even pace
from the first task to the day asked for; that of S what came after the plan, and a part of the plan, in the same time.
The variance of a week is that of counts that come in bunches, c m + d m^2, and never measured on the body's own weeks,
so that more tasks done never lower the share.
Who adds much also finishes much (one normal copula for D and S), and the last half of what is left comes at half the
pace: some tasks linger. Quantiles lie on a lattice, nothing is drawn by chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DRAWS = 1000
"""Equally likely shares that stand for a distribution."""
_PAST_WEEKS = 26
_PRIOR_WEEKS = 4.0
# What comes in the first week is the plan; what comes later has been added to it.
_PLAN_WEEKS = 1.0
# Before a body of work has shown how it grows, its plan grows by a quarter over its time. Sprints of the open data grow
# by more than half net of what is removed (1,121 sprints, 7,543 issues), but are planned more loosely than projects.
_PRIOR_GROWTH = 0.25
# With these, 80 % bands of the tasks or issues finished in 6 or 13 weeks held 79 % (open data, attainment_goals: 1,063
# goals of 32 series; 73 % of 149 goals of the 4 sealed ones); plain counts, 1 and 0, would hold 38 %.
_BUNCH = 2.0
_DISPERSION = 1.5
# Of what is left, counting what will be added: how much comes at the full pace, and the pace of the rest. In the
# projects of one company (`worlds/sip`, forecasts of 6 and 13 weeks) the Brier score of "all done" falls from .071 and
# .092 to .069 and .079, that of "half of what is left done" from .123 and .173 to .103 and .138.
_AT_FULL_PACE = 0.5
_LATE_PACE = 0.5
# Correlation of what is finished and what is added, beyond what was expected: .76 in that company, where most tasks are
# finished in the week they come in; less is to be expected where work is planned.
_TOGETHER = 0.65
_LEAST_WEEKS = 1.0 / 7.0
_KNOTS = np.linspace(-3.6, 3.6, 73)  # normal scores at which the gamma quantiles are computed, straight between
_GOLDEN = (5.0**0.5 - 1.0) / 2.0


@dataclass(frozen=True)
class Scope:
    """What is known of bodies of work, one row each, all of shape (works,).

    Attributes:
        done: Weight of the tasks done.
        total: Weight of all tasks.
        age: Weeks since the first one came.
        finished: Weight of those done in the last 26 weeks.
        added: Weight of those that came in the last 26 weeks, after the plan.
        planned: Weight of those that came in the first week.
        grows: 1 where tasks can be added, else 0.
    """

    done: Floats
    total: Floats
    age: Floats
    finished: Floats
    added: Floats
    planned: Floats
    grows: Floats

    @property
    def share(self) -> Floats:
        """Share done now; NaN where there are no tasks."""
        with np.errstate(invalid="ignore"):
            return self.done / self.total


def measure_scope(work: pl.DataFrame, work_gids: pl.Series, as_of: datetime) -> Scope:
    """Count the tasks of each body of work.

    Args:
        work: work_gid, arrived_at, done_at (null: open), weight, grows; one row per task in it at `as_of`.
        work_gids: Bodies of work wanted, repeats allowed; those without tasks count zero.
        as_of: Rows and completions after it are ignored.
    """
    recently = as_of - timedelta(weeks=_PAST_WEEKS)
    arrived, weight = pl.col("arrived_at"), pl.col("weight")
    is_done = (pl.col("done_at") <= as_of).fill_null(value=False)
    is_planned = arrived < arrived.min() + timedelta(weeks=_PLAN_WEEKS)
    counts = (
        work.filter(arrived <= as_of)
        .group_by("work_gid")
        .agg(
            done=weight.filter(is_done).sum(),
            total=weight.sum(),
            age=(pl.lit(as_of) - arrived.min()).dt.total_seconds() / timedelta(weeks=1).total_seconds(),
            finished=weight.filter(is_done & (pl.col("done_at") > recently)).sum(),
            added=weight.filter(~is_planned & (arrived > recently)).sum(),
            planned=weight.filter(is_planned).sum(),
            grows=pl.col("grows").any().cast(pl.Float64),
        )
    )
    wanted = pl.DataFrame({"work_gid": work_gids.cast(pl.String)}).join(
        counts, on="work_gid", how="left", maintain_order="left"
    )
    return Scope(**{name: wanted[name].fill_null(0.0).to_numpy() for name in Scope.__annotations__})


def forecast_share(scope: Scope, weeks: Floats) -> Floats:
    """Shares done after `weeks`, as equally likely values in rising order.

    Args:
        scope: From `measure_scope`.
        weeks: Shape (works,), >= 0.

    Returns:
        Shape (works, DRAWS). More than 1 where the pace would finish more than there is, so that the time at which all
        is done can be told; cut it there for the share itself. NaN where there are no tasks.
    """
    total_weeks = np.maximum(scope.age + weeks, 1.0)
    even_pace = scope.total / total_weeks
    even_growth = (scope.total - scope.planned + _PRIOR_GROWTH * scope.planned) / total_weeks
    seen = np.clip(scope.age, _LEAST_WEEKS, _PAST_WEEKS)
    grown_for = np.clip(scope.age - _PLAN_WEEKS, 0.0, _PAST_WEEKS)
    to_finish, to_add = _scores()
    finished = _gained(scope.finished, seen, even_pace, weeks, to_finish)
    added = scope.grows[:, None] * _gained(scope.added, grown_for, even_growth, weeks, to_add)
    left = (scope.total - scope.done)[:, None] + added
    with np.errstate(invalid="ignore"):
        shares = (scope.done[:, None] + _settled(finished, left)) / (scope.total[:, None] + added)
    return np.sort(shares, axis=1)


def _scores() -> tuple[Floats, Floats]:
    """Normal scores of what is finished and what is added: every level of the one meets every level of the other."""
    from scipy.special import ndtri

    at = np.arange(DRAWS)
    finished, alone = ndtri((at + 0.5) / DRAWS), ndtri((0.5 + at * _GOLDEN) % 1.0)
    return finished, _TOGETHER * finished + np.sqrt(1.0 - _TOGETHER**2) * alone


def _settled(finished: Floats, left: Floats) -> Floats:
    """How much of what is left the finished work settles, where the last part comes slowly."""
    quick = _AT_FULL_PACE * left
    return np.where(finished <= quick, finished, quick + _LATE_PACE * (finished - quick))


def _gained(counted: Floats, in_weeks: Floats, prior: Floats, weeks: Floats, scores: Floats) -> Floats:
    """What the coming `weeks` bring at each normal score: shape (works, scores.size)."""
    from scipy.special import gammaincinv, ndtr

    support = in_weeks + _PRIOR_WEEKS
    rate = (counted + _PRIOR_WEEKS * prior) / support
    # Both shape and scale rise with the rate, and so does every quantile.
    scale = (_BUNCH + _DISPERSION * rate) * (1.0 + weeks / support)
    shape = np.maximum(weeks * rate / scale, 1e-9)
    knots = gammaincinv(shape[:, None], ndtr(_KNOTS)[None, :]) * scale[:, None]
    gained = np.empty((weeks.size, scores.size))
    for row, values in enumerate(knots):
        gained[row] = np.interp(scores, _KNOTS, values)
    return np.where((weeks * rate > 0)[:, None], gained, 0.0)
