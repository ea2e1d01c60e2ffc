"""What events mean, polled or pushed: all that changed is read already, or a refresh is due. No database or network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asana_intel.asana.reader import EventPage
from asana_intel.clock import parse_instant
from asana_intel.raw.echo import Causes, without_ours

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Decision:
    """What a tick decided: whether to refresh, why, what to keep (tokens, who asked lately), and which events count."""

    refresh: bool
    reason: str
    tokens: Mapping[str, str]
    causes: Causes = field(default_factory=Causes)
    news: Sequence[Event] = ()


def decide(
    tokens: Mapping[str, str],
    pages: Mapping[str, EventPage],
    pushed: Iterable[Event] = (),
    read_until: datetime | None = None,
    *,
    ours: frozenset[str] = frozenset(),
    causes: Causes | None = None,
    now: datetime | None = None,
    asks: str | None = None,
) -> Decision:
    """Turn the answers of a tick and what was pushed since the last one into a decision.

    One change may be polled for several resources, pushed by several webhooks, and pushed twice: it counts once. What
    we wrote ourselves does not count, and an object that changes all the time counts three times an hour.

    Args:
        tokens: Sync token per watched resource before the tick.
        pages: Answer per resource that was asked; resources not asked keep their token.
        pushed: Events that webhooks delivered, in any order, repeated or not.
        read_until: What happened before this moment of Asana's clock is read, or will be by a run that was asked for.
        ours: Gids of the users that our writes are made as.
        causes: Who asked within the last hour; None = nobody.
        now: Asana's time; None = nobody is held back.
        asks: Name of a task by which somebody asks for a plan; when it appears nothing waits.
    """
    kept = {**tokens, **{gid: page.sync for gid, page in pages.items()}}
    lost = [gid for gid, page in pages.items() if page.expired and gid in tokens]
    polled = [event for page in pages.values() for event in page.events]
    theirs = without_ours((*polled, *pushed), ours)
    unread = [event for event in theirs if not _is_read(event, read_until)]
    news = [*{identity_of(event): event for event in unread}.values()]
    changed = frozenset(_gid(event.get("resource")) for event in news)
    asking, after = changed, causes or Causes()
    if now is not None:
        asking, after = after.heard(changed, now)
    if lost:
        return Decision(True, f"events of {len(lost)} resources were lost: reading everything again", kept, after, news)
    if any(_asks(event, asks) for event in unread):
        return Decision(True, "a task asks for a plan", kept, after, news)
    if asking:
        return Decision(True, f"{len(news)} events", kept, after, news)
    if after.held:
        return Decision(False, f"{len(after.held)} objects change all the time and wait", kept, after)
    return Decision(False, "nothing changed", kept, after)


def _asks(event: Event, name: str | None) -> bool:
    """Whether a task of that name has just appeared. What webhooks push names nothing: its refresh is one as any."""
    resource, field = event.get("resource") or {}, (event.get("change") or {}).get("field")
    appears = event.get("action") in {"added", "undeleted"} or field == "name"
    is_called = name is not None and str(resource.get("name")).strip().casefold() == name.strip().casefold()
    return appears and is_called and resource.get("resource_type") == "task"


def identity_of(event: Event) -> tuple[str, ...]:
    """What makes two events the same one, however they came to us."""
    change = event.get("change") or {}
    values = [change.get(name) for name in ("new_value", "added_value", "removed_value")]
    return (
        str(event.get("created_at")),
        _gid(event.get("resource")),
        str(event.get("action")),
        str(change.get("field")),
        str(change.get("action")),
        _gid(event.get("parent")),
        *map(_gid, values),
    )


def _gid(reference: Any) -> str:
    return str(reference.get("gid")) if isinstance(reference, Mapping) else ""


def _is_read(event: Event, read_until: datetime | None) -> bool:
    """Tell whether a change is read already; one without a readable time is not."""
    try:
        return read_until is not None and parse_instant(str(event.get("created_at"))) < read_until
    except ValueError:
        return False
