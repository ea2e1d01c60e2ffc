"""Every operation that Asana documents: name, method, path, OAuth scopes, heading. No behaviour."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

Key = tuple[str, ...]
# An organization is a workspace; connectors still ask by the old name, and Asana still answers.
_OLD_NAMES = {"organizations": "workspaces"}
_TABLE = Path(__file__).with_name("operations.csv")


@dataclass(frozen=True, slots=True)
class Documented:
    """An operation of Asana's OpenAPI document.

    Attributes:
        operation_id: Asana's name of it, e.g. `getGoals`.
        method: HTTP method.
        path: With the parts in braces, e.g. `/goals/{goal_gid}`.
        scopes: Granular OAuth scopes that allow it; empty where Asana offers none, so that full rights are needed.
        tag: Asana's heading over it in the reference, e.g. `Goals`.
        body: Every member that the document names in the body's `data`, read-only ones included.
    """

    operation_id: str
    method: str
    path: str
    scopes: frozenset[str]
    tag: str
    body: frozenset[str]


def key_of(method: str, path: str) -> Key:
    """Turn a documented path into its key: the method and the segments, with `*` for the parts in braces."""
    return (method, *("*" if part.startswith("{") else part for part in path.strip("/").split("/")))


@cache
def catalogue() -> dict[Key, Documented]:
    """Return all documented operations by key, in the order of their paths."""
    with _TABLE.open(newline="", encoding="utf-8") as file:
        rows = [
            Documented(
                operation_id=row["operation_id"],
                method=row["method"],
                path=row["path"],
                scopes=frozenset(row["scopes"].split()),
                tag=row["tag"],
                body=frozenset(row["body"].split()),
            )
            for row in csv.DictReader(file)
        ]
    return {key_of(row.method, row.path): row for row in rows}


def key_of_request(method: str, path: str) -> Key | None:
    """Find the documented operation that a request means, or None; literal segments win over variable ones."""
    parts = path.strip("/").split("/")
    asked = (method, _OLD_NAMES.get(parts[0], parts[0]), *parts[1:])
    if asked in catalogue():
        return asked
    fits = [key for key in _by_head().get((len(asked), *asked[:2]), ()) if _fits(key, asked)]
    return min(fits, key=lambda key: key.count("*"), default=None)


@cache
def _by_head() -> dict[tuple[int | str, ...], list[Key]]:
    """Group the operations by length, method and first segment, which is never variable."""
    found: dict[tuple[int | str, ...], list[Key]] = {}
    for key in catalogue():
        found.setdefault((len(key), *key[:2]), []).append(key)
    return found


def _fits(key: Key, asked: Key) -> bool:
    return all(wanted in ("*", given) for wanted, given in zip(key, asked, strict=True))
