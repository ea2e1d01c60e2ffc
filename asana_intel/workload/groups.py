"""Groups of people so large that a figure about them tells of nobody, and who manages whom; holds no figure itself.

A total and another that overlaps it tell by subtraction of those who are in one alone. Two rules keep that from
telling of one person: a group is shown whole or not at all, and what a manager could subtract (the figures of their
own people, which they may see one by one) leaves nobody, or as many as everybody in a smallest group is left with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import polars as pl

from asana_intel.settings import MIN_GROUP

SMALLER_TEAMS = "smaller teams"


def is_large(members: Collection[str], circles: Iterable[Collection[str]] = ()) -> bool:
    """Whether a figure about `members` tells of nobody, to everybody and to those who know one of the `circles`."""
    rests = (set(members).difference(circle) for circle in circles)
    return len(members) >= MIN_GROUP and all(not rest or len(rest) >= MIN_GROUP - 1 for rest in rests)


def shown_groups(teams: Mapping[str, str | None], circles: Collection[Collection[str]] = ()) -> dict[str, str]:
    """The group in which each person may be counted; whoever is missing in it may not be counted at all.

    Args:
        teams: person_gid -> name of their team, None = no team.
        circles: Person gids of whom somebody sees figures one by one.

    Returns:
        person_gid -> name of the team where that is large; `smaller teams` for all others, where those are.
    """
    members: dict[str, set[str]] = {}
    for person_gid, team in teams.items():
        members.setdefault(team or "", set()).add(person_gid)
    large = {team for team, people in members.items() if team and is_large(people, circles)}
    groups = {person_gid: team for person_gid, team in teams.items() if team in large}
    others = teams.keys() - groups.keys()
    return groups | dict.fromkeys(others, SMALLER_TEAMS) if is_large(others, circles) else groups


def manager_of(
    person_gid: str, team_gid: str | None, managers: Mapping[str, str], memberships: pl.DataFrame
) -> str | None:
    """The person's manager, or the team's, as the settings know them; else the team's only other admin; else nobody.

    Args:
        person_gid: The person.
        team_gid: Their team.
        managers: Person or team gid -> gid of the manager.
        memberships: staging/team_memberships.
    """
    stated = managers.get(person_gid) or managers.get(team_gid or "")
    if stated or team_gid is None:
        return stated
    admins = memberships.filter(
        (pl.col("team_gid") == team_gid) & pl.col("is_admin") & (pl.col("person_gid") != person_gid)
    )["person_gid"].unique()
    return admins[0] if admins.len() == 1 else None


def circles_of(
    people: pl.DataFrame, managers: Mapping[str, str], memberships: pl.DataFrame
) -> dict[str, frozenset[str]]:
    """Whose figures each manager may see one by one: those of their people, and their own.

    Args:
        people: marts/dim_person.
        managers: Person or team gid -> gid of the manager.
        memberships: staging/team_memberships.
    """
    circles: dict[str, set[str]] = {}
    for person_gid, team_gid in people.select("person_gid", "team_gid").sort("person_gid").iter_rows():
        manager_gid = manager_of(person_gid, team_gid, managers, memberships)
        if manager_gid and manager_gid != person_gid:
            circles.setdefault(manager_gid, {manager_gid}).add(person_gid)
    return {manager_gid: frozenset(circle) for manager_gid, circle in sorted(circles.items())}
