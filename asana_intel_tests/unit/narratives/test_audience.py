"""Who may read a source: what is private, or might be, is nobody's who reads a narrative."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.narratives.audience import public_goals, public_projects, public_tasks

PROJECTS = pl.Schema({"project_gid": pl.String, "privacy_setting": pl.String})
TASKS = pl.Schema({"task_gid": pl.String, "parent_gid": pl.String})
PLACES = pl.Schema({"task_gid": pl.String, "project_gid": pl.String})


def rows(schema: pl.Schema, *values: tuple[Any, ...]) -> pl.DataFrame:
    return pl.DataFrame(list(values), schema=schema, orient="row")


@pytest.mark.parametrize("setting", ["private", "private_to_team", "members_only", "", "PUBLIC_TO_WORKSPACE", None])
def test_only_what_says_it_is_public_is_public(setting: str | None) -> None:
    frame = rows(PROJECTS, ("1", "public_to_workspace"), ("2", setting))
    assert public_projects(frame) == {"1"}
    assert public_goals(frame.rename({"project_gid": "goal_gid"})) == {"1"}


def test_a_workspace_that_tells_no_setting_has_nothing_public() -> None:
    assert public_projects(rows(PROJECTS, ("1", None), ("2", None))) == frozenset()


def test_a_task_is_public_through_any_public_project_and_so_are_its_subtasks() -> None:
    tasks = rows(
        TASKS,
        *(("open", None), ("both", None), ("hidden", None), ("nowhere", None)),
        *(("sub", "open"), ("subsub", "sub"), ("hidden sub", "hidden"), ("shared sub", "hidden")),
    )
    places = rows(
        PLACES, ("open", "p"), ("both", "p"), ("both", "secret"), ("hidden", "secret"), ("shared sub", "p")
    )  # fmt: skip
    assert public_tasks(tasks, places, frozenset({"p"})) == {"open", "both", "sub", "subsub", "shared sub"}


def test_tasks_that_are_each_others_parents_end_the_search() -> None:
    tasks = rows(TASKS, ("1", "2"), ("2", "1"), ("3", "3"))
    assert public_tasks(tasks, rows(PLACES, ("1", "p")), frozenset({"p"})) == {"1", "2"}


@given(
    parents=st.lists(st.integers(-1, 7), min_size=8, max_size=8),
    places=st.sets(st.tuples(st.integers(0, 7), st.sampled_from("ps"))),
)
def test_a_task_is_public_exactly_if_it_or_a_task_above_it_is_in_a_public_project(
    parents: list[int], places: set[tuple[int, str]]
) -> None:
    tasks = rows(TASKS, *((str(n), None if p < 0 else str(p)) for n, p in enumerate(parents)))
    found = public_tasks(tasks, rows(PLACES, *((str(t), p) for t, p in places)), frozenset("p"))
    for task in range(8):
        above, at = set[int](), task
        while at >= 0 and at not in above:
            above.add(at)
            at = parents[at]
        assert (str(task) in found) == any((t, "p") in places for t in above)
