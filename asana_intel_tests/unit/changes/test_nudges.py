"""How often one person is addressed in a week: what a plan holds back, and what the ledger refuses to send."""

from __future__ import annotations

from collections import Counter

import polars as pl
import psycopg2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.changes.canonical import canonical_object, parsed
from asana_intel.changes.inputs import Week
from asana_intel.changes.nudges import addressed, within_budget
from asana_intel.changes.policy import set_limits
from asana_intel.storage.contracts import CONTRACTS, conform
from asana_intel_tests.unit.changes.conftest import AS_OF_AT, AS_OF_ON, NOW


def task_for(person, goal, **more):
    body = {"name": f"Review {goal}", "notes": "Why.", "assignee": person, "project": "OKR Actions"}
    return {
        "kind": "create_task", "target_gid": goal, "field": "review_task", "risk": "medium",
        "new_value": canonical_object(body),
    } | more  # fmt: skip


def persons(plan):
    return Counter(parsed(body)["assignee"] for body in plan.filter(kind="create_task")["new_value"])


def test_the_goals_of_the_lowest_odds_are_asked_about_and_what_is_silent_stays(make_plan):
    plan = make_plan({}, *(task_for("70", gid) for gid in ("1", "2", "3")), task_for("71", "4"))
    kept, held_back = within_budget(plan, {"70": 1}, 3, {"1": 0.6, "2": 0.1, "3": 0.3, "4": 0.6})
    assert held_back == 1
    assert sorted(kept.filter(kind="create_task")["target_gid"]) == ["2", "3", "4"]
    assert kept["position"].to_list() == [0, 1, 2, 3]
    assert kept.filter(kind="set_field").height == 1


def test_a_task_of_nobody_addresses_nobody(make_plan):
    kept, held_back = within_budget(make_plan(task_for(None, "1")), {}, 0)
    assert (kept.height, held_back) == (1, 0)


@given(
    st.lists(st.tuples(st.sampled_from(["70", "71", "72"]), st.floats(0, 1)), min_size=1, max_size=12),
    st.dictionaries(st.sampled_from(["70", "71"]), st.integers(0, 6)),
    st.integers(0, 6),
)
def test_nobody_is_addressed_more_often_than_allowed_and_nothing_is_held_back_without_need(tasks, already, limit):
    week = Week(AS_OF_ON, AS_OF_AT)
    rows = [
        week.row("create_task", "goals", ("goal", str(n)), "review_task", task_for(person, str(n))["new_value"], "r",
                 confidence=sure) | {"position": n}
        for n, (person, sure) in enumerate(tasks)
    ]  # fmt: skip
    contract = CONTRACTS["changes/plan"]
    plan = conform(contract, pl.DataFrame(rows, schema=contract.schema))
    kept, held_back = within_budget(plan, already, limit)
    wanted, got = persons(plan), persons(kept)
    assert plan.height - kept.height == held_back
    for person, n in wanted.items():
        assert got[person] == min(n, max(0, limit - already.get(person, 0)))


def test_the_ledger_lets_what_is_too_much_for_a_person_wait_and_counts_the_week(database, asana, approved, applied):
    set_limits(database, "ada", NOW, nudges=2)
    asana.projects.append({"gid": "700", "name": "OKR Actions"})
    asana.goals["4"] = asana.goals["1"]
    report = applied(approved(*(task_for("70", gid) for gid in ("1", "2", "3")), task_for("71", "4")))
    assert report.counts == {"done": 3, "waiting": 1}
    (late,) = [row for row in report.outcomes if row.outcome == "waiting"]
    assert "70 was addressed 2 times" in late.error
    assert Counter(task["assignee"]["gid"] for task in asana.tasks) == {"70": 2, "71": 1}
    assert addressed(database, AS_OF_ON) == {"70": 2, "71": 1}


def test_the_trigger_refuses_it_whoever_asks(database, approved):
    set_limits(database, "ada", NOW, nudges=0)
    plan = approved(task_for("70", "1"))
    with (
        pytest.raises(psycopg2.DatabaseError, match="70 was addressed 0 times"),
        database.transaction() as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "UPDATE plan_row SET state = 'sending', attempts = 1, last_sent_at = %s WHERE plan_id = %s",
            (NOW, plan.plan_id),
        )


def test_two_workers_at_once_do_not_both_take_the_last_place(database, approved):
    set_limits(database, "ada", NOW, nudges=1)
    plan = approved(task_for("70", "1"), task_for("70", "2"))
    send = (
        "UPDATE plan_row SET state = 'sending', attempts = 1, last_sent_at = %s WHERE plan_id = %s AND target_gid = %s"
    )
    one, two = database.connect("worker"), database.connect("worker")
    try:
        with one, one.cursor() as first:
            first.execute(send, (NOW, plan.plan_id, "1"))
            with two, two.cursor() as second:
                second.execute("SET lock_timeout = 50")
            with pytest.raises(psycopg2.errors.LockNotAvailable), two, two.cursor() as second:
                second.execute(send, (NOW, plan.plan_id, "2"))
        with (
            pytest.raises(psycopg2.DatabaseError, match="70 was addressed 1 times"),
            two,
            two.cursor() as second,
        ):
            second.execute(send, (NOW, plan.plan_id, "2"))
    finally:
        one.close()
        two.close()


def test_who_is_mentioned_or_given_a_task_counts_as_addressed_in_the_plan_and_in_the_ledger(database, stored):
    rows = [
        task_for("70", "1"),
        {"kind": "comment", "target_type": "task", "target_gid": "5", "field": "score_changed",
         "new_value": canonical_object({"text": "It rose.", "mentions": "70"})},
        {"kind": "comment", "target_type": "task", "target_gid": "6", "field": "priority_rationale",
         "new_value": canonical_object({"text": "Ranked 1."})},
        {"kind": "set_assignee", "target_type": "task", "target_gid": "7", "field": "assignee", "new_value": '"70"'},
        {"kind": "set_assignee", "target_type": "task", "target_gid": "8", "field": "assignee", "old_value": '"70"',
         "new_value": "null"},
    ]  # fmt: skip
    plan = stored(*rows)
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT target_gid, notifies_gid FROM plan_row ORDER BY 1")
        assert cursor.fetchall() == [("1", "70"), ("5", "70"), ("6", None), ("7", "70"), ("8", None)]
    assert within_budget(plan.frame(), {}, 1)[1] == 2
