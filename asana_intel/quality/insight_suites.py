"""What must be true of the insights that people read and priorities are written from, as lists of rules.

A broken rule is shown and stops nobody from reading. Before something is written from such a table every rule of it,
and of the tables it rests on, must hold: which these are the plan says.
"""

import itertools

import polars as pl

from asana_intel.quality.rules import IsBetween, IsOneOf, IsUnique, Rule
from asana_intel.quality.shorthand import ROUNDING, between, holds, is_same, of_contract, warns
from asana_intel.settings import MIN_GROUP

_PARTS = ("strategic", "urgency", "dependency", "stakeholders", "effort", "capacity")
_SUGGESTED = ("category", "complexity", "priority", "person_gid")
_CAPABILITIES = ("effort", "category", "complexity", "priority", "assignee", "duplicate", "score order")
_MOST_HOURS = 100_000
_MOST = 1e9


def _both(left: str, right: str) -> pl.Expr:
    return pl.col(left).is_null() == pl.col(right).is_null()


def _other(left: str, right: str) -> pl.Expr:
    return pl.col(left).ne_missing(pl.col(right))


def _ordered(*columns: str) -> pl.Expr:
    """Each is at most the next; those that are not there are no matter."""
    pairs = itertools.pairwise(columns)
    return pl.all_horizontal((pl.col(low) <= pl.col(high)).fill_null(value=True) for low, high in pairs)


def _task_goal_gain() -> tuple[Rule, ...]:
    c = pl.col
    return (
        *of_contract("insights/task_goal_gain"),
        *between(0, 1, "p_now", "p_done", "gain"),
        holds("gain_is_the_difference_of_the_odds", is_same(c("gain"), c("p_done") - c("p_now"))),
    )


def _task_priority() -> tuple[Rule, ...]:
    c, score = pl.col, pl.col("score")
    best, worst = (score.rank(method, descending=True).over("as_of_on") for method in ("min", "max"))
    is_alone = ~pl.struct("as_of_on", "public_rank").is_duplicated()
    return (
        *of_contract("insights/task_priority"),
        IsUnique(("as_of_on", "rank")),
        *between(0, 100, "score", *_PARTS, "goal_points", "score_before"),
        *between(1, 10, "score_10"),
        *between(1, _MOST, "rank", "public_rank", "rank_before"),
        *between(0, 1, "confidence", "goal_gain", "set_priority", "business_value"),
        *between(0, _MOST, "blocked_tasks", "commenters", "followers"),
        IsBetween("left_hours", 0, _MOST_HOURS),
        IsOneOf("label", ("P0", "P1", "P2", "P3")),
        IsOneOf("sprint", ("Next Sprint", "Future", "Backlog", "Icebox")),
        holds("parts_add_up_to_the_score", is_same(pl.sum_horizontal(_PARTS), score)),
        holds("rank_is_the_place_of_the_score", c("rank").is_between(best, worst)),
        holds(
            "public_rank_is_of_one_public_task",
            pl.when("is_public").then(is_alone).otherwise(c("public_rank").is_null()),
        ),
        holds(
            "points_for_a_goal_are_some_of_the_strategic",
            (c("goal_points") <= c("strategic") + ROUNDING).fill_null(value=True),
        ),
        holds("blocked_task_names_what_it_waits_for", c("is_blocked") == c("blocker_gid").is_not_null()),
    )


def _task_effort() -> tuple[Rule, ...]:
    c = pl.col
    return (
        *of_contract("insights/task_effort"),
        *between(0, _MOST_HOURS, "p10_hours", "p50_hours", "p90_hours", "left_p50_hours", "estimated_hours"),
        *between(0, _MOST_HOURS, "p10_points", "p50_points", "p90_points"),
        IsOneOf("method", ("estimate", "similar", "usual")),
        holds("median_is_positive", c("p50_hours") > 0),
        holds("band_is_in_order", _ordered("p10_hours", "p50_hours", "p90_hours")),
        holds("band_of_points_is_in_order", _ordered("p10_points", "p50_points", "p90_points")),
        holds("no_more_is_left_than_the_whole", c("left_p50_hours") <= c("p50_hours") + ROUNDING),
        holds(
            "similar_tasks_have_their_efforts", c("similar_gids").list.len().eq_missing(c("similar_efforts").list.len())
        ),
    )


