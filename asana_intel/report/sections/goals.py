"""The goals section: counts, the tree, a card for the most pressing goals, and what could not be assessed."""

from dataclasses import dataclass
from typing import Any

import polars as pl
from markupsafe import Markup

from asana_intel.report import formats
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.evidence import Evidence, Told
from asana_intel.report.sections.fans import Fans
from asana_intel.report.sections.goal_tree import GoalLine, goal_tree, moved_most
from asana_intel.report.sections.links import AsanaObject, named, names_by_gid
from asana_intel.report.sections.standing import LABELS, ORDER, Standing, StandingLabel

CARDS_SHOWN = 24
_LEAST_POINTS = 0.5
Row = dict[str, Any]


@dataclass(frozen=True)
class GoalCard:
    """One goal in full."""

    line: GoalLine
    owner: str | None
    team: str | None
    period: str | None
    fan: Markup
    told: Told | None
    now: str
    target: str
    predicted: str
    blocking: AsanaObject | None
    moved_by: str | None
    levers: str | None
    odd: list[str]
    small_print: str


@dataclass(frozen=True)
class StandingCount:
    """How many goals stand so, and their share of all, for the bar."""

    standing: Standing
    label: StandingLabel
    goals: int


@dataclass(frozen=True)
class GoalsSection:
    """All of it: `tree` holds every open goal of the week, `cards` at most 24 assessed ones."""

    tree: list[GoalLine]
    cards: list[GoalCard]
    carded: frozenset[str]
    unassessed: list[tuple[GoalLine, str]]
    assessed: int
    counts: list[StandingCount]
    moved: list[GoalLine]

    def count(self, standing: Standing) -> int:
        """Goals that stand so."""
        return sum(line.standing is standing for line in self.tree)


def goals_section(inputs: ReportInputs) -> GoalsSection:
    """Arrange the forecasts of the report's week; goals closed in Asana are left out."""
    tree = goal_tree(inputs)
    assessed = [line for line in tree if line.p_attain is not None]
    shown = sorted(assessed, key=_pressing)[:CARDS_SHOWN]
    forecasts = {f["goal_gid"]: f for f in inputs.attainment_now.iter_rows(named=True)}
    return GoalsSection(
        tree=tree,
        cards=_Cards(inputs, forecasts).of(shown),
        carded=frozenset(line.gid for line in shown),
        unassessed=[
            (line, forecasts[line.gid]["reason"] or "No reason was recorded.")
            for line in tree
            if line.standing is Standing.not_assessed
        ],
        assessed=len(assessed),
        counts=[StandingCount(s, LABELS[s], sum(line.standing is s for line in tree)) for s in ORDER[:4]],
        moved=moved_most(tree),
    )


def _pressing(line: GoalLine) -> tuple[bool, int, float, str, str]:
    """Company goals first, then at risk first: by standing, then by odds, lowest first."""
    return (not line.is_company_goal, ORDER.index(line.standing), line.p_attain or 0.0, line.goal.name, line.gid)


class _Cards:
    """Looks up what stands on a card beside the forecast."""

    def __init__(self, inputs: ReportInputs, forecasts: dict[str, Row]) -> None:
        self._forecasts = forecasts
        self._fans = Fans(inputs)
        self._evidence = Evidence(inputs)
        self._goals = {g["goal_gid"]: g for g in inputs.goals.iter_rows(named=True)}
        self._narratives = {n["goal_gid"]: n for n in inputs.narratives.iter_rows(named=True)}
        self._drivers = _grouped(inputs.drivers.sort("rank"), "goal_gid", "role")
        self._anomalies = {gid: rows for (gid,), rows in _grouped(inputs.anomalies, "goal_gid").items()}
        self._people = names_by_gid(inputs.people, "person_gid")
        self._teams = names_by_gid(inputs.teams, "team_gid")
        self._projects = names_by_gid(inputs.projects, "project_gid")

    def of(self, lines: list[GoalLine]) -> list[GoalCard]:
        return [self._card(line) for line in lines]

    def _card(self, line: GoalLine) -> GoalCard:
        forecast, goal = self._forecasts[line.gid], self._goals.get(line.gid, {})
        narrative = self._narratives.get(line.gid)
        blocking = forecast["top_blocking_project_gid"]
        return GoalCard(
            line=line,
            owner=self._people.get(goal.get("owner_gid") or ""),
            team=self._teams.get(goal.get("team_gid") or ""),
            period=goal.get("period_name"),
            fan=self._fans.draw(goal, forecast),
            told=self._evidence.of("goal_progress", line.gid, narrative) if narrative else None,
            now=_value(forecast["current_value"], goal),
            target=_value(forecast["target_value"], goal),
            predicted=_predicted(forecast),
            blocking=named(blocking, self._projects, "project") if blocking else None,
            moved_by=_points(self._drivers.get((line.gid, "moved"), [])),
            levers=_points(self._drivers.get((line.gid, "lever"), [])),
            odd=[_odd(row) for row in self._anomalies.get(line.gid, [])],
            small_print=_small_print(forecast),
        )


_DRIVERS = {
    "time": "time that passed", "progress": "progress", "definition": "a changed target or date",
    "model": "what the model learned", "pace_up": "a fifth more pace", "due_later": "two more weeks",
    "target_lower": "a tenth less to reach", "week_gained": "one usual week more done",
    "week_lost": "a week that brings nothing",
}  # fmt: skip


def _points(rows: list[Row]) -> str | None:
    """Drivers that matter, largest first: `progress -8, time that passed -3` (points)."""
    worth = [row for row in rows if abs(row["points"]) >= _LEAST_POINTS]
    said = [f"{_DRIVERS[row['driver']]} {formats.signed(round(row['points']))}" for row in worth]
    return f"{', '.join(said)} points" if said else None


def _odd(row: Row) -> str:
    if row["anomaly"] == "stalled":
        return f"Stalled: no progress for {formats.count(round(row['observed']), 'week')}."
    if row["anomaly"] == "green_but_red":
        return f"Reported on track at odds of {formats.odds(row['observed'])}."
    way = "Jumped" if row["anomaly"] == "jumped" else "Dropped"
    return f"{way} last week, further than {formats.percent(1 - row['chance'])} of its weeks would."


def _grouped(frame: pl.DataFrame, *keys: str) -> dict[tuple[Any, ...], list[Row]]:
    """Rows by key, in their order."""
    return {key: rows.to_dicts() for key, rows in frame.partition_by(*keys, as_dict=True, maintain_order=True).items()}


def _value(value: float | None, goal: Row) -> str:
    return formats.amount(value, goal.get("unit"), goal.get("currency_code"), goal.get("precision"))


def _predicted(forecast: Row) -> str:
    """The day the median path meets the target, and how far from the due date that is."""
    on, due_on = forecast["predicted_on"], forecast["due_on"]
    if on is None:
        return "beyond the horizon"
    if due_on is None or on == due_on:
        return formats.day(on)
    days = (due_on - on).days
    apart = formats.count(abs(days), "day") if abs(days) < 14 else formats.count(round(abs(days) / 7), "week")
    return f"{formats.day(on)} ({apart} {'early' if days > 0 else 'late'})"


def _small_print(forecast: Row) -> str:
    parts = [f"Method {forecast['method']}" if forecast["method"] else "Method not recorded"]
    if forecast["baseline_p"] is not None:
        parts.append(f"pace rule says {formats.odds(forecast['baseline_p'])}")
    if forecast["elapsed_pct"] is not None:
        parts.append(f"{formats.percent(forecast['elapsed_pct'])} of the time gone")
    return " · ".join(parts)
