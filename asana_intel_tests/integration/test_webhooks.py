"""From a change in Asana to one run: webhook established, pushed, kept, decided; with a receiver that listens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import requests
import uvicorn
from pydantic import SecretStr

from asana_intel.asana.reader import AsanaReader
from asana_intel.asana.session import AsanaSession
from asana_intel.asana.writer import AsanaWriter
from asana_intel.changes.audit import verify
from asana_intel.changes.review import set_kill_switch
from asana_intel.changes.webhooks import register_webhook, remove_webhook
from asana_intel.errors import ConfigError, PermanentError, RefusedError
from asana_intel.live.jobs import follow_events, follow_request
from asana_intel.raw import inbox
from asana_intel.raw.sealing import Sealer
from asana_intel.raw.sensors import build_event_sensor
from asana_intel.raw.sync import sync_workspace
from asana_intel.raw.webhook_receiver import Receiver, build_app
from asana_intel.sandbox.generate import generate_world
from asana_intel.sandbox.server import RunningSandbox
from asana_intel.settings import AsanaSettings, Mode, Settings
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import weekly_partitions
from asana_intel.storage.tables import TableStore

SPRING = datetime(2026, 3, 10, 12, tzinfo=UTC)


def now() -> datetime:
    return SPRING


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    generate_world(folder, seed=3, people=4, projects=2, tasks=20, goals=4, start_on=date(2025, 10, 1), weeks=40)
    return folder


@pytest.fixture
def sandbox(company: Path) -> Iterator[RunningSandbox]:
    with RunningSandbox(company, SPRING) as running:
        requests.post(control(running, "behaviour"), json={"prompt_webhooks": False}, timeout=5).raise_for_status()
        yield running


@pytest.fixture
def receiver_url(database: Database) -> Iterator[str]:
    """A receiver that listens on a free port of this machine."""
    app = build_app(Receiver(database, Sealer(b"k" * 32), now))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", access_log=False, lifespan="off"))
    listener = uvicorn.Config(app, port=0, log_level="error").bind_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    listener.close()


@pytest.fixture
def writer(sandbox: RunningSandbox) -> AsanaWriter:
    return AsanaWriter(AsanaSession(sandbox.url, SecretStr("bot"), role="writer", paced=False))


@pytest.fixture
def project(sandbox: RunningSandbox) -> str:
    return ask(sandbox, "GET", "/projects?workspace=" + ask(sandbox, "GET", "/workspaces")[0]["gid"])[0]["gid"]


def control(sandbox: RunningSandbox, name: str) -> str:
    return sandbox.url.replace("/api/1.0", f"/_sandbox/{name}")


def ask(sandbox: RunningSandbox, method: str, path: str, **data: Any) -> Any:
    headers = {"Authorization": "Bearer somebody"}
    body = {"data": data} if data else None
    reply = requests.request(method, sandbox.url + path, headers=headers, timeout=5, json=body)
    reply.raise_for_status()
    return reply.json()["data"]


def deliver(sandbox: RunningSandbox) -> dict[str, int]:
    return requests.post(control(sandbox, "webhooks/deliver"), timeout=20).json()


def register(database: Database, writer: AsanaWriter, resource: str, url: str, mode: Mode = Mode.propose) -> Any:
    return register_webhook(database, writer, resource, url, mode=mode, actor="ann", now=now)


def test_what_changes_is_pushed_kept_and_ends_with_its_webhook(
    database: Database, sandbox: RunningSandbox, writer: AsanaWriter, project: str, receiver_url: str
) -> None:
    record = register(database, writer, project, receiver_url)
    task = ask(sandbox, "POST", "/tasks", name="new", projects=[project])["gid"]
    assert deliver(sandbox)["failed"] == 0
    told = [event for delivery in inbox.waiting(database) for event in delivery.events]
    assert task in {event["resource"]["gid"] for event in told}
    (endpoint,) = inbox.endpoints(database)
    assert (endpoint.webhook_gid, endpoint.resource_gid, endpoint.refused) == (record["gid"], project, 0)
    remove_webhook(database, writer, record["gid"], mode=Mode.auto, actor="ann", now=now)
    assert inbox.endpoints(database) == []
    assert inbox.waiting(database) == []
    assert deliver(sandbox)["sent"] == 0
    assert verify(database) is None
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT event FROM audit ORDER BY seq")
        assert [event for (event,) in cursor.fetchall()] == ["webhook_registered", "webhook_removed"]


@pytest.mark.parametrize("mode", [Mode.observe, Mode.shadow])
def test_where_nothing_may_be_written_no_webhook_is_asked_for(
    database: Database, sandbox: RunningSandbox, writer: AsanaWriter, project: str, mode: Mode
) -> None:
    before = len(sandbox.requests())
    with pytest.raises(RefusedError, match=mode.value):
        register(database, writer, project, "https://hooks.example", mode)
    set_kill_switch(database, stopped=True, actor="ann", now=SPRING)
    with pytest.raises(RefusedError, match="kill switch"):
        register(database, writer, project, "https://hooks.example")
    set_kill_switch(database, stopped=False, actor="ann", now=SPRING)
    for url in ("http://hooks.example", "hooks.example", "https://hooks.example/?x=1", ""):
        with pytest.raises(ConfigError):
            register(database, writer, project, url)
    assert len(sandbox.requests()) == before
    assert inbox.endpoints(database) == []


def test_without_a_receiver_there_is_no_webhook_and_no_open_door(
    database: Database, writer: AsanaWriter, project: str
) -> None:
    with pytest.raises(PermanentError, match="handshake"):
        register(database, writer, project, "http://127.0.0.1:9")
    assert inbox.endpoints(database) == []


def test_while_the_database_is_away_pushes_wait_in_asana(
    database: Database,
    sandbox: RunningSandbox,
    writer: AsanaWriter,
    project: str,
    receiver_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register(database, writer, project, receiver_url)
    deliver(sandbox)
    ask(sandbox, "POST", "/tasks", name="new", projects=[project])
    with monkeypatch.context() as patch:
        patch.setattr(database, "_dsn", "postgresql://nobody@127.0.0.1:1/none")
        assert deliver(sandbox)["failed"] == 1
    assert inbox.waiting(database) == []
    sandbox.set_clock(datetime(2026, 3, 10, 12, 30, tzinfo=UTC))
    assert deliver(sandbox)["waiting"] == 0
    assert inbox.waiting(database)


@pytest.fixture
def tick(tmp_path: Path, database: Database, sandbox: RunningSandbox) -> Iterator[Callable[[], dg.SensorExecutionData]]:
    """Evaluate the sensor as the daemon does: each tick gets the cursor of the last one; one sync was done."""
    settings = Settings(home=tmp_path / "home", asana=AsanaSettings(url=sandbox.url, token=SecretStr("reader")))
    tables = TableStore(settings.tables_root)
    reader = AsanaReader(AsanaSession(sandbox.url, SecretStr("reader"), paced=False))
    sync_workspace(reader, tables, database, settings)

    @dg.op
    def nothing() -> None: ...

    @dg.job(name="refresh_workspace", partitions_def=weekly_partitions(settings))
    def refresh_workspace() -> None:
        nothing()

    sensor = build_event_sensor(refresh_workspace, follow_events, follow_request)
    cursor: list[str | None] = [None]
    resources = {"asana_reader": reader, "tables": tables, "database": database, "settings": settings}
    resources |= {"mem_io_manager": dg.mem_io_manager}
    definitions = dg.Definitions(jobs=[refresh_workspace, follow_events], sensors=[sensor], resources=resources)
    with dg.DagsterInstance.ephemeral() as instance:

        def evaluate() -> dg.SensorExecutionData:
            context = dg.build_sensor_context(
                instance=instance,
                cursor=cursor[0],
                resources=resources,
                repository_def=definitions.get_repository_def(),
            )
            found = sensor.evaluate_tick(context)
            cursor[0] = found.cursor
            return found

        yield evaluate
    reader.close()


BOTH = {"follow_events": None, "refresh_workspace": "2026-03-09"}


def test_a_change_that_is_pushed_and_polled_asks_for_one_run_of_each_job(
    database: Database,
    sandbox: RunningSandbox,
    writer: AsanaWriter,
    project: str,
    receiver_url: str,
    tick: Callable[[], dg.SensorExecutionData],
) -> None:
    register(database, writer, project, receiver_url)
    assert tick().run_requests == []  # the first look
    for number in range(3):
        ask(sandbox, "POST", "/tasks", name=str(number), projects=[project])
        deliver(sandbox)
    sandbox.set_clock(datetime(2026, 3, 10, 12, 1, tzinfo=UTC))
    assert {run.job_name: run.partition_key for run in tick().run_requests or []} == BOTH
    assert len(inbox.waiting(database)) == 3  # until this tick's outcome is known to be kept
    assert tick().run_requests == []
    assert inbox.waiting(database) == []
    for delivery in (deliver(sandbox), deliver(sandbox)):
        assert delivery["failed"] == 0
    assert tick().run_requests == []


def test_a_change_that_only_a_webhook_tells_is_enough(
    database: Database,
    sandbox: RunningSandbox,
    writer: AsanaWriter,
    project: str,
    receiver_url: str,
    tick: Callable[[], dg.SensorExecutionData],
) -> None:
    register(database, writer, project, receiver_url)
    tick()
    ask(sandbox, "POST", "/tasks", name="new", projects=[project])
    deliver(sandbox)
    requests.post(control(sandbox, "behaviour"), json={"event_loss": 1.0}, timeout=5).raise_for_status()
    assert {run.job_name: run.partition_key for run in tick().run_requests or []} == BOTH
