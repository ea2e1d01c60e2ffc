"""Syncs that read what events tell, against a fresh home that lists everything: both must hold the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import requests

from asana_intel.raw.sync import SyncReport
from asana_intel.raw.sync_plan import How
from asana_intel.sandbox.conditions import Conditions
from asana_intel.sandbox.generate import generate_world
from asana_intel.sandbox.server import RunningSandbox
from asana_intel.storage.postgres import Database
from asana_intel_tests.integration.fault_world import Company, Contents, Home, Time, forgotten

SPRING = datetime(2026, 3, 10, 12, tzinfo=UTC)
# What only lists show: a reading by events leaves these to the next reconcile.
ONLY_LISTED = {"ooo_entries", "allocations", "time_tracking_entries", "team_memberships", "workspace_memberships",
               "users", "teams", "tags", "custom_fields", "portfolio_items", "portfolios"}  # fmt: skip


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("company")
    generate_world(folder, seed=4, people=5, projects=4, tasks=60, goals=6, start_on=date(2026, 1, 5), weeks=14)
    time = Time()
    with RunningSandbox(folder, SPRING, conditions=Conditions(clock=time.clock)) as sandbox:
        yield Company(sandbox, time)


class Pair:
    """A home that keeps up with a company, and the means to look at what stands there now."""

    def __init__(self, company: Company, database: Database, folder: Path) -> None:
        self.company = company
        self.database = database
        self.folder = folder
        self.home = Home(folder / "home", database, company)
        self.clock = SPRING
        company.begin_anew()
        company.control("POST", "behaviour", {"search_lag_s": 0})
        self.first = self.home.sync()
        self.pass_time()
        self.records = {gid: json.loads(text) for gid, text in self.home.contents()["tasks"].items()}

    def pass_time(self, **span: float) -> None:
        self.clock += timedelta(**(span or {"minutes": 5}))
        self.company.sandbox.set_clock(self.clock)

    def catch_up(self, how: How = How.auto) -> SyncReport:
        self.company.control("DELETE", "requests")
        return self.home.sync(how=how)

    def truth(self) -> Contents:
        self.pass_time()
        fresh = Home(self.folder / "fresh", self.database, self.company)
        with forgotten(self.database):
            fresh.sync()
        return fresh.contents()

    def person(self) -> str:
        return min(self.home.contents()["users"])

    def tasks(self, **having: Any) -> list[str]:
        """Open tasks in projects, or subtasks, in order."""
        is_subtask = having.get("subtask", False)
        return sorted(
            gid
            for gid, task in self.records.items()
            if bool(task["parent"]) == is_subtask and not task["completed"] and (is_subtask or task["projects"])
        )

    def asked(self) -> list[str]:
        """Paths of the requests since the last sync began."""
        return [request["path"].split("?")[0] for request in self.company.sandbox.requests() if request["token"]]


@pytest.fixture
def pair(company: Company, database: Database, tmp_path: Path) -> Iterator[Pair]:
    with forgotten(database):
        yield Pair(company, database, tmp_path)


def assert_same(found: Contents, truth: Contents) -> None:
    for resource, rows in truth.items():
        if resource not in ONLY_LISTED:
            assert found[resource] == rows, resource


def test_a_second_sync_reads_what_events_tell_and_holds_what_a_fresh_one_reads(pair: Pair):
    write = pair.company.write
    first, second, third, *_, parent = [g for g in pair.tasks() if not pair.records[g]["num_subtasks"]]
    subtask = pair.tasks(subtask=True)[0]
    project = pair.records[first]["projects"][0]["gid"]
    goal = min(pair.home.contents()["goals"])
    write("PUT", f"/tasks/{first}", {"name": "Renamed", "due_on": "2026-05-05"})
    write("PUT", f"/tasks/{second}", {"completed": True})
    write("POST", f"/tasks/{second}/stories", {"text": "Done at last"})
    write("PUT", f"/tasks/{subtask}", {"name": "A part with another name"})
    write("POST", f"/tasks/{parent}/subtasks", {"name": "A part that is new"})
    write("POST", "/tasks", {"name": "New", "projects": [project]})
    write("POST", "/tasks", {"name": "In no project", "assignee": pair.person(), "workspace": pair.first.workspace_gid})
    write("DELETE", f"/tasks/{third}")
    write("POST", f"/tasks/{first}/addDependencies", {"dependencies": [parent]})
    section = write("POST", f"/projects/{project}/sections", {"name": "Another column"})["gid"]
    write("POST", f"/sections/{section}/addTask", {"task": first})
    write("PUT", f"/projects/{project}", {"name": "Another name"})
    write("POST", f"/goals/{goal}/stories", {"text": "Who looks after this?"})
    write("POST", "/status_updates", {"parent": goal, "status_type": "at_risk", "title": "Late", "text": "Late."})
    pair.pass_time()
    report = pair.catch_up()
    assert report.how == "events"
    assert_same(pair.home.contents(), pair.truth())


def test_without_changes_a_second_sync_commits_nothing_and_asks_little_beside_the_streams(pair: Pair):
    pair.catch_up()  # stories that may have been behind are looked at once more
    versions = {name: pair.home.tables.version(f"raw/{name}") for name in pair.home.contents()}
    pair.pass_time()
    report = pair.catch_up()
    assert {name: pair.home.tables.version(f"raw/{name}") for name in versions} == versions
    asked = pair.asked()
    assert len(asked) == report.requests
    assert len(asked) - asked.count("/api/1.0/events") == 3  # projects, goals, one search


class Editor:
    """People who edit a company at random."""

    def __init__(self, company: Company, workspace: str, people: list[str], seed: int) -> None:
        self.company = company
        self.workspace = workspace
        self.people = people
        self.random = Random(seed)

    def edit(self, contents: Contents) -> str:
        """Do one thing to what stands; name it."""
        self.tasks = [json.loads(text) for text in contents["tasks"].values()]
        self.projects, self.goals = sorted(contents["projects"]), sorted(contents["goals"])
        done: list[Callable[[], object]] = [
            lambda: self.put(name=f"Named {self.random.random()}"),
            lambda: self.put(completed=self.random.random() < 0.7),
            lambda: self.put(assignee=self.random.choice([*self.people, None])),
            lambda: self.put(due_on=self.random.choice(["2026-04-01", None]), start_on=None),
            lambda: self.post("/stories", text="A word"),
            lambda: self.post("/subtasks", name="Below"),
            lambda: self.company.write("DELETE", f"/tasks/{self.task()}"),
            lambda: self.company.write("POST", "/tasks", {"name": "New", "projects": [self.project()]}),
            lambda: self.company.write(
                "POST", "/tasks", {"name": "Loose", "assignee": self.people[0], "workspace": self.workspace}
            ),
            lambda: self.post("/addProject", project=self.project()),
            lambda: self.post("/removeProject", project=self.project()),
            lambda: self.post("/setParent", parent=self.random.choice([self.task(), None])),
            lambda: self.post("/addDependencies", dependencies=[self.task()]),
            lambda: self.post("/removeDependencies", dependencies=[self.task()]),
            lambda: self.post("/addFollowers", followers=[self.people[0]]),
            lambda: self.company.write("PUT", f"/projects/{self.project()}", {"name": f"P {self.random.random()}"}),
            lambda: self.company.write("POST", f"/projects/{self.project()}/sections", {"name": "Column"}),
            lambda: self.company.write("POST", "/projects", {"name": "New project", "workspace": self.workspace}),
            lambda: self.company.write("PUT", f"/goals/{self.goal()}", {"name": f"G {self.random.random()}"}),
            lambda: self.company.write("POST", f"/goals/{self.goal()}/stories", {"text": "A word on a goal"}),
            lambda: self.company.write(
                "POST", "/status_updates", {"parent": self.goal(), "status_type": "at_risk", "text": "Late."}
            ),
        ]
        place = self.random.randrange(len(done))
        try:
            done[place]()
        except requests.HTTPError as refused:  # what Asana would refuse, too
            return f"{place} refused: {refused.response.text[:80]}"
        return str(place)

    def task(self) -> str:
        return self.random.choice(self.tasks)["gid"]

    def project(self) -> str:
        return self.random.choice(self.projects)

    def goal(self) -> str:
        return self.random.choice(self.goals)

    def put(self, **fields: Any) -> None:
        self.company.write("PUT", f"/tasks/{self.task()}", fields)

    def post(self, action: str, **fields: Any) -> None:
        self.company.write("POST", f"/tasks/{self.task()}{action}", fields)


@pytest.mark.parametrize("lag_s", [0, 30])
@pytest.mark.parametrize("seed", range(3))
def test_whatever_people_do_a_sync_by_events_holds_what_a_fresh_one_reads(pair: Pair, seed: int, lag_s: int):
    pair.company.control("POST", "behaviour", {"search_lag_s": lag_s})
    people = sorted(pair.home.contents()["users"])
    editor = Editor(pair.company, pair.first.workspace_gid, people, seed)
    for _ in range(4):
        done = [editor.edit(pair.home.contents()) for _ in range(editor.random.randrange(1, 12))]
        report = pair.catch_up()
        assert report.how == "events"
        if lag_s:  # what no stream tells of is found once search has caught up
            pair.pass_time()
            pair.catch_up()
        found = pair.home.contents()
        try:
            assert_same(found, pair.truth())
        except AssertionError as differs:
            raise AssertionError(f"after {done}: {differs}") from None
