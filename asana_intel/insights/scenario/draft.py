"""The world after a list of changes, one by one: tasks, links, who supports what, people's days. No figure is made."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from asana_intel.errors import PermanentError
from asana_intel.insights.scenario.base import TASKS
from asana_intel.insights.scenario.changes import (
    AddPerson,
    AddProject,
    GiveTask,
    MoveTask,
    RemovePerson,
    RemoveTask,
    ShiftProject,
)
from asana_intel.insights.scenario.roster import Roster
from asana_intel.workload.load import CATCH_UP_DAYS, UNDATED_DAYS, days_to_lay_out
from asana_intel.workload.working_time import WorkingTime

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from asana_intel.insights.scenario.base import Base
    from asana_intel.insights.scenario.changes import Change

Row = dict[str, Any]
_WEEK = 7


@dataclass(frozen=True)
class Joiner:
    """Somebody who is added."""

    weekly_hours: float
    start_on: dt.date
    team_gid: str | None
    skills: tuple[str, ...]


@dataclass
class Draft:
    """What changed so far.

    Attributes:
        base: The world before.
        rows: Task gid -> its row now, of tasks that were looked at or are new.
        removed: Tasks that are not done at all.
        new: Gids of tasks that are new.
        orphans: Tasks that a change took from their person and gave nobody.
        joiners: New people.
        leavers: People who leave, and the day from which on they are away.
        links: task_gid, depends_on_gid of new tasks.
        supports: goal_gid, task_gid of new tasks, and what each adds to the metric (None: like the others).
        homes: task_gid, project_gid of new tasks.
        notes: What could not be done, for people.
    """

    base: Base
    rows: dict[str, Row] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    new: set[str] = field(default_factory=set)
    orphans: set[str] = field(default_factory=set)
    joiners: dict[str, Joiner] = field(default_factory=dict)
    leavers: dict[str, dt.date] = field(default_factory=dict)
    links: list[tuple[str, str]] = field(default_factory=list)
    supports: list[tuple[str, str, float | None]] = field(default_factory=list)
    homes: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @cached_property
    def roster(self) -> Roster:
        """Who has room."""
        return Roster(self.base.load)

    @property
    def today(self) -> dt.date:
        """Day of the base."""
        return self.base.today

    def fetch(self, gids: Iterable[str]) -> list[Row]:
        """Rows of tasks as they are now, those that can be changed.

        Raises:
            PermanentError: One is not open, or was removed by an earlier change.
        """
        wanted = list(dict.fromkeys(gids))
        unseen = [gid for gid in wanted if gid not in self.rows]
        if unseen:
            chosen = pl.Series(unseen, dtype=pl.String).implode()
            found = self.base.tasks.filter(pl.col("task_gid").is_in(chosen)).to_dicts()
            self.rows.update((row["task_gid"], row) for row in found)
        for gid in wanted:
            if gid in self.removed or gid not in self.rows:
                what = "is removed by the same scenario" if gid in self.removed else "is not an open task"
                raise PermanentError(f"Task {gid} {what}", fix="give the gid of an open task")
        return [self.rows[gid] for gid in wanted]

    def tasks_of(self, person: str) -> list[Row]:
        """Tasks of a person now, by gid."""
        base = self.base.tasks.filter(pl.col("person_gid") == person)["task_gid"].to_list()
        gids = {gid for gid in base if gid not in self.removed} | {g for g in self.rows if g not in self.removed}
        return [row for row in self.fetch(sorted(gids)) if row["person_gid"] == person]

    def people(self) -> set[str]:
        """Everybody who can be given work."""
        return (set(self.base.time.persons) | set(self.joiners)) - set(self.leavers)

    def give(self, row: Row, person: str | None) -> None:
        """Let somebody, or nobody, have a task.

        Raises:
            PermanentError: Nobody knows when that person works.
        """
        gid = row["task_gid"]
        if person is not None and person not in self.people():
            mend = "let them join first (add-person)" if person.startswith("new:") else "give somebody of `load`"
            raise PermanentError(f"No working hours are known of person {person}", fix=mend)
        had = row["person_gid"]
        row["person_gid"] = person
        row["loads"] = row["log_median"] is not None
        self.orphans.discard(gid)
        if person is None and (had is not None or gid in self.new):
            self.orphans.add(gid)

    def give_roomiest(self, row: Row, people: Iterable[str]) -> None:
        """Let the one of these people have a task who has most room in its days; nobody where there are none."""
        days = window(row, self.today)
        person = self.roster.roomiest(people, *days)
        self.give(row, person)
        if person is not None:
            self.roster.give(person, row["left_hours"] or 0.0, *days)

    def move(self, row: Row, start_on: dt.date) -> None:
        """Let a whole task begin on a day."""
        begins = max(row["start_on"] or self.today, self.today)
        if (due_on := row["due_on"]) is not None:
            length = (due_on - begins).days if due_on >= begins else CATCH_UP_DAYS - 1
            row["due_on"] = start_on + dt.timedelta(days=length)
        row["start_on"] = start_on


def draft(base: Base, changes: Sequence[Change]) -> Draft:
    """Make the changes, in their order.

    Raises:
        PermanentError: A change speaks of a task, project or person that is not there.
    """
    made = Draft(base)
    for change in changes:
        _make(made, change)
    return made


def _make(made: Draft, change: Change) -> None:
    match change:
        case GiveTask():
            (row,) = made.fetch([change.task_gid])
            if row["person_gid"] is not None and not row["loads"]:
                made.notes.append(f"{_said(row)} did not count in the load of who had it, so that nothing gets less.")
            made.give(row, change.person_gid)
        case MoveTask():
            _move(made, change)
        case RemoveTask():
            _remove(made, change.task_gid)
        case ShiftProject():
            _shift(made, change)
        case RemovePerson():
            _leave(made, change)
        case AddPerson():
            _join(made, change)
        case AddProject():
            from asana_intel.insights.scenario.project import add_project

            add_project(made, change)


def _move(made: Draft, change: MoveTask) -> None:
    (row,) = made.fetch([change.task_gid])
    for what, day in (("start", change.start_on), ("due date", change.due_on)):
        if day is not None and day < made.today:
            made.notes.append(
                f"{_said(row)}: the {what}, {day}, lies in the past; work begins on {made.today} at best."
            )
    if change.start_on is not None:
        made.move(row, change.start_on)
    if change.due_on is not None:
        row["due_on"] = change.due_on
        if row["start_on"] is not None and row["start_on"] > change.due_on:
            row["start_on"] = change.due_on


def _remove(made: Draft, gid: str) -> None:
    made.fetch([gid])
    parts = made.base.tasks.select("task_gid", "parent_gid").drop_nulls()
    front = {gid}
    while front:
        made.removed |= front
        below = parts.filter(pl.col("parent_gid").is_in(pl.Series(sorted(front), dtype=pl.String).implode()))
        front = set(below["task_gid"]) - made.removed


def _shift(made: Draft, change: ShiftProject) -> None:
    homes = made.base.homes.filter(pl.col("project_gid") == change.project_gid)["task_gid"].to_list()
    gids = [gid for gid in [*homes, *(t for t, p in made.homes if p == change.project_gid)] if gid not in made.removed]
    if not gids:
        raise PermanentError(f"Project {change.project_gid} has no open task", fix="give a project with open tasks")
    by = dt.timedelta(weeks=change.weeks)
    for row in made.fetch(gids):
        if change.weeks > 0:
            made.move(row, max(row["start_on"] or made.today, made.today) + by)
        else:
            row["start_on"] = row["start_on"] and row["start_on"] + by
            row["due_on"] = row["due_on"] and max(row["due_on"] + by, min(row["due_on"], made.today))


def _leave(made: Draft, change: RemovePerson) -> None:
    person, from_on = change.person_gid, max(change.from_on or made.today, made.today)
    if person in made.leavers:
        raise PermanentError(f"Person {person} leaves twice", fix="take one of the changes out")
    if person in change.to:
        raise PermanentError(f"Person {person} would get their own work", fix="let somebody else have it")
    if person not in made.people():
        raise PermanentError(f"Person {person} has no known working hours", fix="give somebody of `load`")
    if change.from_on is not None and change.from_on < made.today:
        made.notes.append(f"{change.from_on} lies in the past: person {person} is away from {made.today} on.")
    stays = made.people() - {person}
    if unknown := sorted(set(change.to) - stays):
        raise PermanentError(f"No working hours are known of person {unknown[0]}", fix="give somebody of `load`")
    made.leavers[person] = from_on
    made.roster.leaves(person)
    own = [row for row in made.tasks_of(person) if window(row, made.today)[1] >= from_on]
    for row in sorted(own, key=lambda row: (-(row["left_hours"] or 0.0), row["task_gid"])):
        made.give_roomiest(row, change.to)
    if own and not change.to:
        made.notes.append(f"{len(own)} tasks of person {person} are nobody's then; `to` says who gets them.")


def _join(made: Draft, change: AddPerson) -> None:
    gid = f"new:{change.name}"
    if gid in made.people():
        raise PermanentError(f"{change.name} is added twice", fix="give another name")
    start_on = max(change.start_on or made.today, made.today)
    made.joiners[gid] = Joiner(change.weekly_hours, start_on, change.team_gid, change.skills)
    made.roster.joins(gid, change.weekly_hours, start_on)


def _said(row: Row) -> str:
    return f"'{row['name'] or row['task_gid']}'"


def window(row: Row, today: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day on which the work of a task is laid out; the rules of `workload.load`."""
    first = max(row["start_on"] or today, today)
    due_on = row["due_on"]
    if due_on is None:
        return first, first + dt.timedelta(days=UNDATED_DAYS - 1)
    return first, first + dt.timedelta(days=CATCH_UP_DAYS - 1) if due_on < today else max(due_on, first)


