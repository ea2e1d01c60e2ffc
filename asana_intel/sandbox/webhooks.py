"""Webhooks as they stand: who listens to what, what waits to be pushed, when the next attempt is due. No HTTP here."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import orjson

from asana_intel.sandbox.bubbling import above
from asana_intel.sandbox.events import PAGE, Position, bare, is_struck
from asana_intel.sandbox.player import Player, Viewer
from asana_intel.sandbox.rejections import ApiError, unknown
from asana_intel.sandbox.times import plus_ms
from asana_intel.sandbox.webhook_filters import LARGE, passes
from asana_intel.sandbox.world import Fields

HOUR_MS = 3_600_000
HEARTBEAT_MS = 8 * HOUR_MS
GIVE_UP_MS = 24 * HOUR_MS
FIRST_RETRY_MS = 10_000
LONGEST_RETRY_MS = HOUR_MS
MOST_ON_RESOURCE = 1000
MOST_OF_USER = 10_000
_DUPLICATED = (
    "Duplicated webhook. You already have an existing webhook for the given resource and target. "
    "Delete the old one before creating another."
)
# Their own range, as they are no objects of the world.
_FIRST_GID = 8 * 10**15


@dataclass(slots=True)
class Push:
    """One request to a webhook's target.

    Attributes:
        number: Counts the pushes of its webhook.
        due: When what it tells had happened.
        body: The signed bytes.
        is_repeated: Whether it was delivered before, by a fault.
    """

    number: int
    due: str
    body: bytes
    is_repeated: bool = False


@dataclass(slots=True, eq=False)
class Webhook:
    """A subscription and the state of its deliveries; the fields from `last_success_at` on are as the API shows them.

    Attributes:
        gid: Its gid.
        resource: Gid of what is watched.
        is_large: Whether that is a workspace, team or portfolio.
        target: Where events go.
        filters: As `stated_filters` gives them.
        actor: Gid of the user who made it.
        viewer: What that user sees; None is everything.
        created_at: On the sandbox's clock.
        secret: Signs every push.
        position: Up to where events were read.
        heartbeat_at: When the next heartbeat is due.
        queue: Pushes that wait, oldest first.
        made: Pushes so far.
    """

    gid: str
    resource: str
    is_large: bool
    target: str
    filters: list[Fields]
    actor: str
    viewer: Viewer | None
    created_at: str
    secret: str = field(repr=False)
    position: Position
    heartbeat_at: str
    queue: deque[Push] = field(default_factory=deque)
    made: int = 0
    last_success_at: str | None = None
    last_failure_at: str | None = None
    last_failure_content: str | None = None
    delivery_retry_count: int = 0
    next_attempt_after: str | None = None
    failure_deletion_timestamp: str | None = None


_SHOWN = (
    "last_success_at", "last_failure_at", "last_failure_content", "delivery_retry_count", "next_attempt_after",
    "failure_deletion_timestamp",
)  # fmt: skip


class Webhooks:
    """All webhooks of a running sandbox, and their schedule on its clock. A reset ends them.

    Args:
        player: What they watch.

    Attributes:
        when_given_up: Ends a webhook whose target failed for too long.
    """

    when_given_up: Callable[[Webhook], None]

    def __init__(self, player: Player) -> None:
        self._player = player
        self._of: dict[str, Webhook] = {}
        self._effects = player.effects
        self._next_gid = _FIRST_GID

    def all(self) -> list[Webhook]:
        """List them, oldest first."""
        if self._effects is not self._player.effects:  # writes were forgotten, and webhooks are written
            self._effects = self._player.effects
            self._of.clear()
        return list(self._of.values())

    def of(self, actor: str, gid: str) -> Webhook:
        """Return a webhook of a user.

        Raises:
            ApiError: 404 if the user has no such webhook.
        """
        found = next((webhook for webhook in self.all() if webhook.gid == gid and webhook.actor == actor), None)
        if found is None:
            raise unknown("webhook", gid)
        return found

    def listed(self, actor: str, workspace: str, resource: str | None) -> list[Webhook]:
        """List a user's webhooks in a workspace, or on one resource in it."""
        return [
            webhook
            for webhook in self.all()
            if webhook.actor == actor
            and workspace in (webhook.resource, *above(self._player, webhook.resource))
            and resource in (None, webhook.resource)
        ]

    def check(self, resource: str, target: str, actor: str) -> None:
        """Refuse a webhook that may not be added.

        Raises:
            ApiError: 403 for a duplicate, or above the limits per resource and per user.
        """
        mine = [webhook for webhook in self.all() if webhook.actor == actor]
        if any((webhook.resource, webhook.target) == (resource, target) for webhook in mine):
            raise ApiError(403, _DUPLICATED)
        on_it = sum(1 for webhook in self.all() if webhook.resource == resource)
        if on_it + self._player.events.pollers(resource) >= MOST_ON_RESOURCE:
            raise ApiError(403, f"resource: More than {MOST_ON_RESOURCE} webhooks and event streams on {resource}")
        if len(mine) >= MOST_OF_USER:
            raise ApiError(403, f"You have more than {MOST_OF_USER} webhooks")

    def add(
        self, resource: str, target: str, filters: list[Fields], actor: str, viewer: Viewer | None, secret: str
    ) -> Webhook:
        """Enter a webhook that has shaken hands; its first heartbeat is due at once.

        Args:
            resource: Gid of what it watches.
            target: Where it pushes.
            filters: As `stated_filters` gives them.
            actor: Gid of its user.
            viewer: What that user sees.
            secret: What the target echoed.

        Raises:
            ApiError: As `check`.
        """
        self.check(resource, target, actor)
        now, record = self._player.now, self._player.record(resource)
        self._player.tick()
        webhook = Webhook(
            gid=str(self._next_gid),
            resource=resource,
            is_large=record is not None and record.resource in LARGE,
            target=target,
            filters=filters,
            actor=actor,
            viewer=viewer,
            created_at=now,
            secret=secret,
            position=self._player.events.end(resource),
            heartbeat_at=now,
        )
        self._next_gid += 1
        self._of[webhook.gid] = webhook
        return webhook

    def remove(self, webhook: Webhook) -> None:
        """Delete a webhook and what waits for it."""
        self._player.tick()
        self._of.pop(webhook.gid, None)

    def refilter(self, webhook: Webhook, filters: list[Fields]) -> None:
        """Put other filters in place of a webhook's."""
        self._player.tick()
        webhook.filters = filters

    def resume(self) -> None:
        """Go on from the present clock, after a restart: what happened before is not pushed any more."""
        for webhook in self.all():
            webhook.position = self._player.events.end(webhook.resource)
            while webhook.heartbeat_at <= self._player.now:
                webhook.heartbeat_at = plus_ms(webhook.heartbeat_at, HEARTBEAT_MS)

    def shown(self, webhook: Webhook) -> Fields:
        """Show a webhook in full; never its secret."""
        player, record = self._player, self._player.record(webhook.resource)
        gone = {"gid": webhook.resource, "resource_type": record.fields["resource_type"] if record else None}
        return {
            "gid": webhook.gid,
            "resource_type": "webhook",
            "active": True,
            "resource": player.ref(webhook.resource) or gone,
            "target": webhook.target,
            "created_at": webhook.created_at,
            "filters": webhook.filters,
            **{name: getattr(webhook, name) for name in _SHOWN},
        }

    # -- the schedule

    def waiting(self) -> int:
        """Count the pushes that wait, those of failing webhooks included."""
        return sum(len(webhook.queue) for webhook in self.all())

    def due(self, *, force: bool = False) -> list[tuple[Webhook, Push, str]]:
        """Read what happened, and list what is to be sent at the clock: the next push of each webhook.

        Args:
            force: Also what failed and has to wait.

        Returns:
            The webhook, the push, and the moment of the attempt.
        """
        found: list[tuple[Webhook, Push, str]] = []
        for webhook in self.all():
            webhook.queue.extend(self._new_pushes(webhook))
            moment = self._moment(webhook, force=force)
            if moment is not None:
                found.append((webhook, webhook.queue[0], moment))
        return found

    def _moment(self, webhook: Webhook, *, force: bool) -> str | None:
        """Tell when the head of the queue is tried; put a heartbeat there if one comes first; delete what gave up."""
        now = self._player.now
        if webhook.failure_deletion_timestamp and webhook.next_attempt_after:
            if webhook.next_attempt_after <= min(now, webhook.failure_deletion_timestamp):
                return webhook.next_attempt_after
            if webhook.failure_deletion_timestamp <= now:
                self.when_given_up(webhook)
                return None
            return now if force else None
        first = webhook.queue[0].due if webhook.queue else now
        if webhook.heartbeat_at <= min(first, now):
            webhook.queue.appendleft(_push(webhook, webhook.heartbeat_at, []))
            webhook.heartbeat_at = self._next_heartbeat(webhook.heartbeat_at)
        if not webhook.queue:
            return None
        return max(webhook.queue[0].due, webhook.last_success_at or "")

    def _next_heartbeat(self, last: str) -> str:
        """Go on by eight hours; after a leap of the clock only the heartbeats of its last day are made up for."""
        following = plus_ms(last, HEARTBEAT_MS)
        while following < plus_ms(self._player.now, -GIVE_UP_MS):
            following = plus_ms(following, HEARTBEAT_MS)
        return following

    def _new_pushes(self, webhook: Webhook) -> Iterator[Push]:
        """Read on in the webhook's stream and pack what passes, with the faults that are set."""
        log, behaviour = self._player.events, self._player.behaviour
        pushes: list[Push] = []
        has_more = True
        while has_more:
            events, webhook.position, has_more = log.next_events(webhook.position, PAGE, large_only=webhook.is_large)
            with self._player.seen_by(webhook.viewer):
                heard = [log.shown(event) for event in events if log.is_visible(event)]
            told = [event for event in heard if passes(event, webhook.filters)]
            # Events trade places only between pushes.
            size = 1 if behaviour.webhook_reordering else PAGE
            packs = [told[start : start + size] for start in range(0, len(told), size)]
            pushes += [_push(webhook, pack[-1]["created_at"], pack) for pack in packs]
        kept = [p for p in pushes if not is_struck(f"lose|{webhook.gid}|{p.number}", behaviour.webhook_loss)]
        for place in range(len(kept) - 1):
            if is_struck(f"reorder|{webhook.gid}|{kept[place].number}", behaviour.webhook_reordering):
                kept[place], kept[place + 1] = kept[place + 1], kept[place]
        yield from kept

    def settle(self, webhook: Webhook, push: Push, moment: str, failure: str | None) -> None:
        """Note how an attempt went.

        Args:
            webhook: Whose.
            push: What was sent, the head of its queue.
            moment: As `due` gave it.
            failure: What the target answered, or why it did not; None is success.
        """
        if failure is not None:
            self._settle_failure(webhook, moment, failure)
            return
        webhook.last_success_at = moment
        webhook.delivery_retry_count = 0
        webhook.next_attempt_after = webhook.failure_deletion_timestamp = None
        if webhook.queue and webhook.queue[0] is push:
            webhook.queue.popleft()
        share = self._player.behaviour.webhook_duplication
        if not push.is_repeated and is_struck(f"repeat|{webhook.gid}|{push.number}", share):
            webhook.queue.appendleft(Push(push.number, push.due, push.body, is_repeated=True))

    def _settle_failure(self, webhook: Webhook, moment: str, failure: str) -> None:
        webhook.last_failure_at = moment
        webhook.last_failure_content = failure
        if webhook.failure_deletion_timestamp is None:
            webhook.failure_deletion_timestamp = plus_ms(moment, GIVE_UP_MS)
        else:
            webhook.delivery_retry_count += 1
        wait = min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** min(webhook.delivery_retry_count, 16))
        webhook.next_attempt_after = plus_ms(moment, wait)


def _push(webhook: Webhook, due: str, events: list[Fields]) -> Push:
    webhook.made += 1
    return Push(webhook.made, due, orjson.dumps({"events": [dict(bare(event)) for event in events]}))
