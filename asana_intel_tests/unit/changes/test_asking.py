"""Who is asked in Asana about which plan, how often, and what the task says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from asana_intel.changes import policy
from asana_intel.changes.asking import question_text
from asana_intel.changes.canonical import canonical_object, parsed
from asana_intel.changes.ledger import load_plan, open_plans
from asana_intel.changes.policy import Scope
from asana_intel.changes.review import approve
from asana_intel.errors import ConfigError, RefusedError
from asana_intel.settings import Mode, load_settings
from asana_intel.storage.tables import TableStore
from asana_intel_tests.unit.changes.review_world import ADA, BEN, CLEO, NOW, REVIEWERS, STRANGER, ReviewWorld

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def world(database, asana, tmp_path):
    return ReviewWorld(database, TableStore(str(tmp_path)), asana)


def asked(world):
    """Who has an approval task in Asana."""
    return sorted(task["assignee"]["gid"] for task in world.asana.tasks)


def test_each_reviewer_gets_one_task_a_plan_however_often_one_asks(world, stored, applied):
    stored()
    world.ask_in_asana(applied)
    assert asked(world) == [ADA, BEN]
    for _ in range(3):
        assert world.ask(LATER).plans == ()
        world.ask_in_asana(applied, LATER)
    assert asked(world) == [ADA, BEN]
    stored({"new_value": "0.7"}, purpose="revert")
    world.ask_in_asana(applied, LATER)
    assert asked(world) == [ADA, ADA, BEN, BEN]


def test_a_lost_ledger_asks_nobody_twice_for_the_same_offer(world, stored, applied, database):
    stored()
    world.ask_in_asana(applied)
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in ("created_object", "write_receipt", "plan_row", "gate_result", "plan"):
            cursor.execute(f"DELETE FROM {table}")
    stored()
    world.ask_in_asana(applied)
    assert asked(world) == [ADA, BEN]


def test_the_task_shows_every_change_with_reason_hash_and_end_and_is_an_approval(world, stored, applied):
    plan = stored({"old_value": "0.4"}, {"target_gid": "2", "field": "ai_summary", "new_value": '"Half way."'})
    world.ask_in_asana(applied)
    task = world.asana.tasks[0]
    assert (task["resource_subtype"], task["projects"], task["due_on"]) == ("approval", ["700"], "2026-11-23")
    assert not {"asks", "workspace", "project"} & task.keys()
    for said in ("Grow | ai_confidence_score | 0.4 → 0.62", "The odds are 62 %.", "2 | ai_summary | – → \"Half way.\"",
                 plan.plan_id, plan.plan_hash, "lapses on 2026-11-23 08:00", "ref AIW-"):  # fmt: skip
        assert said in task["notes"]


def test_a_plan_of_hundreds_of_rows_is_cut_in_the_task_and_says_so(world, stored, applied):
    stored(*({"target_gid": str(n)} for n in range(1, 200)))
    world.ask_in_asana(applied)
    notes = world.asana.tasks[0]["notes"]
    assert "… and 139 more" in notes
    assert len(notes) < 40_000


@pytest.mark.parametrize("mode", [Mode.observe, Mode.shadow])
def test_below_mode_propose_nobody_is_asked(world, stored, mode):
    stored()
    world.allow()
    world.settings = world.with_settings(mode)
    assert world.ask().plans == ()


def test_in_mode_auto_what_the_policy_decides_is_not_asked_and_the_rest_is(world, stored, applied, database):
    policy_row = (
        "INSERT INTO policy (capability, mode, reason, set_by, set_at) VALUES ('goals', 'auto', 'r', 'a', now())"
    )
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(policy_row)
    world.settings = world.with_settings(Mode.auto)
    stored(mode=Mode.auto)
    world.allow()
    assert world.ask().plans == ()
    stored({"capability": "priority", "target_gid": "2"}, mode=Mode.auto, purpose="revert")
    (ask,) = world.ask().plans
    applied(ask, mode=Mode.auto)
    assert asked(world) == [ADA, BEN]


def test_nobody_is_asked_unless_it_is_switched_on(world, stored):
    stored()
    world.allow()
    world.settings = world.with_settings(ask_in_asana=False)
    assert world.ask().plans == ()
    assert not load_settings().review.ask_in_asana


def test_without_a_rule_the_question_waits_for_a_person_and_goes_once_the_rule_is_there(world, stored, applied):
    stored()
    (ask,) = world.ask().plans
    assert (ask.state, ask.rows[0].decision) == ("proposed", "pending")
    with pytest.raises(RefusedError):
        applied(ask)
    world.allow()
    world.ask(LATER)
    assert load_plan(world.database, ask.plan_id).rows[0].decided_by == "policy"
    applied(ask)
    assert asked(world) == [ADA, BEN]


def test_a_rule_taken_back_stops_what_was_not_sent(world, stored, applied, database):
    stored()
    world.allow()
    (ask,) = world.ask().plans
    policy.clear_rule(database, Scope("review", field="approval_request"), "admin", NOW)
    assert set(applied(ask).counts) == {"waiting"}
    assert asked(world) == []


def test_the_rule_for_questions_needs_no_evidence_and_no_other_rule_of_review_is_spared(database):
    for scope in (Scope("review"), Scope("review", field="digest"), Scope("goals", field="approval_request")):
        with pytest.raises(RefusedError, match="cannot be automatic yet"):
            policy.set_rule(database, scope, Mode.auto, "why not", "admin", NOW)
    policy.set_rule(database, Scope("review", field="approval_request"), Mode.auto, "we decide in Asana", "admin", NOW)


def test_the_rule_for_questions_lets_nothing_else_of_a_plan_pass(world, stored, database):
    world.allow()
    body = canonical_object({"name": "n", "notes": "t", "assignee": ADA, "project": "OKR Actions"})
    plan = stored(
        {},
        {"capability": "review", "target_gid": "2"},
        {"kind": "create_task", "field": "review_task", "capability": "review", "new_value": body},
    )
    assert plan.counts("decision") == {"pending": 3}


@pytest.mark.parametrize(
    ("away", "expected"),
    [((), [ADA, BEN]), ((ADA,), [BEN, CLEO]), ((ADA, CLEO), [ADA, BEN]), ((BEN,), [ADA, BEN])],
)
def test_who_is_out_of_office_is_stood_in_for_by_their_delegate(world, stored, applied, away, expected):
    world.away(*away)
    stored()
    world.ask_in_asana(applied)
    assert asked(world) == expected


def test_who_falls_ill_after_being_asked_is_stood_in_for_and_nobody_is_asked_twice(world, stored, applied):
    stored()
    world.ask_in_asana(applied)
    world.away(ADA)
    world.ask_in_asana(applied, LATER)
    world.ask_in_asana(applied, LATER)
    assert asked(world) == [ADA, BEN, CLEO]


def test_nobody_is_asked_about_their_own_plan(world, stored, applied):
    world.settings = world.with_settings(reviewers=REVIEWERS | {"Planner": {"gid": STRANGER}})
    stored()
    world.ask_in_asana(applied)
    assert asked(world) == [ADA, BEN]


def test_who_is_no_user_of_the_workspace_is_not_written_to(world, stored, applied):
    world.settings = world.with_settings(reviewers={"dora": {"gid": "12345"}, "ben": {"gid": BEN}})
    stored()
    world.allow()
    asking = world.ask()
    assert asking.problems == ("Reviewer dora is no user of the workspace",)
    assert [row.target_gid for row in asking.plans[0].rows] == [BEN]


def test_nobody_is_asked_while_there_is_no_project_for_it(world, stored):
    world.put("staging/projects")
    stored()
    assert "apply the setup plan first" in world.ask().problems[0]


def test_a_question_counts_as_addressing_its_reviewer(world, stored, applied):
    world.settings = world.with_settings(nudges_per_person_week=2)
    for n in range(4):
        stored({"new_value": f"0.{n + 1}"}, purpose="revert")
    world.allow()
    asking = world.ask()
    assert asking.held_back == 4
    for plan in asking.plans:
        applied(plan)
    assert asked(world) == [ADA, ADA, BEN, BEN]
    assert world.ask(LATER).held_back == 4


def test_a_question_that_nobody_need_answer_any_more_is_not_sent(world, stored, database, applied):
    plan = stored()
    world.allow()
    (ask,) = world.ask().plans
    approve(database, plan.plan_id, "eve", NOW)
    world.ask(LATER)
    assert load_plan(database, ask.plan_id).state == "superseded"
    assert [p.plan_id for p in open_plans(database, LATER)] == [plan.plan_id]
    with pytest.raises(RefusedError):
        applied(ask)


def test_a_lapsed_plan_that_is_proposed_again_asks_again(world, stored, applied):
    stored()
    world.ask_in_asana(applied)
    much_later = NOW + timedelta(hours=100)
    stored(now=much_later)
    world.ask_in_asana(applied, much_later)
    assert asked(world) == [ADA, ADA, BEN, BEN]


def test_the_question_is_the_only_change_of_a_person_on_the_list(stored, applied, database, approved):
    plan = approved({"kind": "comment", "target_type": "user", "target_gid": "71", "field": "odds_fell"})
    (row,) = applied(plan).outcomes
    assert "not on the list" in row.error


@pytest.mark.parametrize(
    ("review", "said"),
    [
        ({"reviewers": {}}, "needs reviewers"),
        ({"approvers": ["ada", "cleo"]}, "not among the approvers: ben"),
        ({"reviewers": {"ada": {"gid": ADA, "delegate": "eve"}}}, "eve, is not among the reviewers"),
        ({"reviewers": {"ada": {"gid": ADA}, "eve": {"gid": ADA}}}, "gid of their own"),
        ({"reviewers": {"ada": {"gid": ADA}, "Ada ": {"gid": BEN}}}, "name and a gid of their own"),
        ({"reviewers": {"ada": {"gid": "71/../1"}}}, "gid"),
    ],
)
def test_settings_by_which_one_person_could_decide_for_two_or_a_stranger_at_all_are_refused(review, said):
    with pytest.raises(ConfigError, match=said):
        load_settings(review={"ask_in_asana": True, "reviewers": REVIEWERS} | review)


def test_what_the_task_is_about_stands_in_our_ledger(world, stored):
    plan = stored()
    (ask,) = world.ask().plans
    asks = parsed(ask.rows[0].new_value)["asks"]
    assert asks == {"plan_id": plan.plan_id, "plan_hash": plan.plan_hash, "offered_at": NOW.isoformat()}


def test_a_question_says_nothing_of_a_persons_load_which_more_people_may_read_than_their_manager(stored):
    body = {"name": "Capacity review: 1 person is likely overloaded", "notes": "Ada has 72 h.", "project": "x"}
    load = {"capability": "capacity", "reason": "Ada has 72 h in the week."}
    plan = stored(
        load | {"kind": "create_task", "target_type": "user", "target_gid": "70", "field": "load_review",
                "new_value": canonical_object(body)},
        load | {"kind": "set_assignee", "target_type": "task", "target_gid": "301", "field": "assignee",
                "new_value": '"71"'},
        load | {"kind": "comment", "target_type": "task", "target_gid": "302", "field": "edit_check",
                "new_value": canonical_object({"text": "Too much work.", "period": "overload 74 2026-11-23"})},
        load | {"kind": "set_field", "target_type": "user", "target_gid": "72", "field": "AI Capacity Forecast",
                "old_value": "0.93", "new_value": "1.37"},
        {"target_gid": "1", "reason": "The odds rose."},
    )  # fmt: skip
    text = question_text(plan, {"301": "Migrate billing"})
    assert "Ada" not in text
    assert "→ Capacity review\n" in text
    assert "• 302 | edit_check | – → Too much work.\n" in text
    assert "overload 74" not in text
    assert "1 person" not in text
    assert "1.37" not in text
    assert "0.93" not in text
    assert "• 72 | AI Capacity Forecast | a load → another" in text
    assert '• Migrate billing | assignee | – → "71"' in text
    assert f"somebody's load: asana-intel review {plan.plan_id} says why" in text
    assert "The odds rose." in text
