"""What the whole forecast stage costs: 2,000 people, and 10,000 open goals.

    python benchmarks/forecast_stage.py --seed /tmp/seed       # the seed of tables.py; made if missing

A generated company is laid down until it has 2,000 people (multiplied.py), its staging tables and marts are made, and
the functions behind the forecast assets run once. Its open goals are then repeated, with names of their own, to 10,000.
Prints CPU and wall of each.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TypeVar

import polars as pl
from multiplied import Seed, sync_seed
from tables import AS_OF, make_tables

from asana_intel.clock import monday_of
from asana_intel.forecasts import weekly
from asana_intel.forecasts.support import gather_support
from asana_intel.settings import ForecastSettings
from asana_intel.storage.tables import TableStore

PEOPLE, GOALS = 2_000, 10_000
Made = TypeVar("Made", pl.DataFrame, tuple[pl.DataFrame, pl.DataFrame])


def timed(name: str, make: Callable[[], Made]) -> Made:
    """Run and print what it cost."""
    cpu, wall = time.process_time(), time.perf_counter()
    made = make()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    rows = sum(frame.height for frame in (made if isinstance(made, tuple) else (made,)))
    print(f"{name:32s} {rows:9,} rows {cpu:7.1f} CPU s {wall:7.1f} wall s")
    return made


def repeated(evidence: weekly.GoalEvidence, times: int) -> weekly.GoalEvidence:
    """The goals several times, each with a name and a history of its own."""

    def again(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
        return pl.concat(frame.with_columns(pl.col(names) + f"-{n}") for n in range(times))

    return replace(
        evidence,
        goals=again(evidence.goals, "goal_gid", "series_gid"),
        history=again(evidence.history, "series_gid"),
        owners=again(evidence.owners, "goal_gid"),
    )


def forecast_goals(store: TableStore, week_on: date, times: int) -> None:
    """The assets of goals; with more goals than there are, nothing is known of what supports them."""
    read = cache(store.read)
    now = weekly.goal_evidence(read, week_on, AS_OF)
    then = weekly.goal_evidence(read, week_on - timedelta(weeks=1), AS_OF - timedelta(weeks=1))
    support = gather_support(read, AS_OF) if times == 1 else None
    now, then = repeated(now, times), repeated(then, times)
    pace, bridge = weekly.project_pace(read, week_on, AS_OF), read("marts/bridge_goal_project")
    nothing = store.read("forecasts/goal_attainment")
    odds = timed("goal_attainment", lambda: weekly.goal_attainment(now, bridge, pace, nothing, (), support))
    timed("goal_drivers", lambda: weekly.goal_drivers(now, then, odds))
    timed("goal_anomalies", lambda: weekly.goal_anomalies(now, read("staging/goal_snapshots")))
    timed("goal_trajectory", lambda: weekly.goal_trajectory(now, ForecastSettings(), odds))


def forecast_people(store: TableStore, week_on: date) -> None:
    """The assets of people."""
    read, settings = cache(store.read), ForecastSettings()
    load, *_ = timed("person_load, load_causes", lambda: weekly.person_load(read, week_on, AS_OF, settings))
    timed("person_capacity", lambda: weekly.person_capacity(read, week_on, AS_OF, settings, load))


def main() -> None:
    """Make the tables, then forecast."""
    parser = argparse.ArgumentParser(description="Measure the forecast stage.")
    parser.add_argument("--seed", type=Path, help="folder of the seed's raw tables; made if missing")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.seed or Path(scratch) / "seed"
        if not folder.exists():
            sync_seed(folder)
        people = TableStore(str(folder)).count("raw/users")
        Seed(folder).multiply(Path(scratch) / "tables", round(PEOPLE / people))
        make_tables(Path(scratch) / "tables")
        store, week_on = TableStore(str(Path(scratch) / "tables")), monday_of(AS_OF)
        print(f"{store.count('marts/dim_person'):,} people, {store.count('staging/tasks'):,} tasks")
        forecast_people(store, week_on)
        open_goals = weekly.goal_evidence(store.read, week_on, AS_OF).goals.height
        for times in (1, round(GOALS / open_goals)):
            print(f"{open_goals * times:,} open goals")
            forecast_goals(store, week_on, times)


if __name__ == "__main__":
    main()
