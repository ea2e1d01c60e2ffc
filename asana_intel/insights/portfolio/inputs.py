"""What the schedule and the list of projects and goals are made from, read from tables as of an instant; no arithmetic.

Names, portfolios, budgets and which project supports which goal are those of the last sync.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from asana_intel.insights.portfolio.priority import prioritise
from asana_intel.insights.portfolio.schedule import schedule_work
from asana_intel.insights.work import EVERYBODY, OURS, READS, finished_work, hours_left, open_work
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.standing import Read, standing

if TYPE_CHECKING:
    from datetime import date, datetime

    from asana_intel.settings import Settings

SCHEDULE_READS = (*READS, "staging/task_dependencies", "staging/stories", "staging/projects")
PRIORITY_READS = (
    *READS,
    "staging/projects",
    "staging/portfolio_items",
    "staging/custom_field_values",
    "staging/goals",
    "marts/bridge_goal_project",
)

"""The mark of what this product wrote."""


def project_schedule(
    read: Read, effort: pl.DataFrame, week_on: date, as_of: datetime, settings: Settings
) -> pl.DataFrame:
    """When each open task of each open project can end (contract insights/project_schedule).

    Args:
        read: Reads a table by key.
        effort: insights/task_effort of the week; without a row the estimates speak.
        week_on: Week, a Monday.
        as_of: Nothing later is used.
        settings: Its working days are those of everybody.
    """
    tasks, links, homes = schedule_frames(read, effort, as_of)
    rows = schedule_work(tasks, links, homes, as_of, working_days=settings.forecast.working_days)
    frame = (
        homes.join(rows, on="task_gid")
        .sort("project_gid", "task_gid")
        .with_columns(as_of_on=pl.lit(week_on), as_of_at=pl.lit(as_of))
    )
    return frame.select(CONTRACTS["insights/project_schedule"].schema.names())


def schedule_frames(
    read: Read, effort: pl.DataFrame, as_of: datetime
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """What `schedule_work` is given: open tasks (columns of `open_work`, and left_hours), links, and homes.

    Args:
        read: Reads a table by key.
        effort: insights/task_effort of the week; without a row the estimates speak.
        as_of: Nothing later is used.
    """
    tasks = _tasks(read, effort, as_of)
    return tasks, _links(read, as_of), _with_subtasks(tasks, _homes(read, as_of))


def portfolio_priority(
    read: Read,
    week: dict[str, pl.DataFrame],
    week_on: date,
    as_of: datetime,
    settings: Settings,
) -> pl.DataFrame:
    """Open projects and goals in order (contract insights/portfolio_priority).

    Args:
        read: Reads a table by key.
        week: The week's rows of insights/project_schedule, insights/task_effort, insights/task_priority,
            insights/task_goal_gain and forecasts/goal_attainment, by key.
        week_on: Week, a Monday.
        as_of: Nothing later is used.
        settings: Names of the budget fields, the weight of risk, and working days.
    """
    schedule, odds = week["insights/project_schedule"], week["forecasts/goal_attainment"]
    work = _tasks(read, week["insights/task_effort"], as_of)
    tasks = (
        work.join(schedule.unique("task_gid").select("task_gid", "early_finish_on"), on="task_gid", how="left")
        .join(week["insights/task_priority"].select("task_gid", "score"), on="task_gid", how="left")
    )  # fmt: skip
    in_project = schedule.select("project_gid", "task_gid")
    bridge = read("marts/bridge_goal_project")
    objects = pl.concat(
        [
            _projects(read, as_of, bridge, odds).join(
                _budgets(read, work, in_project, as_of, settings), on="object_gid", how="left"
            ),
            _goals(read, odds),
        ],
        how="diagonal_relaxed",
    )
    members = _members(in_project, bridge, week["insights/task_goal_gain"])
    rows = prioritise(
        objects,
        members,
        tasks,
        as_of,
        risk_weight=settings.portfolio.risk_weight,
        working_days=settings.forecast.working_days,
    )
    frame = (
        rows.join(
            objects.select("object_type", "object_gid", "is_public"), on=["object_type", "object_gid"], how="left"
        )
        .join(_portfolios(read), left_on="object_gid", right_on="item_gid", how="left")
        .sort("rank")
        .with_columns(as_of_on=pl.lit(week_on), as_of_at=pl.lit(as_of))
    )
    return frame.select(CONTRACTS["insights/portfolio_priority"].schema.names())


def _tasks(read: Read, effort: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Open tasks with the hours left in them; our own review tasks are nobody's project."""
    work = open_work(read, as_of).filter(~pl.col("notes").fill_null("").str.contains(OURS))
    if effort.is_empty():
        return work.with_columns(left_hours=hours_left())
    return work.join(effort.select("task_gid", left_hours="left_p50_hours"), on="task_gid", how="left")


