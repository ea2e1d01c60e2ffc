"""What can go wrong with a request goes wrong as told, when told, and only then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.exceptions import ChunkedEncodingError, ReadTimeout

from asana_intel.sandbox.faults import FaultRules, Faults
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel.sandbox.server import RunningSandbox
from asana_intel_tests.unit.sandbox.worlds import MID, Api, first_project

TASK = {"path": "/tasks/{task}"}


def arm(api: Api, do: dict[str, Any], seed: int = 0, **match: Any) -> None:
    """Put one rule in force."""
    rules = FaultRules.model_validate({"faults": [{"match": match, "do": do}], "seed": seed})
    api.sandbox.set_faults(Faults(rules))


def fired(api: Api) -> int:
    return api.sandbox.faults.listed()["faults"][0]["fired"]


@pytest.fixture
def task(api: Api) -> str:
    return api.get(f"/projects/{first_project(api)}/tasks")[0]["gid"]


@pytest.fixture
def running(company_dir: Path) -> Iterator[RunningSandbox]:
    with RunningSandbox(company_dir, MID) as sandbox:
        yield sandbox


class Http:
    """Speaks to a sandbox over a socket."""

    def __init__(self, running: RunningSandbox) -> None:
        self.url = running.url
        self.running = running
        workspace = self.ask("GET", "/workspaces").json()["data"][0]["gid"]
        project = self.ask("GET", f"/projects?workspace={workspace}").json()["data"][0]["gid"]
        self.task = self.ask("GET", f"/projects/{project}/tasks").json()["data"][0]["gid"]

    def ask(self, method: str, path: str, body: Any = None, timeout: float = 10) -> requests.Response:
        headers = {"Authorization": "Bearer t"}
        return requests.request(
            method, self.url + path, json=body, headers=headers, timeout=timeout, allow_redirects=False
        )

    def control(self, method: str, name: str, body: Any = None) -> requests.Response:
        url = self.url.replace("/api/1.0", "/_sandbox/") + name
        return requests.request(method, url, json=body, timeout=10)

    def rename(self, name: str, timeout: float = 10) -> requests.Response:
        return self.ask("PUT", f"/tasks/{self.task}", {"data": {"name": name}}, timeout)

    def name(self) -> str:
        self.control("DELETE", "faults")
        return self.ask("GET", f"/tasks/{self.task}").json()["data"]["name"]


@pytest.fixture
def http(running: RunningSandbox) -> Http:
    return Http(running)


# -- connections


@pytest.mark.parametrize(
    ("do", "failure", "is_applied"),
    [
        ({"kind": "drop", "when": "before"}, requests.ConnectionError, False),
        ({"kind": "drop", "when": "during"}, ChunkedEncodingError, True),
        ({"kind": "drop", "when": "after"}, requests.ConnectionError, True),
        ({"kind": "truncate", "bytes": 20}, ChunkedEncodingError, True),
        ({"kind": "latency", "ms": 900}, ReadTimeout, True),
        ({"kind": "late", "after_requests": 1, "answer": "timeout"}, ReadTimeout, True),
    ],
)
def test_a_broken_connection_is_really_broken(
    http: Http, do: dict[str, Any], failure: type[Exception], is_applied: bool
) -> None:
    http.control("POST", "faults", {"faults": [{"match": {"method": "PUT"}, "do": do}]})
    with pytest.raises(failure):
        http.rename("Changed", timeout=0.5)
    if do["kind"] == "latency":
        http.ask("PUT", f"/tasks/{http.task}", {"data": {"notes": "which waits as long and began later"}})
    http.ask("GET", "/users/me")
    assert (http.name() == "Changed") == is_applied
    assert http.running.requests()[3]["fault"] == [f"{do['kind']}-0"]


@pytest.mark.parametrize(
    ("do", "status", "is_applied"),
    [
        ({"kind": "truncate", "bytes": 20, "length": "cut"}, 200, True),
        ({"kind": "html"}, 502, False),
        ({"kind": "html", "status": 200, "when": "after"}, 200, True),
        ({"kind": "redirect"}, 302, False),
        ({"kind": "status", "status": 500}, 500, False),
        ({"kind": "status", "status": 503, "when": "after"}, 503, True),
        ({"kind": "slow_body", "bytes": 500, "pause_ms": 1}, 200, True),
        ({"kind": "retry_after", "value": None}, 429, False),
        ({"kind": "retry_after", "value": "Wed, 21 Oct 2026 07:28:00 GMT"}, 429, False),
    ],
)
def test_a_wrong_answer_arrives_whole(http: Http, do: dict[str, Any], status: int, is_applied: bool) -> None:
    http.control("POST", "faults", {"faults": [{"match": {"method": "PUT"}, "do": do}]})
    answer = http.rename("Changed")
    assert answer.status_code == status
    assert answer.headers.get("Retry-After") == do.get("value")
    assert (do["kind"] == "html") == ("<html>" in answer.text)
    assert (do["kind"] == "redirect") == ("elsewhere" in answer.headers.get("Location", ""))
    if status == 500:
        assert answer.json()["errors"][0]["phrase"]
    if do["kind"] == "truncate":
        assert len(answer.content) == 20
    assert (http.name() == "Changed") == is_applied
    assert http.running.requests()[3]["effects"] == (2 if is_applied else 0)


def test_the_server_ends_though_an_answer_is_held(company_dir: Path) -> None:
    with RunningSandbox(company_dir, MID) as running:
        http = Http(running)
        http.control("POST", "faults", {"faults": [{"do": {"kind": "late", "after_s": 1, "answer": "timeout"}}]})
        with pytest.raises(ReadTimeout):
            http.rename("Changed", timeout=0.2)


# -- when a rule fires


@pytest.mark.parametrize(
    ("match", "statuses"),
    [
        ({"nth": 2}, "200 503 200 200 200 200"),
        ({"every": 3}, "200 200 503 200 200 503"),
        ({"times": 2}, "503 503 200 200 200 200"),
        ({"after_requests": 4}, "200 200 200 200 503 503"),
        ({"every": 2, "times": 1}, "200 503 200 200 200 200"),
        ({"method": "POST"}, "200 200 200 200 200 200"),
        ({"operation": "getTask", "times": 1}, "503 200 200 200 200 200"),
        ({"path": "/api/1.0/tasks/*", "nth": 1}, "503 200 200 200 200 200"),
        ({"path": "/tasks/*/stories"}, "200 200 200 200 200 200"),
        ({"path": "/**", "token": "reader", "nth": 6}, "200 200 200 200 200 503"),
        ({"token": "another"}, "200 200 200 200 200 200"),
        ({"probability": 0.0}, "200 200 200 200 200 200"),
        ({"probability": 1.0, "nth": 3}, "200 200 503 200 200 200"),
    ],
)
def test_a_rule_fires_when_it_says(api: Api, task: str, match: dict[str, Any], statuses: str) -> None:
    arm(api, {"kind": "status", "status": 503}, **match)
    assert [api.call("GET", f"/tasks/{task}")[0] for _ in range(6)] == [int(status) for status in statuses.split()]
    assert fired(api) == statuses.count("503")
    log = api.sandbox.logged()[-6:]
    assert sum(bool(entry["fault"]) for entry in log) == fired(api)


def test_chance_is_the_same_for_the_same_seed(api: Api, task: str) -> None:
    def run(seed: int) -> list[int]:
        arm(api, {"kind": "status", "status": 503}, seed, probability=0.4)
        return [api.call("GET", f"/tasks/{task}")[0] for _ in range(60)]

    assert run(1) == run(1) != run(2)
    assert 10 < run(1).count(503) < 40


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({"faults": [{"do": {"kind": "nonsense"}}]}, "nonsense"),
        ({"faults": [{"do": {"kind": "status", "status": 503, "wenn": "after"}}]}, "wenn"),
        ({"faults": [{"do": {"kind": "status", "status": 200}}]}, "status"),
        ({"faults": [{"do": {"kind": "latency"}}]}, "ms"),
        ({"faults": [{"do": {"kind": "latency", "distribution": "uniform", "low_ms": 1}}]}, "high_ms"),
        ({"faults": [{"do": {"kind": "late"}}]}, "after_requests"),
        ({"faults": [{"do": {"kind": "stale"}}]}, "seconds"),
        ({"faults": [{"do": {"kind": "drop"}, "match": {"operation": "getNothing"}}]}, "operation"),
        ({"faults": [{"do": {"kind": "drop"}, "match": {"nth": 0}}]}, "nth"),
        ({"faults": [{"do": {"kind": "drop"}, "match": {"path": "tasks/**"}}]}, "path"),
        ({"faults": [{"do": {"kind": "retry_after", "value": "1\r\nX-Other: 2"}}]}, "value"),
        ({"faults": [{"do": {"kind": "redirect", "to": "https://a.example/\n"}}]}, "to"),
        ({"faults": [{"match": {}}]}, "do"),
        ({"fault": []}, "fault"),
        ({"faults": [], "seed": "x"}, "seed"),
    ],
)
def test_what_a_rule_has_wrong_is_named(http: Http, body: dict[str, Any], member: str) -> None:
    answer = http.control("POST", "faults", body)
    assert answer.status_code == 400
    assert member in answer.json()["errors"][0]["message"]
    assert http.control("GET", "faults").json() == {"seed": 0, "faults": []}


# -- states


@pytest.mark.parametrize(
    "do",
    [
        {"kind": "stale", "seconds": 1e12},
        {"kind": "late", "after_s": 1e12},
        {"kind": "latency", "ms": 1e300},
        {"kind": "latency", "distribution": "lognormal", "median_ms": 1e300, "sigma": 1e6},
        {"kind": "vanish", "how": "deleted", "gid": "none"},
        {"kind": "human_edit", "fields": {"name": 5}, "gid": "none"},
    ],
)
def test_what_cannot_be_never_fails_the_server(api: Api, task: str, do: dict[str, Any]) -> None:
    arm(api, do)
    for method, body in (("GET", None), ("PUT", {"data": {"name": "x"}})):
        assert api.call(method, f"/tasks/{task}", body)[0] in (0, 200, 404, 504)
    assert api.sandbox.logged()[-1]["latency_ms"] <= 3_600_000


def test_a_new_webhook_is_never_late_as_its_target_must_confirm_first(api: Api, task: str) -> None:
    arm(api, {"kind": "late", "after_requests": 1}, method="POST")
    status, _ = api.refused("POST", "/webhooks", {"resource": task, "target": "http://127.0.0.1:9/"})
    assert (status, fired(api)) == (400, 0)


def test_a_late_write_takes_effect_after_the_requests_told(api: Api, task: str) -> None:
    arm(api, {"kind": "late", "after_requests": 2, "answer": 504}, method="PUT", times=1)
    assert api.call("PUT", f"/tasks/{task}", {"data": {"name": "Late"}})[0] == 504
    number = api.sandbox.logged()[-1]["number"]
    assert [api.get(f"/tasks/{task}")["name"] == "Late" for _ in range(3)] == [False, False, True]
    row = next(row for row in api.sandbox.ledger.rows if row["field"] == "name")
    assert (row["request"], row["late"], row["after_request"]) == (number, True, number + 2)
    entry = next(entry for entry in api.sandbox.logged() if entry["number"] == number)
    assert (entry["status"], entry["late_status"], entry["effects"]) == (504, 200, 2)


def test_a_late_write_takes_effect_at_its_moment_of_the_clock_and_not_on_what_is_gone(api: Api, task: str) -> None:
    arm(api, {"kind": "late", "after_s": 60}, method="PUT")
    api.call("PUT", f"/tasks/{task}", {"data": {"name": "Late"}})
    api.sandbox.set_clock((MID + timedelta(seconds=59)).isoformat())
    assert api.get(f"/tasks/{task}")["name"] != "Late"
    api.sandbox.set_clock((MID + timedelta(hours=1)).isoformat())
    assert api.get(f"/tasks/{task}")["name"] == "Late"
    assert next(row["at"] for row in api.sandbox.ledger.rows) == "2025-11-03T09:01:00.001Z"
    api.call("PUT", f"/tasks/{task}", {"data": {"name": "Later"}})
    api.write("DELETE", f"/tasks/{task}")
    rows = len(api.sandbox.ledger.rows)
    api.sandbox.set_clock((MID + timedelta(hours=2)).isoformat())
    assert len(api.sandbox.ledger.rows) == rows


def test_a_stale_read_shows_what_stood_some_writes_or_seconds_ago(api: Api, task: str) -> None:
    old = api.get(f"/tasks/{task}")["name"]
    for name in ("One", "Two", "Three"):
        api.write("PUT", f"/tasks/{task}", name=name)
    for writes, shown in ((0, "Three"), (1, "Two"), (2, "One"), (3, old), (9, old), (1, "Two")):
        arm(api, {"kind": "stale", "writes": writes}, method="GET")
        assert api.get(f"/tasks/{task}")["name"] == shown
    created = api.write("POST", "/tasks", projects=[first_project(api)], name="New")["gid"]
    api.sandbox.set_clock((MID + timedelta(seconds=30)).isoformat())
    for seconds, status in ((10, 200), (40, 404), (0, 200)):
        arm(api, {"kind": "stale", "seconds": seconds}, method="GET")
        assert api.call("GET", f"/tasks/{created}")[0] == status
    api.sandbox.set_faults(Faults())
    assert api.get(f"/tasks/{task}")["name"] == "Three"


def test_another_person_edits_just_before_the_answer(api: Api, task: str) -> None:
    arm(api, {"kind": "human_edit", "fields": {"name": "By hand"}}, method="GET", times=1, **TASK)
    assert api.get(f"/tasks/{task}")["name"] == "By hand"
    rows = [row for row in api.sandbox.ledger.rows if row["field"] == "name"]
    assert [(row["human"], row["token"], row["new"]) for row in rows] == [(True, None, "By hand")]
    assert rows[0]["actor"] in api.sandbox.player.all("users")
    story = api.get(f"/tasks/{task}/stories")[-1]["gid"]
    told = api.get(f"/stories/{story}")
    assert (told["source"], told["created_by"]["gid"]) == ("web", rows[0]["actor"])
    assert api.sandbox.logged()[-3]["effects"] == 0


def test_another_persons_edit_can_be_an_action_and_its_refusal_is_told(api: Api, task: str) -> None:
    goal = next(gid for gid in api.sandbox.player.all("goals") if (api.get(f"/goals/{gid}")["metric"] or {}).get(
        "progress_source") == "manual")  # fmt: skip
    edit = {"kind": "human_edit", "gid": goal, "action": "setMetricCurrentValue", "fields": {"current_number_value": 7}}
    arm(api, edit, path="/users/me")
    api.get("/users/me")
    api.sandbox.set_faults(Faults())
    assert api.get(f"/goals/{goal}")["metric"]["current_number_value"] == 7
    arm(api, {"kind": "human_edit", "fields": {"due_on": "soon"}}, **TASK)
    assert api.call("GET", f"/tasks/{task}")[0] == 200
    assert "due_on" in api.sandbox.logged()[-1]["fault_error"]


def test_an_object_of_a_list_vanishes_before_it_is_read(api: Api) -> None:
    project = first_project(api)
    for how in ("hidden", "deleted"):
        arm(api, {"kind": "vanish", "how": how}, path="/projects/{project}/tasks", times=1)
        listed = [task["gid"] for task in api.get(f"/projects/{project}/tasks")]
        gone = [gid for gid in listed if api.call("GET", f"/tasks/{gid}")[0] == 404]
        assert len(gone) == 1
        still = [task["gid"] for task in api.get(f"/projects/{project}/tasks")]
        assert (gone[0] in still) == (how == "hidden")
        assert bool([row for row in api.sandbox.ledger.rows if row["action"] == "deleted"]) == (how == "deleted")
        api.sandbox.set_faults(Faults())
        assert api.call("GET", f"/tasks/{gone[0]}")[0] == (200 if how == "hidden" else 404)


def test_a_token_ends_and_stays_ended_while_others_live(api: Api) -> None:
    arm(api, {"kind": "expire_token"}, nth=3)
    assert [api.call("GET", "/users/me")[0] for _ in range(4)] == [200, 200, 401, 401]
    other = Api(api.sandbox, token="other")
    assert other.call("GET", "/users/me")[0] == 200
    api.sandbox.set_faults(Faults())
    assert api.call("GET", "/users/me")[0] == 200


def test_lists_show_an_item_twice_or_one_of_another_workspace_and_offsets_expire(api: Api) -> None:
    project = first_project(api)
    path, fields = f"/projects/{project}/tasks", "name,workspace.name"
    whole = api.get(path, opt_fields=fields)
    arm(api, {"kind": "duplicate"}, operation="getTasksForProject", times=1)
    twice = [task["gid"] for task in api.get(path)]
    assert (len(twice), len(set(twice))) == (len(whole) + 1, len(whole))
    arm(api, {"kind": "wrong_workspace"}, operation="getTasksForProject", times=1)
    workspaces = [task["workspace"]["gid"] for task in api.get(path, opt_fields=fields)]
    assert sorted(workspaces.count(gid) for gid in set(workspaces)) == [1, len(whole)]
    arm(api, {"kind": "expire_offset"}, times=1)
    offset = api.call("GET", path, limit=2)[1]["next_page"]["offset"]
    assert api.refused("GET", path, limit=2, offset=offset) == (400, "offset: Your pagination token has expired.")
    assert api.call("GET", path, limit=2, offset=offset)[0] == 200


def test_events_are_lost_for_good(api: Api, task: str) -> None:
    sync = api.call("GET", "/events", resource=task)[1]["sync"]
    api.write("PUT", f"/tasks/{task}", name="Changed")
    arm(api, {"kind": "lose_events", "rate": 1}, path="/events", times=1)
    lost = api.call("GET", "/events", resource=task, sync=sync)[1]
    assert lost["data"] == []
    assert api.call("GET", "/events", resource=task, sync=lost["sync"])[1]["data"] == []


def test_latency_follows_its_distribution(api: Api, task: str) -> None:
    arm(api, {"kind": "latency", "distribution": "uniform", "low_ms": 10, "high_ms": 20})
    for _ in range(40):
        api.get(f"/tasks/{task}")
    drawn = [entry["latency_ms"] for entry in api.sandbox.logged()[-40:]]
    assert all(10 <= latency <= 20 for latency in drawn)
    assert len(set(drawn)) == 40
    arm(api, {"kind": "latency", "distribution": "lognormal", "median_ms": 100, "sigma": 0.3})
    for _ in range(200):
        api.get(f"/tasks/{task}")
    drawn = sorted(entry["latency_ms"] for entry in api.sandbox.logged()[-200:])
    assert 90 < drawn[100] < 110
    assert 100 * 0.4 < drawn[5] < 75 < 130 < drawn[-6]


def test_actions_of_a_batch_meet_faults_too_but_none_of_connections(api: Api, task: str) -> None:
    action = {"relative_path": f"/tasks/{task}", "method": "get"}
    arm(api, {"kind": "status", "status": 503}, operation="getTask", nth=2)
    _, body = api.call("POST", "/batch", {"data": {"actions": [action] * 3}})
    assert [result["status_code"] for result in body["data"]] == [200, 503, 200]
    arm(api, {"kind": "html"}, operation="getTask")
    _, body = api.call("POST", "/batch", {"data": {"actions": [action]}})
    assert body["data"][0]["status_code"] == 200


def test_a_second_run_goes_on_with_numbers_and_ledger(company_dir: Path, tmp_path: Path) -> None:
    first = Api(Sandbox(company_dir, MID, tmp_path / "journal"))
    first.write("PUT", f"/projects/{first_project(first)}", name="Renamed")
    rows = first.sandbox.ledger.rows
    second = Api(Sandbox(company_dir, MID, tmp_path / "journal"))
    assert second.sandbox.ledger.rows == rows
    second.get("/users/me")
    assert second.sandbox.logged()[-1]["number"] > rows[-1]["request"]


def test_the_page_tells_of_every_kind_and_its_example_is_accepted() -> None:
    page = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text(encoding="utf-8")
    section = page.split("\n## Faults\n")[1].split("\n## ")[0]
    FaultRules.model_validate_json(section.split("```json\n")[1].split("```")[0])
    kinds = {definition["properties"]["kind"]["const"]: definition["properties"] for definition in (
        FaultRules.model_json_schema()["$defs"].values()) if "kind" in definition.get("properties", {})}  # fmt: skip
    told = {line.split("`")[1]: line for line in section.splitlines() if line.startswith("| `")}
    assert set(told) == {*kinds, "kind"}
    for kind, members in kinds.items():
        assert all(f"`{member}`" in told[kind] for member in members if member not in ("kind", "when")), kind
