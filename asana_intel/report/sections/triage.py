"""The triage section: tasks that arrived, what is suggested for each and how sure it is. Asks nobody."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from asana_intel.report import formats
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.links import AsanaObject
from asana_intel.report.sections.roster import Roster
from asana_intel.report.sections.shared import Shared

Row = dict[str, Any]
ARRIVALS_SHOWN = 40
_SUGGESTED = ("category", "complexity", "priority", "duplicate_of_gid", "person_gid")


@dataclass(frozen=True)
class Suggestion:
    """One chip: what it is about, the value, how sure; `object` where the value is something in Asana."""

    about: str
    value: str
    sure: str
    object: AsanaObject | None = None


@dataclass(frozen=True)
class Arrival:
    """One task; `reason` says why something is left open."""

    task: AsanaObject
    project: AsanaObject | None
    arrived: str
    chips: list[Suggestion]
    reason: str | None
    evidence: list[AsanaObject]


@dataclass(frozen=True)
class TriageSection:
    """All of it: `arrivals` of `public` tasks, the newest first; `private` ones are counted only."""

    arrivals: list[Arrival]
    public: int
    private: int
    suggested: int


def triage_section(inputs: ReportInputs) -> TriageSection:
    """Arrange what waits for an answer."""
    shared, roster = Shared(inputs), Roster(inputs.people)
    waiting = inputs.insights.triage.sort("arrived_at", "task_gid", descending=[True, False])
    rows = [(task, row) for row in waiting.iter_rows(named=True) if (task := shared.task(row["task_gid"]))]
    has_suggestion = pl.any_horizontal(pl.col(*_SUGGESTED).is_not_null())
    return TriageSection(
        arrivals=[_arrival(task, row, shared, roster) for task, row in rows[:ARRIVALS_SHOWN]],
        public=len(rows),
        private=waiting.height - len(rows),
        suggested=waiting.filter(has_suggestion).height,
    )


def _arrival(task: AsanaObject, row: Row, shared: Shared, roster: Roster) -> Arrival:
    return Arrival(
        task=task,
        project=shared.project(row["project_gid"]),
        arrived=formats.day(row["arrived_at"]),
        chips=_chips(row, shared, roster),
        reason=row["reason"],
        evidence=shared.tasks(row["evidence_gids"]),
    )


def _chips(row: Row, shared: Shared, roster: Roster) -> list[Suggestion]:
    chips = [
        Suggestion(about, row[about], formats.percent(row[f"{about}_p"]))
        for about in ("category", "complexity", "priority")
        if row[about]
    ]
    if row["person_gid"]:
        chips.append(Suggestion("assignee", roster.name(row["person_gid"]), formats.percent(row["person_p"])))
    if row["duplicate_of_gid"]:
        other = shared.task(row["duplicate_of_gid"])
        name = other.name if other else "a private task"
        chips.append(Suggestion("may repeat", name, formats.percent(row["duplicate_p"]), other))
    return chips
