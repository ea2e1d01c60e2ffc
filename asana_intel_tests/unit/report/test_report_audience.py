"""What each kind of reader finds in the report: figures of groups, of their people or of themselves."""

import re
from dataclasses import replace
from html import unescape
from typing import Any

import polars as pl
import pytest

from asana_intel.errors import ConfigError
from asana_intel.report.audience import EVERYBODY, LEAD, Audience, for_audience, parse_audience
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.ledger import PlanRow
from asana_intel.report.render import render_report
from asana_intel.report.sections.goals import goals_section
from asana_intel.report.sections.load import load_section
from asana_intel.report.sections.people import people_section
from asana_intel.report.sections.plans import plan_section
from asana_intel.report.sections.roster import HIDDEN
from asana_intel.workload.groups import SMALLER_TEAMS
from asana_intel_tests.unit.report.conftest import PEOPLE
from asana_intel_tests.unit.report.test_report_insights import insights

ROLES = ["lead", "manager", "self"]
MANAGER, SELF = Audience("manager", "2000"), Audience("self", "2001")
EVERY = (EVERYBODY, LEAD, MANAGER, SELF)
OURS = frozenset({"2000", "2003", "2004"})  # Ada Berg, Dana Ek, Eli Fox


def section(page: str, name: str) -> str:
    """The words of one section of a page."""
    found = re.search(rf'<section id="{name}".*?</section>', page, re.DOTALL)
    assert found
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found.group())))


@pytest.fixture(scope="module")
def inputs(full_inputs: ReportInputs) -> ReportInputs:
    """The example company with sprints, one team of all people, and one manager."""
    made = insights()
    (team,) = made.capacity["team_gid"].unique().sort().head(1)
    one_team = full_inputs.people.with_columns(team_gid=pl.lit(team), team_name=pl.lit("Everyone"))
    return replace(full_inputs, insights=made, people=one_team, circles={"2000": OURS})


@pytest.fixture(scope="module")
def pages(inputs: ReportInputs) -> dict[Audience, str]:
    return {audience: render_report(inputs, audience) for audience in EVERY}


def named(text: str) -> set[str]:
    return {name for name in PEOPLE if name in text}


def test_without_a_role_no_person_is_named_but_owners_of_goals(
    pages: dict[Audience, str], inputs: ReportInputs
) -> None:
    for part in ("people", "projects", "priority", "triage", "sprint", "portfolio", "retro", "words"):
        assert named(section(pages[EVERYBODY], part)) == set()
    owners = set(inputs.people.filter(pl.col("person_gid").is_in(inputs.goals["owner_gid"].implode()))["name"])
    assert named(unescape(pages[EVERYBODY])) <= owners
    assert named(section(pages[LEAD], "people")) == set(PEOPLE)


def test_without_a_role_figures_are_of_groups_of_five_or_more(inputs: ReportInputs) -> None:
    shown = for_audience(inputs, EVERYBODY)
    for frame in (shown.load, shown.capacity):
        sizes = frame.group_by("week_on").agg(people=pl.col("person_gid").n_unique())
        assert sizes["people"].min() >= 5  # pyright: ignore[reportOptionalOperand, reportOperatorIssue]
    people = people_section(shown)
    assert [team.name for team in people.teams] == [team.name for team in people.load.teams] == ["Everyone"]
    assert not [p for team in (*people.teams, *people.load.teams) for p in team.people]
    assert people.load.overloads == []
    assert (people.load.overloaded_people, people.load.assessed) == (2, 7)
    gids = pl.concat([shown.load["person_gid"], shown.capacity["person_gid"]]).to_list()
    assert not set(gids) & set(inputs.people["person_gid"])


@pytest.mark.parametrize(("audience", "seen"), [(EVERYBODY, set()), (MANAGER, OURS), (SELF, {"2001"})])
def test_no_frame_holds_a_person_who_is_not_seen(inputs: ReportInputs, audience: Audience, seen: set[str]) -> None:
    shown = for_audience(inputs, audience)
    frames = {name: f for name, f in (vars(shown) | vars(shown.insights)).items() if isinstance(f, pl.DataFrame)}
    owners = set(inputs.goals["owner_gid"])
    for name, frame in frames.items():
        for column in frame.select(pl.col("^.*person_gid$")).iter_columns():
            people = {gid for gid in column.drop_nulls() if not gid.startswith(HIDDEN)}
            assert people <= seen | (owners if name == "people" else set()), name


def test_small_teams_are_counted_together_or_not_at_all(full_inputs: ReportInputs) -> None:
    assert [team.name for team in load_section(for_audience(full_inputs, EVERYBODY)).teams] == [SMALLER_TEAMS]
    four = full_inputs.load.filter(pl.col("person_gid").is_in(["2000", "2001", "2003", "2004"]))
    few = replace(full_inputs, load=four, capacity=full_inputs.capacity.clear())
    assert load_section(for_audience(few, EVERYBODY)).teams == []
    page = render_report(few)
    assert "person is likely to be overloaded" not in page
    assert "people are likely to be overloaded" not in page


