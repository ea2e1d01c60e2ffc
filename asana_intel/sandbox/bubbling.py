"""Where an event is heard: what an object stands in, up to the workspace. Which events there are is elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from asana_intel.sandbox.player import Player
from asana_intel.sandbox.standing import portfolios_with
from asana_intel.sandbox.world import Record

# Resource -> the fields that name what it stands in.
PARENTS: dict[str, tuple[str, ...]] = {
    "tasks": ("parent", "projects", "workspace"),
    "stories": ("target",),
    "sections": ("project",),
    "attachments": ("parent",),
    "time_tracking_entries": ("task",),
    "status_updates": ("parent",),
    "project_memberships": ("parent", "project"),
    "memberships": ("parent",),
    "team_memberships": ("team",),
    "workspace_memberships": ("workspace",),
    "allocations": ("parent",),
    "goal_relationships": ("supported_goal",),
    "projects": ("team", "workspace"),
    "goals": ("team", "workspace"),
    "portfolios": ("workspace",),
    "tags": ("workspace",),
    "teams": ("organization",),
}
# Events of these never reach a team or a portfolio.
SMALL = frozenset({"tasks", "stories", "sections", "attachments", "time_tracking_entries"})
LARGE_SCOPES = frozenset({"teams", "portfolios"})

Reader = Callable[[str, str], Any]


def above(player: Player, gid: str) -> dict[str, None]:
    """List what an object stands in at the clock, nearest first: tasks above, projects, portfolios, team, workspace."""
    return _climb(player, gid, player.field, lambda item: portfolios_with(player, item))


def recorded_above(player: Player, gid: str, at: str) -> dict[str, None]:
    """List what an object of the world stood in at a moment, whatever clients have written since."""
    world = player.world

    def field(gid: str, name: str) -> Any:
        record = world.records.get(gid)
        return recorded_value_at(record, name, at) if record else None

    def holders(item: str) -> list[str]:
        return [gid for gid in world.by_resource["portfolios"] if item in recorded_items(world.records[gid])]

    return _climb(player, gid, field, holders)


def recorded_items(portfolio: Record) -> list[str]:
    """List what the world records in a portfolio."""
    return [item if isinstance(item, str) else item["gid"] for item in portfolio.extra.get("items", ())]


def is_moved(record: Record) -> bool:
    """Tell whether the world records that an object stood in something else before."""
    names = PARENTS.get(record.resource, ())
    return any(name in change.fields for change in record.changes for name in names)


def recorded_value_at(record: Record, name: str, at: str) -> Any:
    """Return a raw field as the world's history has it right after a moment."""
    value = record.fields.get(name)
    for change in reversed(record.changes):
        if at < change.until and name in change.fields:
            value = change.fields[name]
    return value


def _climb(player: Player, gid: str, field: Reader, holders: Callable[[str], list[str]]) -> dict[str, None]:
    record = player.record(gid)
    found: dict[str, None] = {}
    if record is None:
        return found
    is_small = record.resource in SMALL
    queue = [gid]
    while queue:
        step = queue.pop(0)
        parents = [*_parents(player, step, field)]
        if not is_small and (one := player.record(step)) and one.resource in ("projects", "portfolios"):
            parents += holders(step)
        for parent in parents:
            standing_in = player.record(parent)
            if parent in found or standing_in is None or (is_small and standing_in.resource in LARGE_SCOPES):
                continue
            found[parent] = None
            queue.append(parent)
    # Many worlds hold one workspace, and do not repeat its name on every record.
    workspaces = player.world.by_resource["workspaces"]
    if len(workspaces) == 1 and record.resource in PARENTS:
        found[workspaces[0]] = None
    return found


def _parents(player: Player, gid: str, field: Reader) -> Iterator[str]:
    record = player.record(gid)
    for name in PARENTS.get(record.resource, ()) if record else ():
        value = field(gid, name)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict) and item.get("gid"):
                yield item["gid"]