def _task_triage() -> tuple[Rule, ...]:
    c = pl.col
    is_sure = (c(name).is_null() | c(f"{name.removesuffix('_gid')}_p").is_not_null() for name in _SUGGESTED)
    return (
        *of_contract("insights/task_triage"),
        *between(0, 1, *(f"{name.removesuffix('_gid')}_p" for name in _SUGGESTED), "duplicate_p"),
        IsOneOf("complexity", ("S", "M", "L")),
        holds("suggestion_has_its_odds", pl.all_horizontal(is_sure)),
        holds(
            "what_is_left_open_says_why",
            pl.all_horizontal(c("category", "priority").is_not_null()) | c("reason").is_not_null(),
        ),
        holds("duplicate_is_of_another_task", _other("duplicate_of_gid", "task_gid")),
    )


def _sprint_proposal() -> tuple[Rule, ...]:
    c = pl.col
    taken = c("is_in").cast(pl.Int64).sum().over("as_of_on", "task_gid")
    return (
        *of_contract("insights/sprint_proposal"),
        IsBetween("hours", 0, _MOST_HOURS),
        IsBetween("score", 0, 100),
        holds("sprint_ends_after_it_starts", c("starts_on") <= c("ends_on")),
        holds("what_is_in_has_a_person_and_what_is_out_none", c("is_in") == c("person_gid").is_not_null()),
        holds("task_is_in_one_sprint", taken <= 1),
        holds("what_is_in_waits_for_nothing", ~c("is_in") | c("waits_for_gid").is_null()),
    )


def _sprint_capacity() -> tuple[Rule, ...]:
    c = pl.col
    free = (c("available_hours") - c("committed_hours")).clip(0.0)
    return (
        *of_contract("insights/sprint_capacity"),
        *between(0, _MOST_HOURS, "available_hours", "committed_hours", "proposed_hours"),
        holds("nobody_is_given_more_than_they_have_free", c("proposed_hours") <= free + ROUNDING),
    )


def _sprint_outlook() -> tuple[Rule, ...]:
    c = pl.col
    return (
        *of_contract("insights/sprint_outlook"),
        *between(0, 1, "p_all", "p_85", "gap"),
        *between(0, _MOST, "hours", "value"),
        IsBetween("tasks", 1, _MOST),
        holds("sprint_ends_after_it_starts", c("starts_on") <= c("ends_on")),
        holds("all_is_less_likely_than_most", c("p_all") <= c("p_85")),
        holds("nothing_is_missing_from_the_best", ~c("is_proven") | (c("gap") <= ROUNDING)),
    )


def _task_assignment() -> tuple[Rule, ...]:
    return (
        *of_contract("insights/task_assignment"),
        IsBetween("fit", 0, 1),
        IsBetween("free_hours", 0, _MOST_HOURS),
        IsOneOf("kind", ("nobody", "no_time", "no_skill")),
        holds("next_is_somebody_else", _other("next_gid", "person_gid")),
        holds("next_has_a_reason", _both("next_gid", "next_reason")),
    )


def _project_schedule() -> tuple[Rule, ...]:
    c = pl.col
    return (
        *of_contract("insights/project_schedule"),
        *between(0, _MOST, "duration_days", "slack_days", "slip_days"),
        holds("task_ends_after_it_begins", _ordered("early_start_on", "early_finish_on")),
        holds("late_finish_is_not_before_the_early_one", _ordered("early_finish_on", "late_finish_on")),
        holds("critical_task_has_no_slack", c("is_critical") == (c("slack_days") <= ROUNDING)),
        holds("task_waits_for_another", _other("waits_for_gid", "task_gid")),
    )


def _portfolio_priority() -> tuple[Rule, ...]:
    return (
        *of_contract("insights/portfolio_priority"),
        IsUnique(("as_of_on", "rank")),
        IsOneOf("object_type", ("project", "goal")),
        *between(0, 100, "score", "value"),
        *between(0, 1, "risk", "odds", "budget_risk"),
        *between(0, _MOST, "open_tasks", "left_hours", "slip_days"),
        IsBetween("rank", 1, _MOST),
        holds("risk_takes_nothing_beyond_the_value", pl.col("score") <= pl.col("value") + ROUNDING),
    )


