"""What one event costs end to end: from the tick of the event sensor to stored scores, in large workspaces.

Run: python benchmarks/priority_event.py [open tasks ...]; 20,000 and 100,000 without an argument. Prints a table and
writes benchmarks/results/priority_event.json.

A drawn company of 1,000 tasks runs in a sandbox and is synced; its open tasks, and one finished task for each of them,
are laid down in the staging tables as often as is needed, each copy with tasks of its own, every sixteen with people,
projects and goals of their own. So Asana is small and the tables are large: what is asked of Asana must not depend on
the size of the tables, and no copy is asked about. Every goal is assessed, every open task has an estimate, everybody a
load, and there are scores of the week before. Then somebody moves the due day of the task that most wait for, the
sensor polls the events of the projects and goals (the copies' own are not polled: one request each, whatever changed),
and the run that it asks for is done in this process. The start of a process of Dagster is measured beside it. CPU is
user and system time of the process, in which the sandbox runs, too.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dagster as dg
import numpy as np
import polars as pl
import requests
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from asana_intel.asana.reader import AsanaReader
from asana_intel.asana.session import AsanaSession
from asana_intel.clock import WEEK, monday_of
from asana_intel.insights.priority import score_tasks, task_goal_gains
from asana_intel.insights.priority.inputs import READS, gather
from asana_intel.insights.priority.score import TABLE
from asana_intel.live.follow import Followed, follow
from asana_intel.live.jobs import follow_events, follow_request
from asana_intel.live.rescoring import GAINS_TABLE
from asana_intel.raw.sensors import build_event_sensor, watched_gids
from asana_intel.raw.sync import sync_workspace
from asana_intel.sandbox.generate import generate_world
from asana_intel.sandbox.server import RunningSandbox
from asana_intel.settings import Settings, load_settings
from asana_intel.staging.recipes import RECIPES, staged
from asana_intel.storage.contracts import CONTRACTS, conform
from asana_intel.storage.embedded import EmbeddedPostgres
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import weekly_partitions
from asana_intel.storage.tables import TableStore

RESULT = Path(__file__).resolve().parent / "results" / "priority_event.json"
SIZES = (20_000, 100_000)
AT = datetime(2026, 3, 4, 9, tzinfo=UTC)
RUNS = 2
_SHARED = {"field_gid", "option_gid", "workspace_gid"}
"""Ids that all copies have in common."""
_OF_TASKS = {"task_gid", "parent_gid", "depends_on_gid", "target_gid", "object_gid", "story_gid", "entry_gid"}
"""Ids that are each copy's own."""
_NEIGHBOURS = 16
"""Copies that have the other ids in common."""


def synced(sandbox: RunningSandbox, tables: TableStore, database: Database, settings: Settings) -> AsanaReader:
    """Read the company into raw and staging tables."""
    reader = AsanaReader(AsanaSession(sandbox.url, SecretStr("reader"), paced=False))
    sync_workspace(reader, tables, database, settings)
    for name, cleaned in staged(tables.scan, list(RECIPES)):
        tables.overwrite(f"staging/{name}", cleaned.frame)
    return reader


def multiplied(frame: pl.DataFrame, copies: int) -> pl.DataFrame:
    """The frame, and so many copies less one with other ids; what repeats a row is left out."""
    ids = [n for n, dtype in frame.schema.items() if n.endswith("_gid") and n not in _SHARED and dtype == pl.String]
    own = set(ids) & _OF_TASKS

    def copy(number: int) -> pl.DataFrame:
        numbers = {n: number if n in own else number // _NEIGHBOURS for n in ids}
        return frame.with_columns(pl.col(n) + f"{at:04}" for n, at in numbers.items() if at)

    wanted = range(copies) if own else range(0, copies, _NEIGHBOURS)
    return pl.concat([copy(number) for number in wanted], rechunk=True)


def enlarge(tables: TableStore, copies: int) -> None:
    """Lay the staging tables that a score reads down so many times; of finished tasks as many as are open."""
    tasks = tables.read("staging/tasks").sort("task_gid")
    is_open = ~pl.col("is_completed")
    left_out = tasks.filter(~is_open).tail(-tasks.filter(is_open).height)["task_gid"]
    for key in READS:
        if key.startswith("staging/"):
            frame = tables.read(key)
            owner = next((n for n in ("task_gid", "target_gid", "object_gid") if n in frame.columns), None)
            kept = frame if owner is None else frame.filter(~pl.col(owner).is_in(left_out.implode()))
            tables.overwrite(key, multiplied(kept, copies))


def put(tables: TableStore, key: str, columns: dict[str, Any]) -> None:
    """A table of these columns; what they leave out is null."""
    schema = CONTRACTS[key].schema
    given = pl.DataFrame(columns)
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in given.columns]
    tables.overwrite(key, conform(CONTRACTS[key], given.with_columns(missing).select(list(schema))))


