"""What the page says of proposed moves: to whom which part of them is told, and that private work stays unnamed."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from asana_intel.report.audience import EVERYBODY, LEAD, Audience, for_audience
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.insights import collect_insights
from asana_intel.report.render import render_report
from asana_intel.report.sections.moves import MovesSection, moves_section
from asana_intel.storage.tables import TableStore
from asana_intel_tests.unit.report.conftest import AT, PEOPLE, WEEK
from asana_intel_tests.unit.report.example_insights import examples, frame
from asana_intel_tests.unit.report.test_report_audience import named, section
from asana_intel_tests.unit.report.test_report_insights import SECRET, TASKS, insights
from asana_intel_tests.unit.report.test_report_page import HOSTILE, Page

MANAGER = Audience("manager", "2000")
SENTENCE = "20 moves of 20 tasks mend 1 of 2 overloaded weeks; 3 h stay too much."


@pytest.fixture(scope="module")
def inputs(full_inputs: ReportInputs) -> ReportInputs:
    """Moves among everybody, of whom six are in the first team; Ada manages Bo, and four others."""
    people = [str(2000 + number) for number in range(len(PEOPLE))]
    made = examples(WEEK, TASKS, ["3000"], [], ["50", "51"], people)
    keys = {"moves": "moves", "moved_weeks": "weeks", "move_limits": "limits"}
    frames = {name: made[f"insights/rebalance_{key}"] for name, key in keys.items()}
    team = pl.when(pl.col("person_gid") < "2006").then(pl.lit("50")).otherwise(pl.lit("51")).alias("team_gid")
    return replace(
        full_inputs,
        insights=replace(insights(), capacity=insights().capacity.clear(), **frames),
        people=full_inputs.people.with_columns(team),
        circles={"2000": frozenset({"2000", "2001", "2002", "2003", "2004"})},
    )


def shown(inputs: ReportInputs, audience: Audience = LEAD) -> MovesSection:
    return moves_section(for_audience(inputs, audience))


def with_moves(inputs: ReportInputs, **values: pl.Expr) -> ReportInputs:
    return replace(inputs, insights=replace(inputs.insights, moves=inputs.insights.moves.with_columns(**values)))


def test_everybody_learns_how_many_moves_there_are_and_of_nobody(inputs: ReportInputs) -> None:
    told = shown(inputs, EVERYBODY)
    assert told.sentence == SENTENCE
    assert (told.strips, told.lines, told.limits) == ([], [], [])
    assert sum(number for _, number in told.kinds) == 20
    words = section(render_report(inputs, EVERYBODY), "moves")
    assert named(words) == set()
    assert "Task number" not in words
    assert "given to somebody else 5" in words


def test_moves_that_are_proposed_stand_first_and_the_rest_is_for_next_week(inputs: ReportInputs) -> None:
    gids = inputs.insights.moves.filter(pl.col("rank").is_in([7, 9]))["task_gid"]
    chosen = replace(inputs, proposed_moves=frozenset(gids), waiting_moves=12)
    told = shown(chosen)
    assert [line.rank for line in told.lines][:4] == [7, 9, 1, 2]
    said = "2 tasks are proposed to move this week, those whose move relieves most; 12 more next week if still needed."
    for audience in (EVERYBODY, MANAGER, LEAD):
        assert said in section(render_report(chosen, audience), "moves")
    assert section(render_report(chosen, LEAD), "moves").count(" proposed ") >= 2
    assert "next week" not in section(render_report(replace(chosen, waiting_moves=0), LEAD), "moves")
    assert shown(inputs).choice == ""


def test_a_manager_sees_moves_that_are_wholly_among_their_people(inputs: ReportInputs) -> None:
    third = pl.when(pl.col("rank") == 1).then(pl.lit("2008")).otherwise("to_person_gid")
    told = shown(with_moves(inputs, to_person_gid=third), MANAGER)
    assert told.sentence == SENTENCE
    assert [line.rank for line in told.lines] == list(range(2, 21))
    assert [strip.name for strip in told.strips] == ["Ada Berg", "Bo Chen"]
    assert [limit.name for limit in told.limits] == ["Ada Berg"]
    other = replace(inputs, circles={"2000": frozenset({"2000", "2005", "2006", "2007", "2008"})})
    assert [line.rank for line in shown(other, MANAGER).lines] == [2, 4, 6, 8, 10, 12, 14, 16, 18, 20]


def test_weeks_are_mended_by_the_limit_of_the_settings(inputs: ReportInputs) -> None:
    weeks = inputs.insights.moved_weeks
    assert shown(inputs, LEAD).sentence == SENTENCE
    most = (weeks["hours_before"] / weeks["available_hours"]).max()
    assert isinstance(most, float)
    assert "mend 0 of 1 overloaded week;" in str(shown(replace(inputs, overload_above=most + 0.1)).sentence)


def test_what_a_manager_could_subtract_from_is_not_told(inputs: ReportInputs) -> None:
    all_but_one = frozenset(str(2000 + number) for number in range(8))
    some = replace(inputs, circles={"2000": all_but_one})
    assert shown(some, EVERYBODY).sentence is None
    assert len(shown(some, MANAGER).lines) == 20


def test_teams_are_counted_where_they_and_what_is_left_are_large(inputs: ReportInputs) -> None:
    alone = replace(inputs, circles={})
    assert [name for name, _ in shown(alone).teams] == ["Design", "Platform", "Smaller teams and work of no team"]
    # Team 51 has three people: team 50 is not told either, else the difference were theirs.
    assert [name for name, _ in shown(alone, EVERYBODY).teams] == ["Smaller teams and work of no team"]
    all_in_one = replace(alone, people=inputs.people.with_columns(team_gid=pl.lit("50")))
    assert [name for name, _ in shown(all_in_one, EVERYBODY).teams] == ["Design", "Smaller teams and work of no team"]


def test_each_move_says_who_gives_what_to_whom_when_and_what_follows(inputs: ReportInputs) -> None:
    first, later, *_ = lines = shown(inputs).lines
    assert first.what == "give it from Ada Berg to Bo Chen"
    assert (first.dates, first.odds, first.week) == (None, "91\u202f% → 32\u202f%", "Ada Berg, 23 Nov")
    assert later.dates == ("23 Nov to 30 Nov 2026", "30 Nov to 7 Dec 2026")
    assert lines[2].what == "split it: 6.5 h from Ada Berg to Bo Chen"
    assert [line.rank for line in lines if line.is_cascade] == [6, 12, 18]
    assert lines[5].cause
    assert lines[5].cause.name == "Task number 4"


def test_weeks_stand_before_and_after_with_time_off(inputs: ReportInputs) -> None:
    ada, bo = shown(inputs).strips
    assert [cell.hours for cell in ada.before if cell] == ["52 of 40 h", "52 of 40 h", "20 of 40 h", "20 of 40 h"]
    assert [cell.load for cell in ada.after if cell] == [3, 5, 2, 1]
    assert [cell.is_overloaded for cell in ada.after if cell] == [False, True, False, False]
    assert [cell.has_time_off for cell in bo.before if cell] == [False, True, False, False]


def test_private_tasks_are_counted_and_never_named(inputs: ReportInputs) -> None:
    secret = with_moves(inputs, reason=pl.when("is_public").then("reason").otherwise(pl.lit(f"Give “{SECRET}” away")))
    lines = shown(secret).lines
    assert sum(line.task is None for line in lines) == 5
    page = render_report(secret, LEAD)
    assert SECRET not in page
    assert "follows from" in section(page, "moves")


def test_a_task_that_nobody_knows_counts_as_private(inputs: ReportInputs) -> None:
    unknown = replace(inputs, insights=replace(inputs.insights, work=inputs.insights.work.clear()))
    assert all(line.task is None for line in shown(unknown).lines)


def test_long_lists_are_folded(inputs: ReportInputs) -> None:
    words = section(render_report(inputs, LEAD), "moves")
    assert "5 more" in words
    few = replace(inputs, insights=replace(inputs.insights, moves=inputs.insights.moves.head(15)))
    assert not re.search(r"\d more ", section(render_report(few, LEAD), "moves"))


def test_long_plans_receipts_and_sprints_are_folded(inputs: ReportInputs) -> None:
    ledger = inputs.ledger
    rows = tuple(replace(ledger.rows[0], row_key=f"{n:016x}", position=n) for n in range(17))
    long = replace(inputs, ledger=replace(ledger, rows=rows, receipts=ledger.receipts[:1] * 18))
    proposal = inputs.insights.proposal.with_columns(is_in=pl.lit(value=True))
    page = render_report(replace(long, insights=replace(long.insights, proposal=proposal)), LEAD)
    assert "2 more" in section(page, "plan")
    assert "3 more" in section(page, "written")
    assert re.search(r"\d+ more Task", section(page, "sprint"))
    assert not re.search(r"\d+ more Task", section(render_report(inputs, LEAD), "sprint"))  # 14 of each team
    assert Page(page).open == []


def test_hostile_names_and_reasons_are_text(inputs: ReportInputs) -> None:
    frames = {
        "moves": inputs.insights.moves.with_columns(reason=pl.lit(HOSTILE), kind=pl.lit(HOSTILE)),
        "move_limits": inputs.insights.move_limits.with_columns(reason=pl.lit(HOSTILE), constraint=pl.lit(HOSTILE)),
        "work": inputs.insights.work.with_columns(name=pl.lit(HOSTILE)),
    }
    people = inputs.people.with_columns(name=pl.lit(HOSTILE))
    page = Page(render_report(replace(inputs, insights=replace(inputs.insights, **frames), people=people), LEAD))
    assert "script" not in {tag for tag, _ in page.elements}
    assert page.open == []
    assert len(page.values("id")) == len(set(page.values("id")))


def test_without_moves_there_is_nothing_to_mend(empty_inputs: ReportInputs, inputs: ReportInputs) -> None:
    for audience in (EVERYBODY, LEAD):
        assert "There is nothing to mend" in section(render_report(empty_inputs, audience), "moves")
    stuck = replace(inputs.insights, moves=inputs.insights.moves.clear())
    held = stuck.moved_weeks.with_columns(hours_after="hours_before", is_touched=pl.lit(value=False))
    told = shown(replace(inputs, insights=replace(stuck, moved_weeks=held)))
    assert told.sentence == "No move mends any of 1 overloaded week; 3 h stay too much."


def test_weeks_that_no_limit_speaks_of_count_neither_as_overloaded_nor_as_mended(inputs: ReportInputs) -> None:
    weeks = inputs.insights.moved_weeks
    first_on = weeks["week_on"].min()
    later = weeks.head(1).with_columns(hours_before=pl.lit(90.0), hours_after=pl.lit(10.0))
    more = [later.with_columns(week_on=pl.lit(first_on) + pl.duration(weeks=n)) for n in range(1, 6)]
    counted = [
        shown(replace(inputs, insights=replace(inputs.insights, moved_weeks=pl.concat([weeks.head(1), *more[:n]]))))
        for n in (3, 4, 5)
    ]
    assert counted[0].sentence == counted[1].sentence == counted[2].sentence


def test_the_moves_of_the_week_are_read_with_the_names_of_their_tasks(tmp_path: Path) -> None:
    tables = TableStore(str(tmp_path))
    for key, made in examples(WEEK, TASKS, ["3000"], [], ["50"], ["2000"]).items():
        tables.overwrite(key, made)
    tables.overwrite(
        "staging/tasks", frame("staging/tasks", [{"task_gid": "8000", "name": "Task number 0", "created_at": AT}])
    )
    found = collect_insights(tables, None, WEEK)
    assert (found.moves.height, found.moved_weeks.height, found.move_limits.height) == (20, 4, 1)
    assert "8000" in found.work["task_gid"]
    assert collect_insights(tables, None, date(2026, 11, 23)).moves.is_empty()
