"""Nobody can be told from the figures of a group, also not by subtracting one from another."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.settings import MIN_GROUP
from asana_intel.workload.groups import SMALLER_TEAMS, circles_of, is_large, shown_groups

PEOPLE = [str(number) for number in range(24)]
TEAMS = st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from(["A", "B", "C", "D", None]))
CIRCLES = st.lists(st.frozensets(st.sampled_from(PEOPLE), min_size=1), max_size=4)


def test_groups_of_five_are_shown_and_smaller_teams_together() -> None:
    teams = {**dict.fromkeys("abcde", "Design"), **dict.fromkeys("fgh", "Sales"), "i": None, "j": "Legal"}
    assert shown_groups(teams) == {**dict.fromkeys("abcde", "Design"), **dict.fromkeys("fghij", SMALLER_TEAMS)}
    del teams["j"]
    assert shown_groups(teams) == dict.fromkeys("abcde", "Design")


def test_a_team_of_six_of_whom_a_manager_sees_five_is_not_told_apart() -> None:
    assert is_large("abcdef")
    assert not is_large("abcdef", [frozenset("abcde")])
    assert is_large("abcdef", [frozenset("abcdef")])
    assert is_large("abcdef", [frozenset("f")])


@given(TEAMS, CIRCLES)
def test_what_is_shown_and_what_can_be_subtracted_is_of_nobody_or_of_enough(teams, circles) -> None:
    groups = shown_groups(teams, circles)
    shown = [{gid for gid in groups if groups[gid] == group} for group in set(groups.values())]
    assert all(len(members) >= MIN_GROUP for members in shown)
    # Any sums of shown groups, less whatever one manager sees; a member of a group knows no more than one such figure.
    for known in circles:
        assert all(not members - known or len(members - known) >= MIN_GROUP - 1 for members in shown)
        everybody = set(groups)
        assert not everybody - known or len(everybody - known) >= MIN_GROUP - 1


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
