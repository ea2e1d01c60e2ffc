"""What stands in Asana for a row, and what every kind of change can do; each kind is in kinds.py or task_kinds.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from asana_intel.changes.writing import Record
from asana_intel.errors import PermanentError

if TYPE_CHECKING:
    from asana_intel.changes.kinds import Kinds
    from asana_intel.changes.ledger import PlanRow


@dataclass(frozen=True)
class Change:
    """One change of a field, as the object's own history tells it; values are canonical JSON, `by` a person's gid."""

    gid: str
    is_ours: bool
    old: str | None
    new: str | None
    by: str | None = None
    at: str | None = None


@dataclass(frozen=True)
class Sight:
    """What stands in Asana for a row.

    Args:
        value: Canonical JSON of the value, for kinds that set one.
        found_gid: The object, for kinds that create one, where it exists already.
        address: Gid that sending needs: of the custom field or the project.
        missing: What must be there first and is not; nothing can be sent then.
        changes: Changes of the field, oldest first; None where Asana keeps no history of it.
        is_private: Only its members see the field.
        kept_by_hand: The object's field Manual Override says that nothing of ours is to be written there.
        unfit: Why the field cannot take the value any more.
        touched: Why an object of ours is not to be deleted any more.
    """

    value: str | None = None
    found_gid: str | None = None
    address: str | None = None
    missing: str | None = None
    changes: tuple[Change, ...] | None = None
    is_private: bool = False
    kept_by_hand: bool = False
    unfit: str | None = None
    touched: str | None = None


class Kind(Protocol):
    """One kind of change."""

    def look(self, row: PlanRow) -> Sight:
        """Read what stands."""
        ...

    def send(self, row: PlanRow, sight: Sight) -> str:
        """Send exactly one request; returns the gid of what was written."""
        ...

    def restore(self, row: PlanRow, sight: Sight, value: str) -> None:
        """Put back what a person had set (canonical JSON)."""
        ...

    def copies(self, row: PlanRow) -> list[Record]:
        """All objects that carry the marker of a row that creates one."""
        ...


class Base:
    """What the kinds share.

    Args:
        kinds: The kinds of one plan, with its writer.
    """

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._writer = kinds.writer

    def restore(self, row: PlanRow, sight: Sight, value: str) -> None:
        """Refuse: most kinds have nothing to give back."""
        raise PermanentError(f"A {row.kind} has no earlier value to give back")

    def copies(self, row: PlanRow) -> list[Record]:
        """All objects that carry the row's marker; more than one where a late request came to pass after all."""
        raise PermanentError(f"A {row.kind} has no marker")

    def change(self, story: Record, old: str | None, new: str | None) -> Change:
        """What a story tells."""
        by = (story.get("created_by") or {}).get("gid")
        return Change(story["gid"], is_ours=by == self._kinds.me, old=old, new=new, by=by, at=story.get("created_at"))

    def finished(self, record: Record) -> str | None:
        """Why a task needs no plan of a week any more; taking back is another thing."""
        is_wanted_now = self._kinds.plan.purpose in {"weekly", "notice", "scenario", "check"}
        return "the task is done" if record.get("completed") and is_wanted_now else None

    def marked(self, row: PlanRow, records: Iterable[Record], text: str) -> list[Record]:
        """Those of the records in whose text the row's marker stands."""
        marker = self._kinds.marker(row)
        return [record for record in records if marker in (record.get(text) or "")]


def first(records: Iterable[Record]) -> str | None:
    """Gid of the first record, where there is one."""
    return next((record["gid"] for record in records), None)


def address_of(sight: Sight) -> str:
    """Gid that sending needs.

    Raises:
        PermanentError: None was found.
    """
    if sight.address is None:
        raise PermanentError("Nothing to write to was found")
    return sight.address
