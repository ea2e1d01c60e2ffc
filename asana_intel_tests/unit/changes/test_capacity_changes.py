"""What people's load leads to: one review a person and week, and a forecast where the settings want one."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.changes.canonical import parsed
from asana_intel.changes.fields import registry
from asana_intel.changes.identity import row_marker, with_marker
from asana_intel.changes.inputs import PlanRules
from asana_intel.changes.plan import build_plan
from asana_intel.quality.evaluate import evaluate

MONDAY = date(2026, 11, 16)
AS_OF_AT = datetime(2026, 11, 20, 6, tzinfo=UTC)
WEEKS = [MONDAY + timedelta(weeks=n) for n in range(6)]


def load(person, week_on, odds, assigned=50.0, available=40.0):
    return {
        "as_of_on": MONDAY, "as_of_at": AS_OF_AT, "person_gid": person, "week_on": week_on, "p_over_110": odds,
        "assigned_hours": assigned, "available_hours": available,
    }  # fmt: skip


@pytest.fixture
def world(inputs, make_frame):
    """Ada (71, team 60) is likely overloaded in the weeks of 23 and 30 November; Bob (72) is not. Cyd (73) leads."""

    def make(*rows, **options):
        cause = {"as_of_on": MONDAY, "as_of_at": AS_OF_AT, "person_gid": "71", "week_on": WEEKS[1], "p_over_110": 0.81}
        values = {
            "people": make_frame(
                "marts/dim_person",
                {"person_gid": "71", "name": "Ada", "team_gid": "60"},
                {"person_gid": "72", "name": "Bob", "team_gid": "60"},
                {"person_gid": "73", "name": "Cyd", "team_gid": "60"},
            ),
            "team_memberships": make_frame(
                "staging/team_memberships", {"team_gid": "60", "person_gid": "73", "is_admin": True}
            ),
            "person_load": make_frame(
                "forecasts/person_load",
                *(rows or (load("71", WEEKS[1], 0.81), load("71", WEEKS[2], 0.6), load("72", WEEKS[1], 0.2))),
            ),
            "load_causes": make_frame(
                "forecasts/load_causes",
                cause | {"task_gid": "301", "rank": 1, "hours": 12.0, "is_inferred": True, "p_without": 0.3,
                         "p_week_later": 0.41},
                cause | {"task_gid": "999", "rank": 2, "hours": 9.0, "is_inferred": False, "p_without": 0.5,
                         "p_week_later": 0.5},
            ),
            "tasks": inputs.tasks.with_columns(name=inputs.tasks["task_gid"].replace({"301": "Migrate\n billing"})),
        } | options  # fmt: skip
        return replace(inputs, **values)

    return make


def capacity(inputs, rules=None, as_of_on=MONDAY):
    return build_plan(inputs, as_of_on, AS_OF_AT, rules).filter(capability="capacity").to_dicts()


def test_a_likely_overload_becomes_one_review_task_for_the_manager_with_the_tasks_behind_it(world):
    (row,) = capacity(world())
    body = parsed(row["new_value"])
    assert (row["kind"], row["target_type"], row["target_gid"]) == ("create_task", "user", "71")
    assert (row["team_gid"], row["confidence"]) == ("60", 0.81)
    assert body["name"] == "Review the load of Ada, the week of 23 Nov 2026"
    assert body["assignee"] == "73"
    assert body["resource_subtype"] == "approval"
    assert body["project"] == "Capacity Review"
    assert "50 h of work in the week of 23 Nov 2026 and 40 h" in body["notes"]
    assert "- Migrate billing: 12.0 h, not estimated; 30% without it, 41% a week later" in body["notes"]
    assert body["due_on"] == "2026-11-21", "tomorrow, where the Friday before is over"


def test_the_review_task_says_why_the_week_is_too_full_above_the_list_of_tasks(world, make_frame):
    told = {
        "as_of_on": MONDAY, "as_of_at": AS_OF_AT, "person_gid": "71", "week_on": WEEKS[1], "fact_ids": [],
        "text": "Ada is forecast at 125 % in week 48 because of two design reviews (21 hours).", "facts_hash": "h",
        "written_by": "select", "word_count": 15,
    }  # fmt: skip
    other = told | {"week_on": WEEKS[2], "text": "CANARY"}
    said = {
        "as_of_on": MONDAY, "kind": "capacity_cause", "subject_id": "71:2026-11-23", "position": 1, "claim_id": "load",
        "text": told["text"], "fact_ids": ["person", "cause"], "source_gids": ["71", "301"],
    }  # fmt: skip
    told_by = {
        "capacity_causes": make_frame("narratives/capacity_causes", told, other),
        "sentences": make_frame("narratives/sentences", said),
    }
    (row,) = capacity(world(**told_by))
    notes = parsed(row["new_value"])["notes"]
    assert notes.startswith(
        told["text"] + "\n\nEvidence: https://app.asana.com/0/0/301\nA language model chose among true sentences; "
        "every number is from your data.\n\nThe tasks behind it"
    ), "who wrote it and what proves it; a person is no proof"
    assert "- Migrate billing: 12.0 h" in notes
    assert "CANARY" not in notes
    assert row["made_by"] == "select"


def test_a_task_of_a_private_project_is_not_named_in_a_review(world, inputs):
    private = inputs.projects.with_columns(privacy_setting=pl.lit("private"))
    (row,) = capacity(world(projects=private))
    assert "Migrate" not in row["new_value"]
    assert "- a task of theirs: 12.0 h, not estimated" in row["new_value"]


def test_it_tells_of_nobody_else_and_of_no_task_that_may_be_private(world):
    (row,) = capacity(world())
    assert "Bob" not in row["new_value"]
    assert "a task of theirs: 9.0 h" in row["new_value"]


def test_the_same_overload_is_asked_about_once_ever_and_then_the_persons_next_week(world):
    first = capacity(world())[0]
    known = frozenset({row_marker(first, MONDAY, AS_OF_AT)})
    next_monday = MONDAY + timedelta(weeks=1)
    for as_of_on in (MONDAY, next_monday):
        (later,) = capacity(world(created_markers=known), as_of_on=as_of_on)
        assert parsed(later["new_value"])["period"] == "2026-11-30"
    both = known | {row_marker(later, MONDAY, AS_OF_AT)}
    assert capacity(world(created_markers=both)) == []


@pytest.mark.parametrize(
    ("managers", "admins", "who"),
    [
        ({"71": "80", "60": "81"}, ["73"], "80"),
        ({"60": "81"}, ["73"], "81"),
        ({}, ["73"], "73"),
        ({}, ["73", "74"], None),
        ({}, ["71"], None),
        ({}, [], None),
    ],
)
def test_it_goes_to_the_manager_else_to_the_teams_only_admin_else_to_nobody(world, make_frame, managers, admins, who):
    members = make_frame(
        "staging/team_memberships", *({"team_gid": "60", "person_gid": a, "is_admin": True} for a in admins)
    )
    (row,) = capacity(world(team_memberships=members), PlanRules(managers=managers))
    assert parsed(row["new_value"]).get("assignee") == who


@pytest.mark.parametrize(
    "row",
    [
        load("71", WEEKS[1], 0.49),
        load("71", WEEKS[1], 0.9, available=0.0),
        load("71", MONDAY - timedelta(weeks=1), 0.9),
    ],
)
def test_what_is_unlikely_over_or_without_any_hour_is_no_alert(world, row):
    assert capacity(world(row)) == []


def test_a_week_beyond_the_next_four_is_no_alert(world):
    rows = [load("71", week_on, 0.1) for week_on in WEEKS[:4]] + [load("71", WEEKS[4], 0.9)]
    assert capacity(world(*rows)) == []


def test_at_most_so_many_people_are_asked_about_in_one_plan_the_soonest_first(world):
    rows = [load(str(80 + n), WEEKS[1 + n % 2], 0.9) for n in range(6)]
    chosen = capacity(world(*rows), PlanRules(capacity_alerts=4))
    assert sorted(r["target_gid"] for r in chosen) == ["80", "81", "82", "84"]
    assert capacity(world(*rows), PlanRules(capacity_alerts=0)) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(
    st.lists(st.tuples(st.integers(71, 75), st.integers(0, 5), st.floats(0, 1)), max_size=12, unique_by=lambda r: r[:2])
)
def test_whatever_the_loads_a_plan_keeps_to_one_row_a_person_and_passes_its_suite(world, rows):
    inputs = world(*(load(str(p), WEEKS[w], odds) for p, w, odds in rows)) if rows else world()
    plan = build_plan(inputs, MONDAY, AS_OF_AT)
    people = plan.filter(capability="capacity")["target_gid"].to_list()
    assert len(people) == len(set(people))
    assert evaluate("changes/plan", plan).failed == ()


def test_without_being_asked_nobodys_forecast_is_written(world):
    assert {r["kind"] for r in capacity(world())} == {"create_task"}


def test_the_forecast_of_people_is_their_load_of_four_weeks_and_is_planned_once(world, make_frame):
    rules = PlanRules(capacity_forecast="people", capacity_alerts=0)
    here = world(registry=registry(forecast="people"))
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


def test_the_forecast_on_tasks_makes_one_task_a_person_and_then_fills_it(world):
    rules = PlanRules(capacity_forecast="tasks", capacity_alerts=0)
    here = world(load("71", WEEKS[1], 0.1, assigned=30.0), registry=registry(forecast="tasks"))
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
