"""Rows and workers: what each may do while others work, die, sleep or people edit at the same moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from asana_intel.changes import audit, ownership
from asana_intel.changes.claims import claim, target_lock, worker_connection
from asana_intel.changes.kinds import Kinds
from asana_intel.changes.ledger import load_plan, read_row
from asana_intel.changes.progress import Move, OvertakenError, begin_send, move
from asana_intel.changes.protocol import Hand, Timing, settle
from asana_intel.changes.review import set_kill_switch
from asana_intel.errors import RefusedError

NOW = datetime.fromisoformat("2026-11-20T08:00:00+00:00")
LEASE = timedelta(seconds=60)
SCORE = "ai_confidence_score"


def row_of(database, held):
    with database.transaction() as connection:
        return read_row(connection, held.plan_id, held.row_key)


def test_a_row_has_one_worker_until_its_lease_ends(database, approved):
    plan = approved()
    with worker_connection(database) as one, worker_connection(database) as two:
        first = claim(one, plan.plan_id, NOW, LEASE)
        assert claim(two, plan.plan_id, NOW + timedelta(seconds=59), LEASE) is None
        second = claim(two, plan.plan_id, NOW + timedelta(seconds=60), LEASE)
    assert (first.epoch, second.epoch) == (1, 2)


@pytest.mark.fault("F16")
def test_what_an_overtaken_worker_says_changes_nothing(database, approved):
    plan = approved()
    with worker_connection(database) as one, worker_connection(database) as two:
        slow = row_of(database, claim(one, plan.plan_id, NOW, LEASE))
        quick = row_of(database, claim(two, plan.plan_id, NOW + LEASE, LEASE))
        with pytest.raises(OvertakenError):
            begin_send(one, slow, None, "slow", NOW)
        begin_send(two, quick, None, "quick", NOW + LEASE)
        entries = audit.length(database)
        with pytest.raises(OvertakenError):
            move(one, slow, Move("failed", error="nonsense"), "slow", NOW)
    assert load_plan(database, plan.plan_id).rows[0].state == "sending"
    assert audit.length(database) == entries


def test_rows_of_one_object_are_worked_on_in_order_and_those_of_others_meanwhile(database, approved):
    plan = approved({"target_gid": "1"}, {"target_gid": "1", "field": "ai_summary"}, {"target_gid": "2"})
    with worker_connection(database) as one, worker_connection(database) as two:
        first, second = claim(one, plan.plan_id, NOW, LEASE), claim(two, plan.plan_id, NOW, LEASE)
        assert [row_of(database, held).target_gid for held in (first, second)] == ["1", "2"]
        assert claim(one, plan.plan_id, NOW, LEASE) is None


def test_an_object_is_held_by_one_session_and_freed_when_it_dies(database):
    with worker_connection(database) as one, worker_connection(database) as two:
        with target_lock(one, "1") as is_held, target_lock(two, "1") as is_held_too:
            assert (is_held, is_held_too) == (True, False)
        one.close()
    with worker_connection(database) as two, target_lock(two, "1") as is_held:
        assert is_held


@pytest.mark.fault("F16")
def test_a_worker_that_slept_between_its_word_and_its_request_does_not_send(database, asana, approved):
    plan = approved()
    seconds = iter([0.0, 5.1])
    with worker_connection(database) as connection:
        row = row_of(database, claim(connection, plan.plan_id, NOW, LEASE))
        hand = Hand(connection, "bot", lambda: NOW, clock=lambda: next(seconds))
        assert settle(hand, Kinds(asana, plan), row).word == "retry"
    assert asana.writes == []
    assert load_plan(database, plan.plan_id).rows[0].state == "planned"


def test_several_workers_write_everything_once(database, asana, approved, applied):
    gids = [str(n) for n in range(1, 25)]
    for gid in gids:
        asana.add_goal(gid)
    plan = approved(*({"target_gid": gid} for gid in gids), *({"target_gid": g, "field": "ai_summary",
                    "new_value": '"On pace."'} for g in gids))  # fmt: skip
    report = applied(plan, workers=4)
    assert (report.counts, report.plan_state) == ({"done": 48}, "applied")
    assert len(asana.writes) == len(set(asana.writes)) == 48
    assert audit.verify(database) is None


def test_a_dead_workers_row_is_settled_by_whoever_applies_next_even_another_plan(database, asana, approved, applied):
    first = approved()
    with worker_connection(database) as dying:
        row = row_of(database, claim(dying, first.plan_id, NOW, LEASE))
        begin_send(dying, row, None, "dying", NOW)
        asana.set_custom_field("goal", "1", "500", 0.62)
    week = NOW + timedelta(weeks=1)
    second = approved({"target_gid": "2", "as_of_on": week.date(), "as_of_at": week})
    applied(second, at=NOW + LEASE)
    assert [row.state for row in load_plan(database, first.plan_id).rows] == ["done"]
    assert len(asana.writes) == 2


# -- whose a field is


def later_week(n, **row):
    at = NOW + timedelta(weeks=n)
    return {"as_of_on": at.date(), "as_of_at": at, **row}


@pytest.mark.fault("F20")
def test_a_field_that_a_person_changed_stays_theirs_in_later_plans_until_it_is_released(
    database, asana, approved, applied
):
    applied(approved())
    asana.add_goal("1", ai_confidence_score=0.1)
    again = later_week(1, old_value="0.1", new_value="0.7")
    assert applied(approved(again)).counts == {"overridden": 1}
    assert ownership.persons_fields(database) == {("1", SCORE)}
    assert applied(approved(later_week(2, old_value="0.1", new_value="0.8"))).counts == {"overridden": 1}
    assert ownership.release_field(database, "1", SCORE, "ada", NOW)
    assert applied(approved(later_week(3, old_value="0.1", new_value="0.9"))).counts == {"done": 1}
    assert asana.value("1", SCORE) == 0.9


def test_a_person_who_clears_the_field_gives_it_back(asana, approved, applied):
    applied(approved())
    asana.add_goal("1", ai_confidence_score=None)
    assert applied(approved(later_week(1, new_value="0.7"))).counts == {"done": 1}


@pytest.mark.fault("F23")
def test_a_person_who_sets_the_same_value_overrides_nothing(database, asana, approved, applied):
    asana.add_goal("1", ai_confidence_score=0.62)
    assert applied(approved()).counts == {"noop": 1}
    assert ownership.persons_fields(database) == frozenset()


def test_releasing_what_is_nobodys_says_so(database):
    assert not ownership.release_field(database, "1", SCORE, "ada", NOW)


# -- a person's edit between our look and our request, as a task's history tells it


class TaskHistory:
    """A task with the risk flag, on which a person writes between our look and our request."""

    def __init__(self, asana, *, edit=None, hidden=0):
        self.asana, self.value, self.edit, self.hidden = asana, None, edit, hidden
        self.stories = []
        asana.goals["5"] = {"workspace": {"gid": "900"}, "custom_fields": [self.entry]}
        asana.before_write = self.between
        asana.list_field_changes = self.listed

    @property
    def entry(self):
        return {"gid": "77", "name": "AI Risk Flag", "text_value": self.value}

    def story(self, user, value):
        self.stories.append(
            {"gid": str(len(self.stories)), "created_by": {"gid": user}, "old_text_value": self.value,
             "new_text_value": value}
        )  # fmt: skip
        self.value = value
        self.asana.goals["5"]["custom_fields"] = [self.entry]

    def between(self):
        if self.edit is not None:
            value, self.edit = self.edit, None
            self.story("7", value)
        previous = self.asana.set_custom_field

        def write(target_type, target_gid, field_gid, value):
            self.asana.set_custom_field = previous
            self.asana.writes.append(("set", target_gid, value))
            self.story("99", value)
            return {"gid": target_gid}

        self.write = write

    def listed(self, task_gid, field_gid):
        self.hidden, is_hidden = self.hidden - 1, self.hidden > 0
        return [] if is_hidden else list(self.stories)


@pytest.fixture
def task(asana):
    """Make the task; the writer's requests go through its history."""

    def make(**options):
        history = TaskHistory(asana, **options)

        def set_custom_field(target_type, target_gid, field_gid, value):
            history.between()
            return history.write(target_type, target_gid, field_gid, value)

        asana.set_custom_field = set_custom_field
        return history

    return make


