"""Choices by simple steps: fill, then exchange while that brings more. Allowed at every step; proves nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from asana_intel.insights.sprint.problem import NOBODY, Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

_ROUNDS = 3


def empty(problem: Problem) -> Ints:
    """The choice of nothing."""
    return np.full(problem.size, NOBODY, dtype=np.int64)


def greedy(problem: Problem) -> Ints:
    """The better of two fillings: by score for the hour, and by score; pinned tasks come first."""
    tasks = np.arange(problem.size)
    per_minute = problem.score / np.maximum(problem.minutes, 1)
    orders = [np.lexsort((tasks, -by, ~problem.pinned)) for by in (per_minute, problem.score)]
    choices = [exchange(problem, fill(problem, empty(problem), order)) for order in orders]
    return max(choices, key=lambda choice: (_pins(problem, choice), problem.value(choice)))


def fill(problem: Problem, choice: Ints, order: Iterable[int]) -> Ints:
    """Add tasks in an order, each with all it waits for, where people have the room; those without a score stay out."""
    choice, left = choice.copy(), problem.left(choice)
    for task in order:
        if choice[task] == NOBODY and (problem.score[task] > 0 or problem.pinned[task]):
            _add(problem, choice, left, int(task))
    return choice


def exchange(problem: Problem, choice: Ints) -> Ints:
    """Move or take out one task to let in a better one, until nothing is gained."""
    choice = choice.copy()
    for _ in range(_ROUNDS):
        value = problem.value(choice)
        left = problem.left(choice)
        for task in np.lexsort((np.arange(problem.size), -problem.score)):
            if choice[task] == NOBODY and all(choice[before] != NOBODY for before in problem.waits[task]):
                _let_in(problem, choice, left, int(task))
        choice = fill(problem, choice, np.lexsort((np.arange(problem.size), -problem.score)))
        if problem.value(choice) <= value:
            break
    return choice


def _pins(problem: Problem, choice: Ints) -> int:
    return int((problem.pinned & (choice != NOBODY)).sum())


def _add(problem: Problem, choice: Ints, left: Ints, task: int) -> bool:
    """Add a task and what it waits for, or nothing."""
    added: list[int] = []
    for one in (*problem.ancestors[task], task):
        if choice[one] != NOBODY:
            continue
        person = _tightest(problem, left, one)
        if person == NOBODY:
            for back in added:
                left[choice[back]] += problem.minutes[back]
                choice[back] = NOBODY
            return False
        choice[one] = person
        left[person] -= problem.minutes[one]
        added.append(one)
    return True


def _tightest(problem: Problem, left: Ints, task: int) -> int:
    """The person with the least room that still holds the task."""
    fitting = [person for person in problem.able[task] if left[person] >= problem.minutes[task]]
    return min(fitting, key=lambda person: (left[person], person), default=NOBODY)


def _let_in(problem: Problem, choice: Ints, left: Ints, task: int) -> None:
    """Make room for a task: by nothing, by moving a task to somebody else, or by taking a lesser one out."""
    minutes = problem.minutes[task]
    if (person := _tightest(problem, left, task)) != NOBODY:
        choice[task] = person
        left[person] -= minutes
        return
    for person in problem.able[task]:
        own = np.flatnonzero((choice == person) & (problem.minutes >= minutes - left[person]))
        for other in own[np.lexsort((own, problem.minutes[own]))]:
            elsewhere = left.copy()
            elsewhere[person] = -1
            target = _tightest(problem, elsewhere, int(other))
            if target != NOBODY:
                choice[other], choice[task] = target, person
                left[target] -= problem.minutes[other]
                left[person] += problem.minutes[other] - minutes
                return
    _take_out(problem, choice, left, task)


def _take_out(problem: Problem, choice: Ints, left: Ints, task: int) -> None:
    """Put a task in the place of the chosen one that brings least, where that is less and nothing waits for it."""
    needed = {*problem.ancestors[task]}
    best: tuple[float, int] | None = None
    for person in problem.able[task]:
        fits = (choice == person) & (problem.minutes >= problem.minutes[task] - left[person])
        for other in np.flatnonzero(fits & ~problem.pinned & (problem.score < problem.score[task])):
            is_needed = other in needed or any(choice[after] != NOBODY for after in problem.followers[other])
            if not is_needed and (best is None or (problem.score[other], other) < best):
                best = (float(problem.score[other]), int(other))
    if best is not None:
        other = best[1]
        person = choice[other]
        left[person] += problem.minutes[other] - problem.minutes[task]
        choice[other], choice[task] = NOBODY, person
