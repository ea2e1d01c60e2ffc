"""A quarter as rows of tables: goals with their past, their projects, tasks and people; and what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from asana_intel.narratives.facts import FactSheet
from asana_intel.narratives.outlines.outline import compose, text_of
from asana_intel.narratives.outlines.quarter import OUTLINE
from asana_intel.narratives.sheets.quarter import READS, sheets_of_week
from asana_intel.storage.contracts import CONTRACTS

Rows = dict[str, list[dict[str, Any]]]
WEEK_ON, AS_OF = date(2026, 3, 30), datetime(2026, 4, 5, 20, tzinfo=UTC)
START_ON, DUE_ON = date(2026, 1, 1), date(2026, 3, 31)
SEEN_ON = [*(date(2026, 1, 5) + timedelta(weeks=n) for n in range(13)), date(2026, 4, 2)]
MONDAYS = SEEN_ON[:13]
STEADY = tuple(range(0, 40, 3))  # 14 looks, the last after the due day: 39 of 40
LATE = (0,) * 9 + (4, 8, 16, 18, 20)
FALLING = (0, 5, 10, 14, 16, 18, 20, 22, 23, 24, 25, 26, 26, 26)
EARLY, LATER = date(2026, 1, 12), date(2026, 3, 2)
PUBLIC, PRIVATE = "public_to_workspace", "private"


def at(on: date, hour: int = 18) -> datetime:
    return datetime(on.year, on.month, on.day, hour, tzinfo=UTC)


def goal(gid: str, values: Sequence[float | None] = STEADY, *, privacy: str | None = PUBLIC, **terms: Any) -> Rows:
    """A goal to come from 0 to 40 in the first quarter, with the values seen on `SEEN_ON`, supported by a portfolio."""
    row = {
        "goal_gid": gid, "name": f"Win shops {gid}", "is_workspace_level": False, "is_closed": False, "unit": "none",
        "start_on": START_ON, "due_on": DUE_ON, "precision": 0, "initial_value": 0.0, "target_value": 40.0,
        "is_metric_writable": True, "supporting_projects": 1, "supporting_goals": 0, "status": "green",
    }  # fmt: skip
    seen = [snapshot(gid, on, value) for on, value in zip(SEEN_ON, values, strict=False) if value is not None]
    return {
        "marts/dim_goal": [row | terms],
        "staging/goals": [{"goal_gid": gid, "privacy_setting": privacy}],
        "staging/goal_snapshots": seen,
        "marts/bridge_goal_support": [{"goal_gid": gid, "supporting_gid": "p", "supporting_type": "portfolio"}],
    }


def snapshot(gid: str, on: date, value: float | None, target: float | None = 40.0, status: str = "green") -> dict:
    return {
        "goal_gid": gid, "snapshot_on": on, "snapshot_at": at(on), "value": value, "target_value": target,
        "status": status,
    }  # fmt: skip


def odds(gid: str, p: Mapping[date, float], **terms: Any) -> Rows:
    """Forecasts of the weeks, made on Mondays at 20:00."""
    common = {"goal_gid": gid, "start_on": START_ON, "due_on": DUE_ON, "initial_value": 0.0, "target_value": 40.0}
    rows = [common | {"as_of_on": on, "as_of_at": at(on, 20), "p_attain": each} | terms for on, each in p.items()]
    return {"forecasts/goal_attainment": rows}


def scored(gid: str, p: Mapping[date, float], *, attained: bool, rule: float = 0.5) -> Rows:
    rows = [
        {
            "as_of_on": on, "as_of_at": at(on, 20), "goal_gid": gid, "due_on": DUE_ON, "p_attain": each,
            "attained": attained, "brier": (each - attained) ** 2, "baseline_brier": (rule - attained) ** 2,
        }
        for on, each in p.items()
    ]  # fmt: skip
    return {"forecasts/forecast_scores": rows}


def project(gid: str, goal_gid: str, tasks: Sequence[str] = (), *, privacy: str = PUBLIC) -> Rows:
    return {
        "staging/projects": [{"project_gid": gid, "name": f"Project {gid}", "privacy_setting": privacy}],
        "marts/bridge_goal_project": [{"goal_gid": goal_gid, "project_gid": gid, "depth": 0}],
        "staging/task_projects": [{"task_gid": task, "project_gid": gid} for task in tasks],
    }


def task(gid: str, born: date = START_ON, done: date | None = None, *, due: Mapping[date, date] | None = None) -> Rows:
    """A task open from `born` to `done`; `due` is the due day by the day it was set."""
    opened = {"task_gid": gid, "is_completed": False, "valid_from": at(born, 9), "valid_to": done and at(done, 17)}
    closed = [{"task_gid": gid, "is_completed": True, "valid_from": at(done, 17)}] if done else []
    sets = sorted((due or {}).items())
    ends = [at(on) for on, _ in sets[1:]]
    dates = [
        {"task_gid": gid, "due_on": due_on, "valid_from": at(on), "valid_to": end}
        for (on, due_on), end in zip(sets, [*ends, None], strict=True)
    ] if sets else []  # fmt: skip
    return {"staging/task_completion_intervals": [opened, *closed], "staging/task_date_intervals": dates}


def together(*parts: Rows) -> Rows:
    rows: Rows = {key: [] for key in READS}
    for part in parts:
        for key, more in part.items():
            rows[key] += more
    return rows


def reader(rows: Rows) -> Callable[..., pl.DataFrame]:
    def read(key: str, **_: Any) -> pl.DataFrame:
        schema = CONTRACTS[key].schema
        return pl.DataFrame([dict.fromkeys(schema) | row for row in rows.get(key, [])], schema=schema)

    return read


def sheet_of(*parts: Rows, as_of: datetime = AS_OF) -> FactSheet:
    (sheet,) = sheets_of_week(reader(together(*parts)), WEEK_ON, as_of)
    return sheet


def story(sheet: FactSheet) -> str:
    return text_of(compose(sheet, OUTLINE.choose(sheet)))


def told(*parts: Rows, as_of: datetime = AS_OF) -> str:
    return story(sheet_of(*parts, as_of=as_of))


def work(count: int, *, born: date = EARLY, done: date | None = None, **terms: Any) -> tuple[list[str], Rows]:
    gids = [f"{born}-{done}-{n}" for n in range(count)]
    return gids, together(*(task(gid, born, done, **terms) for gid in gids))


def wait(task_gid: str, depends_on_gid: str) -> Rows:
    return {"staging/task_dependencies": [{"task_gid": task_gid, "depends_on_gid": depends_on_gid}]}


def people(count: int, task_gids: Sequence[str], load: Sequence[float]) -> Rows:
    weeks = list(zip(MONDAYS, load, strict=False))
    return {
        "staging/task_assignee_intervals": [
            {"task_gid": task_gids[n], "assignee_gid": f"person{n}", "valid_from": at(EARLY, 9)} for n in range(count)
        ],
        "forecasts/person_load": [
            {
                "as_of_on": week_on - timedelta(weeks=1), "as_of_at": at(week_on - timedelta(days=1)),
                "person_gid": f"person{n}", "week_on": week_on, "load_pct": each,
            }
            for n in range(count) for week_on, each in weeks
        ],
    }  # fmt: skip
