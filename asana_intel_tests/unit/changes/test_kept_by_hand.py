"""What people say in Asana about our values: Manual Override, and an edit between review and apply."""

from dataclasses import replace

import pytest

from asana_intel.changes.plan import build_plan
from asana_intel_tests.unit.changes.conftest import AS_OF_AT, AS_OF_ON


def override(shown):
    return {"gid": "60", "name": "manual override", "display_value": shown}


@pytest.mark.parametrize(("shown", "is_kept"), [("Yes", True), ("on", True), ("No", False), (None, False), ("", False)])
def test_manual_override_keeps_our_values_off_an_object_while_it_says_anything_but_no(
    asana, approved, applied, shown, is_kept
):
    asana.goals["1"]["custom_fields"].append(override(shown))
    plan = approved({}, {"target_gid": "2"})
    told = {row.target_gid: (row.outcome, row.error) for row in applied(plan).outcomes}
    assert told["1"] == (("stale", "Manual Override is set on this goal") if is_kept else ("done", None))
    assert told["2"] == ("done", None)


@pytest.mark.parametrize(("shown", "is_kept"), [("Yes", True), ("No", False)])
def test_what_is_kept_by_hand_is_not_even_planned(inputs, make_frame, shown, is_kept):
    value = {"object_gid": "1", "object_type": "goal", "field_gid": "60", "field_name": "Manual Override"}
    values = make_frame("staging/custom_field_values", value | {"display_value": shown})
    plan = build_plan(replace(inputs, custom_field_values=values), AS_OF_ON, AS_OF_AT)
    ours = plan.filter(kind="set_field", target_gid="1")
    assert ours.is_empty() is is_kept
    assert not plan.filter(kind="set_field", target_gid="20").is_empty()  # the project is another object
    assert not plan.filter(kind="status_update").is_empty()


def test_a_stale_row_of_a_task_names_field_values_who_and_when(asana, approved, applied):
    asana.goals["5"] = {
        "workspace": {"gid": "900"},
        "custom_fields": [{"gid": "77", "name": "AI Risk Flag", "text_value": "fine, says Ann"}],
    }
    asana.field_changes = [
        {"gid": "1", "created_by": {"gid": "70"}, "created_at": "2026-11-20T07:30:00Z", "old_text_value": None,
         "new_text_value": "fine, says Ann"},
    ]  # fmt: skip
    row = {"target_type": "task", "target_gid": "5", "field": "ai_risk_flag", "new_value": '"overdue"'}
    (told,) = applied(approved(row)).outcomes
    assert (told.outcome, told.error) == (
        "stale",
        'ai_risk_flag was changed since the plan was made, from empty to "fine, says Ann",'
        " by user 70 at 2026-11-20T07:30:00Z",
    )


def test_a_stale_row_of_a_goal_names_field_and_values(asana, approved, applied):
    asana.goals["1"]["custom_fields"][0]["number_value"] = 0.4
    (told,) = applied(approved({"old_value": "0.5"})).outcomes
    assert told.error == "ai_confidence_score was changed since the plan was made, from 0.5 to 0.4"
