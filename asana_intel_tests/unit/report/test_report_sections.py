"""What each section says: counts, order, abstentions and honest notes."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.goals import goals_section
from asana_intel.report.sections.headline import headline
from asana_intel.report.sections.people import people_section
from asana_intel.report.sections.plans import plan_section, writes_section
from asana_intel.report.sections.projects import projects_section
from asana_intel.report.sections.readiness import readiness_section
from asana_intel.report.sections.scores import scores_section, wilson_interval
from asana_intel.report.sections.standing import ORDER, Standing, mismatch, standing_of


def top(inputs: ReportInputs) -> dict[str, str]:
    sections = goals_section(inputs), people_section(inputs), plan_section(inputs), writes_section(inputs)
    return {tile.anchor: tile.number for tile in headline(inputs, *sections).tiles}


def test_headline_counts_what_the_tables_hold(full_inputs: ReportInputs) -> None:
    now = full_inputs.attainment_now
    late = now.filter(pl.col("status") == "assessed", pl.col("p_attain") < 0.7).height
    soon = full_inputs.as_of_on + timedelta(weeks=4)
    over = full_inputs.load.filter(pl.col("week_on") <= soon, pl.col("p_over_110") >= 0.5)
    counts = top(full_inputs)
    assert counts["goals"] == str(late)
    assert counts["people"] == str(over["person_gid"].n_unique())
    assert counts["plan"] == "4"
    assert counts["written"] == "9"


def test_goals_of_all_standings_add_up(full_inputs: ReportInputs) -> None:
    goals = goals_section(full_inputs)
    assert sum(c.goals for c in goals.counts) == len(goals.tree) == full_inputs.attainment_now.height


def test_nothing_assessed_is_no_good_news(empty_inputs: ReportInputs) -> None:
    assert top(empty_inputs)["goals"] == "–"
    assert top(empty_inputs)["people"] == "–"


def test_a_goal_stands_right_below_its_parent(full_inputs: ReportInputs) -> None:
    tree = goals_section(full_inputs).tree
    parents = dict(full_inputs.goals.select("goal_gid", "parent_goal_gid").iter_rows())
    path: list[str] = []
    for line in tree:
        path = [*path[: line.depth], line.gid]
        assert parents[line.gid] == (path[-2] if line.depth else None)
    assert tree[0].is_company_goal


def test_goals_that_support_each_other_in_a_circle_are_all_shown(full_inputs: ReportInputs) -> None:
    circle = {"1000": "1001", "1001": "1000"}
    parent = pl.col("goal_gid").replace_strict(circle, default=pl.col("parent_goal_gid")).alias("parent_goal_gid")
    inputs = replace(full_inputs, goals=full_inputs.goals.with_columns(parent))
    assert len(goals_section(inputs).tree) == full_inputs.attainment_now.height


def test_cards_show_company_goals_then_the_worst_odds(full_inputs: ReportInputs) -> None:
    lines = [card.line for card in goals_section(full_inputs).cards]
    assert [line.is_company_goal for line in lines] == sorted((line.is_company_goal for line in lines), reverse=True)
    others = [line for line in lines if not line.is_company_goal]
    assert [line.p_attain for line in others] == sorted(line.p_attain or 0.0 for line in others)


def test_a_goal_without_a_trajectory_still_shows_where_it_may_end(full_inputs: ReportInputs) -> None:
    cards = goals_section(replace(full_inputs, trajectory=full_inputs.trajectory.clear())).cards
    assert all('class="band"' in card.fan for card in cards)


def test_a_project_at_a_standstill_says_so(full_inputs: ReportInputs) -> None:
    health = full_inputs.project_health.with_columns(pl.lit(None, pl.Float64).alias("weeks_to_clear"))
    lines = projects_section(replace(full_inputs, project_health=health)).lines
    assert {line.weeks_to_clear for line in lines} == {"nothing done in 4 weeks"}


def test_a_goal_without_odds_tells_why(full_inputs: ReportInputs) -> None:
    reasons = [reason for _, reason in goals_section(full_inputs).unassessed]
    assert reasons == ["The goal has no metric; add one with a target to have it assessed."] * 2


def test_a_goal_unknown_to_the_mart_still_has_its_card(full_inputs: ReportInputs) -> None:
    cards = goals_section(replace(full_inputs, goals=full_inputs.goals.clear())).cards
    assert len(cards) == 12
    assert all(card.line.goal.name.startswith("Goal 10") for card in cards)


@given(p=st.floats(0, 1), q=st.floats(0, 1))
def test_better_odds_never_stand_worse(p: float, q: float) -> None:
    low, high = sorted((p, q))
    assert ORDER.index(standing_of("assessed", low)) <= ORDER.index(standing_of("assessed", high))


def test_green_in_asana_with_low_odds_is_flagged() -> None:
    assert mismatch("green", 0.34) == "on track in Asana, odds 34\u202f%"
    assert mismatch("red", 0.9) is not None
    assert mismatch("green", 0.8) is None
    assert mismatch(None, 0.2) is None
    assert standing_of("not_assessed", 0.2) is Standing.not_assessed


def test_people_are_listed_by_name_within_their_team_not_by_load(full_inputs: ReportInputs) -> None:
    teams = people_section(full_inputs).teams
    assert [team.name for team in teams] == ["Design", "Platform", "Sales"]
    for team in teams:
        assert [p.name for p in team.people] == sorted(p.name for p in team.people)


def test_a_person_that_was_not_assessed_shows_the_reason(full_inputs: ReportInputs) -> None:
    strips = [person for team in people_section(full_inputs).teams for person in team.people]
    assert [s.name for s in strips if s.reason] == ["Jo Kim"]


def test_a_team_total_is_the_sum_of_its_assessed_people(full_inputs: ReportInputs) -> None:
    section = people_section(full_inputs)
    gids = full_inputs.people.filter(pl.col("team_name") == "Design")["person_gid"].to_list()
    first = full_inputs.capacity.filter(pl.col("person_gid").is_in(gids), pl.col("week_on") == section.weeks[0])
    cell = section.teams[0].total.cells[0]
    assert cell is not None
    assert cell.hours == f"{first['mean'].sum():.0f}"


def test_projects_with_the_largest_overdue_share_come_first(full_inputs: ReportInputs) -> None:
    shares = [line.overdue / line.open_tasks for line in projects_section(full_inputs).lines]
    assert shares == sorted(shares, reverse=True)


def test_the_plan_reads_like_a_diff(full_inputs: ReportInputs) -> None:
    (block,) = plan_section(full_inputs).blocks
    assert (block.creates, block.changes) == (3, 2)
    first = block.lines[0]
    assert (first.sign, first.old, first.new) == ("~", "79\u202f%", "81\u202f%")
    assert (first.decision, first.decided_by) == ("approved", "Dana Ek")
    assert [e.url for e in first.evidence] == [f"https://app.asana.com/0/0/{gid}" for gid in ("1000", "3001")]


def test_a_plan_that_is_only_in_the_tables_is_shown_as_not_stored(full_inputs: ReportInputs) -> None:
    inputs = replace(full_inputs, ledger=replace(full_inputs.ledger, plans=(), rows=()))
    section = plan_section(inputs)
    assert [(block.state, block.total) for block in section.blocks] == [("not stored", 5)]
    assert section.waiting == 5


def test_plans_of_later_weeks_are_not_on_an_earlier_weeks_page(full_inputs: ReportInputs) -> None:
    earlier = replace(full_inputs, as_of_on=full_inputs.as_of_on - timedelta(weeks=1), plan=full_inputs.plan.clear())
    assert plan_section(earlier).blocks == []


def test_a_write_that_reads_back_differently_is_not_counted_as_verified(full_inputs: ReportInputs) -> None:
    section = writes_section(full_inputs)
    assert (section.total, section.verified) == (9, 8)
    assert [line.is_verified for line in section.lines].count(False) == 1


def test_what_was_written_is_called_by_name_and_a_task_that_not_everybody_may_read_is_not(
    full_inputs: ReportInputs,
) -> None:
    tasks = [("71", "Fix the gate", True), ("72", "Let somebody go", False)]
    work = pl.DataFrame(tasks, schema=full_inputs.insights.work.schema, orient="row")
    first = full_inputs.ledger.receipts[0]
    receipts = tuple(
        replace(first, target_type="task", target_gid=gid, field="suggested_priority", old_value=None, new_value='"81"')
        for gid, _, _ in tasks
    )
    inputs = replace(
        full_inputs,
        insights=replace(full_inputs.insights, work=work),
        options={"81": "High"},
        ledger=replace(full_inputs.ledger, receipts=receipts),
    )
    lines = [(line.target.name, line.what, line.new) for line in writes_section(inputs).lines]
    assert lines == [("Fix the gate", "Suggested Priority", "High"), ("task 72", "Suggested Priority", "High")]


def test_a_card_says_what_moved_the_odds_what_would_and_what_is_odd(full_inputs: ReportInputs) -> None:
    card = goals_section(full_inputs).cards[0]
    assert card.moved_by is not None
    assert [part.split(" ")[0] for part in card.moved_by.split(", ")] == ["progress", "time"]  # .2 points is noise
    assert card.levers is not None
    assert card.levers.startswith("a fifth more pace +11")
    assert card.odd == ["Stalled: no progress for 3 weeks."]


def test_scores_are_those_of_the_table_and_a_small_sample_is_called_small(full_inputs: ReportInputs) -> None:
    section = scores_section(full_inputs)
    assert section is not None
    assert section.shown is not None
    assert section.shown.brier == f"{full_inputs.scores['brier'].mean():.3f}"
    assert section.shown.baseline_brier == f"{full_inputs.scores['baseline_brier'].mean():.3f}"
    assert section.shown.note is not None
    assert "Only 12 goals have resolved" in section.shown.note


def test_warnings_and_models_that_are_off_are_told(full_inputs: ReportInputs) -> None:
    section = scores_section(full_inputs)
    assert section is not None
    assert section.shown is not None
    assert section.shown.warned is not None
    assert "6 of 7 missed goals were warned of, a median of 42 days" in section.shown.warned
    assert "the pace rule 50" in section.shown.warned
    assert section.alerts is not None
    assert "Overload: 7 alerts sent, in the median 3 weeks ahead" in section.alerts
    assert "Of 6 sent at least 2 weeks ahead 4 came true, and 4 of 5 overloaded person-weeks" in section.alerts
    assert section.switched_off == ["the model for level goals is off here: it lost"]
    assert section.replayed is not None
    assert section.replayed.warned is None


def test_alerts_are_judged_before_any_goal_is(full_inputs: ReportInputs) -> None:
    cleared = {name: getattr(full_inputs, name).clear() for name in ("scores", "replayed")}
    section = scores_section(replace(full_inputs, **cleared))
    assert section is not None
    assert section.alerts is not None
    assert section.shown is section.replayed is None
    assert scores_section(replace(full_inputs, **cleared, alerts=full_inputs.alerts.clear())) is None


def test_a_replay_is_shown_where_nothing_was_shown_yet(full_inputs: ReportInputs) -> None:
    section = scores_section(replace(full_inputs, scores=full_inputs.scores.clear()))
    assert section is not None
    assert section.shown is None
    assert section.replayed is not None


def test_odds_said_at_a_quarter_come_from_a_forecast_near_a_quarter(full_inputs: ReportInputs) -> None:
    late_only = replace(full_inputs, scores=full_inputs.scores.filter(pl.col("elapsed_pct") > 0.6))
    section = scores_section(late_only)
    assert section is not None
    assert section.shown is not None
    assert {goal.said[0] for goal in section.shown.resolved} == {"–"}
    assert "–" not in {goal.said[2] for goal in section.shown.resolved}


@given(hits=st.integers(0, 50), misses=st.integers(0, 50))
def test_the_interval_holds_the_share_and_stays_a_probability(hits: int, misses: int) -> None:
    n = hits + misses
    if n == 0:
        return
    low, high = wilson_interval(hits / n, n)
    assert 0 <= low <= hits / n + 1e-12
    assert hits / n - 1e-12 <= high <= 1


def test_readiness_says_what_each_measure_unlocks(full_inputs: ReportInputs) -> None:
    section = readiness_section(full_inputs)
    assert {c.measure: c.unlocks for c in section.coverage}["goals with metric"] == "odds of a goal"
    assert section.set_aside_records == "3 records"
    assert [sync.requests for sync in section.syncs][-1] == "2,140"
    assert [sync.efficiency for sync in section.syncs][-1] == "1.02"
    assert [sync.lost for sync in section.syncs] == ["–", "–", "–", "3", "–"]  # only a reconcile can tell
    assert section.warnings == ["tasks: field likes is new: in 3 of 8 objects"]


@pytest.mark.parametrize(
    "column", ["p_attain", "value_p50", "due_on", "current_value", "p_attain_change", "baseline_p"]
)
def test_a_missing_figure_leaves_a_gap_not_an_error(full_inputs: ReportInputs, column: str) -> None:
    dtype = full_inputs.attainment.schema[column]
    inputs = replace(full_inputs, attainment=full_inputs.attainment.with_columns(pl.lit(None, dtype).alias(column)))
    assert goals_section(inputs).tree


def test_what_was_left_to_a_person_says_who_changed_what_and_when(full_inputs: ReportInputs) -> None:
    person, name = full_inputs.people.select("person_gid", "name").row(0)
    (told,) = full_inputs.ledger.left
    ledger = replace(full_inputs.ledger, left=(replace(told, why=told.why.replace("404", person)),))
    (line,) = writes_section(replace(full_inputs, ledger=ledger)).left
    assert line.why.endswith(f"by {name} at 2026-11-23T05:00:00Z")
    assert (line.what, line.target.name, line.plan_id) == ("assignee", "task 5001", "p-11112222")
    (stranger,) = writes_section(full_inputs).left
    assert "by user 404" in stranger.why
