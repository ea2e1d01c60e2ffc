"""The company that is written to, the approved plan, and what goes wrong on the way. Nothing is judged here."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import requests

from asana_intel.changes.canonical import canonical_object
from asana_intel.changes.fields import BY_NAME
from asana_intel.changes.identity import fingerprint, period_of, row_key
from asana_intel.changes.ledger import StoredPlan, ledger_time, store_plan
from asana_intel.changes.policy import set_limits
from asana_intel.changes.review import approve
from asana_intel.changes.scope import note_objects
from asana_intel.changes.task_kinds import dates_value, place_value
from asana_intel.quality.evaluate import CheckOutcome
from asana_intel.quality.gate import record_gate
from asana_intel.sandbox.generate import generate_world
from asana_intel.sandbox.server import RunningSandbox
from asana_intel.settings import Mode
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.postgres import Database

SPRING = datetime(2026, 3, 10, 12, tzinfo=UTC)
MONDAY = date(2026, 3, 9)
BOT = "bot-of-the-chaos"
GOAL_FIELDS = ("ai_confidence_score", "top_blocking_project", "ai_summary")
FLAG = "ai_risk_flag"
NEXT, SPRINT = "Chosen next", "Sprint of chaos"
A_PERSONS = "a person wrote this"
PERSONS_SCORE = 0.11
FAULT_SHARE = 0.08
_HEARTBEAT_S = 0.03  # late effects are counted in requests; without these the last would never arrive


def rule(kind: str, match: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A rule of the sandbox."""
    return {"match": match, "do": {"kind": kind, **members}}


