"""How work goes: tasks arrive, wait, are worked on day by day, and end. Plain numbers, no records."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate

from asana_intel.sandbox.generate.calendars import is_working_day, next_working_day
from asana_intel.sandbox.generate.company import Company, Person
from asana_intel.sandbox.generate.draft import Draft
from asana_intel.sandbox.generate.projects import Project

PRIORITY_SHARES = (0.08, 0.25, 0.42, 0.25)


@dataclass(slots=True)
class Job:
    """A task as the simulation sees it.

    Attributes:
        number: Place among all tasks, by arrival.
        project: None for a task in nobody's project.
        second: Another project that holds it, too.
        parent: Number of the task it is a subtask of.
        depth: 0 for a top-level task, up to 3.
        waits_for: Numbers of tasks that must end first.
        assignee: Who does it; None while nobody does.
        kind: `default_task`, `milestone` or `approval`.
        priority: 0 (urgent) to 3.
        effort_hours: What it really takes.
        arrives_on: Day on which it is created.
        arrives_minute: Minute of that day.
        worked: Day -> hours.
        done_on: Day of completion; None if open at the end.
    """

    number: int
    project: Project | None
    second: Project | None
    parent: int | None
    depth: int
    waits_for: list[int]
    assignee: Person | None
    kind: str
    priority: int
    effort_hours: float
    arrives_on: date
    arrives_minute: int
    worked: dict[date, float] = field(default_factory=dict)
    done_on: date | None = None


def draw_jobs(draft: Draft, company: Company, projects: list[Project], count: int) -> list[Job]:
    """Draw the tasks that arrive, in the order of arrival.

    Effort is scaled to the people: together they could do it in about 85 % of their time.

    Args:
        draft: Gives chance.
        company: Who works.
        projects: Where tasks arrive.
        count: How many tasks.
    """
    chance = draft.random
    arrivals = sorted(_arrival(draft, company, projects, home) for home in _homes(draft, projects, count))
    weeks = (company.end_on - company.start_on).days / 7
    hours = sum(person.daily_hours for person in company.people) * 5 * weeks * 0.85
    mean_effort = min(32.0, max(1.0, 0.85 * hours / max(count, 1)))
    groups = {-1: company.people, **{place: project.members for place, project in enumerate(projects)}}
    assignees = {home: (people, _shares(people)) for home, people in groups.items()}
    seen: dict[int, list[Job]] = {}
    jobs: list[Job] = []
    for number, (day, minute, home) in enumerate(arrivals):
        project = projects[home] if home >= 0 else None
        job = Job(
            number=number,
            project=project,
            second=chance.choice(projects) if project and draft.chance(0.03) else None,
            parent=None,
            depth=0,
            waits_for=[],
            assignee=chance.choices(assignees[home][0], cum_weights=assignees[home][1])[0],
            kind=chance.choices(("default_task", "milestone", "approval"), (0.94, 0.04, 0.02))[0],
            priority=chance.choices(range(4), PRIORITY_SHARES)[0],
            effort_hours=max(0.25, chance.lognormvariate(0.0, 0.8) * mean_effort / 1.377),
            arrives_on=day,
            arrives_minute=minute,
        )
        if job.second is project or (job.second and job.second.opens_on > day):
            job.second = None
        if project:
            _relate(draft, job, seen.setdefault(home, []))
        jobs.append(job)
    return jobs


def _shares(people: list[Person]) -> list[float]:
    """Say how tasks are shared out, added up: part-timers get fewer, but not as few as their hours would ask for."""
    return list(accumulate(person.daily_hours**0.7 for person in people))


def _homes(draft: Draft, projects: list[Project], count: int) -> list[int]:
    """Draw a project (its index) for every task, -1 for none."""
    weights = [draft.random.lognormvariate(0.0, 0.6) * max(30, (p.closes_on - p.opens_on).days) for p in projects]
    homes = draft.random.choices(range(len(projects)), weights, k=count)
    return [-1 if draft.chance(0.03) else home for home in homes]


def _arrival(draft: Draft, company: Company, projects: list[Project], home: int) -> tuple[date, int, int]:
    """Draw day and minute of creation within the project's time; a seventh comes in its first two weeks."""
    first = projects[home].opens_on if home >= 0 else company.start_on
    last = projects[home].closes_on if home >= 0 else company.end_on
    span = min(14, (last - first).days) if draft.chance(0.14) else (last - first).days
    day = next_working_day(first + timedelta(days=draft.random.randint(0, max(0, span))))
    return min(day, last), draft.random.randint(8 * 60, 16 * 60), home


def _relate(draft: Draft, job: Job, earlier: list[Job]) -> None:
    """Make some tasks subtasks of, or dependent on, a recent one of the same project; some nobody's."""
    recent = earlier[-40:]
    if recent and draft.chance(0.10):
        parent = draft.random.choice(recent)
        if parent.depth < 3:
            job.parent, job.depth, job.second, job.kind = parent.number, parent.depth + 1, None, "default_task"
    if recent and draft.chance(0.07):
        job.waits_for = [draft.random.choice(recent).number]
    if job.parent is None and draft.chance(0.05):
        job.assignee = None
    earlier.append(job)


def work_off(draft: Draft, company: Company, jobs: list[Job]) -> None:
    """Let everybody work day by day; fills `worked` and `done_on` of the jobs.

    A person takes the most urgent task that waits for nothing, oldest first, and stays with it. A day brings
    their usual hours, more or less; none on days off.
    """
    queues: dict[str, list[tuple[int, int]]] = {person.user["gid"]: [] for person in company.people}
    left = {job.number: job.effort_hours for job in jobs}
    day, arriving = company.start_on, 0
    while day <= company.end_on:
        for person in company.people if is_working_day(day) else ():
            if day not in person.away:
                _work_a_day(draft, person, day, queues[person.user["gid"]], jobs, left)
        while arriving < len(jobs) and jobs[arriving].arrives_on <= day:
            job = jobs[arriving]
            if job.assignee:
                heapq.heappush(queues[job.assignee.user["gid"]], (job.priority, job.number))
            arriving += 1
        day += timedelta(days=1)


def _work_a_day(
    draft: Draft, person: Person, day: date, queue: list[tuple[int, int]], jobs: list[Job], left: dict[int, float]
) -> None:
    hours = person.daily_hours * draft.random.uniform(0.6, 1.4)
    waiting: list[tuple[int, int]] = []
    while queue and hours > 0.05:
        entry = heapq.heappop(queue)
        job = jobs[entry[1]]
        if any(jobs[other].done_on is None for other in job.waits_for) and draft.chance(0.9):
            waiting.append(entry)
            if len(waiting) > 5:
                break
            continue
        spent = min(hours, left[job.number])
        hours -= spent
        left[job.number] -= spent
        job.worked[day] = job.worked.get(day, 0.0) + spent
        if left[job.number] <= 1e-9:
            job.done_on = day
        else:
            waiting.append((-1, job.number))
    for entry in waiting:
        heapq.heappush(queue, entry)


def planned_due(draft: Draft, job: Job) -> date | None:
    """Draw the due date that a task gets at creation; seven of ten get one."""
    if not draft.chance(0.7):
        return None
    pace = job.assignee.daily_hours if job.assignee else 4.0
    days = job.effort_hours / pace * 1.4 + draft.random.uniform(1, 10) + 3 * job.priority
    return next_working_day(job.arrives_on + timedelta(days=int(days)))
