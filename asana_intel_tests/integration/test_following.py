"""Events followed at once, against the sandbox: the scores are those of a refresh, and few things are asked."""

from __future__ import annotations

from typing import Any

import asana
import pytest

from asana_intel.live import follow as following
from asana_intel.live import rescoring
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


def test_a_tick_asks_for_the_refresh_as_ever_and_for_the_tasks_alone_and_the_run_asks_for_nothing_else(
    here: Living,
) -> None:
    first, second, *_ = here.in_project()
    due_date(here, first, "")
    due_date(here, second, "")
    asked = here.asked()
    assert set(asked) == {"refresh_workspace", "follow_events"}
    config = asked["follow_events"]["ops"]["rescore_what_changed"]["config"]
    assert config["tasks"] == sorted([first, second])
    here.asked_of_asana()
    told = here.run(asked["follow_events"])
    inside = {f"/tasks/{gid}" for gid in (first, second)}
    stories = {f"/tasks/{gid}/stories" for gid in config["spoken"]}
    assert set(here.asked_of_asana()) == {"/batch"} | inside | stories
    assert (told["tasks_read"], told["requests"]) == (2, 1 + len(stories))
    assert here.asked() == {}  # nothing new

    here.tasks.create_task({"data": {"name": "Prioritize Backlog", "projects": [here.project]}}, {})
    assert set(here.asked()) == {"refresh_workspace", "follow_events"}

    with here.database.transaction() as connection, connection.cursor() as cursor:
        user = asana.UsersApi(here.witness).get_user("me", {})["gid"]
        cursor.execute("INSERT INTO writer_user (user_gid, seen_at) VALUES (%s, now())", (user,))
    here.tasks.update_task({"data": {"due_on": "2026-05-20"}}, first, {})
    assert here.asked() == {}  # we wrote that ourselves


def status(code: int, **match: Any) -> dict[str, Any]:
    return {"match": {"method": "GET", "path": "/tasks/{task}", **match}, "do": {"kind": "status", "status": code}}


def test_faults_of_asana_leave_the_scores_whole_and_the_run_can_be_repeated(here: Living) -> None:
    gid, before = here.in_project()[0], here.scores()
    due_date(here, gid, "")
    config = here.asked()["follow_events"]
    for code in (500, 429):
        here.break_down(status(code))
        here.run(config, is_fine=False)
        assert here.scores().equals(before)
    here.break_down(status(500, nth=1))
    assert "skipped" not in here.run(config)  # asked again
    after = here.scores()
    assert not after.equals(before)
    assert "skipped" not in here.run(config)  # a second time
    assert here.scores().equals(after)
    here.break_down(status(404))
    here.run(config)
    here.break_down()
    assert gid not in set(here.scores()["task_gid"])


def test_a_refresh_that_was_faster_keeps_its_rows_and_a_week_without_scores_stays_without(
    here: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    due_date(here, here.in_project()[0], "")
    config, scored = here.asked()["follow_events"], rescoring.rescored

    def slowly(*given: Any) -> rescoring.Rescored:
        found = scored(*given)
        here.score_anew()
        return found

    monkeypatch.setattr(following, "rescored", slowly)
    before = here.tables.read("insights/task_priority")
    assert here.run(config)["skipped"] == "The scores were written meanwhile: the refresh has it."
    assert here.tables.read("insights/task_priority").drop("as_of_at").equals(before.drop("as_of_at"))

    here.tables.overwrite("insights/task_priority", before.clear())
    assert here.run(config)["skipped"].startswith("There are no scores of the week")
    assert here.tables.read("insights/task_priority").is_empty()
