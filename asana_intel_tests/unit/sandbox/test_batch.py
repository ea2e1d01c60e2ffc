"""Batches: up to ten actions in one request, each answered as a request of its own."""

from __future__ import annotations

from typing import Any

import pytest

from asana_intel.sandbox.limits import Limits
from asana_intel_tests.unit.sandbox.worlds import Api, first_project


def batch(api: Api, *actions: dict[str, Any]) -> tuple[int, Any]:
    status, body = api.call("POST", "/batch", {"data": {"actions": list(actions)}})
    return status, body.get("data", body)


def get(path: str, **more: Any) -> dict[str, Any]:
    return {"relative_path": path, "method": "get", **more}


def test_results_come_in_the_actions_order_with_their_own_statuses(api: Api) -> None:
    project = first_project(api)
    status, results = batch(
        api,
        get(f"/projects/{project}"),
        get("/tasks/1"),
        {"relative_path": "/tasks", "method": "POST", "data": {"projects": [project], "name": "New"}},
        {"relative_path": "/nowhere", "method": "delete"},
    )
    assert status == 200
    assert [result["status_code"] for result in results] == [200, 404, 201, 404]
    assert results[0]["body"]["data"]["gid"] == project
    assert results[2]["headers"]["location"] == f"/tasks/{results[2]['body']['data']['gid']}"
    assert results[1]["body"]["errors"][0]["message"]


def test_options_page_and_choose_fields_and_data_of_a_get_is_its_query(api: Api) -> None:
    workspace = api.get("/workspaces")[0]["gid"]
    options: dict[str, Any] = {"limit": 2, "fields": ["email"]}
    _, (first,) = batch(api, get("/users", data={"workspace": workspace}, options=options))
    assert [sorted(user) for user in first["body"]["data"]] == [["email", "gid"]] * 2
    options["offset"] = first["body"]["next_page"]["offset"]
    _, (second,) = batch(api, get("/users", data={"workspace": workspace}, options=options))
    assert not {user["gid"] for user in first["body"]["data"]} & {user["gid"] for user in second["body"]["data"]}


def test_all_may_fail_and_the_batch_has_still_succeeded(api: Api) -> None:
    status, results = batch(api, {"relative_path": "/batch", "method": "post"}, get("/exports/graph"), get("/tasks/0"))
    assert status == 200
    assert [result["status_code"] for result in results] == [400, 400, 404]


@pytest.mark.parametrize(
    ("actions", "told"),
    [
        ([get("/users/me")] * 11, "at most 10"),
        ([get("/users/me?limit=1")], "actions[0].relative_path"),
        ([{"relative_path": "/users/me"}], "actions[0].method"),
        ([get("/users/me"), {"relative_path": "/users/me", "method": "brew"}], "actions[1].method"),
        ([get("users/me")], "slash"),
        ([get("/users/me", body={})], "actions[0].body"),
        ([get("/users/me", data=[1])], "objects"),
        (["x"], "actions[0]"),
    ],
)
def test_a_malformed_batch_is_refused_as_a_whole(api: Api, actions: list[Any], told: str) -> None:
    status, body = api.call("POST", "/batch", {"data": {"actions": actions}})
    assert status == 400
    assert told in body["errors"][0]["message"]


def test_each_action_counts_and_one_too_many_refuses_the_whole_batch(api: Api) -> None:
    api.sandbox.limiter.change(Limits(requests_per_minute=5))
    before = api.sandbox.truth()
    project = api.sandbox.player.all("projects")[0]
    create = {"relative_path": "/tasks", "method": "post", "data": {"projects": [project], "name": "x"}}
    assert batch(api, *[get("/users/me")] * 3)[0] == 200
    status, body = batch(api, create, *[get("/users/me")] * 2)
    assert status == 429
    assert body["errors"]
    assert api.sandbox.truth() == before
    (token,) = api.sandbox.limiter.standing()["tokens"].values()
    assert (token["accepted"], token["rejected_by"]["minute"]) == (3, 3)


def test_a_batch_is_in_flight_with_all_its_actions(api: Api) -> None:
    api.sandbox.limiter.change(Limits(concurrent_reads=3))
    assert batch(api, *[get("/users/me")] * 3)[0] == 200
    assert batch(api, *[get("/users/me")] * 4)[0] == 429


def test_actions_are_logged_one_by_one_below_their_batch(api: Api) -> None:
    project = first_project(api)
    create = {"relative_path": "/tasks", "method": "post", "data": {"projects": [project], "name": "x"}}
    batch(api, get("/users/me"), create)
    outer, read, write = api.sandbox.logged()[-3:]
    assert (outer["path"], outer["effects"]) == ("/batch", 0)
    assert read["batch"] == write["batch"] == outer["number"]
    assert write["effects"] >= 1
    assert {row["request"] for row in api.sandbox.ledger.rows} == {write["number"]}
