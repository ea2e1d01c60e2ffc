"""Decisions of people about a stored plan: approve, reject, stop all writes. Nothing here sends anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from asana_intel.changes import audit
from asana_intel.changes.ledger import StoredPlan, expire_plans, read_plan, require_unchanged
from asana_intel.errors import ConfigError, PermanentError, RefusedError

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812

    from asana_intel.storage.postgres import Database


@dataclass(frozen=True)
class Decision:
    """What a decision did: the plan's state after it and how many rows it concerned."""

    plan_id: str
    plan_state: str
    rows: int


def approve(
    database: Database,
    plan_id: str,
    approver: str,
    now: datetime,
    rows: Sequence[str] | None = None,
    *,
    approvers: Sequence[str] = (),
) -> Decision:
    """Approve a plan, or some of its rows, exactly as they are stored.

    Args:
        database: The ledger.
        plan_id: Plan.
        approver: Who approves; not the plan's author.
        now: Ledger time, UTC.
        rows: Keys of the rows; None = all that are still undecided.
        approvers: Who may approve (settings.review.approvers); empty = anyone but the author.

    Raises:
        RefusedError: The author approves, the approver is not on the list, or the plan expired, was superseded or
            rejected, or was changed.
        PermanentError: There is no such plan or row.
    """
    return _decide(database, plan_id, approver, now, rows, "approved", approvers)


def reject(
    database: Database,
    plan_id: str,
    approver: str,
    now: datetime,
    rows: Sequence[str] | None = None,
    *,
    approvers: Sequence[str] = (),
) -> Decision:
    """Reject a plan or some of its rows, approved ones that were not sent yet too; the author may withdraw their own.

    Arguments and errors as `approve`.
    """
    return _decide(database, plan_id, approver, now, rows, "rejected", approvers)


def set_kill_switch(database: Database, *, stopped: bool, actor: str, now: datetime) -> None:
    """Stop every write at once, or allow them again; from the commit on no send can begin while stopped."""
    with database.transaction() as connection:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE control SET kill_switch = %s, changed_by = %s, changed_at = %s", (stopped, actor, now)
            )
        audit.append(connection, now, actor, "writes_stopped" if stopped else "writes_allowed", {})


def _decide(
    database: Database,
    plan_id: str,
    approver: str,
    now: datetime,
    rows: Sequence[str] | None,
    decision: str,
    approvers: Sequence[str],
) -> Decision:
    with database.transaction() as connection:
        expire_plans(connection, now)
    with database.transaction() as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM plan WHERE plan_id = %s FOR UPDATE", (plan_id,))
        plan = read_plan(connection, plan_id)
        _require_right(plan, approver, decision, approvers)
        _require_open(plan)
        require_unchanged(plan)
        keys = _chosen(plan, rows, decision)
        _write(connection, plan, keys, approver, decision, now)
        state = _state_after(read_plan(connection, plan_id))
        with connection.cursor() as cursor:
            cursor.execute("UPDATE plan SET state = %s WHERE plan_id = %s", (state, plan_id))
        audit.append(
            connection, now, approver, f"plan_{decision}",
            {"plan_id": plan_id, "plan_hash": plan.plan_hash, "row_keys": keys},
        )  # fmt: skip
    return Decision(plan_id, state, len(keys))


def _require_right(plan: StoredPlan, approver: str, decision: str, approvers: Sequence[str]) -> None:
    who = _folded(approver)
    if not who:
        raise ConfigError("A decision needs a name", fix="say who decides")
    if decision == "approved" and who == _folded(plan.author):
        raise RefusedError(
            f"{approver} made plan {plan.plan_id} and may not approve it", fix="ask someone else to review it"
        )
    is_author = who == _folded(plan.author)
    if approvers and not is_author and who not in {_folded(name) for name in approvers}:
        raise RefusedError(f"{approver} is not on the list of approvers", fix="review.approvers in asana_intel.toml")


def _require_open(plan: StoredPlan) -> None:
    if plan.state in {"proposed", "approved"}:
        return
    why = {
        "expired": "expired and waits for nobody",
        "superseded": "was superseded by a newer one",
        "rejected": "was rejected",
    }.get(plan.state, f"is {plan.state}")
    raise RefusedError(f"Plan {plan.plan_id} {why}", fix="compute a fresh one: asana-intel plan")


def _chosen(plan: StoredPlan, rows: Sequence[str] | None, decision: str) -> list[str]:
    """Keys to decide: pending ones, and for a rejection also approved ones that nothing was sent of."""
    changeable = {"pending"} if decision == "approved" else {"pending", "approved"}
    free = [r.row_key for r in plan.rows if r.decision in changeable and r.state == "planned" and not r.attempts]
    if rows is None:
        return free
    unknown = sorted(set(rows) - {row.row_key for row in plan.rows})
    if unknown:
        raise PermanentError(f"Plan {plan.plan_id} has no row {', '.join(unknown)}")
    decided = sorted(set(rows) - set(free))
    if decided:
        raise RefusedError(f"Row {', '.join(decided)} of plan {plan.plan_id} is decided already")
    return [key for key in free if key in set(rows)]


def _write(
    connection: Connection, plan: StoredPlan, keys: list[str], approver: str, decision: str, now: datetime
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE plan_row SET decision = %s, decided_by = %s, decided_at = %s"
            " WHERE plan_id = %s AND row_key = ANY(%s)",
            (decision, approver, now, plan.plan_id, keys),
        )
        cursor.execute(
            "INSERT INTO approval (plan_id, plan_hash, approver, decision, row_keys, at) VALUES (%s,%s,%s,%s,%s,%s)",
            (plan.plan_id, plan.plan_hash, approver, decision, keys, now),
        )


def _state_after(plan: StoredPlan) -> str:
    decisions = {row.decision for row in plan.rows}
    if "approved" in decisions:
        return "approved"
    return "proposed" if "pending" in decisions else "rejected"


def _folded(name: str) -> str:
    return name.strip().casefold()
