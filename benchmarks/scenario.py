"""What one what-if costs on 20,000 open tasks of 300 people, and what gathering costs beforehand.

Run: python benchmarks/scenario.py. Prints a table and writes benchmarks/results/scenario.json.

The world is drawn with a fixed seed: the backlog of priority_score.py cut to 20,000 tasks (a tenth subtasks, 12,000
links, 300 goals), four of five tasks given to 300 people in 30 teams of ten, each with an estimate, 40 hours a week and
public holidays. `base` makes what follows from the tables before anything is changed: the laying out of everybody's
work is that of the forecast and not counted, scores, queues and ends are. CPU is user and system time of the process,
wall the time that passed; the best of three, after one run that is not counted.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from priority_score import AS_OF, cost, drawn_backlog
from rich.console import Console
from rich.table import Table

from asana_intel.insights.portfolio.schedule import HOMES, LINKS
from asana_intel.insights.priority import Backlog
from asana_intel.insights.scenario import Base, Change, what_if
from asana_intel.insights.scenario.base import base_of
from asana_intel.insights.scenario.changes import (
    AddProject,
    GiveTask,
    MoveTask,
    NewTask,
    RemovePerson,
    RemoveTask,
    ShiftProject,
)
from asana_intel.insights.scenario.gathering import with_distributions
from asana_intel.settings import Settings
from asana_intel.workload.effort import FINISHED, learn_effort
from asana_intel.workload.kept import kept_days, kept_tasks, restored_time
from asana_intel.workload.load import OPEN_TASKS, Work, forecast_load, plan_work
from asana_intel.workload.working_time import TIME_OFF, working_time

RESULT = Path(__file__).resolve().parent / "results" / "scenario.json"
TASKS, PEOPLE, TEAMS, WEEKS, DAYS = 20_000, 300, 30, 8, 182
SETTINGS = Settings()  # pyright: ignore[reportCallIssue]


class World:
    """The drawn tables."""

    def __init__(self) -> None:
        draw = np.random.default_rng(9)
        backlog = drawn_backlog(TASKS)
        owner = [f"u{n:03}" if n < PEOPLE else None for n in draw.integers(0, PEOPLE * 5 // 4, TASKS)]
        team = [None if who is None else f"team{int(who[1:]) % TEAMS}" for who in owner]
        work = backlog.work.with_columns(person_gid=pl.Series(owner), team_gid=pl.Series(team, dtype=pl.String))
        self.people = [f"u{n:03}" for n in range(PEOPLE)]
        self.teams = pl.DataFrame({"person_gid": self.people, "team_gid": [f"team{n % TEAMS}" for n in range(PEOPLE)]})
        hours = backlog.effort.select("task_gid", effort_hours="p50_hours")
        self.open = work.drop("left_hours").join(hours, on="task_gid").join(
            backlog.effort.select("task_gid", left_hours="left_p50_hours"), on="task_gid"
        ).with_columns(start_on=pl.lit(None, pl.Date), logged_hours=0.0, created_on=pl.lit(None, pl.Date),
                       parent_gid=pl.when(pl.col("parent_gid") < pl.col("task_gid")).then("parent_gid"))  # fmt: skip
        self.laid = self._laid()
        self.load = forecast_load(self.laid)
        self.backlog = self._with_load(replace(backlog, work=work))

    def _laid(self) -> Work:
        time = working_time(
            self.teams, self.teams, pl.DataFrame(schema=TIME_OFF), SETTINGS.forecast, AS_OF.date(), DAYS
        )
        nothing = learn_effort(pl.DataFrame(schema=FINISHED), AS_OF.date())
        return plan_work(self.open.select(list(OPEN_TASKS)), nothing, time, WEEKS)

    def _with_load(self, backlog: Backlog) -> Backlog:
        hours = pl.col("available_hours", "assigned_hours").sum()
        coming = self.load.filter(pl.col("week_on") < AS_OF.date() + timedelta(weeks=1))
        people = coming.group_by(owner_gid="person_gid").agg(hours)
        teams = self.teams.rename({"person_gid": "owner_gid"}).join(people, on="owner_gid")
        return replace(backlog, load=pl.concat([people, teams.group_by(owner_gid="team_gid").agg(hours)]))

    def base(self) -> Base:
        """What follows from the tables before anything is changed."""
        effort = self.backlog.effort.with_columns(estimated_hours="p50_hours")
        return base_of(
            AS_OF,
            tasks=with_distributions(self.open, kept_tasks(self.laid), effort),
            time=restored_time(kept_days(self.laid.time)),
            load=self.load,
            links=self.backlog.links.with_columns(linked_at=None).select(list(LINKS)),
            homes=self.open.select(list(HOMES)),
            backlog=self.backlog,
            teams=self.teams,
            skills=pl.DataFrame({"person_gid": self.people, "skill": [f"s{n % 10}" for n in range(PEOPLE)]}),
            settings=SETTINGS,
        )


def cases(base: Base, people: list[str]) -> dict[str, list[Change]]:
    """What is asked."""
    task, later = base.links["depends_on_gid"].drop_nulls().mode().sort()[0], AS_OF.date() + timedelta(weeks=3)
    new = tuple(
        NewTask(task=f"n{n}", hours=12, skill=f"s{n % 10}", goal_gid="g1", depends_on=(f"n{n - 1}",) if n % 5 else ())
        for n in range(50)
    )
    return {
        "nothing": [],
        "a task to another person": [GiveTask(task_gid=task, person_gid=people[7])],
        "a task three weeks later": [MoveTask(task_gid=task, start_on=later)],
        "a task not done": [RemoveTask(task_gid=task)],
        "a project two weeks later": [ShiftProject(project_gid="p7", weeks=2)],
        "a person away, eight take over": [RemovePerson(person_gid="u030", to=tuple(people[0:300:30][2:]))],
        "a project of 50 tasks": [AddProject(name="New", tasks=new, start_on=date(2026, 3, 9))],
    }


def main() -> None:
    """Measure, print and keep."""
    world = World()
    told = {"base": dict(zip(("cpu_s", "wall_s"), cost(world.base, 1), strict=True))}
    base, sizes = world.base(), {}
    for name, changes in cases(base, world.people).items():
        outcome = what_if(base, changes)
        sizes[name] = {"people": outcome.person_weeks["person_gid"].n_unique(), "ends": outcome.tasks.height,
                       "scores": outcome.priorities.height, "goals": outcome.goals.height}  # fmt: skip
        told[name] = dict(zip(("cpu_s", "wall_s"), cost(lambda asked=changes: what_if(base, asked)), strict=True))
    table = Table("what", "CPU s", "wall s", "people", "ends", "scores", "goals")
    for name, seconds in told.items():
        changed = [str(value) for value in sizes.get(name, {}).values()]
        table.add_row(name, *(f"{value:.2f}" for value in seconds.values()), *changed)
    Console().print(table)
    RESULT.write_text(
        json.dumps({"tasks": TASKS, "people": PEOPLE, "seconds": told, "changed": sizes}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
