"""Requests as clients really send them over HTTP: encoded paths, repeated parameters, bodies that are no bodies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from asana_intel.sandbox.server import RunningSandbox
from asana_intel_tests.unit.sandbox.board import NOW, board

BEARER = {"Authorization": "Bearer reader"}


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    board(tmp_path / "world")
    with RunningSandbox(tmp_path / "world", NOW) as sandbox:
        yield sandbox.url


def ask(method: str, address: str, **more: Any) -> requests.Response:
    return requests.request(method, address, headers={**BEARER, **more.pop("headers", {})}, timeout=10, **more)


@pytest.mark.parametrize("external", ["JIRA-1", "a/b", "a b", "ü", "a?b#c", "a:b", "100%"])
def test_a_task_is_found_by_any_external_id_encoded_into_the_path(url: str, external: str) -> None:
    body = {"data": {"name": "T", "projects": ["3"], "external": {"gid": external}}}
    made = ask("POST", f"{url}/tasks", json=body).json()["data"]["gid"]
    address = f"{url}/tasks/{quote(f'external:{external}', safe='')}"
    assert ask("GET", address).json()["data"]["gid"] == made
    assert ask("PUT", address, json={"data": {"name": "Renamed"}}).json()["data"]["name"] == "Renamed"
    first = ask("GET", f"{address}/stories", params={"limit": 1}).json()
    second = ask("GET", first["next_page"]["uri"]).json()
    assert len({story["gid"] for page in (first, second) for story in page["data"]}) == 2
    action = {"relative_path": address.removeprefix(url), "method": "GET"}
    (result,) = ask("POST", f"{url}/batch", json={"data": {"actions": [action]}}).json()["data"]
    assert result["body"]["data"]["gid"] == made


def test_an_external_id_follows_its_task(url: str) -> None:
    made = ask("POST", f"{url}/tasks", json={"data": {"projects": ["3"], "external": {"gid": "a"}}}).json()["data"]
    assert ask("PUT", f"{url}/tasks/{made['gid']}", json={"data": {"external": {"gid": "b"}}}).status_code == 200
    assert ask("GET", f"{url}/tasks/external:a").status_code == 404
    assert ask("DELETE", f"{url}/tasks/external:b").status_code == 200
    assert ask("GET", f"{url}/tasks/external:b").status_code == 404


def test_a_repeated_opt_fields_counts_as_one(url: str) -> None:
    task = ask("GET", f"{url}/tasks/10", params=[("opt_fields", "name"), ("opt_fields", "notes,due_on")]).json()["data"]
    assert set(task) == {"gid", "name", "notes", "due_on"}


@pytest.mark.parametrize("limit", ["²", "٣"])
def test_digits_of_other_scripts_are_no_limit(url: str, limit: str) -> None:
    assert ask("GET", f"{url}/workspaces", params={"limit": limit}).status_code == 400


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"name": "unwrapped"}, "name: Not a recognized member"),
        ({"data": []}, "data: Not an object"),
        ({"data": {"name": "x"}, "options": []}, "options: Not an object"),
        ({"data": False}, "data: Not an object"),
    ],
)
def test_a_body_that_is_not_wrapped_in_data_is_refused_not_ignored(url: str, body: Any, told: str) -> None:
    answer = ask("PUT", f"{url}/tasks/10", json=body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"].startswith(told)
    assert ask("GET", f"{url}/tasks/10").json()["data"]["name"] == "T10"


def test_a_list_is_paged_to_its_end_while_every_page_read_is_deleted(url: str) -> None:
    made = [ask("POST", f"{url}/tasks", json={"data": {"name": str(n), "projects": ["30"]}}) for n in range(7)]
    found: list[str] = []
    address: str | None = f"{url}/projects/30/tasks?limit=2"
    while address:
        page = ask("GET", address).json()
        for task in page["data"]:
            found.append(task["gid"])
            ask("DELETE", f"{url}/tasks/{task['gid']}")
        address = (page["next_page"] or {}).get("uri")
    assert found == [answer.json()["data"]["gid"] for answer in made]
