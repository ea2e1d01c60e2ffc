"""Plans in PostgreSQL: store, load, list and show them. Decisions are in review.py, sending in apply.py."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from asana_intel.changes import audit
from asana_intel.changes.identity import plan_hash as hash_of
from asana_intel.errors import PermanentError, RefusedError
from asana_intel.settings import Mode
from asana_intel.storage.contracts import CONTRACTS

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812

    from asana_intel.storage.postgres import Database

PLAN_GATES = ("changes/plan",)
POLICY = "policy"
"""In whose name rows are approved that no person need see."""
Purpose = Literal["weekly", "setup", "revert", "repair", "adopt", "ask", "notice", "scenario", "check"]
_PLAN_COLUMNS = (
    "plan_id", "plan_hash", "purpose", "as_of_on", "as_of_at", "author", "mode", "created_at", "expires_at",
    "required_gates", "state", "apply_attempts", "approvals_needed",
)  # fmt: skip
_CONTENT = (
    "row_key", "kind", "capability", "target_type", "target_gid", "team_gid", "field", "old_value", "base", "new_value",
    "reason", "evidence_gids", "made_by", "risk", "confidence", "position", "after_key",
)  # fmt: skip
_PROGRESS = (
    "decision", "decided_by", "decided_at", "state", "attempts", "pre_read", "first_sent_at", "last_sent_at",
    "result_gid", "error", "applied_at", "epoch", "looks", "displaced",
)  # fmt: skip
_ROW = ("plan_id", *_CONTENT, *_PROGRESS)
ROW_COLUMNS = ", ".join(_ROW)
"""What a statement selects or returns for `row_of`."""


@dataclass(frozen=True)
class PlanRow:
    """One change of a stored plan, with its decision and how far it got; columns as in the table `plan_row`."""

    plan_id: str
    row_key: str
    kind: str
    capability: str
    target_type: str
    target_gid: str
    team_gid: str | None
    field: str | None
    old_value: str | None
    base: str
    new_value: str
    reason: str
    evidence_gids: tuple[str, ...]
    made_by: str
    risk: str
    confidence: float | None
    position: int
    decision: str = "pending"
    decided_by: str | None = None
    decided_at: datetime | None = None
    state: str = "planned"
    attempts: int = 0
    pre_read: str | None = None
    first_sent_at: datetime | None = None
    last_sent_at: datetime | None = None
    result_gid: str | None = None
    error: str | None = None
    applied_at: datetime | None = None
    epoch: int = 0
    looks: int = 0
    displaced: str | None = None
    after_key: str | None = None


@dataclass(frozen=True)
class StoredPlan:
    """One plan with its rows, in the order in which they are applied; columns as in the table `plan`."""

    plan_id: str
    plan_hash: str
    purpose: str
    as_of_on: date
    as_of_at: datetime
    author: str
    mode: Mode
    created_at: datetime
    expires_at: datetime
    required_gates: tuple[str, ...]
    state: str
    apply_attempts: int
    approvals_needed: int
    rows: tuple[PlanRow, ...]

    def counts(self, column: str) -> dict[str, int]:
        """Rows by the values of one column, such as `kind`, `decision` or `state`."""
        counts: dict[str, int] = {}
        for row in self.rows:
            counts[getattr(row, column)] = counts.get(getattr(row, column), 0) + 1
        return dict(sorted(counts.items()))

    def frame(self) -> pl.DataFrame:
        """The plan's rows as a frame of the contract changes/plan."""
        contract = CONTRACTS["changes/plan"]
        records = [
            {"as_of_on": self.as_of_on, "as_of_at": self.as_of_at}
            | {c: getattr(row, c) for c in _CONTENT}
            | {"evidence_gids": list(row.evidence_gids)}
            for row in self.rows
        ]
        return pl.DataFrame(records, schema=contract.schema)


