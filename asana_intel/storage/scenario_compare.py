"""Kept scenarios side by side, by team, project and goal: nothing of it tells of a single person. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LEAST_PEOPLE = 5
"""People of a team below which its figures would tell of single ones."""
Told = Mapping[str, Any]


@dataclass(frozen=True)
class Compared:
    """One team, project or goal.

    Args:
        what: team, project or goal.
        gid: Which one.
        now: Load of the team (hours and expected people's weeks above 110 % of the weeks that a scenario touches), end
            of the project, or odds of the goal, as text.
        then: The same under each scenario; None = it does not touch it.
    """

    what: str
    gid: str
    now: str
    then: tuple[str | None, ...]


def totals(told: Told) -> dict[str, Any]:
    """What a scenario does in one line.

    Args:
        told: Its outcome.

    Returns:
        overloaded (change of the expected number of people's weeks above 110 %), projects_later, projects_sooner,
        goals_up, goals_down. The first tells of single people where only one is touched.
    """
    ends = [(row["finish_before"], row["finish_after"]) for row in told["projects"]]
    odds = [row["p_after"] - row["p_before"] for row in told["goals"]]
    weeks = told.get("personal", {}).get("person_weeks", [])
    return {
        "overloaded": round(sum(row["p_over_110_after"] - row["p_over_110_before"] for row in weeks), 2),
        "projects_later": sum(before is not None and (after is None or after > before) for before, after in ends),
        "projects_sooner": sum(before is not None and after is not None and after < before for before, after in ends),
        "goals_up": sum(change > 0 for change in odds),
        "goals_down": sum(change < 0 for change in odds),
    }


def compared(outcomes: list[Told]) -> list[Compared]:
    """Outcomes beside each other: a row for each team of at least five people, project and goal that one touches.

    Args:
        outcomes: In the order of `Compared.then`. They should start from one week; `now` is that of the first that
            touches the row.
    """
    told = [_told(outcome) for outcome in outcomes]
    keys = sorted({key for rows in told for key in rows})
    return [
        Compared(
            *key,
            now=next(rows[key][0] for rows in told if key in rows),
            then=tuple(rows[key][1] if key in rows else None for rows in told),
        )
        for key in keys
    ]


def _told(outcome: Told) -> dict[tuple[str, str], tuple[str, str]]:
    """(What, gid) -> its text before and after."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    teams: dict[str, list[Told]] = defaultdict(list)
    for row in outcome["team_weeks"]:
        if row["people"] >= LEAST_PEOPLE:
            teams[row["team_gid"]].append(row)
    for gid, weeks in teams.items():
        found["team", gid] = (_load(weeks, "before"), _load(weeks, "after"))
    for row in outcome["projects"]:
        found["project", row["project_gid"]] = (row["finish_before"] or "no end", row["finish_after"] or "no end")
    for row in outcome["goals"]:
        found["goal", row["goal_gid"]] = (f"{row['p_before']:.0%}", f"{row['p_after']:.0%}")
    return found


def _load(weeks: list[Told], when: str) -> str:
    hours, overloaded = (sum(week[f"{name}_{when}"] for week in weeks) for name in ("hours", "overloaded"))
    return f"{hours:,.0f} h, {overloaded:.1f} weeks above 110 %"
