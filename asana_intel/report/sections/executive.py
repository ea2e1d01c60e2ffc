"""Capacity for leaders: how full teams are, what a shortage costs, people needed by quarter, how new people begin.

Nobody is named or counted alone: the tables hold no group under five people, and of new people only the steps show.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from markupsafe import Markup

from asana_intel.report import formats
from asana_intel.report.charts.staircase import Stair, ramp_stairs, staircase
from asana_intel.report.charts.utilisation import WeekLoad, utilisation_chart
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.links import AsanaObject, names_by_gid
from asana_intel.report.sections.shared import Shared
from asana_intel.settings import MIN_GROUP

Row = dict[str, Any]
TEAMS_DRAWN = 12
ROLES_DRAWN = 12
GOALS_NAMED = 3
EVERYBODY = "Everybody"
_LIKELY = 0.5
_BAND = (1, 5, 9)


@dataclass(frozen=True)
class Trend:
    """A group's weeks, drawn, and in words."""

    name: str
    people: int
    words: str
    is_bottleneck: bool
    chart: Markup


@dataclass(frozen=True)
class ShortTeam:
    """What a shortage costs one group; `goals` are the first of those at stake."""

    name: str
    people: int
    load: str
    late: str
    short: str
    goals: list[AsanaObject]
    more_goals: int
    odds_lost: str
    missing: str
    is_short: bool


@dataclass(frozen=True)
class QuarterLine:
    """One quarter of a role, in words."""

    name: str
    people: str
    demand: str
    capacity: str
    missing: str
    band: str
    odds: str
    hire_by: str | None
    is_overdue: bool


@dataclass(frozen=True)
class RolePlan:
    """A role's quarters; no chart and no quarters where nothing could be assessed."""

    name: str
    people: int
    quarters: list[QuarterLine]
    chart: Markup | None
    reason: str


@dataclass(frozen=True)
class RampSteps:
    """The first 90 days of new people, as steps; how many they are is said from five on."""

    people: str
    chart: Markup
    source: str


@dataclass(frozen=True)
class ExecutiveSection:
    """All of it; empty lists where nothing is known."""

    everybody: Trend | None
    teams: list[Trend]
    costs: list[ShortTeam]
    roles: list[RolePlan]
    ramp: RampSteps | None
    bottlenecks: int
    drawn: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return self.everybody is None and not self.costs and not self.roles


def executive_section(inputs: ReportInputs) -> ExecutiveSection:
    """Arrange the capacity of the week for leaders, everybody first, then by name."""
    teams = names_by_gid(inputs.teams, "team_gid")
    frames = inputs.insights
    trends = [
        _trend(gid, rows, teams)
        for (gid,), rows in frames.utilisation.sort("team_gid", "week_on", nulls_last=True).group_by(
            "team_gid", maintain_order=True
        )
    ]
    of_teams = sorted((trend for trend in trends if trend.name != EVERYBODY), key=lambda trend: trend.name.casefold())
    drawn = sorted(of_teams, key=lambda trend: not trend.is_bottleneck)[:TEAMS_DRAWN]
    shared = Shared(inputs)
    costs = [_cost(row, teams, shared) for row in frames.shortage.iter_rows(named=True)]
    roles = [
        _role(name, rows, inputs.as_of_at.date() if inputs.as_of_at else None)
        for (name,), rows in frames.headcount.sort("role", "quarter_on", nulls_last=False).group_by(
            "role", maintain_order=True
        )
    ]
    return ExecutiveSection(
        everybody=next((trend for trend in trends if trend.name == EVERYBODY), None),
        teams=[trend for trend in of_teams if trend in drawn],
        costs=sorted(costs, key=lambda cost: (cost.name == EVERYBODY, cost.name.casefold())),
        roles=roles[:ROLES_DRAWN],
        ramp=_ramp(frames.ramp),
        bottlenecks=sum(trend.is_bottleneck for trend in of_teams),
        drawn=len(of_teams),
    )


def _trend(gid: object, frame: pl.DataFrame, teams: dict[str, str]) -> Trend:
    rows = list(frame.iter_rows(named=True))
    name = EVERYBODY if gid is None else teams.get(str(gid), f"team {gid}")
    full = [row for row in rows if (row["p_bottleneck"] or 0.0) >= _LIKELY]
    past = [row["load_pct"] for row in rows if row["is_past"] and row["load_pct"] is not None]
    lately = f"Lately {formats.percent(sum(past[-4:]) / len(past[-4:]))} of the hours were worked. " if past else ""
    lately += _unknown([row for row in rows if row["is_past"]])
    if full:
        weeks = ", ".join(formats.short_day(row["week_on"]) for row in full[:3])
        more = f" and {len(full) - 3} more" if len(full) > 3 else ""
        words = f"{lately}Likely above 110{formats.NARROW}% in the week of {weeks}{more}."
    else:
        words = f"{lately}No coming week is likely above 110{formats.NARROW}%."
    label = f"Hours of {name} as a share of those available, week by week. {words}"
    chart = utilisation_chart([_week(row) for row in rows], label)
    return Trend(name, rows[-1]["people"], words, bool(full), chart)


