"""Taking back what was written: what goes back, what people did and keep, and what is never taken away."""

import itertools
from copy import deepcopy
from datetime import timedelta

import psycopg2
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from asana_intel.changes import audit, ownership
from asana_intel.changes.apply import apply_plan
from asana_intel.changes.canonical import canonical_object
from asana_intel.changes.fields import BY_NAME
from asana_intel.changes.ledger import load_plan
from asana_intel.changes.revert import revert
from asana_intel.changes.review import approve
from asana_intel.errors import PermanentError, RefusedError
from asana_intel.settings import Mode, load_settings
from asana_intel_tests.unit.changes.conftest import NOW

LATER = NOW + timedelta(minutes=10)
SCORE, DATE, SUMMARY = "ai_confidence_score", "predicted_completion_date", "ai_summary"
COMMENT = {"kind": "comment", "field": "odds_fell", "new_value": canonical_object({"text": "The odds fell."})}
STATUS = {
    "kind": "status_update", "field": "weekly_status",
    "new_value": canonical_object({"status_type": "at_risk", "title": "Week", "text": "Half way."}),
}  # fmt: skip
TASK = {
    "kind": "create_task", "field": "review_task",
    "new_value": canonical_object({"name": "Review", "notes": "Approve?", "assignee": "70", "project": "OKR Actions"}),
}  # fmt: skip


@pytest.fixture
def project(asana):
    """The project that holds review tasks."""
    asana.projects.append({"gid": "600", "name": "OKR Actions"})


@pytest.fixture
def back(database, asana):
    """Plan the way back from a plan or run, some minutes later."""

    def plan(of, minutes=10):
        chosen = load_settings(mode=Mode.propose)
        return revert(database, asana, of, chosen, NOW + timedelta(minutes=minutes), "grace")

    return plan


@pytest.fixture
def undone(database, back, applied):
    """Plan the way back, approve and apply it."""

    def run(of, minutes=10):
        found = back(of, minutes)
        at = NOW + timedelta(minutes=minutes)
        approve(database, found.plan.plan_id, "ada", at)
        return found, applied(found.plan, at=at)

    return run


def test_what_was_empty_is_empty_again_and_what_had_a_value_has_it_again(database, asana, approved, applied, undone):
    asana.add_goal("2", ai_confidence_score=0.4, predicted_completion_date={"date": "2026-12-01"})
    plan = approved(
        {}, {"field": DATE, "new_value": '"2026-12-24"'}, {"target_gid": "2", "old_value": "0.4"},
        {"target_gid": "2", "field": DATE, "old_value": '"2026-12-01"', "new_value": '"2026-12-24"'},
    )  # fmt: skip
    applied(plan)
    found, report = undone(plan.plan_id)
    assert report.counts == {"done": 4}
    assert report.unverified == 0
    assert (asana.value("1", SCORE), asana.value("1", DATE)) == (None, None)
    assert (asana.value("2", SCORE), asana.value("2", DATE)) == (0.4, {"date": "2026-12-01"})
    assert (found.plan.purpose, found.conflicts, found.kept) == ("revert", (), ())
    assert audit.verify(database) is None


def test_a_persons_edit_since_is_a_conflict_and_stays_while_the_rest_goes_back(
    database, asana, approved, applied, undone
):
    plan = approved({}, {"target_gid": "2"})
    applied(plan)
    asana.add_goal("1", ai_confidence_score=0.9)
    found, report = undone(plan.plan_id)
    assert [(left.target_gid, left.reason) for left in found.conflicts] == [("1", "a person changed it since")]
    assert report.counts == {"done": 1}
    assert (asana.value("1", SCORE), asana.value("2", SCORE)) == (0.9, None)
    with audit.reading(database) as entries:
        (told,) = [entry.body for entry in entries if entry.event == "revert_planned"]
    assert told["conflicts"] == [f"{plan.plan_id} {plan.rows[0].row_key} 1: a person changed it since"]


