"""Deciding in the terminal: what is shown of a row, which answers there are, and that one decides what one saw."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from asana_intel.changes.ledger import ledger_time, load_plan
from asana_intel.cli.main import app
from asana_intel.cli.output import console


@pytest.fixture
def run(database, postgres_url, tmp_path, monkeypatch):
    """Run a command on the tests' ledger; `typed` is what somebody types."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASANA_INTEL_PG_URL", postgres_url)
    monkeypatch.setattr(console, "width", 300)  # made once, for all tests

    def invoke(*arguments, typed=""):
        return CliRunner().invoke(app, [*arguments], input=typed)

    return invoke


@pytest.fixture
def plan(database, stored):
    """Three rows that wait."""
    rows = [{"target_gid": str(n), "made_by": "ensemble 3", "risk": "low"} for n in (1, 2, 3)]
    return stored(*rows, now=ledger_time(database))


def decisions(database, plan):
    return [row.decision for row in load_plan(database, plan.plan_id).rows]


def test_each_row_is_shown_with_what_one_must_know_of_it(run, plan):
    said = run("review", "--as", "ada", typed="q\n").output
    assert "The odds are 62 %." in said
    assert "low risk, by ensemble 3, 62% sure, 1 pieces of evidence, mode propose" in said
    assert plan.plan_hash in said


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ynq", ["approved", "rejected", "pending"]),
        ("sya", ["pending", "approved", "approved"]),
        ("a", ["approved", "approved", "approved"]),
        ("q", ["pending", "pending", "pending"]),
        ("?y?sn", ["approved", "pending", "rejected"]),
    ],
)
def test_one_decides_row_by_row(run, plan, database, typed, expected):
    shown = run("review", "--as", "ada", typed="\n".join(typed) + "\n")
    assert shown.exit_code == 0, shown.output
    assert decisions(database, plan) == expected
    assert ("row_key" in shown.output) == ("?" in typed)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ny", ["rejected", "rejected", "approved"]),
        ("sa", ["pending", "pending", "approved"]),
        ("yna", ["approved", "rejected", "approved"]),
    ],
)
def test_what_follows_from_a_row_that_one_rejects_or_skips_is_not_asked_about(run, stored, database, typed, expected):
    first = {"target_gid": "1", "row_key": "a" * 16}
    behind = {"target_gid": "2", "after_key": "a" * 16}
    plan = stored(first, behind, {"target_gid": "3"}, now=ledger_time(database))
    shown = run("review", "--as", "ada", typed="\n".join(typed) + "\n")
    assert shown.exit_code == 0, shown.output
    assert decisions(database, plan) == expected
    assert ("left out with row" in shown.output) == (expected[0] != "approved")
    assert f"only with {'a' * 16}" in shown.output or expected[0] != "approved"


def test_one_is_told_that_a_second_person_is_needed(run, stored, database):
    plan = stored(approvals_needed=2, now=ledger_time(database))
    said = run("review", "--as", "ada", typed="y\n").output
    assert "2 people must approve each row" in said
    assert "A second person must approve it, too." in said
    assert decisions(database, plan) == ["pending"]
    run("review", "--as", "ben", typed="y\n")
    assert decisions(database, plan) == ["approved"]


def test_an_approval_can_be_bound_to_the_hash_of_what_was_looked_at(run, plan, database):
    refused = run("approve", plan.plan_id, "--as", "ada", "--hash", "0" * 64, "--json")
    assert refused.exit_code == 1
    assert "not the one that was looked at" in json.loads(refused.output)["message"]
    assert decisions(database, plan) == ["pending"] * 3
    assert run("reject", plan.plan_id, "--as", "ada", "--hash", plan.plan_hash).exit_code == 0
    assert decisions(database, plan) == ["rejected"] * 3


def test_asking_in_asana_without_having_switched_it_on_says_what_to_set(run, plan):
    asked = run("review", "--ask", "--json")
    assert asked.exit_code == 1
    assert "review.ask_in_asana" in json.loads(asked.output)["fix"]


def test_a_question_about_a_plan_is_not_the_plan_one_decides_by_default(run, plan, stored, database):
    stored({"capability": "review", "field": "ai_summary"}, purpose="ask", now=ledger_time(database))
    assert json.loads(run("review", "--json").output)["plan_id"] == plan.plan_id