def changed_rows(made: Draft) -> pl.DataFrame:
    """Tasks that are not as they were, without removed ones: columns of `base.TASKS`, by gid."""
    now = [row for gid, row in sorted(made.rows.items()) if gid not in made.removed]
    rows = pl.DataFrame(now, schema=TASKS, orient="row")
    same = rows.join(made.base.tasks, on=list(TASKS), how="semi", nulls_equal=True)
    return rows.join(same, on="task_gid", how="anti")


def time_after(made: Draft, rows: pl.DataFrame) -> tuple[WorkingTime, WorkingTime]:
    """Everybody's days before and after, as far as the changed tasks reach.

    Days beyond those that were laid out are like the last week of these, without holidays or time off.
    """
    base = made.base
    dated = rows.with_columns(created_on=pl.lit(None, pl.Date))
    before = _longer(base.time, days_to_lay_out(dated, made.today, base.weeks))
    scheduled, holiday, off = (a.copy() for a in (before.scheduled, before.holiday, before.time_off))
    for person, from_on in made.leavers.items():
        if person in set(base.time.persons):
            row = int(base.time.persons.search_sorted(person))
            gone = slice(max((from_on - before.first_on).days, 0), None)
            for hours in (scheduled, holiday, off):
                hours[row, gone] = 0.0
    persons = base.time.persons.to_list()
    for gid, joiner in sorted(made.joiners.items()):
        persons.append(gid)
        own = _days_of(made, joiner, before.scheduled.shape[1], made.leavers.get(gid))
        scheduled, holiday, off = (
            np.vstack([scheduled, own]),
            np.vstack([holiday, np.zeros_like(own)]),
            np.vstack([off, np.zeros_like(own)]),
        )
    order = np.argsort(np.array(persons, dtype=object), kind="stable") if made.joiners else np.arange(len(persons))
    gids = pl.Series("person_gid", [persons[n] for n in order], dtype=pl.String)
    return before, WorkingTime(gids, before.first_on, scheduled[order], holiday[order], off[order])


