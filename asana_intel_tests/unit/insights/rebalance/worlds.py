"""A few people and tasks in frames, for the tests of rebalancing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from math import log
from typing import Any

import polars as pl

from asana_intel.insights.rebalance.case import LINKS, RECEIVERS, TASKS, Case, Rules, build_case
from asana_intel.insights.rebalance.propose import Proposal, propose_moves
from asana_intel.workload.kept import KEPT_DAYS

TODAY = date(2026, 3, 2)  # a Monday
FRIDAY = TODAY + timedelta(days=4)
DAY_HOURS = 8.0


@dataclass
class World:
    """Frames in the making; everybody works 8 hours from Monday to Friday."""

    rules: Rules = field(default_factory=Rules)
    days: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    receivers: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)

    def person(self, gid: str, *, off: tuple[int, ...] = (), hours: float = DAY_HOURS) -> World:
        """Somebody; `off` are weeks of time off, counted from 0."""
        for number in range(7 * self.rules.weeks):
            day = TODAY + timedelta(days=number)
            working = hours if day.isoweekday() <= 5 else 0.0
            lost = working if number // 7 in off else 0.0
            self.days.append(
                {"person_gid": gid, "day_on": day, "working_hours": working, "holiday_hours": 0.0,
                 "time_off_hours": lost}
            )  # fmt: skip
        return self

    def task(self, gid: str, person: str, hours: float, *to: str, week: int | None = 0, **facts: Any) -> World:
        """A task in one week, or undated, that others may do too."""
        row = dict.fromkeys(TASKS) | {
            "task_gid": gid,
            "person_gid": person,
            "effort_hours": hours,
            "logged_hours": 0.0,
            "log_median": log(hours),
            "log_below": 0.3,
            "log_above": 0.3,
            "is_inferred": False,
            "left_hours": hours,
        }
        if week is not None:
            row |= {"start_on": TODAY + timedelta(weeks=week), "due_on": FRIDAY + timedelta(weeks=week)}
        self.tasks.append(row | facts)
        return self.can(gid, *to)

    def can(self, gid: str, *people: str, fit: float = 0.5, is_able: bool = True) -> World:
        """Others who may do a task."""
        for person in people:
            self.receivers.append({"task_gid": gid, "person_gid": person, "fit": fit, "is_able": is_able})
        return self

    def waits(self, gid: str, blocker: str) -> World:
        """A link."""
        self.links.append({"task_gid": gid, "depends_on_gid": blocker})
        return self

    @property
    def frames(self) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """Arguments of `propose_moves`."""
        return (
            pl.DataFrame(self.tasks, schema=TASKS),
            pl.DataFrame(self.days, schema=KEPT_DAYS),
            pl.DataFrame(self.receivers, schema=RECEIVERS),
            pl.DataFrame(self.links, schema=LINKS),
        )

    def case(self, relaxed: str | None = None) -> Case:
        """As arrays."""
        return build_case(*self.frames, self.rules, relaxed)

    def propose(self) -> Proposal:
        """The proposal."""
        return propose_moves(*self.frames, self.rules)
