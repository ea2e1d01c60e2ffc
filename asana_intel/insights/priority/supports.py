"""What serves each goal, and what one finished task adds to its metric; odds are not known here.

A metric counts finished tasks

- where Asana computes it from tasks: `project_task_completion` is the mean over the linked projects of their share of
  finished tasks, so a task is worth the weight of its project divided by the project's tasks; `task_completion` is the
  share of the linked tasks that are finished, so a task is worth its weight;
- where people or another system set it, it has no unit, and its name says that it counts tasks: "complete 45 tasks",
  "close 60 issues". A task is worth 1.

Anything else (milestones, sub-goals, money, a share that somebody measures) tells nothing of one task's worth.
"""

from __future__ import annotations

import polars as pl

from asana_intel.storage.contracts.contract import NUMBER, TEXT

_SAYS_TASKS = r"(?i)\b(?:tasks?|issues?|tickets?|stories|bugs|items|work items|to-dos)\b"
_COUNTED_BY_PEOPLE = ("manual", "external")


def supports_of(
    goals: pl.DataFrame, bridge: pl.DataFrame, support: pl.DataFrame, task_projects: pl.DataFrame
) -> pl.DataFrame:
    """Projects and tasks behind each goal.

    Args:
        goals: marts/dim_goal.
        bridge: marts/bridge_goal_project.
        support: marts/bridge_goal_support.
        task_projects: Tasks that are counted, finished ones too: task_gid, project_gid.

    Returns:
        goal_gid, project_gid, task_gid (one of the two), unit_per_task, as `SUPPORTS` in `backlog`.
    """
    known = goals.select("goal_gid", "progress_source", says_tasks=_says_tasks())
    sizes = task_projects.group_by("project_gid").agg(tasks=pl.col("task_gid").n_unique())
    direct = support.filter(pl.col("depth") == 0, pl.col("effective_weight") > 0)
    weights = direct.select("goal_gid", gid="supporting_gid", weight="effective_weight")
    projects = (
        bridge.select("goal_gid", "project_gid")
        .join(known, on="goal_gid")
        .join(sizes, on="project_gid", how="left")
        .join(weights.rename({"gid": "project_gid"}), on=["goal_gid", "project_gid"], how="left")
        .with_columns(
            unit_per_task=pl.when("says_tasks")
            .then(1.0)
            .when(pl.col("progress_source") == "project_task_completion")
            .then(pl.col("weight") / pl.col("tasks"))
        )
    )
    tasks = (
        support.filter(pl.col("supporting_type") == "task")
        .select("goal_gid", task_gid="supporting_gid")
        .join(known, on="goal_gid")
        .join(weights.rename({"gid": "task_gid"}), on=["goal_gid", "task_gid"], how="left")
        .with_columns(
            unit_per_task=pl.when("says_tasks")
            .then(1.0)
            .when(pl.col("progress_source") == "task_completion")
            .then("weight")
        )
    )
    columns = ("goal_gid", "project_gid", "task_gid", "unit_per_task")
    nobody = pl.lit(None, TEXT)
    return (
        pl.concat(
            [
                projects.with_columns(task_gid=nobody).select(columns),
                tasks.with_columns(project_gid=nobody).select(columns),
            ]
        )
        .with_columns(pl.col("unit_per_task").cast(NUMBER))
        .unique(maintain_order=True)
        .sort(columns)
    )


def _says_tasks() -> pl.Expr:
    by_people = pl.col("progress_source").is_in(_COUNTED_BY_PEOPLE)
    has_no_unit = pl.col("unit").fill_null("none") == "none"
    return (by_people & has_no_unit & pl.col("name").str.contains(_SAYS_TASKS)).fill_null(value=False)
