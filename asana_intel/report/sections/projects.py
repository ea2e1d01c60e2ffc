"""The projects section: open work, what blocks it, and how long it takes to clear. As of the last sync."""

from dataclasses import dataclass
from typing import Any

from asana_intel.report import formats
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.links import AsanaObject, named, names_by_gid

Row = dict[str, Any]
PROJECTS_SHOWN = 60
_LONGEST_BAR_WEEKS = 26.0


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
class ProjectsSection:
    """Projects with the largest overdue share first."""

    lines: list[ProjectLine]
    total: int


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
    return ProjectsSection(lines, len(rows))


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
