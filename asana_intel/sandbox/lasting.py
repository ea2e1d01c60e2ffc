"""Which full task records outlive a change: those that nothing it touched stands in. Not how they are built.

A task shows itself, the tasks around it, its stories and time entries, and, by reference, people, projects, sections,
tags and custom fields. It stays valid until one of three things happens: a task, story or entry that it shows is
written (its stamp moves on), the clock passes a moment at which one of these is born or changes by the recorded
history, or something of another kind is born, changes or is written (the number of turns or the age moves on).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asana_intel.sandbox.fields import Shown
from asana_intel.sandbox.schema import related_gids
from asana_intel.sandbox.world import LOCAL

if TYPE_CHECKING:
    from asana_intel.sandbox.player import Player

_AMONG_TASKS = ("tasks.parent", "tasks.dependency")
_TO_TASK = (*_AMONG_TASKS, "stories.target", "entries.task")
_NEVER = "~"  # sorts after every moment


@dataclass(slots=True)
class _Kept:
    """A record as it was built, and the state of things then; how long it stands is found out when first asked."""

    view: Shown
    age: int
    turns: int
    stamp: int
    built_at: str
    since: str = ""
    until: str = ""


class LastingViews:
    """The task records that a player built, each with what keeps it valid; in full sight only.

    Args:
        player: Whose records.
        most: How many are kept.
    """

    def __init__(self, player: Player, most: int) -> None:
        self._player = player
        self._most = most
        self._age = 0
        self._stamps: dict[str, int] = defaultdict(int)
        self._kept: dict[str, _Kept] = {}

    def get(self, gid: str) -> Shown | None:
        """Return a task's record if it was built before and still stands."""
        kept = self._kept.get(gid)
        if (
            kept is None
            or kept.age != self._age
            or kept.stamp != self._stamps.get(gid, 0)
            or kept.turns != self._turns()
        ):
            return None
        if not kept.until:
            self._find_span(gid, kept)
        return kept.view if kept.since <= self._player.now < kept.until else None

    def keep(self, gid: str, view: Shown) -> None:
        """Keep a task's record that was built just now."""
        if len(self._kept) >= self._most:
            self._kept.clear()
        self._kept[gid] = _Kept(view, self._age, self._turns(), self._stamps.get(gid, 0), self._player.now)

    def forget(self) -> None:
        """Take nothing that was built so far for valid."""
        self._age += 1

    def changed(self, gid: str) -> None:
        """Note that a record was, or is about to be, written."""
        record = self._player.record(gid)
        if record is None or record.resource not in LOCAL:
            self._age += 1
            return
        self._stamps[gid] += 1
        for task in self._around(gid, _AMONG_TASKS):
            self._stamps[task] += 1

    def _find_span(self, gid: str, kept: _Kept) -> None:
        kept.until = _NEVER
        if any(entry.get("reference_value") for entry in kept.view["custom_fields"]):
            kept.until = kept.since = kept.built_at  # it shows objects of any kind, so it does not last
            return
        for moment in self._moments(gid):
            if moment <= kept.built_at:
                kept.since = max(kept.since, moment)
            else:
                kept.until = min(kept.until, moment)

    def _turns(self) -> int:
        return bisect_right(self._player.world.turns, self._player.now)

    def _around(self, gid: str, inward: tuple[str, ...]) -> Iterator[str]:
        """Give what a record points to in any of its states, if tasks do, and what points to it in some relations."""
        player, record = self._player, self._player.record(gid)
        if record is None:
            return
        written = player.written.get(gid)
        ends = record.relations()
        for relation, other in (*ends, *related_gids(record.resource, written)) if written else ends:
            if relation in _TO_TASK:
                yield other
        for relation in inward:
            yield from player.world.related(relation, gid)
            yield from player.made_index.get((relation, gid), ())

    def _moments(self, gid: str) -> Iterator[str]:
        """Give the moments at which a task's record may change by the recorded history."""
        record = self._player.record(gid)
        if record is None:
            return
        for name in ("created_at", "completed_at", "modified_at"):
            moment = record.field(name)
            if moment:
                yield moment
        for other in (gid, *self._around(gid, _TO_TASK)):
            shown = self._player.record(other)
            if shown:
                yield shown.born
                for change in shown.changes:
                    yield change.until
