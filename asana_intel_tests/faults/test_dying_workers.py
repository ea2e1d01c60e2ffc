"""Workers as processes: killed with half a request sent, stopped for long, ended during a send, cancelled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from asana_intel.changes import audit
from asana_intel.changes.claims import target_lock, worker_connection
from asana_intel.changes.ledger import StoredPlan
from asana_intel.changes.protocol import Timing
from asana_intel_tests.faults.office import Office, flag_of, score_of
from asana_intel_tests.faults.worker import HALF, WHOLE
from asana_intel_tests.integration.write_desk import BOT, NOW

LEASE_OVER = timedelta(seconds=61)
Worker = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def worker(office: Office, postgres_url: str) -> Iterator[Worker]:
    """Start a worker on a plan that meets a signal at a point; what is left of it is killed at the end."""
    started: list[subprocess.Popen[str]] = []

    def start(plan: StoredPlan, at: str, name: str, **more: Any) -> subprocess.Popen[str]:
        orders = {
            "database_url": postgres_url, "asana_url": office.company.url, "token": BOT, "plan_id": plan.plan_id,
            "at": at, "signal": name, "now": NOW.isoformat(), **more,
        }  # fmt: skip
        command = [sys.executable, "-m", "asana_intel_tests.faults.worker", json.dumps(orders)]
        started.append(subprocess.Popen(command, text=True, stderr=subprocess.PIPE))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def wait_until_stopped(process: subprocess.Popen[str]) -> None:
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), status


def sessions_of_workers(office: Office) -> list[int]:
    """Backends that hold the lock of an object."""
    return [pid for (pid,) in office.query(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
        " AND pid <> pg_backend_pid()")]  # fmt: skip


@pytest.mark.fault("F2", "F1")
def test_half_of_a_request_is_not_applied_and_is_later_sent_once(office: Office, worker: Worker) -> None:
    plan = office.plan(score_of(office.goal))
    assert worker(plan, HALF, "SIGKILL").wait(60) == -signal.SIGKILL
    assert (office.states(plan), office.effects()) == (["sending"], {})
    assert office.settle(plan) == ["done"]
    assert sum(office.effects().values()) == 1


@pytest.mark.fault("F47")
def test_a_run_that_is_ended_during_a_send_leaves_no_lock_and_its_row_is_settled_by_looking(
    office: Office, worker: Worker
) -> None:
    plan = office.plan(score_of(office.goal))
    assert worker(plan, WHOLE, "SIGTERM").wait(60) == -signal.SIGTERM
    with worker_connection(office.database) as other, target_lock(other, office.goal) as is_free:
        assert is_free
    assert office.settle(plan) == ["done"]
    assert (len(office.sent()), sum(office.effects().values())) == (1, 1)


@pytest.mark.fault("F47")
def test_a_run_that_is_cancelled_lets_its_workers_finish_their_row_and_begin_no_other(office: Office) -> None:
    rows = [score_of(goal) for goal in office.goals] + [flag_of(task) for task in office.tasks]
    plan = office.plan(*rows)
    over: list[object] = []
    is_cancelled = threading.Event()

    def interrupt(*_: object) -> None:
        is_cancelled.set()
        raise KeyboardInterrupt  # as Dagster does in the thread that runs the op

    def cancel(row: object) -> None:
        over.append(row)
        if len(over) == 2:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            is_cancelled.wait(30)

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            office.apply(plan, workers=3, on_row=cancel)
    finally:
        signal.signal(signal.SIGINT, before)
    assert set(office.states(plan)) == {"done", "planned"}
    assert len(office.sent()) == len(over) < len(rows)
    assert sessions_of_workers(office) == []
    assert set(office.settle(plan)) == {"done"}
    assert len(office.sent()) == len(rows)


@pytest.mark.fault("F16")
@pytest.mark.parametrize("is_cut", [True, False])
def test_a_worker_that_is_stopped_before_its_request_does_not_send_when_it_wakes(
    office: Office, worker: Worker, is_cut: bool
) -> None:
    plan = office.plan(score_of(office.goals[0]), score_of(office.goals[1]))
    stopped = worker(plan, "sending: committed", "SIGSTOP")
    wait_until_stopped(stopped)
    if is_cut:
        for pid in sessions_of_workers(office):
            office.query("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    others = office.apply(plan, LEASE_OVER)
    assert others.counts == ({"done": 1, "unknown": 1} if is_cut else {"done": 1})
    assert office.states(plan)[1] == "done"
    if is_cut:
        assert office.settle(plan) == ["done", "done"]
    stopped.send_signal(signal.SIGCONT)
    stopped.wait(60)
    assert office.settle(plan) == ["done", "done"]
    assert (len(office.sent()), sum(office.effects().values())) == (2, 2)
    assert audit.verify(office.database) is None


@pytest.mark.fault("F16")
def test_a_worker_that_is_stopped_within_a_transaction_does_not_hold_the_others_up(
    office: Office, worker: Worker
) -> None:
    plan = office.plan(score_of(office.goals[0]), score_of(office.goals[1]))
    stopped = worker(plan, "sending: before the commit", "SIGSTOP", patience_ms=300)
    wait_until_stopped(stopped)
    assert office.apply(plan, LEASE_OVER, timing=Timing()).counts == {"done": 2}
    stopped.send_signal(signal.SIGCONT)
    assert stopped.wait(60) != 0
    assert (office.states(plan), len(office.sent())) == (["done", "done"], 2)
