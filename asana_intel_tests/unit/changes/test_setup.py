"""The one-time setup: what it creates, what it adopts, and what it leaves to people."""

from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl
import pytest

from asana_intel.changes.canonical import parsed
from asana_intel.changes.fields import REGISTRY, registry
from asana_intel.changes.inputs import CAPACITY_PLANNING, PlanRules
from asana_intel.changes.plan import build_plan, build_setup_plan
from asana_intel.changes.setup_changes import problems

AS_OF_ON = date(2026, 11, 16)
AS_OF_AT = datetime(2026, 11, 20, 6, tzinfo=UTC)


def planned(inputs, rules=None):
    return build_setup_plan(inputs, AS_OF_ON, AS_OF_AT, rules)


def fields(*names):
    return pl.DataFrame({"field_gid": [str(n) for n, _ in enumerate(names, 501)], "field_name": list(names)})


def attached(make_frame, gid, count):
    return make_frame(
        "staging/custom_field_settings", *({"parent_gid": gid, "field_gid": str(900 + n)} for n in range(count))
    )


def test_a_field_that_fits_is_adopted_by_label_or_alias_and_only_attached(inputs):
    there = replace(
        inputs,
        custom_fields=fields("ai confidence %"),
        definitions={"501": {"resource_subtype": "number", "format": "percentage", "precision": 1}},
    )
    rows = planned(there).filter(field="ai_confidence_score")
    assert rows["kind"].to_list() == ["attach_custom_field"]
    assert problems(there, PlanRules()) == []


def test_a_field_of_another_type_is_neither_adopted_nor_created_nor_written_and_says_what_to_do(inputs):
    there = replace(
        inputs, custom_fields=fields("AI Confidence Score"), definitions={"501": {"resource_subtype": "text"}}
    )
    assert planned(there).filter(field="ai_confidence_score").is_empty()
    assert build_plan(there, AS_OF_ON, AS_OF_AT).filter(field="ai_confidence_score").is_empty()
    (problem,) = problems(there, PlanRules())
    assert f"{problem.subject} {problem.says}" == "AI Confidence Score exists as text, a number is needed"
    assert problem.fix == "rename it or set fields.alias: ai_confidence_score = 'another name'"


def test_the_alias_that_mends_it_does(inputs):
    there = replace(
        inputs,
        custom_fields=fields("AI Confidence Score"),
        definitions={"501": {"resource_subtype": "text"}},
        registry=registry(alias={"ai_confidence_score": "Goal Odds"}),
    )
    (row,) = planned(there).filter(kind="create_custom_field", field="ai_confidence_score").to_dicts()
    assert parsed(row["new_value"])["name"] == "Goal Odds"
    assert problems(there, PlanRules()) == []


@pytest.mark.parametrize(("held", "left"), [(16, 4), (17, 3), (20, 0), (23, 0)])
def test_no_object_gets_more_fields_than_asana_lets_it_have(inputs, make_frame, held, left):
    full = replace(inputs, custom_field_settings=attached(make_frame, "1", held))
    rows = planned(full).filter(kind="attach_custom_field", target_gid="1")
    assert rows.height == left
    told = [p for p in problems(full, PlanRules()) if p.subject == "goal 1 (Grow)"]
    assert bool(told) == (left < 4)
    if told:
        assert f"{left} free, 4 needed" in told[0].says
        assert told[0].says.endswith("left out")
        assert "AI Summary" in told[0].says


def test_in_mode_shadow_fields_are_private_and_one_that_is_not_is_not_adopted_in_silence(inputs):
    rules = PlanRules(private_fields=True)
    bodies = [parsed(r["new_value"]) for r in planned(inputs, rules).filter(kind="create_custom_field").to_dicts()]
    assert {b["privacy_setting"] for b in bodies} == {"private"}
    public = {"501": {"resource_subtype": "text", "privacy_setting": "public"}}
    there = replace(inputs, custom_fields=fields("AI Summary"), definitions=public)
    assert "is not private" in problems(there, rules)[0].says
    assert problems(there, PlanRules()) == []


def test_fields_of_priorities_are_set_up_when_the_settings_want_them_with_their_options(inputs):
    wanted = planned(replace(inputs, registry=registry(priority=True)))
    added = set(wanted.filter(kind="create_custom_field")["field"]) - {spec.name for spec in REGISTRY}
    assert len(added) == 6
    assert set(wanted.filter(kind="attach_custom_field", field="suggested_priority")["target_gid"]) == {"20"}
    lacking = replace(
        inputs,
        registry=registry(priority=True),
        custom_fields=fields("Suggested Priority"),
        definitions={"501": {"resource_subtype": "enum", "enum_options": [{"gid": "1", "name": "high"}]}},
    )
    assert problems(lacking, PlanRules())[0].says == "lacks the options Medium, Low"


def test_the_forecast_of_people_needs_a_hand_in_asana_and_that_on_tasks_a_project(inputs, make_frame):
    people = replace(inputs, registry=registry(forecast="people"), custom_fields=fields("AI Capacity Forecast"))
    assert planned(people).filter(field="ai_capacity_forecast").is_empty()
    assert "tab Members" in problems(people, PlanRules())[0].fix
    tasks, rules = replace(inputs, registry=registry(forecast="tasks")), PlanRules(capacity_forecast="tasks")
    created = planned(tasks, rules).filter(kind="create_project")["field"].to_list()
    assert "capacity_planning" in created
    project = make_frame(
        "staging/projects",
        {"project_gid": "33", "name": CAPACITY_PLANNING, "is_archived": False, "is_completed": False},
    )
    later = planned(replace(tasks, projects=project), rules)
    assert later.filter(kind="attach_custom_field", field="ai_capacity_forecast")["target_gid"].to_list() == ["33"]


def test_projects_that_tell_of_people_are_for_their_members_only(inputs):
    rows = planned(inputs, PlanRules(capacity_forecast="tasks")).filter(kind="create_project").to_dicts()
    private = {r["field"] for r in rows if parsed(r["new_value"]).get("privacy_setting") == "private"}
    assert private == {"capacity_review", "capacity_planning"}
    assert "capacity_review" not in planned(inputs, PlanRules(capacity_alerts=0))["field"].to_list()
