"""Changing users: their own name, and the values of custom fields on them; and the caller's favorites."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.edits import custom_values, stated_choice, text_fields
from asana_intel.sandbox.rejections import ApiError
from asana_intel.sandbox.standing import standing, user_fields
from asana_intel.sandbox.writes import change

_FAVORITES = {
    "portfolio": "portfolios",
    "project": "projects",
    "tag": "tags",
    "task": "tasks",
    "user": "users",
    "project_template": "project_templates",
}


@operation("PUT", "/users/{user}")
def update_user(call: Call, user: str) -> Reply:
    """Change a user in the workspace of the query, or their first."""
    if call.query.get("workspace"):
        call.existing("workspace", "workspaces", call.query["workspace"])
    return _update(call, user)


@operation("PUT", "/workspaces/{workspace}/users/{user}")
def update_user_for_workspace(call: Call, workspace: str, user: str) -> Reply:
    """Change a user of a workspace."""
    call.player.get("workspaces", workspace)
    return _update(call, user)


def _update(call: Call, text: str) -> Reply:
    player, user = call.player, call.user_gid("user", text)
    call.reject_unknown({"name", "custom_fields"})
    if "name" in call.data and user != call.actor["gid"]:
        raise ApiError(403, "name: Only the user themselves can change their name")
    fields = text_fields(call, ("name",))
    if user in player.identities:
        custom_values(call, set())
        player.tick()
        player.identities[user] = {**player.identities[user], **fields}
        player.touch(user)
    else:
        change(call, user, fields, custom_values(call, set(user_fields(player, user))))
    return call.one(user)


@operation("GET", "/users/{user}/favorites")
def get_favorites_for_user(call: Call, user: str) -> Reply:
    """The caller's favorites of one type, as in their sidebar; nobody else's are shown."""
    player, gid = call.player, call.user_gid("user", user)
    kind = stated_choice("resource_type", call.required("resource_type"), _FAVORITES)
    call.existing("workspace", "workspaces", call.required("workspace"))
    if gid != call.actor["gid"]:
        raise ApiError(403, "user: Only your own favorites can be read")
    record = player.record(gid)
    favorites = player.existing(record.extra.get("favorites", ()) if record else ())
    views = [standing(player, favorite) for favorite in favorites]
    resource = _FAVORITES[kind]
    named = [
        {"gid": view["gid"], "resource_type": kind, "name": view["name"]}
        for view in views
        if view["resource_type"] == kind
    ]
    return call.views(resource, named)
