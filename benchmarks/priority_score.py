"""What scoring a large backlog costs, and scoring it again after one event.

Run: python benchmarks/priority_score.py. Prints a table and writes benchmarks/results/priority_score.json.

The backlog is drawn with a fixed seed: 100,000 open tasks in 2,000 projects, a tenth of them subtasks, half with a due
day, 60,000 dependencies (every fourth task waits for one or more of the hundred before it, some in circles), 300 goals
supported by five projects each, 500 people in 50 teams, an estimate for every task, interest for all of them, and the
scores of the week before. CPU is user and system time of the process; the best of three, after one run that is not
counted.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from asana_intel.insights.priority import Backlog, rescore, score_tasks, task_goal_gains
from asana_intel.work_settings import PrioritySettings

RESULT = Path(__file__).resolve().parent / "results" / "priority_score.json"
AS_OF = datetime(2026, 3, 4, 6, tzinfo=UTC)
TASKS, PROJECTS, GOALS, PEOPLE, TEAMS, LINKS = 100_000, 2_000, 300, 500, 50, 60_000


def drawn_backlog(tasks: int = TASKS, seed: int = 8) -> Backlog:
    """The backlog described above, or one of another number of tasks in the same projects."""
    draw = np.random.default_rng(seed)
    gids = np.array([f"{n:07}" for n in range(tasks)])
    project = draw.integers(0, PROJECTS, tasks)
    parent = np.where(draw.random(tasks) < 0.1, draw.integers(0, tasks, tasks), -1)
    due = [AS_OF.date() + timedelta(days=int(n)) if n < 90 else None for n in draw.integers(-30, 210, tasks)]
    work = pl.DataFrame(
        {
            "task_gid": gids,
            "name": [f"Task {gid}" for gid in gids],
            "parent_gid": [gids[n] if n >= 0 else None for n in parent],
            "project_gid": [f"p{n}" for n in project],
            "team_gid": [f"team{n % TEAMS}" for n in project],
            "person_gid": [f"u{n}" if n < PEOPLE else None for n in draw.integers(0, PEOPLE * 5 // 4, tasks)],
            "due_on": pl.Series(due, dtype=pl.Date),
            "is_public": draw.random(tasks) < 0.8,
        }
    )
    waits = draw.integers(1, tasks, LINKS * tasks // TASKS)
    awaited = np.maximum(waits - draw.integers(1, 100, len(waits)), 0)
    circles = draw.random(len(waits)) < 0.001
    waits, awaited = np.where(circles, awaited, waits), np.where(circles, waits, awaited)
    p = draw.random(GOALS)
    middle = draw.uniform(20, 60, GOALS)
    hours = draw.lognormal(1.5, 1, tasks)
    owners = [*(f"u{n}" for n in range(PEOPLE)), *(f"team{n}" for n in range(TEAMS))]
    return Backlog(
        work,
        goals=pl.DataFrame(
            {
                "goal_gid": [f"g{n}" for n in range(GOALS)],
                "status": ["assessed" if n % 10 else "not_assessed" for n in range(GOALS)],
                "p_attain": p,
                "p_attain_change": draw.normal(0, 0.05, GOALS),
                "value_p10": middle - 10,
                "value_p50": middle,
                "value_p90": middle + 12,
                "current_value": middle / 2,
                "initial_value": np.zeros(GOALS),
                "target_value": middle + 8 * (0.5 - p),
                "due_on": pl.Series([date(2026, 3, 31)] * GOALS),
                "is_public": draw.random(GOALS) < 0.8,
            }
        ),
        supports=pl.DataFrame(
            {
                "goal_gid": [f"g{n // 5}" for n in range(5 * GOALS)],
                "project_gid": [f"p{n}" for n in draw.integers(0, PROJECTS, 5 * GOALS)],
                "unit_per_task": [1.0 if n % 2 else None for n in range(5 * GOALS)],
            }
        ),
        links=pl.DataFrame({"task_gid": gids[waits], "depends_on_gid": gids[awaited]}),
        effort=pl.DataFrame(
            {
                "task_gid": gids,
                "p10_hours": hours / 2,
                "p50_hours": hours,
                "p90_hours": hours * 2,
                "left_p50_hours": hours * draw.random(tasks),
            }
        ),
        load=pl.DataFrame(
            {
                "owner_gid": owners,
                "available_hours": np.full(len(owners), 80.0),
                "assigned_hours": draw.uniform(0, 120, len(owners)),
            }
        ),
        signals=pl.DataFrame(
            {
                "task_gid": gids,
                "likes": draw.poisson(0.3, tasks),
                "followers": draw.poisson(2, tasks),
                "commenters": draw.poisson(0.5, tasks),
                "set_priority": [float(n) / 4 if n < 5 else None for n in draw.integers(0, 8, tasks)],
            }
        ),
    )


def cost(work: Callable[[], object], runs: int = 3) -> tuple[float, float]:
    """CPU and wall seconds of the best of some runs, after one that is not counted."""
    work()
    told = []
    for _ in range(runs):
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        told.append((time.process_time() - cpu, time.perf_counter() - wall))
    return min(told)


def main() -> None:
    """Measure, print and keep."""
    rubric = PrioritySettings()
    backlog = drawn_backlog()
    before = score_tasks(backlog, pl.DataFrame(), rubric, AS_OF - timedelta(weeks=1))
    scores = score_tasks(backlog, before, rubric, AS_OF)
    awaited = scores.sort("blocked_tasks", descending=True)["task_gid"][0]
    cases = {
        "score all": lambda: score_tasks(backlog, before, rubric, AS_OF),
        "of which gains of goals": lambda: task_goal_gains(backlog, AS_OF),
        "one comment": lambda: rescore(scores, ["0000007"], backlog, before, rubric, AS_OF, "interest"),
        "due day of the most awaited task": lambda: rescore(scores, [awaited], backlog, before, rubric, AS_OF, "due"),
        "odds of one goal": lambda: rescore(scores, ["g1"], backlog, before, rubric, AS_OF, "goal"),
        "anything about one task": lambda: rescore(scores, ["0000007"], backlog, before, rubric, AS_OF),
    }
    told = {name: dict(zip(("cpu_s", "wall_s"), cost(work), strict=True)) for name, work in cases.items()}
    facts = {
        "tasks": scores.height,
        "links": backlog.links.height,
        "gains": task_goal_gains(backlog, AS_OF).height,
        "most_waiting": int(scores["blocked_tasks"].to_numpy().max()),
    }
    table = Table("what", "CPU s", "wall s", title=f"{facts}")
    for name, seconds in told.items():
        table.add_row(name, *(f"{value:.2f}" for value in seconds.values()))
    Console().print(table)
    RESULT.write_text(json.dumps(facts | {"seconds": told}, indent=1) + "\n")


if __name__ == "__main__":
    main()
