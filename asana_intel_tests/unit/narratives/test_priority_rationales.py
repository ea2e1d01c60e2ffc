"""Why a task has its place: the largest parts of its score, what moved it, and nothing that counts against it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.narratives.facts import FactSheet
from asana_intel.narratives.outlines.outline import compose, text_of
from asana_intel.narratives.outlines.priority import CLAIMS, OUTLINE
from asana_intel.narratives.sheets.priority import SCORES, sheets_of_scores

NUMBER = re.compile(r"\d[\d,.]*\d|\d")
TASK: dict[str, Any] = {
    "task_gid": "12", "name": "Order the signs", "score": 81.6, "rank": 1, "rank_before": 13,
    "rank_cause": "its blocker was finished", "strategic": 34.2, "effort": 6.0, "urgency": 21.0, "dependency": 12.0,
    "stakeholders": 5.0, "capacity": 3.4, "goal_gid": "9", "goal_name": "Win 40 shops", "goal_points": 34.2,
    "blocked_tasks": 4, "due_on": date(2026, 3, 31), "confidence": 0.9,
}  # fmt: skip


def sheet_of(**changes: Any) -> FactSheet:
    (sheet,) = sheets_of_scores(pl.DataFrame([TASK | changes], schema=SCORES))
    return sheet


def story(sheet: FactSheet) -> str:
    return text_of(compose(sheet, OUTLINE.choose(sheet)))


def test_a_rank_reads_as_a_person_would_explain_it() -> None:
    assert story(sheet_of()) == (
        "Ranked 1 of 1 open task at 82 points: 34 for Win 40 shops, 21 for the due day 31 Mar 2026 and 12 because "
        "4 tasks wait for it. Up 12 places since last week: its blocker was finished."
    )


def test_the_place_is_among_all_ranked_tasks_and_the_first_comes_first() -> None:
    rows = [TASK | {"task_gid": str(n), "rank": n} for n in (3, 1, 2)]
    sheets = sheets_of_scores(pl.DataFrame(rows, schema=SCORES))
    assert [s.subject["task_gid"] for s in sheets] == ["1", "2", "3"]
    assert story(sheets[2]).startswith("Ranked 3 of 3 open tasks at 82 points")


def test_the_largest_parts_are_named_largest_first() -> None:
    told = story(sheet_of(strategic=4, goal_points=4, effort=30, capacity=10, dependency=0, urgency=2, stakeholders=9))
    assert "30 for its small effort, 10 for free capacity and 9 for the interest taken in it." in told
    assert "Win 40 shops" not in told


def test_a_part_that_is_zero_negative_or_missing_is_not_named() -> None:
    told = story(sheet_of(effort=-3.0, urgency=0.4, dependency=None, stakeholders=0.0, capacity=-0.1))
    assert told.startswith("Ranked 1 of 1 open task at 82 points: 34 for Win 40 shops. Up")


def test_points_without_their_evidence_are_not_named() -> None:
    told = story(sheet_of(due_on=None, blocked_tasks=0))
    assert "due day" not in told
    assert "wait" not in told


def test_no_path_to_a_goal_is_said_plainly() -> None:
    sheet = sheet_of(goal_gid=None, goal_name=None, goal_points=None)
    assert "no_goal" in sheet.required
    assert story(sheet).startswith("Ranked 1 of 1 open task at 82 points, with no path to a goal: 21 for the due day")


def test_a_task_that_nothing_speaks_for_says_so() -> None:
    nothing = dict.fromkeys(("strategic", "effort", "urgency", "dependency", "stakeholders", "capacity"), 0.0)
    told = story(sheet_of(score=0.0, goal_points=0.0, rank_before=1, **nothing))
    assert told == (
        "Ranked 1 of 1 open task at 0 points: no part of the score speaks for it. Unchanged since last week."
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"rank": 5, "rank_before": 4, "rank_cause": "its due day moved."},
            "Down 1 place since last week: its due day",
        ),
        ({"rank_cause": None}, "Up 12 places since last week."),
        ({"rank_before": 1}, "Unchanged since last week."),
        ({"rank_before": None}, "It is new in the ranking."),
        ({"confidence": 0.31}, "its blocker was finished; confidence is low at 31 %."),
    ],
)
def test_what_moved_it_and_how_sure_we_are_is_said(changes: dict[str, Any], said: str) -> None:
    assert said in story(sheet_of(**changes))


def test_one_waiting_task_waits() -> None:
    assert "12 because 1 task waits for it" in story(sheet_of(blocked_tasks=1))


def test_a_long_goal_leaves_room_for_what_moved_the_task() -> None:
    told = story(sheet_of(goal_name="Win forty shops in the north and south of Europe", confidence=0.2))
    assert "34 for Win forty shops in the north and south… and 21 for" in told
    assert told.endswith("its blocker was finished; confidence is low at 20 %.")


names = st.sampled_from(["", " ", "Win 40 shops", "v2.0", "متجر 12", "🚀🚀", "Q3/26 \u202e7", "99 % " * 40, None])
points = st.sampled_from([None, 0.0, -5.0, 0.49, 0.5, 100.0]) | st.floats(-100, 100)
tasks = st.fixed_dictionaries(
    {
        "name": names, "score": st.floats(0, 100), "rank": st.integers(1, 10**6),
        "rank_before": st.integers(1, 10**6) | st.none(),
        "rank_cause": st.sampled_from([None, "", "its due day moved", "word " * 30]),
        "strategic": points, "effort": points, "urgency": points, "dependency": points, "stakeholders": points,
        "capacity": points, "goal_gid": st.sampled_from(["9", None]), "goal_name": names, "goal_points": points,
        "blocked_tasks": st.integers(0, 10**6) | st.none(), "due_on": st.dates() | st.none(),
        "confidence": st.floats(0, 1) | st.none(),
    }
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(tasks)
def test_every_number_is_a_facts_nothing_required_is_missing_and_the_text_is_short(task: dict[str, Any]) -> None:
    sheet = sheet_of(**task)
    chosen = OUTLINE.choose(sheet)
    told = text_of(compose(sheet, chosen))
    assert OUTLINE.check(sheet, chosen) == []
    assert [c.part for c in chosen] == ["place", "move"]
    assert 15 <= len(told.split()) <= 45, told
    assert set(NUMBER.findall(told)) <= {n for fact in sheet for n in NUMBER.findall(fact.text)}, told
    assert all(gid in {"12", "9"} for gid in sheet.sources([f for c in chosen for f in c.facts]))


def test_claim_ids_tell_all_claims_apart() -> None:
    assert len({c.claim_id for c in CLAIMS}) == len(CLAIMS)
