"""How well story points and hours are told before they are known, beside baselines on the same rows; fits nothing new.

Run: python benchmarks/priority.py effort. Story points: the published split of each project; points of earlier issues
are seen as they are given, ours, the rolling median and the neighbours alike; and ours again where nothing is seen of
the 25 issues asked about together, or of the whole test. Hours (SiP): tasks that were estimated
after 70 % of all were finished; the history is what was finished before the estimate.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from asana_intel.insights.effort import estimate_effort, replay_effort
from asana_intel.insights.effort.words import Words, neighbours

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
NEIGHBOURS = 5
TOGETHER = 25


def main() -> None:
    """Print both tables."""
    _print_points()
    _print_hours()


def _print_points() -> None:
    issues = pl.read_parquet(DATA / "effort_storypoints.parquet").sort("project", "order")
    rows, begun = [], time.process_time()
    for (project,), frame in issues.group_by("project", maintain_order=True):
        rows.append((str(project), *_points_of(frame)))
        print(rows[-1], flush=True)
    heads = ("MAE, points", "median", "rolling 50", "kNN tf-idf", "ours", "by 25", "at once", "share in the 80 % band")
    print(f"\n| {' | '.join(heads)} |\n" + "|---" * len(heads) + "|")
    for name, *figures in [*rows, ("mean", *np.mean([row[1:] for row in rows], axis=0).tolist())]:
        print(f"| {name} | " + " | ".join(f"{figure:.2f}" for figure in figures) + " |")
    print(f"\nCPU s: {time.process_time() - begun:.0f}\n")


def _points_of(issues: pl.DataFrame) -> tuple[float, ...]:
    """MAE of the median, the rolling median, the neighbours and ours in three ways; share of issues in our band."""
    at = [BEGIN + timedelta(hours=hour) for hour in range(issues.height)]
    stream = issues.select(
        name="title", notes="description", actual=pl.col("storypoint").cast(float), task_gid="issuekey"
    ).with_columns(known_at=pl.Series(at))
    first = int((issues["split"] == "test").arg_max() or 0)
    points = stream["actual"].to_numpy()
    told, truth = replay_effort(stream, "points", since=at[first]), points[first:]
    rolling = np.array([np.median(points[max(0, row - 50) : row]) for row in range(first, len(points))])
    simple = (np.full(len(truth), np.median(points[:first])), rolling, _neighbours_of(stream, first))
    inside = (told["p10"].to_numpy() <= truth) & (truth <= told["p90"].to_numpy())
    ours = (told["p50"].to_numpy(), *(_asked_together(stream, first, size) for size in (TOGETHER, stream.height)))
    return (*(float(np.abs(guess - truth).mean()) for guess in (*simple, *ours)), float(inside.mean()))


def _asked_together(stream: pl.DataFrame, first: int, size: int) -> np.ndarray:
    """Ours for each issue from `first` on, when so many are asked about at a time."""
    told = [
        estimate_effort(stream[row : row + size].drop("actual"), stream[:row], stream["known_at"][row - 1], "points")
        for row in range(first, stream.height, size)
    ]
    return pl.concat(told)["p50"].to_numpy()


def _neighbours_of(stream: pl.DataFrame, first: int) -> np.ndarray:
    """Median of the five earlier issues with the most similar words."""
    texts = stream.select(pl.concat_str(pl.col("name", "notes").fill_null(""), separator=" ")).to_series().to_list()
    vectors, points = Words(texts[:first]).vectors(texts), stream["actual"].to_numpy()
    rows, alike = neighbours(vectors[first:], vectors, np.arange(first, len(texts)), NEIGHBOURS, recent=False)
    found = np.where(alike > 0, points[rows], np.median(points[:first]))
    return np.median(found, axis=1)


def _print_hours() -> None:
    stream, since = _sip()
    print("| SiP hours | within a factor of 2 | MAE, h | share in the 80 % band | CPU s |\n|---|---|---|---|---|")
    for name, history in (
        ("without estimate", stream.with_columns(estimate=pl.lit(None, pl.Float64))),
        ("with", stream),
    ):
        begun = time.process_time()
        told = replay_effort(history, since=since).join(stream.select("task_gid", "estimate"), on="task_gid")
        spent, truth = time.process_time() - begun, told["actual"].to_numpy()
        before = stream.filter(pl.col("known_at") < since)["actual"]
        simple = np.full(len(truth), before.median()) if name != "with" else told["estimate"].to_numpy()
        inside = (told["p10"].to_numpy() <= truth) & (truth <= told["p90"].to_numpy())
        print(f"| {'median' if name != 'with' else 'people'} | {_within(simple, truth)} | | |")
        print(
            f"| ours, {name} | {_within(told['p50'].to_numpy(), truth)} | {inside.mean():.3f} | {spent:.0f} |",
            flush=True,
        )


def _within(told: np.ndarray, truth: np.ndarray) -> str:
    """Share within a factor of two (in brackets: without those exactly at it), and the mean absolute error."""
    off = np.abs(np.log(told / truth))
    edge = np.log(2)
    shares = f"{(off <= edge + 1e-9).mean():.3f} ({(off < edge - 1e-9).mean():.3f})"
    return f"{shares} | {np.abs(told - truth).mean():.2f}"


def _sip() -> tuple[pl.DataFrame, datetime]:
    """Finished tasks of SiP as a stream, and the instant after which they are test."""
    tasks = pl.read_parquet(DATA / "sip_tasks.parquet").unique("task", keep="first", maintain_order=True)
    done = tasks.filter(pl.col("completed_on").is_not_null()).sort("completed_on", "task")
    cut = done["completed_on"][int(0.7 * done.height)]
    stream = done.select(
        "category",
        "subcategory",
        task_gid=pl.col("task").cast(pl.String),
        name="summary",
        project_gid="project",
        person_gid="developer",
        requester_gid="raised_by",
        estimate="hours_estimate",
        actual="hours_actual",
        created_at=pl.col("estimate_on").dt.cast_time_unit("us").dt.replace_time_zone("UTC"),
        known_at=pl.col("completed_on").dt.cast_time_unit("us").dt.replace_time_zone("UTC"),
    )
    return stream, cut.replace(tzinfo=UTC) + timedelta(seconds=1)


if __name__ == "__main__":
    main()
