"""The frames of a sprint as one problem: who may do which task, what waits for what, and what cannot be in at all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from asana_intel.errors import PermanentError
from asana_intel.insights.sprint.problem import HOUR, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from asana_intel.work_settings import SprintSettings

Bar = Literal["pinned out", "later", "circle", "outside", "nobody", "waits"]

TASKS: dict[str, pl.DataType] = {
    "task_gid": pl.String(),
    "team_gid": pl.String(),
    "name": pl.String(),
    "score": pl.Float64(),
    "hours": pl.Float64(),
    "person_gid": pl.String(),
    "skills": pl.List(pl.String),
    "pin": pl.String(),
    "pin_person_gid": pl.String(),
    "start_on": pl.Date(),
}
PEOPLE: dict[str, pl.DataType] = {
    "person_gid": pl.String(),
    "name": pl.String(),
    "hours": pl.Float64(),
    "skills": pl.List(pl.String),
    "team_gids": pl.List(pl.String),
}
LINKS: dict[str, pl.DataType] = {
    "task_gid": pl.String(),
    "depends_on_gid": pl.String(),
    "depends_on_name": pl.String(),
}
_ROUNDING = 1e-3


@dataclass(frozen=True)
class Candidate:
    """A task that may be in the sprint."""

    gid: str
    team: str
    name: str
    score: float
    hours: float
    assignee: str | None
    skills: tuple[str, ...]
    pin: str | None
    pin_person: str | None
    start_on: date | None

    @property
    def length(self) -> int:
        """Its hours in whole seconds, rounded up."""
        return math.ceil(self.hours * HOUR - _ROUNDING)

    @property
    def is_pinned(self) -> bool:
        """Must be in, must be out, or must be one person's."""
        return self.pin is not None or self.pin_person is not None


@dataclass(frozen=True)
class Member:
    """A person who may do tasks of their teams."""

    gid: str
    name: str
    hours: float
    skills: frozenset[str]
    teams: frozenset[str]

    @property
    def room(self) -> int:
        """Their free hours in whole seconds, rounded down."""
        return max(math.floor(self.hours * HOUR + _ROUNDING), 0)

    def has(self, skills: tuple[str, ...]) -> bool:
        """Whether they have all of some skills, whatever their case."""
        return all(skill.casefold() in self.skills for skill in skills)


