"""Whether tasks with the higher score were done first, beside doing the older one first; pairs of one project only."""

import math
from dataclasses import astuple
from datetime import datetime, timedelta

import polars as pl

from asana_intel.insights.scored.frames import SCORE, Tally, score

LOOK_BACK = timedelta(weeks=4)


def score_order(priority: pl.DataFrame, created: pl.DataFrame, finished: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Score the order of four weeks ago, or the oldest since, by pairs of tasks of one project (Harrell's C, 1982).

    A pair is decided when one of the two was finished first, the other later or not yet. Pairs with the same score
    suggest nothing. The naive guess does the older of two tasks first.

    Args:
        priority: insights/task_priority of all weeks.
        created: task_gid, created_at.
        finished: task_gid, completed_at as of `as_of`.
        as_of: Nothing later is used.

    Returns:
        A row of `SCORE` that counts pairs; none where there was no order yet.
    """
    order = _order_of_then(priority, as_of)
    if order.is_empty():
        return pl.DataFrame(schema=SCORE)
    done = finished.filter(pl.col("completed_at") <= as_of, pl.col("completed_at") > order["as_of_at"][0])
    tasks = (
        order.select("task_gid", "project_gid", "score")
        .join(created.select("task_gid", "created_at"), on="task_gid", how="left")
        .join(done.select("task_gid", "completed_at"), on="task_gid", how="left")
        .sort("project_gid", "task_gid")
    )
    projects = tasks.partition_by("project_gid", maintain_order=True)
    tallies = [_judge(project) for project in projects]
    counts = Tally(*(sum(column) for column in zip(*map(astuple, tallies), strict=True)))
    return score("score order", sum(map(_distinct_pairs, projects)), counts)


def _order_of_then(priority: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    known = priority.filter(pl.col("as_of_at") < as_of, pl.col("project_gid").is_not_null())
    if known.is_empty():
        return known
    weeks = known["as_of_at"].unique().sort()
    old_enough = weeks.filter(weeks <= as_of - LOOK_BACK)
    then = old_enough.max() if old_enough.len() else weeks.min()
    return known.filter(pl.col("as_of_at") == then)


def _distinct_pairs(project: pl.DataFrame) -> int:
    """Pairs with different scores: all, less those within a score."""
    ties = project.group_by("score").len()["len"].cast(pl.Int64)
    return (project.height * (project.height - 1) - int((ties * (ties - 1)).sum())) // 2


def _judge(project: pl.DataFrame) -> Tally:
    """Counts of decided pairs: each finished task beside those that were finished later or not yet."""
    scores = project["score"].to_numpy()
    created = project["created_at"].dt.epoch("us").cast(pl.Float64).fill_null(math.nan).to_numpy()
    done = project["completed_at"].dt.epoch("us").cast(pl.Float64).fill_null(math.inf).to_numpy()
    right = decided = naive_right = naive_of = 0
    for at in (done < math.inf).nonzero()[0]:
        later = (done > done[at]) & (scores != scores[at])
        compared = later & (created != created[at]) & (created == created)  # an unknown age is not compared
        decided += int(later.sum())
        right += int((scores[later] < scores[at]).sum())
        naive_of += int(compared.sum()) if created[at] == created[at] else 0
        naive_right += int((created[compared] > created[at]).sum())
    return Tally(right, decided, naive_right, naive_of)
