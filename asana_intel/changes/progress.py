"""Moves of a plan and its rows from state to state, each in one transaction with its audit row. No decision here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from asana_intel.changes import audit, ownership
from asana_intel.changes.crash_points import reached
from asana_intel.changes.ledger import PlanRow, StoredPlan, read_plan
from asana_intel.errors import RefusedError
from asana_intel.settings import Mode

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812

    from asana_intel.storage.postgres import Database

_HELD = "AI001"  # what the triggers raise for a rule about one row
FINAL = frozenset({"done", "noop", "stale", "failed", "overridden"})


@dataclass(frozen=True)
class Created:
    """Identity of something that exists in Asana because of a row."""

    idem_key: str
    marker: str


def require_approved(plan: StoredPlan) -> None:
    """Pass a plan that people have approved, wholly or in part.

    Raises:
        RefusedError: It waits for a decision, or the decision was no, or its time is over.
    """
    if plan.state in {"approved", "applying", "applied"}:
        return
    fix = f"asana-intel approve {plan.plan_id}" if plan.state == "proposed" else "asana-intel plan"
    raise RefusedError(f"Nothing was written: plan {plan.plan_id} is {plan.state}, not approved", fix=fix)


def note_writer(database: Database, user_gid: str, at: datetime) -> None:
    """Note whom Asana names as the author of what is sent, so that the event sensor tells it from people's changes."""
    with database.transaction("worker") as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO writer_user (user_gid, seen_at) VALUES (%s, %s)"
            " ON CONFLICT (user_gid) DO UPDATE SET seen_at = excluded.seen_at",
            (user_gid, at),
        )


def require_sendable(database: Database, plan: StoredPlan, at: datetime) -> None:
    """Refuse early, and in words, what the trigger would refuse row by row.

    Raises:
        RefusedError: Kill switch, mode, state, expiry or gate forbid it; the message says which.
    """
    with database.transaction("worker") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT send_refusal(%s, %s)", (plan.plan_id, at))
        refusal = (cursor.fetchone() or ("the ledger gave no answer",))[0]
    if refusal is not None:
        raise RefusedError(f"Nothing was written: {refusal}", fix=f"asana-intel review {plan.plan_id}")


def start_applying(database: Database, plan: StoredPlan, actor: str, at: datetime) -> None:
    """Mark the plan as being applied and count the attempt."""
    with database.transaction("worker") as connection:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE plan SET state = 'applying', apply_attempts = apply_attempts + 1"
                " WHERE plan_id = %s AND state IN ('approved', 'applying')",
                (plan.plan_id,),
            )
        audit.append(
            connection, at, actor, "apply_started", {"plan_id": plan.plan_id, "plan_hash": plan.plan_hash}
        )  # fmt: skip


def stop_applying(database: Database, plan_id: str, actor: str, at: datetime) -> str:
    """Give the plan the state its rows are in: applied when nothing is left to decide or send, else approved."""
    with database.transaction("worker") as connection:
        plan = read_plan(connection, plan_id)
        is_over = all(row.state in FINAL or row.decision == "rejected" for row in plan.rows)
        state = "applied" if is_over else "approved"
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE plan SET state = %s WHERE plan_id = %s AND state IN ('approved', 'applying')",
                (state, plan_id),
            )
            if cursor.rowcount and plan.state == "applying":
                audit.append(
                    connection, at, actor, "apply_ended", {"plan_id": plan_id, "rows": plan.counts("state")}
                )  # fmt: skip
        return read_plan(connection, plan_id).state


def require_running(connection: Connection) -> None:
    """Pass unless all writes were stopped.

    Raises:
        RefusedError: The kill switch is on.
    """
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT kill_switch FROM control")
        (stopped,) = cursor.fetchone() or (True,)
    if stopped:
        raise RefusedError("Not written: the kill switch is on", fix="asana-intel resume")


