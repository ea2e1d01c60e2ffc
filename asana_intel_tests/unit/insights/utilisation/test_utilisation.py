"""How full teams were and will be, and what it costs: by hand, from the same draws as the load of people."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from asana_intel.clock import monday_of
from asana_intel.insights.utilisation.coming import TeamWeeks, coming_weeks, together
from asana_intel.insights.utilisation.cost import lost_contributions, odds_lost
from asana_intel.insights.utilisation.past import QUIET_WEEKS, active_weeks, past_weeks
from asana_intel.insights.utilisation.weekly import READS, WEEK_READS, measure
from asana_intel.settings import ForecastSettings, Settings, load_settings
from asana_intel.storage.contracts import CONTRACTS, conform
from asana_intel.workload.kept import restored_time, restored_work
from asana_intel.workload.load import PATHS, forecast_load
from asana_intel_tests.unit.insights.tables import Tables

AS_OF = datetime(2026, 6, 1, 6, tzinfo=UTC)  # a Monday
MONDAY = AS_OF.date()
SETTINGS = ForecastSettings()  # pyright: ignore[reportCallIssue]
WEEKS = 4
PEOPLE = [f"p{n}" for n in range(8)]


def weeks_on(n: int) -> date:
    return MONDAY + timedelta(weeks=n)


class Company(Tables):
    """Eight people or fewer: five of team a, two of b, one of none. All worked 20 h a week and have little to do."""

    def __init__(self, size: int = 8, **capacity: Any) -> None:
        super().__init__()
        self.settings: Settings = load_settings(capacity=capacity)
        for n, person in enumerate(PEOPLE[:size]):
            team = "a" if n < 5 else "b" if n < 7 else None
            self.put("marts/dim_person", {"person_gid": person, "team_gid": team})
            self.task(f"small-{person}", person, 0.01, due_on=weeks_on(WEEKS) - timedelta(days=3))
            for back in range(1, 41):
                self.worked(person, -back, 20.0)
            for day in range(7 * WEEKS):
                on = MONDAY + timedelta(days=day)
                hours = 8.0 if on.weekday() < 5 else 0.0
                self.put("forecasts/person_days", {"person_gid": person, "day_on": on, "working_hours": hours,
                         "holiday_hours": 0.0, "time_off_hours": 0.0})  # fmt: skip

    def worked(self, person: str, week: int, hours: float) -> None:
        self.put("marts/fct_person_load_weekly", {"person_gid": person, "week_on": weeks_on(week),
                 "hours_logged": hours, "tasks_completed": 0, "days_off": 0.0, "working_days": 5.0})  # fmt: skip

    def task(self, gid: str, person: str, hours: float, **values: Any) -> Company:
        self.put("forecasts/task_load", {"task_gid": gid, "person_gid": person, "logged_hours": 0.0,
                 "log_median": float(np.log(hours)), "log_below": 0.3, "log_above": 0.5, "is_inferred": False,
                 "last_on": values.get("due_on")} | values)  # fmt: skip
        return self

    def goal(self, gid: str, due_on: date, task: str, contribution: float, *, public: bool = True) -> Company:
        privacy = "public_to_workspace" if public else "private"
        self.put("staging/goals", {"goal_gid": gid, "privacy_setting": privacy})
        self.put("forecasts/goal_attainment", {"goal_gid": gid, "due_on": due_on, "status": "assessed",
                 "p_attain": 0.4, "value_p10": 60.0, "value_p50": 95.0, "value_p90": 120.0, "current_value": 50.0,
                 "initial_value": 0.0, "target_value": 100.0})  # fmt: skip
        self.put("insights/task_goal_gain", {"task_gid": task, "goal_gid": gid, "contribution": contribution})
        return self

    def week(self) -> dict[str, pl.DataFrame]:
        """Tables of the week, the load of people computed from the tasks as the forecast does."""
        tables = {key: self.read(key) for key in WEEK_READS}
        time = restored_time(tables["forecasts/person_days"])
        load = forecast_load(restored_work(tables["forecasts/task_load"], time, WEEKS))
        return tables | {"forecasts/person_load": load}

    def measure(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        told = measure(self.read, self.week(), MONDAY, AS_OF, self.settings)
        return (
            conform(CONTRACTS["insights/team_utilisation"], told[0]),
            conform(CONTRACTS["insights/capacity_cost"], told[1]),
        )


def team_weeks(drawn: list[list[float]], available: list[float]) -> TeamWeeks:
    """Weeks of a team from what each path asks of each week."""
    paths = np.array(drawn, dtype=float)
    mondays = [weeks_on(n) for n in range(len(drawn))]
    return TeamWeeks(5, mondays, np.array(available, dtype=float), paths.mean(axis=1), paths)


def test_past_weeks_are_hours_worked_of_hours_available_and_coming_ones_what_tasks_ask() -> None:
    company = Company(size=5).task("t", "p0", 40.0, due_on=MONDAY + timedelta(days=4))
    weeks, _ = company.measure()
    before = weeks.filter(pl.col("team_gid") == "a", pl.col("week_on") == weeks_on(-1)).row(0, named=True)
    assert (before["is_past"], before["people"], before["available_hours"]) == (True, 5, 200.0)
    assert (before["assigned_hours"], before["load_pct"], before["p10"]) == (100.0, 0.5, None)
    now = weeks.filter(pl.col("team_gid") == "a", pl.col("week_on") == MONDAY).row(0, named=True)
    assert (now["is_past"], now["available_hours"]) == (False, 200.0)
    assert now["p10"] < now["assigned_hours"] < now["p90"]
    assert weeks.filter("is_past")["week_on"].n_unique() == 26


def test_hours_of_people_in_asana_count_in_past_weeks_too() -> None:
    company = Company(size=5)
    said = {"object_type": "user", "object_gid": "p0", "field_gid": "f", "field_name": "Weekly Hours"}
    company.put("staging/custom_field_values", said | {"number_value": 16.0})
    weeks, _ = company.measure()
    before = weeks.filter(pl.col("team_gid") == "a", pl.col("is_past"))
    assert before["available_hours"].unique().to_list() == [4 * 40.0 + 16.0]


def test_small_teams_are_only_in_the_row_of_everybody_and_cannot_be_worked_out() -> None:
    weeks, cost = Company().task("t", "p6", 40.0, due_on=MONDAY).measure()
    # Team b and the one without a team are three: beside team a, everybody would tell of them.
    assert weeks["team_gid"].unique().to_list() == [None]
    assert cost["team_gid"].to_list() == [None]
    assert weeks["people"].unique().to_list() == [8]


def test_the_band_of_a_team_is_that_of_the_sum_and_narrower_than_the_sum_of_bands() -> None:
    company = Company()
    for person in PEOPLE[:5]:
        company.task(f"t{person}", person, 30.0, due_on=MONDAY + timedelta(days=4))
    week = company.week()
    teams = company.read("marts/dim_person").select("person_gid", group="team_gid")
    drawn = coming_weeks(week["forecasts/task_load"], week["forecasts/person_days"], teams, WEEKS)
    low, high = drawn["a"].band()
    own = week["forecasts/person_load"].filter(
        pl.col("week_on") == MONDAY, pl.col("person_gid").is_in(PEOPLE[:5])
    ).select(pl.col("p10", "p90", "assigned_hours").sum()).row(0, named=True)  # fmt: skip
    assert own["p10"] < low[0] < own["assigned_hours"] < high[0] < own["p90"]
    assert drawn["a"].mean[0] == pytest.approx(own["assigned_hours"])
    # One person with all that work has errors that go together.
    alone = Company()
    for n in range(5):
        alone.task(f"t{n}", "p0", 30.0, due_on=MONDAY + timedelta(days=4))
    kept = alone.week()
    (_, wide) = coming_weeks(kept["forecasts/task_load"], kept["forecasts/person_days"], teams, WEEKS)["a"].band()
    assert wide[0] > high[0]


def test_everybody_is_the_sum_of_the_groups_path_by_path() -> None:
    both = together([team_weeks([[10, 30]], [20]), team_weeks([[5, 1]], [8])])
    assert both.drawn.tolist() == [[15, 31]]
    assert (both.available.tolist(), both.people) == ([28], 10)


def test_work_that_does_not_fit_waits_and_comes_late() -> None:
    team = team_weeks([[60, 10], [10, 10], [10, 70]], [40, 40, 40])
    waiting = team.waiting()
    assert waiting.tolist() == [[20, 0], [0, 0], [0, 30]]
    assert team.late(waiting).tolist() == [[20, 0], [0, 0], [0, 30]]
    assert team.share_undone(waiting)[0] == pytest.approx((20 / 60 + 0) / 2)


def test_late_work_is_done_first_so_that_a_full_week_passes_its_lateness_on() -> None:
    team = team_weeks([[60], [40], [40]], [40, 40, 40])
    assert team.waiting().ravel().tolist() == [20, 20, 20]
    assert team.late(team.waiting()).ravel().tolist() == [20, 20, 20]


def test_odds_of_a_bottleneck_count_paths_above_110_percent() -> None:
    assert team_weeks([[44, 45, 20, 100]], [40]).p_bottleneck().tolist() == [0.5]


def test_a_goal_loses_what_its_late_tasks_would_add_and_no_other_goal_does() -> None:
    goals = pl.DataFrame(
        {"goal_gid": ["g", "later", "none"], "due_on": [weeks_on(0) + timedelta(days=6), weeks_on(9), weeks_on(1)],
         "p_attain": [0.4] * 3, "value_p10": [60.0] * 3, "value_p50": [95.0] * 3, "value_p90": [120.0] * 3,
         "current_value": [50.0] * 3, "initial_value": [0.0] * 3, "target_value": [100.0] * 3}
    )  # fmt: skip
    gains = pl.DataFrame(
        {"task_gid": ["t", "t", "late", "t"], "goal_gid": ["g", "later", "g", "none"], "contribution": [10.0, 9, 8, 0]}
    )
    tasks = pl.DataFrame({"task_gid": ["t", "late"], "last_on": [MONDAY, weeks_on(3)], "group": ["a", "a"]})
    teams: dict[str | None, TeamWeeks] = {"a": team_weeks([[80], [0]], [40, 60])}
    lost = lost_contributions(teams, tasks, gains, goals)
    assert dict(lost.select("goal_gid", "contribution").iter_rows()) == {"g": 5.0, "none": 0.0}
    (told,) = odds_lost(lost, goals).to_dicts()
    assert told["goal_gid"] == "g"
    assert 0.05 < told["points"] < 0.4


def test_a_team_that_keeps_up_costs_nothing_and_says_so() -> None:
    _, cost = Company().task("t", "p0", 4.0, due_on=weeks_on(2)).measure()
    (row,) = cost.to_dicts()
    assert row["hiring_gap_fte"] == 0
    assert row["odds_lost"] == 0
    assert row["reason"].startswith("Not short")


def test_a_shortage_is_told_in_hours_goals_and_people_and_private_goals_are_not_counted() -> None:
    company = Company()
    for n, person in enumerate(PEOPLE * 3):
        company.task(f"t{n}", person, 90.0, due_on=MONDAY + timedelta(days=11))
    company.goal("open", MONDAY + timedelta(days=13), "t0", 20.0)
    company.goal("secret", MONDAY + timedelta(days=13), "t1", 20.0, public=False)
    _, cost = company.measure()
    (row,) = cost.to_dicts()
    full_time = 40.0 * WEEKS
    assert row["hiring_gap_fte"] == pytest.approx(row["short_hours"] / full_time)
    assert row["short_hours"] > 500
    assert row["goal_gids"] == ["open"]
    assert 0 < row["odds_lost"] < 0.6
    assert "1 goal loses odds by it" in row["reason"]


def test_somebody_counts_until_eight_weeks_without_work_and_again_when_they_are_back() -> None:
    company = Tables()
    for week in (-30, -29, -3):
        company.put("marts/fct_person_load_weekly", {"person_gid": "p", "week_on": weeks_on(week),
                    "hours_logged": 5.0, "tasks_completed": 0})  # fmt: skip
    there = active_weeks(company.read("marts/fct_person_load_weekly"), weeks_on(-40), MONDAY)["week_on"].to_list()
    assert there == [weeks_on(n) for n in (*range(-30, -29 + QUIET_WEEKS + 1), -3, -2, -1)]


def test_where_nobody_logs_time_finished_tasks_count_as_four_hours() -> None:
    load = pl.DataFrame({"person_gid": ["p"], "week_on": [weeks_on(-1)], "hours_logged": [0.0], "tasks_completed": [3]})
    company = Company()
    weeks = past_weeks(
        load, company.read("staging/team_memberships"), company.read("staging/time_off"), MONDAY, SETTINGS
    )
    assert weeks.select("assigned_hours", "available_hours").rows() == [(12.0, 40.0)]


class Silent(Company):
    """As a company of which some finish a task a week and log no time."""

    def __init__(self, *silent: str, size: int = 8) -> None:
        self._silent = silent
        super().__init__(size)

    def worked(self, person: str, week: int, hours: float) -> None:
        if person not in self._silent:
            return super().worked(person, week, hours)
        row = {"person_gid": person, "week_on": weeks_on(week), "hours_logged": 0.0, "tasks_completed": 1}
        self.put("marts/fct_person_load_weekly", row)
        return None


def last_week(company: Company) -> dict[str, Any]:
    weeks, _ = company.measure()
    return weeks.filter(pl.col("team_gid").is_null(), pl.col("week_on") == weeks_on(-1)).row(0, named=True)


def test_where_some_log_no_time_their_hours_are_in_no_sum_and_their_number_is_told() -> None:
    week = last_week(Silent("p0", "p1"))
    assert (week["people"], week["unknown_people"]) == (8, 2)
    assert (week["available_hours"], week["assigned_hours"], week["load_pct"]) == (240.0, 120.0, 0.5)


@pytest.mark.parametrize("loud", [1, 4])
def test_where_few_log_time_no_figure_is_made_up_from_them(loud: int) -> None:
    week = last_week(Silent(*PEOPLE[loud:]))
    assert (week["unknown_people"], week["assigned_hours"], week["load_pct"]) == (8 - loud, None, None)
    assert week["overloaded_people"] is None
    assert week["available_hours"] == 320.0


def test_a_team_whose_figure_would_tell_of_the_few_others_who_log_time_has_none() -> None:
    company = Silent("p8", "p9", "p10", size=7)
    for person in ("p8", "p9", "p10"):
        company.put("marts/dim_person", {"person_gid": person, "team_gid": "b"})
        for back in range(1, 41):
            company.worked(person, -back, 20.0)
    weeks, _ = company.measure()
    past = weeks.filter(pl.col("week_on") == weeks_on(-1))
    # Both teams are five; of everybody less team a the two of team b who log time would be left.
    assert past.select("team_gid", "load_pct").rows() == [(None, 0.5), ("a", None), ("b", None)]


def test_rows_of_later_weeks_change_nothing() -> None:
    before = Company().task("t", "p0", 40.0, due_on=MONDAY + timedelta(days=4))
    after = Company().task("t", "p0", 40.0, due_on=MONDAY + timedelta(days=4))
    for person in (*PEOPLE, "new"):
        for week in (0, 1, 5):
            after.worked(person, week, 60.0)
    for told, wanted in zip(after.measure(), before.measure(), strict=True):
        assert told.equals(wanted)


def test_before_anything_is_known_both_tables_are_empty() -> None:
    empty = Tables()
    for told in measure(empty.read, {key: empty.read(key) for key in WEEK_READS}, MONDAY, AS_OF, load_settings()):
        assert told.is_empty()
    assert all(key in CONTRACTS for key in (*READS, *WEEK_READS))


def test_the_paths_are_those_of_the_load() -> None:
    week = Company().task("t", "p0", 40.0, due_on=MONDAY).week()
    drawn = coming_weeks(
        week["forecasts/task_load"],
        week["forecasts/person_days"],
        pl.DataFrame({"person_gid": ["p0"], "group": ["x"]}),
        1,
    )["x"]
    row = week["forecasts/person_load"].filter(pl.col("person_gid") == "p0", pl.col("week_on") == MONDAY).to_dicts()[0]
    assert drawn.drawn.shape == (1, PATHS)
    assert drawn.p_bottleneck()[0] == pytest.approx(row["p_over_110"])
    assert monday_of(AS_OF) == drawn.mondays[0]