def ledger_time(database: Database) -> datetime:
    """The time of the ledger, UTC: PostgreSQL's clock, one for all who decide and write."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    if row is None:
        raise PermanentError("PostgreSQL did not tell the time")
    return row[0].astimezone(UTC)


def ledger_clock(database: Database) -> Callable[[], datetime]:
    """The time of the ledger without asking each time: read once, then counted by a clock that never goes back."""
    read_at, at = time.monotonic(), ledger_time(database)
    return lambda: at + timedelta(seconds=time.monotonic() - read_at)


def store_plan(
    database: Database,
    plan: pl.DataFrame,
    author: str,
    mode: Mode,
    now: datetime,
    *,
    expires_after: timedelta = timedelta(hours=72),
    gates: Sequence[str] = PLAN_GATES,
    purpose: Purpose | None = None,
    approvals_needed: int = 1,
) -> StoredPlan | None:
    """Put a plan before its reviewers.

    The same rows give the same plan: storing them again changes nothing, unless the plan had lapsed or been
    superseded without being sent; then it waits for a decision again. Undecided weekly and setup plans are superseded
    by the next one of their purpose, and so are approved ones of an earlier week: their values are last week's. A
    weekly plan also supersedes undecided notices, whose rows it would hold itself; a notice supersedes nothing.
    Rows that the policy decides (`decide_by_policy`) wait for nobody.

    Args:
        database: The ledger.
        plan: Rows of the contract changes/plan, of one week.
        author: Who made it; may not approve it.
        mode: Mode it was made in; plans of observe and shadow can be looked at but never applied.
        now: Ledger time, UTC.
        expires_after: How long a decision may wait and an approval holds.
        gates: Tables whose suites must have passed for this plan before anything is sent.
        purpose: What it is for; None = setup where all rows are, else weekly.
        approvals_needed: How many people must approve it.

    Returns:
        The stored plan; None for a plan without rows, which asks nobody anything.

    Raises:
        PermanentError: The rows belong to several weeks.
    """
    if plan.is_empty():
        return None
    if plan["as_of_on"].n_unique() != 1:
        raise PermanentError("A plan holds the rows of one week", fix="store one as_of_on at a time")
    records = plan.sort("position", "row_key").to_dicts()
    wanted_hash = hash_of(records)
    wanted = purpose or ("setup" if all(r["capability"] == "setup" for r in records) else "weekly")
    with database.transaction("planner") as connection:
        # Two programs that store the same rows at once must not race for the plan's number.
        _run(connection, "SELECT pg_advisory_xact_lock(hashtext('asana_intel.plan'))", ())
        plan_id = _find(connection, wanted_hash)
        expires_at = now + expires_after
        if plan_id is None:
            plan_id = _insert(connection, wanted_hash, records, author, mode, now, expires_at, gates, wanted)
        else:
            _offer_again(connection, plan_id, mode, now, expires_at, author)
        _run(connection, "UPDATE plan SET approvals_needed = greatest(approvals_needed, %s) WHERE plan_id = %s",
             (approvals_needed, plan_id))  # fmt: skip
        _supersede_older(connection, plan_id, now, author)
        decide_by_policy(connection, plan_id, now)
    return load_plan(database, plan_id)


def load_plan(database: Database, plan_id: str) -> StoredPlan:
    """One plan with its rows.

    Raises:
        PermanentError: There is no such plan.
    """
    with database.transaction() as connection:
        return read_plan(connection, plan_id)


def read_plan(connection: Connection, plan_id: str) -> StoredPlan:
    """`load_plan` within the caller's transaction."""
    found = _plans(connection, "plan_id = %s", (plan_id,))
    if not found:
        raise PermanentError(f"There is no plan {plan_id}", fix="asana-intel review lists the open ones")
    return found[0]


