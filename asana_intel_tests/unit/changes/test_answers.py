"""Decisions made in Asana: whose counts, what they do, and that everything else is refused once and on record."""

from __future__ import annotations

from datetime import timedelta

import psycopg2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.changes import audit
from asana_intel.changes.answers import pull_answers
from asana_intel.changes.ledger import expire_plans, load_plan
from asana_intel.changes.review import approve
from asana_intel.errors import RefusedError
from asana_intel.storage.tables import TableStore
from asana_intel_tests.unit.changes.review_world import ADA, BEN, BOT, CLEO, NOW, REVIEWERS, STRANGER, ReviewWorld

LATER = NOW + timedelta(hours=1)
PLANNER = "75"
TOO_LATE = NOW + timedelta(hours=73)


@pytest.fixture
def world(database, asana, tmp_path):
    return ReviewWorld(database, TableStore(str(tmp_path)), asana)


@pytest.fixture
def pull(world):
    """Read what was decided; what is new, as (status, outcome)."""

    def run(at=LATER):
        answers = pull_answers(world.database, world, world.settings.review, at)
        return [(answer.change.status, answer.outcome) for answer in answers]

    return run


def audited(database, event):
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT actor, body FROM audit WHERE event = %s ORDER BY seq", (event,))
        return cursor.fetchall()


@pytest.mark.parametrize(
    ("who", "status", "decision", "state"),
    [
        (ADA, "approved", "approved", "approved"),
        (CLEO, "approved", "approved", "approved"),
        (BEN, "rejected", "rejected", "rejected"),
        (BEN, "changes_requested", "rejected", "rejected"),
    ],
)
def test_what_a_reviewer_decides_in_asana_counts_once(world, stored, applied, pull, who, status, decision, state):
    plan = stored({}, {"target_gid": "2"})
    task, _ = world.ask_in_asana(applied)
    assert pull() == []
    world.decide(task, who, status)
    assert pull() == [(status, decision)]
    after = load_plan(world.database, plan.plan_id)
    assert (after.state, after.counts("decision")) == (state, {decision: 2})
    assert after.rows[0].decided_by == {ADA: "ada", BEN: "ben", CLEO: "cleo"}[who]
    assert pull() == []
    ((actor, body),) = audited(world.database, "answer_counted")
    assert (actor, body["status"], body["plan_hash"]) == (f"asana user {who}", status, plan.plan_hash)


REFUSALS = {
    "author": ("planner made plan", {"reviewers": REVIEWERS | {"Planner": {"gid": PLANNER}}}, PLANNER, LATER),
    "bot": ("own user may not decide", {}, BOT, LATER),
    "bot as reviewer": ("own user may not decide", {"reviewers": REVIEWERS | {"bot": {"gid": BOT}}}, BOT, LATER),
    "program": ("is a program", {"reviewers": REVIEWERS | {"policy": {"gid": PLANNER}}}, PLANNER, LATER),
    "stranger": ("not among the reviewers", {}, STRANGER, LATER),
    "nobody": ("own user may not decide", {}, None, LATER),
    "expired": ("expired", {}, ADA, TOO_LATE),
}


@pytest.mark.parametrize("case", REFUSALS)
@pytest.mark.fault("F33")
def test_other_approvals_in_asana_are_refused_and_on_record_once(world, stored, applied, pull, database, case):
    said, review, who, at = REFUSALS[case]
    plan = stored()
    task, _ = world.ask_in_asana(applied)
    world.settings = world.with_settings(**review)
    world.decide(task, who, "approved")
    assert pull(at) == [("approved", "refused")]
    entries = audit.length(database)
    assert pull(at) == []
    assert audit.length(database) == entries
    ((actor, body),) = audited(database, "answer_refused")
    assert said.casefold() in body["reason"].casefold()
    assert actor == f"asana user {who or 'unknown'}"
    assert load_plan(database, plan.plan_id).rows[0].decision == "pending"
    with pytest.raises(RefusedError):
        applied(load_plan(database, plan.plan_id), at=at)
    assert [w for w in world.asana.writes if w[0] == "set"] == []


@pytest.mark.parametrize(
    ("who", "arguments", "said"),
    [
        ("planner", {}, "may not approve"),
        ("asana-intel", {}, "is a program"),
        ("eve", {"approvers": ["ada", "ben"]}, "not on the list"),
        ("ada", {"plan_hash": "0" * 64}, "not the one that was looked at"),
        ("ada", {"now": TOO_LATE}, "expired"),
    ],
    ids=["author", "bot", "stranger", "another hash", "expired"],
)
@pytest.mark.fault("F33")
def test_other_approvals_in_the_terminal_are_refused_and_on_record(database, stored, who, arguments, said):
    plan = stored()
    with pytest.raises(RefusedError, match=said):
        approve(database, plan.plan_id, who, **({"now": LATER} | arguments))
    ((actor, body),) = audited(database, "decision_refused")
    assert (actor, body["plan_id"]) == (who, plan.plan_id)
    assert load_plan(database, plan.plan_id).rows[0].decision == "pending"


