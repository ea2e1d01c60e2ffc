"""Many like lines of a world made into records at once, column by column. What is unusual is left to world_files.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any

import orjson

from asana_intel.sandbox.hand_written import DATED, defaults_of, needed, references
from asana_intel.sandbox.records import Fields, Record, Shape
from asana_intel.sandbox.schema import MANY
from asana_intel.sandbox.times import ALWAYS

# Resources of which a world may hold millions, and whose lines are the same wherever they come from.
TABULAR = frozenset(
    {
        "stories",
        "time_tracking_entries",
        "project_memberships",
        "memberships",
        "allocations",
    }
)
_UNUSUAL = frozenset({"custom_fields", "metric", "completed", "completed_at", "modified_at"})
# Nearly always different from record to record: looking for an equal one costs more than it saves.
OWN = frozenset(
    {
        "gid",
        "name",
        "notes",
        "text",
        "title",
        "html_notes",
        "html_text",
        "description",
        "permalink_url",
    }
)
_POOLED = 100_000
_REFERENCE = 3  # a gid, a type, a name: all of them texts
_GID = itemgetter("gid")
_TEXTS = frozenset({str, type(None)})
_PARTS = frozenset({dict, list, type(None)})


class _Table:
    """Lines with the same names."""

    def __init__(self, resource: str, names: tuple[str, ...]) -> None:
        base = defaults_of(resource)
        kept = tuple(name for name in names if name != "x_created_at")
        self.shape = Shape(resource, kept, {name: value for name, value in base.items() if name not in kept})
        self.rows: Callable[[Fields], tuple[Any, ...]] = itemgetter(*kept)
        places = self.shape.places
        self.shared = [place for name, place in places.items() if name not in OWN]
        self.born = next((name for name in ("x_created_at", "created_at") if name in names), None)
        self.moments = [places[name] for name in ("created_at",) if name in places]
        self.references = [place for _, place, _ in references(resource, places)]
        self.needed = [places.get(choices[0]) for choices in needed(resource)]
        self.is_usual = (
            not any(name.startswith("x_") or name in _UNUSUAL or name in MANY.get(resource, ()) for name in kept)
            and None not in self.needed
            and ("created_at" in names or resource not in DATED)
            and len(kept) > 1
        )


class Tables:
    """Makes records of one resource; what is equal in many of them becomes one object.

    Args:
        resource: Name of the file.
    """

    def __init__(self, resource: str) -> None:
        self.resource = resource
        self._tables: dict[tuple[str, ...], _Table] = {}
        self._texts: dict[str, str] = {}
        self._parts: dict[str, Any] = {}  # by their JSON; as text, since kept bytes of orjson waste a kB each
        self._references: dict[str, Fields] = {}

    def records(self, batch: list[Fields]) -> list[Record] | None:
        """Make the records of some lines, in their order.

        Returns:
            The records, or None if there is anything about the lines that has to be looked at one by one.
        """
        alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for place, raw in enumerate(batch):
            alike[tuple(raw)].append(place)
        for pool in (self._texts, self._parts, self._references):
            if len(pool) > _POOLED:
                pool.clear()
        found: dict[int, Record] = {}
        for names, places in alike.items():
            table = self._tables.get(names)
            if table is None:
                table = self._tables[names] = _Table(self.resource, names)
            made = self._made(table, [batch[place] for place in places]) if table.is_usual else None
            if made is None:
                return None
            found.update(zip(places, made, strict=True))
        return [found[place] for place in range(len(batch))] if len(alike) > 1 else list(found.values())

    def _made(self, table: _Table, batch: list[Fields]) -> Iterator[Record] | None:
        columns: list[Sequence[Any]] = list(zip(*map(table.rows, batch), strict=True))
        born: Sequence[str] = [raw[table.born] for raw in batch] if table.born else [ALWAYS] * len(batch)
        moments = [columns[place] for place in table.moments]
        if not all(map(_are_normal, [*moments, born] if table.born else moments)):
            return None
        if not all(all(columns[place]) for place in table.needed if place is not None):
            return None
        if not all(_are_references(columns[place]) for place in table.references):
            return None
        for place in table.shared:
            columns[place] = self._shared(columns[place])
        return Record.of_rows(table.shape, zip(*columns, strict=True), self._shared(born))

    def _shared(self, column: Sequence[Any]) -> Sequence[Any]:
        kinds = set(map(type, column))
        if kinds <= _TEXTS:
            return list(map(self._texts.setdefault, column, column))
        if kinds == {dict} and max(map(len, column)) <= _REFERENCE and all("gid" in value for value in column):
            known = list(map(self._references.setdefault, map(_GID, column), column))
            if known == list(column):
                return known
        if kinds <= _PARTS:
            keys = map(bytes.decode, map(orjson.dumps, column))
            return list(map(self._parts.setdefault, keys, column))
        return column


def _are_normal(moments: Iterable[Any]) -> bool:
    return all(type(moment) is str and len(moment) == 24 and moment[-1] == "Z" for moment in moments)


def _are_references(column: Iterable[Any]) -> bool:
    given = [value for value in column if value is not None]
    return set(map(type, given)) <= {dict} and {type(value.get("gid")) for value in given} <= {str}
