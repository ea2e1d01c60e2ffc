"""How much a token may ask: by the minute, at once, by cost; and what it is told when that is too much."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.errors import ConfigError
from asana_intel.sandbox.conditions import Conditions
from asana_intel.sandbox.limits import PLANS, Demand, Limiter, Limits
from asana_intel.sandbox.rejections import ApiError
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel.sandbox.server import RunningSandbox
from asana_intel_tests.unit.sandbox.worlds import MID, Api, first_project

READ, WRITE = Demand(writes=False, operation="getTask"), Demand(writes=True, operation="updateTask")
SEARCH = Demand(writes=False, operation="searchTasksForWorkspace")
JOB = Demand(writes=True, operation="duplicateTask")


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def refusal(limiter: Limiter, *demands: Demand, token: str = "t", jobs: int = 0) -> int | None:
    """Admit and finish calls; the seconds to wait if they are refused."""
    try:
        limiter.release(limiter.admit(token, demands or [READ], lambda: jobs))
    except ApiError as error:
        return int(error.headers["Retry-After"]) if error.status == 429 else -1
    return None


def test_calls_beyond_the_minutes_number_wait_until_the_oldest_is_a_minute_old() -> None:
    clock = Clock()
    limiter = Limiter(Limits(requests_per_minute=3), clock)
    assert [refusal(limiter) for _ in range(3)] == [None, None, None]
    clock.now += 20.5
    assert refusal(limiter, token="another") is None
    clock.now += 39.4
    assert refusal(limiter) == 1  # the three leave the window now, but the refused call counts
    clock.now += 1
    assert [refusal(limiter) for _ in range(3)] == [None, None, 60]


def test_refused_calls_count_so_that_hammering_never_gets_through() -> None:
    clock = Clock()
    limiter = Limiter(Limits(requests_per_minute=10), clock)
    for _ in range(10):
        refusal(limiter)
    for _ in range(200):
        clock.now += 1
        assert refusal(limiter) or clock.now > 1060
    standing = limiter.standing()["tokens"]["t"]
    assert standing["accepted"] + standing["rejected_by"]["minute"] == 210
    assert standing["rejected_by"]["minute"] > 100


@given(
    limit=st.integers(1, 12),
    gaps=st.lists(st.floats(0, 30), min_size=1, max_size=80),
)
def test_no_window_of_a_minute_has_more_accepted_calls_than_the_limit_and_waiting_as_told_is_enough(
    limit: int, gaps: list[float]
) -> None:
    clock, accepted = Clock(), []
    limiter = Limiter(Limits(requests_per_minute=limit), clock)
    for gap in gaps:
        clock.now += gap
        wait = refusal(limiter)
        if wait is not None:
            assert 1 <= wait <= 60
            clock.now += wait
            assert refusal(limiter) is None
        accepted.append(clock.now)
    for start in accepted:
        assert sum(start <= moment < start + 59.999 for moment in accepted) <= limit


def test_reads_and_writes_in_flight_are_counted_apart_and_come_back() -> None:
    limiter = Limiter(Limits(concurrent_reads=2, concurrent_writes=1), Clock())
    tickets = [limiter.admit("t", [READ]), limiter.admit("t", [READ]), limiter.admit("t", [WRITE])]
    assert refusal(limiter) == refusal(limiter, WRITE) == 1
    assert refusal(limiter, token="another") is None
    limiter.release(tickets[0])
    limiter.release(tickets[2])
    assert refusal(limiter) is None
    assert refusal(limiter, WRITE) is None
    assert limiter.standing()["tokens"]["t"]["rejected_by"]["concurrency"] == 2
    assert limiter.standing()["tokens"]["t"]["in_flight"] == {"reads": 1, "writes": 0}


def test_searches_and_jobs_have_limits_of_their_own() -> None:
    limiter = Limiter(Limits(search_per_minute=2, concurrent_jobs=2), Clock())
    assert [refusal(limiter, SEARCH) for _ in range(3)] == [None, None, 60]
    assert refusal(limiter, READ) is None
    assert refusal(limiter, JOB, jobs=1) is None
    assert refusal(limiter, JOB, jobs=2) == 1
    rejected = limiter.standing()["tokens"]["t"]["rejected_by"]
    assert (rejected["search"], rejected["jobs"]) == (1, 1)


def test_cost_is_deducted_afterwards_and_may_go_below_nothing() -> None:
    clock = Clock()
    limiter = Limiter(Limits(cost_per_minute=60), clock)
    assert refusal(limiter) is None
    limiter.charge("t", 90)  # 30 below nothing, at one a second
    assert refusal(limiter) == 30
    clock.now += 29
    assert refusal(limiter) == 1
    clock.now += 2
    assert refusal(limiter) is None
    assert limiter.standing()["tokens"]["t"]["rejected_by"]["cost"] == 2


def test_without_limits_nothing_is_refused_and_the_plans_have_asanas_figures() -> None:
    limiter = Limiter()
    assert all(refusal(limiter, SEARCH, JOB, jobs=99) is None for _ in range(2000))
    assert (PLANS["free"].requests_per_minute, PLANS["paid"].requests_per_minute) == (150, 1500)
    assert (PLANS["paid"].concurrent_reads, PLANS["paid"].concurrent_writes) == (50, 15)


def test_a_large_answer_costs_more_than_a_small_one(company_dir: Path) -> None:
    api = Api(Sandbox(company_dir, MID, conditions=Conditions(limits=Limits(cost_per_minute=1), clock=Clock())))
    api.get("/users", workspace=api.sandbox.player.all("workspaces")[0], limit=9)
    status, body = api.call("GET", "/workspaces")
    assert (status, body["errors"][0]["message"][:22]) == (429, "You have made too many")
    assert api.sandbox.limiter.standing()["tokens"].popitem()[1]["rejected_by"]["cost"] == 1


def test_a_job_that_is_not_finished_counts_until_it_is(api: Api) -> None:
    api.sandbox.limiter.change(Limits(concurrent_jobs=2))
    task = api.get(f"/projects/{first_project(api)}/tasks")[0]["gid"]
    jobs = [api.write("POST", f"/tasks/{task}/duplicate", name="Copy")["gid"] for _ in range(2)]
    assert api.call("POST", f"/tasks/{task}/duplicate", {"data": {"name": "Copy"}})[0] == 429
    api.sandbox.set_clock((MID + timedelta(hours=1)).isoformat())
    assert [api.get(f"/jobs/{job}")["status"] for job in jobs] == ["succeeded"] * 2
    assert api.call("POST", f"/tasks/{task}/duplicate", {"data": {"name": "Copy"}})[0] == 201


def test_a_refused_call_does_nothing_and_is_logged(company_dir: Path) -> None:
    api = Api(Sandbox(company_dir, MID, conditions=Conditions(limits=Limits(requests_per_minute=1), clock=Clock())))
    workspace = api.get("/workspaces")[0]["gid"]
    before = api.sandbox.truth()
    assert api.call("POST", "/tasks", {"data": {"workspace": workspace, "name": "x"}})[0] == 429
    assert api.sandbox.truth() == before
    assert [entry["status"] for entry in api.sandbox.logged()] == [200, 429]


@pytest.fixture
def running(company_dir: Path) -> Iterator[RunningSandbox]:
    with RunningSandbox(company_dir, MID) as sandbox:
        yield sandbox


def control(running: RunningSandbox, method: str, name: str, body: Any = None) -> requests.Response:
    url = running.url.replace("/api/1.0", "/_sandbox/") + name
    return requests.request(method, url, json=body, timeout=10)


def test_a_request_is_in_flight_while_it_waits(running: RunningSandbox) -> None:
    control(running, "POST", "limits", {"concurrent_reads": 3})
    control(running, "POST", "faults", {"faults": [{"do": {"kind": "latency", "ms": 400}}]})
    answers: list[requests.Response] = []

    def ask() -> None:
        headers = {"Authorization": "Bearer t"}
        answers.append(requests.get(f"{running.url}/workspaces", headers=headers, timeout=10))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [429] * 5
    assert all(answer.headers["Retry-After"] == "1" for answer in answers if answer.status_code == 429)
    (token,) = control(running, "GET", "limits").json()["tokens"].values()
    assert token["accepted"] == 3
    assert token["rejected_by"]["concurrency"] == 5
    assert token["in_flight"] == {"reads": 0, "writes": 0}


def test_limits_are_set_by_member_and_an_unknown_one_is_named(running: RunningSandbox) -> None:
    control(running, "POST", "limits", {"requests_per_minute": 5, "concurrent_reads": 2})
    settings = control(running, "POST", "limits", {"requests_per_minute": None}).json()["settings"]
    assert (settings["requests_per_minute"], settings["concurrent_reads"]) == (None, 2)
    for body, member in (
        ({"requests_per_second": 1}, "requests_per_second"),
        ({"concurrent_writes": 0}, "concurrent_"),
    ):
        answer = control(running, "POST", "limits", body)
        assert answer.status_code == 400
        assert member in answer.json()["errors"][0]["message"]
    assert control(running, "GET", "limits").json()["settings"] == settings


def test_conditions_come_from_files_that_name_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "limits.json"
    file.write_text('{"requests_per_minute": 7}')
    assert Conditions.read(limits=str(file)).limits == Limits(requests_per_minute=7)
    assert Conditions.read(limits="free").limits == PLANS["free"]
    file.write_text('{"per_minute": 7}')
    with pytest.raises(ConfigError, match="per_minute"):
        Conditions.read(limits=str(file))
    with pytest.raises(ConfigError, match=r"missing\.json"):
        Conditions.read(faults=tmp_path / "missing.json")
    file.write_text("{")
    with pytest.raises(ConfigError, match="not JSON"):
        Conditions.read(behaviour=file)


def test_an_offset_expires_on_the_sandboxs_clock(running: RunningSandbox) -> None:
    headers = {"Authorization": "Bearer t"}
    workspace = requests.get(f"{running.url}/workspaces", headers=headers, timeout=10).json()["data"][0]["gid"]
    query = {"workspace": workspace, "limit": "2"}
    page = requests.get(f"{running.url}/users", params=query, headers=headers, timeout=10).json()
    later = {**query, "offset": page["next_page"]["offset"]}
    control(running, "POST", "behaviour", {"offset_lifetime_s": 3600.0})
    running.set_clock(datetime(2025, 11, 3, 9, 59, tzinfo=UTC))
    assert requests.get(f"{running.url}/users", params=later, headers=headers, timeout=10).status_code == 200
    running.set_clock(datetime(2025, 11, 3, 10, 1, tzinfo=UTC))
    answer = requests.get(f"{running.url}/users", params=later, headers=headers, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"] == "offset: Your pagination token has expired."
    refused = control(running, "POST", "behaviour", {"event_loss": 2})
    assert refused.status_code == 400
    assert "event_loss" in refused.json()["errors"][0]["message"]
