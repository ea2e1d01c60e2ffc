"""What must be true of forecasts and scores that people read, as lists of rules; what a plan needs is in `suites`.

A broken rule is shown and stops nothing, but for the scores that the odds learn from: the odds are written.
"""

import polars as pl

from asana_intel.quality.beside import Beside
from asana_intel.quality.rules import Holds, IsBetween, IsOneOf, IsUnique, Rule
from asana_intel.quality.shorthand import ROUNDING, between, holds, is_same, of_contract, warns

KINDS = ("flow", "level", "commitment", "cohort")
_MOVED = ("time", "progress", "definition", "model")
_LEVERS = ("pace_up", "due_later", "target_lower", "week_gained", "week_lost")
_DRIVERS = [f"moved/{name}" for name in _MOVED] + [f"lever/{name}" for name in _LEVERS]
_MOST_CAUSES = 10
_MOST_LOG_LOSS = 9.2104  # of a probability of 1e-4
_MOST_HOURS = 100_000
_POINTS = 0.5  # less than what a page shows

LOOKED_UP: dict[str, tuple[Beside, ...]] = {
    "forecasts/load_causes": (
        Beside("forecasts/person_load", ("as_of_on", "person_gid", "week_on"), {"load_p_over_110": "p_over_110"}),
        Beside("staging/tasks", ("task_gid",), {"known_task_gid": "task_gid"}),
    ),
    "forecasts/goal_drivers": (
        Beside(
            "forecasts/goal_attainment", ("as_of_on", "goal_gid"), {"said": "p_attain", "change": "p_attain_change"}
        ),
    ),
    "forecasts/goal_anomalies": (
        Beside("forecasts/goal_attainment", ("as_of_on", "goal_gid"), {"open_goal_gid": "goal_gid"}),
    ),
}
"""What the rules of a table need of other tables."""


def _person_load() -> tuple[Rule, ...]:
    c = pl.col
    lost = c("holiday_hours") + c("time_off_hours") + c("available_hours")
    gap = c("promised_without_tasks_hours") - c("tasks_without_promise_hours")
    return (
        *of_contract("forecasts/person_load"),
        *between(0, 168, "working_hours", "holiday_hours", "time_off_hours", "available_hours"),
        *between(0, _MOST_HOURS, "assigned_hours", "p10", "p90", "allocated_hours"),
        *between(0, _MOST_HOURS, "promised_without_tasks_hours", "tasks_without_promise_hours", "load_pct"),
        *between(0, 1, "estimated_share", "inferred_share", "p_over_110", "p_over_120", "p_overload", "p_state"),
        IsBetween("open_tasks", 0, _MOST_HOURS),
        IsOneOf("state", ("Underutilized", "At Capacity", "Overloaded")),
        holds("percentiles_are_in_order", c("p10") <= c("p90")),
        holds("more_overload_is_less_likely", c("p_over_120") <= c("p_over_110")),
        holds("available_hours_are_what_is_left", is_same(lost, c("working_hours"))),
        holds("shares_add_up_to_one", is_same(c("estimated_share") + c("inferred_share"), 1.0)),
        holds("load_is_given_where_hours_are_available", c("load_pct").is_not_null() == (c("available_hours") > 0)),
        holds(
            "load_is_assigned_over_available_hours",
            is_same(c("load_pct") * c("available_hours"), c("assigned_hours")),
        ),
        holds("promises_and_tasks_differ_by_their_gaps", is_same(gap, c("allocated_hours") - c("assigned_hours"))),
    )


def _load_causes() -> tuple[Rule, ...]:
    c = pl.col
    week = ("as_of_on", "person_gid", "week_on")
    is_whole = is_same(c("share_of_week").sum().over(week), 1.0)
    is_cut = (pl.len().over(week) == _MOST_CAUSES) & (c("share_of_week").sum().over(week) <= 1 + ROUNDING)
    return (
        *of_contract("forecasts/load_causes"),
        IsUnique((*week, "rank")),
        IsBetween("rank", 1, _MOST_CAUSES),
        IsBetween("hours", 0, _MOST_HOURS),
        *between(0, 1, "share_of_week", "p_over_110", "p_without", "p_week_later"),
        holds("week_without_a_task_is_not_fuller", c("p_without") <= c("p_over_110")),
        holds("points_are_the_difference", is_same(c("points"), 100 * (c("p_over_110") - c("p_without")))),
        Holds("shares_of_all_tasks_add_up_to_one", (*week, "share_of_week"), is_whole | is_cut),
        holds("week_is_in_person_load", c("load_p_over_110").is_not_null()),
        holds("odds_are_those_of_person_load", is_same(c("p_over_110"), c("load_p_over_110"))),
        holds("task_is_known", c("known_task_gid").is_not_null()),
    )


