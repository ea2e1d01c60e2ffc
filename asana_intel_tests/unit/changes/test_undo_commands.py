"""The commands `revert` and `adopt`, and the jobs that watch over what was written, as somebody runs them."""

import json

import dagster as dg
import pytest
from typer.testing import CliRunner

from asana_intel.changes import audit, heads, policy
from asana_intel.changes.ledger import open_plans
from asana_intel.changes.policy import Bar, Scope
from asana_intel.changes.repair_jobs import check_drift, sweep_created_objects
from asana_intel.cli import undoing
from asana_intel.cli.main import app
from asana_intel.settings import Mode, load_settings
from asana_intel_tests.conftest import NOW

COMMENT = {"kind": "comment", "field": "odds_fell", "new_value": '{"text":"The odds fell."}'}


@pytest.fixture(autouse=True)
def home(database, asana, postgres_url, tmp_path, monkeypatch):
    """A home on the ledger of the tests, whose Asana is the one in memory."""
    monkeypatch.setenv("ASANA_INTEL_HOME", str(tmp_path))
    monkeypatch.setenv("ASANA_INTEL_PG_URL", postgres_url)
    monkeypatch.setenv("ASANA_INTEL_MODE", "propose")
    monkeypatch.setattr(undoing.AsanaWriter, "from_settings", lambda *_: asana)
    return tmp_path


def run(*arguments, code=0):
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == code, done.output
    return done.output


def test_revert_shows_the_way_back_and_what_people_keep_and_says_what_is_next(asana, approved, applied):
    plan = approved({}, {"target_gid": "2"}, COMMENT)
    applied(plan)
    asana.add_goal("2", ai_confidence_score=0.9)
    said = run("revert", plan.plan_id, code=2)
    assert "set_field goal 1 ai_confidence_score: 0.62 → null" in said
    assert "a person's, kept set_field goal 2 ai_confidence_score: a person changed it since" in said
    assert "Next: asana-intel approve p-" in said
    told = json.loads(run("revert", plan.plan_id, "--json", code=2))
    assert [left["target_gid"] for left in told["conflicts"]] == ["2"]
    assert {row["kind"] for row in told["plan"]["rows"]} == {"set_field", "delete_object"}


def test_revert_of_what_is_back_already_has_nothing_to_do(asana, approved, applied):
    plan = approved()
    applied(plan)
    asana.add_goal("1")
    assert "nothing to revert" in run("revert", plan.plan_id)


def test_revert_names_a_plan_that_does_not_exist():
    assert "There is no plan p-00000000" in run("revert", "p-00000000", code=1)


def test_adopt_is_for_restores_only():
    assert "--after-restore" in run("adopt", code=1)
    assert json.loads(run("adopt", "--after-restore", "--json")) == {
        "adopted": [], "persons": [], "unread": 0, "plan": None,
    }  # fmt: skip


def execute(job, database, asana, home):
    with dg.DagsterInstance.ephemeral() as instance:
        resources = {
            "database": database, "settings": load_settings(home=home, mode=Mode.propose), "asana_writer": asana,
            "mem_io_manager": dg.mem_io_manager,
        }  # fmt: skip
        return job.execute_in_process(resources=resources, instance=instance)


def test_the_sweep_job_proposes_to_delete_what_stands_twice(database, asana, approved, applied, home):
    applied(approved(COMMENT))
    asana.comments["1"].append(asana.comments["1"][0] | {"gid": "20001"})
    assert execute(sweep_created_objects, database, asana, home).output_for_node("look_for_created_objects") == 1
    (plan,) = [plan for plan in open_plans(database, NOW) if plan.purpose == "repair"]
    assert [(row.kind, row.target_gid) for row in plan.rows] == [("delete_object", "20001")]
    assert len(asana.comments["1"]) == 2


def test_the_daily_job_leaves_fields_to_people_and_takes_automatic_writing_back_when_the_chain_breaks(
    database, asana, approved, applied, home
):
    applied(approved())
    asana.add_goal("1", ai_confidence_score=0.9)
    policy.set_rule(database, Scope("goals"), Mode.auto, "it works", "ada", NOW, Bar(days=0, decided=0, accepted=0.0))
    heads.sign(database, home / "audit", NOW)
    result = execute(check_drift, database, asana, home)
    assert result.output_for_node("take_back_automatic_writing") == 0
    with audit.reading(database) as entries:
        assert "field_changed_by_person" in [entry.event for entry in entries]
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE audit SET actor = 'nobody' WHERE seq = 2")
    assert execute(check_drift, database, asana, home).output_for_node("take_back_automatic_writing") == 1
    assert [rule.mode for rule in policy.rules(database)] == [Mode.propose]
