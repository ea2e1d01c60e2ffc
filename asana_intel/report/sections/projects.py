"""The projects section: open work, what blocks it, and how long it takes to clear; the tone and urgency beside it."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from asana_intel.report import formats
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.links import AsanaObject, named, names_by_gid

Row = dict[str, Any]
PROJECTS_SHOWN = 60
SIGNALS_SHOWN = 6
_LONGEST_BAR_WEEKS = 26.0
_QUIET_DAYS = 7


@dataclass(frozen=True)
class ProjectLine:
    """One project; bar widths are percent of the cell."""

    project: AsanaObject
    team: str
    open_tasks: int
    open_bar: float
    overdue: int
    overdue_bar: float
    blocked: int
    unassigned: int
    done_4w: int
    created_4w: int
    net_4w: str
    is_growing: bool
    cycle_days: str
    weeks_to_clear: str
    clear_bar: float | None


@dataclass(frozen=True)
class Tone:
    """How the tone of a project's or team's comments moved; a weak signal, so it says of how many and how sure."""

    scope: AsanaObject
    scope_type: str
    moved: str
    change: str
    comments: int
    confidence: str


@dataclass(frozen=True)
class Urgency:
    """A project that presses, and why."""

    project: AsanaObject
    share: str
    bar: float
    why: str


@dataclass(frozen=True)
class ProjectsSection:
    """Projects with the largest overdue share first; `tones` holds assessed ones only, the surest first."""

    lines: list[ProjectLine]
    total: int
    urgent: list[Urgency]
    tones: list[Tone]


def projects_section(inputs: ReportInputs) -> ProjectsSection:
    """Arrange project health."""
    names = names_by_gid(inputs.projects, "project_gid")
    team_of = dict(inputs.projects.select("project_gid", "team_gid").iter_rows())
    teams = names_by_gid(inputs.teams, "team_gid")
    rows = sorted(inputs.project_health.iter_rows(named=True), key=_pressing)
    most_open = max((row["open_tasks"] for row in rows), default=0) or 1
    lines = [
        _line(
            row,
            named(row["project_gid"], names, "project"),
            teams.get(team_of.get(row["project_gid"]) or ""),
            most_open,
        )
        for row in rows[:PROJECTS_SHOWN]
    ]
    return ProjectsSection(lines, len(rows), _urgent(inputs, names), _tones(inputs, names | teams))


def _urgent(inputs: ReportInputs, names: dict[str, str]) -> list[Urgency]:
    pressing = inputs.urgency.filter(pl.col("urgency") > 0).sort("rank", "project_gid").head(SIGNALS_SHOWN)
    return [
        Urgency(
            named(row["project_gid"], names, "project"),
            formats.percent(row["urgency"]),
            100 * row["urgency"],
            _why_urgent(row),
        )
        for row in pressing.iter_rows(named=True)
    ]


def _why_urgent(row: Row) -> str:
    parts = [
        formats.count(row["overdue_tasks"], "task overdue", "tasks overdue") if row["overdue_tasks"] else "",
        f"{formats.number(row['blocked_tasks'], 0)} blocked" if row["blocked_tasks"] else "",
        f"{formats.count(row['silent_days'], 'day')} without a word" if row["silent_days"] >= _QUIET_DAYS else "",
        formats.count(row["pushed_dates"], "due date pushed", "due dates pushed") if row["pushed_dates"] else "",
    ]
    return ", ".join(part for part in parts if part)


def _tones(inputs: ReportInputs, names: dict[str, str]) -> list[Tone]:
    known = inputs.tone_trend.filter(pl.col("status") == "assessed", pl.col("change").is_not_null())
    surest = known.sort("confidence", "scope_type", "scope_gid", descending=[True, False, False]).head(SIGNALS_SHOWN)
    return [
        Tone(
            scope=named(row["scope_gid"], names, row["scope_type"]),
            scope_type=row["scope_type"],
            moved="warmer" if row["change"] > 0 else "cooler",
            change=formats.signed_number(row["change"]),
            comments=row["comments"],
            confidence=formats.percent(row["confidence"]),
        )
        for row in surest.iter_rows(named=True)
    ]


def _pressing(row: Row) -> tuple[float, int, str]:
    return (-_overdue_share(row), -row["open_tasks"], row["project_gid"])


def _overdue_share(row: Row) -> float:
    return row["overdue_tasks"] / row["open_tasks"] if row["open_tasks"] else 0.0


def _line(row: Row, project: AsanaObject, team: str | None, most_open: int) -> ProjectLine:
    weeks = row["weeks_to_clear"]
    return ProjectLine(
        project=project,
        team=team or "",
        open_tasks=row["open_tasks"],
        open_bar=100 * row["open_tasks"] / most_open,
        overdue=row["overdue_tasks"],
        overdue_bar=100 * _overdue_share(row),
        blocked=row["blocked_tasks"],
        unassigned=row["unassigned_tasks"],
        done_4w=row["completed_4w"],
        created_4w=row["created_4w"],
        net_4w=formats.signed(row["created_4w"] - row["completed_4w"]),
        is_growing=row["created_4w"] > row["completed_4w"],
        cycle_days=formats.number(row["median_cycle_days"], 1),
        weeks_to_clear=_weeks_said(row),
        clear_bar=100.0 * min(1.0, weeks / _LONGEST_BAR_WEEKS) if weeks is not None else None,
    )


def _weeks_said(row: Row) -> str:
    weeks = row["weeks_to_clear"]
    if weeks is None:
        return "nothing done in 4 weeks" if row["open_tasks"] else formats.MISSING
    return formats.number(weeks, 0 if weeks >= 10 else 1)
