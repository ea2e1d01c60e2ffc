"""The choice of moves as whole numbers, and what makes a choice allowed; frames, reasons and solvers are elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

MINUTES = 60
"""Minutes of an hour."""
NOBODY = -1


def minutes(hours: Floats) -> Ints:
    """Whole minutes."""
    return np.rint(hours * MINUTES).astype(np.int64)


def following(links: Ints, tasks: set[int]) -> set[int]:
    """Tasks that wait for some, directly or not; `links` are rows of (task, task it waits for)."""
    found: set[int] = set()
    while tasks:
        tasks = {waiting for waiting, blocker in links.tolist() if blocker in tasks} - found
        found |= tasks
    return found


@dataclass(frozen=True)
class Problem:
    """What may be moved, and the weeks that it changes. People, tasks and options are numbered from 0.

    Minutes are whole, so that sums are exact and two solvers agree to the last of them.

    Attributes:
        before: Minutes each person's tasks take in each week, as it stands: (people, weeks).
        limit: Most minutes that are no overload: (people, weeks).
        watched: So many weeks, from the first, must come below the limit.
        owner: Person of each task.
        task: Task of each option; of one task's options at most one is chosen, none = it stays as it is.
        to: Person who gets work by each option, or NOBODY.
        own: What each option changes for the owner: (options, weeks).
        theirs: What it changes for `to`: (options, weeks).
        cost: How much it disturbs, at least 0.
        end: Days by which it makes the task end later.
        basis: Days by which the day comes later that must lie behind the end of what the task waits for.
        links: Rows of (task, task it waits for).
        room: Days by which the end of the second of a link may come later than the basis of the first.
        is_shift: The option moves the whole task to later weeks.
    """

    before: Ints
    limit: Ints
    watched: int
    owner: Ints
    task: Ints
    to: Ints
    own: Ints
    theirs: Ints
    cost: Ints
    end: Ints
    basis: Ints
    links: Ints
    room: Ints
    is_shift: Flags

    @cached_property
    def over(self) -> Flags:
        """Watched weeks above the limit: (people, weeks)."""
        over = self.before > self.limit
        over[:, self.watched :] = False
        return over

    @cached_property
    def cap(self) -> Ints:
        """Most minutes of each week after the moves: nothing becomes worse than it was, or than the limit."""
        return np.maximum(self.before, self.limit)

    def only(self, options: Ints) -> Problem:
        """The same with some of the options, numbered anew in the order given."""
        names = ("task", "to", "own", "theirs", "cost", "end", "basis", "is_shift")
        return replace(self, **{name: getattr(self, name)[options] for name in names})

    def after(self, chosen: Iterable[int]) -> Ints:
        """Minutes of each week after some options: (people, weeks)."""
        rows = np.array(sorted(chosen), dtype=np.int64)
        after = self.before.copy()
        np.add.at(after, self.owner[self.task[rows]], self.own[rows])
        given = rows[self.to[rows] != NOBODY]
        np.add.at(after, self.to[given], self.theirs[given])
        return after

    def excess(self, chosen: Iterable[int]) -> Ints:
        """Minutes above the limit in the watched weeks: (people, weeks)."""
        return np.maximum(self.after(chosen) - self.limit, 0)[:, : self.watched]

    def allows(self, chosen: Iterable[int]) -> bool:
        """Whether options can be chosen together."""
        rows = np.array(sorted(chosen), dtype=np.int64)
        tasks = self.task[rows]
        if len(np.unique(tasks)) < len(tasks) or (self.after(rows) > self.cap).any():
            return False
        return bool((self.room_left(rows) >= 0).all())

    def room_left(self, chosen: Iterable[int]) -> Ints:
        """What some options leave of the days of each link."""
        rows = np.array(sorted(chosen), dtype=np.int64)
        end, basis = np.zeros((2, len(self.owner)), dtype=np.int64)
        end[self.task[rows]], basis[self.task[rows]] = self.end[rows], self.basis[rows]
        waiting, blocker = self.links.T
        return self.room - end[blocker] + basis[waiting]

    def parts(self, options: Ints) -> list[Ints]:
        """The options in sets that share neither people nor links; those without any overload are left out."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        people, tasks = len(self.before), len(self.owner)
        given = options[self.to[options] != NOBODY]
        left = np.concatenate([self.task[options], self.task[given], self.links[:, 0]])
        right = np.concatenate([self.owner[self.task[options]] + tasks, self.to[given] + tasks, self.links[:, 1]])
        graph = coo_array((np.ones(len(left)), (left, right)), shape=(tasks + people,) * 2)
        _, labels = connected_components(graph, directed=False)
        wanted = set(labels[tasks:][self.over.any(axis=1)].tolist())
        found: dict[int, list[int]] = {}
        for option in options.tolist():
            label = int(labels[self.task[option]])
            if label in wanted:
                found.setdefault(label, []).append(option)
        return [np.array(rows, dtype=np.int64) for rows in found.values()]