def test_a_field_that_became_a_persons_is_theirs_even_with_our_value_in_it(database, approved, applied, back):
    plan = approved()
    applied(plan)
    with database.transaction() as connection:
        ownership.lost_to_a_person(connection, "1", SCORE, "0.62", NOW, "a person set it")
    found = back(plan.plan_id)
    assert (found.plan, [left.target_gid for left in found.conflicts]) == (None, ["1"])


def test_what_may_still_be_on_its_way_is_not_taken_back_yet(asana, approved, applied, back):
    plan = approved({}, {"target_gid": "2"})
    asana.faults[2] = "lost_after"
    applied(plan)
    found = back(plan.plan_id)
    assert [row.target_gid for row in found.plan.rows] == ["1"]
    assert [(left.target_gid, "not known yet" in left.reason) for left in found.kept] == [("2", True)]


def test_an_edit_between_the_plan_back_and_its_apply_stays(database, asana, approved, applied, back):
    plan = approved()
    applied(plan)
    found = back(plan.plan_id, 10)
    approve(database, found.plan.plan_id, "ada", LATER)
    asana.add_goal("1", ai_confidence_score=0.9)
    assert applied(found.plan, at=LATER).counts == {"overridden": 1}
    assert asana.value("1", SCORE) == 0.9


def test_a_text_that_a_person_wrote_comes_back_as_it_was(asana, approved, applied, undone):
    theirs = "See https://example.com/plan <b>now</b>, @ann"
    asana.add_goal("1", ai_summary=theirs)
    row = {"field": SUMMARY, "old_value": BY_NAME[SUMMARY].canonical(theirs), "new_value": '"Half way."'}
    applied(plan := approved(row))
    assert asana.value("1", SUMMARY) == "Half way."
    undone(plan.plan_id)
    assert asana.value("1", SUMMARY) == theirs


def test_taking_back_twice_finds_nothing_the_second_time(approved, applied, asana, back, undone):
    plan = approved({}, COMMENT)
    applied(plan)
    assert back(plan.plan_id).plan.plan_id == back(plan.plan_id).plan.plan_id
    undone(plan.plan_id)
    count = len(asana.writes)
    again = back(plan.plan_id, 20)
    assert (again.plan, again.conflicts, again.back, len(asana.writes)) == (None, (), 2, count)


def test_a_revert_is_sent_only_after_somebody_approved_it(asana, approved, applied, back):
    plan = approved()
    applied(plan)
    with pytest.raises(RefusedError, match="not approved"):
        applied(back(plan.plan_id).plan)
    assert asana.value("1", SCORE) == 0.62


def test_a_revert_can_be_reverted_and_so_on(asana, approved, applied, undone, project):
    plan = approved({}, COMMENT, STATUS, TASK)
    applied(plan)
    first, _ = undone(plan.plan_id, 10)
    assert (asana.value("1", SCORE), asana.comments["1"], asana.updates["1"], asana.tasks) == (None, [], [], [])
    second, report = undone(first.plan.plan_id, 20)
    assert set(report.counts) == {"done"}
    assert asana.value("1", SCORE) == 0.62
    assert [len(made) for made in (asana.comments["1"], asana.updates["1"], asana.tasks)] == [1, 1, 1]
    undone(second.plan.plan_id, 30)
    assert (asana.value("1", SCORE), asana.comments["1"], asana.updates["1"], asana.tasks) == (None, [], [], [])


def test_a_plan_that_came_back_is_taken_back_by_its_own_name_too(asana, approved, applied, undone):
    plan = approved({}, COMMENT)
    applied(plan)
    first, _ = undone(plan.plan_id, 10)
    undone(first.plan.plan_id, 20)
    again, report = undone(plan.plan_id, 30)
    assert again.plan.plan_id != first.plan.plan_id
    assert report.counts == {"done": 2}
    assert (asana.value("1", SCORE), asana.comments["1"]) == (None, [])


def test_what_a_later_plan_wrote_again_is_not_taken_back_with_the_earlier_one(asana, approved, applied, back, undone):
    week = NOW + timedelta(weeks=1)
    first = approved()
    applied(first)
    later = approved({"as_of_on": week.date(), "as_of_at": NOW, "old_value": "0.62", "new_value": "0.7"})
    applied(later, at=NOW + timedelta(minutes=1))
    found = back(first.plan_id)
    assert found.plan is None
    assert "take that back first" in found.conflicts[0].reason
    undone(later.plan_id, 20)
    assert asana.value("1", SCORE) == 0.62
    undone(first.plan_id, 30)
    assert asana.value("1", SCORE) is None


