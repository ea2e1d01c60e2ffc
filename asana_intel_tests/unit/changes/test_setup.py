"""The one-time setup: what it creates, what it adopts, and what it leaves to people."""

from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl
import pytest

from asana_intel.changes.canonical import parsed
from asana_intel.changes.fields import REGISTRY, registry
from asana_intel.changes.inputs import CAPACITY_PLANNING, PlanRules, PriorityRules
from asana_intel.changes.plan import build_plan, build_setup_plan
from asana_intel.changes.setup_changes import MOST_PROJECTS, problems
from asana_intel_tests.unit.changes.backlog_world import ranked

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


def _ranked_in(make_frame, inputs, *projects):
    """One scored task for each project, first one first, and one for Web shop (20), all of them for everybody."""
    gids = [str(600 + n) for n in range(len(projects))]
    known = [{"project_gid": gid, "name": gid, "is_archived": False, "is_completed": False,
              "privacy_setting": "public_to_workspace"} for gid in projects]  # fmt: skip
    created = datetime(2026, 1, 5, tzinfo=UTC)
    return replace(
        inputs,
        registry=registry(priority=True),
        projects=pl.concat([inputs.projects, make_frame("staging/projects", *known)]),
        tasks=pl.concat(
            [inputs.tasks, make_frame("staging/tasks", *({"task_gid": gid, "is_completed": False, "created_at": created}
                                                         for gid in gids))]
        ),
        task_projects=pl.concat(
            [inputs.task_projects, make_frame("staging/task_projects", *({"task_gid": t, "project_gid": p}
                                              for t, p in zip(gids, projects, strict=True)))]
        ),
        task_priority=make_frame("insights/task_priority", *(ranked(gid, n, 50.0) for n, gid in enumerate(gids, 1))),
    )  # fmt: skip


def test_fields_of_priorities_go_to_the_projects_of_scored_tasks_that_lie_in_the_scope(inputs, make_frame):
    there = _ranked_in(make_frame, inputs, "31", "32")

    def holders(field, rules=None):
        return set(planned(there, rules).filter(kind="attach_custom_field", field=field)["target_gid"])

    assert holders("ai_priority_score") == {"31", "32"}  # none of them supports a goal
    assert holders("ai_health") == {"20"}
    assert holders("ai_priority_score", PlanRules(priority=PriorityRules(scope=("32",)))) == {"32"}
    hidden = there.projects.with_columns(
        privacy_setting=pl.when(pl.col("project_gid") == "31").then(pl.lit("private")).otherwise("privacy_setting")
    )
    there = replace(there, projects=hidden)
    assert holders("ai_priority_score") == {"32"}


def test_one_setup_serves_the_projects_of_the_first_tasks_and_the_next_one_the_others(inputs, make_frame):
    projects = [str(1000 + n) for n in range(MOST_PROJECTS + 5)]
    there = _ranked_in(make_frame, inputs, *projects)
    fields_of = {spec.name: str(500 + n) for n, spec in enumerate(registry(priority=True))}
    there = replace(
        there,
        custom_fields=pl.DataFrame(
            {"field_gid": list(fields_of.values()), "field_name": [s.label for s in registry(priority=True)]}
        ),
    )
    first = planned(there).filter(kind="attach_custom_field", field="ai_priority_score")
    assert set(first["target_gid"]) == set(projects[:MOST_PROJECTS])
    settings = [
        {"parent_gid": row["target_gid"], "parent_type": "project", "field_gid": fields_of[row["field"]]}
        for row in planned(there).filter(kind="attach_custom_field").to_dicts()
    ]
    then = replace(there, custom_field_settings=make_frame("staging/custom_field_settings", *settings))
    again = planned(then).filter(kind="attach_custom_field", field="ai_priority_score")
    assert set(again["target_gid"]) == set(projects[MOST_PROJECTS:])


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
