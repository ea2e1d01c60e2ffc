"""Roles of a workspace, AI teammates, and custom types of tasks. Who has which role is not in Asana's API."""

from __future__ import annotations

from typing import Any

from asana_intel.sandbox.calls import Call, Reply, operation, read_one
from asana_intel.sandbox.edits import stated_choice, stated_flag, text_fields
from asana_intel.sandbox.rejections import ApiError, invalid
from asana_intel.sandbox.world import Fields
from asana_intel.sandbox.writes import add, change, remove

for _resource in ("roles", "agents", "custom_types"):
    operation("GET", f"/{_resource}/{{gid}}")(read_one(_resource))

_BASES = ("guest", "member", "admin", "super_admin")
_ROLE = frozenset({"name", "description", "is_standard_role", "base_role_type", "permissions"})
_POLICIES: dict[str, tuple[str, ...]] = {
    "task_deletion_policy": ("all", "owned", "none"),
    "allowed_guest_invites": ("all", "none"),
}
_FLAGS = frozenset(
    {
        "create_app_authorization", "create_pat_authorization", "share_goal_with_domain", "share_portfolios_with_org",
        "assign_roles", "manage_roles", "export_project_data", "download_mobile_attachments", "import_data",
        "create_global_custom_fields", "upload_attachments", "create_team", "create_and_edit_ai_automations",
        "proactive_ai", "standard_ai", "create_and_edit_ai_teammates", "share_teams_with_org", "create_goal",
        "create_project", "create_read_only_link", "create_portfolio", "view_public_teams",
        "view_shared_with_org_projects", "view_shared_with_org_tasks", "view_shared_with_org_portfolios",
    }
)  # fmt: skip


@operation("GET", "/roles")
def get_roles(call: Call) -> Reply:
    """Roles of a workspace."""
    player = call.player
    workspace = call.existing("workspace", "workspaces", call.required("workspace"))
    gids = [
        gid for gid in player.all("roles") if (player.field(gid, "workspace") or {"gid": workspace})["gid"] == workspace
    ]
    return call.many("roles", gids)


@operation("POST", "/roles")
def create_role(call: Call) -> Reply:
    """Define a role; name, description, base role and workspace are required."""
    call.reject_unknown(_ROLE | {"workspace"})
    for name in ("name", "description", "base_role_type"):
        call.input(name)
    workspace = call.existing("workspace", "workspaces", call.input("workspace"))
    fields = {**_role(call), "workspace": {"gid": workspace}}
    gid = add(call, "roles", fields, parent=workspace, authored=False)
    call.player.write(gid, {"creation_time": call.player.now, "modified_at": call.player.now})
    return call.one(gid, 201)


@operation("PUT", "/roles/{role}")
def update_role(call: Call, role: str) -> Reply:
    """Change a role; permissions that are not named stay."""
    player = call.player
    player.get("roles", role)
    call.reject_unknown(_ROLE)
    fields = _role(call)
    if "permissions" in fields:
        fields["permissions"] = {**(player.field(role, "permissions") or {}), **fields["permissions"]}
    change(call, role, fields)
    player.write(role, {"modified_at": player.now})
    return call.one(role)


def _role(call: Call) -> Fields:
    fields = text_fields(call, ("name", "description"))
    if "is_standard_role" in call.data:
        fields["is_standard_role"] = stated_flag("is_standard_role", call.data["is_standard_role"])
    if "base_role_type" in call.data:
        fields["base_role_type"] = stated_choice("base_role_type", call.data["base_role_type"], _BASES)
    if "permissions" in call.data:
        fields["permissions"] = _permissions(call.data["permissions"])
    return fields


def _permissions(given: Any) -> Fields:
    if not isinstance(given, dict):
        raise invalid("permissions", "Not an object")
    for name, value in given.items():
        if name in _POLICIES:
            stated_choice(f"permissions.{name}", value, _POLICIES[name])
        elif name not in _FLAGS:
            raise invalid(f"permissions.{name}", "Cannot write this property")
        elif not isinstance(value, bool):
            raise invalid(f"permissions.{name}", "Not a boolean")
    return dict(given)


@operation("DELETE", "/roles/{role}")
def delete_role(call: Call, role: str) -> Reply:
    """Delete a custom role; standard roles stay."""
    call.player.get("roles", role)
    if call.player.field(role, "is_standard_role"):
        raise ApiError(403, f"role: A standard role cannot be deleted: {role}")
    remove(call, role)
    return call.done()


@operation("GET", "/workspaces/{workspace}/agents")
def get_agents_for_workspace(call: Call, workspace: str) -> Reply:
    """AI teammates of a workspace."""
    player = call.player
    player.get("workspaces", workspace)
    gids = [
        gid
        for gid in player.all("agents")
        if (player.field(gid, "workspace") or {"gid": workspace})["gid"] == workspace
    ]
    return call.many("agents", gids)


@operation("GET", "/custom_types")
def get_custom_types(call: Call) -> Reply:
    """Custom types of a project, in full."""
    player = call.player
    project = call.existing("project", "projects", call.required("project"))
    gids = [
        gid
        for gid in player.all("custom_types")
        if (record := player.record(gid)) and project in record.extra.get("projects", [])
    ]
    return call.many("custom_types", gids)
