"""The portfolio section: one list of projects and goals, risk-adjusted, the picture of risk and value, initiatives."""

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from asana_intel.report import formats
from asana_intel.report.charts.bubbles import Bubble, bubble_chart
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.initiatives import DeclaredInitiative, declared_initiatives
from asana_intel.report.sections.links import AsanaObject, names_by_gid
from asana_intel.report.sections.shared import Shared

Row = dict[str, Any]
LINES_SHOWN = 60
BUBBLES_SHOWN = 40


@dataclass(frozen=True)
class PortfolioLine:
    """One project or goal."""

    place: int
    object: AsanaObject
    kind: str
    portfolios: str
    team: str | None
    score: str
    bar: float
    risk: str
    odds: str
    finish: str
    due: str
    is_late: bool
    slip: str | None
    open_tasks: str
    left: str
    budget: str | None
    is_over_budget: bool
    reason: str


@dataclass(frozen=True)
class PortfolioSection:
    """All of it: the first `lines` of `total`; those that not everybody may read are `private`."""

    lines: list[PortfolioLine]
    total: int
    private: int
    bubbles: Markup
    drawn: int
    initiatives: list[DeclaredInitiative]


def portfolio_section(inputs: ReportInputs) -> PortfolioSection:
    """Arrange the portfolio of the week, the highest priority first."""
    shared = Shared(inputs)
    teams, portfolios = names_by_gid(inputs.teams, "team_gid"), names_by_gid(inputs.portfolios, "portfolio_gid")
    ordered = inputs.insights.portfolio.sort("rank", "object_type", "object_gid")
    rows = [(found, row) for row in ordered.iter_rows(named=True) if (found := _object(shared, row))]
    numbered = list(enumerate(rows, start=1))
    bubbles = [
        Bubble(place, found.name, row["object_type"], row["risk"], row["value"], row["left_hours"])
        for place, (found, row) in numbered[:BUBBLES_SHOWN]
    ]
    initiatives = declared_initiatives(inputs, shared)
    hollow = [
        Bubble(len(bubbles) + at, i.name, "initiative", i.at_risk, i.value, i.left_hours, i.mark)
        for at, i in enumerate(initiatives, start=1)
    ]
    return PortfolioSection(
        lines=[_line(place, found, row, teams, portfolios) for place, (found, row) in numbered[:LINES_SHOWN]],
        total=len(rows),
        private=ordered.height - len(rows),
        bubbles=bubble_chart([*bubbles, *hollow]),
        drawn=len(bubbles),
        initiatives=initiatives,
    )


def _object(shared: Shared, row: Row) -> AsanaObject | None:
    return shared.goal(row["object_gid"]) if row["object_type"] == "goal" else shared.project(row["object_gid"])


def _line(place: int, found: AsanaObject, row: Row, teams: dict[str, str], portfolios: dict[str, str]) -> PortfolioLine:
    names = sorted(portfolios[gid] for gid in row["portfolio_gids"] or [] if gid in portfolios)
    is_late = bool(row["finish_on"] and row["due_on"] and row["finish_on"] > row["due_on"])
    return PortfolioLine(
        place=place,
        object=found,
        kind=row["object_type"],
        portfolios=", ".join(names),
        team=teams.get(row["team_gid"]),
        score=formats.number(row["score"], 0),
        bar=min(100.0, max(0.0, row["score"])),
        risk=formats.percent(row["risk"]),
        odds=formats.odds(row["odds"]),
        finish=formats.day(row["finish_on"]),
        due=formats.day(row["due_on"]),
        is_late=is_late,
        slip=f"{formats.count(row['slip_days'], 'working day')} late" if row["slip_days"] else None,
        open_tasks=formats.number(row["open_tasks"], 0),
        left=f"{formats.number(row['left_hours'], 0)} h",
        budget=_budget(row),
        is_over_budget=bool(row["budget"] and (row["budget_used"] or 0) > row["budget"]),
        reason=row["reason"],
    )


def _budget(row: Row) -> str | None:
    if not row["budget"]:
        return None
    return f"{formats.percent((row['budget_used'] or 0) / row['budget'])} of {formats.compact(row['budget'])}"
