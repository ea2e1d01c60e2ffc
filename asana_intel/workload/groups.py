"""Groups of people so large that a figure about them tells of nobody, and who manages whom; holds no figure itself.

A total and another that overlaps it tell by subtraction of those who are in one alone. Three rules keep that from
telling of one person: a group is shown whole or not at all; what is left of everybody when all shown groups are taken
away is a large group too, or nobody; and what a manager could subtract (the figures of their own people, which they
may see one by one) leaves nobody, or as many as everybody in a smallest group is left with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date

import polars as pl

from asana_intel.settings import MIN_GROUP

SMALLER_TEAMS = "smaller teams"


def is_large(
    members: Collection[str], circles: Iterable[Collection[str]] = (), counted: Collection[str] | None = None
) -> bool:
    """Whether a figure about `members` tells of nobody, to everybody and to those who know one of the `circles`.

    Args:
        members: Whose figures are in the sum.
        circles: Person gids of whom somebody sees figures one by one.
        counted: Those of them who have work and time, so that the sum may be theirs; None = all.
    """
    everyone = set(members)
    own = everyone if counted is None else everyone.intersection(counted)
    rests = ((everyone.difference(circle), own.difference(circle)) for circle in circles)
    return len(own) >= MIN_GROUP and all(not rest or len(known) >= MIN_GROUP - 1 for rest, known in rests)


def shown_beside_all(
    members: Mapping[str | None, Collection[str]],
    circles: Collection[Collection[str]] = (),
    counted: Collection[str] | None = None,
) -> list[str]:
    """Groups that may be shown beside the sum of all: what they leave of it is nobody, or a large group.

    Where it would be neither, the smallest group that mends it is left out too.

    Args:
        members: Name of each group (None: in none, never shown by itself) -> its people; everybody is in one.
        circles: As for `is_large`.
        counted: As for `is_large`.
    """
    large = {name for name, people in members.items() if name is not None and is_large(people, circles, counted)}
    while large and (rest := {gid for name, people in members.items() if name not in large for gid in people}):
        if is_large(rest, circles, counted):
            break
        large.remove(
            min(large, key=lambda n: (not is_large(rest | set(members[n]), circles, counted), len(members[n]), n))
        )
    return sorted(large)


def shown_groups(teams: Mapping[str, str | None], circles: Collection[Collection[str]] = ()) -> dict[str, str]:
    """The group in which each person may be counted; whoever is missing in it may not be counted at all.

    Args:
        teams: person_gid -> name of their team, None = no team.
        circles: Person gids of whom somebody sees figures one by one.

    Returns:
        person_gid -> name of the team where that may be shown; `smaller teams` for all others, where those are large.
    """
    members: dict[str | None, set[str]] = {}
    for person_gid, team in teams.items():
        members.setdefault(team or None, set()).add(person_gid)
    shown = set(shown_beside_all(members, circles))
    groups = {person_gid: team for person_gid, team in teams.items() if team in shown}
    others = teams.keys() - groups.keys()
    return groups | dict.fromkeys(others, SMALLER_TEAMS) if is_large(others, circles) else groups


def has_work_and_time() -> pl.Expr:
    """Of rows of forecasts/person_load: whether the person has time in the week, and open tasks in any."""
    return (pl.col("available_hours") > 0) & (pl.col("open_tasks").max().over("person_gid") > 0)


def shown_weeks(
    people: pl.DataFrame, circles: Collection[Collection[str]] = (), group: str = "team_gid"
) -> pl.DataFrame:
    """The weeks of each group, and of everybody, that may be shown side by side.

    Every week is weighed by itself: figures of two weeks are never sums of one another.

    Args:
        people: person_gid, week_on, the group (null: in none) and `counts`: whether they have work and time then.
        circles: As for `is_large`.
        group: Column that names the group.

    Returns:
        The group (null: everybody) and week_on, sorted.
    """
    rows: list[tuple[str | None, date]] = []
    for (week_on,), week in people.sort("week_on").group_by("week_on", maintain_order=True):
        members = {name: set(gids) for name, gids in week.group_by(group).agg("person_gid").iter_rows()}
        counted = set(week.filter("counts")["person_gid"])
        names: list[str | None] = [*shown_beside_all(members, circles, counted)]
        if is_large(week["person_gid"], circles, counted):
            names.append(None)
        rows += [(name, week_on) for name in names]  # pyright: ignore[reportArgumentType]
    schema = {group: people.schema[group], "week_on": people.schema["week_on"]}
    return pl.DataFrame(rows, schema=schema, orient="row").sort(group, "week_on", nulls_last=True)


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