def _initiative_outlook() -> tuple[Rule, ...]:
    c = pl.col
    return (
        *of_contract("insights/initiative_outlook"),
        *between(0, 100, "score", "value"),
        *between(0, 1, "risk", "p_in_time", "fit", "odds_before", "odds_after"),
        *between(0, _MOST, "hours", "displaced_tasks", "displaced_hours"),
        IsBetween("position", 1, _MOST),
        holds("band_is_in_order", _ordered("finish_p10_on", "finish_p50_on", "finish_p90_on")),
        holds("it_ends_after_it_starts", _ordered("starts_on", "finish_on")),
        holds(
            "in_time_is_by_the_wanted_day", c("is_in_time") == (c("finish_on") <= c("due_on")).fill_null(value=False)
        ),
    )


def _sprint_retro() -> tuple[Rule, ...]:
    c = pl.col
    held = c("committed_tasks") + c("added_tasks")
    return (
        *of_contract("insights/sprint_retro"),
        *between(0, _MOST, "committed_tasks", "done_tasks", "added_tasks", "rolled_tasks", "estimated_tasks"),
        *between(0, _MOST_HOURS, "committed_hours", "done_hours", "estimate_ratio", "bottleneck_hours"),
        holds("sprint_ends_after_it_starts", c("starts_on") <= c("ends_on")),
        holds("done_and_rolled_are_no_more_than_it_held", c("done_tasks") + c("rolled_tasks") <= held),
        holds("ratio_is_of_tasks_done", c("estimated_tasks") <= c("done_tasks")),
        holds("bottleneck_has_its_hours", _both("bottleneck", "bottleneck_hours")),
    )


def _sprint_retro_tasks() -> tuple[Rule, ...]:
    return (
        *of_contract("insights/sprint_retro_tasks"),
        *between(0, _MOST_HOURS, "estimated_hours", "actual_hours"),
        holds("what_was_not_done_has_a_cause", pl.col("was_done") == pl.col("cause").is_null()),
    )


def _suggestion_scores() -> tuple[Rule, ...]:
    c = pl.col
    return (
        *of_contract("insights/suggestion_scores"),
        IsOneOf("capability", _CAPABILITIES),
        *between(0, 1, "accuracy", "baseline", "adoption"),
        *between(0, _MOST, "right", "decided", "suggested"),
        holds("parts_are_no_more_than_the_whole", _ordered("right", "decided", "suggested")),
        holds(
            "accuracy_is_the_share_that_is_right", is_same(c("accuracy") * c("decided"), c("right").cast(pl.Float64))
        ),
        holds("accuracy_is_of_some", c("accuracy").is_not_null() == (c("decided") > 0)),
    )


def _rebalance_moves() -> tuple[Rule, ...]:
    c = pl.col
    is_given = c("kind").is_in(["reassign", "split"])
    dates = pl.all_horizontal(c(f"new_{day}_on").eq_missing(c(f"{day}_on")) for day in ("start", "due"))
    return (
        *of_contract("insights/rebalance_moves"),
        IsOneOf("kind", ("reassign", "shift", "split", "resequence")),
        IsBetween("rank", 1, _MOST),
        IsBetween("moved_hours", 0, _MOST_HOURS),
        *between(0, 1, "p_before", "p_after"),
        holds("who_gets_it_is_said_where_somebody_does", is_given == c("to_person_gid").is_not_null()),
        holds("it_goes_to_somebody_else", _other("from_person_gid", "to_person_gid")),
        holds("dates_stay_where_only_the_person_changes", dates | ~is_given),
        holds("it_starts_before_it_is_due", _ordered("new_start_on", "new_due_on")),
        holds("it_follows_from_another_task", _other("cascade_of_gid", "task_gid")),
    )


def _rebalance_weeks() -> tuple[Rule, ...]:
    c = pl.col
    return (
        *of_contract("insights/rebalance_weeks"),
        *between(0, _MOST_HOURS, "available_hours", "hours_before", "hours_after"),
        *between(0, 1, "p_over_110_before", "p_over_110_after"),
        holds("what_is_not_touched_stays", c("is_touched") | is_same(c("hours_before"), c("hours_after"))),
    )


def _rebalance_limits() -> tuple[Rule, ...]:
    return (
        *of_contract("insights/rebalance_limits"),
        IsOneOf("constraint", ("time", "skills", "due dates", "dependencies", "pins", "time off")),
        holds("some_hours_must_go", pl.col("cut_hours") > 0),
    )


