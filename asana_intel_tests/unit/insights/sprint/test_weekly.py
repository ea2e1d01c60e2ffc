"""A week's sprint tables, from the tables they are made of."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.insights.sprint.weekly import SPRINT_TABLES, sprint_week
from asana_intel.settings import load_settings
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.work_settings import SprintSettings
from asana_intel_tests.unit.insights.sprint.worlds import AS_OF, LONG_AGO, SPRINT, WEEK_ON, World, company

LATER = AS_OF + timedelta(hours=1)


def week(world: World, **sprint: Any) -> dict[str, pl.DataFrame]:
    tree = load_settings(sprint=SprintSettings(**sprint))
    return sprint_week(world.read, world.read_week, WEEK_ON, AS_OF, tree)


def proposal(world: World, **sprint: Any) -> dict[str, dict[str, Any]]:
    return {row["task_gid"]: row for row in week(world, **sprint)["sprint_proposal"].iter_rows(named=True)}


def capacity(world: World, **sprint: Any) -> dict[tuple[str, str], tuple[float, float, float]]:
    rows = week(world, **sprint)["sprint_capacity"].iter_rows(named=True)
    return {
        (row["team_gid"], row["person_gid"]): (row["available_hours"], row["committed_hours"], row["proposed_hours"])
        for row in rows
    }


def test_an_empty_workspace_gives_four_empty_tables() -> None:
    frames = week(World())
    assert tuple(frames) == SPRINT_TABLES
    for name, frame in frames.items():
        assert frame.is_empty()
        assert frame.schema == CONTRACTS[f"insights/{name}"].schema


def test_a_task_of_the_teams_project_is_proposed_for_the_sprint_that_comes() -> None:
    world = company()
    world.task("a")
    row = proposal(world)["a"]
    assert (row["team_gid"], row["starts_on"], row["ends_on"]) == ("team", *SPRINT)
    assert (row["as_of_on"], row["as_of_at"]) == (WEEK_ON, AS_OF)
    assert row["is_in"]
    assert row["hours"] == 2.0


def test_only_open_leaf_tasks_with_a_score_that_are_no_milestones_are_candidates() -> None:
    world = company()
    world.task("parent")
    world.task("child", None, parent="parent")
    world.task("grandchild", None, parent="child")
    world.task("milestone", subtype="milestone")
    world.task("unscored", score=None)
    world.task("homeless", None)
    world.task("done", done_at=LONG_AGO + timedelta(days=1))
    world.task("elsewhere", "project of nobody")
    assert list(proposal(world)) == ["grandchild"]


def test_running_work_takes_its_hours_and_is_no_candidate() -> None:
    world = company()
    world.task("running", person="ana", section="In progress", hours=6.0)
    world.task("begun", person="ana", hours=3.0)
    world.log("begun", 1.0)
    world.task("new", person="ana", hours=10.0)
    assert capacity(world)["team", "ana"] == (20.0, 9.0, 0.0)
    assert capacity(world)["team", "bo"] == (40.0, 0.0, 0.0)
    rows = proposal(world)
    assert list(rows) == ["new"]
    assert rows["new"]["reason"] == "left out because Ana has 9 h free and it takes 10 h"


def test_running_work_that_is_waited_for_holds_nothing_back() -> None:
    world = company()
    world.task("running", person="ana", section="Sprint 12")
    world.task("new")
    world.add("staging/task_dependencies", task_gid="new", depends_on_gid="running")
    assert proposal(world)["new"]["is_in"]


def test_a_task_that_waits_names_the_open_one_until_that_is_finished() -> None:
    world = company()
    world.task("first", score=None, name="Sign the contract")
    world.task("second")
    world.add("staging/task_dependencies", task_gid="second", depends_on_gid="first")
    row = proposal(world)["second"]
    assert row["reason"] == "left out because it waits for “Sign the contract”"
    assert row["waits_for_gid"] == "first"
    finished = company()
    finished.task("first", score=None, done_at=LONG_AGO + timedelta(days=2))
    finished.task("second")
    finished.add("staging/task_dependencies", task_gid="second", depends_on_gid="first")
    assert proposal(finished)["second"]["is_in"]


def test_a_share_of_the_time_is_kept_free() -> None:
    world = company()
    world.task("a", person="bo", hours=37.0)
    assert proposal(world)["a"]["reason"] == "left out because Bo has 36 h free and it takes 37 h"
    assert proposal(world, spare_share=0.0)["a"]["is_in"]


def test_time_promised_to_other_teams_is_not_there_and_that_to_their_own_is() -> None:
    world = company()
    world.project("far", "other team")
    span = {"start_on": date(2026, 3, 1), "end_on": date(2026, 3, 15), "effort_type": "hours", "effort_value": 5.0}
    world.add("staging/allocations", allocation_gid="a", person_gid="bo", project_gid="far", **span)
    world.add("staging/allocations", allocation_gid="b", person_gid="bo", project_gid="project", **span)
    world.task("a")
    assert capacity(world)["team", "bo"][0] == 35.0
    assert capacity(world)["team", "ana"][0] == 20.0


def test_pins_are_read_from_their_field_as_it_stood() -> None:
    world = company()
    for gid in ("in", "out", "bos", "words", "later"):
        world.task(gid, hours=1.0)
    world.pin("in", "In")
    world.pin("out", "out")
    world.pin("bos", "in, BO")
    world.pin("words", "perhaps")
    world.pin("later", "Out", since=LATER)
    rows = proposal(world)
    assert {gid: row["is_pinned"] for gid, row in rows.items()} == {
        "in": True, "out": True, "bos": True, "words": False, "later": False,
    }  # fmt: skip
    assert {gid for gid, row in rows.items() if row["is_in"]} == {"in", "bos", "words", "later"}
    assert rows["bos"]["person_gid"] == "bo"
    committed = sum(hours for _, hours, _ in capacity(world).values())
    assert committed == 2.0


def test_running_work_that_is_pinned_out_gives_its_time_back() -> None:
    world = company()
    world.task("a", person="ana", hours=6.0)
    world.log("a", 1.0)
    world.pin("a", "Out")
    assert capacity(world)["team", "ana"] == (20.0, 0.0, 0.0)
    assert proposal(world)["a"]["reason"] == "left out because it is pinned out"


def test_skills_of_people_and_tasks_are_split_at_commas_whatever_their_case() -> None:
    world = company()
    world.task("a")
    world.field("a", "task", "Required Skills", "sql, design")
    world.task("b")
    world.field("b", "task", "Required Skills", "Law")
    rows = proposal(world)
    assert rows["a"]["person_gid"] == "ana"
    assert rows["b"]["reason"] == "left out because nobody in the team has the skill Law"


def test_people_without_known_hours_are_not_planned_for() -> None:
    world = company()
    world.add("staging/team_memberships", team_gid="team", person_gid="stranger")
    world.task("a", person="stranger")
    assert "is not among the team's people with known hours" in proposal(world)["a"]["reason"]


def test_a_person_of_two_teams_is_filled_once() -> None:
    world = company()
    world.person("cy", "Cy", "team", "other", hours=10.0)
    world.project("far", "other")
    world.task("a", person="cy", hours=10.0, score=5.0)
    world.task("b", "far", person="cy", hours=10.0, score=9.0)
    rows = proposal(world)
    assert not rows["a"]["is_in"]
    assert rows["b"]["is_in"]
    assert capacity(world)["other", "cy"] == (20.0, 0.0, 10.0)
    assert capacity(world)["team", "cy"] == (20.0, 0.0, 0.0)


def test_teams_without_people_have_no_rows() -> None:
    world = company()
    world.project("far", "empty team")
    world.task("a", "far")
    assert all(frame.is_empty() for name, frame in week(world).items() if name != "task_assignment")


def test_effort_falls_back_to_the_estimate_and_then_to_four_hours() -> None:
    world = company()
    world.task("a", hours=None, effort_hours=7.0)
    world.task("b", hours=None)
    rows = proposal(world)
    assert (rows["a"]["hours"], rows["b"]["hours"]) == (7.0, 4.0)


def test_only_the_highest_scores_are_weighed_and_the_pinned_and_what_they_wait_for() -> None:
    world = company()
    for n in range(5):
        world.task(f"t{n}", score=float(n), hours=1.0)
    world.pin("t1", "In")
    world.add("staging/task_dependencies", task_gid="t1", depends_on_gid="t0")
    assert list(proposal(world, max_candidates=1)) == ["t0", "t1", "t4"]


def test_the_outlook_adds_up_with_the_proposal() -> None:
    world = company()
    world.task("a", person="ana", hours=18.0, score=30.0)
    world.task("b", person="bo", hours=2.0, score=12.5)
    (row,) = week(world)["sprint_outlook"].iter_rows(named=True)
    assert (row["tasks"], row["hours"], row["value"], row["gap"], row["is_proven"]) == (2, 20.0, 42.5, 0.0, True)
    assert 0.5 < row["p_all"] < 0.65  # 20 h for a median of 18
    assert row["p_85"] == row["p_all"]


def test_a_sprint_of_another_length_takes_its_share_of_the_weeks() -> None:
    world = company()
    world.task("a")
    assert capacity(world, days=3, starts_weekday=4)["team", "ana"][0] == pytest.approx(10.0 * 2 / 3)  # Thu, Fri of 3


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_what_comes_later_changes_nothing(data: st.DataObject) -> None:
    world = company()
    for n in range(4):
        world.task(f"t{n}", score=float(n), hours=4.0, person=data.draw(st.sampled_from([None, "ana", "bo"])))
    before = week(world)
    when = AS_OF + timedelta(minutes=data.draw(st.integers(1, 10**5)))
    chosen = data.draw(st.sampled_from(["t0", "t1", "t2", "t3"]))
    world.task("new", score=99.0, created_at=when)
    world.pin(chosen, "Out", since=when)
    world.log(chosen, 3.0, when)
    world.add("staging/task_assignee_intervals", task_gid=chosen, assignee_gid="bo", valid_from=when)
    world.add("staging/task_completion_intervals", task_gid=chosen, is_completed=True, valid_from=when)
    world.task("past", person="bo", created_at=LONG_AGO, done_at=when, score=None, hours=None)
    world.add("insights/task_priority", as_of_on=WEEK_ON + timedelta(weeks=1), task_gid="t0", score=77.0)
    after = week(world)
    # The task that is finished later is open as of today, so it may be suggested; it has no score, so it is not.
    assert all(before[name].equals(after[name]) for name in SPRINT_TABLES)


def test_the_same_tables_give_the_same_bytes() -> None:
    world = company()
    for n in range(12):
        world.task(f"t{n}", score=float(n % 4), hours=float(1 + n % 5))
    first, again = week(world), week(world)
    assert all(first[name].equals(again[name]) for name in SPRINT_TABLES)
