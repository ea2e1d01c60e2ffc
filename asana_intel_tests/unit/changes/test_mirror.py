"""The record of a week's writes as a task in Asana: what it says, and that there is one a week."""

import json
from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from asana_intel.changes import heads
from asana_intel.changes.inputs import PlanRules
from asana_intel.changes.mirror import PROJECT, record_of
from asana_intel.changes.plan import build_plan, build_setup_plan
from asana_intel.quality.evaluate import evaluate
from asana_intel_tests.unit.changes.conftest import AS_OF_AT, AS_OF_ON, NOW

NEXT_MONDAY = AS_OF_ON + timedelta(days=7)


@pytest.fixture
def mirrored(inputs, make_frame):
    """The week's inputs, with the project and a record of what was written."""
    project = make_frame("staging/projects", {"project_gid": "40", "name": PROJECT, "is_archived": False})
    projects = pl.concat([inputs.projects, project])
    return replace(inputs, projects=projects, audit_record="p-1a2b3c4d (weekly): 3 changes")


def records(inputs):
    return build_plan(inputs, NEXT_MONDAY, AS_OF_AT + timedelta(days=7)).filter(field="audit_record")


def test_the_record_names_plan_hash_approvers_and_the_signed_head(database, approved, applied, tmp_path):
    plan = approved({}, {"target_gid": "2"})
    applied(plan)
    head = heads.sign(database, tmp_path, NOW)
    text = record_of(database, tmp_path, NEXT_MONDAY)
    assert f"{plan.plan_id} (weekly): 2 changes, 0 read back differently, approved by ada" in text
    assert plan.plan_hash in text
    assert head.hash in text
    assert head.signature in text
    assert record_of(database, tmp_path, NEXT_MONDAY + timedelta(days=7)) is None


def test_a_week_becomes_one_task_that_passes_the_plans_suite(mirrored):
    (row,) = records(mirrored).to_dicts()
    assert (row["kind"], row["target_type"], row["target_gid"]) == ("create_task", "project", "40")
    body = json.loads(row["new_value"])
    assert (body["name"], body["project"]) == ("Written in week 2026-W47", PROJECT)
    assert evaluate("changes/plan", build_plan(mirrored, NEXT_MONDAY, AS_OF_AT + timedelta(days=7))).passed


def test_the_task_is_created_once_whatever_the_text_says_later(asana, approved, applied, mirrored):
    asana.projects.append({"gid": "40", "name": PROJECT})
    asana.goals["40"] = {"workspace": {"gid": "900"}}
    (row,) = records(mirrored).drop("row_key", "position").to_dicts()
    assert applied(approved(row)).counts == {"done": 1}
    assert "period" not in asana.tasks[0]
    (later,) = records(replace(mirrored, audit_record="and more")).drop("row_key", "position").to_dicts()
    assert applied(approved(later)).counts == {"noop": 1}
    assert len(asana.tasks) == 1


def test_without_a_record_or_the_project_nothing_is_planned(inputs, mirrored):
    assert records(replace(mirrored, audit_record=None)).is_empty()
    assert records(replace(inputs, audit_record="3 changes")).is_empty()


def test_setup_creates_the_project_only_where_a_mirror_is_wanted(inputs):
    wanted = build_setup_plan(inputs, AS_OF_ON, AS_OF_AT, PlanRules(audit_mirror=True))
    assert wanted.filter(field="audit_mirror").height == 1
    assert build_setup_plan(inputs, AS_OF_ON, AS_OF_AT).filter(field="audit_mirror").is_empty()
