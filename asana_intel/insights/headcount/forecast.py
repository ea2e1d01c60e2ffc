"""People asked for against people there, of one role and quarter by quarter; its history is handed in.

A role is short where more task hours arrive than its people usually get done. What they get done is never more than
what was asked of them: a team with room to spare looks as if it could do no more, so that a gap near nought says that
it keeps up, and not that it is full.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from asana_intel.insights.headcount import quarters as q
from asana_intel.insights.headcount.people import Staff, draw_hours

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from asana_intel.work_settings import HeadcountSettings

    Floats = NDArray[np.float64]

QUARTERS = 4
_MONTHS = 3
_HALF_A_PERSON = 0.5
_BAND = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class RoleHistory:
    """What is known of a role; weeks are whole ones, oldest first, the last one ended before today.

    Attributes:
        role: Its name; None: everybody.
        people: People there today.
        asked: Task hours asked for in each week.
        done: Task hours done in each week.
        worked: Hours of the working weeks of who was there.
        committed: Open hours above the usual, and hours of declared initiatives, by first day of the quarter.
        staff: People there and to come, by first day of the quarter, with their hours in it.
    """

    role: str | None
    people: int
    asked: Floats
    done: Floats
    worked: Floats
    committed: Mapping[date, float] = field(default_factory=dict)
    staff: Mapping[date, Sequence[Staff]] = field(default_factory=dict)


def next_quarters(day: date, count: int = QUARTERS) -> list[tuple[date, date]]:
    """First and last day of the quarters after the running one."""
    months = [(day.month - 1) // _MONTHS * _MONTHS + _MONTHS * n for n in range(1, count + 2)]
    starts = [date(day.year + month // 12, month % 12 + 1, 1) for month in months]
    return [(first, after - timedelta(days=1)) for first, after in pairwise(starts)]


def forecast_role(
    history: RoleHistory,
    as_of: date,
    settings: HeadcountSettings,
    full_time: Mapping[date, float],
    shares: Sequence[float],
) -> list[dict[str, object]]:
    """Rows of insights/headcount of one role, without the week they belong to.

    Args:
        history: What is known.
        as_of: Today.
        settings: Attrition and lead time.
        full_time: Working hours of somebody full time, by first day of the quarter.
        shares: Of a full load in somebody's first three steps of 30 days.
    """
    return [_quarter(history, as_of, first, last, settings, full_time, shares) for first, last in next_quarters(as_of)]


def why_not(history: RoleHistory) -> str | None:
    """Why nothing can be said; None: something can."""
    if history.asked.size < q.MIN_WEEKS:
        return f"{history.asked.size} weeks of history, {q.MIN_WEEKS} are needed."
    if not history.asked[-q.MIN_WEEKS :].any():
        return f"No task with hours was asked for in the last {q.MIN_WEEKS} weeks."
    if not history.done[-q.MIN_WEEKS :].any() or not history.worked[-q.MIN_WEEKS :].any():
        return f"No task with hours was done in the last {q.MIN_WEEKS} weeks."
    return None


def _quarter(
    history: RoleHistory,
    as_of: date,
    first: date,
    last: date,
    settings: HeadcountSettings,
    full_time: Mapping[date, float],
    shares: Sequence[float],
) -> dict[str, object]:
    row: dict[str, object] = {"role": history.role, "quarter_on": first, "people": history.people}
    if (reason := why_not(history)) is not None:
        return row | {"status": "not_assessed", "reason": reason}
    ahead = (first - as_of).days / (7 * q.QUARTER_WEEKS)
    weeks = ((last - first).days + 1) / 7
    seed = f"{history.role}|{as_of}|{first}"
    committed = history.committed.get(first, 0.0)
    luck, luck_of_share = q.draw_luck(seed)
    demand = committed + q.draw_demand(history.asked, weeks, ahead, luck)
    share = q.draw_share(history.done, history.worked, ahead, luck_of_share)
    hours, expected = draw_hours(
        history.staff.get(first, ()), as_of, first, last, settings.attrition, shares, f"{seed}|people"
    )
    capacity = share * hours
    gap = (demand - capacity) / (share * full_time[first])
    bands = {"demand_p{}0_hours": demand, "capacity_p{}0_hours": capacity, "gap_fte_p{}0": gap}
    for name, drawn in bands.items():
        for at, value in zip((1, 5, 9), np.quantile(drawn, _BAND), strict=True):
            row[name.format(at)] = float(value)
    return row | {
        "people_expected": expected,
        "committed_hours": committed,
        "last_quarter_hours": float(history.asked[-q.QUARTER_WEEKS :].sum()),
        "p_short": float((demand > capacity).mean()),
        "hire_by_on": first - timedelta(weeks=settings.lead_time_weeks) if np.median(gap) >= _HALF_A_PERSON else None,
        "status": "assessed",
        "reason": _reason(history, settings, as_of),
    }


def _reason(history: RoleHistory, settings: HeadcountSettings, as_of: date) -> str:
    """What it is made from, in one sentence."""
    hires = sum(history.role in (None, hire.role) and hire.start_on > as_of for hire in settings.hires)
    share = q.share_level(history.done, history.worked)
    return (
        f"From {history.asked.size} weeks: {q.level(history.asked):.0f} h of tasks asked for a week lately, "
        f"{share:.0%} of working time becomes task hours; {settings.attrition:.0%} leave in a year, "
        f"{hires} planned hire{'' if hires == 1 else 's'}."
    )
