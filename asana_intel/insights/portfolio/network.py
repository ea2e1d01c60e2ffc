"""The network of work as numbers: circles cut, earliest and latest instants of each task; no dates, no frames.

Each task has three events: its gate (it, or any part of it, may begin), its work (its own effort begins) and its end.

    gate -> work -> end                    the own effort lies between work and end
    gate of a task -> gate of its subtask  a subtask waits for what the whole waits for
    end of a subtask -> end of the task    a task ends when its last subtask ends
    end of a blocker -> gate of the task   or to its work, where the blocker is a part of it

This is the critical path method (Kelley and Walker, 1959) with summary tasks that may have effort of their own.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

MOST_LEVELS = 64
"""Subtasks nest at most this deep (Asana allows five levels); deeper means that parents go in a circle."""


@dataclass(frozen=True)
class Cut:
    """A link that closes a circle.

    Args:
        link: Its row.
        circle: Tasks from the one that waits to its blocker, each of which ends or begins after the one before.
    """

    link: int
    circle: tuple[int, ...]


class Network:
    """Tasks 0..n-1 and their links.

    Args:
        parent: Task each one is a part of; -1 = of none.
        waiting: Task of each link that waits; links stand oldest first.
        blocker: Task it waits for.

    Raises:
        ValueError: Parents go in a circle.
    """

    def __init__(self, parent: Ints, waiting: Ints, blocker: Ints) -> None:
        self._n = len(parent)
        self._parent = parent
        self._refuse_circling_parents()
        is_part = self._is_below(blocker, waiting)
        self._source = 2 * self._n + blocker
        self._target = np.where(is_part, self._n, 0) + waiting
        self.cuts = self._find_cuts()
        is_kept = np.ones(len(waiting), dtype=bool)
        is_kept[[cut.link for cut in self.cuts]] = False
        self._links = self._source[is_kept], self._target[is_kept]
        self._outgoing = self._by_source()
        self._order = self._sorted_events()

    def earliest(self, duration: Floats, gate_floor: Floats, end_floor: Floats) -> tuple[Floats, Floats]:
        """Earliest instants of each task's gate and end, working days.

        Args:
            duration: Own effort of each task, days.
            gate_floor: Instant before which it may not begin.
            end_floor: Instant before which it may not end.
        """
        n = self._n
        at = np.concatenate([gate_floor, np.zeros(n), end_floor]).tolist()
        weight = self._weights(duration)
        starts, targets = self._outgoing
        for event in self._order:
            arrival = at[event] + weight[event]
            for target in targets[starts[event] : starts[event + 1]]:
                at[target] = max(at[target], arrival)
        instants = np.array(at)
        return instants[:n], instants[2 * n :]

    def deciders(self, gate: Floats, end: Floats) -> Ints:
        """The blocker whose end decides when each task, or the whole it is a part of, may begin; -1 = none does."""
        source, target = self._links
        binding = (target < self._n) & (end[source - 2 * self._n] == gate[target % self._n])
        by = np.full(self._n, self._n, dtype=np.int64)
        np.minimum.at(by, target[binding], source[binding] - 2 * self._n)
        own = np.where(by < self._n, by, -1)
        found = own.copy()
        for level in self.ancestors():
            is_same = (found < 0) & (level >= 0) & (gate[level] == gate)
            found = np.where(is_same, own[level], found)
        return found

    def latest(self, duration: Floats, targets_at: Floats) -> Floats:
        """Latest end of each task that delays none of the instants in `targets_at` (one a task, may be infinite)."""
        n = self._n
        at = np.concatenate([np.full(2 * n, np.inf), targets_at]).tolist()
        weight = self._weights(duration)
        starts, targets = self._outgoing
        for event in reversed(self._order):
            for target in targets[starts[event] : starts[event + 1]]:
                at[event] = min(at[event], at[target] - weight[event])
        return np.array(at[2 * n :])

    def ancestors(self) -> list[Ints]:
        """For each level above: the task there, -1 where there is none; nearest first."""
        levels, up = [], self._parent
        while (up >= 0).any():
            levels.append(up)
            up = np.where(up >= 0, self._parent[up], -1)
        return levels

    def _refuse_circling_parents(self) -> None:
        up = self._parent
        for _ in range(MOST_LEVELS):
            up = np.where(up >= 0, self._parent[up], -1)
        if (up >= 0).any():
            raise ValueError(int(np.flatnonzero(up >= 0)[0]))

    def _is_below(self, task: Ints, above: Ints) -> Flags:
        found = np.zeros(len(task), dtype=bool)
        for level in self.ancestors():
            found |= level[task] == above
        return found

    def _frame(self) -> tuple[Ints, Ints]:
        """Edges that are there without any link."""
        n, tasks = self._n, np.arange(self._n)
        child = np.flatnonzero(self._parent >= 0)
        above = self._parent[child]
        edges_from = np.concatenate([tasks, n + tasks, above, 2 * n + child])
        return edges_from, np.concatenate([n + tasks, 2 * n + tasks, child, 2 * n + above])

    def _find_cuts(self) -> list[Cut]:
        """Links that close a circle of older ones, oldest first."""
        label = self._components()
        is_suspect = label[self._source] == label[self._target]
        suspects = np.flatnonzero(is_suspect)
        if not len(suspects):
            return []
        frame_from, frame_to = self._frame()
        within: dict[int, list[int]] = {}
        circling = set(label[self._source[suspects]].tolist())
        for a, b in zip(frame_from.tolist(), frame_to.tolist(), strict=True):
            if label[a] == label[b] and label[a] in circling:
                within.setdefault(a, []).append(b)
        cuts = []
        for link in suspects.tolist():
            source, target = int(self._source[link]), int(self._target[link])
            if path := _path(within, target, source):
                tasks = [event % self._n for event in path]
                circle = tuple(task for i, task in enumerate(tasks) if not i or task != tasks[i - 1])
                cuts.append(Cut(link, circle))
            else:
                within.setdefault(source, []).append(target)
        return cuts

    def _components(self) -> Ints:
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import connected_components

        frame_from, frame_to = self._frame()
        rows, cols = np.concatenate([frame_from, self._source]), np.concatenate([frame_to, self._target])
        graph = csr_array((np.ones(len(rows), dtype=np.int8), (rows, cols)), shape=(3 * self._n, 3 * self._n))
        return connected_components(graph, directed=True, connection="strong")[1].astype(np.int64)

    def _by_source(self) -> tuple[list[int], list[int]]:
        """Edges by the event they leave: where each event's begin in the list of targets, and that list."""
        frame_from, frame_to = self._frame()
        edges_from = np.concatenate([frame_from, self._links[0]])
        edges_to = np.concatenate([frame_to, self._links[1]])
        counts = np.bincount(edges_from, minlength=3 * self._n)
        targets = edges_to[np.argsort(edges_from, kind="stable")]
        return np.concatenate([[0], counts.cumsum()]).tolist(), targets.tolist()

    def _weights(self, duration: Floats) -> list[float]:
        """Days from each event to the next; of a work only the way to its end takes time, and it leads nowhere else."""
        zeros = np.zeros(self._n)
        return np.concatenate([zeros, duration, zeros]).tolist()

    def _sorted_events(self) -> list[int]:
        """Events so that each comes after those that lead to it (Kahn, 1962)."""
        starts, targets = self._outgoing
        missing = np.bincount(np.array(targets, dtype=np.int64), minlength=3 * self._n).tolist()
        order = [event for event, count in enumerate(missing) if not count]
        for event in order:  # grows while it is walked
            for target in targets[starts[event] : starts[event + 1]]:
                missing[target] -= 1
                if not missing[target]:
                    order.append(target)
        return order


def _path(edges: dict[int, list[int]], start: int, goal: int) -> list[int]:
    """A shortest way from one event to another; empty where there is none."""
    came_from, queue = {start: start}, deque([start])
    while queue and goal not in came_from:
        event = queue.popleft()
        for target in edges.get(event, ()):
            if target not in came_from:
                came_from[target] = event
                queue.append(target)
    if goal not in came_from:
        return []
    path = [goal]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return path[::-1]
