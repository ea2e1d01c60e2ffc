"""Many planners, many workers, a worker whose clock is wrong: the ledger decides, once, and by its own time."""

from __future__ import annotations

import ast
import datetime as real
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import asana_intel
from asana_intel.changes import audit
from asana_intel.changes.claims import claim, worker_connection
from asana_intel.changes.ledger import ledger_clock, ledger_time, load_plan, store_plan
from asana_intel.changes.progress import begin_send
from asana_intel.errors import RefusedError
from asana_intel.settings import Mode
from asana_intel.storage.postgres import Database
from asana_intel_tests.faults.office import Office, flag_of, post_on, score_of
from asana_intel_tests.integration.write_desk import NOW


def at_once(times: int, do: Callable[[int], Any]) -> list[Any]:
    """Do something several times, beginning in the same moment."""
    start = threading.Barrier(times)

    def one(number: int) -> Any:
        start.wait()
        return do(number)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


@pytest.mark.fault("F17")
def test_eight_planners_at_once_make_one_plan(database: Database, make_plan: Callable[..., Any]) -> None:
    frame = make_plan({}, {"target_gid": "2"})
    plans = at_once(8, lambda n: store_plan(database, frame, f"planner {n}", Mode.propose, NOW))
    assert len({plan.plan_id for plan in plans}) == 1
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM plan), (SELECT count(*) FROM plan_row)")
        assert cursor.fetchone() == (1, 2)
    assert (audit.length(database), audit.verify(database)) == (1, None)


@pytest.mark.fault("F18")
def test_two_fleets_write_each_row_once_and_those_of_one_object_in_their_order(office: Office) -> None:
    goals = office.goals[:6]
    rows = [score_of(goal) for goal in goals]
    rows += [{"target_gid": goal, "field": "ai_summary", "new_value": '"On pace."'} for goal in goals]
    rows += [post_on(goal, kind) for kind in ("status_update", "comment") for goal in goals]
    plan = office.plan(*rows)
    at_once(2, lambda _: office.apply(plan, workers=6))
    assert office.settle(plan) == ["done"] * len(rows)
    assert len(office.sent()) == len(rows)
    order: dict[str, list[str]] = defaultdict(list)
    for (gid, field), _ in sorted(
        (((body["target_gid"], body["field"]), seq) for seq, body in office.query(
            "SELECT seq, body FROM audit WHERE event = 'row_sending'")), key=lambda pair: pair[1],
    ):  # fmt: skip
        order[gid].append(field)
    assert set(map(tuple, order.values())) == {("ai_confidence_score", "ai_summary", "weekly_status", "odds_fell")}
    assert audit.verify(office.database) is None


# -- a worker's clock


@pytest.fixture(params=[-1, 1])
def skew(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> timedelta:
    """The worker's wall clock is an hour wrong."""
    wrong = timedelta(hours=request.param)
    right = time.time

    class Skewed(real.datetime):
        @classmethod
        def now(cls, tz: real.tzinfo | None = None) -> Any:
            return real.datetime.fromtimestamp(right(), tz) + wrong

    monkeypatch.setattr(time, "time", lambda: right() + wrong.total_seconds())
    for name, module in list(sys.modules.items()):
        if name.startswith("asana_intel.") and getattr(module, "datetime", None) is real.datetime:
            monkeypatch.setattr(module, "datetime", Skewed)
    return wrong


@pytest.mark.fault("F19")
def test_approvals_end_by_the_ledgers_time_whatever_the_workers_clock_says(office: Office, skew: timedelta) -> None:
    now = ledger_time(office.database)
    clock = ledger_clock(office.database)
    ends_soon = office.plan(score_of(office.goal), now=now - timedelta(hours=71, minutes=30))
    assert office.apply(ends_soon, now=clock).counts == {"done": 1}
    just_over = office.plan(score_of(office.goals[1]), now=now - timedelta(hours=72, seconds=-5))
    with pytest.raises(RefusedError, match="expired"):
        office.apply(just_over, now=lambda: clock() + timedelta(seconds=10))


@pytest.mark.fault("F19")
def test_leases_and_the_time_to_settle_are_the_ledgers_whatever_the_workers_clock_says(
    office: Office, skew: timedelta
) -> None:
    now = ledger_time(office.database)
    plan = office.plan(flag_of(office.tasks[0]), score_of(office.goal), now=now)
    with worker_connection(office.database) as other:
        held = claim(other, plan.plan_id, ledger_time(office.database), timedelta(seconds=60))
        assert held is not None
        taken = next(row for row in load_plan(office.database, plan.plan_id).rows if row.row_key == held.row_key)
        begin_send(other, taken, None, "other", ledger_time(office.database))
    assert office.apply(plan, now=ledger_clock(office.database)).counts == {"done": 1}
    office.query("UPDATE plan_row SET lease_until = NULL WHERE state = 'sending' RETURNING 1")
    assert office.apply(plan, now=ledger_clock(office.database)).counts == {"unknown": 1}
    assert [sent.split("/")[1] for sent in office.sent()] == ["goals"]


@pytest.mark.fault("F19")
def test_whoever_applies_a_plan_does_so_by_the_ledgers_time() -> None:
    package = Path(asana_intel.__path__[0])
    calls = [
        call
        for path in package.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "apply_plan"
    ]
    clocks = [ast.unparse(word.value) for call in calls for word in call.keywords if word.arg == "now"]
    assert len(clocks) == len(calls) > 0
    assert all(clock.startswith("ledger_clock(") for clock in clocks)
    for path in (package / "changes").glob("*.py"):
        assert not {"datetime.now", "time.time", "date.today"} & set(path.read_text().replace("(", " ").split())
