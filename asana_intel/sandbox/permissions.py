"""Who may change what: view-only licences, viewers and commenters of projects, goals and portfolios. No visibility."""

from __future__ import annotations

from typing import Any

from asana_intel.sandbox.catalogue import Key
from asana_intel.sandbox.player import Player
from asana_intel.sandbox.rejections import ApiError
from asana_intel.sandbox.visibility import is_view_only, memberships_of
from asana_intel.sandbox.world import Fields

VIEW, COMMENT, EDIT = range(3)
_RANKS = {"viewer": VIEW, "user": VIEW, "commenter": COMMENT, "comment_only": COMMENT}
# What is governed by another object's level: resource -> the field that names it.
_GOVERNED = {
    "sections": "project",
    "stories": "target",
    "goal_relationships": "supported_goal",
    "status_updates": "parent",
    "time_tracking_entries": "task",
    "memberships": "parent",
    "project_memberships": "parent",
    "portfolio_memberships": "parent",
    "project_briefs": "project",
    "attachments": "parent",
    "allocations": "parent",
    "budgets": "parent",
}
_SHARED = frozenset({"projects", "portfolios", "goals", "custom_fields"})
# Members of a body that name what is changed, too.
_CHANGED = ("project", "projects", "section", "parent", "memberships")
_COMMENTS = frozenset({"stories", "attachments", "reactions"})


def require_level(player: Player, user: str, key: Key, path: str, data: Fields) -> None:
    """Check that a user of the world may make a change.

    Someone with a view-only licence changes nothing. Otherwise the objects that a request names decide: commenting
    needs a commenter, everything else an editor of the project, goal or portfolio. A task counts by the project
    where the user may do most, or else by its parent; who is no member by name may do what the object's
    visibility lets them reach.

    Args:
        player: The player.
        user: Gid of a user of the world.
        key: The operation.
        path: Of the request.
        data: The body's `data`.

    Raises:
        ApiError: 403 if they may not.
    """
    if key[0] == "GET":
        return
    if is_view_only(player, user):
        raise ApiError(403, "Forbidden: users with a view-only license cannot make changes")
    for gid in _named(path, data):
        record = player.record(gid)
        if record is None or not player.exists(gid):
            continue
        if level_of(player, user, gid) < _needed(user, key, data):
            kind = record.fields["resource_type"]
            raise ApiError(403, f"{kind}: You do not have the access level that this change needs: {gid}")


def _needed(user: str, key: Key, data: Fields) -> int:
    if not _COMMENTS.isdisjoint(key):
        return COMMENT
    if key[-1] in ("addFollowers", "removeFollowers") and set(map(str, data.get("followers") or [])) <= {"me", user}:
        return VIEW
    return COMMENT if data and set(data) <= {"liked"} else EDIT


def _named(path: str, data: Fields) -> list[str]:
    found = path.strip("/").split("/")[1:2]
    for name in _CHANGED:
        value = data.get(name)
        for item in value if isinstance(value, list) else [value]:
            found += _gids(item)
    return found


def _gids(item: Any) -> list[str]:
    if isinstance(item, dict):
        return [str(value) for name, value in item.items() if name in _CHANGED and value]
    return [item] if isinstance(item, str) else []


def level_of(player: Player, user: str, gid: str) -> int:
    """Tell how much a user may do to an object that they see: `VIEW`, `COMMENT` or `EDIT`."""
    record = player.record(gid)
    if record is None:
        return EDIT
    if record.resource in _GOVERNED:
        above = player.field(gid, _GOVERNED[record.resource])
        return level_of(player, user, above["gid"]) if above else EDIT
    if record.resource == "tasks":
        return _task_level(player, user, gid)
    if record.resource in _SHARED:
        return _shared_level(player, user, gid)
    return EDIT


def _task_level(player: Player, user: str, gid: str) -> int:
    projects = [item["gid"] for item in player.field(gid, "projects") or () if not player.hides(item["gid"])]
    if projects:
        return max(level_of(player, user, project) for project in projects)
    parent = player.field(gid, "parent")
    return level_of(player, user, parent["gid"]) if parent else EDIT


def _shared_level(player: Player, user: str, gid: str) -> int:
    if (player.field(gid, "owner") or {}).get("gid") == user:
        return EDIT
    ranks = [_rank(player, membership) for membership in memberships_of(player, user, gid)]
    return max(ranks, default=EDIT)


def _rank(player: Player, membership: str) -> int:
    stated = player.field(membership, "access_level") or player.field(membership, "write_access")
    return _RANKS.get(stated, EDIT)
