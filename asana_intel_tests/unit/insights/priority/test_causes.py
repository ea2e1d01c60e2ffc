"""Why a rank changed, as a person would say it after "Up 12 places since last week: "."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from asana_intel.insights.priority import score_tasks
from asana_intel.insights.priority.causes import CAUSES
from asana_intel.work_settings import PrioritySettings
from asana_intel_tests.unit.insights.priority.worlds import AS_OF, GOAL, NO_ROWS, TODAY, backlog, built, effort, worlds

WEEK = timedelta(weeks=1)
Frames = dict[str, Any]
RIVALS = ("r1", "r2", "r3")


def cause(then: Frames, now: Frames) -> tuple[str | None, str | None]:
    """Cause and object for task `a`, among rivals that stay as they are; `task` holds its own columns."""

    def scores(frames: Frames, before: Any, as_of: datetime) -> Any:
        own = {"task_gid": "a"} | frames.get("task", {})
        rest = [{"task_gid": gid} for gid in (*RIVALS, *frames.get("others", ()))]
        rivals = [effort(gid, h / 2, h, h * 2) for gid, h in zip(RIVALS, (2.0, 4.0, 7.0), strict=True)]
        given = {name: value for name, value in frames.items() if name not in ("task", "others")}
        given["effort"] = [*given.get("effort", [effort("a", 2, 5, 9)]), *rivals]
        return score_tasks(backlog(own, *rest, **given), before, PrioritySettings(), as_of)

    before = scores(then, NO_ROWS, AS_OF - WEEK)
    (row,) = [row for row in scores(now, before, AS_OF).iter_rows(named=True) if row["task_gid"] == "a"]
    assert row["rank_before"] != row["rank"]
    assert row["score_before"] is not None
    return row["rank_cause"], row["cause_gid"]


SUPPORTED: Frames = {
    "task": {"project_gid": "p1"},
    "goals": [GOAL],
    "supports": [{"goal_gid": "g1", "project_gid": "p1", "unit_per_task": 1.0}],
}
AWAITED: Frames = {"others": ["b"], "links": [{"task_gid": "b", "depends_on_gid": "a"}]}
WAITS: Frames = {"others": ["b"], "links": [{"task_gid": "a", "depends_on_gid": "b"}]}
DONE: Frames = {"links": [{"task_gid": "a", "depends_on_gid": "b", "done_at": datetime(2026, 3, 3, tzinfo=UTC)}]}
SURE = {"p_attain": 0.9999, "p_attain_change": 0.4999, "value_p10": 60.0, "value_p50": 70.0, "value_p90": 80.0}
SAFE: Frames = SUPPORTED | {"goals": [GOAL | SURE]}
BEHIND: Frames = SUPPORTED | {"goals": [GOAL | {"p_attain_change": -0.48}]}


def due(days: int | None) -> Frames:
    return {"task": {"due_on": None if days is None else TODAY + timedelta(days=days)}}


def signal(**more: Any) -> Frames:
    return {"signals": [{"task_gid": "a"} | more]}


@pytest.mark.parametrize(
    ("then", "now", "said", "about"),
    [
        (WAITS, DONE | {"others": []}, "its blocker was finished", "b"),
        (WAITS, {"others": ["b"]}, "it no longer waits for another task", None),
        ({"others": ["b"]}, WAITS, "it waits for another task", "b"),
        (due(5), due(5), "its due day came closer", "a"),
        (due(30), due(3), "its due day was moved closer", "a"),
        (due(3), due(60), "its due day was moved back", "a"),
        (due(None), due(3), "it was given a due day", "a"),
        (due(3), due(None), "its due day was taken away", "a"),
        ({"others": ["b"]}, AWAITED, "more tasks wait for it", "a"),
        ({"effort": [effort("a", 10, 20, 40)]}, {"effort": [effort("a", 0.5, 1, 2)]}, "less work is left on it", "a"),
        ({"effort": [effort("a", 0.5, 1, 2)]}, {"effort": [effort("a", 10, 20, 40)]}, "more work is left on it", "a"),
        ({}, signal(commenters=5), "it was commented on", "a"),
        ({}, signal(followers=9), "more people follow it", "a"),
        (signal(set_priority=0.0), signal(set_priority=1.0), "people raised its priority", "a"),
        (signal(set_priority=1.0), signal(set_priority=0.0), "people lowered its priority", "a"),
        (signal(business_value=0.1), signal(business_value=0.9), "its business value was raised", "a"),
        ({}, SUPPORTED, "it serves an open goal now", "g1"),
        (SUPPORTED, {"task": {"project_gid": "p1"}}, "it no longer serves an open goal", "g1"),
        (SUPPORTED, SAFE, "its goal is safer now", "g1"),
        (SAFE, BEHIND, "its goal fell behind", "g1"),
    ],
)  # fmt: skip
def test_the_part_that_moved_most_says_why(then: Frames, now: Frames, said: str, about: str | None) -> None:
    assert cause(then, now) == (said, about)


def test_who_has_more_time_moves_a_task_up() -> None:
    def hours(assigned: float) -> Frames:
        load = [{"owner_gid": "u", "available_hours": 80.0, "assigned_hours": assigned}]
        return {"task": {"person_gid": "u"}, "load": load}

    assert cause(hours(80), hours(0)) == ("who would do it has more time", "a")


def test_where_its_own_score_stood_still_the_others_moved() -> None:
    rival = {"signals": [{"task_gid": "r3", "set_priority": 1.0, "likes": 9}]}
    assert cause({}, rival) == ("others moved ahead of it", None)
    assert cause(rival, {}) == ("others fell behind it", None)


@settings(max_examples=10, deadline=None)
@given(worlds(), worlds())
def test_every_cause_is_from_the_closed_list_and_only_a_changed_rank_has_one(
    then: dict[str, Any], now: dict[str, Any]
) -> None:
    before = score_tasks(built(then), NO_ROWS, PrioritySettings(), AS_OF - WEEK)
    for row in score_tasks(built(now), before, PrioritySettings(), AS_OF).iter_rows(named=True):
        has_moved = row["rank_before"] not in (None, row["rank"])
        assert (row["rank_cause"] in CAUSES) == has_moved
        assert row["cause_gid"] is None or has_moved
        assert (row["rank_before"] is not None) == (row["task_gid"] in then["tasks"])
