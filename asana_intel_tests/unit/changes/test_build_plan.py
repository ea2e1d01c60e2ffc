from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from asana_intel.changes.canonical import parsed
from asana_intel.changes.fields import REGISTRY
from asana_intel.changes.identity import row_marker, with_marker
from asana_intel.changes.inputs import MEASURED_VALUES, PlanRules
from asana_intel.changes.plan import build_plan, build_setup_plan
from asana_intel.quality.evaluate import evaluate

AS_OF_ON = date(2026, 11, 16)
AS_OF_AT = datetime(2026, 11, 20, 6, tzinfo=UTC)
FIELDS = pl.DataFrame(
    {"field_gid": ["501", "502", "503", "504", "505", "506"], "field_name": [spec.label for spec in REGISTRY]}
)


def rows_of(plan, kind):
    return plan.filter(pl.col("kind") == kind).to_dicts()


def test_the_plan_of_a_goal_at_risk_sets_its_fields_tells_its_owner_and_asks_for_a_review(inputs):
    plan = build_plan(inputs, AS_OF_ON, AS_OF_AT)

    wanted = {(r["target_type"], r["field"]): parsed(r["new_value"]) for r in rows_of(plan, "set_field")}
    assert wanted[("goal", "ai_confidence_score")] == 0.62
    assert wanted[("goal", "predicted_completion_date")] == "2027-01-09"
    assert wanted[("goal", "top_blocking_project")] == "Web shop"
    assert wanted[("goal", "ai_summary")].startswith("Half way")
    assert wanted[("project", "ai_health")] == 6
    assert parsed(rows_of(plan, "status_update")[0]["new_value"])["status_type"] == "at_risk"
    assert "fell from 80 % to 62 %" in parsed(rows_of(plan, "comment")[0]["new_value"])["text"]
    review = parsed(rows_of(plan, "create_task")[0]["new_value"])
    assert review["assignee"] == "70"
    assert review["due_on"] == "2026-11-27"
    assert review["resource_subtype"] == "approval"


def test_overdue_and_blocked_tasks_are_flagged_and_others_are_not(inputs):
    flags = {
        r["target_gid"]: parsed(r["new_value"])
        for r in rows_of(build_plan(inputs, AS_OF_ON, AS_OF_AT), "set_field")
        if r["field"] == "ai_risk_flag"
    }
    assert flags == {"301": "overdue", "302": "blocked"}


def test_a_flag_is_taken_back_once_the_task_is_fine(inputs, make_frame):
    flagged = make_frame(
        "staging/custom_field_values",
        {"object_gid": "303", "object_type": "task", "field_gid": "506", "text_value": "overdue"},
    )
    plan = build_plan(replace(inputs, custom_fields=FIELDS, custom_field_values=flagged), AS_OF_ON, AS_OF_AT)
    taken_back = plan.filter(pl.col("target_gid") == "303").to_dicts()[0]
    assert (taken_back["old_value"], taken_back["new_value"]) == ('"overdue"', '"none"')


def test_at_most_so_many_tasks_are_flagged_the_longest_overdue_first(inputs):
    plan = build_plan(inputs, AS_OF_ON, AS_OF_AT, PlanRules(risk_flags=1))
    assert plan.filter(pl.col("field") == "ai_risk_flag")["target_gid"].to_list() == ["301"]


def test_a_closed_goal_gets_nothing(inputs):
    plan = build_plan(inputs, AS_OF_ON, AS_OF_AT)
    assert not plan.filter(pl.col("target_gid") == "2").height


def test_a_goal_without_odds_gets_no_field_no_status_and_no_review(inputs):
    unknown = inputs.goal_attainment.with_columns(
        p_attain=pl.lit(None, pl.Float64), status=pl.lit("not_assessed"), reason=pl.lit("two values only")
    )
    plan = build_plan(replace(inputs, goal_attainment=unknown), AS_OF_ON, AS_OF_AT)
    assert set(plan["target_type"]) <= {"project"}


def test_what_stands_already_is_not_planned_even_if_it_is_spelled_differently(inputs, make_frame):
    there = make_frame(
        "staging/custom_field_values",
        {"object_gid": "1", "object_type": "goal", "field_gid": "501", "number_value": 0.6200001},
        {"object_gid": "1", "object_type": "goal", "field_gid": "502", "date_value": date(2027, 1, 9)},
        {"object_gid": "1", "object_type": "goal", "field_gid": "503", "text_value": "Web shop  "},
    )
    plan = build_plan(replace(inputs, custom_fields=FIELDS, custom_field_values=there), AS_OF_ON, AS_OF_AT)
    assert set(plan.filter((pl.col("kind") == "set_field") & (pl.col("target_gid") == "1"))["field"]) == {"ai_summary"}


