"""People edit and delete before, during and after our writes; what is theirs stays theirs."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from asana_intel.changes import ownership
from asana_intel.changes.canonical import canonical_object
from asana_intel.changes.fields import BY_NAME
from asana_intel.changes.ledger import created_markers, load_plan
from asana_intel_tests.faults.office import (
    FLAG,
    LATER,
    SCORE,
    SETTLED,
    WEEK,
    Died,
    Office,
    dying_at,
    flag_of,
    post_on,
    score_of,
)
from asana_intel_tests.integration.fault_world import rule
from asana_intel_tests.integration.write_desk import BOT, NOW

THEIRS = "waits for legal"


def in_week(n: int) -> dict[str, Any]:
    return {"as_of_on": WEEK["as_of_on"] + timedelta(weeks=n), "as_of_at": WEEK["as_of_at"] + timedelta(weeks=n)}


@pytest.mark.fault("F20", "F23")
def test_a_hundred_edits_before_our_look_stay_and_those_equal_to_ours_take_nothing_from_us(office: Office) -> None:
    lot, spec, edits, released = random.Random(7), BY_NAME[SCORE], 0, set[str]()
    values: dict[str, float] = dict.fromkeys(office.goals, 0.5)
    office.apply(office.plan(*(score_of(goal, "0.5") for goal in values)))
    for week in range(1, 10_000):
        wanted = round(0.4 + week / 100, 2)
        rows = [score_of(g, f"{wanted:g}", old_value=spec.canonical(v), **in_week(week)) for g, v in values.items()]
        plan = office.plan(*rows)
        edited = {goal: lot.choice([0.11, 0.93, wanted]) for goal in values if lot.random() < 0.7}
        edited = {goal: value for goal, value in edited.items() if value != values[goal]}
        for goal, value in edited.items():
            office.set_score(value, goal)
        office.apply(plan)
        theirs = {goal for goal, value in edited.items() if value != wanted}
        for row in load_plan(office.database, plan.plan_id).rows:
            left = "stale" if row.target_gid in released else "overridden"  # what was released is nobody's yet
            ours = "noop" if edited.get(row.target_gid) == wanted else "done"
            assert row.state == (left if row.target_gid in theirs else ours)
            values[row.target_gid] = edited.get(row.target_gid, wanted)
            assert office.value("goal", row.target_gid, SCORE) == values[row.target_gid]
        assert ownership.persons_fields(office.database) == {(goal, SCORE) for goal in theirs - released}
        for goal in theirs:
            ownership.release_field(office.database, goal, SCORE, "ada", NOW)
        released = theirs
        edits += len(edited)
        if edits >= 100:
            break


@pytest.mark.fault("F34")
def test_a_change_after_the_approval_goes_back_to_the_reviewers_with_the_persons_value(office: Office) -> None:
    plan = office.plan(score_of(office.goal))
    office.set_score(0.4)
    assert office.apply(plan).counts == {"stale": 1}
    again = office.stored(score_of(office.goal, old_value="0.4", **in_week(1)))
    assert (again.state, again.rows[0].old_value, again.rows[0].decision) == ("proposed", "0.4", "pending")
    assert office.value("goal", office.goal, SCORE) == 0.4


def edit_between(office: Office) -> dict[str, Any]:
    """A person writes to our field between our look and our request."""
    there = {"custom_fields": {office.fields[FLAG]: THEIRS}}
    return rule("human_edit", {"method": "PUT", "path": "/tasks/{task}", "nth": 1}, fields=there)


@pytest.mark.fault("F21")
@pytest.mark.parametrize("hidden", [0, 1])
def test_an_edit_between_our_look_and_our_request_is_given_back(office: Office, hidden: int) -> None:
    task = office.tasks[0]
    lag = rule("stale", {"method": "GET", "path": "/tasks/{task}/stories", "nth": 2}, writes=3)
    office.break_down(edit_between(office), *[lag] * hidden)
    assert office.apply(office.plan(flag_of(task))).counts == {"overridden": 1}
    assert office.value("task", task, FLAG) == THEIRS
    assert ownership.persons_fields(office.database) == {(task, FLAG)}
    assert office.effects()[f"PUT /tasks/{task}"] == 2


@pytest.mark.fault("F21")
def test_a_person_who_clears_the_field_in_that_moment_has_it_empty_again(office: Office) -> None:
    task = office.tasks[0]
    office.set_flag("blocked")
    plan = office.plan(flag_of(task, old_value='"blocked"'))
    there = {"custom_fields": {office.fields[FLAG]: None}}
    office.break_down(rule("human_edit", {"method": "PUT", "path": "/tasks/{task}", "nth": 1}, fields=there))
    assert office.apply(plan).counts == {"overridden": 1}
    assert not office.value("task", task, FLAG)


@pytest.mark.fault("F22")
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_request_that_gives_back_and_is_lost_is_sent_until_their_value_stands(office: Office, when: str) -> None:
    task = office.tasks[0]
    lost = rule("drop", {"method": "PUT", "path": "/tasks/{task}", "nth": 2}, when=when)
    office.break_down(edit_between(office), lost)
    plan = office.plan(flag_of(task))
    assert office.apply(plan).counts == {"unknown": 1}
    assert office.settle(plan) == ["overridden"]
    assert office.value("task", task, FLAG) == THEIRS


@pytest.mark.fault("F22")
@pytest.mark.parametrize("point", ["restoring: committed", "given back"])
def test_what_a_person_writes_after_a_death_while_giving_back_stays(office: Office, point: str) -> None:
    task = office.tasks[0]
    office.break_down(edit_between(office))
    plan = office.plan(flag_of(task))
    with dying_at(point), pytest.raises(Died):
        office.apply(plan)
    office.set_flag("done by Friday")
    assert office.settle(plan) == ["overridden"]
    assert office.value("task", task, FLAG) == "done by Friday"


@pytest.mark.fault("F11")
@pytest.mark.parametrize("kind", ["status_update", "comment"])
def test_a_list_that_is_behind_once_is_not_taken_for_a_lost_request(office: Office, kind: str) -> None:
    where = {"status_update": "/status_updates", "comment": "/goals/{goal}/stories"}[kind]
    office.break_down(rule("status", {"method": "POST", "path": where, "nth": 1}, status=500, when="after"))
    plan = office.plan(post_on(office.goal, kind))
    assert office.apply(plan).counts == {"unknown": 1}
    office.break_down(rule("stale", {"method": "GET", "path": where, "nth": 1}, writes=100))
    assert office.apply(plan, SETTLED).counts == {"unknown": 1}
    assert office.apply(plan, SETTLED + LATER).counts == {"done": 1}
    assert sum(office.effects().values()) == 1


@pytest.mark.fault("F25")
@pytest.mark.parametrize("kind", ["status_update", "comment"])
def test_what_a_person_deletes_is_not_posted_again_in_any_words(office: Office, kind: str) -> None:
    plan = office.plan(post_on(office.goal, kind))
    reworded = office.plan(
        post_on(office.goal, kind, new_value=canonical_object({"status_type": "at_risk", "title": "W", "text": "X"}))
    )
    office.apply(plan)
    gid = load_plan(office.database, plan.plan_id).rows[0].result_gid
    where = {"status_update": "status_updates", "comment": "stories"}[kind]
    office.company.write("DELETE", f"/{where}/{gid}", token=BOT)  # Asana lets nobody else delete a comment
    assert office.apply(plan).counts == {}
    assert office.apply(reworded).counts == {"noop": 1}
    assert len([sent for sent in office.sent() if sent.startswith("POST")]) == 1
    assert len(created_markers(office.database)) == 1
