"""Hours of tasks that stand in a plan, told in the two ways that the product has, on the same rows; fits nothing new.

Run: python benchmarks/two_efforts.py. SiP as in `forecast_load`: every 20 weeks the tasks that are open then, from what
was finished by then. The load tells hours by `workload.effort`, a new task is told by `insights.effort`.
"""

from __future__ import annotations

import datetime as dt
import time

import forecast_load
import numpy as np
import polars as pl
from scipy.special import ndtri

from asana_intel.insights.effort import estimate_effort
from asana_intel.workload.effort import learn_effort

STEP = dt.timedelta(weeks=20)
SHARES = (0.1, 0.5, 0.9)
DRAWS = ndtri((np.arange(200) + 0.5) / 200)
FACTS = {"project_gid": "project_gid", "person_gid": "person_gid", "estimate": "effort_hours"}
Told = tuple[np.ndarray, np.ndarray]
"""Logarithms of p10, p50 and p90 (3, n), and means in hours (n)."""


def main() -> None:
    """Print the table."""
    names = pl.read_parquet(forecast_load.OPEN_DATA / "sip_tasks.parquet").unique("task", keep="first").select(
        "category", "subcategory", task_gid=pl.col("task").cast(pl.String), name="summary", requester_gid="raised_by"
    )  # fmt: skip
    tasks = forecast_load.real_tasks().filter(pl.col("actual_hours") > 0)
    print(
        "| | within a factor of 2 | in the 80 % band | pinball | error of a person's sum | CPU s |\n" + "|---" * 6 + "|"
    )
    for label, known in (("estimated", tasks), ("38 % not", forecast_load.hidden(tasks))):
        stream = known.join(names, on="task_gid", how="left", maintain_order="left")
        for way in (by_load, by_words):
            print(f"| {label}, {way.__name__} | {' | '.join(_figures(stream, way))} |", flush=True)


def by_load(still_open: pl.DataFrame, tasks: pl.DataFrame, monday: dt.date) -> Told:
    """`workload.effort`."""
    effort = learn_effort(tasks, monday - dt.timedelta(days=1)).of(still_open)
    z = np.array(ndtri(SHARES))[:, None]
    spread = np.where(DRAWS < 0, effort.below[:, None], effort.above[:, None])
    mean = np.exp(effort.median[:, None] + spread * DRAWS).mean(axis=1)
    return effort.median + np.where(z < 0, effort.below, effort.above) * z, mean


def by_words(still_open: pl.DataFrame, tasks: pl.DataFrame, monday: dt.date) -> Told:
    """`insights.effort`."""
    same = ("task_gid", "name", "requester_gid", "category", "subcategory")
    done = tasks.filter(pl.col("completed_on") < monday)
    history = done.select(*same, actual="actual_hours", completed_at="completed_on", created_at="created_on", **FACTS)
    told = estimate_effort(still_open.select(*same, created_at="created_on", **FACTS), history, monday)
    return np.log(np.maximum(told.select("p10", "p50", "p90").to_numpy().T, 1e-3)), told["mean"].to_numpy()


def _figures(tasks: pl.DataFrame, way) -> list[str]:
    rows, sums, begun = [], [], time.process_time()
    monday = forecast_load.FIRST
    while (monday := monday + STEP) <= forecast_load.LAST:
        is_open = (pl.col("created_on") < monday) & (pl.col("completed_on") >= monday)
        still_open = tasks.filter(is_open)
        band, mean = way(still_open, tasks, monday)
        truth = np.log(still_open["actual_hours"].to_numpy())
        off = [np.maximum(p * (truth - q), (p - 1) * (truth - q)) for p, q in zip(SHARES, band, strict=True)]
        is_near = np.abs(band[1] - truth) <= np.log(2) + 1e-9
        rows.append(np.column_stack([is_near, (band[0] <= truth) & (truth <= band[2]), np.mean(off, axis=0)]))
        of_person = still_open.select("person_gid", "actual_hours", told=pl.Series(mean)).group_by("person_gid").sum()
        sums.append(of_person.select((pl.col("told") / pl.col("actual_hours")).log().abs()).to_series().to_numpy())
    near, inside, pinball = np.concatenate(rows).mean(axis=0)
    wrong = float(np.concatenate(sums).mean())
    return [f"{near:.3f}", f"{inside:.3f}", f"{pinball:.3f}", f"{wrong:.2f}", f"{time.process_time() - begun:.1f}"]


if __name__ == "__main__":
    main()
