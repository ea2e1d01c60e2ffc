"""Our fields later: whose is what stands there now, and what of it is mended, left or adopted."""

from datetime import timedelta

import pytest

from asana_intel.changes import audit, ownership
from asana_intel.changes.adopting import adopt_after_restore
from asana_intel.changes.claims import target_lock, worker_connection
from asana_intel.changes.drift import chain_holds, check_drift
from asana_intel.changes.heads import sign
from asana_intel.changes.review import approve
from asana_intel.settings import Mode, load_settings
from asana_intel_tests.unit.changes.conftest import NOW

DAY = timedelta(days=1)
SCORE, FLAG = "ai_confidence_score", "ai_risk_flag"
ON_TASK = {"target_type": "task", "target_gid": "5", "field": FLAG, "new_value": '"overdue"'}
US, PERSON = "99", "7"


@pytest.fixture
def drifted(database, asana):
    """Look at our fields, a day later unless told otherwise."""

    def run(after=DAY):
        return check_drift(database, asana, load_settings(mode=Mode.propose), NOW + after, "job:drift")

    return run


@pytest.fixture
def written(approved, applied):
    """Write rows so many minutes after the first."""

    def run(*rows, minutes=0):
        at = NOW + timedelta(minutes=minutes)
        assert set(applied(approved(*rows), at=at).counts) == {"done"}

    return run


@pytest.fixture
def task(asana):
    """Set the flag of task 5 as somebody; its history tells."""
    entry = {"gid": "77", "name": "AI Risk Flag", "text_value": None}
    asana.goals["5"] = {"workspace": {"gid": "900"}, "custom_fields": [entry]}
    plain = asana.set_custom_field

    def tell(user, value):
        asana.field_changes.append(
            {"gid": str(len(asana.field_changes)), "created_by": {"gid": user}, "old_text_value": entry["text_value"],
             "new_text_value": value}
        )  # fmt: skip
        entry["text_value"] = value

    def set_custom_field(target_type, target_gid, field_gid, value):
        if target_gid == "5":
            tell(US, value)
            asana.writes.append(("set", target_gid, value))
            return {"gid": "5"}
        return plain(target_type, target_gid, field_gid, value)

    asana.set_custom_field = set_custom_field
    return tell


def week(n, **row):
    at = NOW + timedelta(weeks=n)
    return {"as_of_on": at.date(), "as_of_at": NOW, **row}


def events(database, name):
    with audit.reading(database) as entries:
        return [entry.body for entry in entries if entry.event == name]


def test_what_still_stands_is_looked_at_in_one_request_an_object(asana, written, drifted):
    written({}, {"field": "ai_summary", "new_value": '"On pace."'}, {"target_gid": "2"})
    before = asana.reads
    found = drifted()
    assert (found.looked, found.persons, found.echoes, found.plan) == (3, [], [], None)
    assert asana.reads - before == 2


def test_what_a_person_changed_is_theirs_from_then_on(database, asana, written, drifted, approved, applied):
    written({})
    asana.add_goal("1", ai_confidence_score=0.9)
    assert drifted().persons == [("1", SCORE)]
    assert ownership.persons_fields(database) == {("1", SCORE)}
    assert [(body["target_gid"], body["field"]) for body in events(database, "field_changed_by_person")] == [
        ("1", SCORE)
    ]
    assert drifted(2 * DAY).persons == []
    again = approved(week(1, old_value="0.9", new_value="0.7"))
    assert applied(again).counts == {"overridden": 1}


def test_a_field_that_a_person_cleared_stays_ours(database, asana, written, drifted):
    written({})
    asana.add_goal("1", ai_confidence_score=None)
    found = drifted()
    assert (found.persons, found.plan) == ([], None)
    assert ownership.persons_fields(database) == frozenset()


@pytest.mark.fault("F24")
def test_our_own_older_value_that_came_late_is_mended_and_nobodys_override(database, asana, written, drifted, applied):
    written({})
    written(week(1, old_value="0.62", new_value="0.7"), minutes=1)
    asana.add_goal("1", ai_confidence_score=0.62)  # the first request comes to pass once more
    found = drifted()
    assert (found.persons, found.echoes, found.plan.purpose) == ([], [("1", SCORE)], "repair")
    approve(database, found.plan.plan_id, "ada", NOW + DAY)
    assert applied(found.plan, at=NOW + DAY).counts == {"done": 1}
    assert asana.value("1", SCORE) == 0.7
    assert drifted(2 * DAY).plan is None


@pytest.mark.fault("F24")
def test_on_a_task_the_author_tells_an_echo_from_a_person(database, written, drifted, task, applied):
    written(ON_TASK)
    written(week(1, **ON_TASK | {"old_value": '"overdue"', "new_value": '"blocked"'}), minutes=1)
    task(US, "overdue")
    found = drifted()
    assert (found.persons, found.echoes) == ([], [("5", FLAG)])
    task(PERSON, "overdue")
    assert drifted().persons == [("5", FLAG)]
    approve(database, found.plan.plan_id, "ada", NOW + DAY)
    assert applied(found.plan, at=NOW + DAY).counts == {"overridden": 1}


