"""The rationale of a week's first tasks: places among the public tasks, and nothing that is private."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from asana_intel.narratives.narrate import TemplateWriter, narrate_week
from asana_intel.narratives.narrated import NARRATED
from asana_intel.narratives.sheets.priority import READS, TOLD_TASKS, sheets_of_week
from asana_intel.storage.contracts import CONTRACTS, conform
from asana_intel_tests.unit.narratives.bars import frame

WEEK_ON = date(2026, 3, 2)
BEFORE = WEEK_ON - timedelta(weeks=1)
AS_OF = datetime(2026, 3, 4, 6, tzinfo=UTC)
ROW: dict[str, Any] = {
    "as_of_on": WEEK_ON, "as_of_at": AS_OF, "name": "Order the signs", "score": 50.0, "strategic": 20.0,
    "urgency": 12.0, "dependency": 0.0, "stakeholders": 4.0, "effort": 9.0, "capacity": 5.0, "confidence": 0.9,
    "goal_gid": "9", "goal_points": 20.0, "blocked_tasks": 0, "due_on": date(2026, 3, 31), "is_public": True,
    "has_private_part": False, "rank_cause": "its due day came closer",
}  # fmt: skip
Read = Callable[..., pl.DataFrame]


def reader(*rows: dict[str, Any], goal: str = "public_to_workspace") -> Read:
    frames = {
        "insights/task_priority": frame("insights/task_priority", *(ROW | row for row in rows)),
        "staging/goals": frame("staging/goals", {"goal_gid": "9", "name": "Win 40 shops", "privacy_setting": goal}),
    }

    def read(key: str, /, *, partition: date | None = None) -> pl.DataFrame:
        rows = frames.get(key, frame(key))
        return rows if partition is None else rows.filter(pl.col("as_of_on") == partition)

    return read


def told(read: Read) -> dict[str, str]:
    """Text by task."""
    (kind,) = (narrated for narrated in NARRATED if narrated.table == "narratives/priority_rationale")
    assert kind.reads == READS
    table = narrate_week(read, TemplateWriter(), WEEK_ON, AS_OF, [kind])[kind.table]
    conform(CONTRACTS[kind.table], table)
    return dict(table.select("task_gid", "text").iter_rows())


def test_places_are_those_among_the_tasks_that_everybody_may_read() -> None:
    read = reader(
        {"task_gid": "1", "rank": 1, "rank_before": 1, "is_public": False, "public_rank": None, "name": "CANARY"},
        {"task_gid": "2", "rank": 2, "rank_before": 4, "public_rank": 1},
        {"task_gid": "3", "rank": 3, "rank_before": None, "public_rank": 2},
        {"task_gid": "2", "rank": 4, "public_rank": 3, "as_of_on": BEFORE},
        {"task_gid": "1", "rank": 1, "is_public": False, "as_of_on": BEFORE},
    )
    texts = told(read)
    assert texts["2"] == (
        "Ranked 1 of 2 open tasks at 50 points: 20 for Win 40 shops, 12 for the due day 31 Mar 2026 and 9 for its "
        "small effort. Up 2 places since last week: its due day came closer."
    )
    assert texts["3"].endswith("It is new in the ranking.")
    assert set(texts) == {"2", "3"}


def test_a_cause_of_the_whole_list_is_left_out_where_the_public_place_moved_the_other_way() -> None:
    read = reader(
        {"task_gid": "2", "rank": 9, "rank_before": 7, "public_rank": 1},
        {"task_gid": "2", "rank": 7, "public_rank": 3, "as_of_on": BEFORE},
    )
    assert told(read)["2"].endswith("Up 2 places since last week.")


def test_a_task_whose_points_come_from_what_is_private_is_not_explained_and_keeps_its_place() -> None:
    read = reader(
        {"task_gid": "1", "rank": 1, "public_rank": 1, "has_private_part": True},
        {"task_gid": "2", "rank": 2, "public_rank": 2},
    )
    assert {gid: text[:29] for gid, text in told(read).items()} == {"2": "Ranked 2 of 2 open tasks at 5"}


def test_a_private_goal_is_neither_named_nor_denied() -> None:
    text = told(reader({"task_gid": "1", "rank": 1, "public_rank": 1}, goal="members_only"))["1"]
    assert "Win 40 shops" not in text
    assert "no path to a goal" not in text


def test_the_due_day_of_a_task_that_waits_for_it_is_not_told_as_its_own() -> None:
    text = told(reader({"task_gid": "1", "rank": 1, "public_rank": 1, "urgent_for_gid": "7"}))["1"]
    assert "due day 31 Mar" not in text


def test_only_the_first_are_told() -> None:
    rows = [{"task_gid": f"{n:03}", "rank": n, "public_rank": n} for n in range(1, TOLD_TASKS + 9)]
    sheets = sheets_of_week(reader(*rows), WEEK_ON, AS_OF)
    assert [sheet.subject["task_gid"] for sheet in sheets] == [f"{n:03}" for n in range(1, TOLD_TASKS + 1)]
    assert sheets[0].text("ranked") == f"{TOLD_TASKS + 8} open tasks"


def test_a_week_without_scores_has_no_rationales() -> None:
    assert told(reader()) == {}
