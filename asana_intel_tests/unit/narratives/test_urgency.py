"""Urgency from structure: more trouble is never less urgent, a past week knows nothing later, people have no rank."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.narratives.tone.comments import read_comments
from asana_intel.narratives.tone.urgency import MOST_DAYS, PARTS, READS, project_urgency, urgency
from asana_intel.storage.contracts import CONTRACTS, conform, empty_frame

WEEK_ON = dt.date(2026, 3, 2)
AS_OF = dt.datetime(2026, 3, 8, 12, tzinfo=dt.UTC)
LATER = AS_OF + dt.timedelta(days=1)


def ago(days: float) -> dt.datetime:
    return AS_OF - dt.timedelta(days=days)


def due(days: int) -> dt.date:
    return AS_OF.date() + dt.timedelta(days=days)


class World:
    """Project 100 with tasks 1, 2 and 3: open, made 60 days ago, due nowhere."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {key: [] for key in READS}
        self.add("projects", project_gid="100", is_archived=False, is_completed=False)
        for gid in "123":
            self.task(gid)

    def add(self, table: str, **row: Any) -> World:
        self.rows[f"staging/{table}"].append(row)
        return self

    def task(self, gid: str, project: str = "100", notes: str | None = None) -> World:
        since = {"task_gid": gid, "valid_from": ago(60)}
        self.add("tasks", task_gid=gid, is_completed=False, created_at=ago(60), notes=notes)
        self.add("task_lifetimes", **since)
        self.add("task_completion_intervals", **since, is_completed=False, source="record")
        return self.add("task_section_intervals", **since, project_gid=project, source="record")

    def dated(self, gid: str, *dates: tuple[dt.datetime, int]) -> World:
        """Due dates from their instants on, as days from today."""
        ends = [at for at, _ in dates[1:]] + [None]
        for (at, days), end in zip(dates, ends, strict=True):
            self.add("task_date_intervals", task_gid=gid, due_on=due(days), valid_from=at, valid_to=end, source="story")
        return self

    def told(self, gid: str, subtype: str, at: dt.datetime, **row: Any) -> World:
        number = str(len(self.rows["staging/stories"]))
        made = {"story_gid": number, "target_gid": gid, "subtype": subtype, "created_at": at, "author_gid": "p"}
        return self.add("stories", **(made | row))

    def read(self, key: str) -> pl.DataFrame:
        schema = CONTRACTS[key].schema
        rows = [dict.fromkeys(schema) | row for row in self.rows[key]]
        return pl.DataFrame(rows, schema=schema) if rows else empty_frame(CONTRACTS[key])

    def all(self, as_of: dt.datetime = AS_OF) -> dict[str, dict[str, Any]]:
        comments = read_comments(self.read, as_of - dt.timedelta(weeks=26), LATER + dt.timedelta(days=9))
        rows = conform(CONTRACTS["narratives/urgency"], project_urgency(self.read, comments, WEEK_ON, as_of))
        return {row["project_gid"]: row for row in rows.iter_rows(named=True)}

    def row(self, as_of: dt.datetime = AS_OF) -> dict[str, Any]:
        return self.all(as_of)["100"]


AMOUNTS = {
    "open_tasks": st.integers(1, 10_000),
    **{part.column: st.integers(0, 100_000) for part in PARTS},
}


@given(
    amounts=st.fixed_dictionaries(AMOUNTS), more=st.integers(1, 1_000), at=st.sampled_from([p.column for p in PARTS])
)
def test_more_of_any_part_is_never_less_urgent_and_urgency_stays_in_0_to_1(
    amounts: dict[str, int], more: int, at: str
) -> None:
    frame = pl.DataFrame([amounts, amounts | {at: amounts[at] + more}])
    less, greater = frame.select(urgency())[:, 0]
    assert 0 <= less <= greater <= 1


@pytest.mark.parametrize("part", [part.column for part in PARTS])
def test_every_part_alone_is_urgent(part: str) -> None:
    calm = {"open_tasks": 3} | {p.column: 0 for p in PARTS}
    found = pl.DataFrame([calm, calm | {part: 3}]).select(urgency())[:, 0]
    assert found[0] == 0
    assert found[1] > 0


def test_a_calm_project_that_was_touched_today_is_not_urgent() -> None:
    row = World().told("1", "comment_added", ago(0.5), text="Moved the meeting.").row()
    assert (row["urgency"], row["rank"], row["open_tasks"], row["silent_days"]) == (0, 1, 3, 0)


def test_late_work_is_counted_and_one_forgotten_task_counts_for_a_month_at_most() -> None:
    row = World().dated("1", (ago(60), -4)).dated("2", (ago(60), -400)).dated("3", (ago(60), 0)).row()
    assert (row["overdue_tasks"], row["overdue_days"]) == (2, 4 + MOST_DAYS)


