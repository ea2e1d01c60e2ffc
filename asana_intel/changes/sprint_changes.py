"""Changes wanted in where tasks stand: sections called like sprints, and sprint proposals with who does what. Pure.

Both are off unless the settings want them. Running work is never moved, and nobody's task is taken from them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from asana_intel.changes.backlog import MADE_BY, Backlog, Row, whole
from asana_intel.changes.canonical import canonical_object, canonical_text
from asana_intel.changes.fields import BY_NAME
from asana_intel.changes.inputs import PlanInputs, PlanRules, Week

SPRINTS = BY_NAME["ai_recommended_sprint"].options
_NOT_STARTED = {*(name.casefold() for name in SPRINTS), "untitled section"}
_PROPOSED = "sprint_proposal"


@dataclass(frozen=True)
class Places:
    """Where tasks stand: (task gid, project gid) -> name of the section; project gid -> names of its sections."""

    sections: Mapping[tuple[str, str], str | None]
    names: Mapping[str, list[str]]

    @classmethod
    def of(cls, inputs: PlanInputs) -> "Places":
        """Collect them; a section that the last sync did not see leaves its tasks out."""
        called = {
            gid: canonical_text(name or "") for gid, name in inputs.sections.select("section_gid", "name").iter_rows()
        }
        places = inputs.task_projects.filter(
            pl.col("section_gid").is_null() | pl.col("section_gid").is_in(called.keys())
        )
        names: dict[str, list[str]] = {}
        for project_gid, gid in inputs.sections.select("project_gid", "section_gid").sort("section_gid").iter_rows():
            names.setdefault(project_gid, []).append(called[gid])
        columns = places.select("task_gid", "project_gid", "section_gid").iter_rows()
        return cls({(task, project): called.get(section) for task, project, section in columns}, names)


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
        project_gid = next((p for p in backlog.projects.get(gid, []) if (gid, p) in places.sections), None)
        if project_gid is None or gid in seen or made.get(project_gid, name) != name:
            continue  # one sprint a project and plan, one place a task
        if project_gid not in made and name not in places.names.get(project_gid, []):
            yield _section(week, project_gid, name)
        made[project_gid] = name
        seen.add(gid)
        yield from _moved(week, places, task, project_gid, name, _PROPOSED)
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
        gid, sprint = task["task_gid"], task["sprint"].casefold()
        for project_gid in backlog.projects.get(gid, []):
            named = [name for name in places.names.get(project_gid, []) if name.casefold() == sprint]
            stands = places.sections.get((gid, project_gid)) or "untitled section"
            if (gid, project_gid) in places.sections and len(named) == 1 and stands.casefold() in _NOT_STARTED:
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


def _moved(week: Week, places: Places, task: Row, project_gid: str, name: str, made_by: str) -> Iterator[Row]:
    gid, stands = task["task_gid"], places.sections[task["task_gid"], project_gid]
    if stands == name:
        return
    old = None if stands is None else canonical_object({"project": project_gid, "section": stands})
    yield week.row(
        "add_to_section", "priority", ("task", gid), "section",
        canonical_object({"project": project_gid, "section": name}),
        task["reason"] if made_by == _PROPOSED else f"{task['sprint']}: {whole(task['score'])} of 100 points.",
        old_value=old, evidence=[gid], confidence=task.get("confidence"), made_by=made_by, verbatim=True,
    )  # fmt: skip
