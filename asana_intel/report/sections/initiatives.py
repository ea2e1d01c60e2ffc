"""New initiatives that the company declares, for the portfolio section: their scenarios in words. About no person."""

from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

import polars as pl

from asana_intel.report import formats
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.links import AsanaObject
from asana_intel.report.sections.shared import Shared

Row = dict[str, Any]
_SCENARIOS = {
    "now": "Start as wanted",
    "after_sprint": "After this sprint",
    "in_4_weeks": "4 weeks later",
    "in_8_weeks": "8 weeks later",
    "half_time": "Half of all free time",
    "one_more": "One more person",
}


@dataclass(frozen=True)
class InitiativeScenario:
    """One way to go about it."""

    name: str
    start: str
    end: str
    band: str
    is_late: bool
    odds: str
    fit: str
    put_off: str
    goal: str
    reason: str


@dataclass(frozen=True)
class DeclaredInitiative:
    """One initiative; `mark` is its letter in the picture, `goal` None where it serves none that all may read."""

    mark: str
    name: str
    hours: str
    due: str
    score: str
    why: str
    goal: AsanaObject | None
    scenarios: list[InitiativeScenario]
    value: float
    at_risk: float
    left_hours: float


def declared_initiatives(inputs: ReportInputs, shared: Shared) -> list[DeclaredInitiative]:
    """The initiatives of the week, the highest score first; as many as there are letters."""
    rows = inputs.insights.initiatives.sort(
        "score", "initiative", "position", descending=[True, False, False]
    ).partition_by("initiative", maintain_order=True)  # fmt: skip
    return [_declared(mark, frame, shared) for mark, frame in zip(ascii_uppercase, rows, strict=False)]


def _declared(mark: str, rows: pl.DataFrame, shared: Shared) -> DeclaredInitiative:
    first = rows.row(0, named=True)
    goal = shared.goal(first["goal_gid"]) if first["goal_gid"] else None
    return DeclaredInitiative(
        mark=mark,
        name=first["initiative"],
        hours=f"{formats.number(first['hours'], 0)} h",
        due=formats.day(first["due_on"]),
        score=formats.number(first["score"], 0),
        why=first["why"],
        goal=goal,
        scenarios=[_scenario(row, is_told=goal is not None) for row in rows.iter_rows(named=True)],
        value=first["value"],
        at_risk=first["risk"],
        left_hours=first["hours"],
    )


def _scenario(row: Row, *, is_told: bool) -> InitiativeScenario:
    is_known = row["p_in_time"] is not None
    put_off = f"{formats.count(row['displaced_tasks'], 'task')}, {formats.number(row['displaced_hours'], 0)} h"
    odds = f"{formats.odds(row['odds_before'])} → {formats.odds(row['odds_after'])}"
    return InitiativeScenario(
        name=_SCENARIOS.get(row["scenario"]) or str(row["scenario"]),
        start=formats.day(row["starts_on"]),
        end=formats.day(row["finish_on"]),
        band=f"{_or_later(row['finish_p10_on'])} to {_or_later(row['finish_p90_on'])}" if is_known else formats.MISSING,
        is_late=not row["is_in_time"],
        odds=formats.percent(row["p_in_time"]) if is_known else formats.MISSING,
        fit=formats.percent(row["fit"]),
        put_off=put_off if row["displaced_tasks"] else formats.MISSING,
        goal=odds if is_told and row["odds_after"] is not None else formats.MISSING,
        reason=row["reason"],
    )


def _or_later(day: Any) -> str:
    return formats.day(day) if day else "later than a year"
