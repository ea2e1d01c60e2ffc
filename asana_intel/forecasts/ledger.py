"""The append-only ledger of every forecast that was shown, and its resolution once the outcome is known."""

import hashlib
from datetime import datetime

import orjson
import polars as pl
from psycopg2.extras import Json, execute_values

from asana_intel.forecasts.scoring import score_forecasts
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.postgres import Database

VERSION = "1"
_FROZEN = (
    "goal_gid", "as_of_on", "as_of_at", "start_on", "due_on", "p_attain", "value_p10", "value_p50", "value_p90",
    "baseline_p", "method",
)  # fmt: skip


def freeze(database: Database, attainment: pl.DataFrame, goals: pl.DataFrame, inputs: dict[str, int | None]) -> int:
    """Add the assessed forecasts to the ledger; one that stands there already is left as it is.

    Args:
        database: The product's schema.
        attainment: Rows of forecasts/goal_attainment.
        goals: Columns goal_gid and start_on.
        inputs: Delta version of each table the forecasts were made from.

    Returns:
        How many rows were added.
    """
    assessed = attainment.filter(pl.col("status") == "assessed", pl.col("p_attain").is_not_null()).join(
        goals.select("goal_gid", "start_on"), on="goal_gid", how="left"
    )
    rows = [
        (*values, VERSION, Json(inputs), _row_hash(values, inputs)) for values in assessed.select(_FROZEN).iter_rows()
    ]
    if not rows:
        return 0
    statement = (
        f"INSERT INTO forecast_ledger ({', '.join(_FROZEN)}, version, inputs, row_hash) VALUES %s"
        " ON CONFLICT (goal_gid, as_of_at) DO NOTHING RETURNING forecast_id"
    )
    with database.transaction() as connection, connection.cursor() as cursor:
        return len(execute_values(cursor, statement, rows, page_size=1000, fetch=True))


def _row_hash(values: tuple, inputs: dict[str, int | None]) -> str:
    return hashlib.blake2b(
        orjson.dumps([values, VERSION, sorted(inputs.items())], default=str), digest_size=16
    ).hexdigest()


def frozen_forecasts(database: Database) -> pl.DataFrame:
    """Every forecast that was shown, with its id, oldest first."""
    columns = ("forecast_id", *_FROZEN)
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM forecast_ledger ORDER BY forecast_id")
        rows = cursor.fetchall()
    known = CONTRACTS["forecasts/goal_attainment"].schema
    schema = {c: known.get(c, pl.Date() if c == "start_on" else pl.Int64()) for c in columns}
    return pl.DataFrame(rows, schema=schema, orient="row")


def outcomes(dim_goal: pl.DataFrame, snapshots: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Goals whose outcome is known: goal_gid, attained, final_value, resolved_on.

    A goal is resolved by the first snapshot after its due date: the target was reached in its direction or not.

    Args:
        dim_goal: marts/dim_goal.
        snapshots: staging/goal_snapshots.
        as_of: Nothing later is used.
    """
    after_due = (
        snapshots.filter(pl.col("snapshot_at") <= as_of, pl.col("value").is_not_null())
        .join(dim_goal.select("goal_gid", "due_on", "initial_value", target="target_value"), on="goal_gid")
        .filter(pl.col("snapshot_on") > pl.col("due_on"))
        .sort("goal_gid", "snapshot_on")
        .unique("goal_gid", keep="first", maintain_order=True)
    )
    upward = pl.col("target") > pl.col("initial_value")
    reached = pl.when(upward).then(pl.col("value") >= pl.col("target")).otherwise(pl.col("value") <= pl.col("target"))
    return after_due.filter(pl.col("target").is_not_null(), pl.col("initial_value").is_not_null()).select(
        "goal_gid", attained=reached, final_value="value", resolved_on="snapshot_on"
    )


def score_ledger(database: Database, known_outcomes: pl.DataFrame) -> pl.DataFrame:
    """Scores of every frozen forecast whose outcome is known (contract forecasts/forecast_scores)."""
    frozen = frozen_forecasts(database)
    scores = score_forecasts(frozen.with_columns(pl.col("forecast_id").cast(pl.String)), known_outcomes)
    extra = frozen.select(pl.col("forecast_id").cast(pl.String), "as_of_at", "due_on", "baseline_p")
    final = known_outcomes.select("goal_gid", "final_value")
    frame = (
        scores.join(extra, on="forecast_id")
        .join(final, on="goal_gid")
        .with_columns(
            elapsed_pct=pl.col("elapsed_pct") / 100,
            weeks_ahead=(pl.col("due_on") - pl.col("as_of_on")).dt.total_days() // 7,
        )
        .sort("as_of_at", "goal_gid")
    )
    return frame.select(CONTRACTS["forecasts/forecast_scores"].schema.names())
