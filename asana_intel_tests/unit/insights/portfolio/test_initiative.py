"""A new initiative against the load: when it ends, whom it overloads, what it displaces."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.errors import PermanentError
from asana_intel.insights.portfolio.initiative import (
    ASKS,
    LOAD,
    OPEN_TASKS,
    SKILLS,
    Initiative,
    score_initiative,
)

MONDAY = dt.date(2026, 3, 2)
AS_OF = dt.datetime(2026, 3, 2, 6, tzinfo=dt.UTC)


def march(day: int) -> dt.date:
    return dt.date(2026, 3, day)


def scored(
    asks: list[tuple],
    load: Mapping[str, Sequence[tuple[float, float]]],
    *,
    skills: tuple[tuple[str, str], ...] = (),
    backlog: tuple[tuple[str, str, float, float], ...] = (),
    start_on: dt.date = MONDAY,
    due_on: dt.date = dt.date(2026, 3, 13),
    sprint_ends_on: dt.date | None = None,
) -> Initiative:
    """`load`: person -> (available, assigned) of the coming weeks."""
    rows = [
        (person, MONDAY + dt.timedelta(days=7 * week), *hours)
        for person, weeks in load.items()
        for week, hours in enumerate(weeks)
    ]
    return score_initiative(
        pl.DataFrame([(*ask, None, None, None)[:4] for ask in asks], schema=ASKS, orient="row"),
        pl.DataFrame(list(skills), schema=SKILLS, orient="row"),
        pl.DataFrame(rows, schema=LOAD, orient="row"),
        pl.DataFrame(list(backlog), schema=OPEN_TASKS, orient="row"),
        AS_OF,
        start_on=start_on,
        due_on=due_on,
        sprint_ends_on=sprint_ends_on,
    )


def outcome(result: Initiative, scenario: str = "now") -> dict:
    return result.outcomes.row(by_predicate=pl.col("scenario") == scenario, named=True)


def test_it_ends_when_the_free_hours_hold_it() -> None:
    result = scored([("a", 20)], {"x": [(40, 30), (40, 20)]}, due_on=march(13))
    assert outcome(result) == {
        "scenario": "now", "starts_on": MONDAY, "finish_on": march(11), "is_in_time": True, "fit": 1.0,
        "reason": "Free hours hold it: it could be finished on 11 Mar 2026.",
    }  # fmt: skip
    assert result.weeks.is_empty()
    assert result.displaced.is_empty()


def test_to_be_in_time_it_brings_weeks_above_100_percent_and_displaces_what_scores_lowest() -> None:
    backlog = (("dear", "x", 90.0, 5.0), ("cheap", "x", 10.0, 4.0), ("middle", "x", 50.0, 8.0), ("his", "y", 1.0, 9.0))
    result = scored([("a", 30)], {"x": [(40, 30), (40, 30)]}, due_on=march(13), backlog=backlog)
    row = outcome(result)
    assert (row["finish_on"], row["is_in_time"], row["fit"]) == (march(20), False, pytest.approx(20 / 30))
    assert row["reason"] == (
        "In free hours it would be finished on 20 Mar 2026; to be in time, 33 % of it would bring 2 weeks of people "
        "above 100 %."
    )
    now = result.weeks.filter(pl.col("scenario") == "now")
    assert now["week_on"].to_list() == [march(2), march(9)]
    assert now["hours"].to_list() == [15.0, 15.0]
    assert now["load_after"].to_list() == [1.125, 1.125]
    lost = result.displaced.filter(pl.col("scenario") == "now")
    assert lost["task_gid"].to_list() == ["cheap", "middle"]  # ten hours too many: 4, then 8


def test_tasks_go_to_who_has_the_skill_and_finishes_first() -> None:
    load = {"x": [(40, 40)] * 8, "y": [(40, 0)] * 8, "z": [(40, 20)] * 8}
    skills = (("x", "SQL"), ("z", "sql"))
    result = scored([("a", 20, "Sql")], load, skills=skills, due_on=march(6))
    assert outcome(result)["finish_on"] == march(6)
    named = scored([("a", 20, "Sql", "x")], load, skills=skills, due_on=march(6))
    assert outcome(named)["finish_on"] is None
    assert named.weeks["person_gid"].to_list()[0] == "x"
    nobody = scored([("a", 20, "Rust")], load, skills=skills)
    assert (outcome(nobody)["finish_on"], outcome(nobody)["reason"]) == (None, "Nobody has the skill Rust.")
    assert outcome(nobody, "one_more")["finish_on"] == march(4)


def test_one_more_person_ends_it_sooner_and_after_the_sprint_it_ends_later() -> None:
    load = {"x": [(40, 20)] * 8}
    result = scored([("a", 40), ("b", 40)], load, sprint_ends_on=march(15), due_on=march(27))
    ends = {row["scenario"]: (row["starts_on"], row["finish_on"]) for row in result.outcomes.to_dicts()}
    assert ends == {
        "now": (march(2), march(27)),
        "after_sprint": (march(16), dt.date(2026, 4, 10)),
        "one_more": (march(2), march(13)),
    }


def test_a_start_in_the_middle_of_a_week_has_only_what_is_left_of_it() -> None:
    row = outcome(scored([("a", 16)], {"x": [(40, 0)] * 4}, start_on=march(5)))
    assert (row["starts_on"], row["finish_on"]) == (march(5), march(6))
    assert outcome(scored([("a", 17)], {"x": [(40, 0)] * 4}, start_on=march(5)))["finish_on"] == march(9)


def test_nobody_free_within_a_year_is_said() -> None:
    row = outcome(scored([("a", 1)], {"x": [(40, 40)] * 8}))
    assert (row["finish_on"], row["reason"]) == (None, "Free hours do not hold it within a year.")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0.5, 200), min_size=1, max_size=6),
    st.lists(st.tuples(st.floats(0, 40), st.floats(0, 60)), min_size=1, max_size=3),
    st.integers(0, 40),
)
def test_what_is_in_time_fits_in_free_hours_and_the_order_of_the_tasks_does_not_matter(amounts, weeks, ahead) -> None:
    load = {"x": weeks, "y": weeks}
    asks = [(str(i), hours) for i, hours in enumerate(amounts)]
    due_on = MONDAY + dt.timedelta(days=ahead)
    result = scored(asks, load, due_on=due_on)
    for row in result.outcomes.to_dicts():
        over = result.weeks.filter(pl.col("scenario") == row["scenario"])
        assert 0 <= row["fit"] <= 1 + 1e-9
        assert (over["load_after"] > 1).all()
        assert over["hours"].sum() <= sum(amounts) + 1e-6
        if row["is_in_time"]:
            assert row["fit"] == pytest.approx(1, abs=1e-4)
    assert scored(asks[::-1], load, due_on=due_on).outcomes.equals(result.outcomes)


@pytest.mark.parametrize(
    ("asks", "dates", "message"),
    [
        ([("a", 5), ("b", 0)], {}, "asks: row 1, column 'hours': 0.0"),
        ([("a", float("inf"))], {}, "row 0, column 'hours': inf"),
        ([("a", 5, None, "stranger")], {}, "row 0, column 'person_gid': 'stranger'"),
        ([("a", 5)], {"due_on": dt.date(2026, 3, 1)}, "column 'due_on'"),
    ],
)
def test_bad_input_is_named(asks, dates, message) -> None:
    with pytest.raises(PermanentError, match=message):
        scored(asks, {"x": [(40, 0)]}, **dates)


def test_an_initiative_without_tasks_or_people_has_no_end() -> None:
    assert outcome(scored([], {"x": [(40, 0)]}))["finish_on"] is None
    assert outcome(scored([("a", 5)], {}))["finish_on"] is None
