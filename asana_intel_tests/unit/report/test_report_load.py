"""What the page says of load: one definition of overload, what causes it, and who cannot be judged."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from asana_intel.clock import end_of_week
from asana_intel.report.audience import LEAD
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.render import render_report
from asana_intel.report.sections.load import LoadSection, PersonLoad, load_section
from asana_intel.report.sections.people import people_section

FIRST = "23 Nov"
AT = end_of_week(date(2026, 11, 16))


def person(section: LoadSection, name: str) -> PersonLoad:
    return next(one for team in section.teams for one in team.people if one.name == name)


def test_a_week_at_even_odds_is_marked_and_a_less_likely_one_is_not(full_inputs: ReportInputs) -> None:
    cells = person(load_section(full_inputs), "Ada Berg").cells
    assert [cell.is_overloaded for cell in cells if cell] == [True, True, False, False]
    assert cells[0] is not None
    assert cells[0].hours == "64 of 40 h"
    assert cells[0].band == "38–96 h"


def test_strip_and_load_mark_the_same_weeks(full_inputs: ReportInputs) -> None:
    people = people_section(full_inputs)
    strip = {p.name: [bool(c and c.is_overloaded) for c in p.cells[:4]] for t in people.teams for p in t.people}
    for team in people.load.teams:
        for one in team.people:
            if strip[one.name]:  # nobody's hours without a history
                assert strip[one.name] == [bool(c and c.is_overloaded) for c in one.cells]


def test_an_overload_names_its_tasks_and_what_would_ease_it(full_inputs: ReportInputs) -> None:
    over = next(o for o in load_section(full_inputs).overloads if o.name == "Ada Berg")
    assert over.week == f"week of {FIRST}"
    assert [(c.task.name, c.hours, c.share, c.is_inferred) for c in over.causes] == [
        ("Write the invoice export", "38.4", "60\u202f%", False),
        ("task 4001", "25.6", "40\u202f%", True),
    ]
    assert over.causes[0].task.url == "https://app.asana.com/0/0/4000"
    assert (over.causes[0].without, over.causes[0].week_later) == ("27\u202f%", "40\u202f%")


def test_an_overload_whose_tasks_are_unknown_says_so(full_inputs: ReportInputs) -> None:
    assert next(o for o in load_section(full_inputs).overloads if o.name == "Eli Fox").causes == []
    assert "The tasks behind it are not known." in render_report(full_inputs, LEAD)


def test_overloads_are_listed_by_week_team_and_name_not_by_odds(full_inputs: ReportInputs) -> None:
    raised = pl.when(pl.col("person_gid") == "2004").then(0.99).otherwise("p_over_110").alias("p_over_110")
    section = load_section(replace(full_inputs, load=full_inputs.load.with_columns(raised)))
    assert [o.name for o in section.overloads] == ["Ada Berg", "Eli Fox", "Ada Berg", "Eli Fox", "Eli Fox", "Eli Fox"]


def test_who_cannot_be_judged_is_told_why_and_counts_neither_as_assessed_nor_as_having_room(
    full_inputs: ReportInputs,
) -> None:
    section = load_section(full_inputs)
    assert person(section, "Gus Hahn").reason == "no open tasks"
    assert person(section, "Jo Kim").reason == "no working hours in these weeks"
    assert (section.people, section.assessed) == (9, 7)
    design = next(team for team in section.teams if team.name == "Design")  # Ada, Dana, Gus
    assert design.cells[0].counts == "1 over · 1 with room"


def test_a_week_off_shows_no_odds_and_no_overload(full_inputs: ReportInputs) -> None:
    away = pl.when(pl.col("week_on") == full_inputs.load["week_on"].min()).then(0.0).otherwise("available_hours")
    section = load_section(replace(full_inputs, load=full_inputs.load.with_columns(away.alias("available_hours"))))
    cell = person(section, "Ada Berg").cells[0]
    assert cell is not None
    assert (cell.hours, cell.odds, cell.is_overloaded) == ("no hours", "", False)


def test_inferred_effort_is_declared_with_the_mend_where_nobody_estimated(full_inputs: ReportInputs) -> None:
    section = load_section(full_inputs)
    assert person(section, "Ada Berg").effort == "75\u202f% estimated, 25\u202f% inferred"
    ida = person(section, "Ida Ito")
    assert ida.effort == "nobody estimated these tasks"
    assert ida.mend == "fill in their estimated time in Asana"


def test_what_is_promised_without_tasks_is_lighter_and_all_gaps_are_listed_to_those_who_may_see_them(
    full_inputs: ReportInputs,
) -> None:
    promised = {"time_off_hours": 8.0, "available_hours": 32.0, "assigned_hours": 6.0, "allocated_hours": 20.0,
                "promised_without_tasks_hours": 14.5, "tasks_without_promise_hours": 0.5}  # fmt: skip
    is_one = (pl.col("person_gid") == "2000") & (pl.col("week_on") == pl.col("week_on").min())
    load = full_inputs.load.with_columns(
        pl.when(is_one).then(pl.lit(hours)).otherwise(name).alias(name) for name, hours in promised.items()
    )
    inputs = replace(full_inputs, load=load)
    section = load_section(inputs)
    (line,) = section.promises
    assert (line.name, line.promised, line.tasks, line.off, line.available) == (
        "Ada Berg",
        "20.0",
        "6.0",
        "8.0",
        "32.0",
    )
    assert (line.without_tasks, line.without_promise) == ("14.5", "0.5")
    tentative = [cell.tentative for cell in person(section, "Ada Berg").cells if cell]
    assert tentative[0].endswith("h promised")
    assert tentative[1:] == ["", "", ""]
    assert 'class="tentative"' in render_report(inputs, LEAD)
    page = render_report(inputs)
    assert 'class="tentative"' not in page
    assert "Promised without tasks" not in page


def test_a_full_promise_without_any_task_is_shown_with_its_state_and_is_no_room(full_inputs: ReportInputs) -> None:
    promised = {"allocated_hours": 48.0, "promised_without_tasks_hours": 48.0}
    of_gus = pl.col("person_gid") == "2006"
    load = full_inputs.load.with_columns(
        *(pl.when(of_gus).then(pl.lit(hours)).otherwise(name).alias(name) for name, hours in promised.items()),
        pl.when(of_gus).then(pl.lit("Overloaded")).otherwise("state").alias("state"),
    )
    section = load_section(replace(full_inputs, load=load))
    gus = person(section, "Gus Hahn")
    assert gus.reason is None
    assert gus.cells[0] is not None
    assert (gus.cells[0].tentative, gus.cells[0].with_promises) == ("48 h promised", "overloaded with it")
    assert "0 h on tasks of 40 h available" in gus.cells[0].spoken
    assert "48 h promised and not yet on tasks, overloaded with it" in gus.cells[0].spoken
    assert not gus.cells[0].is_overloaded  # odds and marks are those of tasks
    design = next(team for team in section.teams if team.name == "Design")
    assert design.cells[0].counts == "1 over · 1 with room"


def test_eight_weeks_have_a_band_and_the_first_four_have_odds(full_inputs: ReportInputs) -> None:
    section = load_section(full_inputs)
    assert (len(section.weeks), len(section.drawn)) == (4, 8)
    band = person(section, "Ada Berg").band
    assert band.count("<title>Week of ") == 8
    assert "Week of 11 Jan: 23 h on tasks of 40 h available, 8 in 10 between 14 and 34 h" in band
    assert "hatch" not in band
    assert person(section, "Bo Chen").band.count('class="hatch"') > 1  # half of the second week is off
    assert len(person(section, "Ada Berg").cells) == 4
    page, of_all = render_report(full_inputs, LEAD), render_report(full_inputs)
    assert page.count('class="chart load-band"') == sum(len(team.people) for team in section.teams) - 2  # no load
    assert "chart load-band" not in of_all


def test_the_running_week_is_called_its_rest_and_is_no_time_off(full_inputs: ReportInputs) -> None:
    begun = pl.col("week_on") == full_inputs.load["week_on"].min()
    hours = pl.when(begun).then(16.0).otherwise("available_hours").alias("available_hours")
    running = replace(full_inputs, load=full_inputs.load.with_columns(hours), as_of_at=AT + timedelta(days=3))
    people = people_section(running)
    assert people.load.overloads[0].week == "rest of this week"
    assert "rest of this week" in render_report(running)
    strip = next(p for team in people.teams for p in team.people if p.name == "Bo Chen")
    assert [cell.has_time_off for cell in strip.cells if cell] == [False, True, *[False] * 6]


def test_a_teams_load_is_its_assigned_over_its_available_hours(full_inputs: ReportInputs) -> None:
    people = people_section(full_inputs)
    cell = people.load.teams[0].cells[0]  # Ada 64 h, Dana 20 h and Gus none, of 40 h each
    assert cell.hours == "70\u202f%"
    assert people.teams[0].total.cells[0] is not None
    assert people.teams[0].total.cells[0].load_said == cell.hours


def test_without_any_load_the_page_says_so_and_counts_nobody_as_fine(full_inputs: ReportInputs) -> None:
    page = render_report(
        replace(full_inputs, load=full_inputs.load.clear(), load_causes=full_inputs.load_causes.clear())
    )
    assert "load is known for this week" in page
    assert "likely to be overloaded" not in page


def test_a_page_with_load_alone_shows_it(full_inputs: ReportInputs) -> None:
    page = render_report(replace(full_inputs, capacity=full_inputs.capacity.clear()), LEAD)
    assert "Likely overloads" in page
    assert "likely to get done</h3>" not in page
