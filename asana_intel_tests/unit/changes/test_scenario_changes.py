"""A scenario as rows of a plan: who does a task and when, where it still stands as it did."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from asana_intel.changes.canonical import parsed
from asana_intel.changes.identity import row_marker
from asana_intel.changes.inputs import Week
from asana_intel.changes.project_kinds import task_body
from asana_intel.changes.proposing import scenario_proposal
from asana_intel.changes.scenario_changes import scenario_rows
from asana_intel.changes.words import in_words
from asana_intel.settings import Settings
from asana_intel_tests.unit.changes.load_world import AS_OF_AT, MONDAY

DUE = date(2026, 11, 27)
SETTINGS = Settings()  # pyright: ignore[reportCallIssue]


def move(gid: str = "301", **more: Any) -> dict[str, Any]:
    """A task of Ada's (71), due on 27 November, that goes to Bob (72)."""
    same = {"start_before": None, "start_after": None, "due_before": DUE, "due_after": DUE, "is_new": False}
    return {"task_gid": gid, "person_before_gid": "71", "person_after_gid": "72"} | same | more


@pytest.fixture
def world(full, inputs):
    tasks = inputs.tasks.with_columns(
        assignee_gid=pl.lit("71"), due_on=pl.lit(DUE), start_on=pl.lit(None, dtype=pl.Date)
    )
    return full(tasks=tasks)


def told(world, *moves):
    return scenario_rows(world, Week(MONDAY, AS_OF_AT, {}), "Ada rests", moves)


def test_a_move_becomes_who_does_it_and_then_when(world):
    first, second = told(world, move(start_after=date(2026, 12, 1), due_after=date(2026, 12, 4))).rows
    assert (first["kind"], first["old_value"], first["new_value"]) == ("set_assignee", '"71"', '"72"')
    assert parsed(second["new_value"]) == {"start_on": "2026-12-01", "due_on": "2026-12-04"}
    assert second["after_key"] == first["row_key"]
    assert first["reason"] == "Scenario “Ada rests”: another person does it."


def test_a_task_can_be_taken_from_somebody(world):
    (row,) = told(world, move(person_after_gid=None)).rows
    assert row["new_value"] == "null"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"task_gid": "999"}, "not open"),
        ({"person_before_gid": "72"}, "not as it was"),
        ({"due_before": date(2026, 11, 20)}, "not as it was"),
        ({"person_after_gid": "new:Cy"}, "not in Asana yet"),
        ({"due_after": date(2026, 11, 2)}, "in the past"),
        ({"due_after": None, "start_after": date(2026, 12, 1)}, "due date"),
    ],
)
def test_what_cannot_be_written_is_left_out_and_said(world, changed, words):
    made = told(world, move(**changed))
    assert made.rows == ()
    assert words in made.left_out[0]


def test_the_plan_of_a_scenario_passes_its_suite_and_tells_nobody_too_much(world):
    rows = told(world, move("301"), move("302"), move("303")).rows
    assert len(rows) == 3
    proposal = scenario_proposal(world, rows, SETTINGS, AS_OF_AT)
    assert all(outcome.passed for outcome in proposal.outcomes)
    full = replace(world, addressed={"72": SETTINGS.review.nudges_per_person_week - 1})
    assert scenario_proposal(full, rows, SETTINGS, AS_OF_AT).held_back == 2


