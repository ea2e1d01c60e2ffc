"""Which story tells of which change of a task, with its old and new values."""

from __future__ import annotations

from typing import Any

from asana_intel.sandbox.calls import Call
from asana_intel.sandbox.custom_values import VALUE_KEYS, value_entry
from asana_intel.sandbox.history import story
from asana_intel.sandbox.standing import standing
from asana_intel.sandbox.world import Fields

_DATES = ("start_on", "due_on", "due_at")


def change_stories(call: Call, gid: str, before: Fields, changed: Fields, values: dict[str, tuple[Any, Any]]) -> None:
    """Write the stories and log the events of a task's change.

    Args:
        call: The call that made it.
        gid: The task.
        before: Its raw fields before.
        changed: The raw fields that are different now.
        values: Custom-field gid -> (old, new) value in kept form.
    """
    if "name" in changed:
        facts = {"old_name": before["name"], "new_name": changed["name"]}
        story(call, gid, "name_changed", f"changed the name to {changed['name']}", **facts)
    if "notes" in changed:
        story(call, gid, "notes_changed", "changed the description")
    if "assignee" in changed:
        _assignment(call, gid, changed["assignee"])
    if any(name in changed for name in _DATES):
        old = {name: before.get(name) for name in _DATES}
        new = {**old, **{name: changed[name] for name in _DATES if name in changed}}
        story(call, gid, "due_date_changed", f"changed the due date to {new['due_on']}", old_dates=old, new_dates=new)
    if "approval_status" in changed:
        facts = {"old_approval_status": before.get("approval_status") or "pending"}
        facts["new_approval_status"] = changed["approval_status"]
        story(call, gid, "approval_status_changed", f"changed the approval to {changed['approval_status']}", **facts)
    if "completed" in changed:
        subtype = "marked_complete" if changed["completed"] else "marked_incomplete"
        story(call, gid, subtype, "completed this task" if changed["completed"] else "marked this task incomplete")
    for field, (old, new) in values.items():
        _value_story(call, gid, field, old, new)
    shown = [name for name in changed if name not in ("completed_at", "completed_by", "assigned_by")]
    for name in [*shown, *(["custom_fields"] if values else [])]:
        call.player.note(gid, "changed", call.actor["gid"], {"field": name, "action": "changed"})


def _assignment(call: Call, gid: str, assignee: Fields | None) -> None:
    if assignee is None:
        story(call, gid, "unassigned", "unassigned this task")
    else:
        name = (call.player.ref(assignee) or {}).get("name")
        story(call, gid, "assigned", f"assigned to {name}", assignee=assignee)


def _value_story(call: Call, gid: str, field: str, old: Any, new: Any) -> None:
    definition = standing(call.player, field)
    kind, key = definition["resource_subtype"], VALUE_KEYS[definition["resource_subtype"]]

    def shown(value: Any) -> Fields:
        return value_entry(definition, value, lambda user: call.player.ref(user) or {"gid": user})

    facts = {f"old_{key}": shown(old)[key], f"new_{key}": shown(new)[key]}
    reference = {"gid": field, "resource_type": "custom_field", "resource_subtype": kind, "name": definition["name"]}
    text = f"changed {definition['name']} to {shown(new)['display_value']}"
    story(call, gid, f"{kind}_custom_field_changed", text, custom_field=reference, **facts)
