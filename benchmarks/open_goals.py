"""Goals with a known outcome from the open work histories, placed in time as the forecasts read them; no scores here.

Every family gives two frames in the shape of `forecast_attainment`: goals (with the truth and the grouping behind the
contract's columns) and history. One series in five is sealed by a hash of its name: constants are never chosen on it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import polars as pl

ROOT = Path(__file__).resolve().parents[1]
OPEN_DATA = ROOT.parent / "shared" / "data"
AS_OF = dt.date(2030, 1, 6)
"""Goals are moved in time so that all of them stand at one cut on this day: one call then forecasts them together."""
CUTS = (0.25, 0.5, 0.75)
SPRINT_CUTS = (0, 30, 50, 80)
SEALED_ONE_IN = 5
Frames = tuple[pl.DataFrame, pl.DataFrame]


def is_sealed(series: str) -> bool:
    """Whether a series is kept away from every choice of constants."""
    digest = hashlib.blake2b(series.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % SEALED_ONE_IN == 0


def flow_goals() -> Frames:
    """Goals on accumulating work, and their cumulative series at the ends of weeks."""
    goals = pl.read_parquet(OPEN_DATA / "attainment_goals.parquet").with_columns(pl.col("start", "due").dt.date())
    weeks = (
        pl.read_parquet(OPEN_DATA / "attainment_weekly.parquet")
        .join(goals.select("goal", "start"), on="goal")
        .sort("goal", "week")
        .select(
            pl.col("goal").alias("series_gid"),
            (pl.col("start") + pl.duration(days=7 * pl.col("week").cast(pl.Int64) + 6)).alias("on"),
            pl.col("done").cast(pl.Float64).cum_sum().over("goal").alias("value"),
        )
    )
    eve = weeks.group_by("series_gid").agg(pl.col("on").min() - pl.duration(days=7)).with_columns(value=pl.lit(0.0))
    kind = pl.when(pl.col("kind") == "jira_cohort").then(pl.lit("cohort")).otherwise(pl.lit("flow"))
    return _as_goals(goals, kind, pl.lit(0.0), (pl.col("days") // 7).cast(pl.Int64)), pl.concat([weeks, eve])


def level_goals() -> Frames:
    """Goals on a level, and its values: backlogs by the week, vaccination pace every two days."""
    goals = pl.read_parquet(OPEN_DATA / "level_goals.parquet").with_columns(pl.col("start", "due").dt.date())
    step_days = ((pl.col("due") - pl.col("start")).dt.total_days() // pl.col("steps")).alias("step_days")
    values = (
        pl.read_parquet(OPEN_DATA / "level_values.parquet")
        .join(goals.select("goal", "start", step_days), on="goal")
        .select(
            pl.col("goal").alias("series_gid"),
            (pl.col("start") + pl.duration(days=pl.col("step").cast(pl.Int64) * pl.col("step_days"))).alias("on"),
            pl.col("level").cast(pl.Float64).alias("value"),
        )
    )
    return _as_goals(goals, pl.lit("level"), pl.col("start_value"), pl.col("steps")), values


def _as_goals(goals: pl.DataFrame, kind: pl.Expr, initial: pl.Expr, steps: pl.Expr) -> pl.DataFrame:
    """The columns a forecast reads, and behind them the truth and how the goals are ordered and grouped."""
    return goals.select(
        pl.col("goal").alias("goal_gid"),
        kind.alias("kind"),
        pl.col("goal").alias("series_gid"),
        pl.col("start").alias("start_on"),
        pl.col("due").alias("due_on"),
        initial.cast(pl.Float64).alias("initial_value"),
        pl.col("target").cast(pl.Float64).alias("target_value"),
        pl.col("attained").cast(pl.Float64),
        pl.col("final").cast(pl.Float64),
        steps.cast(pl.Int64).alias("steps"),
        pl.col("kind").alias("source"),
        pl.col("series").alias("real_series"),
        pl.col("series").map_elements(is_sealed, return_dtype=pl.Boolean).alias("is_sealed"),
        (pl.col("start").rank() / pl.len()).over("kind").alias("order"),
    )


def at_cut(goals: pl.DataFrame, history: pl.DataFrame, cut: float) -> Frames:
    """Move every goal in time so that `cut` of its steps is over at `AS_OF`."""
    step_days = ((pl.col("due_on") - pl.col("start_on")).dt.total_days() + 1) // pl.col("steps")
    over = (pl.col("steps") * cut).round().cast(pl.Int64) * step_days
    last_day = pl.when(pl.col("kind") == "level").then(0).otherwise(1)  # a level's step ends on a start day
    shift = goals.select(
        series_gid="goal_gid", shift=pl.lit(AS_OF) - pl.col("start_on") - pl.duration(days=over - last_day)
    )
    moved = goals.join(shift, on="series_gid", maintain_order="left").with_columns(
        pl.col("start_on", "due_on") + pl.col("shift")
    )
    values = history.join(shift, on="series_gid").with_columns(pl.col("on") + pl.col("shift"))
    return moved.drop("shift"), values.drop("shift")


def sprints(pct: int) -> pl.DataFrame:
    """One row per distinct sprint with a commitment, as it stood at `pct` percent of its time."""
    return (
        pl.read_parquet(OPEN_DATA / "jira_sprints.parquet")
        .filter(
            pl.col("keep")
            & (pl.col("pct_elapsed") == pct)
            & (pl.col("committed_now") > 0)
            & pl.col("planned_days").is_between(3, 60)
        )
        .select(
            pl.format("{}/{}", "project", "sprint").alias("goal"),
            "project",
            pl.format("{}/{}", "project", "board").alias("team"),
            "sprint",
            pl.col("planned_days").cast(pl.Int64),
            pl.col("committed_now").cast(pl.Float64).alias("target"),
            pl.col("vel_done").cast(pl.Float64).alias("done"),
            pl.col("delivered").cast(pl.Float64).alias("final"),
            pl.col("attained").cast(pl.Float64),
        )
        .with_columns((pl.col("sprint").rank() / pl.len()).over("project").alias("order"))
        .sort("project", "sprint")
    )


def sprint_goals(pct: int, past: str | None = "team") -> Frames:
    """Every sprint at `pct` percent of its time on `AS_OF` (at 0: on its first day), after the sprints before it.

    The source has no dates: a team's sprints are laid end to end in the order of their ids, each as long as planned.
    Each sprint is a goal of its own (the last of its series); the sprints before it are goals that are over, which
    the caller filters out by `steps` = 0.

    Args:
        pct: 0, 30, 50 or 80.
        past: Whose earlier sprints are known: "team" (board), "project", or None (each sprint stands alone).
    """
    rows = sprints(pct).with_columns(pl.col("team").map_elements(is_sealed, return_dtype=pl.Boolean).alias("is_sealed"))
    goals, values = [], []
    for group in [rows] if past is None else rows.partition_by(past, maintain_order=True):
        for number in range(group.height):
            known = group[number : number + 1] if past is None else group[max(number - PAST_SPRINTS, 0) : number + 1]
            framed, path = _laid_out(known, pct)
            goals.append(framed)
            values.append(path)
    return pl.concat(goals), pl.concat(values)


PAST_SPRINTS = 26


def _laid_out(known: pl.DataFrame, pct: int) -> Frames:
    """The last of the sprints stands at `pct` percent on `AS_OF`; the others end the day before the next starts."""
    rows = list(known.iter_rows(named=True))
    last = rows[-1]
    series = last["goal"]
    start = AS_OF - dt.timedelta(days=max(round(last["planned_days"] * pct / 100), 1) - 1)
    goals, backward = [], start
    for row in reversed(rows):
        begins = start if row is last else backward - dt.timedelta(days=row["planned_days"])
        due = begins + dt.timedelta(days=row["planned_days"] - 1)
        goals.append((row, begins, due))
        backward = begins
    total, values = 0.0, [(series, goals[-1][1] - dt.timedelta(days=1), 0.0)]
    for row, _, due in reversed(goals[1:]):
        total += row["final"]
        values.append((series, due, total))
    values.append((series, AS_OF, total + last["done"]))
    framed = pl.DataFrame(
        [
            (
                series if row is last else f"{series} after {row['goal']}",
                "commitment",
                series,
                begins,
                due,
                0.0,
                row["target"],
                row["attained"],
                row["final"],
                100 if row is last else 0,
                row["project"],
                row["team"],
                row["is_sealed"],
                row["order"],
            )
            for row, begins, due in goals
        ],
        schema=GOAL_ROW,
        orient="row",
    )
    path = pl.DataFrame(values, schema={"series_gid": pl.String, "on": pl.Date, "value": pl.Float64}, orient="row")
    return framed, path


GOAL_ROW = {
    "goal_gid": pl.String,
    "kind": pl.String,
    "series_gid": pl.String,
    "start_on": pl.Date,
    "due_on": pl.Date,
    "initial_value": pl.Float64,
    "target_value": pl.Float64,
    "attained": pl.Float64,
    "final": pl.Float64,
    "steps": pl.Int64,
    "source": pl.String,
    "real_series": pl.String,
    "is_sealed": pl.Boolean,
    "order": pl.Float64,
}
