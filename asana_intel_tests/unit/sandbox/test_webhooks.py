"""Webhooks of the sandbox: handshake, filters, signatures, heartbeats, retries, the end after a day, and faults."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from asana_intel.sandbox.behaviour import Behaviour
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel.sandbox.server import RunningSandbox
from asana_intel_tests.unit.sandbox.targets import (
    FOLIO,
    HOUR_EVENT,
    QUIET,
    START,
    TEAM,
    G,
    P,
    T,
    Target,
    deliver,
    establish,
    watched_world,
)
from asana_intel_tests.unit.sandbox.worlds import Api


@pytest.fixture
def target() -> Iterator[Target]:
    found = Target()
    yield found
    found.close()


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return watched_world(tmp_path)


@pytest.fixture
def api(small: Path) -> Api:
    """A sandbox that pushes when it is told to."""
    found = Api(Sandbox(small, START))
    found.sandbox.player.behaviour = QUIET
    return found


# -- establishing


def test_a_webhook_is_established_by_a_handshake_and_tells_its_secret_once(api: Api, target: Target) -> None:
    body = establish(api, target)
    assert body["X-Hook-Secret"] == target.secrets[0]
    assert (body["data"]["active"], body["data"]["resource"]["name"], body["data"]["target"]) == (True, "p", target.url)
    shown = api.get(f"/webhooks/{body['data']['gid']}")
    assert shown["gid"] == body["data"]["gid"]
    assert target.secrets[0] not in json.dumps([shown, api.get("/webhooks", workspace="1"), api.sandbox.logged()])
    assert target.secrets[0] not in repr(api.sandbox.player.webhooks.all())


@pytest.mark.parametrize("wrong", ["another secret", "a refusal", "nobody there"])
def test_without_the_right_echo_there_is_no_webhook(api: Api, target: Target, wrong: str) -> None:
    target.echoes = wrong != "another secret"
    target.handshake_status = 500 if wrong == "a refusal" else 200
    url = "http://127.0.0.1:9/" if wrong == "nobody there" else target.url
    status, message = api.refused("POST", "/webhooks", {"resource": P, "target": url})
    assert (status, "handshake secret" in message) == (400, True)
    assert api.get("/webhooks", workspace="1") == []
    assert api.sandbox.logged()[-2]["status"] == 400


def test_the_server_answers_others_during_a_handshake(small: Path, target: Target) -> None:
    seen: list[int] = []
    with RunningSandbox(small, START) as sandbox:
        headers = {"Authorization": "Bearer reader"}

        def ask() -> None:
            seen.append(requests.get(f"{sandbox.url}/tasks/{T}", headers=headers, timeout=5).status_code)

        target.during_handshake = ask
        body = {"data": {"resource": P, "target": target.url}}
        reply = requests.post(f"{sandbox.url}/webhooks", json=body, headers=headers, timeout=9)
        assert (reply.status_code, seen) == (201, [200])
        assert reply.headers["Location"].endswith(f"/webhooks/{reply.json()['data']['gid']}")
        requests.put(f"{sandbox.url}/tasks/{T}", json={"data": {"name": "new"}}, headers=headers, timeout=5)
        control = sandbox.url.replace("/api/1.0", "/_sandbox/webhooks/deliver")
        assert requests.post(control, timeout=5).json()["waiting"] == 0
    assert {"name"} <= {event["change"]["field"] for event in target.events() if "change" in event}


def test_the_same_user_cannot_watch_a_resource_twice_for_the_same_target(api: Api, target: Target) -> None:
    establish(api, target)
    status, message = api.refused("POST", "/webhooks", {"resource": P, "target": target.url})
    assert (status, message.startswith("Duplicated webhook.")) == (403, True)
    establish(api, target, G)
    other = Api(api.sandbox, token="another")
    establish(other, target)
    assert len(other.get("/webhooks", workspace="1")) == 1
    mine = api.get("/webhooks", workspace="1")
    assert other.refused("DELETE", f"/webhooks/{mine[0]['gid']}")[0] == 404


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"target": "https://x.example"}, 400),
        ({"resource": P}, 400),
        ({"resource": "999", "target": "https://x.example"}, 404),
        ({"resource": "2", "target": "https://x.example"}, 400),
        ({"resource": P, "target": "ftp://x.example"}, 400),
        ({"resource": P, "target": "https://"}, 400),
        ({"resource": P, "target": "http://[::1"}, 400),
        ({"resource": P, "target": 7}, 400),
        ({"resource": P, "target": "https://x.example", "active": True}, 400),
        ({"resource": P, "target": "https://x.example", "filters": {}}, 400),
        ({"resource": P, "target": "https://x.example", "filters": [3]}, 400),
        ({"resource": P, "target": "https://x.example", "filters": [{"action": "renamed"}]}, 400),
        ({"resource": P, "target": "https://x.example", "filters": [{"kind": "task"}]}, 400),
        ({"resource": P, "target": "https://x.example", "filters": [{"action": "added", "fields": ["name"]}]}, 400),
        ({"resource": P, "target": "https://x.example", "filters": [{"fields": ["name"]}]}, 400),
    ],
)
def test_what_is_no_webhook_is_refused_before_anyone_is_asked(api: Api, data: dict[str, Any], status: int) -> None:
    assert api.refused("POST", "/webhooks", data)[0] == status


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "10.0.0.7", "192.168.1.1", "a.localhost"])
def test_a_sandbox_that_is_strict_sends_nothing_to_this_machine(api: Api, host: str) -> None:
    api.sandbox.player.behaviour = replace(QUIET, allow_local_targets=False)
    assert api.refused("POST", "/webhooks", {"resource": P, "target": f"http://{host}:8080/x"})[0] == 403


@pytest.mark.parametrize("scope", ["1", TEAM, FOLIO])
@pytest.mark.parametrize(
    "filters",
    [
        None,
        [],
        [{"action": "added"}],
        [{"resource_type": "task", "action": "added"}],
        [{"resource_type": "story"}],
        [{"resource_type": "project", "action": "changed", "fields": ["name"]}],
    ],
)
def test_larger_scopes_need_filters_that_fit_them(api: Api, target: Target, scope: str, filters: Any) -> None:
    data = {"resource": scope, "target": target.url, **({} if filters is None else {"filters": filters})}
    status, body = api.call("POST", "/webhooks", {"data": data})
    assert (status, body["errors"][0]["error"]) == (400, "invalid_filters_for_larger_scoped_webhooks")
    assert target.secrets == []


def test_a_resource_carries_a_thousand_webhooks_and_streams(api: Api, target: Target) -> None:
    api.call("GET", "/events", resource=P)
    webhooks = api.sandbox.player.webhooks
    for number in range(999):
        webhooks.add(P, f"https://x.example/{number}", [], "2", None, "s")
    assert api.refused("POST", "/webhooks", {"resource": P, "target": target.url})[0] == 403
    establish(api, target, G)


def test_filters_are_replaced_as_a_whole_and_a_webhook_is_deleted(api: Api, target: Target) -> None:
    gid = establish(api, target, filters=[{"resource_type": "task", "action": "changed", "fields": ["name"]}])["data"][
        "gid"
    ]
    assert api.write("PUT", f"/webhooks/{gid}", filters=[{"resource_type": "story"}])["filters"] == [
        {"resource_type": "story"}
    ]
    assert api.refused("PUT", f"/webhooks/{gid}", {"target": "https://x.example"})[0] == 400
    listed = api.get("/webhooks", workspace="1", resource=P, opt_fields="target,filters.resource_type")
    assert listed == [{"gid": gid, "target": target.url, "filters": [{"resource_type": "story"}]}]
    assert api.get("/webhooks", workspace="1", resource=G) == []
    assert api.write("DELETE", f"/webhooks/{gid}") == {}
    assert api.refused("GET", f"/webhooks/{gid}")[0] == 404
    api.write("PUT", f"/tasks/{T}", name="unheard")
    assert deliver(api)["sent"] == 0


# -- deliveries


def test_what_is_pushed_is_signed_compact_and_begins_with_a_heartbeat(api: Api, target: Target) -> None:
    secret = establish(api, target)["X-Hook-Secret"]
    deliver(api)
    assert target.received[0][1] == b'{"events":[]}'
    api.write("PUT", f"/tasks/{T}", assignee="2")
    deliver(api)
    for signature, body in target.received:
        assert signature == hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    changed = next(event for event in target.events() if event["action"] == "changed")
    assert changed["resource"] == {"gid": T, "resource_type": "task"}
    assert changed["change"]["new_value"] == {"gid": "2", "resource_type": "user"}
    assert set(changed["user"]) == {"gid", "resource_type"}
    assert (changed["parent"], "type" in changed) == (None, False)


def test_filters_let_through_what_any_of_them_names(api: Api, target: Target) -> None:
    wanted = [
        {"resource_type": "task", "action": "changed", "fields": ["notes"]},
        {"resource_subtype": "comment_added"},
    ]
    establish(api, target, filters=wanted)
    api.write("PUT", f"/tasks/{T}", name="new", notes="new")
    api.write("POST", f"/tasks/{T}/stories", text="hello")
    deliver(api)
    told = [(event["resource"]["resource_type"], event.get("change", {}).get("field")) for event in target.events()]
    assert told == [("task", "notes"), ("story", None)]


@pytest.mark.parametrize("scope", ["1", TEAM, FOLIO])
def test_larger_scopes_hear_of_their_projects_not_of_tasks(api: Api, target: Target, scope: str) -> None:
    establish(api, target, scope, filters=[{"resource_type": "project"}, {"resource_type": "goal"}])
    api.write("PUT", f"/tasks/{T}", name="new")
    api.write("PUT", f"/projects/{P}", name="renamed")
    api.write("PUT", f"/goals/{G}", name="renamed")
    api.sandbox.set_clock("2026-03-02T09:00:00Z")
    deliver(api)
    assert {event["resource"]["gid"] for event in target.events()} == ({P, G} if scope == "1" else {P})


def test_history_that_the_clock_plays_is_pushed(api: Api, target: Target) -> None:
    establish(api, target)
    api.sandbox.set_clock("2026-03-02T09:00:00Z")
    deliver(api)
    assert [(e["resource"]["gid"], e["change"]["field"], e["created_at"]) for e in target.events()] == [
        (T, "completed", HOUR_EVENT)
    ]


def test_a_write_is_pushed_without_being_asked(api: Api, target: Target) -> None:
    api.sandbox.player.behaviour = Behaviour()
    establish(api, target)
    arrived = threading.Event()
    send = api.sandbox.deliverer._send

    def watched(url: str, body: bytes, *rest: Any) -> Any:
        outcome = send(url, body, *rest)
        if b'"story"' in body:
            arrived.set()
        return outcome

    api.sandbox.deliverer._send = watched
    api.write("POST", f"/tasks/{T}/stories", text="hello")
    assert arrived.wait(10)


def test_heartbeats_come_every_eight_hours(api: Api, target: Target) -> None:
    gid = establish(api, target, G)["data"]["gid"]
    deliver(api)
    for moment, beats in (("2026-03-02T13:59:00Z", 1), ("2026-03-02T14:00:00Z", 2), ("2026-03-03T06:00:00Z", 4)):
        api.sandbox.set_clock(moment)
        deliver(api)
        assert len(target.received) == beats
    api.sandbox.set_clock("2026-06-01T06:00:00Z")
    deliver(api)
    assert len(target.received) <= 4 + 5  # a leap makes up for one day
    assert api.get(f"/webhooks/{gid}")["last_success_at"] == "2026-06-01T06:00:00.000Z"


def test_a_failed_push_is_retried_later_and_later_and_nothing_is_lost(api: Api, target: Target) -> None:
    gid = establish(api, target)["data"]["gid"]
    deliver(api)
    target.status = 503
    api.write("POST", f"/tasks/{T}/stories", text="one")
    assert deliver(api) == {"sent": 1, "failed": 1, "waiting": 1}
    shown = api.get(f"/webhooks/{gid}")
    assert (shown["last_failure_content"], shown["delivery_retry_count"]) == ("503 Service Unavailable\n\nno room", 0)
    assert shown["last_failure_at"] < shown["next_attempt_after"] < shown["failure_deletion_timestamp"]
    assert deliver(api)["sent"] == 0
    assert deliver(api, force=True)["sent"] == 1
    waits = []
    for minute in (10, 20, 40):
        api.sandbox.set_clock(f"2026-03-02T06:{minute}:00Z")
        deliver(api)
        shown = api.get(f"/webhooks/{gid}")
        waits.append((shown["delivery_retry_count"], shown["next_attempt_after"]))
    assert waits == sorted(waits)
    api.write("POST", f"/tasks/{T}/stories", text="two")
    target.status, target.received = 204, []
    api.sandbox.set_clock("2026-03-02T07:59:00Z")
    assert deliver(api) == {"sent": 2, "failed": 0, "waiting": 0}
    assert [event["action"] for event in target.events()] == ["added", "added"]
    shown = api.get(f"/webhooks/{gid}")
    assert (shown["delivery_retry_count"], shown["next_attempt_after"], shown["failure_deletion_timestamp"]) == (
        0,
        None,
        None,
    )


@pytest.mark.parametrize("steps", [["2026-03-09T06:00:00Z"], ["2026-03-02T20:00:00Z", "2026-03-03T23:00:00Z"]])
def test_after_a_day_of_failures_the_webhook_is_deleted(api: Api, target: Target, steps: list[str]) -> None:
    gid = establish(api, target)["data"]["gid"]
    deliver(api)
    target.status = 500
    for moment in steps:
        assert api.call("GET", f"/webhooks/{gid}")[0] == 200
        api.sandbox.set_clock(moment)
        deliver(api)
    assert api.call("GET", f"/webhooks/{gid}")[0] == 404
    attempts = len(target.received)
    assert 20 < attempts < 60
    deliver(api, force=True)
    assert len(target.received) == attempts


def test_a_target_that_is_too_slow_has_failed(api: Api, target: Target) -> None:
    gid = establish(api, target)["data"]["gid"]
    deliver(api)
    released, original = threading.Event(), target.received

    class Slow(list):
        def append(self, item: Any) -> None:
            original.append(item)
            released.wait(5)

    target.received = Slow()
    api.sandbox.player.behaviour = replace(QUIET, webhook_timeout_s=0.05)
    api.write("PUT", f"/tasks/{T}", name="new")
    assert deliver(api)["waiting"] == 1
    released.set()
    assert "did not answer" in api.get(f"/webhooks/{gid}")["last_failure_content"]


def test_a_reset_forgets_webhooks_as_it_forgets_writes(api: Api, target: Target) -> None:
    establish(api, target)
    api.sandbox.reset()
    assert api.get("/webhooks", workspace="1") == []


# -- faults


def names_pushed(small: Path, target: Target, behaviour: Behaviour) -> list[str]:
    api = Api(Sandbox(small, START))
    api.sandbox.player.behaviour = behaviour
    establish(api, target, filters=[{"resource_type": "story"}])
    stories = [api.write("POST", f"/tasks/{T}/stories", text=str(n))["gid"] for n in range(40)]
    target.received = []
    deliver(api)
    return [str(stories.index(event["resource"]["gid"])) for event in target.events()]


def test_pushes_are_lost_repeated_and_reordered_as_asked_and_always_alike(small: Path, target: Target) -> None:
    every = [str(number) for number in range(40)]
    alone = replace(QUIET, webhook_reordering=1e-9)  # each event is pushed by itself
    assert names_pushed(small, target, QUIET) == every
    some = names_pushed(small, target, replace(alone, webhook_loss=0.5))
    assert 5 < len(some) < 35
    assert some == names_pushed(small, target, replace(alone, webhook_loss=0.5))
    twice = names_pushed(small, target, replace(alone, webhook_duplication=1.0))
    assert twice == [name for name in every for _ in range(2)]
    mixed = names_pushed(small, target, replace(QUIET, webhook_reordering=0.5))
    assert mixed != every
    assert sorted(mixed, key=int) == every
