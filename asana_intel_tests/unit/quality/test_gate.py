from datetime import UTC, datetime, timedelta

import pytest

from asana_intel.errors import RefusedError
from asana_intel.quality.evaluate import Check, CheckOutcome
from asana_intel.quality.gate import record_gate, require_open_gate

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
HASH = "a" * 64


def outcome(table, *failures, severity="error"):
    checks = tuple(Check(name, False, severity, 1) for name in failures)
    return CheckOutcome(table, not failures or severity == "warn", checks, 1)


@pytest.fixture
def ask(database):
    """Whether the gate lets a plan pass; the message where it does not."""

    def run(*recorded, tables=("changes/plan",), plan_hash=HASH, not_before=NOW):
        with database.transaction() as connection:
            for result, at in recorded:
                record_gate(connection, HASH, result, at)
        try:
            with database.transaction() as connection:
                require_open_gate(connection, plan_hash, tables, not_before=not_before)
        except RefusedError as refused:
            return str(refused)
        return "open"

    return run


def test_a_gate_that_was_never_evaluated_is_closed(ask):
    assert "never evaluated for changes/plan" in ask()


@pytest.mark.fault("F30")
def test_a_gate_that_passed_is_open_for_its_own_plan_only(ask):
    assert ask((outcome("changes/plan"), NOW)) == "open"
    assert "never evaluated" in ask(plan_hash="b" * 64)


def test_a_failed_check_is_named(ask):
    assert "failed for changes/plan: goal_gid_is_unique" in ask((outcome("changes/plan", "goal_gid_is_unique"), NOW))


def test_a_failed_warning_leaves_the_gate_open(ask):
    assert ask((outcome("changes/plan", "status_is_known", severity="warn"), NOW)) == "open"


def test_the_latest_evaluation_speaks_in_both_directions(ask):
    good, bad = outcome("changes/plan"), outcome("changes/plan", "x")
    assert ask((good, NOW), (bad, NOW + timedelta(seconds=1))) != "open"
    assert ask((good, NOW + timedelta(seconds=2))) == "open"


def test_every_table_behind_the_plan_must_have_passed(ask):
    tables = ("staging/goals", "changes/plan")
    assert "never evaluated for staging/goals" in ask((outcome("changes/plan"), NOW), tables=tables)
    assert ask((outcome("staging/goals"), NOW), tables=tables) == "open"


def test_an_evaluation_from_before_the_plan_was_stored_has_not_seen_it(ask):
    assert "stale" in ask((outcome("changes/plan"), NOW - timedelta(seconds=1)))
