"""The fail-closed gate in PostgreSQL: what was evaluated for which plan, and whether that lets a write pass.

The rule itself is the SQL function `gate_refusal`, which the trigger on plan rows asks too: one rule, one place.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from asana_intel.errors import RefusedError
from asana_intel.quality.evaluate import CheckOutcome

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812

PLAN_TABLE = "changes/plan"


def record_gate(connection: Connection, plan_hash: str, outcome: CheckOutcome, evaluated_at: datetime) -> None:
    """Write down how one table came out for one plan; the latest evaluation of a table speaks.

    Args:
        connection: Open connection; the caller commits.
        plan_hash: Hash of the plan that would be written.
        outcome: Result of `evaluate`.
        evaluated_at: When, UTC.
    """
    failed = [check.name for check in outcome.failed if check.severity == "error"]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO gate_result (plan_hash, table_key, passed, row_count, failed, evaluated_at)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            (plan_hash, outcome.table, outcome.passed, outcome.rows, failed, evaluated_at),
        )


def require_open_gate(
    connection: Connection,
    plan_hash: str,
    tables: Sequence[str] = (PLAN_TABLE,),
    *,
    not_before: datetime,
) -> None:
    """Pass only if every table was evaluated for exactly this plan, late enough, and came out well.

    Args:
        connection: Open connection.
        plan_hash: Hash of the plan that would be written.
        tables: Tables that must have passed.
        not_before: When the plan's rows were stored; an older evaluation has not seen them.

    Raises:
        RefusedError: Names the table that failed, was never evaluated, or is stale, and its failed checks.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT gate_refusal(%s, %s, %s)", (plan_hash, list(tables), not_before))
        row = cursor.fetchone()
    if row is None or row[0] is not None:
        raise RefusedError(
            f"Nothing was written: {row[0] if row else 'the gate gave no answer'}",
            fix="mend the data, then compute the plan again: asana-intel plan",
        )
