"""Projects: listing, creating, changing, deleting, counting. Their sections and people have their own modules."""

from __future__ import annotations

from typing import Any

from asana_intel.sandbox.calls import Call, Reply, operation, read_one
from asana_intel.sandbox.edits import (
    custom_values,
    default_record,
    stated_choice,
    stated_date,
    stated_flag,
    text_fields,
    user_reference,
)
from asana_intel.sandbox.fields import pick, plan_of
from asana_intel.sandbox.members import join
from asana_intel.sandbox.progress import project_tasks
from asana_intel.sandbox.rejections import invalid, missing
from asana_intel.sandbox.standing import attached_fields, portfolios_with
from asana_intel.sandbox.world import Fields

operation("GET", "/projects/{gid}")(read_one("projects"))

COLORS = frozenset(
    {
        "none",
        *(
            f"{shade}-{hue}"
            for shade in ("dark", "light")
            for hue in ("pink", "green", "blue", "red", "teal", "brown", "orange", "purple", "warm-gray")
        ),
    }
)
_ICONS = frozenset(
    {
        "list", "board", "timeline", "calendar", "rocket", "people", "graph", "star", "bug", "light_bulb", "globe",
        "gear", "notebook", "computer", "check", "target", "html", "megaphone", "chat_bubbles", "briefcase",
        "page_layout", "mountain_flag", "puzzle", "presentation", "line_and_symbols", "speed_dial", "ribbon", "shoe",
        "shopping_basket", "map", "ticket", "coins",
    }
)  # fmt: skip
_CHOICES: dict[str, frozenset[str]] = {
    "color": COLORS,
    "icon": _ICONS,
    "default_view": frozenset({"list", "board", "calendar", "timeline"}),
    "privacy_setting": frozenset({"public_to_workspace", "private_to_team", "private"}),
    "default_access_level": frozenset({"admin", "editor", "commenter", "viewer"}),
    "minimum_access_level_for_customization": frozenset({"admin", "editor"}),
    "minimum_access_level_for_sharing": frozenset({"admin", "editor"}),
}
_CLEARABLE = frozenset({"color", "icon"})
_WRITABLE = frozenset(
    {
        "name", "notes", "html_notes", "owner", "due_on", "due_date", "start_on", "archived", "custom_fields",
        "completed", "public", "team", "current_status", "current_status_update", *_CHOICES,
    }
)  # fmt: skip
_DEPRECATION = "name=project_team_sharing;info=https://developers.asana.com/docs/deprecations;affected=true"


# -- reading


@operation("GET", "/projects")
def get_projects(call: Call) -> Reply:
    """Projects of a workspace or team, archived or not if asked."""
    return _projects(call, call.query.get("workspace"), call.query.get("team"))


@operation("GET", "/workspaces/{workspace}/projects")
def get_projects_for_workspace(call: Call, workspace: str) -> Reply:
    """Projects of a workspace."""
    return _projects(call, workspace, None)


@operation("GET", "/teams/{team}/projects")
def get_projects_for_team(call: Call, team: str) -> Reply:
    """Projects of a team."""
    return _projects(call, None, team)


def _projects(call: Call, workspace: str | None, team: str | None) -> Reply:
    player = call.player
    gids = player.all("projects")
    if workspace:
        call.existing("workspace", "workspaces", workspace)
        gids = [gid for gid in gids if (player.field(gid, "workspace") or {}).get("gid") == workspace]
    if team:
        call.existing("team", "teams", team)
        gids = [gid for gid in gids if (player.field(gid, "team") or {}).get("gid") == team]
    if "archived" in call.query:
        wanted = call.query["archived"].lower() == "true"
        gids = [gid for gid in gids if bool(player.field(gid, "archived")) == wanted]
    return call.many("projects", gids)


@operation("GET", "/projects/{project}/task_counts")
def get_task_counts(call: Call, project: str) -> Reply:
    """How many tasks and milestones a project has; every number must be asked for."""
    player = call.player
    player.get("projects", project)
    tasks = project_tasks(player, project)
    milestones = [task for task in tasks if player.field(task, "resource_subtype") == "milestone"]
    counts: Fields = {}
    for name, gids in (("tasks", tasks), ("milestones", milestones)):
        done = sum(player.is_completed(gid) for gid in gids)
        counts |= {f"num_{name}": len(gids), f"num_incomplete_{name}": len(gids) - done, f"num_completed_{name}": done}
    return Reply({"data": pick(counts, plan_of(call.opt_fields() or ""), call.resolve, player.picked)})


# -- writing


@operation("POST", "/projects")
def create_project(call: Call) -> Reply:
    """Create a project in the workspace, or for the team, that the body names."""
    team, workspace = _team(call), call.data.get("workspace")
    if workspace is None and team:
        workspace = (call.player.field(team, "organization") or {}).get("gid") or call.player.all("workspaces")[0]
    if not workspace:
        raise missing("workspace")
    return _create(call, call.existing("workspace", "workspaces", workspace), team)


@operation("POST", "/workspaces/{workspace}/projects")
def create_project_for_workspace(call: Call, workspace: str) -> Reply:
    """Create a project in a workspace."""
    call.player.get("workspaces", workspace)
    return _create(call, workspace, _team(call))


@operation("POST", "/teams/{team}/projects")
def create_project_for_team(call: Call, team: str) -> Reply:
    """Create a project that is shared with a team."""
    call.player.get("teams", team)
    workspace = (call.player.field(team, "organization") or {}).get("gid") or call.player.all("workspaces")[0]
    return _create(call, workspace, team)


