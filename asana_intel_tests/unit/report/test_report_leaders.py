"""The page for leaders: teams, roles and quarters in words and pictures, and nobody who could be named."""

import re
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from asana_intel.report.charts.staircase import Stair, ramp_stairs, staircase
from asana_intel.report.charts.utilisation import WeekLoad, utilisation_chart
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.render import render_leaders, render_report
from asana_intel.report.sections.executive import ExecutiveSection, executive_section
from asana_intel_tests.unit.report.conftest import WEEK
from asana_intel_tests.unit.report.test_report_insights import insights
from asana_intel_tests.unit.report.test_report_page import HOSTILE, Page


@pytest.fixture(scope="module")
def inputs(full_inputs: ReportInputs) -> ReportInputs:
    return replace(full_inputs, insights=insights())


@pytest.fixture(scope="module")
def section(inputs: ReportInputs) -> ExecutiveSection:
    return executive_section(inputs)


@pytest.fixture(scope="module")
def page(inputs: ReportInputs) -> Page:
    return Page(render_leaders(inputs))


def test_the_trend_says_how_full_it_was_and_which_weeks_are_likely_too_full(section: ExecutiveSection) -> None:
    (team,) = section.teams
    assert section.everybody is not None
    assert (section.bottlenecks, section.drawn, team.is_bottleneck) == (1, 1, True)
    assert "62" in team.words
    assert "week of 16 Nov, 23 Nov." in team.words


def test_a_shortage_is_told_in_hours_goals_points_and_people(page: Page) -> None:
    assert "What the shortage costs" in page.text
    assert "31 points" in page.text
    assert "1,020 of 960 h" in page.text


def test_goals_at_stake_are_named_only_where_everybody_may_read_them(inputs: ReportInputs) -> None:
    private = executive_section(replace(inputs, shared_goals=inputs.shared_goals.clear()))
    assert all(not cost.goals and cost.more_goals == 2 for cost in private.costs)


def test_every_role_has_its_quarters_with_an_interval_and_a_day_to_start_hiring_by(section: ExecutiveSection) -> None:
    everybody, new, platform = section.roles
    assert [role.name for role in section.roles] == ["Everybody", "New role", "Platform"]
    assert [line.name for line in platform.quarters] == ["Q1 2027", "Q2 2027"]
    first = platform.quarters[0]
    assert (first.missing, first.band, first.odds) == ("1.3", "0.8 to 1.8", "70\u202f%")
    assert first.hire_by == "9 Oct 2026"
    assert first.is_overdue
    assert not platform.quarters[1].is_overdue
    assert everybody.chart is not None
    assert (new.chart, new.quarters, new.reason) == (None, [], "9 weeks of history, 26 are needed.")


def test_of_new_people_only_the_steps_are_shown_and_few_are_not_counted(section: ExecutiveSection, page: Page) -> None:
    assert section.ramp is not None
    assert section.ramp.people == "Fewer than five people"
    assert "25\u202f%" in section.ramp.chart
    assert "10 h" not in section.ramp.chart  # hours of one person would tell who works part time
    assert "Fewer than five people joined" in page.text


def test_five_new_people_and_more_are_counted(inputs: ReportInputs) -> None:
    ramp = inputs.insights.ramp
    many = pl.concat(ramp.with_columns(person_gid=pl.lit(f"p{n}")) for n in range(6))
    told = executive_section(replace(inputs, insights=replace(inputs.insights, ramp=many))).ramp
    assert told is not None
    assert told.people == "6 new people"
    assert "· 10 h" in told.chart


def test_the_page_names_nobody_and_lists_no_person(inputs: ReportInputs, page: Page) -> None:
    for name in inputs.people["name"].drop_nulls():
        assert name not in page.text
    for gid in inputs.people["person_gid"]:
        assert not any(gid in value for value in page.values("href"))
    assert page.open == []


def test_the_section_is_in_the_report_and_in_its_navigation(inputs: ReportInputs) -> None:
    whole = Page(render_report(inputs))
    assert "Capacity for leaders" in whole.text
    assert "#leaders" in whole.values("href")
    assert "leaders" in whole.values("id")


def test_where_nothing_is_known_it_says_what_to_run(empty_inputs: ReportInputs) -> None:
    assert executive_section(empty_inputs).is_empty
    text = Page(render_leaders(empty_inputs)).text
    assert "Nothing is known of the capacity of teams" in text
    assert "asana-intel forecast" in text


def test_a_hostile_name_of_a_team_or_role_is_only_text(inputs: ReportInputs) -> None:
    frames = replace(inputs.insights, headcount=inputs.insights.headcount.with_columns(role=pl.lit(HOSTILE)))
    told = render_leaders(replace(inputs, insights=frames, teams=inputs.teams.with_columns(name=pl.lit(HOSTILE))))
    assert not {tag for tag, _ in Page(told).elements} & {"script", "img"}


def test_same_inputs_same_page(inputs: ReportInputs) -> None:
    assert render_leaders(inputs) == render_leaders(inputs)


def test_a_week_far_above_full_is_drawn_at_the_edge_and_says_its_number() -> None:
    weeks = [WeekLoad(WEEK, 0.5), WeekLoad(WEEK + timedelta(weeks=1), 9.0, 4.0, 12.0)]
    drawn = str(utilisation_chart(weeks, "x"))
    assert "900" in drawn
    assert not any("-" in path for path in re.findall(r' d="([^"]+)"', drawn))  # nothing above the drawing


@pytest.mark.parametrize("weeks", [[], [WeekLoad(WEEK, None)], [WeekLoad(WEEK, 1.0, 0.8, 1.2)]])
def test_charts_can_be_drawn_of_little(weeks: list[WeekLoad]) -> None:
    assert str(utilisation_chart(weeks, "x")).startswith("<svg")
    assert str(staircase([], "x")).startswith("<svg")
    assert str(ramp_stairs([], "x")).startswith("<svg")


def test_a_staircase_marks_the_quarters_to_hire_for() -> None:
    stairs = [Stair("Q1", (1, 2, 3), (1, 1, 2), "Start hiring by 9 Oct"), Stair("Q2", (1, 2, 3), (1, 2, 3), None)]
    drawn = str(staircase(stairs, "x"))
    assert drawn.count("hire-by") == 1
    assert "Start hiring by 9 Oct" in drawn
    assert date(2026, 11, 16) == WEEK
