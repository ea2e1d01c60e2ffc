"""Working days, quarters and moments of a synthetic company. No randomness."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

HOLIDAYS = frozenset({(1, 1), (5, 1), (8, 15), (12, 24), (12, 25), (12, 26), (12, 31)})  # (month, day)


def is_working_day(day: date) -> bool:
    """Tell whether the company works on a day."""
    return day.weekday() < 5 and (day.month, day.day) not in HOLIDAYS


def next_working_day(day: date) -> date:
    """Return the day itself, or the first working day after it."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def moment(day: date, minute: int) -> str:
    """Return a moment of a day in the API's form; minutes count from midnight UTC."""
    return f"{day.isoformat()}T{minute // 60:02d}:{minute % 60:02d}:00.000Z"


@dataclass(frozen=True, slots=True)
class Quarter:
    """A calendar quarter."""

    start_on: date

    @property
    def due_on(self) -> date:
        """Its last day."""
        return self.next().start_on - timedelta(days=1)

    @property
    def period(self) -> str:
        """`Q1` to `Q4`."""
        return f"Q{(self.start_on.month - 1) // 3 + 1}"

    @property
    def display_name(self) -> str:
        """As Asana names time periods, e.g. `Q3 FY25`."""
        return f"{self.period} FY{self.start_on.year % 100:02d}"

    def next(self) -> Quarter:
        """The quarter after it."""
        year, month = self.start_on.year, self.start_on.month
        return Quarter(date(year + 1, 1, 1) if month == 10 else date(year, month + 3, 1))

    def fridays(self, until: date) -> list[date]:
        """Its Fridays up to a day."""
        first = self.start_on + timedelta(days=(4 - self.start_on.weekday()) % 7)
        last = min(self.due_on, until)
        return [first + timedelta(weeks=week) for week in range(14) if first + timedelta(weeks=week) <= last]


def quarters(start_on: date, end_on: date) -> list[Quarter]:
    """List the calendar quarters that a span touches."""
    found = [Quarter(date(start_on.year, (start_on.month - 1) // 3 * 3 + 1, 1))]
    while found[-1].next().start_on <= end_on:
        found.append(found[-1].next())
    return found
