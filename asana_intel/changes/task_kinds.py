"""How a task gets an assignee, dates or a section, and a project the section: looked up and sent. No rule here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from asana_intel.changes.canonical import canonical, canonical_object, canonical_text, parsed
from asana_intel.changes.fields import is_override
from asana_intel.changes.sight import Base, Change, Sight, address_of, first
from asana_intel.changes.writing import Record
from asana_intel.clock import parse_instant
from asana_intel.errors import PermanentError

if TYPE_CHECKING:
    from asana_intel.changes.ledger import PlanRow

_SOON = timedelta(minutes=5)
_KEPT = "completed,custom_fields.name,custom_fields.enabled,custom_fields.display_value"
_DATES = "start_on,due_on,due_at"
_PLACES = "memberships.project.gid,memberships.section.gid,memberships.section.name"


class SetAssignee(Base):
    """Give a task to somebody; values are gids of people.

    A story names the new assignee only: who it was before, the story before it says.
    """

    def look(self, row: PlanRow) -> Sight:
        """See `Kind.look`."""
        record = self._writer.read(row.target_type, row.target_gid, f"assignee.gid,{_KEPT}")
        return Sight(
            value=_person(record), changes=tuple(self._changes(row)), kept_by_hand=_is_kept(record),
            unfit=self.finished(record),
        )  # fmt: skip

    def _changes(self, row: PlanRow) -> Iterator[Change]:
        before: Record | None = None
        for story in self._writer.list_stories("task", row.target_gid):
            if story.get("resource_subtype") not in {"assigned", "unassigned"}:
                continue
            # An older story may tell of something else than we read: people who leave lose their tasks silently.
            old = _person(before) if before is not None and _is_soon_after(before, story) else row.pre_read
            yield self.change(story, old, _person(story))
            before = story

    def send(self, row: PlanRow, sight: Sight) -> str:
        """See `Kind.send`."""
        self._writer.set_assignee(row.target_gid, parsed(row.new_value))
        return row.target_gid

    def restore(self, row: PlanRow, sight: Sight, value: str) -> None:
        """See `Kind.restore`."""
        self._writer.set_assignee(row.target_gid, parsed(value))


class SetDates(Base):
    """Say when a task starts and is due; a value holds the two days, as far as there are any."""

    def look(self, row: PlanRow) -> Sight:
        """See `Kind.look`."""
        record = self._writer.read(row.target_type, row.target_gid, f"{_DATES},{_KEPT}")
        return Sight(
            value=dates_value(record), changes=tuple(self._changes(row)), kept_by_hand=_is_kept(record),
            unfit=self.finished(record),
        )  # fmt: skip

    def _changes(self, row: PlanRow) -> Iterator[Change]:
        for story in self._writer.list_stories("task", row.target_gid):
            # Told by several subtypes, as the due date, the start or both were changed.
            old, new = story.get("old_dates"), story.get("new_dates")
            if old or new:
                yield self.change(story, dates_value(old or {}), dates_value(new or {}))

    def send(self, row: PlanRow, sight: Sight) -> str:
        """See `Kind.send`."""
        self._writer.set_dates(row.target_gid, _dates_wire(row.new_value))
        return row.target_gid

    def restore(self, row: PlanRow, sight: Sight, value: str) -> None:
        """See `Kind.restore`."""
        self._writer.set_dates(row.target_gid, _dates_wire(value))


class CreateSection(Base):
    """Within a project the name is the marker, as for projects and fields."""

    def look(self, row: PlanRow) -> Sight:
        """See `Kind.look`."""
        name = parsed(row.new_value)["name"]
        return Sight(found_gid=first(s for s in self._writer.list_sections(row.target_gid) if s.get("name") == name))

    def send(self, row: PlanRow, sight: Sight) -> str:
        """See `Kind.send`."""
        gid = self._writer.create_section(row.target_gid, parsed(row.new_value)["name"])["gid"]
        self._kinds.forget()
        return gid


class AddToSection(Base):
    """Move a task within a project that it is in.

    Values name project and section, and say the section's gid where it is known: what is yet to be created has none.
    """

    def look(self, row: PlanRow) -> Sight:
        """See `Kind.look`."""
        wanted = parsed(row.new_value)
        record = self._writer.read(row.target_type, row.target_gid, f"{_PLACES},{_KEPT}")
        held = record.get("memberships") or []
        places = [m for m in held if (m.get("project") or {}).get("gid") == wanted["project"]]
        if not places:
            return Sight(unfit=f"the task is not in project {wanted['project']} any more")
        meant = self._meant(wanted)
        if not meant:
            return Sight(missing=f"There is no section {wanted['section']} in project {wanted['project']} yet")
        section = places[0].get("section")
        return Sight(
            value=self._value(row, section), address=meant[0], changes=tuple(self._changes(row)),
            kept_by_hand=_is_kept(record),
            unfit=self.finished(record) or _ambiguous(meant, wanted["section"]),
        )  # fmt: skip

    def _meant(self, wanted: Record) -> list[str]:
        """Gids of the sections that a value means: one, unless only a name says which."""
        sections = self._kinds.sections(wanted["project"])
        gid = wanted.get("section_gid")
        return [s["gid"] for s in sections if (s["gid"] == gid if gid else _name(s) == wanted["section"])]

    def _value(self, row: PlanRow, section: Record | None) -> str | None:
        """A section as the row spells it, with or without its gid, where it is one of the row's own."""
        if section is None:
            return None
        for spelt in (row.new_value, row.old_value):
            if spelt is not None and section["gid"] in self._meant(parsed(spelt)):
                return spelt
        return place_value(parsed(row.new_value)["project"], section)

    def _changes(self, row: PlanRow) -> Iterator[Change]:
        sections = {s["gid"]: s for s in self._kinds.sections(parsed(row.new_value)["project"])}
        for story in self._writer.list_stories("task", row.target_gid):
            ends = ((story.get(end) or {}).get("gid", "") for end in ("old_section", "new_section"))
            old, new = (self._value(row, sections.get(gid)) for gid in ends)
            if story.get("resource_subtype") == "section_changed" and (old or new):
                yield self.change(story, old, new)

    def send(self, row: PlanRow, sight: Sight) -> str:
        """See `Kind.send`."""
        self._writer.add_to_section(address_of(sight), row.target_gid)
        return row.target_gid

    def restore(self, row: PlanRow, sight: Sight, value: str) -> None:
        """See `Kind.restore`."""
        wanted = parsed(value)
        meant = self._meant(wanted) if wanted else []
        if len(meant) != 1:
            raise PermanentError(f"The section that task {row.target_gid} stood in is not there any more")
        self._writer.add_to_section(meant[0], row.target_gid)


