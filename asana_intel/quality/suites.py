"""What must be true of each table before a plan is built on it, as lists of rules; no evaluation here.

What people read beside it has its rules in `forecast_suites` and `insight_suites`.
"""

import itertools

import polars as pl

from asana_intel.errors import PermanentError
from asana_intel.quality.forecast_suites import FORECAST_SUITES
from asana_intel.quality.insight_suites import INSIGHT_SUITES
from asana_intel.quality.rules import Holds, IsBetween, IsGid, IsOneOf, IsPresent, IsUnique, RowCount, Rule
from asana_intel.storage.contracts.contract import CLOSED_GOAL_STATUSES

MAX_PLAN_ROWS = 500

_PRIORITY_FIELDS = (
    "ai_priority_score",
    "ai_priority_rationale",
    "ai_confidence",
    "ai_recommended_sprint",
    "recommended_assignee",
    "suggested_priority",
)
_FIELDS_OF_THEIRS = ("category", "complexity", "initial_priority", "priority")
# kind of change -> (type of target, fields it may write): the allow-list; what is not here is never written.
WRITABLE: dict[str, dict[str, tuple[str, ...]]] = {
    "set_field": {
        "goal": ("ai_confidence_score", "predicted_completion_date", "top_blocking_project", "ai_summary"),
        "project": ("ai_health",),
        "task": ("ai_risk_flag", "ai_capacity_forecast", *_PRIORITY_FIELDS, *_FIELDS_OF_THEIRS),
        "user": ("ai_capacity_forecast",),
    },
    "set_metric": {"goal": ("current_value",)},
    "status_update": {"goal": ("weekly_status",), "portfolio": ("portfolio_status",)},
    "set_assignee": {"task": ("assignee",)},
    "set_dates": {"task": ("dates",)},
    "create_section": {"project": ("sprint_section",)},
    "add_to_section": {"task": ("section",)},
    "comment": {
        "goal": ("odds_fell", "weekly_status"),
        "task": ("priority_rationale", "score_changed", "plan_made", "edit_check"),
    },
    "attach_effort": {"workspace": ("scenario_effort",)},
    "add_dependency": {"workspace": ("scenario_link",)},
    "create_task": {
        "workspace": ("scenario_task",),
        "goal": ("review_task",),
        "project": ("audit_record", "priority_review", "sprint_retro"),
        "user": ("load_review", "team_load_review", "capacity_alert", "capacity_forecast", "approval_request"),
    },
    "create_custom_field": {
        "workspace": (
            "ai_confidence_score",
            "predicted_completion_date",
            "top_blocking_project",
            "ai_summary",
            "ai_health",
            "ai_risk_flag",
            *_PRIORITY_FIELDS,
            "ai_capacity_forecast",
        )
    },
    "attach_custom_field": {
        "goal": ("ai_confidence_score", "predicted_completion_date", "top_blocking_project", "ai_summary"),
        "project": ("ai_health", "ai_risk_flag", *_PRIORITY_FIELDS, "ai_capacity_forecast"),
    },
    "create_project": {
        "workspace": ("review_project", "capacity_review", "capacity_planning", "audit_mirror", "scenario_project")
    },
    "delete_object": dict.fromkeys(("comment", "status_update", "task", "project"), ("created_object",)),
}

_OF_SCENARIOS = ("scenario_project", "scenario_task", "scenario_effort", "scenario_link")
_STATUSES = ("green", "yellow", "red", *CLOSED_GOAL_STATUSES)
_NARRATIVE_STATUSES = ("on_track", "at_risk", "off_track")
_ALLOWED = [
    f"{kind}/{target}/{field}" for kind, by in WRITABLE.items() for target, fields in by.items() for field in fields
]
_DECILES = tuple(f"p{d}0" for d in range(1, 10))


def suite(table: str, *, max_plan_rows: int = MAX_PLAN_ROWS) -> tuple[Rule, ...]:
    """The rules of one table.

    Args:
        table: `stage/name`.
        max_plan_rows: Most rows a plan may hold.

    Raises:
        PermanentError: The table has no suite.
    """
    if table == "changes/plan":
        return (*_PLAN, RowCount(high=max_plan_rows))
    if table not in _SUITES:
        raise PermanentError(f"No suite is written for '{table}'", fix=f"one of {', '.join(tables_with_suite())}")
    return _SUITES[table]


