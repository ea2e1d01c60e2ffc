"""From forecasts to values in Asana and back: plan, approve, apply, sync, plan again; the official client watches."""

from dataclasses import replace
from datetime import UTC, date, datetime

import asana
import dagster as dg
import polars as pl
import pytest
from pydantic import SecretStr

from asana_intel.asana.reader import AsanaReader
from asana_intel.asana.session import AsanaSession
from asana_intel.asana.writer import AsanaWriter
from asana_intel.changes import audit
from asana_intel.changes.apply import apply_plan
from asana_intel.changes.fields import REGISTRY
from asana_intel.changes.inputs import MEASURED_VALUES, PlanRules
from asana_intel.changes.ledger import ledger_time
from asana_intel.changes.plan import build_plan
from asana_intel.changes.proposing import (
    collect_inputs,
    propose,
    setup_proposal,
    weekly_proposal,
    whole_proposal,
)
from asana_intel.changes.review import approve
from asana_intel.quality.evaluate import evaluate
from asana_intel.raw.assets import sync_asana
from asana_intel.sandbox.generate import generate_world
from asana_intel.sandbox.server import RunningSandbox
from asana_intel.settings import Mode, load_settings
from asana_intel.staging.assets import clean_workspace
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.resources import DeltaIOManager
from asana_intel.storage.sync_log import require_last_sync
from asana_intel.storage.tables import TableStore

AT = datetime(2026, 5, 6, 9, tzinfo=UTC)
WEEK = date(2026, 5, 4)
EVERYTHING = {"opt_fields": "custom_fields.name,custom_fields.display_value,metric.current_number_value"}


class Company:
    """A sandbox, our tables of it, and the commands of the write path."""

    def __init__(self, sandbox, database, tables):
        self.sandbox, self.database, self.tables = sandbox, database, tables
        self.settings = load_settings(mode=Mode.propose)
        self.writer = AsanaWriter(AsanaSession(sandbox.url, SecretStr("bot"), role="writer", paced=False))
        configuration = asana.Configuration()
        configuration.host, configuration.access_token = sandbox.url, "witness"
        self.witness = asana.ApiClient(configuration)

    def sync(self):
        """Read the workspace into raw and staging."""
        resources = {
            "tables": self.tables,
            "database": self.database,
            "settings": self.settings,
            "io_manager": DeltaIOManager(self.tables),
            "asana_reader": AsanaReader(AsanaSession(self.sandbox.url, SecretStr("reader"), paced=False)),
        }
        with dg.DagsterInstance.ephemeral() as instance:
            assert dg.materialize([sync_asana, clean_workspace], resources=resources, instance=instance).success

    def forecast(self):
        """Odds and a narrative for two open goals, one of them low and falling; returns their gids."""
        goals = self.tables.read("staging/goals")
        open_goals = goals.filter(~pl.col("is_closed")).sort(pl.col("progress_source") != "manual", "goal_gid")
        gids = open_goals["goal_gid"].to_list()[:2]
        week = {"as_of_on": WEEK, "as_of_at": AT}
        attainment = [
            week | {"goal_gid": gids[0], "p_attain": 0.4183, "p_attain_change": -0.2, "status": "assessed",
                    "predicted_on": date(2026, 8, 1)},
            week | {"goal_gid": gids[1], "p_attain": 0.91, "p_attain_change": 0.01, "status": "assessed"},
        ]  # fmt: skip
        narratives = [
            week | {"goal_gid": gid, "text": "Half way.  Naïve “pace” – 1,200 of 3,000 €.", "status_type": "at_risk",
                    "fact_ids": [], "facts_hash": "h", "written_by": "template", "word_count": 3}
            for gid in gids
        ]  # fmt: skip
        self._put("forecasts/goal_attainment", attainment)
        self._put("narratives/goal_progress", narratives)
        sentence = {"as_of_on": WEEK, "kind": "goal_progress", "position": 1, "text": "Half way.", "fact_ids": []}
        self._put("narratives/sentences", [sentence | {"subject_id": gid, "source_gids": [gid]} for gid in gids])
        return gids

    def _put(self, key, rows):
        schema = CONTRACTS[key].schema
        self.tables.overwrite(key, pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema))

    def inputs(self):
        """What a plan is computed from now."""
        return collect_inputs(self.tables, self.database, require_last_sync(self.database).workspace_gid, WEEK)

    def setup(self):
        """The setup as a proposal."""
        team = self.tables.read("staging/teams")["team_gid"][0]
        return setup_proposal(self.inputs(), self.settings, WEEK, AT, team_gid=team)

    def weekly(self):
        """The plan of the week as a proposal."""
        return weekly_proposal(self.tables, self.inputs(), self.settings, WEEK, AT)

    def judged(self, frame):
        """A plan of these rows as a proposal."""
        return whole_proposal(self.inputs(), frame, (evaluate("changes/plan", frame),), self.settings, AT)

    def propose(self, proposal):
        """Put it before its reviewers."""
        return propose(self.database, proposal, self.settings, ledger_time(self.database))

    def approve(self, stored):
        """As someone else than the author."""
        approve(self.database, stored.plan_id, "ada", ledger_time(self.database))

    def apply(self, stored):
        """Write it."""
        return apply_plan(
            self.database, self.writer, stored.plan_id,
            mode=Mode.propose, actor="bot", now=lambda: ledger_time(self.database),
        )  # fmt: skip

    def change(self, proposal):
        """Propose, approve and apply."""
        stored = self.propose(proposal)
        self.approve(stored)
        return self.apply(stored)

    def written(self):
        """Requests that changed something."""
        return [r for r in self.sandbox.requests() if r["method"] != "GET"]

    def field(self, goal_gid, label):
        """Value of a goal's field, as the official client shows it."""
        goal = asana.GoalsApi(self.witness).get_goal(goal_gid, EVERYTHING)
        return next((f["display_value"] for f in goal["custom_fields"] if f["name"] == label), "not attached")


