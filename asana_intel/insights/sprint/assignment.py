"""Who could do tasks that nobody has, or whose assignee has no time or skill for them: advice, of two people at most.

Whether somebody fits is read from the kind of work they have finished (see `likeness`), never from how much of it or
how fast. Suggestions are made for the highest scores first, and each takes its hours, so that not everything is
suggested to the one person with time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from asana_intel.insights.sprint.likeness import Likeness, learn_likeness
from asana_intel.insights.sprint.reasons import hours_text, skills_text
from asana_intel.insights.sprint.window import sprint_days

if TYPE_CHECKING:
    from datetime import date, datetime

    from asana_intel.insights.sprint.calendar import Calendar
    from asana_intel.work_settings import SprintSettings

SUGGESTED: dict[str, pl.DataType] = {
    "task_gid": pl.String(),
    "person_gid": pl.String(),
    "reason": pl.String(),
    "fit": pl.Float64(),
    "free_hours": pl.Float64(),
    "next_gid": pl.String(),
    "next_reason": pl.String(),
    "kind": pl.String(),
}
LEAST_FIT = 0.15
"""Fit below which nobody is suggested: too little is known."""
CATCH_UP_DAYS = 7
"""Overdue work is due again after so many days, as in the load forecasts."""
_ROUNDING = 1e-6


@dataclass(frozen=True)
class _Person:
    gid: str
    name: str
    skills: frozenset[str]
    teams: frozenset[str]


@dataclass(frozen=True)
class _Offer:
    """Somebody who could do a task."""

    person: _Person
    fit: float
    free: float
    reason: str


def suggest_assignees(
    tasks: pl.DataFrame,
    people: pl.DataFrame,
    finished: pl.DataFrame,
    calendar: Calendar,
    as_of: datetime,
    settings: SprintSettings,
) -> pl.DataFrame:
    """The best and the next best person for each open task that needs one.

    Args:
        tasks: Open tasks: task_gid, team_gid, project_gid, name, notes, category, score (null: no suggestion), hours,
            person_gid (assignee), skills (list), due_on, is_running.
        people: person_gid, name, skills (list), team_gids (list).
        finished: Finished tasks: task_gid, person_gid, project_gid, name, notes, category, completed_at.
        calendar: Hours by day.
        as_of: Today.
        settings: Names no person; the sprint's end is the due day of tasks without one.

    Returns:
        One row per task that somebody is suggested for, of the columns `SUGGESTED`, sorted by gid. kind is nobody (no
        assignee), no_skill (the assignee lacks one that the task names) or no_time (their tasks due by its day take
        more hours than they have). A task that nobody fits, or has the time for, has no row.
    """
    _, ends_on = sprint_days(as_of, settings)
    folk = {
        gid: _Person(gid, name or "somebody", _folded(skills), frozenset(teams or []))
        for gid, name, skills, teams in people.sort("person_gid")
        .select("person_gid", "name", "skills", "team_gids")
        .iter_rows()
    }
    rows = tasks.sort("task_gid")
    plan = _Plan(calendar, as_of.date(), ends_on, 1 - settings.spare_share)
    kinds = _needing(rows, folk, plan)
    needing = (
        rows.filter(
            pl.col("task_gid").is_in(list(kinds)), pl.col("team_gid").is_not_null(), pl.col("score").is_not_null()
        )
        .sort("score", "task_gid", descending=[True, False])
        .filter(pl.int_range(pl.len()).over("team_gid") < settings.max_candidates)
    )
    likeness = learn_likeness(needing, finished, as_of)
    found = []
    for task in needing.iter_rows(named=True):
        offers = _offers(task, folk, plan, likeness)
        if offers:
            best, second = offers[0], offers[1] if len(offers) > 1 else None
            plan.take(best.person.gid, plan.due(task), task["hours"])
            found.append(
                {
                    "task_gid": task["task_gid"],
                    "person_gid": best.person.gid,
                    "reason": best.reason,
                    "fit": best.fit,
                    "free_hours": best.free,
                    "next_gid": second and second.person.gid,
                    "next_reason": second and second.reason,
                    "kind": kinds[task["task_gid"]],
                }
            )
    return pl.DataFrame(found, schema=SUGGESTED).sort("task_gid")


class _Plan:
    """What people have promised by when, and what is free beside it.

    A task can be taken on where, on its due day and on every later one, the hours of all tasks due by then still fit
    (earliest due day first does them all, if anything does).
    """

    def __init__(self, calendar: Calendar, today: date, ends_on: date, share: float) -> None:
        self._calendar, self._today, self._ends_on, self._share = calendar, today, ends_on, share
        self._promised: dict[str, list[tuple[date, float]]] = {}

    def due(self, task: dict) -> date:
        """Its due day; that of overdue work is a week from now, that of undated work the end of the sprint."""
        due_on = task["due_on"] or self._ends_on
        if due_on < self._today:
            due_on = self._today + timedelta(days=CATCH_UP_DAYS)
        return min(due_on, max(self._calendar.last_on, self._today))

    def free(self, person: str, due_on: date) -> float:
        """Hours a person can still promise by a day."""
        promised = self._promised.get(person, [])
        days = {due_on, *(day for day, _ in promised if day > due_on)}
        rooms = [self._room(person, day) - sum(hours for own, hours in promised if own <= day) for day in days]
        return max(min(rooms), 0.0)

    def take(self, person: str, due_on: date, hours: float) -> None:
        """Promise a task's hours."""
        self._promised.setdefault(person, []).append((due_on, hours))

    def _room(self, person: str, day: date) -> float:
        return self._share * self._calendar.hours(person, self._today, day)


