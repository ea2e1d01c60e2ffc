"""The section on the next sprint: per team the proposal, who has how much time, and odds of finishing. Plans nothing.

People are listed by name; the bars show their time, not their output.
"""

from dataclasses import dataclass
from typing import Any

import polars as pl

from asana_intel.report import formats
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.links import AsanaObject, names_by_gid
from asana_intel.report.sections.roster import Roster
from asana_intel.report.sections.shared import Shared

Row = dict[str, Any]
TEAMS_SHOWN = 30
IN_SHOWN = 40
OUT_SHOWN = 10


@dataclass(frozen=True)
class PersonTime:
    """A person's time in the sprint; widths are percent of the bar, which is as long as the hours available."""

    name: str
    committed: float
    proposed: float
    words: str
    is_over: bool


@dataclass(frozen=True)
class Candidate:
    """A task that is in, or that nearly made it, with the reason; `waits_for` where that does not name it."""

    task: AsanaObject
    person: str | None
    hours: str
    score: str
    is_pinned: bool
    reason: str
    waits_for: AsanaObject | None


@dataclass(frozen=True)
class TeamSprint:
    """A team's next sprint; `p_all` and `p_85` are None where nothing is proposed."""

    team: str
    period: str
    summary: str
    p_all: str | None
    p_85: str | None
    best: str | None
    people: list[PersonTime]
    inside: list[Candidate]
    inside_total: int
    inside_private: int
    outside: list[Candidate]
    outside_total: int
    outside_private: int


@dataclass(frozen=True)
class SprintSection:
    """All of it, by team."""

    teams: list[TeamSprint]
    total: int


def sprint_section(inputs: ReportInputs) -> SprintSection:
    """Arrange the proposals of the week, teams by name."""
    names = names_by_gid(inputs.teams, "team_gid")
    frames = (inputs.insights.proposal, inputs.insights.capacity, inputs.insights.outlook)
    gids = sorted({gid for frame in frames for gid in frame["team_gid"]}, key=lambda gid: (names.get(gid) or gid, gid))
    teams = _Teams(inputs)
    return SprintSection([teams.of(gid, names.get(gid) or f"Team {gid}") for gid in gids[:TEAMS_SHOWN]], len(gids))


class _Teams:
    """Looks up what belongs to a team."""

    def __init__(self, inputs: ReportInputs) -> None:
        self._insights = inputs.insights
        self._shared = Shared(inputs)
        self._roster = Roster(inputs.people)

    def of(self, gid: str, name: str) -> TeamSprint:
        mine = pl.col("team_gid") == gid
        outlook = next(self._insights.outlook.filter(mine).iter_rows(named=True), None)
        tasks = self._insights.proposal.filter(mine).sort("score", "task_gid", descending=[True, False])
        inside, outside = tasks.filter("is_in"), tasks.filter(~pl.col("is_in"))
        shown_in, shown_out = self._candidates(inside), self._candidates(outside)
        return TeamSprint(
            team=name,
            period=_period(outlook or next(tasks.iter_rows(named=True), None)),
            summary=_summary(outlook, inside),
            p_all=formats.odds(outlook["p_all"]) if outlook and outlook["tasks"] else None,
            p_85=formats.odds(outlook["p_85"]) if outlook and outlook["tasks"] else None,
            best=_best(outlook) if outlook else None,
            people=self._people(self._insights.capacity.filter(mine)),
            inside=shown_in[:IN_SHOWN],
            inside_total=inside.height,
            inside_private=inside.height - len(shown_in),
            outside=shown_out[:OUT_SHOWN],
            outside_total=outside.height,
            outside_private=outside.height - len(shown_out),
        )

    def _candidates(self, tasks: pl.DataFrame) -> list[Candidate]:
        found = ((self._shared.task(row["task_gid"]), row) for row in tasks.iter_rows(named=True))
        return [self._candidate(task, row) for task, row in found if task]

    def _candidate(self, task: AsanaObject, row: Row) -> Candidate:
        waits_for = self._shared.task(row["waits_for_gid"])
        # The words may hold the name of the task it waits for, which may be private.
        is_hidden = row["waits_for_gid"] is not None and waits_for is None
        return Candidate(
            task=task,
            person=self._roster.name(row["person_gid"]) if row["person_gid"] else None,
            hours=formats.number(row["hours"], 1),
            score=formats.number(row["score"], 0),
            is_pinned=row["is_pinned"],
            reason=_waits_for_private(row["is_in"]) if is_hidden else self._shared.worded(row["reason"]),
            waits_for=None if waits_for and waits_for.name in row["reason"] else waits_for,
        )

    def _people(self, capacity: pl.DataFrame) -> list[PersonTime]:
        rows = {row["person_gid"]: row for row in capacity.iter_rows(named=True)}
        return [_time(self._roster.name(gid), rows[gid]) for gid in self._roster.listed(rows)]


def _waits_for_private(is_in: bool) -> str:
    return "after a private task" if is_in else "left out because it waits for a private task"


def _time(name: str, row: Row) -> PersonTime:
    available, committed, proposed = (row[f"{part}_hours"] for part in ("available", "committed", "proposed"))
    length = max(available, committed + proposed) or 1.0
    hours = [formats.number(value, 0) for value in (committed, proposed, available)]
    return PersonTime(
        name=name,
        committed=100 * committed / length,
        proposed=100 * proposed / length,
        words=f"{hours[0]} h committed, {hours[1]} h proposed, of {hours[2]} h",
        is_over=committed + proposed > available + 0.5,
    )


def _period(row: Row | None) -> str:
    return f"{formats.short_day(row['starts_on'])} to {formats.day(row['ends_on'])}" if row else ""


def _summary(outlook: Row | None, inside: pl.DataFrame) -> str:
    if inside.is_empty():
        return "Nothing fits into this sprint."
    hours = outlook["hours"] if outlook else float(inside["hours"].sum())
    return f"{formats.count(inside.height, 'task')}, {formats.number(hours, 0)} h"


def _best(outlook: Row) -> str:
    if outlook["is_proven"]:
        return "proven best for this time"
    return f"within {formats.number(100 * outlook['gap'], 1)}{formats.NARROW}% of the best"
