"""What the ledger tells of the past: entries of the chain, and the whole story of one written row. Reads only."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from asana_intel.changes.audit import Entry
from asana_intel.changes.ledger import PlanRow, read_plan, read_row, require_unchanged
from asana_intel.errors import PermanentError, RefusedError

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812

    from asana_intel.storage.postgres import Database

_T = TypeVar("_T")


@dataclass(frozen=True)
class Told:
    """An entry of the chain, and the row of a plan that it is about; None where it is about no single row."""

    entry: Entry
    row: PlanRow | None


@dataclass(frozen=True)
class Wanted:
    """Which entries are asked for; what is None does not narrow.

    Args:
        plan_id: Of this plan.
        object_gid: About this object: its fields, what was created below it or is it, and decisions on its rows.
        event: Of this name, such as `row_done`.
        since: At this instant or later, UTC.
        last: At most so many, the newest.
    """

    plan_id: str | None = None
    object_gid: str | None = None
    event: str | None = None
    since: datetime | None = None
    last: int = 50


@dataclass(frozen=True)
class PlanFacts:
    """A plan without its rows; columns as in the table `plan`."""

    plan_id: str
    plan_hash: str
    purpose: str
    as_of_at: datetime
    author: str
    mode: str
    created_at: datetime
    expires_at: datetime
    state: str


@dataclass(frozen=True)
class GateResult:
    """How one table's suite came out for a plan; columns as in the table `gate_result`."""

    table_key: str
    passed: bool
    row_count: int
    failed: list[str]
    evaluated_at: datetime


@dataclass(frozen=True)
class Approval:
    """Who decided what and when; columns as in the table `approval`."""

    approver: str
    decision: str
    plan_hash: str
    at: datetime


@dataclass(frozen=True)
class Receipt:
    """What was written and read back; columns as in the table `write_receipt`."""

    new_value: str
    result_gid: str | None
    verified: bool
    at: datetime


@dataclass(frozen=True)
class CreatedObject:
    """What exists in Asana because of a row; columns as in the table `created_object`."""

    marker: str
    result_gid: str
    at: datetime


@dataclass(frozen=True)
class RowStory:
    """One row from plan to receipt.

    Args:
        plan: Where it stands.
        row: What it says, and how far it got.
        gates: How the plan was judged, in order of time.
        approvals: Decisions on this row, in order of time.
        entries: Of the chain, about the row or its plan as a whole.
        receipt: Of the write; None where nothing was sent.
        created: What was created; None for a row that only sets something.
        contradictions: Where the tables do not say what the chain says; whether the chain is whole, heads.py tells.
    """

    plan: PlanFacts
    row: PlanRow
    gates: tuple[GateResult, ...]
    approvals: tuple[Approval, ...]
    entries: tuple[Entry, ...]
    receipt: Receipt | None
    created: CreatedObject | None
    contradictions: tuple[str, ...]


def entries(database: Database, wanted: Wanted) -> tuple[list[Told], bool]:
    """The entries asked for, oldest first, and whether older ones were left out.

    Raises:
        PermanentError: There is no such plan.
    """
    conditions: list[str] = []
    arguments: list[Any] = []
    for value, condition in (
        (wanted.plan_id, "(body->>'plan_id' = %s OR body->>'by' = %s)"),
        (wanted.object_gid, _ABOUT_OBJECT),
        (wanted.event, "event = %s"),
        (wanted.since, "at >= %s"),
    ):
        if value is not None:
            conditions.append(condition)
            arguments.extend([value] * condition.count("%s"))
    where = " AND ".join(conditions) or "true"
    with database.transaction("auditor") as connection:
        if wanted.plan_id is not None:
            _plan(connection, wanted.plan_id)
        found = _read(connection, Entry, "audit", f"{where} ORDER BY seq DESC LIMIT %s", (*arguments, wanted.last + 1))
        told = [Told(entry, _row_of(connection, entry)) for entry in reversed(found[: wanted.last])]
    return told, len(found) > wanted.last


def events(database: Database) -> list[str]:
    """Names of the events that stand on the chain."""
    with database.transaction("auditor") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT event FROM audit ORDER BY event")
        return [event for (event,) in cursor.fetchall()]


