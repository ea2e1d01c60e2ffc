"""A scenario as rows of a plan: who does a task and when, where it still stands as it did."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from asana_intel.changes.canonical import parsed
from asana_intel.changes.inputs import Week
from asana_intel.changes.proposing import scenario_proposal
from asana_intel.changes.scenario_changes import scenario_rows
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