FLAG = {"target_type": "task", "target_gid": "5", "field": "ai_risk_flag", "new_value": '"overdue"'}
QUICK = Timing(visible_within=3.0)


def settled(database, asana, plan):
    """One row, by a worker whose clock runs while it pauses."""
    seconds = [0.0]

    def pause(length):
        seconds[0] += length

    with worker_connection(database) as connection:
        row = row_of(database, claim(connection, plan.plan_id, NOW, LEASE))
        hand = Hand(connection, "bot", lambda: NOW, timing=QUICK, clock=lambda: seconds[0], pause=pause)
        return settle(hand, Kinds(asana, plan), row)


@pytest.mark.fault("F21")
def test_a_value_that_ours_replaced_in_the_same_moment_is_given_back(database, asana, approved, task):
    history = task(edit="blocked by legal")
    outcome = settled(database, asana, approved(FLAG))
    assert (outcome.word, history.value) == ("overridden", "blocked by legal")
    assert ownership.persons_fields(database) == {("5", "ai_risk_flag")}


def test_who_stops_all_writes_stops_the_giving_back_too_until_they_are_allowed_again(
    database, asana, approved, applied, task
):
    history = task(edit="blocked by legal")
    plan = approved(FLAG)
    edit = history.between

    def edit_and_stop():
        edit()
        set_kill_switch(database, stopped=True, actor="ada", now=NOW)

    history.between = edit_and_stop
    with pytest.raises(RefusedError, match="kill switch"):
        applied(plan)
    assert (load_plan(database, plan.plan_id).rows[0].state, len(asana.writes)) == ("restoring", 1)
    history.between = edit
    set_kill_switch(database, stopped=False, actor="ada", now=NOW)
    assert applied(plan).counts == {"overridden": 1}
    assert history.value == "blocked by legal"


