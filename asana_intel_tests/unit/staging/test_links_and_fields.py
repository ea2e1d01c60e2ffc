"""Tables that are not one row per record: places of tasks, links, field values, effort, snapshots, quarantine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.staging.assets import clean_workspace
from asana_intel.staging.clean import Cleaned
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.tables import TableStore

Raw = Callable[..., pl.DataFrame]
Stage = Callable[..., Cleaned]
CREATED = "2025-12-01T08:00:00.000Z"


def task(gid: str, *fields: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {"gid": gid, "completed": False, "created_at": CREATED, "custom_fields": list(fields)} | values


def number(gid: str, name: str, value: float | None) -> dict[str, Any]:
    return {"gid": gid, "name": name, "resource_subtype": "number", "number_value": value}


def effort(stage: Stage, **tables: pl.DataFrame) -> dict[str, float | None]:
    return dict(stage("tasks", **tables).frame.select("task_gid", "effort_hours").iter_rows())


@pytest.mark.parametrize("name", ["Estimated hours", "ESTIMATED TIME", "Effort (hours)", "estimate", "Effort hours"])
def test_effort_is_found_under_each_name_that_companies_use(name: str, raw: Raw, stage: Stage) -> None:
    assert effort(stage, tasks=raw(task("1", number("40", name, 3)))) == {"1": 3.0}


def test_effort_in_a_duration_field_counts_minutes(raw: Raw, stage: Stage) -> None:
    fields = raw({"gid": "40", "format": "duration"}, {"gid": "41", "format": "none"})
    tasks = raw(task("1", number("40", "Estimated time", 90)), task("2", number("41", "Estimated time", 2)))
    assert effort(stage, tasks=tasks, custom_fields=fields) == {"1": 1.5, "2": 2.0}


def test_the_first_name_that_holds_a_value_wins(raw: Raw, stage: Stage) -> None:
    both = task("1", number("42", "Estimate", 8), number("40", "Estimated hours", 3))
    hollow = task("2", number("40", "Estimated hours", None), number("42", "Estimate", 8))
    zero = task("3", number("40", "Estimated hours", 0), number("42", "Estimate", 8))
    assert effort(stage, tasks=raw(both, hollow, zero)) == {"1": 3.0, "2": 8.0, "3": 0.0}


def test_other_numbers_and_negative_estimates_are_no_effort(raw: Raw, stage: Stage) -> None:
    tasks = raw(task("1", number("43", "Story points", 5)), task("2", number("40", "Estimate", -4)), task("3"))
    assert effort(stage, tasks=tasks) == {"1": None, "2": None, "3": None}


def test_an_estimate_on_a_goal_is_not_taken_for_the_effort_of_a_task(raw: Raw, stage: Stage) -> None:
    goals = raw({"gid": "1", "custom_fields": [number("40", "Estimate", 3)]})
    assert effort(stage, tasks=raw(task("1")), goals=goals) == {"1": None}


def test_each_kind_of_field_keeps_its_value(raw: Raw, stage: Stage) -> None:
    record = task(
        "1",
        number("40", "Effort", 2.5),
        {"gid": "41", "name": "Note", "resource_subtype": "text", "text_value": "hi", "display_value": "hi"},
        {"gid": "42", "name": "Prio", "resource_subtype": "enum", "enum_value": {"gid": "421", "name": "High"}},
        {"gid": "43", "name": "Day", "resource_subtype": "date", "date_value": {"date": "2026-01-05"}},
        {
            "gid": "44", "name": "Moment", "type": "date",
            "date_value": {"date": None, "date_time": "2026-01-06T23:30:00.000Z"},
        },
        {"gid": "45", "name": "Empty", "resource_subtype": "text", "text_value": None},
        {
            "gid": "46", "name": "Kinds", "resource_subtype": "multi_enum",
            "multi_enum_values": [{"gid": "461"}, {"gid": "462"}],
        },
        {"gid": "47", "name": "Who", "resource_subtype": "people", "people_value": [{"gid": "70"}]},
        {"gid": "48", "name": "Nobody", "resource_subtype": "people", "people_value": []},
    )  # fmt: skip
    frame = stage("custom_field_values", tasks=raw(record)).frame.sort("field_gid")
    assert frame["field_gid"].to_list() == ["40", "41", "42", "43", "44", "46", "47"]
    assert frame["number_value"].to_list()[0] == 2.5
    assert frame["text_value"].to_list()[1] == "hi"
    assert frame["option_gid"].to_list()[2] == "421"
    assert frame["date_value"].to_list()[3:5] == [date(2026, 1, 5), date(2026, 1, 6)]
    assert frame["option_gids"].to_list() == [None] * 5 + [["461", "462"], None]
    assert frame["people_gids"].to_list() == [None] * 6 + [["70"]]
    assert frame["field_type"].to_list() == ["number", "text", "enum", "date", "date", "multi_enum", "people"]


def test_fields_of_all_kinds_of_objects_are_kept_apart(raw: Raw, stage: Stage) -> None:
    holder = {"gid": "1", "custom_fields": [number("40", "Effort", 1)]}
    tables = {name: raw(holder | {"gid": name}) for name in ("tasks", "projects", "portfolios", "goals", "users")}
    frame = stage("custom_field_values", **tables).frame
    assert set(frame.select("object_gid", "object_type").rows()) == {
        ("tasks", "task"), ("projects", "project"), ("portfolios", "portfolio"), ("goals", "goal"), ("users", "user"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({"name": "Effort", "number_value": 3}, "custom_fields"),
        ({"gid": "40", "number_value": "three"}, "custom_fields"),
        ({"gid": "40", "date_value": "2026-01-05"}, "custom_fields"),
    ],
)
def test_a_field_that_cannot_be_read_costs_only_its_object(entry: dict, field: str, raw: Raw, stage: Stage) -> None:
    good = task("1", number("40", "Effort", 1))
    cleaned = stage("custom_field_values", tasks=raw(good, task("2", entry), task("3")))
    assert cleaned.frame["object_gid"].to_list() == ["1"]
    assert cleaned.rejected.select("gid", "field").rows() == [("2", field)]


def test_a_task_is_placed_once_in_each_of_its_projects(raw: Raw, stage: Stage) -> None:
    record = task(
        "1",
        memberships=[{"project": {"gid": "20"}, "section": {"gid": "21"}}, {"project": {"gid": "30"}, "section": None}],
        projects=[{"gid": "20"}, {"gid": "40"}],
    )
    alone = task("2", memberships=[], projects=[])
    rows = stage("task_projects", tasks=raw(record, alone, task("3"))).frame.sort("project_gid").rows()
    assert rows == [("1", "20", "21"), ("1", "30", None), ("1", "40", None)]


def test_links_name_both_ends(raw: Raw, stage: Stage) -> None:
    waits = stage("task_dependencies", task_dependencies=raw({"gid": "1:2"}, {"gid": "1:3"}, deleted=("1:3",)))
    assert waits.frame.rows() == [("1", "2")]
    items = raw({"gid": "30:20", "resource_type": "project"}, {"gid": "30:31", "resource_type": "portfolio"})
    frame = stage("portfolio_items", portfolio_items=items).frame.sort("item_gid")
    assert frame.rows() == [("30", "20", "project"), ("30", "31", "portfolio")]


@pytest.mark.parametrize("table", ["task_dependencies", "portfolio_items"])
@pytest.mark.parametrize("gid", ["12", "12:", ":12", ""])
def test_half_a_link_is_set_aside_and_the_others_stay(table: str, gid: str, raw: Raw, stage: Stage) -> None:
    cleaned = stage(table, **{table: raw({"gid": "1:2"}, {"gid": gid})})
    assert cleaned.frame.height == 1
    assert cleaned.rejected.select("gid", "field").rows() == [(gid, "gid")]


def test_an_unreadable_portfolio_item_stands_in_quarantine_alone(raw: Raw, stage: Stage) -> None:
    cleaned = stage("portfolio_items", portfolio_items=raw({"gid": "30:20", "resource_type": {"a": 1}}))
    assert cleaned.frame.is_empty()
    assert cleaned.rejected["gid"].to_list() == ["30:20"]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    gids=st.lists(st.from_regex(r"[0-9]{0,2}:?[0-9]{0,2}", fullmatch=True), unique=True, max_size=5),
    types=st.lists(st.sampled_from(["project", None, 5, {"a": 1}]), min_size=5, max_size=5),
)
def test_every_link_ends_in_exactly_one_of_table_and_quarantine(
    raw: Raw, stage: Stage, gids: list[str], types: list[Any]
) -> None:
    records = [{"gid": gid, "resource_type": kind} for gid, kind in zip(gids, types, strict=False)]
    for table in ("portfolio_items", "task_dependencies"):
        cleaned = stage(table, **{table: raw(*records)})
        assert cleaned.frame.height + cleaned.rejected.height == len(records)


def test_snapshots_that_are_no_number_are_set_aside(stage: Stage) -> None:
    at = datetime(2026, 1, 5, 6, tzinfo=UTC)
    schema = CONTRACTS["raw/goal_snapshots"].schema
    values = {"1": 3.0, "2": float("nan"), "3": float("inf"), "4": None}
    rows = [
        dict.fromkeys(schema)
        | {"goal_gid": gid, "snapshot_on": at.date(), "snapshot_at": at, "current_number_value": value}
        for gid, value in values.items()
    ]
    cleaned = stage("goal_snapshots", goal_snapshots=pl.DataFrame(rows, schema=schema))
    assert cleaned.frame.select("goal_gid", "value").rows() == [("1", 3.0), ("4", None)]
    assert cleaned.rejected["gid"].to_list() == ["2@2026-01-05", "3@2026-01-05"]


def materialize(tables: TableStore, *names: str) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [clean_workspace],
        selection=[dg.AssetKey(["staging", name]) for name in names],
        resources={"tables": tables},
        instance=dg.DagsterInstance.ephemeral(),
    )


def test_quarantine_holds_what_is_wrong_now_and_forgets_what_was_mended(tmp_path, raw: Raw) -> None:
    tables = TableStore(str(tmp_path))
    entry = {"gid": "90", "created_by": {"gid": "70"}, "entered_on": "2026-01-02", "duration_minutes": -45}

    def sync(key: str, *records: dict[str, Any]) -> None:
        rows = raw(*records)
        absent = [c for c in CONTRACTS[key].schema if c not in rows.columns]
        tables.overwrite(key, rows.with_columns(pl.lit(None).alias(c) for c in absent))

    sync("raw/tasks", task("1"), task("2", due_on="soon"))
    sync("raw/time_tracking_entries", entry)
    result = materialize(tables, "tasks", "time_entries", "custom_field_values")
    counts = {
        event.asset_key.path[-1]: event.materialization.metadata["rejected_rows"].value
        for event in result.get_asset_materialization_events()
    }
    assert counts == {"tasks": 1, "time_entries": 1, "custom_field_values": 0}
    wrong = tables.read("staging/quarantine").select("table_name", "gid", "field").rows()
    assert sorted(wrong) == [
        ("staging/tasks", "2", "due_on"),
        ("staging/time_entries", "90", "duration_minutes"),
    ]
    sync("raw/tasks", task("1"), task("2", due_on="2026-01-09"))
    materialize(tables, "tasks")
    assert tables.read("staging/quarantine")["gid"].to_list() == ["90"]
    assert tables.count("staging/tasks") == 2
