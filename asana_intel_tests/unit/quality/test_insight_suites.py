"""Each rule of the insights: a row that keeps it, a row that breaks it, and that the broken one is named."""

from datetime import UTC, date, datetime

import pytest

from asana_intel.quality.evaluate import evaluate
from asana_intel.quality.insight_suites import INSIGHT_SUITES
from asana_intel.quality.suites import suite
from asana_intel.storage.contracts import CONTRACTS
from asana_intel_tests.unit.quality.test_forecast_suites import failed, frame_of

MONDAY = date(2026, 11, 16)
AS_OF = {"as_of_on": MONDAY, "as_of_at": datetime(2026, 11, 20, tzinfo=UTC)}
SPRINT = {"team_gid": "5", "starts_on": date(2026, 11, 23), "ends_on": date(2026, 12, 6)}
RETRO = AS_OF | {"team_gid": "5", "sprint": "Sprint 4"}
GOOD = {
    "task_goal_gain": AS_OF | {
        "task_gid": "11", "goal_gid": "1", "contribution": 2.0, "p_now": 0.4, "p_done": 0.5, "gain": 0.1,
    },
    "task_priority": AS_OF | {
        "task_gid": "11", "name": "x", "score": 40.0, "rank": 1, "score_10": 4, "label": "P2", "strategic": 10.0,
        "urgency": 20.0, "dependency": 0.0, "stakeholders": 2.0, "effort": 5.0, "capacity": 3.0, "confidence": 0.7,
        "blocked_tasks": 0, "is_blocked": False, "left_hours": 4.0, "commenters": 0, "followers": 1,
        "sprint": "Backlog", "is_public": True, "public_rank": 1, "has_private_part": False,
    },
    "task_effort": AS_OF | {
        "task_gid": "11", "p10_hours": 1.0, "p50_hours": 2.0, "p90_hours": 5.0, "left_p50_hours": 1.0,
        "method": "similar", "similar_gids": ["12"], "similar_efforts": [2.0],
    },
    "task_triage": AS_OF | {
        "task_gid": "11", "arrived_at": datetime(2026, 11, 18, tzinfo=UTC), "category": "Bug", "category_p": 0.9,
        "complexity": "S", "complexity_p": 0.6, "reason": "Priority: too few tasks have one.",
    },
    "sprint_proposal": AS_OF | SPRINT | {
        "task_gid": "11", "is_in": True, "person_gid": "7", "hours": 3.0, "score": 40.0, "is_pinned": False,
        "reason": "It fits.",
    },
    "sprint_capacity": AS_OF | {
        "team_gid": "5", "person_gid": "7", "available_hours": 30.0, "committed_hours": 12.0, "proposed_hours": 18.0,
    },
    "sprint_outlook": AS_OF | SPRINT | {
        "tasks": 4, "hours": 18.0, "value": 160.0, "p_all": 0.3, "p_85": 0.6, "gap": 0.0, "is_proven": True,
    },
    "task_assignment": AS_OF | {
        "task_gid": "11", "person_gid": "7", "reason": "Has time.", "fit": 0.6, "free_hours": 9.0, "next_gid": "8",
        "next_reason": "Has some, too.", "kind": "nobody",
    },
    "project_schedule": AS_OF | {
        "project_gid": "20", "task_gid": "11", "duration_days": 1.5, "early_start_on": date(2026, 11, 20),
        "early_finish_on": date(2026, 11, 23), "late_finish_on": date(2026, 11, 25), "slack_days": 2.0,
        "is_critical": False, "slip_days": 0,
    },
    "portfolio_priority": AS_OF | {
        "object_type": "goal", "object_gid": "1", "score": 30.0, "rank": 1, "value": 40.0, "risk": 0.5,
        "open_tasks": 3, "left_hours": 8.0, "is_public": True, "reason": "Its odds are low.",
    },
    "initiative_outlook": AS_OF | {
        "initiative": "Loyalty", "scenario": "now", "position": 1, "starts_on": MONDAY, "due_on": date(2026, 12, 18),
        "finish_on": date(2026, 12, 11), "is_in_time": True, "fit": 1.0, "hours": 90.0, "displaced_tasks": 2,
        "displaced_hours": 14.0, "score": 30.0, "value": 40.0, "risk": 0.5, "reason": "It ends in time.",
        "why": "Its ten best tasks score 40.",
    },
    "sprint_retro": RETRO | {
        "starts_on": date(2026, 11, 2), "ends_on": date(2026, 11, 15), "committed_tasks": 4, "done_tasks": 3,
        "added_tasks": 1, "rolled_tasks": 2, "estimated_tasks": 1, "is_public": True,
    },
    "sprint_retro_tasks": RETRO | {"task_gid": "11", "was_committed": True, "was_done": True},
    "suggestion_scores": AS_OF | {
        "capability": "effort", "label": "all", "suggested": 9, "decided": 4, "right": 3, "accuracy": 0.75,
    },
    "rebalance_moves": AS_OF | {
        "rank": 1, "kind": "reassign", "task_gid": "11", "from_person_gid": "7", "to_person_gid": "8",
        "moved_hours": 6.0, "due_on": date(2026, 11, 27), "new_due_on": date(2026, 11, 27), "relieved_person_gid": "7",
        "relieved_week_on": MONDAY, "reason": "Has room and did such work.", "p_before": 0.8, "p_after": 0.2,
        "is_public": True,
    },
    "rebalance_weeks": AS_OF | {
        "person_gid": "7", "week_on": MONDAY, "available_hours": 40.0, "hours_before": 50.0, "hours_after": 44.0,
        "p_over_110_before": 0.8, "p_over_110_after": 0.2, "is_touched": True,
    },
    "rebalance_limits": AS_OF | {
        "person_gid": "7", "week_on": MONDAY, "constraint": "skills", "cut_hours": 4.0, "reason": "Nobody else can.",
    },
    "team_utilisation": AS_OF | {
        "team_gid": "5", "week_on": MONDAY, "people": 6, "unknown_people": 0, "is_past": False,
        "available_hours": 200.0, "assigned_hours": 220.0, "p10": 180.0, "p90": 260.0, "load_pct": 1.1,
        "overloaded_people": 3.2, "p_bottleneck": 0.5,
    },
    "capacity_cost": AS_OF | {
        "team_gid": "5", "people": 6, "available_hours": 200.0, "assigned_hours": 220.0, "short_hours": 20.0,
        "late_hours": 9.0, "goals_at_stake": 1, "goal_gids": ["1"], "odds_lost": 0.2, "hiring_gap_fte": 0.1,
        "reason": "It is short.",
    },
    "headcount": AS_OF | {
        "role": "Design", "quarter_on": date(2027, 1, 1), "people": 6, "people_expected": 5.8,
        "demand_p10_hours": 900.0, "demand_p50_hours": 1000.0, "demand_p90_hours": 1200.0,
        "capacity_p10_hours": 800.0, "capacity_p50_hours": 900.0, "capacity_p90_hours": 950.0, "gap_fte_p10": -0.2,
        "gap_fte_p50": 0.6, "gap_fte_p90": 1.4, "p_short": 0.8, "status": "assessed", "reason": "From 40 weeks.",
    },
    "ramp_plan": AS_OF | {
        "person_gid": "7", "step": 30, "from_on": date(2026, 11, 2), "until_on": date(2026, 12, 1),
        "load_share": 0.25, "hours_week": 10.0, "task_gids": ["11"], "is_default": True, "reason": "Too few joined.",
    },
}  # fmt: skip
MISLEADING = [
    ("task_goal_gain", {"p_done": 0.3, "gain": -0.1}, "gain_is_between_0_and_1"),
    ("task_goal_gain", {"gain": 0.2}, "gain_is_the_difference_of_the_odds"),
    ("task_priority", {"score": 140.0}, "score_is_between_0_and_100"),
    ("task_priority", {"score": float("nan")}, "score_is_between_0_and_100"),
    ("task_priority", {"urgency": -20.0, "score": 0.0}, "urgency_is_between_0_and_100"),
    ("task_priority", {"score": 45.0}, "parts_add_up_to_the_score"),
    ("task_priority", {"confidence": 1.2}, "confidence_is_between_0_and_1"),
    ("task_priority", {"rank": 2}, "rank_is_the_place_of_the_score"),
    ("task_priority", {"is_public": False}, "public_rank_is_of_one_public_task"),
    ("task_priority", {"goal_points": 11.0}, "points_for_a_goal_are_some_of_the_strategic"),
    ("task_priority", {"is_blocked": True}, "blocked_task_names_what_it_waits_for"),
    ("task_priority", {"label": "P9"}, "label_is_known"),
    ("task_priority", {"sprint": "Soon"}, "sprint_is_known"),
    ("task_priority", {"task_gid": "eleven"}, "task_gid_is_an_asana_id"),
    ("task_effort", {"p10_hours": 3.0}, "band_is_in_order"),
    ("task_effort", {"p10_hours": -1.0}, "p10_hours_is_between_0_and_100000"),
    ("task_effort", {"p10_hours": 0.0, "p50_hours": 0.0, "left_p50_hours": 0.0}, "median_is_positive"),
    ("task_effort", {"left_p50_hours": 3.0}, "no_more_is_left_than_the_whole"),
    ("task_effort", {"p10_points": 5.0, "p50_points": 3.0}, "band_of_points_is_in_order"),
    ("task_effort", {"similar_efforts": []}, "similar_tasks_have_their_efforts"),
    ("task_effort", {"method": "guess"}, "method_is_known"),
    ("task_triage", {"category_p": 1.4}, "category_p_is_between_0_and_1"),
    ("task_triage", {"category_p": None}, "suggestion_has_its_odds"),
    ("task_triage", {"reason": None}, "what_is_left_open_says_why"),
    ("task_triage", {"duplicate_of_gid": "11"}, "duplicate_is_of_another_task"),
    ("task_triage", {"complexity": "XL"}, "complexity_is_known"),
    ("sprint_proposal", {"person_gid": None}, "what_is_in_has_a_person_and_what_is_out_none"),
    ("sprint_proposal", {"waits_for_gid": "12"}, "what_is_in_waits_for_nothing"),
    ("sprint_proposal", {"ends_on": date(2026, 11, 22)}, "sprint_ends_after_it_starts"),
    ("sprint_proposal", {"score": 101.0}, "score_is_between_0_and_100"),
    ("sprint_capacity", {"proposed_hours": 19.0}, "nobody_is_given_more_than_they_have_free"),
    ("sprint_capacity", {"committed_hours": -1.0}, "committed_hours_is_between_0_and_100000"),
    ("sprint_outlook", {"p_all": 0.7}, "all_is_less_likely_than_most"),
    ("sprint_outlook", {"gap": 0.1}, "nothing_is_missing_from_the_best"),
    ("task_assignment", {"fit": 1.1}, "fit_is_between_0_and_1"),
    ("task_assignment", {"next_gid": "7"}, "next_is_somebody_else"),
    ("task_assignment", {"next_reason": None}, "next_has_a_reason"),
    ("task_assignment", {"kind": "bored"}, "kind_is_known"),
    ("project_schedule", {"late_finish_on": date(2026, 11, 22)}, "late_finish_is_not_before_the_early_one"),
    ("project_schedule", {"early_start_on": date(2026, 11, 24)}, "task_ends_after_it_begins"),
    ("project_schedule", {"is_critical": True}, "critical_task_has_no_slack"),
    ("project_schedule", {"waits_for_gid": "11"}, "task_waits_for_another"),
    ("portfolio_priority", {"score": 41.0}, "risk_takes_nothing_beyond_the_value"),
    ("portfolio_priority", {"risk": 1.1}, "risk_is_between_0_and_1"),
    ("portfolio_priority", {"object_type": "team"}, "object_type_is_known"),
    ("initiative_outlook", {"fit": 1.2}, "fit_is_between_0_and_1"),
    ("initiative_outlook", {"is_in_time": False}, "in_time_is_by_the_wanted_day"),
    ("initiative_outlook", {"starts_on": date(2026, 12, 14)}, "it_ends_after_it_starts"),
    ("initiative_outlook", {"finish_p10_on": MONDAY, "finish_p50_on": date(2026, 11, 15)}, "band_is_in_order"),
    ("sprint_retro", {"rolled_tasks": 3}, "done_and_rolled_are_no_more_than_it_held"),
    ("sprint_retro", {"estimated_tasks": 4}, "ratio_is_of_tasks_done"),
    ("sprint_retro", {"bottleneck": "Review"}, "bottleneck_has_its_hours"),
    ("sprint_retro", {"added_tasks": -1, "rolled_tasks": 0}, "added_tasks_is_between_0_and_1e+09"),
    ("sprint_retro_tasks", {"was_done": False}, "what_was_not_done_has_a_cause"),
    ("sprint_retro_tasks", {"actual_hours": -1.0}, "actual_hours_is_between_0_and_100000"),
    ("rebalance_moves", {"to_person_gid": None}, "who_gets_it_is_said_where_somebody_does"),
    ("rebalance_moves", {"to_person_gid": "7"}, "it_goes_to_somebody_else"),
    ("rebalance_moves", {"new_due_on": date(2026, 12, 4)}, "dates_stay_where_only_the_person_changes"),
    ("rebalance_moves", {"cascade_of_gid": "11"}, "it_follows_from_another_task"),
    ("rebalance_moves", {"kind": "swap", "to_person_gid": None}, "kind_is_known"),
    ("rebalance_moves", {"p_after": 1.2}, "p_after_is_between_0_and_1"),
    (
        "rebalance_moves",
        {"kind": "shift", "to_person_gid": None, "new_start_on": date(2026, 12, 1)},
        "it_starts_before_it_is_due",
    ),
    ("rebalance_weeks", {"is_touched": False}, "what_is_not_touched_stays"),
    ("rebalance_weeks", {"hours_after": -1.0}, "hours_after_is_between_0_and_100000"),
    ("rebalance_limits", {"cut_hours": 0.0}, "some_hours_must_go"),
    ("rebalance_limits", {"constraint": "luck"}, "constraint_is_known"),
    ("team_utilisation", {"people": 4}, "people_is_between_5_and_1e+09"),
    ("team_utilisation", {"p10": 270.0}, "band_is_in_order"),
    ("team_utilisation", {"unknown_people": 7}, "unknown_are_some_of_them"),
    ("team_utilisation", {"assigned_hours": None}, "hours_are_unknown_only_of_the_past"),
    ("team_utilisation", {"is_past": True}, "only_what_comes_has_odds"),
    ("team_utilisation", {"overloaded_people": 7.0}, "no_more_people_are_overloaded_than_there_are"),
    ("capacity_cost", {"goal_gids": []}, "goals_at_stake_are_named"),
    ("capacity_cost", {"odds_lost": 0.0}, "odds_are_lost_where_goals_are_at_stake"),
    ("capacity_cost", {"people": 2}, "people_is_between_5_and_1e+09"),
    ("headcount", {"gap_fte_p10": 2.0}, "gap_fte_is_in_order"),
    ("headcount", {"demand_p90_hours": 10.0}, "demand_is_in_order"),
    ("headcount", {"p_short": None}, "what_is_assessed_has_figures"),
    ("headcount", {"p_short": 1.5}, "p_short_is_between_0_and_1"),
    ("ramp_plan", {"step": 45}, "step_is_known"),
    ("ramp_plan", {"load_share": 1.2}, "load_share_is_between_0_and_1"),
    ("ramp_plan", {"until_on": date(2026, 11, 1)}, "step_ends_after_it_begins"),
    ("suggestion_scores", {"accuracy": 0.5}, "accuracy_is_the_share_that_is_right"),
    ("suggestion_scores", {"accuracy": None}, "accuracy_is_of_some"),
    ("suggestion_scores", {"suggested": 3}, "parts_are_no_more_than_the_whole"),
    ("suggestion_scores", {"capability": "luck"}, "capability_is_known"),
]