def test_the_old_value_that_the_approver_sees_is_the_value_that_stands(inputs, make_frame):
    there = make_frame(
        "staging/custom_field_values",
        {"object_gid": "1", "object_type": "goal", "field_gid": "777", "number_value": 0.4},
    )
    aliased = pl.DataFrame({"field_gid": ["777"], "field_name": ["ai confidence %"]})
    plan = build_plan(replace(inputs, custom_fields=aliased, custom_field_values=there), AS_OF_ON, AS_OF_AT)
    row = plan.filter(pl.col("field") == "ai_confidence_score").to_dicts()[0]
    assert (row["old_value"], row["new_value"]) == ("0.4", "0.62")


def test_the_weekly_status_is_not_planned_again_once_it_stands_in_asana_even_with_other_words(inputs, make_frame):
    first = rows_of(build_plan(inputs, AS_OF_ON, AS_OF_AT), "status_update")[0]
    posted = with_marker("Other words.", row_marker(first, AS_OF_ON, AS_OF_AT))
    seen = make_frame(
        "staging/status_updates",
        {"status_update_gid": "8", "parent_gid": "1", "created_at": AS_OF_AT, "text": posted},
    )
    later = AS_OF_AT + timedelta(days=1)
    assert not rows_of(build_plan(replace(inputs, status_updates=seen), AS_OF_ON, later), "status_update")
    next_week = build_plan(replace(inputs, status_updates=seen), AS_OF_ON + timedelta(days=7), later)
    assert rows_of(next_week, "status_update")


def test_the_weekly_words_become_a_status_update_a_comment_or_nothing_as_the_settings_say(inputs):
    def weekly(kind):
        rows = build_plan(inputs, AS_OF_ON, AS_OF_AT, PlanRules(weekly_status=kind)).filter(field="weekly_status")
        return [(r["kind"], parsed(r["new_value"])) for r in rows.to_dicts()]

    ((kind, body),) = weekly("comment")
    assert kind == "comment"
    assert body["text"].startswith(
        "Week of 16 Nov 2026: 62 % likely to be met\n\nHalf way with a third of the time left.\n\nEvidence: "
    )
    assert [kind for kind, _ in weekly("status_update")] == ["status_update"]
    assert weekly("off") == []


def test_odds_next_to_nought_or_certainty_read_in_a_title_as_in_the_text(inputs):
    nearly = replace(inputs, goal_attainment=inputs.goal_attainment.with_columns(p_attain=pl.lit(0.002)))
    rows = build_plan(nearly, AS_OF_ON, AS_OF_AT).filter(field="weekly_status").to_dicts()
    assert rows
    assert all("under 1 % likely to be met" in row["new_value"] for row in rows)
    assert not any(": 0 %" in row["new_value"] or "0 % likely" in row["reason"] for row in rows)


def test_a_review_task_is_asked_for_once_a_quarter(inputs):
    first = rows_of(build_plan(inputs, AS_OF_ON, AS_OF_AT), "create_task")[0]
    known = replace(inputs, created_markers=frozenset({row_marker(first, AS_OF_ON, AS_OF_AT)}))
    weeks_later = AS_OF_AT + timedelta(days=28)
    assert not rows_of(build_plan(known, AS_OF_ON + timedelta(days=28), weeks_later), "create_task")
    next_quarter = AS_OF_AT + timedelta(days=56)
    assert rows_of(build_plan(known, AS_OF_ON + timedelta(days=56), next_quarter), "create_task")


def test_no_review_is_asked_for_at_or_above_the_threshold(inputs):
    plan = build_plan(inputs, AS_OF_ON, AS_OF_AT, PlanRules(attention_below=0.6))
    assert not rows_of(plan, "create_task")
    assert not plan.filter(pl.col("field") == "ai_risk_flag").height


def test_a_small_fall_of_the_odds_is_not_commented(inputs):
    calm = inputs.goal_attainment.with_columns(p_attain_change=pl.lit(-0.14))
    assert not rows_of(build_plan(replace(inputs, goal_attainment=calm), AS_OF_ON, AS_OF_AT), "comment")