def test_a_repair_leaves_alone_what_a_person_wrote_meanwhile(database, asana, written, drifted, applied):
    written({})
    written(week(1, old_value="0.62", new_value="0.7"), minutes=1)
    asana.add_goal("1", ai_confidence_score=0.62)
    found = drifted()
    approve(database, found.plan.plan_id, "ada", NOW + DAY)
    asana.add_goal("1", ai_confidence_score=0.9)
    assert applied(found.plan, at=NOW + DAY).counts == {"overridden": 1}
    assert asana.value("1", SCORE) == 0.9


def test_a_value_that_we_sent_long_ago_is_a_persons(asana, written, drifted):
    written({})
    written(week(1, old_value="0.62", new_value="0.7"), minutes=1)
    asana.add_goal("1", ai_confidence_score=0.62)
    assert drifted(8 * DAY).persons == [("1", SCORE)]


def test_an_object_that_is_being_written_to_is_left_for_tomorrow(database, asana, written, drifted):
    written({})
    asana.add_goal("1", ai_confidence_score=0.9)
    with worker_connection(database) as other, target_lock(other, "1"):
        assert drifted().persons == []
    assert drifted().persons == [("1", SCORE)]


def test_what_cannot_be_read_takes_nothing_from_the_others(asana, written, drifted):
    written({}, {"target_gid": "2"})
    del asana.goals["1"]
    asana.add_goal("2", ai_confidence_score=0.9)
    found = drifted()
    assert (found.unread, found.persons) == (1, [("2", SCORE)])


def test_a_chain_that_was_cut_off_does_not_hold(database, written, tmp_path):
    written({})
    sign(database, tmp_path, NOW)
    assert chain_holds(database, tmp_path, NOW)
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)")
    assert not chain_holds(database, tmp_path, NOW)
    (tmp_path / "signing.pub").unlink()
    assert not chain_holds(database, tmp_path, NOW)


# -- after an older database was restored


@pytest.fixture
def restored(database):
    """Put the record of a field back to an older value, as an older dump holds it."""

    def run(gid, field, value, owner="us"):
        with database.transaction() as connection, connection.cursor() as cursor:
            cursor.execute(
                "UPDATE field_owner SET last_applied = %s, owner = %s WHERE target_gid = %s AND field = %s",
                (value, owner, gid, field),
            )

    return run


@pytest.fixture
def adopted(database, asana):
    """Adopt after the restore."""

    def run():
        return adopt_after_restore(database, asana, load_settings(mode=Mode.propose), NOW + DAY, "ada")

    return run


@pytest.mark.parametrize("owner", ["us", "human"])
@pytest.mark.fault("F14")
def test_a_task_whose_history_names_us_is_ours_again(database, written, task, restored, adopted, owner, applied,
                                                         approved):  # fmt: skip
    written(ON_TASK)
    restored("5", FLAG, '"older"', owner)
    found = adopted()
    assert (found.adopted, found.persons, found.plan) == ([("5", FLAG)], [], None)
    assert [body["target_gid"] for body in events(database, "field_adopted")] == ["5"]
    again = approved(week(1, **ON_TASK | {"old_value": '"overdue"', "new_value": '"blocked"'}))
    assert applied(again).counts == {"done": 1}


@pytest.mark.fault("F14")
def test_a_task_that_a_person_wrote_last_stays_theirs(database, written, task, restored, adopted):
    written(ON_TASK)
    task(PERSON, "by legal")
    found = adopted()
    assert (found.adopted, found.persons) == ([], [("5", FLAG)])


@pytest.mark.parametrize("owner", ["us", "human"])
@pytest.mark.fault("F14")
def test_a_goal_is_ours_again_once_a_person_says_so_and_nothing_is_sent(
    database, asana, written, restored, adopted, applied, approved, owner
):
    written({})
    restored("1", SCORE, "0.5", owner)
    found = adopted()
    (row,) = found.plan.rows
    assert (found.plan.purpose, row.old_value, row.new_value, row.decision) == ("adopt", "0.62", "0.62", "pending")
    count = len(asana.writes)
    approve(database, found.plan.plan_id, "ada", NOW + DAY)
    assert applied(found.plan, at=NOW + DAY).counts == {"noop": 1}
    assert len(asana.writes) == count
    again = approved(week(1, old_value="0.62", new_value="0.7"))
    assert applied(again).counts == {"done": 1}


def test_a_goal_that_a_person_changes_before_the_approval_is_not_adopted(
    database, asana, written, restored, adopted, applied
):
    written({})
    restored("1", SCORE, "0.5")
    plan = adopted().plan
    approve(database, plan.plan_id, "ada", NOW + DAY)
    asana.add_goal("1", ai_confidence_score=0.9)
    assert applied(plan, at=NOW + DAY).counts == {"overridden": 1}
    assert ownership.persons_fields(database) == {("1", SCORE)}


def test_without_a_restore_there_is_nothing_to_adopt(written, adopted):
    written({})
    found = adopted()
    assert (found.adopted, found.persons, found.plan) == ([], [], None)


def test_policy_adopts_nothing(database, asana, written, restored):
    written({})
    restored("1", SCORE, "0.5")
    plan = adopt_after_restore(database, asana, load_settings(mode=Mode.shadow), NOW + DAY, "ada").plan
    assert plan.rows[0].decision == "pending"
