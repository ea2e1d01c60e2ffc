"""What PostgreSQL remembers for the report: plans, decisions, receipts, syncs, what models took. Reads only."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from asana_intel.storage.postgres import Database

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

_LAST_PLANS = 12
_LAST_SYNCS = 30
_LAST_MODEL_DAYS = 90
_LAST_LEFT = 50


@dataclass(frozen=True)
class PlanRow:
    """One change of a plan, what a reviewer decided on it, and how far it came."""

    plan_id: str | None
    row_key: str
    kind: str
    target_type: str
    target_gid: str
    field: str | None
    old_value: str | None
    new_value: str
    reason: str
    evidence_gids: list[str] | None
    position: int
    decision: str = "pending"
    decided_by: str | None = None
    state: str = "planned"


@dataclass(frozen=True)
class StoredPlan:
    """One plan as the ledger holds it; `purpose` is weekly or setup."""

    plan_id: str
    purpose: str
    as_of_on: date
    author: str
    mode: str
    created_at: datetime
    expires_at: datetime
    state: str


@dataclass(frozen=True)
class Receipt:
    """One write that Asana accepted, and whether reading back showed the wanted value."""

    plan_id: str
    kind: str
    target_type: str
    target_gid: str
    field: str | None
    old_value: str | None
    new_value: str
    is_verified: bool
    written_at: datetime


@dataclass(frozen=True)
class LeftRow:
    """One approved change that was not written because a person was first, and how that showed."""

    plan_id: str
    kind: str
    target_type: str
    target_gid: str
    field: str | None
    why: str


@dataclass(frozen=True)
class SyncRun:
    """One sync: what it cost and what it brought."""

    workspace_gid: str
    synced_at: datetime
    how: str
    requests: int
    minimum_requests: int
    told: int
    lost: int
    rows_added: int
    rows_changed: int
    rows_deleted: int
    unavailable: dict[str, str]
    warnings: list[str]


@dataclass(frozen=True)
class ModelDay:
    """What one model took on one day (UTC); `usd` is None where a request has no known price."""

    on: date
    model: str
    requests: int
    tokens: int
    usd: float | None


@dataclass(frozen=True)
class LedgerRows:
    """All of it, newest first. `is_connected` is False where no database was asked."""

    is_connected: bool = False
    plans: tuple[StoredPlan, ...] = ()
    rows: tuple[PlanRow, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    syncs: tuple[SyncRun, ...] = ()
    models: tuple[ModelDay, ...] = ()
    left: tuple[LeftRow, ...] = ()


_PLANS = """SELECT plan_id, purpose, as_of_on, author, mode, created_at, expires_at, state FROM plan
    ORDER BY created_at DESC, plan_id LIMIT %s"""
_ROWS = """SELECT plan_id, row_key, kind, target_type, target_gid, field, old_value, new_value, reason, evidence_gids,
    position, decision, decided_by, state FROM plan_row WHERE plan_id = ANY(%s) ORDER BY plan_id, position, row_key"""
_RECEIPTS = """SELECT plan_id, kind, target_type, target_gid, field, old_value, new_value, verified, at
    FROM write_receipt ORDER BY at DESC, receipt_id DESC"""
_LEFT = """SELECT plan_id, kind, target_type, target_gid, field, coalesce(error, state) FROM plan_row
    WHERE state IN ('stale', 'overridden') ORDER BY decided_at DESC NULLS LAST, plan_id, position LIMIT %s"""
_SYNCS = """SELECT workspace_gid, synced_at, how, requests, minimum_requests, told, lost, rows_added, rows_changed,
    rows_deleted, unavailable, warnings FROM sync_run ORDER BY synced_at DESC, sync_id DESC LIMIT %s"""

_MODELS = """SELECT (at AT TIME ZONE 'UTC')::date, model, count(*), sum(counted_tokens)::bigint,
    CASE WHEN bool_and(counted_usd IS NOT NULL) THEN sum(counted_usd)::float END
    FROM model_call GROUP BY 1, 2 ORDER BY 1 DESC, 2 LIMIT %s"""


def read_ledger(database: Database | None) -> LedgerRows:
    """The last plans with the decisions on their rows, every receipt, the last syncs, and what models took lately."""
    if database is None:
        return LedgerRows()
    with database.transaction() as connection, connection.cursor() as cursor:
        plans = tuple(StoredPlan(*row) for row in _rows(cursor, _PLANS, _LAST_PLANS))
        rows = _rows(cursor, _ROWS, [plan.plan_id for plan in plans])
        return LedgerRows(
            is_connected=True,
            plans=plans,
            rows=tuple(PlanRow(*row) for row in rows),
            receipts=tuple(Receipt(*row) for row in _rows(cursor, _RECEIPTS)),
            syncs=tuple(SyncRun(*row) for row in _rows(cursor, _SYNCS, _LAST_SYNCS)),
            left=tuple(LeftRow(*row) for row in _rows(cursor, _LEFT, _LAST_LEFT)),
            models=tuple(ModelDay(*row) for row in _rows(cursor, _MODELS, _LAST_MODEL_DAYS)),
        )


def _rows(cursor: "Cursor", statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    cursor.execute(statement, parameters)
    return cursor.fetchall()
