"""The first 90 days: from how people began here where enough did, and small work that suits them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from asana_intel.insights.headcount.ramp import first_tasks, joined_on, learn_ramp, plan_ramp
from asana_intel.insights.headcount.weekly import RAMP_WEEK_READS, ramp_plan
from asana_intel.settings import load_settings
from asana_intel.storage.contracts import CONTRACTS, conform
from asana_intel_tests.unit.insights.tables import Tables

AS_OF = datetime(2026, 6, 3, 12, tzinfo=UTC)
TODAY = AS_OF.date()
MONDAY = date(2026, 6, 1)
USUAL = (0.25, 0.5, 0.8)


def joined(**days: date) -> pl.DataFrame:
    return pl.DataFrame(sorted(days.items()), schema={"person_gid": pl.String, "joined_on": pl.Date}, orient="row")


def worked(person: str, since: date, hours: list[float]) -> pl.DataFrame:
    mondays = [since + timedelta(weeks=n) for n in range(len(hours))]
    return pl.DataFrame({"person_gid": person, "week_on": mondays, "hours": hours})


def test_shares_are_the_medians_of_how_five_people_began() -> None:
    began = MONDAY - timedelta(weeks=60)
    weekly = [[4.0] * 4 + [8.0 + n] * 5 + [16.0] * 4 + [20.0] * 20 for n in range(5)]
    people = joined(**{f"p{n}": began for n in range(5)})
    ramp = learn_ramp(people, pl.concat(worked(f"p{n}", began, w) for n, w in enumerate(weekly)), TODAY, USUAL)
    assert ramp.shares == pytest.approx((0.2, 0.5, 0.8))
    assert (ramp.former, ramp.reason) == (5, "Shares from how 5 people began here before.")


def test_with_four_the_shares_of_the_settings_stand_and_the_plan_says_so() -> None:
    began = MONDAY - timedelta(weeks=60)
    people = joined(**{f"p{n}": began for n in range(4)})
    hours = pl.concat(worked(f"p{n}", began, [10.0] * 40) for n in range(4))
    ramp = learn_ramp(people, hours, TODAY, USUAL)
    assert (ramp.shares, ramp.former) == (USUAL, 0)
    assert "4 people joined before, 5 are needed" in ramp.reason


def test_shares_never_fall_and_never_pass_a_full_load() -> None:
    began = MONDAY - timedelta(weeks=60)
    people = joined(**{f"p{n}": began for n in range(6)})
    weekly = [30.0] * 4 + [5.0] * 5 + [60.0] * 4 + [40.0] * 20
    ramp = learn_ramp(people, pl.concat(worked(f"p{n}", began, weekly) for n in range(6)), TODAY, USUAL)
    assert ramp.shares == (0.75, 0.75, 1.0)


def test_who_joined_lately_or_left_before_they_settled_teaches_nothing() -> None:
    long_ago, lately = MONDAY - timedelta(weeks=60), MONDAY - timedelta(weeks=20)
    people = joined(a=long_ago, b=lately, c=long_ago)
    hours = pl.concat(
        [worked("a", long_ago, [5.0] * 10), worked("b", lately, [9.0] * 19), worked("c", long_ago, [1.0] * 50)]
    )
    assert "1 people joined before" in learn_ramp(people, hours, TODAY, USUAL).reason


def test_first_seen_is_the_first_day_unless_the_settings_name_one_and_who_was_always_there_is_not_new() -> None:
    seen = pl.DataFrame(
        {"person_gid": ["old", "new", "named", "future", "never"],
         "first_active_on": [date(2024, 1, 1), date(2026, 5, 1), date(2024, 1, 2), date(2026, 7, 1), None]}
    )  # fmt: skip
    named = {"named": date(2026, 4, 20), "soon": date(2026, 6, 10)}
    assert joined_on(seen, named, TODAY).rows() == [("named", date(2026, 4, 20)), ("new", date(2026, 5, 1))]


def test_three_steps_of_thirty_days_and_tasks_only_for_the_running_one() -> None:
    first = TODAY - timedelta(days=40)
    people = joined(new=first).with_columns(team_gid=pl.lit("t"))
    ramp = learn_ramp(people, worked("new", MONDAY - timedelta(weeks=2), [5.0]), TODAY, USUAL)
    plan = plan_ramp(people, {"new": 32.0}, {"new": ["1", "2"]}, ramp, TODAY)
    steps = plan.select("step", "from_on", "until_on", "load_share", "hours_week").rows()
    days = [first + timedelta(days=n) for n in (0, 29, 30, 59, 60, 89)]
    assert steps == [
        (30, days[0], days[1], 0.25, 8.0), (60, days[2], days[3], 0.5, 16.0), (90, days[4], days[5], 0.8, 25.6),
    ]  # fmt: skip
    assert plan["task_gids"].to_list() == [[], ["1", "2"], []]
    assert plan["is_default"].all()


def test_tasks_suit_the_skills_come_from_the_own_team_and_go_to_one_person_only() -> None:
    new = pl.DataFrame({"person_gid": ["a", "b"], "team_gid": ["t", "t"]})
    tasks = pl.DataFrame(
        [("1", "t", 90.0), ("2", "t", 80.0), ("3", "t", 70.0), ("4", "t", 60.0), ("5", "u", 99.0), ("6", "t", 50.0)],
        schema=["task_gid", "team_gid", "score"],
        orient="row",
    )
    skills = pl.DataFrame({"person_gid": ["a"], "skill": ["sql"]})
    required = pl.DataFrame({"task_gid": ["3", "2"], "skill": ["sql", "legal"]})
    assert first_tasks(new, tasks, skills, required) == {"a": ["3", "1", "4"], "b": ["6"]}


class Company(Tables):
    """A team with somebody who joined three weeks ago, and tasks of nobody."""

    def __init__(self) -> None:
        super().__init__()
        for person, since in (("old", date(2024, 1, 1)), ("new", TODAY - timedelta(days=21))):
            self.put("marts/dim_person", {"person_gid": person, "team_gid": "t", "first_active_on": since})
        self.put("staging/projects", {"project_gid": "p", "team_gid": "t"})

    def task(self, gid: str, *, hours: float = 2.0, critical: bool = False, **values: Any) -> Company:
        usual = {"project_gid": "p", "score": 30.0, "label": "P2", "is_public": True, "is_blocked": False,
                 "blocked_tasks": 0}  # fmt: skip
        self.put("insights/task_priority", {"task_gid": gid} | usual | values)
        self.put("insights/task_effort", {"task_gid": gid, "left_p50_hours": hours})
        self.put("insights/project_schedule", {"task_gid": gid, "project_gid": "p", "is_critical": critical})
        return self

    def plan(self) -> pl.DataFrame:
        week = {key: self.read(key) for key in RAMP_WEEK_READS}
        told = ramp_plan(self.read, week, MONDAY, AS_OF, load_settings())
        return conform(CONTRACTS["insights/ramp_plan"], told)


def test_only_small_open_tasks_of_nobody_without_risk_are_suggested() -> None:
    company = Company().task("fine").task("large", hours=9.0).task("taken", person_gid="old")
    company.task("critical", critical=True).task("first", label="P0").task("private", is_public=False)
    company.task("waits", is_blocked=True).task("holds up", blocked_tasks=2)
    plan = company.plan()
    assert plan["person_gid"].unique().to_list() == ["new"]
    assert plan.sort("step")["task_gids"].to_list() == [["fine"], [], []]
    assert plan.sort("step")["hours_week"].to_list() == [10.0, 20.0, 32.0]
    assert "1 small open task of nobody" in plan.sort("step")["reason"][0]


def test_the_steps_are_of_the_hours_that_stand_in_asana() -> None:
    company = Company()
    said = {"object_type": "user", "object_gid": "new", "field_gid": "f", "field_name": "Weekly Hours"}
    company.put("staging/custom_field_values", said | {"number_value": 20.0})
    assert company.plan().sort("step")["hours_week"].to_list() == [5.0, 10.0, 16.0]


def test_work_of_later_weeks_changes_nothing() -> None:
    before, after = Company(), Company()
    for week in range(4):
        after.put("marts/fct_person_load_weekly", {"person_gid": "new", "hours_logged": 40.0, "tasks_completed": 1,
                  "week_on": MONDAY + timedelta(weeks=week)})  # fmt: skip
    after.put(
        "marts/dim_person", {"person_gid": "later", "team_gid": "t", "first_active_on": TODAY + timedelta(days=1)}
    )
    assert after.plan().equals(before.plan())


def test_where_nobody_is_new_there_is_no_plan() -> None:
    assert ramp_plan(
        Tables().read, {key: Tables().read(key) for key in RAMP_WEEK_READS}, MONDAY, AS_OF, load_settings()
    ).is_empty()
