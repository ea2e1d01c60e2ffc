import itertools
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import psycopg2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.changes import audit
from asana_intel.changes.apply import workers_for
from asana_intel.changes.canonical import canonical_object
from asana_intel.changes.claims import target_lock, worker_connection
from asana_intel.changes.ledger import created_markers, load_plan
from asana_intel.changes.progress import begin_send
from asana_intel.changes.review import approve, reject, set_kill_switch
from asana_intel.errors import PermanentError, RefusedError
from asana_intel.quality.evaluate import Check, CheckOutcome
from asana_intel.quality.gate import record_gate
from asana_intel.settings import AsanaSettings, Mode

NOW = datetime.fromisoformat("2026-11-20T08:00:00+00:00")
STATUS = {
    "kind": "status_update",
    "field": "weekly_status",
    "new_value": canonical_object({"status_type": "at_risk", "title": "Week", "text": "Half way."}),
}
COMMENT = {"kind": "comment", "field": "odds_fell", "new_value": canonical_object({"text": "The odds fell."})}
REVIEW = {
    "kind": "create_task",
    "field": "review_task",
    "new_value": canonical_object({"name": "Review", "notes": "Look.", "project": "OKR Actions", "assignee": "70"}),
}


def send_first_commit(database, row):
    with worker_connection(database) as connection:
        begin_send(connection, row, None, "bot", NOW)


def states(database, plan):
    return [row.state for row in load_plan(database, plan.plan_id).rows]


def receipts(database):
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT row_key, old_value, new_value, verified FROM write_receipt ORDER BY receipt_id")
        return cursor.fetchall()


def test_an_approved_plan_is_written_read_back_receipted_and_audited(database, asana, approved, applied):
    asana.projects.append({"gid": "40", "name": "OKR Actions"})
    plan = approved({}, STATUS, COMMENT, REVIEW)
    seen = []
    report = applied(plan, on_row=seen.append)

    assert report.counts == {"done": 4}
    assert report.plan_state == "applied"
    assert [row.outcome for row in seen] == ["done"] * 4
    assert asana.value("1", "ai_confidence_score") == 0.62
    assert asana.updates["1"][0]["text"].startswith("Half way.\n\nref AIW-")
    assert asana.tasks[0]["projects"] == ["40"]
    assert all(verified for *_, verified in receipts(database))
    assert len(created_markers(database)) == 3
    assert audit.verify(database) is None


def test_applying_again_writes_nothing(asana, approved, applied):
    plan = approved({}, STATUS)
    applied(plan)
    count = len(asana.writes)
    assert applied(plan).written == 0
    assert len(asana.writes) == count


@pytest.mark.parametrize(
    ("mode", "why"), [(Mode.observe, "observe writes nothing"), (Mode.shadow, "today's is shadow")]
)
def test_a_plan_is_not_applied_in_less_than_its_own_mode(asana, approved, applied, mode, why):
    plan = approved()
    with pytest.raises(RefusedError, match=why):
        applied(plan, mode=mode)
    assert (asana.reads, asana.writes) == (0, [])


def test_a_plan_made_in_observe_is_never_applied(asana, approved, applied):
    plan = approved(mode=Mode.observe)
    with pytest.raises(RefusedError, match="made in mode observe"):
        applied(plan)
    assert asana.writes == []


@pytest.mark.fault("F32")
def test_an_unapproved_plan_is_refused_and_says_how_to_approve(asana, stored, applied):
    with pytest.raises(RefusedError, match=r"not approved.*asana-intel approve p-"):
        applied(stored())
    assert asana.writes == []


def test_only_the_approved_rows_are_written(database, asana, stored, applied):
    plan = stored({}, {"target_gid": "2"}, {"target_gid": "3"})
    approve(database, plan.plan_id, "ada", NOW, [plan.rows[0].row_key])
    reject(database, plan.plan_id, "ada", NOW, [plan.rows[1].row_key])
    report = applied(plan)
    assert ([w[2] for w in asana.writes], report.plan_state) == (["1"], "approved")


