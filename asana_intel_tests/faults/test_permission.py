"""Who or what must have agreed before a request leaves: approval, check, kill switch; each taken away in turn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from asana_intel.changes import audit
from asana_intel.changes.ledger import StoredPlan
from asana_intel.changes.review import approve, reject, set_kill_switch
from asana_intel.errors import RefusedError
from asana_intel.quality.evaluate import Check, CheckOutcome
from asana_intel.quality.gate import record_gate
from asana_intel_tests.faults.office import WEEK, Office, flag_of, score_of
from asana_intel_tests.integration.write_desk import NOW


def record(office: Office, plan_hash: str, *, passed: bool = True, at: timedelta = timedelta()) -> None:
    checks = () if passed else (Check("new_value_is_present", False, "error", 1),)
    with office.database.transaction() as connection:
        record_gate(connection, plan_hash, CheckOutcome("changes/plan", passed, checks, 1), NOW + at)


CLOSED: dict[str, tuple[str, Callable[[Office, StoredPlan], object]]] = {
    "missing": ("never evaluated", lambda office, plan: None),
    "failed": ("failed for", lambda office, plan: record(office, plan.plan_hash, passed=False)),
    "failed after it had passed": (
        "failed for",
        lambda office, plan: (record(office, plan.plan_hash), record(office, plan.plan_hash, passed=False)),
    ),
    "from before the plan": ("stale", lambda office, plan: record(office, plan.plan_hash, at=-timedelta(seconds=1))),
    "of another plan": ("never evaluated", lambda office, plan: record(office, "f" * 64)),
}


@pytest.mark.fault("F30")
@pytest.mark.parametrize("name", CLOSED)
def test_a_plan_behind_a_closed_gate_sends_nothing(name: str, office: Office) -> None:
    why, judge = CLOSED[name]
    plan = office.plan(score_of(office.goal), gate=False)
    judge(office, plan)
    with pytest.raises(RefusedError, match=why):
        office.apply(plan)
    assert office.sent() == []


def by_the_author(office: Office, plan: StoredPlan) -> None:
    with pytest.raises(RefusedError, match="may not approve"):
        approve(office.database, plan.plan_id, "Planner ", NOW)


def for_another_plan(office: Office, plan: StoredPlan) -> None:
    setup = {**WEEK, "capability": "setup", **score_of(office.goals[1])}
    approve(office.database, office.stored(setup).plan_id, "ada", NOW)


def for_rows_changed_since(office: Office, plan: StoredPlan) -> None:
    approve(office.database, plan.plan_id, "ada", NOW)
    with office.database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE plan_row SET new_value = '0.99' WHERE plan_id = %s", (plan.plan_id,))


def withdrawn(office: Office, plan: StoredPlan) -> None:
    approve(office.database, plan.plan_id, "ada", NOW)
    reject(office.database, plan.plan_id, "bo", NOW)


def too_late(office: Office, plan: StoredPlan) -> None:
    with pytest.raises(RefusedError, match="expired"):
        approve(office.database, plan.plan_id, "ada", NOW + timedelta(hours=72))


NOT_APPROVED: dict[str, tuple[str, Callable[[Office, StoredPlan], object]]] = {
    "missing": ("not approved", lambda office, plan: None),
    "the author's own": ("not approved", by_the_author),
    "another plan's": ("not approved", for_another_plan),
    "for other rows": ("not those that were approved", for_rows_changed_since),
    "withdrawn": ("is rejected, not approved", withdrawn),
    "too late": ("is expired, not approved", too_late),
}


@pytest.mark.fault("F32")
@pytest.mark.parametrize("name", NOT_APPROVED)
def test_a_plan_without_a_good_approval_sends_nothing(name: str, office: Office) -> None:
    why, decide = NOT_APPROVED[name]
    plan = office.stored({**WEEK, **score_of(office.goal)})
    decide(office, plan)
    with pytest.raises(RefusedError, match=why):
        office.apply(plan)
    assert office.sent() == []
    assert audit.verify(office.database) is None


@pytest.mark.fault("F32")
def test_an_approval_that_ends_while_the_plan_is_applied_lets_nothing_more_leave(office: Office) -> None:
    plan = office.plan(*(score_of(goal) for goal in office.goals[:4]))
    over: list[object] = []
    with pytest.raises(RefusedError, match="expired"):
        office.apply(plan, on_row=over.append, now=lambda: NOW + timedelta(hours=72 if len(over) > 1 else 1))
    assert len(office.sent()) == len(over) == 2


@pytest.mark.fault("F35")
def test_no_send_is_committed_after_the_kill_switch_while_six_workers_write(office: Office) -> None:
    # Many more rows than workers: some must still wait when the switch is flipped, however quick the others are.
    plan = office.plan(*(score_of(goal) for goal in office.goals), *(flag_of(task) for task in office.tasks[:24]))
    over: list[object] = []

    def flip(row: object) -> None:
        over.append(row)
        if len(over) == 5:
            set_kill_switch(office.database, stopped=True, actor="ada", now=NOW)

    with pytest.raises(RefusedError, match="kill switch"):
        office.apply(plan, workers=6, on_row=flip)
    ((stopped,),) = office.query("SELECT seq FROM audit WHERE event = 'writes_stopped'")
    sends = [seq for (seq,) in office.query("SELECT seq FROM audit WHERE event = 'row_sending'")]
    assert max(sends) < stopped
    assert len(office.sent()) == len(sends) < len(plan.rows)
    assert set(office.states(plan)) == {"done", "planned"}
    set_kill_switch(office.database, stopped=False, actor="ada", now=NOW)
    assert set(office.settle(plan)) == {"done"}
    assert len(office.sent()) == len(plan.rows)
