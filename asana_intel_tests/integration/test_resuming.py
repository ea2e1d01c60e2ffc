"""A sync that is killed goes on where it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlencode

import polars as pl
import pytest
import requests

from asana_intel.sandbox.generate import generate_world
from asana_intel.sandbox.server import RunningSandbox
from asana_intel.storage.contracts.raw import RAW_TABLES, RESOURCES
from asana_intel.storage.postgres import Database
from asana_intel.storage.tables import TableStore

SPRING = datetime(2026, 3, 2, 6, tzinfo=UTC)
THREADS = 4


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    generate_world(folder, seed=5, people=6, projects=4, tasks=90, goals=12, start_on=date(2025, 10, 1), weeks=40)
    return folder


@pytest.fixture
def sandbox(company: Path) -> Iterator[RunningSandbox]:
    with RunningSandbox(company, SPRING) as running:
        yield running


def start_sync(home: Path, url: str, database_url: str, token: str = "reader") -> subprocess.Popen[bytes]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ASANA_INTEL", "DAGSTER"))}
    variables = {
        "ASANA_INTEL_HOME": str(home),
        "ASANA_INTEL_ASANA_URL": url,
        "ASANA_INTEL_ASANA_TOKEN": token,
        "ASANA_INTEL_PG_URL": database_url,
        "ASANA_INTEL_ASANA__CONCURRENT_READS": str(THREADS),
    }
    command = [sys.executable, "-m", "asana_intel.cli.main", "sync", "--json"]
    return subprocess.Popen(
        command, env=kept | variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )


def faults_of(sandbox: RunningSandbox) -> str:
    return sandbox.url.replace("/api/1.0", "/_sandbox/faults")


def asked(sandbox: RunningSandbox) -> Counter[str]:
    """How often each page was asked for, and answered."""
    return Counter(
        f"{r['path']}?{urlencode(sorted(r['query'].items()))}" for r in sandbox.requests() if r["status"] == 200
    )


@pytest.mark.parametrize("after", [3, 30, 80])
def test_a_sync_that_was_killed_is_gone_on_with_and_asks_for_no_page_twice(
    after: int, tmp_path: Path, database: Database, postgres_url: str, sandbox: RunningSandbox
) -> None:
    killed = start_sync(tmp_path, sandbox.url, postgres_url)
    while len(sandbox.requests()) < after:
        assert killed.poll() is None, killed.stdout.read() if killed.stdout else ""
        time.sleep(0.001)  # a sync of this size takes a second; nothing else tells how far it is
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert_gone_on_with(tmp_path, postgres_url, sandbox)


def test_ctrl_c_ends_a_sync_that_waits_for_the_server_and_the_next_one_goes_on(
    tmp_path: Path, database: Database, postgres_url: str, sandbox: RunningSandbox
) -> None:
    told_to_wait = {"match": {"after_requests": 30}, "do": {"kind": "retry_after", "value": "3600"}}
    requests.post(faults_of(sandbox), json={"faults": [told_to_wait]}, timeout=10).raise_for_status()
    stopped = start_sync(tmp_path, sandbox.url, postgres_url)
    while not any(r["status"] == 429 for r in sandbox.requests()):
        assert stopped.poll() is None, stopped.stdout.read() if stopped.stdout else ""
        time.sleep(0.01)
    stopped.send_signal(signal.SIGINT)
    output, _ = stopped.communicate(timeout=30)
    assert stopped.returncode == 130, output.decode()[-2000:]
    requests.delete(faults_of(sandbox), timeout=10).raise_for_status()
    assert_gone_on_with(tmp_path, postgres_url, sandbox)


def test_pages_that_another_token_was_shown_are_not_used(
    tmp_path: Path, database: Database, postgres_url: str, sandbox: RunningSandbox
) -> None:
    stopped = start_sync(tmp_path, sandbox.url, postgres_url, token="sees-less")
    while len(sandbox.requests()) < 30:
        assert stopped.poll() is None, stopped.stdout.read() if stopped.stdout else ""
        time.sleep(0.001)
    os.killpg(stopped.pid, signal.SIGKILL)
    stopped.wait()
    finished = start_sync(tmp_path, sandbox.url, postgres_url)
    output, _ = finished.communicate(timeout=120)
    assert finished.returncode == 0, output.decode()[-2000:]
    assert json.loads(output)["resumed_pages"] == 0


def assert_gone_on_with(home: Path, postgres_url: str, sandbox: RunningSandbox) -> None:
    """Sync again: what stands is the truth, and no page was asked for twice but those that were on their way."""
    finished = start_sync(home, sandbox.url, postgres_url)
    output, _ = finished.communicate(timeout=120)
    assert finished.returncode == 0, output.decode()[-2000:]

    tables = TableStore(str(home / "tables"))
    standing = {
        table.name: tables.read(table.key).filter(pl.col("deleted_at").is_null())
        for table in RAW_TABLES
        if table.name in RESOURCES
    }
    assert {name: frame.height for name, frame in standing.items()} == sandbox.truth()["counts"]
    assert all(frame["gid"].is_unique().all() for frame in standing.values())
    greeting = {"/users/me", "/workspaces"}
    twice = [page for page, times in asked(sandbox).items() if times > 1 and page.split("?")[0] not in greeting]
    assert len(twice) <= THREADS, twice
    assert not (home / "crawl" / "crawl.pages").exists()