def of_people(time: WorkingTime, people: set[str]) -> WorkingTime:
    """The days of some people."""
    rows = [row for row, person in enumerate(time.persons) if person in people]
    return WorkingTime(
        time.persons.gather(rows), time.first_on, time.scheduled[rows], time.holiday[rows], time.time_off[rows]
    )


def _days_of(made: Draft, joiner: Joiner, days: int, until: dt.date | None) -> np.ndarray:
    working = made.base.settings.forecast.working_days
    from_day = (joiner.start_on - made.base.time.first_on).days
    weekday = np.array([(made.base.time.first_on + dt.timedelta(days=n)).isoweekday() for n in range(days)])
    last_day = days if until is None else (until - made.base.time.first_on).days
    works = np.isin(weekday, list(working)) & (np.arange(days) >= from_day) & (np.arange(days) < last_day)
    return np.where(works, joiner.weekly_hours / len(working), 0.0)[None, :]


def _longer(time: WorkingTime, days: int) -> WorkingTime:
    known = time.scheduled.shape[1]
    if days <= known:
        return time
    like = known - _WEEK + np.arange(days - known) % _WEEK
    nothing = np.zeros((len(time.persons), days - known))
    return WorkingTime(
        time.persons,
        time.first_on,
        np.hstack([time.scheduled, time.scheduled[:, like]]),
        np.hstack([time.holiday, nothing]),
        np.hstack([time.time_off, nothing]),
    )
