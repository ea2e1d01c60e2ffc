"""Odds of goals whose progress Asana computes, from what supports them, up the tree. The work below is in `scope`.

A goal is drawn as the weighted mean of its supporters' progress, each held within 0..1, from the bottom of the goal
tree up. Supporters meet the same weeks: a one-factor Gaussian copula gives any two of them the correlation `rho` of
their normal scores (Vasicek 1987; Li 2000), so that five of them do not average their risks away. Each keeps exactly
the distribution of its own forecast; a supporter's luck is seeded by its gid, so that equal inputs give equal odds and
next week's differ by what happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from graphlib import CycleError, TopologicalSorter
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from asana_intel.forecasts.attainment import ATTAINMENT
from asana_intel.forecasts.scope import DRAWS, forecast_share, measure_scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from asana_intel.forecasts.support import Support

    Floats = NDArray[np.float64]
    Row = dict[str, Any]

COMMON_SHOCK = 0.3
"""Correlation of supporters' luck. On the open data (series not sealed) the shortfalls of simultaneous goals correlate
by .29 between people of one team (80 pairs), by .06 between projects of one company (80 pairs, 90 % interval -.14 to
.28), and not at all between unrelated Jira projects (1,158 pairs). Sub-goals of one goal often share people: the high
end is taken, since too high costs a wider band and too low makes odds that are too sure."""
_UNKNOWN_ATTAINED = 0.38
"""Odds of a supporter nobody can assess: what was attained of the 5,831 open flow goals."""
_STRANGE = 0.2
"""Distance of the value seen from the one computed here, as a share of the way, beyond which Asana must count otherwise
(work we may not see, a sum of sub-goals) and the goal is left to its own history. A week's progress is less."""
_TOLERANCE = 1e-9
_WEEK = timedelta(weeks=1)
_SHORT = 1e-6  # what a draw that misses lacks at least
_FASTEST = 1e-3  # part of the remaining time
_KINDS = {
    "subgoal_progress": "goal",
    "project_task_completion": "project",
    "project_milestone_completion": "project",
    "task_completion": "list of tasks",
}
_CIRCLE = "Its sub-goals lead back to it, so their forecasts were not rolled up; remove one of the supporting links."


@dataclass(frozen=True)
class _Node:
    """A supporter as draws.

    Attributes:
        now: Its progress now, 0 at its start and 1 at its target.
        weeks: Weeks until the day the draws are for, after which it stays as it is.
        draws: Progress on that day, shape (DRAWS,); beyond 1 where it gets there earlier.
        is_known: Whether there is any evidence behind the draws.
    """

    now: float
    weeks: float
    draws: Floats
    is_known: bool = True

    def after(self, weeks: float) -> Floats:
        """Progress after so many weeks, where each draw walks straight to its day."""
        return self.now + (self.draws - self.now) * min(1.0, weeks / self.weeks if self.weeks > 0 else 1.0)


def roll_up(support: Support, own: pl.DataFrame, as_of: datetime, rho: float = COMMON_SHOCK) -> pl.DataFrame:
    """Forecast the goals whose progress Asana computes from what supports them.

    Args:
        support: From `support.gather_support`.
        own: Forecasts of goals from their own histories (columns of `attainment.ATTAINMENT`); of the open goals of
            `support`, those without a row count as unknown.
        as_of: Nothing later is used.
        rho: Correlation of the supporters' luck, 0 (independent) to 1 (one luck for all).

    Returns:
        Columns of `ATTAINMENT`, one row per goal that could be rolled up (status "assessed"; reason says which
        supporters could not be assessed), and per goal on a circle (only goal_gid, status "not_assessed" and reason).
    """
    return _Tree(support, own, as_of, rho).forecast()


def with_rollups(own: pl.DataFrame, rolled: pl.DataFrame) -> pl.DataFrame:
    """Forecasts of goals from their own histories, replaced by those rolled up where a goal was assessed at all.

    Args:
        own: Columns of `ATTAINMENT`.
        rolled: From `roll_up`.
    """
    both = own.join(rolled, on="goal_gid", how="left", suffix="_rolled", maintain_order="left")
    is_rolled = (pl.col("status") == "assessed") & (pl.col("status_rolled") == "assessed").fill_null(value=False)
    said = [name for name in ATTAINMENT if name not in ("goal_gid", "reason")]
    return both.with_columns(
        *(pl.when(is_rolled).then(f"{name}_rolled").otherwise(name).alias(name) for name in said),
        pl.when(is_rolled).then("reason_rolled").otherwise(pl.coalesce("reason", "reason_rolled")).alias("reason"),
    ).select(*ATTAINMENT)


