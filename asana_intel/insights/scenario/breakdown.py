"""The task breakdown of a project that is not there yet, from a CSV or JSON file; names become gids here.

A row is a task. Columns, of which task and hours must be there:

| column | what |
|---|---|
| task | what is to be done; each name once |
| hours (or effort) | hours of work, above 0 |
| person | name or gid of who does it |
| team, skill (or role) | whoever has the skill, in the team, and most room; nobody without person, team and skill |
| depends_on | what must be done before: tasks of the file, or gids of open tasks, with semicolons between |
| start, due | days, YYYY-MM-DD; missing ones follow from what the task waits for |
| goal | name or gid of the goal that it serves |
| contribution | what it adds to the goal's metric, in the metric's unit; empty = like the goal's other tasks |
| initiative | name of the project; else that of the file |

A JSON file is a list of objects with these keys; depends_on may be a list there.
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from asana_intel.errors import ConfigError, PermanentError
from asana_intel.insights.scenario.changes import AddProject, NewTask

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping
    from pathlib import Path

_ALSO = {"effort": "hours", "role": "skill", "depends on": "depends_on", "start_on": "start", "due_on": "due"}
_FIELDS = {
    "task": "task", "hours": "hours", "skill": "skill", "start": "start_on", "due": "due_on",
    "contribution": "contribution",
}  # fmt: skip
_NAMED = {"person": "person_gid", "team": "team_gid", "goal": "goal_gid"}
_COLUMNS = {*_FIELDS, *_NAMED, "depends_on", "initiative"}


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
    tasks = tuple(_task(path.name, at, row, gid_of) for at, row in enumerate(rows, start=1))
    name = next((str(row["initiative"]) for row in rows if row.get("initiative")), path.stem)
    return AddProject(name=name, tasks=tasks, start_on=start_on)


def _records(path: Path) -> list[dict[str, Any]]:
    if not path.is_file() or path.suffix.lower() not in {".csv", ".json"}:
        raise ConfigError(f"{path} is no .csv or .json file", fix="name a file with a row for each task")
    try:
        text = path.read_text(encoding="utf-8-sig")
        given = list(csv.DictReader(text.splitlines())) if path.suffix.lower() == ".csv" else json.loads(text)
    except (UnicodeDecodeError, json.JSONDecodeError, csv.Error) as wrong:
        raise PermanentError(f"{path.name} cannot be read: {wrong}", fix="save it as UTF-8 CSV or JSON") from wrong
    if not isinstance(given, list) or not given or not all(isinstance(row, dict) for row in given):
        raise PermanentError(f"{path.name} holds no task", fix="give a row, or an object of a list, for each task")
    rows = [{_column(name): value for name, value in row.items()} for row in given]
    if unknown := sorted({name for row in rows for name in row} - _COLUMNS):
        fix = f"use {', '.join(sorted(_COLUMNS))}; quote values that hold a comma"
        raise PermanentError(f"{path.name}: column(s) not known: {', '.join(unknown)}", fix=fix)
    return rows


def _column(name: object) -> str:
    plain = str(name or "").strip().lower()
    return _ALSO.get(plain, plain)


def _task(file: str, at: int, row: dict[str, Any], gid_of: Mapping[str, Callable[[str], str]]) -> NewTask:
    said = {name: value.strip() if isinstance(value, str) else value for name, value in row.items()}
    told: dict[str, Any] = {field: said[name] for name, field in _FIELDS.items() if said.get(name) not in (None, "")}
    for name, field in _NAMED.items():
        if said.get(name):
            try:
                told[field] = gid_of[name](str(said[name]))
            except ConfigError as unknown:
                raise _wrong(file, at, name, said[name], unknown.message) from unknown
    before = said.get("depends_on") or ""
    parts = before if isinstance(before, list) else str(before).split(";")
    told["depends_on"] = tuple(dict.fromkeys(text for part in parts if (text := str(part).strip())))
    try:
        return NewTask(**told)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        field = str(first["loc"][0])
        name = next((name for name, known in (_FIELDS | _NAMED).items() if known == field), field)
        raise _wrong(file, at, name, said.get(name), first["msg"]) from wrong


def _wrong(file: str, at: int, column: str, value: object, fix: str) -> PermanentError:
    return PermanentError(f"{file}: row {at}, column '{column}': {value!r}", fix=fix)
