"""When each open task can end, by the critical path through subtasks and projects; people's load is not considered.

All time is working time. A task takes its left effort at six focus hours a day, may begin when what it waits for has
ended and its start date has come, and ends with its last open subtask. A task without effort of its own takes no time:
it ends with what it waits for, or in the evening of its start date. Slack is the time by which its end may slip before
a project it belongs to, or one that waits for it, ends later than it could.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.errors import PermanentError
from asana_intel.insights.portfolio.calendar import MONDAY_TO_FRIDAY, WorkCalendar
from asana_intel.insights.portfolio.frames import checked, refuse
from asana_intel.insights.portfolio.network import Cut, Network

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

FOCUS_HOURS = 6.0
MOST_HOURS = 100_000.0
TASKS: dict[str, pl.DataType] = {
    "task_gid": pl.String(),
    "name": pl.String(),
    "parent_gid": pl.String(),
    "start_on": pl.Date(),
    "due_on": pl.Date(),
    "left_hours": pl.Float64(),
}
LINKS: dict[str, pl.DataType] = {
    "task_gid": pl.String(),
    "depends_on_gid": pl.String(),
    "linked_at": pl.Datetime("us", "UTC"),
}
HOMES: dict[str, pl.DataType] = {"task_gid": pl.String(), "project_gid": pl.String()}
_MOST_NAMED = 6
_ROUNDING_DAYS = 1e-6


def schedule_work(
    tasks: pl.DataFrame,
    links: pl.DataFrame,
    homes: pl.DataFrame,
    as_of: datetime.datetime,
    *,
    hours_a_day: float = FOCUS_HOURS,
    working_days: Sequence[int] = MONDAY_TO_FRIDAY,
) -> pl.DataFrame:
    """Lay out the open tasks.

    Args:
        tasks: Open tasks: task_gid, name, parent_gid, start_on, due_on, left_hours (null = takes no time of its own).
        links: task_gid, depends_on_gid, linked_at (null = not known, counts as oldest); links to or from other tasks
            hold nobody up. Where links go in a circle, the one that closes it is left out: its task says so.
        homes: task_gid, project_gid; a subtask in no project belongs to those of the nearest task above that has any.
        as_of: Work begins on its day, or on the next working day.
        hours_a_day: Hours of left effort that a working day takes.
        working_days: 1 = Monday to 7 = Sunday.

    Returns:
        One row per task, by gid: task_gid, duration_days (of its own effort), early_start_on, early_finish_on,
        late_finish_on, slack_days, is_critical, slip_days (working days by which the early finish lies after the due
        date), waits_for_gid (what decides its start; null = nothing open), reason (which link was left out; null).

    Raises:
        PermanentError: A column is missing, a task appears twice, hours are negative or absurd, or subtasks go in a
            circle.
    """
    rows = _checked_tasks(tasks)
    known = _known_links(rows, checked(links, LINKS, "links"))
    network = _network(rows, known)
    calendar = WorkCalendar(as_of.date(), working_days)
    duration = rows["left_hours"].fill_null(0.0).to_numpy() / hours_a_day
    gate_floor = calendar.morning_of(rows["start_on"])
    gate, end = network.earliest(duration, gate_floor, _end_floor(rows, network, duration, gate_floor))
    latest = network.latest(duration, _targets(rows, network, checked(homes, HOMES, "homes"), end))
    slack = np.maximum(latest - end, 0.0).round(6)
    early_finish_on = calendar.day_of_end(end)
    waits_for = pl.Series(network.deciders(gate, end))
    gids = rows["task_gid"]
    return pl.DataFrame(
        {
            "task_gid": gids,
            "duration_days": duration,
            "early_start_on": _earlier(calendar.day_of_start(gate), early_finish_on),
            "early_finish_on": early_finish_on,
            "late_finish_on": calendar.day_of_end(np.maximum(latest, end)),
            "slack_days": slack,
            "is_critical": slack <= _ROUNDING_DAYS,
            "slip_days": calendar.days_after(early_finish_on, rows["due_on"]),
            "waits_for_gid": gids.gather(waits_for.replace(-1, None)),
            "reason": _reasons(rows, network.cuts, known),
        }
    )


def _checked_tasks(tasks: pl.DataFrame) -> pl.DataFrame:
    rows = checked(tasks, TASKS, "tasks").sort("task_gid")
    refuse(rows, pl.col("task_gid").is_null(), "tasks", "task_gid", "give every task its gid")
    refuse(rows, pl.col("task_gid").is_duplicated(), "tasks", "task_gid", "give every task once")
    hours = pl.col("left_hours")
    is_wrong = ~hours.is_between(0, MOST_HOURS) | ~hours.is_finite()
    refuse(rows, is_wrong.fill_null(value=False), "tasks", "left_hours", f"hours from 0 to {MOST_HOURS:,.0f}")
    return rows.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))


def _known_links(rows: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Links between given tasks, oldest first: waiting and blocker are rows of `rows`."""
    waiting = rows.select("task_gid", waiting="row")
    blocker = rows.select(depends_on_gid="task_gid", blocker="row")
    return (
        links.group_by("task_gid", "depends_on_gid")
        .agg(pl.col("linked_at").max())
        .join(waiting, on="task_gid")
        .join(blocker, on="depends_on_gid")
        .sort("linked_at", "task_gid", "depends_on_gid", nulls_last=False)
    )


