"""The journal: accepted writes, one JSON line each, so that a later run continues where an earlier one ended."""

from __future__ import annotations

from pathlib import Path

import orjson

from asana_intel.errors import ConfigError
from asana_intel.sandbox.effects import Cause
from asana_intel.sandbox.world import Fields


class Journal:
    """An append-only file of writes; without a path it keeps nothing.

    Args:
        path: Where it lies; made on the first write.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def append(self, entry: Fields) -> None:
        """Write one accepted mutation (see `entry_of`) and flush it."""
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            file.write(orjson.dumps(entry) + b"\n")
            file.flush()

    def entries(self) -> list[Fields]:
        """Read all writes, in order. A last line cut short by a crash is left out: it was never acknowledged.

        Raises:
            ConfigError: If an earlier line is damaged.
        """
        if self.path is None or not self.path.exists():
            return []
        lines = self.path.read_bytes().split(b"\n")
        found: list[Fields] = []
        for number, line in enumerate(lines, start=1):
            if not line:
                continue
            try:
                found.append(orjson.loads(line))
            except orjson.JSONDecodeError as error:
                if number == len(lines):
                    break
                raise ConfigError(
                    f"{self.path}, line {number}: not a journal entry", fix="start with another state file"
                ) from error
        return found

    def forget(self) -> None:
        """Empty the journal."""
        if self.path is not None and self.path.exists():
            self.path.write_bytes(b"")


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
