"""One sentence on each move and each limit; names of tasks only where everybody may read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from asana_intel.insights.rebalance.case import DEPENDENCIES, DUE_DATES, OFF, PINS, SKILLS, TIME
from asana_intel.insights.rebalance.options import REASSIGN, SHIFT, SPLIT
from asana_intel.insights.sprint.reasons import hours_text, skills_text

if TYPE_CHECKING:
    from datetime import date

    from asana_intel.insights.rebalance.inputs import Facts

Row = dict[str, Any]
_LIMITS = {
    SKILLS: "Others in the team have time, but not the skills or like work behind them",
    DUE_DATES: "Later due dates would mend it",
    DEPENDENCIES: "Later dates would mend it, but other tasks wait for these",
    PINS: "Moving pinned tasks would mend it",
    OFF: "Without time off in the team it would fit",
    TIME: "Nobody who may do this work has time for it, on other days neither",
}


def move_reasons(moves: pl.DataFrame, facts: Facts) -> pl.Series:
    """Why each move is made.

    Args:
        moves: Of the columns `moves.MOVES`.
        facts: Names, skills, and finished work that is alike.
    """
    tasks = {row["task_gid"]: row for row in facts.tasks.iter_rows(named=True)}
    names = {gid: name or "somebody" for gid, name in facts.names.iter_rows()}
    wanted = moves.select("task_gid", person_gid="to_person_gid").drop_nulls()
    likes = facts.receivers.join(wanted, on=["task_gid", "person_gid"], how="semi")
    examples = {(row["task_gid"], row["person_gid"]): row["example"] for row in likes.iter_rows(named=True)}
    told = [_move(row, tasks, names, examples) for row in moves.iter_rows(named=True)]
    return pl.Series("reason", told, pl.String)


def limit_reasons(limits: pl.DataFrame) -> pl.Series:
    """Why each week cannot be mended, without names."""
    told = [
        f"{_LIMITS[constraint]}; as it stands {hours_text(round(hours, 1))} must go."
        for constraint, hours in limits.select("constraint", "cut_hours").iter_rows()
    ]
    return pl.Series("reason", told, pl.String)


def _move(row: Row, tasks: dict[str, Row], names: dict[str, str], examples: dict[tuple[str, str], str | None]) -> str:
    what = _action(row, _called(tasks.get(row["task_gid"]), "this task"), names)
    why = [] if row["to_person_gid"] is None else _fits(row, tasks, examples)
    by = row["cascade_of_gid"]
    if by is not None:
        other = _called(tasks.get(by), "another task")
        why.append(f"it makes room for {other}" if row["to_person_gid"] else f"it waits for {other}, which ends later")
    else:
        why.append(_relief(row, names))
    return f"{what}: {'; '.join(why)}."


def _called(task: Row | None, otherwise: str) -> str:
    return f"“{task['name']}”" if task and task["is_public"] and task["name"] else otherwise


def _action(row: Row, task: str, names: dict[str, str]) -> str:
    to = names.get(row["to_person_gid"] or "", "somebody")
    if row["kind"] == REASSIGN:
        return f"Give {task} to {to}"
    if row["kind"] == SPLIT:
        return f"Give part of {task}, {hours_text(round(row['moved_hours'], 1))}, to {to}"
    if row["kind"] == SHIFT:
        weeks = "a week" if row["weeks_later"] == 1 else f"{row['weeks_later']} weeks"
        due = f", due {_day(row['new_due_on'])}" if row["new_due_on"] else ""
        return f"Move {task} {weeks} later, to start on {_day(row['new_start_on'])}{due}"
    if row["new_due_on"] != row["due_on"]:
        return f"Finish {task} by {_day(row['new_due_on'])} instead of {_day(row['due_on'])}"
    return f"Begin {task} on {_day(row['new_start_on'])}, due {_day(row['due_on'])} as before"


def _fits(row: Row, tasks: dict[str, Row], examples: dict[tuple[str, str], str | None]) -> list[str]:
    skills = tuple(sorted((tasks.get(row["task_gid"]) or {}).get("skills") or []))
    example = examples.get((row["task_gid"], row["to_person_gid"]))
    who = ["has room in these weeks"]
    who += [f"has the {skills_text(skills)}"] if skills else []
    who += [f"finished “{example}”, which is like it"] if example else []
    return [", ".join(who)]


def _relief(row: Row, names: dict[str, str]) -> str:
    """How much better the week becomes that gains most."""
    who = names.get(row["relieved_person_gid"], "somebody")
    hours = [hours_text(round(row[f"week_{name}_hours"])) for name in ("after", "before", "available")]
    week = f"the week of {_day(row['relieved_week_on'])}"
    return f"with all moves {who} has {hours[0]} instead of {hours[1]} in {week}, {hours[2]} available"


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"