def _open_projects(read: Read, as_of: datetime) -> pl.DataFrame:
    is_finished = (pl.col("completed_at") <= as_of).fill_null(value=False)
    return read("staging/projects").filter(
        (pl.col("created_at") <= as_of).fill_null(value=True), ~is_finished, ~pl.col("is_archived")
    )


def _homes(read: Read, as_of: datetime) -> pl.DataFrame:
    """Which open projects each task was in."""
    return (
        standing(read("staging/task_section_intervals"), as_of)
        .select("task_gid", "project_gid")
        .unique()
        .join(_open_projects(read, as_of).select("project_gid"), on="project_gid", how="semi")
    )


def _with_subtasks(tasks: pl.DataFrame, homes: pl.DataFrame) -> pl.DataFrame:
    """Open tasks by project; a subtask in no project is in those of the nearest open task above that has any."""
    placed, above = homes, tasks.select("task_gid", "parent_gid").drop_nulls()
    while True:
        new = (
            above.join(placed.select("task_gid").unique(), on="task_gid", how="anti")
            .join(placed.rename({"task_gid": "parent_gid"}), on="parent_gid")
            .select("task_gid", "project_gid")
        )
        if new.is_empty():
            return placed.join(tasks.select("task_gid"), on="task_gid", how="semi")
        placed = pl.concat([placed, new])


def _links(read: Read, as_of: datetime) -> pl.DataFrame:
    """Links between tasks, with the time they were made where a story tells."""
    made = (
        read("staging/stories")
        .filter(pl.col("subtype") == "dependency_added", pl.col("dependency_gid").is_not_null())
        .group_by(task_gid="target_gid", depends_on_gid="dependency_gid")
        .agg(linked_at=pl.col("created_at").max(), first_at=pl.col("created_at").min())
    )
    return (
        read("staging/task_dependencies")
        .join(made, on=["task_gid", "depends_on_gid"], how="left")
        .filter((pl.col("first_at") <= as_of).fill_null(value=True))
        .with_columns(linked_at=pl.when(pl.col("linked_at") <= as_of).then("linked_at").otherwise("first_at"))
        .select("task_gid", "depends_on_gid", "linked_at")
    )


def _projects(read: Read, as_of: datetime, bridge: pl.DataFrame, odds: pl.DataFrame) -> pl.DataFrame:
    """Open projects, each with the lowest odds of the open goals it supports; only goals for everybody are named."""
    is_public = pl.col("privacy_setting") == EVERYBODY
    names = read("staging/goals").select("goal_gid", odds_of=pl.when(is_public).then("name"))
    lowest = (
        bridge.join(odds.select("goal_gid", odds="p_attain").drop_nulls(), on="goal_gid")
        .join(names, on="goal_gid", how="left")
        .sort("odds", "goal_gid")
        .unique("project_gid", keep="first", maintain_order=True)
        .select("odds_of", "odds", object_gid="project_gid")
    )
    projects = _open_projects(read, as_of).select(
        "team_gid",
        "due_on",
        object_type=pl.lit("project"),
        object_gid="project_gid",
        is_public=(pl.col("privacy_setting") == EVERYBODY).fill_null(value=False),
    )
    return projects.join(lowest, on="object_gid", how="left")


def _goals(read: Read, odds: pl.DataFrame) -> pl.DataFrame:
    """Goals that were open in the week, with their odds."""
    is_public = (pl.col("privacy_setting") == EVERYBODY).fill_null(value=False)
    known = read("staging/goals").select("goal_gid", "team_gid", is_public=is_public)
    return (
        odds.filter(pl.col("status") != "closed")
        .join(known, on="goal_gid", how="left")
        .select(
            "team_gid",
            "due_on",
            pl.col("is_public").fill_null(value=False),
            object_type=pl.lit("goal"),
            object_gid="goal_gid",
            odds="p_attain",
        )
    )


