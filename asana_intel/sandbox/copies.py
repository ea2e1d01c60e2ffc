"""Copies of tasks and projects: what is taken over, and what refers to the copy. Jobs and requests are elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from asana_intel.sandbox.calls import Call
from asana_intel.sandbox.edits import default_record
from asana_intel.sandbox.history import story
from asana_intel.sandbox.order import sections_of, subtasks_in_order, tasks_in_project
from asana_intel.sandbox.standing import settings_in_order
from asana_intel.sandbox.world import Fields, setting_record

TASK_PARTS = frozenset(
    {
        "assignee", "attachments", "dates", "dependencies", "followers", "notes", "parent", "projects", "subtasks",
        "tags",
    }
)  # fmt: skip
PROJECT_PARTS = frozenset(
    {
        "allocations", "forms", "members", "notes", "permissions", "task_assignee", "task_attachments", "task_dates",
        "task_dependencies", "task_followers", "task_notes", "task_projects", "task_subtasks", "task_tags",
        "task_templates", "task_type_default",
    }
)  # fmt: skip
_FIELDS_OF_PART: dict[str, tuple[str, ...]] = {
    "assignee": ("assignee", "assigned_by"),
    "dates": ("due_on", "due_at", "start_on", "start_at"),
    "followers": ("followers",),
    "notes": ("notes", "html_notes"),
    "tags": ("tags",),
}
_ALWAYS = ("resource_subtype", "workspace", "custom_type", "custom_type_status_option")
Shift = Callable[[str, Any], Any]


def make_task(call: Call, fields: Fields, values: dict[str, Any] | None = None) -> str:
    """Create a task from raw fields, with its event and the stories of where it stands. The clock must have ticked."""
    player = call.player
    head: Fields = {"created_at": player.now, "modified_at": player.now}
    projects = [m["project"] for m in fields.get("memberships", [])]
    record = default_record(call, "tasks", {"name": "", **fields, "projects": projects, **head})
    record.values = dict(values or {})
    gid = player.create(record)
    parent = fields.get("parent")
    owner = parent["gid"] if parent else projects[0]["gid"] if projects else None
    player.note(gid, "added", call.actor["gid"], parent=player.ref(owner))
    for project in projects:
        text = f"added to {player.field(project['gid'], 'name')}"
        story(call, gid, "added_to_project", text, project=project)
    return gid


def copy_task(
    call: Call,
    source: str,
    name: str,
    parts: Collection[str],
    places: Fields,
    shift: Shift = lambda name, value: value,
) -> dict[str, str]:
    """Copy a task, with its subtasks if they are among the parts. The clock must have ticked.

    Args:
        call: The call.
        source: The task.
        name: Name of the copy.
        parts: Which of `TASK_PARTS` are taken over; `parent` and `projects` are decided by `places`.
        places: `parent` and `memberships` of the copy.
        shift: Gives a date or moment of the copy from that of the source.

    Returns:
        Gid of each task copied -> gid of its copy; the source's is the first.
    """
    player = call.player
    names = [*_ALWAYS, *(name for part in sorted(parts) for name in _FIELDS_OF_PART.get(part, ()))]
    fields = {n: value for n in names if (value := player.field(source, n)) is not None}
    fields |= {n: shift(n, fields[n]) for n in _FIELDS_OF_PART["dates"] if n in fields}
    fields.setdefault("followers", [{"gid": call.actor["gid"]}])
    gid = make_task(call, {**fields, **places, "name": name}, player.values(source))
    story(call, gid, "duplicated", f"duplicated {player.field(source, 'name')}", duplicated_from={"gid": source})
    copied = {source: gid}
    if "attachments" in parts:
        _copy_attachments(call, source, gid)
    if "subtasks" in parts:
        for child in subtasks_in_order(player, source):
            below: Fields = {"parent": {"gid": gid}, "memberships": []}
            copied |= copy_task(call, child, player.field(child, "name"), parts, below, shift)
    return copied


def copy_dependencies(call: Call, copied: dict[str, str]) -> None:
    """Let copies wait for what their sources wait for: for the copy of it, where there is one."""
    for source, gid in copied.items():
        waits = call.player.field(source, "dependencies") or []
        if waits:
            links = [{"gid": copied.get(item["gid"], item["gid"])} for item in waits]
            call.player.write(gid, {"dependencies": links})


def _copy_attachments(call: Call, source: str, gid: str) -> None:
    for attachment in call.player.related("attachments.parent", source):
        record = call.player.record(attachment)
        kept = {name: value for name, value in record.fields.items() if name != "gid"} if record else {}
        copy = default_record(call, "attachments", {**kept, "parent": {"gid": gid}}, authored=False)
        copy.extra = dict(record.extra) if record else {}
        call.player.create(copy)


def copy_project(call: Call, source: str, fields: Fields, parts: Collection[str], shift: Shift) -> str:
    """Copy a project with its sections, tasks and custom fields. The clock must have ticked.

    Args:
        call: The call.
        source: The project.
        fields: Raw fields of the copy.
        parts: Which of `PROJECT_PARTS` are taken over.
        shift: Gives a date of a copied task from that of its source.

    Returns:
        Gid of the copy.
    """
    player = call.player
    head: Fields = {"created_at": player.now, "modified_at": player.now}
    gid = player.create(default_record(call, "projects", {**fields, **head}, authored=False))
    player.note(gid, "added", call.actor["gid"])
    copy_settings(call, source, gid, "project")
    sections = {section: make_section(call, gid, player.field(section, "name")) for section in _sections(call, source)}
    wanted = {part.removeprefix("task_") for part in parts if part.startswith("task_")}
    copied: dict[str, str] = {}
    for task in tasks_in_project(player, source):
        if task in copied:
            continue
        memberships = [_membership(m, source, gid, sections) for m in player.field(task, "memberships")]
        if "projects" not in wanted:
            memberships = [m for m in memberships if m["project"]["gid"] == gid]
        places: Fields = {"parent": None, "memberships": memberships}
        copied |= copy_task(call, task, player.field(task, "name"), wanted, places, shift)
    if "dependencies" in wanted:
        copy_dependencies(call, copied)
    return gid


def copy_settings(call: Call, source: str, gid: str, kind: str) -> None:
    """Attach the custom fields of a project or portfolio to its copy."""
    player = call.player
    for setting in settings_in_order(player, source):
        held = player.field(setting, "custom_field")["gid"]
        important = bool(player.field(setting, "is_important"))
        player.create(setting_record(player.new_gid(), held, gid, kind, important=important))


def _sections(call: Call, project: str) -> list[str]:
    return list(sections_of(call.player, project))


def _membership(held: Fields, source: str, copy: str, sections: dict[str, str]) -> Fields:
    if held["project"]["gid"] != source:
        return {"project": held["project"], "section": held.get("section")}
    section = sections.get((held.get("section") or {}).get("gid", ""))
    return {"project": {"gid": copy}, "section": {"gid": section} if section else None}


def make_section(call: Call, project: str, name: str) -> str:
    """Create a section at the end of a project. The clock must have ticked."""
    fields = {"name": name, "created_at": call.player.now, "project": {"gid": project}}
    return call.player.create(default_record(call, "sections", fields, authored=False))
