"""Working days as numbers from the first one on, and back; holidays and people's own weeks are not known here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MONDAY_TO_FRIDAY = (1, 2, 3, 4, 5)
_ROUNDING_DAYS = 1e-6


class WorkCalendar:
    """Instants in working days: 0 is the morning of the first working day from a day on, 1 its evening.

    Args:
        day_on: Day it begins with; a free day counts from the next working day.
        working_days: 1 = Monday to 7 = Sunday, at least one.
    """

    def __init__(self, day_on: date, working_days: Sequence[int] = MONDAY_TO_FRIDAY) -> None:
        self._mask = "".join("1" if day in working_days else "0" for day in range(1, 8))
        self._first = np.busday_offset(np.datetime64(day_on, "D"), 0, roll="forward", weekmask=self._mask)

    def morning_of(self, days: pl.Series) -> Floats:
        """Instant of the morning of each day, or of the next working day; 0 for days past and for none."""
        # The first day stands in for none: it is instant 0.
        given = days.fill_null(self._first.item()).to_numpy().astype("datetime64[D]")
        return np.maximum(np.busday_count(self._first, given, weekmask=self._mask), 0).astype(np.float64)

    def day_of_start(self, instants: Floats) -> pl.Series:
        """Day on which something begins that begins at an instant."""
        return self._day(np.floor(instants + _ROUNDING_DAYS))

    def day_of_end(self, instants: Floats) -> pl.Series:
        """Day on which something ends that ends at an instant: an evening belongs to its own day."""
        return self._day(np.ceil(instants - _ROUNDING_DAYS) - 1)

    def days_after(self, days: pl.Series, due: pl.Series) -> pl.Series:
        """Working days that each day lies after the due one; 0 where it does not, or nothing is due."""
        last, wanted = (s.to_numpy().astype("datetime64[D]") for s in (days, due.fill_null(strategy="zero")))
        one = np.timedelta64(1, "D")
        late = np.busday_count(wanted + one, last + one, weekmask=self._mask)
        return pl.Series(np.where(due.is_null().to_numpy(), 0, np.maximum(late, 0)), dtype=pl.Int64)

    def _day(self, index: Floats) -> pl.Series:
        steps = np.maximum(index, 0).astype(np.int64)
        return pl.Series(np.busday_offset(self._first, steps, weekmask=self._mask)).cast(pl.Date)
