"""Tasks: reading, creating, changing, deleting. Projects, parents and dependencies are task_relations.py's."""

from __future__ import annotations

from typing import Any

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.edits import (
    custom_values,
    default_record,
    stated_choice,
    stated_date,
    text_fields,
    user_reference,
)
from asana_intel.sandbox.history import story
from asana_intel.sandbox.progress import project_tasks
from asana_intel.sandbox.rejections import ApiError, invalid, unknown
from asana_intel.sandbox.standing import attached_fields, modified_at, subtasks_of
from asana_intel.sandbox.task_stories import change_stories
from asana_intel.sandbox.times import normal_iso
from asana_intel.sandbox.world import Fields

APPROVALS = frozenset({"pending", "approved", "rejected", "changes_requested"})
_SUBTYPES = frozenset({"default_task", "milestone", "approval", "custom"})
_DATES = ("due_on", "due_at", "start_on", "start_at")
_WRITABLE = frozenset(
    {
        "name", "notes", "html_notes", "assignee", *_DATES, "completed", "approval_status", "custom_fields",
        "resource_subtype", "external", "liked", "assignee_section",
    }
)  # fmt: skip
_AT_CREATION = frozenset({"workspace", "projects", "parent", "memberships", "followers", "tags"})


def task_gid(call: Call, gid: str) -> str:
    """Return the gid of an existing task, given by gid or as `external:<id>` (404 otherwise)."""
    if gid.startswith("external:"):
        wanted = gid.removeprefix("external:")
        for task in call.player.all("tasks"):
            if (call.player.field(task, "external") or {}).get("gid") == wanted:
                return task
        raise unknown("task", gid)
    call.player.get("tasks", gid)
    return gid


# -- reading


@operation("GET", "/tasks/{task}")
def get_task(call: Call, task: str) -> Reply:
    """One task."""
    return call.one(task_gid(call, task))


@operation("GET", "/tasks")
def get_tasks(call: Call) -> Reply:
    """Tasks of a project, of a section, or of an assignee in a workspace."""
    project, section, assignee = (call.query.get(name) for name in ("project", "section", "assignee"))
    if project:
        gids = _in_project(call, call.existing("project", "projects", project))
    elif section:
        gids = _in_section(call, call.existing("section", "sections", section))
    elif assignee and call.query.get("workspace"):
        call.existing("workspace", "workspaces", call.query["workspace"])
        gids = _assigned(call, call.user_gid("assignee", assignee))
    else:
        raise ApiError(
            400, "Must specify exactly one of project, tag, section, user task list, or assignee + workspace"
        )
    return call.many("tasks", _since(call, gids))


@operation("GET", "/projects/{project}/tasks")
def get_tasks_for_project(call: Call, project: str) -> Reply:
    """Tasks in a project (no subtasks unless added to it)."""
    call.player.get("projects", project)
    return call.many("tasks", _since(call, _in_project(call, project)))


@operation("GET", "/sections/{section}/tasks")
def get_tasks_for_section(call: Call, section: str) -> Reply:
    """Tasks in a section."""
    call.player.get("sections", section)
    return call.many("tasks", _since(call, _in_section(call, section)))


@operation("GET", "/tasks/{task}/subtasks")
def get_subtasks(call: Call, task: str) -> Reply:
    """Direct subtasks of a task."""
    return call.many("tasks", subtasks_of(call.player, task_gid(call, task)))


@operation("GET", "/users/{user}/user_task_list")
def get_user_task_list_for_user(call: Call, user: str) -> Reply:
    """The task list of a user in a workspace."""
    call.existing("workspace", "workspaces", call.required("workspace"))
    lists = call.player.related("task_lists.owner", call.user_gid("user", user))
    if not lists:
        raise unknown("user", user)
    return call.one(lists[0])


@operation("GET", "/user_task_lists/{task_list}")
def get_user_task_list(call: Call, task_list: str) -> Reply:
    """One user task list."""
    call.player.get("user_task_lists", task_list)
    return call.one(task_list)


@operation("GET", "/user_task_lists/{task_list}/tasks")
def get_tasks_for_user_task_list(call: Call, task_list: str) -> Reply:
    """Tasks assigned to the owner of a task list."""
    call.player.get("user_task_lists", task_list)
    owner = call.player.field(task_list, "owner")["gid"]
    return call.many("tasks", _since(call, _assigned(call, owner)))


