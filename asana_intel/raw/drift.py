"""Telling that Asana's records are not what is documented: new, missing and retyped members, by name, never by value.

It looks at samples of what was read anyway; it asks for nothing, stops nothing and keeps no record.
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from asana_intel.raw.expected_types import Expected, expected_types
from asana_intel.raw.records import Record

# Asana adds these to any object.
SENT_UNASKED = frozenset({"gid", "resource_type"})
# A list of so many records is looked at whole; of a longer one, so many records, evenly spread.
SAMPLE = 8
# From then on, one record of each list: what a plan or a release changes, it changes everywhere.
PLENTY = 2_000

_UNKNOWN = Expected("", "sometimes")
_KINDS = {
    str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object", type(None): "null"
}  # fmt: skip
_TYPES: dict[str, frozenset[type]] = {
    "string": frozenset({str}),
    "number": frozenset({int, float}),
    "integer": frozenset({int}),
    "boolean": frozenset({bool}),
    "object": frozenset({dict}),
}
# Anything else is the key of a map, which may be a gid or an address.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True, order=True)
class Drift:
    """One member that is not as documented.

    Args:
        resource: Raw table of the records.
        field: Dotted path of the member; lists on the way are not marked. `*` stands for keys that are no names.
        kind: `new`: sent although not asked for. `missing`: asked for, but refused, or in no record although its
            parent was there; null is not missing. `retyped`: of another JSON type than documented; null is of any.
        detail: Types or counts, for people; never a value.
    """

    resource: str
    field: str
    kind: Literal["new", "missing", "retyped"]
    detail: str


class DriftWatch:
    """Looks at the lists of one sync, from any thread."""

    def __init__(self) -> None:
        self._roots: dict[tuple[str, str], _Member] = {}
        self._lock = threading.Lock()

    def observe(self, resource: str, fields: str, records: Sequence[Record]) -> None:
        """Look at a sample of one list, as Asana sent it.

        Args:
            resource: Raw table that the records go to; of one that the table of types does not know, only new members
                are told.
            fields: `opt_fields` that were asked for, comma-separated.
            records: The whole list, before anything is added to its records.
        """
        with self._lock:
            root = self._roots.get((resource, fields))
            if root is None:
                root = self._roots[resource, fields] = _planted(resource, fields)
            for record in _sample(records, root.objects):
                root.look_into(record)

    def findings(self, refused: Mapping[str, Sequence[str]] | None = None) -> list[Drift]:
        """What drifted so far, sorted: one finding per resource, field and kind.

        Args:
            refused: Kind of read -> fields that the server refused, see `AsanaReader.dropped_fields`: missing, too.
        """
        with self._lock:
            seen = [(resource, member) for (resource, _), root in self._roots.items() for member in root.tree()]
            return sorted(
                [
                    *_new(seen),
                    *_retyped(seen),
                    *_missing(seen, gone := _refused(refused or {})),
                    *(Drift(*where, "missing", "refused by the server") for where in gone),
                ]
            )


class _Member:
    """A member that is asked for, or the record itself, and what was seen of it."""

    __slots__ = ("done", "expected", "is_array", "kind", "lacking", "members", "new", "objects", "odd", "path", "types")

    def __init__(self, path: str, expected: Expected) -> None:
        self.path = path
        self.expected = expected
        self.kind = expected.type.removeprefix("array of ")
        self.is_array = self.kind != expected.type
        self.types = _TYPES.get(self.kind, frozenset())
        # Nothing is left to look at in a value of these: most values, so this is asked before any call.
        self.done = frozenset[type]() if self.is_array or self.kind == "object" else self.types
        self.members: dict[str, _Member] = {}
        self.objects = 0
        self.lacking: set[str] = set()
        self.new: dict[str, set[str]] = defaultdict(set)
        self.odd: set[str] = set()

    def tree(self) -> Iterator[_Member]:
        """This member and all inside it."""
        yield self
        for member in self.members.values():
            yield from member.tree()

    def child(self, name: str) -> str:
        """Path of a member inside."""
        return f"{self.path}.{name}" if self.path else name

    def look_at(self, value: object) -> None:
        """Look at a value other than null."""
        if type(value) is list and (self.is_array or not self.kind):
            for item in value:
                if item is not None:
                    self._look_at_one(item, "array of ")
        elif self.is_array:
            self.odd.add(_KINDS[type(value)])
        else:
            self._look_at_one(value, "")

    def look_into(self, record: Record) -> None:
        """Look at the members of an object."""
        self.objects += 1
        if self.lacking:
            self.lacking.difference_update(record)
        members = self.members
        for name, value in record.items():
            member = members.get(name)
            if member is None:
                if name not in SENT_UNASKED:
                    self.new[name if _NAME.fullmatch(name) else "*"].add(_KINDS[type(value)])
            elif value is not None and type(value) not in member.done:
                member.look_at(value)

    def _look_at_one(self, value: Any, prefix: str) -> None:
        if self.kind and type(value) not in self.types and not self._is_whole_number(value):
            self.odd.add(prefix + _KINDS[type(value)])
        elif self.members and type(value) is dict:
            self.look_into(value)

    def _is_whole_number(self, value: Any) -> bool:
        """JSON has one type of number: 3.0 is an integer, too."""
        return self.kind == "integer" and type(value) is float and value.is_integer()


def _planted(resource: str, fields: str) -> _Member:
    """The tree of what was asked for."""
    expected = expected_types().get(resource, {})
    root = _Member("", Expected("object", "always"))
    asked = set(fields.split(","))
    for path in asked:
        names = path.split(".")
        if any(".".join(names[:depth]) in asked for depth in range(1, len(names))):
            continue  # inside what is asked for as a whole
        member = root
        for name in names:
            inner = member.child(name)
            member.lacking.add(name)
            member = member.members.setdefault(name, _Member(inner, expected.get(inner, _UNKNOWN)))
    return root


def _sample(records: Sequence[Record], looked_at: int) -> Sequence[Record]:
    last = len(records) - 1
    if looked_at >= PLENTY and records:
        return [records[looked_at % len(records)]]
    if last < SAMPLE:
        return records
    return [records[n * last // (SAMPLE - 1)] for n in range(SAMPLE)]


Seen = Sequence[tuple[str, _Member]]


def _new(seen: Seen) -> Iterator[Drift]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for resource, member in seen:
        for name, kinds in member.new.items():
            found[resource, member.child(name)] |= kinds
    return (Drift(*where, "new", f"{_either(kinds)}, not asked for") for where, kinds in found.items())


def _retyped(seen: Seen) -> Iterator[Drift]:
    found: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for resource, member in seen:
        if member.odd:
            found[resource, member.path, member.expected.type] |= member.odd
    for (resource, path, documented), kinds in found.items():
        yield Drift(resource, path, "retyped", f"{_either(kinds)}, where {documented} is documented")


def _missing(seen: Seen, refused: set[tuple[str, str]]) -> Iterator[Drift]:
    """Members that no record held, where the parent was there; what was refused is told as such."""
    shown = {resource for resource, member in seen if member.objects}
    held: set[tuple[str, str]] = set()
    looked_into: dict[tuple[str, str], int] = defaultdict(int)
    for resource, parent in seen:
        for name, member in parent.members.items():
            if name not in parent.lacking:
                held.add((resource, member.path))
            elif parent.objects and _must_be_there(member, shown):
                looked_into[resource, member.path] += parent.objects
    for (resource, path), objects in looked_into.items():
        if (resource, path) not in held and not any(
            resource == table and f"{field}.".startswith(f"{path}.") for table, field in refused
        ):
            yield Drift(resource, path, "missing", f"in none of {objects} objects that were looked at")


def _must_be_there(member: _Member, shown: set[str]) -> bool:
    present = member.expected.present
    return present == "always" or present.removeprefix("with ") in shown


def _refused(dropped: Mapping[str, Sequence[str]]) -> set[tuple[str, str]]:
    """Raw table and field of what was refused, from the kinds of read."""
    return {(_table(kind), field) for kind, fields in dropped.items() for field in fields}


def _table(kind: str) -> str:
    """The raw table that a kind of read fills: the last that its path names, e.g. tasks of `/tasks/{gid}/subtasks`."""
    if kind.endswith("/items"):
        return "portfolio_items"
    return next((word for word in reversed(kind.split("/")) if word in expected_types()), kind)


def _either(kinds: set[str]) -> str:
    return " or ".join(sorted(kinds))