def put_forecasts(tables: TableStore, week_on: date) -> None:
    """Odds of every goal, load of everybody and an estimate of every open task, drawn with a fixed seed."""
    draw, stamps = np.random.default_rng(8), {"as_of_on": week_on, "as_of_at": AT}
    goals = tables.read("staging/goals")["goal_gid"]
    projects = tables.read("staging/projects")["project_gid"]
    middle, p = draw.uniform(20, 60, goals.len()), draw.random(goals.len())
    odds = {"status": "assessed", "p_attain": p, "p_attain_change": 0.0, "value_p10": middle - 10, "value_p50": middle,
            "value_p90": middle + 12, "current_value": middle / 2, "initial_value": 0.0,
            "target_value": middle + 8 * (0.5 - p)}  # fmt: skip
    put(tables, "forecasts/goal_attainment", stamps | {"goal_gid": goals} | odds)
    about = {
        "name": "Complete 40 tasks", "progress_source": "manual", "unit": "none", "is_workspace_level": False,
        "is_closed": False, "is_metric_writable": True, "supporting_projects": 1, "supporting_goals": 0,
    }  # fmt: skip
    put(tables, "marts/dim_goal", {"goal_gid": goals} | about)
    linked = goals.sample(projects.len(), with_replacement=True, seed=8)
    put(tables, "marts/bridge_goal_project", {"goal_gid": linked, "project_gid": projects, "depth": 0})
    people = tables.read("staging/tasks")["assignee_gid"].drop_nulls().unique().sort()
    hours = {"available_hours": 40.0, "assigned_hours": draw.uniform(0, 60, people.len())}
    load = {name: 0.0 for name, c in CONTRACTS["forecasts/person_load"].schema.items() if c == pl.Float64}
    flags = {c.name: False for c in CONTRACTS["forecasts/person_load"].columns if c.dtype == pl.Boolean}
    texts = {c.name: "x" for c in CONTRACTS["forecasts/person_load"].columns if c.dtype == pl.String and c.required}
    counts = {c.name: 0 for c in CONTRACTS["forecasts/person_load"].columns if c.dtype == pl.Int64}
    put(tables, "forecasts/person_load",
        load | flags | texts | counts | stamps | {"person_gid": people, "week_on": week_on} | hours)  # fmt: skip
    tasks = tables.read("staging/tasks").filter(~pl.col("is_completed"))["task_gid"]
    needed = draw.lognormal(1.5, 1, tasks.len())
    words = {c.name: "x" for c in CONTRACTS["insights/task_effort"].columns if c.dtype == pl.String and c.required}
    numbers = {c.name: needed for c in CONTRACTS["insights/task_effort"].columns if c.dtype == pl.Float64}
    ns = {c.name: 0 for c in CONTRACTS["insights/task_effort"].columns if c.dtype == pl.Int64}
    yes = {c.name: False for c in CONTRACTS["insights/task_effort"].columns if c.dtype == pl.Boolean}
    own = {"task_gid": tasks, "p10_hours": needed / 2, "p90_hours": needed * 2}
    put(tables, "insights/task_effort", words | numbers | ns | yes | stamps | own)


def put_scores(tables: TableStore, settings: Settings, week_on: date) -> None:
    """Scores and gains of the week and of the one before."""
    backlog = gather(tables.read, week_on, AT, settings.priority)
    gains = task_goal_gains(backlog, AT)
    before = score_tasks(backlog, pl.DataFrame(), settings.priority, AT - WEEK, gains)
    before = before.with_columns(as_of_on=pl.lit(week_on - WEEK))
    tables.overwrite_partition(TABLE, before, week_on - WEEK)
    scores = score_tasks(backlog, before, settings.priority, AT, gains)
    tables.overwrite_partition(TABLE, scores.with_columns(as_of_on=pl.lit(week_on)), week_on)
    stamped = gains.with_columns(as_of_on=pl.lit(week_on), as_of_at=pl.lit(AT))
    tables.overwrite_partition(GAINS_TABLE, stamped, week_on)


class Ticking:
    """The event sensor, evaluated as the daemon does."""

    def __init__(self, resources: dict[str, Any], settings: Settings) -> None:
        @dg.op
        def nothing() -> None: ...

        @dg.job(name="refresh_workspace", partitions_def=weekly_partitions(settings))
        def refresh_workspace() -> None:
            nothing()

        self._sensor = build_event_sensor(refresh_workspace, follow_events, follow_request)
        definitions = dg.Definitions(
            jobs=[refresh_workspace, follow_events], sensors=[self._sensor], resources=resources
        )
        self._repository, self._resources = definitions.get_repository_def(), resources
        self._cursor: str | None = None

    def tick(self) -> dict[str, list[str]]:
        """The configuration of the run that is to follow events; nothing where none is asked for."""
        with dg.DagsterInstance.ephemeral() as instance:
            context = dg.build_sensor_context(
                instance=instance, cursor=self._cursor, resources=self._resources, repository_def=self._repository
            )
            found = self._sensor.evaluate_tick(context)
        self._cursor = found.cursor
        configs = [r.run_config for r in found.run_requests or () if r.job_name == follow_events.name]
        return configs[0]["ops"]["rescore_what_changed"]["config"] if configs else {}


