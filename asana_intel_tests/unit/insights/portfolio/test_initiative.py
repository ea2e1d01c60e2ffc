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
    LINKS,
    LOAD,
    OPEN_TASKS,
    SKILLS,
    Initiative,
    Scenario,
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
        "scenario": "now", "starts_on": MONDAY, "finish_on": march(11), "is_in_time": True, "finish_p10_on": None,
        "finish_p50_on": None, "finish_p90_on": None, "p_in_time": None, "fit": 1.0,
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


def detailed(
    asks: list[tuple], load: list[tuple], links: list[tuple[str, str]], ratios: Sequence[float] = (), **more
) -> Initiative:
    """`load`: person, week from now, available, assigned, p10, p90."""
    rows = [(who, MONDAY + dt.timedelta(days=7 * week), *hours) for who, week, *hours in load]
    return score_initiative(
        pl.DataFrame([(*ask, None, None, None)[:4] for ask in asks], schema=ASKS, orient="row"),
        pl.DataFrame(schema=SKILLS),
        pl.DataFrame(rows, schema=LOAD | {"p10": pl.Float64(), "p90": pl.Float64()}, orient="row"),
        pl.DataFrame(schema=OPEN_TASKS),
        AS_OF,
        **{"start_on": MONDAY, "due_on": march(13)} | more,
        links=pl.DataFrame(links, schema=LINKS, orient="row"),
        ratios=ratios,
    )


STEADY = [(who, week, 40.0, 0.0, 0.0, 0.0) for who in "xy" for week in range(12)]


def test_what_waits_begins_when_the_other_ends_whoever_does_it() -> None:
    together = detailed([("a", 20), ("b", 20)], STEADY, [])
    assert outcome(together)["finish_on"] == march(4)
    after = detailed([("a", 20), ("b", 20)], STEADY, [("b", "a")])
    assert outcome(after)["finish_on"] == march(6)
    chain = detailed([("a", 20), ("b", 20), ("c", 40)], STEADY, [("b", "a"), ("c", "b")])
    assert outcome(chain)["finish_on"] == march(13)


def test_a_circle_of_links_and_a_link_to_nothing_are_refused_by_name() -> None:
    with pytest.raises(PermanentError, match="in a circle: a, b") as wrong:
        detailed([("a", 1), ("b", 1)], STEADY, [("a", "b"), ("b", "a")])
    assert wrong.value.fix
    with pytest.raises(PermanentError, match="no task 'z'"):
        detailed([("a", 1)], STEADY, [("a", "z")])


def test_odds_are_those_of_past_estimates_and_of_the_band_of_the_load() -> None:
    as_estimated = outcome(detailed([("a", 40)], STEADY, [], [1.0] * 30, due_on=march(6)))
    assert (as_estimated["p_in_time"], as_estimated["finish_p90_on"]) == (1.0, march(6))
    half_doubled = outcome(detailed([("a", 40)], STEADY, [], [1.0, 2.0] * 15, due_on=march(6)))
    assert half_doubled["p_in_time"] == pytest.approx(0.5, abs=0.08)
    assert (half_doubled["finish_p10_on"], half_doubled["finish_p90_on"]) == (march(6), march(13))
    banded = [("x", week, 40.0, 20.0, 10.0, 30.0) for week in range(12)]
    even = outcome(detailed([("a", 20)], banded, [], [1.0] * 30, due_on=march(6)))
    assert even["p_in_time"] == pytest.approx(0.5, abs=0.08), "open work is above its mean as often as below"


def test_fewer_than_30_finished_tasks_tell_no_odds() -> None:
    row = outcome(detailed([("a", 40)], STEADY, [], [1.0] * 29))
    assert (row["p_in_time"], row["finish_p50_on"], row["is_in_time"]) == (None, None, True)


@given(st.lists(st.floats(0.2, 5), min_size=30, max_size=40), st.integers(1, 100), st.floats(0, 40))
@settings(max_examples=25, deadline=None)
def test_a_later_wanted_day_is_never_less_likely_and_one_more_person_never_ends_it_later(
    ratios: list[float], hours: int, busy: float
) -> None:
    load = [("x", week, 40.0, busy, busy / 2, busy * 1.5) for week in range(12)]
    asks = [("a", hours), ("b", 10)]
    sooner, later = (
        detailed(asks, load, [("b", "a")], ratios, due_on=MONDAY + dt.timedelta(days=days)) for days in (11, 25)
    )
    assert outcome(sooner)["p_in_time"] <= outcome(later)["p_in_time"]
    assert outcome(sooner)["finish_p10_on"] == outcome(later)["finish_p10_on"]
    days = [outcome(later)[f"finish_p{q}_on"] or dt.date.max for q in (10, 50, 90)]
    assert days == sorted(days)


def test_scenarios_can_start_later_and_take_a_part_of_the_free_hours() -> None:
    wanted = (Scenario("now"), Scenario("in_4_weeks", later_weeks=4), Scenario("half", free_share=0.5))
    result = detailed([("a", 40)], STEADY[:12], [], due_on=march(13), scenarios=wanted)
    ends = {row["scenario"]: (row["starts_on"], row["finish_on"]) for row in result.outcomes.to_dicts()}
    assert ends == {
        "now": (march(2), march(6)),
        "in_4_weeks": (march(30), dt.date(2026, 4, 3)),
        "half": (march(2), march(13)),
    }
    late = outcome(result, "in_4_weeks")
    assert (late["fit"], late["reason"]) == (0.0, "It would start after the day on which it is due.")
    laid = result.laid.group_by("scenario").agg(pl.col("hours").sum()).sort("scenario")
    assert laid.rows() == [("half", 40.0), ("now", 40.0)]
