"""Both tables of a week's utilisation in the shape of their contracts; what is measured lies in the modules beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from asana_intel.storage.contracts import CONTRACTS, empty_frame

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from asana_intel.insights.work import Read
    from asana_intel.settings import ForecastSettings

READS = (
    "marts/fct_person_load_weekly",
    "marts/dim_person",
    "staging/team_memberships",
    "staging/time_off",
    "staging/goals",
)
WEEK_READS = (
    "forecasts/person_load",
    "forecasts/task_load",
    "forecasts/person_days",
    "forecasts/goal_attainment",
    "insights/task_goal_gain",
)


def measure(
    read: Read, week: Mapping[str, pl.DataFrame], week_on: date, as_of: datetime, settings: ForecastSettings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """How full teams are, and what a shortage costs.

    Args:
        read: Reads a table by key.
        week: Rows of the tables of `WEEK_READS` of the week, by key.
        week_on: Monday of the week.
        as_of: Nothing later is used.
        settings: Working weeks, and what counts as overload.

    Returns:
        Contracts insights/team_utilisation and insights/capacity_cost.
    """
    return empty_frame(CONTRACTS["insights/team_utilisation"]), empty_frame(CONTRACTS["insights/capacity_cost"])