def test_work_waits_only_for_open_work_and_since_both_were_open() -> None:
    world = (
        World()
        .add("task_dependencies", task_gid="1", depends_on_gid="2")
        .told("1", "dependency_added", ago(5.5), dependency_gid="2")
    )
    assert (world.row()["blocked_tasks"], world.row()["blocked_days"]) == (1, 5)
    for interval in world.rows["staging/task_completion_intervals"]:
        if interval["task_gid"] == "2":
            interval["valid_to"] = ago(1)
    world.add("task_completion_intervals", task_gid="2", is_completed=True, valid_from=ago(1), source="story")
    assert (world.row()["blocked_tasks"], world.row()["open_tasks"]) == (0, 2)


def test_dates_put_off_in_four_weeks_count_and_dates_pulled_in_do_not() -> None:
    world = World().dated("1", (ago(60), 10), (ago(40), 15), (ago(20), 20), (ago(10), 12), (ago(2), 30))
    assert world.row()["pushed_dates"] == 2


def test_silence_ends_with_the_last_word_or_change_but_not_with_our_own_post() -> None:
    world = World().told("1", "comment_added", ago(9.5), text="Hello.")
    assert world.row()["silent_days"] == 9
    assert world.told("1", "comment_added", ago(2), text="Odds fell.\n\nref AIW-U75VRVH3L5IE").row()["silent_days"] == 9
    assert world.told("2", "assigned", ago(3.5), text="assigned to Ann").row()["silent_days"] == 3


def test_a_project_without_open_tasks_or_that_is_archived_or_was_completed_has_no_row() -> None:
    world = World().add("projects", project_gid="200", is_archived=False, is_completed=False)
    world.add("projects", project_gid="300", is_archived=True, is_completed=False).task("4", "300")
    world.add("projects", project_gid="400", is_archived=False, is_completed=True, completed_at=ago(1)).task("5", "400")
    world.add("projects", project_gid="500", is_archived=False, is_completed=True, completed_at=LATER).task("6", "500")
    assert set(world.all()) == {"100", "500"}


def test_tasks_that_we_made_are_nobodys_work() -> None:
    assert World().task("4", notes="Review the load.\n\nref AIW-U75VRVH3L5IE").row()["open_tasks"] == 3


def troubled(world: World) -> World:
    """Everything that can go wrong, after the day."""
    world.told("1", "comment_added", LATER, text="This is urgent, we need it now!")
    world.told("2", "dependency_added", LATER, dependency_gid="3")
    world.add("task_dependencies", task_gid="2", depends_on_gid="3")
    world.task("4")
    for table in ("task_lifetimes", "task_completion_intervals", "task_section_intervals"):
        world.rows[f"staging/{table}"][-1]["valid_from"] = LATER
    return world


def test_a_past_week_knows_nothing_that_came_later() -> None:
    before = World().dated("1", (ago(30), -1)).row()
    after = troubled(World().dated("1", (ago(30), -1), (LATER, 30))).row()
    assert after == before


def test_a_dependency_that_was_taken_away_later_was_there() -> None:
    world = World().told("1", "dependency_removed", LATER, dependency_gid="2")
    assert world.row()["blocked_tasks"] == 1
    assert world.row(LATER + dt.timedelta(days=1))["blocked_tasks"] == 0


def test_a_dependency_that_was_taken_away_before_was_gone() -> None:
    world = World().told("1", "dependency_added", ago(9), dependency_gid="2")
    assert world.told("1", "dependency_removed", ago(3), dependency_gid="2").row()["blocked_tasks"] == 0


def test_a_dependency_without_a_story_is_taken_from_today() -> None:
    row = World().add("task_dependencies", task_gid="1", depends_on_gid="2").row()
    assert (row["blocked_tasks"], row["blocked_days"]) == (1, MOST_DAYS)


def written(world: World, task: str, text: str) -> World:
    for author in ("p", "q", "r"):
        world.told(task, "comment_added", ago(1), text=text, author_gid=author)
    return world


def test_words_break_ties_and_nothing_else() -> None:
    world = World().add("projects", project_gid="200", is_archived=False, is_completed=False)
    for gid in "456":
        world.task(gid, "200")
    written(written(world, "1", "Moved the meeting to Monday."), "4", "This is urgent.")
    tied = world.all()
    assert tied["100"]["urgency"] == tied["200"]["urgency"]
    assert (tied["200"]["rank"], tied["100"]["rank"]) == (1, 2)
    late = world.dated("1", (ago(60), -1)).all()
    assert (late["100"]["rank"], late["200"]["rank"]) == (1, 2)


def test_the_words_of_one_or_two_people_do_not_show() -> None:
    world = World().told("1", "comment_added", ago(1), text="This is urgent.")
    world.told("1", "comment_added", ago(1), text="This is urgent.", author_gid="q")
    assert world.row()["urgent_words"] is None
    assert world.told("1", "comment_added", ago(1), text="Moved the meeting.", author_gid="r").row()[
        "urgent_words"
    ] == pytest.approx(2 / 3)


def test_no_column_names_a_person() -> None:
    for key in ("narratives/urgency", "narratives/tone_trend"):
        names = CONTRACTS[key].schema.names()
        assert not [name for name in names if "person" in name or name.endswith("author_gid") or "name" in name]
