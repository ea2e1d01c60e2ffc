"""Events followed at once, against the sandbox: the scores are those of a refresh, and few things are asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import asana
import pytest

from asana_intel_tests.integration.living import Living
from asana_intel_tests.integration.test_write_path import company

__all__ = ["company"]


@pytest.fixture
def here(company: Any) -> Living:
    living = Living(company)
    assert living.asked() == {}  # the first look
    return living


def due_date(here: Living, gid: str, _: str) -> None:
    here.tasks.update_task({"data": {"due_on": "2026-05-07"}}, gid, {})


def dependency(here: Living, gid: str, other: str) -> None:
    here.tasks.add_dependencies_for_task({"data": {"dependencies": [other]}}, gid)


def another_person(here: Living, gid: str, _: str) -> None:
    here.tasks.update_task({"data": {"assignee": here.members["person_gid"][0]}}, gid, {})


def finished(here: Living, gid: str, _: str) -> None:
    here.tasks.update_task({"data": {"completed": True}}, gid, {})


def deleted(here: Living, gid: str, _: str) -> None:
    here.tasks.delete_task(gid)


def comment(here: Living, gid: str, _: str) -> None:
    asana.StoriesApi(here.witness).create_story_for_task({"data": {"text": "This is urgent."}}, gid, {})


def new_subtask(here: Living, gid: str, _: str) -> None:
    here.tasks.create_subtask_for_task({"data": {"name": "A part"}}, gid, {})


def another_project(here: Living, gid: str, _: str) -> None:
    other = here.tables.read("staging/projects").sort("project_gid")["project_gid"].to_list()
    here.tasks.add_project_for_task({"data": {"project": next(p for p in other if p != here.project)}}, gid)
    here.tasks.remove_project_for_task({"data": {"project": here.project}}, gid)


EVENTS = (due_date, dependency, another_person, finished, deleted, comment, new_subtask, another_project)


def assert_as_after_a_refresh(here: Living) -> None:
    scores, gains = here.scores(), here.gains()
    here.refresh()
    assert scores.equals(here.scores())
    assert gains.equals(here.gains())


def test_one_event_after_another_gives_the_scores_of_a_refresh(here: Living) -> None:
    for event in EVENTS:
        first, second, *_ = here.in_project()
        before = here.scores()
        event(here, first, second)
        told = here.follow()
        assert "skipped" not in told, (event.__name__, told)
        assert not here.scores().equals(before), event.__name__
        assert told["rows_rescored"] > 0
    assert_as_after_a_refresh(here)
