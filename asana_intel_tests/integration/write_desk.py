"""A writer of ours against a company that changes, and what has come of its writes; no test is here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from asana_intel.asana.session import AsanaSession
from asana_intel.asana.writer import AsanaWriter
from asana_intel.changes.apply import ApplyReport, apply_plan
from asana_intel.changes.ledger import StoredPlan
from asana_intel.sandbox.identity import fingerprint
from asana_intel.settings import Mode
from asana_intel.storage.postgres import Database
from asana_intel_tests.integration.fault_world import SPRING, Company, Fault

BOT = "canary-of-the-writer"
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)  # the ledger's time, which is not Asana's


@dataclass
class Desk:
    """A writer of ours, a goal that takes our field, and what has come of our writes."""

    company: Company
    database: Database
    goal: str
    field: str

    def writer(self, timeout_s: float = 10.0) -> AsanaWriter:
        time = self.company.time
        return AsanaWriter(
            AsanaSession(
                self.company.url, SecretStr(BOT), role="writer", paced=False, timeout_s=timeout_s,
                sleep=time.sleep, clock=time.clock,
            )
        )  # fmt: skip

    def break_first(self, fault: Fault, **match: Any) -> None:
        """Let a fault befall our first write."""
        chosen = {"nth": 1, "token": BOT, **match}
        self.company.break_down(Fault([{"match": chosen, "do": r["do"]} for r in fault.rules]))

    def apply(
        self, plan: StoredPlan, after: timedelta = timedelta(), timeout_s: float = 10.0, **options: Any
    ) -> ApplyReport:
        """Apply at so long after the approval; Asana's clock goes as long."""
        self.company.sandbox.set_clock(max(SPRING + after, self.asana_time()))
        writer = self.writer(timeout_s)
        given = {"mode": Mode.propose, "actor": "bot", "now": lambda: NOW + after} | options
        try:
            return apply_plan(self.database, writer, plan.plan_id, **given)
        finally:
            writer.close()

    def let_it_arrive(self, fault: Fault) -> None:
        """Wait for a request that is still on its way: one more that comes later and takes as long."""
        lasting = [r["do"] for r in fault.rules if r["do"]["kind"] == "latency"]
        self.company.break_down(Fault([{"match": {}, "do": do} for do in lasting]))
        self.company.read("/workspaces")
        self.company.heal()

    def asana_time(self) -> datetime:
        return datetime.fromisoformat(self.company.control("GET", "clock")["at"])

    def sent(self) -> list[str]:
        """Our writes, as they came."""
        return [
            f"{request['method']} {request['path']}"
            for request in self.company.sandbox.requests()
            if request["method"] != "GET" and request["token"] == fingerprint(BOT)
        ]

    def effects(self) -> Counter[str]:
        """How many of our requests had an effect, by method and path."""
        ours = {
            (row["request"], f"{row['method']} {row['path']}")
            for row in self.company.sandbox.effects()
            if row["token"] == fingerprint(BOT) and row["action"] != "none"
        }
        return Counter(what for _, what in ours)

    def score(self) -> float | None:
        """Our field, as a person sees it."""
        self.company.heal()
        goal = self.company.write("PUT", f"/goals/{self.goal}", {})
        return next(entry["number_value"] for entry in goal["custom_fields"] if entry["gid"] == self.field)

    def set_score(self, value: float) -> None:
        self.company.write("PUT", f"/goals/{self.goal}", {"custom_fields": {self.field: value}})
