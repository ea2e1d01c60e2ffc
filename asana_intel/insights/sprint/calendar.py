"""Hours people have between today and a day, from the weeks of forecasts/person_load; what fills them is elsewhere."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from asana_intel.clock import WEEK

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl


class Calendar:
    """Hours available by person and day.

    Args:
        load: person_gid, week_on (Monday), available_hours; of the running week what is left of it from today.
        today: First day that counts.
        working_days: Days of work, 1 = Monday to 7 = Sunday; a week's hours fall evenly on them.
    """

    def __init__(self, load: pl.DataFrame, today: date, working_days: Sequence[int]) -> None:
        self._today = today
        self._working_days = set(working_days)
        self._weeks: dict[str, list[tuple[date, float]]] = {}
        rows = load.select("person_gid", "week_on", "available_hours").sort("person_gid", "week_on")
        for person, week_on, hours in rows.iter_rows():
            self._weeks.setdefault(person, []).append((week_on, hours))

    @property
    def people(self) -> list[str]:
        """Everybody whose hours are known, sorted."""
        return sorted(self._weeks)

    @property
    def last_on(self) -> date:
        """The last day that is laid out, today where nothing is."""
        ends = [weeks[-1][0] + WEEK - timedelta(days=1) for weeks in self._weeks.values()]
        return max(ends, default=self._today)

    def hours(self, person: str, first_on: date, last_on: date) -> float:
        """Hours a person has from one day to another, both included; 0 for strangers and beyond what is laid out."""
        total = 0.0
        for week_on, hours in self._weeks.get(person, []):
            from_on = max(week_on, self._today)
            until_on = week_on + WEEK - timedelta(days=1)
            whole = self._count(from_on, until_on)
            inside = self._count(max(from_on, first_on), min(until_on, last_on))
            total += hours * inside / whole if whole else 0.0
        return total

    def _count(self, first_on: date, last_on: date) -> int:
        """Working days from one day to another, both included."""
        days = (last_on - first_on).days + 1
        return sum((first_on + timedelta(days=n)).isoweekday() in self._working_days for n in range(days))
