"""A desk with several goals and tasks that take all our fields, and plans for them; no test is here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from asana_intel.changes import crash_points
from asana_intel.changes.canonical import canonical_object
from asana_intel.changes.fields import BY_NAME, REGISTRY
from asana_intel.changes.ledger import StoredPlan, load_plan
from asana_intel.changes.review import approve
from asana_intel.storage.postgres import Database
from asana_intel_tests.integration.fault_world import SPRING, Company, Fault
from asana_intel_tests.integration.write_desk import BOT, NOW, Desk

WEEK = {"as_of_on": date(2026, 3, 9), "as_of_at": SPRING - timedelta(hours=6)}
SETTLED = timedelta(seconds=181)
LATER = timedelta(seconds=40)
SCORE, FLAG = "ai_confidence_score", "ai_risk_flag"
_TEXTS = {
    "status_update": ("weekly_status", {"status_type": "at_risk", "title": "Week", "text": "Half way."}),
    "comment": ("odds_fell", {"text": "The odds fell."}),
}

Row = dict[str, Any]


@dataclass
class Office(Desk):
    """A desk with more to write to.

    Args:
        fields: Registry name -> gid in Asana.
        goals: Gids of the goals; all take our goal fields.
        tasks: Gids of the tasks; all take our task field.
        stored: Stores a plan of rows.
    """

    fields: dict[str, str]
    goals: list[str]
    tasks: list[str]
    stored: Callable[..., StoredPlan]

    def plan(self, *rows: Row, **options: Any) -> StoredPlan:
        """An approved plan of rows."""
        made = self.stored(*(WEEK | row for row in rows), **options)
        approve(self.database, made.plan_id, "ada", options.get("now", NOW))
        return made

    def set_score(self, value: float, goal: str | None = None) -> None:
        """As a person."""
        self.company.write("PUT", f"/goals/{goal or self.goal}", {"custom_fields": {self.fields[SCORE]: value}})

    def set_flag(self, value: str | None, task: str | None = None) -> None:
        """As a person."""
        where = f"/tasks/{task or self.tasks[0]}"
        self.company.write("PUT", where, {"custom_fields": {self.fields[FLAG]: value}})

    def value(self, kind: str, gid: str, field: str) -> Any:
        """A field as a person sees it."""
        record = self.company.read(f"/{kind}s/{gid}?opt_fields=custom_fields")
        entry = next(e for e in record["custom_fields"] if e["gid"] == self.fields[field])
        return entry[f"{BY_NAME[field].value_type}_value"]

    def break_down(self, *rules: Row) -> None:
        """Let faults befall our requests; a rule's match may say which."""
        ours = [{"match": {"token": BOT, **rule["match"]}, "do": rule["do"]} for rule in rules]
        self.company.break_down(Fault(ours))

    def settle(self, plan: StoredPlan, rounds: int = 5) -> list[str]:
        """Apply again and again, with time between, and tell how the rows end."""
        for n in range(rounds):
            if self.apply(plan, SETTLED * 2 + LATER * n).plan_state == "applied":
                break
        return self.states(plan)

    def states(self, plan: StoredPlan) -> list[str]:
        """States of the rows, in their order."""
        return [row.state for row in load_plan(self.database, plan.plan_id).rows]

    def query(self, statement: str, arguments: Any = ()) -> list[tuple[Any, ...]]:
        """Ask the ledger."""
        with self.database.transaction() as connection, connection.cursor() as cursor:
            cursor.execute(statement, arguments)
            return cursor.fetchall()


def score_of(goal: str, value: str = "0.62", **more: Any) -> Row:
    """A row that sets a goal's odds."""
    return {"target_gid": goal, "field": SCORE, "new_value": value, **more}


def flag_of(task: str, **more: Any) -> Row:
    """A row that flags a task."""
    return {"target_type": "task", "target_gid": task, "field": FLAG, "new_value": '"overdue"', **more}


def post_on(goal: str, kind: str, **more: Any) -> Row:
    """A row that posts a status update or a comment."""
    field, body = _TEXTS[kind]
    return {"kind": kind, "target_gid": goal, "field": field, "new_value": canonical_object(body), **more}


def set_up(company: Company, database: Database, stored: Callable[..., StoredPlan]) -> Office:
    """Create our fields in Asana and put them on every goal and project."""
    workspace = company.read("/workspaces")[0]["gid"]
    goals = [goal["gid"] for goal in company.read(f"/goals?workspace={workspace}")]
    projects = [project["gid"] for project in company.read(f"/projects?workspace={workspace}")]
    tasks = sorted({task["gid"] for gid in projects for task in company.read(f"/projects/{gid}/tasks")})
    fields: dict[str, str] = {}
    for spec in REGISTRY:
        body = {**spec.definition(), "workspace": workspace}
        fields[spec.name] = company.write("POST", "/custom_fields", body)["gid"]
        holders = (
            [f"/goals/{gid}" for gid in goals]
            if spec.target_type == "goal"
            else [f"/projects/{gid}" for gid in projects]
        )
        for holder in holders:
            company.write("POST", f"{holder}/addCustomFieldSetting", {"custom_field": fields[spec.name]})
    return Office(company, database, goals[0], fields[SCORE], fields, goals, tasks, stored)


class Died(BaseException):
    """The process ends here."""


@contextmanager
def dying_at(point: str) -> Iterator[list[str]]:
    """Die the first time a point is reached; yields the points that were reached."""
    seen: list[str] = []
    lock = threading.Lock()

    def visit(reached: str) -> None:
        with lock:
            is_first = reached == point and point not in seen
            seen.append(reached)
        if is_first:
            raise Died

    crash_points.watch(visit)
    try:
        yield seen
    finally:
        crash_points.watch(None)