def _in_project(call: Call, project: str) -> list[str]:
    key = ("project", project)
    if key not in call.player.lists:
        call.player.lists[key] = project_tasks(call.player, project)
    return call.player.lists[key]


def _in_section(call: Call, section: str) -> list[str]:
    player, key = call.player, ("section", section)
    if key not in player.lists:
        player.lists[key] = [
            task
            for task in player.related("tasks.section", section)
            if any((m.get("section") or {}).get("gid") == section for m in player.field(task, "memberships"))
        ]
    return player.lists[key]


def _assigned(call: Call, user: str) -> list[str]:
    player, key = call.player, ("assignee", user)
    if key not in player.lists:
        player.lists[key] = [
            task
            for task in player.related("tasks.assignee", user)
            if (player.field(task, "assignee") or {}).get("gid") == user
        ]
    return player.lists[key]


def _since(call: Call, gids: list[str]) -> list[str]:
    player = call.player
    completed, modified = (_moment(call, name) for name in ("completed_since", "modified_since"))
    if completed:
        gids = [
            gid
            for gid in gids
            if not player.is_completed(gid) or (player.field(gid, "completed_at") or "") >= completed
        ]
    if modified:
        gids = [gid for gid in gids if modified_at(player, gid, moves_count=True) >= modified]
    return gids


def _moment(call: Call, name: str) -> str | None:
    text = call.query.get(name)
    if not text:
        return None
    if text == "now":
        return call.player.now
    try:
        return normal_iso(text.replace(" ", "+"))
    except ValueError as error:
        raise invalid(name, f"Not a valid date: {text}") from error


# -- writing


@operation("POST", "/tasks")
def create_task(call: Call) -> Reply:
    """Create a task in a workspace, in projects, or under a parent."""
    return _create(call)


@operation("POST", "/tasks/{task}/subtasks")
def create_subtask(call: Call, task: str) -> Reply:
    """Create a subtask."""
    call.data["parent"] = task_gid(call, task)
    return _create(call)


def _create(call: Call) -> Reply:
    player = call.player
    call.reject_unknown(_WRITABLE | _AT_CREATION)
    places = _places(call)
    projects = [place["project"]["gid"] for place in places["memberships"]]
    values = custom_values(call, _attached(call, projects))
    fields = _fields(call, {})
    followers = [{"gid": call.user_gid("followers", str(user))} for user in call.listed("followers")]
    at = player.tick()
    fields = {"name": "", **fields, **places, "followers": followers or [{"gid": call.actor["gid"]}]}
    if fields.get("completed"):
        fields |= {"completed_at": at, "completed_by": {"gid": call.actor["gid"]}}
    record = default_record(call, "tasks", {**fields, "created_at": at, "modified_at": at})
    record.values = values
    gid = player.create(record)
    owner = fields["parent"]["gid"] if fields["parent"] else projects[0] if projects else None
    player.note(gid, "added", call.actor["gid"], parent=player.ref(owner))
    for project in projects:
        story(call, gid, "added_to_project", f"added to {player.field(project, 'name')}", project={"gid": project})
    return call.one(gid, 201)


def _places(call: Call) -> Fields:
    """Read where a new task goes: workspace, parent, projects and sections."""
    player, body = call.player, call.data
    memberships: list[Fields] = []
    for item in call.listed("memberships"):
        if not isinstance(item, dict):
            raise invalid("memberships", "Not an array of {project, section}")
        section = item.get("section")
        if section is not None:
            call.existing("section", "sections", section)
        place = call.existing("project", "projects", item.get("project"))
        memberships.append({"project": {"gid": place}, "section": {"gid": str(section)} if section else None})
    single = isinstance(body.get("projects"), str)
    for project in [body["projects"]] if single else call.listed("projects"):
        if call.existing("project", "projects", project) not in [m["project"]["gid"] for m in memberships]:
            memberships.append({"project": {"gid": str(project)}, "section": first_section(call, str(project))})
    parent = body.get("parent")
    if parent is not None:
        parent = task_gid(call, str(parent))
    if not (memberships or parent or body.get("workspace")):
        raise ApiError(400, "You should specify one of workspace, parent, projects")
    if body.get("workspace"):
        workspace = {"gid": call.existing("workspace", "workspaces", body["workspace"])}
    else:
        workspace = player.field(memberships[0]["project"]["gid"] if memberships else str(parent), "workspace")
    return {
        "workspace": workspace,
        "parent": {"gid": parent} if parent else None,
        "projects": [m["project"] for m in memberships],
        "memberships": memberships,
        "tags": [{"gid": str(tag), "resource_type": "tag"} for tag in call.listed("tags")],
    }