def added(*tasks: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """A change that adds the project Portal."""
    return [
        {"kind": "add_project", "name": "Portal", "tasks": [{"hours": 8.0, "depends_on": []} | task for task in tasks]}
        | more
    ]


def placed(n: int, person: str | None = "72", **more: Any) -> dict[str, Any]:
    """Where the scenario puts the n-th task of Portal."""
    before = dict.fromkeys(("person_before_gid", "start_before", "due_before"))
    days = {"start_after": date(2026, 11, 24), "due_after": DUE}
    return {"task_gid": f"new:Portal:{n}", "person_after_gid": person, "is_new": True} | before | days | more


def new_rows(world, changes, *moves, made=frozenset()):
    return scenario_rows(world, Week(MONDAY, AS_OF_AT, {}), "Bet", moves, changes, made)


def test_an_added_project_becomes_rows_that_follow_from_it_with_people_days_and_links(world):
    changes = added({"task": "Draw"}, {"task": "Build", "depends_on": ["Draw", "301"]})
    rows = new_rows(world, changes, placed(1), placed(2, person=None)).rows
    assert [row["kind"] for row in rows] == ["create_project", "create_task", "create_task", "add_dependency",
                                             "add_dependency"]  # fmt: skip
    project, draw, build, *links = rows
    assert parsed(project["new_value"])["team"] == "60", "the team of most of its people"
    assert {row["target_gid"] for row in rows} == {world.workspace_gid}
    assert (draw["after_key"], links[0]["after_key"]) == (project["row_key"], build["row_key"])
    told = parsed(draw["new_value"])
    assert (told["person"], told["start_on"], told["due_on"]) == ("72", "2026-11-24", "2026-11-27")
    assert "person" not in parsed(build["new_value"])
    assert [parsed(link["new_value"]).get("waits_for") for link in links] == ["Draw", None]
    assert parsed(links[1]["new_value"])["open_task"] == "301"
    proposal = scenario_proposal(world, rows, SETTINGS, AS_OF_AT)
    assert all(outcome.passed for outcome in proposal.outcomes)


def test_much_work_for_one_person_is_not_held_back_for_people_chose_it(world):
    tasks = [{"task": f"T{n}"} for n in range(1, 13)]
    rows = new_rows(world, added(*tasks), *(placed(n) for n in range(1, 13))).rows
    assert scenario_proposal(world, rows, SETTINGS, AS_OF_AT).held_back == 0


def test_hours_go_to_the_field_of_estimates_in_its_unit(world):
    fields = pl.DataFrame({"field_gid": ["880"], "field_name": ["Estimated time"]})
    timed = replace(world, custom_fields=fields, definitions={"880": {"format": "duration"}})
    _, effort, task = new_rows(timed, added({"task": "Draw", "hours": 7.5}), placed(1)).rows
    assert (effort["kind"], parsed(effort["new_value"])["field_gid"]) == ("attach_effort", "880")
    assert parsed(task["new_value"])["in_minutes"]
    body = task_body(parsed(task["new_value"]), {"880"})
    assert body["custom_fields"] == {"880": 450}
    assert "custom_fields" not in task_body(parsed(task["new_value"]), ()), "where it is not attached"


@pytest.mark.parametrize(
    ("task", "where", "words"),
    [
        ({"task": "Draw"}, {"due_after": date(2026, 11, 2), "start_after": date(2026, 11, 2)}, "lies in the past"),
        ({"task": "Draw"}, {"person_after_gid": "new:Cy"}, "is made for nobody: Cy is not in Asana yet"),
        ({"task": "Draw", "goal_gid": "1"}, {}, "that it serves “Grow” is not written"),
        ({"task": "Draw", "depends_on": ["999"]}, {}, "does not wait for 999: that is not written"),
    ],
)
def test_what_cannot_be_written_of_a_new_task_is_one_sentence(world, task, where, words):
    said = new_rows(world, added(task, {"task": "Other"}), placed(1, **where), placed(2)).left_out
    assert [words in line for line in said].count(True) == 1


def test_what_was_made_before_is_not_made_again(world):
    changes = added({"task": "Draw"}, {"task": "Build"})
    (_, draw, _) = new_rows(world, changes, placed(1), placed(2)).rows
    made = frozenset({row_marker(draw, MONDAY, AS_OF_AT)})
    again = new_rows(world, changes, placed(1), placed(2), made=made)
    assert [parsed(row["new_value"])["name"] for row in again.rows] == ["Portal", "Build"]
    assert "it was made before" in again.left_out[1]
    other = scenario_rows(world, Week(MONDAY, AS_OF_AT, {}), "Another", [placed(1)], changes, made)
    assert other.rows == (), "whichever scenario wants it"


def test_a_project_of_that_name_takes_the_tasks_unless_it_is_not_everybodys(world):
    changes = added({"task": "Draw"}, name="Web shop")
    move = placed(1) | {"task_gid": "new:Web shop:1"}
    assert [row["kind"] for row in new_rows(world, changes, move).rows] == ["create_task"]
    private = replace(world, projects=world.projects.with_columns(privacy_setting=pl.lit("private")))
    told = new_rows(private, changes, move)
    assert told.rows == ()
    assert "not everybody may read it" in told.left_out[0]


def test_changes_that_no_plan_can_hold_are_said_with_names(world):
    changes = [
        {"kind": "remove_task", "task_gid": "301"}, {"kind": "add_person", "name": "Cy"},
        {"kind": "remove_person", "person_gid": "71", "to": []},
    ]  # fmt: skip
    removed, joins, leaves = new_rows(world, changes).left_out
    assert removed.startswith("Task “301” is not to be done")
    assert joins.startswith("Cy joins")
    assert leaves.startswith("Ada leaves")


def test_rows_of_a_new_project_are_read_in_words(world):
    changes = added({"task": "Draw"}, {"task": "Build", "depends_on": ["Draw"]})
    rows = new_rows(world, changes, placed(1), placed(2)).rows
    told = [in_words(SimpleNamespace(**row), {"72": "Bob"}) for row in rows]  # pyright: ignore[reportArgumentType]
    assert told[0] == "project “Portal”"
    assert told[1] == "“Draw” in “Portal”, 24 Nov 2026 to 27 Nov 2026, for Bob"
    assert told[3] == "“Build” of “Portal” waits for “Draw”"
    assert in_words(SimpleNamespace(**rows[1])) == "“Draw” in “Portal”, 24 Nov 2026 to 27 Nov 2026"  # pyright: ignore[reportArgumentType]


def test_without_a_team_nothing_is_made_and_the_mend_is_said(world):
    told = new_rows(world, added({"task": "Draw"}), placed(1, person=None))
    assert told.rows == ()
    assert "name one in the column team" in told.left_out[0]
    joins = {"kind": "add_person", "name": "Cy", "team_gid": "60"}
    told = new_rows(world, [joins, *added({"task": "Draw"})], placed(1, person="new:Cy"))
    assert parsed(told.rows[0]["new_value"])["team"] == "60"


def test_a_project_that_we_made_takes_further_tasks_whoever_may_read_it(world):
    (project, _) = new_rows(world, added({"task": "Draw"}), placed(1)).rows
    private = world.projects.with_columns(privacy_setting=pl.lit("private"), name=pl.lit("Portal"))
    made = frozenset({row_marker(project, MONDAY, AS_OF_AT)})
    told = new_rows(replace(world, projects=private), added({"task": "Build"}), placed(1), made=made)
    assert [row["kind"] for row in told.rows] == ["create_task"]
