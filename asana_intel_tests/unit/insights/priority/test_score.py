"""The score of a task: points that add up, curves that look at the task alone, and what a score leads to."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.errors import PermanentError
from asana_intel.insights.priority import Backlog, score_tasks
from asana_intel.insights.priority.parts import PARTS
from asana_intel.insights.priority.score import display
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.work_settings import PrioritySettings, PriorityWeights
from asana_intel_tests.unit.insights.priority.worlds import (
    AS_OF,
    GOAL,
    NO_ROWS,
    TODAY,
    backlog,
    built,
    effort,
    worlds,
)

RUBRIC = PrioritySettings()
WEIGHTS = RUBRIC.weights.points()


def scored(
    *tasks: dict[str, Any], rubric: PrioritySettings = RUBRIC, **frames: list[dict[str, Any]]
) -> dict[str, dict]:
    told = score_tasks(backlog(*tasks, **frames), NO_ROWS, rubric, AS_OF)
    return {row["task_gid"]: row for row in told.iter_rows(named=True)}


def one(task: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """The row of one task `a`."""
    return scored({"task_gid": "a"} | (task or {}), **more)["a"]


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


@settings(max_examples=12, deadline=None)
@given(worlds())
def test_the_parts_add_up_to_a_score_within_its_range_and_a_rank_for_each(world: dict[str, Any]) -> None:
    told = score_tasks(built(world), NO_ROWS, RUBRIC, AS_OF)
    assert told.columns == list(CONTRACTS["insights/task_priority"].schema)
    assert (told.select(pl.sum_horizontal(PARTS)).to_series() - told["score"]).abs().max() < 1e-6
    assert all(told[part].is_between(0, WEIGHTS[part] + 1e-6).all() for part in PARTS)
    assert told["score"].is_sorted(descending=True)
    assert told["rank"].to_list() == list(range(1, len(world["tasks"]) + 1))
    assert told["confidence"].is_between(0, 1).all()
    assert told["score_10"].is_between(1, 10).all()
    public = told.filter("is_public")
    assert public["public_rank"].to_list() == list(range(1, public.height + 1))
    assert told.filter(~pl.col("is_public"))["public_rank"].null_count() == told.height - public.height
    points = told.filter(pl.col("goal_gid").is_not_null())
    assert (points["goal_points"] <= points["strategic"] + 1e-6).all()
    assert (told.filter(pl.col("goal_gid").is_null())["strategic"] == 0).all()


@settings(max_examples=6, deadline=None)
@given(worlds())
def test_the_same_backlog_gives_the_same_rows_whatever_its_order(world: dict[str, Any]) -> None:
    frames = built(world)
    turned = Backlog(**{name: getattr(frames, name).reverse() for name in Backlog.__dataclass_fields__})
    first, again = (score_tasks(each, NO_ROWS, RUBRIC, AS_OF) for each in (frames, turned))
    assert first.equals(again)


@settings(max_examples=6, deadline=None)
@given(worlds())
def test_a_score_does_not_move_because_an_unrelated_task_comes(world: dict[str, Any]) -> None:
    before = score_tasks(built(world), NO_ROWS, RUBRIC, AS_OF)
    stranger = {"project": None, "parent": None, "person": None, "due_on": TODAY, "is_public": True}
    after = score_tasks(built(world | {"tasks": world["tasks"] | {"x": stranger}}), NO_ROWS, RUBRIC, AS_OF)
    shared = after.filter(pl.col("task_gid") != "x")
    assert (
        shared.sort("task_gid")
        .select("task_gid", "score", *PARTS)
        .equals(before.sort("task_gid").select("task_gid", "score", *PARTS))
    )


def test_a_task_without_a_path_to_a_goal_has_no_goal_points() -> None:
    support = {"goal_gid": "g1", "project_gid": "p1", "unit_per_task": 1.0}
    told = scored(
        {"task_gid": "in", "project_gid": "p1"},
        {"task_gid": "out", "project_gid": "p2"},
        goals=[GOAL],
        supports=[support],
    )
    assert (told["out"]["strategic"], told["out"]["goal_gid"]) == (0.0, None)
    # a rise of 5.1 points of odds, where one point is worth half: 5.1 / 6.1 of 30
    assert told["in"]["strategic"] == pytest.approx(30 * 5.1 / 6.1, abs=0.05)
    assert (told["in"]["goal_gid"], told["in"]["goal_points"]) == ("g1", told["in"]["strategic"])
    assert told["in"]["goal_gain"] == pytest.approx(0.051, abs=0.001)


def test_a_goal_that_was_not_assessed_gives_no_points_but_is_not_denied() -> None:
    goal = GOAL | {"status": "not_assessed", "p_attain": None}
    row = one({"project_gid": "p1"}, goals=[goal], supports=[{"goal_gid": "g1", "project_gid": "p1"}])
    assert (row["goal_gid"], row["strategic"], row["goal_points"], row["goal_gain"]) == ("g1", 0.0, 0.0, 0.0)


def test_two_goals_share_the_strategic_points_by_their_gains() -> None:
    goals = [GOAL, GOAL | {"goal_gid": "g2", "value_p10": 0.0, "value_p90": 80.0}]
    supports = [{"goal_gid": gid, "project_gid": "p1", "unit_per_task": 1.0} for gid in ("g1", "g2")]
    row = one({"project_gid": "p1"}, goals=goals, supports=supports)
    assert row["goal_gid"] == "g1"
    assert 0.7 * row["strategic"] < row["goal_points"] < row["strategic"]


@pytest.mark.parametrize(
    ("due", "hours", "least", "most"),
    [(None, 6.0, 0.0, 0.0), (90, 6.0, 0.0, 0.001), (13, 6.0, 0.08, 0.12), (1, 12.0, 0.49, 0.51), (-7, 6.0, 0.75, 0.9)],
    ids=["no due day", "in three months", "in eight working days", "just in time", "a week late"],
)
def test_urgency_is_the_due_day_against_the_work_that_is_left(
    due: int | None, hours: float, least: float, most: float
) -> None:
    due_on = None if due is None else in_days(due)
    row = one({"due_on": due_on}, effort=[effort("a", hours / 2, hours, hours * 2)])
    assert least <= row["urgency"] / WEIGHTS["urgency"] <= most


def test_more_work_before_the_same_day_is_more_urgent() -> None:
    points = [one({"due_on": in_days(10)}, effort=[effort("a", 1, h, 99)])["urgency"] for h in (2.0, 20.0, 60.0)]
    assert points == sorted(points)
    assert points[0] < points[2] / 2


def test_a_due_day_that_passed_unheeded_long_ago_counts_less() -> None:
    month, year = (one({"due_on": in_days(-days)})["urgency"] for days in (28, 365))
    assert year < month / 8


def test_a_task_without_due_day_is_urgent_where_a_task_that_waits_for_it_is() -> None:
    tasks = ({"task_gid": "a"}, {"task_gid": "b", "due_on": in_days(2)})
    told = scored(*tasks, links=[{"task_gid": "b", "depends_on_gid": "a"}])
    assert told["a"]["urgency"] > told["b"]["urgency"] > 0
    assert told["a"]["urgent_for_gid"] == "b"


def test_many_waiting_tasks_count_more_but_ever_less_each() -> None:
    def waiting(count: int) -> float:
        links = [{"task_gid": f"w{n}", "depends_on_gid": "a"} for n in range(count)]
        rest = [{"task_gid": f"w{n}"} for n in range(count)]
        row = scored({"task_gid": "a"}, *rest, links=links)["a"]
        assert row["blocked_tasks"] == count
        return row["dependency"]

    none, few, more, many, most = (waiting(n) for n in (0, 1, 2, 30, 60))
    assert none == 0 < few < more < many == most == WEIGHTS["dependency"]
    assert more - few < few


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ({"likes": 1}, {"likes": 3}),
        ({"followers": 1}, {"followers": 9}),
        ({"commenters": 0}, {"commenters": 2}),
        ({"set_priority": 0.25}, {"set_priority": 1.0}),
        ({"business_value": 0.1}, {"business_value": 0.9}),
    ],
)
def test_more_interest_is_more_points(less: dict[str, Any], more: dict[str, Any]) -> None:
    low, high = (one(signals=[{"task_gid": "a"} | each])["stakeholders"] for each in (less, more))
    assert 0 <= low < high <= WEIGHTS["stakeholders"]


def test_a_small_task_has_more_points_than_a_large_one() -> None:
    assert one(effort=[effort("a", 4, 8, 16)])["effort"] == WEIGHTS["effort"] / 2
    assert one(effort=[effort("a", 0, 1, 2)])["effort"] > one(effort=[effort("a", 20, 40, 80)])["effort"]


def test_only_what_is_left_of_a_task_counts() -> None:
    assert one(effort=[effort("a", 10, 20, 40, left=8)])["effort"] == WEIGHTS["effort"] / 2


def test_capacity_is_the_free_share_of_who_would_do_it_or_of_the_team() -> None:
    load = [
        {"owner_gid": "busy", "available_hours": 80.0, "assigned_hours": 90.0},
        {"owner_gid": "free", "available_hours": 80.0, "assigned_hours": 20.0},
        {"owner_gid": "away", "available_hours": 0.0, "assigned_hours": 0.0},
        {"owner_gid": "team", "available_hours": 80.0, "assigned_hours": 60.0},
    ]
    told = scored(
        *({"task_gid": who, "person_gid": who, "team_gid": "team"} for who in ("busy", "free", "away")),
        {"task_gid": "nobody", "team_gid": "team"},
        load=load,
    )
    assert {gid: row["capacity"] for gid, row in told.items()} == {"busy": 0, "away": 0, "free": 7.5, "nobody": 2.5}


def test_a_task_that_waits_for_another_has_no_capacity_points_until_that_is_finished() -> None:
    link = [{"task_gid": "a", "depends_on_gid": "b"}]
    waiting = scored({"task_gid": "a"}, {"task_gid": "b"}, links=link)["a"]
    assert (waiting["is_blocked"], waiting["blocker_gid"], waiting["capacity"]) == (True, "b", 0.0)
    assert one(links=link)["capacity"] > 0


def test_only_the_proportions_of_the_weights_matter() -> None:
    twice = PrioritySettings(
        weights=PriorityWeights(**{part: 2 * weight for part, weight in RUBRIC.weights.model_dump().items()})
    )
    assert one(rubric=twice) == one()
    only = PrioritySettings(weights=PriorityWeights(**dict.fromkeys(PARTS, 0.0) | {"effort": 1.0}))
    assert one(rubric=only)["score"] == pytest.approx(100 * 8 / 12)


def test_confidence_falls_with_everything_that_is_not_known() -> None:
    load = [{"owner_gid": "u", "available_hours": 80.0, "assigned_hours": 40.0}]
    signals = [{"task_gid": "a", "set_priority": 0.5}]
    task = {"person_gid": "u", "due_on": in_days(40), "project_gid": "p1"}
    known = {"load": load, "signals": signals, "effort": [effort("a", 3.5, 4, 4.5)]}
    sure = one(task, **known)["confidence"]
    assert sure > 0.95
    unsure = [
        one(task, **known | {"effort": []}),
        one(task | {"due_on": None}, **known),
        one(task | {"person_gid": None}, **known),
        one(task, **known | {"signals": []}),
        one(
            task,
            **known,
            goals=[GOAL | {"status": "not_assessed", "p_attain": None}],
            supports=[{"goal_gid": "g1", "project_gid": "p1"}],
        ),
    ]
    assert all(row["confidence"] < sure for row in unsure)
    assert unsure[-1]["confidence"] < 0.5, "most of the score is not known"


@pytest.mark.parametrize(
    ("task", "frames", "sprint"),
    [
        ({"due_on": in_days(5)}, {}, "Next Sprint"),
        ({"due_on": in_days(-5)}, {}, "Next Sprint"),
        ({"due_on": in_days(30)}, {}, "Future"),
        ({"due_on": in_days(5)}, {"links": [{"task_gid": "a", "depends_on_gid": "b"}]}, "Future"),
        ({}, {"effort": [effort("a", 100, 200, 300)]}, "Icebox"),
        ({"due_on": in_days(300)}, {"effort": [effort("a", 100, 200, 300)]}, "Backlog"),
        ({}, {}, "Backlog"),
    ],
)
def test_the_sprint_follows_score_due_day_and_what_it_waits_for(
    task: dict[str, Any], frames: dict[str, Any], sprint: str
) -> None:
    assert scored({"task_gid": "a"} | task, {"task_gid": "b"}, **frames)["a"]["sprint"] == sprint


def test_the_labels_are_a_mapping_of_the_settings() -> None:
    row = one()  # 15 points
    assert (row["score"], row["label"], row["score_10"]) == (15.0, "P3", 3)
    assert one(rubric=PrioritySettings(p0_from=15, p1_from=10, p2_from=5))["label"] == "P0"
    assert one(rubric=PrioritySettings(p1_from=15, p2_from=5))["label"] == "P1"


def test_a_blocker_of_a_goal_at_risk_that_is_due_within_days_is_p0() -> None:
    at_risk = GOAL | {"p_attain": 0.3, "value_p10": 20.0, "value_p50": 30.0, "value_p90": 42.0}
    told = scored(
        {"task_gid": "a", "project_gid": "p1", "person_gid": "u1", "due_on": in_days(2)},
        {"task_gid": "b", "project_gid": "p1"},
        goals=[at_risk],
        supports=[{"goal_gid": "g1", "project_gid": "p1", "unit_per_task": 1.0}],
        links=[{"task_gid": "b", "depends_on_gid": "a"}],
        effort=[effort("a", 4, 8, 16)],
        load=[{"owner_gid": "u1", "available_hours": 60.0, "assigned_hours": 45.0}],
        signals=[{"task_gid": "a", "followers": 3, "commenters": 1, "likes": 0}],
    )
    blocker, waiting = told["a"], told["b"]
    assert (blocker["label"], blocker["score_10"]) == ("P0", 9)
    assert waiting["label"] != "P0", "what has to wait cannot begin"
    overdue_chore = one(
        {"due_on": in_days(-14), "person_gid": "u1"},
        effort=[effort("a", 1, 2, 4)],
        load=[{"owner_gid": "u1", "available_hours": 60.0, "assigned_hours": 0.0}],
    )
    assert overdue_chore["label"] == "P1", "late, small and for no goal: it presses, but not before all"


def test_without_own_thresholds_the_bounds_are_halves_of_the_weights() -> None:
    assert PrioritySettings().label_bounds() == (42.5, 32.5, 17.5)
    no_dates = PrioritySettings(weights=PriorityWeights(urgency=0.0))
    assert no_dates.label_bounds() == pytest.approx((40.625, 40.625, 21.875)), "nothing can press, so one reason is all"
    assert PrioritySettings(p0_from=60).label_bounds() == (60, 32.5, 17.5)


@given(st.floats(0, 100), st.tuples(*[st.floats(0, 100)] * 3).map(lambda b: sorted(b, reverse=True)))
def test_both_readings_of_a_score_agree_and_never_fall_as_it_rises(score: float, bounds: list[float]) -> None:
    rubric = PrioritySettings(**dict(zip(("p0_from", "p1_from", "p2_from"), bounds, strict=True)))
    scores = pl.DataFrame({"score": sorted([0.0, score, *bounds, 100.0])}, schema={"score": pl.Float64})
    read = scores.with_columns(**display(rubric))
    assert read["score_10"].is_sorted()
    assert read["score_10"].is_between(1, 10).all()
    span = {"P0": (9, 10), "P1": (7, 8), "P2": (4, 6), "P3": (1, 3)}
    assert all(span[label][0] <= ten <= span[label][1] for label, ten in read.select("label", "score_10").iter_rows())


def test_equal_scores_are_ranked_by_due_day_and_gid() -> None:
    never = PrioritySettings(weights=PriorityWeights(urgency=0.0))
    told = scored({"task_gid": "b"}, {"task_gid": "a"}, {"task_gid": "c", "due_on": in_days(9)}, rubric=never)
    assert [gid for gid, _ in sorted(told.items(), key=lambda item: item[1]["rank"])] == ["c", "a", "b"]


def test_only_the_scope_is_scored_but_all_is_looked_at() -> None:
    tasks = ({"task_gid": "a", "project_gid": "p1"}, {"task_gid": "b", "project_gid": "p2"})
    told = scored(*tasks, rubric=PrioritySettings(scope=["p1"]), links=[{"task_gid": "b", "depends_on_gid": "a"}])
    assert {gid: row["blocked_tasks"] for gid, row in told.items()} == {"a": 1}


def test_a_row_whose_points_come_from_what_is_private_says_so() -> None:
    support = [{"goal_gid": "g1", "project_gid": "p1", "unit_per_task": 1.0}]
    public = {"task_gid": "a", "project_gid": "p1", "is_public": True}
    assert not scored(public, goals=[GOAL], supports=support)["a"]["has_private_part"]
    assert scored(public, goals=[GOAL | {"is_public": False}], supports=support)["a"]["has_private_part"]
    link = [{"task_gid": "b", "depends_on_gid": "a"}]
    assert scored(public, {"task_gid": "b", "is_public": False}, links=link)["a"]["has_private_part"]
    assert not scored(public, {"task_gid": "b", "is_public": True}, links=link)["a"]["has_private_part"]


def test_days_and_instants_may_be_text() -> None:
    work = pl.DataFrame({"task_gid": ["1", "2"], "due_on": [in_days(3), None]})
    links = pl.DataFrame({"task_gid": ["1"], "depends_on_gid": ["3"], "done_at": [AS_OF]})
    text = Backlog(
        work.with_columns(pl.col("due_on").dt.strftime("%Y-%m-%d")),
        links=links.with_columns(pl.col("done_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ")),
    )
    told = score_tasks(text, NO_ROWS, RUBRIC, AS_OF)
    assert told.equals(score_tasks(Backlog(work, links=links), NO_ROWS, RUBRIC, AS_OF))
    assert told.row(0, named=True)["due_on"] == in_days(3)


def test_what_is_finished_later_explains_nothing() -> None:
    week = timedelta(days=7)
    work = pl.DataFrame({"task_gid": ["1", "2", "3"], "left_hours": [8.0, 1.0, 7.0]})
    link = pl.DataFrame({"task_gid": ["1"], "depends_on_gid": ["2"]})
    before = score_tasks(Backlog(work, links=link), NO_ROWS, RUBRIC, AS_OF - week)
    for done_at, cause in ((AS_OF, "its blocker was finished"), (AS_OF + week, "it no longer waits for another task")):
        links = link.with_columns(done_at=pl.lit(done_at))
        told = score_tasks(Backlog(work.filter(pl.col("task_gid") != "2"), links=links), before, RUBRIC, AS_OF)
        assert told.row(by_predicate=pl.col("task_gid") == "1", named=True)["rank_cause"] == cause


def test_a_backlog_without_any_task_has_no_scores() -> None:
    assert score_tasks(
        Backlog(pl.DataFrame({"task_gid": []}, schema={"task_gid": pl.String})), NO_ROWS, RUBRIC, AS_OF
    ).is_empty()


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (pl.DataFrame({"name": ["x"]}), "work: column(s) missing: task_gid"),
        (pl.DataFrame({"task_gid": ["1", None]}), "work: task_gid is missing in 1 row(s), first in row 1"),
        (pl.DataFrame({"task_gid": ["1", "1"], "name": ["x", "y"]}), "work: task_gid 1 has several rows"),
        (pl.DataFrame({"task_gid": ["1"], "due_on": ["soon"]}), "work, row 0: 'due_on' is 'soon'"),
        (pl.DataFrame({"task_gid": ["1"], "left_hours": ["much"]}), "work: a column does not fit its type"),
        (pl.LazyFrame({"task_gid": ["1"]}), "work is a polars.LazyFrame"),
    ],
)
def test_a_wrong_frame_is_named_with_its_column_and_row(work: pl.DataFrame, said: str) -> None:
    with pytest.raises(PermanentError) as wrong:
        Backlog(work)
    assert said in str(wrong.value)
    assert wrong.value.fix


def test_wrong_weights_and_thresholds_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one weight"):
        PrioritySettings(weights=PriorityWeights(**dict.fromkeys(PARTS, 0.0)))
    with pytest.raises(ValueError, match="must not rise"):
        PrioritySettings(p0_from=10, p1_from=20)
