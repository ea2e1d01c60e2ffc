"""What the page says of priority, triage, sprints and portfolios: in order, in words, of private work only counts."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from asana_intel.report.audience import LEAD
from asana_intel.report.charts.bubbles import Bubble, bubble_chart
from asana_intel.report.charts.scatter import Estimate, estimate_scatter
from asana_intel.report.inputs import ReportInputs, collect_inputs
from asana_intel.report.insights import InsightFrames, collect_insights
from asana_intel.report.render import render_report
from asana_intel.report.sections.backlog import backlog_section
from asana_intel.report.sections.portfolio import portfolio_section
from asana_intel.report.sections.retro import retro_section
from asana_intel.report.sections.sprint import sprint_section
from asana_intel.report.sections.suggestions import suggestion_lines
from asana_intel.report.sections.triage import triage_section
from asana_intel.storage.postgres import Database
from asana_intel.storage.tables import TableStore
from asana_intel_tests.unit.report.conftest import AT, WEEK, frame
from asana_intel_tests.unit.report.example_insights import examples
from asana_intel_tests.unit.report.test_report_page import HOSTILE, Page

SECRET = "Prepare the layoffs"
HIDDEN = "Project Nightfall"
TASKS = [
    {
        "task_gid": str(8000 + n),
        "name": SECRET if n % 4 == 3 else f"Task number {n}",
        "project_gid": "3005" if n % 4 == 3 else "3000",
        "person_gid": "2001",
        "due_on": date(2026, 11, 30),
        "is_public": n % 4 != 3,
    }
    for n in range(120)
]
PUBLIC = [task for task in TASKS if task["is_public"]]


def insights(tasks: list[dict[str, Any]] = TASKS) -> InsightFrames:
    """Frames of a week over made-up tasks, every fourth of them private."""
    made = examples(WEEK, tasks, ["3000", "3005"], ["1000", "1001"], ["50", "51"], ["2000", "2001", "2002"])
    work = pl.DataFrame(tasks).select("task_gid", "name", "is_public")
    names = {
        "task_priority": "priority", "task_effort": "effort", "task_triage": "triage", "sprint_proposal": "proposal",
        "sprint_capacity": "capacity", "sprint_outlook": "outlook", "portfolio_priority": "portfolio",
        "initiative_outlook": "initiatives",
        "suggestion_scores": "suggestions", "sprint_retro": "retro", "sprint_retro_tasks": "retro_tasks",
        "team_utilisation": "utilisation", "capacity_cost": "shortage", "headcount": "headcount", "ramp_plan": "ramp",
        "rebalance_moves": "moves", "rebalance_weeks": "moved_weeks", "rebalance_limits": "move_limits",
    }  # fmt: skip
    frames = {names[key.split("/")[1]]: table for key, table in made.items()}
    return InsightFrames(**frames, work=work, public_projects=frozenset({"3000"}))


@pytest.fixture(scope="module")
def inputs(full_inputs: ReportInputs) -> ReportInputs:
    hide = pl.when(pl.col("project_gid") == "3005").then(pl.lit(HIDDEN)).otherwise("name").alias("name")
    return replace(full_inputs, insights=insights(), projects=full_inputs.projects.with_columns(hide))


@pytest.fixture(scope="module")
def page(inputs: ReportInputs) -> Page:
    # The section on projects names every project, of which this page has none.
    return Page(render_report(replace(inputs, project_health=inputs.project_health.clear()), LEAD))


def test_work_that_not_everybody_may_read_is_counted_and_nowhere_named(page: Page, inputs: ReportInputs) -> None:
    assert SECRET not in page.text
    assert HIDDEN not in page.text
    private = {f"https://app.asana.com/0/0/{task['task_gid']}" for task in TASKS if not task["is_public"]}
    assert private.isdisjoint(page.values("href"))
    assert SECRET not in " ".join(page.values("title") + page.values("aria-label"))
    assert "30 more tasks are scored but not for everybody to read" in page.text
    assert portfolio_section(inputs).private == 1


def test_a_reason_that_may_hold_a_private_name_is_not_shown(inputs: ReportInputs) -> None:
    private = next(task["task_gid"] for task in TASKS if not task["is_public"])
    waits = inputs.insights.proposal.with_columns(
        waits_for_gid=pl.lit(private), reason=pl.lit(f"left out because it waits for {SECRET}")
    )
    section = sprint_section(replace(inputs, insights=replace(inputs.insights, proposal=waits)))
    reasons = {c.reason for team in section.teams for c in [*team.inside, *team.outside]}
    assert reasons == {"after a private task", "left out because it waits for a private task"}


def test_a_private_task_that_waits_is_not_named_in_the_reason_of_another(inputs: ReportInputs) -> None:
    def reasons(words: str) -> set[str]:
        told = inputs.insights.proposal.with_columns(waits_for_gid=pl.lit(None, pl.String), reason=pl.lit(words))
        section = sprint_section(replace(inputs, insights=replace(inputs.insights, proposal=told)))
        return {c.reason for team in section.teams for c in team.inside}

    assert reasons(f"fits; “{SECRET}” waits for it") == {"fits; a private task waits for it"}
    assert reasons(f"fits; “{SECRET} ”now”” waits for it") == {"fits; a private task waits for it"}
    assert reasons("fits; “Task number 1” waits for it") == {"fits; “Task number 1” waits for it"}


def test_a_task_that_nobody_knows_counts_as_private(inputs: ReportInputs) -> None:
    unknown = replace(inputs.insights, work=inputs.insights.work.clear())
    section = triage_section(replace(inputs, insights=unknown))
    assert (section.arrivals, section.public, section.private) == ([], 0, 25)


@pytest.mark.parametrize(
    "sentence",
    [
        "No open task has a score for this week.",
        "No new task waits for an answer.",
        "No sprint is proposed for this week.",
        "No project or goal has a priority for this week.",
        "No sprint has ended yet.",
    ],
)
def test_before_anything_was_computed_each_section_says_so(empty_inputs: ReportInputs, sentence: str) -> None:
    assert sentence in Page(render_report(empty_inputs)).text


def test_tags_nest_links_lead_into_asana_and_pictures_can_be_heard(page: Page) -> None:
    assert page.open == []
    assert all(a.get("aria-label") for tag, a in page.elements if tag == "svg" or a.get("role") == "img")
    assert len(page.values("id")) == len(set(page.values("id")))


def test_hostile_names_and_reasons_are_shown_as_text(inputs: ReportInputs) -> None:
    attacked = {
        name: table.with_columns(
            pl.lit(HOSTILE).alias(c)
            for c in table.columns
            if table.schema[c] == pl.String and not c.endswith("_gid") and c not in ("object_type", "capability")
        )
        for name, table in vars(inputs.insights).items()
        if isinstance(table, pl.DataFrame)
    }
    shown = Page(render_report(replace(inputs, insights=replace(inputs.insights, **attacked))))
    assert "script" not in {tag for tag, _ in shown.elements}
    assert "{{ 7*7 }}" in shown.text
    assert shown.open == []


def test_the_list_is_in_order_of_score_and_says_how_much_it_leaves_out(inputs: ReportInputs) -> None:
    section = backlog_section(inputs)
    scores = [float(line.score) for line in section.lines]
    assert scores == sorted(scores, reverse=True)
    assert [line.place for line in section.lines] == list(range(1, 61))
    assert (section.public, section.private) == (90, 30)
    assert "60 of 90 shown" in Page(render_report(inputs)).text


def test_the_parts_of_a_bar_add_up_to_the_score(inputs: ReportInputs) -> None:
    for line in backlog_section(inputs).lines:
        assert sum(part.width for part in line.parts) == pytest.approx(float(line.score), abs=0.6)
        assert line.spoken.startswith(f"Score {line.score} of 100: ")


def _first(inputs: ReportInputs, **values: Any) -> Any:
    row = inputs.insights.priority.filter("is_public").head(1)
    changed = row.with_columns(pl.lit(value, row.schema[name]).alias(name) for name, value in values.items())
    return backlog_section(replace(inputs, insights=replace(inputs.insights, priority=changed))).lines[0]


def test_a_move_is_told_in_places_with_its_cause(inputs: ReportInputs) -> None:
    cause = {"rank_cause": "its blocker was finished", "cause_gid": "8001"}
    move = _first(inputs, rank=3, rank_before=15, **cause).move
    assert (move.symbol, move.places, move.cause, move.task.name) == ("▲", 12, cause["rank_cause"], "Task number 1")
    assert _first(inputs, rank=15, rank_before=3, **cause).move.symbol == "▼"
    assert _first(inputs, rank=3, rank_before=3).move is None
    assert _first(inputs, rank=3, rank_before=None).move is None
    assert _first(inputs, rank=3, rank_before=15, rank_cause="x", cause_gid="8003").move.task is None  # private
    itself = inputs.insights.priority.filter("is_public")["task_gid"][0]
    assert _first(inputs, rank=3, rank_before=15, rank_cause="x", cause_gid=itself).move.task is None


def test_what_a_task_does_for_its_goal_is_said_also_when_it_is_nothing(inputs: ReportInputs) -> None:
    assert _first(inputs, goal_gid="1000", goal_gain=0.034).gain == "+3.4 points of its odds"
    assert _first(inputs, goal_gid="1000", goal_gain=0.0).gain == "does not change its odds"
    assert _first(inputs, goal_gid=None, goal_gain=None).gain == "no path to a goal"


def test_what_is_not_sure_enough_is_no_chip_but_a_reason(inputs: ReportInputs) -> None:
    one = inputs.insights.triage.filter(pl.col("task_gid").is_in([t["task_gid"] for t in PUBLIC])).head(1)
    values = {"category": None, "priority": "High", "priority_p": 0.9, "complexity": None, "person_gid": "2001"}
    values |= {"person_p": 0.75, "duplicate_of_gid": None, "reason": "too few bugs were seen"}
    row = one.with_columns(pl.lit(value, one.schema[name]).alias(name) for name, value in values.items())
    (arrival,) = triage_section(replace(inputs, insights=replace(inputs.insights, triage=row))).arrivals
    assert [(chip.about, chip.value, chip.sure) for chip in arrival.chips] == [
        ("priority", "High", "90\u202f%"),
        ("assignee", "Bo Chen", "75\u202f%"),
    ]
    assert arrival.reason == "too few bugs were seen"


def test_a_sprint_lists_people_by_name_with_their_time(inputs: ReportInputs) -> None:
    team = sprint_section(inputs).teams[0]
    assert [person.name for person in team.people] == sorted(person.name for person in team.people)
    assert (team.p_all, team.p_85) == ("31\u202f%", "84\u202f%")
    assert team.people[0].words == "0 h committed, 14 h proposed, of 60 h"
    assert all(person.committed + person.proposed <= 100.001 for person in team.people)
    assert team.inside_total == 14
    assert len(team.outside) == 10 < team.outside_total


def test_more_work_than_time_is_said(inputs: ReportInputs) -> None:
    full = inputs.insights.capacity.with_columns(committed_hours=pl.lit(55.0))
    section = sprint_section(replace(inputs, insights=replace(inputs.insights, capacity=full)))
    assert all(person.is_over for team in section.teams for person in team.people)
    page = render_report(replace(inputs, insights=replace(inputs.insights, capacity=full)), LEAD)
    assert "more than there is" in Page(page).text


def test_the_portfolio_is_one_list_and_one_picture(inputs: ReportInputs) -> None:
    section = portfolio_section(inputs)
    assert {line.kind for line in section.lines} == {"project", "goal"}
    assert section.drawn == section.total == len(section.lines) == 3
    assert section.bubbles.count('class="bubble project"') + section.bubbles.count('class="bubble goal"') == 3
    assert "risk" in section.bubbles.split("<title>")[1]


def test_a_retro_speaks_of_work_and_of_no_person(inputs: ReportInputs) -> None:
    retro = inputs.insights.retro_tasks.with_columns(person_gid=pl.lit("2001"))
    section = retro_section(replace(inputs, insights=replace(inputs.insights, retro_tasks=retro)))
    assert "Bo Chen" not in str(section)
    team = section.teams[0]
    assert team.kept == "15 of 20 committed tasks done"
    assert sum(tasks for _, tasks in team.causes) == team.rolled_total
    assert len(team.rolled) + team.rolled_private == team.rolled_total


def test_a_sprint_that_not_everybody_may_see_keeps_its_counts_only(inputs: ReportInputs) -> None:
    hidden = inputs.insights.retro.with_columns(is_public=pl.lit(value=False))
    team = retro_section(replace(inputs, insights=replace(inputs.insights, retro=hidden))).teams[0]
    assert (team.bottleneck, team.themes) == (None, [])
    assert "two weeks" not in team.sprint
    assert team.kept == "15 of 20 committed tasks done"


def test_a_goal_that_not_everybody_may_read_is_not_named(inputs: ReportInputs) -> None:
    hidden = replace(inputs, shared_goals=inputs.shared_goals.clear())
    line = _first(hidden, goal_gid="1000", goal_gain=0.034)
    assert (line.goal, line.gain) == (None, "a goal that not everybody may read")
    assert {line.kind for line in portfolio_section(hidden).lines} == {"project"}
    assert portfolio_section(hidden).private == 3


def test_a_scatter_hides_private_names_and_draws_its_lines() -> None:
    drawn = estimate_scatter([Estimate(2, 8, "Fix it"), Estimate(0, 0.5, None)], 2.0)
    assert drawn.count("<circle") == 2
    assert "a task: estimated 0.0 h" in drawn
    assert "median-ratio" in drawn
    assert "ideal" in drawn
    assert "2 took longer than estimated, median ratio 2" in drawn
    assert "median-ratio" not in estimate_scatter([], None)


def test_a_median_beyond_the_picture_is_not_drawn() -> None:
    assert "median-ratio" not in estimate_scatter([Estimate(1, 5, None)], 1e6)


def test_initiatives_stand_beside_projects_as_hollow_bubbles_with_their_scenarios(
    page: Page, inputs: ReportInputs
) -> None:
    section = portfolio_section(inputs)
    assert [(i.mark, i.name) for i in section.initiatives] == [("A", "Self-service portal"), ("B", "Second site")]
    assert section.bubbles.count('class="bubble initiative"') == 2
    assert "A. Self-service portal: value 52, risk 40\u202f%, 240 h left" in section.bubbles
    first, second = section.initiatives
    later = next(s for s in first.scenarios if s.name == "4 weeks later")
    assert (later.odds, later.put_off, later.is_late) == ("30\u202f%", "4 tasks, 31 h", True)
    assert (second.scenarios[0].odds, second.scenarios[0].end, second.scenarios[0].goal) == ("–", "–", "–")
    assert "Nobody has the skill Danish." in page.text


def test_without_declared_initiatives_the_page_does_not_speak_of_them(inputs: ReportInputs) -> None:
    none = replace(inputs, insights=replace(inputs.insights, initiatives=inputs.insights.initiatives.clear()))
    assert "initiative" not in Page(render_report(none)).text.lower()


def test_odds_of_a_goal_that_not_everybody_may_read_are_not_told_with_an_initiative(inputs: ReportInputs) -> None:
    private = replace(inputs, shared_goals=inputs.shared_goals.clear())
    first = portfolio_section(private).initiatives[0]
    assert first.goal is None
    assert {s.goal for s in first.scenarios} == {"–"}


def test_bubbles_without_value_or_hours_are_drawn() -> None:
    assert bubble_chart([Bubble(1, "Empty", "goal", 0.0, 0.0, 0.0)]).count("<circle") == 1


def test_suggestions_stand_beside_the_naive_guess(inputs: ReportInputs) -> None:
    effort, part, *_, order = suggestion_lines(inputs)
    assert (effort.what, effort.accuracy, effort.baseline, effort.is_better) == (
        "Effort",
        "61\u202f%",
        "48\u202f%",
        True,
    )
    assert part.what == "Effort: from similar work"
    assert order.what == "Order by score"
    assert order.adoption == "–"
    assert "what became of them" in Page(render_report(inputs)).text


@pytest.fixture
def tables(tmp_path: Path) -> TableStore:
    store = TableStore(str(tmp_path))
    for key, table in examples(WEEK, TASKS, ["3000"], [], ["50"], ["2001"]).items():
        store.overwrite(key, table)
    store.overwrite(
        "staging/tasks",
        frame("staging/tasks", [{"task_gid": t["task_gid"], "name": t["name"], "is_completed": False, "created_at": AT}
                                for t in TASKS]),
    )  # fmt: skip
    projects = [("3000", "public_to_workspace"), ("3005", "private")]
    rows = [{"project_gid": g, "privacy_setting": p, "is_archived": False, "is_completed": False} for g, p in projects]
    store.overwrite("staging/projects", frame("staging/projects", rows))
    in_projects = [{k: task[k] for k in ("task_gid", "project_gid")} for task in TASKS]
    store.overwrite("staging/task_projects", frame("staging/task_projects", in_projects))
    return store


def test_finished_tasks_may_be_named_if_a_project_of_theirs_is_public(tables: TableStore) -> None:
    tables.overwrite("insights/task_priority", tables.read("insights/task_priority").clear())  # none is open any more
    work = collect_insights(tables, None, WEEK).work
    public = {task["task_gid"]: task["is_public"] for task in TASKS}
    assert dict(work.select("task_gid", "is_public").iter_rows()) == {g: public[g] for g in work["task_gid"]}
    assert work["is_public"].n_unique() == 2


def test_a_week_shows_its_own_tables_and_the_sprint_that_ended_last(tables: TableStore) -> None:
    before, after = date(2026, 11, 9), date(2026, 11, 23)
    assert collect_insights(tables, None, after).priority.is_empty()
    assert collect_insights(tables, None, after).retro.height == 1
    assert collect_insights(tables, None, before).retro.is_empty()
    assert collect_inputs(tables, None, as_of_on=WEEK, mode="observe").insights.priority.height == 120


def test_answered_tasks_leave_the_queue_and_snoozed_ones_come_back(tables: TableStore, database: Database) -> None:
    week_on = tables.read("insights/task_triage")["as_of_at"][0].date()
    gids = tables.read("insights/task_triage")["task_gid"].to_list()
    answers = [
        (gids[0], "category", "Bug", "decline", None),
        (gids[1], "task", None, "snooze", date(2099, 1, 1)),
        (gids[2], "task", None, "snooze", week_on),
    ]
    with database.transaction(role="approver") as connection, connection.cursor() as cursor:
        for answer in answers:
            cursor.execute(
                "INSERT INTO triage_answer (task_gid, capability, value, answer, snooze_until, answered_by, at)"
                " VALUES (%s, %s, %s, %s, %s, 'ana', now())",
                answer,
            )
    assert set(gids) - set(collect_insights(tables, database, WEEK).triage["task_gid"]) == {gids[0], gids[1]}
