"""Whose stories are still to be read, kept in PostgreSQL so that it outlives a crash. Reads no story."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from asana_intel.storage.postgres import Database

_BATCH = 5_000


class StoryDebt:
    """Objects whose stories were not read yet, or whose list of stories seemed to be behind.

    Args:
        database: Where it outlives the sync, and a crash.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.transaction() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT gid, looks FROM story_debt")
            self._looks: dict[str, int] = dict(cursor.fetchall())

    @property
    def gids(self) -> list[str]:
        """Tasks and goals to ask for their stories."""
        return [*self._looks]

    @property
    def unread(self) -> list[str]:
        """Those of them whose stories were not read since they changed."""
        return [gid for gid, looks in self._looks.items() if not looks]

    def looks(self, gid: str) -> int:
        """How often the stories of an object were read again because they seemed to be behind."""
        return self._looks.get(gid, 0)

    def update(self, owed: Mapping[str, int], paid: Iterable[str] = ()) -> None:
        """Enter objects with their number of looks and drop others, in one transaction.

        It must be called before an object's own row is merged: a crash in between may repeat a read, never lose one.
        """
        done = [gid for gid in set(paid) if gid in self._looks and gid not in owed]
        new = {gid: looks for gid, looks in owed.items() if self._looks.get(gid) != looks}
        if not done and not new:
            return
        for gid in done:
            del self._looks[gid]
        self._looks |= new
        self._write(new, done)

    def _write(self, new: Mapping[str, int], done: list[str]) -> None:
        from psycopg2.extras import execute_values

        with self._database.transaction() as connection, connection.cursor() as cursor:
            cursor.execute("DELETE FROM story_debt WHERE gid = ANY(%s)", (done,))
            if new:
                execute_values(
                    cursor,
                    "INSERT INTO story_debt (gid, looks) VALUES %s"
                    " ON CONFLICT (gid) DO UPDATE SET looks = excluded.looks",
                    [*new.items()],
                    page_size=_BATCH,
                )