def read_row(connection: Connection, plan_id: str, row_key: str) -> PlanRow:
    """One row of a plan, as it is now."""
    found = _query(
        connection,
        f"SELECT {ROW_COLUMNS} FROM plan_row WHERE plan_id = %s AND row_key = %s",
        (plan_id, row_key),
    )
    return row_of(found[0])


def row_of(values: Sequence[Any]) -> PlanRow:
    """A row from the values of `ROW_COLUMNS`."""
    columns: dict[str, Any] = dict(zip(_ROW, values, strict=True))
    columns["evidence_gids"] = tuple(columns["evidence_gids"] or ())
    return PlanRow(**columns)


def open_plans(database: Database, now: datetime) -> list[StoredPlan]:
    """Plans that wait for a decision or for being applied, oldest first; those whose time is over lapse here."""
    with database.transaction() as connection:
        expire_plans(connection, now)
        return _plans(connection, "state IN ('proposed', 'approved', 'applying')", ())


def expire_plans(connection: Connection, now: datetime) -> None:
    """Let plans lapse whose time is over; what was sent by then stays as it is."""
    lapsed = _query(
        connection,
        "UPDATE plan SET state = 'expired' WHERE state IN ('proposed', 'approved', 'applying')"
        " AND expires_at <= %s RETURNING plan_id",
        (now,),
    )
    for (plan_id,) in lapsed:
        audit.append(connection, now, "ledger", "plan_expired", {"plan_id": plan_id})


def require_unchanged(plan: StoredPlan) -> None:
    """Refuse a plan whose rows are no longer those its hash, and so its approval, stands for.

    Raises:
        RefusedError: They differ.
    """
    records = [{"as_of_on": plan.as_of_on} | {c: getattr(row, c) for c in _CONTENT} for row in plan.rows]
    if hash_of(records) != plan.plan_hash:
        raise RefusedError(
            f"Nothing was written: the rows of plan {plan.plan_id} are not those that were approved",
            fix="compute and review the plan again; asana-intel audit verify checks what happened",
        )


def following(rows: Iterable[PlanRow], keys: Iterable[str]) -> frozenset[str]:
    """Keys of the rows that are not written without those, however far down; the keys themselves left out."""
    found, front = set[str](), set(keys)
    pairs = [(row.row_key, row.after_key) for row in rows if row.after_key is not None]
    while front:
        front = {key for key, after in pairs if after in front} - found
        found |= front
    return frozenset(found)


def has_ended(database: Database, plan_hash: str) -> bool:
    """Whether a plan of exactly these rows was applied or rejected; the same rows stored again do not open it."""
    with database.transaction() as connection:
        query = "SELECT 1 FROM plan WHERE plan_hash = %s AND state IN ('applied', 'rejected')"
        return bool(_query(connection, query, (plan_hash,)))


def created_markers(database: Database) -> frozenset[str]:
    """Markers of everything we ever created in Asana, as far as the ledger knows."""
    with database.transaction() as connection:
        return frozenset(marker for (marker,) in _query(connection, "SELECT marker FROM created_object", ()))


def standing_markers(database: Database) -> frozenset[str]:
    """Markers of what we created and did not take back ourselves."""
    query = (
        "SELECT marker FROM created_object c WHERE NOT EXISTS (SELECT 1 FROM plan_row d"
        " WHERE d.kind = 'delete_object' AND d.target_gid = c.result_gid AND d.state = 'done')"
    )
    with database.transaction() as connection:
        return frozenset(marker for (marker,) in _query(connection, query, ()))


def moved_tasks(database: Database, week_on: date) -> frozenset[str]:
    """Gids of tasks that plans of a week moved to even out load, or wanted to move when a person was first."""
    query = (
        "SELECT DISTINCT target_gid FROM plan_row JOIN plan USING (plan_id) WHERE as_of_on = %s AND purpose = 'weekly'"
        " AND capability = 'capacity' AND kind IN ('set_assignee', 'set_dates')"
        " AND plan_row.state NOT IN ('planned', 'noop', 'failed')"
    )
    with database.transaction() as connection:
        return frozenset(gid for (gid,) in _query(connection, query, (week_on,)))


