"""Groups too small to be shown: neither alone, nor as what is left when all others are taken away."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.insights.groups import shown_groups
from asana_intel.settings import MIN_GROUP

SCHEMA = {"week": pl.Int64(), "team": pl.String(), "people": pl.Int64()}


def counts(*rows: tuple[int, str | None, int]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def shown(*rows: tuple[int, str | None, int]) -> list[tuple[int, str | None, int]]:
    return shown_groups(counts(*rows), "team", ("week",)).rows()


def test_a_small_team_is_told_of_only_within_everybody() -> None:
    assert shown((1, "a", 9), (1, "b", 2), (1, "c", 3)) == [(1, "a", 9), (1, None, 14)]


def test_where_taking_away_would_leave_a_few_the_smallest_of_the_others_is_not_shown_either() -> None:
    assert shown((1, "a", 9), (1, "b", 6), (1, "c", 3)) == [(1, "a", 9), (1, None, 18)]


def test_people_in_no_team_are_left_over_too() -> None:
    assert shown((1, "a", 9), (1, "b", 6), (1, None, 1)) == [(1, "a", 9), (1, None, 16)]


def test_fewer_than_five_in_all_are_not_told_of() -> None:
    assert shown((1, "a", 4)) == []


def test_every_week_is_weighed_by_itself() -> None:
    assert shown((1, "a", 5), (2, "a", 4), (2, "b", 5)) == [(1, "a", 5), (1, None, 5), (2, None, 9)]


@given(
    st.lists(st.integers(1, 12), max_size=7),
    st.integers(0, 6),
)
def test_nobody_can_work_out_the_sum_of_fewer_than_five(sizes: list[int], in_no_team: int) -> None:
    rows = [(1, f"t{n}", size) for n, size in enumerate(sizes)] + ([(1, None, in_no_team)] if in_no_team else [])
    told = shown(*rows)
    known = [people for _, team, people in told if team is not None]
    assert all(people >= MIN_GROUP for _, _, people in told)
    if len(known) < len(told):
        rest = sum(size for _, _, size in rows) - sum(known)
        assert rest == 0 or rest >= MIN_GROUP
    else:
        assert not known
