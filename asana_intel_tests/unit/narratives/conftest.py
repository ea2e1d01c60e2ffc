"""Fact sheets as the product builds them, from one row per goal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from asana_intel.narratives.facts import FactSheet
from asana_intel.narratives.sheets.goal import GoalFactInputs, build_fact_sheets
from asana_intel.storage.contracts import CONTRACTS

WEEK_ON = date(2026, 3, 2)
AS_OF_ON = date(2026, 3, 4)
AS_OF_AT = datetime(2026, 3, 4, 6, tzinfo=UTC)
GOAL = {
    "goal_gid": "1200000000000500",
    "name": "Win 40 shops",
    "is_workspace_level": False,
    "is_closed": False,
    "start_on": date(2026, 1, 1),
    "due_on": date(2026, 3, 31),
    "status": "green",
    "unit": "none",
    "precision": 0,
    "initial_value": 0.0,
    "target_value": 40.0,
    "is_metric_writable": True,
    "supporting_projects": 1,
    "supporting_goals": 0,
}
ODDS = {
    "as_of_on": WEEK_ON,
    "as_of_at": AS_OF_AT,
    "kind": "flow",
    "p_attain": 0.62,
    "predicted_on": date(2026, 4, 9),
    "current_value": 22.0,
    "target_value": 40.0,
    "due_on": date(2026, 3, 31),
    "elapsed_pct": 0.69,
    "p_attain_change": -0.18,
    "status": "assessed",
}


def frame(key: str, *rows: dict[str, Any]) -> pl.DataFrame:
    schema = CONTRACTS[key].schema
    return pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema)


@pytest.fixture
def sheet() -> Callable[..., FactSheet]:
    """The sheet of one goal. `values` is its weekly metric, newest last; `projects` is (name, recent, usual, last week,
    overdue, blocked)."""

    def build(
        *,
        goal: dict[str, Any] | None = None,
        odds: dict[str, Any] | None = None,
        values: tuple[float, ...] = (),
        projects: tuple[tuple[str | None, float, float, float, int, int], ...] = (),
        as_of_on: date = AS_OF_ON,
    ) -> FactSheet:
        full = GOAL | (goal or {})
        gid = full["goal_gid"]
        seen = [
            {
                "goal_gid": gid,
                "week_on": WEEK_ON - timedelta(weeks=back),
                "snapshot_at": AS_OF_AT - timedelta(weeks=back),
                "value": value,
            }
            for back, value in enumerate(reversed(values))
        ]
        stamps = {"as_of_on": WEEK_ON, "as_of_at": AS_OF_AT}
        numbers = {"open_tasks": 1, "unassigned_tasks": 0, "completed_4w": 0, "created_4w": 0}
        rows = [(str(900 + n), *project) for n, project in enumerate(projects)]
        inputs = GoalFactInputs(
            attainment=frame("forecasts/goal_attainment", ODDS | {"goal_gid": gid} | (odds or {})),
            goals=frame("marts/dim_goal", full),
            progress=frame("marts/fct_goal_progress_weekly", *seen),
            bridge=frame("marts/bridge_goal_project", *({"goal_gid": gid, "project_gid": r[0]} for r in rows)),
            projects=frame("marts/dim_project", *({"project_gid": r[0], "name": r[1]} for r in rows)),
            health=frame(
                "marts/fct_project_health",
                *({"project_gid": r[0], "overdue_tasks": r[5], "blocked_tasks": r[6]} | numbers for r in rows),
            ),
            pace=frame(
                "forecasts/project_pace",
                *({"project_gid": r[0], "recent": r[2], "usual": r[3], "last_week": r[4]} | stamps for r in rows),
            ),
        )
        (built,) = build_fact_sheets(inputs, as_of_on)
        return built

    return build
