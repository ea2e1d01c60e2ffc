"""What the tests of the fault matrix share: a small company that changes, homes that read it, the page of promises."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import polars as pl
import requests
from pydantic import SecretStr

from asana_intel.asana.pagination import PageKeeper, pages
from asana_intel.asana.reader import AsanaReader
from asana_intel.asana.session import AsanaSession
from asana_intel.raw.sync import sync_workspace
from asana_intel.raw.sync_log import Account, record_sync
from asana_intel.raw.sync_plan import How
from asana_intel.raw.sync_report import SyncReport
from asana_intel.sandbox.conditions import Conditions
from asana_intel.sandbox.generate import generate_world
from asana_intel.sandbox.server import RunningSandbox
from asana_intel.settings import AsanaSettings, Settings
from asana_intel.storage.contracts.raw import RESOURCES
from asana_intel.storage.postgres import Database
from asana_intel.storage.sync_log import LastSync, require_last_sync
from asana_intel.storage.tables import TableStore

PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
SPRING = datetime(2026, 3, 10, 12, tzinfo=UTC)
TOKEN = "canary-of-the-fault-matrix"
SMALL_PAGE = 10
FOREIGN = "9999999999999999"
NO_LIMITS = dict.fromkeys(("requests_per_minute", "concurrent_reads", "concurrent_writes", "cost_per_minute"))

Contents = dict[str, dict[str, str]]


def rule(kind: str, match: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    """A rule of the sandbox."""
    return {"match": match or {}, "do": {"kind": kind, **members}}


STORIES = "/tasks/{task}/stories"
BEHIND: dict[str, Any] = {"writes": 100}  # more than any test writes
_LISTS = (
    "users", "projects", "portfolios", "goals", "time_periods", "allocations", "time_tracking_entries",
    "team_memberships", "goal_relationships", "ooo_entries", "status_updates", "tasks", "workspaces/{w}/*",
    "projects/{p}/*", "tasks/{t}/*",
)  # fmt: skip
STALE_LISTS = [rule("stale", {"path": f"/{path}"}, **BEHIND) for path in _LISTS]


def promised(heading: str) -> dict[str, list[str]]:
    """The table below a heading of docs/faults.md: its first column -> the others."""
    section = PAGE.read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = re.findall(r"^\| (.+) \|$", section, re.M)
    rows = [[cell.strip() for cell in line.split(" | ")] for line in lines[1:]]
    return {name: cells for name, *cells in rows if not name.startswith("-")}


class Time:
    """Seconds that pass only while somebody sleeps; the client's, and the sandbox's for its limits."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._lock = threading.Lock()

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds


@dataclass(frozen=True)
class Fault:
    """What goes wrong while a sync or a write is under way."""

    rules: list[dict[str, Any]] = field(default_factory=list)
    limits: dict[str, int] = field(default_factory=dict)
    timeout_s: float = 10.0


class Company:
    """A running sandbox whose company stands as at the start, or as changed."""

    def __init__(self, sandbox: RunningSandbox, time: Time) -> None:
        self.sandbox = sandbox
        self.time = time
        self.url = sandbox.url

    def control(self, method: str, name: str, body: Any = None) -> Any:
        reply = requests.request(method, self.url.replace("/api/1.0", "/_sandbox/") + name, json=body, timeout=10)
        reply.raise_for_status()
        return reply.json()

    def write(
        self, method: str, path: str, data: Mapping[str, Any] | None = None, token: str = "somebody"
    ) -> dict[str, Any]:
        """Write as somebody else than ourselves."""
        headers = {"Authorization": f"Bearer {token}"}
        reply = requests.request(method, self.url + path, json={"data": data or {}}, headers=headers, timeout=10)
        reply.raise_for_status()
        return reply.json()["data"]

    def read(self, path: str) -> Any:
        """Read as somebody else than ourselves."""
        return requests.get(self.url + path, headers={"Authorization": "Bearer somebody"}, timeout=10).json()["data"]

    def begin_anew(self) -> None:
        self.heal()
        self.sandbox.set_clock(SPRING, reset=True)
        self.control("DELETE", "requests")

    def break_down(self, fault: Fault, seed: int = 1) -> None:
        self.control("POST", "faults", {"faults": fault.rules, "seed": seed})
        self.control("POST", "limits", NO_LIMITS | fault.limits)

    def heal(self) -> None:
        self.control("DELETE", "faults")
        self.control("POST", "limits", NO_LIMITS)

    def not_met(self) -> list[str]:
        """Rules that never fired, and limits in force that refused nothing."""
        limits = self.control("GET", "limits")
        is_limited = any(limits["settings"].values())
        refused = sum(sum(token["rejected_by"].values()) for token in limits["tokens"].values())
        idle = [rule["name"] for rule in self.control("GET", "faults")["faults"] if not rule["fired"]]
        return [*idle, *(["limits"] if is_limited and not refused else [])]


