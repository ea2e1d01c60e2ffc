"""Headcount by role and quarter: units, levels and spreads, who is there, what is committed, and what is not said."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.errors import ConfigError
from asana_intel.insights.headcount import quarters as q
from asana_intel.insights.headcount.forecast import RoleHistory, forecast_role, next_quarters
from asana_intel.insights.headcount.history import by_week, open_hours, task_hours
from asana_intel.insights.headcount.people import Staff, draw_hours, ramp_share
from asana_intel.insights.headcount.roles import roles_of_people, with_role
from asana_intel.insights.headcount.weekly import headcount
from asana_intel.settings import Settings, load_settings
from asana_intel.storage.contracts import CONTRACTS, conform
from asana_intel.work_settings import DeclaredInitiative, HeadcountSettings, PlannedHire
from asana_intel_tests.unit.insights.tables import Tables

AS_OF = datetime(2026, 6, 3, 12, tzinfo=UTC)
TODAY = AS_OF.date()
MONDAY = date(2026, 6, 1)
PLAIN = HeadcountSettings(attrition=0.0)  # pyright: ignore[reportCallIssue]
SHARES = (0.25, 0.5, 0.8)
few = settings(max_examples=40, deadline=None)


class Company(Tables):
    """Six people in team Ops, two in team Lab. Each Ops person gets and does one task of 10 h every week."""

    def __init__(self, weeks: int = 60, *, ops: int = 6) -> None:
        super().__init__()
        self._tasks = 0
        for n in range(ops + 2):
            team = ("1", "Ops") if n < ops else ("2", "Lab")
            self.put("marts/dim_person", {"person_gid": f"p{n}", "team_gid": team[0], "team_name": team[1]})
            for back in range(1, weeks + 1):
                monday = MONDAY - timedelta(weeks=back)
                self.put("marts/fct_person_load_weekly", {"person_gid": f"p{n}", "week_on": monday,
                         "hours_logged": 10.0, "tasks_completed": 1})  # fmt: skip
                if n < ops:
                    self.task(f"p{n}", monday, done=monday + timedelta(days=3), logged=10.0)

    def task(self, person: str | None, asked: date, done: date | None = None, logged: float | None = None,
             **values: Any) -> Company:  # fmt: skip
        self._tasks += 1
        gid, at = f"t{self._tasks:05}", _instant(asked)
        since = {"task_gid": gid, "valid_from": at, "source": "record"}
        own = {"task_gid": gid, "created_at": at, "subtype": "default_task", "actual_hours": logged}
        self.put("staging/tasks", own | values)
        self.put("staging/task_lifetimes", since)
        until = _instant(done) if done else None
        self.put("staging/task_completion_intervals", since | {"is_completed": False, "valid_to": until})
        if done:
            self.put("staging/task_completion_intervals", since | {"is_completed": True, "valid_from": until})
        if person:
            self.put("staging/task_assignee_intervals", since | {"assignee_gid": person})
        self.put("staging/task_date_intervals", since | {"due_on": values.get("due_on")})
        return self

    def headcount(self, **changed: Any) -> pl.DataFrame:
        told = headcount(cache(self.read), MONDAY, AS_OF, with_settings(**changed))
        return conform(CONTRACTS["insights/headcount"], told)


def _instant(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def with_settings(**changed: Any) -> Settings:
    return load_settings(headcount={"attrition": 0.0} | changed)


def history(asked: list[float], done: list[float], staff: int = 5, **values: Any) -> RoleHistory:
    weeks = len(asked)
    quarter = {first: [Staff(520.0)] * staff for first, _ in next_quarters(TODAY)}
    worked = np.full(weeks, 40.0 * staff)
    return RoleHistory("Ops", staff, np.array(asked), np.array(done), worked, staff=quarter, **values)


def told(of: RoleHistory, settings: HeadcountSettings = PLAIN) -> list[dict[str, Any]]:
    full_time = {first: 520.0 for first, _ in next_quarters(TODAY)}
    return forecast_role(of, TODAY, settings, full_time, SHARES)


def test_the_four_quarters_after_the_running_one() -> None:
    assert next_quarters(date(2026, 12, 31)) == [
        (date(2027, 1, 1), date(2027, 3, 31)),
        (date(2027, 4, 1), date(2027, 6, 30)),
        (date(2027, 7, 1), date(2027, 9, 30)),
        (date(2027, 10, 1), date(2027, 12, 31)),
    ]


@few
@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_quarters_follow_each_other_and_begin_after_today(day: date) -> None:
    quarters = next_quarters(day)
    assert 0 < (quarters[0][0] - day).days <= 92
    assert all((after[0] - before[1]).days == 1 for before, after in pairwise(quarters))
    assert {first.day for first, _ in quarters} == {1}


def test_a_team_that_does_what_is_asked_of_it_lacks_nobody() -> None:
    for row in told(history([100.0] * 60, [100.0] * 60)):
        assert abs(row["gap_fte_p50"]) < 0.2
        assert 0.4 < row["p_short"] < 0.6
        assert row["hire_by_on"] is None
        assert row["gap_fte_p10"] < row["gap_fte_p50"] < row["gap_fte_p90"]


def test_who_is_asked_for_half_as_much_again_lacks_half_of_their_people() -> None:
    first, *_, last = told(history([150.0] * 60, [100.0] * 60, staff=6))
    assert first["gap_fte_p50"] == pytest.approx(3.0, abs=0.3)
    assert first["p_short"] > 0.7
    assert first["hire_by_on"] == first["quarter_on"] - timedelta(weeks=12)
    # Further away one knows less.
    assert last["gap_fte_p90"] - last["gap_fte_p10"] > first["gap_fte_p90"] - first["gap_fte_p10"]


def test_the_lead_time_of_the_settings_decides_when_to_start_hiring() -> None:
    slow = HeadcountSettings(attrition=0.0, lead_time_weeks=26)  # pyright: ignore[reportCallIssue]
    row = told(history([200.0] * 60, [100.0] * 60), slow)[0]
    assert row["hire_by_on"] == row["quarter_on"] - timedelta(weeks=26)


@pytest.mark.parametrize(
    ("asked", "done", "why"),
    [
        ([1.0] * 25, [1.0] * 25, "25 weeks of history, 26 are needed"),
        ([1.0] * 10 + [0.0] * 26, [1.0] * 36, "was asked for in the last 26 weeks"),
        ([1.0] * 36, [1.0] * 10 + [0.0] * 26, "was done in the last 26 weeks"),
    ],
)
def test_with_too_little_evidence_it_says_why_and_gives_no_number(
    asked: list[float], done: list[float], why: str
) -> None:
    for row in told(history(asked, done)):
        assert row["status"] == "not_assessed"
        assert why in row["reason"]
        assert "p_short" not in row


@few
@given(st.lists(st.floats(0, 500), min_size=26, max_size=120), st.floats(0, 5))
def test_the_median_of_a_draw_is_its_level_and_the_spread_grows_with_the_distance(
    weekly: list[float], ahead: float
) -> None:
    luck, _ = q.draw_luck("x")
    near, far = (q.draw_demand(np.array(weekly), 13, ahead + n, luck) for n in (0, 2))
    now = q.level(np.array(weekly)) * 13
    assert np.median(near) == pytest.approx(now, rel=0.01, abs=1e-9)
    assert np.quantile(far, 0.9) >= np.quantile(near, 0.9)
    assert (near >= 0).all()


def test_a_level_follows_the_latest_weeks_and_nothing_older_than_two_years() -> None:
    assert q.level(np.array([0.0] * 52 + [100.0] * 26)) > 85
    assert q.level(np.concatenate([np.full(50, 1e6), np.full(104, 10.0)])) == pytest.approx(10.0)
    assert q.level(np.zeros(0)) == 0


def test_quarters_that_differ_widen_the_spread_and_equal_ones_narrow_it() -> None:
    assert q.spread(np.array([100.0] * 8), 100.0) < q.USUAL_SPREAD < q.spread(np.array([100.0, 300.0] * 4), 200.0)
    assert np.isfinite(q.spread(np.array([0.0, 100.0, 0.0]), 50.0))


def test_the_same_names_draw_the_same_luck_and_demand_and_share_go_along() -> None:
    first, second, other = q.draw_luck("a"), q.draw_luck("a"), q.draw_luck("b")
    assert np.array_equal(first[0], second[0])
    assert not np.array_equal(first[0], other[0])
    assert np.corrcoef(*first)[0, 1] == pytest.approx(q.TOGETHER, abs=0.05)


def test_leavers_are_binomial_with_the_attrition_of_the_settings() -> None:
    year = TODAY + timedelta(days=365)
    staff = [Staff(100.0)] * 40
    hours, people = draw_hours(staff, TODAY, year, year, 0.2, SHARES, "x")
    assert people == pytest.approx(32, abs=0.4)
    assert hours.std() / 100 == pytest.approx((40 * 0.8 * 0.2) ** 0.5, rel=0.1)


def test_without_attrition_everybody_stays() -> None:
    hours, people = draw_hours([Staff(100.0)] * 3, TODAY, TODAY, TODAY + timedelta(days=90), 0.0, SHARES, "x")
    assert people == pytest.approx(3.0)
    assert hours.min() == pytest.approx(300.0)
    assert hours.max() == pytest.approx(300.0)


def test_a_hire_counts_from_their_first_day_and_by_the_steps_of_the_ramp() -> None:
    first, last = next_quarters(TODAY)[0]
    days = (last - first).days + 1
    hours, people = draw_hours([Staff(920.0, first + timedelta(days=10))], TODAY, first, last, 0.0, SHARES, "x")
    assert people == pytest.approx((days - 10) / days)
    assert hours[0] == pytest.approx(920 / days * (30 * 0.25 + 30 * 0.5 + (days - 70) * 0.8))


def test_the_share_of_a_load_rises_by_steps_to_a_full_one() -> None:
    shares = [ramp_share(TODAY, TODAY + timedelta(days=n), SHARES) for n in (-1, 0, 29, 30, 59, 60, 89, 90)]
    assert shares == [0.0, 0.25, 0.25, 0.5, 0.5, 0.8, 0.8, 1.0]
    assert ramp_share(None, TODAY, SHARES) == 1.0


def test_planned_hires_close_the_gap_of_their_role_and_no_other() -> None:
    company = Company()
    plain, more = (company.headcount(hires=hires) for hires in ([], [PlannedHire(role="Ops", start_on=TODAY
                   + timedelta(days=5))] * 3))  # fmt: skip
    other = company.headcount(hires=[PlannedHire(role="Elsewhere", start_on=TODAY + timedelta(days=5))])
    last = pl.col("quarter_on") == plain["quarter_on"].max()
    expected = [rows.filter(last)["people_expected"].item() for rows in (plain, more, other)]
    assert expected == pytest.approx([8.0, 11.0, 9.0])  # the row of everybody: all hires count there
    begun = company.headcount(hires=[PlannedHire(role="Ops", start_on=TODAY)])
    assert begun["reason"][0].endswith("0 planned hires.")
    assert more["reason"][0].endswith("3 planned hires.")
    assert more.filter(last)["gap_fte_p50"].item() < plain.filter(last)["gap_fte_p50"].item() - 2


def test_declared_initiatives_are_demand_of_the_quarters_they_lie_in() -> None:
    (first, last), (second, _), *_ = next_quarters(TODAY)
    work = DeclaredInitiative(role="Ops", start_on=last, end_on=second, hours=200.0)
    plain, more = (Company().headcount(initiatives=each) for each in ([], [work]))
    added = (more["committed_hours"] - plain["committed_hours"]).to_list()
    assert added == pytest.approx([100.0, 100.0, 0.0, 0.0])
    assert (more["demand_p50_hours"] - plain["demand_p50_hours"]).to_list() == pytest.approx(added)
    assert first < last


def test_open_work_above_the_usual_is_committed_in_the_quarter_it_is_due() -> None:
    (_, _), (second, _), *_ = next_quarters(TODAY)
    company = Company()
    for _ in range(10):
        company.task("p0", MONDAY + timedelta(days=1), due_on=second + timedelta(days=3), effort_hours=30.0)
    committed = company.headcount()["committed_hours"].to_list()
    assert committed == pytest.approx([0.0, 300.0, 0.0, 0.0])


def test_roles_under_five_people_are_only_in_the_rows_of_everybody() -> None:
    told = Company().headcount()
    # Two people of Lab are left beside Ops: so that nobody can take away, Ops is not shown either.
    assert told["role"].unique().to_list() == [None]
    assert told["people"].unique().to_list() == [8]


def test_a_role_may_be_what_a_field_of_people_says() -> None:
    company = Company(ops=10)
    for n in range(12):
        role = "Engineer" if n % 2 else "Designer "
        said = {"object_gid": f"p{n}", "object_type": "user", "field_name": "Role", "display_value": role}
        company.put("staging/custom_field_values", said)
    told = company.headcount(role_field="role")
    assert told["role"].unique().sort().to_list() == [None, "Designer", "Engineer"]
    assert told.filter(pl.col("role") == "Engineer")["people"].unique().to_list() == [6]


def test_a_task_of_nobody_asks_for_the_role_that_its_project_usually_asks_for() -> None:
    tasks = pl.DataFrame(
        [("1", "a", "x"), ("2", "a", "x"), ("3", "b", "x"), ("4", None, "x"), ("5", None, "y"), ("6", "z", "x")],
        schema=["task_gid", "person_gid", "project_gid"],
        orient="row",
    )
    roles = pl.DataFrame({"person_gid": ["a", "b"], "role": ["Dev", "Ops"]})
    assert with_role(tasks, roles)["role"].to_list() == ["Dev", "Dev", "Ops", "Dev", None, None]


def test_hours_of_a_task_are_those_logged_else_estimated_and_corrected_else_usual() -> None:
    world = Company(weeks=0, ops=0)
    for n in range(30):
        done = MONDAY - timedelta(days=20 + n)
        world.task("p0", done, done=done, logged=20.0, effort_hours=10.0)
    world.task("p0", MONDAY, effort_hours=5.0)
    world.task("p0", MONDAY)
    world.task("p0", MONDAY, subtask_count=3, effort_hours=5.0)
    hours = task_hours(world.read, AS_OF, roles_of_people(world.read, ""))["hours"].to_list()
    assert hours[:30] == [20.0] * 30
    assert hours[30:] == pytest.approx([10.0, 20.0])  # estimates were half of what it took; the sum task has none


def test_hours_fall_into_their_week_and_open_ones_are_counted_as_a_day_begins() -> None:
    days: list[date | None] = [
        MONDAY,
        MONDAY + timedelta(days=6),
        MONDAY + timedelta(days=7),
        None,
        MONDAY - timedelta(days=1),
    ]
    weekly = by_week(days, [1.0, 2.0, 4.0, 8.0, 16.0], MONDAY, MONDAY + timedelta(weeks=2))
    assert weekly.tolist() == [3.0, 4.0]
    tasks = pl.DataFrame(
        {"asked_on": [MONDAY, MONDAY], "done_on": [MONDAY + timedelta(days=7), None], "hours": [3.0, 5.0]}
    )
    asked = [MONDAY, MONDAY + timedelta(days=7), MONDAY + timedelta(days=8)]
    assert open_hours(tasks, asked) == [0.0, 8.0, 5.0]


def test_what_comes_later_changes_nothing() -> None:
    before, after = Company(), Company()
    for n in range(40):
        day = TODAY + timedelta(days=1 + n)
        after.task("p0", day, done=day, logged=50.0)
    for week in range(3):
        after.put("marts/fct_person_load_weekly", {"person_gid": "new", "hours_logged": 40.0, "tasks_completed": 9,
                  "week_on": MONDAY + timedelta(weeks=week)})  # fmt: skip
    assert after.headcount().equals(before.headcount())
    assert before.headcount().equals(before.headcount())


def test_before_anything_is_known_there_is_no_row() -> None:
    assert headcount(Tables().read, MONDAY, AS_OF, with_settings()).is_empty()


def test_settings_that_cannot_be_meant_are_refused() -> None:
    with pytest.raises(ConfigError, match="ramp_shares"):
        load_settings(headcount={"ramp_shares": [0.5, 0.4, 0.8]})
    with pytest.raises(ConfigError, match="end_on is before start_on"):
        load_settings(
            headcount={"initiatives": [{"role": "x", "start_on": "2026-02-01", "end_on": "2026-01-01", "hours": 1}]}
        )


def test_people_without_any_task_are_not_assessed_and_the_page_can_say_why() -> None:
    company = Tables()
    for n in range(6):
        company.put("marts/dim_person", {"person_gid": f"p{n}", "team_gid": "1", "team_name": "Ops"})
        company.put("marts/fct_person_load_weekly", {"person_gid": f"p{n}", "week_on": MONDAY - timedelta(weeks=1),
                    "hours_logged": 10.0, "tasks_completed": 1})  # fmt: skip
    told = headcount(company.read, MONDAY, AS_OF, with_settings())
    assert told["role"].unique().sort().to_list() == [None, "Ops"]
    assert told["status"].unique().to_list() == ["not_assessed"]
    assert told["reason"].unique().to_list() == ["0 weeks of history, 26 are needed."]
