"""Random plans that try to get out: foreign objects, path tricks, other kinds, other fields. What may still be sent."""

import hashlib
import random
from datetime import timedelta

import psycopg2
import pytest
from psycopg2.extras import execute_values

from asana_intel.changes.ledger import ledger_time
from asana_intel.changes.policy import set_limits
from asana_intel.changes.scope import note_objects

PLANS = 100_000
OURS = {"goal": ["11", "12", "13"], "project": ["21", "22"], "task": ["31", "32", "33"], "workspace": ["900"]}
FOREIGN = ["14", "999999", "1", "0", "18446744073709551615", "9" * 20]
TRICKS = [
    "11/../../users/5", "11?x=1", "11#", "..", "11%2F12", "11\n", " 11", "11 ", "", "-11", "１１", "11/",
    "9" * 21, "external:11", "me", "11,12",
]  # fmt: skip
KINDS = ["set_field", "set_metric", "status_update", "comment", "create_task", "create_project", "delete_task", "PUT"]
TYPES = ["goal", "project", "task", "workspace", "user", "portfolio"]
FIELDS = [
    "ai_confidence_score",
    "ai_health",
    "ai_risk_flag",
    "weekly_status",
    "odds_fell",
    "name",
    "completed",
    "*",
    "",
]


@pytest.fixture
def allowed(database):
    """The list of what may be written at all."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT kind, target_type, field FROM allowed_change")
        return set(cursor.fetchall())


@pytest.mark.fault("F37")
@pytest.mark.parametrize("gid", TRICKS)
def test_a_gid_that_is_no_gid_never_enters_a_plan(database, stored, gid):
    with pytest.raises((psycopg2.errors.CheckViolation, ValueError)):
        stored({"target_gid": gid}, seen=False)


@pytest.mark.fault("F37")
def test_of_a_hundred_thousand_random_plans_only_changes_on_the_list_to_objects_seen_may_be_sent(database, allowed):
    draw = random.Random(7)
    now = ledger_time(database)
    seen = [(kind, gid) for kind, gids in OURS.items() for gid in gids]
    note_objects(database, seen, now)
    set_limits(database, "lead", now, comments=PLANS)  # not what is tried here
    rows = [_row(draw, number) for number in range(PLANS)]
    with database.transaction() as connection, connection.cursor() as cursor:
        _approved(cursor, rows, now)
        cursor.execute(_TRY_ALL, {"at": now + timedelta(minutes=1)})
        cursor.execute("SELECT plan_id FROM plan_row WHERE state = 'sending'")
        sent = {plan_id for (plan_id,) in cursor.fetchall()}
        connection.rollback()
    inside = {
        plan_id
        for plan_id, kind, target_type, gid, field in rows
        if (kind, target_type, field) in allowed and (target_type, gid) in seen
    }
    assert len(inside) > PLANS / 1000
    assert sent == inside


def _row(draw, number):
    target_type = draw.choice(TYPES)
    gid = draw.choice([*draw.choice(list(OURS.values())), *FOREIGN, *OURS.get(target_type, [])])
    plan_id = "p-" + hashlib.sha256(str(number).encode()).hexdigest()[:16]
    return plan_id, draw.choice(KINDS), target_type, gid, draw.choice(FIELDS)


def _approved(cursor, rows, now):
    """Store the plans as a planner that has gone mad would, approved and judged."""
    hashes = [hashlib.sha256(plan_id.encode()).hexdigest() for plan_id, *_ in rows]
    heads = [(plan_id, whole) for (plan_id, *_), whole in zip(rows, hashes, strict=True)]
    execute_values(
        cursor,
        "INSERT INTO plan (plan_id, plan_hash, purpose, as_of_on, as_of_at, author, mode, created_at, expires_at,"
        " required_gates, state) VALUES %s",
        heads,
        f"(%s, %s, 'weekly', '2026-01-05', '{now}', 'planner', 'propose', '{now}', '{now + timedelta(days=3)}',"
        " '{changes/plan}', 'approved')",
        page_size=5_000,
    )
    execute_values(
        cursor,
        "INSERT INTO plan_row (plan_id, row_key, kind, capability, target_type, target_gid, field, new_value, reason,"
        " position) VALUES %s",
        [(plan_id, "0" * 16, kind, target_type, gid, field) for plan_id, kind, target_type, gid, field in rows],
        "(%s, %s, %s, 'goals', %s, %s, %s, '1', 'because', 0)",
        page_size=5_000,
    )
    execute_values(
        cursor,
        "INSERT INTO approval (plan_id, plan_hash, approver, decision, row_keys, at) VALUES %s",
        heads,
        f"(%s, %s, 'ada', 'approved', '{{{'0' * 16}}}', '{now}')",
        page_size=5_000,
    )
    execute_values(
        cursor,
        "INSERT INTO gate_result (plan_hash, table_key, passed, row_count, failed, evaluated_at) VALUES %s",
        [(whole,) for whole in hashes],
        f"(%s, 'changes/plan', true, 1, '{{}}', '{now}')",
        page_size=5_000,
    )
    cursor.execute("UPDATE plan_row SET decision = 'approved', decided_by = 'ada'")
    cursor.execute("ANALYZE plan, plan_row, approval, gate_result, known_object, allowed_change")


# Every row by itself, as a worker would: the trigger's refusal of one leaves the others.
_TRY_ALL = """
DO $$
DECLARE r record;
BEGIN
    FOR r IN SELECT plan_id, row_key FROM plan_row LOOP
        BEGIN
            UPDATE plan_row SET state = 'sending', attempts = 1, last_sent_at = %(at)s
             WHERE plan_id = r.plan_id AND row_key = r.row_key;
        EXCEPTION WHEN raise_exception OR SQLSTATE 'AI001' THEN NULL;
        END;
    END LOOP;
END $$
"""
