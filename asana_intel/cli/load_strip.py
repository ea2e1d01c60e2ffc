"""The person x week strip of the terminal: one mark a day of work, told apart without any colour. Reads no table."""

import polars as pl
from rich.text import Text

MARKS = 5
TASKS, PROMISED, OFF, FREE, MORE = "█", "▒", "╱", "·", "▲"
KEY = f"A mark is a fifth of a week: {TASKS} tasks, {PROMISED} promised, {OFF} off, {FREE} free, {MORE} likely too full"
_STYLES = {TASKS: "blue", PROMISED: "dim blue", OFF: "dim", FREE: "dim", MORE: "bold red"}
_NO_HOURS, _LEAST_HOURS = "no hours", 0.1


def week_marks(working: float, available: float, assigned: float, promised: float, *, is_full: bool) -> str:
    """A week as five marks, and one more where it is too full.

    Args:
        working: Hours of the working week, those off too; of a running week what is left of them.
        available: Hours that are left of them.
        assigned: Hours that tasks are expected to take.
        promised: Hours promised beyond that, and not on tasks.
        is_full: It is likely overloaded, with what is promised.
    """
    if working < _LEAST_HOURS:
        return _NO_HOURS
    day = working / MARKS
    off = MARKS - _marks(available, day)
    room = MARKS - off
    tasks = min(_marks(assigned, day), room)
    both = min(max(_marks(assigned + promised, day), tasks), room)
    marks = TASKS * tasks + PROMISED * (both - tasks) + FREE * (room - both) + OFF * off
    return marks + (MORE if is_full else "")


def strip(weeks: pl.DataFrame) -> list[tuple[str, list[Text]]]:
    """Each person's weeks, by name: the name, and a text a week.

    Args:
        weeks: person_gid, name, week_on, state and hours of forecasts/person_load; sorted by name, person and week.
    """
    hours = ("working_hours", "available_hours", "assigned_hours", "promised_without_tasks_hours")
    rows: dict[tuple[str, str], list[Text]] = {}
    for row in weeks.iter_rows(named=True):
        told = rows.setdefault((row["person_gid"], row["name"]), [])
        marks = week_marks(*(row[name] for name in hours), is_full=row["state"] == "Overloaded")
        told.append(_coloured(marks))
    return [(name, told) for (_, name), told in rows.items()]


def _marks(hours: float, day: float) -> int:
    return max(round(min(hours / day, MARKS)), 0)


def _coloured(marks: str) -> Text:
    text = Text(no_wrap=True)
    for mark in marks:
        text.append(mark, _STYLES.get(mark, "dim"))
    return text