@contextmanager
def running_company(folder: Path, goals: int = 6) -> Iterator[Company]:
    """A small company in a sandbox whose limits run on a clock of their own."""
    generate_world(folder, seed=3, people=2, projects=2, tasks=24, goals=goals, start_on=date(2026, 2, 9), weeks=8)
    time = Time()
    with RunningSandbox(folder, SPRING, conditions=Conditions(clock=time.clock)) as sandbox:
        yield Company(sandbox, time)


class SmallPages(AsanaReader):
    """A reader that asks for small pages, so that every list has several."""

    def __init__(self, session: AsanaSession) -> None:
        super().__init__(session)
        self.session = session

    def list(
        self, resource_path: str, params: Mapping[str, str | int], fields: str, keeper: PageKeeper | None = None
    ) -> Iterator[dict[str, Any]]:
        asked = {**params, "opt_fields": fields}
        for page in pages(self._fields, resource_path, asked, limit=SMALL_PAGE, keeper=keeper):
            yield from page


class Home:
    """One home that reads the company."""

    def __init__(self, folder: Path, database: Database, company: Company) -> None:
        self.folder = folder
        self.database = database
        self.company = company
        account = AsanaSettings(url=company.url, token=SecretStr(TOKEN), concurrent_reads=3)
        self.settings = Settings(home=folder, asana=account)
        self.tables = TableStore(self.settings.tables_root)

    def sync(self, timeout_s: float = 10.0, token: str = TOKEN, **options: Any) -> SyncReport:
        options = {"how": How.listing} | options
        time = self.company.time
        session = AsanaSession(
            self.company.url, SecretStr(token), paced=False, timeout_s=timeout_s, sleep=time.sleep, clock=time.clock
        )
        try:
            return sync_workspace(SmallPages(session), self.tables, self.database, self.settings, **options)
        finally:
            session.close()

    def rows(self, resource: str) -> list[tuple[str, str, datetime | None]]:
        """Gid, record, and when it was found gone."""
        if self.tables.version(f"raw/{resource}") is None:
            return []
        stored = pl.scan_delta(self.tables.uri(f"raw/{resource}"))
        return stored.select("gid", "record", "deleted_at").collect().rows()

    def contents(self) -> Contents:
        """Standing records of every raw table, and the goals' snapshots, by gid."""
        found = {name: {gid: text for gid, text, gone in self.rows(name) if not gone} for name in RESOURCES}
        snapshots = self.tables.read("raw/goal_snapshots").drop("snapshot_at").to_dicts()
        standing = [row for row in snapshots if row["goal_gid"] in found["goals"]]
        return found | {"goal_snapshots": {row["goal_gid"]: json.dumps(row, default=str) for row in standing}}


