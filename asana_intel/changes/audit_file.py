"""The audit chain as a file for others: write it, and check it without a database. docs/audit.md describes it.

First the signed heads, then the entries, one JSON object a line: where the end of the file is missing, so is an entry
that a head stands for.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from asana_intel.changes import audit, heads
from asana_intel.changes.audit import Entry, Fault
from asana_intel.errors import ConfigError

if TYPE_CHECKING:
    from asana_intel.changes.heads import Head, Verdict
    from asana_intel.storage.postgres import Database

_ANOTHER_COPY = "export it again, or take another copy of the file"


@dataclass(frozen=True)
class Exported:
    """What a file holds: how many entries, numbers of the first and the last, the last head."""

    entries: int
    first: int | None
    last: int | None
    head: Head | None


def export(database: Database, folder: Path, path: Path, first: int = 1) -> Exported:
    """Write the chain and its heads to a new file that only its owner can read. Signs nothing.

    Args:
        database: The ledger.
        folder: Where the heads lie.
        path: File; must not exist yet, since it may be older evidence.
        first: Number of the entry to begin with.

    Raises:
        ConfigError: The file exists, or cannot be written.
    """
    signed = [head for head in map(heads.parsed, heads.stored_lines(folder)) if head is not None]
    count, last = 0, None
    try:
        with _new(path) as file, audit.reading(database, first) as entries:
            file.writelines(f"{head.line()}\n" for head in signed)
            for entry in entries:
                file.write(f"{entry.line()}\n")
                count, last = count + 1, entry.seq
    except FileExistsError:
        raise ConfigError(f"{path} exists already", fix="name a new file: what was exported is kept") from None
    except OSError as wrong:
        raise ConfigError(f"{path} cannot be written: {wrong.strerror}", fix="name another file") from None
    return Exported(count, first if count else None, last, signed[-1] if signed else None)


def check_file(path: Path, public_key: bytes, first: int = 1) -> Verdict:
    """Check an exported file by itself: any byte that differs from what was exported is a fault.

    Args:
        path: File.
        public_key: PEM, from somewhere else than the file.
        first: Number of the entry that it must begin with; the entries before it are vouched for by the heads alone.

    Raises:
        ConfigError: The file cannot be read, or the key is none.
    """
    faults: list[Fault] = []
    try:
        with path.open("rb") as file:
            numbered = enumerate(file, 1)
            signed, entry = _signed(numbered, faults)
            entries = _entries(numbered, faults)
            verdict = heads.check(_with_first(entry, entries), signed, public_key, None, first)
    except OSError as wrong:
        raise ConfigError(f"{path} cannot be read: {wrong.strerror}", fix="name the exported file") from None
    return replace(verdict, faults=(*faults, *verdict.faults))


def _signed(numbered: Iterator[tuple[int, bytes]], faults: list[Fault]) -> tuple[list[bytes], Entry | None]:
    """The lines of heads, and the entry that comes behind them."""
    signed: list[bytes] = []
    for number, line in numbered:
        head, entry = heads.parsed(line), _entry(line)
        if head is not None and line == f"{head.line()}\n".encode():
            signed.append(line)
        elif entry is not None:
            return signed, entry
        else:
            faults.append(_altered(number))
    return signed, None


def _entries(numbered: Iterator[tuple[int, bytes]], faults: list[Fault]) -> Iterator[Entry]:
    for number, line in numbered:
        entry = _entry(line)
        if entry is None:
            faults.append(_altered(number))
        else:
            yield entry


def _with_first(entry: Entry | None, entries: Iterable[Entry]) -> Iterator[Entry]:
    if entry is not None:
        yield entry
    yield from entries


def _entry(line: bytes) -> Entry | None:
    """The entry of a line; None unless the line is, byte for byte, how that entry is exported."""
    try:
        row = json.loads(line)
        entry = Entry(**{**row, "at": datetime.fromisoformat(row["at"])})
        is_as_exported = f"{entry.line()}\n".encode() == line
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
        return None
    has_types = type(entry.seq) is int and isinstance(entry.prev, str) and isinstance(entry.hash, str)
    return entry if is_as_exported and has_types else None


def _altered(number: int) -> Fault:
    return Fault(0, f"Line {number} is not as it was exported: changed, moved or cut off", _ANOTHER_COPY)


@contextlib.contextmanager
def _new(path: Path) -> Iterator[TextIO]:
    """A file that did not exist, and does not after a failure: half a chain looks like one that was cut off."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            yield file
    except BaseException:
        path.unlink()
        raise
