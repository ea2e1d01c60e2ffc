"""The append-only ledger of every forecast that was shown, and its resolution once the outcome is known."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import orjson
import polars as pl
from psycopg2.extras import Json, execute_values

from asana_intel.forecasts.outcomes import resolve
from asana_intel.forecasts.scoring import score_forecasts
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.postgres import Database

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

VERSION = "2"
# What the first version froze and hashed, one row at a time.
_FROZEN_FIRST = (
    "goal_gid", "as_of_on", "as_of_at", "start_on", "due_on", "p_attain", "value_p10", "value_p50", "value_p90",
    "baseline_p", "method",
)  # fmt: skip
_FROZEN = (*_FROZEN_FIRST, "kind", "initial_value", "target_value", "owner_p", "model_p")
_LOCK = 0x666F7265  # one writer at a time: each row's hash covers the row before it


def freeze(database: Database, attainment: pl.DataFrame, inputs: dict[str, int | None]) -> int:
    """Add the assessed forecasts to the ledger; one that stands there already is left as it is.

    Args:
        database: The product's schema.
        attainment: Rows of forecasts/goal_attainment of one instant.
        inputs: Delta version of each table the forecasts were made from.

    Returns:
        How many rows were added.
    """
    assessed = attainment.filter(pl.col("status") == "assessed", pl.col("p_attain").is_not_null())
    if assessed.is_empty():
        return 0
    statement = f"INSERT INTO forecast_ledger ({', '.join(_FROZEN)}, version, inputs, row_hash) VALUES %s"
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        cursor.execute(
            "SELECT goal_gid, as_of_at FROM forecast_ledger WHERE as_of_at >= %s", (assessed["as_of_at"].min(),)
        )
        there = {(gid, as_of_at.astimezone(UTC)) for gid, as_of_at in cursor.fetchall()}
        head = _head(cursor)
        rows = []
        for values in assessed.select(_FROZEN).iter_rows():
            if (values[0], values[2].astimezone(UTC)) not in there:
                head = _row_hash(values, VERSION, inputs, head)
                rows.append((*values, VERSION, Json(inputs), head))
        if rows:
            execute_values(cursor, statement, rows, page_size=1000)
        return len(rows)


def _head(cursor: Cursor) -> str:
    cursor.execute("SELECT row_hash FROM forecast_ledger ORDER BY forecast_id DESC LIMIT 1")
    row: tuple[Any, ...] | None = cursor.fetchone()
    return row[0] if row else ""


def _row_hash(values: Sequence[Any], version: str, inputs: dict[str, int | None], before: str) -> str:
    said: list[Any] = [[_plain(value) for value in values], version, sorted(inputs.items())]
    if version != "1":
        said.append(before)
    return hashlib.blake2b(orjson.dumps(said, default=str), digest_size=16).hexdigest()


def _plain(value: Any) -> Any:
    """The same text for the same instant, whatever the session's time zone."""
    return str(value.astimezone(UTC)) if isinstance(value, datetime) else value


def head_of(database: Database) -> str:
    """The hash of the newest row, which covers all before it; empty while there is none. Worth keeping elsewhere."""
    with database.transaction() as connection, connection.cursor() as cursor:
        return _head(cursor)


def changed_rows(database: Database) -> list[int]:
    """Ids of frozen forecasts that are not as they were frozen, or before which one is gone.

    A row of the first version is checked by itself; from the second on, each also vouches for the row before it.
    """
    changed, before = [], ""
    for forecast_id, values, version, inputs, row_hash in _stored(database):
        frozen = values[: len(_FROZEN_FIRST)] if version == "1" else values
        if _row_hash(frozen, version, inputs, before) != row_hash:
            changed.append(forecast_id)
        before = row_hash
    return changed


def _stored(database: Database) -> Iterator[tuple[int, tuple[Any, ...], str, dict[str, int | None], str]]:
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            f"SELECT forecast_id, version, inputs, row_hash, {', '.join(_FROZEN)} FROM forecast_ledger"
            " ORDER BY forecast_id"
        )
        for forecast_id, version, inputs, row_hash, *values in cursor:
            yield forecast_id, tuple(values), version, inputs, row_hash


def frozen_forecasts(database: Database) -> pl.DataFrame:
    """Every forecast that was shown, with its id, oldest first."""
    columns = ("forecast_id", *_FROZEN)
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM forecast_ledger ORDER BY forecast_id")
        rows = cursor.fetchall()
    known = CONTRACTS["forecasts/goal_attainment"].schema
    schema = {c: known.get(c, pl.Int64()) for c in columns}
    return pl.DataFrame(rows, schema=schema, orient="row")


def score(forecasts: pl.DataFrame, snapshots: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Scores of the forecasts whose outcome is known (contract forecasts/forecast_scores).

    Args:
        forecasts: goal_attainment's columns.
        snapshots: staging/goal_snapshots.
        as_of: Nothing later is used.
    """
    numbered = (
        forecasts.drop("forecast_id", strict=False).with_row_index("forecast_id").cast({"forecast_id": pl.String})
    )
    scores = score_forecasts(numbered, resolve(numbered, snapshots, as_of))
    return (
        scores.join(numbered.select("forecast_id", "as_of_at"), on="forecast_id", maintain_order="left")
        .with_columns(
            elapsed_pct=pl.col("elapsed_pct") / 100,
            weeks_ahead=(pl.col("due_on") - pl.col("as_of_on")).dt.total_days() // 7,
        )
        .sort("as_of_at", "goal_gid")
        .select(CONTRACTS["forecasts/forecast_scores"].schema.names())
    )


def score_ledger(database: Database, dim_goal: pl.DataFrame, snapshots: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Scores of every frozen forecast whose outcome is known; see `score`.

    Args:
        database: The product's schema.
        dim_goal: marts/dim_goal; forecasts of the first version have no claim of their own, and take its.
        snapshots: staging/goal_snapshots.
        as_of: Nothing later is used.
    """
    claims = dim_goal.select("goal_gid", initial_now="initial_value", target_now="target_value")
    frozen = frozen_forecasts(database).join(claims, on="goal_gid", how="left", maintain_order="left")
    return score(
        frozen.with_columns(
            initial_value=pl.coalesce("initial_value", "initial_now"),
            target_value=pl.coalesce("target_value", "target_now"),
        ),
        snapshots,
        as_of,
    )


def scored_by(scores: pl.DataFrame, day: date) -> pl.DataFrame:
    """The scores that were known on a day: those of goals that had been due by then."""
    return scores.filter(pl.col("due_on") < day)
