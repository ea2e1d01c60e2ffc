"""Sprint retros as review tasks: once a sprint, totals alone where something is private, and no person named."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from asana_intel.changes.canonical import parsed
from asana_intel.changes.identity import row_marker
from asana_intel.changes.inputs import PlanRules, PriorityRules
from asana_intel.changes.plan import build_plan
from asana_intel.quality.evaluate import evaluate
from asana_intel_tests.unit.changes.backlog_world import AS_OF_AT, MONDAY, WEEK, backlog_world

RETRO = WEEK | {
    "team_gid": "60", "sprint": "Sprint 7", "starts_on": date(2026, 11, 2), "ends_on": date(2026, 11, 15),
    "committed_tasks": 3, "done_tasks": 2, "committed_hours": 20.4, "done_hours": 12.0, "added_tasks": 1,
    "rolled_tasks": 2, "estimate_ratio": 1.5, "estimated_tasks": 2, "bottleneck": "Review",
    "bottleneck_hours": 30.2, "is_public": True, "themes": ["login"], "reason": None,
}  # fmt: skip


def task(gid, cause=None, **more):
    mine = {"team_gid": "60", "sprint": "Sprint 7", "task_gid": gid, "person_gid": "71", "was_committed": True}
    return WEEK | mine | {"was_done": cause is None, "cause": cause} | more


TASKS = (task("301"), task("302", "blocked"), task("303", "waited in Review"))


@pytest.fixture
def world(inputs, make_frame):
    """A function that makes the small company with a team whose sprint ended."""

    def make(*retros, tasks=TASKS, **frames):
        projects = inputs.projects.with_columns(team_gid=pl.lit("60"))
        given = {
            "projects": projects,
            "sprint_retro": make_frame("insights/sprint_retro", *(retros or (RETRO,))),
            "sprint_retro_tasks": make_frame("insights/sprint_retro_tasks", *tasks),
        }
        return backlog_world(inputs, make_frame, **(given | frames))

    return make


ON = PriorityRules(retro=True)


def retros(inputs, on=MONDAY, at=AS_OF_AT, rules=ON):
    return build_plan(inputs, on, at, PlanRules(priority=rules)).filter(field="sprint_retro")


def test_a_sprint_that_ended_becomes_a_task_that_tells_how_it_went(world):
    plan = retros(world())
    assert evaluate("changes/plan", plan).passed
    (row,) = plan.to_dicts()
    assert (row["kind"], row["target_type"], row["target_gid"]) == ("create_task", "project", "20")
    assert (row["team_gid"], row["risk"]) == ("60", "medium")
    body = parsed(row["new_value"])
    assert (body["name"], body["project"]) == ("Sprint retro: Sprint 7, 2 Nov to 15 Nov 2026", "OKR Actions")
    assert body["notes"].splitlines()[:5] == [
        "1 of 3 committed tasks were done, 2 rolled over; 1 came after the start, 2 were done in all.",
        "20 h were committed, 12 h done.",
        "Half of 2 tasks took more than 1.5 times the estimate.",
        "Why work rolled over: blocked 1, waited in Review 1.",
        "Work waited longest in Review, a median of 30 h.",
    ]
    assert "Comments spoke of login." in body["notes"]
    assert "https://app.asana.com/0/0/302 https://app.asana.com/0/0/303" in body["notes"]
    assert "71" not in row["new_value"].replace("2026", ""), "nobody is named"


def test_it_is_off_unless_the_settings_want_it(world):
    assert retros(world(), rules=PriorityRules(tasks=5, comments=5, review=True, sprint=True)).is_empty()


def test_a_sprint_is_told_once_ever_however_its_figures_read_later(world):
    here = world()
    (row,) = retros(here).to_dicts()
    told = replace(here, created_markers=frozenset({row_marker(row, MONDAY, AS_OF_AT)}))
    assert retros(told).is_empty()
    later = world(RETRO | {"done_tasks": 3, "rolled_tasks": 1}, created_markers=told.created_markers)
    assert retros(later, MONDAY + timedelta(weeks=20), AS_OF_AT + timedelta(weeks=20)).is_empty()
    other = world(RETRO | {"sprint": "Sprint 8"}, created_markers=told.created_markers)
    assert retros(other).height == 1


@pytest.mark.parametrize(
    "private",
    [
        {"retro": {"is_public": False}, "tasks": TASKS},
        {"retro": {}, "tasks": (*TASKS, task("999", "waited in Secret"))},
    ],
)
def test_where_something_of_it_is_private_only_totals_are_told(world, private):
    (row,) = retros(world(RETRO | private["retro"], tasks=private["tasks"])).to_dicts()
    body = parsed(row["new_value"])
    assert body["name"] == "Sprint retro: 2 Nov to 15 Nov 2026"
    said = [line for line in body["notes"].splitlines() if line]
    assert len(said) == 5, "three lines of totals, what to do, and who wrote it"
    assert not [word for word in ("Review", "Secret", "login", "Sprint 7", "blocked", "app.asana") if word in str(said)]
    assert row["evidence_gids"] == ["20"]


def test_a_team_without_a_project_for_everybody_has_no_retro_in_asana(world):
    here = world()
    for projects in (
        here.projects.with_columns(privacy_setting=pl.lit("private")),
        here.projects.with_columns(team_gid=pl.lit("61")),
        here.projects.with_columns(is_archived=pl.lit(value=True)),
    ):
        assert retros(replace(here, projects=projects)).is_empty()


def test_it_is_about_the_project_with_most_of_its_tasks(world, make_frame):
    here = world()
    second = {"project_gid": "19", "name": "Older", "team_gid": "60", "is_archived": False, "is_completed": False,
              "privacy_setting": "public_to_workspace"}  # fmt: skip
    projects = pl.concat([here.projects, make_frame("staging/projects", second)])
    assert retros(replace(here, projects=projects))["target_gid"].to_list() == ["20"]
    nowhere = replace(here, projects=projects, task_projects=here.task_projects.clear())
    assert retros(nowhere)["target_gid"].to_list() == ["19"], "the oldest"