@contextmanager
def company(folder: Path) -> Iterator[tuple[RunningSandbox, Database]]:
    """A running sandbox and a database."""
    generate_world(
        folder / "world", seed=3, people=10, projects=8, tasks=1_000, goals=12, start_on=date(2025, 10, 6), weeks=30
    )
    server = EmbeddedPostgres(folder / "pg")
    try:
        database = Database(server.ensure_running())
        database.migrate()
        with RunningSandbox(folder / "world", AT) as sandbox:
            yield sandbox, database
    finally:
        server.stop()


def move_due_day(sandbox: RunningSandbox, gid: str, day: date) -> None:
    """As somebody else than us."""
    body, headers = {"data": {"due_on": day.isoformat()}}, {"Authorization": "Bearer somebody"}
    requests.put(f"{sandbox.url}/tasks/{gid}", json=body, headers=headers, timeout=10).raise_for_status()


def measured(open_tasks: int, folder: Path) -> dict[str, Any]:
    """Facts and seconds of the best of some events, after one that is not counted."""
    with company(folder) as (sandbox, database):
        settings = load_settings(home=folder / "home")
        tables, week_on = TableStore(settings.tables_root), monday_of(AT)
        reader = synced(sandbox, tables, database, settings)
        own = tables.read("staging/tasks")
        enlarge(tables, -(-open_tasks // own.filter(~pl.col("is_completed")).height))
        put_forecasts(tables, week_on)
        put_scores(tables, settings, week_on)
        awaited = tables.read(TABLE, partition=week_on).join(own, on="task_gid", how="semi")
        gid = awaited.sort("blocked_tasks", descending=True)["task_gid"][0]
        resources = {"tables": tables, "database": database, "settings": settings, "asana_reader": reader}
        resources |= {"mem_io_manager": dg.mem_io_manager}
        sensor, now, told = Ticking(resources, settings), AT, []
        sensor.tick()
        for day in range(RUNS + 1):
            now += timedelta(minutes=1)
            sandbox.set_clock(now)
            move_due_day(sandbox, gid, AT.date() + timedelta(days=1 + day))
            now += timedelta(minutes=1)
            sandbox.set_clock(now)
            before, began, cpu = reader.request_count, time.perf_counter(), time.process_time()
            config = sensor.tick()
            ticked, polled = time.perf_counter() - began, reader.request_count - before
            done = follow(reader, TableStore(settings.tables_root), database, settings, **config)
            told.append((ticked, polled, done, time.process_time() - cpu))
        best = min(told[1:], key=lambda one: one[0] + sum(one[2].seconds.values()))
        return _facts(tables, week_on) | _told(*best)


def _facts(tables: TableStore, week_on: date) -> dict[str, Any]:
    return {
        "open_tasks": tables.read(TABLE, partition=week_on).height,
        "all_tasks": tables.count("staging/tasks"),
        "stories": tables.count("staging/stories"),
        "watched": len(watched_gids(tables)),
    }


def _told(ticked: float, polled: int, done: Followed, cpu: float) -> dict[str, Any]:
    assert done.skipped is None, done.skipped
    return {
        "requests_of_tick": polled,
        "requests_of_run": done.requests,
        "rows_rescored": done.rows_rescored,
        "seconds": {"sensor tick": ticked, **done.seconds, "all": ticked + sum(done.seconds.values()), "CPU": cpu},
    }


def start_of_dagster() -> float:
    """Seconds until a process has loaded the code location, as each run's does."""
    load = "from asana_intel.definitions import defs; defs()"
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", load], check=True, capture_output=True)
    return time.perf_counter() - began


def main(sizes: Sequence[int]) -> None:
    """Measure, print and keep."""
    found = []
    for size in sizes:
        with TemporaryDirectory() as folder:
            found.append(measured(size, Path(folder)))
    table = Table("", *(f"{one['open_tasks']:,} open tasks" for one in found))
    for name in found[0]["seconds"]:
        table.add_row(f"{name}, s", *(f"{one['seconds'].get(name, 0):.2f}" for one in found))
    for name in ("requests_of_tick", "requests_of_run", "rows_rescored", "all_tasks", "stories", "watched"):
        table.add_row(name.replace("_", " "), *(f"{one[name]:,}" for one in found))
    started = start_of_dagster()
    Console().print(table, f"A process that loads Dagster and the code location: {started:.1f} s")
    RESULT.write_text(json.dumps({"workspaces": found, "process_start_s": started}, indent=1) + "\n")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or SIZES)
