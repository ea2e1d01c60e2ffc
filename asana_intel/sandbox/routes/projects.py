"""Projects, their sections and memberships."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation, read_one
from asana_intel.sandbox.edits import (
    custom_values,
    default_record,
    stated_date,
    text_fields,
    user_reference,
)
from asana_intel.sandbox.rejections import missing
from asana_intel.sandbox.standing import attached_fields, portfolios_with
from asana_intel.sandbox.world import Fields

operation("GET", "/projects/{gid}")(read_one("projects"))
operation("GET", "/sections/{gid}")(read_one("sections"))

_WRITABLE = frozenset(
    {
        "name", "notes", "html_notes", "owner", "due_on", "start_on", "archived", "color", "custom_fields",
        "privacy_setting", "default_view", "completed",
    }
)  # fmt: skip


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


@operation("GET", "/projects/{project}/sections")
def get_sections_for_project(call: Call, project: str) -> Reply:
    """Sections of a project."""
    call.player.get("projects", project)
    return call.many("sections", call.player.related("sections.project", project))


@operation("GET", "/projects/{project}/project_memberships")
def get_project_memberships(call: Call, project: str) -> Reply:
    """Memberships of a project."""
    call.player.get("projects", project)
    gids = call.player.related("memberships.parent", project)
    return call.many("project_memberships", gids)


@operation("POST", "/projects")
def create_project(call: Call) -> Reply:
    """Create a project in a workspace."""
    call.reject_unknown(_WRITABLE | {"workspace", "team"})
    if not call.data.get("workspace"):
        raise missing("workspace")
    workspace = call.existing("workspace", "workspaces", call.data["workspace"])
    team = call.data.get("team")
    fields = _fields(call)
    fields["workspace"] = {"gid": workspace}
    fields["team"] = {"gid": call.existing("team", "teams", team)} if team else None
    at = call.player.tick()
    fields = {"name": "", **fields, "created_at": at, "modified_at": at}
    record = default_record(call, "projects", fields, authored=False)
    gid = call.player.create(record)

    call.player.note(gid, "added", call.actor["gid"])
    return call.one(gid, 201)


@operation("PUT", "/projects/{project}")
def update_project(call: Call, project: str) -> Reply:
    """Change fields and custom-field values of a project."""
    player = call.player
    player.get("projects", project)
    call.reject_unknown(_WRITABLE)
    fields = _fields(call)
    holders = [project, *portfolios_with(player, project)]
    values = custom_values(call, {field for holder in holders for field in attached_fields(player, holder)})
    at = player.tick()
    if "completed" in fields:
        fields["completed_at"] = at if fields["completed"] else None
    player.write(project, fields, values)
    for name in call.data:
        player.note(project, "changed", call.actor["gid"], {"field": name, "action": "changed"})
    return call.one(project)


def _fields(call: Call) -> Fields:
    fields = text_fields(call, ("name", "notes", "html_notes"))
    fields.update((name, stated_date(name, call.data[name])) for name in ("due_on", "start_on") if name in call.data)
    if "owner" in call.data:
        fields["owner"] = user_reference(call, "owner")
    plain = ("archived", "color", "privacy_setting", "default_view", "completed")
    fields.update((name, call.data[name]) for name in plain if name in call.data)
    return fields


@operation("POST", "/projects/{project}/sections")
def create_section(call: Call, project: str) -> Reply:
    """Create a section in a project."""
    call.player.get("projects", project)
    call.reject_unknown({"name", "insert_before", "insert_after"})
    name = call.input("name")
    at = call.player.tick()
    record = default_record(
        call, "sections", {"name": name, "created_at": at, "project": {"gid": project}}, authored=False
    )
    return call.one(call.player.create(record), 201)
