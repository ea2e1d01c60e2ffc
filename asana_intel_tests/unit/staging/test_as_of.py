"""Tables as they stood: what syncs had seen, what stories rebuild, and nothing from after the instant."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.staging.as_of import PastTables
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.contracts.raw import RESOURCES
from asana_intel.storage.contracts.staging import HISTORY_TABLES

Row = dict[str, Any]
TABLES = [key for key in CONTRACTS if key.split("/")[0] in {"raw", "staging"}]
# What the world below fills: comparing the rest, which is empty, would take most of the time.
FILLED = [
    *(f"raw/{name}" for name in ("tasks", "stories", "sections", "goals", "goal_snapshots", "record_versions")),
    *(f"staging/{name}" for name in ("tasks", "task_projects", "custom_field_values", "stories", "goal_snapshots")),
    *(contract.key for contract in HISTORY_TABLES),
]


def at(hours: float) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)


def iso(hours: float) -> str:
    return at(hours).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Home:
    """Raw tables as syncs leave them: each sync takes the records as they stand and keeps what they replace."""

    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    versions: list[Row] = field(default_factory=list)
    snapshots: dict[tuple[str, date], Row] = field(default_factory=dict)

    def sync(self, hours: float, **records: Iterable[Row]) -> Home:
        now = at(hours)
        for resource, listed in records.items():
            table = self.rows.setdefault(resource, {})
            found = {record["gid"]: json.dumps(record, sort_keys=True, separators=(",", ":")) for record in listed}
            for gid, text in found.items():
                known = table.get(gid)
                if known is None or known["record"] != text or known["deleted_at"]:
                    first = known["first_seen_at"] if known else now
                    self._write(resource, gid, {"record": text, "first_seen_at": first, "deleted_at": None}, now)
            for gid in [gid for gid, row in table.items() if gid not in found and not row["deleted_at"]]:
                self._write(resource, gid, {**table[gid], "deleted_at": now}, now)
        for goal in records.get("goals", ()):
            metric = goal["metric"]["current_number_value"]
            row = {"goal_gid": goal["gid"], "snapshot_on": now.date(), "status": None, "current_number_value": metric}
            known = self.snapshots.get((goal["gid"], now.date()))
            if known is None or known["current_number_value"] != metric:
                self.snapshots[goal["gid"], now.date()] = row | {"snapshot_at": now}
        return self

    def _write(self, resource: str, gid: str, row: Row, now: datetime) -> None:
        known = self.rows[resource].get(gid)
        if known and known["changed_at"] < now:
            self.versions.append(
                {
                    "resource": resource,
                    "gid": gid,
                    "valid_from": known["changed_at"],
                    "valid_to": now,
                    "is_deleted": known["deleted_at"] is not None,
                    "record": known["record"],
                }
            )
        digest = blake2b(row["record"].encode(), digest_size=16).hexdigest()
        self.rows[resource][gid] = row | {"changed_at": now, "record_hash": digest}

    def scan(self, key: str) -> pl.LazyFrame:
        name = key.split("/")[1]
        schema = CONTRACTS[key].schema
        if name == "record_versions":
            return pl.LazyFrame(self.versions, schema=schema)
        if name == "goal_snapshots":
            return pl.LazyFrame([dict.fromkeys(schema) | row for row in self.snapshots.values()], schema=schema)
        rows = [
            dict.fromkeys(schema) | {"gid": gid} | _lifted(name, json.loads(row["record"])) | row
            for gid, row in self.rows.get(name, {}).items()
        ]
        return pl.LazyFrame(rows, schema=schema)

    def past(self, hours: float) -> PastTables:
        return PastTables(self.scan, at(hours))


def _lifted(resource: str, record: Row) -> Row:
    found: Row = {}
    for name in RESOURCES[resource][1]:
        if name == "section_gids":
            gids = [(p["section"] or {}).get("gid") for p in record.get("memberships") or ()]
            found[name] = " ".join(sorted(gid for gid in gids if gid))
        elif name.endswith("_gid"):
            found[name] = (record.get(name.removesuffix("_gid")) or {}).get("gid")
        else:
            found[name] = record.get(name)
    return found


def task(gid: str = "1", born: float = 0, **values: Any) -> Row:
    return {"gid": gid, "name": "Ship it", "completed": False, "created_at": iso(born), "custom_fields": []} | values


def story(gid: str, hours: float, subtype: str, **facts: Any) -> Row:
    target = facts.pop("target", "1")
    told = {"gid": gid, "target": {"gid": target}, "created_at": iso(hours), "resource_subtype": subtype}
    return told | {"text": "unstable"} | facts


def test_a_record_is_what_the_last_sync_until_then_saw() -> None:
    home = Home().sync(10, tasks=[task(name="Old")]).sync(20, tasks=[task(name="New")]).sync(30, tasks=[])
    names = {hours: home.past(hours).read("staging/tasks")["name"].to_list() for hours in (10, 19, 20, 29, 30)}
    assert names == {10: ["Old"], 19: ["Old"], 20: ["New"], 29: ["New"], 30: []}
    assert home.past(25).read("raw/record_versions").height == 1


def test_a_record_that_was_gone_and_came_back_is_not_there_in_between() -> None:
    home = Home().sync(10, users=[{"gid": "7"}]).sync(20, users=[]).sync(30, users=[{"gid": "7"}])
    there = [home.past(hours).read("staging/users").height for hours in (5, 10, 20, 29, 30)]
    assert there == [0, 1, 0, 0, 1]


def test_the_present_is_the_tables_as_they_are() -> None:
    places = {"memberships": [{"project": {"gid": "20"}, "section": {"gid": "21"}}], "parent": {"gid": "9"}}
    home = Home().sync(10, tasks=[task()]).sync(50, tasks=[task(name="New", **places)], users=[{"gid": "7"}])
    for key in ("raw/tasks", "raw/users", "raw/record_versions"):
        assert home.past(50).read(key).equals(home.scan(key).collect())


def test_an_earlier_state_has_the_lifted_fields_and_the_hash_of_that_state() -> None:
    places = {"memberships": [{"project": {"gid": "20"}, "section": {"gid": "21"}}], "parent": {"gid": "9"}}
    then = Home().sync(10, tasks=[task(completed=False, **places)])
    later = replace(then).sync(20, tasks=[task(name="New", completed=True, completed_at=iso(15))])
    once = Home().sync(10, tasks=[task(completed=False, **places)])
    assert later.past(12).read("raw/tasks").equals(once.scan("raw/tasks").collect())


@pytest.fixture
def rebuilt() -> Home:
    """A home that was first synced at hour 100, on the fifth day, of a task with a past."""
    stories = [
        story("90", 0, "assigned", assignee={"gid": "70"}),
        story("91", 10, "due_date_changed", old_dates={"due_on": "2026-01-02"}, new_dates={"due_on": "2026-01-03"}),
        story("92", 20, "section_changed", old_section={"gid": "21"}, new_section={"gid": "22"}),
        story("93", 30, "number_custom_field_changed", custom_field={"gid": "40"}, new_number_value=5),
        story("94", 40, "marked_complete"),
        story("95", 50, "marked_incomplete"),
        story("96", 60, "assigned", assignee={"gid": "71"}),
        story("97", 70, "marked_complete"),
    ]
    record = task(
        completed=True,
        completed_at=iso(70),
        assignee={"gid": "71"},
        due_on="2026-01-03",
        memberships=[{"project": {"gid": "20"}, "section": {"gid": "22"}}],
        custom_fields=[{"gid": "40", "name": "Effort", "number_value": 5}],
    )
    sections = [{"gid": gid, "created_at": iso(0), "project": {"gid": "20"}, "name": gid} for gid in ("21", "22")]
    entries = [{"gid": "80", "entered_on": "2026-01-02", "duration_minutes": 30, "task": {"gid": "1"}}]
    return Home().sync(
        100, tasks=[record], stories=stories, sections=sections, time_tracking_entries=entries,
        projects=[{"gid": "20", "name": "Web", "created_at": iso(0)}],
    )  # fmt: skip


def test_before_the_first_sync_a_task_has_what_stories_had_told(rebuilt: Home) -> None:
    then = rebuilt.past(45)
    row = then.read("staging/tasks").to_dicts()[0]
    assert (row["assignee_gid"], row["due_on"], row["is_completed"]) == ("70", date(2026, 1, 3), True)
    assert row["completed_at"] == at(40)
    assert row["name"] is None  # may have been another
    assert then.read("staging/task_projects").rows() == [("1", "20", "22")]
    assert then.read("staging/custom_field_values").select("field_gid", "number_value").rows() == [("40", 5.0)]
    reopened = rebuilt.past(55).read("staging/tasks").to_dicts()[0]
    assert (reopened["is_completed"], reopened["completed_at"]) == (False, None)


def test_before_the_first_sync_nothing_is_said_that_only_later_stories_tell(rebuilt: Home) -> None:
    row = rebuilt.past(5).read("staging/tasks").to_dicts()[0]
    assert (row["assignee_gid"], row["due_on"], row["is_completed"]) == ("70", None, False)
    assert rebuilt.past(5).read("staging/task_projects").is_empty()
    assert rebuilt.past(-1).read("raw/tasks").is_empty()


def test_before_the_first_sync_what_had_happened_is_there_and_what_may_have_been_rewritten_is_empty(
    rebuilt: Home,
) -> None:
    assert rebuilt.past(47).read("staging/time_entries").is_empty()  # the second day is not over
    assert rebuilt.past(48).read("staging/time_entries")["hours"].to_list() == [0.5]
    stories = rebuilt.past(15).read("staging/stories")
    assert stories.select("story_gid", "text").rows() == [("90", None), ("91", None)]
    assert rebuilt.past(15).read("staging/projects").select("project_gid", "name").rows() == [("20", None)]
    assert rebuilt.past(15).read("staging/sections")["project_gid"].to_list() == ["20", "20"]


def test_intervals_as_of_an_instant_end_there_as_they_stood(rebuilt: Home) -> None:
    rows = rebuilt.past(45).read("staging/task_completion_intervals").sort("valid_from")
    assert rows.select("is_completed", "valid_from", "valid_to").rows() == [
        (False, at(0), at(40)), (True, at(40), None),
    ]  # fmt: skip


def test_every_table_can_be_read_at_any_instant(rebuilt: Home) -> None:
    for hours in (-10, 47, 100, 200):
        then = rebuilt.past(hours)
        assert {key: then.read(key).schema for key in TABLES} == {key: CONTRACTS[key].schema for key in TABLES}


def test_a_goals_snapshot_is_of_the_last_sync_until_then() -> None:
    home = Home()
    for hours, value in ((10, 1.0), (34, 2.0), (40, 3.0)):
        home.sync(hours, goals=[{"gid": "5", "metric": {"current_number_value": value}}])
    seen = {hours: home.past(hours).read("staging/goal_snapshots").sort("snapshot_at")["value"].to_list()
            for hours in (9, 10, 23.9, 35, 40)}  # fmt: skip
    assert seen == {9: [], 10: [1.0], 23.9: [1.0], 35: [1.0, 2.0], 40: [1.0, 3.0]}


# -- nothing from later leaks

PEOPLE = st.sampled_from(["70", "71", None])
DAYS = st.sampled_from(["2026-01-05", "2026-01-06", None])
SECTIONS = st.sampled_from(["21", "22"])
CHANGE = st.one_of(
    st.tuples(st.just("assignee"), PEOPLE),
    st.tuples(st.just("due_on"), DAYS),
    st.tuples(st.just("section"), SECTIONS),
    st.tuples(st.just("completed"), st.booleans()),
    st.tuples(st.just("number"), st.sampled_from([1.0, 2.0, None])),
    st.tuples(st.just("name"), st.sampled_from(["a", "b"])),
    st.tuples(st.just("comment"), st.just("Well done")),
    st.tuples(st.just("goal"), st.sampled_from([0.1, 0.5])),
    st.tuples(st.just("task"), st.none()),
)
T = 50


def changes(first: int, last: int) -> st.SearchStrategy[list[tuple[int, tuple[str, Any]]]]:
    found = st.lists(st.tuples(st.integers(first, last), CHANGE), max_size=8, unique_by=lambda change: change[0])
    return found.map(lambda many: sorted(many, key=lambda change: change[0]))


class World:
    """One company that changes hour by hour and tells stories as Asana does."""

    def __init__(self) -> None:
        self.tasks = [task(assignee=None, due_on=None, memberships=[], projects=[])]
        self.stories = [story("900", 0, "added_to_project", project={"gid": "20"})]
        self.goal = 0.0
        self._place("21")

    def change(self, hours: float, what: str, value: Any) -> None:
        first = self.tasks[0]
        if what == "task":
            self.tasks.append(task(f"{len(self.tasks) + 1}", born=hours))
        elif what == "goal":
            self.goal = value
        elif what == "comment":
            self._tell(hours, "comment_added", text=value)
        elif what == "name":
            first["name"] = value
            self._tell(hours, "name_changed")
        elif what == "assignee":
            first["assignee"] = value and {"gid": value}
            self._tell(hours, "assigned" if value else "unassigned", assignee=first["assignee"])
        elif what == "due_on":
            dates = {"old_dates": {"due_on": first["due_on"]}, "new_dates": {"due_on": value}}
            first["due_on"] = value
            self._tell(hours, "due_date_changed", **dates)
        elif what == "section":
            old = first["memberships"][0]["section"]
            self._place(value)
            self._tell(hours, "section_changed", old_section=old, new_section={"gid": value})
        elif what == "completed" and value != first["completed"]:
            first |= {"completed": value, "completed_at": iso(hours) if value else None}
            self._tell(hours, "marked_complete" if value else "marked_incomplete")
        elif what == "number":
            old = [f["number_value"] for f in first["custom_fields"]]
            first["custom_fields"] = [{"gid": "40", "name": "Effort", "number_value": value}] if value else []
            facts = {"old_number_value": old[0] if old else None, "new_number_value": value}
            self._tell(hours, "number_custom_field_changed", custom_field={"gid": "40"}, **facts)

    def records(self) -> dict[str, list[Row]]:
        sections = [{"gid": gid, "project": {"gid": "20"}, "created_at": iso(0)} for gid in ("21", "22")]
        goals = [{"gid": "5", "metric": {"current_number_value": self.goal}}]
        records = {"tasks": self.tasks, "stories": self.stories, "sections": sections, "goals": goals}
        return json.loads(json.dumps(records))

    def _place(self, section: str) -> None:
        where = {"project": {"gid": "20"}, "section": {"gid": section}}
        self.tasks[0] |= {"memberships": [where], "projects": [where["project"]]}

    def _tell(self, hours: float, subtype: str, **facts: Any) -> None:
        self.stories.append(story(str(900 + len(self.stories)), hours, subtype, **facts))


def lived(history: list[tuple[int, tuple[str, Any]]], syncs: list[float]) -> Home:
    """The home after a history and syncs."""
    home, world, todo = Home(), World(), list(history)
    for hours in syncs:
        while todo and todo[0][0] <= hours:
            moment, change = todo.pop(0)
            world.change(moment, *change)
        home.sync(hours, **world.records())
    return home


@settings(max_examples=10)
@given(
    before=changes(1, T),
    futures=st.tuples(changes(T + 1, 100), changes(T + 1, 100)),
    syncs=st.lists(st.integers(1, T), max_size=3, unique=True).map(sorted),
    later=st.tuples(*[st.lists(st.integers(T + 1, 99), max_size=3, unique=True).map(sorted)] * 2),
)
def test_nothing_that_happened_later_changes_how_a_table_stood(before, futures, syncs, later) -> None:
    one, other = (
        lived([*before, *future], [*syncs, *after, 100]).past(T + 0.5)
        for future, after in zip(futures, later, strict=True)
    )
    for key in FILLED:
        order = CONTRACTS[key].unique
        assert one.read(key).sort(order).equals(other.read(key).sort(order)), key


@settings(max_examples=8)
@given(history=changes(1, 60), syncs=st.lists(st.integers(1, 60), min_size=1, max_size=4, unique=True).map(sorted))
def test_a_home_at_the_instant_of_a_sync_is_what_that_sync_left(history, syncs) -> None:
    whole = lived(history, [*syncs, 99])
    for seen in syncs:
        then = lived(history, [s for s in syncs if s <= seen])
        for key in ("raw/tasks", "raw/sections", "raw/goals", "raw/record_versions", "staging/tasks"):
            order = CONTRACTS[key].unique
            assert whole.past(seen).read(key).sort(order).equals(then.past(seen).read(key).sort(order)), key
