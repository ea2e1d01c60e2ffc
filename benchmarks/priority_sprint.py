"""Sprint proposals: 2,000 backlog tasks for 50 people against the bound, and small ones against brute force.

Run: python benchmarks/priority_sprint.py. Needs no data. Backlogs are drawn: scores even from 0 to 100, hours lognormal
around 6, ten skills of which people have three on average and six tasks in ten name one, 600 links, one task in a
hundred pinned. Frames in, frames out: reading the frames and telling the reasons are in the time.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from itertools import product
from typing import Any

import numpy as np
import polars as pl
from open_goals import ROOT
from rich.console import Console

from asana_intel.insights.sprint.proposal import PROPOSED, Proposal, propose_sprint
from asana_intel.work_settings import SprintSettings

RESULT = ROOT / "benchmarks" / "results" / "priority_sprint.json"
AS_OF = datetime(2026, 3, 4, 9, tzinfo=UTC)
TASKS, PEOPLE, SKILLS, LINKS = 2000, 50, 10, 600
ASSIGNED = (0.0, 0.3, 0.7, 1.0)
SEEDS = (1, 2, 3)
SMALL_CASES = 300
SETTINGS = SprintSettings()  # pyright: ignore[reportCallIssue]
TEAM = "team"


def backlog(
    seed: int, tasks: int, people: int, assigned: float, links: int, middle_hours: float
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Tasks, people and links of a drawn team."""
    rng = np.random.default_rng(seed)
    skills = [f"skill {n}" for n in range(SKILLS)]
    members = [f"p{n:03d}" for n in range(people)]
    has = rng.random((people, SKILLS)) < 0.3
    needs = np.where(rng.random(tasks) < 0.6, rng.integers(0, SKILLS, tasks), -1)
    owners: list[str | None] = [None] * tasks
    for n in np.flatnonzero(rng.random(tasks) < assigned):
        able = members if needs[n] < 0 else [m for m, own in zip(members, has[:, needs[n]], strict=True) if own]
        owners[n] = able[rng.integers(len(able))] if able else None
    gids = [f"t{n:04d}" for n in range(tasks)]
    pairs = rng.integers(0, tasks, (links, 2))
    return (
        pl.DataFrame(
            {
                "task_gid": gids,
                "team_gid": [TEAM] * tasks,
                "score": rng.uniform(0, 100, tasks).round(1),
                "hours": np.exp(rng.normal(np.log(middle_hours), 0.8, tasks)).clip(0.25).round(2),
                "person_gid": pl.Series(owners, dtype=pl.String),
                "skills": [[] if need < 0 else [skills[need]] for need in needs],
                "pin": pl.Series(["in" if pinned else None for pinned in rng.random(tasks) < 0.01], dtype=pl.String),
            }
        ),
        pl.DataFrame(
            {
                "person_gid": members,
                "hours": rng.uniform(30, 72, people).round(1) if people > 3 else rng.uniform(0, 12, people).round(1),
                "skills": [[skills[n] for n in np.flatnonzero(own)] for own in has],
                "team_gids": [[TEAM]] * people,
            }
        ),
        pl.DataFrame(
            [(gids[after], gids[before]) for after, before in pairs if before < after],
            schema={"task_gid": pl.String, "depends_on_gid": pl.String},
            orient="row",
        ),
    )


def large_cases() -> list[dict[str, Any]]:
    """Gap, value and time of each mix of assigned and free tasks."""
    rows = []
    for assigned in ASSIGNED:
        for seed in SEEDS:
            frames = backlog(seed, TASKS, PEOPLE, assigned, LINKS, middle_hours=6.0)
            wall, cpu = time.perf_counter(), time.process_time()
            found = propose_sprint(*frames, AS_OF, SETTINGS)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            team = found.teams.row(0, named=True)
            rows.append(
                {
                    "assigned": assigned,
                    "seed": seed,
                    "tasks_in": team["tasks"],
                    "value": round(team["value"], 1),
                    "gap": team["gap"],
                    "wall_s": round(wall, 2),
                    "cpu_s": round(cpu, 2),
                    "pins_missed": found.tasks.filter("is_pinned", ~pl.col("is_in")).height,
                }
            )
    return rows


def small_cases() -> dict[str, int]:
    """How many proposals of six tasks and two people are as good as the best of all allowed sets."""
    equal = 0
    for seed in range(SMALL_CASES):
        frames = backlog(seed, 6, 2, 0.3, 4, middle_hours=3.0)
        equal += abs(_value(propose_sprint(*frames, AS_OF, SETTINGS)) - _brute_force(*frames)) < 1e-6
    return {"cases": SMALL_CASES, "equal": equal}


def _value(proposal: Proposal) -> float:
    return float(proposal.tasks.select(PROPOSED.keys()).filter("is_in")["score"].sum())


def _brute_force(tasks: pl.DataFrame, people: pl.DataFrame, links: pl.DataFrame) -> float:
    """The best value of all ways to hand out the tasks; pins first."""
    rows, folk, waits = tasks.to_dicts(), people.to_dicts(), links.rows()
    able = [
        [None, *(n for n, one in enumerate(folk) if row["person_gid"] in (None, one["person_gid"])
                 and set(row["skills"]) <= set(one["skills"]))]
        for row in rows
    ]  # fmt: skip
    best = (0, 0.0)
    for picks in product(*able):
        inside = {row["task_gid"] for row, pick in zip(rows, picks, strict=True) if pick is not None}
        used = [0.0] * len(folk)
        for row, pick in zip(rows, picks, strict=True):
            if pick is not None:
                used[pick] += row["hours"]
        fits = all(hours <= one["hours"] + 1e-9 for hours, one in zip(used, folk, strict=True))
        if fits and all(before in inside for after, before in waits if after in inside):
            chosen = [row for row in rows if row["task_gid"] in inside]
            best = max(best, (sum(row["pin"] == "in" for row in chosen), sum(row["score"] for row in chosen)))
    return best[1]


def main() -> None:
    """Run it, print it, and write the result file."""
    large, small = large_cases(), small_cases()
    for row in large:
        Console().print(
            f"{row['assigned']:4.0%} assigned, draw {row['seed']}: {row['tasks_in']} tasks, gap {row['gap']:.3%}, "
            f"{row['wall_s']} s ({row['cpu_s']} CPU s)"
        )
    Console().print(f"small ones equal to brute force: {small['equal']} of {small['cases']}")
    RESULT.write_text(json.dumps({"large": large, "small": small}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
