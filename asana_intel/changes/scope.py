"""What may be written to: objects that the reader saw in the workspace. Only notes them; the rule is a trigger's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

_SMALLEST_PORTFOLIO = 10

if TYPE_CHECKING:
    from asana_intel.changes.inputs import PlanInputs
    from asana_intel.storage.postgres import Database


def note_objects(database: Database, seen: Iterable[tuple[str, str]], seen_at: datetime) -> None:
    """Note objects of the workspace, so that plans of the same data may write to them.

    Args:
        database: The ledger.
        seen: Type and gid of each, as a sync read them; never as a plan names them.
        seen_at: Asana's time of that data, UTC.
    """
    from psycopg2.extras import execute_values

    rows = sorted({(gid, kind, seen_at) for kind, gid in seen})
    with database.transaction("planner") as connection, connection.cursor() as cursor:
        execute_values(
            cursor,
            "INSERT INTO known_object (object_gid, object_type, seen_at) VALUES %s ON CONFLICT (object_gid) DO UPDATE"
            " SET object_type = excluded.object_type, seen_at = greatest(known_object.seen_at, excluded.seen_at)",
            rows,
        )


def objects_seen(inputs: PlanInputs, targets: pl.Series) -> Iterable[tuple[str, str]]:
    """Type and gid of those of a plan's targets that stand in the workspace's own tables.

    Args:
        inputs: Frames of the week.
        targets: Gids that the plan names.
    """
    yield "workspace", inputs.workspace_gid
    columns = {
        "portfolio": inputs.portfolios["portfolio_gid"],
        "goal": inputs.goals["goal_gid"],
        "project": inputs.projects["project_gid"],
        "task": inputs.tasks["task_gid"],
        "user": inputs.people["person_gid"],
    }
    for kind, gids in columns.items():
        for gid in gids.filter(gids.is_in(targets.implode())):
            yield kind, gid


def widest_share(plan: pl.DataFrame, portfolio_items: pl.DataFrame) -> float:
    """Largest share of one portfolio's items that a plan touches in a way that people notice; 0 without portfolios.

    Rows of low risk do not count, and neither do portfolios of fewer than ten items.

    Args:
        plan: Rows of changes/plan.
        portfolio_items: staging/portfolio_items.
    """
    touched = plan.filter(pl.col("risk") != "low")["target_gid"].unique()
    shares = (
        portfolio_items.group_by("portfolio_gid")
        .agg(pl.len().alias("items"), pl.col("item_gid").is_in(touched.implode()).mean().alias("share"))
        .filter(pl.col("items") >= _SMALLEST_PORTFOLIO)["share"]
    )
    return float(shares.max() or 0.0)  # pyright: ignore[reportArgumentType]