def test_all_that_one_run_wrote_goes_back_to_before_the_run(database, asana, stored, undone):
    week = {"as_of_on": (NOW + timedelta(weeks=1)).date(), "as_of_at": NOW, "old_value": "0.62", "new_value": "0.7"}
    for row in ({}, week):
        plan = stored(row)
        approve(database, plan.plan_id, "ada", NOW)
        apply_plan(database, asana, plan.plan_id, mode=Mode.propose, actor="job:run-1", now=lambda: NOW)
    assert asana.value("1", SCORE) == 0.7
    found, report = undone("run-1")
    assert len(found.plan.rows) == 1
    assert (report.counts, asana.value("1", SCORE)) == ({"done": 1}, None)


def test_a_plan_or_run_that_nobody_knows_is_named(back):
    for of in ("p-00000000", "run-9"):
        with pytest.raises(PermanentError, match=of):
            back(of)


def test_a_plan_that_wrote_nothing_has_nothing_to_revert(back, approved):
    assert back(approved().plan_id).plan is None


# -- whose a field is afterwards


def test_a_field_that_was_taken_back_can_be_proposed_again(asana, approved, applied, undone):
    week = NOW + timedelta(weeks=1)
    plan = approved()
    applied(plan)
    undone(plan.plan_id)
    again = approved({"as_of_on": week.date(), "as_of_at": NOW, "new_value": "0.7"})
    assert applied(again, at=NOW + timedelta(minutes=20)).counts == {"done": 1}


def test_what_a_person_writes_after_a_revert_is_theirs(database, asana, approved, applied, undone):
    week = NOW + timedelta(weeks=1)
    plan = approved()
    applied(plan)
    undone(plan.plan_id)
    asana.add_goal("1", ai_confidence_score=0.5)
    again = approved({"as_of_on": week.date(), "as_of_at": NOW, "old_value": "0.5", "new_value": "0.7"})
    assert applied(again, at=NOW + timedelta(minutes=20)).counts == {"overridden": 1}
    assert ownership.persons_fields(database) == {("1", SCORE)}


# -- what was created


def test_a_task_that_somebody_worked_on_stays(asana, approved, applied, back, project):
    plan = approved(TASK)
    applied(plan)
    (task,) = asana.tasks
    changes = {
        "completed": {"completed": True}, "was completed": {"approval_status": "approved"},
        "somebody else": {"assignee": {"gid": "71"}}, "text": {"notes": "mine"},
        "our user": {"created_by": {"gid": "7"}},
    }  # fmt: skip
    before = dict(task)
    for why, change in changes.items():
        task.update(change)
        found = back(plan.plan_id)
        assert found.plan is None
        assert why in found.conflicts[0].reason
        task.clear()
        task.update(before)
    asana.stories[task["gid"]] = [{"gid": "1", "created_by": {"gid": "7"}}]
    assert "worked on" in back(plan.plan_id).conflicts[0].reason
    asana.stories[task["gid"]] = [{"gid": "1", "created_by": {"gid": "99"}}, {"gid": "2", "created_by": None}]
    assert back(plan.plan_id).plan is not None


def test_a_task_that_somebody_works_on_after_the_approval_stays(database, asana, approved, applied, back, project):
    plan = approved(TASK)
    applied(plan)
    found = back(plan.plan_id, 10)
    approve(database, found.plan.plan_id, "ada", LATER)
    asana.tasks[0]["completed"] = True
    assert applied(found.plan, at=LATER).counts == {"stale": 1}
    assert len(asana.tasks) == 1


