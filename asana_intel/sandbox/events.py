"""The streams of events that clients poll and webhooks push: the world's history and clients' effects, by resource."""

from __future__ import annotations

import base64
import hashlib
from bisect import bisect_left, bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from asana_intel.sandbox.bubbling import PARENTS, SMALL, above
from asana_intel.sandbox.player import Player, Viewer
from asana_intel.sandbox.recorded_events import Event, timeline
from asana_intel.sandbox.times import from_iso
from asana_intel.sandbox.world import Fields

PAGE = 100
WORKSPACE_PAGE = 1000
LIFETIME_H = 24
ANSWERS_KEPT = 512


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a resource's stream: everything before a moment is read, and so many events at or after it.

    Attributes:
        resource: Whose stream.
        at: The moment.
        skip: Events at or after it that are read.
        serial: Tells tokens for the same place apart.
    """

    resource: str
    at: str
    skip: int = 0
    serial: int = 0

    def token(self) -> str:
        """Write the position as an opaque sync token."""
        text = f"{self.resource}|{self.at}|{self.skip}|{self.serial}"
        return base64.urlsafe_b64encode(text.encode()).decode()

    @staticmethod
    def read(token: str) -> Position | None:
        """Read a sync token; None if it is not one of ours."""
        try:
            resource, at, skip, serial = base64.b64decode(token.encode(), b"-_", validate=True).decode().split("|")
            from_iso(at)
            return Position(resource, at, int(skip), int(serial))
        except ValueError:
            return None

    def is_fresh(self, now: str) -> bool:
        """Tell whether the token still lives: Asana keeps events for 24 hours, and none from the future."""
        age = from_iso(now) - from_iso(self.at)
        return 0 <= age.total_seconds() <= LIFETIME_H * 3600


@dataclass(frozen=True, slots=True)
class Page:
    """An answer of a stream: events in the API's form, the token to go on with, and whether more wait."""

    events: list[Fields]
    sync: str
    has_more: bool


