"""The stream of changes under a resource: the world's recorded history and clients' effects, as Asana's events."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass

from asana_intel.sandbox.player import Player
from asana_intel.sandbox.progress import project_tasks
from asana_intel.sandbox.times import from_iso
from asana_intel.sandbox.world import Fields

PAGE = 100
LIFETIME_H = 24


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a resource's stream: everything up to a moment, and so many events after it, are read."""

    resource: str
    at: str
    skip: int = 0

    def token(self) -> str:
        """Write the position as an opaque sync token."""
        return base64.urlsafe_b64encode(f"{self.resource}|{self.at}|{self.skip}".encode()).decode()

    @staticmethod
    def read(token: str) -> Position | None:
        """Read a sync token; None if it is not one of ours."""
        try:
            resource, at, skip = base64.urlsafe_b64decode(token.encode()).decode().split("|")
            from_iso(at)
            return Position(resource, at, int(skip))
        except ValueError:
            return None

    def is_fresh(self, now: str) -> bool:
        """Tell whether the token still lives: Asana keeps events for 24 hours, and none from the future."""
        age = from_iso(now) - from_iso(self.at)
        return 0 <= age.total_seconds() <= LIFETIME_H * 3600


def read_events(player: Player, position: Position) -> tuple[list[Fields], Position, bool]:
    """Read the next events under a resource.

    Args:
        player: The player.
        position: Where the last read ended.

    Returns:
        At most 100 events, the position after them, and whether there are more.
    """
    found = changes_between(player, position.resource, position.at, player.now)
    page = found[position.skip : position.skip + PAGE]
    if position.skip + PAGE < len(found):
        return page, Position(position.resource, position.at, position.skip + PAGE), True
    return page, Position(position.resource, player.now), False


def changes_between(player: Player, resource: str, after: str, until: str) -> list[Fields]:
    """List the events of a task, project or goal and of what lies in it, after one moment and up to another."""
    inside = dict.fromkeys(_inside(player, resource))
    found = [event for gid in inside for event in _recorded(player, gid, after, until)]
    found += [
        _event(player, **effect)
        for effect in player.effects
        if after < effect["at"] <= until and (effect["resource"] in inside or _bubbles(player, effect, inside))
    ]
    found.sort(key=lambda event: event["created_at"])
    return found


def _inside(player: Player, gid: str) -> Iterator[str]:
    yield gid
    record = player.record(gid)
    if record and record.resource == "projects":
        for task in project_tasks(player, gid):
            yield from _inside(player, task)
    elif record and record.resource == "tasks":
        for child in player.related("tasks.parent", gid):
            yield from _inside(player, child)
        yield from player.related("stories.target", gid)
    elif record and record.resource == "goals":
        yield from player.related("stories.target", gid)


def _bubbles(player: Player, effect: Fields, inside: dict[str, None]) -> bool:
    """Tell whether an effect on something that is gone, or moved away, happened below what is watched."""
    parent = effect["parent"]
    if parent and parent["gid"] in inside:
        return True
    if effect["action"] != "deleted":
        return False
    homes = player.field(effect["resource"], "projects") or []
    above = [*homes, player.field(effect["resource"], "parent"), player.field(effect["resource"], "target")]
    return any(home and home["gid"] in inside for home in above)


def _recorded(player: Player, gid: str, after: str, until: str) -> Iterator[Fields]:
    record = player.world.records.get(gid)
    if record is None:
        return

    def event(at: str, action: str, field: str | None = None, parent: Fields | None = None) -> Fields:
        change = {"field": field, "action": "changed"} if field else None
        return _event(player, at=at, resource=gid, action=action, user=None, change=change, parent=parent)

    if record.resource in ("tasks", "stories") and after < record.born <= until:
        yield event(record.born, "added", parent=player.ref(_home(record.fields)))
    completed_at = record.fields.get("completed_at")
    if record.resource == "tasks" and completed_at and after < completed_at <= until:
        yield event(completed_at, "changed", "completed")
    for change in record.changes:
        if after < change.until <= until:
            for field in [*change.fields, *(["custom_fields"] if change.values else [])]:
                yield event(change.until, "changed", field)
    for at, _ in player.world.history.get(gid, ()):
        if after < at <= until:
            yield event(at, "changed", "metric")
    if record.resource in ("goals", "projects"):
        for update in player.related("status_updates.parent", gid):
            at = player.field(update, "created_at")
            if update in player.world.records and after < at <= until:
                yield event(at, "changed", "current_status_update")


def _home(fields: Fields) -> Fields | None:
    projects = fields.get("projects") or [None]
    return fields.get("target") or fields.get("parent") or projects[0]


def _event(
    player: Player, *, at: str, resource: str, action: str, user: str | None, change: Fields | None,
    parent: Fields | None,
) -> Fields:  # fmt: skip
    record = player.record(resource)
    shown: Fields = {"gid": resource, "resource_type": record.fields["resource_type"] if record else None}
    for name in ("resource_subtype", "name"):
        if record and name in record.fields:
            shown[name] = player.field(resource, name)
    event: Fields = {
        "user": player.ref(user),
        "resource": shown,
        "type": shown["resource_type"],
        "action": action,
        "parent": parent,
        "created_at": at,
    }
    if change:
        event["change"] = change
    return event
