"""Setup against the sandbox: fields that stand there already, full objects, mode shadow, priorities and people."""

from types import SimpleNamespace

import asana
import polars as pl
import pytest

from asana_intel.changes.apply import apply_plan
from asana_intel.changes.fields import BY_NAME, registry
from asana_intel.changes.ledger import ledger_time
from asana_intel.changes.proposing import collect_inputs, plan_rules, propose, setup_proposal, wanted_fields
from asana_intel.changes.review import approve
from asana_intel.changes.setup_changes import problems
from asana_intel.cli.diagnosing import _fields
from asana_intel.settings import load_settings
from asana_intel.storage.sync_log import require_last_sync
from asana_intel_tests.integration.test_write_path import AT, WEEK, Company, company, workspace

__all__ = ["company"]


class Wanting(Company):
    """The same company under other settings."""

    def __init__(self, company, **settings):
        self.__dict__ |= vars(company)
        self.settings = load_settings(**settings, asana={"reconcile_hours": 0})

    def inputs(self):
        gid = require_last_sync(self.database).workspace_gid
        return collect_inputs(self.tables, self.database, gid, WEEK, registry=wanted_fields(self.settings))

    def setup(self):
        team = self.tables.read("staging/teams")["team_gid"][0]
        return setup_proposal(self.inputs(), self.settings, WEEK, AT, team_gid=team)

    def problems(self):
        return problems(self.inputs(), plan_rules(self.settings))

    def set_up(self):
        """Propose, approve and apply the setup, under the names of these settings."""
        stored = propose(self.database, self.setup(), self.settings, ledger_time(self.database))
        approve(self.database, stored.plan_id, "ada", ledger_time(self.database))
        return apply_plan(
            self.database, self.writer, stored.plan_id, mode=self.settings.mode, actor="bot",
            now=lambda: ledger_time(self.database),
            registry=BY_NAME | {spec.name: spec for spec in wanted_fields(self.settings)},
        )  # fmt: skip

    def fields(self):
        """Custom fields of the workspace by name, as the official client shows them."""
        asked = {"opt_fields": "name,resource_subtype,privacy_setting,default_access_level,enum_options.name"}
        found = asana.CustomFieldsApi(self.witness).get_custom_fields_for_workspace(workspace(self), asked)
        return {field["name"]: field for field in found}

    def create(self, **body):
        """A field of somebody else's."""
        made = asana.CustomFieldsApi(self.witness).create_custom_field(
            {"data": {"workspace": workspace(self), **body}}, {}
        )
        return made["gid"]


def doctor_on_fields(here):
    """What the doctor says of our fields."""
    return list(_fields(SimpleNamespace(database=here.database, tables=here.tables, settings=here.settings)))


def test_a_field_of_another_type_is_left_alone_and_an_alias_puts_ours_beside_it(company):
    here = Wanting(company, mode="propose")
    here.create(name="AI Confidence Score", resource_subtype="text")
    here.create(name="Goal Odds", resource_subtype="number", format="percentage", precision=1)
    here.sync()
    assert [p.says for p in here.problems()] == ["exists as text, a number is needed"]
    wrong = doctor_on_fields(here)[0]
    assert (wrong.ok, wrong.subject, wrong.says) == (False, "field AI Confidence Score", here.problems()[0].says)
    mended = Wanting(company, mode="propose", fields={"alias": {"ai_confidence_score": "Goal Odds"}})
    assert mended.problems() == []
    before = set(mended.fields())
    assert set(mended.set_up().counts) == {"done"}
    assert "Goal Odds" in before
    assert "AI Summary" in set(mended.fields()) - before
    mended.sync()
    assert mended.setup().frame.is_empty()
    low, _ = mended.forecast()
    assert mended.field(low, "Goal Odds") is None, "attached, and empty"


def test_a_goal_with_nineteen_fields_gets_the_one_that_has_room_and_says_which_are_left_out(company):
    here = Wanting(company, mode="propose")
    low, _ = here.forecast()
    for n in range(19):
        gid = here.create(name=f"Field {n}", resource_subtype="text")
        here.writer.attach_custom_field("goal", low, gid)
    here.sync()
    (problem,) = here.problems()
    assert low in problem.subject
    assert "19 of at most 20 custom fields: 1 free, 4 needed" in problem.says
    assert set(here.set_up().counts) == {"done"}
    assert here.field(low, "AI Confidence Score") is None
    assert here.field(low, "AI Summary") == "not attached"


def test_in_mode_shadow_setup_makes_private_fields_and_no_project(company):
    here = Wanting(company, mode="shadow")
    report = here.set_up()
    assert set(report.counts) == {"done", "waiting"}
    assert {o.kind for o in report.outcomes if o.outcome == "waiting"} == {"create_project"}
    ours = [field for name, field in here.fields().items() if name in {s.label for s in registry()}]
    assert {field["privacy_setting"] for field in ours} == {"private"}


def test_fields_of_priorities_and_of_load_stand_as_they_were_declared(company):
    here = Wanting(company, mode="propose", fields={"priority": True}, capacity={"forecast": "tasks"})
    assert set(here.set_up().counts) == {"done"}
    found = here.fields()
    for spec in registry(priority=True, forecast="tasks"):
        if spec.theirs:
            continue
        assert found[spec.label]["resource_subtype"] == spec.value_type
        assert found[spec.label]["default_access_level"] == "user"
    assert [o["name"] for o in found["Suggested Priority"]["enum_options"]] == ["High", "Medium", "Low"]
    here.sync()
    assert {r["kind"] for r in here.setup().frame.to_dicts()} == {"attach_custom_field"}, "on the project made above"
    assert set(here.set_up().counts) == {"done"}
    here.sync()
    assert here.setup().frame.is_empty()
    assert here.problems() == []
    (advice,) = doctor_on_fields(here)
    assert advice.ok
    assert "AI Capacity Forecast, AI Confidence, AI Confidence Score" in advice.says
    assert "lock" in advice.says


@pytest.mark.parametrize("name", ["OKR Actions", "Capacity Review"])
def test_a_project_of_that_name_is_used_as_it_stands(company, name):
    here = Wanting(company, mode="propose")
    team = here.tables.read("staging/teams")["team_gid"][0]
    here.writer.create_project(workspace(here), name, "ours already", team)
    here.sync()
    assert name not in str(here.setup().frame.filter(pl.col("kind") == "create_project")["new_value"].to_list())
