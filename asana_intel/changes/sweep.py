"""Looking again for what was created: there must be one of each. What is to be deleted becomes a plan; nothing is sent.

A request that comes to pass later than we believed possible makes a second comment, update or task. Only what carries
our marker and was made by our user is taken for ours. What a person deleted is noted, and never posted again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from asana_intel.changes import audit
from asana_intel.changes.identity import OBJECTS
from asana_intel.changes.inputs import Week
from asana_intel.changes.kinds import Kinds, author_of
from asana_intel.changes.ledger import PlanRow, StoredPlan, load_plan
from asana_intel.changes.proposing import named_fields, propose_rows
from asana_intel.changes.revert import deletion
from asana_intel.changes.scope import note_objects
from asana_intel.changes.writing import Record, Writer
from asana_intel.clock import monday_of
from asana_intel.errors import PermanentError, RetriableError, SkippableError

if TYPE_CHECKING:
    from asana_intel.settings import Settings
    from asana_intel.storage.postgres import Database

DUE = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=24))
"""So long after the last send each object is looked for."""


@dataclass(frozen=True)
class Creation:
    """One object that the ledger says we created, by which row, and when that was last sent."""

    marker: str
    object_gid: str
    plan_id: str
    row_key: str
    sent_at: datetime


@dataclass
class Sweep:
    """What one sweep found.

    Args:
        looked: Objects that were looked for.
        duplicates: Gids of objects of ours that stand there a second time.
        deleted: Gids of objects that people deleted.
        unread: Objects that could not be looked for; the next sweep does.
        plan: The plan that deletes the duplicates.
    """

    looked: int = 0
    duplicates: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    unread: int = 0
    plan: StoredPlan | None = None


def sweep(database: Database, writer: Writer, settings: Settings, now: datetime, actor: str) -> Sweep:
    """Look for all objects that are due, and plan the deletion of what stands there twice.

    Args:
        database: The ledger.
        writer: Asana's writer; only read with.
        settings: For the mode and how long a decision may wait.
        now: Ledger time, UTC.
        actor: Who looks, for the audit.
    """
    found, rows, kinds = Sweep(), [], {}
    week = Week(monday_of(now), now)
    for creation in _due(database, now):
        if creation.plan_id not in kinds:
            kinds[creation.plan_id] = Kinds(writer, load_plan(database, creation.plan_id), named_fields(settings))
        of_plan = kinds[creation.plan_id]
        row = next(row for row in of_plan.plan.rows if row.row_key == creation.row_key)
        try:
            copies = _copies(of_plan, row)
            is_gone = not copies and writer.find(OBJECTS[row.kind], creation.object_gid, "gid") is None
        except (RetriableError, PermanentError, SkippableError):
            found.unread += 1
            continue
        found.looked += 1
        kept, extra = _told_apart(creation, copies)
        _record(database, creation, row, kept, extra, actor, now, is_gone=is_gone)
        found.duplicates += extra
        found.deleted += [creation.object_gid] if is_gone else []
        reason = f"A late request of ours made it a second time; {kept} stays."
        rows += [deletion(week, row, gid, creation.marker, reason, "sweep") for gid in extra]
    if rows:
        note_objects(database, {(row["target_type"], row["target_gid"]) for row in rows}, now)
    found.plan = propose_rows(database, rows, "repair", settings, now)
    return found


def _due(database: Database, now: datetime) -> list[Creation]:
    """Objects that were not looked for since they became due; those that we deleted ourselves are not."""
    with database.transaction("auditor") as connection, connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.marker, c.result_gid, c.plan_id, c.row_key, coalesce(r.last_sent_at, c.at)
              FROM created_object c JOIN plan_row r USING (plan_id, row_key)
             WHERE c.kind = ANY(%(kinds)s)
               AND EXISTS (SELECT 1 FROM unnest(%(due)s) AS d (due)
                            WHERE coalesce(r.last_sent_at, c.at) + d.due <= %(now)s
                              AND NOT EXISTS (SELECT 1 FROM created_look l
                                               WHERE l.object_gid = c.result_gid AND l.due = d.due))
               AND NOT EXISTS (SELECT 1 FROM plan_row x WHERE x.target_gid = c.result_gid
                               AND x.kind = 'delete_object' AND x.state IN ('done', 'noop'))
             ORDER BY c.at, c.marker
            """,
            {"kinds": list(OBJECTS), "due": list(DUE), "now": now},
        )
        return [Creation(*columns) for columns in cursor.fetchall()]


def _copies(kinds: Kinds, row: PlanRow) -> list[Record]:
    """Objects with the row's marker that our user made, oldest first; none where what they hung on is gone."""
    try:
        marked = kinds.of(row).copies(row)
    except SkippableError:
        return []
    return sorted((r for r in marked if author_of(r) == kinds.me), key=lambda record: int(record["gid"]))


def _told_apart(creation: Creation, copies: list[Record]) -> tuple[str, list[str]]:
    """The one that stays, which is the one the ledger knows or else the oldest, and the others."""
    gids = [record["gid"] for record in copies]
    kept = creation.object_gid if creation.object_gid in gids or not gids else gids[0]
    return kept, [gid for gid in gids if gid != kept]


def _record(
    database: Database,
    creation: Creation,
    row: PlanRow,
    kept: str,
    extra: list[str],
    actor: str,
    now: datetime,
    *,
    is_gone: bool,
) -> None:
    about: dict[str, Any] = {"marker": creation.marker, "plan_id": row.plan_id, "row_key": row.row_key}
    number = 0 if is_gone else 1 + len(extra)
    # What is gone is not looked for again.
    due = [after for after in DUE if is_gone or creation.sent_at + after <= now]
    with database.transaction("planner") as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO created_look (object_gid, due, found, at) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [(creation.object_gid, after, number, now) for after in due],
        )
        cursor.executemany(
            "INSERT INTO created_duplicate (object_gid, object_type, marker, found_at) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [(gid, OBJECTS[row.kind], creation.marker, now) for gid in extra],
        )
        if extra:
            audit.append(connection, now, actor, "duplicate_found", about | {"kept_gid": kept, "extra_gids": extra})
        if is_gone:
            told = about | {"object_gid": creation.object_gid}
            audit.append(connection, now, actor, "object_deleted_by_person", told)
