"""Schedule and order from tables: who belongs where, what is private, what was not known yet."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from asana_intel.insights.portfolio import inputs
from asana_intel.settings import Settings
from asana_intel.storage.contracts import CONTRACTS, conform, empty_frame
from asana_intel_tests.unit.insights.tables import Tables

WEEK = dt.date(2026, 3, 2)
AS_OF = dt.datetime(2026, 3, 2, 20, tzinfo=dt.UTC)
BORN = AS_OF - dt.timedelta(days=60)
LATER = AS_OF + dt.timedelta(days=1)
SETTINGS = Settings.model_construct()
EFFORT = {"task_gid": pl.String(), "left_p50_hours": pl.Float64()}


class World(Tables):
    """Projects p and q in team t."""

    def __init__(self) -> None:
        super().__init__()
        for gid in "pq":
            self.project(gid)

    def project(self, gid: str, **values: Any) -> World:
        row = {"project_gid": gid, "name": gid, "team_gid": "t", "is_archived": False, "is_completed": False,
               "created_at": BORN, "privacy_setting": "public_to_workspace"}  # fmt: skip
        self.put("staging/projects", row | values)
        return self

    def task(self, gid: str, project: str | None = None, at: dt.datetime = BORN, **values: Any) -> World:
        interval = {"task_gid": gid, "valid_from": at, "source": "record"}
        row = {"task_gid": gid, "name": gid, "is_completed": False, "created_at": at} | values
        self.put("staging/tasks", row)
        self.put("staging/task_lifetimes", interval)
        self.put("staging/task_completion_intervals", interval | {"is_completed": False})
        self.put("staging/task_date_intervals", interval | {"due_on": values.get("due_on")})
        if project:
            self.put("staging/task_projects", {"task_gid": gid, "project_gid": project})
            self.put("staging/task_section_intervals", interval | {"project_gid": project})
        return self

    def link(self, waiting: str, blocker: str, at: dt.datetime | None = None) -> World:
        self.put("staging/task_dependencies", {"task_gid": waiting, "depends_on_gid": blocker})
        if at:
            story = {"story_gid": f"{waiting}{blocker}", "target_gid": waiting, "dependency_gid": blocker}
            self.put("staging/stories", story | {"subtype": "dependency_added", "created_at": at})
        return self

    def schedule(self, effort: dict[str, float] | None = None) -> pl.DataFrame:
        rows = pl.DataFrame(list((effort or {}).items()), schema=EFFORT, orient="row")
        frame = inputs.project_schedule(self.read, rows, WEEK, AS_OF, SETTINGS)
        return conform(CONTRACTS["insights/project_schedule"], frame)

    def order(self, odds: dict[str, float] | None = None, gains: list[tuple[str, str, float]] | None = None) -> list:
        schema = CONTRACTS["forecasts/goal_attainment"].schema
        said = [dict.fromkeys(schema) | {"goal_gid": g, "p_attain": p, "status": "assessed"}
                for g, p in (odds or {}).items()]  # fmt: skip
        week = {
            "insights/project_schedule": self.schedule(),
            "insights/task_effort": pl.DataFrame(schema=EFFORT),
            "insights/task_priority": pl.DataFrame(schema={"task_gid": pl.String(), "score": pl.Float64()}),
            "insights/task_goal_gain": pl.DataFrame(
                gains or [],
                schema={"task_gid": pl.String(), "goal_gid": pl.String(), "gain": pl.Float64()},
                orient="row",
            ),
            "forecasts/goal_attainment": pl.DataFrame(said, schema=schema),
        }
        frame = inputs.portfolio_priority(self.read, week, WEEK, AS_OF, SETTINGS)
        return conform(CONTRACTS["insights/portfolio_priority"], frame).to_dicts()


def test_a_subtask_stands_in_the_project_of_the_task_above_it() -> None:
    world = World().task("a", "p").task("b", parent_gid="a", effort_hours=6.0).task("c", parent_gid="b").task("d")
    rows = world.schedule()
    assert rows.select("project_gid", "task_gid").rows() == [("p", "a"), ("p", "b"), ("p", "c")]


def test_a_task_in_two_projects_has_a_row_in_each() -> None:
    world = World().task("a", "p", effort_hours=6.0)
    world.put("staging/task_section_intervals",
              {"task_gid": "a", "project_gid": "q", "valid_from": BORN, "source": "record"})  # fmt: skip
    assert world.schedule().select("project_gid", "task_gid").rows() == [("p", "a"), ("q", "a")]


def test_the_forecast_effort_speaks_where_there_is_one_else_the_estimate() -> None:
    world = World().task("a", "p", effort_hours=12.0, actual_hours=3.0)
    assert world.schedule()["duration_days"].to_list() == [1.5]
    assert world.schedule({"a": 30.0})["duration_days"].to_list() == [5.0]


def test_what_this_product_wrote_and_what_is_archived_or_over_is_not_scheduled() -> None:
    world = World().task("a", "p", notes="Please look. AIW-ABCDEFGHIJK2").task("b", "old").task("c", "done")
    world.project("old", is_archived=True).project("done", completed_at=BORN)
    assert world.schedule().is_empty()


def test_what_comes_later_changes_nothing() -> None:
    world = World().task("a", "p", effort_hours=6.0).task("b", "p", effort_hours=6.0).link("b", "a", BORN)
    before, order = world.schedule(), world.order()
    world._rows["staging/tasks"][0] |= {"actual_hours": 3.0, "modified_at": LATER}
    world.project("r", created_at=LATER).task("c", "p", at=LATER, effort_hours=60.0).link("a", "c", LATER)
    world.link("a", "b", LATER)  # would close a circle
    assert world.schedule().equals(before)
    assert world.order() == order


def test_the_newest_link_of_a_circle_is_known_from_its_story() -> None:
    world = World().task("a", "p", effort_hours=6.0).task("b", "p", effort_hours=6.0)
    world.link("a", "b", BORN).link("b", "a", AS_OF)
    assert [bool(reason) for reason in world.schedule()["reason"]] == [False, True]


def test_a_goal_takes_the_tasks_that_bring_it_forward_else_those_of_its_projects() -> None:
    world = World().task("a", "p").task("b", "p").task("c", "q")
    for goal in ("g", "h"):
        world.put("staging/goals", {"goal_gid": goal, "name": goal, "is_closed": False, "is_workspace_level": False})
        world.put("marts/bridge_goal_project", {"goal_gid": goal, "project_gid": "p"})
    rows = {row["object_gid"]: row for row in world.order({"g": 0.5, "h": 0.2}, [("a", "g", 0.1), ("b", "g", 0.0)])}
    assert (rows["g"]["open_tasks"], rows["h"]["open_tasks"]) == (1, 2)
    assert (rows["p"]["odds"], rows["q"]["odds"]) == (0.2, None)


def test_the_name_of_a_goal_that_not_everybody_may_see_is_not_said() -> None:
    world = World().task("a", "p").project("x", privacy_setting="private").task("b", "x")
    world.put("marts/bridge_goal_project", {"goal_gid": "g", "project_gid": "p"})
    world.put("staging/goals", {"goal_gid": "g", "name": "Secret", "privacy_setting": "members_only"})
    rows = {row["object_gid"]: row for row in world.order({"g": 0.5})}
    assert "the odds of a goal it supports are 50 %" in rows["p"]["reason"]
    assert [rows[gid]["is_public"] for gid in "pxg"] == [True, False, False]


def test_portfolios_in_portfolios_are_named_also_where_they_hold_each_other() -> None:
    world = World().task("a", "p")
    for holder, item in [("inner", "p"), ("outer", "inner"), ("inner", "outer")]:
        world.put("staging/portfolio_items", {"portfolio_gid": holder, "item_gid": item, "item_type": "project"})
    assert world.order()[0]["portfolio_gids"] == ["inner", "outer"]


def test_a_budget_is_read_from_the_project_or_else_from_its_portfolio() -> None:
    def money(gid: str, kind: str, budget: float, used: float) -> None:
        for name, value in (("budget", budget), ("BUDGET USED", used)):
            world.put("staging/custom_field_values", {"object_gid": gid, "object_type": kind, "field_gid": name,
                                                      "field_name": name, "number_value": value})  # fmt: skip

    world = World().task("a", "p", effort_hours=6.0).task("b", "q", effort_hours=6.0)
    for item in "pq":
        world.put("staging/portfolio_items", {"portfolio_gid": "f", "item_gid": item, "item_type": "project"})
    money("p", "project", 100, 120)
    money("f", "portfolio", 1000, 1500)
    rows = {row["object_gid"]: row for row in world.order()}
    assert (rows["p"]["budget"], rows["p"]["budget_used"]) == (100.0, 120.0)
    assert (rows["q"]["budget"], rows["q"]["budget_risk"]) == (1000.0, 0.5)


def test_an_empty_workspace_gives_empty_tables() -> None:
    world = Tables()
    effort = pl.DataFrame(schema=EFFORT)
    rows = inputs.project_schedule(world.read, effort, WEEK, AS_OF, SETTINGS)
    assert conform(CONTRACTS["insights/project_schedule"], rows).is_empty()
    week = {key: empty_frame(CONTRACTS[key]) for key in ("insights/project_schedule", "forecasts/goal_attainment")}
    week |= {"insights/task_effort": effort, "insights/task_priority": pl.DataFrame(schema={"task_gid": pl.String(),
             "score": pl.Float64()}), "insights/task_goal_gain": pl.DataFrame(schema={"task_gid": pl.String(),
             "goal_gid": pl.String(), "gain": pl.Float64()})}  # fmt: skip
    assert inputs.portfolio_priority(world.read, week, WEEK, AS_OF, SETTINGS).is_empty()
