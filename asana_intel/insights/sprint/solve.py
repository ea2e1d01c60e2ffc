"""The best choice for a sprint, and how far from the best it can be at most; what the numbers mean is not known here.

Parts that share neither people nor links are solved by themselves. A small part is an integer program over all pairs of
task and person, solved to the end. A large part would have tens of thousands of pairs that are alike. There a smaller
program is solved in which a task may be split between people: tasks are chosen one by one, but people's time goes to
groups of tasks that the same people can do. Its bound holds for the whole; its choice is then packed into people's
time, and exchanged until nothing is gained. Both are solved by HiGHS (scipy.optimize.milp).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from asana_intel.insights.sprint.greedy import empty, exchange, fill, greedy
from asana_intel.insights.sprint.problem import NOBODY, Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

EXACT_PAIRS = 600
"""Pairs up to which a part is solved to the end: a second or two."""
_SAME_VALUE = 1e-6
_OUT_OF_TIME = 1


@dataclass(frozen=True)
class Solution:
    """A choice and what is known of it.

    Attributes:
        choice: Person of each task, or NOBODY.
        bounds: Of each part: its tasks, and the most their value can be with as many pins as were kept.
    """

    choice: Ints
    bounds: tuple[tuple[tuple[int, ...], float], ...]


def solve(problem: Problem, seconds: float = 8.0, gap: float = 0.002) -> Solution:
    """Keep as many pins as possible, then choose the most value; of equals the shorter, then that of earlier tasks.

    Args:
        problem: What to choose from.
        seconds: Longest time for all programs together. Where it ends the search, another machine may choose otherwise.
        gap: Relative gap at which the program of a large part may stop.
    """
    choice = empty(problem)
    bounds: list[tuple[tuple[int, ...], float]] = []
    total = max(len(problem.pairs[0]), 1)
    for tasks in problem.components():
        part = problem.part(tasks)
        share = max(seconds * len(part.pairs[0]) / total, 0.2)
        own, bound = _solve_part(part, share, gap)
        choice[tasks] = own
        bounds.append((tuple(tasks), max(bound, part.value(own))))
    return Solution(choice, tuple(bounds))


def _solve_part(part: Problem, seconds: float, gap: float) -> tuple[Ints, float]:
    """Choice and bound of one part."""
    if len(part.pairs[0]) <= EXACT_PAIRS:
        return _exact(part, seconds)
    return _large(part, seconds, gap)


def _exact(part: Problem, seconds: float) -> tuple[Ints, float]:
    """All pairs, solved to the end: pins first, then value, then minutes and the order of the tasks."""
    tasks, people = part.pairs
    program = _Pairs(part)
    pins = part.pinned[tasks].astype(float)
    kept = float(part.pinned.sum())
    found = program.best(part.score[tasks], [(pins, kept)], seconds)
    if kept and found.choice is None:
        most = program.best(pins, [], seconds)
        kept = 0.0 if most.choice is None else float((part.pinned & (most.choice != NOBODY)).sum())
        found = program.best(part.score[tasks], [(pins, kept)], seconds)
    if found.choice is None:
        return greedy(part), min(found.bound, knapsack_bound(part))
    if not found.is_proven:
        choices = [exchange(part, found.choice), greedy(part)]
        best = max(choices, key=lambda one: (float((part.pinned & (one != NOBODY)).sum()), part.value(one)))
        return best, min(found.bound, knapsack_bound(part))
    value = part.value(found.choice)
    rank = tasks / (part.size * (part.size + 1.0))
    rows = [(pins, kept), (part.score[tasks], value - _SAME_VALUE * max(value, 1.0))]
    shortest = program.best(-(part.minutes[tasks] + rank), rows, seconds)
    is_same = shortest.choice is not None and part.value(shortest.choice) >= value - _SAME_VALUE * max(value, 1.0)
    return (shortest.choice if is_same and shortest.choice is not None else found.choice), value


@dataclass(frozen=True)
class _Found:
    choice: Ints | None
    bound: float
    is_proven: bool


class _Pairs:
    """The program over all pairs of a part."""

    def __init__(self, part: Problem) -> None:
        from scipy.sparse import coo_array, vstack

        self._part = part
        tasks, people = part.pairs
        columns, ones = np.arange(len(tasks)), np.ones(len(tasks))
        once = coo_array((ones, (tasks, columns)), shape=(part.size, len(tasks))).tocsr()
        time = coo_array((part.minutes[tasks].astype(float), (people, columns)), shape=(len(part.room), len(tasks)))
        order = once[part.links[:, 0]] - once[part.links[:, 1]]
        self._rows = vstack([once, time.tocsr(), order]).tocsr()
        self._most = np.concatenate([np.ones(part.size), part.room, np.zeros(len(part.links))])

    def best(self, gain: Floats, at_least: list[tuple[Floats, float]], seconds: float) -> _Found:
        """The choice with the most gain, where each sum of `at_least` is reached; None where there is none."""
        from scipy.optimize import LinearConstraint

        tasks, people = self._part.pairs
        if not len(tasks):
            is_possible = all(least <= 0 for _, least in at_least)
            return _Found(empty(self._part) if is_possible else None, 0.0, is_proven=True)
        limits = [LinearConstraint(self._rows, -np.inf, self._most)]
        limits += [LinearConstraint(row[None, :], least, np.inf) for row, least in at_least if row.any() or least > 0]
        result = _milp(gain, np.ones(len(tasks)), 1.0, limits, seconds, 0.0)
        if result.x is None:
            return _Found(None, _bound(result), is_proven=result.status != _OUT_OF_TIME)
        choice = empty(self._part)
        taken = result.x > 0.5
        choice[tasks[taken]] = people[taken]
        if not self._part.allows(choice):
            return _Found(None, _bound(result), is_proven=False)
        return _Found(choice, _bound(result), is_proven=result.status == 0)


def _large(part: Problem, seconds: float, gap: float) -> tuple[Ints, float]:
    """Tasks chosen with time that may be split, packed into whole people."""
    fixed = _pinned_first(part, seconds / 4)
    wanted, quotas, bound = _split(part, fixed, seconds / 2, gap / 4)
    packed = _pack(part, fixed, wanted, quotas)
    by_score = np.lexsort((np.arange(part.size), -part.score / np.maximum(part.minutes, 1)))
    choice = exchange(part, fill(part, packed, by_score))
    return choice, min(bound, knapsack_bound(part))


def _pinned_first(part: Problem, seconds: float) -> Ints:
    """Who does the pinned tasks and what they wait for: as many as possible, all of them where that can be."""
    choice = empty(part)
    pinned = np.flatnonzero(part.pinned)
    needed = sorted({*pinned.tolist(), *(before for task in pinned for before in part.ancestors[task])})
    if needed:
        sub = part.part(needed)
        filled = greedy(sub)
        if not (filled != NOBODY)[sub.pinned].all():
            filled = max(filled, _exact(sub, seconds)[0], key=lambda one: int(((one != NOBODY) & sub.pinned).sum()))
        choice[needed] = filled
        for task in needed:  # what only a pin that was not kept waits for is free again
            serves = any(part.pinned[t] and choice[t] != NOBODY for t in (task, *_descendants(part, task)))
            if not serves:
                choice[task] = NOBODY
    return choice


def _descendants(part: Problem, task: int) -> list[int]:
    return [other for other in range(part.size) if task in part.ancestors[other]]


def _split(part: Problem, fixed: Ints, seconds: float, gap: float) -> tuple[Ints, dict[tuple[int, int], float], float]:
    """Tasks chosen where people's time goes to groups of tasks: (tasks, minutes by group and person, bound)."""
    from scipy.optimize import LinearConstraint
    from scipy.sparse import block_array, coo_array

    group_of, groups = _groups(part)
    lots = [(group, person) for group, people in enumerate(groups) for person in people]
    count, width = part.size, len(lots)
    lot_group, lot_person = np.array(lots, dtype=np.int64).T
    of_tasks = coo_array(
        (part.minutes.astype(float), (group_of, np.arange(count))), shape=(len(groups), count)
    )
    of_lots = coo_array((-np.ones(width), (lot_group, np.arange(width))), shape=(len(groups), width))
    time = coo_array((np.ones(width), (lot_person, np.arange(width))), shape=(len(part.room), width))
    tie = np.arange(len(part.links))
    order = coo_array(
        (np.r_[np.ones(len(tie)), -np.ones(len(tie))], (np.r_[tie, tie], part.links.T.ravel())), shape=(len(tie), count)
    )
    rows: csr_array = block_array([[of_tasks, of_lots], [None, time], [order, None]]).tocsr()
    most = np.concatenate([np.zeros(len(groups)), part.room, np.zeros(len(tie))])
    lower = np.concatenate([(fixed != NOBODY).astype(float), np.zeros(width)])
    upper = np.concatenate([np.ones(count), part.room[lot_person]])
    gain = np.concatenate([part.score, np.zeros(width)])
    whole = np.concatenate([np.ones(count), np.zeros(width)])
    result = _milp(gain, whole, upper, [LinearConstraint(rows, -np.inf, most)], seconds, gap, lower)
    if result.x is None:
        return np.empty(0, dtype=np.int64), {}, _bound(result)
    quotas = {lot: float(minutes) for lot, minutes in zip(lots, result.x[count:], strict=True) if minutes > 0}
    return np.flatnonzero(result.x[:count] > 0.5), quotas, _bound(result)


