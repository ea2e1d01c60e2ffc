"""Changes wanted because a chosen scenario adds projects: the project, its tasks and links, as rows. Pure.

Moves of tasks that exist are scenario_changes.py's. A project of that name that everybody may read takes the tasks,
else one is made. What cannot be written has a sentence, and nothing that was made before is made again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from asana_intel.changes.canonical import canonical_number, canonical_object, canonical_text, parsed
from asana_intel.changes.fields import FieldMatch, FieldSpec, resolve
from asana_intel.changes.identity import row_marker
from asana_intel.changes.inputs import PlanInputs, Week
from asana_intel.changes.project_kinds import EFFORT, LINK, PROJECT, TASK, task_period
from asana_intel.changes.published import published
from asana_intel.narratives.audience import public_projects

Row = dict[str, Any]
MADE_BY = "scenario"
ESTIMATE = FieldSpec(
    "estimate", "Estimated hours", "task", "number", "Hours that a task is estimated to take.",
    ("Estimated time", "Effort hours", "Effort (hours)", "Estimate"), theirs=True,
)  # fmt: skip
"""The company's field of estimates, by the names under which staging finds it."""


@dataclass
class NewProjects:
    """Rows of the projects that a scenario adds.

    Args:
        inputs: Frames of the week.
        week: Makes the rows.
        scenario: What the scenario is called.
        writable: Gids of open tasks that may be named and written to.
        made: Markers of what we made and did not take back.
        left_out: Sentences on what is not written; filled by `rows`.
    """

    inputs: PlanInputs
    week: Week
    scenario: str
    writable: frozenset[str]
    made: frozenset[str]
    left_out: list[str] = field(default_factory=list)
    _joining: dict[str, str | None] = field(default_factory=dict, init=False)

    def rows(self, changes: Sequence[Row], moves: Sequence[Row]) -> list[Row]:
        """The rows.

        Args:
            changes: The scenario's changes; those that add projects count.
            moves: Its outcome's moves: of new tasks, person_after_gid, start_after and due_after.
        """
        placed = {move["task_gid"]: move for move in moves if move["is_new"]}
        self._joining = {f"new:{one['name']}": one.get("team_gid") for one in changes if one["kind"] == "add_person"}
        added = [change for change in changes if change["kind"] == "add_project"]
        return [row for change in added for row in self._project(change, placed)]

    def _project(self, change: Row, placed: Mapping[str, Row]) -> Iterator[Row]:
        title = _plain(change["name"])
        there = next(iter(self.inputs.projects_called(title)), None)
        gids = {f"new:{change['name']}:{n}": task for n, task in enumerate(change["tasks"], start=1)}
        known = {gid: task for gid, task in gids.items() if gid in placed}
        team = self._team(known, placed)
        new = self._row("create_project", PROJECT, self._project_body(title, team), "the project is added.")
        is_open = there in public_projects(self.inputs.projects) or self._marker(new) in self.made
        if there is not None and not is_open:
            self._leave(f"Project “{title}”: one of that name is there, and not everybody may read it; rename yours")
            return
        if there is None and team is None and self.inputs.team_memberships.height:
            self._leave(f"Project “{title}”: no team is known for it; name one in the column team of its tasks")
            return
        first = None if there else new
        effort = self._effort(title, there)
        after: str | None = first["row_key"] if first else None
        tasks = {gid: self._task(title, task, placed[gid], effort, after) for gid, task in known.items()}
        wanted = {gid: row for gid, row in tasks.items() if row is not None and not self._is_made(title, row)}
        if not wanted:
            return
        if first is not None:
            yield first
            if effort is not None:
                body = {"project": title, "field": effort.label, "field_gid": effort.field_gid}
                yield self._row("attach_effort", EFFORT, body, "the field holds the hours of its tasks.", after)
        yield from wanted.values()
        yield from self._links(title, known, wanted, tasks)

    def _project_body(self, title: str, team: str | None) -> Row:
        notes = f"Added with the scenario “{_plain(self.scenario)}” by asana-intel."
        return {"name": title, "notes": notes, "team": team, "period": title}

    def _task(self, title: str, task: Row, placed: Row, effort: FieldMatch | None, after: str | None) -> Row | None:
        """The row of a task; None where it cannot be written."""
        name, due_on, start_on = _plain(task["task"]), placed["due_after"], placed["start_after"]
        if due_on is not None and due_on < self.week.today:
            return self._leave(f"Task “{name}” of “{title}”: its due date lies in the past")
        person = placed["person_after_gid"]
        if person is not None and person not in set(self.inputs.people["person_gid"]):
            who = person.removeprefix("new:")
            self._leave(f"Task “{name}” of “{title}” is made for nobody: {who} is not in Asana yet")
            person = None
        if task.get("goal_gid"):
            goals = dict(self.inputs.goals.select("goal_gid", "name").iter_rows())
            goal = goals.get(task["goal_gid"]) or task["goal_gid"]
            self._leave(f"Task “{name}” of “{title}”: that it serves “{goal}” is not written; connect them in Asana")
        body: Row = {"name": name, "project": title, "period": task_period(title, name), "person": person}
        body["notes"] = f"From the scenario “{_plain(self.scenario)}”."
        # One day is a due date alone: Asana need not take a start beside it.
        body |= {"start_on": _day(start_on if start_on != due_on and due_on else None), "due_on": _day(due_on)}
        if effort is not None:
            body |= self._hours(effort, task["hours"])
        hours = canonical_number(task["hours"], 1)
        when = f", due {due_on.day} {due_on:%b %Y}" if due_on else ""
        return self._row(
            "create_task", TASK, body, f"{hours} h{when}, for {'somebody' if person else 'nobody yet'}.", after
        )

    def _is_made(self, title: str, row: Row) -> bool:
        if self._marker(row) not in self.made:
            return False
        name = parsed(row["new_value"])["name"]
        self._leave(f"Task “{name}” of “{title}”: it was made before, and is not made a second time")
        return True

    def _marker(self, row: Row) -> str:
        return row_marker(row, self.week.as_of_on, self.week.as_of_at)

    def _links(
        self, title: str, known: Mapping[str, Row], wanted: Mapping[str, Row], tasks: Mapping[str, Row | None]
    ) -> Iterator[Row]:
        by_name = {task["task"]: gid for gid, task in known.items()}
        for gid, row in wanted.items():
            name = _plain(known[gid]["task"])
            for blocker in known[gid]["depends_on"]:
                body, what = {"project": title, "task": name}, f"Task “{name}” of “{title}” does not wait for"
                if tasks.get(by_name.get(blocker, "")) is not None:
                    body["waits_for"] = _plain(blocker)
                elif blocker in self.writable:
                    body["open_task"] = blocker
                else:
                    self._leave(f"{what} {blocker}: that is not written, not open, or not everybody's to read")
                    continue
                said = f"“{name}” waits for {f'“{_plain(blocker)}”' if 'waits_for' in body else f'task {blocker}'}."
                yield self._row("add_dependency", LINK, body, said, row["row_key"])

    def _effort(self, title: str, there: str | None) -> FieldMatch | None:
        """The field that holds the hours of the project's tasks; None where there is none that can."""
        found = resolve((ESTIMATE,), self.inputs.custom_fields).get(ESTIMATE.name)
        if found is None:
            return self._leave(f"“{title}”: hours are not written, for no field {ESTIMATE.label} is there")
        if misfit := ESTIMATE.misfit(self.inputs.definitions.get(found.field_gid, {})):
            return self._leave(f"“{title}”: hours are not written, for {found.label} {misfit}")
        settings = self.inputs.custom_field_settings.filter(pl.col("field_gid") == found.field_gid)
        if there is not None and there not in set(settings["parent_gid"]):
            return self._leave(f"“{title}”: hours are not written, for that project has no field {found.label}")
        return found

    def _hours(self, effort: FieldMatch, hours: float) -> Row:
        definition = self.inputs.definitions.get(effort.field_gid, {})
        if definition.get("format") == "duration":  # in minutes
            return {"hours": round(hours * 60) / 60, "field_gid": effort.field_gid, "in_minutes": True}
        return {"hours": parsed(canonical_number(hours, definition.get("precision"))), "field_gid": effort.field_gid}

    def _team(self, known: Mapping[str, Row], placed: Mapping[str, Row]) -> str | None:
        """The team named most often, else that of most people who do the tasks."""
        of = self._joining | dict(self.inputs.people.select("person_gid", "team_gid").iter_rows())
        named = Counter(task["team_gid"] for task in known.values() if task.get("team_gid"))
        theirs = Counter(team for gid in known if (team := of.get(placed[gid]["person_after_gid"])))
        votes = named or theirs
        return min(votes, key=lambda team: (-votes[team], team), default=None)

    def _row(self, kind: str, name: str, body: Row, said: str, after: str | None = None) -> Row:
        target = "workspace", self.inputs.workspace_gid
        reason = f"Scenario “{_plain(self.scenario)}”: {said}"
        return self.week.row(
            kind, "capacity", target, name, canonical_object(body), reason, made_by=MADE_BY, after_key=after
        )

    def _leave(self, sentence: str) -> None:
        self.left_out.append(f"{sentence}.")


def _plain(text: str) -> str:
    return canonical_text(published(text))


def _day(day: date | None) -> str | None:
    return day and day.isoformat()


def made_by_hand(changes: Sequence[Row], names: Mapping[str, str], assigned: Collection[str]) -> list[str]:
    """A sentence on each change that a plan cannot hold.

    Args:
        changes: The scenario's changes.
        names: Gid -> name of tasks and people.
        assigned: Kinds of the plan's rows.
    """
    said: list[str] = []
    for change in changes:
        who = names.get(change.get("person_gid", ""), change.get("person_gid"))
        match change["kind"]:
            case "remove_task":
                task = names.get(change["task_gid"], change["task_gid"])
                said.append(f"Task “{task}” is not to be done: complete or delete it in Asana.")
            case "add_person":
                said.append(f"{change['name']} joins: invite them to Asana; work is given to them once they are there.")
            case "remove_person":
                rest = "what they hand over is in the plan" if "set_assignee" in assigned else "no task changes hands"
                said.append(f"{who} leaves: take them out of their teams in Asana; {rest}.")
            case _:
                pass
    return said
