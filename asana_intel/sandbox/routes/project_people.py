"""Who belongs to a project and who follows it. The memberships themselves are memberships.py's."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.members import join, leave
from asana_intel.sandbox.world import Fields
from asana_intel.sandbox.writes import users_of


@operation("GET", "/projects/{project}/project_memberships")
def get_project_memberships(call: Call, project: str) -> Reply:
    """Memberships of a project."""
    call.player.get("projects", project)
    return call.many("project_memberships", call.player.related("memberships.parent", project))


@operation("POST", "/projects/{project}/addMembers")
def add_members(call: Call, project: str) -> Reply:
    """Let users belong to a project."""
    named, already = _named(call, project, "members"), _gids(call, project, "members")
    new = [user for user in named if user not in already]
    if new:
        call.player.tick()
    for user in new:
        join(call, project, user)
    return call.one(project)


@operation("POST", "/projects/{project}/removeMembers")
def remove_members(call: Call, project: str) -> Reply:
    """Let users no longer belong to a project, nor follow it."""
    named, already = _named(call, project, "members"), _gids(call, project, "members")
    gone = [user for user in named if user in already]
    if gone:
        call.player.tick()
        _follow(call, project, [user for user in _gids(call, project, "followers") if user not in gone])
    for user in gone:
        leave(call, project, user)
    return call.one(project)


@operation("POST", "/projects/{project}/addFollowers")
def add_followers(call: Call, project: str) -> Reply:
    """Let users follow a project; who follows belongs to it."""
    named, already = _named(call, project, "followers"), _gids(call, project, "followers")
    new = [user for user in named if user not in already]
    if new:
        call.player.tick()
    for user in new:
        if user not in _gids(call, project, "members"):
            join(call, project, user)
    _follow(call, project, [*already, *new])
    return call.one(project)


@operation("POST", "/projects/{project}/removeFollowers")
def remove_followers(call: Call, project: str) -> Reply:
    """Let users no longer follow a project; they still belong to it."""
    named, already = _named(call, project, "followers"), _gids(call, project, "followers")
    kept = [user for user in already if user not in named]
    if len(kept) < len(already):
        call.player.tick()
        _follow(call, project, kept)
    return call.one(project)


def _named(call: Call, project: str, name: str) -> list[str]:
    call.player.get("projects", project)
    call.reject_unknown({name})
    return users_of(call, name)


def _gids(call: Call, project: str, name: str) -> list[str]:
    return [user["gid"] for user in call.player.field(project, name) or ()]


def _follow(call: Call, project: str, users: list[str]) -> None:
    player, before = call.player, _gids(call, project, "followers")
    if users == before:
        return
    player.write(project, {"followers": [{"gid": user} for user in users]}, modifies=False)
    for action, changed in (("added", set(users) - set(before)), ("removed", set(before) - set(users))):
        for user in sorted(changed):
            change: Fields = {"field": "followers", "action": action, f"{action}_value": player.ref(user)}
            player.note(project, "changed", call.actor["gid"], change)