def _goal_drivers() -> tuple[Rule, ...]:
    c = pl.col
    goal = ("as_of_on", "goal_gid")
    is_moved = c("role") == "moved"
    moved = c("points").filter(is_moved).sum().over(goal)
    needed = (*goal, "role", "points")
    return (
        *of_contract("forecasts/goal_drivers"),
        IsUnique((*goal, "role", "rank")),
        IsOneOf("role", ("moved", "lever")),
        holds("driver_is_one_of_its_role", pl.concat_str("role", "driver", separator="/").is_in(_DRIVERS)),
        IsBetween("rank", 1, len(_MOVED)),
        IsBetween("points", -200, 200),  # a part of a change may be larger than the change
        holds("odds_are_those_of_an_assessed_goal", c("said").is_not_null()),
        Holds("change_has_all_its_parts", needed, ~is_moved | (is_moved.sum().over(goal) == len(_MOVED))),
        Holds(
            "parts_add_up_to_a_change_that_can_be",
            (*needed, "said"),
            ~is_moved | (100 * c("said") - moved).is_between(-ROUNDING, 100 + ROUNDING),
        ),
        Holds(
            "parts_add_up_to_the_change_of_the_odds",
            (*needed, "change"),
            ~is_moved | is_same(moved, 100 * c("change"), _POINTS),
        ),
    )


def _goal_anomalies() -> tuple[Rule, ...]:
    return (
        *of_contract("forecasts/goal_anomalies"),
        IsOneOf("anomaly", ("stalled", "jumped", "dropped", "green_but_red")),
        IsBetween("chance", 0, 1),
        *between(-1e15, 1e15, "observed", "expected"),
        holds("goal_is_in_goal_attainment", pl.col("open_goal_gid").is_not_null()),
        holds("red_is_a_probability", (pl.col("anomaly") != "green_but_red") | pl.col("observed").is_between(0, 1)),
    )


def _scores(table: str) -> tuple[Rule, ...]:
    c = pl.col
    outcome = c("attained").cast(pl.Float64)
    sources = {"brier": "p_attain", "baseline_brier": "baseline_p", "owner_brier": "owner_p", "model_brier": "model_p"}
    return (
        *of_contract(table),
        IsOneOf("kind", KINDS),
        *between(0, 1, *sources.values(), *sources, "elapsed_pct"),
        *(
            holds(f"{score}_is_that_of_{said}", is_same(c(score), (c(said) - outcome) ** 2))
            for score, said in sources.items()
        ),
        IsBetween("log_loss", 0, _MOST_LOG_LOSS),
        *between(0, 1e15, "crps", "abs_error"),
        IsBetween("weeks_ahead", 0, 10_000),
        holds("forecast_was_made_before_it_was_due", (c("as_of_on") <= c("due_on")).fill_null(value=True)),
    )


def _capacity_scores() -> tuple[Rule, ...]:
    c = pl.col
    ahead = (c("week_on") - c("as_of_on")).dt.total_days() // 7
    return (
        *of_contract("forecasts/capacity_scores"),
        *between(0, _MOST_HOURS, "actual", "crps", "baseline_crps", "abs_error"),
        holds("total_alone_has_no_week", c("weeks_ahead").eq_missing(ahead)),
        IsBetween("weeks_ahead", 0, 520),
    )


def _early_warnings() -> tuple[Rule, ...]:
    c = pl.col
    return (
        *of_contract("forecasts/early_warnings"),
        IsOneOf("basis", ("shown", "rebuilt")),
        IsOneOf("source", ("ours", "pace rule", "owner")),
        *between(0, 1e9, "missed", "warned", "alarms", "lead_days"),
        IsBetween("false_alarms", 0, 1),
        holds("no_more_were_warned_of_than_missed", c("warned") <= pl.min_horizontal("missed", "alarms")),
        holds("share_of_false_alarms_is_of_some", c("false_alarms").is_not_null() == (c("alarms") > 0)),
    )


def _overload_alerts() -> tuple[Rule, ...]:
    c = pl.col
    return (
        *of_contract("forecasts/overload_alerts"),
        IsBetween("weeks_ahead", 0, 52),
        *between(0, 1e9, "weeks", "overloaded", "alerts", "confirmed", "sent", "first_warned"),
        IsBetween("brier", 0, 1),
        holds("parts_are_no_more_than_the_weeks", pl.max_horizontal("overloaded", "alerts") <= c("weeks")),
        holds("confirmed_are_both", c("confirmed") <= pl.min_horizontal("overloaded", "alerts")),
        holds("first_ones_are_confirmed", c("first_warned") <= pl.min_horizontal("confirmed", "sent")),
        holds("sent_are_alerts", c("sent") <= c("alerts")),
    )


def _model_verdicts() -> tuple[Rule, ...]:
    c = pl.col
    return (
        *of_contract("forecasts/model_verdicts"),
        IsOneOf("kind", KINDS),
        IsBetween("goals", 1, 1e9),
        *between(0, 1, "brier", "baseline_brier"),
        holds("model_that_is_off_lost", ~c("is_off") | (c("brier") > c("baseline_brier"))),
        holds("model_that_is_off_says_why", c("is_off") == c("reason").is_not_null()),
    )


FORECAST_SUITES: dict[str, tuple[Rule, ...]] = {
    "forecasts/goal_drivers": warns(*_goal_drivers()),
    "forecasts/goal_anomalies": warns(*_goal_anomalies()),
    "forecasts/person_load": warns(*_person_load()),
    "forecasts/load_causes": warns(*_load_causes()),
    "forecasts/forecast_scores": _scores("forecasts/forecast_scores"),
    "forecasts/replay_scores": _scores("forecasts/replay_scores"),
    "forecasts/capacity_scores": warns(*_capacity_scores()),
    "forecasts/early_warnings": warns(*_early_warnings()),
    "forecasts/overload_alerts": warns(*_overload_alerts()),
    "forecasts/model_verdicts": warns(*_model_verdicts()),
}