def tables_with_suite() -> tuple[str, ...]:
    """Keys of the tables that have a suite, in the order of the data."""
    return (*_SUITES, "changes/plan")


def _rises(columns: tuple[str, ...]) -> pl.Expr:
    steps = [(pl.col(low) <= pl.col(high)).fill_null(True) for low, high in itertools.pairwise(columns)]
    return pl.all_horizontal(steps)


_SUITES: dict[str, tuple[Rule, ...]] = {
    "staging/goals": (
        RowCount(low=1, severity="warn"),
        IsPresent("goal_gid"),
        IsGid("goal_gid"),
        IsUnique(("goal_gid",)),
        IsGid("owner_gid"),
        IsOneOf("status", _STATUSES, severity="warn"),
        Holds(
            "goal_starts_before_it_is_due",
            ("start_on", "due_on"),
            (pl.col("start_on") <= pl.col("due_on")).fill_null(True),
            severity="warn",
        ),
        Holds(
            "target_differs_from_start",
            ("initial_value", "target_value"),
            (pl.col("initial_value") != pl.col("target_value")).fill_null(True),
            severity="warn",
        ),
    ),
    "staging/tasks": (
        RowCount(low=1, severity="warn"),
        IsPresent("task_gid"),
        IsGid("task_gid"),
        IsUnique(("task_gid",)),
        IsGid("assignee_gid"),
        IsPresent("is_completed"),
        IsPresent("created_at"),
        Holds(
            "finished_task_has_a_finish",
            ("is_completed", "completed_at"),
            ~pl.col("is_completed") | pl.col("completed_at").is_not_null(),
        ),
        Holds(
            "task_is_finished_after_it_is_created",
            ("created_at", "completed_at"),
            (pl.col("completed_at") >= pl.col("created_at")).fill_null(True),
            severity="warn",
        ),
        IsBetween("effort_hours", 0, 10_000, severity="warn"),
        IsBetween("actual_hours", 0, 100_000, severity="warn"),
    ),
    "marts/fct_goal_progress_weekly": (
        IsPresent("goal_gid"),
        IsGid("goal_gid"),
        IsPresent("week_on"),
        IsUnique(("goal_gid", "week_on")),
        Holds("week_starts_on_a_monday", ("week_on",), pl.col("week_on").dt.weekday() == 1),
        IsBetween("expected_pct", 0, 1),
        IsBetween("progress_pct", -1e6, 1e6),
    ),
    "forecasts/goal_attainment": (
        IsPresent("goal_gid"),
        IsGid("goal_gid"),
        IsUnique(("as_of_on", "goal_gid")),
        IsOneOf("status", ("assessed", "not_assessed", "closed")),
        IsBetween("p_attain", 0, 1),
        IsBetween("baseline_p", 0, 1),
        IsBetween("p_attain_change", -1, 1),
        Holds(
            "assessed_goal_has_odds",
            ("status", "p_attain"),
            (pl.col("status") != "assessed") | pl.col("p_attain").is_not_null(),
        ),
        Holds(
            "goal_not_assessed_says_why",
            ("status", "reason"),
            (pl.col("status") != "not_assessed") | pl.col("reason").is_not_null(),
        ),
        Holds(
            "value_percentiles_are_in_order",
            ("value_p10", "value_p50", "value_p90"),
            _rises(("value_p10", "value_p50", "value_p90")),
        ),
        IsGid("top_blocking_project_gid"),
    ),
    "forecasts/person_capacity": (
        IsPresent("person_gid"),
        IsGid("person_gid"),
        IsUnique(("as_of_on", "person_gid", "week_on")),
        IsOneOf("status", ("assessed", "not_assessed")),
        IsPresent("mean"),
        IsBetween("mean", 0, 10_000),
        IsBetween("p_overload", 0, 1),
        IsBetween("available_hours", 0, 10_000),
        IsBetween("assigned_hours", 0, 100_000),
        Holds("percentiles_are_in_order", _DECILES, _rises(_DECILES)),
    ),
    **FORECAST_SUITES,
    **INSIGHT_SUITES,
    "narratives/goal_progress": (
        IsPresent("goal_gid"),
        IsGid("goal_gid"),
        IsUnique(("as_of_on", "goal_gid")),
        IsOneOf("status_type", _NARRATIVE_STATUSES),
        IsPresent("text"),
        Holds("text_says_something", ("text",), pl.col("text").str.strip_chars().str.len_chars() > 0),
        Holds("text_fits_its_field", ("text",), pl.col("text").str.len_chars() <= 4_000),
    ),
    "narratives/tone_trend": (
        IsUnique(("as_of_on", "scope_type", "scope_gid"), severity="warn"),
        IsGid("scope_gid", severity="warn"),
        IsOneOf("scope_type", ("project", "team"), severity="warn"),
        IsOneOf("status", ("assessed", "not_assessed"), severity="warn"),
        IsBetween("tone", -1, 1, severity="warn"),
        IsBetween("usual_tone", -1, 1, severity="warn"),
        IsBetween("change", -2, 2, severity="warn"),
        IsBetween("confidence", 0.5, 1, severity="warn"),
        Holds(
            "tone_is_of_many_comments_by_several_people",
            ("comments", "authors", "tone"),
            pl.col("tone").is_null() | ((pl.col("comments") >= 20) & (pl.col("authors") >= 3)),
            severity="warn",
        ),
        Holds(
            "scope_not_assessed_says_why",
            ("status", "reason"),
            (pl.col("status") == "assessed") == pl.col("reason").is_null(),
            severity="warn",
        ),
    ),
    "narratives/urgency": (
        IsUnique(("as_of_on", "project_gid"), severity="warn"),
        IsUnique(("as_of_on", "rank"), severity="warn"),
        IsGid("project_gid", severity="warn"),
        IsBetween("urgency", 0, 1, severity="warn"),
        IsBetween("urgent_words", 0, 1, severity="warn"),
        Holds(
            "parts_are_no_more_than_the_open_tasks",
            ("open_tasks", "overdue_tasks", "blocked_tasks"),
            pl.max_horizontal("overdue_tasks", "blocked_tasks").is_between(0, pl.col("open_tasks")),
            severity="warn",
        ),
        Holds(
            "days_and_moves_are_not_negative",
            ("overdue_days", "blocked_days", "silent_days", "pushed_dates"),
            pl.min_horizontal("overdue_days", "blocked_days", "silent_days", "pushed_dates") >= 0,
            severity="warn",
        ),
    ),
}