def row_stories(database: Database, row_key: str, plan_id: str | None = None) -> list[RowStory]:
    """The story of a row in each plan that holds it, oldest first: a plan computed again holds many rows of the old.

    Args:
        database: The ledger.
        row_key: Row.
        plan_id: Only in this plan.

    Raises:
        PermanentError: There is no such plan, or no such row in it.
    """
    with database.transaction("auditor") as connection, connection.cursor() as cursor:
        if plan_id is not None:
            _plan(connection, plan_id)
        cursor.execute(
            "SELECT plan_id FROM plan_row JOIN plan USING (plan_id)"
            " WHERE row_key = %s AND plan_id = coalesce(%s, plan_id) ORDER BY created_at, plan_id",
            (row_key, plan_id),
        )
        stories = [_story(connection, found, row_key) for (found,) in cursor.fetchall()]
    if not stories:
        where = f"Plan {plan_id} has" if plan_id else "There is"
        raise PermanentError(f"{where} no row {row_key}", fix="asana-intel audit show lists what happened, with keys")
    return stories


_OF_THE_PLAN = frozenset({"plan_proposed", "plan_approved", "plan_rejected", "apply_started"})
_ONE_ROW = "plan_id = %s AND row_key = %s"
_CREATED_BY = "kind = %s AND result_gid = %s"  # a row that finds what an earlier one created is not the one it names
# Decisions name rows and not objects.
_ABOUT_OBJECT = (
    "(EXISTS (SELECT 1 FROM jsonb_each_text(body) AS told WHERE told.key LIKE '%%\\_gid' AND told.value = %s)"
    " OR EXISTS (SELECT 1 FROM plan_row r WHERE r.target_gid = %s AND r.plan_id = body->>'plan_id'"
    " AND body->'row_keys' ? r.row_key))"
)
_ABOUT_ROW = (
    "body->>'plan_id' = %s AND (body->>'row_key' = %s OR body->'row_keys' ? %s"
    " OR NOT body ?| array['row_key', 'row_keys']) ORDER BY seq"
)


def _story(connection: Connection, plan_id: str, row_key: str) -> RowStory:
    plan, row, which = _plan(connection, plan_id), read_row(connection, plan_id, row_key), (plan_id, row_key)
    of_plan = _read(connection, GateResult, "gate_result", "plan_hash = %s ORDER BY gate_id", (plan.plan_hash,))
    approvals = _read(
        connection, Approval, "approval", "plan_id = %s AND %s = ANY(row_keys) ORDER BY approval_id", which
    )  # fmt: skip
    told = _read(connection, Entry, "audit", _ABOUT_ROW, (*which, row_key))
    receipt = next(iter(_read(connection, Receipt, "write_receipt", _ONE_ROW, which)), None)
    created = next(
        iter(_read(connection, CreatedObject, "created_object", _CREATED_BY, (row.kind, row.result_gid))), None
    )
    wrong = _contradictions(connection, plan, row, told, receipt)
    return RowStory(plan, row, tuple(of_plan), tuple(approvals), tuple(told), receipt, created, tuple(wrong))


def _contradictions(
    connection: Connection, plan: PlanFacts, row: PlanRow, told: Sequence[Entry], receipt: Receipt | None
) -> list[str]:
    wrong: list[str] = []
    try:
        require_unchanged(read_plan(connection, plan.plan_id))
    except RefusedError:
        wrong.append("the rows of the plan are not those that its hash stands for")
    for entry in told:
        if entry.event in _OF_THE_PLAN and entry.body["plan_hash"] != plan.plan_hash:
            wrong.append(f"entry {entry.seq} tells of another hash of the plan")
        if entry.body.get("row_key") == row.row_key and entry.body.get("new_hash") != _digest(row.new_value):
            wrong.append(f"entry {entry.seq} tells of another new value than the row")
    if receipt is not None and receipt.new_value != row.new_value:
        wrong.append("the receipt tells of another new value than the row")
    return wrong


def _plan(connection: Connection, plan_id: str) -> PlanFacts:
    found = _read(connection, PlanFacts, "plan", "plan_id = %s", (plan_id,))
    if not found:
        raise PermanentError(f"There is no plan {plan_id}", fix="asana-intel audit show lists what happened")
    return found[0]


def _row_of(connection: Connection, entry: Entry) -> PlanRow | None:
    if not {"plan_id", "row_key"} <= entry.body.keys():
        return None
    which = entry.body["plan_id"], entry.body["row_key"]
    return next(iter(_read(connection, PlanRow, "plan_row", _ONE_ROW, which)), None)


def _read(connection: Connection, shape: type[_T], table: str, condition: str, arguments: Sequence[Any]) -> list[_T]:
    """Rows of a table as a shape whose fields are called as its columns."""
    names: Sequence[str] = getattr(shape, "__match_args__")  # noqa: B009 - of dataclasses and named tuples alike
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(names)} FROM {table} WHERE {condition}", tuple(arguments))
        return [shape(*values) for values in cursor.fetchall()]


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