class EventLog:
    """All streams of a running sandbox.

    Effects are entered into the streams of everything above them when they happen, so that a poll costs what it
    answers, and a task that is moved or deleted later is still heard where it was.

    Args:
        player: Whose events.
    """

    def __init__(self, player: Player) -> None:
        self._player = player
        self._timelines: dict[tuple[str, bool], tuple[list[str], list[Event]]] = {}
        self._forget()

    def _forget(self) -> None:
        self._effects = self._player.effects
        self._entered = 0
        self._streams: dict[str, list[Event]] = defaultdict(list)
        self._deleted_at: dict[str, str] = {}
        self._answers: OrderedDict[tuple[str, Viewer | None], Page] = OrderedDict()
        self._serial = 0
        self._polled: dict[str, dict[str, str]] = defaultdict(dict)

    def catch_up(self) -> None:
        """Enter the effects since the last call; to be called after every write, while things stand as it left them."""
        player = self._player
        if self._effects is not player.effects:
            self._forget()
        while self._entered < len(player.effects):
            with player.in_full():
                self._enter(player.effects[self._entered])
            self._entered += 1

    def _enter(self, effect: Fields) -> None:
        player = self._player
        parent = effect["parent"]["gid"] if effect["parent"] else None
        gid = effect["resource"]
        change = _with_value(player, gid, effect["change"])
        event = Event(effect["at"], gid, effect["action"], effect["user"], change, parent)
        heard = {gid: None, **above(player, gid)}
        if parent:
            record = player.record(gid)
            heard |= {parent: None, **(above(player, parent) if record and record.resource in PARENTS else {})}
        for watched in heard:
            self._streams[watched].append(event)
        if event.action == "deleted":
            self._deleted_at[gid] = event.at

    # -- polling

    def first(self, resource: str) -> str:
        """Give a token from which only what happens from now on is read."""
        return self.end(resource).token()

    def read(self, position: Position, limit: int = PAGE) -> Page:
        """Answer a poll; the same token gets the same answer again.

        Args:
            position: From the token; fresh.
            limit: Most events of one answer.
        """
        asked = (position.token(), self._player.viewer)
        known = self._answers.get(asked)
        if known is not None:
            return known
        happened, after, has_more = self.next_events(position, limit)
        events = [self.shown(event) for event in happened if self.is_visible(event)]
        page = self._answers[asked] = Page(events, after.token(), has_more)
        if len(self._answers) > ANSWERS_KEPT:
            self._answers.popitem(last=False)
        return page

    def next_events(
        self, position: Position, limit: int, *, large_only: bool = False
    ) -> tuple[list[Event], Position, bool]:
        """Read on in a stream.

        Args:
            position: Where the last read ended.
            limit: How many to read; lost events count, but are not returned.
            large_only: Leave out tasks and what lies in tasks (of a workspace: webhooks never tell these).

        Returns:
            The events, the position after them, and whether there are more.
        """
        self.catch_up()
        with self._player.in_full():
            found = self._between(position.resource, position.at, self._player.now, large_only=large_only)
        read = found[position.skip : position.skip + limit]
        end = position.skip + len(read)
        kept = [event for event in read if not self._is_lost(event)]
        if end < len(found):
            last = read[-1].at
            skip = sum(1 for event in found[:end] if event.at == last)
            return kept, Position(position.resource, last, skip, self._next_serial()), True
        skip = sum(1 for event in found if event.at == self._player.now)
        return kept, Position(position.resource, self._player.now, skip, self._next_serial()), False

    def note_poll(self, resource: str, actor: str) -> None:
        """Remember who polls a resource: each stream counts like a webhook on it."""
        self._polled[resource][actor] = self._player.now

    def pollers(self, resource: str) -> int:
        """Count the live streams of a resource."""
        moments = self._polled.get(resource, {}).values()
        return sum(1 for at in moments if Position(resource, at).is_fresh(self._player.now))

    def end(self, resource: str) -> Position:
        """Give the place behind all that has happened so far."""
        self.catch_up()
        now = self._player.now
        with self._player.in_full():
            skip = len(self._between(resource, now, now))
        return Position(resource, now, skip, self._next_serial())

    def _next_serial(self) -> int:
        self._serial += 1
        return self._serial

    # -- what happened

    def _between(self, resource: str, start: str, end: str, *, large_only: bool = False) -> list[Event]:
        """List a resource's events from one moment to another, both included, oldest first."""
        stream = self._streams.get(resource, [])
        low = bisect_left(stream, start, key=_moment)
        happened = stream[low : bisect_right(stream, end, lo=low, key=_moment)]
        if large_only:
            happened = [event for event in happened if not self._is_small(event)]
        recorded = self._recorded(resource, start, end, large_only=large_only)
        if not recorded:
            return happened
        return sorted([*recorded, *happened], key=_moment)

    def _recorded(self, resource: str, start: str, end: str, *, large_only: bool) -> list[Event]:
        found = dict.fromkeys(self._slice(resource, start, end, large_only=large_only))
        player = self._player
        if player.written:
            found = {event: None for event in found if self._still_heard(resource, event)}
        for relation in ("tasks.project", "tasks.parent"):
            for gid in player.made_index.get((relation, resource), ()):
                if gid in player.world.records and resource in above(player, gid):
                    found |= dict.fromkeys(self._slice(gid, start, end, large_only=False))
        return [event for event in found if not self._is_masked(event)]

    def _slice(self, resource: str, start: str, end: str, *, large_only: bool) -> list[Event]:
        key = (resource, large_only)
        if key not in self._timelines:
            events = timeline(self._player, resource, large_only=large_only)
            self._timelines[key] = ([event.at for event in events], events)
        moments, events = self._timelines[key]
        low = bisect_left(moments, start)
        return events[low : bisect_right(moments, end, lo=low)]

    def _still_heard(self, resource: str, event: Event) -> bool:
        """Tell whether a recorded event reaches a resource that a client may have moved its object out of."""
        chain = [event.gid, *above(self._player, event.gid)]
        is_moved = any({"projects", "parent"} & self._player.written.get(gid, {}).keys() for gid in chain)
        return not is_moved or resource in chain

    def _is_masked(self, event: Event) -> bool:
        """Tell whether a client's writes keep a recorded event from happening: deleted before, or field overwritten."""
        player, gid = self._player, event.gid
        if gid in player.deleted:
            ends = [self._deleted_at[one] for one in (gid, *above(player, gid)) if one in self._deleted_at]
            return not ends or event.at > min(ends)
        return event.field_name in player.written.get(gid, ()) and event.at > player.touched[gid]

    def _is_small(self, event: Event) -> bool:
        record = self._player.record(event.gid)
        return record is None or record.resource in SMALL

    def _is_lost(self, event: Event) -> bool:
        """Decide by the event's identity alone, so that every reader and every run loses the same events."""
        share = self._player.behaviour.event_loss
        return share > 0 and is_struck(
            f"{event.at}|{event.gid}|{event.action}|{event.field_name}|{event.parent}", share
        )

    # -- in the API's form

    def is_visible(self, event: Event) -> bool:
        """Tell whether who looks now may hear of an event."""
        viewer = self._player.viewer
        return viewer is None or viewer.sees(self._player, event.gid)

    def shown(self, event: Event) -> Fields:
        """Show an event in full, with compact references as they stand now."""
        player = self._player
        record = player.record(event.gid)
        resource: Fields = {"gid": event.gid, "resource_type": record.fields["resource_type"] if record else None}
        for name in ("resource_subtype", "name"):
            if record and name in record.fields:
                resource[name] = player.field(event.gid, name)
        has_parent = event.parent is not None and event.action in ("added", "removed")
        parent = self._ref(event.parent) if has_parent else None
        body: Fields = {
            "user": player.ref(event.user),
            "resource": resource,
            "type": resource["resource_type"],
            "action": event.action,
            "parent": parent,
            "created_at": event.at,
        }
        if event.change:
            body["change"] = {
                name: self._ref(value) if isinstance(value, dict) and "gid" in value else value
                for name, value in event.change.items()
            }
        return body

    def _ref(self, value: Fields | str | None) -> Fields | None:
        """Give the compact reference; of an object that is gone its gid and type; of one that is hidden nothing."""
        gid = value["gid"] if isinstance(value, dict) else value or ""
        record = self._player.record(gid)
        if record is None or gid not in self._player.deleted:
            return self._player.ref(value)
        return {"gid": gid, "resource_type": record.fields["resource_type"]}


def is_struck(identity: str, share: float) -> bool:
    """Choose a share (0 to 1) of all identities, always the same ones."""
    digest = hashlib.blake2b(identity.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < share * 2**64


def bare(event: Fields) -> Iterator[tuple[str, object]]:
    """Reduce a shown event to what a webhook carries: objects by gid and resource_type alone."""
    for name, value in event.items():
        if name == "type":
            continue
        if name == "change":
            yield name, {key: _bare(member) for key, member in value.items()}
        else:
            yield name, _bare(value)


def _bare(value: object) -> object:
    if isinstance(value, dict):
        return {"gid": value["gid"], "resource_type": value["resource_type"]}
    return value


def _with_value(player: Player, gid: str, change: Fields | None) -> Fields | None:
    """Add the new value of a changed reference, which is known now and perhaps not later."""
    if not change or change.get("action") != "changed" or "new_value" in change:
        return change
    value = player.field(gid, change["field"])
    is_object = isinstance(value, dict) and bool(value.get("gid"))
    return {**change, "new_value": {"gid": value["gid"]}} if is_object else change


def _moment(event: Event) -> str:
    return event.at
