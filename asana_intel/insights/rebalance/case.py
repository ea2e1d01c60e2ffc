"""What is known of a week before moves are sought: tasks in people's time, who may do them, what may not move.

One thing can be let go of (`relaxed`), which tells what stands in the way where not everything can be mended.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.errors import PermanentError
from asana_intel.insights.rebalance.problem import minutes
from asana_intel.storage.conform import conform
from asana_intel.workload.kept import KEPT_DAYS, KEPT_TASKS, restored_time, restored_work
from asana_intel.workload.load import MOST_DAYS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from asana_intel.workload.load import Work
    from asana_intel.workload.working_time import WorkingTime

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

TASKS: dict[str, pl.DataType] = {
    **KEPT_TASKS,
    "left_hours": pl.Float64(),
    "score": pl.Float64(),
    "slack_days": pl.Float64(),
    "latest_on": pl.Date(),
    "before_on": pl.Date(),
    "keeps_person": pl.Boolean(),
    "keeps_dates": pl.Boolean(),
}
RECEIVERS: dict[str, pl.DataType] = {
    "task_gid": pl.String(),
    "person_gid": pl.String(),
    "fit": pl.Float64(),
    "is_able": pl.Boolean(),
}
LINKS: dict[str, pl.DataType] = {"task_gid": pl.String(), "depends_on_gid": pl.String()}
SKILLS, DUE_DATES, DEPENDENCIES, PINS, OFF, TIME = CONSTRAINTS = (
    "skills",
    "due dates",
    "dependencies",
    "pins",
    "time off",
    "time",
)
"""What can stand in the way; all but the last can be let go of, in this order."""
USUAL_SCORE = 50.0
_NEVER = 10**6


@dataclass(frozen=True)
class Rules:
    """What may be proposed.

    Attributes:
        limit: Hours over availability above which a week is overloaded.
        weeks: Weeks of the horizon, the running one included.
        watched_weeks: So many of them must come below the limit; the others must not become worse.
        may_delay: Due dates may be passed, with those of what waits.
        may_split: Part of a task may go to somebody else.
        most_delay_weeks: Most weeks a task is moved later.
        week_days: Working days of a week, for slack.
        least_hours: Hours that a move must take from its owner's weeks; what it makes necessary may be smaller.
    """

    limit: float = 1.1
    weeks: int = 8
    watched_weeks: int = 4
    may_delay: bool = False
    may_split: bool = True
    most_delay_weeks: int = 4
    week_days: int = 5
    least_hours: float = 0.0


@dataclass(frozen=True)
class Case:
    """A week as arrays; tasks stand as in `work`, people as in its time.

    Attributes:
        rules: What may be proposed.
        work: Everybody's tasks as they stand.
        tasks: `TASKS` in the order of `work`, and is_begun.
        receivers: By task: people who may do it instead of its assignee, and how well it fits, 0..1.
        links: Rows of (task, task it waits for).
        relaxed: What was let go of, one of `CONSTRAINTS`, or None.
    """

    rules: Rules
    work: Work
    tasks: pl.DataFrame
    receivers: dict[int, list[tuple[int, float]]]
    links: Ints
    relaxed: str | None

    @cached_property
    def left_hours(self) -> Floats:
        """Expected hours left of each task."""
        return self.tasks["left_hours"].fill_null(0.0).to_numpy()

    @cached_property
    def starts_itself(self) -> Flags:
        """The task has a start date, before which what it waits for must end; others must only end later than it."""
        return self.tasks["start_on"].is_not_null().to_numpy()

    @cached_property
    def available(self) -> _Available:
        """Hours of a person between two days."""
        return _Available(self.work.time.elapsed)

    @cached_property
    def weekly(self) -> Floats:
        """Hours available: (people, weeks)."""
        elapsed, starts = self.work.time.elapsed, self.work.week_starts
        return elapsed[:, np.clip(starts + 7, 0, self.days)] - elapsed[:, np.clip(starts, 0, self.days)]

    @cached_property
    def limit(self) -> Floats:
        """Most hours that are no overload: (people, weeks)."""
        return self.rules.limit * self.weekly

    @cached_property
    def before(self) -> Floats:
        """Expected hours as it stands: (people, weeks)."""
        hours = np.zeros(self.weekly.shape)
        np.add.at(hours, self.work.rows, self.work.shares[:, :-1] * self.left_hours[:, None])
        return hours

    @cached_property
    def is_over(self) -> Flags:
        """Whose watched weeks are overloaded."""
        return np.any((minutes(self.before) > minutes(self.limit))[:, : self.rules.watched_weeks], axis=1)

    @property
    def days(self) -> int:
        """Days that are laid out."""
        return self.work.time.elapsed.shape[1] - 1

    def last_working_day(self, person: int, first: int, last: int) -> int:
        """The last day between two on which somebody works; the last of all where there is none."""
        elapsed = self.work.time.elapsed[person]
        last = min(last, self.days - 1)
        day = int(np.searchsorted(elapsed, elapsed[last + 1], side="left")) - 1
        return day if day >= first else last

    @cached_property
    def rows(self) -> list[dict]:
        """What bounds each task: keeps_person, keeps_dates, due_on, and days counted from today.

        These are due (None: no due date), latest (last day on which it may be due by its slack) and before (last day
        by what waits for it outside of these tasks).
        """
        today, relaxed, rules = self.work.time.first_on, self.relaxed, self.rules
        is_free = rules.may_delay or relaxed == DUE_DATES
        slack = (pl.col("slack_days").fill_null(0.0) / rules.week_days + 1e-9).floor() * 7
        latest = (pl.col("due") + slack).clip(upper_bound=_days("latest_on", today).fill_null(_NEVER))
        before = pl.max_horizontal(_days("before_on", today) - 1, pl.Series("last", self.work.last))
        frame = self.tasks.with_columns(due=_days("due_on", today)).select(
            "due_on",
            "due",
            *(pl.col(name) & (relaxed != PINS) for name in ("keeps_person", "keeps_dates")),
            latest=pl.lit(_NEVER) if is_free else latest.fill_null(_NEVER).cast(pl.Int64),
            before=pl.lit(_NEVER)
            if relaxed == DEPENDENCIES
            else pl.when(pl.col("before_on").is_null()).then(_NEVER).otherwise(before),
        )
        return frame.to_dicts()


class _Available:
    """Hours of a person between two days, both included."""

    def __init__(self, elapsed: Floats) -> None:
        self._elapsed = elapsed

    def __call__(self, person: int, first: int, last: int) -> float:
        days = self._elapsed.shape[1] - 1
        own = self._elapsed[person]
        return float(own[min(last + 1, days)] - own[min(first, days)])


def build_case(
    tasks: pl.DataFrame,
    days: pl.DataFrame,
    receivers: pl.DataFrame,
    links: pl.DataFrame,
    rules: Rules,
    relaxed: str | None = None,
) -> Case:
    """Lay the tasks into people's time.

    Args:
        tasks: One row per open task that loads somebody: `KEPT_TASKS`, left_hours, score (0..100, null: unknown),
            slack_days (working days, null: none), latest_on (it may not be due later), before_on (what waits for it
            and is not among these tasks begins, or is due, on that day), keeps_person and keeps_dates (pins).
        days: `KEPT_DAYS`; every person has a row for every day, the first of which is today.
        receivers: Who else may do a task: task_gid, person_gid, fit (0..1), is_able (has the skills, or did such
            work; the others count only where skills are let go of).
        links: task_gid, depends_on_gid; those from or to other tasks are left out.
        rules: What may be proposed.
        relaxed: What to let go of, one of `CONSTRAINTS`.

    Raises:
        PermanentError: A column is missing or of a wrong type, a task appears twice, or somebody lacks a day.
    """
    known = conform(tasks, TASKS, "tasks")
    if known["task_gid"].is_duplicated().any():
        raise PermanentError("tasks: column 'task_gid' repeats", fix="give every task once")
    every_day = conform(days, KEPT_DAYS, "days")
    if relaxed == OFF:
        every_day = every_day.with_columns(time_off_hours=pl.lit(0.0))
    time = _longer(restored_time(every_day), 7 * rules.most_delay_weeks)
    work = restored_work(known, time, rules.weeks)
    rows = work.tasks.select("task_gid").join(known, on="task_gid", how="left", maintain_order="left")
    flags = ("keeps_person", "keeps_dates")
    rows = rows.with_columns(
        *(pl.col(name).fill_null(value=False) for name in flags),
        pl.col("score").fill_null(USUAL_SCORE).clip(0.0, 100.0),
    ).with_columns(is_begun=pl.col("logged_hours").fill_null(0.0) > 0)
    case = Case(rules, work, rows, {}, np.empty((0, 2), dtype=np.int64), relaxed)
    return replace(
        case,
        receivers=_receivers(case, conform(receivers, RECEIVERS, "receivers")),
        links=case.links if relaxed == DEPENDENCIES else _links(case, conform(links, LINKS, "links")),
    )


def _longer(time: WorkingTime, days: int) -> WorkingTime:
    """Some days more, each as the same day of the week before: work that is shifted needs days to go to."""
    days = max(min(days, MOST_DAYS - time.scheduled.shape[1]), 0)
    if not days or time.scheduled.shape[1] < 7:
        return time
    more = np.tile(time.scheduled[:, -7:], days // 7 + 1)[:, :days]
    none = np.zeros(more.shape)
    return replace(
        time,
        scheduled=np.hstack([time.scheduled, more]),
        holiday=np.hstack([time.holiday, none]),
        time_off=np.hstack([time.time_off, none]),
    )


def _days(column: str, today: object) -> pl.Expr:
    return (pl.col(column) - pl.lit(today)).dt.total_days()


def _receivers(case: Case, receivers: pl.DataFrame) -> dict[int, list[tuple[int, float]]]:
    """People by task, without its assignee and without those who have too much to do themselves."""
    rested = pl.DataFrame({"person_gid": case.work.time.persons, "is_over": case.is_over}).with_row_index("person")
    able = receivers if case.relaxed == SKILLS else receivers.filter("is_able")
    rows = (
        able.join(case.tasks.select("task_gid", owner="person_gid").with_row_index("task"), on="task_gid")
        .join(rested.filter(~pl.col("is_over")), on="person_gid")
        .filter(pl.col("person_gid") != pl.col("owner"))
        .sort("task", "person")
        .unique(["task", "person"], keep="first", maintain_order=True)
    )
    found: dict[int, list[tuple[int, float]]] = {}
    for task, person, fit in rows.select("task", "person", pl.col("fit").fill_null(0.0).clip(0.0, 1.0)).iter_rows():
        found.setdefault(task, []).append((person, fit))
    return found


def _links(case: Case, links: pl.DataFrame) -> Ints:
    rows = case.tasks.select("task_gid").with_row_index("task")
    pairs = (
        links.unique()
        .join(rows, on="task_gid")
        .join(rows.rename({"task": "blocker", "task_gid": "depends_on_gid"}), on="depends_on_gid")
        .filter(pl.col("task") != pl.col("blocker"))
        .sort("task", "blocker")
    )
    return pairs.select("task", "blocker").to_numpy().astype(np.int64).reshape(-1, 2)
