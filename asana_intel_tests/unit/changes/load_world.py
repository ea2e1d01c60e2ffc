"""Loads of people for the plan: who is likely overloaded when, and because of what. No test is here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from asana_intel.changes.inputs import PlanInputs, PlanRules
from asana_intel.changes.plan import build_plan

MONDAY = date(2026, 11, 16)
AS_OF_AT = datetime(2026, 11, 20, 6, tzinfo=UTC)
WEEK = {"as_of_on": MONDAY, "as_of_at": AS_OF_AT}
WEEKS = [MONDAY + timedelta(weeks=n) for n in range(6)]


def load(person: str, week_on: date, odds: float, assigned: float = 50.0, available: float = 40.0) -> dict[str, Any]:
    """A row of person_load; the odds of more than 120 % are two thirds of those of 110 %."""
    return WEEK | {
        "person_gid": person, "week_on": week_on, "p_over_110": odds, "p_over_120": odds * 2 / 3,
        "assigned_hours": assigned, "available_hours": available,
    }  # fmt: skip


def full_weeks(inputs: PlanInputs, make: Callable[..., pl.DataFrame], *rows: Any, **options: Any) -> PlanInputs:
    """Ada (71, team 60) is likely overloaded in the weeks of 23 and 30 November; Bob (72) is not. Cyd (73) leads."""
    cause = WEEK | {"person_gid": "71", "week_on": WEEKS[1], "p_over_110": 0.81}
    values = {
        "people": make(
            "marts/dim_person",
            {"person_gid": "71", "name": "Ada", "team_gid": "60"},
            {"person_gid": "72", "name": "Bob", "team_gid": "60"},
            {"person_gid": "73", "name": "Cyd", "team_gid": "60"},
        ),
        "team_memberships": make(
            "staging/team_memberships", {"team_gid": "60", "person_gid": "73", "is_admin": True}
        ),
        "person_load": make(
            "forecasts/person_load",
            *(rows or (load("71", WEEKS[1], 0.81), load("71", WEEKS[2], 0.6), load("72", WEEKS[1], 0.2))),
        ),
        "load_causes": make(
            "forecasts/load_causes",
            cause | {"task_gid": "301", "rank": 1, "hours": 12.0, "is_inferred": True, "p_without": 0.3,
                     "p_week_later": 0.41},
            cause | {"task_gid": "999", "rank": 2, "hours": 9.0, "is_inferred": False, "p_without": 0.5,
                     "p_week_later": 0.5},
        ),
        "tasks": inputs.tasks.with_columns(name=inputs.tasks["task_gid"].replace({"301": "Migrate\n billing"})),
    }  # fmt: skip
    return replace(inputs, **(values | options))


def capacity(inputs: PlanInputs, rules: PlanRules | None = None, as_of_on: date = MONDAY) -> list[dict[str, Any]]:
    """Rows of the plan that are about capacity."""
    return build_plan(inputs, as_of_on, AS_OF_AT, rules).filter(capability="capacity").to_dicts()
