"""The task breakdown of a project that is not there yet, from a CSV or JSON file; names become gids here.

A row is a task. Columns, of which task and hours must be there:

| column | what |
|---|---|
| task | what is to be done; each name once |
| hours (or effort) | hours of work, above 0; 7.5 or 7,5 |
| person | name or gid of who does it |
| team, skill (or role) | whoever has the skill, in the team, and most room; nobody without person, team and skill |
| depends_on | what must be done before: tasks of the file, or gids of open tasks, with semicolons between |
| start, due | days, YYYY-MM-DD; missing ones follow from what the task waits for |
| goal | name or gid of the goal that it serves |
| contribution | what it adds to the goal's metric, in the metric's unit; empty = like the goal's other tasks |
| initiative | name of the project; else that of the file |

A CSV file has commas, semicolons or tabs between its columns; lines without any value do not count. A JSON file is a
list of objects with these keys; depends_on may be a list there.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from asana_intel.errors import ConfigError, PermanentError
from asana_intel.insights.scenario.changes import AddProject, NewTask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Row = dict[str, Any]

_ALSO = {"effort": "hours", "role": "skill", "depends on": "depends_on", "start_on": "start", "due_on": "due"}
_FIELDS = {
    "task": "task", "hours": "hours", "skill": "skill", "start": "start_on", "due": "due_on",
    "contribution": "contribution",
}  # fmt: skip
_NAMED = {"person": "person_gid", "team": "team_gid", "goal": "goal_gid"}
_NEEDED = ("task", "hours")
_COLUMNS = {*_FIELDS, *_NAMED, "depends_on", "initiative"}
_NUMBERS, _DAYS = ("hours", "contribution"), ("start", "due")
_DECIMAL_COMMA = re.compile(r"\d+,(?:\d|\d\d|\d{4,})")  # with three digits it may as well part thousands
_MENDS = {
    "task": "give the task a name",
    "hours": "give hours of work above 0 and up to 20000, such as 7.5",
    "contribution": "give a number above 0, such as 2.5, or leave it empty",
    "start": "give a day as YYYY-MM-DD, or leave it empty",
    "due": "give a day as YYYY-MM-DD, or leave it empty",
}


def read_project(path: Path, gid_of: Mapping[str, Callable[[str], str]], start_on: dt.date | None = None) -> AddProject:
    """The project of a file.

    Args:
        path: A .csv or .json file.
        gid_of: For `person`, `team` and `goal`: the gid of what is called so; raises where there is none.
        start_on: First day of the project; dates of the file move along.

    Raises:
        ConfigError: There is no such file, or it is of another kind.
        PermanentError: It cannot be read, or a row is wrong; it names the row, the column and the mend.
    """
    rows = _records(path)
    tasks = {at: _task(at, row, gid_of) for at, row in rows.items()}
    _check_names(tasks)
    return AddProject(name=_name(rows) or path.stem, tasks=tuple(tasks.values()), start_on=start_on)


def _records(path: Path) -> dict[str, Row]:
    """Where each row stands, and its values by column."""
    if not path.is_file() or path.suffix.lower() not in {".csv", ".json"}:
        raise ConfigError(f"{path} is no .csv or .json file", fix="name a file with a row for each task")
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = _of_csv(path.name, text) if path.suffix.lower() == ".csv" else _of_json(path.name, text)
    except (UnicodeDecodeError, json.JSONDecodeError) as wrong:
        raise PermanentError(f"{path.name} cannot be read: {wrong}", fix="save it as UTF-8 CSV or JSON") from wrong
    if not rows:
        raise PermanentError(f"{path.name} holds no task", fix="give a row, or an object of a list, for each task")
    named = {name for row in rows.values() for name in row}
    if unknown := sorted(named - _COLUMNS):
        raise PermanentError(
            f"{path.name}: column(s) not known: {', '.join(unknown)}", fix=f"use {', '.join(sorted(_COLUMNS))}"
        )
    if missing := [name for name in _NEEDED if name not in named]:
        raise PermanentError(f"{path.name}: column(s) missing: {', '.join(missing)}", fix="add them to the first line")
    return rows


def _of_csv(file: str, text: str) -> dict[str, Row]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    filled: list[tuple[int, list[str]]] = []
    try:
        filled += ((lines.line_num, cells) for cells in lines if any(cell.strip() for cell in cells))
    except csv.Error as wrong:
        begins = filled[-1][0] + 1 if filled else 1
        fix = "close each double quote, and write one inside a value twice"
        raise PermanentError(f"{file}: the row that begins in line {begins}: {wrong}", fix=fix) from wrong
    if not filled:
        return {}
    columns = [_column(name) for name in filled[0][1]]
    while columns and not columns[-1]:
        columns.pop()  # a spreadsheet leaves empty ones behind
    if twice := sorted({name for name in columns if columns.count(name) > 1}):
        raise PermanentError(f"{file}: column(s) there twice: {', '.join(twice)}", fix="keep one of each")
    rows: dict[str, Row] = {}
    for row, (line, cells) in enumerate(filled[1:], start=1):
        at = f"{file}: line {line}, row {row}"
        if surplus := [cell for cell in cells[len(columns) :] if cell.strip()]:
            fix = "put values that hold a comma or semicolon between double quotes"
            raise PermanentError(f"{at}: {surplus[0]!r} is in no column", fix=fix)
        rows[at] = dict(zip(columns, cells, strict=False))
    return rows


def _of_json(file: str, text: str) -> dict[str, Row]:
    given = json.loads(text) if text.strip() else []
    if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
        raise PermanentError(f"{file} is no list of tasks", fix='write [{"task": "…", "hours": 8}, …]')
    rows: dict[str, Row] = {}
    for n, row in enumerate(given, start=1):
        rows[f"{file}: row {n}"] = {_column(name): value for name, value in row.items()}
    return rows


def _column(name: str) -> str:
    plain = name.strip().lower()
    return _ALSO.get(plain, plain)


def _name(rows: dict[str, Row]) -> str | None:
    """What the project is called, where a row says so."""
    said = {at: str(row["initiative"]).strip() for at, row in rows.items() if row.get("initiative")}
    first = next(iter(said.values()), None)
    for at, name in said.items():
        if name != first:
            raise _wrong(at, "initiative", name, f"one file is one project: it is {first!r} before")
    return first


def _task(at: str, row: Row, gid_of: Mapping[str, Callable[[str], str]]) -> NewTask:
    said = {name: value.strip() if isinstance(value, str) else value for name, value in row.items()}
    given = {name: value for name, value in said.items() if value not in (None, "")}
    told: Row = {field: _value(at, name, given[name]) for name, field in _FIELDS.items() if name in given}
    for name, field in _NAMED.items():
        if said.get(name):
            try:
                told[field] = gid_of[name](str(said[name]))
            except ConfigError as unknown:
                fix = f"{unknown.message}; {unknown.fix}" if unknown.fix else unknown.message
                raise _wrong(at, name, said[name], fix) from unknown
    before = said.get("depends_on") or ""
    parts = before if isinstance(before, list) else str(before).split(";")
    told["depends_on"] = tuple(dict.fromkeys(text for part in parts if (text := str(part).strip())))
    try:
        task = NewTask(**told)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        name = next((name for name, field in _FIELDS.items() if field == first["loc"][0]), str(first["loc"][0]))
        raise _wrong(at, name, said.get(name), _MENDS.get(name, first["msg"])) from wrong
    if task.start_on and task.due_on and task.due_on < task.start_on:
        raise _wrong(at, "due", said["due"], f"it lies before the start, {task.start_on}")
    return task


def _value(at: str, name: str, value: object) -> object:
    """A day or a number as it is meant; what is neither is refused with its mend."""
    if name in _DAYS:
        try:
            return dt.date.fromisoformat(str(value))
        except ValueError as wrong:
            raise _wrong(at, name, value, _MENDS[name]) from wrong
    if name in _NUMBERS and isinstance(value, str) and _DECIMAL_COMMA.fullmatch(value):
        return value.replace(",", ".")
    if name in _NUMBERS and isinstance(value, bool):
        raise _wrong(at, name, value, _MENDS[name])
    return str(value) if name in {"task", "skill"} else value


def _check_names(tasks: dict[str, NewTask]) -> None:
    """Each task has a name of its own, and waits for one of the file or for what may be the gid of an open one."""
    named: dict[str, str] = {}
    for at, task in tasks.items():
        if task.task in named:
            where = named[task.task].partition(": ")[2]
            raise _wrong(at, "task", task.task, f"{where} has that name already; give every task its own")
        named[task.task] = at
    for at, task in tasks.items():
        for blocker in task.depends_on:
            if blocker == task.task:
                raise _wrong(at, "depends_on", blocker, "a task cannot wait for itself")
            if blocker not in named and not blocker.isdecimal() and not blocker.startswith("new:"):
                fix = "name a task of the file, or give the gid of an open one; put semicolons between several"
                raise _wrong(at, "depends_on", blocker, fix)


def _wrong(at: str, column: str, value: object, fix: str) -> PermanentError:
    return PermanentError(f"{at}, column '{column}': {value!r}", fix=fix)
