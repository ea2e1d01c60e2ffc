"""A large sprint: tasks chosen with time that may be split, packed into people's time, improved person by person.

All pairs of task and person would be tens of thousands of columns that are alike. In the smaller program tasks are
chosen one by one, but people's time goes to groups of tasks that the same people can do: a task may be split between
them. So its bound holds for the whole, and what is lost in packing is small.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from asana_intel.insights.milp import maximise
from asana_intel.insights.sprint.exact import knapsack_bound, solve_exact
from asana_intel.insights.sprint.greedy import empty, fill, greedy, per_hour, pins_kept
from asana_intel.insights.sprint.problem import HOUR, NOBODY, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Quotas = dict[tuple[int, int], float]

_ROUNDS = 2
_FURTHER_TASKS = 40
_NODES = 300
_ENOUGH = 1e-4
_SLACK = 0.001


def solve_large(part: Problem, seconds: float, gap: float) -> tuple[Ints, float]:
    """As many pins as possible, then nearly the most value.

    Args:
        part: What to choose from.
        seconds: Longest time for all programs.
        gap: Relative gap at which the program stops.

    Returns:
        Person of each task, and the most the value can be with the pins that were kept.
    """
    fixed = _pins_first(part, seconds / 4)
    wanted, quotas, bound = _split(part, fixed, seconds / 2, gap)
    bound = min(bound, knapsack_bound(part))
    # Where the program would put the pinned tasks is better, but may not hold all of them.
    packed = [_pack(part, start, wanted, quotas) for start in (empty(part), fixed)]
    filled = [fill(part, one, np.lexsort((-per_hour(part),))) for one in packed]
    choice = max(*filled, greedy(part), key=lambda one: (pins_kept(part, one), part.value(one)))
    for _ in range(_ROUNDS):
        for person in range(len(part.room)):
            if bound - part.value(choice) <= _ENOUGH * bound:
                return choice, bound
            if part.left(choice)[person] > _SLACK * part.room[person]:
                choice = _improve(part, choice, [person], seconds / 4)
    return choice, bound


def _pins_first(part: Problem, seconds: float) -> Ints:
    """Who does the pinned tasks and what they wait for: as many as possible, all of them where that can be."""
    choice = empty(part)
    pinned = np.flatnonzero(part.pinned)
    needed = sorted({*pinned.tolist(), *(before for task in pinned for before in part.ancestors[task])})
    if not needed:
        return choice
    sub = part.part(needed)
    own = greedy(sub)
    if pins_kept(sub, own) < len(pinned):
        own = max(own, solve_exact(sub, seconds)[0], key=lambda one: pins_kept(sub, one))
    choice[needed] = own
    kept = [task for task in pinned if choice[task] != NOBODY]
    serving = {*kept, *(before for task in kept for before in part.ancestors[task])}
    choice[[task for task in needed if task not in serving]] = NOBODY
    return choice


def _split(part: Problem, fixed: Ints, seconds: float, gap: float) -> tuple[Ints, Quotas, float]:
    """Tasks chosen where they may be split, hours by group and person, and the bound."""
    from scipy.optimize import LinearConstraint
    from scipy.sparse import block_array, coo_array

    group_of, groups = _groups(part)
    lots = [(group, person) for group, people in enumerate(groups) for person in people]
    count, width, ties = part.size, len(lots), np.arange(len(part.links))
    group, person = np.array(lots, dtype=np.int64).T
    asked = coo_array((part.length / HOUR, (group_of, np.arange(count))), shape=(len(groups), count))
    given = coo_array((-np.ones(width), (group, np.arange(width))), shape=(len(groups), width))
    used = coo_array((np.ones(width), (person, np.arange(width))), shape=(len(part.room), width))
    signs = np.repeat([1.0, -1.0], len(ties))
    order = coo_array((signs, (np.tile(ties, 2), part.links.T.ravel())), shape=(len(ties), count))
    rows = block_array([[asked, given], [None, used], [order, None]]).tocsr()
    most: Any = np.concatenate([np.zeros(len(groups)), part.room / HOUR, np.zeros(len(ties))])
    values, bound, _ = maximise(
        np.concatenate([part.score, np.zeros(width)]),
        np.concatenate([np.ones(count), np.zeros(width)]),
        (
            np.concatenate([(fixed != NOBODY).astype(float), np.zeros(width)]),
            np.concatenate([np.ones(count), part.room[person] / HOUR]),
        ),
        [LinearConstraint(rows, -np.inf, most)],
        {"time_limit": seconds, "mip_rel_gap": gap, "presolve": False},
    )
    if values is None:
        return np.empty(0, dtype=np.int64), {}, bound
    quotas = {lot: float(hours) for lot, hours in zip(lots, values[count:], strict=True) if hours > 0}
    return np.flatnonzero(values[:count] > 0.5), quotas, bound


def _groups(part: Problem) -> tuple[Ints, list[tuple[int, ...]]]:
    """The group of each task, and the people of each group."""
    numbers: dict[tuple[int, ...], int] = {}
    of_task = [numbers.setdefault(people, len(numbers)) for people in part.able]
    return np.array(of_task, dtype=np.int64), list(numbers)


def _pack(part: Problem, fixed: Ints, wanted: Ints, quotas: Quotas) -> Ints:
    """Wanted tasks given to whole people: the hardest to place first, to whom most of the group's time went."""
    group_of, _ = _groups(part)
    choice, left, quotas = fixed.copy(), part.left(fixed), dict(quotas)
    for task in sorted(wanted.tolist(), key=lambda one: (len(part.able[one]), -part.length[one], one)):
        length = part.length[task]
        fitting = [person for person in part.able[task] if left[person] >= length]
        if choice[task] != NOBODY or not fitting:
            continue
        group = int(group_of[task])
        person = max(fitting, key=lambda one: (quotas.get((group, one), 0.0), -left[one], -one))
        choice[task] = person
        left[person] -= length
        quotas[group, person] = quotas.get((group, person), 0.0) - float(length) / HOUR
    placed = choice != NOBODY
    choice[[task for task in range(part.size) if not all(placed[before] for before in part.ancestors[task])]] = NOBODY
    return choice


