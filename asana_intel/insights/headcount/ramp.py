"""How new people's load should rise in their first 90 days, and small work to begin with; nobody's work is judged.

The shares are the medians of how those began who joined before: hours worked in days 1 to 30, 31 to 60 and 61 to 90,
each beside the same person's weeks 14 to 26. Where fewer than five did, the shares of the settings stand, and the plan
says so. Nothing here changes anybody's capacity: forecasts of the load do not heed the plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.clock import WEEK, monday_of
from asana_intel.insights.headcount.people import STEPS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEAST_FORMER = 5
FIRST_TASKS = 3
NEW_DAYS = STEPS[-1]
_SETTLED_WEEKS = 26
_STEP_WEEKS = ((0, 4), (4, 9), (9, 13))
_STEADY_WEEKS = (13, 26)
_KNOWN_BEFORE = timedelta(weeks=4)
"""Whoever was first seen in the first four weeks of all history was there before."""
_LEAST_SHARE = 0.05


@dataclass(frozen=True)
class Ramp:
    """Shares of a full load in the three steps.

    Attributes:
        shares: Rising, 0..1.
        former: People they are learnt from; 0 where they are those of the settings.
        reason: Where they are from.
    """

    shares: tuple[float, float, float]
    former: int
    reason: str


def joined_on(first_active: pl.DataFrame, named: Mapping[str, date], as_of: date) -> pl.DataFrame:
    """First days that are known: person_gid, joined_on, by person.

    Args:
        first_active: person_gid, first_active_on of everybody (null: never).
        named: First days from the settings; they win.
        as_of: Later days count as not known.
    """
    seen = first_active.filter(pl.col("first_active_on") <= as_of)
    begin = seen.select(pl.col("first_active_on").min()).item()
    since = seen.filter(pl.col("first_active_on") > begin + _KNOWN_BEFORE) if begin is not None else seen
    told = pl.DataFrame(
        sorted(named.items()), schema={"person_gid": pl.String(), "joined_on": pl.Date()}, orient="row"
    ).filter(pl.col("joined_on") <= as_of)
    learnt = since.select("person_gid", joined_on="first_active_on").filter(~pl.col("person_gid").is_in(list(named)))
    return pl.concat([told, learnt]).sort("person_gid")


def learn_ramp(joined: pl.DataFrame, hours: pl.DataFrame, as_of: date, usual: Sequence[float]) -> Ramp:
    """How those began who joined long enough ago.

    Args:
        joined: From `joined_on`.
        hours: person_gid, week_on, hours worked, of whole weeks before today.
        as_of: Today.
        usual: Shares where too few are known.
    """
    long_ago = joined.filter(pl.col("joined_on") <= monday_of(as_of) - _SETTLED_WEEKS * WEEK)
    week = (pl.col("week_on") - pl.col("joined_on").dt.truncate("1w")).dt.total_days() // 7
    own = long_ago.join(hours, on="person_gid").with_columns(week=week).filter(pl.col("week") < _SETTLED_WEEKS)
    found = []
    for _, rows in own.sort("person_gid", "week").group_by("person_gid", maintain_order=True):
        weekly = np.zeros(_SETTLED_WEEKS)
        known = rows.filter(pl.col("week") >= 0)
        weekly[known["week"].to_numpy()] = known["hours"].to_numpy()
        steady = weekly[slice(*_STEADY_WEEKS)].mean()
        if steady > 0:  # whoever left before, or worked nothing later on, tells nothing
            found.append([weekly[slice(*step)].mean() / steady for step in _STEP_WEEKS])
    if len(found) < LEAST_FORMER:
        return Ramp(
            (usual[0], usual[1], usual[2]),
            0,
            f"Shares of the settings: {len(found)} people joined before, {LEAST_FORMER} are needed to learn from.",
        )
    medians = np.clip(np.median(found, axis=0), _LEAST_SHARE, 1.0)
    first, second, third = (float(share) for share in np.maximum.accumulate(medians))
    return Ramp((first, second, third), len(found), f"Shares from how {len(found)} people began here before.")


def plan_ramp(
    joined: pl.DataFrame, weekly_hours: Mapping[str, float], tasks: Mapping[str, list[str]], ramp: Ramp, as_of: date
) -> pl.DataFrame:
    """Three steps for everybody who joined within 90 days.

    Args:
        joined: person_gid, team_gid, joined_on.
        weekly_hours: Hours of their working week.
        tasks: First tasks by person.
        ramp: From `learn_ramp`.
        as_of: Today.

    Returns:
        person_gid, team_gid, step, from_on, until_on, load_share, hours_week, task_gids, is_default, reason.
    """
    rows = []
    new = joined.filter(pl.col("joined_on") > as_of - timedelta(days=NEW_DAYS)).sort("person_gid")
    for person, team, first_on in new.select("person_gid", "team_gid", "joined_on").iter_rows():
        begins = 0
        for step, share in zip(STEPS, ramp.shares, strict=True):
            from_on, until_on = first_on + timedelta(days=begins), first_on + timedelta(days=step - 1)
            first = tasks.get(person, []) if from_on <= as_of <= until_on else []
            rows.append((person, team, step, from_on, until_on, share, share * weekly_hours.get(person, 0.0), first,
                         ramp.former == 0, f"{ramp.reason}{_on_tasks(first)}"))  # fmt: skip
            begins = step
    schema = {"person_gid": pl.String(), "team_gid": pl.String(), "step": pl.Int64(), "from_on": pl.Date(),
              "until_on": pl.Date(), "load_share": pl.Float64(), "hours_week": pl.Float64(),
              "task_gids": pl.List(pl.String), "is_default": pl.Boolean(), "reason": pl.String()}  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def first_tasks(
    new: pl.DataFrame, open_tasks: pl.DataFrame, skills: pl.DataFrame, required: pl.DataFrame
) -> dict[str, list[str]]:
    """Up to three tasks for each new person: of nobody, small and without risk; a task is given once.

    Args:
        new: person_gid, team_gid.
        open_tasks: task_gid, team_gid (of its project), score: those that may be given at all.
        skills: person_gid, skill (in small letters).
        required: task_gid, skill: a task needs all of them.

    Returns:
        Task gids by person: first those that ask for most of what they can, then the highest scores.
    """
    needs: dict[str, set[str]] = {}
    for task, skill in required.select("task_gid", "skill").iter_rows():
        needs.setdefault(task, set()).add(skill)
    can: dict[str, set[str]] = {}
    for person, skill in skills.select("person_gid", "skill").iter_rows():
        can.setdefault(person, set()).add(skill)
    left = list(
        open_tasks.sort("score", "task_gid", descending=[True, False]).select("task_gid", "team_gid").iter_rows()
    )
    found: dict[str, list[str]] = {}
    for person, team in new.sort("person_gid").select("person_gid", "team_gid").iter_rows():
        own = can.get(person, set())
        suits = [task for task, of_team in left if of_team == team and needs.get(task, set()) <= own]
        suits.sort(key=lambda task: -len(needs.get(task, set())))  # stable: scores decide between equals
        found[person] = suits[:FIRST_TASKS]
        left = [(task, of_team) for task, of_team in left if task not in found[person]]
    return found


def _on_tasks(tasks: list[str]) -> str:
    if not tasks:
        return ""
    count = f"{len(tasks)} small open task{'s' if len(tasks) > 1 else ''}"
    return f" To begin with: {count} of nobody, of their team, that wait for nothing and hold up nothing."
