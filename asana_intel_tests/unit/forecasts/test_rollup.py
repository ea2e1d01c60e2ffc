"""Goals that Asana computes: the odds of the whole follow from its parts, which share their luck."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.forecasts.attainment import ATTAINMENT
from asana_intel.forecasts.rollup import roll_up, with_rollups
from asana_intel.forecasts.support import Support

AS_OF = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
DUE = dt.date(2026, 3, 29)  # four weeks
CHANCE = 0.03  # two standard errors of a thousand draws
GOALS = {"goal_gid": pl.String, "progress_source": pl.String, "unit": pl.String, "initial_value": pl.Float64,
         "target_value": pl.Float64, "due_on": pl.Date, "value": pl.Float64, "is_over": pl.Boolean}  # fmt: skip
LINKS = {"goal_gid": pl.String, "supporter_gid": pl.String, "is_goal": pl.Boolean, "weight": pl.Float64}
INSTANT = pl.Datetime("us", "UTC")
WORK = {"work_gid": pl.String, "arrived_at": INSTANT, "done_at": INSTANT, "weight": pl.Float64, "grows": pl.Boolean}
Row = dict[str, Any]


def whole(gid: str = "top", source: str = "subgoal_progress", **values: Any) -> Row:
    """A goal whose progress is that of its supporters, 0 to 1."""
    base = {"goal_gid": gid, "progress_source": source, "unit": "none", "initial_value": 0.0, "target_value": 1.0}
    return base | {"due_on": DUE, "value": None, "is_over": False} | values


def part(gid: str, **values: Any) -> Row:
    """A goal with a value of its own, 0 to 100."""
    return whole(gid, "manual", target_value=100.0, value=0.0) | values


def link(top: str, below: str, weight: float = 1.0, *, is_goal: bool = True) -> Row:
    return {"goal_gid": top, "supporter_gid": below, "is_goal": is_goal, "weight": weight}


def said(gid: str, p: float, *values: float, **others: Any) -> Row:
    """A forecast with these quantiles of the value at the due date."""
    row = {"goal_gid": gid, "status": "assessed", "p_attain": p, "method": "own"}
    return row | dict(zip(("value_p10", "value_p50", "value_p90"), values, strict=True)) | others


def rolled(
    goals: list[Row], links: list[Row], own: list[Row], work: pl.DataFrame | None = None, **options: Any
) -> dict[str, Row]:
    support = Support(
        pl.DataFrame(goals, schema=GOALS),
        pl.DataFrame(links, schema=LINKS),
        pl.DataFrame(schema=WORK) if work is None else work,
    )
    found = roll_up(support, pl.DataFrame(own, schema=ATTAINMENT), AS_OF, **options)
    return {row["goal_gid"]: row for row in found.iter_rows(named=True)}


def family(*forecasts: tuple[float, float, float, float], weights: list[float] | None = None, **options: Any) -> Row:
    """The forecast of a goal above goals with these odds and quantiles."""
    gids = [str(n) for n in range(len(forecasts))]
    weighed = zip(gids, weights or [1.0] * len(gids), strict=True)
    own = [said(gid, p, *values) for gid, (p, *values) in zip(gids, forecasts, strict=True)]
    found = rolled([whole(), *map(part, gids)], [link("top", gid, w) for gid, w in weighed], own, **options)
    return found["top"]


COIN = (0.5, 80.0, 100.0, 120.0)


@pytest.mark.parametrize(("rho", "expected"), [(0.0, 0.25), (0.3, 0.25 + math.asin(0.3) / (2 * math.pi)), (1.0, 0.5)])
def test_two_even_chances_are_both_met_as_often_as_the_textbook_says(rho: float, expected: float) -> None:
    assert family(COIN, COIN, rho=rho)["p_attain"] == pytest.approx(expected, abs=CHANCE)


def test_the_band_of_five_sub_goals_is_wider_than_if_they_were_independent() -> None:
    five = [(0.0, 40.0, 50.0, 60.0)] * 5
    widths = {}
    for rho in (0.0, 0.3, 1.0):
        row = family(*five, rho=rho)
        widths[rho] = row["value_p90"] - row["value_p10"]
        assert row["value_p50"] == pytest.approx(0.5, abs=0.01)
    # Standard deviation of a mean of five: sqrt((1 + 4 rho) / 5) of one.
    assert widths[1.0] == pytest.approx(0.2, abs=0.002)
    assert widths[0.0] == pytest.approx(0.2 * math.sqrt(1 / 5), rel=0.1)
    assert widths[0.3] == pytest.approx(0.2 * math.sqrt(2.2 / 5), rel=0.1)
    default = family(*five)
    assert default["value_p90"] - default["value_p10"] > 1.3 * widths[0.0]


def test_independence_would_be_too_sure_that_a_safe_share_is_reached() -> None:
    # 45 % on average, where each sub-goal gets there with .7: the luck they share is what can go wrong.
    goals = [whole(unit="percentage", target_value=0.45, value=0.3), *(part(str(n), value=30.0) for n in range(8))]
    links = [link("top", str(n)) for n in range(8)]
    own = [said(str(n), 0.0, 40.0, 50.0, 60.0) for n in range(8)]
    independent, ours = (rolled(goals, links, own, rho=rho)["top"]["p_attain"] for rho in (0.0, 0.3))
    assert independent > 0.95 > ours


def test_a_goal_with_one_sub_goal_has_its_odds_and_its_band() -> None:
    row = family((0.37, 70.0, 95.0, 110.0))
    assert row["p_attain"] == 0.37
    assert row["value_p10"] == pytest.approx(0.7, abs=0.005)
    assert row["value_p50"] == pytest.approx(0.95, abs=0.002)
    assert row["value_p90"] == 1.0  # more than all of it does not count
    assert (row["status"], row["reason"], row["method"]) == ("assessed", None, "rolled up from 1 goal")


def test_weights_are_those_of_a_mean_and_each_part_counts_at_most_fully() -> None:
    goals = [whole(), part("a", value=150.0, is_over=True), part("b", value=20.0, is_over=True)]
    row = rolled(goals, [link("top", "a", 3.0), link("top", "b", 1.0)], [])["top"]
    assert row["value_p10"] == row["value_p50"] == row["value_p90"] == pytest.approx((3 * 1.0 + 0.2) / 4)
    assert (row["p_attain"], row["predicted_on"]) == (0.0, None)


def test_a_tree_is_rolled_up_from_the_bottom() -> None:
    goals = [whole("top"), whole("mid"), part("a", value=50.0, is_over=True), part("b", value=0.0, is_over=True)]
    links = [link("top", "mid"), link("top", "a"), link("mid", "a"), link("mid", "b")]
    found = rolled(goals, links, [])
    assert found["mid"]["value_p50"] == pytest.approx(0.25)
    assert found["top"]["value_p50"] == pytest.approx((0.25 + 0.5) / 2)
    assert found["top"]["method"] == "rolled up from 2 goals"


def test_a_sub_goal_that_supports_two_goals_brings_both_the_same_luck() -> None:
    goals = [whole("top"), whole("mid"), whole("other"), part("a")]
    links = [link("mid", "a"), link("other", "a"), link("top", "mid"), link("top", "other")]
    assert rolled(goals, links, [said("a", *COIN)], rho=0.0)["top"]["p_attain"] == 0.5


def test_a_value_in_a_unit_of_its_own_counts_from_its_start_to_its_target_also_downwards() -> None:
    goals = [whole(initial_value=300.0, target_value=200.0), part("a", value=50.0, is_over=True)]
    assert rolled(goals, [link("top", "a")], [])["top"]["value_p50"] == pytest.approx(250.0)
    falling = [whole(), part("a", initial_value=100.0, target_value=0.0)]
    row = rolled(falling, [link("top", "a")], [said("a", 0.2, 10.0, 20.0, 40.0)])["top"]
    assert row["value_p10"] == pytest.approx(0.6, abs=0.005)
    assert row["value_p50"] == pytest.approx(0.8, abs=0.005)


def test_a_sub_goal_that_is_due_later_has_then_walked_part_of_its_way() -> None:
    later = part("a", value=20.0, due_on=DUE + dt.timedelta(weeks=4))
    row = rolled([whole(), later], [link("top", "a")], [said("a", 0.0, 60.0, 60.0, 60.0)])["top"]
    assert row["value_p50"] == pytest.approx(0.4)


def test_a_sub_goal_nobody_can_assess_stands_with_a_wide_band_and_is_declared() -> None:
    goals = [whole(), part("a", value=100.0, is_over=True), part("b", value=40.0)]
    row = rolled(goals, [link("top", "a"), link("top", "b")], [])["top"]
    assert row["reason"] == "1 of 2 supporters could not be assessed and may end anywhere."
    assert row["value_p10"] == pytest.approx((1 + 0.5) / 2, abs=0.01)
    assert row["value_p90"] == 1.0
    assert row["p_attain"] == pytest.approx(0.38)


def test_a_goal_none_of_whose_parts_can_be_assessed_is_left_to_its_own_history() -> None:
    assert rolled([whole(), part("a")], [link("top", "a")], []) == {}


def test_goals_on_a_circle_keep_their_own_forecast_and_say_why() -> None:
    goals = [whole("a"), whole("b"), whole("top"), part("c")]
    links = [link("a", "b"), link("b", "a"), link("top", "a"), link("top", "c")]
    own = [said("a", 0.5, 0.8, 1.0, 1.2), said("b", 0.1, 0.1, 0.2, 0.3), said("top", 0.9, 0.9, 1.0, 1.1),
           said("c", 1.0, 100.0, 110.0, 120.0)]  # fmt: skip
    found = rolled(goals, links, own)
    assert found["a"]["p_attain"] is None
    assert "remove one of the supporting links" in found["a"]["reason"]
    assert found["top"]["p_attain"] == 0.5  # what a says for itself; c is met
    merged = with_rollups(
        pl.DataFrame(own, schema=ATTAINMENT), pl.DataFrame(list(found.values()), schema=ATTAINMENT)
    ).to_dicts()
    assert [row["p_attain"] for row in merged] == [0.5, 0.1, 0.5, 1.0]
    assert [row["method"] for row in merged] == ["own", "own", "rolled up from 2 goals", "own"]
    assert merged[0]["reason"] == merged[1]["reason"] == found["a"]["reason"]


def test_a_goal_whose_value_does_not_fit_its_supporters_is_left_to_its_own_history() -> None:
    goals = [whole(value=0.9), part("a", value=50.0, is_over=True)]
    assert rolled(goals, [link("top", "a")], []) == {}
    assert "top" in rolled([whole(value=0.55), goals[1]], [link("top", "a")], [])


def test_a_goal_that_is_not_assessed_is_not_by_its_parts_either() -> None:
    own = pl.DataFrame([{"goal_gid": "top", "status": "not_assessed", "reason": "It has no start date; set one."}],
                       schema=ATTAINMENT)  # fmt: skip
    parts = pl.DataFrame([said("top", 0.5, 0.1, 0.2, 0.3)], schema=ATTAINMENT)
    assert with_rollups(own, parts).equals(own)


def test_no_goals_no_forecast() -> None:
    assert rolled([], [], []) == {}
    assert rolled([whole()], [], []) == {}


# -- projects


def tasks(gid: str, done: int, left: int) -> pl.DataFrame:
    """Tasks that came thirteen weeks ago and were done evenly since."""
    came = AS_OF - dt.timedelta(weeks=13)
    ends = [came + dt.timedelta(weeks=13 * (n + 1) / done) for n in range(done)]
    rows = [(gid, came, at, 1.0, True) for at in [*ends, *[None] * left]]
    return pl.DataFrame(rows, schema=WORK, orient="row")


def on_projects(*work: pl.DataFrame, **values: Any) -> Row:
    gids = [frame["work_gid"][0] for frame in work]
    links = [link("top", gid, is_goal=False) for gid in gids]
    return rolled([whole(source="project_task_completion", **values)], links, [], pl.concat(work))["top"]


def test_a_project_that_is_nearly_done_will_be_and_one_that_has_begun_will_not() -> None:
    soon, late = on_projects(tasks("p", 38, 2)), on_projects(tasks("p", 10, 30))
    assert soon["p_attain"] > 0.7
    assert soon["predicted_on"] <= DUE
    assert late["p_attain"] < 0.05
    assert late["predicted_on"] is None or late["predicted_on"] > DUE
    assert 0.25 < late["value_p10"] < late["value_p50"] < late["value_p90"] <= 1
    assert (late["method"], late["reason"]) == ("rolled up from 1 project", None)


def test_a_finished_project_that_keeps_growing_may_be_unfinished_at_the_due_date() -> None:
    came = [AS_OF - dt.timedelta(weeks=n) for n in range(1, 27)]
    steady = pl.DataFrame([("p", at, at, 1.0, True) for at in came for _ in range(4)], schema=WORK, orient="row")
    row = on_projects(steady, value=1.0)
    assert row["p_attain"] < 0.9
    assert row["value_p10"] < 1
    assert (row["predicted_on"] is not None) == (row["p_attain"] >= 0.5)


def test_each_project_counts_alike_however_many_tasks_it_has() -> None:
    row = on_projects(tasks("p", 190, 10), tasks("q", 2, 18), due_on=AS_OF.date())
    assert row["value_p50"] == pytest.approx((0.95 + 0.1) / 2, abs=0.03)


def test_a_percentage_below_all_of_it_is_a_share_of_the_tasks_where_the_value_seen_says_so() -> None:
    share = on_projects(tasks("p", 30, 20), unit="percentage", target_value=0.7, value=0.6)
    progress = on_projects(tasks("p", 30, 20), unit="percentage", target_value=0.7, value=0.42)
    assert share["p_attain"] > 0.5 > progress["p_attain"]
    assert share["value_p50"] > 0.7 > progress["value_p50"]


# -- what holds for any parts

PARTS = st.lists(
    st.tuples(st.floats(0, 1), st.lists(st.floats(-50, 200), min_size=3, max_size=3).map(sorted), st.floats(0.01, 1)),
    min_size=1,
    max_size=5,
)


@given(PARTS, st.floats(0, 1), st.floats(0.1, 100), st.randoms())
@settings(deadline=None, max_examples=25)
def test_odds_are_odds_and_neither_the_scale_of_weights_nor_the_order_matters(parts, rho, factor, random) -> None:
    gids = [str(n) for n in range(len(parts))]
    goals = [whole(), *map(part, gids)]
    links = [link("top", gid, weight) for gid, (_, _, weight) in zip(gids, parts, strict=True)]
    own = [said(gid, p, *values) for gid, (p, values, _) in zip(gids, parts, strict=True)]
    row = rolled(goals, links, own, rho=rho)["top"]
    assert 0 <= row["p_attain"] <= 1
    assert 0 <= row["value_p10"] <= row["value_p50"] <= row["value_p90"] <= 1
    if row["predicted_on"]:
        assert AS_OF.date() <= row["predicted_on"]
    assert (row["p_attain"] >= 0.5) == (row["predicted_on"] is not None and row["predicted_on"] <= DUE)
    rescaled = [entry | {"weight": entry["weight"] * factor} for entry in links]
    for rows in (goals, rescaled, own):
        random.shuffle(rows)
    again = rolled(goals, rescaled, own, rho=rho)["top"]
    assert again["p_attain"] == row["p_attain"]
    assert again["value_p50"] == pytest.approx(row["value_p50"])


@given(PARTS, st.integers(0, 4), st.floats(0, 50), st.floats(0, 1))
@settings(deadline=None, max_examples=25)
def test_a_better_part_never_lowers_the_whole(parts, which, more, luckier) -> None:
    which %= len(parts)
    better = parts.copy()
    p, values, weight = parts[which]
    better[which] = (p + (1 - p) * luckier, [value + more for value in values], weight)
    weights = [weight for *_, weight in parts]
    before = family(*((p, *values) for p, values, _ in parts), weights=weights)
    after = family(*((p, *values) for p, values, _ in better), weights=weights)
    for name in ("p_attain", "value_p10", "value_p50", "value_p90"):
        assert after[name] >= before[name] - 1e-9
