"""The ledger confirms nothing, has no room, or is as it was yesterday: nothing leaves without its record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg2
import pytest

from asana_intel.changes import audit
from asana_intel.changes.apply import apply_plan
from asana_intel.changes.review import set_kill_switch
from asana_intel.errors import RefusedError, RetriableError
from asana_intel.settings import Mode
from asana_intel.storage.postgres import Database
from asana_intel_tests.faults.office import LATER, SCORE, SETTLED, Office, post_on, score_of
from asana_intel_tests.faults.proxy import CommitCutter
from asana_intel_tests.integration.write_desk import NOW


@pytest.mark.fault("F13")
@pytest.mark.parametrize("reaches", [True, False])
def test_without_the_confirmation_of_its_commit_nothing_is_sent(
    office: Office, postgres_url: str, reaches: bool
) -> None:
    plan = office.plan(score_of(office.goal))
    with CommitCutter(postgres_url, b"row_sending", reaches=reaches) as way:
        writer = office.writer()
        with pytest.raises(RetriableError, match="PostgreSQL"):
            apply_plan(
                Database(way.url), writer, plan.plan_id, mode=Mode.propose, actor="bot", now=lambda: NOW,
            )  # fmt: skip
        writer.close()
        assert way.cuts == 1
    assert office.sent() == []
    assert office.settle(plan) == ["done"]
    assert len(office.sent()) == 1


@pytest.mark.fault("F13")
def test_what_was_sent_and_whose_record_was_not_confirmed_is_not_sent_again(office: Office, postgres_url: str) -> None:
    plan = office.plan(post_on(office.goal, "comment"))
    with CommitCutter(postgres_url, b"row_sent", reaches=False) as way:
        writer = office.writer()
        with pytest.raises(RetriableError, match="PostgreSQL"):
            apply_plan(
                Database(way.url), writer, plan.plan_id, mode=Mode.propose, actor="bot", now=lambda: NOW,
            )  # fmt: skip
        writer.close()
    assert office.settle(plan) == ["done"]
    assert (len(office.sent()), sum(office.effects().values())) == (1, 1)


# -- no room


@contextmanager
def no_room_for(database: Database, event: str, when: str) -> Iterator[None]:
    """The disk is full once the record of an event is written: at once, or at the end of the transaction."""
    deferred = "CONSTRAINT TRIGGER no_room AFTER INSERT ON audit DEFERRABLE INITIALLY DEFERRED"
    trigger = deferred if when == "at the commit" else "TRIGGER no_room BEFORE INSERT ON audit"
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$"
        )
        cursor.execute(f"CREATE {trigger} FOR EACH ROW WHEN (NEW.event = '{event}') EXECUTE FUNCTION no_room()")
    try:
        yield
    finally:
        with database.transaction() as connection, connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION no_room CASCADE")


@pytest.mark.fault("F15")
@pytest.mark.parametrize("when", ["at once", "at the commit"])
def test_with_a_full_disk_nothing_is_sent_and_later_everything_once(office: Office, when: str) -> None:
    plan = office.plan(score_of(office.goal), post_on(office.goal, "status_update"))
    with no_room_for(office.database, "row_sending", when):
        for n in range(2):
            with pytest.raises(RetriableError, match="No space left"):
                office.apply(plan, timedelta(seconds=61 * n))
    assert (office.sent(), set(office.states(plan))) == ([], {"planned"})
    assert office.settle(plan) == ["done", "done"]
    assert sum(office.effects().values()) == 2


@pytest.mark.fault("F15")
@pytest.mark.parametrize("event", ["row_sent", "row_done"])
def test_a_disk_that_is_full_after_the_request_costs_no_second_one(office: Office, event: str) -> None:
    plan = office.plan(post_on(office.goal, "comment"))
    with no_room_for(office.database, event, "at once"), pytest.raises(RetriableError, match="No space left"):
        office.apply(plan)
    assert office.settle(plan) == ["done"]
    assert (len(office.sent()), sum(office.effects().values())) == (1, 1)
    records = office.query("SELECT count(*) FROM audit WHERE event = 'row_sending'")
    assert (records, audit.verify(office.database)) == ([(1,)], None)


# -- a copy of earlier


@pytest.fixture
def earlier(postgres_url: str) -> Iterator[tuple[str, list[str]]]:
    """URL of a database to be copied into, and the statements that do it."""
    connection = psycopg2.connect(postgres_url.replace("+psycopg2", "").replace("/asana_intel?", "/postgres?"))
    connection.autocommit = True
    statements: list[str] = []

    class Statements(list[str]):
        def append(self, statement: str) -> None:
            with connection.cursor() as cursor:
                cursor.execute(statement)

    yield postgres_url.replace("/asana_intel?", "/asana_intel_earlier?"), Statements(statements)
    with connection.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS asana_intel_earlier WITH (FORCE)")
    connection.close()


@pytest.mark.fault("F14")
def test_a_ledger_restored_from_a_copy_finds_what_it_wrote_since_and_doubles_nothing(
    office: Office, earlier: tuple[str, list[str]]
) -> None:
    goals = office.goals[:6]
    rows = [*(score_of(goal) for goal in goals), *(post_on(goal, "status_update") for goal in goals)]
    rows += [post_on(goal, "comment") for goal in goals]
    plan = office.plan(*rows)
    over: list[object] = []

    def stop_at_a_third(row: object) -> None:
        over.append(row)
        if len(over) == len(rows) // 3:
            set_kill_switch(office.database, stopped=True, actor="ada", now=NOW)

    with pytest.raises(RefusedError):
        office.apply(plan, on_row=stop_at_a_third)
    set_kill_switch(office.database, stopped=False, actor="ada", now=NOW)
    url, run = earlier
    run.append("CREATE DATABASE asana_intel_earlier TEMPLATE asana_intel")
    assert set(office.settle(plan)) == {"done"}
    office.set_score(0.11, goals[-1])
    count, effects = len(office.sent()), office.effects()

    office.database = Database(url)
    again = [office.apply(plan, SETTLED * 3 + LATER * n).counts for n in range(3)]
    assert again == [{"noop": 12}, {}, {}]
    assert set(office.states(plan)) == {"done", "noop"}
    assert (len(office.sent()), office.effects()) == (count, effects)
    assert office.value("goal", goals[-1], SCORE) == 0.11
    assert audit.verify(office.database) is None