def mode_of(connection: Connection, row: PlanRow) -> Mode:
    """The mode that holds for a row."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT mode_of(%s, %s, %s, mode) FROM plan WHERE plan_id = %s",
            (row.capability, row.team_gid, row.field, row.plan_id),
        )
        (mode,) = cursor.fetchone() or (Mode.observe,)
    return Mode(mode)


def cause_not_made(connection: Connection, row: PlanRow) -> str | None:
    """Why the row that this one follows from will never be written; None where it was or may be, or there is none."""
    if row.after_key is None:
        return None
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, decision, error FROM plan_row WHERE plan_id = %s AND row_key = %s",
            (row.plan_id, row.after_key),
        )
        state, decision, error = cursor.fetchone() or ("planned", "rejected", None)
    if decision == "rejected":
        return "rejected"
    return f"{state}: {error}" if state in FINAL and state not in {"done", "noop"} else None


def begin_send(connection: Connection, row: PlanRow, live: str | None, actor: str, at: datetime) -> None:
    """Commit that a row is about to be sent. Only after this returns may the request leave.

    Raises:
        HeldError: A rule about this very row forbids it; other rows may be sent.
        RefusedError: The trigger forbids it.
        OvertakenError: Another worker has claimed the row, or it is no longer waiting.
    """
    import psycopg2
    import psycopg2.errors

    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "UPDATE plan_row SET state = 'sending', attempts = attempts + 1, pre_read = %s, error = NULL,"
                " looks = 0, first_sent_at = coalesce(first_sent_at, %s), last_sent_at = %s"
                " WHERE plan_id = %s AND row_key = %s AND state = 'planned' AND epoch = %s",
                (live, at, at, row.plan_id, row.row_key, row.epoch),
            )
            _require_one(cursor.rowcount, row)
            audit.append(connection, at, actor, "row_sending", _body(row) | {"old_hash": _digest(live)})
            reached("sending: before the commit")
    except psycopg2.errors.RaiseException as refused:
        reason = str(refused.diag.message_primary)
        raise RefusedError(f"Not written: {reason}", fix=f"asana-intel review {row.plan_id}") from None
    except psycopg2.Error as refused:
        if refused.pgcode != _HELD:
            raise
        raise HeldError(str(refused.diag.message_primary)) from None


@dataclass(frozen=True)
class Move:
    """What becomes of a row.

    Args:
        state: Next state.
        result_gid: What was written or found.
        error: Why it did not come to pass.
        verified: Read back and equal; given for rows that were sent, which makes a receipt.
        created: Identity of the object that now exists.
        not_before: Until when there is nothing to find out.
        looks: Looks that found nothing since it was sent.
        displaced: A person's value that ours replaced, and that goes back.
        left: Canonical value that stands now in a field that is ours; None where it is as it was.
        persons: Why the field is a person's from now on.
    """

    state: str
    result_gid: str | None = None
    error: str | None = None
    verified: bool | None = None
    created: Created | None = None
    not_before: datetime | None = None
    looks: int = 0
    displaced: str | None = None
    left: str | None = None
    persons: str | None = None


def move(connection: Connection, row: PlanRow, to: Move, actor: str, at: datetime) -> None:
    """Give a row its next state, with its receipt, its field's owner and its audit row, in one transaction.

    Raises:
        OvertakenError: Another worker has claimed the row meanwhile; nothing is changed.
    """
    applied_at = at if to.state in {"done", "noop"} else None
    goes_on = to.state in {"sent", "restoring"} and to.error is None
    with connection:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE plan_row SET state = %s, result_gid = coalesce(%s, result_gid), error = %s, applied_at = %s,"
                " not_before = %s, looks = %s, displaced = coalesce(%s, displaced),"
                " lease_until = CASE WHEN %s THEN lease_until END"
                " WHERE plan_id = %s AND row_key = %s AND epoch = %s",
                (to.state, to.result_gid, to.error, applied_at, to.not_before, to.looks, to.displaced, goes_on,
                 row.plan_id, row.row_key, row.epoch),
            )  # fmt: skip
            _require_one(cursor.rowcount, row)
        if to.verified is not None:
            _write_receipt(connection, row, to.result_gid, to.verified, at)
        if to.created is not None and to.result_gid is not None:
            _remember(connection, row, to.created, to.result_gid, at)
        if row.field is not None and to.persons is not None:
            ownership.lost_to_a_person(connection, row.target_gid, row.field, row.new_value, at, to.persons)
        elif row.field is not None and to.left is not None:
            ownership.wrote(connection, row.target_gid, row.field, to.left, at)
        # What a person wrote is theirs to delete; from the chain nothing is deleted.
        error = "a person changed it" if to.persons is not None else to.error
        told = {"result_gid": to.result_gid, "error": error, "verified": to.verified}
        body = _body(row) | {k: v for k, v in told.items() if v is not None}
        if to.displaced is not None:
            body["displaced_hash"] = _digest(to.displaced)
        audit.append(connection, at, actor, f"row_{to.state}", body)
        reached(f"{to.state}: before the commit")
    reached(f"{to.state}: committed")


class HeldError(RefusedError):
    """A rule about this very row, which may change again, forbids to send it now."""


class OvertakenError(RefusedError):
    """Another worker has claimed the row: whatever this one knows of it is void."""


def _require_one(rows: int, row: PlanRow) -> None:
    if rows != 1:
        raise OvertakenError(f"Row {row.row_key} of plan {row.plan_id} is no longer this worker's")


def _write_receipt(connection: Connection, row: PlanRow, result_gid: str | None, verified: bool, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO write_receipt (plan_id, row_key, kind, target_type, target_gid, field, old_value, new_value,"
            " result_gid, verified, at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (row.plan_id, row.row_key, row.kind, row.target_type, row.target_gid, row.field, row.old_value,
             row.new_value, result_gid, verified, at),
        )  # fmt: skip


def _remember(connection: Connection, row: PlanRow, created: Created, result_gid: str, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO created_object (idem_key, marker, kind, target_gid, result_gid, plan_id, row_key, at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (idem_key) DO UPDATE"
            " SET result_gid = excluded.result_gid, plan_id = excluded.plan_id, row_key = excluded.row_key,"
            " at = excluded.at WHERE created_object.result_gid <> excluded.result_gid",
            (created.idem_key, created.marker, row.kind, row.target_gid, result_gid, row.plan_id, row.row_key, at),
        )


def created_before(connection: Connection, idem_key: str) -> str | None:
    """Gid of what was created for the same intent before, standing or not; None where we took it back ourselves."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT result_gid FROM created_object c WHERE idem_key = %s AND NOT EXISTS (SELECT 1 FROM plan_row d"
            " WHERE d.kind = 'delete_object' AND d.target_gid = c.result_gid AND d.state = 'done')",
            (idem_key,),
        )
        found = cursor.fetchone()
    return None if found is None else found[0]


def _body(row: PlanRow) -> dict[str, Any]:
    """What the chain keeps of a row: ids and hashes; the values stand in the row, which cannot change."""
    return {
        "plan_id": row.plan_id,
        "row_key": row.row_key,
        "kind": row.kind,
        "target_gid": row.target_gid,
        "field": row.field,
        "new_hash": _digest(row.new_value),
    }


def _digest(value: str | None) -> str | None:
    return None if value is None else hashlib.sha256(value.encode()).hexdigest()