def _groups(part: Problem) -> tuple[Ints, list[tuple[int, ...]]]:
    """The group of each task, and the people of each group."""
    numbers: dict[tuple[int, ...], int] = {}
    of_task = [numbers.setdefault(people, len(numbers)) for people in part.able]
    return np.array(of_task, dtype=np.int64), list(numbers)


def _pack(part: Problem, fixed: Ints, wanted: Ints, quotas: dict[tuple[int, int], float]) -> Ints:
    """Wanted tasks given to whole people: the hardest to place first, to whom most of the group's time was given."""
    group_of, _ = _groups(part)
    choice, left, quotas = fixed.copy(), part.left(fixed), dict(quotas)
    by_hardness = sorted(wanted.tolist(), key=lambda task: (len(part.able[task]), -part.minutes[task], task))
    for task in by_hardness:
        fitting = [person for person in part.able[task] if left[person] >= part.minutes[task]]
        if choice[task] != NOBODY or not fitting:
            continue
        group = int(group_of[task])
        person = max(fitting, key=lambda one: (quotas.get((group, one), 0.0), -left[one], -one))
        choice[task] = person
        left[person] -= part.minutes[task]
        quotas[group, person] = quotas.get((group, person), 0.0) - float(part.minutes[task])
    for task in range(part.size):
        if choice[task] != NOBODY and any(choice[before] == NOBODY for before in part.ancestors[task]):
            choice[task] = NOBODY
    return choice


