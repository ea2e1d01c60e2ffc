"""A home that keeps up with a company by events, and what must be the same as in a fresh home."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from asana_intel.raw.sync_plan import How
from asana_intel.raw.sync_report import SyncReport
from asana_intel.sandbox.conditions import Conditions
from asana_intel.sandbox.generate import generate_world
from asana_intel.sandbox.server import RunningSandbox
from asana_intel.storage.postgres import Database
from asana_intel_tests.integration.fault_world import Company, Contents, Fault, Home, Time, forgotten, rule

SPRING = datetime(2026, 5, 4, 12, tzinfo=UTC)  # the company stands still: what happens is what the tests do
# What only lists show: a reading by events leaves these to the next reconcile.
ONLY_LISTED = {
    "ooo_entries", "allocations", "time_tracking_entries", "team_memberships", "workspace_memberships", "users",
    "teams", "tags", "custom_fields", "portfolio_items", "portfolios", "goal_snapshots",
}  # fmt: skip


NO_STREAM_OF_ALL = rule("status", {"path": "/workspaces/{w}/events"}, status=402)


@contextmanager
def quiet_company(folder: Path) -> Iterator[Company]:
    """A company whose own history is over."""
    generate_world(folder, seed=4, people=5, projects=4, tasks=110, goals=6, start_on=date(2026, 1, 5), weeks=14)
    time = Time()
    with RunningSandbox(folder, SPRING, conditions=Conditions(clock=time.clock)) as sandbox:
        yield Company(sandbox, time)


class Pair:
    """A home that keeps up with a company, and the means to look at what stands there now."""

    def __init__(self, company: Company, database: Database, folder: Path, faults: list[dict[str, Any]]) -> None:
        self.company = company
        self.database = database
        self.folder = folder
        self.home = Home(folder / "home", database, company)
        self.hear_goals_every(0)
        self.clock = SPRING
        company.begin_anew()
        company.sandbox.set_clock(SPRING)
        self.faults = faults
        self.break_down()
        company.control("POST", "behaviour", {"search_lag_s": 0, "event_loss": 0})
        self.first = self.home.sync()
        self.pass_time()
        self.records = {gid: json.loads(text) for gid, text in self.home.contents()["tasks"].items()}

    def break_down(self, *rules: dict[str, Any], limits: dict[str, int] | None = None) -> None:
        self.company.break_down(Fault([*self.faults, *rules], limits or {}))

    def hear_goals_every(self, minutes: float) -> None:
        """How often the streams of goals are read whose record did not change."""
        asana = self.home.settings.asana.model_copy(update={"slow_minutes": minutes})
        self.home.settings = self.home.settings.model_copy(update={"asana": asana})

    def pass_time(self, **span: float) -> None:
        self.clock += timedelta(**(span or {"minutes": 5}))
        self.company.sandbox.set_clock(self.clock)

    def catch_up(self, how: How = How.auto) -> SyncReport:
        self.company.control("DELETE", "requests")
        return self.home.sync(how=how)

    def truth(self) -> Contents:
        self.pass_time()
        fresh = Home(self.folder / "fresh", self.database, self.company)
        with forgotten(self.database):
            fresh.sync()
        return fresh.contents()

    def person(self) -> str:
        return min(self.home.contents()["users"])

    def tasks(self, *, subtasks: bool = False) -> list[str]:
        """Tasks in projects that are below none, or what is directly below these, in order."""
        live = {gid for gid, text in self.home.contents()["projects"].items() if not json.loads(text)["archived"]}
        tops = sorted(
            gid
            for gid, task in self.records.items()
            if not task["parent"] and any(project["gid"] in live for project in task["projects"])
        )
        below = sorted(gid for gid, task in self.records.items() if (task["parent"] or {}).get("gid") in tops)
        return below if subtasks else tops

    def asked(self) -> list[str]:
        """Paths of the requests since the last sync began."""
        return [request["path"].split("?")[0] for request in self.company.sandbox.requests() if request["token"]]


def assert_same(found: Contents, truth: Contents) -> None:
    for resource, rows in truth.items():
        if resource not in ONLY_LISTED:
            assert found[resource] == rows, resource


def change_eight_and_delete_two(pair: Pair) -> None:
    """Five tasks and three subtasks get another name, two tasks are deleted."""
    leaves = [gid for gid in pair.tasks() if not pair.records[gid]["num_subtasks"]]
    for gid in [*leaves[:5], *pair.tasks(subtasks=True)[:3]]:
        pair.company.write("PUT", f"/tasks/{gid}", {"name": f"{gid} has another name"})
    for gid in leaves[5:7]:
        pair.company.write("DELETE", f"/tasks/{gid}")
