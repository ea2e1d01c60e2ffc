"""Sync tokens of the event streams, and since when they are unbroken, kept in PostgreSQL with each finished sync."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from asana_intel.clock import parse_instant
from asana_intel.storage.postgres import Database

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

# Asana's tokens live for a day; one that is almost dead is not worth a request.
LIFETIME = timedelta(hours=23)
_STREAM = "event_tokens"


@dataclass(frozen=True)
class EventTokens:
    """Where the next sync goes on.

    Args:
        credential: Whose tokens they are: what another one sees was not watched.
        listed_at: Server time of the latest sync that listed everything.
        slow_at: Server time of the latest sync that asked what seldom changes.
        searched_at: Server time of the latest sync that asked search, or could have; None: there is no search.
        told: Tasks that events told of since `listed_at`.
        tokens: Watched gid -> token.
    """

    credential: str
    listed_at: str
    slow_at: str
    searched_at: str | None = None
    told: int = 0
    tokens: Mapping[str, str] = field(default_factory=dict)

    @property
    def search_since(self) -> datetime | None:
        """When search was last asked."""
        return parse_instant(self.searched_at) if self.searched_at else None

    def listed_ago(self, now: datetime) -> timedelta:
        """How long ago everything was listed."""
        return now - parse_instant(self.listed_at)

    def slow_ago(self, now: datetime) -> timedelta:
        """How long ago what seldom changes was asked for."""
        return now - parse_instant(self.slow_at)


def read_tokens(database: Database) -> EventTokens | None:
    """The tokens of the latest finished sync; None where there are none."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT state FROM sync_state WHERE stream = %s", (_STREAM,))
        row: tuple[Any, ...] | None = cursor.fetchone()
    return EventTokens(**row[0]) if row and row[0] else None


def write_tokens(cursor: Cursor, tokens: EventTokens | None) -> None:
    """Keep the tokens, in the transaction of the sync that they follow; None: the next sync lists everything."""
    cursor.execute(
        "INSERT INTO sync_state (stream, state) VALUES (%s, %s)"
        " ON CONFLICT (stream) DO UPDATE SET state = excluded.state, updated_at = clock_timestamp()",
        (_STREAM, json.dumps(asdict(tokens) if tokens else None)),
    )
