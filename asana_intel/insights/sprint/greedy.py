"""Choices by filling people's time task by task: allowed at every step, proves nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from asana_intel.insights.sprint.problem import HOUR, NOBODY, Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


def empty(problem: Problem) -> Ints:
    """The choice of nothing."""
    return np.full(problem.size, NOBODY, dtype=np.int64)


def greedy(problem: Problem) -> Ints:
    """The better of two fillings, by score for the hour and by score; pinned tasks come first."""
    orders = [np.lexsort((-by, ~problem.pinned)) for by in (per_hour(problem), problem.score)]
    choices = [fill(problem, empty(problem), order) for order in orders]
    return max(choices, key=lambda choice: (pins_kept(problem, choice), problem.value(choice)))


def fill(problem: Problem, choice: Ints, order: Iterable[int]) -> Ints:
    """Add tasks in an order, each with all it waits for, where people have the room; those without a score stay out."""
    choice, left = choice.copy(), problem.left(choice)
    for task in order:
        if choice[task] == NOBODY and (problem.score[task] > 0 or problem.pinned[task]):
            _add(problem, choice, left, int(task))
    return choice


def per_hour(problem: Problem) -> NDArray[np.float64]:
    """Score for the hour; a task without length counts as one of a second's tenth."""
    return problem.score * HOUR / np.maximum(problem.length, 0.1)


def pins_kept(problem: Problem, choice: Ints) -> int:
    """How many pinned tasks are in."""
    return int((problem.pinned & (choice != NOBODY)).sum())


def _add(problem: Problem, choice: Ints, left: Ints, task: int) -> None:
    """Add a task and what it waits for, or nothing."""
    added: list[int] = []
    for one in (*problem.ancestors[task], task):
        if choice[one] != NOBODY:
            continue
        length = problem.length[one]
        fitting = [person for person in problem.able[one] if left[person] >= length]
        if not fitting:
            for back in added:
                left[choice[back]] += problem.length[back]
                choice[back] = NOBODY
            return
        choice[one] = min(fitting, key=lambda person: (left[person], person))  # the tightest room that holds it
        left[choice[one]] -= length
        added.append(one)
