"""Which fields are asked for, per resource (`opt_fields`); no endpoint and no meaning here.

Nothing that changes by itself is asked for: a record that was not touched must come back byte for byte, since its hash
decides what is merged.
"""

_FIELD_VALUES = (
    "custom_fields.name",
    "custom_fields.resource_subtype",
    "custom_fields.type",
    "custom_fields.enabled",
    "custom_fields.number_value",
    "custom_fields.text_value",
    "custom_fields.enum_value.name",
    "custom_fields.multi_enum_values.name",
    "custom_fields.date_value.date",
    "custom_fields.date_value.date_time",
    "custom_fields.people_value.gid",
    "custom_fields.display_value",
)
_SETTINGS = (
    "custom_field_settings.is_important",
    "custom_field_settings.custom_field.name",
    "custom_field_settings.custom_field.resource_subtype",
)


def _joined(*names: str) -> str:
    return ",".join(names)


WORKSPACES = _joined("name", "resource_type", "is_organization", "email_domains")
USERS = _joined("name", "resource_type", "email", *_FIELD_VALUES)
TEAMS = _joined("name", "resource_type", "organization.gid")
TEAM_MEMBERSHIPS = _joined("resource_type", "user.gid", "team.gid", "is_guest", "is_limited_access", "is_admin")
WORKSPACE_MEMBERSHIPS = _joined(
    "resource_type", "user.gid", "workspace.gid", "is_active", "is_admin", "is_guest", "is_view_only", "created_at"
)
PROJECTS = _joined(
    "name",
    "notes",
    "resource_type",
    "archived",
    "completed",
    "completed_at",
    "created_at",
    "modified_at",
    "start_on",
    "due_on",
    "owner.gid",
    "team.gid",
    "workspace.gid",
    "privacy_setting",
    "permalink_url",
    "current_status_update.resource_subtype",
    *_FIELD_VALUES,
    *_SETTINGS,
)
PROJECT_MEMBERSHIPS = _joined(
    "resource_type", "parent.gid", "parent.resource_type", "member.gid", "member.resource_type", "access_level"
)
SECTIONS = _joined("name", "resource_type", "created_at", "project.gid")
PORTFOLIOS = _joined(
    "name",
    "resource_type",
    "archived",
    "created_at",
    "start_on",
    "due_on",
    "owner.gid",
    "workspace.gid",
    "permalink_url",
    "current_status_update.resource_subtype",
    *_FIELD_VALUES,
    *_SETTINGS,
)
PORTFOLIO_ITEMS = _joined("name", "resource_type")
TAGS = _joined("name", "resource_type", "color", "notes", "created_at", "permalink_url", "workspace.gid")
CUSTOM_FIELDS = _joined(
    "name",
    "resource_type",
    "resource_subtype",
    "type",
    "description",
    "enabled",
    "precision",
    "format",
    "currency_code",
    "asana_created_field",
    "is_formula_field",
    "is_value_read_only",
    "privacy_setting",
    "default_access_level",
    "enum_options.name",
    "enum_options.enabled",
    "enum_options.color",
)
CUSTOM_FIELD_SETTINGS = _joined(
    "resource_type",
    "is_important",
    "parent.gid",
    "parent.resource_type",
    "custom_field.name",
    "custom_field.resource_subtype",
)
TASKS = _joined(
    "name",
    "notes",
    "resource_type",
    "resource_subtype",
    "approval_status",
    "completed",
    "completed_at",
    "completed_by.gid",
    "created_at",
    "created_by.gid",
    "modified_at",
    "assignee.gid",
    "start_on",
    "start_at",
    "due_on",
    "due_at",
    "parent.gid",
    "num_subtasks",
    "dependencies.gid",
    "projects.gid",
    "memberships.project.gid",
    "memberships.section.gid",
    "tags.gid",
    "followers.gid",
    "num_likes",
    "workspace.gid",
    "actual_time_minutes",
    "permalink_url",
    *_FIELD_VALUES,
)
# What tells whether a task changed: moves between projects, sections and parents leave `modified_at` as it was.
TASK_MARKS = _joined(
    "modified_at",
    "num_subtasks",
    "parent.gid",
    "dependencies.gid",
    "projects.gid",
    "memberships.section.gid",
)
FIELD_CHANGES = _joined(
    "resource_subtype",
    "created_at",
    "created_by.gid",
    "custom_field.gid",
    *(
        f"{when}_{value}"
        for when in ("old", "new")
        for value in (
            "number_value",
            "text_value",
            "date_value.due_on",
            "enum_value.gid",
            "multi_enum_values.gid",
            "people_value.gid",
        )
    ),
)
APPROVALS = _joined("created_at", "created_by.gid", "new_approval_status")
STORIES = _joined(
    "resource_type",
    "resource_subtype",
    "type",
    "created_at",
    "created_by.gid",
    "text",
    "source",
    "target.gid",
    "target.resource_type",
    "is_edited",
    "assignee.gid",
    "project.gid",
    "dependency.gid",
    "old_section.gid",
    "new_section.gid",
    "old_dates.start_on",
    "old_dates.due_on",
    "old_dates.due_at",
    "new_dates.start_on",
    "new_dates.due_on",
    "new_dates.due_at",
    "custom_field.gid",
    "old_number_value",
    "new_number_value",
    "old_text_value",
    "new_text_value",
    "old_enum_value.gid",
    "new_enum_value.gid",
    "old_date_value.due_on",
    "new_date_value.due_on",
    "old_approval_status",
    "new_approval_status",
    "old_resource_subtype",
    "new_resource_subtype",
)
GOALS = _joined(
    "name",
    "notes",
    "resource_type",
    "owner.gid",
    "team.gid",
    "workspace.gid",
    "is_workspace_level",
    "start_on",
    "due_on",
    "time_period.display_name",
    "time_period.period",
    "time_period.start_on",
    "time_period.end_on",
    "status",
    "metric.resource_subtype",
    "metric.unit",
    "metric.currency_code",
    "metric.precision",
    "metric.initial_number_value",
    "metric.target_number_value",
    "metric.current_number_value",
    "metric.progress_source",
    "metric.is_custom_weight",
    "metric.can_manage",
    "privacy_setting",
    "current_status_update.resource_subtype",
    *_FIELD_VALUES,
    *_SETTINGS,
)
GOAL_RELATIONSHIPS = _joined(
    "resource_type",
    "resource_subtype",
    "contribution_weight",
    "supported_goal.gid",
    "supporting_resource.resource_type",
)
STATUS_UPDATES = _joined(
    "title",
    "text",
    "resource_type",
    "resource_subtype",
    "status_type",
    "author.gid",
    "created_by.gid",
    "created_at",
    "modified_at",
    "parent.gid",
    "parent.resource_type",
)
TIME_PERIODS = _joined("resource_type", "display_name", "period", "start_on", "end_on", "parent.gid")
TIME_TRACKING_ENTRIES = _joined(
    "resource_type", "duration_minutes", "entered_on", "created_by.gid", "attributable_to.gid", "task.gid"
)
OOO_ENTRIES = _joined("resource_type", "user.gid", "start_date", "end_date")
ALLOCATIONS = _joined(
    "resource_type",
    "resource_subtype",
    "start_date",
    "end_date",
    "effort.type",
    "effort.value",
    "assignee.gid",
    "parent.gid",
)
WEBHOOKS = _joined(
    "active",
    "resource.gid",
    "resource.resource_type",
    "created_at",
    "last_success_at",
    "last_failure_at",
    "delivery_retry_count",
    "failure_deletion_timestamp",
)
