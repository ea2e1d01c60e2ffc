"""Decisions of people about a stored plan: approve, reject, stop all writes. Nothing here sends anything."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from asana_intel.changes import audit
from asana_intel.changes.ledger import POLICY, StoredPlan, expire_plans, following, read_plan, require_unchanged
from asana_intel.errors import ConfigError, PermanentError, RefusedError

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812

    from asana_intel.storage.postgres import Database


_PROGRAMS = frozenset({"asana-intel", POLICY, "ledger"})


@dataclass(frozen=True)
class Decision:
    """What a decision did: the plan's state after it, rows it concerned, and whether one more person must agree."""

    plan_id: str
    plan_state: str
    rows: int
    needs_another: bool = False


def approve(
    database: Database,
    plan_id: str,
    approver: str,
    now: datetime,
    rows: Sequence[str] | None = None,
    *,
    approvers: Sequence[str] = (),
    plan_hash: str | None = None,
) -> Decision:
    """Approve a plan, or some of its rows, exactly as they are stored.

    Where a plan needs two approvals, a row is approved when the second person has said so.

    Args:
        database: The ledger.
        plan_id: Plan.
        approver: Who approves; neither the plan's author nor a program.
        now: Ledger time, UTC.
        rows: Keys of the rows; None = all that are still undecided.
        approvers: Who may approve (settings.review.approvers); empty = anyone but the author.
        plan_hash: Hash of the plan that was looked at; None = as it is stored now.

    Raises:
        RefusedError: The author or a program approves, the approver is not on the list, another plan was looked at,
            or it expired, was superseded or rejected, or was changed, or a row would be approved without the one that
            it follows from. The refusal stands in the audit.
        PermanentError: There is no such plan or row.
    """
    return _decide(database, plan_id, approver, now, rows, "approved", approvers, plan_hash)


def reject(
    database: Database,
    plan_id: str,
    approver: str,
    now: datetime,
    rows: Sequence[str] | None = None,
    *,
    approvers: Sequence[str] = (),
    plan_hash: str | None = None,
) -> Decision:
    """Reject a plan or some of its rows, approved ones that were not sent yet too; the author may withdraw their own.

    With a row goes what follows from it.

    Arguments and errors as `approve`.
    """
    return _decide(database, plan_id, approver, now, rows, "rejected", approvers, plan_hash)


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
    plan_hash: str | None,
) -> Decision:
    with database.transaction("approver") as connection:
        expire_plans(connection, now)
    refusals = _refusals_on_record(database, plan_id, approver, decision, now)
    with refusals, database.transaction("approver") as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM plan WHERE plan_id = %s FOR UPDATE", (plan_id,))
        plan = read_plan(connection, plan_id)
        _require_right(plan, approver, decision, approvers)
        _require_open(plan)
        if plan_hash is not None and plan_hash != plan.plan_hash:
            raise RefusedError(f"Plan {plan_id} is not the one that was looked at", fix="look at it again")
        require_unchanged(plan)
        keys = _whole(plan, _chosen(plan, rows, decision), decision)
        _write(connection, plan, keys, approver, decision, now)
        after = read_plan(connection, plan_id)
        state = _state_after(after)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE plan SET state = %s WHERE plan_id = %s", (state, plan_id))
        audit.append(
            connection, now, approver, f"plan_{decision}",
            {"plan_id": plan_id, "plan_hash": plan.plan_hash, "row_keys": keys},
        )  # fmt: skip
    is_open = decision == "approved" and any(r.row_key in keys and r.decision == "pending" for r in after.rows)
    return Decision(plan_id, state, len(keys), needs_another=is_open)


@contextlib.contextmanager
def _refusals_on_record(
    database: Database, plan_id: str, approver: str, decision: str, now: datetime
) -> Iterator[None]:
    """Whoever tried to decide what they may not: the chain keeps it."""
    try:
        yield
    except RefusedError as refused:
        with database.transaction("approver") as connection:
            body = {"plan_id": plan_id, "decision": decision, "reason": refused.message}
            audit.append(connection, now, approver, "decision_refused", body)
        raise


def _require_right(plan: StoredPlan, approver: str, decision: str, approvers: Sequence[str]) -> None:
    who = _folded(approver)
    if not who:
        raise ConfigError("A decision needs a name", fix="say who decides")
    if decision == "approved" and who == _folded(plan.author):
        raise RefusedError(
            f"{approver} made plan {plan.plan_id} and may not approve it", fix="ask someone else to review it"
        )
    if decision == "approved" and who in _PROGRAMS:
        raise RefusedError(f"{approver} is a program and may not approve", fix="a person must decide")
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


def _whole(plan: StoredPlan, keys: list[str], decision: str) -> list[str]:
    """Keys with what follows from them, where they are rejected; else all of whose causes are approved, too."""
    if decision == "rejected":
        also = following(plan.rows, keys) & set(_chosen(plan, None, decision))
        return [row.row_key for row in plan.rows if row.row_key in also or row.row_key in keys]
    agreed = {row.row_key for row in plan.rows if row.decision == "approved"} | set(keys)
    alone = [row for row in plan.rows if row.row_key in keys and row.after_key not in agreed | {None}]
    if alone:
        raise RefusedError(
            f"Row {alone[0].row_key} follows from row {alone[0].after_key}, which is not approved",
            fix="approve both, or neither",
        )
    return keys


def _write(
    connection: Connection, plan: StoredPlan, keys: list[str], approver: str, decision: str, now: datetime
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO approval (plan_id, plan_hash, approver, decision, row_keys, at) VALUES (%s,%s,%s,%s,%s,%s)",
            (plan.plan_id, plan.plan_hash, approver, decision, keys, now),
        )
        cursor.execute(
            "UPDATE plan_row SET decision = %s, decided_by = %s, decided_at = %s"
            " WHERE plan_id = %s AND row_key = ANY(%s)"
            " AND (%s = 'rejected' OR approvers_of(plan_id, row_key) >= %s)",
            (decision, approver, now, plan.plan_id, keys, decision, plan.approvals_needed),
        )


def _state_after(plan: StoredPlan) -> str:
    decisions = {row.decision for row in plan.rows}
    if "approved" in decisions:
        return "approved"
    return "proposed" if "pending" in decisions else "rejected"


def _folded(name: str) -> str:
    return name.strip().casefold()
