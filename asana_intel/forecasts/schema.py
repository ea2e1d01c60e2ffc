"""The columns the forecasting functions accept, nothing else."""

from __future__ import annotations

import polars as pl

GOALS: dict[str, pl.DataType] = {
    "goal_gid": pl.String(),
    "kind": pl.String(),
    "series_gid": pl.String(),
    "start_on": pl.Date(),
    "due_on": pl.Date(),
    "initial_value": pl.Float64(),
    "target_value": pl.Float64(),
}
HISTORY: dict[str, pl.DataType] = {
    "series_gid": pl.String(),
    "on": pl.Date(),
    "value": pl.Float64(),
}
PERSON_WEEKS: dict[str, pl.DataType] = {
    "person_gid": pl.String(),
    "week_on": pl.Date(),
    "value": pl.Float64(),
}
CALENDAR: dict[str, pl.DataType] = {
    "person_gid": pl.String(),
    "week_on": pl.Date(),
    "working_days": pl.Float64(),
}
