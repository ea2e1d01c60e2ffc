"""Tasks: creating, changing, deleting. Reading is tasks.py's; places and links are task_relations.py's."""

from __future__ import annotations

from typing import Any

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.edits import custom_values, default_record
from asana_intel.sandbox.history import story
from asana_intel.sandbox.order import sections_of
from asana_intel.sandbox.rejections import ApiError, invalid, unknown
from asana_intel.sandbox.routes.tasks import task_gid
from asana_intel.sandbox.standing import attached_fields, subtasks_of
from asana_intel.sandbox.task_fields import WRITABLE, task_fields
from asana_intel.sandbox.task_stories import change_stories
from asana_intel.sandbox.world import Fields

MAX_PROJECTS = 20
MAX_DEPTH = 5
_AT_CREATION = frozenset({"workspace", "projects", "parent", "memberships", "followers", "tags"})
_ELSEWHERE = {
    "workspace": "a new task",
    "projects": "addProject and removeProject",
    "memberships": "addProject",
    "parent": "setParent",
    "followers": "addFollowers and removeFollowers",
    "tags": "addTag and removeTag",
}


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
    call.reject_unknown(WRITABLE | _AT_CREATION)
    places = _places(call)
    projects = [place["project"]["gid"] for place in places["memberships"]]
    values = custom_values(call, _attached(call, projects))
    fields = task_fields(call, {})
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
    _creation_stories(call, gid, fields)
    return call.one(gid, 201)


def _creation_stories(call: Call, gid: str, fields: Fields) -> None:
    for project in fields["projects"]:
        name = call.player.field(project["gid"], "name")
        story(call, gid, "added_to_project", f"added to {name}", project=project)
    if fields["parent"]:
        name = call.player.field(fields["parent"]["gid"], "name")
        story(call, gid, "added_to_task", f"added to task {name}", task=fields["parent"])
    if fields.get("assignee"):
        name = (call.player.ref(fields["assignee"]) or {}).get("name")
        story(call, gid, "assigned", f"assigned to {name}", assignee=fields["assignee"])


def _places(call: Call) -> Fields:
    """Read where a new task goes: workspace, parent, projects and sections, tags."""
    memberships = _memberships(call)
    parent = call.data.get("parent")
    if parent is not None:
        parent = task_gid(call, str(parent))
        check_depth(call, parent, 0)
    if not (memberships or parent or call.data.get("workspace")):
        raise ApiError(400, "You should specify one of workspace, parent, projects")
    if call.data.get("workspace"):
        workspace = {"gid": call.existing("workspace", "workspaces", call.data["workspace"])}
    else:
        home = memberships[0]["project"]["gid"] if memberships else str(parent)
        workspace = call.player.field(home, "workspace")
    return {
        "workspace": workspace,
        "parent": {"gid": parent} if parent else None,
        "projects": [m["project"] for m in memberships],
        "memberships": memberships,
        "tags": [tag_reference(call, "tags", tag) for tag in call.listed("tags")],
    }


def _memberships(call: Call) -> list[Fields]:
    memberships: dict[str, Fields] = {}
    for item in call.listed("memberships"):
        if not isinstance(item, dict):
            raise invalid("memberships", "Not an array of {project, section}")
        # The document shows the two as objects, its prose and clients as gids.
        project, section = (
            place.get("gid") if isinstance(place, dict) else place for place in map(item.get, ("project", "section"))
        )
        project = call.existing("project", "projects", project)
        if section is not None:
            section = call.existing("section", "sections", section)
            if call.player.field(section, "project")["gid"] != project:
                raise ApiError(400, f"section: {section} is not in project {project}")
        place = {"gid": section} if section else first_section(call, project)
        memberships[project] = {"project": {"gid": project}, "section": place}
    for project in call.listed("projects"):
        gid = call.existing("project", "projects", project)
        if gid not in memberships:
            memberships[gid] = {"project": {"gid": gid}, "section": first_section(call, gid)}
    if len(memberships) > MAX_PROJECTS:
        raise ApiError(400, f"A task can be in at most {MAX_PROJECTS} projects")
    return list(memberships.values())


def first_section(call: Call, project: str) -> Fields | None:
    """Return the first section of a project, as a raw reference."""
    sections = sections_of(call.player, project)
    return {"gid": sections[0]} if sections else None


def tag_reference(call: Call, name: str, gid: Any) -> Fields:
    """Return the raw reference to a tag of the world, or to one that only its tasks name.

    Raises:
        ApiError: 404 if nothing knows the tag.
    """
    text = str(gid)
    record = call.player.record(text)
    if record and record.resource == "tags" and call.player.exists(text):
        return {"gid": text}
    for task in call.player.world.index.get(("tasks.tag", text), ()):
        for tag in call.player.field(task, "tags") or ():
            if tag["gid"] == text:
                return {"resource_type": "tag", **tag}
    raise unknown(name, gid)


def check_depth(call: Call, parent: str, below: int) -> None:
    """Refuse a subtask deeper than Asana's five levels.

    Args:
        call: The call.
        parent: The task it would stand under.
        below: Levels of subtasks that it has itself.

    Raises:
        ApiError: 400 if the chain would be too long.
    """
    depth, above = 1, call.player.field(parent, "parent")
    while above:
        depth += 1
        above = call.player.field(above["gid"], "parent")
    if depth + below > MAX_DEPTH:
        raise ApiError(400, f"parent: Subtasks can be nested at most {MAX_DEPTH} levels deep")


def levels_below(call: Call, gid: str) -> int:
    """Count the levels of subtasks under a task."""
    return max((1 + levels_below(call, child) for child in subtasks_of(call.player, gid)), default=0)


def _attached(call: Call, projects: list[str]) -> set[str]:
    return {field for project in projects for field in attached_fields(call.player, project)}


@operation("PUT", "/tasks/{task}")
def update_task(call: Call, task: str) -> Reply:
    """Change fields and custom-field values of a task."""
    player, gid = call.player, task_gid(call, task)
    for name in _AT_CREATION & set(call.data):
        raise invalid(name, f"Cannot write this property; use {_ELSEWHERE[name]}")
    call.reject_unknown(WRITABLE)
    before, old_values = player.fields(gid), player.values(gid)
    before["completed"] = player.is_completed(gid)
    projects = [project["gid"] for project in before["projects"]]
    values = custom_values(call, _attached(call, projects))
    fields = task_fields(call, before)
    changed = {name: value for name, value in fields.items() if value != before.get(name)}
    if "notes" not in changed and "html_notes" not in call.data:
        changed.pop("html_notes", None)
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


@operation("DELETE", "/tasks/{task}")
def delete_task(call: Call, task: str) -> Reply:
    """Put a task with its subtasks into the trash: from then on it is not found."""
    gid = task_gid(call, task)
    call.player.tick()
    call.player.note(gid, "deleted", call.actor["gid"])
    call.player.delete(gid)
    return call.done()
