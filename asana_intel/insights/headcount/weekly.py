"""The headcount and the ramp of a week in the shape of their contracts, read from the tables; no model lies here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from asana_intel.insights import work
from asana_intel.storage.contracts import CONTRACTS, empty_frame

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from asana_intel.insights.work import Read
    from asana_intel.settings import Settings

READS = (
    *work.READS,
    "marts/dim_person",
    "marts/fct_person_load_weekly",
    "staging/custom_field_values",
    "staging/team_memberships",
    "staging/time_off",
)
RAMP_READS = READS
RAMP_WEEK_READS = ("insights/task_effort", "insights/task_priority", "insights/project_schedule")


def headcount(read: Read, week_on: date, as_of: datetime, settings: Settings) -> pl.DataFrame:
    """People asked for against people there, by role and quarter (contract insights/headcount).

    Args:
        read: Reads a table by key.
        week_on: Monday of the week.
        as_of: Nothing later is used.
        settings: Their sections `headcount` and `forecast`.
    """
    return empty_frame(CONTRACTS["insights/headcount"])


def ramp_plan(
    read: Read, week: Mapping[str, pl.DataFrame], week_on: date, as_of: datetime, settings: Settings
) -> pl.DataFrame:
    """The first 90 days of people who joined lately (contract insights/ramp_plan).

    Args:
        read: Reads a table by key.
        week: Rows of the tables of `RAMP_WEEK_READS` of the week, by key.
        week_on: Monday of the week.
        as_of: Nothing later is used.
        settings: Their sections `headcount`, `sprint` and `forecast`.
    """
    return empty_frame(CONTRACTS["insights/ramp_plan"])
