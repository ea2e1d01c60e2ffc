"""The demo's Monday review: told once, a person is first where enough else is moved, and named with what they did."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from asana_intel.changes.canonical import canonical_object
from asana_intel.changes.ledger import PlanRow
from asana_intel.cli.demo_review import MondayReview

NAMES = {"71": "Ada", "72": "Bob", "73": "Cyd"}


class Sandbox:
    """Keeps who edited what."""

    def __init__(self) -> None:
        self.edits: list[tuple[str, str, dict[str, Any]]] = []

    def edit_task(self, task_gid: str, person_gid: str, **fields: Any) -> None:
        self.edits.append((task_gid, person_gid, fields))


class Tables:
    def read(self, key: str) -> pl.DataFrame:
        if key == "marts/dim_person":
            return pl.DataFrame({"person_gid": list(NAMES), "name": list(NAMES.values())})
        return pl.DataFrame({"task_gid": [str(n) for n in range(301, 306)], "assignee_gid": ["71"] * 5})


def row(gid: str, kind: str = "set_assignee", **more: Any) -> PlanRow:
    old, new = ('"71"', '"72"') if kind == "set_assignee" else ('{"due_on":"2026-11-27"}', '{"due_on":"2026-12-04"}')
    made = {
        "plan_id": "p-1", "row_key": gid, "kind": kind, "capability": "capacity", "target_type": "task",
        "target_gid": gid, "team_gid": None, "field": "assignee", "old_value": old, "base": "", "new_value": new,
        "reason": f"Because of {gid}.", "evidence_gids": (), "made_by": "rebalance_moves", "risk": "medium",
        "confidence": 0.8, "position": 0, "decision": "approved",
    }  # fmt: skip
    return PlanRow(**(made | more))


def plan(*rows: PlanRow) -> Any:
    return SimpleNamespace(plan_id="p-1", rows=rows)


@pytest.fixture
def monday() -> MondayReview:
    return MondayReview(Sandbox(), Tables())  # pyright: ignore[reportArgumentType]


def test_overloads_and_moves_are_told_once_with_their_causes(monday):
    notes = "Ada, the week of 23 Nov: critical\n50 h of work.\n- Migrate: 12 h\nWhat would help:\n1. give it\n\nBob"
    review = row("73", "create_task", field="load_review", new_value=canonical_object(
        {"notes": notes, "overloads": [["71", "2026-11-23"], ["71", "2026-11-30"]]}))  # fmt: skip
    told = monday.before(plan(review, row("301")))
    assert told == [
        "Monday review: 1 likely overloaded person in the weeks to come, first",
        "  Ada, the week of 23 Nov: critical", "  50 h of work.", "  What would help:", "  1. give it",
        "proposed and approved: 1 move, first", "  Because of 301.",
    ]  # fmt: skip
    assert monday.before(plan(review, row("301"))) == []


@pytest.mark.parametrize("kind", ["set_assignee", "set_dates"])
def test_who_has_a_task_is_first_on_it_where_two_others_are_moved(monday, kind):
    rows = [row(gid, kind) for gid in ("301", "302", "303")]
    assert monday.before(plan(*rows))[-1] == "who has one of these tasks changes it before ours is written"
    expected = {"set_assignee": {"assignee": "73"}, "set_dates": {"due_on": "2026-12-11"}}[kind]
    assert monday.sandbox.edits == [("303", "71", expected)]
    stale = replace(rows[2], state="stale", error="assignee was changed, by user 71 at 2026-11-23T20:00:00Z")
    told = monday.after(plan(*(replace(r, state="done") for r in rows[:2]), stale))
    assert told == [
        "moved as approved: 2 tasks",
        "left to a person who was first: assignee was changed, by Ada at 2026-11-23T20:00:00Z",
    ]
    assert (monday.moved, monday.left) == (2, ["assignee was changed, by Ada at 2026-11-23T20:00:00Z"])
    assert monday.after(plan(*(replace(r, state="done") for r in rows[:2]), stale)) == [], "counted once"


def test_nobody_is_first_where_too_little_else_is_moved_or_something_follows(monday):
    monday.before(plan(row("301"), row("302")))
    assert monday.sandbox.edits == []
    first, second = row("303"), row("304", after_key="303")
    monday.moved = 2
    monday.before(plan(first, second))
    assert monday.sandbox.edits == [], "what follows would be left, too"
    monday.before(plan(row("305")))
    assert [gid for gid, *_ in monday.sandbox.edits] == ["305"]
