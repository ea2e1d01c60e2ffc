"""The proposal of a sprint: which tasks, who does them, and why the others are left out. Nothing is written or read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.insights.sprint.case import Case, build_case
from asana_intel.insights.sprint.problem import NOBODY
from asana_intel.insights.sprint.reasons import tell
from asana_intel.insights.sprint.solve import Solution, solve
from asana_intel.insights.sprint.window import sprint_days

if TYPE_CHECKING:
    from datetime import date, datetime

    from numpy.typing import NDArray

    from asana_intel.work_settings import SprintSettings

    Ints = NDArray[np.int64]

_PROVEN = 1e-6

PROPOSED: dict[str, pl.DataType] = {
    "team_gid": pl.String(),
    "task_gid": pl.String(),
    "is_in": pl.Boolean(),
    "person_gid": pl.String(),
    "hours": pl.Float64(),
    "score": pl.Float64(),
    "is_pinned": pl.Boolean(),
    "reason": pl.String(),
    "waits_for_gid": pl.String(),
}
_TOLD: dict[str, pl.DataType] = {"full": pl.String(), "short": pl.String()}
TEAMS: dict[str, pl.DataType] = {
    "team_gid": pl.String(),
    "tasks": pl.Int64(),
    "hours": pl.Float64(),
    "value": pl.Float64(),
    "gap": pl.Float64(),
    "is_proven": pl.Boolean(),
}


@dataclass(frozen=True)
class Proposal:
    """What a sprint should hold.

    Attributes:
        starts_on: First day.
        ends_on: Last day.
        tasks: One row per candidate, of the columns `PROPOSED`, sorted by team and task.
        teams: One row per team, of the columns `TEAMS`: what is in, and the share of the best value that may be
            missing (0 = proven best). Where teams share people the gap is that of all of them.
    """

    starts_on: date
    ends_on: date
    tasks: pl.DataFrame
    teams: pl.DataFrame


def propose_sprint(
    tasks: pl.DataFrame, people: pl.DataFrame, links: pl.DataFrame, as_of: datetime, settings: SprintSettings
) -> Proposal:
    """The set of tasks with the largest sum of scores that people can do in their free hours.

    Each task in it is done by one person of its team, within their hours, with every skill it names; a task with an
    assignee stays with them unless `settings.may_reassign`. A task that waits is in only with all it waits for; tasks
    that wait for each other never are. Pins hold: where not all can, as many as possible are kept, and the others say
    what stands against them. Of equal sets the shorter wins, then that of earlier gids.

    Args:
        tasks: Candidates: task_gid, team_gid, score (at least 0), hours; and where known name, person_gid (assignee),
            skills (list), pin (in, out, or null), pin_person_gid (only they may do it), start_on.
        people: person_gid, hours (free in the sprint); and where known name, skills (list), team_gids (list; without
            this column everybody belongs to every team).
        links: task_gid, depends_on_gid of tasks that are not finished; what the sprint carries anyway is left out.
            Where known depends_on_name. It may be empty.
        as_of: Today; gives the days of the sprint.
        settings: Length, gap and time limit.

    Raises:
        PermanentError: A column is missing or does not fit its type, a gid repeats, or a number is out of range.
    """
    starts_on, ends_on = sprint_days(as_of, settings)
    case = build_case(tasks, people, links, ends_on, settings)
    solution = solve(case.problem(), settings.time_limit_s, settings.gap)
    choice = np.full(len(case.tasks), NOBODY, dtype=np.int64)
    choice[case.open] = solution.choice
    return Proposal(
        starts_on,
        ends_on,
        _proposed(case, choice, settings.explained),
        _teams(case, choice, solution),
    )


def _proposed(case: Case, choice: Ints, explained: int) -> pl.DataFrame:
    """One row per candidate; of those left out the highest scores of each team are explained in full."""
    reasons = tell(case, choice)
    rows = pl.DataFrame(
        {
            "team_gid": [task.team for task in case.tasks],
            "task_gid": [task.gid for task in case.tasks],
            "is_in": choice != NOBODY,
            "person_gid": [None if n == NOBODY else case.people[n].gid for n in choice],
            "hours": [task.hours for task in case.tasks],
            "score": [task.score for task in case.tasks],
            "is_pinned": [task.is_pinned for task in case.tasks],
            "waits_for_gid": [reason.waits_for for reason in reasons],
            "full": [reason.full for reason in reasons],
            "short": [reason.short for reason in reasons],
        },
        schema={**{name: dtype for name, dtype in PROPOSED.items() if name != "reason"}, **_TOLD},
        strict=True,
    )
    place = pl.int_range(pl.len()).over("team_gid", "is_in")
    return (
        rows.sort(pl.col("score"), "task_gid", descending=[True, False])
        .with_columns(reason=pl.when(pl.col("is_in") | (place < explained)).then("full").otherwise("short"))
        .sort("team_gid", "task_gid")
        .select(PROPOSED.keys())
    )


def _teams(case: Case, choice: Ints, solution: Solution) -> pl.DataFrame:
    """What each team gets, and the gap of the parts that hold its tasks."""
    chosen = np.array([task.score for task in case.tasks]) * (choice != NOBODY)
    values = np.bincount(solution.part, weights=chosen[case.open], minlength=len(solution.bounds))
    part_of = dict(zip(case.open, solution.part.tolist(), strict=True))
    rows = []
    for team in sorted({task.team for task in case.tasks}):
        own = [n for n, task in enumerate(case.tasks) if task.team == team]
        inside = [n for n in own if choice[n] != NOBODY]
        parts = sorted({part_of[n] for n in own if n in part_of})
        bound, value = sum(solution.bounds[part] for part in parts), float(values[parts].sum())
        gap = max((bound - value) / bound, 0.0) if bound > 0 else 0.0
        rows.append(
            {
                "team_gid": team,
                "tasks": len(inside),
                "hours": sum(case.tasks[n].hours for n in inside),
                "value": sum(case.tasks[n].score for n in inside),
                "gap": 0.0 if gap < _PROVEN else gap,
                "is_proven": gap < _PROVEN,
            }
        )
    return pl.DataFrame(rows, schema=TEAMS)
