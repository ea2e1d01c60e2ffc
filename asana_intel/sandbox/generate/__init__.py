"""Synthetic companies: worlds of any size, drawn from a seed. The same arguments give the same bytes."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from asana_intel.errors import ConfigError
from asana_intel.sandbox.garbage import collecting_nothing
from asana_intel.sandbox.generate.company import found_company
from asana_intel.sandbox.generate.draft import Draft
from asana_intel.sandbox.generate.goals import draw_goals
from asana_intel.sandbox.generate.news import write_news
from asana_intel.sandbox.generate.projects import draw_projects
from asana_intel.sandbox.generate.simulation import draw_jobs, work_off
from asana_intel.sandbox.generate.tasks import write_tasks

MIN_WEEKS = 4


def generate_world(
    out: Path,
    *,
    seed: int,
    people: int,
    projects: int,
    tasks: int,
    goals: int,
    start_on: date = date(2025, 7, 1),
    weeks: int = 104,
) -> dict[str, int]:
    """Write a synthetic company as a world folder.

    Args:
        out: Folder for the files; made if missing.
        seed: Decides everything that is left to chance.
        people: How many users.
        projects: How many projects.
        tasks: How many tasks, subtasks included.
        goals: How many goals, over all quarters.
        start_on: First day of the world.
        weeks: How long it lasts.

    Returns:
        Records written per resource.

    Raises:
        ConfigError: If a size is too small.
    """
    for name, value, least in (("people", people, 1), ("projects", projects, 1), ("weeks", weeks, MIN_WEEKS)):
        if value < least:
            raise ConfigError(f"{name} is {value}; a world needs at least {least}", fix=f"pass {name} >= {least}")
    if tasks < 0 or goals < 0:
        raise ConfigError(f"tasks is {tasks} and goals is {goals}; neither can be negative", fix="pass 0 or more")
    draft = Draft(seed)
    with collecting_nothing():
        company = found_company(draft, people=people, start_on=start_on, end_on=start_on + timedelta(weeks=weeks))
        drawn = draw_projects(draft, company, projects)
        jobs = draw_jobs(draft, company, drawn, tasks)
        work_off(draft, company, jobs)
        records = write_tasks(draft, company, jobs)
        write_news(draft, company, draw_goals(draft, company, drawn, records, goals), drawn)
        return draft.write(out)
