"""The staging tables that are one row per Asana record: which field comes from where. Link tables are in links.py."""

import polars as pl

from asana_intel.staging.clean import Cleaning, Rule
from asana_intel.staging.fields import Field
from asana_intel.storage.contracts.contract import CLOSED_GOAL_STATUSES

USERS = Cleaning(
    "users", "users", [Field("person_gid", "gid", required=True), Field("name", "name"), Field("email", "email")]
)
TEAMS = Cleaning("teams", "teams", [Field("team_gid", "gid", required=True), Field("name", "name")])
TEAM_MEMBERSHIPS = Cleaning(
    "team_memberships",
    "team_memberships",
    [
        Field("team_gid", "team.gid", required=True),
        Field("person_gid", "user.gid", required=True),
        Field("is_guest", "is_guest", "flag"),
        Field("is_admin", "is_admin", "flag"),
    ],
)
PROJECTS = Cleaning(
    "projects",
    "projects",
    [
        Field("project_gid", "gid", required=True),
        Field("name", "name"),
        Field("notes", "notes"),
        Field("team_gid", "team.gid"),
        Field("owner_gid", "owner.gid"),
        Field("is_archived", "archived", "flag"),
        Field("is_completed", "completed", "flag"),
        Field("created_at", "created_at", "instant"),
        Field("completed_at", "completed_at", "instant"),
        Field("modified_at", "modified_at", "instant"),
        Field("start_on", "start_on", "day"),
        Field("due_on", "due_on", "day"),
        Field("privacy_setting", "privacy_setting"),
        Field("current_status_update_gid", "current_status_update.gid"),
        Field("permalink_url", "permalink_url"),
    ],
    computed={
        "is_archived": pl.col("is_archived").fill_null(value=False),
        "is_completed": pl.col("is_completed").fill_null(value=False),
    },
)
SECTIONS = Cleaning(
    "sections",
    "sections",
    [Field("section_gid", "gid", required=True), Field("project_gid", "project.gid"), Field("name", "name")],
)
PORTFOLIOS = Cleaning(
    "portfolios",
    "portfolios",
    [Field("portfolio_gid", "gid", required=True), Field("name", "name"), Field("owner_gid", "owner.gid")],
)
TAGS = Cleaning(
    "tags",
    "tags",
    [
        Field("tag_gid", "gid", required=True),
        Field("name", "name"),
        Field("color", "color"),
        Field("created_at", "created_at", "instant"),
    ],
)
CUSTOM_FIELD_SETTINGS = Cleaning(
    "custom_field_settings",
    "custom_field_settings",
    [
        Field("parent_gid", "parent.gid", required=True),
        Field("parent_type", "parent.resource_type"),
        Field("field_gid", "custom_field.gid", required=True),
        Field("field_name", "custom_field.name"),
        Field("field_type", "custom_field.resource_subtype"),
    ],
)
TASKS = Cleaning(
    "tasks",
    "tasks",
    [
        Field("task_gid", "gid", required=True),
        Field("workspace_gid", "workspace.gid"),
        Field("name", "name"),
        Field("notes", "notes"),
        Field("subtype", "resource_subtype"),
        Field("assignee_gid", "assignee.gid"),
        Field("parent_gid", "parent.gid"),
        Field("is_completed", "completed", "flag", required=True),
        Field("created_at", "created_at", "instant", required=True),
        Field("created_by_gid", "created_by.gid"),
        Field("completed_at", "completed_at", "instant"),
        Field("completed_by_gid", "completed_by.gid"),
        Field("modified_at", "modified_at", "instant"),
        Field("start_on", "start_on", "day"),
        Field("start_at", "start_at", "instant"),
        Field("due_on", "due_on", "day"),
        Field("due_at", "due_at", "instant"),
        Field("actual_minutes", "actual_time_minutes", "number"),
        Field("subtask_count", "num_subtasks", "count"),
        Field("like_count", "num_likes", "count"),
        Field("approval_status", "approval_status"),
        Field("permalink_url", "permalink_url"),
    ],
    rules=[
        Rule(
            "completed_at",
            pl.col("completed") & pl.col("completed_at").is_null(),
            "is missing although the task is completed; sync it again",
        ),
        Rule("actual_time_minutes", pl.col("actual_time_minutes") < 0, "is negative; correct the time entries"),
    ],
    computed={"actual_hours": pl.col("actual_minutes") / 60},
)
STORIES = Cleaning(
    "stories",
    "stories",
    [
        Field("story_gid", "gid", required=True),
        Field("target_gid", "target.gid", required=True),
        Field("author_gid", "created_by.gid"),
        Field("created_at", "created_at", "instant", required=True),
        Field("subtype", "resource_subtype"),
        Field("text", "text"),
        Field("project_gid", "project.gid"),
        Field("assignee_gid", "assignee.gid"),
        Field("dependency_gid", "dependency.gid"),
        Field("old_section_gid", "old_section.gid"),
        Field("new_section_gid", "new_section.gid"),
        Field("old_start_on", "old_dates.start_on", "day"),
        Field("old_due_on", "old_dates.due_on", "day"),
        Field("new_start_on", "new_dates.start_on", "day"),
        Field("new_due_on", "new_dates.due_on", "day"),
        Field("field_gid", "custom_field.gid"),
        Field("old_number_value", "old_number_value", "number"),
        Field("new_number_value", "new_number_value", "number"),
        Field("old_text_value", "old_text_value"),
        Field("new_text_value", "new_text_value"),
        Field("old_option_gid", "old_enum_value.gid"),
        Field("new_option_gid", "new_enum_value.gid"),
        Field("old_date_value", "old_date_value.due_on", "day"),
        Field("new_date_value", "new_date_value.due_on", "day"),
    ],
)
GOALS = Cleaning(
    "goals",
    "goals",
    [
        Field("goal_gid", "gid", required=True),
        Field("name", "name"),
        Field("owner_gid", "owner.gid"),
        Field("team_gid", "team.gid"),
        Field("is_workspace_level", "is_workspace_level", "flag"),
        Field("start_on", "start_on", "day"),
        Field("due_on", "due_on", "day"),
        Field("period_start_on", "time_period.start_on", "day"),
        Field("period_end_on", "time_period.end_on", "day"),
        Field("period_name", "time_period.display_name"),
        Field("status", "status"),
        Field("unit", "metric.unit"),
        Field("currency_code", "metric.currency_code"),
        Field("precision", "metric.precision", "count"),
        Field("progress_source", "metric.progress_source"),
        Field("is_custom_weight", "metric.is_custom_weight", "flag"),
        Field("can_manage", "metric.can_manage", "flag"),
        Field("initial_value", "metric.initial_number_value", "number"),
        Field("target_value", "metric.target_number_value", "number"),
        Field("current_value", "metric.current_number_value", "number"),
        Field("privacy_setting", "privacy_setting"),
        Field("current_status_update_gid", "current_status_update.gid"),
    ],
    computed={
        "is_workspace_level": pl.col("is_workspace_level").fill_null(value=False),
        "start_on": pl.coalesce("start_on", "period_start_on"),
        "due_on": pl.coalesce("due_on", "period_end_on"),
        "is_closed": pl.col("status").is_in(CLOSED_GOAL_STATUSES).fill_null(value=False),
    },
)
GOAL_RELATIONSHIPS = Cleaning(
    "goal_relationships",
    "goal_relationships",
    [
        Field("relationship_gid", "gid", required=True),
        Field("goal_gid", "supported_goal.gid", required=True),
        Field("supporting_gid", "supporting_resource.gid", required=True),
        Field("supporting_type", "supporting_resource.resource_type"),
        Field("weight", "contribution_weight", "number"),
    ],
)
STATUS_UPDATES = Cleaning(
    "status_updates",
    "status_updates",
    [
        Field("status_update_gid", "gid", required=True),
        Field("parent_gid", "parent.gid", required=True),
        Field("author_gid", "author.gid"),
        Field("created_at", "created_at", "instant", required=True),
        Field("status_type", "status_type"),
        Field("title", "title"),
        Field("text", "text"),
    ],
)
TIME_PERIODS = Cleaning(
    "time_periods",
    "time_periods",
    [
        Field("time_period_gid", "gid", required=True),
        Field("name", "display_name"),
        Field("start_on", "start_on", "day"),
        Field("end_on", "end_on", "day"),
    ],
)
TIME_ENTRIES = Cleaning(
    "time_entries",
    "time_tracking_entries",
    [
        Field("entry_gid", "gid", required=True),
        Field("task_gid", "task.gid"),
        Field("person_gid", "created_by.gid"),
        Field("project_gid", "attributable_to.gid"),
        Field("entered_on", "entered_on", "day", required=True),
        Field("minutes", "duration_minutes", "number", required=True),
    ],
    rules=[Rule("duration_minutes", pl.col("duration_minutes") < 0, "is negative; correct the entry in Asana")],
    computed={"hours": pl.col("minutes") / 60},
)
TIME_OFF = Cleaning(
    "time_off",
    "ooo_entries",
    [
        Field("entry_gid", "gid", required=True),
        Field("person_gid", "user.gid", required=True),
        Field("start_on", "start_date", "day", required=True),
        Field("end_on", "end_date", "day", required=True),
    ],
    rules=[Rule("end_date", pl.col("end_date") < pl.col("start_date"), "lies before start_date; correct it in Asana")],
)
ALLOCATIONS = Cleaning(
    "allocations",
    "allocations",
    [
        Field("allocation_gid", "gid", required=True),
        Field("person_gid", "assignee.gid", required=True),
        Field("project_gid", "parent.gid"),
        Field("start_on", "start_date", "day", required=True),
        Field("end_on", "end_date", "day", required=True),
        Field("effort_type", "effort.type"),
        Field("effort_value", "effort.value", "number"),
    ],
)

RECORD_TABLES: tuple[Cleaning, ...] = (
    USERS,
    TEAMS,
    TEAM_MEMBERSHIPS,
    PROJECTS,
    SECTIONS,
    PORTFOLIOS,
    TAGS,
    CUSTOM_FIELD_SETTINGS,
    STORIES,
    GOALS,
    GOAL_RELATIONSHIPS,
    STATUS_UPDATES,
    TIME_PERIODS,
    TIME_ENTRIES,
    TIME_OFF,
    ALLOCATIONS,
)