def _team_utilisation() -> tuple[Rule, ...]:
    c = pl.col
    is_told = pl.all_horizontal(c(name).is_null() == c("is_past") for name in ("p10", "p90", "p_bottleneck"))
    return (
        *of_contract("insights/team_utilisation"),
        *between(0, _MOST, "available_hours", "assigned_hours", "p10", "p90", "load_pct", "overloaded_people"),
        IsBetween("people", MIN_GROUP, _MOST),
        IsBetween("unknown_people", 0, _MOST),
        IsBetween("p_bottleneck", 0, 1),
        holds("band_is_in_order", _ordered("p10", "p90")),
        holds("only_what_comes_has_odds", is_told),
        holds("unknown_are_some_of_them", c("unknown_people") <= c("people")),
        holds("hours_are_unknown_only_of_the_past", c("assigned_hours").is_not_null() | c("is_past")),
        holds("no_more_people_are_overloaded_than_there_are", c("overloaded_people") <= c("people") + ROUNDING),
    )


def _capacity_cost() -> tuple[Rule, ...]:
    c = pl.col
    return (
        *of_contract("insights/capacity_cost"),
        *between(0, _MOST, "available_hours", "assigned_hours", "short_hours", "late_hours", "hiring_gap_fte"),
        IsBetween("people", MIN_GROUP, _MOST),
        IsBetween("odds_lost", 0, _MOST),
        holds("goals_at_stake_are_named", c("goals_at_stake") == c("goal_gids").list.len()),
        holds("odds_are_lost_where_goals_are_at_stake", (c("odds_lost") > 0) == (c("goals_at_stake") > 0)),
    )


def _headcount() -> tuple[Rule, ...]:
    c = pl.col
    told = ("demand_p50_hours", "capacity_p50_hours", "gap_fte_p50", "p_short")
    return (
        *of_contract("insights/headcount"),
        IsOneOf("status", ("assessed", "not_assessed")),
        IsBetween("p_short", 0, 1),
        *(
            holds(f"{name}_is_in_order", _ordered(*(f"{name}_p{q}0{unit}" for q in (1, 5, 9))))
            for name, unit in (("demand", "_hours"), ("capacity", "_hours"), ("gap_fte", ""))
        ),
        holds(
            "what_is_assessed_has_figures",
            pl.all_horizontal((c("status") == "assessed") == c(name).is_not_null() for name in told),
        ),
    )


def _ramp_plan() -> tuple[Rule, ...]:
    c = pl.col
    return (
        *of_contract("insights/ramp_plan"),
        *between(0, 1, "load_share"),
        IsBetween("hours_week", 0, 168),
        holds("step_is_known", c("step").is_in([30, 60, 90])),
        holds("step_ends_after_it_begins", _ordered("from_on", "until_on")),
    )


INSIGHT_SUITES: dict[str, tuple[Rule, ...]] = {
    "insights/task_goal_gain": warns(*_task_goal_gain()),
    "insights/task_priority": warns(*_task_priority()),
    "insights/task_effort": warns(*_task_effort()),
    "insights/task_triage": warns(*_task_triage()),
    "insights/sprint_proposal": warns(*_sprint_proposal()),
    "insights/sprint_capacity": warns(*_sprint_capacity()),
    "insights/sprint_outlook": warns(*_sprint_outlook()),
    "insights/task_assignment": warns(*_task_assignment()),
    "insights/project_schedule": warns(*_project_schedule()),
    "insights/portfolio_priority": warns(*_portfolio_priority()),
    "insights/initiative_outlook": warns(*_initiative_outlook()),
    "insights/sprint_retro": warns(*_sprint_retro()),
    "insights/sprint_retro_tasks": warns(*_sprint_retro_tasks()),
    "insights/suggestion_scores": warns(*_suggestion_scores()),
    "insights/rebalance_moves": warns(*_rebalance_moves()),
    "insights/rebalance_weeks": warns(*_rebalance_weeks()),
    "insights/rebalance_limits": warns(*_rebalance_limits()),
    "insights/team_utilisation": warns(*_team_utilisation()),
    "insights/capacity_cost": warns(*_capacity_cost()),
    "insights/headcount": warns(*_headcount()),
    "insights/ramp_plan": warns(*_ramp_plan()),
}
