"""Odds that a sprint is finished, against what a pencil gives."""

from __future__ import annotations

from datetime import date
from math import log, sqrt
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from asana_intel.insights.sprint.outlook import SHARED, finish_odds

DAY = date(2026, 3, 9)
P90 = norm.ppf(0.9)
SCHEMA = {
    "task_gid": pl.String, "team_gid": pl.String, "person_gid": pl.String, "hours": pl.Float64,
    "p10_hours": pl.Float64, "p50_hours": pl.Float64, "p90_hours": pl.Float64, "score": pl.Float64,
}  # fmt: skip
ROW = {"team_gid": "t", "person_gid": "p", "p10_hours": 2.0, "p50_hours": 4.0, "p90_hours": 12.0, "score": 1.0}


def odds(rows: dict[str, dict[str, Any]], room: dict[str, float], links: list[tuple[str, str]] | None = None) -> dict:
    work = pl.DataFrame([{"task_gid": gid, "hours": 4.0, **ROW, **row} for gid, row in rows.items()], schema=SCHEMA)
    people = pl.DataFrame({"person_gid": list(room), "hours": list(room.values())})
    known = pl.DataFrame(links or [], schema={"task_gid": pl.String, "depends_on_gid": pl.String}, orient="row")
    found = finish_odds(work, people, known, DAY)
    return {team: (p_all, p_85) for team, p_all, p_85 in found.iter_rows()}


@pytest.mark.parametrize("hours", [2.0, 3.0, 4.0, 6.0, 12.0, 20.0])
def test_one_task_is_finished_with_the_odds_of_its_own_band(hours: float) -> None:
    spread = log(4 / 2) / P90 if hours < 4 else log(12 / 4) / P90
    expected = norm.cdf(log(hours / 4) / spread)
    p_all, p_85 = odds({"a": {}}, {"p": hours})["t"]
    assert p_all == pytest.approx(expected, abs=0.02)
    assert p_85 == p_all


def test_a_begun_task_keeps_the_shape_of_its_band() -> None:
    assert odds({"a": {"hours": 2.0}}, {"p": 6.0})["t"][0] == pytest.approx(0.9, abs=0.02)


def test_people_who_work_apart_are_late_apart() -> None:
    room = {"p": 4.0, "q": 12.0}
    p_all, _ = odds({"a": {}, "b": {"person_gid": "q"}}, room)["t"]
    assert p_all == pytest.approx(0.5 * 0.9, abs=0.03)


def test_two_equal_tasks_of_one_person_agree_with_the_integral() -> None:
    band = {"p10_hours": 4 / 3, "p90_hours": 12.0}
    sigma, rng = log(3) / P90, np.random.default_rng(1)
    shared, one, two = rng.standard_normal((3, 400_000))
    luck = sqrt(SHARED) * shared + sqrt(1 - SHARED) * np.stack([one, two])
    total = (4 * np.exp(sigma * luck)).sum(axis=0)
    p_all, _ = odds({"a": band, "b": band}, {"p": 10.0})["t"]
    assert p_all == pytest.approx((total <= 10.0).mean(), abs=0.03)


def test_one_small_task_that_is_late_still_leaves_85_percent_of_the_hours() -> None:
    rows = {"big": {"hours": 90.0, "p10_hours": 89.9, "p50_hours": 90.0, "p90_hours": 90.1, "score": 9.0},
            "small": {"hours": 10.0}}  # fmt: skip
    p_all, p_85 = odds(rows, {"p": 91.0})["t"]
    assert p_all < 0.05
    assert p_85 > 0.95


def test_running_work_takes_its_time_first() -> None:
    rows = {"a": {}, "running": {"team_gid": None, "hours": 8.0, "p10_hours": 8.0, "p50_hours": 8.0, "p90_hours": 8.0}}
    assert odds(rows, {"p": 12.0})["t"] == odds({"a": {}}, {"p": 4.0})["t"]


def test_a_task_is_not_finished_before_what_it_waits_for() -> None:
    rows = {"a": {"person_gid": "q"}, "b": {"hours": 0.0, "score": 9.0}}
    free = odds(rows, {"p": 1.0, "q": 4.0})["t"]
    waiting = odds({**rows, "b": {**rows["b"], "team_gid": "u"}}, {"p": 1.0, "q": 4.0}, [("b", "a")])
    assert free[0] == pytest.approx(0.5, abs=0.02)
    assert waiting["u"] == waiting["t"]


def test_a_person_without_hours_finishes_nothing() -> None:
    assert odds({"a": {}}, {})["t"] == (0.0, 0.0)


def test_no_work_gives_no_odds() -> None:
    assert odds({}, {"p": 1.0}) == {}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.5, 20.0), min_size=1, max_size=4), st.floats(1.0, 30.0), st.floats(0.0, 30.0))
def test_more_hours_never_lower_the_odds(hours: list[float], room: float, more: float) -> None:
    rows = {f"t{n}": {"hours": own} for n, own in enumerate(hours)}
    few, many = odds(rows, {"p": room})["t"], odds(rows, {"p": room + more})["t"]
    assert all(after >= before for before, after in zip(few, many, strict=True))
    assert few[0] <= few[1]


def test_the_same_sprint_has_the_same_odds_again() -> None:
    rows = {"a": {}, "b": {"hours": 7.0}}
    assert odds(rows, {"p": 11.0}) == odds(dict(reversed(rows.items())), {"p": 11.0})
