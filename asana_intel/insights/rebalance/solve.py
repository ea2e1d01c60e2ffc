"""The fewest moves for everybody: the problem in parts, each solved to the end or, where it is large, person by person.

A part with many options keeps those that can matter to a manager: tasks of overloaded people that go to somebody with
room or to other days, and the shifts that these make necessary. What it leaves out are chains, in which somebody gives
work away only to have room for other work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from asana_intel.insights.rebalance.large import solve_large
from asana_intel.insights.rebalance.problem import NOBODY, following
from asana_intel.insights.rebalance.program import Part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from asana_intel.insights.rebalance.problem import Problem

    Ints = NDArray[np.int64]

EXACT_OPTIONS = 300
"""Options up to which a part is solved over all of them."""
MOST_RECEIVERS = 6
"""People to whom each task may go in a larger part: those it disturbs least."""


@dataclass(frozen=True)
class Solution:
    """A choice and what is known of it.

    Attributes:
        chosen: Options, ascending.
        excess: Minutes above the limit that stay: (people, watched weeks).
        least_excess: No choice leaves fewer in all.
        least_moves: No choice of the options that were looked at leaves as few and moves fewer tasks.
        is_narrowed: Some part was too large to look at all of its options.
    """

    chosen: tuple[int, ...]
    excess: Ints
    least_excess: int
    least_moves: int
    is_narrowed: bool

    @property
    def gap(self) -> float:
        """Share of the moves that may be too many, 0 = proven fewest."""
        moves = len(self.chosen)
        return (moves - self.least_moves) / moves if moves else 0.0


def solve(problem: Problem, seconds: float = 20.0) -> Solution:
    """Least excess, then fewest moves, then least disturbance.

    Args:
        problem: What may be moved.
        seconds: Longest time for all programs together; reached only where a machine is slow or a problem hard, and
            then another machine may choose otherwise.
    """
    parts, is_narrowed = workable(problem, np.arange(len(problem.task)))
    options = max(sum(map(len, parts)), 1)
    chosen: list[int] = []
    spared = moves = 0
    for part in parts:
        share = max(seconds * len(part) / options, 1.0)
        is_small = len(part) <= EXACT_OPTIONS
        solved = Part(problem, part, share).solve() if is_small else solve_large(problem, part, share)
        chosen += solved.chosen
        spared += solved.excess - solved.least_excess
        moves += solved.least_moves
    excess = problem.excess(chosen)
    return Solution(tuple(sorted(chosen)), excess, int(excess.sum()) - spared, moves, is_narrowed)


def workable(problem: Problem, options: Ints) -> tuple[list[Ints], bool]:
    """The options in parts that can be solved, and whether some of them had to be left out."""
    parts: list[Ints] = []
    is_narrowed = False
    for part in problem.parts(options):
        if len(part) <= EXACT_OPTIONS:
            parts.append(part)
        else:
            is_narrowed = True
            parts += problem.parts(_narrowed(problem, part))
    return parts, is_narrowed


def _narrowed(problem: Problem, options: Ints) -> Ints:
    """The options that relieve an overloaded week of the task's owner, and the shifts they make necessary."""
    owner, to = problem.owner[problem.task[options]], problem.to[options]
    watched = problem.own[options, : problem.watched]
    relieves = ((watched < 0) & problem.over[owner][:, : problem.watched]).any(axis=1)
    receiver = np.maximum(to, 0)
    fits = (problem.before[receiver] + problem.theirs[options] <= problem.cap[receiver]).all(axis=1)
    direct = options[relieves & ((to == NOBODY) | fits)]
    direct = direct[_rank_of_receiver(problem, direct) < MOST_RECEIVERS]
    follows = following(problem.links, set(problem.task[direct[problem.end[direct] > 0]].tolist()))
    cascade = options[problem.is_shift[options] & np.isin(problem.task[options], sorted(follows))]
    return np.union1d(direct, cascade)


def _rank_of_receiver(problem: Problem, options: Ints) -> Ints:
    """How many people each option's receiver comes after, of those who may get the task; 0 where it goes to nobody."""
    rank = np.zeros(len(options), dtype=np.int64)
    better: dict[int, list[int]] = {}
    for row in np.lexsort((problem.to[options], problem.cost[options], problem.task[options])).tolist():
        option = options[row]
        if problem.to[option] != NOBODY:
            people = better.setdefault(int(problem.task[option]), [])
            if problem.to[option] not in people:
                people.append(int(problem.to[option]))
            rank[row] = people.index(int(problem.to[option]))
    return rank