def knapsack_bound(part: Problem) -> float:
    """Most value were all time one lot, tasks could be cut, and nothing waited (Dantzig's bound)."""
    room = float(part.room[sorted({person for people in part.able for person in people})].sum())
    order = np.argsort(-part.score / np.maximum(part.minutes, 1e-9), kind="stable")
    before = np.cumsum(part.minutes[order]) - part.minutes[order]
    share = np.clip((room - before) / np.maximum(part.minutes[order], 1e-9), 0.0, 1.0)
    share[part.minutes[order] == 0] = 1.0
    return float((part.score[order] * share).sum())


def _milp(  # noqa: PLR0913 - the parts of one program
    gain: Floats,
    whole: Floats,
    upper: Floats | float,
    limits: list[Any],
    seconds: float,
    gap: float,
    lower: Floats | float = 0.0,
) -> Any:
    from scipy.optimize import Bounds, milp

    options = {"time_limit": seconds, "mip_rel_gap": gap}
    return milp(-gain, integrality=whole, bounds=Bounds(lower, upper), constraints=limits, options=options)


def _bound(result: Any) -> float:
    """Most gain that HiGHS left possible."""
    bound = getattr(result, "mip_dual_bound", None)
    return np.inf if bound is None or not np.isfinite(bound) else -float(bound)