@pytest.mark.fault("F29")
def test_a_measured_value_is_pushed_only_into_metrics_that_are_ours_to_set(inputs):
    measured = pl.DataFrame({"goal_gid": ["1"], "value": [44.4], "evidence": [["20"]]}, schema=MEASURED_VALUES)
    ours = build_plan(replace(inputs, measured_values=measured), AS_OF_ON, AS_OF_AT)
    assert [(r["old_value"], r["new_value"]) for r in rows_of(ours, "set_metric")] == [("40", "44")]
    for source in ("project_task_completion", "external"):
        goals = inputs.goals.with_columns(progress_source=pl.lit(source), can_manage=pl.lit(False))
        plan = build_plan(replace(inputs, goals=goals, measured_values=measured), AS_OF_ON, AS_OF_AT)
        assert not rows_of(plan, "set_metric")


def test_the_same_inputs_give_the_same_plan_in_any_order_of_rows(inputs):
    backwards = replace(inputs, goals=inputs.goals.reverse(), tasks=inputs.tasks.reverse(), stories=inputs.stories)
    assert build_plan(inputs, AS_OF_ON, AS_OF_AT).equals(build_plan(backwards, AS_OF_ON, AS_OF_AT))


def test_a_built_plan_passes_its_own_quality_suite(inputs):
    for plan in (build_plan(inputs, AS_OF_ON, AS_OF_AT), build_setup_plan(inputs, AS_OF_ON, AS_OF_AT)):
        assert evaluate("changes/plan", plan).failed == ()


def test_setup_creates_what_is_missing_attaches_it_and_is_empty_once_it_stands(inputs, make_frame):
    setup = build_setup_plan(inputs, AS_OF_ON, AS_OF_AT, team_gid="60")
    assert len(rows_of(setup, "create_custom_field")) == len(REGISTRY)
    projects = {r["field"]: parsed(r["new_value"]) for r in rows_of(setup, "create_project")}
    assert projects["review_project"]["team"] == "60"
    assert projects["capacity_review"]["privacy_setting"] == "private"
    assert {(r["target_gid"], r["field"]) for r in rows_of(setup, "attach_custom_field")} == {
        *(("1", spec.name) for spec in REGISTRY if spec.target_type == "goal"),
        ("20", "ai_health"),
        ("20", "ai_risk_flag"),
    }
    attached = make_frame(
        "staging/custom_field_settings",
        *({"parent_gid": "1", "field_gid": gid} for gid in ("501", "502", "503", "504")),
        *({"parent_gid": "20", "field_gid": gid} for gid in ("505", "506")),
    )
    there = make_frame(
        "staging/projects",
        *({"project_gid": g, "name": n, "is_archived": False, "is_completed": False}
          for g, n in (("20", "Web shop"), ("21", "OKR Actions"), ("22", "Capacity Review"))),
    )  # fmt: skip
    done = replace(inputs, custom_fields=FIELDS, custom_field_settings=attached, projects=there)
    assert build_setup_plan(done, AS_OF_ON, AS_OF_AT).is_empty()


def test_a_field_that_a_person_changed_since_we_wrote_it_is_not_proposed(inputs):
    plan = build_plan(inputs, AS_OF_ON, AS_OF_AT)
    assert "ai_confidence_score" in plan.filter(target_gid="1")["field"].to_list()
    theirs = replace(inputs, persons_fields=frozenset({("1", "ai_confidence_score")}))
    fields = build_plan(theirs, AS_OF_ON, AS_OF_AT).filter(target_gid="1")["field"].to_list()
    assert "ai_confidence_score" not in fields
    assert "predicted_completion_date" in fields


PRIVATE = pl.lit("private")


def test_a_private_project_is_not_named_on_a_goal(inputs):
    hidden = inputs.projects.with_columns(privacy_setting=PRIVATE, name=pl.lit("CANARY"))
    on_goal = build_plan(replace(inputs, projects=hidden), AS_OF_ON, AS_OF_AT).filter(pl.col("target_gid") == "1")
    assert "CANARY" not in str(on_goal.to_dicts())
    assert "top_blocking_project" not in on_goal["field"].to_list()
    assert all("20" not in gids for gids in on_goal["evidence_gids"])


def test_the_review_of_a_private_goal_tells_its_gid_and_nothing_else(inputs):
    hidden = inputs.goals.with_columns(privacy_setting=PRIVATE, name=pl.lit("CANARY"))
    (task,) = rows_of(build_plan(replace(inputs, goals=hidden), AS_OF_ON, AS_OF_AT), "create_task")
    review = parsed(task["new_value"])
    assert review["name"] == "Review goal: 1"
    assert review["assignee"] == "70"
    assert "CANARY" not in task["new_value"]
    assert "Half way" not in task["new_value"]
