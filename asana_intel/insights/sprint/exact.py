"""A small sprint solved to the end, as an integer program over all pairs of task and person (HiGHS)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from asana_intel.insights.milp import maximise
from asana_intel.insights.sprint.greedy import empty, greedy, pins_kept
from asana_intel.insights.sprint.problem import HOUR, Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

NODES = 20_000
"""Nodes of the search tree after which a program stops: on every machine at the same one, unlike a time limit."""
_SAME_VALUE = 1e-6


def solve_exact(part: Problem, seconds: float, nodes: int = NODES, *, settle_ties: bool = True) -> tuple[Ints, float]:
    """As many pins as possible, then the most value, then the shortest, then earlier tasks.

    Args:
        part: What to choose from.
        seconds: Longest time for each program.
        nodes: Most nodes for each.
        settle_ties: Whether, of choices with equal value, it matters which.

    Returns:
        Person of each task, and the most the value can be with as many pins: the value itself where it is proven.
    """
    tasks, _ = part.pairs
    program = _Pairs(part, seconds, nodes)
    pins, gain = part.pinned[tasks].astype(float), part.score[tasks]
    kept = float(part.pinned.sum())
    found = program.best(gain, [(pins, kept)])
    if found.choice is None and kept:
        most = program.best(pins, [])
        kept = 0.0 if most.choice is None else float(pins_kept(part, most.choice))
        found = program.best(gain, [(pins, kept)])
    if found.choice is None or not found.is_proven:
        choices = [greedy(part), *([] if found.choice is None else [found.choice])]
        best = max(choices, key=lambda choice: (pins_kept(part, choice), part.value(choice)))
        return best, min(found.bound, knapsack_bound(part))
    value = part.value(found.choice)
    if not settle_ties:
        return found.choice, value
    enough = value - _SAME_VALUE * max(value, 1.0)
    rank = tasks / (part.size * (part.size + 1.0))
    shortest = program.best(-(part.length[tasks] + rank), [(pins, kept), (gain, enough)])
    if shortest.choice is not None and part.value(shortest.choice) >= enough:
        return shortest.choice, value
    return found.choice, value


def knapsack_bound(part: Problem) -> float:
    """Most value were all time one lot, tasks could be cut, and nothing waited (Dantzig's bound)."""
    room = float(part.room[sorted({person for people in part.able for person in people})].sum())
    length = np.maximum(part.length, 1e-9)
    order = np.argsort(-part.score / length, kind="stable")
    before = np.cumsum(length[order]) - length[order]
    return float((part.score[order] * np.clip((room - before) / length[order], 0.0, 1.0)).sum()) + _SAME_VALUE


@dataclass(frozen=True)
class _Found:
    choice: Ints | None
    bound: float
    is_proven: bool


class _Pairs:
    """The program over all pairs of a part."""

    def __init__(self, part: Problem, seconds: float, nodes: int) -> None:
        from scipy.sparse import coo_array, vstack

        self._part = part
        self._options = {"time_limit": seconds, "node_limit": nodes, "mip_rel_gap": 0.0, "presolve": False}
        tasks, people = part.pairs
        columns, ones = np.arange(len(tasks)), np.ones(len(tasks))
        once = coo_array((ones, (tasks, columns)), shape=(part.size, len(tasks))).tocsr()
        time = coo_array((part.length[tasks] / HOUR, (people, columns)), shape=(len(part.room), len(tasks)))
        order = once[part.links[:, 0]] - once[part.links[:, 1]]
        self._rows = vstack([once, time.tocsr(), order]).tocsr()
        self._most = np.concatenate([np.ones(part.size), part.room / HOUR, np.zeros(len(part.links))])

    def best(self, gain: Floats, at_least: list[tuple[Floats, float]]) -> _Found:
        """The choice with the most gain where each sum of `at_least` is reached; None where there is none."""
        from scipy.optimize import LinearConstraint

        tasks, people = self._part.pairs
        if not len(tasks):
            is_possible = all(least <= 0 for _, least in at_least)
            return _Found(empty(self._part) if is_possible else None, 0.0, is_proven=True)
        limits = [LinearConstraint(self._rows, -np.inf, cast("Any", self._most))]
        limits += [LinearConstraint(row[None, :], least, np.inf) for row, least in at_least if row.any() or least > 0]
        values, bound, is_proven = maximise(gain, np.ones(len(tasks)), (0.0, 1.0), limits, self._options)
        if values is None:
            return _Found(None, bound, is_proven)
        choice = empty(self._part)
        taken = values > 0.5
        choice[tasks[taken]] = people[taken]
        if not self._part.allows(choice):
            return _Found(None, bound, is_proven=False)
        return _Found(choice, bound, is_proven)
