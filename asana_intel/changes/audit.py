"""The tamper-evident chain of what happened: append in the caller's transaction, verify from the first row on."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812

    from asana_intel.storage.postgres import Database

GENESIS = "0" * 64
_RESTORE = "keep this database as evidence and compare it with a backup"


class Entry(NamedTuple):
    """One row of the table `audit`."""

    seq: int
    at: datetime
    actor: str
    event: str
    body: Any
    prev: str
    hash: str

    def line(self) -> str:
        """Canonical JSON of the entry, as it is exported: what is hashed, and `prev` and `hash`."""
        return _canonical({**_hashed(*self[:5]), "prev": self.prev, "hash": self.hash})


@dataclass(frozen=True)
class Fault:
    """What is wrong with the record: number of the entry, a sentence, and what to do."""

    seq: int
    message: str
    fix: str


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


def check(
    entries: Iterable[Entry], first: int = 1, before: str | None = GENESIS
) -> Iterator[tuple[Entry, Fault | None]]:
    """Walk entries in the order of the chain, each with what is wrong at it; goes on behind a fault.

    Args:
        entries: In order.
        first: Number of the entry they must begin with.
        before: Hash of the one before it; None where it is not known.
    """
    expected, prev = first, before
    for entry in entries:
        seq, at, actor, event, body, stored_prev, stored_hash = entry
        fault = None
        prev = stored_prev if prev is None else prev
        if seq != expected:
            fault = Fault(expected, f"Entry {expected} is missing: entry {seq} stands in its place", _RESTORE)
        elif stored_prev != prev:
            fault = Fault(seq, f"Entry {seq} does not follow the one before it: reordered or replaced", _RESTORE)
        elif stored_hash != _hash(seq, at, actor, event, body, prev):
            fault = Fault(seq, f"Entry {seq} was changed after it was written", _RESTORE)
        yield entry, fault
        expected, prev = seq + 1, stored_hash


@contextlib.contextmanager
def reading(database: Database, first: int = 1) -> Iterator[Iterator[Entry]]:
    """All entries from a number on, in order, streamed from one snapshot."""
    with database.transaction("auditor") as connection, connection.cursor(name="audit_entries") as cursor:
        cursor.itersize = 5_000
        cursor.execute(
            "SELECT seq, at, actor, event, body, prev, hash FROM audit WHERE seq >= %s ORDER BY seq", (first,)
        )
        yield (Entry(*row) for row in cursor)


def verify(database: Database) -> int | None:
    """Recompute the chain.

    Returns:
        The number of the first entry that is missing, was changed or does not follow from the one before; None when
        the chain holds. Entries cut off at the end cannot be seen from inside the database; see heads.py.
    """
    with reading(database) as entries:
        return next((fault.seq for _, fault in check(entries) if fault is not None), None)


def length(database: Database) -> int:
    """Rows in the chain."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit")
        return int((cursor.fetchone() or (0,))[0])


def _hash(seq: int, at: datetime, actor: str, event: str, body: Any, prev: str) -> str:
    """sha256(previous hash | canonical JSON of the row)."""
    return hashlib.sha256(f"{prev}|{_canonical(_hashed(seq, at, actor, event, body))}".encode()).hexdigest()


def _hashed(seq: int, at: datetime, actor: str, event: str, body: Any) -> dict[str, Any]:
    return {"seq": seq, "at": at.astimezone(UTC).isoformat(), "actor": actor, "event": event, "body": body}


def _canonical(row: Mapping[str, Any]) -> str:
    return json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