_PLAN: tuple[Rule, ...] = (
    IsPresent("row_key"),
    IsUnique(("as_of_on", "row_key")),
    Holds(
        "kind_and_target_gid_and_field_are_unique",
        ("kind", "target_gid", "field"),
        # What a scenario adds has no gid yet: all of it is written to the workspace, and told apart by its value.
        pl.struct("kind", "target_gid", "field").is_unique() | pl.col("field").is_in(_OF_SCENARIOS).fill_null(False),
    ),
    IsPresent("target_gid"),
    IsGid("target_gid"),
    Holds(
        "change_is_on_the_allow_list",
        ("kind", "target_type", "field"),
        pl.concat_str("kind", "target_type", "field", separator="/").is_in(_ALLOWED),
    ),
    IsPresent("new_value"),
    Holds(
        "new_value_differs_from_old",
        ("old_value", "new_value", "made_by"),
        # Empty is null before and the text "null" after. Who takes a field back writes nothing.
        pl.col("old_value").fill_null("null").ne_missing(pl.col("new_value")) | (pl.col("made_by") == "adopt"),
    ),
    IsPresent("reason"),
    IsBetween("confidence", 0, 1),
    Holds(
        "evidence_is_asana_ids",
        ("evidence_gids",),
        pl.col("evidence_gids").list.eval(pl.element().str.contains(r"\A[0-9]{1,20}\z")).list.all().fill_null(True),
    ),
)
