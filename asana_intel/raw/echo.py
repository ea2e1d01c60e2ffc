"""What must not ask for a refresh: our own writes, and an object that changes all the time. Decides nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asana_intel.storage.postgres import Database

PER_HOUR = 3
"""Refreshes that one object may cause within an hour; what it tells beyond that is read when the hour is over."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Causes:
    """Which objects asked for the refreshes of the last hour, and which are held back.

    Args:
        times: Gid -> when it caused one.
        held: Gids that changed again and wait.
    """

    times: Mapping[str, tuple[datetime, ...]] = field(default_factory=dict)
    held: frozenset[str] = frozenset()

    def heard(self, gids: Iterable[str], now: datetime) -> tuple[frozenset[str], Causes]:
        """Those of the changed objects, and of the held ones, that may ask for a refresh now.

        Args:
            gids: Objects that changed.
            now: Asana's time.

        Returns:
            The objects that ask, and the memory after it.
        """
        recent = {gid: tuple(t for t in times if now - t < _HOUR) for gid, times in self.times.items()}
        wanting = self.held | set(gids)
        asking = frozenset(gid for gid in wanting if len(recent.get(gid, ())) < PER_HOUR)
        times = {gid: kept for gid, kept in recent.items() if kept}
        times |= {gid: (*times.get(gid, ()), now) for gid in asking}
        return asking, Causes(times, frozenset() if asking else wanting)  # a refresh reads them all


def without_ours(events: Iterable[Mapping[str, Any]], ours: frozenset[str]) -> list[Mapping[str, Any]]:
    """Events that somebody else than our own users caused; what nobody is named for counts as somebody else's."""
    return [event for event in events if str((event.get("user") or {}).get("gid")) not in ours]


def our_users(database: Database) -> frozenset[str]:
    """Gids of the users that our writes were made as."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT user_gid FROM writer_user")
        return frozenset(gid for (gid,) in cursor.fetchall())
