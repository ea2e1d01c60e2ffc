"""A large part: a good choice for all, improved person by person while everybody else keeps to their moves.

How far from the best it may be, the program with divisible tasks tells.
"""

from __future__ import annotations

from math import ceil
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from asana_intel.insights.rebalance.problem import following
from asana_intel.insights.rebalance.program import MINUTES_A_MOVE, Part, Solved

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from asana_intel.insights.rebalance.problem import Problem

    Ints = NDArray[np.int64]
    Chosen = tuple[int, ...]

ROUNDS = 3
_NODES = 200
_LEAST_SECONDS = 0.5
_ROUNDING = 0.01


def solve_large(problem: Problem, options: Ints, seconds: float) -> Solved:
    """Nearly the least excess, then nearly the fewest moves.

    Args:
        problem: What may be moved.
        options: Those that may be chosen, ascending.
        seconds: Longest time: most of it for the start, then for the rounds; a little for the bounds.
    """
    started = monotonic()
    chosen, bound = Part(problem, options, 0.8 * seconds, nodes=1).start()
    for _ in range(ROUNDS):
        before = chosen
        for tasks in _neighbourhoods(problem, options):
            left = 0.95 * seconds - (monotonic() - started)
            if left > 0:
                chosen = _improved(problem, options, tasks, chosen, left)
        if chosen == before:
            break
    whole = Part(problem, options, max(seconds - (monotonic() - started), _LEAST_SECONDS))
    excess, (least_excess, least_moves) = whole.excess_of(chosen), whole.bounds(chosen)
    # Whatever leaves no more excess needs the moves that are missing to the least sum of both.
    least_moves = max(least_moves, ceil(bound - excess / MINUTES_A_MOVE - _ROUNDING))
    return Solved(chosen, excess, least_excess, min(least_moves, len(chosen)))


def _neighbourhoods(problem: Problem, options: Ints) -> list[Ints]:
    """Tasks of each overloaded person with those that wait for them; most excess first."""
    tasks = np.unique(problem.task[options])
    excess = problem.excess(()).sum(axis=1)
    people = np.unique(problem.owner[tasks])
    people = people[excess[people] > 0]
    found = []
    for person in people[np.lexsort((people, -excess[people]))].tolist():
        own = {task for task in tasks.tolist() if problem.owner[task] == person}
        waiting = following(problem.links, own)
        found.append(np.array(sorted(own | (waiting & set(tasks.tolist()))), dtype=np.int64))
    return found


def _improved(problem: Problem, options: Ints, tasks: Ints, chosen: Chosen, seconds: float) -> Chosen:
    """The best choice for some tasks while all others keep to theirs; never worse than before."""
    own = np.isin(problem.task[options], tasks)
    fixed = tuple(option for option in chosen if problem.task[option] not in tasks)
    part = Part(problem, options[own], seconds, fixed, _NODES)
    found = tuple(sorted((*fixed, *part.solve().chosen)))

    def worth(some: Chosen) -> tuple[int, int, int]:
        return int(problem.excess(some).sum()), len(some), int(problem.cost[list(some)].sum())

    return found if worth(found) < worth(chosen) else chosen
