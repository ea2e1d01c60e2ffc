"""Every row of the first table of docs/faults.md, done to a first sync and to one that follows changes."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from asana_intel import errors
from asana_intel.storage.postgres import Database
from asana_intel_tests.integration.fault_world import (
    BEHIND,
    STALE_LISTS,
    STORIES,
    Company,
    Fault,
    History,
    Home,
    assert_whole,
    promised,
    rule,
    running_company,
)

# Far enough apart that no request, whatever the order of threads, meets a fault at every one of its tries.
CASES: dict[str, Fault] = {
    "answers take their time (lognormal)": Fault(
        [rule("latency", distribution="lognormal", median_ms=2, sigma=0.8)]
    ),
    "an answer slower than our timeout": Fault(
        [rule("latency", {"nth": nth}, ms=1000) for nth in (2, 9, 31)], timeout_s=0.5
    ),
    "500, 502, 503, 504": Fault(
        [rule("status", {"every": n}, status=status) for n, status in ((13, 500), (17, 502), (19, 503), (23, 504))]
    ),
    "the connection breaks before, during or after an answer": Fault(
        [rule("drop", {"every": n}, when=when) for n, when in ((11, "before"), (13, "during"), (17, "after"))]
    ),
    "a body cut short, or not whole JSON": Fault(
        [rule("truncate", {"every": n}, bytes=n, length=length) for n, length in ((7, "whole"), (9, "cut"))]
    ),
    "a page of HTML with 200 or 502": Fault(
        [rule("html", {"every": n}, status=status) for n, status in ((7, 200), (9, 502))]
    ),
    "a body that drips": Fault([rule("slow_body", {"every": 9}, bytes=400, pause_ms=1)]),
    "429 with a number, a date or nothing in `Retry-After`": Fault(
        [
            rule("retry_after", {"every": 11}, value="12"),
            rule("retry_after", {"every": 13}, value="Tue, 10 Mar 2026 12:03:00 GMT"),
            rule("retry_after", {"every": 17}, value=None),
        ]
    ),
    "limits of calls a minute and calls in flight": Fault(
        limits={"requests_per_minute": 20, "concurrent_reads": 2, "cost_per_minute": 900}
    ),
    "an item stands twice in a list": Fault([rule("duplicate")]),
    "an offset expires": Fault([rule("expire_offset", {"nth": 1})]),
    "an offset expires every time": Fault([rule("expire_offset")]),
    "single lists answer 500 for ever": Fault(
        [rule("status", {"path": path}, status=500) for path in ("/users", "/tasks/FIRST/stories")]
    ),
    "a list is redirected": Fault([rule("redirect", {"path": "/goals"}, to="ELSEWHERE")]),
    "an object of another workspace that says so": Fault([rule("wrong_workspace", {"path": "/projects", "nth": 1})]),
    "an object of another workspace that does not say so": Fault(
        [rule("wrong_workspace", {"path": "/projects/{project}/sections", "nth": 1})]
    ),
    "lists are behind, single objects are not": Fault(STALE_LISTS),
    "lists of stories are behind": Fault([rule("stale", {"path": STORIES}, **BEHIND)]),
    "all reads are behind": Fault([rule("stale", **BEHIND)]),
    "an object is hidden between its list and its read": Fault([rule("vanish", {"path": "/tasks", "nth": 1})]),
    "an object is deleted between its list and its read": Fault(
        [rule("vanish", {"path": "/tasks", "nth": 1}, how="deleted")]
    ),
    "people edit while we read": Fault(
        [rule("human_edit", {"path": STORIES, "every": 2}, fields={"name": "Edited meanwhile", "completed": True})]
    ),
    "everything is redirected": Fault([rule("redirect", to="ELSEWHERE")]),
    "no answer several times in a row": Fault([rule("status", {"after_requests": 20}, status=503)]),
    "the token expires": Fault([rule("expire_token", {"nth": 21})]),
}  # fmt: skip
PROMISED = {name: cells[0] for name, cells in promised("Reads").items()}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with running_company(tmp_path_factory.mktemp("company")) as running:
        yield running


@pytest.fixture(scope="module")
def made(company: Company, tmp_path_factory: pytest.TempPathFactory) -> History:
    return History(company, tmp_path_factory.mktemp("history"))


@pytest.fixture
def history(made: History, database: Database) -> Iterator[History]:
    """The company, changed, and read before and after."""
    made.remember(database)
    made.company.begin_anew()
    made.change()
    yield made
    made.company.heal()


@pytest.fixture
def elsewhere() -> Iterator[socket.socket]:
    """A port that nobody should come to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


def test_every_row_is_tried() -> None:
    assert list(PROMISED) == list(CASES)


def placed(fault: Fault, first_task: str, listener: socket.socket) -> Fault:
    """Fill in what is known only now: a task that changed, the port elsewhere."""
    there = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    filled = [
        {
            "match": {n: v.replace("FIRST", first_task) if n == "path" else v for n, v in r["match"].items()},
            "do": {name: there if value == "ELSEWHERE" else value for name, value in r["do"].items()},
        }
        for r in fault.rules
    ]
    return Fault(filled, fault.limits, fault.timeout_s)


@pytest.mark.parametrize("start", ["a first sync", "a sync after changes"])
@pytest.mark.parametrize("name", CASES)
def test_a_sync_keeps_its_promise(
    name: str, start: str, history: History, database: Database, tmp_path: Path, elsewhere: socket.socket
) -> None:
    home = (history.first_home if start == "a first sync" else history.second_home)(tmp_path / "home", database)
    fault = placed(CASES[name], history.first_task, elsewhere)
    history.company.break_down(fault)
    keeps(PROMISED[name], home, fault, history)
    assert not history.company.not_met()
    with pytest.raises(BlockingIOError):
        elsewhere.accept()
    if PROMISED[name] == "complete":
        assert home.contents() == history.after
        return

    truth = history.after
    if any(r["do"].get("how") == "deleted" or r["do"]["kind"] == "human_edit" for r in fault.rules):
        history.company.heal()
        truth = history.truth(database)
    assert_whole(home, history.before, history.after, truth)
    history.company.heal()
    report = home.sync()
    assert not report.incomplete
    assert not report.unavailable
    assert home.contents() == truth


def keeps(promise: str, home: Home, fault: Fault, history: History) -> None:
    """Sync, and hold the report or the error against what was promised."""
    if promise.endswith("Error"):
        with pytest.raises(getattr(errors, promise)):
            home.sync(timeout_s=fault.timeout_s)
        return
    report = home.sync(timeout_s=fault.timeout_s)
    assert bool(report.incomplete or report.unavailable) == (promise == "incomplete")
