"""How long the fewest moves of a company of 300 people and 5,000 tasks take, and how far from the best they may be.

Run: python benchmarks/rebalance.py [people] [tasks]
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from time import perf_counter, process_time

import numpy as np
import polars as pl

from asana_intel.insights.rebalance.case import LINKS, RECEIVERS, TASKS, Rules
from asana_intel.insights.rebalance.propose import propose_moves
from asana_intel.workload.kept import KEPT_DAYS

TODAY = date(2026, 3, 2)
TEAM = 12
WEEKS = 8
SECONDS = 22.0


def company(people: int, count: int, seed: int = 1) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Teams of twelve, every tenth person in two of them; a fifth of the people have twice as much to do as others."""
    rng = np.random.default_rng(seed)
    names = [f"p{n:04}" for n in range(people)]
    teams = [
        {n // TEAM} | ({int(rng.integers(0, people // TEAM + 1))} if n % 10 == 0 else set()) for n in range(people)
    ]
    busy = np.where(rng.random(people) < 0.2, 2.0, 1.0)
    owner = rng.choice(people, count, p=busy / busy.sum())
    hours = np.round(np.exp(rng.normal(np.log(9.0), 0.8, count)), 1)
    start = rng.integers(0, 7 * WEEKS, count)
    due = start + rng.integers(2, 20, count)
    is_dated, is_late = rng.random(count) < 0.85, rng.random(count) < 0.05
    tasks = pl.DataFrame(
        [
            dict.fromkeys(TASKS)
            | {
                "task_gid": f"t{n:05}",
                "person_gid": names[owner[n]],
                "start_on": TODAY + timedelta(days=int(start[n])) if is_dated[n] and not is_late[n] else None,
                "due_on": TODAY + timedelta(days=int(-9 if is_late[n] else due[n])) if is_dated[n] else None,
                "effort_hours": hours[n],
                "logged_hours": float(rng.random() < 0.2),
                "log_median": float(np.log(hours[n])),
                "log_below": 0.5,
                "log_above": 0.6,
                "is_inferred": False,
                "left_hours": hours[n],
                "score": float(rng.uniform(0, 100)),
                "slack_days": float(rng.choice([0, 0, 5, 10])),
                "keeps_person": rng.random() < 0.05,
                "keeps_dates": rng.random() < 0.05,
            }
            for n in range(count)
        ],
        schema=TASKS,
    )
    days = [TODAY + timedelta(days=n) for n in range(7 * WEEKS + 28)]
    off = {(n, int(rng.integers(0, WEEKS))) for n in range(people) if rng.random() < 0.3}
    rows = [
        (names[n], day, 8.0 * (day.isoweekday() < 6), 0.0, 8.0 * (day.isoweekday() < 6) * ((n, k // 7) in off))
        for n in range(people)
        for k, day in enumerate(days)
    ]
    receivers = [
        (f"t{n:05}", names[other], float(rng.uniform(0.1, 1.0)), bool(rng.random() < 0.5))
        for n in range(count)
        for other in range(people)
        if other != owner[n] and min(teams[owner[n]]) in teams[other]
    ]
    links = [(f"t{n:05}", f"t{n - 1:05}") for n in range(1, count) if rng.random() < 0.15]
    return (
        tasks,
        pl.DataFrame(rows, schema=KEPT_DAYS, orient="row"),
        pl.DataFrame(receivers, schema=RECEIVERS, orient="row"),
        pl.DataFrame(links, schema=LINKS, orient="row"),
    )


def main(people: int = 300, tasks: int = 5000) -> None:
    """Prints one line."""
    frames = company(people, tasks)
    wall, cpu = perf_counter(), process_time()
    found = propose_moves(*frames, Rules(weeks=WEEKS, least_hours=1.0), SECONDS)
    wall, cpu = perf_counter() - wall, process_time() - cpu
    over = found.weeks.filter(pl.col("week_on") < TODAY + timedelta(weeks=4))
    limit = 1.1 * pl.col("available_hours")
    before, after = (
        over.select((pl.col(f"hours_{when}") - limit).clip(lower_bound=0.0).sum()).item()
        for when in ("before", "after")
    )
    print(
        f"{people} people, {tasks} tasks: {wall:.1f} s ({cpu:.1f} s of CPU), {found.moves.height} moves, "
        f"hours above the limit {before:.0f} -> {after:.1f} (at most {found.spare_hours:.1f} of them avoidable), "
        f"gap of the moves {found.gap:.1%}, weeks left {found.limits.height}: "
        f"{dict(found.limits['constraint'].value_counts().sort('constraint').iter_rows())}"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
