"""Faults that show over several syncs: what is owed, what is asked for alone, what a broken sync leaves to the next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from asana_intel.asana.reader import AsanaReader
from asana_intel.asana.session import AsanaSession
from asana_intel.errors import AsanaIntelError, ConfigError
from asana_intel.raw.landing import Landing
from asana_intel.raw.news import decide
from asana_intel.raw.sync_plan import How
from asana_intel.storage.postgres import Database
from asana_intel_tests.integration.fault_world import (
    BEHIND,
    STALE_LISTS,
    STORIES,
    TOKEN,
    Company,
    Fault,
    History,
    Home,
    assert_whole,
    rule,
    running_company,
)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with running_company(tmp_path_factory.mktemp("company")) as running:
        yield running


@pytest.fixture(scope="module")
def made(company: Company, tmp_path_factory: pytest.TempPathFactory) -> History:
    return History(company, tmp_path_factory.mktemp("history"))


@pytest.fixture
def history(made: History, database: Database) -> Iterator[History]:
    """The company, changed, and read before and after."""
    made.remember(database)
    made.company.begin_anew()
    made.change()
    yield made
    made.company.heal()


@pytest.fixture
def home(history: History, database: Database, tmp_path: Path) -> Home:
    """A home that knows the company as it was before its changes."""
    return history.second_home(tmp_path / "home", database)


def asked(company: Company, path: str) -> int:
    return sum(request["path"] == path for request in company.sandbox.requests())


def deleted(home: Home, resource: str) -> set[str]:
    return {gid for gid, _, gone in home.rows(resource) if gone}


# -- what is gone


@pytest.mark.parametrize("full", [False, True])
def test_lists_that_fall_behind_a_home_mark_nothing_that_exists_as_gone(
    home: Home, history: History, full: bool
) -> None:
    home.sync()
    history.company.break_down(Fault(STALE_LISTS))
    report = home.sync(how=How.full if full else How.listing)
    assert not report.deleted
    assert_whole(home, history.before, history.after)
    history.company.heal()
    home.sync()
    assert home.contents() == history.after


def test_a_task_in_no_list_stands_as_it_is_now_until_it_is_deleted(home: Home, history: History) -> None:
    gid = history.first_task
    home.sync()
    write = history.company.write
    for project in {link["gid"] for link in write("PUT", f"/tasks/{gid}", {"assignee": None})["projects"]}:
        write("POST", f"/tasks/{gid}/removeProject", {"project": project})
    assert not home.sync().deleted
    assert '"assignee":null' in home.contents()["tasks"][gid]
    assert home.sync().changed == {}
    write("DELETE", f"/tasks/{gid}")
    history.company.control("DELETE", "requests")
    assert home.sync().deleted["tasks"] == 2  # with its subtask
    assert asked(history.company, f"/tasks/{gid}") == 1


@pytest.mark.parametrize("status", [400, 402, 429, 500])
def test_what_is_in_no_list_and_cannot_be_asked_for_stands(home: Home, history: History, status: int) -> None:
    gone = {*history.before["tasks"]} - {*history.after["tasks"]}
    history.company.break_down(Fault([rule("status", {"path": "/tasks/{task}"}, status=status)]))
    assert not home.sync().deleted.get("tasks")
    history.company.heal()
    home.sync()
    assert deleted(home, "tasks") == gone
    assert home.contents() == history.after


# -- what is owed


def test_stories_that_were_not_read_are_asked_for_again_although_their_task_did_not_change(
    home: Home, history: History
) -> None:
    path = f"/tasks/{history.first_task}/stories"
    history.company.break_down(Fault([rule("status", {"path": path}, status=500)]))
    report = home.sync()
    assert report.incomplete["stories"].startswith("1 of ")
    assert home.contents()["tasks"] == history.after["tasks"]
    history.company.heal()
    for times in (1, 0):
        history.company.control("DELETE", "requests")
        home.sync()
        assert asked(history.company, path) == times
        assert home.contents() == history.after


def test_what_is_owed_is_owed_still_after_a_crash(home: Home, history: History, monkeypatch: Any) -> None:
    history.company.break_down(Fault([rule("status", {"path": STORIES, "nth": 1}, status=404)]))
    with monkeypatch.context() as crash:
        crash.setattr(Landing, "merge_goals", _stop)
        with pytest.raises(KeyboardInterrupt):
            home.sync()
    assert home.contents()["tasks"].items() >= history.after["tasks"].items()
    history.company.heal()
    home.sync()
    assert home.contents() == history.after


def _stop(landing: Landing, goals: object) -> None:
    raise KeyboardInterrupt


def test_stories_that_were_behind_twice_are_found_by_the_third_sync(home: Home, history: History) -> None:
    for _ in range(2):
        history.company.break_down(Fault([rule("stale", {"path": STORIES}, **BEHIND)]))
        home.sync()
        assert home.contents()["stories"] != history.after["stories"]
    history.company.heal()
    home.sync()
    assert home.contents() == history.after
    settled = home.sync()
    assert asked(history.company, f"/tasks/{history.first_task}/stories") <= 4
    assert not settled.added


def test_a_comment_on_a_goal_that_is_closed_with_it_is_found_although_stories_were_behind(
    home: Home, history: History
) -> None:
    goal = min(history.after["goals"])
    home.sync()
    history.company.write("POST", f"/goals/{goal}/stories", {"text": "We are done here"})
    history.company.write("PUT", f"/goals/{goal}", {"status": "missed"})
    history.company.break_down(Fault([rule("stale", {"path": "/goals/{goal}/stories"}, writes=2)]))
    home.sync()
    history.company.heal()
    assert home.sync().added["stories"] >= 1


# -- what goes on


def test_a_sync_whose_token_expired_goes_on_with_it_or_begins_anew_with_another(home: Home, history: History) -> None:
    for token, is_resumed in ((TOKEN, True), ("canary-of-another-token", False)):
        history.company.break_down(Fault([rule("expire_token", {"nth": 25, "token": TOKEN})]))
        with pytest.raises(ConfigError, match="401"):
            home.sync(how=How.full)
        assert_whole(home, history.before, history.after)
        history.company.heal()
        report = home.sync(token=token, how=How.full)
        assert (report.resumed_pages > 15) == is_resumed
        assert home.contents() == history.after


def test_lost_events_are_made_up_for_by_the_next_sync(home: Home, history: History) -> None:
    home.sync()
    project = min(history.after["projects"])
    session = AsanaSession(history.company.url, SecretStr(TOKEN), paced=False)
    reader = AsanaReader(session)
    tokens = {project: reader.events(project, None).sync}
    history.company.break_down(Fault([rule("lose_events")]))
    history.company.write("POST", "/tasks", {"name": "Unheard of", "projects": [project]})
    for _ in range(2):
        decision = decide(tokens, {project: reader.events(project, tokens[project])})
        assert not decision.refresh
        tokens = dict(decision.tokens)
    session.close()
    assert not history.company.not_met()
    assert home.sync().added["tasks"] == 1


# -- anything


_ANYTHING = [
    rule("status", status=500),
    rule("status", status=404),
    rule("status", status=403),
    rule("status", {"path": STORIES}, status=402),
    rule("html", status=200),
    rule("drop", when="during"),
    rule("truncate", bytes=90, length="cut"),
    rule("retry_after", value="5"),
    rule("stale", **BEHIND),
    rule("stale", {"path": STORIES}, **BEHIND),
    rule("stale", {"path": "/tasks"}, writes=5),
    rule("expire_offset"),
    rule("duplicate"),
    rule("wrong_workspace", {"path": "/goals"}),
    rule("vanish", {"path": "/tasks"}),
    rule("vanish", {"path": "/projects"}),
    rule("vanish", {"path": "/tasks"}, how="deleted"),
    rule("human_edit", {"path": STORIES}, fields={"name": "Edited meanwhile"}),
    rule("redirect"),
    rule("expire_token", {"times": 1}),
]
TROUBLE = st.lists(
    st.tuples(st.sampled_from(_ANYTHING), st.sampled_from([0.03, 0.2, 0.6])), min_size=1, max_size=4
)  # fmt: skip


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(troubles=st.lists(TROUBLE, min_size=1, max_size=2), seed=st.integers(0, 99), is_first=st.booleans())
def test_whatever_goes_wrong_one_sync_without_faults_makes_it_good(
    history: History,
    database: Database,
    tmp_path_factory: pytest.TempPathFactory,
    troubles: list[list[tuple[dict[str, Any], float]]],
    seed: int,
    is_first: bool,
) -> None:
    company = history.company
    company.begin_anew()
    history.change()
    folder = tmp_path_factory.mktemp("anything") / "home"
    home = (history.first_home if is_first else history.second_home)(folder, database)
    home.settings = home.settings.model_copy(
        update={"asana": home.settings.asana.model_copy(update={"concurrent_reads": 1})}  # the same order each time
    )
    for trouble in troubles:
        company.break_down(
            Fault([{**r, "match": {**r["match"], "probability": chance}} for r, chance in trouble]), seed=seed
        )
        try:
            home.sync()
        except AsanaIntelError:
            continue
    company.heal()
    home.sync()
    assert home.contents() == history.truth(database)
    for resource in home.contents():
        if resource != "goal_snapshots":
            stored = home.tables.read(f"raw/{resource}")
            assert stored.filter(pl.col("gid").is_duplicated()).is_empty()