class _Tree:
    """The goals of one moment."""

    def __init__(self, support: Support, own: pl.DataFrame, as_of: datetime, rho: float) -> None:
        self.as_of, self.rho = as_of, rho
        self.goals: dict[str, Row] = {row["goal_gid"]: row for row in support.goals.iter_rows(named=True)}
        self.own: dict[str, Row] = {row["goal_gid"]: row for row in own.iter_rows(named=True)}
        self.links: dict[str, list[Row]] = {}
        for row in support.links.sort("goal_gid", "supporter_gid").iter_rows(named=True):
            self.links.setdefault(row["goal_gid"], []).append(row)
        self.links = {gid: rows for gid, rows in self.links.items() if self._is_open(gid)}
        self.shares = self._shares(support)
        self.nodes: dict[str, _Node] = {}
        self.luck = _normal_scores()

    def forecast(self) -> pl.DataFrame:
        order, circles = _bottom_up(
            {gid: [link["supporter_gid"] for link in links] for gid, links in self.links.items()}
        )
        rows = [{"goal_gid": gid, "status": "not_assessed", "reason": _CIRCLE} for gid in sorted(circles)]
        for gid in order:
            if gid in self.links and gid not in circles:
                rows += self._roll_up(gid)
        return pl.DataFrame(rows, schema=ATTAINMENT).sort("goal_gid")

    def _is_open(self, gid: str) -> bool:
        goal = self.goals[gid]
        return not goal["is_over"] and goal["due_on"] is not None and goal["initial_value"] is not None

    def _weeks(self, gid: str) -> float:
        """Weeks until the due date of a goal is over."""
        due = datetime.combine(self.goals[gid]["due_on"], datetime.min.time(), self.as_of.tzinfo) + timedelta(days=1)
        return max((due - self.as_of) / _WEEK, 0.0)

    # -- supporters

    def _shares(self, support: Support) -> dict[tuple[str, date], tuple[float, Floats]]:
        """Share now and shares on the day, rising, of each body of work and day it is asked for."""
        asked = {
            (link["supporter_gid"], self.goals[gid]["due_on"]): self._weeks(gid)
            for gid, links in self.links.items()
            for link in links
            if not link["is_goal"]
        }
        works = pl.Series([work for work, _ in asked], dtype=pl.String)
        scope = measure_scope(support.work, works, self.as_of)
        shares = forecast_share(scope, np.array(list(asked.values()), dtype=float))
        known = zip(asked, scope.share, shares, strict=True)
        return {key: (float(now), row) for key, now, row in known if np.isfinite(now)}

    def _supporter(self, gid: str, link: Row) -> _Node:
        key = link["supporter_gid"]
        if link["is_goal"]:
            if key not in self.nodes:
                self.nodes[key] = self._leaf(key)
            return self.nodes[key]
        weeks = self._weeks(gid)
        now, shares = self.shares.get((key, self.goals[gid]["due_on"]), (None, None))
        if shares is None or now is None:
            return self._unknown(key, 0.0)
        return _Node(now, weeks, shares[self._ranks(key)])

    def _leaf(self, gid: str) -> _Node:
        """A goal that is not rolled up, as its own forecast says."""
        goal, said = self.goals[gid], self.own.get(gid)
        now = _progress(goal, goal["value"])
        if goal["is_over"] and now is not None:
            return _Node(now, 0.0, np.full(DRAWS, now))
        if said is None or said["status"] != "assessed" or goal["due_on"] is None:
            return self._unknown(gid, now or 0.0)
        progress = [_progress(goal, said[name]) or 0.0 for name in ("value_p10", "value_p50", "value_p90")]
        return _Node(now or 0.0, self._weeks(gid), _draws_of(progress, said["p_attain"])[self._ranks(gid)])

    def _unknown(self, gid: str, now: float) -> _Node:
        """Anything from what it has to beyond its target, evenly; how often beyond is the base rate."""
        reach = max(1.0 - now, 0.0) / (1.0 - _UNKNOWN_ATTAINED)
        rising = now + reach * (np.arange(DRAWS) + 0.5) / DRAWS
        return _Node(now, 0.0, rising[self._ranks(gid)], is_known=False)

    def _ranks(self, gid: str) -> NDArray[np.intp]:
        """Which of its equally likely outcomes a supporter has in each draw."""
        seed = int.from_bytes(blake2b(gid.encode(), digest_size=8).digest(), "big")
        alone = np.random.default_rng(seed).permutation(self.luck)
        together = np.sqrt(self.rho) * self.luck + np.sqrt(1.0 - self.rho) * alone
        ranks = np.empty(DRAWS, dtype=np.intp)
        ranks[np.argsort(together, kind="stable")] = np.arange(DRAWS)
        return ranks

    # -- goals

    def _roll_up(self, gid: str) -> list[Row]:
        goal, weeks = self.goals[gid], self._weeks(gid)
        nodes = [self._supporter(gid, link) for link in self.links[gid]]
        weights = np.array([link["weight"] for link in self.links[gid]])
        now, draws = _mean(nodes, weights / weights.sum(), weeks)
        scale = _scale(goal, now)
        if scale is None or not any(node.is_known for node in nodes):
            return []
        origin, unit = scale
        progress = _Node(
            _progress(goal, origin + unit * now) or 0.0,
            weeks,
            np.asarray(_progress(goal, origin + unit * draws)),
        )
        self.nodes[gid] = progress
        return [_said(goal, progress, origin + unit * np.minimum(draws, 1.0), nodes, self.as_of)]


