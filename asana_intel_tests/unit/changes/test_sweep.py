"""The sweep after creations: late duplicates are found and deleted by a plan, what people deleted is left alone."""

from datetime import timedelta

import pytest

from asana_intel.changes import audit, policy
from asana_intel.changes.canonical import canonical_object
from asana_intel.changes.ledger import created_markers, open_plans
from asana_intel.changes.policy import Bar, Scope
from asana_intel.changes.revert import revert
from asana_intel.changes.review import approve
from asana_intel.changes.sweep import sweep
from asana_intel.errors import RetriableError
from asana_intel.settings import Mode, load_settings
from asana_intel_tests.unit.changes.conftest import NOW

COMMENT = {"kind": "comment", "field": "odds_fell", "new_value": canonical_object({"text": "The odds fell."})}
STATUS = {
    "kind": "status_update", "field": "weekly_status",
    "new_value": canonical_object({"status_type": "at_risk", "title": "Week", "text": "Half way."}),
}  # fmt: skip
TASK = {
    "kind": "create_task", "field": "review_task",
    "new_value": canonical_object({"name": "Review", "notes": "Approve?", "project": "OKR Actions"}),
}  # fmt: skip


@pytest.fixture
def swept(database, asana):
    """Sweep so long after the plan was applied."""

    def run(after, mode=Mode.propose):
        return sweep(database, asana, load_settings(mode=mode), NOW + after, "job:sweep")

    return run


@pytest.fixture
def made(asana, approved, applied):
    """Apply rows; the lists that hold what they created, by kind."""
    asana.projects.append({"gid": "600", "name": "OKR Actions"})

    def run(*rows):
        assert set(applied(approved(*rows)).counts) == {"done"}
        return {"comment": asana.comments.get("1"), "status_update": asana.updates.get("1"), "task": asana.tasks}

    return run


def arrives_late(where, gid="20001", **changes):
    """A request that was given up creates its object after all."""
    where.append(where[0] | {"gid": gid} | changes)


def events(database, name):
    with audit.reading(database) as entries:
        return [entry.body for entry in entries if entry.event == name]


@pytest.mark.parametrize(("kind", "row"), [("comment", COMMENT), ("status_update", STATUS), ("task", TASK)])
@pytest.mark.fault("F9")
def test_a_duplicate_that_came_too_late_is_found_and_deleted_once_a_person_approved(
    database, asana, made, swept, applied, kind, row
):
    where = made(row)[kind]
    first = where[0]["gid"]
    arrives_late(where)
    found = swept(timedelta(minutes=5))
    assert (found.looked, found.duplicates, found.plan.purpose, found.plan.state) == (
        1,
        ["20001"],
        "repair",
        "proposed",
    )
    assert [body["extra_gids"] for body in events(database, "duplicate_found")] == [["20001"]]
    assert len(where) == 2
    at = NOW + timedelta(minutes=6)
    approve(database, found.plan.plan_id, "ada", at)
    assert applied(found.plan, at=at).counts == {"done": 1}
    assert [record["gid"] for record in where] == [first]
    assert swept(timedelta(hours=1)).duplicates == []
    assert audit.verify(database) is None


def test_objects_are_looked_for_after_five_minutes_an_hour_and_a_day_and_then_no_more(asana, made, swept):
    made(COMMENT, TASK)
    looks = [(4, 0), (5, 2), (6, 0), (59, 0), (60, 2), (61, 0), (24 * 60, 2), (25 * 60, 0)]
    assert [(minutes, swept(timedelta(minutes=minutes)).looked) for minutes, _ in looks] == looks


def test_a_sweep_that_was_missed_is_made_up_by_the_next(made, swept):
    made(COMMENT)
    assert swept(timedelta(days=3)).looked == 1
    assert swept(timedelta(days=3)).looked == 0


def test_what_others_made_with_our_marker_in_it_is_not_ours(made, swept):
    where = made(COMMENT)["comment"]
    arrives_late(where, created_by={"gid": "7"})
    assert swept(timedelta(minutes=5)).plan is None


@pytest.mark.fault("F25")
def test_what_a_person_deleted_is_noted_once_and_never_posted_again(database, asana, made, swept):
    where = made(COMMENT)["comment"]
    (gid,) = [record["gid"] for record in where]
    where.clear()
    assert swept(timedelta(minutes=5)).deleted == [gid]
    assert [body["object_gid"] for body in events(database, "object_deleted_by_person")] == [gid]
    assert swept(timedelta(days=2)).looked == 0
    assert (open_plans(database, NOW), len(created_markers(database)), where) == ([], 1, [])


def test_a_list_that_lags_behind_is_not_taken_for_a_deletion(asana, made, swept):
    made(COMMENT)
    asana.list_comments = lambda target_type, target_gid: []
    assert swept(timedelta(minutes=5)).deleted == []


def test_what_we_took_back_ourselves_is_not_missed(database, asana, approved, applied, swept):
    plan = approved(COMMENT)
    applied(plan)
    back = revert(database, asana, plan.plan_id, load_settings(mode=Mode.propose), NOW, "grace").plan
    approve(database, back.plan_id, "ada", NOW)
    assert applied(back).counts == {"done": 1}
    assert swept(timedelta(minutes=5)).looked == 0


def test_what_cannot_be_read_now_is_looked_for_by_the_next_sweep(asana, made, swept):
    made(COMMENT)
    lists, asana.list_comments = asana.list_comments, lambda *_: (_ for _ in ()).throw(RetriableError("down"))
    assert (swept(timedelta(minutes=5)).unread, swept(timedelta(minutes=6)).looked) == (1, 0)
    asana.list_comments = lists
    assert swept(timedelta(minutes=7)).looked == 1


def test_the_policy_deletes_a_duplicate_only_where_it_says_auto(database, made, swept):
    where = made(COMMENT)["comment"]
    arrives_late(where)
    anything = Bar(days=0, decided=0, accepted=0.0)
    policy.set_rule(database, Scope("goals"), Mode.auto, "it works", "ada", NOW, anything)
    plan = swept(timedelta(minutes=5), mode=Mode.auto).plan
    assert (plan.state, plan.rows[0].decided_by) == ("approved", "policy")