@pytest.fixture
def company(tmp_path, database):
    generate_world(
        tmp_path / "world", seed=3, people=5, projects=3, tasks=90, goals=9, start_on=date(2026, 1, 5), weeks=26
    )
    with RunningSandbox(tmp_path / "world", AT) as sandbox:
        company = Company(sandbox, database, TableStore(str(tmp_path / "tables")))
        company.sync()
        yield company


def test_a_week_is_written_once_seen_by_the_official_client_and_then_nothing_is_left_to_do(company):
    low, high = company.forecast()
    setup = company.change(company.setup())
    assert set(setup.counts) == {"done"}
    company.sync()
    assert company.setup().frame.is_empty()

    report = company.change(company.weekly())
    assert set(report.counts) == {"done"}
    assert report.unverified == 0
    assert company.field(low, "AI Confidence Score") == "42%"
    assert company.field(high, "AI Confidence Score") == "91%"
    assert company.field(low, "Predicted Completion Date").startswith("2026-08-01")
    updates = list(asana.StatusUpdatesApi(company.witness).get_statuses_for_object(low, {"opt_fields": "text,title"}))
    (ours,) = [u for u in updates if "ref AIW-" in u["text"]]
    assert ours["title"] == "Week of 4 May 2026: 42 % likely to be met"
    projects = asana.ProjectsApi(company.witness).get_projects({"opt_fields": "name", "workspace": workspace(company)})
    (actions,) = [p["gid"] for p in projects if p["name"] == "OKR Actions"]
    tasks = asana.TasksApi(company.witness).get_tasks_for_project(
        actions, {"opt_fields": "name,resource_subtype,notes"}
    )
    (review,) = list(tasks)
    assert review["resource_subtype"] == "approval"
    assert "ref AIW-" in review["notes"]

    company.sync()
    assert company.weekly().frame.is_empty()
    assert audit.verify(company.database) is None


