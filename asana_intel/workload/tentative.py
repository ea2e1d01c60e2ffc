"""The state of weeks in which hours are promised to projects and not yet on tasks. Odds of tasks alone are `load`'s.

A promise is to be filled with tasks of its project: on each path the project takes its tasks' hours or the promised
ones, whichever are more, so that nothing counts twice. Promises that are hours count in full, as tasks do: time off
makes the week they must fit into shorter. One that is a share of somebody's time takes nothing of their days off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.workload.load import PATHS, state_of
from asana_intel.workload.promises import known_allocations, promised_hours

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from asana_intel.workload.load import Work

    Floats = NDArray[np.float64]

_NO_TASKS = slice(0, 0)
_ODDS: dict[str, pl.DataType] = {
    "person_gid": pl.String(),
    "week_on": pl.Date(),
    "over": pl.Float64(),
    "under": pl.Float64(),
}


def with_promises(
    load: pl.DataFrame,
    work: Work,
    allocations: pl.DataFrame,
    overload_above: float = 1.1,
    underused_below: float = 0.8,
) -> pl.DataFrame:
    """Let promised hours count in the state of a week and its probability; nothing else changes.

    Args:
        load: From `load.forecast_load`.
        work: What it was made from.
        allocations: As for `promises.promise_gaps`.
        overload_above: Load over availability that counts as overload.
        underused_below: Load below which somebody has room.

    Raises:
        PermanentError: A column is missing or of a wrong type.
    """
    given = known_allocations(work, allocations)
    hours = promised_hours(work, given, are_shares_of_available=True)
    tasks_of = dict(work.by_person())
    weeks = []
    for person, rows in given.with_row_index("at").group_by("person_gid", maintain_order=True):
        own = hours[rows["at"].to_numpy()]
        available = work.available_to(int(rows["row"][0]))
        total = _drawn(work, str(person[0]), tasks_of.get(str(person[0]), _NO_TASKS), rows["project_gid"], own)
        over = (total > overload_above * available[:, None]).mean(axis=1)
        under = (total < underused_below * available[:, None]).mean(axis=1)
        promised = own.sum(axis=0) > 0
        weeks += [
            (person[0], monday, over[week], under[week]) for week, monday in enumerate(work.mondays) if promised[week]
        ]
    state, odds = state_of(pl.col("over"), pl.col("under"))
    known = pl.DataFrame(weeks, schema=_ODDS, orient="row")
    return (
        load.join(known, on=["person_gid", "week_on"], how="left", maintain_order="left")
        .with_columns(
            state=pl.when(pl.col("over").is_null()).then("state").otherwise(state),
            p_state=pl.when(pl.col("over").is_null()).then("p_state").otherwise(odds),
        )
        .drop("over", "under")
    )


def _drawn(work: Work, person: str, rows: slice, projects: pl.Series, promised: Floats) -> Floats:
    """Hours of a person's tasks and promises in each week, on each path: (weeks, paths)."""
    total = np.zeros((len(work.mondays), PATHS))
    hours = work.hours(person, rows) if rows.stop > rows.start else np.empty((0, PATHS))
    shares = work.shares[rows, :-1]
    project_of = np.array(work.tasks["project_gid"][rows].to_list(), dtype=object)
    by_project = {project: promised[(projects.eq_missing(project)).to_numpy()].sum(axis=0) for project in projects}
    is_left = np.ones(len(project_of), dtype=bool)
    for project, asked in by_project.items():
        own = np.array([other == project for other in project_of], dtype=bool)
        is_left &= ~own
        total += np.maximum(shares[own].T @ hours[own], asked[:, None])
    return total + shares[is_left].T @ hours[is_left]
