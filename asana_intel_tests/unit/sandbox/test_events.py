"""The streams of events: tokens, pages, what bubbles where, what is lost, and what a poll costs."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.sandbox.behaviour import Behaviour
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel_tests.unit.sandbox.worlds import Api, write_world

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
P, Q, T, SUB, G = "100", "101", "200", "201", "300"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Two projects, a task with a subtask that moves to the other project on its own, and a goal."""
    task = {"workspace": {"gid": "1"}, "created_at": "2026-01-01T00:00:00.000Z"}
    moves = [
        {"until": "2026-03-02T07:00:00.000Z", "fields": {"assignee": None}},
        {
            "until": "2026-03-02T08:00:00.000Z",
            "fields": {"projects": [{"gid": P}], "memberships": [{"project": {"gid": P}}]},
        },
    ]
    return write_world(
        tmp_path,
        projects=[{"gid": gid, "name": gid, "workspace": {"gid": "1"}} for gid in (P, Q)],
        tasks=[
            {"gid": T, "name": "t", "projects": [{"gid": P}], "memberships": [{"project": {"gid": P}}], **task},
            {"gid": SUB, "name": "s", "parent": {"gid": T}, **task},
            {
                "gid": "202", "name": "m", "projects": [{"gid": Q}], "assignee": {"gid": "2"},
                "memberships": [{"project": {"gid": Q}}],
                "completed": True, "completed_at": "2026-03-02T09:00:00.000Z", "completed_by": {"gid": "2"},
                "x_changes": moves, **task,
            },
        ],
        goals=[{"gid": G, "name": "g", "workspace": {"gid": "1"}}],
    )  # fmt: skip


@pytest.fixture
def api(small: Path) -> Api:
    return Api(Sandbox(small, START))


def token_of(api: Api, resource: str) -> str:
    status, body = api.call("GET", "/events", resource=resource)
    assert status == 412
    assert "Sync token invalid or too old" in body["errors"][0]["message"]
    return body["sync"]


def poll(api: Api, resource: str, token: str, **query: Any) -> dict[str, Any]:
    status, body = api.call("GET", "/events", resource=resource, sync=token, **query)
    assert status == 200, body
    return body


def short(body: dict[str, Any]) -> list[tuple[str, str, str | None, str | None]]:
    return [
        (e["resource"]["gid"], e["action"], e.get("change", {}).get("field"), (e["parent"] or {}).get("gid"))
        for e in body["data"]
    ]


def test_what_happens_to_a_comment_of_a_subtask_is_heard_up_to_the_project(api: Api) -> None:
    tokens = {gid: token_of(api, gid) for gid in (P, Q, T, SUB, G)}
    story = api.write("POST", f"/tasks/{SUB}/stories", text="hello")["gid"]
    heard = {gid: short(poll(api, gid, token)) for gid, token in tokens.items()}
    assert heard[P] == heard[T] == heard[SUB] == [(story, "added", None, SUB)]
    assert heard[Q] == heard[G] == []


def test_the_same_token_gets_the_same_answer_whatever_happens_meanwhile(api: Api) -> None:
    token = token_of(api, P)
    assert poll(api, P, token)["data"] == []
    api.write("PUT", f"/tasks/{T}", name="one")
    assert poll(api, P, token)["data"] == []  # asked before, and answered before
    token = poll(api, P, token)["sync"]
    first = poll(api, P, token)
    api.write("PUT", f"/tasks/{T}", name="two")
    api.sandbox.set_clock("2026-03-02T10:00:00Z")
    assert poll(api, P, token) == first
    assert {e["change"]["field"] for e in first["data"] if "change" in e} == {"name"}
    assert poll(api, P, first["sync"])["data"]


def test_tokens_are_of_their_resource_live_a_day_and_come_from_the_past(api: Api) -> None:
    token = token_of(api, P)
    for strange in (token_of(api, Q), "nonsense", "", token[:-3], "fHx8"):
        assert api.call("GET", "/events", resource=P, sync=strange)[0] == 412
    api.sandbox.set_clock("2026-03-03T06:00:00Z")
    assert api.call("GET", "/events", resource=P, sync=token)[0] == 200
    api.sandbox.set_clock("2026-03-03T06:00:01Z")
    status, body = api.call("GET", "/events", resource=P, sync=token)
    assert (status, poll(api, P, body["sync"])["data"]) == (412, [])
    api.sandbox.set_clock("2026-03-01T06:00:00Z", reset=True)
    assert api.call("GET", "/events", resource=P, sync=body["sync"])[0] == 412


@pytest.mark.parametrize(("resource", "status"), [("999", 404), ("1", 400), ("2", 400)])
def test_only_tasks_projects_and_goals_have_a_stream(api: Api, resource: str, status: int) -> None:
    assert api.refused("GET", "/events", resource=resource)[0] == status
    assert api.refused("GET", "/events")[0] == 400


def test_the_worlds_own_history_is_told_with_values_where_they_are_objects(api: Api) -> None:
    tokens = {gid: token_of(api, gid) for gid in (P, Q)}
    api.sandbox.set_clock("2026-03-02T10:00:00Z")
    before, after = (poll(api, gid, tokens[gid]) for gid in (P, Q))
    assert short(before) == [("202", "changed", "assignee", None), ("202", "removed", None, P)]
    assert short(after)[-2:] == [("202", "added", None, Q), ("202", "changed", "completed", None)]
    assert before["data"][0]["change"]["new_value"]["name"] == "Ann"
    assert after["data"][-1]["user"]["gid"] == "2"
    assert "new_value" not in after["data"][-1]["change"]


