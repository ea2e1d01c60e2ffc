"""Who has most room for a task in its days; how full anybody gets in truth is worked out elsewhere."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.clock import monday_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Roster:
    """Free hours of everybody, week by week, less what was given to them here.

    Args:
        load: person_gid, week_on, available_hours, assigned_hours.
    """

    def __init__(self, load: pl.DataFrame) -> None:
        self._weeks: list[dt.date] = load["week_on"].unique().sort().to_list()
        self._free: dict[str, Floats] = {}
        free = load.select("person_gid", "week_on", free=pl.col("available_hours") - pl.col("assigned_hours"))
        ordered = free.sort("week_on").group_by("person_gid", maintain_order=True).agg("free")
        for person, hours in ordered.iter_rows():
            self._free[person] = np.array(hours)

    def joins(self, person: str, weekly_hours: float, start_on: dt.date) -> None:
        """Somebody has these hours from a day on."""
        self._free[person] = np.array([weekly_hours if week >= monday_of(start_on) else 0.0 for week in self._weeks])

    def leaves(self, person: str) -> None:
        """Nothing more is given to somebody."""
        self._free.pop(person, None)

    def roomiest(self, people: Iterable[str], first_on: dt.date, last_on: dt.date) -> str | None:
        """Of these people the one with most free hours in these days, of several the one with most in all weeks.

        None where there is nobody; the first by gid where several have as many.
        """
        span = self._span(first_on, last_on)
        able = sorted({person for person in people if person in self._free})
        return max(able, key=lambda person: (self._free[person][span].sum(), self._free[person].sum()), default=None)

    def give(self, person: str, hours: float, first_on: dt.date, last_on: dt.date) -> None:
        """Spread hours evenly over the weeks of these days; what lies beyond the known weeks is not counted."""
        if person not in self._free:
            return
        weeks = (monday_of(last_on) - monday_of(first_on)).days // 7 + 1
        self._free[person][self._span(first_on, last_on)] -= hours / weeks

    def _span(self, first_on: dt.date, last_on: dt.date) -> slice:
        first = int(np.searchsorted(np.array(self._weeks, dtype="datetime64[D]"), np.datetime64(monday_of(first_on))))
        last = int(np.searchsorted(np.array(self._weeks, dtype="datetime64[D]"), np.datetime64(monday_of(last_on))))
        return slice(first, max(last, first) + 1)
