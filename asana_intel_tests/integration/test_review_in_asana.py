"""A plan is asked about, decided and written where people are; tasks, histories and users are a real server's."""

from __future__ import annotations

from datetime import date

import asana
import dagster as dg
import polars as pl
import pytest
from pydantic import SecretStr

from asana_intel.asana.reader import AsanaReader
from asana_intel.asana.session import AsanaSession
from asana_intel.changes import audit, policy
from asana_intel.changes.answers import pull_answers
from asana_intel.changes.asking import ask_reviewers
from asana_intel.changes.ledger import ledger_time, load_plan
from asana_intel.changes.policy import Scope
from asana_intel.changes.sensors import review_answers_sensor
from asana_intel.sandbox.generate import generate_world
from asana_intel.sandbox.server import RunningSandbox
from asana_intel.settings import Mode, load_settings
from asana_intel.storage.tables import TableStore
from asana_intel_tests.integration.test_write_path import AT, Company


class Office(Company):
    """A company whose people have tokens of their own, by which they answer."""

    def __init__(self, sandbox, database, tables):
        super().__init__(sandbox, database, tables)
        self.sync()
        off = tables.read("staging/time_off").filter(pl.lit(AT.date()).is_between("start_on", "end_on"))
        users = tables.read("staging/users").sort("person_gid")
        here = users.filter(~pl.col("person_gid").is_in(off["person_gid"].implode()))
        self.people = dict(zip(("ada", "ben", "eve"), here["person_gid"], strict=False))
        sandbox.set_tokens({name: {"user": gid, "strict": False} for name, gid in self.people.items()})
        reviewers = {name: {"gid": self.people[name]} for name in ("ada", "ben")}
        self.settings = load_settings(mode=Mode.propose, review={"ask_in_asana": True, "reviewers": reviewers})
        self.reader = AsanaReader(AsanaSession(sandbox.url, SecretStr("reader"), paced=False))
        self.change(self.setup())
        self.sync()
        scope = Scope("review", field="approval_request")
        policy.set_rule(database, scope, Mode.auto, "we decide in Asana", "admin", ledger_time(database))

    def as_user(self, name):
        """The official client with somebody's token."""
        configuration = asana.Configuration()
        configuration.host, configuration.access_token = self.sandbox.url, name
        return asana.TasksApi(asana.ApiClient(configuration))

    def ask(self):
        """Ask, and send the questions; returns how many tasks were created."""
        asking = ask_reviewers(self.database, self.tables, self.settings, ledger_time(self.database))
        return sum(self.apply(plan).written for plan in asking.plans)

    def tasks(self):
        """Approval tasks of each person that ask about a plan, as the official client finds them."""
        projects = asana.ProjectsApi(self.witness).get_projects({"opt_fields": "name", "workspace": self.workspace()})
        (actions,) = [p["gid"] for p in projects if p["name"] == "OKR Actions"]
        fields = {"opt_fields": "name,assignee.gid,resource_subtype,notes,approval_status,due_on"}
        tasks = asana.TasksApi(self.witness).get_tasks_for_project(actions, fields)
        return {t["assignee"]["gid"]: t for t in tasks if t["name"].startswith("Approve ")}

    def workspace(self):
        """Gid of the workspace."""
        return self.inputs().workspace_gid

    def pull(self):
        """Read the answers: (status, outcome) of what is new."""
        answers = pull_answers(self.database, self.reader, self.settings.review, ledger_time(self.database))
        return [(answer.change.status, answer.outcome) for answer in answers]


@pytest.fixture
def office(tmp_path, database):
    generate_world(
        tmp_path / "world", seed=3, people=8, projects=3, tasks=60, goals=6, start_on=date(2026, 1, 5), weeks=26
    )
    with RunningSandbox(tmp_path / "world", AT) as sandbox:
        yield Office(sandbox, database, TableStore(str(tmp_path / "tables")))


@pytest.mark.fault("F33")
def test_a_plan_is_asked_about_refused_to_strangers_approved_by_a_reviewer_and_written(office):
    low, _ = office.forecast()
    plan = office.propose(office.weekly())
    assert office.ask() == 2
    assert office.ask() == 0
    tasks = office.tasks()
    assert tasks.keys() == {office.people["ada"], office.people["ben"]}
    task = tasks[office.people["ada"]]
    assert (task["resource_subtype"], task["approval_status"]) == ("approval", "pending")
    assert plan.plan_hash in task["notes"]
    assert "→ 0.42" in task["notes"]

    eve, ada = office.as_user("eve"), office.as_user("ada")
    eve.update_task({"data": {"notes": task["notes"].replace(plan.plan_hash, "approved by ada")}}, task["gid"], {})
    assert office.pull() == []
    eve.update_task({"data": {"approval_status": "approved"}}, task["gid"], {})
    office.as_user("bot").update_task({"data": {"approval_status": "rejected"}}, task["gid"], {})
    assert office.pull() == [("approved", "refused"), ("rejected", "refused")]
    assert office.pull() == []
    assert load_plan(office.database, plan.plan_id).state == "proposed"

    ada.update_task({"data": {"approval_status": "approved"}}, task["gid"], {})
    assert office.pull() == [("approved", "approved")]
    assert set(office.apply(plan).counts) == {"done"}
    assert office.field(low, "AI Confidence Score") == "42%"
    assert audit.verify(office.database) is None
    assert office.ask() == 0


def test_changes_requested_in_asana_reject_the_plan_and_the_sensor_reads_it_without_writing(office):
    office.forecast()
    plan = office.propose(office.weekly())
    office.ask()
    task = office.tasks()[office.people["ben"]]
    office.as_user("ben").update_task({"data": {"approval_status": "changes_requested"}}, task["gid"], {})
    before = len(office.written())
    resources = {"database": office.database, "settings": office.settings, "asana_reader": office.reader}
    context = dg.build_sensor_context(resources=resources)
    assert "1 answers were new" in review_answers_sensor(context).skip_message
    assert "0 answers were new" in review_answers_sensor(context).skip_message
    assert load_plan(office.database, plan.plan_id).state == "rejected"
    assert len(office.written()) == before
    with office.database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT body ->> 'status' FROM audit WHERE event = 'answer_counted'")
        assert cursor.fetchall() == [("changes_requested",)]
