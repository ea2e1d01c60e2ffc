"""The integer program of one part (HiGHS): least excess, then fewest moves, then least disturbance. No frames here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from asana_intel.insights.rebalance.problem import NOBODY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from asana_intel.insights.rebalance.problem import Problem

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Chosen = tuple[int, ...]
    AtMost = list[tuple[Floats, float]]

NODES = 20_000
_LEAST_SECONDS = 0.2
_HALF = 0.5  # all sums are whole: what is at most 3.5 is at most 3
_ROUNDING = 0.01
MINUTES_A_MOVE = 30
_START_GAP = 0.02


@dataclass(frozen=True)
class Solved:
    """A choice for one part, and what is known of it.

    Attributes:
        chosen: Options, ascending.
        excess: Minutes above the limit that stay in its watched weeks.
        least_excess: No choice leaves fewer.
        least_moves: No choice with as little excess moves fewer tasks.
    """

    chosen: Chosen
    excess: int
    least_excess: int
    least_moves: int


class Part:
    """The program over some options: a column for each of them, and for the excess of each overload.

    Args:
        problem: What may be moved.
        options: Those that may be chosen, ascending.
        seconds: Longest time for all its programs together.
        fixed: Options of other tasks that are chosen already.
        nodes: Nodes of a search tree after which a program stops: on every machine at the same one.
    """

    def __init__(self, problem: Problem, options: Ints, seconds: float, fixed: Chosen = (), nodes: int = NODES) -> None:
        self._problem, self._options, self._fixed, self._nodes = problem, options, fixed, nodes
        self._until = monotonic() + seconds
        given = problem.to[options]
        self.people = np.unique(np.concatenate([problem.owner[problem.task[options]], given[given != NOBODY]]))
        person, week = np.nonzero(problem.over[self.people])
        self._overloads = list(zip(self.people[person].tolist(), week.tolist(), strict=True))
        sizes = (len(options), len(self._overloads))
        self._moves, self._excess = (np.repeat(ones, sizes) for ones in np.eye(2))

    def solve(self) -> Solved:
        """The best choice, as far as the time allows."""
        chosen, least_excess = self.least_excess()
        excess = self.excess_of(chosen)
        few, bound = self._least(self._moves, [(self._excess, excess)], share=0.5)
        chosen = self._better(chosen, few if few is not None else ())
        least_moves = min(_whole(bound), len(chosen))
        cost = self._moves.copy()
        cost[: len(self._options)] = self._problem.cost[self._options]
        mild, _ = self._least(cost, [(self._excess, excess), (self._moves, len(chosen))])
        chosen = self._better(chosen, mild if mild is not None else ())
        return Solved(chosen, self.excess_of(chosen), least_excess, least_moves)

    def least_excess(self) -> tuple[Chosen, int]:
        """The choice with the least excess, and minutes that no choice gets below."""
        found, bound = self._least(self._excess, [], share=0.5)
        chosen = self._better((), found if found is not None else ())
        return chosen, min(_whole(bound), self.excess_of(chosen))

    def start(self) -> tuple[Chosen, float]:
        """A choice that is good at both, a move for each half hour of excess; no choice gets below the sum returned."""
        weights = self._moves + self._excess / MINUTES_A_MOVE
        found, bound = self._least(weights, [], gap=_START_GAP)
        return (found if found is not None else ()), bound

    def bounds(self, chosen: Chosen) -> tuple[int, int]:
        """What no choice gets below, tasks divisible: minutes of excess, and moves that leave as little as `chosen`."""
        excess = self.excess_of(chosen)
        _, least = self._least(self._excess, [], share=0.5, is_whole=False)
        _, moves = self._least(self._moves, [(self._excess, excess)], is_whole=False)
        return min(_whole(least), excess), min(_whole(moves), len(chosen))

    def can_mend(self, person: int, week: int, others: int) -> bool:
        """Whether a choice brings one week below the limit and leaves at most so many minutes of excess elsewhere.

        A search that the time cuts short counts as no.
        """
        here = np.zeros(len(self._excess))
        if (person, week) in self._overloads:
            here[len(self._options) + self._overloads.index((person, week))] = 1.0
        chosen, _ = self._least(self._excess, [(here, 0), (self._excess, others)])
        return chosen is not None

    def excess_of(self, chosen: Chosen) -> int:
        """Minutes of excess of the people of this part."""
        return int(self._problem.excess((*chosen, *self._fixed))[self.people].sum())

    def _better(self, one: Chosen, other: Chosen) -> Chosen:
        """The one with less excess, then fewer moves, then less disturbance."""
        cost = self._problem.cost
        return min(one, other, key=lambda rows: (self.excess_of(rows), len(rows), int(cost[list(rows)].sum()), rows))

    def _least(
        self, weights: Floats, at_most: AtMost, *, share: float = 1.0, gap: float = 0.0, is_whole: bool = True
    ) -> tuple[Chosen | None, float]:
        """The choice with the smallest sum of weights within further bounds, and what no choice gets below.

        `share` is the part of the time left that it may take.
        """
        from scipy.optimize import Bounds, LinearConstraint, milp

        rows, most = self._limits
        limits = [LinearConstraint(rows, -np.inf, cast("Any", most))]
        limits += [LinearConstraint(row[None, :], -np.inf, bound + _HALF) for row, bound in at_most]
        upper: Any = np.concatenate([np.ones(len(self._options)), self._most_excess])
        found: Any = milp(
            weights,
            integrality=self._moves * is_whole,
            bounds=Bounds(cast("Any", 0.0), upper),
            constraints=limits,
            options={
                "time_limit": max(share * (self._until - monotonic()), _LEAST_SECONDS),
                "node_limit": self._nodes,
                "mip_rel_gap": gap,
                "presolve": False,  # with it HiGHS now and then prints a line of its own to the program's output
            },
        )
        bound = found.mip_dual_bound if is_whole else found.fun
        bound = 0.0 if bound is None or not np.isfinite(bound) else float(bound)
        if found.x is None:
            return None, bound
        chosen = tuple(self._options[found.x[: len(self._options)] > _HALF].tolist())
        return (chosen if self._problem.allows((*chosen, *self._fixed)) else None), bound

    @cached_property
    def _most_excess(self) -> Floats:
        """Nothing becomes worse than it was."""
        problem = self._problem
        return np.array([problem.before[cell] - problem.limit[cell] for cell in self._overloads], dtype=np.float64)

    @cached_property
    def _limits(self) -> tuple[Any, Floats]:
        """Rows and their upper bounds: one option a task, no week too full, nothing before what it waits for."""
        from scipy.sparse import coo_array, csr_array, hstack, vstack

        problem, options = self._problem, self._options
        weeks, count = problem.before.shape[1], len(options)
        tasks, once = np.unique(problem.task[options], return_inverse=True)
        single = coo_array((np.ones(count), (once, np.arange(count))), shape=(len(tasks), count))
        hours = coo_array(self._hours(), shape=(len(self.people) * weeks, count))
        overloads = np.array(self._overloads, dtype=np.int64).reshape(-1, 2)
        at = np.searchsorted(self.people, overloads[:, 0]) * weeks + overloads[:, 1]
        extra = coo_array((-np.ones(len(at)), (at, np.arange(len(at)))), shape=(len(self.people) * weeks, len(at)))
        cap = problem.cap[self.people].ravel().astype(np.float64)
        cap[at] = problem.limit[overloads[:, 0], overloads[:, 1]]
        is_here = np.isin(problem.links, tasks).any(axis=1)
        links = problem.links[is_here]
        order = csr_array((len(links), count))
        for column, days in ((1, problem.end), (0, -problem.basis)):
            row, option = np.nonzero(links[:, column][:, None] == problem.task[options][None, :])
            order = order + coo_array((days[options][option].astype(float), (row, option)), shape=order.shape)
        left = vstack([single, hours, order]).tocsr()
        right = vstack([csr_array((len(tasks), len(at))), extra, csr_array((len(links), len(at)))]).tocsr()
        hold, room = problem.after(self._fixed)[self.people], problem.room_left(self._fixed)[is_here]
        most = np.concatenate([np.ones(len(tasks)), cap - hold.ravel(), room.astype(float)])
        return hstack([left, right]).tocsr(), most

    def _hours(self) -> tuple[Floats, tuple[Ints, Ints]]:
        """Minutes, and (row, column) of each: what options change in people's weeks."""
        problem, options, weeks = self._problem, self._options, self._problem.before.shape[1]
        columns = np.arange(len(options))
        given = problem.to[options] != NOBODY
        values, rows, at = [], [], []
        for who, change, column in (
            (problem.owner[problem.task[options]], problem.own[options], columns),
            (problem.to[options][given], problem.theirs[options][given], columns[given]),
        ):
            values.append(change.ravel().astype(np.float64))
            rows.append((np.searchsorted(self.people, who)[:, None] * weeks + np.arange(weeks)).ravel())
            at.append(np.repeat(column, weeks))
        return np.concatenate(values), (np.concatenate(rows), np.concatenate(at))


def _whole(bound: float) -> int:
    """The least whole number that is not below a bound."""
    return max(ceil(bound - _ROUNDING), 0)
