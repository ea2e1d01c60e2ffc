"""Changes wanted in where tasks stand: sections called like sprints, and sprint proposals with who does what. Pure.

Both are off unless the settings want them. Running work is never moved, and nobody's task is taken from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from asana_intel.changes.backlog import MADE_BY, Backlog, Row, whole
from asana_intel.changes.canonical import canonical_object, canonical_text
from asana_intel.changes.fields import BY_NAME
from asana_intel.changes.inputs import PlanInputs, PlanRules, Week
from asana_intel.changes.task_kinds import place_value

SPRINTS = BY_NAME["ai_recommended_sprint"].options
_NOT_STARTED = {*(name.casefold() for name in SPRINTS), "untitled section"}
_PROPOSED = "sprint_proposal"


Section = Mapping[str, str]


@dataclass(frozen=True)
class Places:
    """Where tasks stand: (task gid, project gid) -> section, or None; project gid -> its sections (gid, name)."""

    stands: Mapping[tuple[str, str], Section | None]
    sections: Mapping[str, list[Section]]

    @classmethod
    def of(cls, inputs: PlanInputs) -> Places:
        """Collect them; a section that the last sync did not see leaves its tasks out."""
        known: dict[str, Section] = {}
        sections: dict[str, list[Section]] = {}
        rows = inputs.sections.select("project_gid", "section_gid", "name").sort("section_gid")
        for project_gid, gid, name in rows.iter_rows():
            known[gid] = {"gid": gid, "name": canonical_text(name or "")}
            sections.setdefault(project_gid, []).append(known[gid])
        is_known = pl.col("section_gid").is_null() | pl.col("section_gid").is_in(known.keys())
        places = inputs.task_projects.filter(is_known).select("task_gid", "project_gid", "section_gid").iter_rows()
        return cls({(task, project): known.get(section) for task, project, section in places}, sections)

    def called(self, project_gid: str, name: str) -> list[Section]:
        """Sections of a project with a name, whatever its case."""
        return [s for s in self.sections.get(project_gid, []) if s["name"].casefold() == name.casefold()]


def sprint_sections(inputs: PlanInputs, week: Week, rules: PlanRules, backlog: Backlog) -> Iterator[Row]:
    """A section for each project with tasks in a sprint proposal, its tasks in it, and an assignee for nobody's."""
    if not rules.priority.sprint:
        return
    places = Places.of(inputs)
    made: dict[str, str] = {}
    seen: set[str] = set()
    proposed = inputs.sprint_proposal.filter(
        pl.col("is_in"), ~pl.col("is_pinned"), pl.col("ends_on") >= week.today, pl.col("task_gid").is_in(backlog.tasks)
    )
    for task in proposed.sort("team_gid", "task_gid").to_dicts():
        gid, name = task["task_gid"], sprint_name(task["starts_on"], task["ends_on"])
        project_gid = next((p for p in backlog.projects.get(gid, []) if (gid, p) in places.stands), None)
        if project_gid is None or gid in seen or made.get(project_gid, name) != name:
            continue  # one sprint a project and plan, one place a task
        if project_gid not in made and not places.called(project_gid, name):
            yield _section(week, project_gid, name)
        made[project_gid] = name
        seen.add(gid)
        section = next(iter(places.called(project_gid, name)), {"name": name})
        yield from _moved(week, places, task, project_gid, section, _PROPOSED)
        if backlog.assignees.get(gid) is None and task["person_gid"] is not None:
            yield week.row(
                "set_assignee", "priority", ("task", gid), "assignee", f'"{task["person_gid"]}"', task["reason"],
                evidence=[gid], made_by=_PROPOSED,
            )  # fmt: skip


def sprint_moves(inputs: PlanInputs, week: Week, rules: PlanRules, backlog: Backlog) -> Iterator[Row]:
    """Move the tasks ranked first, as far as nobody has begun them, to the section that is called like their sprint."""
    if not rules.priority.move:
        return
    places, planned = Places.of(inputs), set(inputs.sprint_proposal.filter("is_in")["task_gid"])
    for task in backlog.ranked[: rules.priority.tasks]:
        gid = task["task_gid"]
        for project_gid in backlog.projects.get(gid, []):
            named, stands = places.called(project_gid, task["sprint"]), places.stands.get((gid, project_gid))
            is_begun = stands is not None and stands["name"].casefold() not in _NOT_STARTED
            if (gid, project_gid) in places.stands and len(named) == 1 and not is_begun:
                if not (rules.priority.sprint and gid in planned):
                    yield from _moved(week, places, task, project_gid, named[0], MADE_BY)
                break


def sprint_name(starts_on: date, ends_on: date) -> str:
    """What the section of a sprint is called."""
    return f"Sprint {starts_on.day} {starts_on:%b} to {ends_on.day} {ends_on:%b %Y}"


def _section(week: Week, project_gid: str, name: str) -> Row:
    return week.row(
        "create_section", "priority", ("project", project_gid), "sprint_section", canonical_object({"name": name}),
        f"Tasks are proposed for it: {name}.", evidence=[project_gid], made_by=_PROPOSED,
    )  # fmt: skip


def _moved(week: Week, places: Places, task: Row, project_gid: str, section: Section, made_by: str) -> Iterator[Row]:
    gid = task["task_gid"]
    stands = places.stands[gid, project_gid]
    if stands is not None and stands["name"] == section["name"]:
        return
    proposed = made_by == _PROPOSED
    yield week.row(
        "add_to_section", "priority", ("task", gid), "section", place_value(project_gid, section),
        task["reason"] if proposed else f"{task['sprint']}: {whole(task['score'])} of 100 points.",
        old_value=None if stands is None else place_value(project_gid, stands),
        evidence=[gid], confidence=task.get("confidence"), made_by=made_by, verbatim=True,
    )  # fmt: skip