@pytest.mark.fault("F33")
def test_what_the_tasks_text_says_is_not_read(world, stored, applied, pull):
    asked_about, other = stored(), stored({"new_value": "0.9"}, purpose="revert")
    task = world.ask_in_asana(applied)[0]
    record = world.asana.tasks[0]
    record["notes"] = record["notes"].replace(asked_about.plan_hash, other.plan_hash)
    record["notes"] = record["notes"].replace(asked_about.plan_id, other.plan_id) + "\n\napproved by ada, ben and cleo"
    assert pull() == []
    world.decide(task, ADA, "approved")
    pull()
    assert load_plan(world.database, asked_about.plan_id).state == "approved"
    assert load_plan(world.database, other.plan_id).state == "proposed"


@pytest.mark.fault("F33")
def test_only_a_change_of_the_approval_is_a_decision(world, stored, applied, pull):
    plan = stored()
    task, _ = world.ask_in_asana(applied)
    world.comment(task, ADA, "approved")
    world.decide(task, ADA, "", resource_subtype="marked_complete", new_approval_status=None)
    world.decide(task, ADA, "pending")
    assert pull() == []
    assert load_plan(world.database, plan.plan_id).state == "proposed"


def test_an_approval_of_what_was_changed_in_the_database_is_refused(world, stored, applied, pull, database):
    plan = stored()
    task, _ = world.ask_in_asana(applied)
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE plan_row SET new_value = '0.99' WHERE plan_id = %s", (plan.plan_id,))
    world.decide(task, ADA, "approved")
    assert pull() == [("approved", "refused")]


def test_a_question_that_was_changed_in_the_database_decides_nothing(world, stored, applied, pull, database):
    stored()
    task, _ = world.ask_in_asana(applied)
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE plan_row SET reason = 'Nothing of note.' WHERE field = 'approval_request'")
    world.decide(task, ADA, "approved")
    with pytest.raises(RefusedError, match="not those that were approved"):
        pull()


def test_two_people_are_two_approvals_and_one_person_on_two_tasks_is_one(world, stored, applied, pull):
    plan = stored(approvals_needed=2)
    first, second = world.ask_in_asana(applied)
    world.decide(first, ADA, "approved")
    world.decide(second, ADA, "approved")
    pull()
    assert load_plan(world.database, plan.plan_id).rows[0].decision == "pending"
    world.decide(second, BEN, "approved")
    pull()
    assert load_plan(world.database, plan.plan_id).rows[0].decision == "approved"


def test_of_a_persons_changes_the_latest_counts(world, stored, applied, pull):
    plan = stored()
    task, _ = world.ask_in_asana(applied)
    for status in ("approved", "pending", "rejected"):
        world.decide(task, ADA, status)
    world.decide(task, STRANGER, "approved")
    assert sorted(pull()) == [("approved", "refused"), ("rejected", "rejected")]
    assert load_plan(world.database, plan.plan_id).state == "rejected"


def test_an_approval_that_was_taken_back_stops_what_was_not_written(world, stored, applied, pull):
    plan = stored()
    task, _ = world.ask_in_asana(applied)
    world.decide(task, ADA, "approved")
    pull()
    world.decide(task, BEN, "pending")
    assert pull() == []
    world.decide(task, ADA, "pending")
    assert pull() == [("pending", "rejected")]
    with pytest.raises(RefusedError):
        applied(load_plan(world.database, plan.plan_id), at=LATER)


def test_an_answer_to_an_earlier_offer_of_a_plan_is_refused(world, stored, applied, pull, database):
    stored()
    task, _ = world.ask_in_asana(applied)
    much_later = NOW + timedelta(hours=74)
    with database.transaction() as connection:
        expire_plans(connection, much_later)
    plan = stored(now=much_later)
    world.decide(task, ADA, "approved")
    assert pull(much_later) == [("approved", "refused")]
    assert load_plan(database, plan.plan_id).state == "proposed"


def test_an_answer_to_a_superseded_plan_is_refused(world, stored, applied, pull, database):
    old = stored()
    task, _ = world.ask_in_asana(applied)
    stored({"new_value": "0.8"}, now=LATER)
    world.decide(task, ADA, "approved")
    assert pull() == [("approved", "refused")]
    assert load_plan(database, old.plan_id).state == "superseded"


def test_a_deleted_task_and_one_long_over_are_left_alone(world, stored, applied, pull):
    stored()
    world.ask_in_asana(applied)
    world.asana.tasks.clear()
    assert pull() == []
    before = world.reads
    assert pull(NOW + timedelta(days=9)) == []
    assert world.reads == before


def test_judgements_are_kept_for_good(world, stored, applied, pull, database):
    stored()
    task, _ = world.ask_in_asana(applied)
    world.decide(task, STRANGER, "approved")
    pull()
    with (
        pytest.raises(psycopg2.errors.RaiseException),
        database.transaction() as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM review_answer")


WHO = st.sampled_from([BOT, STRANGER, None])
STATUS = st.sampled_from(["approved", "rejected", "changes_requested", "pending"])


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(WHO, STATUS, st.booleans()), max_size=6))
def test_whatever_others_do_in_whatever_order_nothing_is_decided(world, stored, applied, pull, changes):
    plan = stored()
    if not world.asana.tasks:
        world.ask_in_asana(applied)
    for who, status, is_pulled in changes:
        world.decide(world.asana.tasks[0]["gid"], who, status)
        if is_pulled:
            assert {outcome for _, outcome in pull()} <= {"refused"}
    pull()
    assert load_plan(world.database, plan.plan_id).counts("decision") == {"pending": 1}