def test_what_was_moved_or_deleted_is_heard_where_it_was(api: Api) -> None:
    tokens = {gid: token_of(api, gid) for gid in (P, Q)}
    api.write("PUT", f"/tasks/{T}", name="renamed")
    api.write("POST", f"/tasks/{T}/addProject", project=Q)
    api.write("POST", f"/tasks/{T}/removeProject", project=P)
    api.write("DELETE", f"/tasks/{T}")
    before, after = (short(poll(api, gid, tokens[gid])) for gid in (P, Q))
    assert (T, "changed", "name", None) in before
    assert (T, "removed", None, P) in before
    assert (T, "deleted", None, None) not in before
    assert (T, "changed", "name", None) not in after
    assert (T, "added", None, Q) in after
    assert (T, "deleted", None, None) in after


def test_history_that_clients_have_overtaken_does_not_happen(api: Api) -> None:
    token = token_of(api, P)
    api.write("POST", "/tasks/202/removeProject", project=P)
    api.write("POST", "/tasks/202/addProject", project=Q)
    api.sandbox.set_clock("2026-03-02T10:00:00Z")
    assert ("202", "changed", "assignee", None) not in short(poll(api, P, token))
    token = token_of(api, Q)
    api.write("DELETE", "/tasks/202")
    api.sandbox.set_clock("2026-03-02T12:00:00Z")
    assert short(poll(api, Q, token)) == [("202", "deleted", None, None)]


def test_opt_fields_shape_events_and_go_beyond_the_compact(api: Api) -> None:
    token = token_of(api, P)
    api.write("PUT", f"/tasks/{T}", assignee="2")
    found = poll(api, P, token, opt_fields="action,resource.name,change.new_value.email")["data"]
    changed = next(e for e in found if e["action"] == "changed")
    assert changed["resource"] == {"gid": T, "name": "t"}
    assert changed["change"]["new_value"] == {"gid": "2", "email": "ann@w.example"}
    assert set(changed) == {"action", "resource", "change"}


def test_a_share_of_events_is_lost_and_always_the_same_ones(small: Path) -> None:
    def heard(loss: float) -> list[Any]:
        api = Api(Sandbox(small, START))
        token = token_of(api, P)
        for number in range(60):
            api.write("POST", f"/tasks/{T}/stories", text=str(number))
        api.sandbox.player.behaviour = Behaviour(event_loss=loss)
        return short(poll(api, P, token))

    every, some = heard(0.0), heard(0.5)
    assert (len(every), heard(0.5), heard(1.0)) == (60, some, [])
    assert 10 < len(some) < 50
    assert [event for event in every if event in some] == some


def test_the_workspaces_stream_tells_everything_a_thousand_at_a_time(api: Api) -> None:
    path = "/workspaces/1/events"
    status, body = api.call("GET", path)
    assert status == 412
    for number in range(1005):
        api.write("POST", f"/tasks/{T}/stories", text=str(number))
    api.write("PUT", f"/goals/{G}", name="better")
    status, first = api.call("GET", path, sync=body["sync"])
    assert (status, len(first["data"]), first["has_more"]) == (200, 1000, True)
    rest = api.call("GET", path, sync=first["sync"])[1]
    assert (len(rest["data"]), rest["has_more"]) == (6, False)
    assert (G, "changed", "name", None) in short(rest)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["comment", "rename", "hour", "poll", "subtask", "again"]), max_size=40))
def test_a_reader_that_follows_its_tokens_hears_everything_once(small: Path, steps: list[str]) -> None:
    api = Api(Sandbox(small, START))
    first = token = token_of(api, P)
    heard: list[Any] = []
    hour = 6

    def go_on() -> None:
        nonlocal token
        body = poll(api, P, token)
        heard.extend((e["created_at"], *line) for e, line in zip(body["data"], short(body), strict=True))
        token = body["sync"]

    for number, step in enumerate(steps):
        if step == "comment":
            api.write("POST", f"/tasks/{T}/stories", text=str(number))
        elif step == "rename":
            api.write("PUT", f"/tasks/{SUB}", name=str(number))
        elif step == "subtask":
            api.write("POST", f"/tasks/{T}/subtasks", name=str(number))
        elif step == "hour" and hour < 22:
            hour += 1
            api.sandbox.set_clock(f"2026-03-02T{hour:02}:30:00Z")
        elif step == "again":
            api.call("GET", "/events", resource=P, sync=token)
        else:
            go_on()
    go_on()
    go_on()
    assert len(heard) == len(set(heard))
    fresh = Api(api.sandbox)
    fresh.sandbox.player.events._answers.clear()
    body = poll(fresh, P, first)
    everything = [(e["created_at"], *line) for e, line in zip(body["data"], short(body), strict=True)]
    assert body["has_more"] or set(heard) == set(everything)


def test_a_poll_costs_what_it_answers_not_what_ever_happened(api: Api) -> None:
    player = api.sandbox.player
    for _ in range(100_000):
        player.tick()
        player.note(T, "changed", "2", {"field": "name", "action": "changed"})
    player.events.catch_up()
    token = token_of(api, P)
    api.write("PUT", f"/tasks/{T}", name="last")
    started = time.process_time()
    body: dict[str, Any] = {}
    for _ in range(100):
        body = poll(api, P, token)
        player.events._answers.clear()
    per_poll_ms = (time.process_time() - started) * 10
    assert len(body["data"]) == 2
    assert per_poll_ms < 20  # measured: 0.2; going through all effects took 60
