"""Which objects the next sync must ask for their stories although they did not change, kept in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from asana_intel.storage.postgres import Database

_STREAM = "story_debt"


class StoryDebt:
    """Objects whose stories could not be read, or whose list of stories seemed to be behind.

    Args:
        database: Where it outlives the sync, and a crash.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.transaction() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT state FROM sync_state WHERE stream = %s", (_STREAM,))
            row = cursor.fetchone()
        self._looks: dict[str, int] = row[0] if row else {}

    @property
    def gids(self) -> list[str]:
        """Tasks and goals to ask for their stories."""
        return [*self._looks]

    def looks(self, gid: str) -> int:
        """How often the stories of an object were read again because they seemed to be behind."""
        return self._looks.get(gid, 0)

    def update(self, owed: Mapping[str, int], paid: Iterable[str]) -> None:
        """Enter objects with their number of looks and drop others, in one transaction.

        It must be called before an object's own row is merged: a crash in between may repeat a read, never lose one.
        """
        done = set(paid)
        kept = {gid: looks for gid, looks in self._looks.items() if gid not in done} | {**owed}
        if kept == self._looks:
            return
        self._looks = kept
        with self._database.transaction() as connection, connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO sync_state (stream, state) VALUES (%s, %s)"
                " ON CONFLICT (stream) DO UPDATE SET state = excluded.state, updated_at = clock_timestamp()",
                (_STREAM, json.dumps(kept)),
            )
