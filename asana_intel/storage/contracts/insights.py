"""Contracts of the insight tables: overwritten one `as_of_on` week at a time."""

from asana_intel.storage.contracts.contract import (
    COUNT,
    DAY,
    FLAG,
    INSTANT,
    NUMBER,
    TEXT,
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


PRIORITY_TABLES: tuple[TableContract, ...] = (
    _table(
        "task_goal_gain",
        "one row per week, open task and assessed goal that it serves",
        ("as_of_on", "task_gid", "goal_gid"),
        ("task_gid!", TEXT, "Task."),
        ("goal_gid!", TEXT, "Goal."),
        ("project_gid", TEXT, "Project that leads there; null: the task supports the goal itself."),
        ("contribution!", NUMBER, "What the task, done, adds to the goal's metric, in its unit, towards the target."),
        ("p_now!", NUMBER, "Odds of the goal as forecast, 0..1."),
        ("p_done!", NUMBER, "Odds if the task is done this sprint, on top of what the forecast expects."),
        ("gain!", NUMBER, "The difference, 0..1."),
    ),
    _table(
        "task_priority",
        "one row per week and open task",
        ("as_of_on", "task_gid"),
        ("task_gid!", TEXT, "Task."),
        ("name~", TEXT, "Title."),
        ("project_gid", TEXT, "Its first project."),
        ("person_gid~", TEXT, "Person it is assigned to."),
        ("score!", NUMBER, "0..100, the sum of its six parts."),
        ("rank!", COUNT, "1 = first of all scored tasks."),
        ("score_10!", COUNT, "The score on a scale of 1 to 10."),
        ("label!", TEXT, "P0, P1, P2 or P3, by the thresholds of the settings."),
        ("strategic!", NUMBER, "Points for what it does for the odds of goals."),
        ("urgency!", NUMBER, "Points for its due day, or for that of a task that waits for it."),
        ("dependency!", NUMBER, "Points for the tasks that wait for it."),
        ("stakeholders!", NUMBER, "Points for the interest people take in it."),
        ("effort!", NUMBER, "Points for how little work is left on it."),
        ("capacity!", NUMBER, "Points for the free time of who would do it; 0 while it waits for another task."),
        ("confidence!", NUMBER, "Certainty of the score, 0..1: odds that it is within five points of the true one."),
        (
            "goal_gid",
            TEXT,
            "Goal with most of the strategic points; where it has none, a goal it leads to; null: none.",
        ),
        ("goal_gain", NUMBER, "By how much doing it raises the odds of that goal, 0..1."),
        ("goal_points", NUMBER, "The part of the strategic points for that goal."),
        ("blocked_tasks!", COUNT, "Open tasks that wait for it, directly or not."),
        ("is_blocked!", FLAG, "It waits for an open task."),
        ("blocker_gid", TEXT, "An open task that it waits for."),
        ("due_on", DAY, "Due date."),
        ("urgent_for_gid", TEXT, "Waiting task whose due day decides its urgency; null: its own."),
        ("left_hours!", NUMBER, "Hours of work left on it that the score counts with, median."),
        ("commenters!", COUNT, "People who commented on it in the last 28 days."),
        ("followers!", COUNT, "People who follow it."),
        ("set_priority", NUMBER, "Priority that people set, 0..1."),
        ("business_value", NUMBER, "Business value that people set, 0..1."),
        ("score_before", NUMBER, "Score a week ago."),
        ("rank_before", COUNT, "Rank a week ago."),
        ("rank_cause", TEXT, "Why the rank changed, half a sentence: its blocker was finished."),
        ("cause_gid", TEXT, "Object that the cause is about: a goal or another task."),
        ("sprint!", TEXT, "Next Sprint, Future, Backlog or Icebox."),
        ("is_public!", FLAG, "Everybody may read the task: it, or a parent of it, is in a public project."),
        ("public_rank", COUNT, "1 = first of the public tasks; null where it is not."),
        ("has_private_part!", FLAG, "Its points come in part from a goal or a waiting task not everybody may read."),
    ),
)

INSIGHT_TABLES: tuple[TableContract, ...] = (*PRIORITY_TABLES,)
