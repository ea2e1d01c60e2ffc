"""What a template holds, and a project or task made from it. Days are counted from a day that is given later.

A project template's draft, in a world's `x_draft` or saved from a project: `notes, html_notes, color, icon,
default_view, privacy_setting`, `custom_fields` (gids), and `sections`: `{"name", "tasks"}`, where a name of None
holds tasks without a section. A task: `name, notes, html_notes, resource_subtype, start_day, due_day, role, subtasks`.
"""

from __future__ import annotations

from datetime import date, timedelta

from asana_intel.sandbox.calls import Call
from asana_intel.sandbox.copies import make_section, make_task
from asana_intel.sandbox.edits import default_record
from asana_intel.sandbox.order import sections_of, subtasks_in_order, tasks_in_project, tasks_in_section
from asana_intel.sandbox.standing import attached_fields
from asana_intel.sandbox.world import Fields, setting_record

_OF_PROJECT = ("notes", "html_notes", "color", "icon", "default_view", "privacy_setting")
_OF_TASK = ("name", "notes", "html_notes", "resource_subtype")


def draft_of(call: Call, project: str) -> Fields:
    """Take down a project as a template keeps it: its people and what is done are left out."""
    player = call.player
    days = [player.field(task, name) for task in tasks_in_project(player, project) for name in ("start_on", "due_on")]
    first = min((day for day in days if day), default=None)
    held = [(None, [t for t in tasks_in_project(player, project) if not _has_section(call, t, project)])]
    held += [(player.field(s, "name"), tasks_in_section(player, s)) for s in sections_of(player, project)]
    return {
        **{name: player.field(project, name) for name in _OF_PROJECT},
        "custom_fields": list(attached_fields(player, project)),
        "has_dates": first is not None,
        "sections": [{"name": name, "tasks": [_draft_task(call, t, first) for t in tasks]} for name, tasks in held],
    }


def _has_section(call: Call, task: str, project: str) -> bool:
    memberships = call.player.field(task, "memberships")
    return any(m["project"]["gid"] == project and m.get("section") for m in memberships)


def _draft_task(call: Call, task: str, first: str | None) -> Fields:
    player = call.player
    draft = {name: player.field(task, name) for name in _OF_TASK}
    for name, of in (("start_day", "start_on"), ("due_day", "due_on")):
        day = player.field(task, of)
        draft[name] = (date.fromisoformat(day) - date.fromisoformat(first)).days if day and first else None
    draft["subtasks"] = [_draft_task(call, child, first) for child in subtasks_in_order(player, task)]
    return draft


def make_project(call: Call, draft: Fields, fields: Fields, first: date, roles: dict[str, str]) -> str:
    """Create a project from a draft. The clock must have ticked.

    Args:
        call: The call.
        draft: See above.
        fields: Raw fields of the project that the draft does not tell.
        first: The day from which the draft counts.
        roles: Gid of a template's role -> gid of the user who gets its tasks.

    Returns:
        Gid of the project.
    """
    player = call.player
    taken = {name: draft[name] for name in _OF_PROJECT if draft.get(name) is not None}
    head: Fields = {"created_at": player.now, "modified_at": player.now}
    gid = player.create(default_record(call, "projects", {**taken, **fields, **head}, authored=False))
    player.note(gid, "added", call.actor["gid"])
    for field in player.existing(draft.get("custom_fields", [])):
        player.create(setting_record(player.new_gid(), field, gid, "project"))
    for section in draft.get("sections", []):
        name = section.get("name")
        place = {"gid": make_section(call, gid, name)} if name else None
        home: Fields = {"parent": None, "memberships": [{"project": {"gid": gid}, "section": place}]}
        for task in section.get("tasks", []):
            _make_task(call, task, {**home, "workspace": fields["workspace"]}, first, roles)
    return gid


def _make_task(call: Call, draft: Fields, places: Fields, first: date, roles: dict[str, str]) -> str:
    fields = {name: draft[name] for name in _OF_TASK if draft.get(name) is not None}
    for name, of in (("start_on", "start_day"), ("due_on", "due_day")):
        if draft.get(of) is not None:
            fields[name] = (first + timedelta(days=draft[of])).isoformat()
    user = roles.get(str(draft.get("role")))
    if user:
        fields |= {"assignee": {"gid": user}, "assigned_by": {"gid": call.actor["gid"]}}
    gid = make_task(call, {"followers": [{"gid": call.actor["gid"]}], **fields, **places})
    below: Fields = {"parent": {"gid": gid}, "memberships": [], "workspace": places["workspace"]}
    for child in draft.get("subtasks", []):
        _make_task(call, child, below, first, roles)
    return gid


def make_task_from_template(call: Call, template: str, name: str | None, today: date) -> str:
    """Create the task that a task template describes, in the template's project. The clock must have ticked."""
    player = call.player
    recipe: Fields = player.field(template, "template") or {}
    project = player.field(template, "project")
    sections = sections_of(player, project["gid"]) if project else []
    place: Fields = {"project": project, "section": {"gid": sections[0]} if sections else None}
    draft: Fields = {
        "name": name or recipe.get("name") or player.field(template, "name"),
        "notes": recipe.get("description") or "",
        "html_notes": recipe.get("html_description"),
        "resource_subtype": _SUBTYPES.get(str(recipe.get("task_resource_subtype")), "default_task"),
        "start_day": recipe.get("relative_start_on"),
        "due_day": recipe.get("relative_due_on"),
        "subtasks": [{"name": child.get("name", "")} for child in recipe.get("subtasks") or []],
    }
    workspace = player.field(project["gid"], "workspace") if project else {"gid": player.all("workspaces")[0]}
    places: Fields = {"parent": None, "memberships": [place] if project else [], "workspace": workspace}
    return _make_task(call, draft, places, today, {})


_SUBTYPES = {"milestone_task": "milestone", "approval_task": "approval"}
