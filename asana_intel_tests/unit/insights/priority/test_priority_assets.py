"""The assets of the score: two weeks in one run, the second compared with the first."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from asana_intel.insights.priority import assets as priority_assets
from asana_intel.insights.priority.assets import build_priority_assets
from asana_intel.settings import Settings
from asana_intel.storage import contracts
from asana_intel.storage.contracts.contract import COUNT, DAY, NUMBER, TEXT, TableContract, columns
from asana_intel.storage.resources import DeltaIOManager, weekly_partitions
from asana_intel.storage.tables import TableStore
from asana_intel_tests.unit.insights.priority.worlds import GOAL

WEEKS = (date(2026, 2, 23), date(2026, 3, 2))
INSTANTS = {WEEKS[0]: datetime(2026, 3, 1, 23, tzinfo=UTC), WEEKS[1]: datetime(2026, 3, 4, 6, tzinfo=UTC)}
HOURS = ("p10_hours", "p50_hours", "p90_hours", "left_p50_hours")
EFFORT = TableContract(
    "insights",
    "task_effort",
    "one row per week and task",
    ("as_of_on", "task_gid"),
    columns(("as_of_on!", DAY, ""), ("task_gid!", TEXT, ""), *((n, NUMBER, "") for n in HOURS), ("method", TEXT, "")),
    "as_of_on",
)


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TableStore:
    """One goal, its project, task `a` that waited for `b` until Tuesday, and three others."""
    if EFFORT.key not in contracts.CONTRACTS:
        monkeypatch.setitem(contracts.CONTRACTS, EFFORT.key, EFFORT)
    monkeypatch.setattr(priority_assets, "as_of_week", lambda _database, week_on: INSTANTS[week_on])
    store = TableStore(str(tmp_path / "tables"))
    began, done = datetime(2026, 2, 2, tzinfo=UTC), datetime(2026, 3, 3, 12, tzinfo=UTC)

    def put(key: str, *rows: dict[str, Any]) -> None:
        schema = contracts.CONTRACTS[key].schema
        store.overwrite(key, pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema))

    span = [{"task_gid": gid, "valid_from": began, "source": "story"} for gid in "abcde"]
    put("staging/tasks", *({"task_gid": g, "name": g, "is_completed": g == "b", "created_at": began} for g in "abcde"))
    put("staging/task_lifetimes", *span)
    put("staging/task_assignee_intervals", *span)
    put("staging/task_date_intervals", *span)
    put(
        "staging/task_completion_intervals",
        *(row | {"is_completed": False, "valid_to": done if row["task_gid"] == "b" else None} for row in span),
        span[1] | {"is_completed": True, "valid_from": done},
    )
    put("staging/task_projects", *({"task_gid": gid, "project_gid": "p1"} for gid in "ab"))
    put("staging/task_dependencies", {"task_gid": "a", "depends_on_gid": "b"})
    project = {"project_gid": "p1", "is_archived": False, "is_completed": False}
    put("staging/projects", project | {"privacy_setting": "public_to_workspace"})
    goal = {k: v for k, v in GOAL.items() if k != "is_public"}
    put("forecasts/goal_attainment", *({"as_of_on": w, "as_of_at": INSTANTS[w]} | goal for w in WEEKS))
    closed = {"is_workspace_level": False, "is_closed": False, "is_metric_writable": True}
    counts = {"supporting_projects": 1, "supporting_goals": 0, "progress_source": "manual", "unit": "none"}
    put("marts/dim_goal", {"goal_gid": "g1", "name": "Complete 40 tasks"} | closed | counts)
    put("marts/bridge_goal_project", {"goal_gid": "g1", "project_gid": "p1", "depth": 0})
    return store


def test_two_weeks_are_scored_and_the_second_knows_what_moved(tables: TableStore) -> None:
    settings = Settings(history_start_on=WEEKS[0])
    done = dg.materialize(
        [*build_priority_assets(weekly_partitions(settings))],
        resources={
            "tables": tables,
            "database": dg.ResourceDefinition.none_resource(),
            "settings": settings,
            "io_manager": DeltaIOManager(tables),
        },
        tags={
            "dagster/asset_partition_range_start": WEEKS[0].isoformat(),
            "dagster/asset_partition_range_end": WEEKS[1].isoformat(),
        },
    )
    assert done.success
    first, second = (tables.read("insights/task_priority", partition=week) for week in WEEKS)
    assert (set(first["task_gid"]), set(second["task_gid"])) == (set("abcde"), set("acde"))
    (row,) = second.filter(pl.col("task_gid") == "a").to_dicts()
    assert (row["rank_before"], row["rank"]) == (2, 1)
    assert (row["rank_cause"], row["cause_gid"]) == ("its blocker was finished", "b")
    assert row["as_of_at"] == INSTANTS[WEEKS[1]]
    gains = tables.read("insights/task_goal_gain", partition=WEEKS[1])
    assert gains.select("task_gid", "goal_gid", "project_gid").rows() == [("a", "g1", "p1")]
    assert gains["gain"][0] == row["goal_gain"]
    assert first["rank"].dtype == COUNT
