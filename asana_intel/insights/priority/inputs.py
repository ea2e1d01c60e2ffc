"""The frames of the score, read from the tables as they stood at an instant; nothing is scored here.

Links between tasks, goals, people and projects, likes and followers are those of the last sync, as all of `work`: a
past week that is rebuilt sees them as they are now.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import polars as pl

from asana_intel.insights import work as insights_work
from asana_intel.insights.ladder import LEVEL_OF
from asana_intel.insights.priority.backlog import Backlog
from asana_intel.insights.priority.supports import supports_of
from asana_intel.insights.work import EVERYBODY, OURS, field_values, hours_left, open_work
from asana_intel.storage.contracts.contract import NUMBER
from asana_intel.storage.standing import standing
from asana_intel.work_settings import PrioritySettings

Read = Callable[..., pl.DataFrame]

WEEKLY = ("forecasts/goal_attainment", "forecasts/person_load", "insights/task_effort")
READS = (
    *insights_work.READS,
    *WEEKLY,
    "staging/projects",
    "staging/goals",
    "staging/task_dependencies",
    "staging/task_followers",
    "staging/stories",
    "staging/custom_field_values",
    "staging/team_memberships",
    "marts/dim_goal",
    "marts/bridge_goal_project",
    "marts/bridge_goal_support",
)

"""The mark of what this product wrote: its review tasks are nobody's backlog, its comments nobody's interest."""
_COMMENT_DAYS = 28
_LOAD_WEEKS = 2


def gather(read: Read, week_on: date, as_of: datetime, rubric: PrioritySettings) -> Backlog:
    """The backlog of a week.

    Args:
        read: Reads a table by key; with `partition`, the rows of that week.
        week_on: Week of the forecasts and estimates, a Monday.
        as_of: Nothing later is used.
        rubric: Names of the fields that people set.
    """
    tasks = read("staging/tasks").filter(pl.col("created_at") <= as_of)
    there = standing(read("staging/task_lifetimes"), as_of).select("task_gid")
    tasks = tasks.join(there, on="task_gid", how="semi")
    places = _places(tasks, read("staging/task_projects"))
    projects = read("staging/projects")
    work = _work(read, as_of, projects, places)
    return Backlog(
        work=work,
        places=places,
        goals=_goals(read, week_on),
        supports=supports_of(
            read("marts/dim_goal"),
            read("marts/bridge_goal_project"),
            read("marts/bridge_goal_support"),
            read("staging/task_projects").join(tasks.select("task_gid"), on="task_gid", how="semi"),
        ),
        links=_links(read, as_of),
        effort=read("insights/task_effort", partition=week_on),
        load=_load(read, week_on, projects),
        signals=_signals(read, as_of, tasks.join(work, on="task_gid", how="semi"), rubric),
    )


def _work(read: Read, as_of: datetime, projects: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    public = projects.filter(pl.col("privacy_setting") == EVERYBODY).select("project_gid")
    seen = places.join(public, on="project_gid", how="semi").select("task_gid").unique()
    return (
        open_work(read, as_of)
        .filter(~pl.col("notes").str.contains(OURS).fill_null(value=False))
        .join(projects.select("project_gid", "team_gid"), on="project_gid", how="left")
        .join(seen.with_columns(is_public=pl.lit(value=True)), on="task_gid", how="left")
        .with_columns(
            left_hours=hours_left(),
            is_public=pl.col("is_public").fill_null(value=False),
        )
    )


def _places(tasks: pl.DataFrame, task_projects: pl.DataFrame) -> pl.DataFrame:
    """Projects of each task, its own and those of its parents: task_gid, project_gid, through_gid (the nearest)."""
    memberships = task_projects.select("project_gid", through_gid="task_gid")
    way = tasks.select("task_gid", through_gid="task_gid")
    parents = tasks.select(through_gid="task_gid", above_gid="parent_gid").filter(pl.col("above_gid").is_not_null())
    seen, found = way, [way.join(memberships, on="through_gid")]
    while way.height:
        above = way.join(parents, on="through_gid").select("task_gid", through_gid="above_gid")
        way = above.join(seen, on=["task_gid", "through_gid"], how="anti")  # a circle of parents ends here
        seen = pl.concat([seen, way])
        found.append(way.join(memberships, on="through_gid"))
    return (
        pl.concat(
            frame.select("task_gid", "project_gid", "through_gid", depth=pl.lit(depth))
            for depth, frame in enumerate(found)
        )
        .sort("task_gid", "project_gid", "depth", "through_gid")
        .unique(["task_gid", "project_gid"], keep="first", maintain_order=True)
        .drop("depth")
    )


def _goals(read: Read, week_on: date) -> pl.DataFrame:
    """The week's forecasts, and who may read the goals."""
    public = read("staging/goals").select("goal_gid", is_public=pl.col("privacy_setting") == EVERYBODY)
    return read("forecasts/goal_attainment", partition=week_on).join(public, on="goal_gid", how="left")


