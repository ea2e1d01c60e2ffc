"""Candidates, running work, people and links of the next sprints, gathered from the tables; nothing is chosen here.

Teams, members, skills of people and skills that tasks need are those of the last sync; so are projects and links. A
person without a row in forecasts/person_load (no open task, no allocation, no work lately) is not planned for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from asana_intel.insights.sprint.calendar import Calendar
from asana_intel.insights.sprint.window import sprint_days
from asana_intel.insights.work import field_values, finished_work, hours_left, open_work
from asana_intel.storage.standing import Read

if TYPE_CHECKING:
    from datetime import date, datetime

    from asana_intel.settings import Settings
    from asana_intel.work_settings import SprintSettings

READS = (
    "staging/allocations",
    "staging/custom_field_values",
    "staging/projects",
    "staging/sections",
    "staging/task_dependencies",
    "staging/team_memberships",
    "staging/users",
)
WEEK_READS = ("insights/task_effort", "insights/task_priority", "forecasts/person_load")
USUAL_HOURS = 4.0
_LEVELS = 5  # subtasks of subtasks; Asana allows no more
_CATEGORY = "Category"


@dataclass(frozen=True)
class Inputs:
    """What is known of a week.

    Attributes:
        starts_on: First day of the sprint.
        ends_on: Last day.
        tasks: Open tasks that somebody can do: no milestones, none with open subtasks. Columns of `work.open_work`
            with project_gid climbed to the parent's, and team_gid, score (null: not scored), hours (median left),
            p10_hours, p50_hours, p90_hours, skills, category, pin (in, out), pin_person_gid, in_sprint (stands in a
            running section), is_running (that or begun, and somebody's).
        people: person_gid, name, skills, team_gids, available_hours (of the sprint, without what is promised to
            other teams), running_hours.
        links: task_gid, depends_on_gid, depends_on_name, of unfinished tasks.
        finished: `work.finished_work`, and category.
        calendar: Hours by day.
    """

    starts_on: date
    ends_on: date
    tasks: pl.DataFrame
    people: pl.DataFrame
    links: pl.DataFrame
    finished: pl.DataFrame
    calendar: Calendar


def gather(read: Read, read_week: Read, as_of: datetime, settings: Settings) -> Inputs:
    """Gather a week's inputs.

    Args:
        read: Reads a table by key.
        read_week: Reads the week's rows of a weekly table by key.
        as_of: Nothing later is used.
        settings: Their sections `sprint` and `forecast`.
    """
    starts_on, ends_on = sprint_days(as_of, settings.sprint)
    unfinished = open_work(read, as_of)
    calendar = Calendar(read_week("forecasts/person_load"), as_of.date(), settings.forecast.working_days)
    people = _people(read, calendar, settings.sprint)
    tasks = _tasks(read, read_week, unfinished, people, as_of, settings.sprint)
    links = (
        read("staging/task_dependencies")
        .join(unfinished.select(depends_on_gid="task_gid", depends_on_name="name"), on="depends_on_gid")
        .select("task_gid", "depends_on_gid", "depends_on_name")
        .sort("task_gid", "depends_on_gid")
    )
    category = _category(read, as_of)
    return Inputs(
        starts_on,
        ends_on,
        tasks.join(category, on="task_gid", how="left", maintain_order="left"),
        _with_hours(
            people, tasks, _elsewhere(read, people, settings, starts_on, ends_on), calendar, starts_on, ends_on
        ),
        links,
        finished_work(read, as_of).join(category, on="task_gid", how="left", maintain_order="left"),
        calendar,
    )


def people_skills(read: Read, field: str) -> pl.DataFrame:
    """A row for each skill of each person, as their field says: person_gid, skill."""
    return _skills(read, "user", field).explode("skills").select(person_gid="task_gid", skill="skills").drop_nulls()


def candidates(inputs: Inputs, settings: SprintSettings) -> pl.DataFrame:
    """Tasks a sprint may take in: scored, of a team, not running; the highest, the pinned, and what these wait for."""
    free = inputs.tasks.filter(
        pl.col("team_gid").is_not_null(), pl.col("score").is_not_null(), ~pl.col("in_sprint"), ~pl.col("is_running")
    ).sort("score", "task_gid", descending=[True, False])
    is_high = pl.int_range(pl.len()).over("team_gid") < settings.max_candidates
    is_pinned = pl.col("pin").is_not_null() | pl.col("pin_person_gid").is_not_null()
    chosen = free.filter(is_high | is_pinned)
    while True:
        needed = inputs.links.join(chosen, on="task_gid", how="semi").select(task_gid="depends_on_gid")
        further = free.join(needed, on="task_gid", how="semi").join(chosen, on="task_gid", how="anti")
        if further.is_empty():
            return chosen.sort("task_gid")
        chosen = pl.concat([chosen, further])


def open_links(inputs: Inputs) -> pl.DataFrame:
    """Links to what the sprint does not carry anyway."""
    running = inputs.tasks.filter("is_running").select(depends_on_gid="task_gid")
    return inputs.links.join(running, on="depends_on_gid", how="anti")


def _tasks(
    read: Read,
    read_week: Read,
    unfinished: pl.DataFrame,
    people: pl.DataFrame,
    as_of: datetime,
    settings: SprintSettings,
) -> pl.DataFrame:
    """`Inputs.tasks` but for the category."""
    teams = read("staging/projects").select("project_gid", "team_gid")
    scores = read_week("insights/task_priority").select("task_gid", "score")
    effort = read_week("insights/task_effort").select(
        "task_gid", "p10_hours", "p50_hours", "p90_hours", "left_p50_hours"
    )
    begins = pl.lit(value=False)
    for name in settings.running_sections:
        begins = begins | pl.col("section_name").str.to_lowercase().str.starts_with(name.lower())
    in_sprint, is_out = pl.col("in_sprint"), pl.col("pin").eq("out").fill_null(value=False)
    return (
        _climbed(unfinished)
        .join(unfinished.select(task_gid="parent_gid"), on="task_gid", how="anti")
        .filter(pl.col("subtype").fill_null("") != "milestone")
        .join(teams, on="project_gid", how="left")
        .join(read("staging/sections").select("section_gid", section_name="name"), on="section_gid", how="left")
        .join(scores, on="task_gid", how="left")
        .join(effort, on="task_gid", how="left")
        .join(skills_of(read, "task", settings.required_skills_field), on="task_gid", how="left")
        .join(_pins(read, people, as_of, settings.pin_field), on="task_gid", how="left")
        .with_columns(
            in_sprint=begins.fill_null(value=False),
            hours=pl.coalesce("left_p50_hours", hours_left(), pl.lit(USUAL_HOURS)),
        )
        .with_columns(
            is_running=(in_sprint | (pl.col("logged_hours") > 0)) & pl.col("person_gid").is_not_null() & ~is_out
        )
        .drop("section_name", "left_p50_hours")
        .sort("task_gid")
    )


def _climbed(unfinished: pl.DataFrame) -> pl.DataFrame:
    """Subtasks count for the project of the nearest parent that is in one."""
    parents = unfinished.select(parent_gid="task_gid", above_gid="parent_gid", above_project="project_gid")
    tasks = unfinished.with_columns(up_gid="parent_gid")
    for _ in range(_LEVELS):
        tasks = (
            tasks.join(parents, left_on="up_gid", right_on="parent_gid", how="left")
            .with_columns(project_gid=pl.coalesce("project_gid", "above_project"), up_gid="above_gid")
            .drop("above_gid", "above_project")
        )
    return tasks.drop("up_gid")


def _people(read: Read, calendar: Calendar, settings: SprintSettings) -> pl.DataFrame:
    """person_gid, name, skills, team_gids of those whose hours are known."""
    known = pl.DataFrame({"person_gid": calendar.people}, schema={"person_gid": pl.String})
    teams = read("staging/team_memberships").group_by("person_gid").agg(team_gids=pl.col("team_gid").unique().sort())
    return (
        known.join(teams, on="person_gid")
        .join(read("staging/users").select("person_gid", "name"), on="person_gid", how="left")
        .join(skills_of(read, "user", settings.skills_field).rename({"task_gid": "person_gid"}), "person_gid", "left")
        .sort("person_gid")
    )


def skills_of(read: Read, kind: str, field: str) -> pl.DataFrame:
    """task_gid (of the object, task or user, whatever its kind) and skills, as a field of that name lists them."""
    values = read("staging/custom_field_values").filter(
        pl.col("object_type") == kind, pl.col("field_name").str.to_lowercase() == field.lower()
    )
    names = pl.coalesce("display_value", "text_value").str.split(",").list.eval(pl.element().str.strip_chars())
    return (
        values.select(task_gid="object_gid", skills=names.list.eval(pl.element().filter(pl.element() != "")))
        .drop_nulls()
        .sort("task_gid", "skills")
        .group_by("task_gid")
        .agg(pl.col("skills").list.explode().unique().sort())
    )


def said(read: Read, as_of: datetime, field: str) -> pl.DataFrame:
    """task_gid, said: the text of a field, or the name of its option."""
    options = (
        read("staging/custom_field_values")
        .drop_nulls("option_gid")
        .select("option_gid", "display_value")
        .sort("option_gid", "display_value")
        .unique("option_gid", keep="first", maintain_order=True)
    )
    return (
        field_values(read, as_of, field)
        .join(options, on="option_gid", how="left")
        .select("task_gid", said=pl.coalesce("text", "display_value", "option_gid"))
        .drop_nulls()
        .sort("task_gid")
    )


def _category(read: Read, as_of: datetime) -> pl.DataFrame:
    return said(read, as_of, _CATEGORY).rename({"said": "category"})


def _pins(read: Read, people: pl.DataFrame, as_of: datetime, field: str) -> pl.DataFrame:
    """task_gid, pin, pin_person_gid: words of the field that are neither In, Out nor a person's name say nothing."""
    words = (
        said(read, as_of, field)
        .with_columns(word=pl.col("said").str.to_lowercase().str.split(","))
        .explode("word")
        .with_columns(pl.col("word").str.strip_chars())
    )
    names = people.select(pin_person_gid="person_gid", word=pl.col("name").str.to_lowercase()).drop_nulls()
    named = words.join(names.unique("word", keep="none"), on="word", how="left")
    return (
        named.group_by("task_gid")
        .agg(
            pin=pl.col("word").filter(pl.col("word").is_in(["in", "out"])).max(),
            pin_person_gid=pl.col("pin_person_gid").min(),
        )
        .sort("task_gid")
    )


def _with_hours(
    people: pl.DataFrame,
    tasks: pl.DataFrame,
    elsewhere: pl.DataFrame,
    calendar: Calendar,
    starts_on: date,
    ends_on: date,
) -> pl.DataFrame:
    """People with their hours of the sprint, and those of their running work."""
    running = tasks.filter("is_running").group_by("person_gid").agg(running_hours=pl.col("hours").sum())
    hours = [calendar.hours(person, starts_on, ends_on) for person in people["person_gid"]]
    return (
        people.with_columns(hours=pl.Series(hours, dtype=pl.Float64))
        .join(running, on="person_gid", how="left")
        .join(elsewhere, on="person_gid", how="left")
        .with_columns(
            available_hours=(pl.col("hours") - pl.col("elsewhere_hours").fill_null(0.0)).clip(lower_bound=0.0),
            running_hours=pl.col("running_hours").fill_null(0.0),
        )
        .drop("hours", "elsewhere_hours")
        .sort("person_gid")
    )


def _elsewhere(read: Read, people: pl.DataFrame, settings: Settings, starts_on: date, ends_on: date) -> pl.DataFrame:
    """person_gid, elsewhere_hours: promised in the sprint to projects of teams the person is not in."""
    teams = read("staging/projects").select("project_gid", "team_gid")
    week = len(settings.forecast.working_days)
    given = (
        read("staging/allocations")
        .join(people.select("person_gid", "team_gids"), on="person_gid")
        .join(teams, on="project_gid", how="left")
        .filter(pl.col("team_gid").is_not_null(), ~pl.col("team_gids").list.contains(pl.col("team_gid")))
        .filter(pl.col("start_on") <= ends_on, pl.col("end_on") >= starts_on)
        .sort("allocation_gid")
    )
    weekly = pl.when(pl.col("effort_type") == "hours").then("effort_value")
    weekly = weekly.otherwise(pl.col("effort_value") / 100 * settings.forecast.default_weekly_hours)
    spans = [
        sum(
            day.isoweekday() in settings.forecast.working_days
            for day in pl.date_range(max(first, starts_on), min(last, ends_on), eager=True)
        )
        for first, last in given.select("start_on", "end_on").iter_rows()
    ]
    return (
        given.with_columns(days=pl.Series(spans, dtype=pl.Int64))
        .group_by("person_gid")
        .agg(elsewhere_hours=(weekly.fill_null(0.0) * pl.col("days") / week).sum())
        .sort("person_gid")
    )
