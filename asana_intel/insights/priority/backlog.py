"""The frames a score is made from: their columns, and how a caller's frame is brought to them; nothing is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import polars as pl

from asana_intel.errors import PermanentError
from asana_intel.insights.handed_in import checked_frame, days, gids, instants, numbers
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
"""Open goals as forecasts/goal_attainment has them, and whether everybody may read them (null = not). status: assessed,
not_assessed or closed; null = assessed where p_attain (0..1) is there. Percentiles that are not there: see `odds`.
Where the target is not known, or neither the current nor the initial value is, the way of the goal goes from 0 to 1 and
a task adds its part of the effort that is left, whatever `unit_per_task` says."""

STATUSES = ("assessed", "not_assessed", "closed")

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
"""insights/task_effort. left_p50_hours: null = all of p50_hours."""

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
_ROUNDING = 1e-9
_HAS_WAY = pl.col("p_attain").is_null() | (
    pl.col("target_value").is_not_null() & pl.coalesce("current_value", "initial_value").is_not_null()
)
_BARE_WAY = {"initial_value": 0.0, "current_value": 0.0, "target_value": 1.0} | dict.fromkeys(
    ("value_p10", "value_p50", "value_p90")
)


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
        goals = _with_status(self.goals)
        without = goals.filter(~_HAS_WAY)["goal_gid"].implode()
        object.__setattr__(
            self,
            "goals",
            goals.with_columns(pl.when(_HAS_WAY).then(n).otherwise(v).alias(n) for n, v in _BARE_WAY.items()),
        )
        units = pl.when(~pl.col("goal_gid").is_in(without)).then("unit_per_task")
        object.__setattr__(self, "supports", self.supports.with_columns(unit_per_task=units))
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


def _with_status(goals: pl.DataFrame) -> pl.DataFrame:
    """Goals whose status is told, by their odds where it is not."""
    shares = pl.col("p_attain").is_between(-_ROUNDING, 1 + _ROUNDING).fill_null(value=True)
    if (wrong := goals.filter(~shares)).height:
        gid, p = wrong.select("goal_gid", "p_attain").row(0)
        raise PermanentError(f"goals: p_attain of {gid} is {p}", fix="give odds from 0 to 1")
    if (wrong := goals.filter(~pl.col("status").is_in(STATUSES))).height:
        gid, status = wrong.select("goal_gid", "status").row(0)
        raise PermanentError(
            f"goals: status of {gid} is '{status}'", fix=f"use {', '.join(STATUSES)}, or leave the column out"
        )
    told = pl.when(pl.col("p_attain").is_not_null()).then(pl.lit(STATUSES[0])).otherwise(pl.lit(STATUSES[1]))
    return goals.with_columns(pl.coalesce("status", told))


def _read(column: pl.Series, dtype: pl.DataType, name: str) -> pl.Series:
    """A column in its type; days and instants may be text, and gids numbers."""
    if dtype == INSTANT:
        return instants(column, name)
    if column.name.endswith("_gid"):
        return gids(column, name)
    if dtype == NUMBER and column.dtype != pl.String:
        return numbers(column, name)
    return days(column, name) if dtype == DAY and column.dtype == pl.String else column.cast(dtype)
