"""Taking fields back that look like a person's only because an older database was restored. Sends nothing.

On tasks the history tells that our user wrote what stands there: the field is ours again. Goals and projects have no
history; a plan of purpose `adopt` asks a person, and applying it takes the field back without writing to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from asana_intel.changes import audit, ownership
from asana_intel.changes.claims import target_lock, worker_connection
from asana_intel.changes.drift import last_written, place_of
from asana_intel.changes.inputs import Week
from asana_intel.changes.kinds import Kinds, Sight
from asana_intel.changes.ledger import PlanRow, StoredPlan, load_plan
from asana_intel.changes.proposing import named_fields, propose_rows
from asana_intel.changes.writing import Writer
from asana_intel.clock import monday_of
from asana_intel.errors import PermanentError, RetriableError, SkippableError

if TYPE_CHECKING:
    from asana_intel.settings import Settings
    from asana_intel.storage.postgres import Database

ADOPT = "adopt"
"""Who made a row whose old and new value are the same: it writes nothing. The plan's suite knows the word."""


@dataclass
class Adoption:
    """What was taken back.

    Args:
        adopted: Fields (target gid, name) that are ours again, as the history of their tasks proves.
        persons: Fields that a person wrote last; they stay theirs.
        unread: Fields that could not be looked at.
        plan: The plan by which a person says which of the others are ours.
    """

    adopted: list[tuple[str, str]] = field(default_factory=list)
    persons: list[tuple[str, str]] = field(default_factory=list)
    unread: int = 0
    plan: StoredPlan | None = None


def adopt_after_restore(database: Database, writer: Writer, settings: Settings, now: datetime, actor: str) -> Adoption:
    """Look at every field that we wrote and that holds something else than the record says, or counts as a person's.

    Args:
        database: The ledger, as restored.
        writer: Asana's writer; only read with.
        settings: For the mode and how long a decision may wait.
        now: Ledger time, UTC.
        actor: Who asks, for the audit.
    """
    found, rows, week = Adoption(), [], Week(monday_of(now), now)
    known, registry = ownership.every_field(database), named_fields(settings)
    for row in last_written(database):
        try:
            sight = Kinds(writer, load_plan(database, row.plan_id), registry).of(row).look(row)
        except (RetriableError, PermanentError, SkippableError):
            found.unread += 1
            continue
        if sight.value is None or not ownership.is_a_persons(known[place_of(row)], sight.value):
            continue
        if sight.changes is None:
            rows.append(_question(week, row, known[place_of(row)], sight.value))
        elif not _is_by_us(sight):
            found.persons.append(place_of(row))
        elif _take_back(database, row, sight.value, now, actor):
            found.adopted.append(place_of(row))
        else:
            found.unread += 1
    found.plan = propose_rows(database, rows, "adopt", settings, now)
    return found


def _is_by_us(sight: Sight) -> bool:
    last = sight.changes[-1] if sight.changes else None
    return last is not None and last.is_ours and last.new == sight.value


def _take_back(database: Database, row: PlanRow, value: str, now: datetime, actor: str) -> bool:
    """False where somebody is writing to the object."""
    with worker_connection(database) as connection, target_lock(connection, row.target_gid) as is_free:
        if is_free:
            with connection:
                ownership.wrote(connection, *place_of(row), value, now)
                body = {"target_gid": row.target_gid, "field": row.field}
                audit.append(connection, now, actor, "field_adopted", body)
        return is_free


def _question(week: Week, row: PlanRow, known: ownership.Owned, value: str) -> dict[str, Any]:
    whose = "a person's" if known.owner == "human" else "ours"
    reason = (
        f"The record says {known.last_applied} and that the field is {whose}. Approve only if we wrote what"
        " stands there: the field is ours then, and nothing is sent."
    )
    made = week.row(
        row.kind, row.capability, (row.target_type, row.target_gid), row.field or "", value, reason,
        old_value=value, evidence=[row.target_gid], made_by=ADOPT, verbatim=True,
    )  # fmt: skip
    return made | {"team_gid": row.team_gid}
