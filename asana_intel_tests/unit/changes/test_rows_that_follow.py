"""Rows that follow from another row of their plan: decided with it, written after it, and never without it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.changes.canonical import canonical_object
from asana_intel.changes.identity import plan_hash
from asana_intel.changes.ledger import following, load_plan, moved_tasks, told_overloads
from asana_intel.changes.review import approve, reject
from asana_intel.errors import RefusedError
from asana_intel.settings import Mode
from asana_intel_tests.unit.changes.conftest import NOW

FIRST, SECOND, THIRD = ("a" * 16, "b" * 16, "c" * 16)


@pytest.fixture
def chain(stored):
    """A plan of three rows: the second follows from the first, the third from the second."""
    return stored(
        {"target_gid": "1", "row_key": FIRST},
        {"target_gid": "2", "row_key": SECOND, "after_key": FIRST},
        {"target_gid": "3", "row_key": THIRD, "after_key": SECOND},
    )


def states(database, plan):
    return {row.row_key[0]: row.state for row in load_plan(database, plan.plan_id).rows}


def test_a_row_is_not_approved_without_the_one_it_follows_from(database, chain):
    with pytest.raises(RefusedError, match=f"follows from row {FIRST}, which is not approved"):
        approve(database, chain.plan_id, "ada", NOW, [SECOND])
    approve(database, chain.plan_id, "ada", NOW, [FIRST])
    approve(database, chain.plan_id, "ada", NOW, [SECOND])
    with pytest.raises(RefusedError):
        approve(database, chain.plan_id, "ada", NOW, [FIRST])


def test_whoever_rejects_a_row_rejects_what_follows_and_the_rest_can_be_approved(database, chain):
    assert reject(database, chain.plan_id, "ada", NOW, [SECOND]).rows == 2
    assert approve(database, chain.plan_id, "ada", NOW).rows == 1
    decisions = {row.row_key: row.decision for row in load_plan(database, chain.plan_id).rows}
    assert decisions == {FIRST: "approved", SECOND: "rejected", THIRD: "rejected"}


def test_an_approved_row_whose_cause_is_rejected_afterwards_is_rejected_with_it(database, chain):
    approve(database, chain.plan_id, "ada", NOW)
    assert reject(database, chain.plan_id, "ben", NOW, [FIRST]).rows == 3


@pytest.mark.parametrize("workers", [1, 3])
def test_rows_are_written_one_after_the_other_however_many_work_on_them(database, asana, applied, chain, workers):
    approve(database, chain.plan_id, "ada", NOW)
    assert applied(chain, workers=workers).counts == {"done": 3}
    assert [gid for _, _, gid, *_ in asana.writes] == ["1", "2", "3"]


def test_where_a_person_changed_the_first_nothing_that_follows_is_written(database, asana, applied, chain):
    approve(database, chain.plan_id, "ada", NOW)
    asana.add_goal("1", ai_confidence_score=0.9)
    report = applied(chain)
    assert report.counts == {"stale": 3}
    assert asana.writes == []
    assert f"row {FIRST}, from which it follows, was not written (stale: ai_confidence_score was changed" in (
        report.outcomes[1].error or ""
    )
    assert report.plan_state == "applied", "nothing is left to wait for"


def test_where_the_first_may_still_be_written_what_follows_waits_for_it(database, asana, applied, chain):
    approve(database, chain.plan_id, "ada", NOW)
    asana.faults = {1: "limited"}
    assert applied(chain).counts == {"retry": 1}
    assert states(database, chain) == {"a": "planned", "b": "planned", "c": "planned"}
    assert applied(chain).counts == {"done": 3}


def test_the_database_refuses_to_send_a_row_before_the_one_it_follows_from(database, chain):
    approve(database, chain.plan_id, "ada", NOW)
    with database.transaction("worker") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT row_refusal(r, %s) FROM plan_row r WHERE row_key IN %s ORDER BY row_key",
                       (NOW, (FIRST, SECOND)))  # fmt: skip
        assert [refusal for (refusal,) in cursor.fetchall()] == [
            None, f"row {SECOND} follows from row {FIRST}, which is not written",
        ]  # fmt: skip


def test_what_a_row_follows_from_is_part_of_what_is_approved_and_never_changes(database, chain, make_plan):
    assert all(row.after_key for row in chain.rows[1:])
    alone = [row | {"after_key": None} for row in chain.frame().to_dicts()]
    assert plan_hash(alone) != chain.plan_hash
    bare = [{name: value for name, value in row.items() if name != "after_key"} for row in alone]
    assert plan_hash(bare) == plan_hash(alone), "plans of earlier releases keep their hash"
    with (
        pytest.raises(Exception, match="is fixed"),
        database.transaction() as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE plan_row SET after_key = NULL WHERE row_key = %s", (SECOND,))


def test_a_plan_in_mode_auto_writes_what_follows_in_its_turn_too(database, asana, applied, chain):
    approve(database, chain.plan_id, "ada", NOW)
    assert applied(chain, mode=Mode.auto).counts == {"done": 3}


def test_a_task_that_was_moved_or_that_a_person_was_first_on_counts_for_its_week(database, stored):
    move = {"capability": "capacity", "kind": "set_dates", "target_type": "task", "field": "dates", "new_value": "null"}
    plan = stored(*(move | {"target_gid": str(n)} for n in range(5, 9)))
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # as if they had been sent
        for gid, state in (("5", "done"), ("6", "stale"), ("7", "failed")):
            cursor.execute("UPDATE plan_row SET state = %s WHERE target_gid = %s", (state, gid))
    assert moved_tasks(database, plan.as_of_on) == {"5", "6"}
    assert moved_tasks(database, plan.as_of_on + timedelta(weeks=1)) == frozenset()


def test_whose_overload_a_review_tells_is_known_once_the_review_is_approved(database, stored):
    body = canonical_object({"name": "x", "notes": "y", "overloads": [["71", "2026-11-23"]], "project": "z"})
    review = {"capability": "capacity", "kind": "create_task", "target_type": "user", "field": "load_review"}
    plan = stored(review | {"target_gid": "73", "new_value": body}, {"target_gid": "1"})
    assert told_overloads(database) == frozenset()
    approve(database, plan.plan_id, "ada", NOW)
    assert told_overloads(database) == {("71", "2026-11-23")}
    reject(database, plan.plan_id, "ada", NOW)
    assert told_overloads(database) == frozenset()


@given(st.lists(st.integers(-1, 6), max_size=7))
def test_what_follows_is_everything_below_a_row_and_not_the_row(parents):
    class Row:
        def __init__(self, n, after):
            self.row_key, self.after_key = str(n), None if after < 0 or after >= n else str(after)

    rows = [Row(n, after) for n, after in enumerate(parents)]
    up = {row.row_key: row.after_key for row in rows}

    def above(key):
        while (key := up[key]) is not None:
            yield key

    assert following(rows, ["0"]) == {row.row_key for row in rows if "0" in above(row.row_key)}
