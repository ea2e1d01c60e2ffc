"""A week's rebalancing tables, from the tables they are made of."""

from __future__ import annotations

from datetime import date, timedelta
from math import log
from typing import Any

import polars as pl

from asana_intel.insights.rebalance.weekly import REBALANCE_TABLES, rebalance_week
from asana_intel.settings import load_settings
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.work_settings import RebalanceSettings
from asana_intel_tests.unit.insights.sprint.worlds import AS_OF, LONG_AGO, WEEK_ON, World

TODAY = AS_OF.date()  # a Wednesday
FRIDAY = TODAY + timedelta(days=2)
LATER = AS_OF + timedelta(hours=1)


def loaded(world: World, gid: str, person: str, hours: float, **further: Any) -> None:
    """An open task, due on Friday, and its row of forecasts/task_load."""
    world.task(gid, person=person, due_on=FRIDAY, hours=hours, **further)
    world.add(
        "forecasts/task_load", as_of_on=WEEK_ON, task_gid=gid, person_gid=person, project_gid="project",
        due_on=FRIDAY, effort_hours=hours, left_hours=hours, log_median=log(hours), log_below=0.2, log_above=0.2,
    )  # fmt: skip


def company() -> World:
    """Ana has 30 h until Friday, of 24; Bo did the like of her second task, Cy never did."""
    world = World()
    for gid, name in (("ana", "Ana"), ("bo", "Bo"), ("cy", "Cy")):
        world.person(gid, name, "team", hours=40.0)
        for number in range(56):
            day = TODAY + timedelta(days=number)
            hours = 8.0 if day.isoweekday() < 6 else 0.0
            world.add("forecasts/person_days", as_of_on=WEEK_ON, person_gid=gid, day_on=day, working_hours=hours)
    for row in world.rows["forecasts/person_load"]:
        is_busy = row["person_gid"] == "ana" and row["week_on"] == WEEK_ON
        row |= {"available_hours": 24.0 if row["week_on"] == WEEK_ON else 40.0, "assigned_hours": 30.0 * is_busy}
    world.add(
        "staging/projects", project_gid="project", team_gid="team", name="P", privacy_setting="public_to_workspace"
    )
    loaded(world, "t1", "ana", 15.0, name="Plan the fair")
    loaded(world, "t2", "ana", 15.0, name="Draw the logo sheet")
    world.task("old", person="bo", name="Draw the logo", done_at=LONG_AGO + timedelta(days=3), score=None, hours=None)
    return world


def week(world: World, **rebalance: Any) -> dict[str, pl.DataFrame]:
    settings = load_settings(rebalance=RebalanceSettings(**rebalance))
    return rebalance_week(world.read, world.read_week, WEEK_ON, AS_OF, settings).tables


def test_a_week_without_load_gives_three_empty_tables() -> None:
    frames = week(World())
    for name in REBALANCE_TABLES:
        assert frames[name].is_empty()
        assert frames[name].schema == CONTRACTS[f"insights/{name}"].schema


def test_work_goes_to_who_did_the_like_and_the_reason_says_so() -> None:
    frames = week(company())
    (move,) = frames["rebalance_moves"].to_dicts()
    assert (move["kind"], move["task_gid"], move["to_person_gid"], move["team_gid"]) == ("reassign", "t2", "bo", "team")
    assert move["reason"] == (
        "Give “Draw the logo sheet” to Bo: has room in these weeks, finished “Draw the logo”, which is like it; "
        "with all moves Ana has 15 h instead of 30 h in the week of 2 Mar, 24 h available."
    )
    assert move["p_after"] < 0.2 < 0.5 < move["p_before"]
    assert frames["rebalance_weeks"].height == 3 * 8
    assert frames["rebalance_limits"].is_empty()


def test_no_name_of_a_private_task_stands_in_a_reason() -> None:
    world = company()
    world.rows["staging/projects"][0]["privacy_setting"] = "private"
    (move,) = week(world)["rebalance_moves"].to_dicts()
    assert not move["is_public"]
    assert "logo" not in move["reason"]


def test_skills_pins_and_manual_override_are_kept() -> None:
    def blocked(name: str, value: str, field: str = "staging/task_field_intervals") -> list[str]:
        world = company()
        for gid in ("t1", "t2"):
            if field == "staging/task_field_intervals":
                world.add(field, task_gid=gid, field_gid=name, field_name=name, text_value=value, valid_from=LONG_AGO)
            else:
                world.field(gid, "task", name, value)
        frames = week(world)
        assert frames["rebalance_moves"].is_empty()
        return frames["rebalance_limits"]["constraint"].to_list()

    assert blocked("Manual Override", "Yes") == ["pins"]
    assert blocked("Rebalance Pin", "Person") == ["due dates"]
    assert blocked("Required Skills", "Welding", "staging/custom_field_values") == ["skills"]
    world = company()
    world.add("staging/task_field_intervals", task_gid="t2", field_gid="m", field_name="Manual Override",
              text_value="No", valid_from=LONG_AGO)  # fmt: skip
    assert week(world)["rebalance_moves"].height == 1


def test_nothing_that_came_later_is_used() -> None:
    world = company()
    before = week(world)
    world.task("new", person="cy", name="Draw the logo sheet", created_at=LATER, done_at=LATER, score=None, hours=None)
    for gid in ("t1", "t2"):
        world.add("staging/task_field_intervals", task_gid=gid, field_gid="m", field_name="Manual Override",
                  text_value="Yes", valid_from=LATER)  # fmt: skip
    after = week(world)
    assert all(before[name].equals(after[name]) for name in REBALANCE_TABLES)


def test_a_milestone_that_waits_holds_the_end_of_what_has_slack() -> None:
    def moves(milestone_on: date) -> int:
        world = company()
        for gid in ("t1", "t2"):
            world.add(
                "insights/project_schedule", as_of_on=WEEK_ON, project_gid="project", task_gid=gid, slack_days=9.0
            )
            world.add("staging/task_field_intervals", task_gid=gid, field_gid="p", field_name="Rebalance Pin",
                      text_value="Person", valid_from=LONG_AGO)  # fmt: skip
            world.add("staging/task_dependencies", task_gid="fair", depends_on_gid=gid)
        world.task("fair", subtype="milestone", due_on=milestone_on, score=None, hours=None)
        return week(world)["rebalance_moves"].height

    assert moves(FRIDAY + timedelta(days=8)) == 1
    assert moves(FRIDAY + timedelta(days=3)) == 0
