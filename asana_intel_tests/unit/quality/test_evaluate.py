import subprocess
import sys
from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.changes.fields import BY_NAME
from asana_intel.errors import PermanentError
from asana_intel.quality.evaluate import SAMPLE, evaluate
from asana_intel.quality.suites import WRITABLE, tables_with_suite
from asana_intel.storage.contracts import CONTRACTS, empty_frame

MONDAY = date(2026, 11, 16)
INSTANT = datetime(2026, 11, 20, tzinfo=UTC)


def frame_of(key, *rows):
    schema = CONTRACTS[key].schema
    return pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema)


def attainment(**row):
    good = {
        "as_of_on": MONDAY,
        "as_of_at": INSTANT,
        "goal_gid": "1",
        "p_attain": 0.5,
        "baseline_p": 0.5,
        "status": "assessed",
    }
    return good | row


def plan_row(**row):
    good = {
        "as_of_on": MONDAY, "as_of_at": INSTANT, "row_key": "0" * 16, "kind": "set_field", "capability": "goals",
        "target_type": "goal", "target_gid": "1", "field": "ai_summary", "new_value": '"a"', "reason": "Because.",
        "evidence_gids": ["1"], "confidence": 0.5, "position": 0,
    }  # fmt: skip
    return good | row


def failed(table, *rows, **options):
    return [check.name for check in evaluate(table, frame_of(table, *rows), **options).failed]


def test_every_suite_passes_on_an_empty_table_and_only_missing_goals_and_tasks_are_warned_of():
    for table in tables_with_suite():
        outcome = evaluate(table, empty_frame(CONTRACTS[table]))
        assert outcome.passed
        warned = [check.name for check in outcome.failed]
        assert warned == (["table_has_at_least_1_row"] if table in {"staging/goals", "staging/tasks"} else [])


@pytest.mark.fault("F31")
@pytest.mark.parametrize("p", [1.5, -0.1, float("nan"), float("inf"), float("-inf")])
def test_a_probability_that_is_none_is_found(p):
    assert failed("forecasts/goal_attainment", attainment(p_attain=p)) == ["p_attain_is_between_0_and_1"]


@pytest.mark.parametrize("gid", ["12\n", "١٢٣", "１２", "1 2", "", "12/../x", "1" * 21, "-1"])
def test_what_only_looks_like_an_id_is_found(gid):
    outcome = evaluate("forecasts/goal_attainment", frame_of("forecasts/goal_attainment", attainment(goal_gid=gid)))
    assert [check.name for check in outcome.failed] == ["goal_gid_is_an_asana_id"]
    assert not outcome.passed


@pytest.mark.fault("F31")
def test_long_ids_stay_ids_beside_a_null():
    rows = (attainment(goal_gid="1209999999999999999"), attainment(goal_gid=None))
    assert failed("forecasts/goal_attainment", *rows) == ["goal_gid_is_present"]


@pytest.mark.fault("F31")
def test_a_missing_column_is_an_error_and_not_a_pass():
    frame = frame_of("forecasts/goal_attainment", attainment()).drop("p_attain")
    outcome = evaluate("forecasts/goal_attainment", frame)
    assert not outcome.passed
    assert [check.name for check in outcome.failed] == ["p_attain_exists"]


@pytest.mark.fault("F31")
def test_a_column_of_another_type_is_an_error():
    frame = frame_of("forecasts/goal_attainment", attainment()).with_columns(pl.lit("much").alias("p_attain"))
    assert [c.name for c in evaluate("forecasts/goal_attainment", frame).failed] == ["p_attain_has_its_type"]


def test_every_copy_of_a_repeated_key_is_counted_and_at_most_twenty_are_named():
    outcome = evaluate(
        "forecasts/goal_attainment", frame_of("forecasts/goal_attainment", *[attainment() for _ in range(30)])
    )
    (check,) = outcome.failed
    assert (check.name, check.failed_count, len(check.sample_keys)) == ("as_of_on_and_goal_gid_are_unique", 30, SAMPLE)
    assert check.sample_keys[0] == "2026-11-16:1"


def test_the_total_row_of_a_person_may_not_repeat_although_its_week_is_null():
    row = {
        "as_of_on": MONDAY, "as_of_at": INSTANT, "person_gid": "7", "mean": 3.0, "status": "assessed", "method": "m"
    }  # fmt: skip
    assert failed("forecasts/person_capacity", row, row) == ["as_of_on_and_person_gid_and_week_on_are_unique"]


def test_a_warning_does_not_fail_the_table():
    goal = {"goal_gid": "1", "is_workspace_level": False, "is_closed": False, "start_on": date(2026, 2, 1)}
    outcome = evaluate("staging/goals", frame_of("staging/goals", goal | {"due_on": date(2026, 1, 1)}))
    assert outcome.passed
    assert [check.name for check in outcome.failed] == ["goal_starts_before_it_is_due"]