def _team(call: Call) -> str | None:
    team = call.data.get("team")
    return call.existing("team", "teams", team) if team is not None else None


def _create(call: Call, workspace: str, team: str | None) -> Reply:
    player = call.player
    call.reject_unknown(_WRITABLE | {"workspace", "followers"})
    followers = [call.user_gid("followers", str(user)) for user in call.listed("followers")]
    fields = project_fields(call)
    custom_values(call, set())
    fields |= {"workspace": {"gid": workspace}, "team": {"gid": team} if team else None}
    fields["followers"] = [{"gid": user} for user in followers]
    at = player.tick()
    if fields.get("completed"):
        fields |= {"completed_at": at, "completed_by": {"gid": call.actor["gid"]}}
    record = default_record(
        call, "projects", {"name": "", **fields, "created_at": at, "modified_at": at}, authored=False
    )
    gid = player.create(record)
    player.note(gid, "added", call.actor["gid"])
    # Who creates a project belongs to it; a made-up user is in no list of members, as in no list of users.
    for user in dict.fromkeys([call.actor["gid"], *followers]):
        if player.record(user):
            join(call, gid, user, "admin" if user == call.actor["gid"] else None)
    return _announced(call, call.one(gid, 201))


@operation("PUT", "/projects/{project}")
def update_project(call: Call, project: str) -> Reply:
    """Change fields and custom-field values of a project."""
    player = call.player
    player.get("projects", project)
    call.reject_unknown(_WRITABLE)
    before, old_values = player.fields(project), player.values(project)
    before["completed"] = player.is_completed(project)
    fields = project_fields(call)
    if "team" in call.data:
        team = _team(call)
        fields["team"] = {"gid": team} if team else None
    holders = [project, *portfolios_with(player, project)]
    values = custom_values(call, {field for holder in holders for field in attached_fields(player, holder)})
    changed = {name: value for name, value in fields.items() if value != before.get(name)}
    if "notes" not in changed and "html_notes" not in call.data:
        changed.pop("html_notes", None)
    values = {field: value for field, value in values.items() if value != old_values.get(field)}
    if changed or values:
        _write(call, project, changed, values)
    return _announced(call, call.one(project))


def _write(call: Call, project: str, changed: Fields, values: dict[str, Any]) -> None:
    player, at = call.player, call.player.tick()
    if "completed" in changed:
        done = changed["completed"]
        changed |= {"completed_at": at if done else None, "completed_by": {"gid": call.actor["gid"]} if done else None}
    player.write(project, changed, values)
    implied = {"completed_at", "completed_by", *(["html_notes"] if "notes" in changed else [])}
    for name in [*(n for n in changed if n not in implied), *(["custom_fields"] if values else [])]:
        player.note(project, "changed", call.actor["gid"], {"field": name, "action": "changed"})


def project_fields(call: Call) -> Fields:
    """Read the plain fields of a project's body; deprecated members stand for their successors.

    Args:
        call: The call.

    Raises:
        ApiError: 400 for a value that does not fit; 404 for an unknown owner.
    """
    body = call.data
    fields = text_fields(call, ("name", "notes", "html_notes"))
    for name in ("archived", "completed"):
        if name in body:
            fields[name] = stated_flag(name, body[name])
    if "owner" in body:
        fields["owner"] = user_reference(call, "owner")
    if "public" in body:
        fields["privacy_setting"] = "public_to_workspace" if stated_flag("public", body["public"]) else "private"
    for name, allowed in _CHOICES.items():
        if name in body:
            cleared = body[name] is None and name in _CLEARABLE
            fields[name] = None if cleared else stated_choice(name, body[name], allowed)
    return fields | _dates(body)


def _dates(body: Fields) -> Fields:
    fields = {name: stated_date(name, body[name]) for name in ("due_on", "start_on") if name in body}
    if "due_date" in body and "due_on" not in body:
        fields["due_on"] = stated_date("due_date", body["due_date"])
    if "start_on" not in fields:
        return fields
    if "due_on" not in fields:
        raise invalid("start_on", "You must also set due_on in the same request")
    if fields["start_on"]:
        due = fields["due_on"]
        if not due or fields["start_on"] >= due:
            raise invalid("start_on", "Must be before the due date")
    return fields


def _announced(call: Call, reply: Reply) -> Reply:
    """Tell of a deprecation that the request ran into, as Asana does."""
    if "team" in call.data or call.data.get("privacy_setting") == "private_to_team":
        reply.headers["Asana-Change"] = _DEPRECATION
    return reply


@operation("DELETE", "/projects/{project}")
def delete_project(call: Call, project: str) -> Reply:
    """Delete a project with its sections, and with those of its tasks that are in no other project."""
    player = call.player
    player.get("projects", project)
    with player.in_full():
        tasks = project_tasks(player, project)
    player.tick()
    player.note(project, "deleted", call.actor["gid"])
    for task in tasks:
        kept = [m for m in player.field(task, "memberships") or () if (m.get("project") or {}).get("gid") != project]
        if kept:
            places: Fields = {"memberships": kept, "projects": [m["project"] for m in kept]}
            player.write(task, places, modifies=False)
        else:
            player.note(task, "deleted", call.actor["gid"])
            player.delete(task)
    player.delete(project)
    return call.done()