def _members(in_project: pl.DataFrame, bridge: pl.DataFrame, gains: pl.DataFrame) -> pl.DataFrame:
    """Open tasks of each project, and of each goal: those that bring it forward, else all of its projects."""
    of_projects = in_project.select("task_gid", object_type=pl.lit("project"), object_gid="project_gid")
    of_goals = bridge.join(in_project, on="project_gid").select("task_gid", "goal_gid").unique()
    bringing = gains.filter(pl.col("gain") > 0).select("task_gid", "goal_gid")
    chosen = pl.concat([bringing, of_goals.join(bringing, on="goal_gid", how="anti")])
    return pl.concat(
        [of_projects, chosen.select("task_gid", object_type=pl.lit("goal"), object_gid="goal_gid")], how="diagonal"
    )


def _budgets(
    read: Read, work: pl.DataFrame, in_project: pl.DataFrame, as_of: datetime, settings: Settings
) -> pl.DataFrame:
    """Budget, what is spent and the share of the work done, by project: its own, else of its first portfolio."""
    money = _money(read, settings)
    placed = read("staging/task_projects").select("task_gid", "project_gid")
    done = finished_work(read, as_of).join(placed, on="task_gid", suffix="_of")
    finished = done.group_by(object_gid="project_gid_of").agg(
        done=pl.coalesce("effort_hours", "actual_hours").fill_null(0.0).sum()
    )
    left = (
        in_project.join(work, on="task_gid", suffix="_of")
        .group_by(object_gid="project_gid")
        .agg(left=pl.col("left_hours").sum(), logged=pl.col("logged_hours").sum())
    )
    hours = left.join(finished, on="object_gid", how="full", coalesce=True).fill_null(0.0)
    items = read("staging/portfolio_items").filter(pl.col("item_type") == "project")
    of_portfolio = (
        items.join(hours, left_on="item_gid", right_on="object_gid", how="left")
        .group_by("portfolio_gid")
        .agg(pl.col("done", "left", "logged").sum())
        .join(money, left_on="portfolio_gid", right_on="object_gid")
    )
    by_portfolio = items.join(of_portfolio, on="portfolio_gid").rename({"item_gid": "object_gid"})
    share = (pl.col("done") + pl.col("logged")) / (pl.col("done") + pl.col("logged") + pl.col("left"))
    own = hours.join(money, on="object_gid", how="right")
    return (
        pl.concat([own, by_portfolio.sort("portfolio_gid").select(own.columns)])
        .unique("object_gid", keep="first", maintain_order=True)
        .select("object_gid", "budget", "budget_used", done_share=share.fill_nan(None))
    )


def _money(read: Read, settings: Settings) -> pl.DataFrame:
    """Budget and what is spent, of the projects and portfolios that have both fields."""
    names = {"budget": settings.portfolio.budget_field, "budget_used": settings.portfolio.spent_field}
    fields = read("staging/custom_field_values").filter(
        pl.col("object_type").is_in(["project", "portfolio"]), pl.col("number_value").is_not_null()
    )
    budget, used = (
        fields.filter(pl.col("field_name").str.to_lowercase() == name.lower())
        .sort("object_gid", "field_gid")
        .unique("object_gid", keep="first", maintain_order=True)
        .select("object_gid", pl.col("number_value").alias(column))
        for column, name in names.items()
    )
    return budget.join(used, on="object_gid").filter(pl.col("budget") > 0, pl.col("budget_used") >= 0)


def _portfolios(read: Read) -> pl.DataFrame:
    """Every portfolio each item is in, also through portfolios that hold it: item_gid, portfolio_gids (sorted)."""
    items = read("staging/portfolio_items").select("item_gid", "portfolio_gid").unique()
    above = items.rename({"item_gid": "portfolio_gid", "portfolio_gid": "holder_gid"})
    found = items
    while True:
        wider = (
            found.join(above, on="portfolio_gid").select("item_gid", portfolio_gid="holder_gid")
            .join(found, on=["item_gid", "portfolio_gid"], how="anti").unique()
        )  # fmt: skip
        if wider.is_empty():
            break
        found = pl.concat([found, wider])
    return found.group_by("item_gid").agg(portfolio_gids=pl.col("portfolio_gid").sort())
