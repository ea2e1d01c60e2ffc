"""What Asana pushed, in PostgreSQL until a run has taken it up, and the endpoints it may push to. No HTTP here."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from asana_intel.errors import RetriableError
from asana_intel.storage.postgres import Database

WINDOW = timedelta(minutes=5)
KEPT = timedelta(hours=24)
MOST_AT_ONCE = 1000


@dataclass(frozen=True)
class Endpoint:
    """A place that Asana may push to.

    Args:
        endpoint_id: SHA-256 of the token in its path.
        resource_gid: What its webhook watches.
        open_until: A handshake is accepted before this moment, and only once.
        sealed_secret: What signs its deliveries; None before the handshake.
        webhook_gid: Asana's gid of it, once known.
        heard_at: Latest delivery, heartbeats included.
        refused: Deliveries whose signature was wrong.
    """

    endpoint_id: str
    resource_gid: str
    open_until: datetime
    sealed_secret: bytes | None = field(repr=False)
    webhook_gid: str | None
    heard_at: datetime | None
    refused: int


@dataclass(frozen=True)
class Delivery:
    """A delivery that waits for the sensor.

    Args:
        delivery_id: Its number.
        events: As Asana sent them.
    """

    delivery_id: int
    events: list[dict[str, Any]]


_SELECT = (
    "SELECT endpoint_id, resource_gid, open_until, sealed_secret, webhook_gid, heard_at, refused FROM webhook_endpoint"
)


def endpoint_id_of(token: str) -> str:
    """Give the endpoint's id for the token in a path."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_endpoint(database: Database, resource_gid: str, now: datetime) -> str:
    """Open an endpoint for one handshake in the next minutes.

    Args:
        database: The product's schema.
        resource_gid: What its webhook is to watch.
        now: The present.

    Returns:
        The token of its path; it is kept nowhere.
    """
    token = secrets.token_urlsafe(24)
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO webhook_endpoint (endpoint_id, resource_gid, opened_at, open_until) VALUES (%s, %s, %s, %s)",
            (endpoint_id_of(token), resource_gid, now, now + WINDOW),
        )
    return token


def accept_handshake(database: Database, endpoint_id: str, sealed_secret: bytes, now: datetime) -> bool:
    """Keep the secret of a handshake; False where none is due: never opened, too late, or done before."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE webhook_endpoint SET sealed_secret = %s, heard_at = %s"
            " WHERE endpoint_id = %s AND sealed_secret IS NULL AND open_until > %s",
            (sealed_secret, now, endpoint_id, now),
        )
        return cursor.rowcount == 1


def find_endpoint(database: Database, endpoint_id: str) -> Endpoint | None:
    """Look an endpoint up."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(f"{_SELECT} WHERE endpoint_id = %s", (endpoint_id,))
        row = cursor.fetchone()
    return _endpoint(row) if row else None


def endpoints(database: Database) -> list[Endpoint]:
    """List all endpoints, oldest first."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(f"{_SELECT} ORDER BY opened_at, endpoint_id")
        return [_endpoint(row) for row in cursor.fetchall()]


def _endpoint(row: tuple[Any, ...]) -> Endpoint:
    endpoint_id, resource_gid, open_until, sealed, webhook_gid, heard_at, refused = row
    secret = None if sealed is None else bytes(sealed)
    return Endpoint(endpoint_id, resource_gid, open_until, secret, webhook_gid, heard_at, refused)


def name_webhook(database: Database, endpoint_id: str, webhook_gid: str) -> None:
    """Note Asana's gid of an endpoint's webhook."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE webhook_endpoint SET webhook_gid = %s WHERE endpoint_id = %s", (webhook_gid, endpoint_id)
        )


def close_endpoint(database: Database, endpoint_id: str) -> None:
    """Forget an endpoint and what it received."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM webhook_endpoint WHERE endpoint_id = %s", (endpoint_id,))


def count_refusal(database: Database, endpoint_id: str) -> None:
    """Count a delivery whose signature was wrong."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE webhook_endpoint SET refused = refused + 1 WHERE endpoint_id = %s", (endpoint_id,))


def put(database: Database, endpoint_id: str, body: bytes, events: Sequence[dict[str, Any]], now: datetime) -> bool:
    """Keep a delivery; heartbeats only leave their time.

    Args:
        database: The product's schema.
        endpoint_id: Who received it.
        body: The signed bytes.
        events: The events in them.
        now: The present.

    Returns:
        Whether it was new; one that came before, or a heartbeat, is not.
    """
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE webhook_endpoint SET heard_at = %s WHERE endpoint_id = %s", (now, endpoint_id))
        if not events:
            return False
        cursor.execute(
            "INSERT INTO webhook_delivery (endpoint_id, digest, events, received_at) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (endpoint_id, digest) DO NOTHING",
            (endpoint_id, hashlib.sha256(body).hexdigest(), json.dumps(list(events)), now),
        )
        return cursor.rowcount == 1


def database_time(database: Database) -> datetime:
    """The database's clock, by which what was taken up grows old."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    if row is None:
        raise RetriableError("PostgreSQL does not tell the time", fix="run again")
    return row[0]


def waiting(database: Database) -> list[Delivery]:
    """List deliveries that nobody has taken up, oldest first, at most 1000."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT delivery_id, events FROM webhook_delivery WHERE taken_at IS NULL ORDER BY delivery_id LIMIT %s",
            (MOST_AT_ONCE,),
        )
        return [Delivery(number, events) for number, events in cursor.fetchall()]


def take(database: Database, delivery_ids: Sequence[int], now: datetime) -> None:
    """Mark deliveries as taken up, and drop those taken so long ago that Asana cannot repeat them."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE webhook_delivery SET taken_at = %s WHERE delivery_id = ANY(%s) AND taken_at IS NULL",
            (now, list(delivery_ids)),
        )
        cursor.execute("DELETE FROM webhook_delivery WHERE taken_at < %s AND received_at < %s", (now - KEPT,) * 2)
