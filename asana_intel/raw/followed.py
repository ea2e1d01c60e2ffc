"""Which tasks the events since the last sync touched, so that they can be followed at once. Pure; nothing is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asana_intel.raw.touched import touched_by

MOST_TASKS = 50
"""Tasks that are followed at most; when more changed, the refresh alone reads them."""


@dataclass(frozen=True)
class Following:
    """Tasks that changed since the last sync.

    Args:
        tasks: Gid -> when it was last told of; of more than `MOST_TASKS`, the latest and one more.
        spoken: Those of them on which somebody spoke.
    """

    tasks: Mapping[str, datetime] = field(default_factory=dict)
    spoken: frozenset[str] = frozenset()

    def heard(self, events: Iterable[Mapping[str, Any]], synced_at: datetime) -> Following:
        """The memory after some events.

        Args:
            events: News, none of our own.
            synced_at: What was told of before this moment stands in the tables.
        """
        told = list(events)
        touched = touched_by({"": told})
        now = {**touched.tasks, **touched.deleted["tasks"]}
        both = {gid: max(at, now.get(gid, at)) for gid, at in self.tasks.items()} | {
            gid: max(at, self.tasks.get(gid, at)) for gid, at in now.items()
        }
        latest = sorted(((at, gid) for gid, at in both.items() if at >= synced_at), reverse=True)[: MOST_TASKS + 1]
        tasks = {gid: at for at, gid in sorted(latest)}
        return Following(tasks, (self.spoken | _spoken(told)).intersection(tasks))

    @property
    def is_small(self) -> bool:
        """Whether there is something to follow, and not too much."""
        return 0 < len(self.tasks) <= MOST_TASKS


def _spoken(events: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Tasks with a comment that came, changed or went; a story whose event does not say what it is may be one."""
    found = set[str]()
    for event in events:
        story, parent = event.get("resource"), event.get("parent")
        is_comment = _of(story, "resource_type") == "story" and _of(story, "resource_subtype") in {
            None,
            "comment_added",
        }
        if is_comment and _of(parent, "resource_type") == "task":
            found.add(str(_of(parent, "gid")))
    return frozenset(found)


def _of(reference: Any, member: str) -> Any:
    return reference.get(member) if isinstance(reference, Mapping) else None