@pytest.mark.fault("F11")
def test_the_history_is_waited_for_before_its_silence_is_believed(database, asana, approved, task):
    history = task(edit="blocked by legal", hidden=0)
    plan = approved(FLAG)
    history.hidden = 3  # the look before the request, and two after it
    assert settled(database, asana, plan).word == "overridden"
    assert history.value == "blocked by legal"


def test_without_anybodys_edit_the_history_confirms_ours(database, asana, approved, task):
    history = task()
    assert settled(database, asana, approved(FLAG)).word == "done"
    assert history.value == "overdue"


@pytest.mark.fault("F22")
def test_a_worker_that_dies_while_giving_back_is_followed_by_one_that_does(database, asana, approved, task):
    history = task()
    plan = approved(FLAG)
    history.value = "overdue"
    history.asana.goals["5"]["custom_fields"] = [history.entry]
    with worker_connection(database) as connection:
        row = row_of(database, claim(connection, plan.plan_id, NOW, LEASE))
        begin_send(connection, row, None, "dying", NOW)
        move(connection, row, Move("sent"), "dying", NOW)
        move(connection, row, Move("restoring", displaced='"blocked by legal"'), "dying", NOW)
        found = claim(connection, plan.plan_id, NOW + LEASE, LEASE)
        row = row_of(database, found)
        assert settle(Hand(connection, "bot", lambda: NOW), Kinds(asana, plan), row).word == "overridden"
    assert history.value == "blocked by legal"


def test_the_database_lets_no_state_be_skipped(database, approved):
    import psycopg2

    plan = approved()
    with worker_connection(database) as connection:
        row = row_of(database, claim(connection, plan.plan_id, NOW, LEASE))
        for state in ("sent", "unknown", "restoring"):
            with pytest.raises(psycopg2.Error, match="cannot go from planned"):
                move(connection, row, Move(state), "bot", NOW)
        with (
            pytest.raises(psycopg2.Error, match="claimed by another worker"),
            connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("UPDATE plan_row SET epoch = 0")
        begin_send(connection, row, None, "bot", NOW)
        move(connection, replace(row, state="sending"), Move("done", verified=True), "bot", NOW)
        with pytest.raises(psycopg2.Error, match="which is final"):
            move(connection, row, Move("planned"), "bot", NOW)
