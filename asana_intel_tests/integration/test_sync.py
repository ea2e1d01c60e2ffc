"""The sync against a playing sandbox, through a gate that can withhold single endpoints."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import requests
from pydantic import SecretStr

from asana_intel.asana.reader import AsanaReader
from asana_intel.asana.session import AsanaSession
from asana_intel.errors import ConfigError, RetriableError
from asana_intel.raw.sync import sync_workspace
from asana_intel.raw.sync_log import only_sync
from asana_intel.raw.sync_plan import How
from asana_intel.raw.sync_report import SyncReport
from asana_intel.sandbox.generate import generate_world
from asana_intel.sandbox.server import RunningSandbox
from asana_intel.settings import AsanaSettings, Settings
from asana_intel.storage.contracts.raw import RAW_TABLES, RESOURCES
from asana_intel.storage.postgres import Database
from asana_intel.storage.sync_log import last_sync
from asana_intel.storage.tables import TableStore

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
SPRING = datetime(2026, 3, 10, 12, tzinfo=UTC)
TOKEN = "canary-sync-token"


class Gate:
    """A server in front of a sandbox: answers the requests that `withheld` names itself, passes the others on."""

    def __init__(self) -> None:
        self.target = ""
        self.withheld: Callable[[str], int | None] = lambda _: None
        self.passed: list[str] = []
        self.http = requests.Session()
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                status = gate.withheld(self.path)
                if status:
                    self._answer(status, b'{"errors": [{"message": "withheld"}]}', "")
                    return
                gate.passed.append(self.path)
                reply = gate.http.get(gate.target + self.path, headers=dict(self.headers.items()))
                self._answer(reply.status_code, reply.content, reply.headers["Date"])

            def _answer(self, status: int, body: bytes, date: str) -> None:
                self.send_response_only(status)
                if date:
                    self.send_header("Date", date)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.http.close()


class Home:
    """One home that syncs from one server."""

    def __init__(self, folder: Path, database: Database, url: str) -> None:
        self.url = url
        self.database = database
        self.settings = Settings(home=folder, asana=AsanaSettings(url=url, token=SecretStr(TOKEN)))
        self.tables = TableStore(self.settings.tables_root)

    def sync(self, **options: Any) -> SyncReport:
        session = AsanaSession(self.url, SecretStr(TOKEN), paced=False, sleep=lambda _: None)
        try:
            options = {"how": How.listing} | options
            return sync_workspace(AsanaReader(session), self.tables, self.database, self.settings, **options)
        finally:
            session.close()

    def standing(self, resource: str) -> pl.DataFrame:
        return self.tables.read(f"raw/{resource}").filter(pl.col("deleted_at").is_null())

    def counts(self) -> dict[str, int]:
        return {t.name: self.standing(t.name).height for t in RAW_TABLES if t.name in RESOURCES}

    def versions(self) -> dict[str, int | None]:
        return {table.key: self.tables.version(table.key) for table in RAW_TABLES}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    generate_world(folder, seed=3, people=6, projects=4, tasks=90, goals=12, start_on=date(2025, 10, 1), weeks=40)
    return folder


@pytest.fixture
def sandbox(company: Path) -> Iterator[RunningSandbox]:
    with RunningSandbox(company, SPRING) as running:
        yield running


@pytest.fixture
def gate(sandbox: RunningSandbox) -> Iterator[Gate]:
    server = Gate()
    server.target = sandbox.url
    yield server
    server.close()


@pytest.fixture
def home(tmp_path: Path, database: Database, sandbox: RunningSandbox) -> Home:
    return Home(tmp_path / "home", database, sandbox.url)


@pytest.fixture
def gated(tmp_path: Path, database: Database, gate: Gate) -> Home:
    return Home(tmp_path / "home", database, gate.url)


def _write(sandbox: RunningSandbox, method: str, path: str, data: dict[str, Any] | None = None) -> dict[str, Any]:
    mine = {"Authorization": "Bearer somebody"}
    reply = requests.request(method, sandbox.url + path, json={"data": data or {}}, headers=mine, timeout=5)
    reply.raise_for_status()
    return reply.json()["data"]


def test_every_table_holds_what_stands_in_asana(home: Home, sandbox: RunningSandbox):
    report = home.sync()
    assert home.counts() == sandbox.truth()["counts"]
    assert report.synced_at == SPRING
    assert not report.unavailable
    assert not report.incomplete
    assert report.minimum_requests <= report.requests <= 1.05 * report.minimum_requests
    found = last_sync(home.database)
    assert found
    assert (found.synced_at, found.workspace_gid) == (SPRING, report.workspace_gid)


@pytest.mark.slow
def test_a_real_companys_five_thousand_tasks_are_all_there(tmp_path: Path, database: Database):
    world = SHARED / "data" / "worlds" / "sip"
    if not world.exists():
        pytest.skip("the SiP world is not beside the repository")
    with RunningSandbox(world, datetime(2008, 1, 1, tzinfo=UTC)) as running:
        home = Home(tmp_path / "home", database, running.url)
        report = home.sync()
        assert home.counts() == running.truth()["counts"]
        assert report.requests <= 1.05 * report.minimum_requests


def test_a_second_sync_without_changes_touches_nothing(home: Home):
    first = home.sync()
    versions = home.versions()
    second = home.sync()
    assert (second.added, second.changed, second.deleted) == ({}, {}, {})
    assert home.versions() == versions
    assert second.requests < first.requests


def test_a_company_synced_over_months_stands_as_one_synced_once(home: Home, sandbox: RunningSandbox):
    for month in (4, 5, 6):
        sandbox.set_clock(SPRING.replace(month=month))
        home.sync()
        assert home.counts() == sandbox.truth()["counts"]
    days = home.tables.read("raw/goal_snapshots")["snapshot_on"].unique().to_list()
    assert len(days) == 3


def test_completing_one_task_changes_that_row_and_brings_its_new_stories(home: Home, sandbox: RunningSandbox):
    home.sync()
    before = home.standing("tasks")
    gid = before.filter(~pl.col("completed"))["gid"][0]
    _write(sandbox, "PUT", f"/tasks/{gid}", {"completed": True})
    report = home.sync()
    assert report.changed == {"tasks": 1}
    assert report.added.keys() <= {"stories", "goal_snapshots"}
    changed = home.standing("tasks").join(before.select("gid", "record_hash"), on=["gid", "record_hash"], how="anti")
    assert changed.select("gid", "completed").rows() == [(gid, True)]
    assert home.counts() == sandbox.truth()["counts"]


def test_a_clock_that_passes_one_completion_changes_one_row(tmp_path: Path, database: Database):
    world = tmp_path / "world"
    world.mkdir()
    _save(world, "workspaces", {"gid": "1", "name": "Tiny", "resource_type": "workspace", "is_organization": False})
    _save(world, "users", {"gid": "2", "name": "Ada", "email": "ada@tiny.example"})
    tasks = [
        {
            "gid": str(10 + n),
            "name": f"Task {n}",
            "created_at": "2026-01-01T08:00:00.000Z",
            "completed": done is not None,
            "completed_at": done,
            "assignee": {"gid": "2"},
            "workspace": {"gid": "1"},
        }
        for n, done in enumerate(["2026-01-03T12:00:00.000Z", "2026-01-04T12:00:00.000Z", None])
    ]
    _save(world, "tasks", *tasks)
    with RunningSandbox(world, datetime(2026, 1, 2, tzinfo=UTC)) as running:
        home = Home(tmp_path / "home", database, running.url)
        home.sync()
        running.set_clock(datetime(2026, 1, 3, 13, tzinfo=UTC))
        assert home.sync().changed == {"tasks": 1}
    at = home.standing("tasks").filter(pl.col("changed_at") == datetime(2026, 1, 3, 13, tzinfo=UTC))
    assert at.select("gid", "completed").rows() == [("10", True)]


def _save(world: Path, resource: str, *records: dict[str, Any]) -> None:
    lines = "\n".join(json.dumps(record) for record in records)
    (world / f"{resource}.jsonl.gz").write_bytes(gzip.compress(lines.encode()))


def test_a_deleted_task_leaves_a_tombstone_with_its_stories(home: Home, sandbox: RunningSandbox):
    home.sync()
    target = pl.col("record").str.json_path_match("$.target.gid")
    leaves = home.standing("tasks").filter(pl.col("record").str.json_path_match("$.num_subtasks") == "0")["gid"]
    theirs = (
        home.standing("stories").filter(target.is_in(leaves.implode())).group_by(target).len().sort("len", "record")
    )
    gid, told = theirs.row(-1)
    _write(sandbox, "DELETE", f"/tasks/{gid}")
    report = home.sync()
    assert report.deleted["tasks"] == 1
    assert report.deleted["stories"] == told > 0
    gone = home.tables.read("raw/tasks").filter(pl.col("gid") == gid).to_dicts()[0]
    assert gone["deleted_at"] == report.synced_at
    assert json.loads(gone["record"])["gid"] == gid
    assert home.counts() == sandbox.truth()["counts"]


def test_a_comment_on_an_open_goal_is_found_although_it_does_not_change_the_goal(home: Home, sandbox: RunningSandbox):
    home.sync()
    open_goal = home.standing("goals").filter(pl.col("status").is_in(["green", "yellow", "red"]))["gid"][0]
    _write(sandbox, "POST", f"/goals/{open_goal}/stories", {"text": "Blocked by the vendor"})
    assert home.sync().added["stories"] == 1


def test_a_deleted_comment_is_gone_when_its_task_changes(home: Home, sandbox: RunningSandbox):
    home.sync()
    gid = home.standing("tasks").filter(~pl.col("completed"))["gid"][0]
    comment = _write(sandbox, "POST", f"/tasks/{gid}/stories", {"text": "oops"})["gid"]
    home.sync()
    _write(sandbox, "DELETE", f"/stories/{comment}")
    _write(sandbox, "PUT", f"/tasks/{gid}", {"name": "Renamed"})
    home.sync()
    assert comment not in home.standing("stories")["gid"].to_list()
    assert home.counts() == sandbox.truth()["counts"]


@pytest.mark.parametrize("status", [402, 404, 501])
def test_missing_endpoints_are_reported_and_the_rest_is_synced(
    gated: Home, gate: Gate, sandbox: RunningSandbox, status: int
):
    missing = {
        "goals": "/goals?",
        "allocations": "/allocations",
        "ooo_entries": "/ooo_entries",
        "sections": "/sections?",
        "time_tracking_entries": "/time_tracking_entries",
    }
    gate.withheld = lambda path: status if any(part in path for part in missing.values()) else None
    report = gated.sync()
    assert {*report.unavailable} == {*missing}
    assert all(f"{status} withheld" in reason for reason in report.unavailable.values())
    truth = sandbox.truth()["counts"]
    untouched = ("tasks", "users", "projects", "portfolio_items", "task_dependencies")
    assert {name: gated.counts()[name] for name in untouched} == {name: truth[name] for name in untouched}


def test_an_endpoint_that_is_missing_for_hundreds_of_objects_is_not_asked_hundreds_of_times(gated: Home, gate: Gate):
    asked = []

    def withheld(path):
        if "/stories" not in path:
            return None
        asked.append(path)
        return 404

    gate.withheld = withheld
    assert "stories" in gated.sync().unavailable
    assert len(asked) < 120


def test_stories_that_could_not_be_read_are_caught_up_once_they_can(gated: Home, gate: Gate, sandbox: RunningSandbox):
    gate.withheld = lambda path: 402 if "/stories" in path else None
    gated.sync()
    assert gated.standing("stories").is_empty()
    gate.withheld = lambda _: None
    gated.sync()
    assert gated.counts() == sandbox.truth()["counts"]


@pytest.mark.parametrize("status", [402, 403, 404])
def test_a_listing_that_fails_is_never_read_as_empty(gated: Home, gate: Gate, status: int):
    gated.sync()
    before = gated.counts()
    project = gated.standing("projects")["gid"][0]
    gate.withheld = lambda path: (
        status if f"project={project}" in path or f"/projects/{project}/" in path or "/time_periods" in path else None
    )
    report = gated.sync()
    assert not report.deleted
    assert gated.counts() == before
    if status == 403:
        assert {"tasks", "sections", "project_memberships"} <= {*report.incomplete}


def test_a_task_that_vanishes_between_list_and_read_is_skipped(gated: Home, gate: Gate):
    victim: list[str] = []

    def withheld(path):
        if "/tasks/" in path and "/stories" in path:
            victim[:] = victim or [path.split("/")[2]]
            return 404 if f"/{victim[0]}/" in path else None
        return None

    gate.withheld = withheld
    report = gated.sync()
    assert not report.unavailable
    assert not report.incomplete
    assert victim[0] in gated.standing("tasks")["gid"].to_list()


def test_a_sync_that_breaks_off_between_stories_and_tasks_is_made_up_for(
    gated: Home, gate: Gate, sandbox: RunningSandbox
):
    told = []

    def withheld(path):
        if "/stories" in path:
            told.append(path)
        return 500 if len(told) > 15 else None

    gate.withheld = withheld
    with pytest.raises(RetriableError, match="500 withheld"):
        gated.sync()
    assert last_sync(gated.database) is None
    gate.withheld = lambda _: None
    gated.sync()
    assert gated.counts() == sandbox.truth()["counts"]


def test_portfolios_of_others_are_left_where_only_own_ones_may_be_listed(gated: Home, gate: Gate):
    gate.withheld = lambda path: 400 if path.startswith("/portfolios?") and "owner=me" not in path else None
    report = gated.sync()
    assert "portfolios" not in report.unavailable
    assert gated.standing("portfolios").height > 0


def test_allocations_are_listed_by_project_where_the_workspaces_list_is_refused(
    gated: Home, gate: Gate, sandbox: RunningSandbox
):
    gate.withheld = lambda path: 400 if path.startswith("/allocations?workspace") else None
    report = gated.sync()
    assert "allocations" not in report.unavailable
    assert gated.counts()["allocations"] == sandbox.truth()["counts"]["allocations"]


def test_a_full_sync_reads_all_stories_again(gated: Home, gate: Gate):
    gated.sync()
    gate.passed.clear()
    gated.sync(how=How.full)
    asked = {path.split("/")[2] for path in gate.passed if path.startswith("/tasks/") and "/stories" in path}
    assert asked == {*gated.standing("tasks")["gid"]}


def test_progress_is_told_per_stream(home: Home):
    told: dict[str, int] = {}
    home.sync(on_progress=lambda stream, records: told.update({stream: records}))
    assert told["users"] == home.counts()["users"]
    assert told["stories"] > 0


def test_another_workspace_does_not_enter_the_home(home: Home, tmp_path: Path):
    home.sync()
    _save(tmp_path, "workspaces", {"gid": "77", "name": "Other", "resource_type": "workspace"})
    with RunningSandbox(tmp_path, SPRING) as other:
        home.url = other.url
        with pytest.raises(ConfigError, match="ASANA_INTEL_HOME"):
            home.sync()


def test_a_server_whose_clock_went_back_is_refused(home: Home, sandbox: RunningSandbox):
    home.sync()
    sandbox.set_clock(SPRING.replace(month=2))
    with pytest.raises(ConfigError, match="before the last sync"):
        home.sync()


def test_two_syncs_of_one_home_do_not_run_at_once(home: Home):
    with only_sync(home.database), pytest.raises(RetriableError, match="Another sync"):
        home.sync()
    home.sync()


def test_portfolios_of_others_are_read_where_their_gids_are_set(gated: Home, gate: Gate, sandbox: RunningSandbox):
    wanted = sorted(sandbox._sandbox.player.all("portfolios"))[0]
    gate.withheld = lambda path: 403 if path.split("?")[0].endswith("/portfolios") else None
    gated.sync()
    assert gated.standing("portfolios").is_empty()
    asana = gated.settings.asana.model_copy(update={"portfolio_gids": [wanted]})
    gated.settings = gated.settings.model_copy(update={"asana": asana})
    gated.sync()
    assert gated.standing("portfolios")["gid"].to_list() == [wanted]
    assert any(gid.startswith(f"{wanted}:") for gid in gated.standing("portfolio_items")["gid"])


def test_the_lists_of_tasks_are_read_before_the_stories_and_open_tasks_come_first(home: Home, sandbox: RunningSandbox):
    home.sync()
    asked = [request["path"].split("?")[0] for request in sandbox.requests()]
    stories = [number for number, path in enumerate(asked) if path.startswith("/tasks/") and path.endswith("/stories")]
    others = [
        number for number, path in enumerate(asked) if path.startswith("/tasks") and not path.endswith("/stories")
    ]
    assert max(others) < min(stories)
    completed = dict(home.standing("tasks").select("gid", "completed").iter_rows())
    order = [completed[asked[number].split("/")[2]] for number in stories]
    late = 8  # several threads ask at once
    assert not any(order[: order.count(False) - late])
