from datetime import datetime, timedelta

import polars as pl
import psycopg2
import pytest

from asana_intel.changes import audit
from asana_intel.changes.ledger import diff_lines, ledger_time, load_plan, open_plans, store_plan
from asana_intel.changes.review import approve, reject
from asana_intel.errors import ConfigError, PermanentError, RefusedError
from asana_intel.settings import Mode

NOW = datetime.fromisoformat("2026-11-20T08:00:00+00:00")
LATER = NOW + timedelta(hours=1)


def tamper(database, statement):
    """As a superuser who switches the triggers off."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement)


def events(database):
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT event FROM audit ORDER BY seq")
        return [event for (event,) in cursor.fetchall()]


def test_the_same_rows_are_the_same_plan_and_storing_them_again_changes_nothing(database, stored):
    first = stored()
    again = stored(now=LATER)
    assert (again.plan_id, again.created_at, again.rows) == (first.plan_id, first.created_at, first.rows)
    assert first.plan_id == f"p-{first.plan_hash[:8]}"
    assert events(database) == ["plan_proposed"]


def test_a_plan_comes_back_as_it_was_stored(database, stored, make_plan):
    plan = stored({"evidence_gids": ["1", "20"]}, {"target_gid": "2", "confidence": None})
    assert plan.frame().equals(make_plan({"evidence_gids": ["1", "20"]}, {"target_gid": "2", "confidence": None}))


@pytest.mark.fault("F31")
def test_an_empty_plan_asks_nobody(database, make_plan):
    assert store_plan(database, make_plan().clear(), "planner", Mode.propose, NOW) is None


def test_a_newer_plan_supersedes_an_undecided_one_but_not_a_decided_one_or_a_setup(database, stored):
    decided = stored({"new_value": "0.5"})
    approve(database, decided.plan_id, "ada", NOW)
    setup = stored({"capability": "setup"})
    old = stored({"new_value": "0.6"})
    new = stored({"new_value": "0.7"}, now=LATER)
    assert load_plan(database, old.plan_id).state == "superseded"
    assert {p.plan_id for p in open_plans(database, LATER)} == {decided.plan_id, setup.plan_id, new.plan_id}


def test_a_lapsed_plan_that_is_computed_again_asks_again_without_its_old_approval(database, stored):
    plan = stored()
    approve(database, plan.plan_id, "ada", NOW)
    much_later = NOW + timedelta(hours=100)
    assert open_plans(database, much_later) == []
    again = stored(now=much_later)
    assert (again.state, again.rows[0].decision, again.created_at) == ("proposed", "pending", much_later)


def test_a_rejected_plan_stays_rejected_when_it_is_computed_again(database, stored):
    plan = stored()
    reject(database, plan.plan_id, "ada", NOW)
    assert stored(now=LATER).state == "rejected"


def test_the_diff_shows_old_and_new_with_the_reason(stored):
    plan = stored({"old_value": "0.4"}, {"target_gid": "2"})
    lines = diff_lines(plan)
    assert lines[0] == "~ set_field goal 1 ai_confidence_score: 0.4 -> 0.62"
    assert "The odds are 62 %." in lines[1]
    assert lines[2].startswith("+ set_field goal 2")


@pytest.mark.fault("F32")
def test_the_author_may_not_approve_whatever_the_spelling(database, stored):
    plan = stored()
    with pytest.raises(RefusedError, match="may not approve"):
        approve(database, plan.plan_id, " Planner ", NOW)
    assert load_plan(database, plan.plan_id).state == "proposed"


def test_only_people_on_the_list_decide(database, stored):
    plan = stored()
    with pytest.raises(RefusedError, match="not on the list"):
        approve(database, plan.plan_id, "mallory", NOW, approvers=["Ada"])
    assert approve(database, plan.plan_id, "ada", NOW, approvers=["Ada"]).plan_state == "approved"


def test_a_decision_without_a_name_is_refused(database, stored):
    with pytest.raises(ConfigError, match="name"):
        approve(database, stored().plan_id, "  ", NOW)


@pytest.mark.fault("F32")
def test_an_expired_plan_cannot_be_approved_and_says_so(database, stored):
    plan = stored()
    with pytest.raises(RefusedError, match="expired"):
        approve(database, plan.plan_id, "ada", NOW + timedelta(hours=72))
    assert load_plan(database, plan.plan_id).state == "expired"


def test_some_rows_can_be_approved_and_others_rejected(database, stored):
    plan = stored({}, {"target_gid": "2"}, {"target_gid": "3"})
    first, second, third = (row.row_key for row in plan.rows)
    assert approve(database, plan.plan_id, "ada", NOW, [first]).plan_state == "approved"
    reject(database, plan.plan_id, "ada", NOW, [second])
    with pytest.raises(RefusedError, match="decided already"):
        approve(database, plan.plan_id, "ada", NOW, [second])
    with pytest.raises(PermanentError, match="has no row"):
        approve(database, plan.plan_id, "ada", NOW, ["feed"])
    rows = {row.row_key: row.decision for row in load_plan(database, plan.plan_id).rows}
    assert rows == {first: "approved", second: "rejected", third: "pending"}


def test_an_approval_can_be_withdrawn_before_anything_is_sent(database, stored):
    plan = stored()
    approve(database, plan.plan_id, "ada", NOW)
    assert reject(database, plan.plan_id, "bo", LATER).plan_state == "rejected"


def test_rows_that_were_changed_behind_the_ledger_cannot_be_approved(database, stored):
    plan = stored()
    tamper(database, "UPDATE plan_row SET new_value = '0.99'")
    with pytest.raises(RefusedError, match="are not those"):
        approve(database, plan.plan_id, "ada", NOW)


@pytest.mark.fault("F38")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE plan_row SET new_value = '0.99'",
        "UPDATE plan_row SET target_gid = '2'",
        "DELETE FROM plan_row",
        "UPDATE plan SET author = 'someone'",
        "UPDATE plan SET required_gates = '{x}'",
        "DELETE FROM plan",
        "UPDATE audit SET actor = 'someone'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "DELETE FROM approval",
        "UPDATE gate_result SET passed = true",
    ],
)
def test_the_database_refuses_to_rewrite_history(database, stored, statement):
    approve(database, stored().plan_id, "ada", NOW)
    with pytest.raises(psycopg2.Error), database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_target_that_is_no_asana_id_does_not_enter_the_ledger(database, stored):
    for target in ("12/../x", "１２", "12\n", "1" * 21):
        with pytest.raises(psycopg2.errors.CheckViolation):
            stored({"target_gid": target}, gate=False)


def test_the_chain_holds_as_long_as_nobody_touches_it(database, stored):
    for value in ("0.1", "0.2", "0.3"):
        approve(database, stored({"new_value": value}).plan_id, "ada", NOW)
    assert audit.verify(database) is None
    assert audit.length(database) == 6


@pytest.mark.fault("F38")
@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit SET body = jsonb_set(body, '{rows}', '7') WHERE seq = 3", 3),
        ("UPDATE audit SET actor = 'someone' WHERE seq = 2", 2),
        ("UPDATE audit SET at = at + interval '1 us' WHERE seq = 1", 1),
        ("DELETE FROM audit WHERE seq = 4", 4),
        ("UPDATE audit SET prev = hash WHERE seq = 5", 5),
    ],
)
def test_tampering_with_the_chain_is_found_at_the_row(database, stored, statement, broken):
    for value in ("0.1", "0.2", "0.3"):
        approve(database, stored({"new_value": value}).plan_id, "ada", NOW)
    tamper(database, statement)
    assert audit.verify(database) == broken


def test_the_ledger_tells_one_time_for_all(database):
    assert ledger_time(database).utcoffset() == timedelta(0)


def test_a_plan_of_two_weeks_is_refused(database, make_plan):
    two = pl.concat([make_plan(), make_plan().with_columns(pl.col("as_of_on") - pl.duration(days=7))])
    with pytest.raises(PermanentError, match="one week"):
        store_plan(database, two, "planner", Mode.propose, NOW)