@dataclass
class ChaosCompany:
    """A running sandbox with our fields set up.

    Args:
        sandbox: The server; it is never killed.
        fields: Registry name -> gid in Asana.
        goals: Gids that take our goal fields.
        tasks: Gids that take our task field.
        fresh: Gids of tasks of nobody, which stand in the section `begins` of the project `project`.
        project: Gid of the project they are in.
        begins: Its section where new tasks stand.
        next: Its section they are to be moved to.
        people: Gids of those they may be given to.
    """

    sandbox: RunningSandbox
    fields: dict[str, str]
    goals: list[str]
    tasks: list[str]
    fresh: list[str] = field(default_factory=list)
    project: str = ""
    begins: dict[str, str] = field(default_factory=dict)
    next: dict[str, str] = field(default_factory=dict)
    people: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.sandbox.url

    def person(self, method: str, path: str, data: Any = None) -> Any:
        """Ask as somebody else than ourselves."""
        body = None if data is None else json.dumps({"data": data})
        headers = {"Authorization": "Bearer somebody", "Content-Type": "application/json"}
        reply = requests.request(method, self.url + path, data=body, headers=headers, timeout=10)
        reply.raise_for_status()
        return reply.json()["data"]

    def gids(self, path: str) -> list[str]:
        """All gids of a list, page by page."""
        found: list[str] = []
        headers, offset = {"Authorization": "Bearer somebody"}, {}
        while True:
            reply = requests.get(self.url + path, params={"limit": 100, **offset}, headers=headers, timeout=10)
            reply.raise_for_status()
            page = reply.json()
            found += [record["gid"] for record in page["data"]]
            if not page.get("next_page"):
                return found
            offset = {"offset": page["next_page"]["offset"]}

    def break_down(self, seed: int, *, faults: float = FAULT_SHARE, races: float = 0.15, late: int = 12) -> None:
        """Let writes meet faults of the network, lists lag, and people edit.

        Args:
            seed: Of the draws.
            faults: Share of writes that meet one.
            races: Share of our writes to tasks just before which a person writes to the same field; before our
                looks a fifth of that.
            late: After how many further requests, of anybody, a late effect comes.
        """
        kinds: list[dict[str, Any]] = [
            {"kind": "drop"}, {"kind": "drop", "when": "after"}, {"kind": "drop", "when": "during"},
            {"kind": "status", "status": 500}, {"kind": "status", "status": 503},
            {"kind": "status", "status": 500, "when": "after"}, {"kind": "html", "status": 502},
            {"kind": "html", "status": 200, "when": "after"}, {"kind": "truncate", "bytes": 20},
            {"kind": "truncate", "bytes": 20, "length": "cut"}, {"kind": "latency", "ms": 600},
            {"kind": "retry_after", "value": "0"}, {"kind": "late", "after_requests": late // 2},
            {"kind": "late", "after_requests": late}, {"kind": "late", "after_requests": late, "answer": "timeout"},
        ]  # fmt: skip
        share = faults / len(kinds)
        rules = [
            {"match": {"method": method, "token": BOT, "probability": share}, "do": do}
            for do in kinds
            for method in ("PUT", "POST")
        ]
        lagging = [
            {"path": p, "method": "GET", "token": BOT, "probability": 0.2} for p in ("/status_updates", "/**/stories")
        ]
        rules += [rule("stale", match, writes=2) for match in lagging]
        score, flag = self.fields["ai_confidence_score"], self.fields[FLAG]
        before = {"method": "GET", "token": BOT, "path": "/goals/{goal}", "probability": races / 5}
        rules.append(rule("human_edit", before, fields={"custom_fields": {score: PERSONS_SCORE}}))
        before = {"method": "GET", "token": BOT, "path": "/tasks/{task}", "probability": races / 5}
        rules.append(rule("human_edit", before, fields={"custom_fields": {flag: A_PERSONS}}))
        between = {"method": "PUT", "token": BOT, "path": "/tasks/{task}", "probability": races}
        rules.append(rule("human_edit", between, fields={"custom_fields": {flag: A_PERSONS}}))
        self.control("POST", "faults", {"faults": rules, "seed": seed})

    def heal(self) -> None:
        """No faults any more."""
        self.control("DELETE", "faults")

    def control(self, method: str, name: str, body: Any = None) -> Any:
        """The sandbox's own controls."""
        reply = requests.request(method, self.url.replace("/api/1.0", "/_sandbox/") + name, json=body, timeout=30)
        reply.raise_for_status()
        return reply.json()

    @contextmanager
    def heartbeat(self) -> Iterator[None]:
        """Somebody asks something all the time, so that what is counted in requests comes to pass."""
        stop = threading.Event()

        def beat() -> None:
            while not stop.wait(_HEARTBEAT_S):
                requests.get(self.url + "/users/me", headers={"Authorization": "Bearer somebody"}, timeout=10)

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@contextmanager
def chaos_company(folder: Path, writes: int) -> Iterator[ChaosCompany]:
    """A company with room for so many writes."""
    goals, tasks = writes // 6 + 8, writes // 3 + 8
    generate_world(folder, seed=5, people=4, projects=2, tasks=tasks, goals=goals, start_on=date(2026, 2, 9), weeks=6)
    with RunningSandbox(folder, SPRING) as sandbox:
        sandbox.set_tokens({"somebody": {"kind": "service_account"}, BOT: {"kind": "service_account"}})
        company = ChaosCompany(sandbox, {}, [], [])
        workspace = company.person("GET", "/workspaces")[0]["gid"]
        for name in (*GOAL_FIELDS, FLAG):
            body = {**BY_NAME[name].definition(), "workspace": workspace}
            company.fields[name] = company.person("POST", "/custom_fields", body)["gid"]
        company.goals = company.gids(f"/goals?workspace={workspace}")
        for gid in company.goals:
            for name in GOAL_FIELDS:
                company.person("POST", f"/goals/{gid}/addCustomFieldSetting", {"custom_field": company.fields[name]})
        for project in company.person("GET", f"/projects?workspace={workspace}"):
            setting = {"custom_field": company.fields[FLAG]}
            company.person("POST", f"/projects/{project['gid']}/addCustomFieldSetting", setting)
            company.tasks += company.gids(f"/projects/{project['gid']}/tasks")
        company.tasks = list(dict.fromkeys(company.tasks))  # some are in two projects
        _add_fresh_tasks(company, workspace, writes // 12 + 4)
        yield company


def _add_fresh_tasks(company: ChaosCompany, workspace: str, count: int) -> None:
    """Tasks that wait for somebody and for a sprint."""
    company.people = company.gids(f"/users?workspace={workspace}")
    company.project = company.gids(f"/projects?workspace={workspace}")[0]
    sections = f"/projects/{company.project}/sections"
    company.next = {"gid": company.person("POST", sections, {"name": NEXT})["gid"], "name": NEXT}
    for n in range(count):
        task = company.person("POST", "/tasks", {"name": f"Fresh {n}", "projects": [company.project]})["gid"]
        company.fresh.append(task)
    held = company.person("GET", f"/tasks/{company.fresh[0]}?opt_fields=memberships.section.name")["memberships"]
    company.begins = held[0]["section"]


def approved_plan(database: Database, company: ChaosCompany, writes: int) -> StoredPlan:
    """A plan of so many rows: values on goals and tasks, status updates and comments, stored, judged and approved."""
    texts = {
        "status_update": {"status_type": "at_risk", "title": "Week", "text": "Half way."},
        "comment": {"text": "The odds fell."},
    }
    goals, tasks = company.goals, company.tasks
    wanted = [
        *(("set_field", "goal", goal, name, _value(name, n)) for n, goal in enumerate(goals) for name in GOAL_FIELDS),
        *(("set_field", "task", task, FLAG, '"overdue"') for task in tasks),
        *(("status_update", "goal", goal, "weekly_status", canonical_object(texts["status_update"])) for goal in goals),
        *(("comment", "goal", goal, "odds_fell", canonical_object(texts["comment"])) for goal in goals),
        *(("comment", "task", task, "odds_fell", canonical_object(texts["comment"])) for task in tasks),
        ("create_section", "project", company.project, "sprint_section", canonical_object({"name": SPRINT})),
        *(("set_assignee", "task", task, "assignee", _given_to(company, n)) for n, task in enumerate(company.fresh)),
        *(("set_dates", "task", task, "dates", _due(n)) for n, task in enumerate(company.fresh)),
        *(("add_to_section", "task", task, "section", _place(company, company.next)) for task in company.fresh),
    ]
    # Every kind from the first rows on, however many there are.
    stride = max(len(wanted) // writes, 1)
    mixed = list(islice((wanted[n] for n in _scattered(len(wanted), stride)), writes))
    at = ledger_time(database)
    as_of = datetime.combine(MONDAY, datetime.min.time(), UTC) + timedelta(days=1)
    rows = [
        {
            "as_of_on": MONDAY, "as_of_at": as_of, "capability": "goals", "kind": kind, "target_type": target_type,
            "target_gid": gid, "field": name, "old_value": _old(company, kind), "new_value": value,
            "reason": "Because.", "evidence_gids": [gid], "confidence": None, "position": n,
            "base": fingerprint(_old(company, kind)), "made_by": "rules",
            "risk": "low", "team_gid": None,
            "row_key": row_key(kind, gid, name, value, period_of(kind, MONDAY, as_of)),
        }
        for n, (kind, target_type, gid, name, value) in enumerate(mixed)
    ]  # fmt: skip
    set_limits(database, "lead", at, nudges=writes)  # not what is tried here
    note_objects(database, {(target_type, gid) for _, target_type, gid, _, _ in mixed}, as_of)
    plan = store_plan(
        database, pl.DataFrame(rows, schema=CONTRACTS["changes/plan"].schema), "planner", Mode.propose, at
    )
    assert plan is not None
    with database.transaction() as connection:
        record_gate(connection, plan.plan_hash, CheckOutcome("changes/plan", True, (), len(rows)), at)
    approve(database, plan.plan_id, "ada", ledger_time(database))
    return plan


def _given_to(company: ChaosCompany, n: int) -> str:
    return f'"{company.people[n % len(company.people)]}"'


def _due(n: int) -> str:
    return dates_value({"due_on": MONDAY + timedelta(days=7 + n % 5)}) or ""


def _place(company: ChaosCompany, section: dict[str, str]) -> str:
    return place_value(company.project, section)


def _old(company: ChaosCompany, kind: str) -> str | None:
    return _place(company, company.begins) if kind == "add_to_section" else None


def _scattered(count: int, stride: int) -> Iterator[int]:
    for start in range(stride):
        yield from range(start, count, stride)


def _value(name: str, n: int) -> str:
    spec = BY_NAME[name]
    text = spec.canonical(round(0.3 + (n % 50) / 100, 2) if spec.value_type == "number" else f"Says {name} {n}")
    assert text is not None
    return text
