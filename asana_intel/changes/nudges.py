"""How much of a plan is addressed to one person: counted and held back here, enforced by a trigger. Plans nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from asana_intel.changes.canonical import parsed

if TYPE_CHECKING:
    from asana_intel.storage.postgres import Database


def addressed(database: Database, week_on: date) -> dict[str, int]:
    """Things of ours that were addressed to each person in the plans of a week: person gid -> how many."""
    with database.transaction("auditor") as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT notifies_gid, nudges_of(notifies_gid, %(week)s) FROM plan_row JOIN plan USING (plan_id)"
            " WHERE notifies_gid IS NOT NULL AND as_of_on = %(week)s GROUP BY notifies_gid",
            {"week": week_on},
        )
        return dict(cursor.fetchall())


# Kind -> member of its value that names whom it tells; as the trigger reads it.
_ADDRESSEE = {"create_task": "assignee", "comment": "mentions", "set_assignee": None}


def within_budget(
    plan: pl.DataFrame, already: Mapping[str, int], limit: int, odds: Mapping[str, float] | None = None
) -> tuple[pl.DataFrame, int]:
    """Hold back what would address a person too often, the least important first.

    What is about a goal of low odds is more important; beside that, what we are surer of.

    Args:
        plan: Rows of changes/plan, in order.
        already: Things that were addressed to each person in the week, by gid.
        limit: Most things a person and week.
        odds: Goal gid -> odds of meeting it, 0..1.

    Returns:
        The plan without what is held back, positions without gaps, and how many rows that are.
    """
    odds, used = odds or {}, Counter(already)
    held_back: list[str] = []
    telling = plan.filter(pl.col("kind").is_in(_ADDRESSEE)).select(
        "row_key", "target_gid", "confidence", "new_value", "kind"
    )

    def by_importance(row: tuple[str, str, float | None, str, str]) -> tuple[float, str]:
        key, target_gid, confidence, *_ = row
        return (odds.get(target_gid, 1.0 - (confidence or 0.0)), key)

    for key, _, _, value, kind in sorted(telling.iter_rows(), key=by_importance):
        person = _addressee(kind, value)
        if person is None:
            continue
        used[person] += 1
        if used[person] > limit:
            held_back.append(key)
    if not held_back:
        return plan, 0
    held_back = _with_their_kin(plan, held_back)
    kept = plan.filter(~pl.col("row_key").is_in(held_back))
    position = pl.int_range(pl.len()).cast(plan.schema["position"]).alias("position")
    return kept.with_columns(position), len(held_back)


def _with_their_kin(plan: pl.DataFrame, keys: list[str]) -> list[str]:
    """Keys with all rows that they follow from, or that follow from those: half a move is none."""
    cause = dict(plan.select("row_key", "after_key").drop_nulls().iter_rows())

    def root(key: str) -> str:
        while key in cause:
            key = cause[key]
        return key

    roots = {root(key) for key in keys}
    return [key for key in plan["row_key"] if root(key) in roots]


def _addressee(kind: str, new_value: str) -> str | None:
    """Gid of the person whom a row tells of something, as Asana does when it is written."""
    value, member = parsed(new_value), _ADDRESSEE[kind]
    return value if member is None else value.get(member)
