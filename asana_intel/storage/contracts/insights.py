"""Contracts of the insight tables: overwritten one `as_of_on` week at a time."""

from asana_intel.storage.contracts.contract import (
    COUNT,
    DAY,
    FLAG,
    INSTANT,
    NUMBER,
    TEXT,
    TEXTS,
    Spec,
    TableContract,
    columns,
)

_AS_OF = (
    ("as_of_on!", DAY, "Monday of the week it belongs to."),
    ("as_of_at!", INSTANT, "Last instant it knows anything of."),
)


def _table(name: str, grain: str, unique: tuple[str, ...], *specs: Spec) -> TableContract:
    return TableContract("insights", name, grain, unique, columns(*_AS_OF, *specs), "as_of_on")


PORTFOLIO_TABLES: tuple[TableContract, ...] = (
    _table(
        "project_schedule",
        "one row per week, project and open task of it, subtasks too",
        ("as_of_on", "project_gid", "task_gid"),
        ("project_gid!", TEXT, "Project; a subtask in none belongs to those of the nearest task above that has any."),
        ("task_gid!", TEXT, "Task."),
        ("duration_days!", NUMBER, "Its own left effort in working days of six focus hours."),
        ("early_start_on!", DAY, "First day on which it, or any part of it, may begin."),
        ("early_finish_on!", DAY, "First day on which it can end."),
        ("late_finish_on!", DAY, "Last day on which it may end without delaying the end of a project."),
        ("slack_days!", NUMBER, "Working days between the two."),
        ("is_critical!", FLAG, "No slack: if it takes longer, so does its project, or one that waits for it."),
        ("slip_days!", COUNT, "Working days by which the early finish lies after its due date; 0 where none."),
        ("waits_for_gid", TEXT, "Open task whose end decides when it may begin."),
        ("reason~", TEXT, "Which of its links was left out, because it closes a circle."),
    ),
    _table(
        "portfolio_priority",
        "one row per week and open project or goal",
        ("as_of_on", "object_type", "object_gid"),
        ("object_type!", TEXT, "project or goal."),
        ("object_gid!", TEXT, "Project or goal."),
        ("portfolio_gids", TEXTS, "Portfolios it is in, also through portfolios in them."),
        ("team_gid", TEXT, "Team."),
        ("score!", NUMBER, "Risk-adjusted priority, 0..100: value x (1 - w + w x risk), w of the settings."),
        ("rank!", COUNT, "1 = first, over all portfolios."),
        ("value!", NUMBER, "Mean score of its ten best open tasks, 0..100; 50 where none has a score."),
        ("risk!", NUMBER, "Chance that it ends badly by one of odds, slip and budget, 0..1."),
        ("odds", NUMBER, "Odds of the goal; of a project the lowest of the goals it supports."),
        ("slip_days", COUNT, "Working days by which its work can at best end after the due date; null without either."),
        ("finish_on", DAY, "Day on which its open work can at best end."),
        ("due_on", DAY, "Due date; of a project without one the latest of its open tasks."),
        ("open_tasks!", COUNT, "Open tasks, subtasks too."),
        ("left_hours!", NUMBER, "Hours left in them."),
        ("budget", NUMBER, "Budget, of the project or else of its portfolio, in the unit of the field."),
        ("budget_used", NUMBER, "Part of it that is spent."),
        ("budget_risk", NUMBER, "Part by which it is heading beyond the budget, 0..1."),
        ("is_public!", FLAG, "Everybody in the workspace may see it."),
        ("reason!", TEXT, "Why, in one sentence."),
    ),
)

RETRO_TABLES: tuple[TableContract, ...] = (
    _table(
        "sprint_retro",
        "one row per week, team and sprint that ended in it",
        ("as_of_on", "team_gid", "sprint"),
        ("team_gid!", TEXT, "Team."),
        ("sprint!", TEXT, "Name, or: two weeks to 14 Mar 2026."),
        ("starts_on!", DAY, "First day."),
        ("ends_on!", DAY, "Last day."),
        ("committed_tasks!", COUNT, "Open tasks that were in it at its start."),
        ("done_tasks!", COUNT, "Tasks of it, added ones too, that were done by its end."),
        ("committed_hours", NUMBER, "Estimated hours of the committed tasks; null where none was estimated."),
        ("done_hours", NUMBER, "Estimated hours of those done; null where none was estimated."),
        ("added_tasks!", COUNT, "Tasks that came in after its start."),
        ("rolled_tasks!", COUNT, "Tasks of it that were open at its end."),
        ("estimate_ratio", NUMBER, "Median of hours logged over hours estimated, of tasks done in it."),
        ("estimated_tasks!", COUNT, "Tasks behind it."),
        ("bottleneck", TEXT, "Section where open tasks of it stood longest."),
        ("bottleneck_hours", NUMBER, "Median hours a task stood open there during the sprint."),
        ("is_public!", FLAG, "Everybody in the workspace may see where it was worked."),
        ("themes", TEXTS, "What several people wrote about on several of its tasks; no names."),
        ("reason", TEXT, "What could not be said, and why."),
    ),
    _table(
        "sprint_retro_tasks",
        "one row per week, team, sprint and task of it",
        ("as_of_on", "team_gid", "sprint", "task_gid"),
        ("team_gid!", TEXT, "Team."),
        ("sprint!", TEXT, "Sprint."),
        ("task_gid!", TEXT, "Task."),
        ("person_gid~", TEXT, "Person it was assigned to at its end."),
        ("estimated_hours", NUMBER, "Hours estimated."),
        ("actual_hours", NUMBER, "Hours logged by its end."),
        ("was_committed!", FLAG, "It was in the sprint at its start."),
        ("was_done!", FLAG, "It was done by its end."),
        (
            "cause",
            TEXT,
            "Why it was not done: blocked, re-estimated, waited in …, came late, no time logged, unknown; null = done.",
        ),
    ),
)

INSIGHT_TABLES: tuple[TableContract, ...] = (*PORTFOLIO_TABLES, *RETRO_TABLES)