@pytest.mark.fault("F32")
def test_an_expired_approval_is_refused(asana, approved, applied):
    plan = approved()
    with pytest.raises(RefusedError, match="expired"):
        applied(plan, at=NOW + timedelta(hours=73))
    assert asana.writes == []


@pytest.mark.fault("F30")
def test_a_plan_whose_gate_was_never_evaluated_is_refused(asana, approved, applied):
    with pytest.raises(RefusedError, match="never evaluated for changes/plan"):
        applied(approved(gate=False))
    assert asana.writes == []


@pytest.mark.fault("F30")
def test_the_latest_evaluation_of_the_gate_speaks(database, asana, approved, applied):
    plan = approved()
    check = Check("target_gid_is_an_asana_id", False, "error", 1, ("1",))
    with database.transaction() as connection:
        record_gate(connection, plan.plan_hash, CheckOutcome("changes/plan", False, (check,), 1), NOW)
    with pytest.raises(RefusedError, match="failed for changes/plan: target_gid_is_an_asana_id"):
        applied(plan)
    assert asana.writes == []


@pytest.mark.fault("F30")
def test_a_gate_older_than_the_plan_is_stale(database, asana, approved, applied):
    plan = approved(gate=False)
    with database.transaction() as connection:
        record_gate(connection, plan.plan_hash, CheckOutcome("changes/plan", True, (), 1), NOW - timedelta(seconds=1))
    with pytest.raises(RefusedError, match="stale"):
        applied(plan)
    assert asana.writes == []


@pytest.mark.fault("F35")
def test_the_kill_switch_stops_writes_even_between_two_rows(database, asana, approved, applied):
    plan = approved({}, {"target_gid": "2"})
    asana.before_write = lambda: set_kill_switch(database, stopped=True, actor="ada", now=NOW)
    with pytest.raises(RefusedError, match="kill switch"):
        applied(plan)
    assert len(asana.writes) == 1
    set_kill_switch(database, stopped=False, actor="ada", now=NOW)
    asana.before_write = lambda: None
    assert applied(plan).counts == {"done": 1}


@pytest.mark.fault("F32")
def test_changed_rows_are_refused_even_when_the_triggers_were_off(database, asana, approved, applied):
    plan = approved()
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE plan_row SET new_value = '0.99'")
    with pytest.raises(RefusedError, match="not those that were approved"):
        applied(plan)
    assert (asana.reads, asana.writes) == (0, [])


@pytest.mark.fault("F32")
def test_the_database_refuses_a_send_that_the_author_approved(database, stored):
    plan = stored()
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE plan SET state = 'approved'")
        cursor.execute("UPDATE plan_row SET decision = 'approved', decided_by = 'planner'")
    with pytest.raises(RefusedError, match="approved by its own author"):
        send_first_commit(database, plan.rows[0])


def test_the_database_refuses_a_send_that_nobody_approved(database, approved):
    plan = approved({}, {"target_gid": "2"})
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE plan_row SET decision = 'pending' WHERE target_gid = '2'")
    with pytest.raises(RefusedError, match="not approved"):
        send_first_commit(database, plan.rows[1])