def test_a_goal_not_assessed_must_say_why():
    row = attainment(p_attain=None, status="not_assessed")
    assert failed("forecasts/goal_attainment", row) == ["goal_not_assessed_says_why"]
    assert failed("forecasts/goal_attainment", attainment(p_attain=None)) == ["assessed_goal_has_odds"]


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"kind": "delete_task"}, "change_is_on_the_allow_list"),
        ({"field": "owner"}, "change_is_on_the_allow_list"),
        ({"field": None}, "change_is_on_the_allow_list"),
        ({"target_type": "project"}, "change_is_on_the_allow_list"),
        ({"target_gid": "12\n"}, "target_gid_is_an_asana_id"),
        ({"old_value": '"b"', "new_value": None}, "new_value_is_present"),
        ({"old_value": '"a"'}, "new_value_differs_from_old"),
        ({"confidence": 1.2}, "confidence_is_between_0_and_1"),
        ({"evidence_gids": ["1", "x"]}, "evidence_is_asana_ids"),
    ],
)
def test_a_plan_row_that_may_not_be_written_is_named(row, name):
    assert failed("changes/plan", plan_row(**row)) == [name]


def test_a_plan_holds_one_row_per_target_and_field():
    rows = (plan_row(), plan_row(row_key="1" * 16, new_value='"b"'))
    assert failed("changes/plan", *rows) == ["kind_and_target_gid_and_field_are_unique"]


def test_a_plan_that_is_too_large_is_refused_not_cut():
    rows = [plan_row(row_key=f"{n:016x}", target_gid=str(n)) for n in range(1, 5)]
    assert failed("changes/plan", *rows, max_plan_rows=3) == ["table_has_at_most_3_rows"]
    assert failed("changes/plan", *rows, max_plan_rows=4) == []


def test_the_allow_list_names_the_fields_of_the_registry_and_no_other_and_creates_none_of_the_companys_own():
    for spec in BY_NAME.values():
        assert (spec.name not in WRITABLE["create_custom_field"]["workspace"]) == spec.theirs
        assert spec.theirs or spec.name in WRITABLE["create_custom_field"]["workspace"]
    written = {(target, name) for target, names in WRITABLE["set_field"].items() for name in names}
    ours = {(spec.target_type, spec.name) for spec in BY_NAME.values()}
    assert written == ours | {("task", "ai_capacity_forecast")}


def test_the_allow_list_of_the_suite_is_the_one_of_the_trigger(database):
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT kind, target_type, field FROM allowed_change")
        allowed = set(cursor.fetchall())
    listed = {(kind, target, name) for kind, by in WRITABLE.items() for target, names in by.items() for name in names}
    assert listed <= allowed


def test_a_table_without_a_suite_is_named():
    with pytest.raises(PermanentError, match="raw/tasks"):
        evaluate("raw/tasks", empty_frame(CONTRACTS["raw/tasks"]))


ODD = st.sampled_from([0.0, 0.5, 1.0, 1.01, -1.0, float("nan"), float("inf"), None])
GIDS = st.sampled_from(["1", "2", "12\n", "x", None])


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.builds(attainment, goal_gid=GIDS, p_attain=ODD, value_p10=ODD, value_p90=ODD), max_size=6))
def test_a_check_fails_exactly_when_there_are_rows_that_break_it(rows):
    for check in evaluate("forecasts/goal_attainment", frame_of("forecasts/goal_attainment", *rows)).checks:
        assert check.passed == (check.failed_count == 0)


def test_no_suite_costs_anything_before_it_is_asked():
    code = (
        "import sys, asana_intel.quality.evaluate, asana_intel.quality.gate; print('great_expectations' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


TONE = {
    "as_of_on": MONDAY, "as_of_at": INSTANT, "scope_type": "team", "scope_gid": "9", "comments": 20, "authors": 3,
    "tone": -0.1, "usual_tone": 0.1, "change": -0.2, "confidence": 0.9, "status": "assessed",
}  # fmt: skip
URGENCY = {
    "as_of_on": MONDAY, "as_of_at": INSTANT, "project_gid": "9", "urgency": 0.4, "rank": 1, "open_tasks": 3,
    "overdue_tasks": 1, "overdue_days": 4, "blocked_tasks": 0, "blocked_days": 0, "silent_days": 0, "pushed_dates": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("table", "good", "wrong", "names"),
    [
        ("tone_trend", TONE, {}, []),
        ("tone_trend", TONE, {"authors": 2}, ["tone_is_of_many_comments_by_several_people"]),
        ("tone_trend", TONE, {"comments": 19}, ["tone_is_of_many_comments_by_several_people"]),
        ("tone_trend", TONE, {"confidence": 0.4}, ["confidence_is_between_0.5_and_1"]),
        ("tone_trend", TONE, {"status": "not_assessed"}, ["scope_not_assessed_says_why"]),
        ("urgency", URGENCY, {}, []),
        ("urgency", URGENCY, {"urgency": 1.2}, ["urgency_is_between_0_and_1"]),
        ("urgency", URGENCY, {"blocked_tasks": 4}, ["parts_are_no_more_than_the_open_tasks"]),
        ("urgency", URGENCY, {"silent_days": -1}, ["days_and_moves_are_not_negative"]),
    ],
)
def test_a_signal_from_comments_that_misleads_is_warned_of_and_stops_nothing(table, good, wrong, names):
    outcome = evaluate(f"narratives/{table}", frame_of(f"narratives/{table}", good | wrong))
    assert [check.name for check in outcome.failed] == names
    assert outcome.passed
