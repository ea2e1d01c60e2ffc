"""No false alarm: a whole reading of a played company, with everything Asana may leave out, shows no drift."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from asana_intel.asana import fields
from asana_intel.asana.reader import AsanaReader
from asana_intel.asana.session import AsanaSession
from asana_intel.errors import SkippableError
from asana_intel.raw import streams
from asana_intel.raw.drift import Drift, DriftWatch
from asana_intel.raw.streams import Stream
from asana_intel.sandbox.generate import generate_world
from asana_intel.sandbox.server import RunningSandbox

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
SPRING = datetime(2026, 3, 10, 12, tzinfo=UTC)
PER_PARENT = [
    streams.TEAM_MEMBERSHIPS,
    streams.SECTIONS,
    streams.PROJECT_MEMBERSHIPS,
    streams.PORTFOLIO_ITEMS,
    streams.GOAL_RELATIONSHIPS,
    streams.OOO_ENTRIES,
    streams.PROJECT_ALLOCATIONS,
    *streams.STATUS_UPDATES.values(),
    *streams.CUSTOM_FIELD_SETTINGS.values(),
    streams.PROJECT_TASKS,
    streams.ASSIGNED_TASKS,
]
Record = dict[str, Any]


class Reading:
    """One reading of everything, under watch.

    Attributes:
        records: Raw table -> every record that was listed.
    """

    def __init__(self, url: str) -> None:
        self.records: dict[str, dict[str, Record]] = {}
        self._watch = DriftWatch()
        self._session = AsanaSession(url, SecretStr("canary-drift-token"), paced=False, sleep=lambda _: None)
        self._reader = AsanaReader(self._session)

    def drifts(self) -> list[Drift]:
        try:
            self._workspace = self._reader.workspaces()[0]["gid"]
            self._list(Stream("workspaces", "workspaces", "/workspaces", fields.WORKSPACES), "")
            self._read_everything()
            return self._watch.findings(self._reader.dropped_fields())
        finally:
            self._session.close()

    def _read_everything(self) -> None:
        for stream in streams.ROOTS:
            self._list(stream, self._workspace)
        for stream in PER_PARENT:
            for gid in [*self.records.get(stream.parents[0], {})]:
                self._list(stream, gid)
        asked: set[str] = set()
        while fresh := {gid for gid, task in self.records["tasks"].items() if task["num_subtasks"]} - asked:
            asked |= fresh
            for gid in sorted(fresh):
                self._list(streams.SUBTASKS, gid)
        for gid in self.records["tasks"]:
            self._list(streams.TASK_STORIES, gid)
        for gid in self.records.get("goals", {}):
            self._list(streams.GOAL_STORIES, gid)

    def _list(self, stream: Stream, gid: str) -> None:
        params = {name: value.format(workspace=self._workspace) for name, value in stream.params.items()}
        params |= {stream.param: gid} if stream.param else {}
        with suppress(SkippableError):  # what the plan does not have
            found = [*self._reader.list(stream.path.replace("{}", gid), params, stream.fields)]
            self._watch.observe(stream.resource, stream.fields, found)
            self.records.setdefault(stream.resource, {}).update((record["gid"], record) for record in found)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    folder = tmp_path_factory.mktemp("company")
    generate_world(folder, seed=3, people=6, projects=4, tasks=60, goals=12, start_on=date(2025, 10, 1), weeks=40)
    with RunningSandbox(folder, SPRING) as running:
        yield running


@pytest.mark.parametrize("plan", ["enterprise_plus", "personal"])
def test_a_whole_company_shows_no_drift_on_any_plan(company: RunningSandbox, plan: str):
    company.set_tokens({"plan": plan})
    reading = Reading(company.url)
    assert reading.drifts() == []
    assert reading.records["stories"]
    assert bool(reading.records.get("custom_fields")) == (plan != "personal")


@pytest.mark.slow
def test_a_real_companys_records_show_no_drift():
    world = SHARED / "data" / "worlds" / "sip"
    if not world.exists():
        pytest.skip("the SiP world is not beside the repository")
    with RunningSandbox(world, datetime(2008, 1, 1, tzinfo=UTC)) as running:
        assert Reading(running.url).drifts() == []