@dataclass(frozen=True)
class Case:
    """Candidates and people sorted by gid, and what they are to each other.

    Attributes:
        tasks: Candidates.
        people: Members.
        waits: Candidates that each waits for.
        outside: gid and name of an unfinished task that is no candidate, by the candidate that waits for it.
        ends_on: Last day of the sprint.
        may_reassign: Whether a task may go to another than its assignee.
    """

    tasks: tuple[Candidate, ...]
    people: tuple[Member, ...]
    waits: tuple[tuple[int, ...], ...]
    outside: Mapping[int, tuple[str, str]]
    ends_on: date
    may_reassign: bool

    def only_person(self, task: Candidate) -> str | None:
        """The gid of the only person a task may go to, by pin or as its assignee."""
        return task.pin_person or (None if self.may_reassign else task.assignee)

    def skilled(self, task: Candidate) -> list[int]:
        """People who may do a task, whether they have the time or not."""
        only = self.only_person(task)
        return [
            number
            for number, person in enumerate(self.people)
            if task.team in person.teams and person.has(task.skills) and only in (None, person.gid)
        ]

    @cached_property
    def able(self) -> tuple[tuple[int, ...], ...]:
        """Those of them whose free hours hold the task."""
        return tuple(tuple(n for n in self.skilled(task) if self.people[n].room >= task.length) for task in self.tasks)

    @cached_property
    def circles(self) -> dict[int, tuple[int, ...]]:
        """Tasks that wait for each other: the others in the circle, by each that is in one."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        pairs = [(task, before) for task, befores in enumerate(self.waits) for before in befores]
        count = len(self.tasks)
        if not pairs:
            return {}
        left, right = np.array(pairs).T
        graph = coo_array((np.ones(len(pairs)), (left, right)), shape=(count, count))
        _, labels = connected_components(graph, directed=True, connection="strong")
        members: dict[int, list[int]] = {}
        for task, label in enumerate(labels):
            members.setdefault(int(label), []).append(task)
        rings = [ring for ring in members.values() if len(ring) > 1 or ring[0] in self.waits[ring[0]]]
        return {task: tuple(other for other in ring if other != task) for ring in rings for task in ring}

    @cached_property
    def bars(self) -> dict[int, Bar]:
        """Why a candidate cannot be in, whatever else is, by candidate."""
        found: dict[int, Bar] = {}
        for number, task in enumerate(self.tasks):
            if task.pin == "out":
                found[number] = "pinned out"
            elif task.start_on is not None and task.start_on > self.ends_on:
                found[number] = "later"
            elif number in self.circles:
                found[number] = "circle"
            elif number in self.outside:
                found[number] = "outside"
            elif not self.able[number]:
                found[number] = "nobody"
        followers: dict[int, list[int]] = {}
        for number, befores in enumerate(self.waits):
            for before in befores:
                followers.setdefault(before, []).append(number)
        behind = list(found)
        while behind:
            for after in followers.get(behind.pop(), []):
                if after not in found:
                    found[after] = "waits"
                    behind.append(after)
        return found

    @cached_property
    def open(self) -> list[int]:
        """Candidates that can be in."""
        return [number for number in range(len(self.tasks)) if number not in self.bars]

    def problem(self) -> Problem:
        """What is to be solved: the candidates of `open`, and everybody."""
        number = {task: n for n, task in enumerate(self.open)}
        tasks = [self.tasks[n] for n in self.open]
        return Problem(
            score=np.array([task.score for task in tasks], dtype=np.float64),
            length=np.array([task.length for task in tasks], dtype=np.int64),
            room=np.array([person.room for person in self.people], dtype=np.int64),
            able=tuple(self.able[n] for n in self.open),
            waits=tuple(tuple(number[before] for before in self.waits[n]) for n in self.open),
            pinned=np.array([task.pin == "in" for task in tasks], dtype=bool),
        )


def build_case(
    tasks: pl.DataFrame, people: pl.DataFrame, links: pl.DataFrame, ends_on: date, settings: SprintSettings
) -> Case:
    """Read the frames of `propose_sprint`.

    Raises:
        PermanentError: A column is missing or does not fit its type, a gid repeats, or a number is out of range.
    """
    rows = _frame(tasks, TASKS, "tasks", ("task_gid", "team_gid", "score", "hours"), "task_gid")
    members = _frame(people, PEOPLE, "people", ("person_gid", "hours"), "person_gid")
    if "team_gids" not in people.columns:
        members = members.with_columns(
            team_gids=pl.lit(rows["team_gid"].unique().sort().to_list(), PEOPLE["team_gids"])
        )
    known = _frame(
        links if links.columns else pl.DataFrame(schema=LINKS), LINKS, "links", ("task_gid", "depends_on_gid"), None
    )
    for column, least in (("score", 0.0), ("hours", 0.0)):
        wrong = rows.filter(~pl.col(column).is_finite() | (pl.col(column) < least))
        if wrong.height:
            raise PermanentError(
                f"tasks: task {wrong['task_gid'][0]}: {column} is {wrong[column][0]}",
                fix="give a finite number of at least 0",
            )
    wrong = rows.filter(pl.col("pin").is_not_null() & ~pl.col("pin").is_in(["in", "out"]))
    if wrong.height:
        raise PermanentError(f"tasks: task {wrong['task_gid'][0]}: pin is '{wrong['pin'][0]}'", fix="in, out or null")
    number = {gid: n for n, gid in enumerate(rows["task_gid"])}
    waits: list[list[int]] = [[] for _ in number]
    outside: dict[int, tuple[str, str]] = {}
    for gid, before, name in known.unique().sort("task_gid", "depends_on_gid", "depends_on_name").iter_rows():
        if gid not in number:
            continue
        if before in number:
            waits[number[gid]].append(number[before])
        else:
            outside.setdefault(number[gid], (before, name or "a task that is not planned here"))
    return Case(
        tasks=tuple(_candidate(row) for row in rows.iter_rows(named=True)),
        people=tuple(_member(row) for row in members.iter_rows(named=True)),
        waits=tuple(tuple(sorted(set(befores))) for befores in waits),
        outside=outside,
        ends_on=ends_on,
        may_reassign=settings.may_reassign,
    )


def _candidate(row: dict) -> Candidate:
    return Candidate(
        gid=row["task_gid"],
        team=row["team_gid"],
        name=row["name"] or "a task without a name",
        score=row["score"],
        hours=row["hours"],
        assignee=row["person_gid"],
        skills=tuple(sorted({skill.strip() for skill in row["skills"] or [] if skill and skill.strip()})),
        pin=row["pin"],
        pin_person=row["pin_person_gid"],
        start_on=row["start_on"],
    )


def _member(row: dict) -> Member:
    hours = row["hours"] if math.isfinite(row["hours"]) else 0.0
    return Member(
        gid=row["person_gid"],
        name=row["name"] or "somebody without a name",
        hours=max(hours, 0.0),
        skills=frozenset(skill.strip().casefold() for skill in row["skills"] or [] if skill and skill.strip()),
        teams=frozenset(row["team_gids"] or []),
    )


def _frame(
    frame: pl.DataFrame, schema: dict[str, pl.DataType], what: str, required: tuple[str, ...], key: str | None
) -> pl.DataFrame:
    """The columns of a schema, sorted by the key; those that are not required may be left out."""
    if missing := [name for name in required if name not in frame.columns]:
        raise PermanentError(f"{what}: column(s) missing: {', '.join(missing)}")
    try:
        shaped = frame.select(
            pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype).alias(name)
            for name, dtype in schema.items()
        )
    except (pl.exceptions.InvalidOperationError, pl.exceptions.ComputeError) as wrong:
        raise PermanentError(f"{what}: a column does not fit its type: {wrong}") from wrong
    for name in required:
        if shaped[name].null_count():
            row = shaped[name].is_null().arg_true()[0]
            raise PermanentError(f"{what}: row {row + 1}: {name} is empty", fix=f"give {name}, or leave the row out")
    if key is None:
        return shaped
    if (twice := shaped[key].is_duplicated()).any():
        raise PermanentError(f"{what}: {key} {shaped.filter(twice)[key][0]} is there twice", fix="give each once")
    return shaped.sort(key)