def test_a_week_in_which_few_of_a_group_work_is_not_shown(inputs: ReportInputs) -> None:
    first = inputs.load["week_on"].min()
    away = (pl.col("week_on") == first) & ~pl.col("person_gid").is_in(["2000", "2003"])
    hours = pl.when(away).then(0.0).otherwise("available_hours").alias("available_hours")
    shown = for_audience(replace(inputs, load=inputs.load.with_columns(hours)), EVERYBODY)
    assert first not in shown.load["week_on"]
    assert shown.load["week_on"].n_unique() == 7


def test_a_total_from_which_a_manager_could_subtract_one_person_is_not_shown(inputs: ReportInputs) -> None:
    all_but_one = frozenset(inputs.people["person_gid"]) - {"2004"}
    assert for_audience(replace(inputs, circles={"2000": all_but_one}), EVERYBODY).load.is_empty()


@pytest.mark.parametrize(("audience", "seen"), [(MANAGER, OURS), (SELF, {"2001"})])
def test_managers_see_their_people_and_people_themselves(
    inputs: ReportInputs, pages: dict[Audience, str], audience: Audience, seen: set[str]
) -> None:
    shown = for_audience(inputs, audience)
    for frame in (shown.load, shown.capacity, shown.load_causes, shown.capacity_causes, shown.insights.capacity):
        assert set(frame["person_gid"]) <= set(seen)
    assert set(shown.load["person_gid"]) == set(seen)
    names = {name for number, name in enumerate(PEOPLE) if str(2000 + number) in seen}
    assert named(section(pages[audience], "people")) == names
    for part in ("priority", "triage", "sprint"):
        assert named(section(pages[audience], part)) <= names


def test_the_page_says_for_whom_it_is_made(pages: dict[Audience, str]) -> None:
    said = {audience: unescape(page) for audience, page in pages.items()}
    assert "Made for everybody: figures of people are of groups of 5 or more." in said[EVERYBODY]
    assert "Made for leads:" in said[LEAD]
    assert "Made for Ada Berg: figures of people are of the 3 people" in said[MANAGER]
    assert "Made for Bo Chen alone: figures of people are their own." in said[SELF]


def test_changes_about_one_person_are_shown_to_those_who_may_see_them(inputs: ReportInputs) -> None:
    row = replace(
        inputs.ledger.rows[0], row_key="ff", kind="create_task", target_type="user", target_gid="2004",
        field="capacity_alert", new_value='{"name": "Review the load of Eli Fox"}',
    )  # fmt: skip
    handed = replace(row, row_key="fe", kind="set_assignee", target_type="task", target_gid="4000", new_value='"2004"')
    praised = replace(inputs.ledger.rows[0], row_key="fd", reason="Ida Ito has the time.")
    ledger = replace(inputs.ledger, rows=(*inputs.ledger.rows, row, handed, praised))
    goals = inputs.goals.with_columns(owner_gid=pl.lit("2000"))
    kept = {
        audience: {r.row_key for r in for_audience(replace(inputs, ledger=ledger, goals=goals), audience).ledger.rows}
        for audience in EVERY
    }
    assert {"ff", "fe", "fd"} <= kept[LEAD]
    assert kept[MANAGER] & {"ff", "fe", "fd"} == {"ff", "fe"}
    assert not (kept[EVERYBODY] | kept[SELF]) & {"ff", "fe", "fd"}
    assert {r.row_key for r in inputs.ledger.rows} <= kept[EVERYBODY]