def _network(rows: pl.DataFrame, links: pl.DataFrame) -> Network:
    above = rows.select(parent_gid="task_gid", above="row")
    parents = rows.join(above, on="parent_gid", how="left", maintain_order="left")["above"].fill_null(-1)
    try:
        return Network(parents.to_numpy(), links["waiting"].to_numpy(), links["blocker"].to_numpy())
    except ValueError as circling:
        gid = rows["task_gid"][circling.args[0]]
        raise PermanentError(
            f"tasks: the subtasks above task {gid} go in a circle, or nest too deep", fix="mend column parent_gid"
        ) from circling


def _end_floor(rows: pl.DataFrame, network: Network, duration: Floats, gate_floor: Floats) -> Floats:
    """What takes no time ends in the evening of its start date, or of that of the whole it is a part of."""
    begins = gate_floor.copy()
    for level in network.ancestors():
        begins = np.maximum(begins, np.where(level >= 0, gate_floor[level], 0.0))
    is_leaf = ~rows["task_gid"].is_in(rows["parent_gid"].drop_nulls().implode()).to_numpy()
    return np.where(is_leaf & (duration == 0) & (begins > 0), begins + 1, 0.0)


def _targets(rows: pl.DataFrame, network: Network, homes: pl.DataFrame, end: Floats) -> Floats:
    """Latest end each task may have by itself: the earliest possible end of the projects it belongs to.

    Work in no project is a project of its own, with all its subtasks.
    """
    has_home = rows["task_gid"].is_in(homes["task_gid"].drop_nulls().implode()).to_numpy()
    at_home = np.arange(len(rows))
    for level in network.ancestors():
        is_homeless = ~has_home[at_home] & (level >= 0)
        at_home = np.where(is_homeless, level, at_home)
    places = (
        rows.select("row", end=pl.Series(end), task_gid=rows["task_gid"].gather(pl.Series(at_home)))
        .join(homes.drop_nulls(), on="task_gid", how="left")
        .with_columns(place=pl.coalesce(pl.concat_str(pl.lit("project "), "project_gid"), "task_gid"))
        .with_columns(pl.col("end").max().over("place"))
    )
    return places.group_by("row").agg(pl.col("end").min()).sort("row")["end"].to_numpy()


def _earlier(one: pl.Series, other: pl.Series) -> pl.Series:
    return pl.select(pl.min_horizontal(one, other)).to_series()


def _reasons(rows: pl.DataFrame, cuts: list[Cut], links: pl.DataFrame) -> pl.Series:
    """Per task: which of its links were left out, and the circle each one closes."""
    names = rows.select(pl.coalesce("name", "task_gid")).to_series()
    waiting, said = links["waiting"], dict.fromkeys(rows["row"], "")
    for cut in cuts:
        circle = [f"“{names[task]}”" for task in cut.circle]
        shown = [*circle[:_MOST_NAMED], *([f"{len(circle) - _MOST_NAMED} more"] if len(circle) > _MOST_NAMED else [])]
        sentence = f"Waits in a circle ({' → '.join([*shown, circle[0]])}): that it waits for {circle[-1]} is left out."
        row = waiting[cut.link]
        said[row] = f"{said[row]} {sentence}".strip()
    return pl.Series([text or None for text in said.values()], dtype=pl.String)
