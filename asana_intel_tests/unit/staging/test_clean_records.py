"""Records become typed rows; one that cannot says why in quarantine and costs nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.staging.clean import Cleaned, clean
from asana_intel.staging.decode import Records
from asana_intel.staging.tables import RECORD_TABLES, TASKS

Raw = Callable[..., pl.DataFrame]
Stage = Callable[..., Cleaned]

TASK = {
    "gid": "1200",
    "resource_type": "task",
    "resource_subtype": "default_task",
    "name": "Ship it",
    "completed": True,
    "completed_at": "2026-01-02T09:30:00.123Z",
    "created_at": "2025-12-01T08:00:00.000Z",
    "modified_at": "2026-01-02T09:30:01.000Z",
    "start_on": None,
    "due_on": "2026-01-03",
    "assignee": {"gid": "70"},
    "parent": None,
    "actual_time_minutes": 90,
    "num_subtasks": 2,
    "permalink_url": "https://app.asana.com/0/1/1200",
    "custom_fields": [],
    "memberships": [{"project": {"gid": "20"}, "section": {"gid": "21"}}],
    "projects": [{"gid": "20"}],
}
GOAL = {
    "gid": "500",
    "name": "Grow",
    "owner": {"gid": "70"},
    "team": None,
    "is_workspace_level": True,
    "start_on": None,
    "due_on": None,
    "time_period": {"gid": "9", "start_on": "2026-01-01", "end_on": "2026-03-31", "display_name": "Q1 FY26"},
    "status": "green",
    "metric": {
        "unit": "percentage",
        "precision": 1,
        "currency_code": None,
        "progress_source": "manual",
        "can_manage": True,
        "initial_number_value": 0,
        "target_number_value": 1,
        "current_number_value": 0.25,
    },
    "privacy_setting": "members_only",
    "current_status_update": {"gid": "77"},
}
# staging table -> (raw table, a record as Asana sends it, the row wanted)
REALISTIC: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "users": ("users", {"gid": "70", "name": "Ada", "email": "ada@x.example", "photo": None}, {"person_gid": "70"}),
    "teams": ("teams", {"gid": "10", "name": "Core"}, {"team_gid": "10", "name": "Core"}),
    "team_memberships": (
        "team_memberships",
        {"gid": "11", "team": {"gid": "10"}, "user": {"gid": "70"}, "is_guest": False, "is_admin": True},
        {"team_gid": "10", "person_gid": "70", "is_guest": False, "is_admin": True},
    ),
    "projects": (
        "projects",
        {"gid": "20", "name": "Web", "team": {"gid": "10"}, "owner": None, "archived": True, "due_on": "2026-02-01"},
        {"owner_gid": None, "is_archived": True, "is_completed": False, "due_on": date(2026, 2, 1)},
    ),
    "sections": (
        "sections",
        {"gid": "21", "name": "Doing", "project": {"gid": "20"}},
        {"section_gid": "21", "project_gid": "20"},
    ),
    "portfolios": ("portfolios", {"gid": "30", "name": "All", "owner": {"gid": "70"}}, {"owner_gid": "70"}),
    "tags": ("tags", {"gid": "35", "name": "risk", "color": "dark-red"}, {"tag_gid": "35", "color": "dark-red"}),
    "custom_field_settings": (
        "custom_field_settings",
        {
            "gid": "41",
            "parent": {"gid": "20", "resource_type": "project"},
            "custom_field": {"gid": "40", "name": "Effort", "resource_subtype": "number"},
        },
        {"parent_gid": "20", "parent_type": "project", "field_gid": "40", "field_name": "Effort"},
    ),
    "tasks": (
        "tasks",
        TASK,
        {
            "task_gid": "1200",
            "completed_at": datetime(2026, 1, 2, 9, 30, 0, 123000, tzinfo=UTC),
            "due_on": date(2026, 1, 3),
            "assignee_gid": "70",
            "parent_gid": None,
            "actual_hours": 1.5,
            "subtask_count": 2,
            "effort_hours": None,
        },
    ),
    "stories": (
        "stories",
        {
            "gid": "60",
            "target": {"gid": "1200"},
            "created_by": None,
            "created_at": "2026-01-02T09:30:00Z",
            "resource_subtype": "comment_added",
            "text": "Done",
        },
        {"target_gid": "1200", "author_gid": None, "subtype": "comment_added"},
    ),
    "goals": (
        "goals",
        GOAL,
        {
            "start_on": date(2026, 1, 1),
            "due_on": date(2026, 3, 31),
            "period_name": "Q1 FY26",
            "is_closed": False,
            "initial_value": 0.0,
            "target_value": 1.0,
            "current_value": 0.25,
            "precision": 1,
            "can_manage": True,
            "privacy_setting": "members_only",
            "current_status_update_gid": "77",
        },
    ),
    "goal_relationships": (
        "goal_relationships",
        {
            "gid": "80",
            "supported_goal": {"gid": "500"},
            "supporting_resource": {"gid": "20", "resource_type": "project"},
            "contribution_weight": 0.5,
        },
        {"goal_gid": "500", "supporting_gid": "20", "supporting_type": "project", "weight": 0.5},
    ),
    "status_updates": (
        "status_updates",
        {
            "gid": "77",
            "parent": {"gid": "500"},
            "author": {"gid": "70"},
            "created_at": "2026-01-02T09:30:00Z",
            "status_type": "on_track",
            "title": "Week 1",
            "text": "Fine",
        },
        {"parent_gid": "500", "status_type": "on_track"},
    ),
    "time_periods": (
        "time_periods",
        {"gid": "9", "display_name": "Q1 FY26", "start_on": "2026-01-01", "end_on": "2026-03-31"},
        {"name": "Q1 FY26", "start_on": date(2026, 1, 1), "end_on": date(2026, 3, 31)},
    ),
    "time_entries": (
        "time_tracking_entries",
        {
            "gid": "90",
            "task": {"gid": "1200"},
            "created_by": {"gid": "70"},
            "attributable_to": {"gid": "20"},
            "entered_on": "2026-01-02",
            "duration_minutes": 45,
        },
        {"hours": 0.75, "entered_on": date(2026, 1, 2), "person_gid": "70", "project_gid": "20"},
    ),
    "time_off": (
        "ooo_entries",
        {"gid": "91", "user": {"gid": "70"}, "start_date": "2026-01-05", "end_date": "2026-01-05"},
        {"person_gid": "70", "start_on": date(2026, 1, 5), "end_on": date(2026, 1, 5)},
    ),
    "allocations": (
        "allocations",
        {
            "gid": "92",
            "assignee": {"gid": "70"},
            "parent": {"gid": "20"},
            "start_date": "2026-01-05",
            "end_date": "2026-02-05",
            "effort": {"type": "percent", "value": 50},
        },
        {"person_gid": "70", "project_gid": "20", "effort_type": "percent", "effort_value": 50.0},
    ),
}


@pytest.mark.parametrize("table", REALISTIC)
def test_a_record_as_asana_sends_it_becomes_a_typed_row(table: str, raw: Raw, stage: Stage) -> None:
    source, record, wanted = REALISTIC[table]
    cleaned = stage(table, **{source: raw(record)})
    assert cleaned.rejected.is_empty()
    row = cleaned.frame.row(0, named=True)
    assert {name: row[name] for name in wanted} == wanted


def test_every_record_table_is_covered_here() -> None:
    assert set(REALISTIC) == {c.table for c in RECORD_TABLES} | {"tasks"}


@pytest.mark.parametrize("table", REALISTIC)
def test_a_record_that_was_deleted_in_asana_is_left_out(table: str, raw: Raw, stage: Stage) -> None:
    source, record, _ = REALISTIC[table]
    other = record | {"gid": "other"}
    cleaned = stage(table, **{source: raw(record, other, deleted=("other",))})
    assert cleaned.frame.height == 1
    assert cleaned.rejected.is_empty()


@pytest.mark.parametrize("table", REALISTIC)
def test_a_raw_table_without_rows_gives_a_staging_table_without_rows(table: str, stage: Stage) -> None:
    assert stage(table).frame.is_empty()


@pytest.mark.parametrize(
    ("table", "field", "value", "reason"),
    [
        ("tasks", "created_at", None, "is missing; Asana always sends it"),
        ("tasks", "completed", None, "is missing"),
        ("tasks", "completed", "yes", "has another type than expected"),
        ("tasks", "assignee", "me", "has another type than expected"),
        ("tasks", "created_at", "yesterday", "is not an ISO 8601 instant"),
        ("tasks", "due_on", "31/12/2026", "is not a date"),
        ("tasks", "due_on", "2026-02-30", "is not a date"),
        ("tasks", "actual_time_minutes", -5, "is negative"),
        ("tasks", "actual_time_minutes", "90", "has another type"),
        ("tasks", "num_subtasks", 2.5, "is not a whole number"),
        ("tasks", "completed_at", None, "is missing although the task is completed"),
        ("time_entries", "duration_minutes", -1, "is negative; correct the entry in Asana"),
        ("time_entries", "duration_minutes", None, "is missing"),
        ("time_entries", "entered_on", "", "is not a date"),
        ("time_off", "end_date", "2026-01-04", "lies before start_date"),
        ("goals", "due_on", "soon", "is not a date"),
        ("goals", "metric", [1], "has another type"),
        ("stories", "target", None, "is missing"),
        ("allocations", "effort", {"type": "percent", "value": "half"}, "has another type"),
    ],
)
def test_a_wrong_field_is_named_with_its_reason_and_mend_and_the_good_rows_stay(
    table: str, field: str, value: Any, reason: str, raw: Raw, stage: Stage
) -> None:
    source, record, _ = REALISTIC[table]
    wrong = record | {"gid": "bad", field: value}
    cleaned = stage(table, **{source: raw(record, wrong, record | {"gid": "3"})})
    assert cleaned.frame.height == 2
    (rejected,) = cleaned.rejected.rows(named=True)
    assert rejected["gid"] == "bad"
    assert rejected["field"].split(".")[0] == field
    assert reason in rejected["reason"]
    assert rejected["reason"].startswith(field)
    assert ";" in rejected["reason"] or "correct" in rejected["reason"]  # what is wrong; what mends it
    assert json.loads(rejected["record"]) == wrong


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "5", '"x"', '{"gid": 1} {"gid": 2}', "[[[", '{"a": 1e999}'])
def test_text_that_is_no_record_is_kept_in_quarantine(text: str, raw: Raw, stage: Stage) -> None:
    cleaned = stage("tasks", tasks=raw(TASK, text))
    assert cleaned.frame["task_gid"].to_list() == ["1200"]
    assert cleaned.rejected["record"].to_list() == [text]
    assert cleaned.rejected["reason"].item()


def test_one_bad_record_among_ten_thousand_costs_only_itself(raw: Raw) -> None:
    records = [TASK | {"gid": str(n)} for n in range(10_000)]
    records[7777] = TASK | {"gid": "7777", "assignee": "me"}
    cleaned = clean(TASKS, Records(raw(*records).lazy(), TASKS.record_type))
    assert cleaned.frame.height == 9_999
    assert cleaned.rejected["gid"].to_list() == ["7777"]


def test_a_goal_keeps_its_own_dates_before_those_of_its_period(raw: Raw, stage: Stage) -> None:
    own = GOAL | {"start_on": "2026-02-01", "due_on": "2026-02-28"}
    none = GOAL | {"gid": "501", "time_period": None}
    rows = stage("goals", goals=raw(own, none)).frame.select("start_on", "due_on", "period_name").rows()
    assert rows == [(date(2026, 2, 1), date(2026, 2, 28), "Q1 FY26"), (None, None, None)]


@pytest.mark.parametrize(
    ("status", "is_closed"),
    [("green", False), (None, False), ("achieved", True), ("partial", True), ("missed", True), ("dropped", True)],
)
def test_a_goal_with_a_closing_status_is_closed(status: str | None, is_closed: bool, raw: Raw, stage: Stage) -> None:
    assert stage("goals", goals=raw(GOAL | {"status": status})).frame["is_closed"].item() is is_closed


def test_a_goal_without_a_metric_has_nulls_for_numbers(raw: Raw, stage: Stage) -> None:
    row = stage("goals", goals=raw(GOAL | {"metric": None})).frame.row(0, named=True)
    assert (row["target_value"], row["current_value"], row["unit"]) == (None, None, None)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6) | st.sampled_from(["2026-01-05", "2026-01-05T08:00:00.000Z", "2026-13-01"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["gid", "name"]), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
TASK_FIELDS = ["gid", "name", "completed", "completed_at", "created_at", "due_on", "assignee", "num_subtasks",
               "actual_time_minutes", "memberships", "projects", "custom_fields"]  # fmt: skip
changed_tasks = st.dictionaries(st.sampled_from(TASK_FIELDS), json_values, max_size=3).map(lambda c: TASK | c)
broken = st.text('{}[]",:gid10 \n', max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(changed_tasks | json_values | broken, max_size=6))
def test_every_record_ends_in_exactly_one_of_table_and_quarantine(raw: Raw, records: list[Any]) -> None:
    rows = raw(*records).with_columns(gid=pl.int_range(pl.len()).cast(pl.String))
    cleaned = clean(TASKS, Records(rows.lazy(), TASKS.record_type))
    assert cleaned.frame.height + cleaned.rejected.height == len(records)
    assert sorted(cleaned.rejected["record"]) == sorted(
        rows.filter(pl.col("gid").is_in(cleaned.rejected["gid"].implode()))["record"]
    )
    assert cleaned.rejected["reason"].null_count() == 0
