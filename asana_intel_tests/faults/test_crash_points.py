"""A worker dies at each of its named points in turn, and whoever comes next brings every row to its end."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import asana_intel.changes
from asana_intel.changes import audit
from asana_intel.changes.claims import target_lock, worker_connection
from asana_intel_tests.faults.office import FLAG, Died, Office, dying_at, flag_of, post_on, score_of
from asana_intel_tests.integration.fault_world import rule

STATES = ("sent", "done", "unknown", "planned", "restoring", "overridden", "noop", "stale", "failed")
POINTS = [
    "claimed", "locked", "looked", "sending: before the commit", "sending: committed", "answered", "read back",
    "looked for what may have come to pass", "given back",
    *(f"{state}: {when}" for state in STATES for when in ("before the commit", "committed")),
]  # fmt: skip
GIVING_BACK = [point for point in POINTS if point.startswith(("restoring", "given back", "overridden"))]


def test_every_point_of_the_code_is_in_the_list() -> None:
    written = {
        ast.unparse(call.args[0]).strip("'").removeprefix("f'")
        for path in Path(asana_intel.changes.__path__[0]).glob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "reached"
    }
    moves = {f"{{to.state}}: {when}" for when in ("before the commit", "committed")}
    assert written == moves | {point for point in POINTS if point.split(":")[0] not in STATES}


def everything_that_happens(office: Office) -> None:
    """Faults by which a plan's rows go through every state there is."""
    there = {"custom_fields": {office.fields[FLAG]: "by a person"}}
    office.break_down(
        rule("human_edit", {"method": "PUT", "path": f"/tasks/{office.tasks[0]}", "nth": 1}, fields=there),
        rule("status", {"method": "POST", "path": "/status_updates", "nth": 1}, status=500, when="after"),
        rule("retry_after", {"method": "POST", "path": f"/goals/{office.goals[1]}/stories", "nth": 1}, value="0"),
        rule("status", {"method": "PUT", "path": f"/goals/{office.goals[2]}"}, status=400),
    )


@pytest.mark.fault("F1", "F22")
@pytest.mark.parametrize("point", POINTS)
def test_whoever_dies_at_a_point_is_followed_by_one_that_ends_the_work(point: str, office: Office) -> None:
    office.set_score(0.62, office.goals[3])
    office.set_score(0.11, office.goals[4])
    everything_that_happens(office)
    plan = office.plan(
        flag_of(office.tasks[0]), post_on(office.goals[0], "status_update"), post_on(office.goals[1], "comment"),
        score_of(office.goals[2]), score_of(office.goals[3]), score_of(office.goals[4]), score_of(office.goals[5]),
    )  # fmt: skip
    with dying_at(point) as seen:
        for _ in range(3):  # some points are reached only by who applies next
            try:
                office.apply(plan)
            except Died:
                break
    assert seen[-1] == point
    with worker_connection(office.database) as other, target_lock(other, office.tasks[0]) as is_free:
        assert is_free

    assert office.settle(plan) == ["overridden", "done", "done", "failed", "noop", "stale", "done"]
    assert office.value("task", office.tasks[0], FLAG) == "by a person"
    effects = office.effects()
    assert effects["POST /status_updates"] == 1
    assert effects[f"POST /goals/{office.goals[1]}/stories"] == 1
    assert effects[f"PUT /goals/{office.goals[5]}"] == 1
    assert audit.verify(office.database) is None
