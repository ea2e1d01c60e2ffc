"""Workspaces, users, teams and memberships; and typeahead. Read-only."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation, read_one
from asana_intel.sandbox.rejections import invalid, missing

for _resource in ("workspaces", "teams", "team_memberships", "workspace_memberships"):
    operation("GET", f"/{_resource}/{{gid}}")(read_one(_resource))


@operation("GET", "/workspaces")
def get_workspaces(call: Call) -> Reply:
    """All workspaces."""
    return call.many("workspaces", call.player.all("workspaces"))


@operation("GET", "/users")
def get_users(call: Call) -> Reply:
    """Users, of a workspace or team if one is given; by gid."""
    if team := call.query.get("team"):
        return call.many("users", _team_users(call, call.existing("team", "teams", team)))
    workspace = call.query.get("workspace")
    gids = _workspace_users(call, workspace) if workspace else call.player.all("users")
    return call.many("users", sorted(gids))


@operation("GET", "/users/{user}")
def get_user(call: Call, user: str) -> Reply:
    """One user, by gid, e-mail address or `me`."""
    return call.one(call.user_gid("user", user))


@operation("GET", "/workspaces/{workspace}/users")
def get_users_for_workspace(call: Call, workspace: str) -> Reply:
    """Users of a workspace, by name, on one page."""
    gids = _workspace_users(call, workspace)
    return call.whole("users", sorted(gids, key=lambda gid: str(call.player.field(gid, "name")))[:2000])


@operation("GET", "/workspaces/{workspace}/users/{user}")
def get_user_for_workspace(call: Call, workspace: str, user: str) -> Reply:
    """One user of a workspace."""
    call.player.get("workspaces", workspace)
    return call.one(call.user_gid("user", user))


def _workspace_users(call: Call, workspace: str) -> list[str]:
    player = call.player
    call.existing("workspace", "workspaces", workspace)
    return [
        gid
        for gid in player.all("users")
        if not (listed := player.field(gid, "workspaces")) or any(w["gid"] == workspace for w in listed)
    ]


@operation("GET", "/workspaces/{workspace}/teams")
def get_teams_for_workspace(call: Call, workspace: str) -> Reply:
    """Teams of a workspace."""
    player = call.player
    player.get("workspaces", workspace)
    teams = [
        gid
        for gid in player.all("teams")
        if (player.field(gid, "organization") or {"gid": workspace})["gid"] == workspace
    ]
    return call.many("teams", teams)


@operation("GET", "/users/{user}/teams")
def get_teams_for_user(call: Call, user: str) -> Reply:
    """Teams that a user belongs to; `organization` is required."""
    call.required("organization")
    gid = call.user_gid("user", user)
    memberships = call.player.related("team_memberships.user", gid)
    return call.many("teams", call.player.existing(call.player.field(m, "team")["gid"] for m in memberships))


@operation("GET", "/teams/{team}/users")
def get_users_for_team(call: Call, team: str) -> Reply:
    """Members of a team, by name, on one page."""
    call.player.get("teams", team)
    gids = _team_users(call, team)
    return call.whole("users", sorted(gids, key=lambda gid: str(call.player.field(gid, "name")))[:2000])


def _team_users(call: Call, team: str) -> list[str]:
    memberships = call.player.related("team_memberships.team", team)
    return call.player.existing(call.player.field(m, "user")["gid"] for m in memberships)


@operation("GET", "/team_memberships")
def get_team_memberships(call: Call) -> Reply:
    """Team memberships of a team, or of a user in a workspace."""
    player = call.player
    team, user = call.query.get("team"), call.query.get("user")
    if team:
        gids = player.related("team_memberships.team", call.existing("team", "teams", team))
        if user:
            gids = [m for m in gids if player.field(m, "user")["gid"] == call.user_gid("user", user)]
    elif user:
        call.required("workspace")
        gids = player.related("team_memberships.user", call.user_gid("user", user))
    else:
        raise missing("team")
    return call.many("team_memberships", gids)


@operation("GET", "/teams/{team}/team_memberships")
def get_team_memberships_for_team(call: Call, team: str) -> Reply:
    """Memberships of a team."""
    call.player.get("teams", team)
    return call.many("team_memberships", call.player.related("team_memberships.team", team))


@operation("GET", "/users/{user}/team_memberships")
def get_team_memberships_for_user(call: Call, user: str) -> Reply:
    """Team memberships of a user; `workspace` is required."""
    call.required("workspace")
    gid = call.user_gid("user", user)
    return call.many("team_memberships", call.player.related("team_memberships.user", gid))


@operation("GET", "/workspaces/{workspace}/workspace_memberships")
def get_workspace_memberships(call: Call, workspace: str) -> Reply:
    """Memberships of a workspace, of one user if `user` is given."""
    player = call.player
    player.get("workspaces", workspace)
    gids = [m for m in player.all("workspace_memberships") if player.field(m, "workspace")["gid"] == workspace]
    if user := call.query.get("user"):
        gids = [m for m in gids if player.field(m, "user")["gid"] == call.user_gid("user", user)]
    return call.many("workspace_memberships", gids)


@operation("GET", "/users/{user}/workspace_memberships")
def get_workspace_memberships_for_user(call: Call, user: str) -> Reply:
    """Workspace memberships of a user."""
    player, gid = call.player, call.user_gid("user", user)
    gids = [m for m in player.all("workspace_memberships") if player.field(m, "user")["gid"] == gid]
    return call.many("workspace_memberships", gids)


@operation("GET", "/workspaces/{workspace}/typeahead")
def typeahead(call: Call, workspace: str) -> Reply:
    """Objects of a kind whose name contains the query, on one page."""
    player = call.player
    player.get("workspaces", workspace)
    kind, query, count = call.required("resource_type"), call.query.get("query", "").casefold(), call.query.get("count")
    if kind not in _TYPEAHEAD:
        raise invalid("resource_type", f"Not a recognized type: {kind}")
    if count is not None and (not count.isascii() or not count.isdigit() or not 1 <= int(count) <= _MOST):
        raise invalid("count", f"Must be between 1 and {_MOST}")
    gids = [
        gid
        for resource in _TYPEAHEAD[kind]
        for gid in player.all(resource)
        if query in str(player.field(gid, "name") or "").casefold()
    ]
    return call.whole("users", gids[: int(count or 20)])  # of every kind it shows what it shows of users: the name


_MOST = 100
_TYPEAHEAD = {
    "actor": ("users", "agents"), "agent": ("agents",), "custom_field": ("custom_fields",), "goal": ("goals",),
    "portfolio": ("portfolios",), "project": ("projects",), "project_template": ("project_templates",),
    "tag": ("tags",), "task": ("tasks",), "team": ("teams",), "user": ("users",),
}  # fmt: skip
