"""The changes a scenario is made of, as data that can be kept; what they do is worked out elsewhere."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GiveTask(_Part):
    """A task goes to another person, or to nobody."""

    kind: Literal["give_task"] = "give_task"
    task_gid: str
    person_gid: str | None


class MoveTask(_Part):
    """A task moves to other days.

    With a start, the whole task moves and its due date keeps its distance, unless one is given; a due date alone moves
    only the end. What is late already is then due within a week of its start.
    """

    kind: Literal["move_task"] = "move_task"
    task_gid: str
    start_on: dt.date | None = None
    due_on: dt.date | None = None

    @model_validator(mode="after")
    def _moves(self) -> MoveTask:
        if self.start_on is None and self.due_on is None:
            raise ValueError("a start or a due date is needed")
        if self.start_on and self.due_on and self.due_on < self.start_on:
            raise ValueError("the due date lies before the start")
        return self


class RemoveTask(_Part):
    """A task is not done at all, nor are its subtasks."""

    kind: Literal["remove_task"] = "remove_task"
    task_gid: str


class ShiftProject(_Part):
    """All open tasks of a project move by weeks, later or (below 0) earlier."""

    kind: Literal["shift_project"] = "shift_project"
    project_gid: str
    weeks: int = Field(ge=-52, le=52)


class RemovePerson(_Part):
    """A person works no more from a day on (None: today).

    Work that does not end before that day goes to those in `to`, each task to the one with most room in its days, or
    to nobody.
    """

    kind: Literal["remove_person"] = "remove_person"
    person_gid: str
    from_on: dt.date | None = None
    to: tuple[str, ...] = ()


class AddPerson(_Part):
    """Somebody joins: their gid is `new:` and the name."""

    kind: Literal["add_person"] = "add_person"
    name: str = Field(min_length=1)
    weekly_hours: float = Field(gt=0, le=80)
    start_on: dt.date | None = None
    skills: tuple[str, ...] = ()
    team_gid: str | None = None


class NewTask(_Part):
    """A task of a project that is not there yet.

    Who does it: the person; else whoever has the skill (in the team, if one is given) and most room in its days.
    Missing dates follow from what it waits for: other tasks of the project by name, open tasks by gid. What it adds to
    its goal is its contribution; else what one task of that goal counts for.
    """

    task: str = Field(min_length=1)
    hours: float = Field(gt=0, le=20_000)
    person_gid: str | None = None
    team_gid: str | None = None
    skill: str | None = None
    depends_on: tuple[str, ...] = ()
    start_on: dt.date | None = None
    due_on: dt.date | None = None
    goal_gid: str | None = None
    contribution: float | None = Field(default=None, gt=0)


class AddProject(_Part):
    """A project is added. With a start, its first day is that, and given dates move along."""

    kind: Literal["add_project"] = "add_project"
    name: str = Field(min_length=1)
    tasks: tuple[NewTask, ...] = Field(min_length=1)
    start_on: dt.date | None = None


Change = Annotated[
    GiveTask | MoveTask | RemoveTask | ShiftProject | RemovePerson | AddPerson | AddProject,
    Field(discriminator="kind"),
]
CHANGES: TypeAdapter[list[Change]] = TypeAdapter(list[Change])
"""Reads and writes a list of changes as JSON."""
