"""Who may read a source: what is private, or might be, is nobody's who reads a narrative."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.narratives.audience import public_goals, public_projects, public_tasks
from asana_intel.narratives.facts import FactSheet
from asana_intel.narratives.narrate import fact_rows
from asana_intel.narratives.outlines.goal import OUTLINE
from asana_intel.narratives.sheets.goal import sheets_of_week
from asana_intel_tests.unit.narratives.conftest import (
    AS_OF_AT,
    GOAL,
    WEEK_ON,
    World,
    add_project,
    add_task,
    goal_world,
    reader,
)

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


HIDDEN = ("CANARY", 0.0, 9.0, 3, 4, 2)
SHOWN = ("Web shop", 5.0, 5.0, 1, 2, 1)


def everything(built: FactSheet) -> str:
    """All that a table, page or model could show of a sheet and its narratives, with the gids behind it."""
    claims = [claim.words(built) for claim in OUTLINE.possible(built)]
    return str([*fact_rows(built, WEEK_ON), *claims, built.sources(sorted(fact.fact_id for fact in built))])


def goal_sheet(world: World) -> FactSheet:
    (built,) = sheets_of_week(reader(world), WEEK_ON, AS_OF_AT)
    return built


@pytest.mark.parametrize("setting", ["private", "private_to_team", None])
def test_nothing_of_a_private_project_reaches_a_goals_sheet(setting: str | None) -> None:
    world = goal_world(projects=(SHOWN,))
    alone = {fact.fact_id: fact.text for fact in goal_sheet(world)}
    add_project(world, GOAL["goal_gid"], "777", HIDDEN, AS_OF_AT, setting)
    built = goal_sheet(world)
    assert "CANARY" not in everything(built)
    assert "777" not in everything(built)
    assert {fact.fact_id: fact.text for fact in built} == alone | {"scope": "the public supporting project"}


def test_a_goal_with_private_projects_alone_has_no_fact_of_any_work() -> None:
    built = goal_sheet(goal_world(projects=(HIDDEN, HIDDEN), privacy="private"))
    assert not {"scope", "done_last_week", "overdue", "blocked", "slow_project"} & {fact.fact_id for fact in built}
    assert "CANARY" not in everything(built)


@pytest.mark.parametrize("place", ["private project", "no project"])
def test_a_private_task_that_holds_up_a_public_one_is_neither_named_nor_counted(place: str) -> None:
    world = goal_world(projects=(("Web shop", 5.0, 5.0, 1, 2, 0),))
    add_project(world, "another goal", "777", ("Secret", 1.0, 1.0, 0, 0, 0), AS_OF_AT, "private")
    old = AS_OF_AT - timedelta(days=30)
    add_task(world, "888", "777" if place == "private project" else None, old, name="CANARY")
    world["staging/task_dependencies"].append({"task_gid": "90020", "depends_on_gid": "888"})
    built = goal_sheet(world)
    assert "blocked" not in built
    assert "CANARY" not in everything(built)
    assert "888" not in everything(built)


def test_a_subtask_of_a_public_task_may_be_named() -> None:
    world = goal_world(projects=(("Web shop", 5.0, 5.0, 1, 2, 0),))
    add_task(world, "888", None, AS_OF_AT - timedelta(days=30), name="Legal check", parent_gid="90021")
    world["staging/task_dependencies"].append({"task_gid": "90020", "depends_on_gid": "888"})
    assert goal_sheet(world).text("blocker") == "Legal check"
