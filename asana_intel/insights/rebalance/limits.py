"""What stands in the way where no moves bring a week below the limit; the moves themselves are chosen elsewhere.

One constraint after the other is let go of. The first without which the week could be mended, and no other week left
worse in exchange, is the one that blocks; where none is, there is not enough time. In a large part it is asked whether
the person's week could be mended by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.insights.rebalance.case import CONSTRAINTS, TIME, Case, Rules, build_case
from asana_intel.insights.rebalance.options import possible_moves
from asana_intel.insights.rebalance.problem import MINUTES, following
from asana_intel.insights.rebalance.program import Part
from asana_intel.insights.rebalance.solve import EXACT_OPTIONS, workable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from asana_intel.insights.rebalance.problem import Problem

    Ints = NDArray[np.int64]

LIMITS: dict[str, pl.DataType] = {
    "person_gid": pl.String(),
    "week_on": pl.Date(),
    "constraint": pl.String(),
    "cut_hours": pl.Float64(),
}

_NODES = 200


@dataclass(frozen=True)
class Inputs:
    """Arguments of `case.build_case`."""

    tasks: pl.DataFrame
    days: pl.DataFrame
    receivers: pl.DataFrame
    links: pl.DataFrame
    rules: Rules


def find_limits(inputs: Inputs, case: Case, excess: Ints, seconds: float) -> pl.DataFrame:
    """One row per watched week that stays above the limit, of the columns `LIMITS`.

    Args:
        inputs: What the moves were sought with.
        case: Made of it.
        excess: Minutes above the limit that stay: (people, watched weeks).
        seconds: Longest time in all; what was not proven by then counts as not the reason.
    """
    until = monotonic() + seconds
    left = [(int(person), int(week)) for person, week in np.argwhere(excess > 0)]
    blocks: dict[tuple[int, int], str] = {}
    for done, constraint in enumerate(CONSTRAINTS[:-1]):
        open_ones = [cell for cell in left if cell not in blocks]
        if open_ones:
            now = monotonic()
            own_until = now + (until - now) / (len(CONSTRAINTS) - 1 - done)
            blocks |= dict.fromkeys(_mended(inputs, constraint, excess, open_ones, own_until), constraint)
    rows = [
        {
            "person_gid": case.work.time.persons[person],
            "week_on": case.work.mondays[week],
            "constraint": blocks.get((person, week), TIME),
            "cut_hours": int(excess[person, week]) / MINUTES,
        }
        for person, week in left
    ]
    return pl.DataFrame(rows, schema=LIMITS).sort("person_gid", "week_on")


def _mended(
    inputs: Inputs, constraint: str, excess: Ints, cells: list[tuple[int, int]], until: float
) -> list[tuple[int, int]]:
    """The weeks that could be mended without a constraint."""
    case = build_case(inputs.tasks, inputs.days, inputs.receivers, inputs.links, inputs.rules, relaxed=constraint)
    _, problem = possible_moves(case)
    parts, _ = workable(problem, np.arange(len(problem.task)))
    found: list[tuple[int, int]] = []
    shared: set[int] = set()
    for options in parts:
        part = Part(problem, options, max(until - monotonic(), 0.0))
        own = [cell for cell in cells if cell[0] in part.people]
        shared |= set(part.people.tolist())
        if own and len(options) <= EXACT_OPTIONS:
            found += _of_part(problem, part, excess, own)
        elif own:
            found += [cell for cell in own if monotonic() < until and _alone(problem, options, cell, until)]
    stands = problem.excess(())
    for person, week in cells:
        others = excess[person].sum() - excess[person, week]
        if person not in shared and stands[person, week] == 0 and stands[person].sum() <= others:
            found.append((person, week))
    return found


def _alone(problem: Problem, options: Ints, cell: tuple[int, int], until: float) -> bool:
    """Whether a week could be mended while everybody else keeps their tasks: what can be told of a large part."""
    own = np.flatnonzero(problem.owner == cell[0])
    tasks = sorted({*own.tolist(), *following(problem.links, set(own.tolist()))})
    part = Part(problem, options[np.isin(problem.task[options], tasks)], max(until - monotonic(), 0.0), nodes=_NODES)
    stands = int(problem.excess(())[part.people].sum()) if len(part.people) else 0
    return bool(len(part.people)) and part.can_mend(*cell, stands - int(problem.excess(())[cell]))


def _of_part(problem: Problem, part: Part, excess: Ints, cells: list[tuple[int, int]]) -> list[tuple[int, int]]:
    chosen, least = part.least_excess()
    stays = int(excess[part.people].sum())
    after = problem.excess(chosen)
    found = []
    for person, week in cells:
        others = stays - int(excess[person, week])
        if least > others:
            continue  # it is mended only by leaving more elsewhere
        is_mended = after[person, week] == 0 and part.excess_of(chosen) <= others
        if is_mended or part.can_mend(person, week, others):
            found.append((person, week))
    return found
