"""The tamper-evident chain of what happened: append in the caller's transaction, verify from the first row on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812

    from asana_intel.storage.postgres import Database

GENESIS = "0" * 64


def append(connection: Connection, at: datetime, actor: str, event: str, body: Mapping[str, Any]) -> int:
    """Add one row to the chain, in the transaction of the change it tells of.

    Args:
        connection: Open connection; the caller commits, and until then other writers of the chain wait.
        at: When, UTC.
        actor: Who: a person, or the program.
        event: What happened, such as `plan_approved`.
        body: Texts, whole numbers, booleans and lists of them; no tokens, no names of people in Asana.

    Returns:
        The row's number in the chain.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('asana_intel.audit'))")
        cursor.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
        seq, prev = cursor.fetchone() or (0, GENESIS)
        text = json.dumps(body, sort_keys=True, ensure_ascii=False)
        cursor.execute(
            "INSERT INTO audit (seq, at, actor, event, body, prev, hash) VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (seq + 1, at, actor, event, text, prev, _hash(seq + 1, at, actor, event, json.loads(text), prev)),
        )
    return seq + 1


def verify(database: Database) -> int | None:
    """Recompute the chain.

    Returns:
        The number of the first row that is missing, was changed or does not follow from the row before; None when the
        chain holds. Rows cut off at the end cannot be seen from inside the database.
    """
    expected, prev = 1, GENESIS
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT seq, at, actor, event, body, prev, hash FROM audit ORDER BY seq")
        for seq, at, actor, event, body, stored_prev, stored_hash in cursor:
            if seq != expected or stored_prev != prev or stored_hash != _hash(seq, at, actor, event, body, prev):
                return expected
            expected, prev = seq + 1, stored_hash
    return None


def length(database: Database) -> int:
    """Rows in the chain."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit")
        return int((cursor.fetchone() or (0,))[0])


def _hash(seq: int, at: datetime, actor: str, event: str, body: Any, prev: str) -> str:
    """sha256(previous hash | canonical JSON of the row)."""
    row = {"seq": seq, "at": at.astimezone(UTC).isoformat(), "actor": actor, "event": event, "body": body}
    text = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{prev}|{text}".encode()).hexdigest()
