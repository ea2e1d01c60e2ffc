"""Half a sentence on each candidate: why it is in and who does it, or which limit keeps it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from asana_intel.insights.sprint.problem import HOUR, NOBODY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from asana_intel.insights.sprint.case import Candidate, Case

    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Reason:
    """Why a candidate is in or out.

    Attributes:
        full: With names and figures.
        short: Without.
        waits_for: gid of the unfinished task that it waits for, where that keeps it out.
    """

    full: str
    short: str
    waits_for: str | None = None


def tell(case: Case, choice: Ints) -> list[Reason]:
    """The reason of each candidate.

    Args:
        case: What was to choose from.
        choice: Person of each candidate, or NOBODY.
    """
    left = _left(case, choice)
    return [
        _why_in(case, choice, number) if choice[number] != NOBODY else _why_out(case, choice, left, number)
        for number in range(len(case.tasks))
    ]


def hours_text(hours: float) -> str:
    """Hours for people: 3 h, 0.5 h, 2.25 h."""
    return f"{hours:.2f}".rstrip("0").rstrip(".") + " h"


def skills_text(skills: tuple[str, ...]) -> str:
    """Skills for people: skill Design; skills Design, SQL."""
    return f"skill{'s' if len(skills) > 1 else ''} {', '.join(skills)}"


def _left(case: Case, choice: Ints) -> list[float]:
    """Hours each person has left."""
    left = [person.room for person in case.people]
    for number, person in enumerate(choice):
        if person != NOBODY:
            left[person] -= case.tasks[number].length
    return [seconds / HOUR for seconds in left]


def _why_in(case: Case, choice: Ints, number: int) -> Reason:
    task, person = case.tasks[number], case.people[choice[number]]
    what = f"fits {person.name}'s free time"
    if task.skills:
        what += f" and {skills_text(task.skills)}"
    if task.pin == "in":
        what = f"pinned in; {what}"
    elif task.pin_person:
        what = f"pinned to {person.name}; {what}"
    after = [case.tasks[n].name for n, befores in enumerate(case.waits) if number in befores and choice[n] != NOBODY]
    if after:
        what += f"; “{after[0]}” waits for it"
    return Reason(what, what)


def _why_out(case: Case, choice: Ints, left: list[float], number: int) -> Reason:
    task = case.tasks[number]
    full, short, waits_for = _limit(case, choice, left, number)
    start = "pinned in, but " if task.pin == "in" else "left out because "
    return Reason(start + full, start + (full if task.is_pinned else short), waits_for)


def _limit(case: Case, choice: Ints, left: list[float], number: int) -> tuple[str, str, str | None]:
    """The limit that keeps a task out: told in full, told in short, and the gid of what it waits for."""
    task, bar = case.tasks[number], case.bars.get(number)
    if bar == "pinned out":
        return "it is pinned out", "it is pinned out", None
    if bar == "later":
        day = "" if task.start_on is None else f" on {task.start_on.day} {task.start_on:%b %Y}"
        return f"it starts{day}, after the sprint", "it starts after the sprint", None
    if bar == "circle":
        return _circle(case, number)
    if bar == "outside":
        gid, name = case.outside[number]
        return f"it waits for “{name}”", "it waits for another task", gid
    if bar == "nobody":
        return *_nobody(case, task), None
    missing = [before for before in case.waits[number] if choice[before] == NOBODY]
    if missing:
        # Of several that are missing, one that cannot be in at all says most.
        before = case.tasks[min(missing, key=lambda n: (n not in case.bars, n))]
        return f"it waits for “{before.name}”, which is left out", "it waits for another task", before.gid
    return *_no_time(case, choice, left, number), None


def _circle(case: Case, number: int) -> tuple[str, str, str | None]:
    others = case.circles[number]
    if not others:
        return "it waits for itself", "it waits for itself", case.tasks[number].gid
    nearest = next(n for n in case.waits[number] if n in others)
    other = case.tasks[nearest]
    return f"it and “{other.name}” wait for each other", "it waits for itself through other tasks", other.gid


def _nobody(case: Case, task: Candidate) -> tuple[str, str]:
    """Why nobody can do a task, whatever else is in."""
    only = case.only_person(task)
    if only is not None:
        return _not_them(case, task, only), "nobody who may do it can"
    members = [person for person in case.people if task.team in person.teams]
    takes = hours_text(task.hours)
    if not members:
        return "nobody of the team has hours that are known", "nobody can do it"
    if task.skills and not case.skilled(task):
        return f"nobody in the team has the {skills_text(task.skills)}", "nobody has the skill"
    with_skill = f" with the {skills_text(task.skills)}" if task.skills else ""
    return f"nobody{with_skill} has {takes} free", "nobody has the time"


def _not_them(case: Case, task: Candidate, gid: str) -> str:
    """Why the one person who may do a task cannot."""
    person = next((one for one in case.people if one.gid == gid and task.team in one.teams), None)
    role = "the person it is pinned to" if task.pin_person else "its assignee"
    if person is None:
        return f"{role} is not among the team's people with known hours"
    if not person.has(task.skills):
        return f"{person.name} lacks the {skills_text(task.skills)}"
    return f"{person.name} has {hours_text(person.hours)} free and it takes {hours_text(task.hours)}"


def _no_time(case: Case, choice: Ints, left: list[float], number: int) -> tuple[str, str]:
    """Which time is filled."""
    task, able = case.tasks[number], case.able[number]
    takes = hours_text(task.hours)
    if task.score == 0 and any(left[n] * HOUR + 0.5 >= task.length for n in able):
        return "its score is 0", "its score is 0"
    if len(able) == 1 and (case.only_person(task) is not None or task.pin == "in"):
        person = able[0]
        return f"{case.people[person].name} has {hours_text(left[person])} left and it takes {takes}", "time is filled"
    if task.skills:
        return f"nobody with the {skills_text(task.skills)} is free for {takes}", "nobody with the skill is free"
    if task.pin == "in":
        return f"nobody has {takes} left beside the other pinned tasks", "time is filled"
    rivals = [case.tasks[n].score for n in np.flatnonzero(np.isin(choice, able))]
    if rivals and min(rivals) >= task.score:
        return "tasks with a higher score fill the time", "tasks with a higher score fill the time"
    return "tasks that together bring more fill the time", "time is filled"
