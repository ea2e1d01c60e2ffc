"""Whose a field is: what we wrote is ours until a person changes it, then theirs until it is released."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from asana_intel.changes import audit

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812

    from asana_intel.storage.postgres import Database

EMPTY = "null"
"""Canonical JSON of a field without a value, as `last_applied` keeps it and as a row says that it clears one."""


@dataclass(frozen=True)
class Owned:
    """One field that we wrote.

    Args:
        last_applied: Canonical JSON of what we left there.
        owner: us or human.
        since: Since when.
        reason: Why.
    """

    last_applied: str
    owner: str
    since: datetime
    reason: str


def owned(connection: Connection, target_gid: str, field: str) -> Owned | None:
    """What is known of a field; None where we never wrote it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT last_applied, owner, since, reason FROM field_owner WHERE target_gid = %s AND field = %s",
            (target_gid, field),
        )
        found = cursor.fetchone()
    return None if found is None else Owned(*found)


def every_field(database: Database) -> dict[tuple[str, str], Owned]:
    """All fields that we wrote, whoever's they are now: (target_gid, field) -> what is known."""
    with database.transaction("auditor") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT target_gid, field, last_applied, owner, since, reason FROM field_owner ORDER BY 1, 2")
        return {(gid, field): Owned(*known) for gid, field, *known in cursor.fetchall()}


def is_a_persons(known: Owned | None, live: str | None) -> bool:
    """Whether a person's value stands in a field that we wrote before. Clearing it gives it back to us."""
    if known is None or live is None:
        return False
    return known.owner == "human" or live != known.last_applied


def wrote(connection: Connection, target_gid: str, field: str, value: str | None, at: datetime) -> None:
    """Remember what we left in a field, in the transaction that says so."""
    _put(connection, target_gid, field, value, "us", at, "written")


def lost_to_a_person(
    connection: Connection, target_gid: str, field: str, left: str | None, at: datetime, reason: str
) -> None:
    """A person changed the field: it is theirs from now on, whatever we last left in it."""
    _put(connection, target_gid, field, left, "human", at, reason)


def release_field(database: Database, target_gid: str, field: str, actor: str, at: datetime) -> bool:
    """Let us write a field again that a person had changed; False where it was not theirs.

    The next plan shows the person's value as the old one, and is approved with it.
    """
    with database.transaction() as connection:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM field_owner WHERE target_gid = %s AND field = %s AND owner = 'human'", (target_gid, field)
            )
            was_theirs = cursor.rowcount == 1
        if was_theirs:
            audit.append(connection, at, actor, "field_released", {"target_gid": target_gid, "field": field})
    return was_theirs


def persons_fields(database: Database) -> frozenset[tuple[str, str]]:
    """Fields that are people's: (target_gid, field)."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT target_gid, field FROM field_owner WHERE owner = 'human'")
        return frozenset(cursor.fetchall())


def last_applied(database: Database) -> dict[tuple[str, str], str]:
    """What we left in the fields that are ours: (target_gid, field) -> canonical JSON, `null` where we cleared it."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT target_gid, field, last_applied FROM field_owner WHERE owner = 'us'")
        return {(gid, field): value for gid, field, value in cursor.fetchall()}


def approved_suggestions(database: Database, before: date) -> dict[str, str]:
    """Task gid -> Suggested Priority (canonical JSON) that stands there as a person approved it, and that is ours.

    Args:
        database: The ledger.
        before: Monday of a week; plans of the four weeks before it count, so that one approval follows another.
    """
    with database.transaction("auditor") as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT o.target_gid, o.last_applied FROM field_owner o JOIN plan_row r USING (target_gid, field)"
            " JOIN plan p USING (plan_id) WHERE o.field = 'suggested_priority' AND o.owner = 'us'"
            " AND r.new_value = o.last_applied AND r.state = 'done' AND r.decided_by <> 'policy'"
            " AND p.purpose = 'weekly' AND p.as_of_on < %s AND p.as_of_on >= %s",
            (before, before - timedelta(weeks=4)),
        )
        return dict(cursor.fetchall())


def _put(
    connection: Connection, target_gid: str, field: str, value: str | None, owner: str, at: datetime, reason: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO field_owner (target_gid, field, last_applied, owner, since, reason)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (target_gid, field) DO UPDATE"
            " SET last_applied = excluded.last_applied, owner = excluded.owner, since = excluded.since,"
            " reason = excluded.reason",
            (target_gid, field, value if value is not None else EMPTY, owner, at, reason),
        )
