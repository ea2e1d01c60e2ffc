"""Initiatives that a company describes in CSV or JSON files: read and checked here, weighed elsewhere.

A row is a task. Columns, of which the first three must be there:

| column | what |
|---|---|
| initiative | its name; rows of one name are one initiative |
| task | what is to be done; each name once in an initiative |
| hours (or effort) | hours of work, above 0 |
| skill (or role) | what who does it must know, as in the skills field of people; empty = nothing |
| person | name or gid of who does it; empty = whoever is done first |
| team | name or gid of the team that does it; empty = any |
| depends_on | tasks of the same initiative that must be done before, with semicolons between |
| start | first day, YYYY-MM-DD; of an initiative the earliest counts; none = now |
| due | wanted last day; of an initiative the latest counts, and one must be there |
| goal | name or gid of the goal that the task serves |
| contribution | what it adds to the goal's metric, in the metric's unit; empty = not known |

A JSON file is a list of objects with these keys; depends_on may be a list there.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from asana_intel.errors import ConfigError, PermanentError

COLUMNS = (
    "initiative", "task", "hours", "skill", "person", "team", "depends_on", "start", "due", "goal", "contribution",
)  # fmt: skip
SUFFIXES = (".csv", ".json")
_NEEDED = COLUMNS[:3]
_ALSO = {"effort": "hours", "role": "skill", "depends on": "depends_on"}


@dataclass(frozen=True)
class Ask:
    """One task of an initiative; names are as the file has them, '' = nothing."""

    task: str
    hours: float
    skill: str
    person: str
    team: str
    depends_on: tuple[str, ...]
    goal: str
    contribution: float | None


@dataclass(frozen=True)
class Asked:
    """One initiative: its tasks in the order of the file, and when it is wanted (start_on None = now)."""

    name: str
    asks: tuple[Ask, ...]
    start_on: date | None
    due_on: date


def read_initiatives(path: Path) -> list[Asked]:
    """The initiatives of a file, or of all CSV and JSON files of a folder, by file and in their order.

    Raises:
        ConfigError: There is no such file or folder, or it has another ending.
        PermanentError: It cannot be read, lacks a column, or a row is wrong; it names the file, row, column and mend.
    """
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
        found = [asked for file in files for asked in read_initiatives(file)]
        names = [asked.name for asked in found]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise PermanentError(f"{path}: two files have an initiative {twice!r}", fix="give each another name")
        return found
    if not path.is_file():
        raise ConfigError(f"There is no file or folder {path}", fix="name a .csv or .json file of initiatives")
    if path.suffix.lower() not in SUFFIXES:
        raise ConfigError(f"{path.name} is neither .csv nor .json", fix="save it as one of these")
    rows = _Rows(path.name)
    for at, row in enumerate(_records(path), start=1):
        rows.add(at, row)
    return rows.initiatives()


def _records(path: Path) -> list[dict[str, Any]]:
    """Rows by the names of columns, small letters, with other names for the same brought together."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        given = list(csv.DictReader(text.splitlines())) if path.suffix.lower() == ".csv" else json.loads(text)
    except (UnicodeDecodeError, json.JSONDecodeError, csv.Error) as wrong:
        raise PermanentError(f"{path.name} cannot be read: {wrong}", fix="save it as UTF-8 CSV or JSON") from wrong
    if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
        raise PermanentError(f"{path.name} is no list of objects", fix="give a list with an object for each task")
    rows = [{_column(name): value for name, value in row.items()} for row in given]
    names = {name for row in rows for name in row}
    if missing := [name for name in _NEEDED if name not in names]:
        raise PermanentError(f"{path.name}: column(s) missing: {', '.join(missing)}", fix="add them")
    if unknown := sorted(names - set(COLUMNS)):
        said = f"{path.name}: column(s) not known: {', '.join(unknown)}"
        raise PermanentError(said, fix=f"use {', '.join(COLUMNS)}; quote values that hold a comma")
    return rows


def _column(name: Any) -> str:
    plain = str(name or "").strip().lower()
    return _ALSO.get(plain, plain)


class _Rows:
    """The rows of a file as they are read, by initiative."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._asks: dict[str, list[tuple[int, Ask]]] = {}
        self._days: dict[str, dict[str, list[date]]] = {}

    def add(self, at: int, row: dict[str, Any]) -> None:
        """Check one row and keep it; `at` counts from 1, below the header."""
        initiative, task = (self._text(at, row, column, is_needed=True) for column in ("initiative", "task"))
        hours = self._number(at, row, "hours")
        if hours is None or hours <= 0:
            raise self._wrong(at, "hours", row.get("hours"), "give hours above 0")
        if any(ask.task == task for _, ask in self._asks.get(initiative, [])):
            raise self._wrong(at, "task", task, "give each task of an initiative another name")
        before = row.get("depends_on") or ""
        parts = before if isinstance(before, list) else str(before).split(";")
        ask = Ask(
            task=task,
            hours=hours,
            skill=self._text(at, row, "skill"),
            person=self._text(at, row, "person"),
            team=self._text(at, row, "team"),
            depends_on=tuple(dict.fromkeys(name for part in parts if (name := str(part).strip()))),
            goal=self._text(at, row, "goal"),
            contribution=self._number(at, row, "contribution"),
        )
        if ask.contribution is not None and (ask.contribution <= 0 or not ask.goal):
            raise self._wrong(at, "contribution", row["contribution"], "give a number above 0, and the goal it is for")
        self._asks.setdefault(initiative, []).append((at, ask))
        days = self._days.setdefault(initiative, {"start": [], "due": []})
        for column, known in days.items():
            if said := self._text(at, row, column):
                known.append(self._day(at, column, said))

    def initiatives(self) -> list[Asked]:
        """All that was read."""
        return [self._initiative(name, asks) for name, asks in self._asks.items()]

    def _initiative(self, name: str, asks: list[tuple[int, Ask]]) -> Asked:
        tasks, (first, _) = {ask.task for _, ask in asks}, asks[0]
        for at, ask in asks:
            for other in ask.depends_on:
                if other not in tasks or other == ask.task:
                    raise self._wrong(at, "depends_on", other, f"name another task of {name!r}")
        days = self._days[name]
        if not days["due"]:
            raise self._wrong(first, "due", "", f"say until when {name!r} is wanted, in one of its rows")
        start_on, due_on = min(days["start"], default=None), max(days["due"])
        if start_on is not None and start_on > due_on:
            raise self._wrong(first, "due", str(due_on), f"a day on or after the start, {start_on}")
        return Asked(name, tuple(ask for _, ask in asks), start_on, due_on)

    def _text(self, at: int, row: dict[str, Any], column: str, *, is_needed: bool = False) -> str:
        value = row.get(column)
        text = "" if value is None else str(value).strip()
        if is_needed and not text:
            raise self._wrong(at, column, "", "fill it in")
        return text

    def _number(self, at: int, row: dict[str, Any], column: str) -> float | None:
        text = self._text(at, row, column)
        if not text:
            return None
        try:
            number = float(text)
        except ValueError:
            number = float("inf")
        if not abs(number) < float("inf"):
            raise self._wrong(at, column, text, "give a number such as 12 or 12.5")
        return number

    def _day(self, at: int, column: str, text: str) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise self._wrong(at, column, text, "give a day as YYYY-MM-DD") from None

    def _wrong(self, at: int, column: str, value: Any, fix: str) -> PermanentError:
        return PermanentError(f"{self._file}: row {at}, column '{column}': {value!r}", fix=fix)
