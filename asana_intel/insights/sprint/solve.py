"""The best choice for a sprint, part by part, and how much better the best could be; how a part is solved is elsewhere.

Tasks that share neither people nor links with others are parts by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from asana_intel.insights.sprint.exact import solve_exact
from asana_intel.insights.sprint.greedy import empty, fill
from asana_intel.insights.sprint.large import solve_large
from asana_intel.insights.sprint.problem import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

EXACT_PAIRS = 600
"""Pairs of task and person up to which a part is solved to the end."""
_LEAST_SECONDS = 1.0


@dataclass(frozen=True)
class Solution:
    """A choice and what is known of it.

    Attributes:
        choice: Person of each task, or NOBODY.
        part: Number of each task's part.
        bounds: By part, the most its value can be with as many pins as were kept.
    """

    choice: Ints
    part: Ints
    bounds: tuple[float, ...]


def solve(problem: Problem, seconds: float = 8.0, gap: float = 0.0005) -> Solution:
    """Keep as many pins as possible, then choose the most value; of equals the shorter, then that of earlier tasks.

    Args:
        problem: What to choose from.
        seconds: Longest time for all programs together, at least a second for each part; reached only where a machine
            is slow or a problem hard, and then another machine may choose otherwise.
        gap: Relative gap at which the program of a large part may stop.
    """
    choice, number = empty(problem), empty(problem)
    bounds: list[float] = []
    pairs = max(len(problem.pairs[0]), 1)
    for tasks in problem.components():
        part = problem.part(tasks)
        own_pairs = len(part.pairs[0])
        share = max(seconds * own_pairs / pairs, _LEAST_SECONDS)
        own, bound = solve_exact(part, share) if own_pairs <= EXACT_PAIRS else solve_large(part, share, gap)
        own = fill(part, own, np.lexsort((-part.score,)))  # where a search was cut short, nothing that fits stays out
        choice[tasks], number[tasks] = own, len(bounds)
        bounds.append(max(bound, part.value(own)))
    return Solution(choice, number, tuple(bounds))
