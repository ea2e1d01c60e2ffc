"""Small worlds for the plan and its ledger: frames of one week, plans of a few rows, an Asana in memory."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from asana_intel.changes.apply import apply_plan
from asana_intel.changes.fields import BY_NAME, REGISTRY
from asana_intel.changes.inputs import PlanInputs
from asana_intel.changes.review import approve
from asana_intel.cli.output import console
from asana_intel.errors import PermanentError, RetriableError, SkippableError, UnknownOutcomeError
from asana_intel.settings import Mode
from asana_intel.storage.contracts import CONTRACTS
from asana_intel_tests.unit.changes.load_world import full_weeks

AS_OF_ON = date(2026, 11, 16)
AS_OF_AT = datetime(2026, 11, 20, 6, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.fixture
def make_frame() -> Callable[..., pl.DataFrame]:
    """Rows of a contract; columns that are not given are null."""

    def make(key: str, *rows: dict[str, Any]) -> pl.DataFrame:
        contract = CONTRACTS[key]
        blank = dict.fromkeys(contract.schema)
        return pl.DataFrame([blank | row for row in rows], schema=contract.schema)

    return make


@pytest.fixture
def inputs(make_frame: Callable[..., pl.DataFrame]) -> PlanInputs:
    """One open goal (1, odds 62 %, down from 80 %) with a project (20), three tasks, and one closed goal (2)."""
    created = datetime(2026, 1, 5, tzinfo=UTC)
    week = {"as_of_on": AS_OF_ON, "as_of_at": AS_OF_AT}
    odds = week | {"status": "assessed", "top_blocking_project_gid": "20", "predicted_on": date(2027, 1, 9)}
    everybody = {"privacy_setting": "public_to_workspace"}
    goal = {"is_workspace_level": False, "progress_source": "manual", "unit": "none", "precision": 0} | everybody
    return PlanInputs(
        workspace_gid="900",
        goal_attainment=make_frame(
            "forecasts/goal_attainment",
            odds | {"goal_gid": "1", "p_attain": 0.6234, "p_attain_change": -0.18},
            odds | {"goal_gid": "2", "p_attain": 0.1, "p_attain_change": -0.5},
        ),
        goal_progress=make_frame(
            "narratives/goal_progress",
            *(
                week
                | {
                    "goal_gid": g,
                    "text": "Half way with a third of the time left.",
                    "status_type": "at_risk",
                    "fact_ids": [],
                    "facts_hash": "h",
                    "written_by": "template",
                    "word_count": 8,
                }
                for g in ("1", "2")
            ),
        ),
        portfolio_reports=make_frame(
            "narratives/portfolio_report",
            *(
                week
                | {
                    "portfolio_gid": gid,
                    "text": "Of 4 goals, 1 is on track.",
                    "status_type": "at_risk",
                    "fact_ids": [],
                    "facts_hash": "h",
                    "written_by": "template",
                    "word_count": 6,
                }
                for gid in ("workspace", "60", "61")
            ),
        ),
        sentences=make_frame(
            "narratives/sentences",
            *(
                {
                    "as_of_on": AS_OF_ON,
                    "kind": "goal_progress",
                    "subject_id": "1",
                    "position": position,
                    "text": text,
                    "fact_ids": [],
                    "source_gids": gids,
                }
                for position, text, gids in ((1, "Half way", ["1", "20"]), (2, "with a third left.", ["20", "301"]))
            ),
        ),
        goals=make_frame(
            "staging/goals",
            goal | {"goal_gid": "1", "name": "Grow", "owner_gid": "70", "is_closed": False, "current_value": 40.0},
            goal | {"goal_gid": "2", "name": "Old", "owner_gid": "70", "is_closed": True},
        ),
        projects=make_frame(
            "staging/projects",
            {"project_gid": "20", "name": "Web shop", "is_archived": False, "is_completed": False} | everybody,
        ),
        bridge_goal_project=make_frame("marts/bridge_goal_project", {"goal_gid": "1", "project_gid": "20", "depth": 0}),
        project_health=make_frame(
            "marts/fct_project_health",
            {
                "project_gid": "20",
                "open_tasks": 12,
                "overdue_tasks": 3,
                "blocked_tasks": 1,
                "unassigned_tasks": 0,
                "completed_4w": 8,
                "created_4w": 2,
                "weeks_to_clear": 6.04,
            },
        ),
        tasks=make_frame(
            "staging/tasks",
            {"task_gid": "301", "is_completed": False, "created_at": created, "due_on": date(2026, 11, 1)},
            {"task_gid": "302", "is_completed": False, "created_at": created},
            {"task_gid": "303", "is_completed": False, "created_at": created, "due_on": date(2026, 12, 24)},
        ),
        task_projects=make_frame(
            "staging/task_projects", *({"task_gid": t, "project_gid": "20"} for t in ("301", "302", "303"))
        ),
        task_dependencies=make_frame("staging/task_dependencies", {"task_gid": "302", "depends_on_gid": "301"}),
        custom_field_values=make_frame("staging/custom_field_values"),
        custom_field_settings=make_frame("staging/custom_field_settings"),
        custom_fields=pl.DataFrame(schema={"field_gid": pl.String, "field_name": pl.String}),
        status_updates=make_frame("staging/status_updates"),
        stories=make_frame("staging/stories"),
        portfolios=make_frame("staging/portfolios", {"portfolio_gid": "60", "name": "Growth bets"}),
        portfolio_items=make_frame("staging/portfolio_items"),
        people=make_frame("marts/dim_person"),
        team_memberships=make_frame("staging/team_memberships"),
        person_load=make_frame("forecasts/person_load"),
        load_causes=make_frame("forecasts/load_causes"),
        capacity_causes=make_frame("narratives/capacity_causes"),
        sections=make_frame("staging/sections"),
        task_priority=make_frame("insights/task_priority"),
        task_triage=make_frame("insights/task_triage"),
        sprint_proposal=make_frame("insights/sprint_proposal"),
        task_assignment=make_frame("insights/task_assignment"),
        sprint_retro=make_frame("insights/sprint_retro"),
        sprint_retro_tasks=make_frame("insights/sprint_retro_tasks"),
        priority_rationales=make_frame("narratives/priority_rationale"),
        rebalance_moves=make_frame("insights/rebalance_moves"),
    )


class FakeAsana:
    """Asana in memory, as the writer sees it; counts writes and fails on request.

    `faults` maps the number of a write (from 1) to what happens to it: `refused` (4xx), `limited` (429, not applied),
    `lost_before` and `lost_after` (no answer; not applied, applied).
    """

    def __init__(self) -> None:
        self.goals: dict[str, dict[str, Any]] = {}
        self.updates: dict[str, list[dict[str, Any]]] = {}
        self.comments: dict[str, list[dict[str, Any]]] = {}
        self.projects: list[dict[str, Any]] = []
        self.tasks: list[dict[str, Any]] = []
        self.fields: list[dict[str, Any]] = []
        self.field_changes: list[dict[str, Any]] = []
        self.writes: list[tuple[Any, ...]] = []
        self.reads = 0
        self.faults: dict[int, str] = {}
        self.stories: dict[str, list[dict[str, Any]]] = {}
        self.before_write: Callable[[], None] = lambda: None

    def add_goal(self, gid: str, **values: Any) -> None:
        """A goal that has all our goal fields attached."""
        entries = [
            {"gid": f"50{n}", "name": s.label, f"{s.value_type}_value": values.get(s.name)}
            for n, s in enumerate(REGISTRY)
            if s.target_type == "goal"
        ]
        self.goals[gid] = {"workspace": {"gid": "900"}, "custom_fields": entries, "metric": values.get("metric")}

    def value(self, gid: str, field: str) -> Any:
        """Value of a field of a goal."""
        spec = BY_NAME[field]
        return next(e[f"{spec.value_type}_value"] for e in self.goals[gid]["custom_fields"] if e["name"] == spec.label)

    def _write(self, effect: Callable[[], Any], *what: Any) -> Any:
        self.before_write()
        self.writes.append(what)
        fault = self.faults.get(len(self.writes))
        if fault == "refused":
            raise PermanentError("PUT: 403")
        if fault == "limited":
            raise RetriableError("429", retry_after_s=1)
        if fault == "lost_before":
            raise UnknownOutcomeError("no answer")
        result = effect()
        if fault == "lost_after":
            raise UnknownOutcomeError("no answer")
        return result

    def set_custom_field(self, target_type: str, target_gid: str, field_gid: str, value: Any) -> dict[str, Any]:
        def effect() -> dict[str, Any]:
            entry = next(e for e in self.goals[target_gid]["custom_fields"] if e["gid"] == field_gid)
            entry[next(k for k in entry if k.endswith("_value"))] = value
            return {"gid": target_gid}

        return self._write(effect, "set", target_type, target_gid, field_gid, value)

    def set_metric_current_value(self, goal_gid: str, value: float) -> dict[str, Any]:
        def effect() -> dict[str, Any]:
            self.goals[goal_gid]["metric"]["current_number_value"] = value
            return {"gid": goal_gid}

        return self._write(effect, "metric", goal_gid, value)

    def create_status_update(self, parent_gid: str, status_type: str, title: str, text: str) -> dict[str, Any]:
        return self._create(self.updates.setdefault(parent_gid, []), {"text": text, "title": title})

    def create_comment(
        self, target_type: str, target_gid: str, text: str, mention: str | None = None
    ) -> dict[str, Any]:
        return self._create(self.comments.setdefault(target_gid, []), {"text": text, "mention": mention})

    def create_task(self, body: Any) -> dict[str, Any]:
        return self._create(self.tasks, dict(body))

    def create_project(
        self, workspace_gid: str, name: str, notes: str, team_gid: str | None = None, *, private: bool = False
    ) -> dict[str, Any]:
        return self._create(self.projects, {"name": name, "private": private})

    def create_custom_field(self, workspace_gid: str, body: Any) -> dict[str, Any]:
        return self._create(self.fields, dict(body))

    def attach_custom_field(self, target_type: str, target_gid: str, field_gid: str) -> dict[str, Any]:
        settings = self.goals[target_gid].setdefault("custom_field_settings", [])
        field = next(f for f in self.fields if f["gid"] == field_gid)
        return self._write(lambda: settings.append({"custom_field": field}), "attach", target_gid, field_gid)

    def _create(self, where: list[dict[str, Any]], body: dict[str, Any]) -> dict[str, Any]:
        record = body | {"gid": str(10_000 + len(self.writes)), "created_by": {"gid": self.me()}}
        if "assignee" in record:
            record["assignee"] = {"gid": record["assignee"]}

        def effect() -> dict[str, Any]:
            where.append(record)
            return record

        return self._write(effect, "create", record)

    def read(self, target_type: str, target_gid: str, fields: str) -> dict[str, Any]:
        self.reads += 1
        if target_gid not in self.goals:
            raise SkippableError(f"{target_type} {target_gid}: 404")
        return self.goals[target_gid]

    def list_status_updates(self, parent_gid: str, created_since: datetime | None = None) -> list[dict[str, Any]]:
        return self.updates.get(parent_gid, [])

    def list_comments(self, target_type: str, target_gid: str) -> list[dict[str, Any]]:
        return self.comments.get(target_gid, [])

    def list_field_changes(self, task_gid: str, field_gid: str) -> list[dict[str, Any]]:
        return list(self.field_changes)

    def find(self, object_type: str, object_gid: str, fields: str) -> dict[str, Any] | None:
        self.reads += 1
        return next((r for where in self._objects(object_type) for r in where if r["gid"] == object_gid), None)

    def delete(self, object_type: str, object_gid: str) -> None:
        def effect() -> None:
            for where in self._objects(object_type):
                where[:] = [record for record in where if record["gid"] != object_gid]

        if self.find(object_type, object_gid, "") is None:
            raise PermanentError(f"DELETE {object_type} {object_gid}: 404")
        self._write(effect, "delete", object_type, object_gid)

    def _objects(self, object_type: str) -> list[list[dict[str, Any]]]:
        return {"comment": [*self.comments.values()], "status_update": [*self.updates.values()], "task": [self.tasks]}[
            object_type
        ]

    def list_stories(self, target_type: str, target_gid: str) -> list[dict[str, Any]]:
        return [*self.stories.get(target_gid, []), *self.comments.get(target_gid, [])]

    def me(self) -> str:
        return "99"

    def list_project_tasks(self, project_gid: str, fields: str) -> list[dict[str, Any]]:
        return [t for t in self.tasks if project_gid in t["projects"]]

    def list_custom_fields(self, workspace_gid: str) -> list[dict[str, Any]]:
        return list(self.fields)

    def list_projects(self, workspace_gid: str) -> list[dict[str, Any]]:
        return list(self.projects)


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what a command prints is not wrapped; its console is made once, for all tests."""
    monkeypatch.setattr(console, "width", 200)


@pytest.fixture
def asana() -> FakeAsana:
    """Asana in memory with the goals 1, 2 and 3, whose fields are empty."""
    fake = FakeAsana()
    for gid in ("1", "2", "3"):
        fake.add_goal(gid)
    return fake


@pytest.fixture
def approved(database, stored):
    """A plan that ada approved."""

    def make(*rows, **options):
        plan = stored(*rows, **options)
        approve(database, plan.plan_id, "ada", NOW)
        return plan

    return make


@pytest.fixture
def applied(database, asana):
    """Apply a plan at an instant, as the bot, in mode propose unless told otherwise."""

    def run(plan, at=NOW, mode=Mode.propose, **options):
        return apply_plan(database, asana, plan.plan_id, mode=mode, actor="bot", now=lambda: at, **options)

    return run


@pytest.fixture
def full(inputs: PlanInputs, make_frame: Callable[..., pl.DataFrame]) -> Callable[..., PlanInputs]:
    """A function that makes the world of `full_weeks`."""
    return functools.partial(full_weeks, inputs, make_frame)
