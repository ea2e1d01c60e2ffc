"""Holding what stands in our fields against what we left there: a person's edit, or our own late echo. Sends nothing.

An echo is a value that we sent there lately, on tasks also by our user as the history tells: a plan of purpose `repair`
sets the right value again. Whatever else stands there is a person's. A field that a person cleared is ours again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asana_intel.changes import audit, heads, ownership
from asana_intel.changes.claims import UNRESOLVED, target_lock, worker_connection
from asana_intel.changes.fields import FieldSpec
from asana_intel.changes.identity import OWNED
from asana_intel.changes.inputs import Week
from asana_intel.changes.kinds import Kinds, Sight, read_values
from asana_intel.changes.ledger import PlanRow, StoredPlan, load_plan, read_row
from asana_intel.changes.proposing import named_fields, propose_rows
from asana_intel.changes.scope import note_objects
from asana_intel.changes.writing import Writer
from asana_intel.clock import monday_of
from asana_intel.errors import ConfigError, PermanentError, RetriableError, SkippableError

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812

    from asana_intel.settings import Settings
    from asana_intel.storage.postgres import Database

LATELY = timedelta(days=7)
"""How old a request may be of which an echo can still come."""
_BLIND = (RetriableError, PermanentError, SkippableError)


@dataclass
class Drift:
    """What one look at our fields found.

    Args:
        looked: Fields that were looked at.
        persons: Fields (target gid, name) that people have changed: theirs from now on.
        echoes: Fields in which a late request of ours put an earlier value.
        unread: Objects that could not be read.
        plan: The plan that sets the right values again.
    """

    looked: int = 0
    persons: list[tuple[str, str]] = field(default_factory=list)
    echoes: list[tuple[str, str]] = field(default_factory=list)
    unread: int = 0
    plan: StoredPlan | None = None


def check_drift(database: Database, writer: Writer, settings: Settings, now: datetime, actor: str) -> Drift:
    """Look at every field that is ours, one request an object, and closer where something else stands there.

    Args:
        database: The ledger.
        writer: Asana's writer; only read with.
        settings: For the mode and how long a decision may wait.
        now: Ledger time, UTC.
        actor: Who looks, for the audit.
    """
    found, rows, registry = Drift(), [], named_fields(settings)
    week, known = Week(monday_of(now), now), ownership.every_field(database)
    ours = [row for row in last_written(database) if known[place_of(row)].owner == "us"]
    with worker_connection(database) as connection:
        for (target_type, gid), group in groupby(ours, key=lambda row: (row.target_type, row.target_gid)):
            fields = {row.field or "": row for row in group}
            try:
                values = read_values(writer, target_type, gid, fields, registry)
                found.looked += len(values)
                for name, value in values.items():
                    if (value or ownership.EMPTY) != known[gid, name].last_applied:
                        rows += _look_closer(connection, database, writer, registry, fields[name], week, found, actor)
            except _BLIND:
                found.unread += 1
    if rows:
        note_objects(database, {(row["target_type"], row["target_gid"]) for row in rows}, now)
    found.plan = propose_rows(database, rows, "repair", settings, now)
    return found


def last_written(database: Database) -> list[PlanRow]:
    """The row by which each field that we wrote got its value, by object; none of objects that are being written to."""
    with database.transaction("auditor") as connection, connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT r.plan_id, r.row_key FROM field_owner o CROSS JOIN LATERAL (
                SELECT plan_id, row_key, target_type FROM plan_row
                 WHERE target_gid = o.target_gid AND field = o.field AND kind = ANY(%s)
                   AND state IN ('done', 'noop', 'overridden')
                 ORDER BY applied_at DESC NULLS LAST, decided_at DESC LIMIT 1) r
             WHERE NOT EXISTS (SELECT 1 FROM plan_row u WHERE u.target_gid = o.target_gid AND u.state = ANY(%s))
             ORDER BY r.target_type, o.target_gid, o.field
            """,
            (list(OWNED), list(UNRESOLVED)),
        )
        return [read_row(connection, *key) for key in cursor.fetchall()]


def place_of(row: PlanRow) -> tuple[str, str]:
    """Object and field of a row that sets one."""
    return row.target_gid, row.field or ""


def chain_holds(database: Database, folder: Path, now: datetime) -> bool:
    """Whether the audit chain and its signed heads can be checked, and hold."""
    try:
        return not heads.check_stored(database, folder, now).faults
    except ConfigError:
        return False


def _look_closer(
    connection: Connection,
    database: Database,
    writer: Writer,
    registry: Mapping[str, FieldSpec],
    row: PlanRow,
    week: Week,
    found: Drift,
    actor: str,
) -> Iterator[dict[str, Any]]:
    """Look again while nobody writes there, and say whose value it is; a row that repairs it where it is an echo."""
    with target_lock(connection, row.target_gid) as is_free:
        if not is_free:
            return
        sight = Kinds(writer, load_plan(database, row.plan_id), registry).of(row).look(row)
        with connection:
            known = ownership.owned(connection, *place_of(row))
            if known is None or sight.missing or (sight.value or ownership.EMPTY) == known.last_applied:
                return
            if _is_echo(connection, row, sight, week.as_of_at):
                found.echoes.append(place_of(row))
                yield _repair(week, row, sight, known.last_applied)
            elif sight.value is not None:
                found.persons.append(place_of(row))
                _leave_to_a_person(connection, row, known, week.as_of_at, actor)


def _is_echo(connection: Connection, row: PlanRow, sight: Sight, now: datetime) -> bool:
    if sight.changes is not None and not (sight.changes and sight.changes[-1].is_ours):
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM plan_row WHERE target_gid = %s AND field = %s AND new_value = %s AND last_sent_at >= %s",
            (*place_of(row), sight.value or ownership.EMPTY, now - LATELY),
        )
        return cursor.fetchone() is not None


def _repair(week: Week, row: PlanRow, sight: Sight, wanted: str) -> dict[str, Any]:
    made = week.row(
        row.kind, row.capability, (row.target_type, row.target_gid), row.field or "", wanted,
        "A late request of ours put an earlier value there.", old_value=sight.value, evidence=[row.target_gid],
        made_by="drift", verbatim=True,
    )  # fmt: skip
    return made | {"team_gid": row.team_gid}


def _leave_to_a_person(connection: Connection, row: PlanRow, known: ownership.Owned, now: datetime, actor: str) -> None:
    reason = "a person changed it after it was written"
    ownership.lost_to_a_person(connection, *place_of(row), known.last_applied, now, reason)
    body = {"target_gid": row.target_gid, "field": row.field, "plan_id": row.plan_id, "row_key": row.row_key}
    audit.append(connection, now, actor, "field_changed_by_person", body)
