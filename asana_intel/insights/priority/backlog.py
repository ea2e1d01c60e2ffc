"""The frames a score is made from: their columns, and how a caller's frame is brought to them; nothing is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import polars as pl

from asana_intel.errors import PermanentError
from asana_intel.insights.handed_in import checked_frame, days, instants
from asana_intel.storage.contracts.contract import COUNT, DAY, FLAG, INSTANT, NUMBER, TEXT

Columns = Mapping[str, pl.DataType]

WORK: Columns = {
    "task_gid": TEXT,
    "name": TEXT,
    "parent_gid": TEXT,
    "project_gid": TEXT,
    "team_gid": TEXT,
    "person_gid": TEXT,
    "due_on": DAY,
    "left_hours": NUMBER,
    "is_public": FLAG,
}
"""Open tasks. team_gid: the team of its project. left_hours: people's estimate less what is logged, null where nobody
estimated it; counts where `EFFORT` says nothing. is_public: everybody may read it; null = not."""

PLACES: Columns = {"task_gid": TEXT, "project_gid": TEXT, "through_gid": TEXT}
"""Projects of tasks, finished tasks too. through_gid: the task itself, or the nearest parent that is in the project."""

GOALS: Columns = {
    "goal_gid": TEXT,
    "status": TEXT,
    "p_attain": NUMBER,
    "p_attain_change": NUMBER,
    "value_p10": NUMBER,
    "value_p50": NUMBER,
    "value_p90": NUMBER,
    "current_value": NUMBER,
    "initial_value": NUMBER,
    "target_value": NUMBER,
    "due_on": DAY,
    "is_public": FLAG,
}
"""Open goals as forecasts/goal_attainment has them, and whether everybody may read them (null = not)."""

SUPPORTS: Columns = {"goal_gid": TEXT, "project_gid": TEXT, "task_gid": TEXT, "unit_per_task": NUMBER}
"""What serves a goal: a project, or a task by itself. unit_per_task: what one finished task adds to the metric where
it counts tasks; null = a task adds its part of the effort that is left."""

LINKS: Columns = {"task_gid": TEXT, "depends_on_gid": TEXT, "done_at": INSTANT}
"""Dependencies: a task, what it waits for, and when that was finished."""

EFFORT: Columns = {
    "task_gid": TEXT,
    "p10_hours": NUMBER,
    "p50_hours": NUMBER,
    "p90_hours": NUMBER,
    "left_p50_hours": NUMBER,
    "method": TEXT,
}
"""insights/task_effort."""

LOAD: Columns = {"owner_gid": TEXT, "available_hours": NUMBER, "assigned_hours": NUMBER}
"""Hours of the coming two weeks, of each person and of each team (its people added up)."""

SIGNALS: Columns = {
    "task_gid": TEXT,
    "likes": COUNT,
    "followers": COUNT,
    "commenters": COUNT,
    "business_value": NUMBER,
    "set_priority": NUMBER,
}
"""What people show of their interest. commenters: distinct people of the last 28 days. business_value, set_priority:
what people set, 0..1; null = nothing."""

_KEYS: Mapping[str, tuple[str, ...]] = {
    "work": ("task_gid",),
    "places": ("task_gid", "project_gid", "through_gid"),
    "goals": ("goal_gid",),
    "supports": ("goal_gid",),
    "links": ("task_gid", "depends_on_gid"),
    "effort": ("task_gid",),
    "load": ("owner_gid",),
    "signals": ("task_gid",),
}
_ONE_ROW_EACH = ("work", "goals", "effort", "load", "signals")
_COLUMNS: Mapping[str, Columns] = {
    "work": WORK,
    "places": PLACES,
    "goals": GOALS,
    "supports": SUPPORTS,
    "links": LINKS,
    "effort": EFFORT,
    "load": LOAD,
    "signals": SIGNALS,
}


@dataclass(frozen=True)
class Backlog:
    """Everything a score is made from, one frame each; all but the first may be empty, or without any column.

    Days may be text (2026-03-31), and so may instants (2026-03-31T12:00:00Z).

    Args:
        work: Columns of `WORK`; only task_gid must be there.
        places: `PLACES`; where it is empty, each task is in its project_gid.
        goals: `GOALS`.
        supports: `SUPPORTS`.
        links: `LINKS`.
        effort: `EFFORT`.
        load: `LOAD`.
        signals: `SIGNALS`.

    Raises:
        PermanentError: A key column is missing or null, a row is repeated, or a column has a type that does not cast.
    """

    work: pl.DataFrame
    places: pl.DataFrame = field(default_factory=pl.DataFrame)
    goals: pl.DataFrame = field(default_factory=pl.DataFrame)
    supports: pl.DataFrame = field(default_factory=pl.DataFrame)
    links: pl.DataFrame = field(default_factory=pl.DataFrame)
    effort: pl.DataFrame = field(default_factory=pl.DataFrame)
    load: pl.DataFrame = field(default_factory=pl.DataFrame)
    signals: pl.DataFrame = field(default_factory=pl.DataFrame)

    def __post_init__(self) -> None:
        for each in fields(self):
            shaped = shape(getattr(self, each.name), _COLUMNS[each.name], _KEYS[each.name], each.name)
            object.__setattr__(self, each.name, shaped)
        if self.places.is_empty():
            own = self.work.filter(pl.col("project_gid").is_not_null())
            object.__setattr__(self, "places", own.select("task_gid", "project_gid", through_gid="task_gid"))


def shape(frame: pl.DataFrame, columns: Columns, keys: tuple[str, ...], name: str) -> pl.DataFrame:
    """The wanted columns in their types, sorted; a column that is not there is null, NaN and infinities too.

    Raises:
        PermanentError: See `Backlog`.
    """
    if not checked_frame(frame, name).columns:
        return pl.DataFrame(schema=dict(columns))
    if missing := [key for key in keys if key not in frame.columns]:
        raise PermanentError(
            f"{name}: column(s) missing: {', '.join(missing)}", fix=f"pass a frame with {', '.join(columns)}"
        )
    try:
        shaped = frame.select(
            _read(frame[n], dtype, name) if n in frame.columns else pl.lit(None, dtype).alias(n)
            for n, dtype in columns.items()
        )
    except (pl.exceptions.InvalidOperationError, pl.exceptions.ComputeError) as wrong:
        raise PermanentError(
            f"{name}: a column does not fit its type: {wrong}", fix=f"pass a frame with {columns}"
        ) from wrong
    for key in keys:
        if nulls := shaped[key].null_count():
            row = shaped[key].is_null().arg_true()[0]
            raise PermanentError(f"{name}: {key} is missing in {nulls} row(s), first in row {row}", fix="drop the row")
    shaped = shaped.unique(maintain_order=True)
    if name in _ONE_ROW_EACH and (twice := shaped.filter(pl.col(keys[0]).is_duplicated())).height:
        raise PermanentError(f"{name}: {keys[0]} {twice[keys[0]][0]} has several rows", fix="pass one row each")
    floats = [n for n, dtype in columns.items() if dtype == NUMBER]
    finite = (pl.when(pl.col(n).is_finite()).then(n).alias(n) for n in floats)
    return shaped.lazy().with_columns(finite).sort(*columns).collect()


def _read(column: pl.Series, dtype: pl.DataType, name: str) -> pl.Series:
    """A column in its type; days and instants may be text."""
    if dtype == INSTANT:
        return instants(column, name)
    return days(column, name) if dtype == DAY and column.dtype == pl.String else column.cast(dtype)
