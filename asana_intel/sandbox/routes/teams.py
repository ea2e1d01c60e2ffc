"""Changing workspaces and teams: names, rights, and who is in them. Reading them is people.py's."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.edits import stated_choice, stated_flag, text_fields
from asana_intel.sandbox.members import RESOURCES
from asana_intel.sandbox.platform_records import member_of
from asana_intel.sandbox.rejections import ApiError, invalid, unknown
from asana_intel.sandbox.world import Fields
from asana_intel.sandbox.writes import add, change, remove

_RIGHTS = (
    "edit_team_name_or_description_access_level", "edit_team_visibility_or_trash_team_access_level",
    "member_invite_management_access_level", "guest_invite_management_access_level",
    "join_request_management_access_level", "team_member_removal_access_level",
)  # fmt: skip
_CHOICES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_RIGHTS, ("all_team_members", "only_team_admins")),
    "team_content_management_access_level": ("no_restriction", "only_team_admins"),
    "visibility": ("secret", "request_to_join", "public"),
}
_TEAM = frozenset({"name", "description", "html_description", "organization", "endorsed", *_CHOICES})


# -- teams


@operation("POST", "/teams")
def create_team(call: Call) -> Reply:
    """Create a team; its creator is its first member."""
    call.reject_unknown(_TEAM)
    call.input("name")
    organization = call.existing("organization", "workspaces", call.input("organization"))
    fields = {**_team(call), "organization": {"gid": organization}}
    gid = add(call, "teams", fields, parent=organization, authored=False)
    if call.actor["gid"] not in call.player.identities:
        _join(call, gid, call.actor["gid"], is_admin=True)
    return call.one(gid, 201)


@operation("PUT", "/teams/{team}")
def update_team(call: Call, team: str) -> Reply:
    """Change a team; its organization stays."""
    call.player.get("teams", team)
    call.reject_unknown(_TEAM)
    own = call.player.field(team, "organization")
    if own and str(call.data.get("organization", own["gid"])) != own["gid"]:
        raise invalid("organization", "Cannot be changed")
    _require_member(call, team)
    change(call, team, _team(call))
    return call.one(team)


def _team(call: Call) -> Fields:
    fields = text_fields(call, ("name", "description", "html_description"))
    for name, choices in _CHOICES.items():
        if name in call.data:
            fields[name] = stated_choice(name, call.data[name], choices)
    if "endorsed" in call.data:
        fields["endorsed"] = stated_flag("endorsed", call.data["endorsed"])
    return fields


def _require_member(call: Call, team: str) -> None:
    """Only members may change a team; users made up from tokens may, as a service account would."""
    if call.actor["gid"] not in call.player.identities and _membership(call, team, call.actor["gid"]) is None:
        raise ApiError(403, f"team: You are not a member of team {team}")


def _membership(call: Call, team: str, user: str) -> str | None:
    memberships = call.player.related("team_memberships.team", team)
    return next((m for m in memberships if call.player.field(m, "user")["gid"] == user), None)


def _join(call: Call, team: str, user: str, *, is_admin: bool = False) -> str:
    fields = {"team": {"gid": team}, "user": {"gid": user}, "is_admin": is_admin}
    return add(call, "team_memberships", fields, parent=team, authored=False)


@operation("POST", "/teams/{team}/addUser")
def add_user_for_team(call: Call, team: str) -> Reply:
    """Let a user be a member of a team; answers with the membership."""
    call.player.get("teams", team)
    call.reject_unknown({"user"})
    user = call.user_gid("user", str(call.input("user")))
    _require_member(call, team)
    return call.one(_membership(call, team, user) or _join(call, team, user))


@operation("POST", "/teams/{team}/removeUser")
def remove_user_for_team(call: Call, team: str) -> Reply:
    """Let a user no longer be a member of a team."""
    call.player.get("teams", team)
    call.reject_unknown({"user"})
    user = call.user_gid("user", str(call.input("user")))
    _require_member(call, team)
    membership = _membership(call, team, user)
    if membership is None:
        raise invalid("user", f"Not a member of the team: {user}")
    remove(call, membership, parent=team)
    return call.done()


@operation("GET", "/teams/{team}/custom_field_settings")
def get_custom_field_settings_for_team(call: Call, team: str) -> Reply:
    """Custom fields that the members of a team can hold values of; read-only, on one page."""
    call.player.get("teams", team)
    return call.whole("custom_field_settings", call.player.related("settings.parent", team))


# -- workspaces


@operation("PUT", "/workspaces/{workspace}")
def update_workspace(call: Call, workspace: str) -> Reply:
    """Rename a workspace; nothing else of it can be written."""
    call.player.get("workspaces", workspace)
    call.reject_unknown({"name"})
    call.input("name")
    fields = text_fields(call, ("name",))
    _require_admin(call, workspace)
    change(call, workspace, fields)
    return call.one(workspace)


def _require_admin(call: Call, workspace: str) -> None:
    player, own = call.player, call.actor["gid"]
    if own in player.identities:
        return
    memberships = _workspace_memberships(call, workspace, own)
    if memberships and not any(player.field(m, "is_admin") for m in memberships):
        raise ApiError(403, f"workspace: You are not an admin of workspace {workspace}")


def _workspace_memberships(call: Call, workspace: str, user: str) -> list[str]:
    player = call.player
    return [
        m
        for m in player.all("workspace_memberships")
        if player.field(m, "workspace")["gid"] == workspace and player.field(m, "user")["gid"] == user
    ]


@operation("POST", "/workspaces/{workspace}/addUser")
def add_user_for_workspace(call: Call, workspace: str) -> Reply:
    """Invite a user by e-mail address, or let an existing one into the workspace; answers with the user."""
    player = call.player
    player.get("workspaces", workspace)
    call.reject_unknown({"user"})
    text = str(call.input("user"))
    try:
        user = call.user_gid("user", text)
    except ApiError:
        if "@" not in text:
            raise
        fields = {"name": text.partition("@")[0], "email": text, "workspaces": [{"gid": workspace}]}
        user = add(call, "users", fields, parent=workspace, authored=False)
    listed = player.field(user, "workspaces") or []
    if listed and workspace not in [w["gid"] for w in listed]:
        change(call, user, {"workspaces": [*listed, {"gid": workspace}]})
    if user not in player.identities and not _workspace_memberships(call, workspace, user):
        domains = player.field(workspace, "email_domains") or []
        address = str(player.field(user, "email") or "").rpartition("@")[2]
        fields = {"user": {"gid": user}, "workspace": {"gid": workspace}, "created_at": player.now}
        is_guest = bool(domains) and address not in domains
        add(call, "workspace_memberships", {**fields, "is_guest": is_guest}, parent=workspace, authored=False)
    reply = call.one(user)
    return Reply({"data": {name: value for name, value in reply.body["data"].items() if name not in _NOT_OF_INVITED}})


_NOT_OF_INVITED = ("workspaces", "custom_fields")


@operation("POST", "/workspaces/{workspace}/removeUser")
def remove_user_for_workspace(call: Call, workspace: str) -> Reply:
    """Remove a user from a workspace; what they owned goes to the caller, from their last workspace they vanish."""
    player = call.player
    player.get("workspaces", workspace)
    call.reject_unknown({"user"})
    user = call.user_gid("user", str(call.input("user")))
    _require_admin(call, workspace)
    if user in player.identities or player.record(user) is None:
        raise unknown("user", user)
    for resource in ("projects", "portfolios", "goals"):
        for gid in player.all(resource):
            if (player.field(gid, "owner") or {}).get("gid") == user:
                change(call, gid, {"owner": {"gid": call.actor["gid"]}})
    others = [w for w in player.field(user, "workspaces") or [] if w["gid"] != workspace]
    memberships = _workspace_memberships(call, workspace, user)
    for membership in [*memberships, *([] if others else _memberships(call, user))]:
        remove(call, membership)
    if others:
        change(call, user, {"workspaces": others})
    else:
        remove(call, user, parent=workspace)
    return call.done()


def _memberships(call: Call, user: str) -> list[str]:
    player = call.player
    found = [gid for resource in RESOURCES for gid in player.all(resource) if member_of(player, gid) == user]
    return [*player.related("team_memberships.user", user), *found]
