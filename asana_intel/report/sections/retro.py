"""The section on finished sprints: what was promised and done, estimates against hours, why work rolled over.

About teams and tasks; no person is named.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import polars as pl
from markupsafe import Markup

from asana_intel.report import formats
from asana_intel.report.charts.scatter import Estimate, estimate_scatter
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.links import AsanaObject, names_by_gid
from asana_intel.report.sections.shared import Shared

Row = dict[str, Any]
TEAMS_SHOWN = 30
ROLLED_SHOWN = 15
_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Rolled:
    """A task that was promised and not finished."""

    task: AsanaObject
    cause: str
    estimated: str
    actual: str


@dataclass(frozen=True)
class TeamRetro:
    """A team's last sprint; `scatter` is None where no task has both hours.

    Where not everybody may see where it was worked, sprint, bottleneck and themes are not told.
    """

    team: str
    sprint: str
    period: str
    kept: str
    kept_share: float
    hours: str | None
    added: str
    ratio: str | None
    scatter: Markup | None
    bottleneck: str | None
    themes: list[str]
    reason: str | None
    causes: list[tuple[str, int]]
    rolled: list[Rolled]
    rolled_total: int
    rolled_private: int


@dataclass(frozen=True)
class RetroSection:
    """All of it, by team."""

    teams: list[TeamRetro]
    total: int


def retro_section(inputs: ReportInputs) -> RetroSection:
    """Arrange each team's sprint that ended last, teams by name."""
    names, shared = names_by_gid(inputs.teams, "team_gid"), Shared(inputs)
    rows = sorted(
        inputs.insights.retro.iter_rows(named=True),
        key=lambda row: (names.get(row["team_gid"]) or row["team_gid"], row["team_gid"], row["sprint"]),
    )
    return RetroSection(
        [
            _team(names.get(row["team_gid"]) or f"Team {row['team_gid']}", row, _tasks(inputs, row), shared)
            for row in rows[:TEAMS_SHOWN]
        ],
        len(rows),
    )


def _tasks(inputs: ReportInputs, row: Row) -> list[Row]:
    tasks = inputs.insights.retro_tasks
    mine = (pl.col("team_gid") == row["team_gid"]) & (pl.col("sprint") == row["sprint"])
    return list(tasks.filter(mine).sort("task_gid").iter_rows(named=True))


def _team(team: str, row: Row, tasks: list[Row], shared: Shared) -> TeamRetro:
    both = [task for task in tasks if task["was_done"] and task["estimated_hours"] and task["actual_hours"]]
    rolled = [task for task in tasks if task["was_committed"] and not task["was_done"]]
    named = [(found, task) for task in rolled if (found := shared.task(task["task_gid"]))]
    causes = Counter(task["cause"] or _UNKNOWN for task in rolled)
    committed = row["committed_tasks"]
    done = committed - row["rolled_tasks"]  # done_tasks counts those that came later, too
    return TeamRetro(
        team=team,
        sprint=row["sprint"] if row["is_public"] else "a sprint not for everybody to read",
        period=f"{formats.short_day(row['starts_on'])} to {formats.day(row['ends_on'])}",
        kept=f"{done} of {formats.count(committed, 'committed task')} done",
        kept_share=100 * done / committed if committed else 0.0,
        hours=_hours(row),
        added=f"{formats.count(row['added_tasks'], 'task')} came after the start" if row["added_tasks"] else "",
        ratio=_ratio(row),
        scatter=_scatter(both, row["estimate_ratio"], shared) if both else None,
        bottleneck=_bottleneck(row) if row["is_public"] else None,
        themes=(row["themes"] or []) if row["is_public"] else [],
        reason=row["reason"],
        causes=sorted(causes.items(), key=lambda item: (item[0] == _UNKNOWN, -item[1], item[0])),
        rolled=[_rolled(found, task) for found, task in named[:ROLLED_SHOWN]],
        rolled_total=len(rolled) or row["rolled_tasks"],
        rolled_private=len(rolled) - len(named),
    )


def _scatter(tasks: list[Row], ratio: float | None, shared: Shared) -> Markup:
    named = ((shared.task(task["task_gid"]), task) for task in tasks)
    return estimate_scatter(
        [Estimate(task["estimated_hours"], task["actual_hours"], found and found.name) for found, task in named], ratio
    )


def _rolled(found: AsanaObject, task: Row) -> Rolled:
    hours = [
        formats.MISSING if task[part] is None else f"{formats.number(task[part], 1)} h"
        for part in ("estimated_hours", "actual_hours")
    ]
    return Rolled(found, task["cause"] or _UNKNOWN, *hours)


def _hours(row: Row) -> str | None:
    if row["committed_hours"] is None:
        return None
    done = formats.number(row["done_hours"] or 0, 0)
    return f"{formats.number(row['committed_hours'], 0)} h committed, {done} h done, later tasks included"


def _ratio(row: Row) -> str | None:
    if row["estimate_ratio"] is None:
        return None
    tasks = formats.count(row["estimated_tasks"], "task")
    return f"half of {tasks} took more than {formats.number(row['estimate_ratio'], 2)} times the estimate"


def _bottleneck(row: Row) -> str | None:
    if not row["bottleneck"]:
        return None
    waited = "" if row["bottleneck_hours"] is None else f", a median of {formats.number(row['bottleneck_hours'], 0)} h"
    return f"{row['bottleneck']}{waited}"
