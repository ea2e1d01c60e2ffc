"""The files of a world, read line by line into records. How the records hang together is world.py's."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import orjson

from asana_intel.errors import ConfigError
from asana_intel.sandbox.custom_values import recorded_value
from asana_intel.sandbox.hand_written import (
    DATED,
    EARLIEST,
    WrongFieldError,
    completed,
    defaults_of,
    moment_of,
    references,
    require_reference,
    require_values,
)
from asana_intel.sandbox.record_tables import OWN, TABULAR, Tables
from asana_intel.sandbox.records import Change, Ends, Fields, Record, Shape, ends_of, shape_of
from asana_intel.sandbox.times import ALWAYS, normal_iso

_MOMENTS = ("created_at", "completed_at", "modified_at")
_BUFFER = 1 << 20
_POOLED = 100_000
_AT_ONCE = 100  # what so few lines become stays in the processor's cache until it is packed away
_NO_VALUES: Fields = {}
_MANY = frozenset({"tasks"})  # so many that lines which say all are not looked at twice
_EMPTY: dict[type, Any] = {list: [], dict: {}}  # shared by all, as nothing of a record is ever changed
# Shown anew from the values, so the entries themselves are not kept.
_HOLD_VALUES = frozenset({"tasks", "goals", "projects", "portfolios", "users"})
# Kept beside the fields, not among them: one direction of a dependency is enough, items are edges.
_BESIDE = {"tasks": "dependents", "portfolios": "items", "workspaces": "plan"}


def path_of(folder: Path, name: str) -> Path | None:
    """Return the file of a resource, compressed or not; None if there is none."""
    for suffix in (".jsonl.gz", ".jsonl"):
        path = folder / f"{name}{suffix}"
        if path.exists():
            return path
    return None


def rows(path: Path) -> Iterator[tuple[int, Fields]]:
    """Read a file's objects one by one, never holding the whole file.

    Args:
        path: A file of one JSON object a line, compressed if its name says so.

    Yields:
        The line's number, from 1, and the object.

    Raises:
        ConfigError: If the file is damaged or a line is no JSON object.
    """
    number = 0
    try:
        with path.open("rb") as plain, io.BufferedReader(_decoded(path, plain), _BUFFER) as lines:
            for number, line in enumerate(lines, start=1):
                if line.isspace():
                    continue
                row = orjson.loads(line)
                if type(row) is not dict:
                    raise ConfigError(
                        f"{path.name}, line {number}: not a JSON object", fix="write one JSON object a line"
                    )
                yield number, row
    except orjson.JSONDecodeError as error:
        raise ConfigError(
            f"{path.name}, line {number}: not JSON ({error})", fix="write one JSON object a line"
        ) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ConfigError(
            f"{path.name} is damaged after line {number}: {error}", fix="copy or generate the world anew"
        ) from error
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}", fix="let this user read the files of the world"
        ) from error


def _decoded(path: Path, plain: Any) -> Any:
    return gzip.GzipFile(fileobj=plain) if path.suffix == ".gz" else plain


def records(path: Path, resource: str, known: dict[str, Record]) -> Iterator[Record]:
    """Read the records of a resource.

    Args:
        path: Its file.
        resource: Name of the resource.
        known: Records that are there already, by gid; no gid may come twice.

    Raises:
        ConfigError: If a line is not a record, or its gid is missing or taken.
    """
    build = Builder(resource).record
    if resource in TABULAR:
        yield from _tabular_records(path, resource, known, build)
    else:
        yield from (_checked(path, number, row, build, known) for number, row in rows(path))


_Build = Callable[[Fields], Record]


def _tabular_records(path: Path, resource: str, known: dict[str, Record], build: _Build) -> Iterator[Record]:
    tables, numbered = Tables(resource), rows(path)
    while batch := list(islice(numbered, _AT_ONCE)):
        lines = [row for _, row in batch]
        gids = [row.get("gid") for row in lines]
        are_gids = {*map(type, gids)} == {str} and all(gids) and len({*gids}) == len(gids)
        found = tables.records(lines) if are_gids and known.keys().isdisjoint(gids) else None
        if found is None:
            yield from (_checked(path, number, row, build, known) for number, row in batch)
        else:
            yield from found


def _checked(path: Path, number: int, row: Fields, build: _Build, known: dict[str, Record]) -> Record:
    gid = row.get("gid")
    if type(gid) is not str or not gid:
        raise ConfigError(
            f"{path.name}, line {number}, field gid: {'missing' if gid is None else f'{gid!r} is no text'}",
            fix='give every record a gid of its own, as a text: {"gid": "1201", …}',
        )
    if gid in known:
        raise ConfigError(
            f"{path.name}, line {number}, field gid: {gid} is taken by another record ({known[gid].resource})",
            fix="drop the second record, or give it a gid of its own",
        )
    try:
        return build(row)
    except WrongFieldError as error:
        raise ConfigError(f"{path.name}, line {number}, field {error}", fix=error.fix) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        resource = path.name.partition(".")[0]
        raise ConfigError(
            f"{path.name}, line {number}: not a record of {resource} ({type(error).__name__}: {error})",
            fix="compare the line with docs/sandbox.md, section World format",
        ) from error


class _Plan:
    """How a line with certain names becomes a row: what of it is kept, what is filled in."""

    def __init__(self, resource: str, names: tuple[str, ...]) -> None:
        base = defaults_of(resource)
        self.beside = _BESIDE.get(resource)
        base.pop(self.beside or "", None)
        if resource in _HOLD_VALUES and "custom_fields" in {*base, *names}:
            base["custom_fields"] = []
        left_out = {self.beside, *(("custom_fields",) if resource in _HOLD_VALUES else ())}
        kept = [name for name in names if not name.startswith("x_") and name not in left_out]
        filled = {name: value for name, value in base.items() if name not in kept}
        self.shape: Shape = shape_of(resource, (*kept, *filled))
        self.filled = list(filled.values())
        # The gid is among what is kept, so the getter gives a tuple unless it is all there is.
        self.kept: Callable[[Fields], tuple[Any, ...]] = itemgetter(*kept) if len(kept) > 1 else _only(kept[0])
        self.shared = [place for place, name in enumerate(kept) if name not in OWN]
        places = self.shape.places
        self.moments = [(name, places[name]) for name in _MOMENTS if name in kept]
        self.references = [end for end in references(resource, places) if end[0] in kept]
        self.created = places.get("created_at")
        # What is complete has a moment since when.
        self.completion = (places["completed"], places["completed_at"]) if "completed" in kept else None
        self.extra = [name for name in names if name.startswith("x_") and name != "x_changes"]


def _only(name: str) -> Callable[[Fields], tuple[Any, ...]]:
    return lambda raw: (raw[name],)


class Builder:
    """Makes records of one resource out of lines; what is equal in many of them becomes one object."""

    def __init__(self, resource: str) -> None:
        self.resource = resource
        self.plans: dict[tuple[str, ...], _Plan] = {}
        self._ends: dict[int, tuple[Fields, Ends]] = {}
        self._texts: dict[str, str] = {}
        self._parts: dict[str, Any] = {}  # by their JSON; as text, since kept bytes of orjson waste a kB each

    def record(self, raw: Fields) -> Record:
        """Make the record of a line."""
        if self.resource not in _MANY:
            require_values(self.resource, raw)
            raw = completed(self.resource, raw)
        names = tuple(raw)
        plan = self.plans.get(names)
        if plan is None:
            plan = self.plans[names] = _Plan(self.resource, names)
        if len(self._texts) + len(self._parts) > _POOLED:
            self._texts.clear()
            self._parts.clear()
            self._ends.clear()
        row, texts, parts = [*plan.kept(raw), *plan.filled], self._texts, self._parts
        for name, place in plan.moments:
            moment = row[place]
            if moment and (type(moment) is not str or len(moment) != 24 or moment[-1] != "Z"):
                row[place] = moment_of(name, moment)
        for name, place, are_many in plan.references:
            if row[place]:
                require_reference(name, row[place], are_many=are_many)
        for place in plan.shared:
            value = row[place]
            if type(value) is str:
                row[place] = texts.setdefault(value, value)
            elif type(value) is dict or type(value) is list:
                row[place] = parts.setdefault(orjson.dumps(value).decode(), value) if value else _EMPTY[type(value)]
        extra = {name[2:]: raw[name] for name in plan.extra} if plan.extra else {}
        if plan.beside and (raw.get(plan.beside) or plan.beside == "items"):
            extra[plan.beside] = raw.get(plan.beside) or []  # also of a portfolio that lists none
        born = self._born(raw, extra)
        if plan.created is not None and not raw.get("created_at") and self.resource in DATED:
            row[plan.created] = born or EARLIEST
        if plan.completion and row[plan.completion[0]] and not row[plan.completion[1]]:
            row[plan.completion[1]] = born or EARLIEST
        entries, changes = raw.get("custom_fields"), raw.get("x_changes")
        return Record.of_row(
            plan.shape,
            tuple(row),
            self._values(entries) if entries else {},
            self._changes(changes) if changes else (),
            born,
            extra,
        )

    def _born(self, raw: Fields, extra: Fields) -> str:
        """Tell since when a record exists: always, where its line does not say."""
        for name, moment in (("x_created_at", extra.get("created_at")), ("created_at", raw.get("created_at"))):
            if moment:
                return moment if type(moment) is str and len(moment) == 24 else self._shared(moment_of(name, moment))
        return ALWAYS

    def _shared(self, value: Any) -> Any:
        if type(value) is str:
            return self._texts.setdefault(value, value)
        if type(value) is dict or type(value) is list:
            return self._parts.setdefault(orjson.dumps(value).decode(), value)
        return value

    def _values(self, entries: list[Fields] | Fields) -> Fields:
        if isinstance(entries, dict):  # as a PUT would write them
            return {gid: self._shared(value) for gid, value in entries.items()}
        values: Fields = {}
        for entry in entries:
            value = recorded_value(entry)
            values[entry["gid"]] = value if type(value) is float else self._shared(value)
        return values

    def _changes(self, given: list[Fields]) -> tuple[Change, ...]:
        shared = self._shared
        changes: list[Change] = []
        for change in given:
            fields, values = change["fields"], _NO_VALUES
            if "custom_fields" in fields:
                values = shared(fields.pop("custom_fields"))
            fields = shared(fields)
            # Many records went through the same state, so that its ends are known already.
            known = self._ends.get(id(fields))
            if known is None:
                known = self._ends[id(fields)] = (fields, ends_of(self.resource, fields))
            changes.append(Change(shared(normal_iso(change["until"])), fields, values, known[1]))
        return tuple(sorted(changes, key=lambda change: change.until)) if len(changes) > 1 else tuple(changes)
