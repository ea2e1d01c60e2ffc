"""Nobody can be told from the figures of a group, also not by subtracting one from another."""

from collections.abc import Collection
from datetime import date, timedelta
from itertools import product

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.settings import MIN_GROUP
from asana_intel.workload.groups import SMALLER_TEAMS, circles_of, is_large, shown_beside_all, shown_groups, shown_weeks

PEOPLE = [str(number) for number in range(24)]
TEAMS = st.lists(st.sampled_from(["A", "B", None]), max_size=len(PEOPLE)).map(
    lambda teams: dict(zip(PEOPLE, teams, strict=False))
)
MONDAY = date(2026, 11, 16)
WEEKS = {"person_gid": pl.String(), "team_gid": pl.String(), "week_on": pl.Date(), "counts": pl.Boolean()}
FEW = st.frozensets(st.sampled_from(PEOPLE), max_size=8)
CIRCLES = st.lists(FEW | FEW.map(frozenset(PEOPLE).difference), max_size=3)


def test_groups_of_five_are_shown_and_smaller_teams_together() -> None:
    teams = {**dict.fromkeys("abcde", "Design"), **dict.fromkeys("fgh", "Sales"), "i": None, "j": "Legal"}
    assert shown_groups(teams) == {**dict.fromkeys("abcde", "Design"), **dict.fromkeys("fghij", SMALLER_TEAMS)}
    del teams["j"]  # beside all nine, Design would tell of four
    assert shown_groups(teams) == dict.fromkeys("abcdefghi", SMALLER_TEAMS)


def test_a_team_of_six_of_whom_a_manager_sees_five_is_not_told_apart() -> None:
    assert is_large("abcdef")
    assert not is_large("abcdef", [frozenset("abcde")])
    assert is_large("abcdef", [frozenset("abcdef")])
    assert is_large("abcdef", [frozenset("f")])


@given(TEAMS, CIRCLES)
def test_what_is_shown_and_what_can_be_subtracted_is_of_nobody_or_of_enough(teams, circles) -> None:
    groups = shown_groups(teams, circles)
    shown = [{gid for gid in groups if groups[gid] == group} for group in set(groups.values())]
    told_of_few(shown, set(groups), set(groups), circles)


@settings(deadline=None)
@given(TEAMS, CIRCLES, st.lists(st.tuples(st.sets(st.sampled_from(PEOPLE), max_size=4), FEW),
       min_size=1, max_size=3))  # fmt: skip
def test_figures_of_weeks_and_of_everybody_tell_of_nobody_by_subtraction(teams, circles, absences) -> None:
    """Some have left, so that they have no row; some are away, so that a sum holds nothing of theirs but their work."""
    rows = [
        {"person_gid": gid, "team_gid": team, "week_on": MONDAY + timedelta(weeks=n), "counts": gid not in away}
        for n, (gone, away) in enumerate(absences)
        for gid, team in sorted(teams.items())
        if gid not in gone
    ]
    people = pl.DataFrame(rows, schema=WEEKS)
    told = shown_weeks(people, circles)
    for (week_on,), week in people.group_by("week_on"):
        members = {team: set(own["person_gid"]) for (team,), own in week.group_by("team_gid")}
        names = told.filter(pl.col("week_on") == week_on)["team_gid"]
        everybody = set(week["person_gid"])
        shown = [everybody if name is None else members[name] for name in names]
        told_of_few(shown, everybody, set(week.filter("counts")["person_gid"]), circles)


def told_of_few(
    shown: list[set[str]], everybody: set[str], counted: set[str], circles: Collection[Collection[str]]
) -> None:
    """Every sum and difference of shown figures is, but for those whom one reader knows, of nobody or of enough."""
    if not shown:
        return
    order = sorted(everybody)
    sums = np.array([[gid in members for gid in order] for members in shown], dtype=int)
    ways = np.array(list(product((-1, 0, 1), repeat=len(shown))), dtype=int)
    touched = (ways @ sums) != 0
    counts = np.array([gid in counted for gid in order], dtype=bool)
    for known, least in [(frozenset[str](), MIN_GROUP), *((circle, MIN_GROUP - 1) for circle in circles)]:
        unknown = touched & np.array([gid not in known for gid in order], dtype=bool)
        tells = unknown.any(axis=1)
        assert ((unknown & counts).sum(axis=1)[tells] >= least).all()


def test_a_week_in_which_few_of_a_team_have_time_is_not_shown_and_what_is_left_of_everybody_is_large() -> None:
    first, second = MONDAY, MONDAY + timedelta(weeks=1)
    team_of = {**dict.fromkeys("abcdef", "A"), **dict.fromkeys("ghijk", "B"), **dict.fromkeys("lmnopqr", "C")}
    rows = [(gid, team, on, on == first or gid not in "ab") for gid, team in team_of.items() for on in (first, second)]
    told = shown_weeks(pl.DataFrame(rows, schema=WEEKS, orient="row"))
    # In the second week four of A have time: beside everybody they would be what is left of B and C.
    assert told.rows() == [("A", first), ("B", first), ("C", first), ("C", second), (None, first), (None, second)]


def test_of_two_groups_that_hide_the_rest_the_smallest_that_suffices_is_left_out() -> None:
    members = {"A": set("abcde"), "B": set("fghijkl"), None: set("m")}
    assert shown_beside_all(members) == ["B"]
    # A's manager knows all of A: with A left out, one person would still be told to them.
    assert shown_beside_all(members, [frozenset("abcde")]) == ["A"]
    assert shown_beside_all({"A": set("abcde"), None: set("m")}, [frozenset("abcde")]) == []


def test_what_is_left_of_everybody_is_not_told_to_a_manager_who_knows_nearly_all_of_it() -> None:
    members = {"A": set("abcdef"), "B": set("ghijk"), None: set("vwxyz")}
    assert shown_beside_all(members) == ["A", "B"]
    # Of the five of no team one is unknown to a manager who also knows B and two of A.
    assert shown_beside_all(members, [frozenset("abghijkvwxy")]) == ["B"]


@given(TEAMS)
def test_everybody_is_in_their_team_or_among_the_smaller_ones(teams) -> None:
    for gid, group in shown_groups(teams).items():
        assert group in (teams[gid], SMALLER_TEAMS)


def test_managers_are_the_stated_ones_and_else_a_teams_only_other_admin() -> None:
    people = pl.DataFrame({"person_gid": ["1", "2", "3", "4"], "team_gid": ["10", "10", "20", None]})
    memberships = pl.DataFrame(
        {"team_gid": ["10", "10", "20"], "person_gid": ["1", "2", "3"], "is_admin": [True, False, True]}
    )
    assert circles_of(people, {"3": "2"}, memberships) == {"1": {"1", "2"}, "2": {"2", "3"}}
    assert circles_of(people, {"20": "3", "10": "9"}, memberships) == {"9": {"9", "1", "2"}}
