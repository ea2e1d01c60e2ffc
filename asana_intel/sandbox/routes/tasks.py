"""Tasks: finding and listing them. Creating and changing them is task_writes.py's."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.exchange import SLASH
from asana_intel.sandbox.order import subtasks_in_order, tasks_in_project, tasks_in_section
from asana_intel.sandbox.rejections import ApiError, invalid, unknown
from asana_intel.sandbox.standing import modified_at
from asana_intel.sandbox.times import stated_iso


def task_gid(call: Call, gid: str) -> str:
    """Return the gid of an existing task, given by gid or as `external:<id>` (404 otherwise)."""
    if gid.startswith("external:"):
        wanted = gid.removeprefix("external:").replace(SLASH, "/")
        for task in call.player.related("tasks.external", wanted):
            if (call.player.field(task, "external") or {}).get("gid") == wanted:
                return task
        raise unknown("task", gid)
    call.player.get("tasks", gid)
    return gid


@operation("GET", "/tasks/{task}")
def get_task(call: Call, task: str) -> Reply:
    """One task."""
    return call.one(task_gid(call, task))


@operation("GET", "/workspaces/{workspace}/tasks/custom_id/{custom_id}")
def get_task_for_custom_id(call: Call, workspace: str, custom_id: str) -> Reply:
    """The task that shows a custom id, e.g. `BUG-12`, in a field of that kind; upper and lower case are the same."""
    player = call.player
    player.get("workspaces", workspace)
    fields = [gid for gid in player.all("custom_fields") if player.field(gid, "representation_type") == "custom_id"]
    for task in player.all("tasks"):
        values = player.values(task)
        for gid in fields:
            if gid in values and _custom_id(call, gid, values[gid]).casefold() == custom_id.casefold():
                return call.one(task)
    raise unknown("task", custom_id)


def _custom_id(call: Call, field: str, value: object) -> str:
    prefix = call.player.field(field, "id_prefix")
    text = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return f"{prefix}-{text}" if prefix and text and not text.startswith(f"{prefix}-") else text


@operation("GET", "/tasks")
def get_tasks(call: Call) -> Reply:
    """Tasks of a project, of a section, or of an assignee in a workspace: exactly one of them."""
    query = call.query
    project, section, assignee = (query.get(name) for name in ("project", "section", "assignee"))
    if [bool(project), bool(section), bool(assignee or query.get("workspace"))].count(True) != 1:
        raise ApiError(400, _ONE_OF)
    if project:
        gids = tasks_in_project(call.player, call.existing("project", "projects", project))
    elif section:
        gids = tasks_in_section(call.player, call.existing("section", "sections", section))
    elif assignee and query.get("workspace"):
        call.existing("workspace", "workspaces", query["workspace"])
        gids = _assigned(call, None if assignee == "null" else call.user_gid("assignee", assignee))
    else:
        raise ApiError(400, _ONE_OF)
    return call.many("tasks", _modified_since(call, _completed_since(call, gids)))


_ONE_OF = "Must specify exactly one of project, tag, section, user task list, or assignee + workspace"


@operation("GET", "/projects/{project}/tasks")
def get_tasks_for_project(call: Call, project: str) -> Reply:
    """Tasks in a project (no subtasks unless added to it)."""
    call.player.get("projects", project)
    return call.many("tasks", _completed_since(call, tasks_in_project(call.player, project)))


@operation("GET", "/sections/{section}/tasks")
def get_tasks_for_section(call: Call, section: str) -> Reply:
    """Tasks in a section."""
    call.player.get("sections", section)
    return call.many("tasks", _completed_since(call, tasks_in_section(call.player, section)))


@operation("GET", "/tasks/{task}/subtasks")
def get_subtasks(call: Call, task: str) -> Reply:
    """Direct subtasks of a task."""
    return call.many("tasks", subtasks_in_order(call.player, task_gid(call, task)))


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
    return call.many("tasks", _completed_since(call, _assigned(call, owner)))


def _assigned(call: Call, user: str | None) -> list[str]:
    player, key = call.player, ("assignee", user)
    if key not in player.lists:
        found = player.related("tasks.assignee", user) if user else player.all("tasks")
        player.lists[key] = [task for task in found if (player.field(task, "assignee") or {}).get("gid") == user]
    return player.lists[key]


def _completed_since(call: Call, gids: list[str]) -> list[str]:
    """Keep what is incomplete or was completed since; only some lists take `modified_since`, too."""
    player, since = call.player, _moment(call, "completed_since")
    if not since:
        return gids
    return [gid for gid in gids if not player.is_completed(gid) or (player.field(gid, "completed_at") or "") >= since]


def _modified_since(call: Call, gids: list[str]) -> list[str]:
    since = _moment(call, "modified_since")
    return [gid for gid in gids if modified_at(call.player, gid, moves_count=True) >= since] if since else gids


def _moment(call: Call, name: str) -> str | None:
    text = call.query.get(name)
    if not text:
        return None
    if text == "now":
        return call.player.now
    try:
        return stated_iso(text.replace(" ", "+"))
    except ValueError as error:
        raise invalid(name, f"Not a valid date: {text}") from error
