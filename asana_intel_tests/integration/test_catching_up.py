"""Syncs that read what events tell, against a fresh home that lists everything: both must hold the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import requests

from asana_intel.raw.event_tokens import read_tokens, write_tokens
from asana_intel.raw.sync_plan import How
from asana_intel.raw.task_reads import TaskReads
from asana_intel.storage.contracts.contract import CLOSED_GOAL_STATUSES
from asana_intel.storage.postgres import Database
from asana_intel_tests.integration.fault_world import Company, Contents, forgotten, rule
from asana_intel_tests.integration.keeping_up import (
    NO_STREAM_OF_ALL,
    Pair,
    assert_same,
    change_eight_and_delete_two,
    quiet_company,
)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with quiet_company(tmp_path_factory.mktemp("company")) as running:
        yield running


# The streams that anybody may read, and the workspace's own, which is open to few.
BOTH_STREAMS = pytest.mark.parametrize("pair", ["a stream per project", "one stream"], indirect=True)


@pytest.fixture
def pair(request: pytest.FixtureRequest, company: Company, database: Database, tmp_path: Path) -> Iterator[Pair]:
    """A home that has read the company once."""
    has_one = getattr(request, "param", None) == "one stream"
    with forgotten(database):
        yield Pair(company, database, tmp_path, [] if has_one else [NO_STREAM_OF_ALL])


@BOTH_STREAMS
def test_a_second_sync_reads_what_events_tell_and_holds_what_a_fresh_one_reads(pair: Pair):
    write = pair.company.write
    first, second, third, *_, parent = [g for g in pair.tasks() if not pair.records[g]["num_subtasks"]]
    subtask = pair.tasks(subtasks=True)[0]
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


@BOTH_STREAMS
def test_without_changes_a_second_sync_commits_nothing_and_asks_little_beside_the_streams(pair: Pair):
    pair.catch_up()  # stories that may have been behind are looked at once more
    versions = {name: pair.home.tables.version(f"raw/{name}") for name in pair.home.contents()}
    pair.pass_time()
    report = pair.catch_up()
    assert {name: pair.home.tables.version(f"raw/{name}") for name in versions} == versions
    asked = pair.asked()
    assert len(asked) == report.requests
    others = [path for path in asked if not path.endswith("/events")]
    assert sum(path.endswith("/search") for path in others) == 1
    assert len(others) <= 3  # a search, goals, and projects where there is no stream of all


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
        projects = {gid: json.loads(text) for gid, text in contents["projects"].items()}
        goals = {gid: json.loads(text) for gid, text in contents["goals"].items()}
        # What is over is read by a reconcile: nobody watches it in between.
        self.projects = sorted(gid for gid, project in projects.items() if not project["archived"])
        self.goals = sorted(gid for gid, goal in goals.items() if goal["status"] not in CLOSED_GOAL_STATUSES)
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
        live = [t for t in self.tasks if not t["projects"] or t["projects"][0]["gid"] in self.projects]
        return self.random.choice(live)["gid"]

    def project(self) -> str:
        return self.random.choice(self.projects)

    def goal(self) -> str:
        return self.random.choice(self.goals)

    def put(self, **fields: Any) -> None:
        self.company.write("PUT", f"/tasks/{self.task()}", fields)

    def post(self, action: str, **fields: Any) -> None:
        self.company.write("POST", f"/tasks/{self.task()}{action}", fields)


@BOTH_STREAMS
@pytest.mark.parametrize(("seed", "lag_s"), [(0, 0), (1, 30)])
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


@BOTH_STREAMS
@pytest.mark.parametrize(("lag_s", "reads"), [(0, 1), (30, 9)])
def test_what_changed_costs_one_search_or_one_read_each_beside_its_stories(pair: Pair, lag_s: int, reads: int):
    pair.catch_up()
    pair.pass_time()
    pair.hear_goals_every(60)
    pair.company.control("POST", "behaviour", {"search_lag_s": lag_s})
    change_eight_and_delete_two(pair)
    report = pair.catch_up()
    asked = pair.asked()
    streams = sum(path.endswith("/events") for path in asked)
    assert sum(path.endswith("/stories") for path in asked) == 8
    assert len(asked) - streams - 8 <= reads + 2  # projects and goals are listed besides
    assert report.requests == len(asked) <= 1.2 * report.minimum_requests
    assert_same(pair.home.contents(), pair.truth())


def test_deleted_tasks_are_kept_with_the_moment_of_their_deletion(pair: Pair):
    gid = pair.tasks()[0]
    deleted_at = pair.clock
    pair.company.write("DELETE", f"/tasks/{gid}")
    pair.pass_time(hours=1)
    pair.catch_up()
    gone = {found: at for found, _, at in pair.home.rows("tasks") if at}
    assert abs(gone[gid] - deleted_at) < timedelta(seconds=1)


@pytest.mark.fault("F42")
def test_a_reconcile_finds_what_events_lost_and_says_how_much_that_was(pair: Pair):
    pair.catch_up()
    pair.pass_time()
    pair.company.control("POST", "behaviour", {"event_loss": 1.0, "search_lag_s": 100_000})
    change_eight_and_delete_two(pair)
    pair.company.write("POST", f"/tasks/{pair.tasks()[-1]}/subtasks", {"name": "That nobody was told of"})
    pair.pass_time()
    by_events = pair.catch_up()
    assert (by_events.how, by_events.told, by_events.changed) == ("events", 0, {})
    pair.pass_time(hours=20)
    report = pair.catch_up()
    assert report.how == "reconcile"
    assert report.lost >= 10  # and what lies above deleted subtasks
    assert report.loss_rate == 1.0
    assert_same(pair.home.contents(), pair.truth())


def test_a_reconcile_without_losses_lists_narrowly_and_reads_no_task(pair: Pair):
    pair.catch_up()
    pair.pass_time(hours=21)
    report = pair.catch_up()
    assert (report.how, report.lost, report.changed.get("tasks", 0)) == ("reconcile", 0, 0)
    asked = pair.company.sandbox.requests()
    assert not any(request["path"].split("?")[0].removeprefix("/api/1.0/tasks/").isdigit() for request in asked)
    assert not any(path.endswith("/stories") and "/tasks/" in path for path in pair.asked())


@pytest.mark.fault("F42")
def test_a_day_without_a_sync_outlives_the_tokens_and_everything_is_listed(pair: Pair):
    change_eight_and_delete_two(pair)
    pair.pass_time(hours=24)
    assert pair.catch_up().how == "listing"
    assert_same(pair.home.contents(), pair.truth())


@pytest.mark.fault("F42")
def test_a_stream_that_broke_off_has_its_project_read_again_and_only_that(pair: Pair):
    pair.catch_up()
    pair.pass_time()
    change_eight_and_delete_two(pair)
    tokens = read_tokens(pair.database)
    assert tokens
    project = min(set(pair.home.contents()["projects"]) & tokens.tokens.keys())
    broken = replace(tokens, tokens={**tokens.tokens, project: "not a token any more"})
    with pair.database.transaction() as connection, connection.cursor() as cursor:
        write_tokens(cursor, broken)
    report = pair.catch_up()
    assert report.how == "events"
    sections = [path for path in pair.asked() if path.endswith("/sections")]
    assert sections == [f"/projects/{project}/sections"]
    assert_same(pair.home.contents(), pair.truth())


def test_a_server_without_events_is_listed_each_time_and_that_is_said(pair: Pair):
    pair.break_down(NO_STREAM_OF_ALL, rule("status", {"path": "/events"}, status=501))
    report = pair.catch_up(How.listing)
    assert any("no events are to be had" in warning for warning in report.warnings)
    pair.pass_time()
    change_eight_and_delete_two(pair)
    assert pair.catch_up().how == "listing"
    assert_same(pair.home.contents(), pair.truth())


def test_without_search_a_sync_by_events_reads_each_task_and_asks_for_no_search_again(pair: Pair):
    pair.break_down(rule("status", {"path": "/workspaces/{w}/tasks/search"}, status=402))
    change_eight_and_delete_two(pair)
    pair.pass_time()
    pair.catch_up()
    assert sum(path.endswith("/search") for path in pair.asked()) == 1
    assert_same(pair.home.contents(), pair.truth())
    pair.catch_up()
    assert not any(path.endswith("/search") for path in pair.asked())


def test_another_token_goes_on_from_nobody_elses_events(pair: Pair):
    pair.pass_time()
    pair.company.control("DELETE", "requests")
    assert pair.home.sync(how=How.auto, token="somebody-else").how == "listing"


@BOTH_STREAMS
def test_a_deleted_project_goes_with_all_that_hangs_on_it(pair: Pair):
    project = pair.records[pair.tasks()[0]]["projects"][0]["gid"]
    pair.company.write("DELETE", f"/projects/{project}")
    pair.pass_time()
    assert pair.catch_up().how == "events"
    assert_same(pair.home.contents(), pair.truth())


def test_a_sync_that_ends_before_it_read_what_deletions_left_behind_has_the_next_one_read_it(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
):
    pair.catch_up()
    subtask = pair.tasks(subtasks=True)[0]
    project = pair.records[pair.tasks()[0]]["projects"][0]["gid"]
    pair.company.write("DELETE", f"/tasks/{subtask}")  # its parent counts it
    pair.company.write("DELETE", f"/projects/{project}")  # its tasks name it
    pair.pass_time()
    with monkeypatch.context() as patched:
        patched.setattr(TaskReads, "take_touched", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            pair.catch_up()
    pair.pass_time()
    assert pair.catch_up().how == "events"
    assert_same(pair.home.contents(), pair.truth())


def test_a_comment_on_a_goal_is_read_within_the_hour_and_a_changed_goal_at_once(pair: Pair):
    pair.hear_goals_every(60)
    goals = {gid: json.loads(text) for gid, text in pair.home.contents()["goals"].items()}
    goal = next(gid for gid, goal in goals.items() if goal["status"] not in CLOSED_GOAL_STATUSES)
    pair.company.write("POST", f"/goals/{goal}/stories", {"text": "Who looks after this?"})
    pair.pass_time()
    pair.catch_up()
    assert not [path for path in pair.asked() if path.endswith("/stories")]
    pair.pass_time(hours=1)
    pair.catch_up()
    assert f"/goals/{goal}/stories" in pair.asked()
    pair.company.write("POST", f"/goals/{goal}/stories", {"text": "I do."})
    pair.company.write("PUT", f"/goals/{goal}", {"name": "Looked after"})
    pair.pass_time()
    pair.catch_up()
    assert_same(pair.home.contents(), pair.truth())


def test_a_task_that_could_not_be_read_is_told_of_again(pair: Pair):
    pair.catch_up()
    pair.pass_time()
    pair.company.control("POST", "behaviour", {"search_lag_s": 100_000})
    change_eight_and_delete_two(pair)
    gid = next(gid for gid in pair.tasks() if not pair.records[gid]["num_subtasks"])
    pair.break_down(rule("status", {"path": f"/tasks/{gid}"}, status=500))
    pair.catch_up()
    assert json.loads(pair.home.contents()["tasks"][gid])["name"] == pair.records[gid]["name"]
    pair.break_down()
    pair.pass_time()
    assert pair.catch_up().how == "events"
    assert_same(pair.home.contents(), pair.truth())


def test_a_new_field_on_a_project_is_known_with_its_definition_at_once(pair: Pair):
    project = pair.records[pair.tasks()[0]]["projects"][0]["gid"]
    made = {"name": "Odds", "resource_subtype": "number", "precision": 2, "workspace": pair.first.workspace_gid}
    field = pair.company.write("POST", "/custom_fields", made)["gid"]
    pair.company.write("POST", f"/projects/{project}/addCustomFieldSetting", {"custom_field": field})
    pair.pass_time()
    assert pair.catch_up().how == "events"
    assert field in pair.home.contents()["custom_fields"]
    assert_same(pair.home.contents(), pair.truth())
    pair.company.write("POST", f"/projects/{project}/removeCustomFieldSetting", {"custom_field": field})
    pair.pass_time()
    pair.catch_up()
    assert_same(pair.home.contents(), pair.truth())
