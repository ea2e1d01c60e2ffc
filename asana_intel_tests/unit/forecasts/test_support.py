"""What computed goals stand on, from the tables: which supporters count, and what was known of their tasks then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from asana_intel.forecasts import weekly
from asana_intel.forecasts.support import gather_support
from asana_intel.storage.contracts import CONTRACTS, conform, empty_frame

AS_OF = dt.datetime(2026, 3, 4, 6, tzinfo=dt.UTC)
WEEK_ON = dt.date(2026, 3, 2)
START = dt.date(2026, 1, 5)
DUE = dt.date(2026, 4, 5)
Row = dict[str, Any]
Read = Callable[[str], pl.DataFrame]


def reader(**rows: list[Row]) -> Read:
    """A reader of tables by key, `marts__dim_goal` for marts/dim_goal; the others are empty."""
    frames = {}
    for name, given in rows.items():
        contract = CONTRACTS[name.replace("__", "/")]
        filled = [dict.fromkeys(contract.schema) | row for row in given]
        frames[contract.key] = pl.DataFrame(filled, schema=contract.schema)
    return lambda key: frames.get(key, empty_frame(CONTRACTS[key]))


def goal(gid: str, source: str, **values: Any) -> Row:
    base = {"goal_gid": gid, "progress_source": source, "is_closed": False, "start_on": START, "due_on": DUE}
    return base | {"initial_value": 0.0, "target_value": 1.0, "unit": "percentage", "is_custom_weight": False} | values


def supports(above: str, below: str, kind: str, weight: float | None = 1.0, depth: int = 0) -> Row:
    return {"goal_gid": above, "supporting_gid": below, "supporting_type": kind, "weight": weight, "depth": depth,
            "effective_weight": 1.0}  # fmt: skip


def day(n: float) -> dt.datetime:
    """So many days before the forecast."""
    return AS_OF - dt.timedelta(days=n)


def seen(gid: str, value: float | None, days: float, status: str | None = None) -> Row:
    at = day(days)
    return {"goal_gid": gid, "snapshot_on": at.date(), "snapshot_at": at, "value": value, "status": status}


def task(gid: str, came: float, done: float | None = None, left: float | None = None, project: str = "20",
         subtype: str = "default_task") -> dict[str, list[Row]]:  # fmt: skip
    """The traces of a task: days before the forecast on which it came into its project, was done, and left it."""
    open_until = None if done is None else day(done)
    states = [
        {"task_gid": gid, "is_completed": False, "valid_from": day(came), "valid_to": open_until, "source": "story"}
    ]
    if done is not None:
        states.append({"task_gid": gid, "is_completed": True, "valid_from": day(done), "source": "story"})
    stay = {"task_gid": gid, "project_gid": project, "valid_from": day(came), "source": "story"}
    return {
        "staging__tasks": [{"task_gid": gid, "subtype": subtype, "is_completed": False, "created_at": day(came)}],
        "staging__task_completion_intervals": states,
        "staging__task_section_intervals": [stay | {"valid_to": None if left is None else day(left)}],
    }  # fmt: skip


def together(*tasks: dict[str, list[Row]]) -> dict[str, list[Row]]:
    return {key: [row for rows in tasks for row in rows[key]] for key in tasks[0]}


LINKED = [
    supports("top", "sub", "goal", 0.5),
    supports("top", "unmeasured", "goal"),
    supports("top", "silent", "goal", 0.0),
    supports("top", "20", "project"),
    supports("top", "deep", "goal", None, depth=1),
    supports("sub", "20", "project", None),
    supports("sub", "1", "task"),
    supports("stones", "20", "project"),
    supports("list", "1", "task", 1.0),
    supports("list", "2", "task", 0.5),
]
GOALS = [goal("top", "subgoal_progress", is_custom_weight=True), goal("sub", "project_task_completion"),
         goal("silent", "manual"), goal("deep", "manual"), goal("unmeasured", "manual", target_value=None),
         goal("stones", "project_milestone_completion"),
         goal("list", "task_completion", is_custom_weight=True)]  # fmt: skip
TASKS = together(
    task("1", 60, 10), task("2", 50), task("3", 40, 5, subtype="milestone"), task("4", 30, left=2), task("5", -1),
    task("6", 20, -2), task("7", 20, project="21"),
)  # fmt: skip


def test_only_direct_supporters_of_the_kind_that_counts_and_of_some_weight_count() -> None:
    links = gather_support(reader(marts__dim_goal=GOALS, marts__bridge_goal_support=LINKED), AS_OF).links
    assert links.rows() == [
        ("list", "list:tasks", False, 1.0),
        ("stones", "20:milestones", False, 1.0),
        ("sub", "20:tasks", False, 1.0),
        ("top", "sub", True, 0.5),
    ]


@pytest.mark.parametrize(("is_custom", "expected"), [(True, [0.25, 1.0]), (False, [1.0, 1.0]), (None, [0.25, 1.0])])
def test_weights_count_where_the_metric_has_custom_ones(is_custom: bool | None, expected: list[float]) -> None:
    goals = [goal("top", "subgoal_progress", is_custom_weight=is_custom), goal("a", "manual"), goal("b", "manual")]
    linked = [supports("top", "a", "goal", 0.25), supports("top", "b", "goal")]
    links = gather_support(reader(marts__dim_goal=goals, marts__bridge_goal_support=linked), AS_OF).links
    assert links["weight"].to_list() == expected


def test_the_tasks_are_those_that_stood_in_the_project_then_as_they_stood_then() -> None:
    read = reader(marts__dim_goal=GOALS, marts__bridge_goal_support=LINKED, **TASKS)
    work = gather_support(read, AS_OF).work.sort("work_gid", "arrived_at", "done_at", nulls_last=True)
    found = {gid: list(rows.select("arrived_at", "done_at").rows()) for (gid,), rows in work.group_by("work_gid")}
    assert found["20:tasks"] == [(day(60), day(10)), (day(50), None), (day(40), day(5)), (day(20), None)]
    assert found["20:milestones"] == [(day(40), day(5))]
    assert found["list:tasks"] == [(day(60), day(10)), (day(60), None)]
    weights = work.filter(pl.col("work_gid") == "list:tasks")
    assert sorted(weights["weight"].to_list()) == pytest.approx([2 / 3, 4 / 3])
    assert not weights["grows"].any()


def test_a_goal_is_over_once_it_was_closed_or_due_by_then() -> None:
    goals = [goal("open", "manual"), goal("past", "manual", due_on=dt.date(2026, 3, 3)), goal("closed", "manual")]
    snapshots = [seen("open", 0.2, 9), seen("open", 0.3, 2), seen("open", 0.9, -1, "achieved"),
                 seen("closed", 0.7, 9), seen("closed", None, 2, "partial")]  # fmt: skip
    found = gather_support(reader(marts__dim_goal=goals, staging__goal_snapshots=snapshots), AS_OF).goals
    assert found.select("goal_gid", "value", "is_over").rows() == [
        ("closed", 0.7, True), ("open", 0.3, False), ("past", None, True),
    ]  # fmt: skip


# -- a week's forecast of them


def attainment(read: Read) -> dict[str, Row]:
    frame = weekly.goal_attainment(
        weekly.goal_evidence(read, WEEK_ON, AS_OF),
        read("marts/bridge_goal_project"),
        read("forecasts/project_pace"),
        empty_frame(CONTRACTS["forecasts/goal_attainment"]),
        support=gather_support(read, AS_OF),
    )
    frame = conform(CONTRACTS["forecasts/goal_attainment"], frame)
    return {row["goal_gid"]: row for row in frame.iter_rows(named=True)}


def company(*extra: dict[str, list[Row]], snapshots: list[Row] | None = None) -> dict[str, Row]:
    """A project with 30 of 40 tasks done, its goal, and a goal above it."""
    done = [task(f"d{n}", 58, 57 - 1.9 * n) for n in range(30)]
    left = [task(f"o{n}", 58) for n in range(10)]
    goals = [goal("sub", "project_task_completion"), goal("top", "subgoal_progress"), goal("own", "manual")]
    linked = [supports("sub", "20", "project"), supports("top", "sub", "goal")]
    values = [seen("sub", 0.75, 0.1), seen("own", 0.75, 0.1)]
    rows = {"marts__dim_goal": goals, "marts__bridge_goal_support": linked,
            "staging__goal_snapshots": [*values, *(snapshots or [])]}  # fmt: skip
    return attainment(reader(**rows, **together(*done, *left, *extra)))


def test_the_odds_of_a_computed_goal_are_those_of_its_tasks_and_go_up_the_tree() -> None:
    found = company()
    assert found["sub"]["method"] == "rolled up from 1 project"
    assert found["top"]["method"] == "rolled up from 1 goal"
    assert "rolled" not in found["own"]["method"]
    assert found["top"]["p_attain"] == found["sub"]["p_attain"] == found["sub"]["model_p"]
    assert 0.75 < found["sub"]["value_p10"] < found["sub"]["value_p50"] <= found["sub"]["value_p90"] <= 1
    assert found["sub"]["kind"] == found["own"]["kind"] == "flow"


def test_nothing_after_as_of_changes_them() -> None:
    future = [task("f1", -1), task("f2", -3, -5), task("f3", 58, -1)]
    still_open = [task("f3", 58)]
    assert company(*future, snapshots=[seen("sub", 0.1, -2), seen("top", 0.9, -2, "achieved")]) == company(*still_open)
