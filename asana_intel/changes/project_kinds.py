"""How a project that a scenario adds gets its hours, tasks and links: looked up and sent. Which ones is not known here.

What such rows write to has no gid yet when they are planned: they name the project and its tasks, which are found by
name and by marker when their turn comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asana_intel.changes.canonical import parsed
from asana_intel.changes.identity import idem_key, marker_of
from asana_intel.changes.progress import FINAL
from asana_intel.changes.sight import Base, Sight, address_of
from asana_intel.changes.writing import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from asana_intel.changes.kinds import Kinds
    from asana_intel.changes.ledger import PlanRow

PROJECT, TASK, EFFORT, LINK = "scenario_project", "scenario_task", "scenario_effort", "scenario_link"
"""What stands as the field of rows that add a project, its tasks, the field of their hours, and what waits for what."""
_MADE = {"done", "noop"}
_OWN = ("person", "hours", "field_gid", "in_minutes")


def task_period(project: str, task: str) -> str:
    """What makes a new task the same intent, whenever and in whichever scenario it is planned."""
    return f"{project} | {task}"


def task_body(body: Mapping[str, Any], attached: Collection[str]) -> Record:
    """What a row says of a new task as Asana takes it.

    Args:
        body: Members of the row's value; `person` does not count as something said to them, as `assignee` would:
            people chose the project and its people.
        attached: Gids of the project's custom fields; hours go nowhere else.
    """
    told = {name: value for name, value in body.items() if name not in _OWN}
    if "person" in body:
        told["assignee"] = body["person"]
    if body.get("field_gid") in attached:
        told["custom_fields"] = {body["field_gid"]: body["hours"] * (60 if body.get("in_minutes") else 1)}
    return told


class AttachEffort(Base):
    """Put the field that holds estimates on a project; values name both."""

    def look(self, row: PlanRow) -> Sight:
        """See `Kind.look`."""
        wanted = parsed(row.new_value)
        project_gid = self._kinds.project_called(row.target_gid, wanted["project"])
        if project_gid is None:
            return Sight(missing=_no_project(wanted))
        there = wanted["field_gid"] in self._kinds.attached(project_gid)
        return Sight(value=row.new_value if there else None, address=project_gid)

    def send(self, row: PlanRow, sight: Sight) -> str:
        """See `Kind.send`."""
        self._writer.attach_custom_field("project", address_of(sight), parsed(row.new_value)["field_gid"])
        self._kinds.forget()
        return address_of(sight)


class AddDependency(Base):
    """Let a new task wait for another one of its project, or for an open task; values name them."""

    def __init__(self, kinds: Kinds) -> None:
        super().__init__(kinds)
        self._blockers: dict[str, str] = {}

    def look(self, row: PlanRow) -> Sight:
        """See `Kind.look`."""
        wanted = parsed(row.new_value)
        project_gid = self._kinds.project_called(row.target_gid, wanted["project"])
        if project_gid is None:
            return Sight(missing=_no_project(wanted))
        tasks = self._writer.list_project_tasks(project_gid, "gid,notes,dependencies.gid")
        waiting = self._task(row, wanted["task"], tasks)
        blocker = {"gid": wanted["open_task"]} if "open_task" in wanted else self._task(row, wanted["waits_for"], tasks)
        if waiting is None or blocker is None:
            name = wanted["task"] if waiting is None else wanted["waits_for"]
            never = self._is_never_made(wanted["project"], name)
            said = f"There is no task {name} in project {wanted['project']}"
            return Sight(unfit=said) if never else Sight(missing=f"{said} yet")
        self._blockers[row.row_key] = blocker["gid"]
        is_there = blocker["gid"] in {link["gid"] for link in waiting.get("dependencies") or []}
        return Sight(value=row.new_value if is_there else None, address=waiting["gid"])

    def _task(self, row: PlanRow, name: str, tasks: list[Record]) -> Record | None:
        period = task_period(parsed(row.new_value)["project"], name)
        marker = marker_of(idem_key("create_task", row.target_gid, TASK, period))
        return next((task for task in tasks if marker in (task.get("notes") or "")), None)

    def _is_never_made(self, project: str, name: str) -> bool:
        """Whether the row that makes a task was rejected or is over without one."""
        period = task_period(project, name)
        for row in self._kinds.plan.rows:
            if row.kind == "create_task" and parsed(row.new_value).get("period") == period:
                return row.decision == "rejected" or (row.state in FINAL and row.state not in _MADE)
        return False

    def send(self, row: PlanRow, sight: Sight) -> str:
        """See `Kind.send`."""
        self._writer.add_dependency(address_of(sight), self._blockers[row.row_key])
        return address_of(sight)


def project_touched(record: Record, wanted: Record) -> str | None:
    """Why a project of ours is not to be deleted any more; tasks that stand in it are another reason to wait.

    Args:
        record: The project: name, notes, current_status_update.
        wanted: What we created, and its `marker`.
    """
    if wanted["marker"] not in (record.get("notes") or ""):
        return "the text of this project was changed"
    if record.get("name") != wanted["name"]:
        return "the project was renamed"
    return "somebody posted a status of the project" if record.get("current_status_update") else None


def tasks_in(kinds: Kinds, project_gid: str) -> list[str]:
    """Gids of the tasks of a project."""
    return [task["gid"] for task in kinds.writer.list_project_tasks(project_gid, "gid")]


def _no_project(wanted: Mapping[str, Any]) -> str:
    return f"There is no project {wanted['project']} yet"
