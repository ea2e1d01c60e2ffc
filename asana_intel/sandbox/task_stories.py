"""Which story tells of which change of a task's own fields, with its old and new values. Moves are elsewhere."""

from __future__ import annotations

from typing import Any

from asana_intel.sandbox.calls import Call
from asana_intel.sandbox.custom_values import VALUE_KEYS, value_entry
from asana_intel.sandbox.history import story
from asana_intel.sandbox.standing import standing
from asana_intel.sandbox.world import Fields

_DATES = ("start_on", "due_on", "due_at")
# What follows from another field, and is no change of its own.
_IMPLIED = frozenset({"completed_at", "completed_by", "assigned_by", "html_notes", "likes", "num_likes"})


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
    if "notes" in changed or "html_notes" in changed:
        story(call, gid, "notes_changed", "changed the description")
    if "assignee" in changed:
        _assignment(call, gid, changed["assignee"])
    if any(name in changed for name in (*_DATES, "start_at")):
        _date_story(call, gid, before, changed)
    if "resource_subtype" in changed:
        old, new = before.get("resource_subtype"), changed["resource_subtype"]
        facts = {"old_resource_subtype": old, "new_resource_subtype": new}
        story(call, gid, "resource_subtype_changed", f"converted this task to {new}", **facts)
    _completion_stories(call, gid, before, changed)
    for field, (old, new) in values.items():
        _value_story(call, gid, field, old, new)
    for name in [*(n for n in changed if n not in _IMPLIED), *(["custom_fields"] if values else [])]:
        change: Fields = {"field": name, "action": "changed"}
        if name == "assignee":
            change["new_value"] = call.player.ref(changed[name])
        call.player.note(gid, "changed", call.actor["gid"], change)


def _assignment(call: Call, gid: str, assignee: Fields | None) -> None:
    if assignee is None:
        story(call, gid, "unassigned", "unassigned this task")
    else:
        name = (call.player.ref(assignee) or {}).get("name")
        story(call, gid, "assigned", f"assigned to {name}", assignee=assignee)


def _date_story(call: Call, gid: str, before: Fields, changed: Fields) -> None:
    old = {name: before.get(name) for name in _DATES}
    new = {**old, **{name: changed[name] for name in _DATES if name in changed}}
    text = f"changed the due date to {new['due_on']}" if new["due_on"] else "removed the due date"
    story(call, gid, "due_date_changed", text, old_dates=old, new_dates=new)


def _completion_stories(call: Call, gid: str, before: Fields, changed: Fields) -> None:
    if "approval_status" in changed:
        facts = {"old_approval_status": before.get("approval_status") or "pending"}
        facts["new_approval_status"] = changed["approval_status"]
        story(call, gid, "approval_status_changed", f"changed the approval to {changed['approval_status']}", **facts)
    if "completed" in changed:
        subtype = "marked_complete" if changed["completed"] else "marked_incomplete"
        story(call, gid, subtype, "completed this task" if changed["completed"] else "marked this task incomplete")
    if changed.get("liked"):
        story(call, gid, "liked", "liked this task")


def _value_story(call: Call, gid: str, field: str, old: Any, new: Any) -> None:
    definition = standing(call.player, field)
    kind = definition["resource_subtype"]

    def shown(value: Any) -> Fields:
        return value_entry(definition, value, lambda user: call.player.ref(user) or {"gid": user})

    before, after = shown(old), shown(new)
    reference = {"gid": field, "resource_type": "custom_field", "resource_subtype": kind, "name": definition["name"]}
    text = f"changed {definition['name']} to {after['display_value']}" if new else f"cleared {definition['name']}"
    facts: Fields = {}
    if kind == "date":  # dates of fields are told as those of tasks are
        facts = {"old_date_value": _as_dates(before["date_value"]), "new_date_value": _as_dates(after["date_value"])}
    elif kind != "reference":  # Asana documents no member for these
        key = VALUE_KEYS[kind]
        facts = {f"old_{key}": before[key], f"new_{key}": after[key]}
    story(call, gid, f"{kind}_custom_field_changed", text, custom_field=reference, **facts)


def _as_dates(value: Fields | None) -> Fields | None:
    if value is None:
        return None
    moment = value.get("date_time")
    return {"start_on": None, "due_at": moment, "due_on": value.get("date") or (moment and moment[:10])}