def test_a_finished_row_cannot_be_reopened(database, approved, applied):
    applied(approved())
    with (
        pytest.raises(psycopg2.errors.RaiseException, match="final"),
        database.transaction() as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE plan_row SET state = 'planned'")


def test_a_value_that_someone_changed_since_the_plan_is_left_alone(database, asana, approved, applied):
    asana.add_goal("1", ai_confidence_score=0.4)
    plan = approved({"old_value": "0.3"}, {"target_gid": "2"})
    assert applied(plan).counts == {"done": 1, "stale": 1}
    assert asana.value("1", "ai_confidence_score") == 0.4
    assert states(database, plan) == ["stale", "done"]


def test_a_value_that_stands_already_is_not_written(asana, approved, applied):
    asana.add_goal("1", ai_confidence_score=0.6200001)
    assert applied(approved()).counts == {"noop": 1}
    assert asana.writes == []


def test_a_refused_row_fails_alone(asana, approved, applied):
    asana.faults = {1: "refused"}
    report = applied(approved({}, {"target_gid": "2"}))
    assert report.counts == {"done": 1, "failed": 1}
    assert "403" in report.outcomes[0].error


@pytest.mark.fault("F26")
def test_a_vanished_object_fails_its_row_alone(asana, approved, applied):
    del asana.goals["1"]
    assert applied(approved({}, {"target_gid": "2"})).counts == {"done": 1, "failed": 1}


def test_a_request_that_was_certainly_not_applied_waits_for_the_next_apply(asana, approved, applied):
    asana.faults = {1: "limited"}
    plan = approved()
    report = applied(plan)
    assert (report.counts, report.plan_state) == ({"retry": 1}, "approved")
    assert applied(plan).counts == {"done": 1}


@pytest.mark.fault("F3")
@pytest.mark.parametrize("row", [{}, STATUS, COMMENT])
def test_a_lost_answer_of_an_applied_write_is_adopted_and_not_sent_again(database, asana, approved, applied, row):
    asana.faults = {1: "lost_after"}
    plan = approved(row)
    assert applied(plan).counts == {"unknown": 1}
    assert applied(plan).counts == {"done": 1}
    assert len(asana.writes) == 1
    assert len(receipts(database)) == 1


@pytest.mark.fault("F4")
@pytest.mark.parametrize("row", [{}, STATUS, COMMENT])
def test_a_lost_write_is_sent_again_only_after_it_can_no_longer_arrive(asana, approved, applied, row):
    asana.faults = {1: "lost_before"}
    plan = approved(row)
    applied(plan)
    assert applied(plan, at=NOW + timedelta(seconds=60)).counts == {"unknown": 1}
    assert len(asana.writes) == 1
    if row:  # lists may lag: something created is looked for twice
        assert applied(plan, at=NOW + timedelta(seconds=181)).counts == {"unknown": 1}
        assert applied(plan, at=NOW + timedelta(seconds=200)).counts == {}
    assert applied(plan, at=NOW + timedelta(seconds=212)).written == 1
    assert len(asana.writes) == 2


@pytest.mark.fault("F20")
def test_a_value_that_a_person_set_while_ours_was_unknown_is_theirs(asana, approved, applied):
    asana.faults = {1: "lost_before"}
    plan = approved()
    applied(plan)
    asana.add_goal("1", ai_confidence_score=0.1)
    assert applied(plan, at=NOW + timedelta(seconds=181)).counts == {"overridden": 1}
    assert asana.value("1", "ai_confidence_score") == 0.1


def test_an_update_that_an_earlier_life_of_the_ledger_posted_is_adopted(database, asana, approved, applied):
    plan = approved(STATUS)
    applied(plan)
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM write_receipt")
        cursor.execute("UPDATE plan_row SET state = 'planned', attempts = 0")
        cursor.execute("UPDATE plan SET state = 'approved'")
    assert applied(plan).counts == {"noop": 1}
    assert len(asana.updates["1"]) == 1


def test_the_same_weekly_update_with_other_words_is_not_posted_twice(asana, approved, applied):
    applied(approved(STATUS))
    reworded = canonical_object({"status_type": "at_risk", "title": "Week", "text": "Other words."})
    assert applied(approved(STATUS | {"new_value": reworded})).counts == {"noop": 1}
    assert len(asana.updates["1"]) == 1


def test_a_row_whose_field_is_not_set_up_waits_and_is_written_once_it_is(asana, approved, applied):
    asana.goals["1"]["custom_fields"] = []
    plan = approved()
    report = applied(plan)
    assert (report.counts, report.plan_state) == ({"waiting": 1}, "approved")
    assert "setup plan" in report.outcomes[0].error
    asana.add_goal("1")
    assert applied(plan).counts == {"done": 1}


def test_setup_creates_a_field_and_attaches_it_in_one_plan(asana, approved, applied):
    body = canonical_object({"name": "AI Summary", "resource_subtype": "text"})
    setup = {"capability": "setup", "field": "ai_summary"}
    plan = approved(
        setup | {"kind": "create_custom_field", "target_type": "workspace", "target_gid": "900", "new_value": body},
        setup | {"kind": "attach_custom_field", "new_value": canonical_object({"field": "AI Summary"})},
    )
    assert applied(plan).counts == {"done": 2}
    assert asana.goals["1"]["custom_field_settings"][0]["custom_field"]["name"] == "AI Summary"


def test_a_metric_is_set_to_the_measured_value(asana, approved, applied):
    asana.add_goal("1", metric={"current_number_value": 40.0, "precision": 0, "unit": "none"})
    row = {"kind": "set_metric", "field": "current_value", "old_value": "40", "new_value": "44"}
    assert applied(approved(row)).counts == {"done": 1}
    assert asana.goals["1"]["metric"]["current_number_value"] == 44


def test_five_failures_in_a_row_stop_the_apply(asana, approved, applied):
    for gid in ("4", "5", "6", "7", "8", "9"):
        asana.add_goal(gid)
    asana.faults = dict.fromkeys(range(1, 10), "limited")
    report = applied(approved(*({"target_gid": g} for g in "123456789")))
    assert len(asana.writes) == 5
    assert "the rest waits" in report.stopped


def test_a_row_waits_a_moment_for_a_worker_that_is_about_to_let_go_of_its_object(database, asana, approved, applied):
    plan = approved({}, {"target_gid": "2"})
    with worker_connection(database) as other, ThreadPoolExecutor() as pool:
        with target_lock(other, "1"):
            report = pool.submit(applied, plan)
            while not report.done() and not somebody_waits_for_an_object(database):
                pass
        assert report.result().counts == {"done": 2}


def somebody_waits_for_an_object(database):
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return cursor.fetchone() is not None


def test_a_row_on_an_object_that_another_worker_holds_waits(database, asana, approved, applied):
    plan = approved({}, {"target_gid": "2"})
    with worker_connection(database) as other, target_lock(other, "1") as is_held:
        assert is_held
        assert applied(plan).counts == {"done": 1}
        assert asana.value("1", "ai_confidence_score") is None
    assert applied(plan).counts == {"done": 1}


@pytest.fixture
def many(asana, approved):
    """An approved plan of 200 goals."""
    gids = [str(n) for n in range(1, 201)]
    for gid in gids:
        asana.add_goal(gid)
    return approved(*({"target_gid": gid} for gid in gids))


@pytest.fixture
def interruptible():
    """Ctrl-C interrupts, also where the tests were started in the background, whose shell turns it off."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_a_signal_ends_an_apply_of_several_workers_after_the_rows_in_hand(database, asana, many, applied):
    main, writes = threading.main_thread().ident, itertools.count(1)
    asana.before_write = lambda: next(writes) == 8 and signal.pthread_kill(main, signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        applied(many, workers=4)
    assert len(asana.writes) < 100
    assert set(states(database, many)) == {"done", "planned"}
    asana.before_write = lambda: None
    assert applied(many, workers=4).plan_state == "applied"
    assert len(asana.writes) == 200


def test_what_no_worker_expects_ends_them_all(asana, many, applied):
    def bug():
        if len(asana.writes) == 3:
            raise ZeroDivisionError

    asana.before_write = bug
    with pytest.raises(ZeroDivisionError):
        applied(many, workers=4)
    assert len(asana.writes) < 100


def test_there_are_as_many_workers_as_writes_may_be_in_flight_and_requests_may_go_in_a_second():
    at = "https://app.asana.com/api/1.0"
    assert workers_for(AsanaSettings(url=at)) == 15
    assert workers_for(AsanaSettings(url=at, plan="paid", writes_in_flight=4)) == 4
    assert workers_for(AsanaSettings(url=at, plan="free")) == 2
    assert workers_for(AsanaSettings(url=at, requests_per_minute=10)) == 1


def test_setup_is_applied_by_one_worker_and_other_plans_by_several(asana, approved, applied):
    names = set()
    asana.before_write = lambda: names.add(threading.current_thread().name)
    setup = {"capability": "setup", "kind": "create_custom_field", "target_type": "workspace"}
    fields = [("ai_summary", "AI Summary", "900"), ("ai_risk_flag", "AI Risk Flag", "901")]
    applied(
        approved(
            *(
                setup | {"field": field, "target_gid": gid,
                         "new_value": canonical_object({"name": name, "resource_subtype": "text"})}
                for field, name, gid in fields
            )
        ),
        workers=4,
    )  # fmt: skip
    assert names == {threading.current_thread().name}
    names.clear()
    applied(approved({}, {"target_gid": "2"}), workers=4)
    assert all(name.startswith("asana-writer") for name in names)


def test_a_plan_that_does_not_exist_is_named(applied, stored):
    plan = stored()
    object.__setattr__(plan, "plan_id", "p-00000000")
    with pytest.raises(PermanentError, match="There is no plan p-00000000"):
        applied(plan)


class Crash(BaseException):
    """The process dies here."""


FAULTS = st.sampled_from(["limited", "lost_before", "lost_after", None])


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(faults=st.lists(FAULTS, max_size=6), crashes=st.sets(st.integers(1, 14), max_size=4))
def test_no_crash_and_no_lost_answer_doubles_or_loses_a_write(
    database, asana, stored, applied, monkeypatch, faults, crashes
):
    from asana_intel.changes import protocol as module

    asana.writes.clear()
    asana.updates.clear()
    asana.faults = {n: f for n, f in enumerate(faults, 1) if f}
    for gid in ("1", "2"):
        asana.add_goal(gid)
    week = NOW + timedelta(weeks=audit.length(database))  # a fresh week, and so a fresh plan, for each example
    as_of = {"as_of_on": week.date(), "as_of_at": week}
    plan = stored(as_of, as_of | {"target_gid": "2"}, as_of | STATUS)
    approve(database, plan.plan_id, "ada", NOW)
    steps = iter(range(1, 1000))

    def dying(function):
        def step(*arguments, **options):
            if next(steps) in crashes:
                raise Crash
            result = function(*arguments, **options)
            if next(steps) in crashes:
                raise Crash
            return result

        return step

    with monkeypatch.context() as patch:
        patch.setattr(module, "begin_send", dying(module.begin_send))
        patch.setattr(module, "move", dying(module.move))
        at = NOW
        for _ in range(14):
            at += timedelta(seconds=200)
            try:
                report = applied(plan, at=at)
            except Crash:
                continue
            if report.plan_state == "applied":
                break

    assert states(database, plan) == ["done"] * 3
    assert len(asana.updates["1"]) == 1
    assert (asana.value("1", "ai_confidence_score"), asana.value("2", "ai_confidence_score")) == (0.62, 0.62)
    assert audit.verify(database) is None


LOAD = {
    "kind": "create_task",
    "capability": "capacity",
    "target_type": "user",
    "target_gid": "71",
    "field": "capacity_alert",
    "new_value": canonical_object(
        {"name": "Review the load", "notes": "50 h.", "project": "Capacity Review", "period": "2026-11-23",
         "workspace": "900"}
    ),
}  # fmt: skip


def test_a_task_about_a_person_is_created_in_the_plans_workspace_with_asanas_members_only(asana, approved, applied):
    asana.projects.append({"gid": "41", "name": "Capacity Review"})
    asana.goals["71"] = {"workspaces": [{"gid": "900"}, {"gid": "901"}]}
    plan = approved(LOAD)
    assert applied(plan).counts == {"done": 1}
    assert set(asana.tasks[0]) == {"name", "notes", "projects", "gid", "created_by"}
    later = approved(LOAD | {"reason": "The same week again.", "as_of_on": plan.as_of_on + timedelta(days=7)})
    assert applied(later).counts == {"noop": 1}
    assert len(asana.tasks) == 1


def test_a_task_about_a_person_of_another_workspace_is_not_created(asana, approved, applied):
    asana.projects.append({"gid": "41", "name": "Capacity Review"})
    asana.goals["71"] = {"workspaces": [{"gid": "901"}]}
    report = applied(approved(LOAD))
    assert report.counts == {"failed": 1}
    assert "not in workspace 900" in report.outcomes[0].error
    assert asana.writes == []
