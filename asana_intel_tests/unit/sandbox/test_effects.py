"""The ledger of effects: every accepted write is in it, nothing else, and it adds up to what stands."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.sandbox.faults import FaultRules, Faults
from asana_intel.sandbox.player import Player
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel.sandbox.world import Fields
from asana_intel_tests.unit.sandbox.test_sturdiness import CALLS, OBJECTS, resolved
from asana_intel_tests.unit.sandbox.worlds import MID, Api, first_project

State = dict[str, Fields]
NAMES = st.sampled_from(["A", "B", "C"])
WRITES = st.one_of(
    st.tuples(st.just("rename"), st.integers(0, 9), NAMES),
    st.tuples(st.just("due"), st.integers(0, 9), st.sampled_from(["2026-01-05", "2026-02-05", None])),
    st.tuples(st.just("complete"), st.integers(0, 9), st.booleans()),
    st.tuples(st.just("move"), st.integers(0, 9), st.integers(0, 3)),
    st.tuples(st.just("wait"), st.integers(0, 9), st.integers(0, 9)),
    st.tuples(st.just("comment"), st.integers(0, 9), NAMES),
    st.tuples(st.just("value"), st.integers(0, 9), st.integers(0, 9)),
    st.tuples(st.just("delete"), st.integers(0, 9), st.none()),
    st.tuples(st.just("create"), st.integers(0, 3), NAMES),
    st.tuples(st.just("goal"), st.integers(0, 9), NAMES),
    st.tuples(st.just("status"), st.integers(0, 3), NAMES),
)


def state_of(player: Player) -> State:
    """Everything that stands, each record with its own fields and custom-field values."""
    found: State = {}
    for gid in [*player.world.records, *player.made]:
        if gid not in player.deleted:
            fields = player.fields(gid)
            fields.pop("custom_fields", None)
            found[gid] = {**fields, **{f"custom_fields.{name}": value for name, value in player.values(gid).items()}}
    return found


def replayed(start: State, rows: list[Fields]) -> State:
    """Apply a ledger to a state."""
    for row in rows:
        match row["action"]:
            case "added":
                start[row["gid"]] = dict(row["new"])
            case "changed":
                start[row["gid"]][row["field"]] = row["new"]
            case "deleted":
                start.pop(row["gid"], None)
    return start


def assert_adds_up(sandbox: Sandbox) -> None:
    player = sandbox.player
    start = Player(player.world, player.now)
    assert replayed(state_of(start), sandbox.ledger.rows) == state_of(player)


def write(api: Api, kind: str, place: int, value: Any) -> tuple[int, Any]:
    player = api.sandbox.player
    tasks, projects, goals = (player.all(name) for name in ("tasks", "projects", "goals"))
    task, project = tasks[place % len(tasks)], projects[place % len(projects)]
    match kind:
        case "rename":
            return api.call("PUT", f"/tasks/{task}", {"data": {"name": value}})
        case "due":
            return api.call("PUT", f"/tasks/{task}", {"data": {"due_on": value}})
        case "complete":
            return api.call("PUT", f"/tasks/{task}", {"data": {"completed": value}})
        case "move":
            body = {"project": projects[value % len(projects)]}
            return api.call("POST", f"/tasks/{task}/addProject", {"data": body})
        case "wait":
            return api.call("POST", f"/tasks/{task}/addDependencies", {"data": {"dependencies": [tasks[value]]}})
        case "comment":
            return api.call("POST", f"/tasks/{task}/stories", {"data": {"text": value}})
        case "value":
            fields = [f for f in player.all("custom_fields") if player.field(f, "resource_subtype") == "number"]
            return api.call("PUT", f"/tasks/{task}", {"data": {"custom_fields": {fields[0]: value}}})
        case "delete":
            return api.call("DELETE", f"/tasks/{task}")
        case "create":
            return api.call("POST", "/tasks", {"data": {"projects": [project], "name": value}})
        case "goal":
            return api.call("PUT", f"/goals/{goals[place % len(goals)]}", {"data": {"notes": value}})
        case _:
            body = {"parent": project, "status_type": "on_track", "text": value}
            return api.call("POST", "/status_updates", {"data": body})


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes=st.lists(WRITES, min_size=1, max_size=25), seed=st.integers(0, 9))
def test_the_ledger_adds_up_and_the_journal_tells_it_again_whatever_went_wrong(
    company_dir: Path, writes: list[tuple[str, int, Any]], seed: int
) -> None:
    rules = [
        {"match": {"probability": 0.2}, "do": {"kind": "status", "status": 503, "when": "before"}},
        {"match": {"probability": 0.2}, "do": {"kind": "status", "status": 502, "when": "after"}},
        {"match": {"probability": 0.2}, "do": {"kind": "late", "after_requests": 3}},
        {"match": {"probability": 0.2}, "do": {"kind": "drop", "when": "after"}},
        {
            "match": {"path": "/tasks/{task}", "probability": 0.2},
            "do": {"kind": "human_edit", "fields": {"notes": "h"}},
        },
    ]
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "journal.jsonl"
        api = Api(Sandbox(company_dir, MID, state))
        api.sandbox.set_faults(Faults(FaultRules.model_validate({"faults": rules, "seed": seed})))
        for kind, place, value in writes:
            write(api, kind, place, value)
        assert_adds_up(api.sandbox)
        for entry in api.sandbox.logged():
            rows = [r for r in api.sandbox.ledger.rows if r["request"] == entry["number"] and "human" not in r]
            assert len(rows) == entry["effects"]
            if entry["status"] in (200, 201):
                assert rows
            if entry["status"] == 503:
                assert not rows
        again = Sandbox(company_dir, MID, state)
        again.set_clock(api.sandbox.player.now)
        assert state_of(again.player) == state_of(api.sandbox.player)
        kept = [row for row in api.sandbox.ledger.rows if row["action"] != "none"]
        assert [row for row in again.ledger.rows if row["action"] != "none"] == kept


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=st.lists(CALLS, min_size=5, max_size=40))
def test_the_ledger_adds_up_whatever_operations_are_called(company_dir: Path, calls: list[Any]) -> None:
    api = Api(Sandbox(company_dir, MID))
    for (method, *parts), place, data, query in calls:
        gids = (api.sandbox.player.all(parts[0]) if parts[0] in OBJECTS else []) or ["1"]
        path = "/" + "/".join(gids[place % len(gids)] if part == "*" else part for part in parts)
        body = {"data": resolved(api.sandbox, data)} if method != "GET" else None
        rows = len(api.sandbox.ledger.rows)
        status, _ = api.call(method, path, body, **{k: str(resolved(api.sandbox, v)) for k, v in query.items()})
        is_accepted = method != "GET" and status < 400 and path != "/batch"
        assert (len(api.sandbox.ledger.rows) > rows) == is_accepted, (method, path, status)
    assert_adds_up(api.sandbox)


def test_a_change_is_told_with_its_request_its_author_and_both_values(api: Api) -> None:
    project = first_project(api)
    task = api.write("POST", "/tasks", projects=[project], name="Old")["gid"]
    api.write("PUT", f"/tasks/{task}", name="New")
    api.write("PUT", f"/tasks/{task}", name="New")
    api.write("DELETE", f"/tasks/{task}")
    creation, renaming, nothing, deletion = api.sandbox.logged()[-4:]
    rows = [row for row in api.sandbox.ledger.rows if row["gid"] == task or row["gid"] is None]
    assert [row["action"] for row in rows] == ["added", "changed", "none", "deleted"]
    numbers = [entry["number"] for entry in (creation, renaming, nothing, deletion)]
    assert [row["request"] for row in rows] == numbers
    assert (rows[1]["resource"], rows[1]["field"], rows[1]["old"], rows[1]["new"]) == ("tasks", "name", "Old", "New")
    assert (rows[1]["method"], rows[1]["path"]) == ("PUT", f"/tasks/{task}")
    assert rows[1]["token"] == renaming["token"]
    assert rows[1]["actor"] == api.get("/users/me")["gid"]
    assert (renaming["effects"], nothing["effects"]) == (2, 1)  # the field and its story


def test_the_old_value_is_the_one_recorded_for_that_moment(api: Api) -> None:
    player = api.sandbox.player
    moved = next(
        gid
        for gid in player.all("tasks")
        if any(change.until > player.now and "due_on" in change.fields for change in player.world.records[gid].changes)
    )
    due = api.get(f"/tasks/{moved}")["due_on"]
    api.write("PUT", f"/tasks/{moved}", due_on="2030-01-01")
    (row,) = [row for row in api.sandbox.ledger.rows if row["field"] == "due_on"]
    assert (row["old"], row["new"]) == (due, "2030-01-01")


def test_reads_and_refusals_leave_no_effects_and_a_reset_forgets_them(api: Api) -> None:
    project = first_project(api)
    api.refused("PUT", f"/projects/{project}", {"nonsense": 1})
    api.refused("POST", "/tasks", {"name": "nowhere"})
    assert api.sandbox.ledger.rows == []
    api.write("PUT", f"/projects/{project}", name="Renamed")
    assert api.sandbox.ledger.rows
    api.sandbox.reset()
    assert api.sandbox.ledger.rows == []
