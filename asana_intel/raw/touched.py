"""What events tell must be read again. Pure: events in, names of objects and lists out; nothing is read here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from asana_intel.clock import parse_instant

Event = Mapping[str, Any]
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

# Type of what an event is about -> its raw table.
TABLES = {
    "task": "tasks",
    "story": "stories",
    "section": "sections",
    "project": "projects",
    "portfolio": "portfolios",
    "goal": "goals",
    "tag": "tags",
    "team": "teams",
    "user": "users",
    "custom_field": "custom_fields",
    "status_update": "status_updates",
    "project_membership": "project_memberships",
    "team_membership": "team_memberships",
    "workspace_membership": "workspace_memberships",
    "goal_relationship": "goal_relationships",
    "allocation": "allocations",
    "time_tracking_entry": "time_tracking_entries",
    "time_period": "time_periods",
}
# Changes of a task that leave its `modified_at` as it was.
_PLACES = {
    "memberships",
    "projects",
    "parent",
    "section",
    "sections",
    "dependencies",
    "dependents",
    "tags",
    "followers",
}
# Field of a container that changed -> the list in which the change stands.
_LISTS_BY_FIELD = {
    "members": "project_memberships",
    "followers": "project_memberships",
    "sections": "sections",
    "current_status_update": "status_updates",
    "current_status": "status_updates",
}
_CONTAINERS = {"project": "projects", "goal": "goals", "portfolio": "portfolios"}
# Tables that one list of the workspace fills.
_ROOTS = {
    "projects", "portfolios", "goals", "tags", "teams", "users", "custom_fields", "workspace_memberships",
    "allocations", "time_periods",
}  # fmt: skip


@dataclass
class Touched:
    """What must be read again.

    Args:
        tasks: Task -> when it was last told of.
        moved: Those of the tasks whose place, links or labels may have changed.
        reparented: Those that were put below another task: the one above before lost one.
        homes: Task -> project whose stream told of it as its own, where one did.
        deleted: Raw table -> gid -> when it was deleted.
        stories_of: Goals with new or changed stories. Stories of tasks come with the task.
        stories: Stories told of without what they are on.
        lists: (raw table, gid of the project, goal, portfolio or team it hangs on).
        sections: Sections told of without their project.
        roots: Raw tables whose list of the workspace must be read.
    """

    tasks: dict[str, datetime] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)
    reparented: set[str] = field(default_factory=set)
    homes: dict[str, str] = field(default_factory=dict)
    deleted: dict[str, dict[str, datetime]] = field(default_factory=lambda: defaultdict(dict))
    stories_of: set[str] = field(default_factory=set)
    stories: set[str] = field(default_factory=set)
    lists: set[tuple[str, str]] = field(default_factory=set)
    sections: set[str] = field(default_factory=set)
    roots: set[str] = field(default_factory=set)


def touched_by(events: Mapping[str, Sequence[Event]]) -> Touched:
    """Turn the events of all streams into what must be read again.

    Args:
        events: Watched gid -> its events. One change may be heard in several streams: it counts once.
    """
    found = Touched()
    told = [(heard_in, event) for heard_in, stream in events.items() for event in stream if _ref(event, "resource")]
    # Of what happened at one moment, a deletion was last.
    for heard_in, event in sorted(told, key=lambda one: (_moment(one[1]), one[1].get("action") == "deleted")):
        _take(found, heard_in, event)
    for table, gids in found.deleted.items():
        if table == "tasks":
            for gid in gids:
                found.tasks.pop(gid, None)
                found.moved.discard(gid)
        if table == "goals":
            found.stories_of -= gids.keys()
        if table == "stories":
            found.stories -= gids.keys()
    return found


def _take(found: Touched, heard_in: str, event: Event) -> None:
    gid, kind = _ref(event, "resource"), _kind(event, "resource")
    table, action, at = TABLES.get(kind), event.get("action"), _moment(event)
    if table and action == "deleted":
        found.deleted[table][gid] = at
        if table == "tasks" and heard_in != gid:
            _touch_above(found, event, at)
        return
    if table and gid in found.deleted[table]:  # it came back, or its deletion was of an earlier life
        del found.deleted[table][gid]
    if kind == "task":
        _touch(found, gid, at)
        if action in ("added", "removed", "undeleted") or _field(event) in _PLACES:
            found.moved.add(gid)
        if _field(event) == "parent":
            found.reparented.add(gid)
            _touch_with_place(found, _new_value(event), at)
        if _kind(event, "parent") == "project":
            found.homes[gid] = _ref(event, "parent")
        _touch_above(found, event, at)
    elif kind == "story":
        _take_story(found, event, at)
    elif kind in _CONTAINERS:
        _take_container(found, gid, kind, _field(event))
    elif table:
        _take_link(found, heard_in, event, table)
    elif _kind(event, "parent") == "task":  # an attachment, a reaction: the task is what changed
        _touch(found, _ref(event, "parent"), at)


def _take_story(found: Touched, event: Event, at: datetime) -> None:
    on, kind = _ref(event, "parent"), _kind(event, "parent")
    if kind == "task":
        _touch(found, on, at)
    elif kind == "goal":
        found.stories_of.add(on)
    else:
        found.stories.add(_ref(event, "resource"))


def _take_container(found: Touched, gid: str, kind: str, changed: str | None) -> None:
    found.roots.add(_CONTAINERS[kind])
    listed = _LISTS_BY_FIELD.get(changed or "")
    if listed == "status_updates" or (listed and kind == "project"):
        found.lists.add((listed, gid))
    if kind == "goal":  # which fields a goal's events name is not documented: its links may be what changed
        found.lists.add(("goal_relationships", gid))
    if kind == "portfolio":
        found.lists.add(("portfolio_items", gid))


def _take_link(found: Touched, heard_in: str, event: Event, table: str) -> None:
    parent, kind = _ref(event, "parent"), _kind(event, "parent")
    if table in _ROOTS:
        found.roots.add(table)
    elif table == "team_memberships" and kind == "team":
        found.lists.add((table, parent))
    elif table == "sections" and kind != "project":
        found.sections.add(_ref(event, "resource"))
    elif table == "time_tracking_entries":
        if kind == "task":
            _touch(found, parent, _moment(event))
    elif parent or heard_in:
        found.lists.add((table, parent or heard_in))


def _touch(found: Touched, gid: str, at: datetime) -> None:
    if gid:
        found.tasks[gid] = max(at, found.tasks.get(gid, _LONG_AGO))
        found.deleted["tasks"].pop(gid, None)


def _touch_with_place(found: Touched, gid: str, at: datetime) -> None:
    if gid:
        _touch(found, gid, at)
        found.moved.add(gid)


def _touch_above(found: Touched, event: Event, at: datetime) -> None:
    """A subtask that came or went changes its parent's count, and nothing else tells of that."""
    if event.get("action") in ("added", "removed", "deleted") and _kind(event, "parent") == "task":
        above = _ref(event, "parent")
        if above not in found.deleted["tasks"]:
            _touch_with_place(found, above, at)


def _moment(event: Event) -> datetime:
    try:
        return parse_instant(str(event.get("created_at")))
    except ValueError:
        return _LONG_AGO


def _field(event: Event) -> str | None:
    change = event.get("change")
    return change.get("field") if isinstance(change, Mapping) else None


def _new_value(event: Event) -> str:
    change = event.get("change")
    return _ref(change, "new_value") if isinstance(change, Mapping) else ""


def _ref(event: Event, member: str) -> str:
    reference = event.get(member)
    return str(reference.get("gid") or "") if isinstance(reference, Mapping) else ""


def _kind(event: Event, member: str) -> str:
    """The type of what an event refers to; status updates and memberships come under the names of their kinds, too."""
    reference = event.get(member)
    kind = str(reference.get("resource_type") or "") if isinstance(reference, Mapping) else ""
    return "status_update" if kind.endswith("status_update") else kind