def told_overloads(database: Database) -> frozenset[tuple[str, str]]:
    """People's weeks (person gid, Monday as ISO text) of whose overload a review tells that stands or was approved."""
    query = (
        "SELECT DISTINCT t.week ->> 0, t.week ->> 1 FROM plan_row r JOIN plan p USING (plan_id),"
        " jsonb_array_elements(r.new_value::jsonb -> 'overloads') AS t (week)"
        " WHERE r.field IN ('load_review', 'team_load_review') AND r.kind = 'create_task' AND r.decision = 'approved'"
        " AND (r.state NOT IN ('planned', 'failed', 'stale') OR p.state IN ('approved', 'applying')"
        " AND r.state = 'planned')"
    )
    with database.transaction() as connection:
        return frozenset((person, week) for person, week in _query(connection, query, ()))


def diff_lines(plan: StoredPlan) -> list[str]:
    """The plan as a reviewer reads it: `+` creates, `~` changes old to new, each with its reason."""
    lines: list[str] = []
    for row in plan.rows:
        sign = "+" if row.old_value is None else "~"
        what = row.field or row.kind
        old = f"{row.old_value} -> " if row.old_value is not None else ""
        lines.append(f"{sign} {row.kind} {row.target_type} {row.target_gid} {what}: {old}{row.new_value}")
        after = f", only after {row.after_key}" if row.after_key else ""
        lines.append(f"    {row.reason}  [{row.decision}, {row.state}, {row.row_key}{after}]")
    return lines


def decide_by_policy(connection: Connection, plan_id: str, now: datetime) -> None:
    """Approve, in the policy's name, the undecided rows that need no person: mode auto, and fields in mode shadow.

    Whether the policy still says so is asked again at the moment of sending.
    """
    decided = _query(
        connection,
        "UPDATE plan_row r SET decision = 'approved', decided_by = 'policy', decided_at = %s FROM plan p"
        " WHERE p.plan_id = r.plan_id AND r.plan_id = %s AND p.state IN ('proposed', 'approved')"
        " AND r.decision = 'pending' AND p.purpose <> 'adopt'"
        " AND (mode_of(r.capability, r.team_gid, r.field, p.mode) = 'auto'"
        " OR r.kind = 'set_field' AND mode_of(r.capability, r.team_gid, r.field, p.mode) = 'shadow')"
        " RETURNING r.row_key",
        (now, plan_id),
    )
    if decided:
        _run(connection, "UPDATE plan SET state = 'approved' WHERE plan_id = %s", (plan_id,))
        keys = sorted(key for (key,) in decided)
        audit.append(connection, now, POLICY, "rows_approved_by_policy", {"plan_id": plan_id, "row_keys": keys})


def _find(connection: Connection, wanted_hash: str) -> str | None:
    found = _query(connection, "SELECT plan_id FROM plan WHERE plan_hash = %s", (wanted_hash,))
    return found[0][0] if found else None


def _insert(
    connection: Connection,
    wanted_hash: str,
    records: Sequence[dict[str, Any]],
    author: str,
    mode: Mode,
    now: datetime,
    expires_at: datetime,
    gates: Sequence[str],
    purpose: str,
) -> str:
    plan_id = _free_id(connection, wanted_hash)
    as_of = records[0]
    _run(
        connection,
        "INSERT INTO plan (plan_id, plan_hash, purpose, as_of_on, as_of_at, author, mode, created_at, expires_at,"
        " required_gates) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (plan_id, wanted_hash, purpose, as_of["as_of_on"], as_of["as_of_at"], author, mode.value, now, expires_at,
         list(gates)),
    )  # fmt: skip
    columns = ", ".join(_CONTENT)
    marks = ", ".join(["%s"] * (len(_CONTENT) + 1))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO plan_row (plan_id, {columns}) VALUES ({marks})",
            [(plan_id, *(record[c] for c in _CONTENT)) for record in records],
        )
    audit.append(
        connection, now, author, "plan_proposed",
        {"plan_id": plan_id, "plan_hash": wanted_hash, "rows": len(records), "mode": mode.value},
    )  # fmt: skip
    return plan_id


