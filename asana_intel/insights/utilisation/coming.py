"""How full teams' coming weeks will be: the draws of their people's hours, added up path by path; no odds of goals.

The band of a team is that of the sum, drawn with the errors that each person's tasks share, and not the sum of people's
bands, which would be as if everybody were unlucky at once. Hours are those of `workload.load`, with the same luck.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.workload.kept import restored_time, restored_work
from asana_intel.workload.load import OVERLOADS, PATHS

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_LOW, _HIGH = 0.1, 0.9


@dataclass(frozen=True)
class TeamWeeks:
    """The coming weeks of a group of people who share their work.

    Attributes:
        people: How many.
        mondays: Weeks; the first may have begun, of it only what is left counts.
        available: Hours they have in each week.
        mean: Hours their open tasks are expected to take in each.
        drawn: The same on each path: (weeks, paths).
    """

    people: int
    mondays: list[date]
    available: Floats
    mean: Floats
    drawn: Floats

    def band(self) -> tuple[Floats, Floats]:
        """10th and 90th percentile of each week."""
        low, high = np.quantile(self.drawn, [_LOW, _HIGH], axis=1)
        return low, high

    def p_bottleneck(self) -> Floats:
        """Odds of each week that all of them together are above 110 %."""
        return (self.drawn > OVERLOADS[0] * self.available[:, None]).mean(axis=1)

    def waiting(self) -> Floats:
        """Hours left over at the end of each week, (weeks, paths): every week does what it can, late work first."""
        left = np.zeros_like(self.drawn)
        before = np.zeros(self.drawn.shape[1])
        for week, asked in enumerate(self.drawn):
            left[week] = before = np.maximum(before + asked - self.available[week], 0.0)
        return left

    def late(self, waiting: Floats) -> Floats:
        """Hours that are not done in the week they fall into, (weeks, paths)."""
        return np.minimum(self.drawn, waiting)

    def share_undone(self, waiting: Floats) -> Floats:
        """Share, expected, of the work that falls into the weeks up to each one that is undone at its end."""
        asked = self.drawn.cumsum(axis=0)
        return np.divide(waiting, asked, out=np.zeros_like(waiting), where=asked > 0).mean(axis=1)


def coming_weeks(
    task_load: pl.DataFrame, person_days: pl.DataFrame, groups: pl.DataFrame, weeks: int
) -> dict[str | None, TeamWeeks]:
    """The coming weeks of each group, from one draw of everybody's tasks.

    Args:
        task_load: forecasts/task_load of one week.
        person_days: forecasts/person_days of the week.
        groups: person_gid, group: everybody of `person_days` who is in one; who is not there is in the group None.
        weeks: Weeks to look ahead, the running one included.
    """
    if person_days.is_empty() or weeks < 1:
        return {}
    time = restored_time(person_days)
    work = restored_work(task_load, time, weeks)
    group_of: dict[str, str | None] = dict(groups.select("person_gid", "group").iter_rows())
    starts = np.clip(work.week_starts, 0, time.elapsed.shape[1] - 1)
    ends = np.clip(work.week_starts + 7, 0, time.elapsed.shape[1] - 1)
    hours = time.elapsed[:, ends] - time.elapsed[:, starts]
    places = [group_of.get(person) for person in time.persons]
    drawn = {group: np.zeros((weeks, PATHS)) for group in places}
    mean = {group: np.zeros(weeks) for group in places}
    for person, rows in work.by_person():
        group, shares = group_of.get(person), work.shares[rows, :-1]
        own = work.hours(person, rows)
        drawn[group] += shares.T @ own
        mean[group] += shares.T @ own.mean(axis=1)
    return {
        group: TeamWeeks(
            people=sum(place == group for place in places),
            mondays=work.mondays,
            available=hours[[row for row, place in enumerate(places) if place == group]].sum(axis=0),
            mean=mean[group],
            drawn=drawn[group],
        )
        for group in drawn
    }


def together(groups: list[TeamWeeks]) -> TeamWeeks:
    """Several groups as one, each path added to that of the others."""
    return TeamWeeks(
        people=sum(group.people for group in groups),
        mondays=groups[0].mondays,
        available=np.sum([group.available for group in groups], axis=0),
        mean=np.sum([group.mean for group in groups], axis=0),
        drawn=np.sum([group.drawn for group in groups], axis=0),
    )
