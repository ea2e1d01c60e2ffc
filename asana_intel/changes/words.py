"""Rows of new projects in words, for people who review or look back; other rows are read as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from asana_intel.changes.canonical import parsed
from asana_intel.changes.project_kinds import EFFORT, LINK, PROJECT, TASK

if TYPE_CHECKING:
    from asana_intel.changes.ledger import PlanRow


def in_words(row: PlanRow, names: Mapping[str, str] | None = None) -> str | None:
    """What a row of a scenario's new project adds; None for other rows.

    Args:
        row: Row of a plan.
        names: Gid -> name of people and open tasks; None = people are left out.
    """
    if row.field not in {PROJECT, TASK, EFFORT, LINK} or row.new_value == "null":
        return None
    body = parsed(row.new_value)
    if row.field == PROJECT:
        return f"project “{body['name']}”"
    if row.field == EFFORT:
        return f"field {body['field']} on “{body['project']}”"
    if row.field == LINK:
        return f"“{body['task']}” of “{body['project']}” waits for {_blocker(body, names or {})}"
    days = [f"{day.day} {day:%b %Y}" for name in ("start_on", "due_on") if (day := _day(body, name))]
    hours = [f"{body['hours']:g} h"] if "hours" in body else []
    person = body.get("person")
    who = [] if names is None else [f"for {names.get(person, person)}" if person else "for nobody yet"]
    return ", ".join([f"“{body['name']}” in “{body['project']}”", *hours, *filter(None, [" to ".join(days)]), *who])


def _blocker(body: Mapping[str, str], names: Mapping[str, str]) -> str:
    task_gid = body.get("open_task", "")
    known = body.get("waits_for") or names.get(task_gid)
    return f"“{known}”" if known else f"open task {task_gid}"


def _day(body: Mapping[str, str], name: str) -> date | None:
    return date.fromisoformat(body[name]) if body.get(name) else None
