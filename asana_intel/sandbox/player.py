"""The player: which records exist at the clock, how they stand, and the effects written on top. No HTTP."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from asana_intel.sandbox.behaviour import Behaviour
from asana_intel.sandbox.fields import Memo, Shown
from asana_intel.sandbox.lasting import LastingViews
from asana_intel.sandbox.rejections import ApiError, unknown
from asana_intel.sandbox.schema import TYPES, related_gids
from asana_intel.sandbox.times import plus_ms
from asana_intel.sandbox.world import Fields, Record, World

if TYPE_CHECKING:
    from asana_intel.sandbox.events import EventLog
    from asana_intel.sandbox.webhooks import Webhooks

# Caches of what is shown; they differ with who looks.
_SHOWN = ("lists", "views", "refs", "resolved", "entries", "attached", "picked", "sight")
# So many full records are kept; a crawl of a large world must not fill the memory.
VIEWS_KEPT = 5_000


class Viewer(Protocol):
    """Someone who sees only a part of the world; equal viewers see the same."""

    def sees(self, player: Player, gid: str) -> bool:
        """Tell whether an object is shown to them, whoever looks at the moment."""
        ...

    def __hash__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Write:
    """One effect on one record, as it was laid over the world.

    Attributes:
        at: The clock then.
        action: `create`, `write`, `touch` or `delete`.
        gid: The record.
        fields: What was written.
        values: Custom-field values that were written.
        modifies: Whether `modified_at` follows.
        record: What was created.
    """

    at: str
    action: str
    gid: str
    fields: Fields = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    modifies: bool = True
    record: Record | None = None


class Player:
    """A world at a moment, with what clients have written since.

    Effects lie over the world field by field: a written field keeps its written value, whatever the world's
    history does later; all other fields go on as recorded.

    Args:
        world: The recorded company; never changed.
        now: The clock, in the API's form.

    Attributes:
        events: The streams of what happens, set by the sandbox that runs the player.
        webhooks: Who is told of it, set likewise.
    """

    events: EventLog
    webhooks: Webhooks

    def __init__(self, world: World, now: str) -> None:
        self.world = world
        self.now = now
        self.behaviour = Behaviour()
        self.viewer: Viewer | None = None
        # (custom field, enabled) -> its definition and the entries shown by value. They outlive every change, as
        # an entry holds nothing but its definition and its value.
        self.lasting: dict[tuple[str, bool], tuple[Fields, dict[Any, Shown]]] = {}
        self.forget_effects()

    def forget_effects(self) -> None:
        """Return to the world as recorded; the clock stays."""
        self.last_effect: str | None = None
        self.made: dict[str, Record] = {}
        self.made_of: dict[str, list[str]] = defaultdict(list)
        self.made_index: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        self.identities: dict[str, Fields] = {}
        self.written: dict[str, Fields] = {}
        self.written_values: dict[str, dict[str, Any]] = {}
        self.metric_written: dict[str, str] = {}
        self.status_written: dict[str, str] = {}
        self.modified: dict[str, str] = {}
        self.touched: dict[str, str] = {}
        self.deleted: set[str] = set()
        self.effects: list[Fields] = []
        self.log: list[Write] = []
        self.tasks = LastingViews(self, VIEWS_KEPT)
        self._next_gid = self.world.next_gid
        self._places = len(self.world.records)
        self.forget_views()

    def forget_views(self) -> None:
        """Drop everything derived from the present state, whatever changed."""
        self.tasks.forget()
        self._forget_shown()

    def _forget_shown(self) -> None:
        """Drop what is derived from the present state, except for tasks that show nothing that changed."""
        self.lists: dict[tuple[Any, ...], list[str]] = {}
        self.views: dict[str, Fields] = {}
        self.refs: dict[str, Fields | None] = {}
        self.resolved: dict[int, tuple[Any, list[Fields]]] = {}
        self.entries: dict[tuple[str, bool], tuple[Fields, dict[Any, Shown]]] = {}
        self.attached: dict[str, tuple[str, ...]] = {}
        self.progress: dict[str, float | None] = {}  # of goals
        self.shares: dict[tuple[str, str], float | None] = {}  # of projects: how much is completed, by what counts
        self.actuals: dict[str, bool] | None = None
        self.picked: Memo = {}
        self.sight: dict[str, bool] = {}  # who sees what hangs together: any change forgets all of it
        self._looks: dict[Viewer | None, dict[str, Any]] = {}

    # -- who looks

    @contextmanager
    def seen_by(self, viewer: Viewer | None) -> Iterator[None]:
        """Show only what a viewer sees; None sees everything. Each viewer has caches of what is shown."""
        before = self.viewer
        self._look_as(viewer)
        try:
            yield
        finally:
            self._look_as(before)

    def _look_as(self, viewer: Viewer | None) -> None:
        if viewer == self.viewer:
            return
        self._looks[self.viewer] = {name: getattr(self, name) for name in _SHOWN}
        self.viewer = viewer
        for name, cache in self._looks.pop(viewer, dict.fromkeys(_SHOWN)).items():
            setattr(self, name, {} if cache is None else cache)

    @contextmanager
    def in_full(self) -> Iterator[None]:
        """Find and count everything, whoever looks; nothing may be shown (`standing`, `ref`) meanwhile."""
        viewer, self.viewer = self.viewer, None
        try:
            yield
        finally:
            self.viewer = viewer

    def hides(self, gid: str) -> bool:
        """Tell whether the present viewer must not see an object, deleted or not."""
        if self.viewer is None:
            return False
        hidden = self.sight.get(gid)
        if hidden is None:
            self.sight[gid] = True  # what belongs to itself is not seen
            hidden = self.sight[gid] = not self.viewer.sees(self, gid)
        return hidden

    # -- the clock

    def set_clock(self, moment: str, *, reset: bool = False) -> None:
        """Move the clock.

        Args:
            moment: In the API's form.
            reset: Forget all effects first.

        Raises:
            ApiError: 409 if effects were written after that moment.
        """
        if reset:
            self.forget_effects()
        elif self.last_effect and moment < self.last_effect:
            raise ApiError(
                409,
                f"the last write was at {self.last_effect}, after {moment}; "
                'send {"reset": true} as well to forget what was written',
            )
        self.now = moment
        self._forget_shown()

    def tick(self) -> str:
        """Begin an effect: the clock goes on by one millisecond, so that effects are ordered."""
        self.now = plus_ms(self.now, 1)
        self.last_effect = self.now
        return self.now

    # -- what exists

    def record(self, gid: str) -> Record | None:
        """Return the record of a gid, existing at the clock or not."""
        return self.world.records.get(gid) or self.made.get(gid)

    def exists(self, gid: str) -> bool:
        """Tell whether an object is there at the clock."""
        record = self.record(gid)
        if record is None or record.born > self.now or gid in self.deleted:
            return False
        return self.viewer is None or not self.hides(gid)

    def get(self, resource: str, gid: str) -> Record:
        """Return an existing record of a resource.

        Raises:
            ApiError: 404 if there is none at the clock.
        """
        record = self.record(gid)
        if record is None or record.resource != resource or not self.exists(gid):
            raise unknown(TYPES[resource], gid)
        return record

    def all(self, resource: str) -> list[str]:
        """List the gids of a resource that exist at the clock, the world's first."""
        return self.existing((*self.world.by_resource[resource], *self.made_of[resource]))

    def related(self, relation: str, gid: str) -> list[str]:
        """List existing objects that stand, or once stood, in a relation to another (see schema.RELATIONS)."""
        end = (relation, gid)
        recorded, made = self.world.index.get(end), self.made_index.get(end)
        if not made:
            return self.existing(recorded) if recorded else []
        return self.existing(dict.fromkeys((*(recorded or ()), *made)))

    def existing(self, gids: Iterable[str]) -> list[str]:
        """Keep the gids that exist at the clock, in their order."""
        made, recorded, now, deleted = self.made, self.world.records, self.now, self.deleted
        found = [
            gid
            for gid in gids
            if (record := recorded.get(gid) or made.get(gid)) and record.born <= now and gid not in deleted
        ]
        return found if self.viewer is None else [gid for gid in found if not self.hides(gid)]

    # -- how it stands

    def fields(self, gid: str) -> Fields:
        """Return a record's own fields at the clock, as a new dict; references and derived fields are still raw."""
        record = self.record(gid)
        if record is None:
            raise unknown("object", gid)
        fields = record.copied_fields()
        for change in reversed(record.changes):
            if self.now < change.until:
                fields.update(change.fields)
        fields.update(self.written.get(gid, ()))
        return fields

    def field(self, gid: str, name: str) -> Any:
        """Return one raw field at the clock, without building the whole record."""
        record = self.record(gid)
        if record is None:
            return None
        written = self.written.get(gid)
        if written is not None and name in written:
            return written[name]
        value = record.field(name)
        for change in reversed(record.changes):
            if self.now < change.until and name in change.fields:
                value = change.fields[name]
        return value

    def column(self, gids: Iterable[str], name: str) -> list[Any]:
        """Return one raw field of many records at the clock, in their order."""
        recorded, made, written, now = self.world.records, self.made, self.written, self.now
        found: list[Any] = []
        for gid in gids:
            record = recorded.get(gid) or made[gid]
            value = record.field(name)
            if record.changes:
                value = next((c.fields[name] for c in record.changes if now < c.until and name in c.fields), value)
            if gid in written:
                value = written[gid].get(name, value)
            found.append(value)
        return found

    def values(self, gid: str) -> dict[str, Any]:
        """Return the custom-field values of a record at the clock, by field gid."""
        record = self.record(gid)
        values = record.values if record else {}
        for change in reversed(record.changes if record else ()):
            if self.now < change.until:
                values.update(change.values)
        values.update(self.written_values.get(gid, ()))
        return values

    def is_completed(self, gid: str) -> bool:
        """Tell whether a task or project is complete at the clock."""
        written = self.written.get(gid)
        if written is not None and "completed" in written:
            return bool(written["completed"])
        record = self.record(gid)
        completed_at = record.field("completed_at") if record else None
        return completed_at is not None and completed_at <= self.now

    def ref(self, value: Fields | str | None) -> Fields | None:
        """Return the compact reference to an object, or None where it does not exist at the clock.

        A reference to something the world does not hold at all (a tag, say) stays as recorded.
        """
        if value is None:
            return None
        gid = value if isinstance(value, str) else value.get("gid")
        if gid is None:
            return value if isinstance(value, dict) else None
        if gid in self.refs:
            return self.refs[gid]
        record = self.record(gid)
        if record is None:
            identity = self.identities.get(gid)
            found = compact_user(identity) if identity else value if isinstance(value, dict) else None
        else:
            found = self._compact(gid, record) if self.exists(gid) else None
        self.refs[gid] = found
        return found

    def _compact(self, gid: str, record: Record) -> Fields:
        ref: Fields = {"gid": gid, "resource_type": record.field("resource_type")}
        if record.resource in ("project_briefs", "budgets", "rates", "reactions"):
            return ref  # they have no name
        if record.resource == "time_periods":
            names = ("start_on", "end_on", "period", "display_name")
        elif record.resource == "status_updates":
            names = ("title", "resource_subtype")
        elif record.resource in ("tasks", "custom_fields"):
            names = ("name", "resource_subtype")
        else:
            names = ("name",)
        ref.update((name, self.field(gid, name)) for name in names)
        return ref

    # -- effects

    def new_gid(self) -> str:
        """Give the next free gid; the same writes on the same world give the same gids."""
        gid = str(self._next_gid)
        self._next_gid += 1
        return gid

    def new_place(self) -> int:
        """Give the next place in the order of lists: behind all that is there."""
        self._places += 1
        return self._places

    def create(self, record: Record) -> str:
        """Add an object made by a client; its birth is now."""
        gid: str = record.field("gid")
        record.born = self.now
        if record.place < 0:
            record.place = self.new_place()
        self.log.append(Write(self.now, "create", gid, record=record))
        self.made[gid] = record
        self.made_of[record.resource].append(gid)
        self._index(gid, record.resource, record.copied_fields())
        self.tasks.changed(gid)
        self._forget_shown()
        return gid

    def write(self, gid: str, fields: Fields, values: dict[str, Any] | None = None, *, modifies: bool = True) -> None:
        """Lay fields and custom-field values over a record.

        Args:
            gid: The record.
            fields: API fields with their new raw values (references as `{"gid"}`).
            values: Custom-field gid -> value in kept form.
            modifies: Whether `modified_at` follows; moves between containers only count for `modified_since`.
        """
        self.log.append(Write(self.now, "write", gid, fields, values or {}, modifies))
        self.tasks.changed(gid)
        self.written.setdefault(gid, {}).update(fields)
        for name, written_at in (("metric", self.metric_written), ("status", self.status_written)):
            if name in fields:
                written_at[gid] = self.now
        if values:
            self.written_values.setdefault(gid, {}).update(values)
        record = self.record(gid)
        if record:
            self._index(gid, record.resource, fields)
        self.touch(gid, modifies=modifies)

    def touch(self, gid: str, *, modifies: bool = True) -> None:
        """Note that a record changed now, and drop the views that could show it."""
        self.log.append(Write(self.now, "touch", gid, modifies=modifies))
        self.touched[gid] = self.now
        if modifies:
            self.modified[gid] = self.now
        self.tasks.changed(gid)
        self._forget_shown()

    def delete(self, gid: str) -> None:
        """Remove an object and what lives only in it (subtasks, stories, entries, settings, relationships)."""
        self.log.append(Write(self.now, "delete", gid))
        self.tasks.changed(gid)
        self.deleted.add(gid)
        for relation in _CASCADES:
            with self.in_full():
                children = self.related(relation, gid)
            for child in children:
                if child not in self.deleted:
                    self.delete(child)
        self._forget_shown()

    def repeat(self, write: Write) -> None:
        """Take over an effect from the log of another player of the same world, at the moment it was made there."""
        self.now = write.at
        match write.action:
            case "create" if write.record:
                self.create(write.record)
            case "write":
                self.write(write.gid, write.fields, write.values, modifies=write.modifies)
            case "delete":
                self.delete(write.gid)
            case _:
                self.touch(write.gid, modifies=write.modifies)

    def note(
        self, gid: str, action: str, actor: str, change: Fields | None = None, parent: Fields | None = None
    ) -> None:
        """Log an effect for the events stream.

        Args:
            gid: What changed.
            action: `added`, `changed`, `removed` or `deleted`.
            actor: Gid of who did it.
            change: The event's `change` member.
            parent: For added and removed: where to or from.
        """
        self.effects.append(
            {"at": self.now, "resource": gid, "action": action, "user": actor, "change": change, "parent": parent}
        )

    def _index(self, gid: str, resource: str, fields: Fields) -> None:
        for pair in related_gids(resource, fields):
            self.made_index[pair][gid] = None


_CASCADES = (
    "tasks.parent", "stories.target", "entries.task", "settings.parent", "settings.field",
    "relationships.supported", "relationships.supporting", "sections.project", "status_updates.parent",
    "memberships.parent", "placements.portfolio", "placements.project", "allocations.parent", "budgets.parent",
    "rates.parent", "access_requests.target", "briefs.project", "task_templates.project", "attachments.parent",
    "reactions.target", "team_memberships.team",
)  # fmt: skip


def compact_user(user: Fields) -> Fields:
    """Reduce a user to its compact reference."""
    return {"gid": user["gid"], "resource_type": "user", "name": user["name"]}