def _needing(rows: pl.DataFrame, folk: dict[str, _Person], plan: _Plan) -> dict[str, str]:
    """Why each task needs somebody; the tasks that stay with their assignee are promised in the plan."""
    kinds: dict[str, str] = {}
    # What is due first, of that what is running, then the highest score, keeps its assignee's time.
    order = sorted(
        rows.iter_rows(named=True),
        key=lambda task: (plan.due(task), not task["is_running"], -(task["score"] or 0.0), task["task_gid"]),
    )
    for task in order:
        gid, person = task["task_gid"], folk.get(task["person_gid"] or "")
        if task["person_gid"] is None:
            kinds[gid] = "nobody"
        elif person is None:
            continue  # nothing is known of their hours and skills
        elif not _folded(task["skills"]) <= person.skills:
            kinds[gid] = "no_skill"
        elif task["due_on"] is None and not task["is_running"]:
            continue  # promised for no day
        elif plan.free(person.gid, plan.due(task)) + _ROUNDING < task["hours"]:
            kinds[gid] = "no_time"
        else:
            plan.take(person.gid, plan.due(task), task["hours"])
    return kinds


def _offers(task: dict, folk: dict[str, _Person], plan: _Plan, likeness: Likeness) -> list[_Offer]:
    """Those who could do a task, the best fit first; of equal fits whoever has more free hours."""
    needs, due_on = _folded(task["skills"]), plan.due(task)
    offers = []
    for person in folk.values():
        if task["team_gid"] not in person.teams or person.gid == task["person_gid"] or not needs <= person.skills:
            continue
        free = plan.free(person.gid, due_on)
        like, example = likeness.of(task["task_gid"], person.gid)
        fit = (1 + like) / 2 if needs else like
        if free + _ROUNDING >= task["hours"] and fit >= LEAST_FIT:
            offers.append(_Offer(person, fit, free, _why(person, task, example, free, due_on)))
    return sorted(offers, key=lambda offer: (-round(offer.fit, 9), -round(offer.free, 9), offer.person.gid))


def _why(person: _Person, task: dict, example: str | None, free: float, due_on: date) -> str:
    parts = []
    skills = tuple(sorted({skill.strip() for skill in task["skills"] or [] if skill.strip()}))
    if skills:
        parts.append(f"has the {skills_text(skills)}")
    if example:
        parts.append(f"finished “{example}”, which is like it")
    parts.append(f"{hours_text(round(free, 1))} free until {due_on.day} {due_on:%b}")
    return f"{person.name}: {', '.join(parts)}"


def _folded(skills: list[str] | None) -> frozenset[str]:
    return frozenset(skill.strip().casefold() for skill in skills or [] if skill and skill.strip())
