"""The receiver: hands shaken once and in time, signatures on the raw bytes, repeats, floods, and a database away."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from asana_intel.errors import ConfigError
from asana_intel.raw import inbox
from asana_intel.raw.sealing import Sealer
from asana_intel.raw.webhook_receiver import Receiver, build_app
from asana_intel.storage.postgres import Database

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
SECRET = "canary-hook-secret-0123456789abcdef"
EVENT = {"created_at": "2026-03-02T05:59:00.000Z", "action": "changed", "resource": {"gid": "7"}}


class Client:
    """Sends requests to an application without a socket."""

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()

    def send(self, method: str, path: str, content: Any = b"", headers: Any = None) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://receiver") as http:
                return await http.request(method, path, content=content, headers=headers)

        return self._loop.run_until_complete(ask())

    def post(self, path: str, content: Any = b"", headers: Any = None) -> httpx.Response:
        return self.send("POST", path, content, headers)

    def close(self) -> None:
        self._loop.close()


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(database: Database, clock: Clock) -> Iterator[Client]:
    receiver = Receiver(database, Sealer(b"k" * 32), clock)
    found = Client(build_app(receiver, most_bytes=10_000))
    yield found
    found.close()


@pytest.fixture
def path(database: Database, client: Client) -> str:
    """An endpoint that has shaken hands."""
    found = f"/webhooks/{inbox.open_endpoint(database, '7', NOW)}"
    assert client.post(found, headers={"X-Hook-Secret": SECRET}).status_code == 200
    return found


def body_of(*events: dict[str, Any]) -> bytes:
    return json.dumps({"events": list(events)}).encode()


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"X-Hook-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def test_the_secret_is_echoed_where_we_opened_the_path(database: Database, client: Client) -> None:
    token = inbox.open_endpoint(database, "7", NOW)
    reply = client.post(f"/webhooks/{token}", headers={"X-Hook-Secret": SECRET}, content=b"{}")
    assert (reply.status_code, reply.headers["X-Hook-Secret"]) == (200, SECRET)


@pytest.mark.fault("F41")
def test_nobody_replaces_the_secret_afterwards(client: Client, path: str) -> None:
    reply = client.post(path, headers={"X-Hook-Secret": "another-secret"})
    assert (reply.status_code, "X-Hook-Secret" in reply.headers) == (403, False)
    body = body_of(EVENT)
    assert client.post(path, content=body, headers=signed(body, "another-secret")).status_code == 401
    assert client.post(path, content=body, headers=signed(body)).status_code == 200


@pytest.mark.fault("F41")
def test_a_handshake_that_comes_too_late_or_to_no_path_of_ours_is_refused(
    database: Database, client: Client, clock: Clock
) -> None:
    token = inbox.open_endpoint(database, "7", NOW)
    assert client.post("/webhooks/unknown", headers={"X-Hook-Secret": SECRET}).status_code == 404
    clock.now = NOW + timedelta(minutes=6)
    assert client.post(f"/webhooks/{token}", headers={"X-Hook-Secret": SECRET}).status_code == 403


@pytest.mark.fault("F41")
def test_a_signed_delivery_waits_in_the_inbox_and_its_repetition_does_not(
    database: Database, client: Client, path: str
) -> None:
    body = body_of(EVENT)
    for _ in range(3):
        assert client.post(path, content=body, headers=signed(body)).status_code == 200
    (delivery,) = inbox.waiting(database)
    assert delivery.events == [EVENT]
    inbox.take(database, [delivery.delivery_id], NOW)
    assert client.post(path, content=body, headers=signed(body)).status_code == 200
    assert inbox.waiting(database) == []


def test_a_delivery_is_forgotten_a_day_after_it_was_taken(database: Database, client: Client, path: str) -> None:
    body = body_of(EVENT)
    client.post(path, content=body, headers=signed(body))
    (delivery,) = inbox.waiting(database)
    inbox.take(database, [delivery.delivery_id], NOW)
    inbox.take(database, [], NOW + timedelta(hours=25))
    client.post(path, content=body, headers=signed(body))
    assert len(inbox.waiting(database)) == 1


def test_a_heartbeat_only_leaves_its_time(database: Database, client: Client, path: str, clock: Clock) -> None:
    clock.now = NOW + timedelta(hours=8)
    assert client.post(path, content=body_of(), headers=signed(body_of())).status_code == 200
    assert inbox.waiting(database) == []
    (endpoint,) = inbox.endpoints(database)
    assert endpoint.heard_at == clock.now


@pytest.mark.fault("F41")
@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Hook-Signature": ""}, {"X-Hook-Signature": "0" * 64}, {"X-Hook-Signature": "é".encode("latin-1")}],
    ids=["none", "empty", "wrong", "no hexadecimal"],
)
def test_what_is_not_signed_is_refused_and_counted(
    database: Database, client: Client, path: str, headers: dict[str, Any]
) -> None:
    assert client.post(path, content=body_of(EVENT), headers=headers).status_code == 401
    assert inbox.waiting(database) == []
    assert inbox.endpoints(database)[0].refused == 1


def test_the_signature_is_that_of_the_bytes_not_of_what_they_mean(client: Client, path: str) -> None:
    body = b'{ "events" : [ ] }'
    assert client.post(path, content=body, headers=signed(body)).status_code == 200
    assert client.post(path, content=body, headers=signed(b'{"events":[]}')).status_code == 401


def test_before_the_handshake_nothing_is_accepted(database: Database, client: Client) -> None:
    token = inbox.open_endpoint(database, "7", NOW)
    body = body_of(EVENT)
    assert client.post(f"/webhooks/{token}", content=body, headers=signed(body, "")).status_code == 401
    assert client.post("/webhooks/unknown", content=body, headers=signed(body)).status_code == 404
    assert client.send("GET", f"/webhooks/{token}").status_code == 405


@pytest.mark.fault("F41")
@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"events": 3}', b'{"events": [3]}', b"\xff"])
def test_signed_nonsense_is_refused_without_harm(client: Client, path: str, body: bytes) -> None:
    assert client.post(path, content=body, headers=signed(body)).status_code == 400


@pytest.mark.fault("F41")
def test_a_flood_is_cut_off_whether_it_says_its_size_or_not(client: Client, path: str) -> None:
    flood = b"x" * 20_000
    assert client.post(path, content=flood, headers=signed(flood)).status_code == 413

    async def parts() -> AsyncIterator[bytes]:
        yield flood[:8_000]
        yield flood[8_000:]

    assert client.post(path, content=parts(), headers=signed(flood)).status_code == 413


def test_while_the_database_is_away_asana_is_told_to_come_again(clock: Clock) -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/none")
    client = Client(build_app(Receiver(away, Sealer(b"k" * 32), clock)))
    assert client.post("/webhooks/x", content=b"{}", headers=signed(b"{}")).status_code == 503
    assert client.post("/webhooks/x", headers={"X-Hook-Secret": SECRET}).status_code == 503
    client.close()


def test_it_answers_in_time_although_the_database_hangs(clock: Clock) -> None:
    back = threading.Event()

    class Hanging(Receiver):
        def receive(self, token: str, signature: str, body: bytes) -> Any:
            back.wait()

    client = Client(build_app(Hanging(Database(""), Sealer(b"k" * 32), clock), answer_s=0.01))
    try:
        assert client.post("/webhooks/x", content=b"{}").status_code == 503
    finally:
        back.set()
        client.close()


def test_the_secret_rests_sealed_and_is_shown_by_nothing(
    database: Database, client: Client, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    body = body_of(EVENT)
    client.post(path, content=body, headers=signed(body))
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT e::text, d::text FROM webhook_endpoint e LEFT JOIN webhook_delivery d USING (endpoint_id)"
        )
        rows = str(cursor.fetchall())
    (endpoint,) = inbox.endpoints(database)
    assert endpoint.sealed_secret
    for shown in (
        rows,
        bytes(endpoint.sealed_secret).decode("latin-1"),
        repr(endpoint),
        repr(Sealer(b"k" * 32)),
        caplog.text,
    ):
        assert SECRET not in shown
        assert SECRET.encode().hex() not in shown
    assert path.removeprefix("/webhooks/") not in rows


def test_a_sealed_secret_opens_only_with_its_key_and_for_its_endpoint() -> None:
    sealed = Sealer(b"a" * 32).seal(SECRET, "one")
    assert Sealer(b"a" * 32).open(sealed, "one") == SECRET
    for sealer, purpose in ((Sealer(b"b" * 32), "one"), (Sealer(b"a" * 32), "two")):
        with pytest.raises(ConfigError) as refused:
            sealer.open(sealed, purpose)
        assert SECRET not in str(refused.value)
