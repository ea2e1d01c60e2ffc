"""What stands in the way where no moves bring a week below the limit; the moves themselves are chosen elsewhere.

One constraint after the other is let go of. The first without which the week could be mended, and no other week left
worse in exchange, is the one that blocks; where none is, there is not enough time.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.insights.rebalance.case import CONSTRAINTS, TIME, Case, Rules, build_case
from asana_intel.insights.rebalance.options import possible_moves
from asana_intel.insights.rebalance.problem import MINUTES
from asana_intel.insights.rebalance.program import Part
from asana_intel.insights.rebalance.solve import workable

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
    found = [cell for cell in cells if not problem.over[cell]]
    for options in parts:
        part = Part(problem, options, max(until - monotonic(), 0.0))
        own = [cell for cell in cells if cell[0] in part.people and cell not in found]
        if own:
            found += _of_part(problem, part, excess, own)
    return found


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