def dates_value(dates: Mapping[str, Any]) -> str | None:
    """Canonical JSON of a task's dates; None where there are none.

    Args:
        dates: `start_on` and `due_on`, days or ISO text, and `due_at`, the instant instead of the day where the task is
            due at an hour: such a task has another value than one that is due on that day.
    """
    due_at = dates.get("due_at")
    told = {
        "start_on": dates.get("start_on"),
        "due_at": parse_instant(due_at).isoformat() if isinstance(due_at, str) else due_at and due_at.isoformat(),
        "due_on": None if due_at else dates.get("due_on"),
    }
    if not any(told.values()):
        return None
    return canonical_object({name: str(value) for name, value in told.items() if value})


def _dates_wire(value: str) -> dict[str, str | None]:
    """The dates as Asana takes them: both ends in one request, since one may lie behind the other's old day."""
    told = parsed(value) or {}
    due = {"due_at": told["due_at"]} if "due_at" in told else {"due_on": told.get("due_on")}
    return {"start_on": told.get("start_on"), **due}


def place_value(project_gid: str, section: Mapping[str, Any]) -> str:
    """Canonical JSON of a task's place.

    Args:
        project_gid: Project.
        section: Its `gid`, where it exists, and `name`.
    """
    return canonical_object({"project": project_gid, "section": _name(section), "section_gid": section.get("gid")})


def _name(section: Mapping[str, Any]) -> str:
    return canonical_text(section.get("name") or "")


def _person(record: Mapping[str, Any]) -> str | None:
    return canonical((record.get("assignee") or {}).get("gid"), "enum")


OWN_VALUES: dict[str, tuple[str, Callable[[Mapping[str, Any]], str | None]]] = {
    "assignee": ("assignee.gid", _person),
    "dates": (_DATES, dates_value),
}
"""What we set of a task's own: name of the row's field -> members to read, and the canonical value of a record."""


def _ambiguous(meant: list[str], name: str) -> str | None:
    return f"the project has {len(meant)} sections called {name}" if len(meant) > 1 else None


def _is_kept(record: Record) -> bool:
    entries = record.get("custom_fields") or []
    return any(is_override(e.get("name"), e.get("display_value")) for e in entries if e.get("enabled", True))


def _is_soon_after(earlier: Record, later: Record) -> bool:
    """Whether the earlier story may have come between our look and our request, as Asana's clock tells."""
    return parse_instant(later["created_at"]) - parse_instant(earlier["created_at"]) < _SOON
