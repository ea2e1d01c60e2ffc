"""The choice of a sprint as whole numbers, and what makes a choice allowed; frames and solvers are elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

NOBODY = -1
HOUR = 3600
"""Seconds of an hour."""


@dataclass(frozen=True)
class Problem:
    """Tasks to choose from, and people to do them. Tasks and people are numbered from 0, in the order of their gids.

    Seconds are whole, so that no rounding of a solver can overfill a person.

    Attributes:
        score: What each task brings, at least 0.
        length: Seconds it takes, at least 0.
        room: Seconds each person has.
        able: People who may do each task and whose room holds it, ascending.
        waits: Tasks that each waits for; no task waits for itself, not through others either.
        pinned: Tasks that must be in.
    """

    score: Floats
    length: Ints
    room: Ints
    able: tuple[tuple[int, ...], ...]
    waits: tuple[tuple[int, ...], ...]
    pinned: Flags

    @property
    def size(self) -> int:
        """Number of tasks."""
        return len(self.able)

    @cached_property
    def pairs(self) -> tuple[Ints, Ints]:
        """Task and person of every possible assignment."""
        tasks = [task for task, people in enumerate(self.able) for _ in people]
        people = [person for people in self.able for person in people]
        return np.array(tasks, dtype=np.int64), np.array(people, dtype=np.int64)

    @cached_property
    def links(self) -> Ints:
        """Rows of (task, task it waits for)."""
        rows = [(task, before) for task, befores in enumerate(self.waits) for before in befores]
        return np.array(rows, dtype=np.int64).reshape(-1, 2)

    @cached_property
    def ancestors(self) -> tuple[tuple[int, ...], ...]:
        """All that each task waits for, directly or not, in an order in which they can be done."""
        known: dict[int, tuple[int, ...]] = {}
        for task in _in_order(self.waits):
            before = [*(a for b in self.waits[task] for a in known[b]), *self.waits[task]]
            known[task] = tuple(dict.fromkeys(before))
        return tuple(known[task] for task in range(self.size))

    @cached_property
    def followers(self) -> tuple[tuple[int, ...], ...]:
        """Tasks that wait for each, directly."""
        found: list[list[int]] = [[] for _ in range(self.size)]
        for task, befores in enumerate(self.waits):
            for before in befores:
                found[before].append(task)
        return tuple(map(tuple, found))

    def value(self, choice: Ints) -> float:
        """Sum of the scores of what was chosen."""
        return float(self.score[choice != NOBODY].sum())

    def left(self, choice: Ints) -> Ints:
        """Seconds each person has left."""
        chosen = choice != NOBODY
        used = np.bincount(choice[chosen], weights=self.length[chosen], minlength=len(self.room))
        return self.room - used.astype(np.int64)

    def allows(self, choice: Ints) -> bool:
        """Whether a choice (person of each task, or NOBODY) keeps to people, room and order; pins are not looked at."""
        chosen = choice != NOBODY
        return (
            all(person in self.able[task] for task, person in enumerate(choice) if person != NOBODY)
            and bool((self.left(choice) >= 0).all())
            and all(chosen[before] for task in np.flatnonzero(chosen) for before in self.waits[task])
        )

    def part(self, tasks: Sequence[int]) -> Problem:
        """The same with some of the tasks only, in the order given, and everybody; these must wait for no others."""
        number = {task: n for n, task in enumerate(tasks)}
        rows = np.array(tasks, dtype=np.int64)
        return Problem(
            score=self.score[rows],
            length=self.length[rows],
            room=self.room,
            able=tuple(self.able[task] for task in tasks),
            waits=tuple(tuple(number[before] for before in self.waits[task]) for task in tasks),
            pinned=self.pinned[rows],
        )

    def components(self) -> list[list[int]]:
        """Tasks that share people or links, directly or not: parts that can be solved by themselves."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        tasks, people = self.pairs
        left = np.concatenate([tasks, self.links[:, 0]])
        right = np.concatenate([people + self.size, self.links[:, 1]])
        nodes = self.size + len(self.room)
        graph = coo_array((np.ones(len(left)), (left, right)), shape=(nodes, nodes))
        _, labels = connected_components(graph, directed=False)
        parts: dict[int, list[int]] = {}
        for task in range(self.size):
            parts.setdefault(int(labels[task]), []).append(task)
        return list(parts.values())


def _in_order(waits: Sequence[Sequence[int]]) -> list[int]:
    """Tasks in an order in which each comes after all it waits for."""
    from graphlib import TopologicalSorter

    return list(TopologicalSorter(dict(enumerate(waits))).static_order())
