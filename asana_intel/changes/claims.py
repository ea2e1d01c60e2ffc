"""Which worker works on which row: claims with a lease and a fencing number, and one lock per object in Asana."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from asana_intel.changes.crash_points import reached
from asana_intel.changes.ledger import ROW_COLUMNS, PlanRow, row_of
from asana_intel.errors import RetriableError

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

    from asana_intel.storage.postgres import Database

UNRESOLVED = ("sending", "sent", "unknown", "restoring")
"""States of a row whose request left us and whose end is not known yet."""
OPEN = ("planned", *UNRESOLVED)
# A worker that is stopped inside a transaction would hold the lock of the audit chain, and so all others.
_TIMEOUTS_MS = {"idle_in_transaction_session_timeout": 10_000, "lock_timeout": 10_000, "statement_timeout": 30_000}
_PATIENCE_MS = 500  # for an object whose worker is about to let go of it
_LOCK = "hashtextextended('asana_intel.target.' || %s, 0)"
# So that no statement reads all rows of a plan for the sake of one. Rows that are over leave entries behind in the
# indexes of states: plain scans forget them, bitmaps read them all. And only a statement that is planned for the
# author's name finds in an index that the author approved nothing (send_refusal).
_PLANNING = {"enable_bitmapscan": "off", "plan_cache_mode": "force_custom_plan"}


# A claim need not survive a crash of PostgreSQL: the crash also ends the claimant's session, without which it can
# neither send nor say anything, and the commit that precedes a request makes the claim durable with itself.
_NOT_DURABLE = "SET LOCAL synchronous_commit = off;"


def _statement(which: str, order: str) -> str:
    """Claim the first of some rows; an index must give them in that order, for a plan may hold many."""
    return f"""
        {_NOT_DURABLE}
        UPDATE plan_row SET epoch = epoch + 1, lease_until = %(lease)s
         WHERE (plan_id, row_key) = (
            SELECT r.plan_id, r.row_key FROM plan_row r JOIN plan p USING (plan_id)
             WHERE {which}
               AND r.decision = 'approved'
               AND r.plan_id || r.row_key <> ALL(%(tried)s)
               AND coalesce(r.not_before, '-infinity') <= %(now)s
               AND coalesce(r.lease_until, '-infinity') <= %(now)s
               AND NOT EXISTS (
                    SELECT 1 FROM plan_row o JOIN plan q USING (plan_id)
                     WHERE o.target_gid = r.target_gid AND o.decision = 'approved' AND o.state = ANY(%(open)s)
                       AND (o.plan_id = r.plan_id AND (o.position, o.row_key) < (r.position, r.row_key)
                            AND o.plan_id || o.row_key <> ALL(%(settled)s)
                            OR q.created_at < p.created_at AND o.state = ANY(%(unresolved)s)))
             ORDER BY {order}
             LIMIT 1 FOR UPDATE OF r SKIP LOCKED)
        RETURNING {ROW_COLUMNS}
        """


_CLAIM_UNRESOLVED = _statement("r.state = ANY(%(unresolved)s)", "p.created_at, r.position, r.row_key")
# A row that follows from another has its turn when that one is over.
_IS_FREE = """(r.after_key IS NULL OR NOT EXISTS (
    SELECT 1 FROM plan_row c WHERE c.plan_id = r.plan_id AND c.row_key = r.after_key
       AND c.decision = 'approved' AND c.state = ANY(%(open)s)))"""
_CLAIM_WAITING = _statement(f"r.plan_id = %(plan)s AND r.state = 'planned' AND {_IS_FREE}", "r.position, r.row_key")


@contextlib.contextmanager
def worker_connection(database: Database) -> Iterator[Connection]:
    """The one connection of a worker: its transactions and its locks, which end with it.

    Raises:
        RetriableError: PostgreSQL went away or has no room; what was not committed did not happen.
    """
    import psycopg2

    connection = database.connect("worker")
    try:
        with connection, connection.cursor() as cursor:
            for name, value in (_TIMEOUTS_MS | _PLANNING).items():
                cursor.execute(f"SET {name} = {value}")
        yield connection
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as away:
        reason = str(away).strip().splitlines()[0]
        raise RetriableError(f"PostgreSQL failed in the middle: {reason}", fix="see to it, then run again") from None
    finally:
        connection.close()


@contextlib.contextmanager
def _at_once(connection: Connection) -> Iterator[Cursor]:
    """For statements that are a transaction each: saves the ways to the server of BEGIN and COMMIT."""
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        if not connection.closed:
            connection.autocommit = False


def claim(
    connection: Connection,
    plan_id: str,
    now: datetime,
    lease: timedelta,
    *,
    sends: bool = True,
    tried: Collection[str] = (),
    settled: Collection[str] = (),
) -> PlanRow | None:
    """Take the next row that is neither over nor somebody's: what any plan left unresolved, then a plan's own rows.

    It is ours until the lease ends or somebody claims it with a higher epoch. Rows on the same object are worked on in
    order: one that is open holds back those behind it, of this plan and of later ones.

    Args:
        connection: Of the worker; committed here.
        plan_id: Plan.
        now: Ledger time, UTC.
        lease: How long it stays with us when we say nothing more.
        sends: Also rows that wait to be sent.
        tried: Open rows (see `name_of`) to leave alone, having been worked on before in the same run.
        settled: Those of them that hold nothing back, because certainly nothing of theirs is on its way.
    """
    given = {
        "plan": plan_id,
        "now": now,
        "lease": now + lease,
        "tried": list(tried),
        "settled": list(settled),
        "open": list(OPEN),
        "unresolved": list(UNRESOLVED),
    }
    found = None
    with _at_once(connection) as cursor:
        for statement in (_CLAIM_UNRESOLVED, _CLAIM_WAITING)[: 1 + sends]:
            cursor.execute(statement, given)
            if (found := cursor.fetchone()) is not None:
                break
    if found is None:
        return None
    reached("claimed")
    return row_of(found)


def name_of(row: PlanRow) -> str:
    """Plan id and row key in one text."""
    return row.plan_id + row.row_key


def release(connection: Connection, held: PlanRow) -> None:
    """Give a row back before its lease ends."""
    with _at_once(connection) as cursor:
        cursor.execute(
            f"{_NOT_DURABLE} UPDATE plan_row SET lease_until = NULL WHERE plan_id = %s AND row_key = %s AND epoch = %s",
            (held.plan_id, held.row_key, held.epoch),
        )


@contextlib.contextmanager
def target_lock(connection: Connection, target_gid: str) -> Iterator[bool]:
    """Hold an object of Asana against all other workers; False where another keeps it. A crash frees it.

    A worker lets go of an object a moment after its row is over, and the next row of the object can be claimed by then.
    """
    import psycopg2.errors

    try:
        with _at_once(connection) as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {_PATIENCE_MS}; SELECT pg_advisory_lock({_LOCK})", (target_gid,))
        is_ours = True
    except psycopg2.errors.LockNotAvailable:
        is_ours = False
    reached("locked")
    try:
        yield is_ours
    finally:
        if is_ours and not connection.closed:
            with _at_once(connection) as cursor:
                cursor.execute(f"SELECT pg_advisory_unlock({_LOCK})", (target_gid,))