@pytest.mark.parametrize("fault", ["lost_before", "lost_after"])
def test_a_deletion_without_an_answer_is_settled_by_looking(database, asana, approved, applied, back, fault):
    plan = approved(COMMENT)
    applied(plan)
    found = back(plan.plan_id, 10)
    approve(database, found.plan.plan_id, "ada", LATER)
    asana.faults[len(asana.writes) + 1] = fault
    assert applied(found.plan, at=LATER).counts == {"unknown": 1}
    for minutes in (1, 4):
        applied(found.plan, at=LATER + timedelta(minutes=minutes))
    assert asana.comments["1"] == []
    assert load_plan(database, found.plan.plan_id).rows[0].state == "done"


def test_custom_fields_and_projects_are_listed_and_never_deleted(asana, approved, applied, back):
    body = canonical_object(BY_NAME[SCORE].definition())
    workspace = {"capability": "setup", "target_type": "workspace", "target_gid": "900"}
    plan = approved(
        workspace | {"kind": "create_custom_field", "field": SCORE, "new_value": body},
        workspace | {"kind": "create_project", "field": "review_project",
                     "new_value": canonical_object({"name": "OKR Actions", "notes": ""})},
    )  # fmt: skip
    assert applied(plan).counts == {"done": 2}
    found = back(plan.plan_id)
    assert found.plan is None
    assert [left.kind for left in found.kept] == ["create_project", "create_custom_field"]


def test_the_database_deletes_only_what_we_created_and_only_to_undo(database, asana, stored, applied):
    asana.comments["1"] = [{"gid": "555", "text": "mine", "created_by": {"gid": "99"}}]
    row = {
        "kind": "delete_object", "target_type": "comment", "target_gid": "555", "field": "created_object",
        "old_value": canonical_object({"text": "mine", "marker": "mine"}), "new_value": "null",
    }  # fmt: skip
    for purpose, why in (("revert", "not created by us"), ("weekly", "only a revert or a repair")):
        plan = stored(row | {"reason": purpose}, purpose=purpose)
        approve(database, plan.plan_id, "ada", NOW)
        with pytest.raises(RefusedError, match=why):
            applied(plan)
    assert len(asana.comments["1"]) == 1
    assert not [what for what in asana.writes if what[0] == "delete"]


def test_the_worker_cannot_say_that_something_is_ours(database):
    with pytest.raises(psycopg2.Error), database.transaction("planner") as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO created_object (idem_key, marker, kind, target_gid, result_gid, plan_id, row_key, at)"
            " VALUES ('k', 'm', 'comment', '1', '555', 'p-1', 'r', now())"
        )


# -- any plan

VALUES = {
    SCORE: st.one_of(st.none(), st.decimals(0, 1, places=2).map(float)),
    DATE: st.one_of(st.none(), st.dates().map(lambda day: {"date": day.isoformat()})),
    SUMMARY: st.one_of(st.none(), st.text("aé“b", min_size=1, max_size=9)),
}


@st.composite
def goals(draw):
    """A goal's values, and what a plan wants of them."""
    names = draw(st.lists(st.sampled_from(sorted(VALUES)), unique=True))
    return {name: (draw(VALUES[name]), draw(VALUES[name])) for name in names}, draw(st.booleans())


_EXAMPLES = itertools.count(1)


@given(company=st.lists(goals(), min_size=1, max_size=3))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_apply_and_revert_leave_asana_as_it_was(company, asana, approved, applied, undone):
    example, rows = next(_EXAMPLES), []
    for number, (values, is_told) in enumerate(company):
        gid = f"{example}00{number}"
        asana.add_goal(gid, **{name: old for name, (old, _) in values.items()})
        for name, wanted in values.items():
            old, new = (BY_NAME[name].live({f"{BY_NAME[name].value_type}_value": value}) for value in wanted)
            if new is not None and new != old:
                rows.append({"target_gid": gid, "field": name, "old_value": old, "new_value": new})
        rows += [COMMENT | {"target_gid": gid}] if is_told else []
    assume(rows)
    before = deepcopy(asana.goals)
    plan = approved(*rows)
    assert set(applied(plan).counts) == {"done"}
    assert (asana.goals != before) == any("kind" not in row for row in rows)
    _, report = undone(plan.plan_id)
    assert report.counts == {"done": len(rows)}
    assert asana.goals == before
    assert not any(asana.comments.values())
