"""Reading a task's plain fields from a request: dates, completion, approval, subtype, likes. No effects here."""

from __future__ import annotations

from typing import Any

from asana_intel.sandbox.calls import Call
from asana_intel.sandbox.edits import stated_choice, stated_date, stated_flag, text_fields, user_reference
from asana_intel.sandbox.rejections import ApiError, invalid
from asana_intel.sandbox.world import Fields

APPROVALS = frozenset({"pending", "approved", "rejected", "changes_requested"})
DATES = ("due_on", "due_at", "start_on", "start_at")
WRITABLE = frozenset(
    {
        "name", "notes", "html_notes", "assignee", *DATES, "completed", "approval_status", "custom_fields",
        "resource_subtype", "external", "liked", "assignee_section", "assignee_status", "custom_type",
        "custom_type_status_option",
    }
)  # fmt: skip
_SUBTYPES = frozenset({"default_task", "milestone", "approval", "custom"})
_ASSIGNEE_STATUSES = frozenset({"today", "upcoming", "later", "new", "inbox"})
_EXTERNAL_MAX = {"gid": 1024, "data": 32_768}


def task_fields(call: Call, before: Fields) -> Fields:
    """Read the plain fields of a task's body, with what one implies for another.

    Args:
        call: The call.
        before: The task's raw fields; empty for a new task.

    Returns:
        Raw fields, references as `{"gid"}`.

    Raises:
        ApiError: 400 for a value that does not fit, or fields that exclude each other; 404 for an unknown user.
    """
    body = call.data
    fields = text_fields(call, ("name", "notes", "html_notes"))
    subtype = _subtype(call, before, fields)
    fields |= _dates(body, before, subtype)
    if "assignee" in body:
        fields["assignee"] = user_reference(call, "assignee")
        fields["assigned_by"] = {"gid": call.actor["gid"]} if fields["assignee"] else None
    if "assignee_status" in body:
        fields["assignee_status"] = stated_choice("assignee_status", body["assignee_status"], _ASSIGNEE_STATUSES)
    if body.get("assignee_section") is not None:
        raise invalid("assignee_section", f"Not a section of the assignee's My Tasks: {body['assignee_section']}")
    if "external" in body:
        fields["external"] = _external(body["external"])
    if "liked" in body:
        fields |= _likes(call, before, stated_flag("liked", body["liked"]))
    return fields | _completion(body, subtype)


def _subtype(call: Call, before: Fields, fields: Fields) -> str:
    body = call.data
    if "resource_subtype" in body:
        fields["resource_subtype"] = stated_choice("resource_subtype", body["resource_subtype"], _SUBTYPES)
    subtype = fields.get("resource_subtype") or before.get("resource_subtype") or "default_task"
    given = [name for name in ("custom_type", "custom_type_status_option") if body.get(name) is not None]
    if given and subtype != "custom":
        raise invalid(given[0], "Can only be set on tasks of subtype custom")
    if "custom_type" in body:
        gid = body["custom_type"]
        fields["custom_type"] = None if gid is None else {"gid": call.existing("custom_type", "custom_types", gid)}
    if "custom_type_status_option" in body:
        custom_type = fields.get("custom_type", before.get("custom_type"))
        fields["custom_type_status_option"] = _status_option(call, custom_type, body["custom_type_status_option"])
    return subtype


def _status_option(call: Call, custom_type: Fields | None, gid: Any) -> Fields | None:
    if gid is None:
        return None
    options = call.player.field(custom_type["gid"], "status_options") if custom_type else None
    for option in options or ():
        if option["gid"] == str(gid):
            return {"gid": option["gid"], "resource_type": "custom_type_status_option", "name": option["name"]}
    raise invalid("custom_type_status_option", f"Not an option of the task's custom type: {gid}")


def _dates(body: Fields, before: Fields, subtype: str) -> Fields:
    for day, moment in (("due_on", "due_at"), ("start_on", "start_at")):
        if body.get(day) is not None and body.get(moment) is not None:
            raise invalid(day, f"You may only provide one of {day} or {moment}")
    fields = {name: stated_date(name, body[name]) for name in DATES if name in body}
    if "start_at" in body and "due_at" not in body:
        raise invalid("start_at", "You must also set due_at in the same request")
    if "start_on" in body and not ("due_on" in body or "due_at" in body):
        raise invalid("start_on", "You must also set due_on (or due_at) in the same request")
    for day, moment in (("due_on", "due_at"), ("start_on", "start_at")):
        if fields.get(moment):
            fields[day] = str(fields[moment])[:10]
        elif day in fields:
            fields[moment] = None
    known = {name: fields.get(name, before.get(name)) for name in DATES}
    if not known["due_on"] and (known["start_on"] or known["start_at"]):
        if fields.get("start_on"):
            raise invalid("start_on", "A task with a start date must have a due date")
        fields |= {"start_on": None, "start_at": None}  # a start date does not stand without a due date
    if fields.get("start_on"):
        if str(known["start_on"]) > str(known["due_on"]):
            raise invalid("start_on", "Start date must be on or before the due date")
        if subtype == "milestone":
            raise invalid("start_on", "A milestone cannot have a start date")
    return fields


def _external(value: Any) -> Fields | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) - set(_EXTERNAL_MAX):
        raise invalid("external", "Not an object of gid and data")
    for name, limit in _EXTERNAL_MAX.items():
        text = value.get(name, "")
        if not isinstance(text, str) or len(text) > limit:
            raise invalid(f"external.{name}", f"Must be a string of at most {limit} characters")
    return value


def _likes(call: Call, before: Fields, liked: bool) -> Fields:
    others = [like for like in before.get("likes") or [] if like["user"]["gid"] != call.actor["gid"]]
    user = {name: call.actor[name] for name in ("gid", "resource_type", "name")}
    mine = {"gid": f"{before.get('gid', '')}{user['gid']}"[-16:], "user": user}
    likes = [*others, mine] if liked else others
    return {"liked": liked, "likes": likes, "num_likes": len(likes)}


def _completion(body: Fields, subtype: str) -> Fields:
    fields: Fields = {}
    if "completed" in body:
        fields["completed"] = stated_flag("completed", body["completed"])
    if "approval_status" in body:
        if subtype != "approval":
            raise invalid("approval_status", "Can only be set on tasks of subtype approval")
        status = stated_choice("approval_status", body["approval_status"], APPROVALS)
        if fields.get("completed", status != "pending") != (status != "pending"):
            raise ApiError(400, "approval_status: Contradicts completed")
        fields |= {"approval_status": status, "completed": status != "pending"}
    elif subtype == "approval" and "completed" in fields:
        fields["approval_status"] = "approved" if fields["completed"] else "pending"
    return fields
