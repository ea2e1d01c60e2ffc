"""What the scores of suggestions share: the first suggestion for each task, and the row of a score. Judges nothing."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

ALL = "all"
SCORE = {
    "capability": pl.String,
    "label": pl.String,
    "suggested": pl.Int64,
    "decided": pl.Int64,
    "right": pl.Int64,
    "accuracy": pl.Float64,
    "baseline": pl.Float64,
}


def first_suggestions(table: pl.DataFrame, column: str, as_of: datetime) -> pl.DataFrame:
    """What was suggested for each task first: later weeks may have known more.

    Args:
        table: A weekly table with as_of_at and task_gid.
        column: The suggestion; rows where it is null suggest nothing.
        as_of: Rows that know of anything later are left out.

    Returns:
        The table's columns, one row per task.
    """
    return (
        table.filter(pl.col("as_of_at") <= as_of, pl.col(column).is_not_null())
        .sort("task_gid", "as_of_at")
        .unique("task_gid", keep="first", maintain_order=True)
    )


@dataclass(frozen=True)
class Tally:
    """How often we and a naive guess were right, of how many each."""

    right: int
    decided: int
    naive_right: int
    naive_of: int


def tally(judged: pl.DataFrame) -> Tally:
    """Count rows of is_right, and is_naive_right (null where there is no naive guess)."""
    right, naive = judged["is_right"], judged["is_naive_right"]
    return Tally(int(right.sum()), judged.height, int(naive.sum() or 0), naive.len() - naive.null_count())


def score(capability: str, suggested: int, counts: Tally, label: str = ALL) -> pl.DataFrame:
    """One row of `SCORE`.

    Args:
        capability: What was suggested.
        suggested: How many suggestions there were.
        counts: Of those decided.
        label: Which of the suggestions.
    """
    row = {
        "capability": capability,
        "label": label,
        "suggested": suggested,
        "decided": counts.decided,
        "right": counts.right,
        "accuracy": counts.right / counts.decided if counts.decided else None,
        "baseline": counts.naive_right / counts.naive_of if counts.naive_of else None,
    }
    return pl.DataFrame([row], schema=SCORE)
