"""What came of goals: the outcome of each forecast by its own claim, and what an owner's status says. No scoring."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

OUTCOMES: dict[str, pl.DataType] = {
    "forecast_id": pl.String(),
    "attained": pl.Boolean(),
    "final_value": pl.Float64(),
    "resolved_on": pl.Date(),
}
# What people mean by a status, as a probability: as sure as the pace rule is when it is sure.
OWNER_SAYS = {
    "green": 0.9, "on_track": 0.9, "yellow": 0.5, "at_risk": 0.5, "red": 0.1, "off_track": 0.1,
}  # fmt: skip


def resolve(forecasts: pl.DataFrame, snapshots: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Find the outcome of each forecast that has one: the first value seen after its due date, against its target.

    Args:
        forecasts: forecast_id, goal_gid, due_on, initial_value, target_value, as they were when it was made.
        snapshots: staging/goal_snapshots.
        as_of: Nothing later is used.

    Returns:
        Columns of `OUTCOMES`, for the forecasts whose goal was seen after they were due.
    """
    seen = snapshots.filter(pl.col("snapshot_at") <= as_of, pl.col("value").is_not_null()).select(
        "goal_gid", final_value="value", resolved_on="snapshot_on"
    )
    claims = forecasts.drop_nulls(["due_on", "initial_value", "target_value"]).with_columns(
        after_on=pl.col("due_on") + timedelta(days=1)
    )
    upward = pl.col("target_value") > pl.col("initial_value")
    reached = (
        pl.when(upward)
        .then(pl.col("final_value") >= pl.col("target_value"))
        .otherwise(pl.col("final_value") <= pl.col("target_value"))
    )
    return (
        claims.sort("after_on")
        .join_asof(
            seen.sort("resolved_on"),
            left_on="after_on",
            right_on="resolved_on",
            by="goal_gid",
            strategy="forward",
            coalesce=False,
            check_sortedness=False,
        )
        .filter(pl.col("resolved_on").is_not_null())
        .with_columns(attained=reached)
        .select(pl.col(name).cast(dtype) for name, dtype in OUTCOMES.items())
    )


def owner_said(snapshots: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """What the status that a goal had then says of its odds: goal_gid, owner_p (null: it had none)."""
    said = pl.col("status").replace_strict(OWNER_SAYS, default=None, return_dtype=pl.Float64)
    return last_snapshots(snapshots, as_of).select("goal_gid", owner_p=said)


def last_snapshots(snapshots: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """The last snapshot of each goal up to `as_of`; columns of staging/goal_snapshots."""
    return snapshots.filter(pl.col("snapshot_at") <= as_of).sort("snapshot_at").group_by("goal_gid").last()
