"""Kept scenarios side by side, by team, project and goal: nothing of it tells of a single person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from asana_intel.insights.scenario.outcome import outcome_of

if TYPE_CHECKING:
    from collections.abc import Mapping

LEAST_PEOPLE = 5
"""People of a team below which its figures would tell of single ones."""


def totals(told: dict[str, Any]) -> dict[str, Any]:
    """What a scenario does in one line.

    Args:
        told: An outcome as JSON.

    Returns:
        overloaded (change of the expected number of people's weeks above 110 %), projects_later, projects_sooner,
        goals_up, goals_down.
    """
    outcome = outcome_of(told)
    before, after = pl.col("finish_before"), pl.col("finish_after")
    is_later = (after > before) | (after.is_null() & before.is_not_null())
    weeks = outcome.person_weeks
    return {
        "overloaded": round((weeks["p_over_110_after"] - weeks["p_over_110_before"]).sum(), 2),
        "projects_later": outcome.projects.filter(is_later).height,
        "projects_sooner": outcome.projects.filter(after < before).height,
        "goals_up": outcome.goals.filter(pl.col("p_after") > pl.col("p_before")).height,
        "goals_down": outcome.goals.filter(pl.col("p_after") < pl.col("p_before")).height,
    }


def compared(told: Mapping[str, dict[str, Any]]) -> pl.DataFrame:
    """Scenarios beside each other.

    Args:
        told: Name -> outcome as JSON.

    Returns:
        A row for each team of at least five people, project and goal that one of them touches: what (load of a team:
        hours of its weeks; end of a project; odds of a goal), gid, now, and a column for each scenario, all as text;
        '=' where a scenario does not touch it.
    """
    columns = {name: _told(outcome) for name, outcome in told.items()}
    keys = sorted({key for rows in columns.values() for key in rows})
    rows = [
        {
            "what": what,
            "gid": gid,
            "now": next(rows[what, gid][0] for rows in columns.values() if (what, gid) in rows),
            **{name: rows[what, gid][1] if (what, gid) in rows else "=" for name, rows in columns.items()},
        }
        for what, gid in keys
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(("what", "gid", "now", *told), pl.String))


def _told(told: dict[str, Any]) -> dict[tuple[str, str], tuple[str, str]]:
    """(What, gid) -> its text before and after."""
    outcome = outcome_of(told)
    sums = pl.col("hours_before", "hours_after", "overloaded_before", "overloaded_after").sum()
    teams = outcome.team_weeks.filter(pl.col("people") >= LEAST_PEOPLE).group_by("team_gid").agg(sums)
    found = {}
    for row in teams.to_dicts():
        found["team", row["team_gid"]] = tuple(
            f"{row[f'hours_{when}']:.0f} h, {row[f'overloaded_{when}']:.1f} weeks above 110 %"
            for when in ("before", "after")
        )
    for row in outcome.projects.to_dicts():
        found["project", row["project_gid"]] = tuple(
            str(row[f"finish_{when}"] or "no end") for when in ("before", "after")
        )
    for row in outcome.goals.to_dicts():
        found["goal", row["goal_gid"]] = tuple(f"{row[f'p_{when}']:.0%}" for when in ("before", "after"))
    return found
