"""How a sync reads: by events, by listing, or both. Pure; the reading is sync.py's."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from asana_intel.raw.event_tokens import LIFETIME, EventTokens
from asana_intel.storage.sync_log import LastSync


class How(StrEnum):
    """How a sync reads.

    `auto` chooses one of the others. `events` reads what the event streams tell of. `reconcile` does that, and then
    lists everything by what tells whether it changed: what events missed is repaired and counted. `listing` lists
    everything whole, and reads the stories of what changed. `full` reads the stories of everything, too.
    """

    auto = "auto"
    events = "events"
    reconcile = "reconcile"
    listing = "listing"
    full = "full"


def choose(
    before: LastSync | None,
    tokens: EventTokens | None,
    credential: str,
    now: datetime,
    reconcile_after: timedelta,
    *,
    is_unfinished: bool,
) -> How:
    """Choose how to read.

    Args:
        before: The latest finished sync.
        tokens: What it left to go on with.
        credential: Who asks now: what another one was shown is no ground to go on from.
        now: The server's clock.
        reconcile_after: How long events may be trusted without listing everything.
        is_unfinished: A listing was interrupted and can be gone on with.
    """
    if before is None or tokens is None or is_unfinished or tokens.credential != credential:
        return How.listing
    if now - before.synced_at >= LIFETIME:
        return How.listing
    return How.reconcile if tokens.listed_ago(now) >= reconcile_after else How.events