def good(name, **wrong):
    return GOOD[name] | wrong


def test_every_table_of_the_insights_has_a_suite():
    assert set(INSIGHT_SUITES) == {key for key in CONTRACTS if key.startswith("insights/")}
    assert {key.split("/")[1] for key in INSIGHT_SUITES} == set(GOOD)


@pytest.mark.parametrize("name", GOOD)
def test_a_good_row_breaks_nothing(name):
    assert failed(f"insights/{name}", GOOD[name]) == {}


@pytest.mark.parametrize(("name", "wrong", "rule"), MISLEADING)
def test_a_row_that_misleads_is_named(name, wrong, rule):
    found = failed(f"insights/{name}", good(name, **wrong))
    assert found.get(rule) == 1
    assert set(found) - {rule} <= {
        "parts_add_up_to_the_score",
        "rank_is_the_place_of_the_score",
    }  # go with a wrong score


@pytest.mark.parametrize("name", GOOD)
def test_what_great_expectations_finds_is_what_the_rows_show_and_stops_nobody_from_reading(name):
    table = f"insights/{name}"
    rows = [good(of, **wrong) for of, wrong, _ in MISLEADING if of == name]
    outcome = evaluate(table, frame_of(table, *rows))
    assert {check.name: check.failed_count for check in outcome.failed} == failed(table, *rows)
    assert outcome.passed
    assert all(rule.severity == "warn" for rule in suite(table))


@pytest.mark.parametrize("name", ["task_priority", "portfolio_priority"])
def test_no_two_rows_of_a_week_have_one_rank(name):
    key = "task_gid" if name == "task_priority" else "object_gid"
    twice = failed(f"insights/{name}", GOOD[name], good(name, **{key: "12"}))
    assert twice["as_of_on_and_rank_are_unique"] == 2
    week = {"as_of_on": date(2026, 11, 23)}
    assert failed(f"insights/{name}", GOOD[name], good(name, **week)) == {}


def test_a_task_is_proposed_for_one_team():
    twice = failed("insights/sprint_proposal", GOOD["sprint_proposal"], good("sprint_proposal", team_gid="6"))
    assert twice == {"task_is_in_one_sprint": 2}


@pytest.mark.parametrize("name", GOOD)
def test_what_is_missing_is_no_silent_pass(name):
    required = [column.name for column in CONTRACTS[f"insights/{name}"].columns if column.required]
    assert "required_columns_are_present" in failed(f"insights/{name}", dict.fromkeys(required))