def first_section(call: Call, project: str) -> Fields | None:
    """Return the first section of a project, as a raw reference."""
    sections = call.player.related("sections.project", project)
    return {"gid": sections[0]} if sections else None


def _attached(call: Call, projects: list[str]) -> set[str]:
    return {field for project in projects for field in attached_fields(call.player, project)}


@operation("PUT", "/tasks/{task}")
def update_task(call: Call, task: str) -> Reply:
    """Change fields and custom-field values of a task."""
    player, gid = call.player, task_gid(call, task)
    for name in _AT_CREATION & set(call.data):
        raise invalid(name, f"Cannot write this property; use {_ELSEWHERE[name]}")
    call.reject_unknown(_WRITABLE)
    before, old_values = player.fields(gid), player.values(gid)
    before["completed"] = player.is_completed(gid)
    projects = [project["gid"] for project in before["projects"]]
    values = custom_values(call, _attached(call, projects))
    fields = _fields(call, before)
    changed = {name: value for name, value in fields.items() if value != before.get(name)}
    new_values = {field: value for field, value in values.items() if value != old_values.get(field)}
    if not changed and not new_values:
        return call.one(gid)
    at = player.tick()
    if "completed" in changed:
        done = changed["completed"]
        changed |= {"completed_at": at if done else None, "completed_by": {"gid": call.actor["gid"]} if done else None}
    player.write(gid, changed, new_values)
    change_stories(
        call, gid, before, changed, {field: (old_values.get(field), new_values[field]) for field in new_values}
    )
    return call.one(gid)


_ELSEWHERE = {
    "workspace": "a new task",
    "projects": "addProject and removeProject",
    "memberships": "addProject",
    "parent": "setParent",
    "followers": "addFollowers and removeFollowers",
    "tags": "addTag and removeTag",
}


def _fields(call: Call, before: Fields) -> Fields:
    """Read the plain fields of a task's body, with what one implies for another."""
    body = call.data
    fields = text_fields(call, ("name", "notes", "html_notes"))
    fields.update((name, stated_date(name, body[name])) for name in _DATES if name in body)
    if (fields.get("start_on") or fields.get("start_at")) and not any(name in body for name in ("due_on", "due_at")):
        raise invalid("start_on", "You must also set due_on (or due_at) in the same request")
    if fields.get("due_at"):
        fields["due_on"] = fields["due_at"][:10]
    elif "due_on" in fields:
        fields["due_at"] = None
    if fields.get("start_on") and fields.get("due_on") and fields["start_on"] > fields["due_on"]:
        raise invalid("start_on", "Start date must be on or before the due date")
    if "assignee" in body:
        fields["assignee"] = user_reference(call, "assignee")
        fields["assigned_by"] = {"gid": call.actor["gid"]} if fields["assignee"] else None
    if not isinstance(body.get("external") or {}, dict):
        raise invalid("external", "Not an object of gid and data")
    fields.update((name, body[name]) for name in ("external", "liked") if name in body)
    fields.update(_completion(body, body.get("resource_subtype", before.get("resource_subtype"))))
    return fields


def _completion(body: Fields, subtype: Any) -> Fields:
    fields: Fields = {}
    if "resource_subtype" in body:
        fields["resource_subtype"] = stated_choice("resource_subtype", subtype, _SUBTYPES)
    if "completed" in body:
        if not isinstance(body["completed"], bool):
            raise invalid("completed", "Not a boolean")
        fields["completed"] = body["completed"]
    if "approval_status" in body:
        if subtype != "approval":
            raise invalid("approval_status", "Can only be set on tasks of subtype approval")
        status = stated_choice("approval_status", body["approval_status"], APPROVALS)
        fields |= {"approval_status": status, "completed": status != "pending"}
    elif subtype == "approval" and "completed" in fields:
        fields["approval_status"] = "approved" if fields["completed"] else "pending"
    return fields


@operation("DELETE", "/tasks/{task}")
def delete_task(call: Call, task: str) -> Reply:
    """Delete a task with its subtasks."""
    gid = task_gid(call, task)
    call.player.tick()
    call.player.note(gid, "deleted", call.actor["gid"])
    call.player.delete(gid)
    return call.done()