def _free_id(connection: Connection, wanted_hash: str) -> str:
    """`p-` and the first 8 digits of the hash; more of them where another plan has the same."""
    for digits in range(8, 65):
        plan_id = f"p-{wanted_hash[:digits]}"
        if not _query(connection, "SELECT 1 FROM plan WHERE plan_id = %s", (plan_id,)):
            return plan_id
    raise PermanentError(f"Plan {wanted_hash} is stored already")


def _offer_again(
    connection: Connection, plan_id: str, mode: Mode, now: datetime, expires_at: datetime, actor: str
) -> None:
    """A lapsed or superseded plan that is computed again asks again; an open one only takes the mode of today."""
    _run(
        connection,
        "UPDATE plan SET mode = %s WHERE plan_id = %s AND state IN ('proposed', 'approved')",
        (mode.value, plan_id),
    )
    reopened = _query(
        connection,
        "UPDATE plan SET state = 'proposed', mode = %s, created_at = %s, expires_at = %s WHERE plan_id = %s"
        " AND (state = 'superseded' OR expires_at <= %s AND state IN ('proposed', 'approved', 'expired'))"
        " RETURNING plan_id",
        (mode.value, now, expires_at, plan_id, now),
    )
    if reopened:
        _run(
            connection,
            "UPDATE plan_row SET decision = 'pending', decided_by = NULL, decided_at = NULL"
            " WHERE plan_id = %s AND state = 'planned'",
            (plan_id,),
        )
        audit.append(connection, now, actor, "plan_proposed_again", {"plan_id": plan_id, "mode": mode.value})


def _supersede_older(connection: Connection, plan_id: str, now: datetime, actor: str) -> None:
    replaced = _query(
        connection,
        "UPDATE plan o SET state = 'superseded' FROM plan n WHERE n.plan_id = %(id)s AND o.plan_id <> n.plan_id"
        " AND (o.purpose = n.purpose AND n.purpose IN ('weekly', 'setup')"
        " OR o.purpose = 'notice' AND n.purpose = 'weekly') AND (o.state = 'proposed'"
        " OR o.state = 'approved' AND n.purpose = 'weekly' AND o.as_of_on < n.as_of_on) RETURNING o.plan_id",
        {"id": plan_id},
    )
    for (old_id,) in sorted(replaced):
        audit.append(connection, now, actor, "plan_superseded", {"plan_id": old_id, "by": plan_id})


def _plans(connection: Connection, condition: str, arguments: tuple[Any, ...]) -> list[StoredPlan]:
    heads = _query(
        connection,
        f"SELECT {', '.join(_PLAN_COLUMNS)} FROM plan WHERE {condition} ORDER BY created_at, plan_id",
        arguments,
    )
    return [_plan(connection, dict(zip(_PLAN_COLUMNS, head, strict=True))) for head in heads]


def _plan(connection: Connection, head: dict[str, Any]) -> StoredPlan:
    found = _query(
        connection,
        f"SELECT {ROW_COLUMNS} FROM plan_row WHERE plan_id = %s ORDER BY position, row_key",
        (head["plan_id"],),
    )
    rows = tuple(map(row_of, found))
    typed = {"mode": Mode(head["mode"]), "required_gates": tuple(head["required_gates"]), "rows": rows}
    return StoredPlan(**(head | typed))


def _query(connection: Connection, statement: str, arguments: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        return cursor.fetchall()


def _run(connection: Connection, statement: str, arguments: Iterable[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, tuple(arguments))