def _bottom_up(below: Mapping[str, list[str]]) -> tuple[list[str], set[str]]:
    """Goals and their supporters, supporters first, and the goals on circles."""
    circles: set[str] = set()
    while True:
        graph = {gid: [] if gid in circles else gids for gid, gids in below.items()}
        try:
            return list(TopologicalSorter(graph).static_order()), circles
        except CycleError as found:
            circles |= set(found.args[1])


@cache
def _normal_scores() -> Floats:
    from scipy.special import ndtri

    return ndtri((np.arange(DRAWS) + 0.5) / DRAWS)


def _draws_of(progress: list[float], p_attain: float) -> Floats:
    """The distribution of a forecast, as rising draws: normal on either side of its median, with its very odds."""
    low, median, high = sorted(progress)
    at = _normal_scores()
    draws = median + at / at[DRAWS * 9 // 10] * np.where(at < 0.0, median - low, high - median)
    is_met = np.arange(DRAWS) >= DRAWS - round(p_attain * DRAWS)
    return np.where(is_met, np.maximum(draws, 1.0), np.minimum(draws, 1.0 - _SHORT))


def _mean(nodes: list[_Node], weights: Floats, weeks: float) -> tuple[float, Floats]:
    """Weighted mean progress now and after `weeks`; beyond 1 where everything is done earlier."""
    now = np.array([node.now for node in nodes])
    then = np.stack([node.after(weeks) for node in nodes])
    mean_now = float(weights @ np.clip(now, 0.0, 1.0))
    mean_then = weights @ np.clip(then, 0.0, 1.0)
    missing = np.maximum(1.0 - now, 0.0)[:, None]
    # The part of the time after which the last of them is done.
    part = (missing / np.maximum(then - now[:, None], _TOLERANCE)).max(axis=0)
    is_full = (then >= 1.0 - _TOLERANCE).all(axis=0)
    beyond = mean_now + (1.0 - mean_now) / np.clip(part, _FASTEST, 1.0)
    return mean_now, np.where(is_full, np.maximum(beyond, 1.0), mean_then)


def _progress(goal: Row, value: Any) -> Any:
    """Share of the way from the initial value to the target; None where either is missing."""
    if value is None or goal["initial_value"] is None or goal["target_value"] is None:
        return None
    return (value - goal["initial_value"]) / (goal["target_value"] - goal["initial_value"])


def _scale(goal: Row, now: float) -> tuple[float, float] | None:
    """Value of a goal at no progress of its supporters, and what all of it adds.

    Progress counts from the initial value to the target. A percentage can also be the supporters' progress itself, with
    a target below all of it ("80 % of the tasks"); which is meant, the value seen says. None where it says neither.
    """
    span = goal["target_value"] - goal["initial_value"]
    readings = [(goal["initial_value"], span)] + [(0.0, 1.0)] * (goal["unit"] == "percentage")
    if goal["value"] is None:
        return readings[0]
    misses = [abs(origin + unit * now - goal["value"]) / abs(span) for origin, unit in readings]
    best = int(np.argmin(misses))
    return readings[best] if misses[best] <= _STRANGE else None


def _said(goal: Row, progress: _Node, values: Floats, nodes: list[_Node], as_of: datetime) -> Row:
    low, median, high = np.quantile(values, (0.1, 0.5, 0.9))
    unknown = sum(not node.is_known for node in nodes)
    kind = _KINDS[goal["progress_source"]] + "s" * (len(nodes) > 1)
    return {
        "goal_gid": goal["goal_gid"],
        "p_attain": float((progress.draws >= 1.0 - _TOLERANCE).mean()),
        "value_p10": float(low),
        "value_p50": float(median),
        "value_p90": float(high),
        "predicted_on": _predicted_on(progress, as_of),
        "status": "assessed",
        "reason": f"{unknown} of {len(nodes)} supporters could not be assessed and may end anywhere."
        if unknown
        else None,
        "method": f"rolled up from {len(nodes)} {kind}",
    }


def _predicted_on(progress: _Node, as_of: datetime) -> date | None:
    """The day the odds of being there pass one half, not beyond twice the remaining time."""
    missing = max(1.0 - progress.now, 0.0)
    is_there = np.where(progress.draws >= 1.0 - _TOLERANCE, 0.0, np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(progress.draws > progress.now, missing / (progress.draws - progress.now), is_there)
    part = float(np.sort(parts)[(DRAWS - 1) // 2])
    if part > 2.0:
        return None
    reached = as_of + part * progress.weeks * _WEEK - timedelta(microseconds=1)
    return max(reached.date(), as_of.date())
