"""Initiatives against a week: who may do them, teams of five, what is put off, what goals gain and lose."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from asana_intel.errors import PermanentError
from asana_intel.insights.portfolio.initiative_file import Ask, Asked
from asana_intel.insights.portfolio.weighing import TABLE, Weighed, gather, outlooks, weigh
from asana_intel.settings import Settings
from asana_intel.storage.contracts import CONTRACTS, conform
from asana_intel_tests.unit.insights.portfolio.test_inputs import AS_OF, BORN, WEEK, World

SETTINGS = Settings()
DUE = dt.date(2026, 3, 13)
GROWTH = ["a", "b", "c", "d", "e"]
SMALL = ["s", "t"]


def ask(task: str, hours: float, **more: Any) -> Ask:
    blank = {"skill": "", "person": "", "team": "", "depends_on": (), "goal": "", "contribution": None}
    return Ask(task=task, hours=hours, **blank | more)


def wanted(*asks: Ask, due_on: dt.date = DUE) -> Asked:
    return Asked("Portal", asks, None, due_on)


def world(busy: float = 0.0) -> World:
    """Five people in team Growth and two in Small, each with 40 h a week for eight weeks; one project with a goal."""
    here = World()
    for gid, name, members in (("g", "Growth", GROWTH), ("m", "Small", SMALL)):
        here.put("staging/teams", {"team_gid": gid, "name": name})
        for person in members:
            here.put("staging/team_memberships", {"membership_gid": person, "team_gid": gid, "person_gid": person})
            here.put("staging/users", {"person_gid": person, "name": f"Person {person}"})
            for week in range(8):
                here.put(
                    "forecasts/person_load",
                    {"as_of_on": WEEK, "as_of_at": AS_OF, "person_gid": person, "available_hours": 40.0,
                     "week_on": WEEK + dt.timedelta(weeks=week), "assigned_hours": busy, "p10": busy, "p90": busy},
                )  # fmt: skip
    here.put("staging/goals", {"goal_gid": "1", "name": "Ship", "privacy_setting": "public_to_workspace"})
    here.put(
        "forecasts/goal_attainment",
        {"as_of_on": WEEK, "as_of_at": AS_OF, "goal_gid": "1", "p_attain": 0.4, "value_p10": 20.0, "value_p50": 36.0,
         "value_p90": 50.0, "current_value": 20.0, "initial_value": 0.0, "target_value": 40.0,
         "due_on": dt.date(2026, 3, 31), "status": "assessed"},
    )  # fmt: skip
    return here


def open_task(here: World, gid: str, person: str, hours: float, gain: float = 0.0) -> None:
    here.task(gid, "p")
    here.put("staging/task_assignee_intervals",
             {"task_gid": gid, "valid_from": BORN, "assignee_gid": person, "source": "record"})  # fmt: skip
    stamp = {"as_of_on": WEEK, "as_of_at": AS_OF, "task_gid": gid}
    here.put("insights/task_effort", stamp | {"left_p50_hours": hours})
    here.put("insights/task_priority", stamp | {"score": 10.0})
    here.put("insights/task_goal_gain", stamp | {"goal_gid": "1", "gain": gain})


def weighed(here: World, asked: Asked) -> Weighed:
    return weigh(asked, gather(here.read, here.read, AS_OF, SETTINGS), AS_OF, SETTINGS)


def of(frame: pl.DataFrame, scenario: str = "now") -> dict[str, Any]:
    return frame.row(by_predicate=pl.col("scenario") == scenario, named=True)


def test_all_scenarios_are_told_in_the_columns_of_the_table() -> None:
    here = world()
    frame = outlooks(here.read, here.read, [wanted(ask("x", 20))], WEEK, AS_OF, SETTINGS)
    told = conform(CONTRACTS[TABLE], frame)
    assert told["scenario"].to_list() == ["now", "after_sprint", "in_4_weeks", "in_8_weeks", "half_time", "one_more"]
    assert told["p_in_time"].null_count() == 6, "nothing is finished, so nothing is said of odds"
    assert of(told)["is_in_time"]
    assert not of(told, "in_4_weeks")["is_in_time"]
    again = outlooks(here.read, here.read, [wanted(ask("x", 20))], WEEK, AS_OF, SETTINGS)
    assert frame.equals(again)


def test_without_load_there_is_no_row_and_the_command_says_why() -> None:
    here = World()
    assert outlooks(here.read, here.read, [wanted(ask("x", 20))], WEEK, AS_OF, SETTINGS).is_empty()
    with pytest.raises(PermanentError, match="load"):
        weighed(here, wanted(ask("x", 20)))


def test_skill_and_team_say_who_may_do_it() -> None:
    here = world()
    here.put("staging/custom_field_values", *(
        {"object_gid": who, "object_type": "user", "field_gid": "9", "field_name": "Skills", "display_value": "SQL, Go"}
        for who in ("a", "s")
    ))  # fmt: skip
    teams = weighed(here, wanted(ask("x", 20, skill="sql", team="growth"))).teams
    assert teams.filter(scenario="now").select("team_gid", "hours").rows() == [("g", 20.0)]
    gid = weighed(here, wanted(ask("x", 20, team="g"))).teams
    assert gid.filter(scenario="now")["team_gid"].unique().to_list() == ["g"]
    nobody = weighed(here, wanted(ask("x", 20, skill="Rust", team="Growth"))).outlook
    assert of(nobody)["reason"] == "Nobody has the skill Rust of team Growth."


def test_hours_are_told_of_teams_of_five_or_more_and_of_nobody_alone() -> None:
    told = weighed(world(20.0), wanted(ask("x", 20, person="Person s"), ask("y", 20, person="a")))
    now = told.teams.filter(scenario="now")
    assert now.rows() == [("now", "g", WEEK, 20.0, pytest.approx(0.5), pytest.approx(0.6))]
    for frame in (told.outlook, told.teams, told.projects, told.goals):
        assert "person_gid" not in frame.columns


def test_what_is_put_off_is_told_by_project_and_costs_its_goal_what_it_would_have_brought() -> None:
    here = world(40.0)
    open_task(here, "t1", "a", 24.0, gain=0.05)
    open_task(here, "t2", "b", 24.0, gain=0.02)
    told = weighed(here, wanted(ask("x", 16, person="a")))
    assert told.projects.filter(scenario="now").rows() == [("now", "p", 1, 24.0, 3)]
    goal = of(told.goals)
    assert (goal["goal_gid"], goal["odds_before"], goal["odds_after"]) == ("1", 0.4, pytest.approx(0.35))
    assert of(told.outlook)["displaced_hours"] == 24.0
    assert told.goals.filter(scenario="one_more")["odds_after"].to_list() == [pytest.approx(0.35)], "a is named"
    easy = weighed(world(0.0), wanted(ask("x", 16, person="a")))
    assert easy.projects.is_empty()
    assert easy.goals.is_empty()


def test_a_goal_gains_by_what_it_adds_if_it_ends_before_the_goal_is_due() -> None:
    serves = {"goal": "Ship", "contribution": 5.0}
    told = weighed(world(), wanted(ask("x", 20, **serves), due_on=dt.date(2026, 5, 29)))
    now, later = of(told.goals), of(told.goals, "in_8_weeks")
    assert now["odds_after"] > now["odds_before"] == 0.4
    assert (later["odds_after"], later["reason"]) == (
        0.4, "It could not end before the goal is due, and adds nothing to it.",
    )  # fmt: skip
    row = of(told.outlook)
    assert (row["goal_gid"], row["odds_before"], row["odds_after"]) == ("1", 0.4, now["odds_after"])
    assert row["risk"] == pytest.approx(0.6)
    plain = of(weighed(world(), wanted(ask("x", 20), due_on=dt.date(2026, 5, 29))).outlook)
    assert row["value"] > plain["value"] + 10, "goal points as of any task"
    unsaid = of(weighed(world(), wanted(ask("x", 20, goal="1"))).goals)
    assert (unsaid["odds_after"], unsaid["reason"]) == (
        None,
        "The file does not say what it adds to the goal's metric.",
    )


def test_names_that_are_not_known_or_not_one_are_refused_with_the_task_and_the_column() -> None:
    here = world()
    for column in ("person", "team", "goal"):
        with pytest.raises(PermanentError) as wrong:
            weighed(here, wanted(ask("x", 20, **{column: "Nobody such"})))
        assert f"Portal, task 'x', column '{column}': 'Nobody such' is not known" in wrong.value.message
        assert wrong.value.fix
    here.put("staging/teams", {"team_gid": "g2", "name": "growth"})
    with pytest.raises(PermanentError, match="the name of several") as twice:
        weighed(here, wanted(ask("x", 20, team="Growth")))
    assert twice.value.fix == "give the gid: g, g2"


def test_nothing_later_is_used() -> None:
    here, asked = world(20.0), wanted(ask("x", 30, person="a"))
    open_task(here, "t1", "a", 24.0)
    before = weighed(here, asked)
    here.task("t2", "p", at=AS_OF + dt.timedelta(days=1))
    after = weighed(here, asked)
    assert before.outlook.equals(after.outlook)
    assert before.projects.equals(after.projects)
