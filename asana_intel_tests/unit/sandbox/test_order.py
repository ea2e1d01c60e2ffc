"""Where things stand in their lists: tasks, sections, subtasks."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.sandbox.order import between
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel_tests.unit.sandbox.board import NOW, board
from asana_intel_tests.unit.sandbox.worlds import Api


@pytest.fixture
def small(tmp_path: Path) -> Api:
    return board(tmp_path)


def in_project(api: Api, project: str = "3") -> list[str]:
    return [task["gid"] for task in api.get(f"/projects/{project}/tasks")]


def test_a_project_lists_its_tasks_section_by_section(small: Api) -> None:
    assert in_project(small) == ["10", "11", "12", "13"]
    small.write("POST", "/projects/3/sections/insert", section="5", before_section="4")
    assert in_project(small) == ["13", "10", "11", "12"]
    assert [section["gid"] for section in small.get("/projects/3/sections")] == ["5", "4"]


def test_a_task_goes_before_or_after_another(small: Api) -> None:
    small.write("POST", "/tasks/12/addProject", project="3", insert_before="11")
    assert in_project(small) == ["10", "12", "11", "13"]
    small.write("POST", "/tasks/10/addProject", project="3", section="5", insert_after="13")
    assert in_project(small) == ["12", "11", "13", "10"]
    small.write("POST", "/tasks/10/addProject", project="3", section="5", insert_after=None)
    assert in_project(small) == ["12", "11", "10", "13"]
    small.write("POST", "/tasks/12/addProject", project="3", insert_before=None)
    assert in_project(small) == ["11", "10", "13", "12"]


def test_a_section_takes_a_task_at_its_top(small: Api) -> None:
    small.write("POST", "/sections/4/addTask", task="13")
    assert in_project(small) == ["13", "10", "11", "12"]
    small.write("POST", "/sections/4/addTask", task="13", insert_after="10")
    assert in_project(small) == ["10", "13", "11", "12"]


def test_a_new_task_stands_behind_one_that_was_moved_to_the_end(small: Api) -> None:
    small.write("POST", "/tasks/10/addProject", project="3", section="4", insert_before=None)
    new = small.write("POST", "/tasks", memberships=[{"project": "3", "section": "4"}], name="new")["gid"]
    assert in_project(small) == ["11", "12", "10", new, "13"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/tasks/10/addProject", {"project": "3", "insert_before": "11", "insert_after": "12"}),
        ("/tasks/10/addProject", {"project": "30", "insert_before": "11"}),
        ("/tasks/10/addProject", {"project": "3", "section": "5", "insert_before": "11"}),
        ("/tasks/10/addProject", {"project": "30", "section": "5"}),
        ("/projects/3/sections", {"name": "X", "insert_before": "99"}),
        ("/projects/3/sections/insert", {"section": "4"}),
        ("/projects/30/sections/insert", {"section": "4", "before_section": "5"}),
        ("/tasks/10/setParent", {"parent": "11", "insert_after": "12"}),
    ],
)
def test_a_place_that_is_none_is_refused(small: Api, path: str, body: dict[str, object]) -> None:
    before = in_project(small)
    assert small.refused("POST", path, body)[0] == 400
    assert in_project(small) == before


def test_subtasks_have_an_order(small: Api) -> None:
    for task in ("11", "12", "13"):
        small.write("POST", f"/tasks/{task}/setParent", parent="10")
    small.write("POST", "/tasks/13/setParent", parent="10", insert_before="11")
    assert [task["gid"] for task in small.get("/tasks/10/subtasks")] == ["13", "11", "12"]


def test_a_section_is_made_at_its_place_and_deleted_only_when_empty(small: Api) -> None:
    new = small.write("POST", "/projects/3/sections", name="Doing", insert_after="4")["gid"]
    assert [section["gid"] for section in small.get("/projects/3/sections")] == ["4", new, "5"]
    assert small.refused("DELETE", "/sections/4")[0] == 400
    small.write("DELETE", f"/sections/{new}")
    assert small.write("PUT", "/sections/4", name="Now")["name"] == "Now"
    only = small.write("POST", "/projects/30/sections", name="Only")["gid"]
    assert small.refused("DELETE", f"/sections/{only}")[0] == 400


def test_a_second_run_has_the_same_order(tmp_path: Path) -> None:
    state = tmp_path / "journal.jsonl"
    first = board(tmp_path / "world", state)
    small_moves = [("12", "insert_before", "10"), ("10", "insert_after", "11"), ("11", "insert_before", None)]
    for task, how, neighbour in small_moves:
        first.write("POST", f"/tasks/{task}/addProject", project="3", section="4", **{how: neighbour})
    second = Api(Sandbox(tmp_path / "world", NOW, state))
    assert in_project(second) == in_project(first) == ["12", "10", "11", "13"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.sampled_from("012"), st.sampled_from("012"), st.booleans()), max_size=25))
def test_any_row_of_moves_ends_as_the_same_moves_of_a_list(tmp_path: Path, moves: list[tuple[str, str, bool]]) -> None:
    api, expected = board(tmp_path), ["10", "11", "12"]
    for moved, neighbour, is_before in moves:
        if moved == neighbour:
            continue
        gid, other = f"1{moved}", f"1{neighbour}"
        how = "insert_before" if is_before else "insert_after"
        api.write("POST", f"/tasks/{gid}/addProject", project="3", section="4", **{how: other})
        expected.remove(gid)
        expected.insert(expected.index(other) + (not is_before), gid)
    assert in_project(api) == [*expected, "13"]


@given(st.lists(st.booleans(), max_size=200))
def test_there_is_always_a_rank_between_two(steps: list[bool]) -> None:
    low, high = "000000001", "000000002"
    for goes_up in steps:
        middle = between(low, high)
        assert low < middle < high
        low, high = (middle, high) if goes_up else (low, middle)
