"""One object of a world, kept small: its fields, its values, its earlier states. Not which others there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from asana_intel.sandbox.schema import RELATIONS
from asana_intel.sandbox.times import ALWAYS

Fields = dict[str, Any]
Ends = list[tuple[str, str]]


class Change:
    """An earlier state of a record: until this moment, these fields stood as given here.

    Attributes:
        until: The moment, in the API's form.
        fields: API fields as they stood.
        values: Custom-field gid -> value as it stood, as a PUT would write it.
        ends: `(relation, gid of the other end)` of the references in `fields`.
    """

    __slots__ = ("ends", "fields", "until", "values")

    def __init__(self, until: str, fields: Fields, values: dict[str, Any], ends: Ends) -> None:
        self.ends = ends
        self.until = until
        self.fields = fields
        self.values = values


class Shape:
    """The names of the fields of many records: each keeps its own values only, as a row of a table does.

    Attributes:
        resource: Name of the file.
        names: Of the fields in a row, in order.
        filled: Fields that all of these records have with the same value: they stand in no row.
        places: Name -> where its value stands in a row.
        ends: `(relation, place, step)` of the references that put records in relation (see schema.RELATIONS).
    """

    __slots__ = ("ends", "filled", "names", "places", "resource")

    def __init__(self, resource: str, names: tuple[str, ...], filled: Fields | None = None) -> None:
        self.resource = resource
        self.filled: Fields = filled or {}
        self.names = names
        self.places = {name: place for place, name in enumerate(names)}
        self.ends: list[tuple[str, int, str]] = []
        for relation, paths in RELATIONS.get(resource, {}).items():
            for path in paths:
                head, _, step = path.partition(".")
                if head in self.places:
                    self.ends.append((relation, self.places[head], step))


shape_of = cache(Shape)


class Record:
    """One object: its API fields, its custom-field values in written form, and when each came to be.

    Args:
        resource: Name of its file, e.g. `tasks`.
        fields: The record as the API gives it, with every default filled in and no `x_` field.
        values: Custom-field gid -> value as a PUT would write it.
        changes: Earlier states, oldest first.
        born: Moment from which it exists.
        extra: The `x_` fields, without their prefix, and what is kept beside them (see world_files.py).

    Attributes:
        place: How many records of its resource came before it: its order in lists until somebody moves it.
    """

    __slots__ = (
        "_held",
        "_row",
        "_values",
        "born",
        "changes",
        "extra",
        "place",
        "shape",
    )

    def __init__(
        self,
        resource: str,
        fields: Fields,
        values: dict[str, Any] | None = None,
        changes: list[Change] | tuple[Change, ...] = (),
        born: str = ALWAYS,
        extra: Fields | None = None,
    ) -> None:
        self.shape: Shape = shape_of(resource, tuple(fields))
        self._row = tuple(fields.values())
        self.values = values or {}
        self.changes = changes
        self.born = born
        self.place = -1
        self.extra: Fields = extra or _NOTHING

    @classmethod
    def of_row(
        cls,
        shape: Shape,
        row: tuple[Any, ...],
        values: dict[str, Any],
        changes: tuple[Change, ...],
        born: str,
        extra: Fields,
    ) -> Record:
        """Make a record of a row that is in its shape already (see the class for the rest)."""
        record = cls.__new__(cls)
        record.shape, record._row = shape, row
        if values:
            record.values = values
        else:
            record._held = record._values = ()
        record.changes, record.born, record.extra = changes, born, extra or _NOTHING
        return record

    @classmethod
    def of_rows(cls, shape: Shape, rows: Iterable[tuple[Any, ...]], born: Iterable[str]) -> Iterator[Record]:
        """Make records without values, changes and extras of rows that are in their shape already."""
        new = cls.__new__
        for row, since in zip(rows, born, strict=True):
            record = new(cls)
            record.shape, record._row, record.born, record.extra = (
                shape,
                row,
                since,
                _NOTHING,
            )
            record._held = record._values = record.changes = ()
            yield record

    @property
    def resource(self) -> str:
        """Name of its file."""
        return self.shape.resource

    @property
    def fields(self) -> Mapping[str, Any]:
        """The API fields; to change one, use `set_field`."""
        return MappingProxyType(self.copied_fields())

    def copied_fields(self) -> Fields:
        """Return the API fields as a dict of the caller's own."""
        fields = dict(zip(self.shape.names, self._row, strict=True))
        fields.update(self.shape.filled)
        return fields

    @property
    def values(self) -> dict[str, Any]:
        """The custom-field values, as a new dict: what is written into it is lost."""
        return dict(zip(self._held, self._values, strict=True))

    @values.setter
    def values(self, values: dict[str, Any]) -> None:
        names = tuple(values)
        self._held = _NAMES.setdefault(names, names) if names else ()
        self._values = tuple(values.values())

    def field(self, name: str) -> Any:
        """Return one field, or None."""
        place = self.shape.places.get(name)
        return self.shape.filled.get(name) if place is None else self._row[place]

    def set_field(self, name: str, value: Any) -> None:
        """Add a field, or put another value for it. Relations that are entered already stay."""
        fields = {**self.copied_fields(), name: value}
        self.shape, self._row = (
            shape_of(self.shape.resource, tuple(fields)),
            tuple(fields.values()),
        )

    def relations(self) -> list[tuple[str, str]]:
        """List `(relation, gid of the other end)` of all states, each once; what stands at the end comes first."""
        found = _relations(self.shape.ends, self._row)
        for change in self.changes:
            if change.ends:
                found += [end for end in change.ends if end not in found]
        return found


def ends_of(resource: str, fields: Fields) -> Ends:
    """List `(relation, gid of the other end)` of the references in some fields of a resource, each once."""
    return _relations(shape_of(resource, tuple(fields)).ends, tuple(fields.values()))


def _relations(ends: list[tuple[str, int, str]], row: tuple[Any, ...]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for relation, place, step in ends:
        value = row[place]
        if not value:
            continue
        for item in value if type(value) is list else (value,):
            other = item.get(step) if step and type(item) is dict else item
            if type(other) is dict and (gid := other.get("gid")) and (end := (relation, gid)) not in found:
                found.append(end)
    return found


_NOTHING: Fields = {}
_NAMES: dict[tuple[str, ...], tuple[str, ...]] = {}