def _unknown(past: list[Row]) -> str:
    """Whose hours of the last week are in no figure."""
    if not past or not past[-1]["unknown_people"]:
        return ""
    people, unknown = past[-1]["people"], past[-1]["unknown_people"]
    told = "their hours are not in it" if past[-1]["load_pct"] is not None else "too few do for a figure of the past"
    return f"{unknown} of {formats.count(people, 'person logs', 'people log')} no time: {told}. "


def _week(row: Row) -> WeekLoad:
    available = row["available_hours"]
    if row["is_past"] or not available:
        return WeekLoad(row["week_on"], row["load_pct"])
    return WeekLoad(row["week_on"], row["load_pct"], row["p10"] / available, row["p90"] / available)


def _cost(row: Row, teams: dict[str, str], shared: Shared) -> ShortTeam:
    goals = [goal for gid in row["goal_gids"] if (goal := shared.goal(gid))]
    return ShortTeam(
        name=EVERYBODY if row["team_gid"] is None else teams.get(row["team_gid"], f"team {row['team_gid']}"),
        people=row["people"],
        load=f"{formats.number(row['assigned_hours'], 0)} of {formats.number(row['available_hours'], 0)} h",
        late=f"{formats.number(row['late_hours'], 0)} h",
        short=f"{formats.number(row['short_hours'], 0)} h",
        goals=goals[:GOALS_NAMED],
        more_goals=row["goals_at_stake"] - len(goals[:GOALS_NAMED]),
        odds_lost=f"{formats.number(100 * row['odds_lost'], 0)} points",
        missing=formats.number(row["hiring_gap_fte"], 1),
        is_short=row["late_hours"] >= 1,
    )


def _role(name: object, frame: pl.DataFrame, today: date | None) -> RolePlan:
    rows = list(frame.iter_rows(named=True))
    title, told = EVERYBODY if name is None else str(name), [row for row in rows if row["status"] == "assessed"]
    stairs = [
        Stair(_quarter(row["quarter_on"]), _three(row, "demand_p{}0_hours"), _three(row, "capacity_p{}0_hours"),
              f"Start hiring by {formats.day(row['hire_by_on'])}" if row["hire_by_on"] else None)
        for row in told
    ]  # fmt: skip
    label = f"Hours asked for and hours that can be done, {title}, quarter by quarter"
    return RolePlan(
        name=title,
        people=rows[0]["people"],
        quarters=[_line(row, today) for row in told],
        chart=staircase(stairs, label) if stairs else None,
        reason=rows[0]["reason"],
    )


def _line(row: Row, today: date | None) -> QuarterLine:
    low, middle, high = _three(row, "gap_fte_p{}0")
    hire_by = row["hire_by_on"]
    return QuarterLine(
        name=_quarter(row["quarter_on"]),
        people=formats.number(row["people_expected"], 1),
        demand=f"{formats.number(row['demand_p50_hours'], 0)} h",
        capacity=f"{formats.number(row['capacity_p50_hours'], 0)} h",
        missing=formats.number(middle, 1),
        band=f"{formats.number(low, 1)} to {formats.number(high, 1)}",
        odds=formats.odds(row["p_short"]),
        hire_by=formats.day(hire_by) if hire_by else None,
        is_overdue=bool(hire_by and today and hire_by < today),
    )


def _three(row: Row, name: str) -> tuple[float, float, float]:
    low, middle, high = (row[name.format(q)] for q in _BAND)
    return low, middle, high


def _quarter(first: date) -> str:
    return f"Q{(first.month + 2) // 3} {first.year}"


def _ramp(plan: pl.DataFrame) -> RampSteps | None:
    """Steps without anybody's team, tasks or number: all new people share them.

    The median of their hours is told from five people on: of fewer it would tell who works part time.
    """
    if plan.is_empty():
        return None
    steps = plan.group_by("step").agg(pl.col("load_share").median(), pl.col("hours_week").median()).sort("step")
    people = plan["person_gid"].n_unique()
    is_large = people >= MIN_GROUP
    named = [(f"days to {step}", share, hours if is_large else None) for step, share, hours in steps.iter_rows()]
    return RampSteps(
        people=formats.count(people, "new person", "new people") if is_large else "Fewer than five people",
        chart=ramp_stairs(named, "Share of a full load in the first 30, 60 and 90 days"),
        source="the usual steps of the settings" if plan["is_default"].all() else "how people began here before",
    )
