"""A company synced twice with changes between: intervals and past tables beside what was really done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import requests
from pydantic import SecretStr
from typer.testing import CliRunner

from asana_intel.asana.reader import AsanaReader
from asana_intel.asana.session import AsanaSession
from asana_intel.cli.past import Past
from asana_intel.raw.sync import sync_workspace
from asana_intel.sandbox.generate import generate_world
from asana_intel.sandbox.server import RunningSandbox
from asana_intel.settings import AsanaSettings, Settings
from asana_intel.staging.as_of import PastTables
from asana_intel.storage.postgres import Database
from asana_intel.storage.tables import TableStore

SPRING = datetime(2026, 3, 10, 12, tzinfo=UTC)
LATER = SPRING + timedelta(days=7)
DAY = timedelta(days=1)


class Company:
    """A playing sandbox and a home that syncs from it."""

    def __init__(self, folder: Path, sandbox: RunningSandbox, database: Database) -> None:
        self.sandbox = sandbox
        self.database = database
        self.settings = Settings(home=folder, asana=AsanaSettings(url=sandbox.url, token=SecretStr("canary-token")))
        self.tables = TableStore(self.settings.tables_root)

    def sync(self) -> None:
        session = AsanaSession(self.sandbox.url, SecretStr("canary-token"), paced=False, sleep=lambda _: None)
        try:
            sync_workspace(AsanaReader(session), self.tables, self.database, self.settings)
        finally:
            session.close()

    def write(self, method: str, path: str, **data: Any) -> dict[str, Any]:
        mine = {"Authorization": "Bearer somebody"}
        reply = requests.request(method, self.sandbox.url + path, json={"data": data}, headers=mine, timeout=5)
        reply.raise_for_status()
        return reply.json()["data"]

    def now(self, key: str) -> pl.DataFrame:
        return PastTables(self.tables.scan, datetime(2100, 1, 1, tzinfo=UTC)).read(key)

    def then(self, key: str, at: datetime) -> pl.DataFrame:
        return Past(self.tables, at).read(key)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    generate_world(folder, seed=5, people=5, projects=3, tasks=80, goals=6, start_on=date(2025, 10, 1), weeks=40)
    return folder


@pytest.fixture
def company(world: Path, tmp_path: Path, database: Database) -> Iterator[Company]:
    with RunningSandbox(world, SPRING) as running:
        yield Company(tmp_path / "home", running, database)


def _of(frame: pl.DataFrame, gid: str) -> pl.DataFrame:
    return frame.filter(pl.col("task_gid") == gid).sort("valid_from")


def test_what_was_done_between_two_syncs_is_in_the_intervals_and_not_in_the_past(company: Company) -> None:
    company.sync()
    homes = company.now("staging/task_projects")
    at_work = ~pl.col("is_completed") & pl.col("assignee_gid").is_not_null()
    open_gids = company.now("staging/tasks").filter(at_work)["task_gid"]
    gid, project, section = homes.filter(pl.col("task_gid").is_in(open_gids.implode())).row(0)
    victim = homes.filter(pl.col("task_gid") != gid)["task_gid"][0]
    before = {key: company.now(key) for key in ("staging/tasks", "staging/task_projects", "raw/tasks", "raw/stories")}
    person = company.now("staging/users")["person_gid"][0]
    other = company.now("staging/sections").filter(
        pl.col("project_gid") == project, pl.col("section_gid").ne_missing(section)
    )["section_gid"][0]

    company.sandbox.set_clock(SPRING + DAY)
    company.write("PUT", f"/tasks/{gid}", due_on="2026-04-01", assignee=None)
    company.write("POST", f"/sections/{other}/addTask", task=gid)
    company.sandbox.set_clock(SPRING + 2 * DAY)
    company.write("PUT", f"/tasks/{gid}", completed=True, name="Renamed")
    company.sandbox.set_clock(SPRING + 3 * DAY)
    company.write("PUT", f"/tasks/{gid}", completed=False, assignee=person)
    company.write("DELETE", f"/tasks/{victim}")
    company.sandbox.set_clock(LATER)
    company.sync()

    def told(table: str, *columns: str) -> list[tuple[Any, ...]]:
        rows = _of(company.now(f"staging/{table}"), gid).filter(pl.col("valid_from") >= SPRING)
        days = rows.with_columns((pl.col("valid_from") - SPRING).dt.total_days())
        return days.select(*columns, "valid_from", "source").rows()

    assert told("task_completion_intervals", "is_completed") == [(True, 2, "story"), (False, 3, "story")]
    assert told("task_assignee_intervals", "assignee_gid") == [(None, 1, "story"), (person, 3, "story")]
    assert told("task_date_intervals", "due_on") == [(date(2026, 4, 1), 1, "story")]
    assert told("task_section_intervals", "section_gid") == [(other, 1, "story")]

    gone = _of(company.now("staging/task_lifetimes"), victim)["valid_to"][0]
    assert SPRING + 3 * DAY <= gone <= LATER
    assert _of(company.now("staging/task_completion_intervals"), victim)["valid_to"][-1] == gone

    for key, table in before.items():
        order = "gid" if key.startswith("raw") else "task_gid"
        assert company.then(key, SPRING + DAY / 2).sort(order).equals(table.sort(order)), key
    assert company.then("staging/tasks", LATER).sort("task_gid").equals(company.now("staging/tasks").sort("task_gid"))
    assert company.then("marts/dim_project", SPRING).height == company.now("staging/projects").height


def test_a_past_from_before_the_first_sync_agrees_with_the_server_that_stood_then(
    company: Company, world: Path
) -> None:
    company.sync()
    past = PastTables(company.tables.scan, SPRING - 60 * DAY)
    with RunningSandbox(world, SPRING - 60 * DAY) as running:
        server = requests.get(
            f"{running.url}/tasks",
            params={"project": company.now("staging/projects")["project_gid"][0], "opt_fields": "completed,due_on"},
            headers={"Authorization": "Bearer somebody"},
            timeout=5,
        ).json()["data"]
        counts = running.truth()["counts"]
    assert past.read("raw/tasks").height == counts["tasks"]
    assert past.read("raw/stories").height == counts["stories"]
    rebuilt = {row["task_gid"]: row for row in past.read("staging/tasks").to_dicts()}
    assert server
    for record in server:
        assert rebuilt[record["gid"]]["is_completed"] == record["completed"]
        due_on = rebuilt[record["gid"]]["due_on"]
        assert due_on is None or due_on.isoformat() == record["due_on"]


def test_the_command_line_asks_the_past(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    from asana_intel.cli import reading
    from asana_intel.cli.main import app

    company.sync()
    gid = company.now("staging/tasks")["task_gid"][0]
    company.sandbox.set_clock(LATER)
    company.write("PUT", f"/tasks/{gid}", name="Renamed")
    company.sync()
    bench = reading.Workbench(company.settings)
    bench.database = company.database
    monkeypatch.setattr(reading, "Workbench", lambda: bench)

    def asked(*options: str) -> Any:
        statement = f"select count(*) as n from raw.tasks where gid = '{gid}' and name = 'Renamed'"
        return CliRunner().invoke(app, ["query", statement, "--json", *options])

    assert [json.loads(asked(*options).stdout)[0]["n"] for options in ([], ["--as-of", "2026-03-16"])] == [1, 0]
    assert json.loads(asked("--as-of", "2026-03-17").stdout)[0]["n"] == 1
    assert asked("--as-of", "yesterday").exit_code == 1