def test_managers_see_new_dates_and_comments_on_edits_of_tasks_that_only_their_people_had(
    inputs: ReportInputs,
) -> None:
    sample = inputs.ledger.rows[0]

    def row(key: str, gid: str, kind: str = "set_dates", evidence: tuple[str, ...] = (), **more: Any) -> PlanRow:
        is_dates = kind == "set_dates"
        return replace(
            sample, row_key=key, kind=kind, target_type="task", target_gid=gid, new_value="{}", reason="Odds 81%.",
            field="dates" if is_dates else "edit_check", evidence_gids=[gid, *evidence], **more,
        )  # fmt: skip

    rows = (
        row("own", "1"), row("edit", "1", "comment"), row("others", "2"), row("others edit", "2", "comment"),
        row("handed on", "3"), row("for others", "4", evidence=("2",)), row("for own", "5", evidence=("1",)),
        row("for others, in the end", "6", evidence=("4",)), row("of nobody known", "7"),
    )  # fmt: skip
    named = replace(row("names others", "1"), reason="Give it to Ida Ito.")
    written = replace(inputs.ledger.receipts[0], kind="set_dates", target_type="task", field="dates", new_value="{}")
    receipts = (replace(written, target_gid="1"), replace(written, target_gid="2"))
    given = replace(
        inputs,
        ledger=replace(inputs.ledger, rows=(*rows, named), receipts=receipts),
        plan=inputs.plan.clear(),
        holders={"1": frozenset({"2003"}), "2": frozenset({"2001"}), "3": frozenset({"2003", "2001"})}
        | dict.fromkeys("456", frozenset({"2004"})),
    )
    shown = {audience: for_audience(given, audience).ledger for audience in EVERY}
    assert {r.row_key for r in shown[MANAGER].rows} == {"own", "edit", "for own"}
    assert [r.target_gid for r in shown[MANAGER].receipts] == ["1"]
    for audience in (EVERYBODY, SELF, Audience("self", "2003")):
        told = for_audience(given, audience).ledger
        assert (told.rows, told.receipts) == ((), ())
    assert shown[LEAD] == given.ledger


def test_goals_keep_their_owner(inputs: ReportInputs) -> None:
    assert "Ada Berg" in {card.owner for card in goals_section(for_audience(inputs, EVERYBODY)).cards}


def shown_people(page: str) -> str:
    return page[page.index('<section id="people"') :].partition("</section>")[0]


def test_people_are_listed_by_name(pages: dict[Audience, str]) -> None:
    rows = re.findall(r'<th scope="row"><bdi>([^<]+)</bdi>', shown_people(pages[LEAD]))
    assert rows == [*sorted(PEOPLE), *sorted(PEOPLE)]


def test_who_may_be_meant() -> None:
    assert parse_audience(None, []) == parse_audience("everybody", []) == EVERYBODY
    assert parse_audience("lead", ROLES) == LEAD
    assert parse_audience("manager:2000", ROLES) == MANAGER
    assert parse_audience("self:2001", ROLES).suffix == "-self-2001"
    assert EVERYBODY.suffix == ""
    for wrong in ("boss", "manager", "manager:", "self:ada", "lead:1", "self:../1"):
        with pytest.raises(ConfigError, match="Nobody is meant"):
            parse_audience(wrong, ROLES)
    with pytest.raises(ConfigError, match="role 'lead'"):
        parse_audience("lead", ["self"])


def test_somebody_unknown_gets_no_report(inputs: ReportInputs) -> None:
    with pytest.raises(ConfigError, match="Nobody has the gid 99"):
        for_audience(inputs, Audience("self", "99"))
    with pytest.raises(ConfigError, match="2001 manages nobody"):
        for_audience(inputs, Audience("manager", "2001"))


def test_steps_of_new_people_are_shown_of_five_or_more_and_without_who_they_are(inputs: ReportInputs) -> None:
    example = insights().ramp

    def shown(people: int) -> pl.DataFrame:
        ramp = pl.concat(example.with_columns(person_gid=pl.lit(f"n{n}")) for n in range(people))
        given = replace(inputs, insights=replace(inputs.insights, ramp=ramp))
        return for_audience(given, EVERYBODY).insights.ramp

    assert shown(4).is_empty()
    five = shown(5)
    assert five["person_gid"].n_unique() == 5
    assert five["person_gid"].str.starts_with(HIDDEN).all()
    assert five["task_gids"].list.len().sum() == 0


def test_who_gets_a_task_of_a_new_project_is_for_them_and_for_those_who_lead_them(inputs: ReportInputs) -> None:
    body = '{"name":"Draw","person":"2004","period":"Portal | Draw","project":"Portal"}'
    given = replace(
        inputs.ledger.rows[0], row_key="fc", kind="create_task", target_type="workspace", target_gid="900",
        field="scenario_task", old_value=None, new_value=body, reason="Scenario “Bet”: 8 h, for somebody.",
    )  # fmt: skip
    nobodys = replace(given, row_key="fb", new_value='{"name":"Build","project":"Portal"}')
    ledger = replace(inputs.ledger, rows=(*inputs.ledger.rows, given, nobodys))
    seen = {audience: for_audience(replace(inputs, ledger=ledger), audience) for audience in EVERY}
    kept = {audience: {r.row_key for r in made.ledger.rows} & {"fc", "fb"} for audience, made in seen.items()}
    assert kept == {EVERYBODY: {"fb"}, SELF: {"fb"}, LEAD: {"fc", "fb"}, MANAGER: {"fc", "fb"}}
    block = plan_section(seen[LEAD]).blocks[0]
    (line,) = [line for line in block.lines if "Draw" in line.new]
    assert (line.sign, line.new) == ("+", "name: Draw\nperson: Eli Fox\nproject: Portal")
