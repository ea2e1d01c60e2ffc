"""The world's own history as events: what was added, completed, changed and moved, and when. No clients' effects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from asana_intel.sandbox.bubbling import SMALL, is_moved, recorded_above, recorded_items
from asana_intel.sandbox.player import Player
from asana_intel.sandbox.schema import MANY
from asana_intel.sandbox.times import ALWAYS
from asana_intel.sandbox.world import Fields, Record

_FOREVER = "9999"  # sorts after every moment
# What tells of its own creation.
_ADDED = frozenset(
    {
        "tasks", "stories", "projects", "goals", "portfolios", "sections", "status_updates", "attachments", "tags",
        "team_memberships", "workspace_memberships", "project_memberships", "memberships",
    }
)  # fmt: skip
# Relations that lead down from what is watched.
_BELOW: dict[str, tuple[str, ...]] = {
    "projects": ("tasks.project", "sections.project", "status_updates.parent", "memberships.parent"),
    "tasks": ("tasks.parent", "stories.target"),
    "goals": ("stories.target", "status_updates.parent", "memberships.parent"),
    "portfolios": ("status_updates.parent",),
    "teams": ("team_memberships.team", "goals.team"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        at: When.
        gid: To what.
        action: `added`, `changed`, `removed`, `deleted` or `undeleted`.
        user: Gid of who did it; None where it is not known.
        change: The event's `change` member, its value as a raw reference.
        parent: For added and removed: gid of what it was added to or removed from.
    """

    at: str
    gid: str
    action: str
    user: str | None = None
    change: Fields | None = field(default=None, hash=False)
    parent: str | None = None

    @property
    def field_name(self) -> str | None:
        """The changed field."""
        return self.change["field"] if self.change else None


def timeline(player: Player, gid: str, *, large_only: bool = False) -> list[Event]:
    """List all that the world records of an object and of what lies in it, oldest first.

    Args:
        player: The player; only its world is read.
        gid: A task, project, goal, portfolio, team or workspace.
        large_only: Leave out tasks and what lies in tasks.
    """
    world = player.world
    holds_all = world.by_resource["workspaces"] == [gid]
    events: list[Event] = []
    for member in dict.fromkeys(_inside(player, gid)):
        record = world.records[member]
        if large_only and record.resource in SMALL:
            continue
        own = list(_own(player, member, record))
        if member != gid and not holds_all:
            own = _heard(player, gid, member, own)
        events += own
    events.sort(key=lambda event: event.at)
    return events


def _heard(player: Player, gid: str, member: str, events: list[Event]) -> list[Event]:
    """Keep the events of an object that happened while it stood in another, or put it there or took it away."""
    chain = recorded_above(player, member, _FOREVER)
    records = (player.world.records.get(one) for one in (member, *chain))
    if not any(record and is_moved(record) for record in records):
        return events if gid in chain else []
    return [event for event in events if event.parent == gid or gid in recorded_above(player, member, event.at)]


def _inside(player: Player, gid: str) -> Iterator[str]:
    world, record = player.world, player.world.records.get(gid)
    if record is None:
        return
    if record.resource == "workspaces":
        yield from world.records
        return
    yield gid
    for relation in _BELOW.get(record.resource, ()):
        for child in world.index.get((relation, gid), ()):
            yield from _inside(player, child)
    if record.resource == "teams":
        yield from (p for p in world.by_resource["projects"] if (_ref(world.records[p].fields.get("team")) == gid))
    if record.resource == "portfolios":
        yield from (item for item in recorded_items(record) if item in world.records)


def _own(player: Player, gid: str, record: Record) -> Iterator[Event]:
    fields = record.fields
    if record.resource in _ADDED and record.born != ALWAYS:
        yield Event(record.born, gid, "added", _ref(fields.get("created_by")), None, _home(record))
    completed_at = fields.get("completed_at")
    if completed_at and record.resource in ("tasks", "projects"):
        yield Event(completed_at, gid, "changed", _ref(fields.get("completed_by")), _changed("completed"))
    yield from _changes(gid, record)
    for at, _ in player.world.history.get(gid, ()):
        yield Event(at, gid, "changed", None, _changed("metric"))
    if record.resource in ("goals", "projects", "portfolios"):
        for update in player.world.index.get(("status_updates.parent", gid), ()):
            post = player.world.records[update]
            author, change = _ref(post.fields.get("author")), _changed("current_status_update", {"gid": update})
            yield Event(post.born, gid, "changed", author, change)
    if record.resource == "tasks":
        for entry in player.world.index.get(("entries.task", gid), ()):
            logged = player.world.records[entry]
            author = _ref(logged.fields.get("created_by"))
            yield Event(logged.born, gid, "changed", author, _changed("actual_time_minutes"))


def _changes(gid: str, record: Record) -> Iterator[Event]:
    """Tell each recorded change, with the value it led to: the earlier state of the next change, or the record's."""
    after: Fields = dict(record.fields)
    for change in reversed(record.changes):
        for name, old in change.fields.items():
            yield from _change(gid, record.resource, change.until, name, old, after.get(name))
            after[name] = old
        if change.values:
            yield Event(change.until, gid, "changed", None, _changed("custom_fields"))


def _change(gid: str, resource: str, at: str, name: str, old: Any, new: Any) -> Iterator[Event]:
    if resource == "tasks" and name in ("projects", "memberships"):
        before, since = _containers(name, old), _containers(name, new)
        yield from (Event(at, gid, "removed", None, None, home) for home in before if home not in since)
        yield from (Event(at, gid, "added", None, None, home) for home in since if home not in before)
    elif name in MANY.get(resource, ()):
        before, since = _containers("projects", old), _containers("projects", new)
        for member in before:
            if member not in since:
                change = {"field": name, "action": "removed", "removed_value": {"gid": member}}
                yield Event(at, gid, "changed", None, change)
        for member in since:
            if member not in before:
                change = {"field": name, "action": "added", "added_value": {"gid": member}}
                yield Event(at, gid, "changed", None, change)
    else:
        yield Event(at, gid, "changed", None, _changed(name, new))


def _containers(name: str, value: Any) -> dict[str, None]:
    """Give the gids of a list of references; of memberships, those of the sections."""
    items = [item.get("section") if name == "memberships" else item for item in value or ()]
    return {item["gid"]: None for item in items if item}


def _changed(field: str, value: Any = None) -> Fields:
    """Build a `change`; only a new value that is an object stands in it."""
    is_object = isinstance(value, dict) and bool(value.get("gid"))
    return {"field": field, "action": "changed", **({"new_value": value} if is_object else {})}


def _home(record: Record) -> str | None:
    fields = record.fields
    projects = fields.get("projects") or [None]
    names = ("target", "parent", "project", "team") if record.resource != "goals" else ()
    homes = [*(fields.get(name) for name in names), projects[0], fields.get("workspace")]
    return next((gid for gid in map(_ref, homes) if gid), None)


def _ref(value: Any) -> str | None:
    return value.get("gid") if isinstance(value, dict) else None
