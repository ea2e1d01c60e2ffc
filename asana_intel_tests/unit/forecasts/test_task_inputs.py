"""Tasks as they stood: open and assigned then, with what is logged on them; what is no work is left out."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from asana_intel.clock import monday_of
from asana_intel.forecasts.task_inputs import finished_tasks, open_tasks
from asana_intel.forecasts.weekly import person_load
from asana_intel.settings import load_settings
from asana_intel.storage.contracts import CONTRACTS, empty_frame
from asana_intel.workload.effort import FINISHED
from asana_intel.workload.load import OPEN_TASKS

AS_OF = dt.datetime(2026, 3, 4, 6, tzinfo=dt.UTC)
BORN = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)


class World:
    """Tables of one task, open and assigned to p since January."""

    def __init__(self, **values: Any) -> None:
        self._rows: dict[str, list[dict[str, Any]]] = {}
        key = {"task_gid": "1", "valid_from": BORN, "source": "record"}
        self.put("tasks", {"task_gid": "1", "is_completed": False, "created_at": BORN, "assignee_gid": "p"} | values)
        self.put("task_lifetimes", {"task_gid": "1", "valid_from": BORN})
        self.put("task_completion_intervals", key | {"is_completed": False})
        self.put("task_assignee_intervals", key | {"assignee_gid": "p"})
        self.put("task_date_intervals", key)

    def put(self, table: str, *rows: dict[str, Any]) -> World:
        """The rows of a table."""
        self._rows[f"staging/{table}"] = list(rows)
        return self

    def finished(self, count: int, **values: Any) -> World:
        """Further tasks of p, done a month after they were created."""
        done_at = BORN + dt.timedelta(days=30)
        for n in range(count):
            gid = f"9{n}"
            key = {"task_gid": gid, "valid_from": BORN, "source": "record"}
            told = {
                "tasks": {"task_gid": gid, "is_completed": True, "completed_at": done_at, "created_at": BORN} | values,
                "task_lifetimes": {"task_gid": gid, "valid_from": BORN},
                "task_completion_intervals": key | {"valid_from": done_at, "is_completed": True},
                "task_assignee_intervals": key | {"assignee_gid": "p"},
            }
            for table, row in told.items():
                self._rows[f"staging/{table}"].append(row)
        return self

    def read(self, key: str) -> pl.DataFrame:
        """A reader of tables by key."""
        schema = CONTRACTS[key].schema
        rows = [dict.fromkeys(schema) | row for row in self._rows.get(key, [])]
        return pl.DataFrame(rows, schema=schema) if rows else empty_frame(CONTRACTS[key])

    def open(self, as_of: dt.datetime = AS_OF) -> list[dict[str, Any]]:
        """Its open tasks."""
        return open_tasks(self.read, as_of).to_dicts()


def test_an_open_task_has_the_shape_of_the_load() -> None:
    (row,) = World(effort_hours=5.0).open()
    assert set(row) == set(OPEN_TASKS)
    assert (row["person_gid"], row["effort_hours"], row["created_on"]) == ("p", 5.0, BORN.date())


def test_four_hours_logged_on_a_task_of_ten_take_four_off_the_load() -> None:
    def assigned(hours: float | None) -> float:
        world = World(effort_hours=10.0, actual_hours=hours).finished(400, effort_hours=10.0, actual_hours=10.0)
        # Lists of entries do not say which task one is on.
        world.put(
            "time_entries", {"entry_gid": "9", "person_gid": "p", "entered_on": AS_OF.date(), "hours": hours or 0}
        )
        world.put("team_memberships", {"team_gid": "t", "person_gid": "p"})
        loads, *_ = person_load(world.read, monday_of(AS_OF), AS_OF, load_settings().forecast)
        return loads["assigned_hours"].sum()

    assert assigned(4.0) == pytest.approx(assigned(None) - 4.0, abs=0.4)
    assert assigned(4.0) == pytest.approx(6.0, abs=0.6)  # estimates are never quite believed


def test_what_was_logged_later_takes_nothing_off_the_work_of_a_past_week() -> None:
    world = World(effort_hours=10.0, actual_hours=4.0, modified_at=AS_OF + dt.timedelta(days=1))
    assert world.open()[0]["logged_hours"] == 0.0
    assert world.open(AS_OF + dt.timedelta(days=2))[0]["logged_hours"] == 4.0


@pytest.mark.parametrize(
    ("values", "is_load"),
    [
        ({"subtype": "milestone"}, False),
        ({"subtype": "milestone", "effort_hours": 3.0}, True),
        ({"subtype": "approval"}, False),
        ({"subtask_count": 4}, False),  # its subtasks are the work
        ({"subtask_count": 4, "effort_hours": 3.0}, True),
        ({"subtype": "default_task", "subtask_count": 0}, True),
    ],
)
def test_only_work_or_what_somebody_estimated_is_load(values, is_load) -> None:
    assert bool(World(**values).open()) == is_load


def test_what_nobody_touched_for_half_a_year_is_no_load_unless_it_was_due_since() -> None:
    late = AS_OF + dt.timedelta(days=200)
    assert not World().open(late)
    assert World(modified_at=late - dt.timedelta(days=30)).open(late)
    assert not World(modified_at=late + dt.timedelta(days=1)).open(late)  # touched only afterwards
    dated = {"task_gid": "1", "valid_from": BORN, "source": "record", "due_on": late.date() - dt.timedelta(days=20)}
    assert World().put("task_date_intervals", dated).open(late)


def test_deleted_and_unassigned_tasks_are_no_load() -> None:
    gone = {"task_gid": "1", "valid_from": BORN, "valid_to": AS_OF}
    assert not World().put("task_lifetimes", gone).open()
    free = {"task_gid": "1", "valid_from": BORN, "source": "record"}
    assert not World().put("task_assignee_intervals", free).open()


def test_a_task_counts_for_the_project_its_person_was_promised_to_else_for_the_first() -> None:
    places = [{"task_gid": "1", "project_gid": gid} for gid in ("20", "30")]
    promise = {"allocation_gid": "9", "person_gid": "p", "project_gid": "30", "start_on": BORN.date()}
    world = World().put("task_projects", *places)
    assert [row["project_gid"] for row in world.open()] == ["20"]
    world.put("allocations", promise | {"end_on": dt.date(2026, 4, 1)})
    assert [row["project_gid"] for row in world.open()] == ["30"]
    world.put("allocations", promise | {"end_on": dt.date(2026, 3, 1)})
    assert [row["project_gid"] for row in world.open()] == ["20"]


def test_a_task_is_finished_from_its_completion_on() -> None:
    done_at = dt.datetime(2026, 2, 10, tzinfo=dt.UTC)
    key = {"task_gid": "1", "source": "record"}
    world = World(is_completed=True, completed_at=done_at, effort_hours=3.0, actual_hours=4.0).put(
        "task_completion_intervals",
        key | {"valid_from": BORN, "valid_to": done_at, "is_completed": False},
        key | {"valid_from": done_at, "is_completed": True},
    )
    assert not world.open()
    (row,) = finished_tasks(world.read, AS_OF).to_dicts()
    assert set(row) == set(FINISHED)
    assert (row["completed_on"], row["effort_hours"], row["actual_hours"]) == (done_at.date(), 3.0, 4.0)
    before = done_at - dt.timedelta(days=1)
    assert finished_tasks(world.read, before).is_empty()
    assert len(world.open(before)) == 1
