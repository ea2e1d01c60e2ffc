"""The smallest change that brings the coming weeks below the limit: frames in, frames out.

Overloaded is a week of the next ones whose expected hours lie above the limit. Of all moves that are possible those are
proposed that leave the fewest hours above it, of these the fewest tasks, of these the least disturbance. Nobody's week
becomes worse than it was, or than the limit, and who has too much gets nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.insights.rebalance.case import Case, Rules, build_case
from asana_intel.insights.rebalance.limits import Inputs, find_limits
from asana_intel.insights.rebalance.moves import moves_frame
from asana_intel.insights.rebalance.odds import moved_tasks, overload_odds
from asana_intel.insights.rebalance.options import CHAIN_TASKS, possible_moves
from asana_intel.insights.rebalance.problem import MINUTES, NOBODY
from asana_intel.insights.rebalance.solve import solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from asana_intel.insights.rebalance.problem import Problem

_SEARCH = 0.8


@dataclass(frozen=True)
class Proposal:
    """What to move, and what comes of it.

    Attributes:
        moves: Columns of `moves.MOVES`, and p_before, p_after.
        weeks: person_gid, week_on, available_hours, hours_before, hours_after, p_over_110_before, p_over_110_after
            (both null for people whom no move touches), is_touched.
        limits: person_gid, week_on, constraint, cut_hours.
        gap: Share of the moves that may be too many, 0..1; 0 = proven fewest.
        spare_hours: Hours above the limit that a better choice might still save; 0 = proven.
        is_narrowed: The problem was too large to look at chains of moves.
    """

    moves: pl.DataFrame
    weeks: pl.DataFrame
    limits: pl.DataFrame
    gap: float
    spare_hours: float
    is_narrowed: bool


def propose_moves(
    tasks: pl.DataFrame,
    days: pl.DataFrame,
    receivers: pl.DataFrame,
    links: pl.DataFrame,
    rules: Rules,
    seconds: float = 20.0,
) -> Proposal:
    """Propose moves; the arguments but the last are those of `case.build_case`.

    Args:
        tasks: Open tasks.
        days: When people work.
        receivers: Who else may do a task.
        links: What waits for what.
        rules: What may be proposed.
        seconds: Longest time, a fifth of it to tell what blocks; see `solve.solve`.

    Raises:
        PermanentError: A column is missing or of a wrong type, a task appears twice, or somebody lacks a day.
    """
    case = build_case(tasks, days, receivers, links, rules)
    options, problem = possible_moves(case)
    found = solve(problem, _SEARCH * seconds)
    moves = moves_frame(case, options, problem, found.chosen)
    after = problem.after(found.chosen)
    weeks = _weeks(case, problem, found.chosen, after)
    touched = weeks.filter("is_touched")["person_gid"].unique().sort()
    odds = [
        overload_odds(rows, case.work.time, rules.weeks, touched).rename({"p": name})
        for name, rows in (("p_over_110_before", case.tasks), ("p_over_110_after", moved_tasks(case.tasks, moves)))
    ]
    for frame in odds:
        weeks = weeks.join(frame, on=["person_gid", "week_on"], how="left", maintain_order="left")
    key = {"relieved_person_gid": "person_gid", "relieved_week_on": "week_on"}
    told = weeks.select(
        *(pl.col(column).alias(name) for name, column in key.items()),
        p_before="p_over_110_before",
        p_after="p_over_110_after",
    )
    return Proposal(
        moves=moves.join(told, on=list(key), how="left", maintain_order="left"),
        weeks=weeks,
        limits=find_limits(Inputs(tasks, days, receivers, links, rules), case, found.excess, (1 - _SEARCH) * seconds),
        gap=found.gap,
        spare_hours=float(found.excess.sum() - found.least_excess) / MINUTES,
        is_narrowed=found.is_narrowed or case.tasks.height > CHAIN_TASKS,
    )


def _weeks(case: Case, problem: Problem, chosen: tuple[int, ...], after: NDArray[np.int64]) -> pl.DataFrame:
    """Everybody's weeks in hours."""
    rows = np.array(chosen, dtype=np.int64)
    people = np.concatenate([problem.owner[problem.task[rows]], problem.to[rows][problem.to[rows] != NOBODY]])
    is_touched = np.isin(np.arange(len(after)), people)
    weeks = pl.Series("week_on", case.work.mondays, pl.Date).to_frame()
    grid = pl.DataFrame({"person_gid": case.work.time.persons}).join(weeks, how="cross", maintain_order="left_right")
    changed = (after - problem.before) / MINUTES
    return grid.with_columns(
        available_hours=pl.Series(case.weekly.ravel(), dtype=pl.Float64),
        hours_before=pl.Series(case.before.ravel(), dtype=pl.Float64),
        hours_after=pl.Series(np.maximum(case.before + changed, 0.0).ravel(), dtype=pl.Float64),
        is_touched=pl.Series(np.repeat(is_touched, case.weekly.shape[1]), dtype=pl.Boolean),
    )
