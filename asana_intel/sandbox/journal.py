"""The journal: accepted writes, one JSON line each, so that a later run continues where an earlier one ended."""

from __future__ import annotations

from pathlib import Path

import orjson

from asana_intel.errors import ConfigError
from asana_intel.sandbox.effects import Cause
from asana_intel.sandbox.world import Fields

_NEEDED = {"method", "path", "body", "at", "actor"}


class Journal:
    """An append-only file of writes; without a path it keeps nothing.

    Args:
        path: Where it lies; made when it is read first.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def append(self, entry: Fields) -> None:
        """Write one accepted mutation (see `entry_of`) and flush it."""
        if self.path is None:
            return
        with self.path.open("ab") as file:
            file.write(orjson.dumps(entry) + b"\n")
            file.flush()

    def entries(self) -> list[Fields]:
        """Read all writes, in order. A last line cut short by a crash is taken away: it was never acknowledged.

        Raises:
            ConfigError: If an earlier line is damaged, or the file cannot be read or written.
        """
        if self.path is None:
            return []
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b") as file:
                file.seek(0)
                *lines, rest = file.read().split(b"\n")
                if rest and not _is_json(rest):
                    file.truncate(sum(len(line) + 1 for line in lines))  # or the next entry would hang on to it
                elif rest:
                    lines.append(rest)
                    file.write(b"\n")
        except OSError as error:
            raise ConfigError(
                f"{self.path} cannot be read and written: {error.strerror}", fix="name a file of this user's own"
            ) from error
        return [self._entry(line, number) for number, line in enumerate(lines, start=1) if line]

    def _entry(self, line: bytes, number: int) -> Fields:
        entry = orjson.loads(line) if _is_json(line) else None
        if not isinstance(entry, dict) or not entry.keys() >= _NEEDED:
            raise ConfigError(f"{self.path}, line {number}: not a journal entry", fix="start with another state file")
        return entry

    def forget(self) -> None:
        """Empty the journal."""
        if self.path is not None and self.path.exists():
            self.path.write_bytes(b"")


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def entry_of(cause: Cause, query: Fields, body: Fields, at: str, actor: Fields, grant: Fields) -> Fields:
    """Write an accepted mutation as a journal's entry.

    Args:
        cause: The request.
        query: Its query.
        body: Its body, parsed.
        at: The clock when it took effect.
        actor: Who acted (a user record).
        grant: What their token allowed.
    """
    author = {"gid": actor["gid"], "name": actor["name"]}
    request = {"method": cause.method, "path": cause.path, "query": query, "body": body, "at": at}
    return {
        **request, "actor": author, "grant": grant, "request": cause.request, "token": cause.token, "marks": cause.marks
    }  # fmt: skip


def cause_of(entry: Fields) -> Cause:
    """Read the cause of an entry; entries of older journals lack all but what was asked and by whom."""
    marks = entry.get("marks") or {}
    return Cause(entry.get("request"), entry.get("token"), entry["actor"]["gid"], entry["method"], entry["path"], marks)
