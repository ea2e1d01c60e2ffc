"""Which worker works on which row: claims with a lease and a fencing number, and one lock per object in Asana."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from asana_intel.changes.crash_points import reached
from asana_intel.errors import RetriableError

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812

    from asana_intel.storage.postgres import Database

UNRESOLVED = ("sending", "sent", "unknown", "restoring")
"""States of a row whose request left us and whose end is not known yet."""
OPEN = ("planned", *UNRESOLVED)
# A worker that is stopped inside a transaction would hold the lock of the audit chain, and so all others.
_TIMEOUTS_MS = {"idle_in_transaction_session_timeout": 10_000, "lock_timeout": 10_000, "statement_timeout": 30_000}


@dataclass(frozen=True)
class Claim:
    """A row that is ours until the lease ends or somebody claims it with a higher epoch."""

    plan_id: str
    row_key: str
    epoch: int

    @property
    def name(self) -> str:
        """Plan id and row key in one text."""
        return self.plan_id + self.row_key


@contextlib.contextmanager
def worker_connection(database: Database) -> Iterator[Connection]:
    """The one connection of a worker: its transactions and its locks, which end with it.

    Raises:
        RetriableError: PostgreSQL went away or has no room; what was not committed did not happen.
    """
    import psycopg2

    connection = database.connect()
    try:
        with connection, connection.cursor() as cursor:
            for name, value in _TIMEOUTS_MS.items():
                cursor.execute(f"SET {name} = {value}")
        yield connection
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as away:
        reason = str(away).strip().splitlines()[0]
        raise RetriableError(f"PostgreSQL failed in the middle: {reason}", fix="see to it, then run again") from None
    finally:
        connection.close()


def claim(
    connection: Connection,
    plan_id: str,
    now: datetime,
    lease: timedelta,
    *,
    sends: bool = True,
    tried: Collection[str] = (),
    settled: Collection[str] = (),
) -> Claim | None:
    """Take the next row that is neither over nor somebody's: what any plan left unresolved, then a plan's own rows.

    Rows on the same object are worked on in order: one that is open holds back those behind it, of this plan and of
    later ones.

    Args:
        connection: Of the worker; committed here.
        plan_id: Plan.
        now: Ledger time, UTC.
        lease: How long it stays with us when we say nothing more.
        sends: Also rows that wait to be sent.
        tried: Rows (plan id and row key in one text) to leave alone, having been worked on before in the same run.
        settled: Those of them that hold nothing back, because certainly nothing of theirs is on its way.
    """
    with connection, connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE plan_row SET epoch = epoch + 1, lease_until = %(lease)s
             WHERE (plan_id, row_key) = (
                SELECT r.plan_id, r.row_key FROM plan_row r JOIN plan p USING (plan_id)
                 WHERE (%(sends)s AND r.plan_id = %(plan)s AND r.state = 'planned' OR r.state = ANY(%(unresolved)s))
                   AND r.decision = 'approved'
                   AND r.plan_id || r.row_key <> ALL(%(tried)s)
                   AND coalesce(r.not_before, '-infinity') <= %(now)s
                   AND coalesce(r.lease_until, '-infinity') <= %(now)s
                   AND NOT EXISTS (
                        SELECT 1 FROM plan_row o JOIN plan q USING (plan_id)
                         WHERE o.target_gid = r.target_gid AND o.decision = 'approved'
                           AND (o.plan_id = r.plan_id AND (o.position, o.row_key) < (r.position, r.row_key)
                                AND o.state = ANY(%(open)s) AND o.plan_id || o.row_key <> ALL(%(settled)s)
                                OR q.created_at < p.created_at AND o.state = ANY(%(unresolved)s)))
                 ORDER BY r.state = 'planned', p.created_at, r.position, r.row_key
                 LIMIT 1 FOR UPDATE OF r SKIP LOCKED)
            RETURNING plan_id, row_key, epoch
            """,
            {
                "plan": plan_id,
                "now": now,
                "lease": now + lease,
                "tried": list(tried),
                "settled": list(settled),
                "sends": sends,
                "open": list(OPEN),
                "unresolved": list(UNRESOLVED),
            },
        )
        found = cursor.fetchone()
    if found is None:
        return None
    reached("claimed")
    return Claim(*found)


def release(connection: Connection, held: Claim) -> None:
    """Give a row back before its lease ends."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE plan_row SET lease_until = NULL WHERE plan_id = %s AND row_key = %s AND epoch = %s",
            (held.plan_id, held.row_key, held.epoch),
        )


@contextlib.contextmanager
def target_lock(connection: Connection, target_gid: str) -> Iterator[bool]:
    """Hold an object of Asana against all other workers; False where another has it. A crash frees it."""
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended('asana_intel.target.' || %s, 0))", (target_gid,))
        is_ours = bool((cursor.fetchone() or (False,))[0])
    reached("locked")
    try:
        yield is_ours
    finally:
        if is_ours and not connection.closed:
            with connection, connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_unlock(hashtextextended('asana_intel.target.' || %s, 0))", (target_gid,)
                )
