"""The forecast of people's load in a field of ours: on people, on tasks, or nowhere."""

from dataclasses import replace
from datetime import timedelta

from asana_intel.changes.canonical import parsed
from asana_intel.changes.fields import registry
from asana_intel.changes.identity import row_marker, with_marker
from asana_intel.changes.inputs import PlanRules
from asana_intel_tests.unit.changes.load_world import AS_OF_AT, MONDAY, WEEKS, capacity, load


def test_without_being_asked_nobodys_forecast_is_written(full):
    assert {r["kind"] for r in capacity(full())} == {"create_task"}


def test_the_forecast_of_people_is_their_load_of_four_weeks_and_is_planned_once(full, make_frame):
    rules = PlanRules(capacity_forecast="people", capacity_alerts=0)
    here = full(registry=registry(forecast="people"))
    rows = {r["target_gid"]: r for r in capacity(here, rules)}
    assert {gid: r["new_value"] for gid, r in rows.items()} == {"71": "1.25", "72": "1.25"}
    assert rows["71"]["target_type"] == "user"
    assert rows["71"]["reason"] == "100 of 80 hours of the next four weeks are assigned."
    there = make_frame(
        "staging/custom_field_values",
        {"object_gid": "71", "object_type": "user", "field_gid": "501", "number_value": 1.2512},
    )
    fields = here.custom_fields.clear().vstack(
        here.custom_fields.__class__({"field_gid": ["501"], "field_name": ["AI Capacity Forecast"]})
    )
    standing = replace(here, custom_fields=fields, custom_field_values=there)
    assert [r["target_gid"] for r in capacity(standing, rules)] == ["72"]


def test_the_forecast_on_tasks_makes_one_task_a_person_and_then_fills_it(full):
    rules = PlanRules(capacity_forecast="tasks", capacity_alerts=0)
    here = full(load("71", WEEKS[1], 0.1, assigned=30.0), registry=registry(forecast="tasks"))
    (created,) = capacity(here, rules)
    assert (created["kind"], created["target_type"], created["field"]) == ("create_task", "user", "capacity_forecast")
    assert "assignee" not in parsed(created["new_value"]), "nobody is told"
    marker = row_marker(created, MONDAY, AS_OF_AT)
    assert row_marker(created, MONDAY + timedelta(weeks=30), AS_OF_AT + timedelta(weeks=30)) == marker
    asked = replace(here, created_markers=frozenset({marker}))
    assert capacity(asked, rules) == [], "its task was made and is not in the tables yet"
    notes = here.tasks["task_gid"].replace_strict({"303": with_marker("Holds it.", marker)}, default=None)
    (filled,) = capacity(replace(asked, tasks=here.tasks.with_columns(notes=notes)), rules)
    assert (filled["kind"], filled["target_type"], filled["target_gid"]) == ("set_field", "task", "303")
    assert filled["new_value"] == "0.75"
