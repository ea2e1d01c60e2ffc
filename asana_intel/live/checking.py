"""What edits of assignees and dates break, of one event; nothing is written or told to anybody here.

An edit breaks something where it was sound before and is not now: a week that becomes too full, a skill its assignee
lacks, days on which its assignee is off, an order of tasks, the due day of a project.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import date, timedelta
from typing import Any

import polars as pl

from asana_intel.changes.edit_posts import Breach
from asana_intel.clock import monday_of
from asana_intel.insights.sprint.inputs import skills_of
from asana_intel.insights.sprint.reasons import skills_text
from asana_intel.live.load_after import LoadAfter, load_after
from asana_intel.live.moment import Moment
from asana_intel.settings import OVERLOAD_WEEKS, Settings
from asana_intel.work_settings import SprintSettings

_WEEKS_AHEAD = timedelta(weeks=OVERLOAD_WEEKS)
_LOOK = "Look at the capacity review before work on it begins."
_Link = tuple[str, str]
"""A task, and one that it waits for."""


def breaches(moment: Moment, settings: Settings) -> list[Breach]:
    """Check the edits of an event.

    Args:
        moment: The event.
        settings: Odds that count as a breach, working weeks, fields of skills.

    Returns:
        What is broken now and was not before, by task; nothing where edits are not to be checked.
    """
    if settings.capacity.breach_odds is None:
        return []
    edits = _edits(moment)
    load = load_after(moment, settings.forecast)
    found = [*_of_skills(moment, edits, settings.sprint), *_of_order(moment, edits), *_of_projects(moment, edits)]
    if load is not None:
        found += [*_of_load(load, settings.capacity.breach_odds), *_of_absence(load)]
    return sorted(found, key=lambda breach: (breach.task_gid, breach.about))


def _edits(moment: Moment) -> pl.DataFrame:
    """task_gid, person_gid, due_on, was_person_gid, was_due_on of open tasks whose assignee or due day is another."""
    now, then = (
        read("staging/tasks").filter(pl.col("task_gid").is_in(sorted(moment.tasks)))
        for read in (moment.after, moment.before)
    )
    both = (
        now.filter(~pl.col("is_completed"))
        .select("task_gid", "due_on", person_gid="assignee_gid")
        .join(
            then.select("task_gid", was_due_on="due_on", was_person_gid="assignee_gid"),
            on="task_gid",
            how="left",
            maintain_order="left",
        )
    )
    is_other = [pl.col(name).ne_missing(pl.col(f"was_{name}")) for name in ("person_gid", "due_on")]
    return both.filter(pl.any_horizontal(is_other)).sort("task_gid")


def _of_load(load: LoadAfter, odds: float) -> Iterator[Breach]:
    """Weeks of the next four that become too full, each laid to the edit without which it would be least so."""
    key = ["person_gid", "week_on"]
    until = monday_of(load.first_on) + _WEEKS_AHEAD
    was = load.before.select(*key, p_was="p_over_120", hours_were="assigned_hours")
    full = load.after.join(was, on=key).filter(
        pl.col("week_on") < until, pl.col("p_over_120") >= odds, pl.col("p_was") < odds
    )
    for (person,), weeks in full.group_by("person_gid", maintain_order=True):
        gids = load.edited.filter(person_gid=person)["task_gid"]
        without = pl.concat(
            load.without(gid, str(person)).select("week_on", task_gid=pl.lit(gid), p_without="p_over_120")
            for gid in gids
        )
        blamed = (
            weeks.join(without, on="week_on")
            .filter(pl.col("p_without") < pl.col("p_over_120"))
            .sort("week_on", "p_without", "task_gid")
            .unique("week_on", keep="first", maintain_order=True)
        )
        for (gid,), rows in blamed.group_by("task_gid", maintain_order=True):
            yield _overload(str(gid), str(person), rows.to_dicts())


def _overload(gid: str, person: str, weeks: list[dict[str, Any]]) -> Breach:
    first, days = weeks[0], [_day(week["week_on"]) for week in weeks]
    when = f"the week{'s' if len(days) > 1 else ''} of {_listed(days)}"
    return Breach(
        gid,
        f"overload {person} {first['week_on']}",
        f"This change puts more work into {when} than the assignee has hours for. {_LOOK}",
        f"After this change the assignee's week of {days[0]} holds {first['assigned_hours']:.0f} h of work in"
        f" {first['available_hours']:.0f} h (it was {first['hours_were']:.0f} h): the odds of more than 120 % are"
        f" {first['p_over_120']:.0%}, without it {first['p_without']:.0%}.",
        person_gid=person,
        confidence=first["p_over_120"],
    )


def _of_absence(load: LoadAfter) -> Iterator[Breach]:
    people = dict(load.edited.select("task_gid", "person_gid").iter_rows())
    for gid, (first, last) in sorted(load.absences().items()):
        yield Breach(
            gid,
            f"absence {people[gid]} {monday_of(first)}",
            f"As it stands, nobody can work on this task between {_day(first)} and {_day(last)}. {_LOOK}",
            f"The assignee is out of office on every working day from {_day(first)} to {_day(last)}.",
            person_gid=people[gid],
        )


def _of_skills(moment: Moment, edits: pl.DataFrame, settings: SprintSettings) -> Iterator[Breach]:
    """Tasks whose new assignee is not known to have a skill that they ask for."""
    given = edits.filter(pl.col("person_gid").is_not_null(), pl.col("person_gid").ne_missing(pl.col("was_person_gid")))
    if given.is_empty():
        return
    needed = dict(skills_of(moment.after, "task", settings.required_skills_field).iter_rows())
    known = dict(skills_of(moment.after, "user", settings.skills_field).iter_rows())
    for gid, person in given.select("task_gid", "person_gid").iter_rows():
        has = {skill.casefold() for skill in known.get(person) or ()}
        lacking = tuple(skill for skill in needed.get(gid) or () if skill.casefold() not in has)
        if lacking:
            yield Breach(
                gid,
                f"skills {person}",
                f"This task asks for the {skills_text(lacking)}, and nothing notes it of the assignee.",
                f"The new assignee is not known to have the {skills_text(lacking)} that the task asks for.",
                person_gid=person,
            )


def _of_order(moment: Moment, edits: pl.DataFrame) -> Iterator[Breach]:
    """Open tasks due before one that they wait for, since either is due another day; told of the one that is."""
    edited = _due_another_day(edits)
    owners = dict(edited.select("task_gid", "person_gid").iter_rows())
    before = _out_of_order(moment.before, owners.keys())
    for (gid, other), (due, later) in sorted(_out_of_order(moment.after, owners.keys()).items()):
        if (gid, other) in before:
            continue
        if gid in owners:
            task, tells_of, said = gid, other, "this task is due on {}, before {}, when a task it waits for is due"
        else:
            task, tells_of, said = other, gid, "a task that waits for this one is due on {}, before this one on {}"
        said = f"After this change {said.format(_day(due), _day(later))}."
        yield Breach(task, f"order {tells_of} {due} {later}", said, said, (tells_of,), owners[task])


def _out_of_order(read: Callable[..., pl.DataFrame], gids: Collection[str]) -> dict[_Link, tuple[date, date]]:
    """Links of some tasks to what is due later than what waits for it -> both due days, of open tasks."""
    wanted = sorted(gids)
    due = read("staging/tasks").filter(~pl.col("is_completed")).select("task_gid", "due_on").drop_nulls()
    links = read("staging/task_dependencies").filter(
        pl.any_horizontal(pl.col("task_gid", "depends_on_gid").is_in(wanted))
    )
    late = (
        links.join(due, on="task_gid")
        .join(due.rename({"task_gid": "depends_on_gid", "due_on": "later_on"}), on="depends_on_gid")
        .filter(pl.col("due_on") < pl.col("later_on"))
    )
    return {
        (gid, other): (on, later)
        for gid, other, on, later in late.select("task_gid", "depends_on_gid", "due_on", "later_on").iter_rows()
    }


def _of_projects(moment: Moment, edits: pl.DataFrame) -> Iterator[Breach]:
    """Tasks that decide when a project ends, as of the last schedule, and are now due after the project is."""
    ends = moment.before("staging/projects").select("project_gid", ends_on="due_on").drop_nulls()
    late = (
        moment.before("insights/project_schedule", partition=moment.week_on)
        .filter("is_critical")
        .select("task_gid", "project_gid")
        .join(_due_another_day(edits), on="task_gid")
        .join(ends, on="project_gid")
        .filter(
            pl.col("due_on") > pl.col("ends_on"), ~(pl.col("was_due_on") > pl.col("ends_on")).fill_null(value=False)
        )
        .sort("task_gid", "project_gid")
    )
    for row in late.to_dicts():
        said = (
            f"This task decides when its project ends, and is now due on {_day(row['due_on'])}, after the project,"
            f" which is due on {_day(row['ends_on'])}."
        )
        about = f"project {row['project_gid']} {row['due_on']}"
        yield Breach(row["task_gid"], about, said, said, (row["project_gid"],), row["person_gid"])


def _due_another_day(edits: pl.DataFrame) -> pl.DataFrame:
    return edits.filter(pl.col("due_on").is_not_null(), pl.col("due_on").ne_missing(pl.col("was_due_on")))


def _day(on: date) -> str:
    return f"{on.day} {on:%b %Y}"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
