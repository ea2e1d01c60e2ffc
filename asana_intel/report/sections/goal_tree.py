"""The tree of all goals of the week, one line each: company goals first, supporting goals indented."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from markupsafe import Markup

from asana_intel.report import formats
from asana_intel.report.charts.odds import odds_history
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.links import AsanaObject, asana_url
from asana_intel.report.sections.standing import (
    LABELS,
    ON_TRACK_FROM,
    Standing,
    StandingLabel,
    mismatch,
    said_in_asana,
    standing_of,
)

Row = dict[str, Any]
_HISTORY_WEEKS = 26
_WORTH_SAYING = 0.005  # half a point: below it a change rounds to nothing


@dataclass(frozen=True)
class Change:
    """Change of the odds since the week before; `direction` is up, down or flat."""

    points: str
    direction: str
    symbol: str


@dataclass(frozen=True)
class GoalLine:
    """One goal in one line."""

    gid: str
    goal: AsanaObject
    depth: int
    standing: Standing
    label: StandingLabel
    p_attain: float | None
    p_attain_change: float
    odds: str
    change: Change | None
    history: Markup
    due_on: date | None
    due: str
    said: str
    mismatch: str | None
    is_company_goal: bool


def goal_tree(inputs: ReportInputs) -> list[GoalLine]:
    """Lines in tree order: company goals first, then by due date and name; each goal stands under its parent."""
    goals = {g["goal_gid"]: g for g in inputs.goals.iter_rows(named=True)}
    forecasts = {f["goal_gid"]: f for f in inputs.attainment_now.iter_rows(named=True) if f["status"] != "closed"}
    odds_by_goal = _odds_by_goal(inputs)
    return [
        _line(forecasts[gid], goals.get(gid, {}), odds_by_goal.get(gid, []), depth)
        for gid, depth in _tree_order(goals, forecasts)
    ]


def moved_most(lines: list[GoalLine], most: int = 4) -> list[GoalLine]:
    """Goals whose odds changed by at least five points since last week, largest change first."""
    moved = [line for line in lines if line.p_attain is not None and abs(line.p_attain_change) >= 0.05]
    return sorted(moved, key=lambda line: (-abs(line.p_attain_change), line.goal.name, line.gid))[:most]


def _line(forecast: Row, goal: Row, odds_by_week: list[float], depth: int) -> GoalLine:
    gid = forecast["goal_gid"]
    standing = standing_of(forecast["status"], forecast["p_attain"])
    p_attain = None if standing is Standing.not_assessed else forecast["p_attain"]
    due_on = forecast["due_on"] or goal.get("due_on")
    return GoalLine(
        gid=gid,
        goal=AsanaObject(goal.get("name") or f"Goal {gid}", asana_url(gid)),
        depth=depth,
        standing=standing,
        label=LABELS[standing],
        p_attain=p_attain,
        p_attain_change=forecast["p_attain_change"] or 0.0,
        odds=formats.odds(p_attain),
        change=_change(forecast["p_attain_change"]) if p_attain is not None else None,
        history=odds_history(odds_by_week, ON_TRACK_FROM, standing.value),
        due_on=due_on,
        due=formats.day(due_on),
        said=said_in_asana(goal.get("status")),
        mismatch=mismatch(goal.get("status"), p_attain),
        is_company_goal=bool(goal.get("is_workspace_level")),
    )


def _change(change: float | None) -> Change | None:
    if change is None:
        return None
    if abs(change) < _WORTH_SAYING:
        return Change(formats.points(0.0), "flat", "→")
    return Change(formats.points(change), *(("up", "▲") if change > 0 else ("down", "▼")))


def _odds_by_goal(inputs: ReportInputs) -> dict[str, list[float]]:
    odds: dict[str, list[float]] = {}
    said = inputs.attainment.filter(pl.col("p_attain").is_not_null()).sort("as_of_on")
    for gid, p_attain in said.select("goal_gid", "p_attain").iter_rows():
        odds.setdefault(gid, []).append(p_attain)
    return {gid: by_week[-_HISTORY_WEEKS:] for gid, by_week in odds.items()}


def _tree_order(goals: Mapping[str, Row], forecasts: Mapping[str, Row]) -> list[tuple[str, int]]:
    """(goal, depth) depth first. A goal whose parent is not among the week's goals is a root; circles are cut."""
    below: dict[str | None, list[str]] = {}
    for gid in forecasts:
        parent = goals.get(gid, {}).get("parent_goal_gid")
        below.setdefault(parent if parent in forecasts and parent != gid else None, []).append(gid)
    for siblings in below.values():
        siblings.sort(key=lambda gid: _sibling_key(goals.get(gid, {}), forecasts[gid]))
    order: dict[str, int] = {}
    for root in [*below.get(None, []), *sorted(forecasts)]:  # the second part reaches goals that form a circle
        _descend(root, 0, below, order)
    return list(order.items())


def _descend(gid: str, depth: int, below: Mapping[str | None, list[str]], order: dict[str, int]) -> None:
    waiting = [(gid, depth)]
    while waiting:
        current, level = waiting.pop()
        if current not in order:
            order[current] = level
            waiting += [(child, level + 1) for child in reversed(below.get(current, []))]


def _sibling_key(goal: Row, forecast: Row) -> tuple[bool, date, str, str]:
    due_on = forecast["due_on"] or date.max
    return (not goal.get("is_workspace_level"), due_on, goal.get("name") or "", forecast["goal_gid"])
