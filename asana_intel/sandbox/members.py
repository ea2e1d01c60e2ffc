"""Who belongs to a project, portfolio, goal, custom field or custom type: joining, leaving, levels. No requests."""

from __future__ import annotations

from collections.abc import Callable

from asana_intel.sandbox.calls import Call
from asana_intel.sandbox.edits import default_record
from asana_intel.sandbox.platform_records import member_of, parent_of
from asana_intel.sandbox.rejections import ApiError, unknown
from asana_intel.sandbox.world import Fields
from asana_intel.sandbox.writes import users_of

# Resource of the parent -> (resource of its memberships, levels, level of those who just join, its list of people).
_RULES: dict[str, tuple[str, tuple[str, ...], str, str | None]] = {
    "goals": ("memberships", ("viewer", "commenter", "editor", "admin"), "commenter", "followers"),
    "projects": ("project_memberships", ("admin", "editor", "commenter", "viewer"), "editor", "members"),
    "portfolios": ("portfolio_memberships", ("admin", "editor", "viewer"), "viewer", "members"),
    "custom_fields": ("memberships", ("admin", "editor", "user"), "user", None),
    "custom_types": ("memberships", ("admin", "editor", "user", "viewer"), "user", None),
}
RESOURCES = ("memberships", "project_memberships", "portfolio_memberships")


def rules_of(call: Call, parent: str) -> tuple[str, tuple[str, ...], str, str | None]:
    """Return how an object keeps its members.

    Raises:
        ApiError: 404 if the object is not there, 400 if it has no members.
    """
    record = call.player.record(parent)
    if record is None or not call.player.exists(parent):
        raise unknown("parent", parent)
    if record.resource not in _RULES:
        raise ApiError(400, f"parent: Not a goal, project, portfolio, custom_type or custom_field: {parent}")
    return _RULES[record.resource]


def memberships_of(call: Call, parent: str) -> list[str]:
    """List the memberships of an object, of whatever kind."""
    player = call.player
    return [gid for gid in player.related("memberships.parent", parent) if parent_of(player, gid) == parent]


def join(call: Call, parent: str, member: str, level: str | None = None) -> str:
    """Let a user or team belong to an object; a second time changes the level only. The clock must have ticked.

    Args:
        call: The call that causes it.
        parent: The object.
        member: Gid of a user or team.
        level: Access level; None takes the object's `default_access_level`, or the kind's.

    Returns:
        Gid of the membership.
    """
    player = call.player
    resource, levels, usual, people = rules_of(call, parent)
    found = next((gid for gid in memberships_of(call, parent) if member_of(player, gid) == member), None)
    if found:
        if level and level != player.field(found, "access_level"):
            player.write(found, {"access_level": level})
        return found
    default = player.field(parent, "default_access_level")
    fields: Fields = {
        "parent": {"gid": parent},
        "member": {"gid": member},
        "access_level": level or (default if default in levels else usual),
    }
    gid = player.create(default_record(call, resource, fields, authored=False))
    record = player.record(member)
    if people and (record is None or record.resource == "users"):
        already = player.field(parent, people) or []
        if member not in [user["gid"] for user in already]:
            player.write(parent, {people: [*already, {"gid": member}]})
    change = {"field": people or "members", "action": "added", "added_value": player.ref(member)}
    player.note(parent, "changed", call.actor["gid"], change)
    return gid


def join_named(call: Call, parent: str, name: str) -> None:
    """Let the users whom a member of the body names belong to an object; the body must hold nothing else."""
    _for_named(call, name, lambda user: join(call, parent, user))


def leave_named(call: Call, parent: str, name: str) -> None:
    """Let the users whom a member of the body names no longer belong to an object; the body must hold nothing else."""
    _for_named(call, name, lambda user: leave(call, parent, user))


def _for_named(call: Call, name: str, do: Callable[[str], object]) -> None:
    call.reject_unknown({name})
    named = users_of(call, name)
    call.player.tick()
    for user in named:
        do(user)


def leave(call: Call, parent: str, member: str) -> None:
    """Let a user or team no longer belong to an object, if they did. The clock must have ticked."""
    player = call.player
    people = rules_of(call, parent)[3]
    found = [gid for gid in memberships_of(call, parent) if member_of(player, gid) == member]
    for gid in found:
        player.delete(gid)
    already = (player.field(parent, people) or []) if people else []
    kept = [user for user in already if user["gid"] != member]
    if people and len(kept) != len(already):
        player.write(parent, {people: kept})
    elif not found:
        return
    change = {"field": people or "members", "action": "removed", "removed_value": player.ref(member)}
    player.note(parent, "changed", call.actor["gid"], change)
