"""Kept scenarios side by side on the page: teams of five, projects and goals, and nobody's own week."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from asana_intel.report.audience import EVERYBODY, LEAD, for_audience
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.render import render_report
from asana_intel.report.sections.scenarios import scenarios_section
from asana_intel.storage.scenarios import SavedScenario
from asana_intel_tests.unit.report.conftest import WEEK


def team(gid: str, people: int, hours: float) -> dict[str, Any]:
    return {"team_gid": gid, "week_on": WEEK.isoformat(), "people": people, "hours_before": 200.0,
            "hours_after": hours, "overloaded_before": 1.5, "overloaded_after": 0.5}  # fmt: skip


def kept(name: str, **outcome: Any) -> SavedScenario:
    person = {"person_gid": "77001", "week_on": WEEK.isoformat(), "p_over_110_before": 0.2, "p_over_110_after": 0.9}
    nothing = {"team_weeks": [], "projects": [], "goals": [], "personal": {"person_weeks": [person]}}
    at = datetime(2026, 11, 20, tzinfo=UTC)
    return SavedScenario(name, at, "eve", WEEK, [{"kind": "remove_task", "task_gid": "1"}], nothing | outcome)


@pytest.fixture(scope="module")
def inputs(full_inputs: ReportInputs) -> ReportInputs:
    shared = full_inputs.shared_goals["goal_gid"][0]
    goals = [{"goal_gid": gid, "p_before": 0.62, "p_after": 0.4} for gid in (shared, "99")]
    new = {"project_gid": "new:Portal", "finish_before": None, "finish_after": "2026-12-04"}
    first = kept("Ada <rests>", team_weeks=[team("50", 6, 150.0), team("51", 3, 10.0)])
    return replace(full_inputs, scenarios=(first, kept("Portal", goals=goals, projects=[new])))


def test_scenarios_stand_side_by_side_and_private_rows_are_counted(inputs: ReportInputs) -> None:
    told = scenarios_section(inputs)
    assert [head.name for head in told.heads] == ["Ada <rests>", "Portal"]
    assert [(line.what, line.now, line.then) for line in told.lines] == [
        ("goal", "62%", (None, "40%")),
        ("project", "no end", (None, "2026-12-04")),
        ("team", "200 h, 1.5 weeks above 110 %", ("150 h, 0.5 weeks above 110 %", None)),
    ]
    assert told.private == 1  # the goal that the page knows nothing of


def test_the_page_tells_of_no_single_person_and_of_no_team_below_five(inputs: ReportInputs) -> None:
    page = render_report(inputs)
    part = page[page.index('id="scenarios"') :]
    part = part[: part.index("</section>")]
    assert "Ada" not in part  # somebody is called so
    assert "Scenario 1" in part
    assert "Ada &lt;rests&gt;" in render_report(inputs, LEAD)
    assert "77001" not in part
    assert "/51" not in part
    assert "Portal" in part


def test_a_team_is_told_of_where_five_of_its_people_change_since_the_others_stay_as_they_were(
    inputs: ReportInputs,
) -> None:
    team_gid, members = "50", inputs.people["person_gid"].to_list()
    of_one = replace(inputs, people=inputs.people.with_columns(team_gid=pl.lit(team_gid)))
    for count, shown in ((1, 0), (4, 0), (5, 1)):
        weeks = [{"person_gid": gid, "week_on": WEEK.isoformat()} for gid in members[:count]]
        one = kept("Plan", team_weeks=[team(team_gid, 6, 150.0)], personal={"person_weeks": weeks})
        told = for_audience(replace(of_one, scenarios=(one,)), EVERYBODY)
        assert len(scenarios_section(told).lines) == shown
        assert "personal" not in told.scenarios[0].outcome
        assert for_audience(replace(inputs, scenarios=(one,)), LEAD).scenarios == (one,)


def test_without_a_kept_scenario_the_page_has_no_such_part(full_inputs: ReportInputs) -> None:
    assert 'id="scenarios"' not in render_report(full_inputs)
    assert "#scenarios" not in render_report(full_inputs)