def test_the_report_on_a_portfolio_is_posted_there_once(company):
    company.forecast()
    gid = company.tables.read("staging/portfolios")["portfolio_gid"][0]
    report = {
        "as_of_on": WEEK,
        "as_of_at": AT,
        "portfolio_gid": gid,
        "text": "Of 4 goals, 1 is on track.",
        "status_type": "at_risk",
        "fact_ids": [],
        "facts_hash": "h",
        "written_by": "template",
        "word_count": 6,
    }
    company._put("narratives/portfolio_report", [report])

    def plan():
        rules = PlanRules(portfolio_status="status_update")
        return build_plan(company.inputs(), WEEK, AT, rules).filter(pl.col("target_type") == "portfolio")

    done = company.change(company.judged(plan()))
    assert (done.counts, done.unverified) == ({"done": 1}, 0)
    api = asana.StatusUpdatesApi(company.witness)
    updates = list(api.get_statuses_for_object(gid, {"opt_fields": "text,title,status_type"}))
    (ours,) = [u for u in updates if "ref AIW-" in u["text"]]
    assert (ours["title"], ours["status_type"]) == ("Week of 4 May 2026: at risk", "at_risk")
    assert ours["text"].startswith("Of 4 goals, 1 is on track.")
    company.sync()
    assert plan().is_empty()


def workspace(company):
    return require_last_sync(company.database).workspace_gid


def test_applying_twice_writes_nothing_the_second_time(company):
    company.forecast()
    company.change(company.setup())
    stored = company.propose(company.weekly())
    company.approve(stored)
    first = company.apply(stored)
    count = len(company.written())
    again = company.apply(stored)
    assert (first.plan_state, again.written, len(company.written())) == ("applied", 0, count)


@pytest.mark.fault("F34")
def test_an_edit_between_approval_and_apply_is_respected(company):
    low, _ = company.forecast()
    company.change(company.setup())
    stored = company.propose(company.weekly())
    company.approve(stored)
    goal = asana.GoalsApi(company.witness).get_goal(low, EVERYTHING | {"opt_fields": "custom_fields.name"})
    score = next(f["gid"] for f in goal["custom_fields"] if f["name"] == "AI Confidence Score")
    asana.GoalsApi(company.witness).update_goal({"data": {"custom_fields": {score: 0.99}}}, low, {})
    report = company.apply(stored)
    assert [r.outcome for r in report.outcomes if (r.target_gid, r.field) == (low, "ai_confidence_score")] == ["stale"]
    assert company.field(low, "AI Confidence Score") == "99%"
    assert set(report.counts) == {"done", "stale"}


def test_a_weekly_plan_approved_before_the_setup_waits_and_writes_what_it_can(company):
    low, _ = company.forecast()
    stored = company.propose(company.weekly())
    company.approve(stored)
    report = company.apply(stored)
    assert report.counts["waiting"] > 0
    assert {r.kind for r in report.outcomes if r.outcome == "done"} == {"status_update", "comment"}
    company.change(company.setup())
    later = company.apply(stored)
    assert set(later.counts) == {"done"}
    assert company.field(low, "AI Confidence Score") == "42%"


@pytest.mark.fault("F14")
def test_a_lost_ledger_does_not_repeat_what_was_posted(company):
    company.forecast()
    company.change(company.setup())
    stored = company.propose(company.weekly())
    company.approve(stored)
    company.apply(stored)
    posted = [r for r in company.written() if r["method"] == "POST"]
    with company.database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in ("created_object", "write_receipt", "plan_row", "plan", "approval"):
            cursor.execute(f"DELETE FROM {table}")
    report = company.change(company.judged(stored.frame()))
    assert report.written == 0
    assert [r for r in company.written() if r["method"] == "POST"] == posted


def test_a_measured_value_moves_a_manual_metric(company):
    low, _ = company.forecast()
    measured = pl.DataFrame({"goal_gid": [low], "value": [12.0], "evidence": [[]]}, schema=MEASURED_VALUES)
    frame = build_plan(replace(company.inputs(), measured_values=measured), WEEK, AT, PlanRules()).filter(
        pl.col("kind") == "set_metric"
    )
    report = company.change(company.judged(frame))
    assert report.counts == {"done": 1}
    goal = asana.GoalsApi(company.witness).get_goal(low, EVERYTHING)
    assert goal["metric"]["current_number_value"] == 12


def test_every_field_of_the_registry_can_be_created_as_it_is_declared(company):
    company.change(company.setup())
    fields = asana.CustomFieldsApi(company.witness).get_custom_fields_for_workspace(workspace(company), {})
    assert {spec.label for spec in REGISTRY} <= {field["name"] for field in fields}