def _links(read: Read, as_of: datetime) -> pl.DataFrame:
    states = standing(read("staging/task_completion_intervals"), as_of).filter("is_completed")
    done = states.select(depends_on_gid="task_gid", done_at="valid_from").unique("depends_on_gid")
    return read("staging/task_dependencies").join(done, on="depends_on_gid", how="left")


def _load(read: Read, week_on: date, projects: pl.DataFrame) -> pl.DataFrame:
    """Hours of the coming two weeks, by person and by team that holds a project."""
    until = week_on + timedelta(weeks=_LOAD_WEEKS)
    load = read("forecasts/person_load", partition=week_on)
    coming = load.filter(pl.col("week_on") >= week_on, pl.col("week_on") < until)
    hours = pl.col("available_hours", "assigned_hours").sum()
    people = coming.group_by(owner_gid="person_gid").agg(hours)
    teams = read("staging/team_memberships").join(
        projects.select("team_gid").drop_nulls().unique(), on="team_gid", how="semi"
    )
    of_teams = teams.select("team_gid", owner_gid="person_gid").unique().join(people, on="owner_gid")
    return pl.concat([people, of_teams.group_by(owner_gid="team_gid").agg(hours)]).unique("owner_gid").sort("owner_gid")


def _signals(read: Read, as_of: datetime, tasks: pl.DataFrame, rubric: PrioritySettings) -> pl.DataFrame:
    followers = read("staging/task_followers").group_by("task_gid").agg(followers=pl.col("person_gid").n_unique())
    comments = read("staging/stories").filter(
        pl.col("subtype") == "comment_added",
        pl.col("created_at") <= as_of,
        pl.col("created_at") > as_of - timedelta(days=_COMMENT_DAYS),
        ~pl.col("text").str.contains(OURS).fill_null(value=False),
    )
    commenters = comments.group_by(task_gid="target_gid").agg(commenters=pl.col("author_gid").drop_nulls().n_unique())
    priority = _set_values(read, as_of, rubric.priority_field, _priority_number())
    value = _set_values(read, as_of, rubric.business_value_field, pl.col("number") / rubric.business_value_top)
    return (
        tasks.select("task_gid", likes="like_count")
        .join(followers, on="task_gid", how="left")
        .join(commenters, on="task_gid", how="left")
        .join(priority.rename({"level": "set_priority"}), on="task_gid", how="left")
        .join(value.rename({"level": "business_value"}), on="task_gid", how="left")
    )


def _set_values(read: Read, as_of: datetime, name: str, number: pl.Expr) -> pl.DataFrame:
    """What people set in the field of that name: task_gid, level (0..1)."""
    held = field_values(read, as_of, name)
    values = read("staging/custom_field_values").join(held, on="option_gid", how="semi")
    options = values.select("option_gid", word="display_value").drop_nulls().unique("option_gid", keep="any")
    word = pl.coalesce("word", "text").str.strip_chars().str.to_lowercase()
    level = word.replace_strict(LEVEL_OF, default=None, return_dtype=NUMBER)
    return (
        held.join(options, on="option_gid", how="left")
        .select("task_gid", level=pl.coalesce(number, level).clip(0.0, 1.0))
        .drop_nulls()
    )


def _priority_number() -> pl.Expr:
    """1 is highest, 5 lowest."""
    return 1 - (pl.col("number") - 1) / 4
