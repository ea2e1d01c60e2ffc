"""Intervals of tasks: what stories tell, what syncs saw, what only the record knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.staging import task_history
from asana_intel.staging.clean import Cleaned
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.contracts.staging import HISTORY_TABLES

Stage = Callable[..., Cleaned]
Row = dict[str, Any]

SEEN_DAY = 20
SECTIONS = {"21": "20", "22": "20", "31": "30"}


def at(day: float) -> datetime:
    """Midnight of a day of January 2026, or a fraction of it later."""
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day - 1)


def iso(day: float) -> str:
    return at(day).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def task(gid: str = "1", **values: Any) -> Row:
    return {"gid": gid, "completed": False, "created_at": iso(1), "custom_fields": []} | values


class Told:
    """Stories of a task, numbered in the order in which they are told."""

    def __init__(self, task_gid: str = "1") -> None:
        self.stories: list[Row] = []
        self._task = task_gid

    def __call__(self, day: float, subtype: str, **facts: Any) -> Told:
        gid = str(900 + len(self.stories))
        story = {"gid": gid, "target": {"gid": self._task}, "created_at": iso(day), "resource_subtype": subtype}
        self.stories.append(story | facts)
        return self


@pytest.fixture
def intervals(stage: Stage) -> Callable[..., list[tuple[Any, ...]]]:
    """Rows of a history table without the task and the source, ordered by key and time; days instead of instants."""

    def rows(
        table: str,
        record: Row | None,
        told: Told | None = None,
        *,
        seen: float = SEEN_DAY,
        before: tuple[tuple[float, float, Row | None], ...] = (),
        deleted: float | None = None,
        source: bool = False,
    ) -> list[tuple[Any, ...]]:
        made = stage(
            table,
            tasks=_raw("tasks", [record or task()], seen, deleted),
            stories=_raw("stories", told.stories if told else [], seen, deleted),
            record_versions=_versions(before),
            sections=_raw("sections", [{"gid": s, "project": {"gid": p}} for s, p in SECTIONS.items()], seen),
        )
        contract = CONTRACTS[f"staging/{table}"]
        held_to_shape(made.frame, contract.unique)
        frame = made.frame.sort(contract.unique).drop("task_gid", *([] if source else ["source"]), strict=False)
        return [tuple(_day(value) for value in row) for row in frame.iter_rows()]

    return rows


def held_to_shape(frame: pl.DataFrame, unique: tuple[str, ...]) -> None:
    """No interval is empty, none overlaps the next of its key, and equal neighbours are one."""
    keys, values = unique[:-1], [c for c in frame.columns if c not in {*unique, "valid_to", "source"}]
    ordered = frame.sort(unique)
    assert ordered.filter(pl.col("valid_to") <= pl.col("valid_from")).is_empty()
    following = ordered.select(pl.all().shift(-1).name.prefix("next_"))
    pairs = pl.concat([ordered, following], how="horizontal").filter(
        pl.all_horizontal(pl.col(k) == pl.col(f"next_{k}") for k in keys)
    )
    assert pairs.filter(pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.col("next_valid_from"))).is_empty()
    if values:
        same = pl.all_horizontal(pl.col(v).eq_missing(pl.col(f"next_{v}")) for v in values)
        assert pairs.filter(same, pl.col("valid_to") == pl.col("next_valid_from")).is_empty()


def _day(value: Any) -> Any:
    days = (value - at(1)).total_seconds() / 86400 + 1 if isinstance(value, datetime) else value
    return int(days) if isinstance(days, float) and days.is_integer() else days


def _raw(resource: str, records: list[Row], seen: float, deleted: float | None = None) -> pl.DataFrame:
    schema = CONTRACTS[f"raw/{resource}"].schema
    gone_at = at(deleted) if deleted else None
    stamps = {"record_hash": "h", "first_seen_at": at(seen), "changed_at": gone_at or at(seen), "deleted_at": gone_at}
    rows = [dict.fromkeys(schema) | {"gid": r["gid"], "record": json.dumps(r)} | stamps for r in records]
    return pl.DataFrame(rows, schema=schema)


def _versions(before: tuple[tuple[float, float, Row | None], ...]) -> pl.DataFrame:
    rows = [
        {
            "resource": "tasks",
            "gid": "1",
            "valid_from": at(start),
            "valid_to": at(end),
            "is_deleted": record is None,
            "record": json.dumps(record or task()),
        }
        for start, end, record in before
    ]
    return pl.DataFrame(rows, schema=CONTRACTS["raw/record_versions"].schema)


# -- lifetimes


def test_a_task_is_there_from_its_creation_until_its_deletion(intervals) -> None:
    assert intervals("task_lifetimes", task()) == [(1, None)]
    assert intervals("task_lifetimes", task(), deleted=25) == [(1, 25)]


def test_a_task_that_came_back_was_there_twice(intervals) -> None:
    gone = ((20, 22, task()), (22, 24, None))
    assert intervals("task_lifetimes", task(), seen=24, before=gone) == [(1, 22), (24, None)]
    assert intervals("task_completion_intervals", task(), seen=24, before=gone) == [(False, 1, 22), (False, 24, None)]


def test_deleted_tasks_end_all_their_intervals(intervals) -> None:
    record = task(assignee={"gid": "70"}, due_on="2026-01-09", projects=[{"gid": "20"}])
    record["custom_fields"] = [{"gid": "40", "number_value": 3}]
    told = Told()(3, "assigned", assignee={"gid": "70"})
    for contract in HISTORY_TABLES:
        rows = intervals(contract.name, record, told, deleted=25)
        assert [row for row in rows if row[-1] is None] == [], contract.name
        assert rows[-1][-1] == 25, contract.name


# -- completion


def test_a_task_that_was_reopened_is_open_twice(intervals) -> None:
    told = Told()(3, "marked_complete")(5, "marked_incomplete")(8, "marked_complete")
    record = task(completed=True, completed_at=iso(8))
    assert intervals("task_completion_intervals", record, told) == [
        (False, 1, 3), (True, 3, 5), (False, 5, 8), (True, 8, None),
    ]  # fmt: skip


def test_a_completion_that_no_story_tells_counts_from_when_the_record_says(intervals) -> None:
    record = task(completed=True, completed_at=iso(8))
    assert intervals("task_completion_intervals", record, source=True) == [
        (False, 1, 8, "record"), (True, 8, None, "record"),
    ]  # fmt: skip


def test_a_task_that_was_done_when_it_was_created_was_never_open(intervals) -> None:
    assert intervals("task_completion_intervals", task(completed=True, completed_at=iso(1))) == [(True, 1, None)]


def test_a_decided_approval_is_done_and_a_pending_one_is_not(intervals) -> None:
    told = Told()(3, "approval_status_changed", old_approval_status="pending", new_approval_status="rejected")
    told(4, "approval_status_changed", old_approval_status="rejected", new_approval_status="approved")
    told(6, "approval_status_changed", old_approval_status="approved", new_approval_status="pending")
    assert intervals("task_completion_intervals", task(), told) == [(False, 1, 3), (True, 3, 6), (False, 6, None)]


def test_a_story_that_the_record_contradicts_does_not_stand(intervals) -> None:
    told = Told()(3, "marked_complete")
    assert intervals("task_completion_intervals", task(), told) == [(False, 1, 3), (True, 3, 20), (False, 20, None)]
    late = Told()(3, "marked_complete")(22, "marked_incomplete")(23, "marked_complete")
    done = task(completed=True, completed_at=iso(3))
    assert intervals("task_completion_intervals", done, late) == [
        (False, 1, 3), (True, 3, 22), (False, 22, 23), (True, 23, None),
    ]  # fmt: skip
    assert intervals("task_completion_intervals", task(), late)[-1] == (False, 20, None)


# -- assignees


def test_nobody_had_a_task_before_it_was_first_assigned(intervals) -> None:
    told = Told()(3, "assigned", assignee={"gid": "70"})(6, "unassigned")(7, "assigned", assignee={"gid": "71"})
    assert intervals("task_assignee_intervals", task(assignee={"gid": "71"}), told) == [
        (None, 1, 3), ("70", 3, 6), (None, 6, 7), ("71", 7, None),
    ]  # fmt: skip


def test_an_assignee_of_whom_no_story_tells_had_the_task_from_the_start(intervals) -> None:
    rows = intervals("task_assignee_intervals", task(assignee={"gid": "70"}), source=True)
    assert rows == [("70", 1, None, "record")]


def test_what_two_syncs_saw_differently_changed_when_the_later_looked(intervals) -> None:
    before = ((10, 15, task(assignee={"gid": "70"})), (15, 20, task(assignee=None)))
    rows = intervals("task_assignee_intervals", task(assignee={"gid": "71"}), before=before, source=True)
    assert rows == [("70", 1, 15, "record"), (None, 15, 20, "snapshot"), ("71", 20, None, "snapshot")]


def test_a_change_during_a_sync_counts_from_its_story_and_not_from_the_syncs_start(intervals) -> None:
    told = Told()(3, "assigned", assignee={"gid": "70"})(20.25, "assigned", assignee={"gid": "71"})
    assert intervals("task_assignee_intervals", task(assignee={"gid": "71"}), told) == [
        (None, 1, 3), ("70", 3, 20.25), ("71", 20.25, None),
    ]  # fmt: skip


# -- dates


def moved(old: str | None, new: str | None) -> Row:
    return {"old_dates": {"start_on": None, "due_on": old}, "new_dates": {"start_on": None, "due_on": new}}


def test_a_due_date_stood_as_the_first_story_says_until_that_story(intervals) -> None:
    told = Told()(3, "due_date_changed", **moved("2026-01-05", "2026-01-09"))
    told(6, "due_date_changed", **moved("2026-01-09", None))
    assert intervals("task_date_intervals", task(), told, source=True) == [
        (None, date(2026, 1, 5), 1, 3, "story"),
        (None, date(2026, 1, 9), 3, 6, "story"),
        (None, None, 6, None, "story"),
    ]


def test_of_several_changes_at_one_instant_the_last_told_wins(intervals) -> None:
    told = Told()(3, "due_date_changed", **moved("2026-01-05", "2026-01-07"))
    told(3, "due_date_changed", **moved("2026-01-07", "2026-01-09"))
    assert intervals("task_date_intervals", task(due_on="2026-01-09"), told) == [
        (None, date(2026, 1, 5), 1, 3), (None, date(2026, 1, 9), 3, None),
    ]  # fmt: skip


def test_a_missing_story_is_made_up_for_by_what_the_next_one_and_the_record_say(intervals) -> None:
    told = Told()(3, "due_date_changed", **moved("2026-01-05", "2026-01-09"))
    told(8, "due_date_changed", **moved("2026-01-12", "2026-01-15"))
    assert intervals("task_date_intervals", task(due_on="2026-01-20"), told, source=True) == [
        (None, date(2026, 1, 5), 1, 3, "story"),
        (None, date(2026, 1, 9), 3, 8, "story"),
        (None, date(2026, 1, 15), 8, 20, "story"),
        (None, date(2026, 1, 20), 20, None, "record"),
    ]


def test_a_story_from_before_the_task_counts_from_its_creation(intervals) -> None:
    told = Told()(0.5, "due_date_changed", **moved(None, "2026-01-09"))
    assert intervals("task_date_intervals", task(due_on="2026-01-09"), told) == [(None, date(2026, 1, 9), 1, None)]


# -- sections


def place(*sections: str) -> Row:
    return {
        "memberships": [{"project": {"gid": SECTIONS[s]}, "section": {"gid": s}} for s in sections],
        "projects": [{"gid": SECTIONS[s]} for s in sections],
    }


def section_move(old: str, new: str) -> Row:
    return {"old_section": {"gid": old}, "new_section": {"gid": new}}


def test_a_task_stands_in_each_of_its_projects_on_its_own(intervals) -> None:
    told = Told()(4, "section_changed", **section_move("21", "22"))(6, "added_to_project", project={"gid": "30"})
    assert intervals("task_section_intervals", task(**place("22", "31")), told) == [
        ("20", "21", 1, 4), ("20", "22", 4, None), ("30", "31", 6, None),
    ]  # fmt: skip


def test_a_task_that_left_a_project_and_came_back_has_a_gap_there(intervals) -> None:
    told = Told()(2, "added_to_project", project={"gid": "20"})(4, "section_changed", **section_move("21", "22"))
    told(5, "removed_from_project", project={"gid": "20"})(9, "added_to_project", project={"gid": "20"})
    assert intervals("task_section_intervals", task(**place("21")), told) == [
        ("20", "21", 2, 4), ("20", "22", 4, 5), ("20", "21", 9, None),
    ]  # fmt: skip


def test_where_a_task_stood_that_was_never_moved_before_it_was_removed_is_not_known(intervals) -> None:
    told = Told()(5, "removed_from_project", project={"gid": "20"})
    assert intervals("task_section_intervals", task(), told) == [("20", None, 1, 5)]


def test_a_project_that_only_a_later_sync_saw_holds_the_task_from_then(intervals) -> None:
    before = ((10, 20, task(**place("21"))),)
    assert intervals("task_section_intervals", task(**place("21", "31")), before=before, source=True) == [
        ("20", "21", 1, None, "record"), ("30", "31", 20, None, "snapshot"),
    ]  # fmt: skip


# -- custom fields


def test_fields_keep_each_value_they_held(intervals) -> None:
    told = Told()(3, "number_custom_field_changed", custom_field={"gid": "40"}, old_number_value=2, new_number_value=5)
    told(4, "enum_custom_field_changed", custom_field={"gid": "41"}, old_enum_value=None, new_enum_value={"gid": "411"})
    told(5, "text_custom_field_changed", custom_field={"gid": "42"}, old_text_value="a", new_text_value="")
    told(6, "date_custom_field_changed", custom_field={"gid": "43"}, new_date_value={"due_on": "2026-01-09"})
    values = [
        {"gid": "40", "name": "Effort", "number_value": 5},
        {"gid": "41", "name": "Prio", "enum_value": {"gid": "411"}},
        {"gid": "42", "name": "Note", "text_value": None},
        {"gid": "43", "name": "Day", "date_value": {"date": "2026-01-09"}},
    ]
    assert intervals("task_field_intervals", task(custom_fields=values), told) == [
        ("40", "Effort", 2.0, None, None, None, 1, 3),
        ("40", "Effort", 5.0, None, None, None, 3, None),
        ("41", "Prio", None, None, "411", None, 4, None),
        ("42", None, None, "a", None, None, 1, 5),
        ("43", "Day", None, None, None, date(2026, 1, 9), 6, None),
    ]


def test_a_field_that_a_later_sync_saw_empty_or_gone_held_its_value_until_then(intervals) -> None:
    full = task(custom_fields=[{"gid": "40", "number_value": 2}, {"gid": "41", "number_value": 3}])
    record = task(custom_fields=[{"gid": "40", "number_value": None}])
    rows = intervals("task_field_intervals", record, before=((10, 20, full),))
    assert rows == [("40", None, 2.0, None, None, None, 1, 20), ("41", None, 3.0, None, None, None, 1, 20)]


# -- properties

CHANGE = st.tuples(st.integers(2, 400), st.sampled_from(["70", "71", "72", None]))
HISTORY = st.lists(CHANGE, max_size=8, unique_by=lambda change: change[0]).map(sorted)
QUICK = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def hour(n: int) -> float:
    return 1 + n / 24


def expected(start: Any, changes: list[tuple[int, Any]]) -> list[tuple[Any, ...]]:
    """The history itself as intervals, computed the plain way."""
    stretches: list[list[Any]] = [[start, 1.0, None]]
    for n, value in changes:
        if value != stretches[-1][0]:
            stretches[-1][2] = hour(n)
            stretches.append([value, hour(n), None])
    return [tuple(_round(v) for v in stretch) for stretch in stretches]


def _round(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float | int) else value


def rounded(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [tuple(_round(v) for v in row) for row in rows]


@QUICK
@given(history=HISTORY, shuffle=st.randoms(use_true_random=False), doubled=st.booleans())
def test_replaying_a_history_of_assignments_gives_it_back(intervals, history, shuffle, doubled) -> None:
    told = Told()
    for n, person in history:
        told(hour(n), *(("unassigned",) if person is None else ("assigned",)), assignee=person and {"gid": person})
    told.stories += [story | {"gid": f"9{story['gid']}"} for story in told.stories if doubled]
    shuffle.shuffle(told.stories)
    last = history[-1][1] if history else None
    record = task(assignee=last and {"gid": last})
    assert rounded(intervals("task_assignee_intervals", record, told, seen=40)) == expected(None, history)


@QUICK
@given(
    start=st.sampled_from([None, "2026-01-05"]),
    history=st.lists(
        st.tuples(st.integers(2, 400), st.sampled_from(["2026-01-06", "2026-01-07", None])),
        max_size=8,
        unique_by=lambda change: change[0],
    ).map(sorted),
    syncs=st.lists(st.integers(2, 420), max_size=4, unique=True).map(sorted),
)
def test_replaying_a_history_of_due_dates_gives_it_back_however_often_it_was_synced(
    intervals, start, history, syncs
) -> None:
    def due_at(n: float) -> str | None:
        return next((value for m, value in reversed(history) if m <= n), start)

    told, old = Told(), start
    for n, new in history:
        told(hour(n), "due_date_changed", **moved(old, new))
        old = new
    looked = [*syncs, 430]
    states = [(a, b, task(due_on=due_at(a))) for a, b in pairwise(looked)]
    before = tuple((hour(a), hour(b), state) for a, b, state in states)
    rows = intervals("task_date_intervals", task(due_on=old), told, seen=hour(430), before=before)
    plain = [(value and date.fromisoformat(value), *rest) for value, *rest in expected(start, history)]
    assert [row[1:] for row in rounded(rows)] == plain


ANY_STORY = st.tuples(
    st.integers(-5, 500),
    st.sampled_from(
        [
            ("marked_complete", {}),
            ("marked_incomplete", {}),
            ("assigned", {"assignee": {"gid": "70"}}),
            ("assigned", {"assignee": None}),
            ("unassigned", {}),
            ("due_date_changed", moved("2026-01-05", "2026-01-09")),
            ("due_date_changed", {"old_dates": None, "new_dates": {"due_on": "2026-01-05"}}),
            ("added_to_project", {"project": {"gid": "20"}}),
            ("removed_from_project", {"project": {"gid": "20"}}),
            ("section_changed", section_move("21", "22")),
            ("section_changed", {"old_section": None, "new_section": {"gid": "21"}}),
            ("number_custom_field_changed", {"custom_field": {"gid": "40"}, "new_number_value": 5}),
        ]
    ),
)
ANY_RECORD = st.fixed_dictionaries(
    {
        "completed": st.booleans(),
        "assignee": st.sampled_from([None, {"gid": "70"}, {"gid": "71"}]),
        "due_on": st.sampled_from([None, "2026-01-05", "2026-01-09"]),
        "place": st.sampled_from([(), ("21",), ("22", "31")]),
        "number_value": st.sampled_from([None, 5.0, 6.0]),
    }
)


def any_task(values: Row) -> Row:
    done_at = {"completed_at": iso(hour(30))} if values["completed"] else {}
    fields = [{"gid": "40", "number_value": values["number_value"]}]
    kept = {name: values[name] for name in ("completed", "assignee", "due_on")}
    return task(**kept, **done_at, **place(*values["place"]), custom_fields=fields)


@QUICK
@given(
    stories=st.lists(ANY_STORY, max_size=10),
    earlier=st.lists(ANY_RECORD, max_size=3),
    now=ANY_RECORD,
    is_deleted=st.booleans(),
)
def test_whatever_is_told_and_seen_every_task_has_one_value_at_any_time_and_ends_as_it_stands(
    intervals, stories, earlier, now, is_deleted
) -> None:
    told = Told()
    for n, (subtype, facts) in stories:
        told(hour(n), subtype, **facts)
    before = tuple((hour(100 * i), hour(100 * i + 100), any_task(values)) for i, values in enumerate(earlier))
    end = 30.0 if is_deleted else None
    known = {"seen": hour(100 * len(earlier)), "before": before, "deleted": end}
    stands = {
        "task_completion_intervals": (now["completed"],),
        "task_assignee_intervals": (now["assignee"] and now["assignee"]["gid"],),
        "task_date_intervals": (None, now["due_on"] and date.fromisoformat(now["due_on"])),
    }
    for table, value in stands.items():
        rows = intervals(table, any_task(now), told, **known)
        assert rows[0][-2] == 1
        assert [row[-1] for row in rows[:-1]] == [row[-2] for row in rows[1:]]
        assert rows[-1][:-2] == value
        assert rows[-1][-1] == end
    open_places = [row for row in intervals("task_section_intervals", any_task(now), told, **known) if row[-1] == end]
    assert {row[:2] for row in open_places} == {(SECTIONS[s], s) for s in now["place"]}
    fields = intervals("task_field_intervals", any_task(now), told, **known)
    assert [row[2] for row in fields if row[-1] == end] == ([now["number_value"]] if now["number_value"] else [])


def test_a_field_that_cannot_be_read_costs_a_task_no_other_history(intervals, stage: Stage) -> None:
    record = task(custom_fields=[{"gid": "40", "number_value": "three"}], assignee={"gid": "70"})
    assert intervals("task_assignee_intervals", record) == [("70", 1, None)]
    assert intervals("task_field_intervals", record) == []
    wrong = stage("task_field_intervals", tasks=_raw("tasks", [record], SEEN_DAY)).rejected
    assert wrong.select("gid", "field").rows() == [("1", "custom_fields")]


def test_field_histories_made_in_parts_are_those_made_at_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    told = [
        story
        for gid in ("1", "2")
        for story in Told(gid)(3, "number_custom_field_changed", custom_field={"gid": "40"}, old_number_value=1).stories
    ]
    stories = [story | {"gid": f"{story['gid']}{place}"} for place, story in enumerate(told)]
    field = {"gid": "40", "number_value": 5}
    tasks = [task(gid, custom_fields=[field | ({"name": "Effort"} if gid == "3" else {})]) for gid in "12345"]
    tables = {"tasks": _raw("tasks", tasks, SEEN_DAY), "stories": _raw("stories", stories, SEEN_DAY)}
    whole = stage("task_field_intervals", **tables).frame.sort("task_gid", "valid_from")
    monkeypatch.setattr(task_history, "_TASKS_AT_ONCE", 2)
    assert stage("task_field_intervals", **tables).frame.sort("task_gid", "valid_from").equals(whole)
    assert whole["field_name"].unique().to_list() == ["Effort"]