@contextmanager
def forgotten(database: Database) -> Iterator[None]:
    """Let a home begin without the memory of another one in PostgreSQL, which is back afterwards; may be nested."""
    tables = {"sync_run": "OVERRIDING SYSTEM VALUE", "sync_state": "", "story_debt": ""}
    kept = {name: f"{name}_{uuid4().hex}" for name in tables}
    with database.transaction() as connection, connection.cursor() as cursor:
        for name in tables:
            cursor.execute(f"CREATE TABLE {kept[name]} AS TABLE {name}")
            cursor.execute(f"DELETE FROM {name}")
    yield
    with database.transaction() as connection, connection.cursor() as cursor:
        for name, override in tables.items():
            cursor.execute(f"DELETE FROM {name}")
            cursor.execute(f"INSERT INTO {name} {override} TABLE {kept[name]}")
            cursor.execute(f"DROP TABLE {kept[name]}")


class History:
    """The company before and after its changes, and a home that has read it before; made once."""

    def __init__(self, company: Company, folder: Path) -> None:
        self.company = company
        self._folder = folder
        self.before: Contents = {}
        self.after: Contents = {}
        self.first_task = ""

    def remember(self, database: Database) -> None:
        """Read both states without faults."""
        if self.after:
            return
        self.company.begin_anew()
        early = Home(self._folder / "early", database, self.company)
        with forgotten(database):
            early.sync()
            early.sync()  # after which nothing is owed any more
            self._synced = require_last_sync(database)
        self.before = early.contents()
        self.change()
        self.after = self.truth(database)

    def truth(self, database: Database) -> Contents:
        """What a fresh home reads now."""
        shutil.rmtree(self._folder / "fresh", ignore_errors=True)
        fresh = Home(self._folder / "fresh", database, self.company)
        with forgotten(database):
            fresh.sync()
        return fresh.contents()

    def first_home(self, folder: Path, database: Database) -> Home:
        return Home(folder, database, self.company)

    def second_home(self, folder: Path, database: Database) -> Home:
        """A home that has read the company as it was before its changes."""
        shutil.copytree(self._folder / "early", folder)
        last = LastSync(self._synced.synced_at, self._synced.workspace_gid, self._synced.asana_url)
        record_sync(database, last, Account("listing", requests=1))
        return Home(folder, database, self.company)

    def change(self) -> None:
        """Edits, a completion, a deletion, a new subtask, comments, links that come and go."""
        write, tasks = self.company.write, self._open_tasks()
        first, second, third, fourth = tasks[:4]
        self.first_task = first
        goal = min(self.before["goals"])
        project = min(self.before["projects"])
        write("PUT", f"/tasks/{first}", {"name": "Renamed", "due_on": "2026-05-05"})
        write("PUT", f"/tasks/{second}", {"completed": True})
        write("POST", f"/tasks/{first}/subtasks", {"name": "A part of it"})
        write("POST", f"/tasks/{second}/stories", {"text": "Done at last"})
        write("POST", f"/goals/{goal}/stories", {"text": "Who looks after this?"})
        write("DELETE", f"/tasks/{third}")
        write("POST", f"/tasks/{first}/addDependencies", {"dependencies": [fourth]})
        write("PUT", f"/projects/{project}", {"name": "Another name"})
        write("POST", "/tasks", {"name": "New", "projects": [project]})
        write("POST", "/status_updates", {"parent": goal, "status_type": "at_risk", "title": "Late", "text": "Late."})

    def _open_tasks(self) -> list[str]:
        records = {gid: json.loads(record) for gid, record in self.before["tasks"].items()}
        return sorted(
            gid
            for gid, task in records.items()
            if task["projects"] and not task["completed"] and not task["num_subtasks"]
        )


def assert_whole(home: Home, *versions: Contents) -> None:
    """No row is doubled, broken or of no version, and none that exists in the last version is marked as gone.

    Copies of another workspace, which the sandbox gives gids of their own, are of no version.
    """
    for resource in RESOURCES:
        rows = home.rows(resource)
        assert len({gid for gid, *_ in rows}) == len(rows), resource
        for gid, record, deleted_at in rows:
            if gid.startswith(FOREIGN):
                continue
            assert record in [version[resource].get(gid) for version in versions], (resource, gid, record)
            assert deleted_at is None or gid not in versions[-1][resource], (resource, gid)
