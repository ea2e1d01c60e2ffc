"""The record of a week's writes for those who look in Asana: a row for one task a week. Neither signs nor sends.

It proves nothing by itself, but its signed head stands where those who keep the database do not reach.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from asana_intel.changes.canonical import canonical_object
from asana_intel.changes.heads import last_head
from asana_intel.changes.identity import row_marker

if TYPE_CHECKING:
    from asana_intel.changes.inputs import PlanInputs, Week
    from asana_intel.storage.postgres import Database

PROJECT = "AI Audit"
FIELD = "audit_record"


def record_of(database: Database, heads: Path, week_on: date) -> str | None:
    """What the week before wrote, plan by plan, and the signed head; None where nothing was written.

    Args:
        database: The ledger.
        heads: Folder of the signed heads.
        week_on: Monday of the running week, UTC.
    """
    until = datetime.combine(week_on, time.min, UTC)
    with database.transaction("auditor") as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT w.plan_id, p.plan_hash, p.purpose, count(*), count(*) FILTER (WHERE NOT w.verified),"
            " (SELECT string_agg(DISTINCT a.approver, ', ') FROM approval a"
            "   WHERE a.plan_id = w.plan_id AND a.decision = 'approved')"
            " FROM write_receipt w JOIN plan p USING (plan_id) WHERE w.at >= %s AND w.at < %s"
            " GROUP BY w.plan_id, p.plan_hash, p.purpose ORDER BY min(w.at)",
            (until - timedelta(days=7), until),
        )
        plans = cursor.fetchall()
    if not plans:
        return None
    lines = [
        f"{plan_id} ({purpose}): {rows} changes, {unverified} read back differently, approved by"
        f" {approvers or 'the policy'}\n  hash {plan_hash}"
        for plan_id, plan_hash, purpose, rows, unverified, approvers in plans
    ]
    head = last_head(heads)
    signed = f"\n\nSigned head: entry {head.seq}, {head.hash}\nsignature {head.signature}" if head else ""
    return "\n".join(lines) + signed


def audit_records(inputs: PlanInputs, week: Week) -> Iterator[dict[str, Any]]:
    """The task of the week, where a record is wanted, the project stands and the task does not."""
    found = inputs.projects.filter((pl.col("name") == PROJECT) & ~pl.col("is_archived"))["project_gid"].sort()
    if inputs.audit_record is None or found.is_empty():
        return
    year, number, _ = (week.as_of_on - timedelta(days=7)).isocalendar()
    body = {
        "name": f"Written in week {year}-W{number:02d}",
        "notes": inputs.audit_record,
        "project": PROJECT,
        "period": f"{year}-W{number:02d}",
    }
    row = week.row(
        "create_task", "review", ("project", found[0]), FIELD, canonical_object(body),
        "The record of the week before, for those who look in Asana.", evidence=[found[0]], confidence=1.0,
    )  # fmt: skip
    if row_marker(row, week.as_of_on, week.as_of_at) not in inputs.known_markers():
        yield row
