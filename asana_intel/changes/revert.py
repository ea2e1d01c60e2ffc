"""Taking back what a plan or a run wrote: a plan of purpose `revert` to the recorded values. Sends nothing itself.

What people did since stays: it is listed as a conflict. A field that is taken back stays ours with the old value, so
that what a person writes there afterwards is noticed and theirs, and no later plan writes over it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from asana_intel.changes import audit, ownership
from asana_intel.changes.canonical import canonical_object, parsed
from asana_intel.changes.claims import UNRESOLVED
from asana_intel.changes.fields import OVERRIDE, FieldSpec
from asana_intel.changes.identity import OBJECTS, SETS
from asana_intel.changes.inputs import Week
from asana_intel.changes.kinds import Kinds
from asana_intel.changes.ledger import PlanRow, StoredPlan, load_plan
from asana_intel.changes.project_kinds import PROJECT, tasks_in
from asana_intel.changes.proposing import named_fields, propose_rows
from asana_intel.changes.scope import note_objects
from asana_intel.changes.writing import Writer
from asana_intel.errors import PermanentError, SkippableError

if TYPE_CHECKING:
    from asana_intel.settings import Settings
    from asana_intel.storage.postgres import Database

CREATED_OBJECT = "created_object"
"""What stands as the field of a row that deletes an object."""
_WITH_THEIR_PROJECT = {"attach_effort", "add_dependency"}
"""They go with the project and the task that they were made for, or stay with them."""
_NEVER_EMPTY = {
    "set_metric": "it had no value before, and Asana clears no metric",
    "add_to_section": "it stood in no section before, and Asana takes nothing out of one",
}


@dataclass(frozen=True)
class Left:
    """A change that is not taken back, and why."""

    plan_id: str
    row_key: str
    kind: str
    target_type: str
    target_gid: str
    field: str | None
    reason: str


@dataclass(frozen=True)
class Reversal:
    """What taking back comes to.

    Args:
        of: Plan or run that is taken back.
        plan: The plan that would do it; None where nothing is left to take back.
        conflicts: What people did since; it stays.
        kept: What is never taken back.
        back: Changes that are back already.
    """

    of: str
    plan: StoredPlan | None
    conflicts: tuple[Left, ...]
    kept: tuple[Left, ...]
    back: int


def revert(database: Database, writer: Writer, of: str, settings: Settings, now: datetime, actor: str) -> Reversal:
    """Plan the way back from a plan, or from all that one run wrote; asked again it adds nothing.

    Args:
        database: The ledger.
        writer: Asana's writer; only read with.
        of: A plan's id, or the id of a run of the job apply_approved_changes.
        settings: For the mode and how long a decision may wait.
        now: Ledger time, UTC.
        actor: Who asks, for the audit.

    Raises:
        PermanentError: There is no such plan or run.
    """
    plans, written = _written(database, of)
    search = _Search(database, writer, of, plans, named_fields(settings))
    search.note_unresolved(row for plan in plans.values() for row in plan.rows)
    rows = [row for chain in _chains(written) for row in search.way_back(chain)]
    if rows:
        note_objects(database, search.seen, max(now, *(plan.as_of_at for plan in plans.values())))
    stored = propose_rows(database, rows, "revert", settings, now)
    found = Reversal(of, stored, tuple(search.conflicts), tuple(search.kept), search.back)
    _record(database, found, actor, now)
    return found


class _Search:
    """Goes from what was written to the rows that take it back, and notes what is left and why."""

    def __init__(
        self,
        database: Database,
        writer: Writer,
        of: str,
        plans: dict[str, StoredPlan],
        registry: Mapping[str, FieldSpec],
    ) -> None:
        self._database = database
        self._of = of
        self._kinds = {plan_id: Kinds(writer, plan, registry) for plan_id, plan in plans.items()}
        first = min(plans.values(), key=lambda plan: plan.as_of_at, default=None)
        # Of the week of what is taken back: what is created anew carries the same marker as before.
        self._week = Week(first.as_of_on, first.as_of_at) if first else None
        self.conflicts: list[Left] = []
        self.kept: list[Left] = []
        self.seen: set[tuple[str, str]] = set()
        self.back = 0
        self._going: dict[str, str] = {}

    def note_unresolved(self, rows: Iterable[PlanRow]) -> None:
        """What may still be on its way cannot be taken back yet."""
        for row in rows:
            if row.state in UNRESOLVED:
                self._keep(row, "what became of it is not known yet; apply its plan again first")

    def way_back(self, chain: list[PlanRow]) -> Iterator[dict[str, Any]]:
        """Rows (none or one) that take back what was written to one place, newest first in `chain`."""
        row = chain[0]
        if row.kind in _WITH_THEIR_PROJECT:
            return
        ways = dict.fromkeys(SETS, self._field) | dict.fromkeys(OBJECTS, self._gone)
        find = (ways | {"delete_object": self._created_again}).get(row.kind)
        if row.kind == "create_project" and row.field == PROJECT:
            find = self._gone
        if find is None:
            self._keep(row, "custom fields, projects and sections are never taken away")
            return
        try:
            yield from find(chain)
        except (PermanentError, SkippableError) as blind:
            self._keep(row, f"it cannot be read: {blind.message}")

    def _field(self, chain: list[PlanRow]) -> Iterator[dict[str, Any]]:
        row, wanted = chain[0], chain[-1].pre_read or ownership.EMPTY
        sight = self._kinds[row.plan_id].of(row).look(row)
        if sight.missing is not None:
            self._keep(row, sight.missing)
        elif (sight.value or ownership.EMPTY) == wanted:
            self.back += 1
        elif (why := self._whose(row, sight.value)) is not None:
            self._conflict(row, why)
        elif sight.kept_by_hand:
            self._conflict(row, f"{OVERRIDE} is set")
        elif row.kind in _NEVER_EMPTY and wanted == ownership.EMPTY:
            self._keep(row, _NEVER_EMPTY[row.kind])
        else:
            yield self._row(row, row.kind, (row.target_type, row.target_gid), row.field, sight.value, wanted)

    def _whose(self, row: PlanRow, live: str | None) -> str | None:
        with self._database.transaction() as connection:
            known = ownership.owned(connection, row.target_gid, row.field or "")
        if known is not None and known.owner == "human":
            return "a person changed it since"
        if (live or ownership.EMPTY) == row.new_value:
            return None
        if known is not None and live == known.last_applied:
            return "a later plan wrote it again; take that back first"
        return "a person changed it since"

    def _gone(self, chain: list[PlanRow]) -> Iterator[dict[str, Any]]:
        """An object that we created is deleted."""
        row = chain[0]
        kinds = self._kinds[row.plan_id]
        gid = _object_of(self._database, kinds.idem_key(row))
        if gid is None:
            self._keep(row, "the record of what was created is missing")
            return
        deleting = deletion(self._of_week, row, gid, kinds.marker(row), self._reason)
        sight = kinds.of(_as_row(deleting)).look(_as_row(deleting))
        if sight.value is None:
            self.back += 1
        elif sight.touched is not None:
            self._conflict(row, sight.touched)
        elif sight.missing is not None and set(tasks_in(kinds, gid)) - self._going.keys():
            self._conflict(row, "tasks that stay stand in it")
        else:
            self.seen.add((deleting["target_type"], gid))
            if deleting["target_type"] == "project":  # after its tasks, as far as one row can say so
                deleting["after_key"] = next(reversed(self._going.values()), None)
            self._going[gid] = deleting["row_key"]
            yield deleting

    def _created_again(self, chain: list[PlanRow]) -> Iterator[dict[str, Any]]:
        """An object that a revert deleted is created anew, with the text it had."""
        row = chain[0]
        creation = _creation_of(self._database, row.target_gid)
        if creation is None:
            self._keep(row, "a duplicate is not created again")
            return
        again = self._row(
            row, creation.kind, (creation.target_type, creation.target_gid), creation.field, None, creation.new_value
        )
        if self._kinds[row.plan_id].of(creation).look(_as_row(again)).found_gid is not None:
            self.back += 1
        else:
            yield again

    @property
    def _reason(self) -> str:
        return f"Takes back what {self._of} wrote."

    @property
    def _of_week(self) -> Week:
        if self._week is None:
            raise PermanentError(f"Nothing of {self._of} is known")
        return self._week

    def _row(
        self, row: PlanRow, kind: str, target: tuple[str, str], field: str | None, old: str | None, new: str
    ) -> dict[str, Any]:
        made = self._of_week.row(
            kind, row.capability, target, field or "", new, self._reason,
            old_value=old, evidence=[row.target_gid], made_by="revert", verbatim=True,
        )  # fmt: skip
        return made | {"team_gid": row.team_gid}

    def _keep(self, row: PlanRow, why: str) -> None:
        self.kept.append(_left(row, why))

    def _conflict(self, row: PlanRow, why: str) -> None:
        self.conflicts.append(_left(row, why))


def deletion(
    week: Week, row: PlanRow, object_gid: str, marker: str, reason: str, made_by: str = "revert"
) -> dict[str, Any]:
    """A row that deletes an object which another row created.

    Args:
        week: Of the plan it goes into.
        row: What created it.
        object_gid: The object.
        marker: By which it must be recognised.
        reason: For the reviewer.
        made_by: Who found that it is to go.
    """
    made = week.row(
        "delete_object", row.capability, (OBJECTS.get(row.kind, "project"), object_gid), CREATED_OBJECT,
        ownership.EMPTY, reason,
        old_value=canonical_object({**parsed(row.new_value), "marker": marker}), evidence=[row.target_gid],
        made_by=made_by,
    )  # fmt: skip
    return made | {"team_gid": row.team_gid}


def _written(database: Database, of: str) -> tuple[dict[str, StoredPlan], list[PlanRow]]:
    """Plans by id, and those of their rows that a plan or a run brought to Asana, as receipts say; newest first."""
    is_plan = of.startswith("p-")
    by_run = (
        "SELECT 1 FROM audit a WHERE a.actor = 'job:' || %(of)s AND a.event IN ('row_sending', 'row_done')"
        " AND a.body ->> 'plan_id' = r.plan_id AND a.body ->> 'row_key' = r.row_key"
    )
    chosen = "r.plan_id = %(of)s" if is_plan else f"EXISTS ({by_run})"
    with database.transaction("auditor") as connection, connection.cursor() as cursor:
        if not is_plan:
            cursor.execute("SELECT 1 FROM audit WHERE actor = 'job:' || %(of)s LIMIT 1", {"of": of})
            if cursor.fetchone() is None:
                raise PermanentError(f"There is no plan or run {of}", fix="asana-intel review shows the plans")
        cursor.execute(
            "SELECT r.plan_id, r.row_key FROM plan_row r JOIN write_receipt w USING (plan_id, row_key)"
            f" WHERE r.state = 'done' AND {chosen} ORDER BY w.at DESC, r.position DESC, r.row_key",
            {"of": of},
        )
        keys = cursor.fetchall()
    plans = {plan_id: load_plan(database, plan_id) for plan_id in ({p for p, _ in keys} | ({of} if is_plan else set()))}
    rows = {(row.plan_id, row.row_key): row for plan in plans.values() for row in plan.rows}
    return plans, [rows[key] for key in keys]


def _chains(rows: Iterable[PlanRow]) -> list[list[PlanRow]]:
    """Rows of one place together, newest first, as far as each found there what the one before it had left."""
    chains: dict[tuple[str, str | None, str], list[PlanRow]] = {}
    for row in rows:
        chain = chains.setdefault((row.target_gid, row.field, "" if row.kind in SETS else row.row_key), [])
        if not chain or (chain[-1].pre_read or ownership.EMPTY) == row.new_value:
            chain.append(row)
    return list(chains.values())


def _object_of(database: Database, idem_key: str) -> str | None:
    with database.transaction("auditor") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT result_gid FROM created_object WHERE idem_key = %s", (idem_key,))
        return (cursor.fetchone() or (None,))[0]


def _creation_of(database: Database, object_gid: str) -> PlanRow | None:
    """The row that created an object."""
    with database.transaction("auditor") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT plan_id, row_key FROM created_object WHERE result_gid = %s", (object_gid,))
        found = cursor.fetchone()
    if found is None:
        return None
    return next(row for row in load_plan(database, found[0]).rows if row.row_key == found[1])


def _as_row(made: dict[str, Any]) -> PlanRow:
    """A row that is not stored yet, to look at what stands in Asana for it."""
    content = {name: value for name, value in made.items() if name not in {"as_of_on", "as_of_at"}}
    return PlanRow(**{**content, "plan_id": "", "position": 0, "evidence_gids": tuple(made["evidence_gids"])})


def _left(row: PlanRow, why: str) -> Left:
    return Left(row.plan_id, row.row_key, row.kind, row.target_type, row.target_gid, row.field, why)


def _record(database: Database, found: Reversal, actor: str, now: datetime) -> None:
    """The chain keeps who asked and what stays; values stand in the rows."""

    def told(left: Iterable[Left]) -> list[str]:
        return [f"{one.plan_id} {one.row_key} {one.target_gid}: {one.reason}" for one in left]

    body = {
        "of": found.of, "plan_id": found.plan.plan_id if found.plan else None, "back": found.back,
        "conflicts": told(found.conflicts), "kept": told(found.kept),
    }  # fmt: skip
    with database.transaction("planner") as connection:
        audit.append(connection, now, actor, "revert_planned", body)
