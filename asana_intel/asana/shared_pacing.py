"""The pace that several processes share, kept in PostgreSQL: turns and places leased in batches. Waits for nothing."""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from typing import TYPE_CHECKING

from asana_intel.asana.limits import Pace
from asana_intel.asana.pacing import Bucket, Kind, Turns
from asana_intel.errors import RetriableError

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

    from asana_intel.storage.postgres import Database

_KEPT_S = 10.0  # a connection that was not used for longer may be dead
_EXPIRES_S = 120  # longer than any request is in flight, so that a dead process's places come back


class PostgresPacing:
    """One row per bucket and one per process, changed under a row lock and by PostgreSQL's clock.

    Args:
        database: Gives the product's schema; asked when first needed.
        token_digest: Tells server and token apart without holding them.
        clock: Seconds that only grow.
    """

    def __init__(
        self, database: Callable[[], Database], token_digest: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._open = database
        self._digest = token_digest
        self._clock = clock
        self._process: tuple[int, str] = (0, "")
        self._lock = threading.Lock()
        self._kept: Connection | None = None
        self._kept_by = 0
        self._used_at = 0.0

    def reserve(self, bucket: Bucket, start: Pace, seconds: float, count: int, unused: int = 0) -> Turns:
        """Take the turns of the next `seconds`, at least `count`, and give `unused` ones back, which are over.

        `start` is the pace where none is known yet.

        Raises:
            RetriableError: The database is away.
        """
        with self._row(bucket, start) as (pace, now):
            pace.give_back(unused)
            interval_s = pace.interval_s
            taken = max(count, ceil(seconds / interval_s))
            return Turns(pace.reserve(now, taken) - now, interval_s, taken)

    def refuse(self, bucket: Bucket, start: Pace, seconds: float, sent_ago_s: float | None) -> None:
        """Let every process wait, and learn; see `Pace.refuse`.

        Raises:
            RetriableError: The database is away.
        """
        with self._row(bucket, start) as (pace, now):
            taken_up_to = pace.next_at
            pace.refuse(now, seconds, None if sent_ago_s is None else now - sent_ago_s)
            pace.next_at = max(pace.next_at, taken_up_to)  # turns of other processes are not taken back

    def state(self, bucket: Bucket) -> Pace | None:
        """The pace in force; None where none is known.

        Raises:
            RetriableError: The database is away.
        """
        with self._transaction() as cursor:
            return self._read(cursor, bucket)

    def lease_places(self, kind: Kind, wanted: int, most: int) -> int:
        """Ask for places in flight; returns how many of `most` are ours until `_EXPIRES_S` from now.

        Raises:
            RetriableError: The database is away.
        """
        with self._transaction() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"asana_place {self._digest} {kind}",))
            cursor.execute("DELETE FROM asana_place WHERE expires_at < clock_timestamp()")
            cursor.execute(
                "SELECT coalesce(sum(places), 0) FROM asana_place"
                " WHERE token_digest = %s AND kind = %s AND holder <> %s",
                (self._digest, kind, self._holder),
            )
            (others,) = cursor.fetchone() or (0,)
            granted = max(0, min(wanted, most - int(others)))
            cursor.execute(
                "INSERT INTO asana_place (token_digest, holder, kind, places, expires_at)"
                " VALUES (%s, %s, %s, %s, clock_timestamp() + make_interval(secs => %s))"
                " ON CONFLICT (token_digest, holder, kind)"
                " DO UPDATE SET places = excluded.places, expires_at = excluded.expires_at",
                (self._digest, self._holder, kind, granted, _EXPIRES_S),
            )
            return granted

    @property
    def _holder(self) -> str:
        """A name for this process; a forked child gets its own."""
        if self._process[0] != os.getpid():
            self._process = (os.getpid(), uuid.uuid4().hex)
        return self._process[1]

    @contextmanager
    def _row(self, bucket: Bucket, start: Pace) -> Iterator[tuple[Pace, float]]:
        """The bucket's pace under a row lock, and PostgreSQL's time; what is done to the pace is stored."""
        with self._transaction() as cursor:
            cursor.execute(
                "INSERT INTO asana_pace VALUES (%s, %s, %s, %s, 0, 0, 0) ON CONFLICT DO NOTHING",
                (self._digest, bucket, start.per_minute, start.refused_at),
            )
            pace = self._read(cursor, bucket, "FOR UPDATE")
            if pace is None:
                raise RetriableError("the shared pace vanished from PostgreSQL", fix="run again")
            pace.limit, pace.paced = start.limit, start.paced
            pace.per_minute = min(pace.per_minute, start.limit)
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
            (now,) = cursor.fetchone() or (0.0,)
            yield pace, now
            cursor.execute(
                "UPDATE asana_pace SET per_minute = %s, refused_at = %s, next_at = %s, closed_until = %s,"
                " taught_at = %s, owed_s = %s WHERE token_digest = %s AND bucket = %s",
                (pace.per_minute, pace.refused_at, pace.next_at, pace.closed_until, pace.taught_at, pace.owed_s,
                 self._digest, bucket),
            )  # fmt: skip

    def _read(self, cursor: Cursor, bucket: Bucket, lock: str = "") -> Pace | None:
        cursor.execute(
            "SELECT per_minute, refused_at, next_at, closed_until, taught_at, owed_s FROM asana_pace"
            f" WHERE token_digest = %s AND bucket = %s {lock}",
            (self._digest, bucket),
        )
        found = cursor.fetchone()
        if found is None:
            return None
        per_minute, *learnt = found
        return Pace(per_minute, True, per_minute, *learnt)

    @contextmanager
    def _transaction(self) -> Iterator[Cursor]:
        import psycopg2

        try:
            with self._lock, self._connection() as connection, connection.cursor() as cursor:
                yield cursor
        except psycopg2.Error as away:
            problem = type(away).__name__
            self._kept = None
        else:
            return
        raise RetriableError(f"PostgreSQL failed while pacing requests: {problem}", fix="check ASANA_INTEL_PG_URL")

    def _connection(self) -> Connection:
        """The latest connection while it is in use: opening one takes longer than what it is opened for."""
        now, process = self._clock(), os.getpid()
        if self._kept is None or self._kept_by != process or now - self._used_at > _KEPT_S:
            self._kept, self._kept_by = self._open().connect(), process
        self._used_at = now
        return self._kept