def _improve(part: Problem, choice: Ints, people: Sequence[int], seconds: float) -> Ints:
    """The best use of some people's time while everybody else keeps their tasks; never worse than before."""
    placed, own = choice != NOBODY, np.isin(choice, people)
    held = placed & ~own
    best_first = np.lexsort((-per_hour(part),))
    further = [
        task
        for task in best_first
        if not placed[task]
        and not set(people).isdisjoint(part.able[task])
        and all(placed[before] for before in part.waits[task])
    ][:_FURTHER_TASKS]
    tasks = sorted([*np.flatnonzero(own).tolist(), *map(int, further)])
    inside = set(tasks)
    needed = [part.pinned[task] or any(held[after] for after in part.followers[task]) for task in tasks]
    sub = Problem(
        score=part.score[tasks],
        length=part.length[tasks],
        room=part.room,
        able=tuple(tuple(one for one in part.able[task] if one in people) for task in tasks),
        waits=tuple(tuple(tasks.index(before) for before in part.waits[task] if before in inside) for task in tasks),
        pinned=np.array([need and bool(own[task]) for need, task in zip(needed, tasks, strict=True)], dtype=bool),
    )
    found, _ = solve_exact(sub, seconds, _NODES, settle_ties=False)
    if pins_kept(sub, found) < sub.pinned.sum() or sub.value(found) <= sub.value(choice_of(choice, tasks, people)):
        return choice
    better = choice.copy()
    better[tasks] = found
    return better


def choice_of(choice: Ints, tasks: Sequence[int], people: Sequence[int]) -> Ints:
    """The part of a choice that falls on some tasks and people."""
    own = choice[list(tasks)]
    return np.where(np.isin(own, people), own, NOBODY)
