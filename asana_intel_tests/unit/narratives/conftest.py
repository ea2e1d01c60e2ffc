"""Fact sheets as the product builds them, from the tables of a small world around one goal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import polars as pl
import pytest

from asana_intel.clock import monday_of
from asana_intel.narratives.facts import FactSheet
from asana_intel.narratives.sheets.goal import READS, sheets_of_week
from asana_intel.storage.contracts import CONTRACTS

WEEK_ON = date(2026, 3, 2)
AS_OF_ON = date(2026, 3, 4)
AS_OF_AT = datetime(2026, 3, 4, 6, tzinfo=UTC)
GOAL = {
    "goal_gid": "1200000000000500",
    "name": "Win 40 shops",
    "is_workspace_level": False,
    "is_closed": False,
    "unit": "none",
    "precision": 0,
    "is_metric_writable": True,
    "supporting_projects": 1,
    "supporting_goals": 0,
}
ODDS = {
    "kind": "flow",
    "p_attain": 0.62,
    "current_value": 22.0,
    "initial_value": 0.0,
    "target_value": 40.0,
    "start_on": date(2026, 1, 1),
    "due_on": date(2026, 3, 31),
    "elapsed_pct": 0.69,
    "p_attain_change": -0.18,
    "status": "assessed",
}
Project = tuple[str | None, float, float, int, int, int]
"""Name, tasks finished a week lately and usually, tasks finished last week, overdue, blocked."""
World = dict[str, list[dict[str, Any]]]


def frame(key: str, *rows: Mapping[str, Any]) -> pl.DataFrame:
    schema = CONTRACTS[key].schema
    return pl.DataFrame([dict.fromkeys(schema) | dict(row) for row in rows], schema=schema)


def reader(world: World) -> Callable[..., pl.DataFrame]:
    """Reads a world as the product reads its tables; a table that is not in it is empty."""

    def read(key: str, /, *, partition: date | None = None) -> pl.DataFrame:
        rows = frame(key, *world.get(key, ()))
        return rows if partition is None else rows.filter(pl.col("as_of_on") == partition)

    return read


def add_task(world: World, gid: str, project: str | None, created_at: datetime, **more: Any) -> None:
    """Add a task with its history: `name`, `parent_gid`, `due_on` (since it was created), `done_at`."""
    done_at, due_on = more.pop("done_at", None), more.pop("due_on", None)
    head = {"task_gid": gid, "created_at": created_at, "is_completed": done_at is not None}
    world["staging/tasks"].append(head | more)
    if project is not None:
        world["staging/task_projects"].append({"task_gid": gid, "project_gid": project})
    states = "staging/task_completion_intervals"
    base = {"task_gid": gid, "source": "story", "valid_from": created_at}
    world[states].append(base | {"is_completed": False, "valid_to": done_at})
    if done_at is not None:
        world[states].append(base | {"is_completed": True, "valid_from": done_at})
    world["staging/task_date_intervals"].append(base | {"due_on": due_on})


def goal_world(
    *,
    goal: dict[str, Any] | None = None,
    odds: dict[str, Any] | None = None,
    values: tuple[float, ...] = (),
    projects: tuple[Project, ...] = (),
    drivers: tuple[tuple[str, str, float], ...] = (),
    anomalies: tuple[tuple[str, float, float | None], ...] = (),
    status: str | None = "green",
    privacy: str | None = "public_to_workspace",
    first_project: int = 900,
    as_of: datetime = AS_OF_AT,
) -> World:
    """The tables of one goal.

    Args:
        goal: Columns of marts/dim_goal; its dates, values and status hold for the forecast and the snapshots, too.
        odds: Columns of forecasts/goal_attainment.
        values: Its weekly metric, newest last.
        projects: Its supporting projects.
        drivers: Role, driver and points of each.
        anomalies: Name, observed and expected of each.
        status: Its status in Asana.
        privacy: Setting of the projects.
        first_project: Gid of the first project; the others count on from it.
        as_of: What is known.
    """
    full = GOAL | (goal or {})
    gid, week_on, status = full["goal_gid"], monday_of(as_of), full.get("status", status)
    stamps = {"as_of_on": week_on, "as_of_at": as_of}
    world: World = {key: [] for key in READS}
    world["marts/dim_goal"] = [full]
    own = {name: full[name] for name in ("start_on", "due_on", "initial_value", "target_value") if name in full}
    world["forecasts/goal_attainment"] = [stamps | ODDS | own | {"goal_gid": gid} | (odds or {})]
    if len(values) > 1:
        before = {"as_of_on": week_on - timedelta(weeks=1), "as_of_at": as_of - timedelta(weeks=1)}
        world["forecasts/goal_attainment"].append(before | {"goal_gid": gid, "current_value": values[-2]})
    weeks = [(as_of - timedelta(weeks=back), value) for back, value in enumerate(reversed(values or (None,)))]
    world["marts/fct_goal_progress_weekly"] = [
        {"goal_gid": gid, "week_on": monday_of(at), "snapshot_at": at, "value": value, "status": status}
        for at, value in weeks
    ]
    world["forecasts/goal_drivers"] = [
        stamps | {"goal_gid": gid, "role": role, "driver": driver, "points": points, "rank": rank}
        for rank, (role, driver, points) in enumerate(drivers, 1)
    ]
    world["forecasts/goal_anomalies"] = [
        stamps | {"goal_gid": gid, "anomaly": name, "observed": seen, "expected": expected, "chance": 0.001}
        for name, seen, expected in anomalies
    ]
    for n, project in enumerate(projects):
        add_project(world, gid, str(first_project + n), project, as_of, privacy)
    return world


def add_project(world: World, goal_gid: str, gid: str, project: Project, as_of: datetime, privacy: str | None) -> None:
    """Add a project that supports a goal, with the tasks that make its numbers."""
    name, recent, usual, finished, overdue, blocked = project
    stamps = {"as_of_on": monday_of(as_of), "as_of_at": as_of}
    created, old = as_of - timedelta(days=20), as_of.date() - timedelta(days=9)
    flags = {"is_archived": False, "is_completed": False, "privacy_setting": privacy}
    world["staging/projects"].append({"project_gid": gid, "name": name} | flags)
    world["marts/bridge_goal_project"].append({"goal_gid": goal_gid, "project_gid": gid, "depth": 0})
    pace = {"project_gid": gid, "recent": recent, "usual": usual, "last_week": float(finished)}
    world["forecasts/project_pace"].append(stamps | pace)
    for n in range(finished):
        add_task(world, f"{gid}1{n}", gid, created, name="Done", done_at=as_of - timedelta(days=2))
    for n in range(overdue):
        add_task(world, f"{gid}2{n}", gid, created, name="Late", due_on=old)
    if blocked:
        add_task(world, f"{gid}4", gid, created, name="Design review")
    for n in range(blocked):
        add_task(world, f"{gid}3{n}", gid, created, name="Waits")
        world["staging/task_dependencies"].append({"task_gid": f"{gid}3{n}", "depends_on_gid": f"{gid}4"})


@pytest.fixture
def sheet() -> Callable[..., FactSheet]:
    """The sheet of one goal; arguments as for `goal_world`, and `as_of_on` for the day alone."""

    def build(*, as_of_on: date = AS_OF_ON, **given: Any) -> FactSheet:
        as_of = datetime.combine(as_of_on, time(6), UTC)
        (built,) = sheets_of_week(reader(goal_world(as_of=as_of, **given)), monday_of(as_of), as_of)
        return built

    return build
