"""A project that is not there yet: its tasks get days from what they wait for, and people who have room and skill."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

import polars as pl

from asana_intel.errors import PermanentError
from asana_intel.insights.portfolio.schedule import HOMES, LINKS, TASKS, schedule_work
from asana_intel.workload.effort import ESTIMATED, GROWTH_BELOW, PSEUDO_TASKS

if TYPE_CHECKING:
    from asana_intel.insights.scenario.base import Base
    from asana_intel.insights.scenario.changes import AddProject, NewTask
    from asana_intel.insights.scenario.draft import Draft, Row

_DAY = dt.timedelta(days=1)


def add_project(made: Draft, change: AddProject) -> None:
    """Add the tasks of a project to the draft.

    Estimates are corrected as those of the open tasks are, with the usual spreads of an estimate.

    Raises:
        PermanentError: A task waits for one that is not there or for itself, or names an unknown person.
    """
    project_gid = f"new:{change.name}"
    names = [task.task for task in change.tasks]
    if twice := [name for n, name in enumerate(names) if name in names[:n]]:
        raise PermanentError(f"{change.name}: task '{twice[0]}' is there twice", fix="give every task its own name")
    gids = {task.task: f"{project_gid}:{n}" for n, task in enumerate(change.tasks, start=1)}
    if taken := sorted(set(gids.values()) & made.new):
        raise PermanentError(f"{change.name} is added twice ({taken[0]})", fix="give the project another name")
    links = [(gids[task.task], _blocker(made, task, gids)[at]) for task in change.tasks
             for at in range(len(task.depends_on))]  # fmt: skip
    error = _usual_error(made.base)
    rows = [_row(gids[task.task], task, project_gid, error) for task in change.tasks]
    _phase(made, rows, links, change.start_on)
    for row in rows:
        if row["due_on"] < made.today:
            made.notes.append(f"'{row['name']}' is due on {row['due_on']}, which lies in the past.")
    made.links += links
    made.new |= set(gids.values())
    made.homes += [(gid, project_gid) for gid in gids.values()]
    made.supports += [(task.goal_gid, gids[task.task], task.contribution) for task in change.tasks if task.goal_gid]
    made.rows.update((row["task_gid"], row) for row in rows)
    for task, row in sorted(zip(change.tasks, rows, strict=True), key=lambda pair: -pair[0].hours):
        if task.person_gid is not None:
            made.give(row, task.person_gid)
        else:
            made.give_roomiest(row, _able(made, task))
        if row["person_gid"] is None:
            wanted = f"with the skill {task.skill}" if task.skill else "named for it"
            made.notes.append(f"Nobody does '{task.task}': there is nobody {wanted}.")


def _blocker(made: Draft, task: NewTask, gids: dict[str, str]) -> list[str]:
    """Gids of what a task waits for."""
    found = []
    for name in task.depends_on:
        gid = gids.get(name, name)
        if gid == gids[task.task]:
            raise PermanentError(f"Task '{task.task}' waits for itself", fix="mend its column depends_on")
        if name not in gids:
            try:
                made.fetch([gid])
            except PermanentError as unknown:
                raise PermanentError(
                    f"Task '{task.task}' waits for '{name}', which is neither in the list nor an open task",
                    fix="name a task of the list, or give the gid of an open one",
                ) from unknown
        found.append(gid)
    return found


def _usual_error(base: Base) -> float:
    """Log of what estimates of this organisation are off by: the median of open tasks, drawn to none."""
    known = base.tasks.filter("loads", ~pl.col("is_inferred"), pl.col("effort_hours") > 0)
    errors = known.select((pl.col("log_median") - pl.col("effort_hours").log()).median()).item()
    return 0.0 if errors is None else errors * known.height / (known.height + PSEUDO_TASKS)


def _row(gid: str, task: NewTask, project_gid: str, error: float) -> Row:
    log_hours = math.log(task.hours)
    return {
        "task_gid": gid,
        "person_gid": None,
        "project_gid": project_gid,
        "start_on": task.start_on,
        "due_on": task.due_on,
        "effort_hours": task.hours,
        "logged_hours": 0.0,
        "log_median": log_hours + error,
        "log_below": ESTIMATED[0] + GROWTH_BELOW * max(log_hours, 0.0),
        "log_above": ESTIMATED[1],
        "is_inferred": False,
        "name": task.task,
        "parent_gid": None,
        "left_hours": math.exp(log_hours + error),
        "loads": True,
    }


def _phase(made: Draft, rows: list[Row], links: list[tuple[str, str]], start_on: dt.date | None) -> None:
    """Give every task a start and a due date: its own, moved to the start of the project, else by what it waits for."""
    begins = max(start_on or made.today, made.today)
    given = [row["start_on"] or row["due_on"] for row in rows if row["start_on"] or row["due_on"]]
    by = begins - min(given) if start_on and given else dt.timedelta(0)
    after = dict(made.base.finish.drop_nulls().iter_rows()) if links else {}
    floor = {row["task_gid"]: begins for row in rows}
    for waiting, blocker in links:
        if blocker in after:
            floor[waiting] = max(floor[waiting], after[blocker] + _DAY)
    for row in rows:
        row["start_on"] = row["start_on"] and row["start_on"] + by
        row["due_on"] = row["due_on"] and row["due_on"] + by
    frame = pl.DataFrame(
        [row | {"start_on": row["start_on"] or floor[row["task_gid"]]} for row in rows], infer_schema_length=None
    ).select(pl.col(name).cast(dtype) for name, dtype in TASKS.items())
    known = pl.DataFrame(links, schema=["task_gid", "depends_on_gid"], orient="row").with_columns(linked_at=None)
    days = made.base.settings.forecast.working_days
    laid = schedule_work(
        frame,
        known.select(pl.col(name).cast(dtype) for name, dtype in LINKS.items()),
        pl.DataFrame(schema=HOMES),
        made.base.as_of,
        working_days=days,
    )
    made.notes += laid["reason"].drop_nulls().to_list()
    dates = {gid: (first, last) for gid, first, last in
             laid.select("task_gid", "early_start_on", "early_finish_on").iter_rows()}  # fmt: skip
    for row in rows:
        first, last = dates[row["task_gid"]]
        row["start_on"] = row["start_on"] or (min(first, row["due_on"]) if row["due_on"] else first)
        row["due_on"] = row["due_on"] or max(last, row["start_on"])


def _able(made: Draft, task: NewTask) -> set[str]:
    """Who can do a new task: who has its skill, in its team; nobody where it names neither."""
    if task.skill is None and task.team_gid is None:
        return set()
    able = made.people()
    if task.skill is not None:
        wanted = task.skill.casefold()
        able &= {person for person, skill in made.base.skills.iter_rows() if skill.casefold() == wanted} | {
            person for person, one in made.joiners.items() if wanted in {skill.casefold() for skill in one.skills}
        }
    if task.team_gid is not None:
        teams = made.base.teams.filter(pl.col("team_gid") == task.team_gid)["person_gid"]
        able &= set(teams) | {person for person, one in made.joiners.items() if one.team_gid == task.team_gid}
    return able
