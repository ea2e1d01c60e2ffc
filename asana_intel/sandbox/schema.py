"""What each resource looks like: its names, references, defaults, compact and opt-in fields. Tables only."""

from __future__ import annotations

# Resource (file name, URL segment) -> resource_type on its records.
TYPES: dict[str, str] = {
    "workspaces": "workspace",
    "users": "user",
    "teams": "team",
    "team_memberships": "team_membership",
    "workspace_memberships": "workspace_membership",
    "projects": "project",
    "project_memberships": "project_membership",
    "memberships": "membership",
    "sections": "section",
    "portfolios": "portfolio",
    "custom_fields": "custom_field",
    "custom_field_settings": "custom_field_setting",
    "tasks": "task",
    "stories": "story",
    "goals": "goal",
    "goal_relationships": "goal_relationship",
    "status_updates": "status_update",
    "time_periods": "time_period",
    "time_tracking_entries": "time_tracking_entry",
    "ooo_entries": "ooo_entry",
    "allocations": "allocation",
    "tags": "tag",
    "jobs": "job",
    "user_task_lists": "user_task_list",
    "portfolio_memberships": "portfolio_membership",
    "project_portfolio_settings": "project_portfolio_setting",
    "time_tracking_categories": "time_tracking_category",
    "timesheet_approval_statuses": "timesheet_approval_status",
    "budgets": "budget",
    "rates": "rate",
    "placeholders": "placeholder",
    "roles": "role",
    "access_requests": "access_request",
    "agents": "agent",
    "custom_types": "custom_type",
    "project_templates": "project_template",
    "task_templates": "task_template",
    "project_briefs": "project_brief",
    "attachments": "attachment",
    "reactions": "reaction",
    "rule_triggers": "rule_trigger",
    "exports": "graph_export",
    "organization_exports": "organization_export",
}

# Files that a world may hold; settings and task lists are derived, exports are only ever asked for.
_NO_FILES = (
    "custom_field_settings", "user_task_lists", "project_portfolio_settings", "organization_exports", "exports", "jobs",
)  # fmt: skip
FILES = tuple(r for r in TYPES if r not in _NO_FILES)

# Fields that hold one reference, and fields that hold a list of them.
ONE: dict[str, tuple[str, ...]] = {
    "users": (),
    "teams": ("organization",),
    "team_memberships": ("user", "team"),
    "workspace_memberships": ("user", "workspace", "user_task_list"),
    "projects": ("owner", "team", "workspace", "completed_by"),
    "project_memberships": ("parent", "member", "user", "project"),
    "memberships": ("parent", "member"),
    "sections": ("project",),
    "portfolios": ("owner", "workspace", "created_by"),
    "custom_fields": ("created_by",),
    "tasks": ("assignee", "completed_by", "created_by", "assigned_by", "parent", "workspace", "custom_type"),
    "stories": (
        "created_by", "target", "assignee", "project", "task", "dependency", "old_section", "new_section",
        "follower", "tag", "duplicated_from",
    ),
    "goals": ("owner", "team", "workspace", "time_period"),
    "goal_relationships": ("supporting_resource", "supported_goal"),
    "status_updates": ("author", "created_by", "parent"),
    "time_tracking_entries": ("task", "created_by", "attributable_to"),
    "ooo_entries": ("user", "created_by"),
    "allocations": ("assignee", "created_by", "parent"),
    "user_task_lists": ("owner", "workspace"),
    "tags": ("workspace",),
    "jobs": (
        "created_by", "new_project", "new_task", "new_project_template", "new_portfolio",
    ),
    "portfolio_memberships": ("parent", "member", "portfolio", "user"),
    "project_portfolio_settings": ("project", "portfolio"),
    "timesheet_approval_statuses": ("user", "workspace"),
    "budgets": ("parent",),
    "rates": ("parent", "resource", "created_by"),
    "roles": ("workspace",),
    "access_requests": ("requester", "target"),
    "agents": ("workspace",),
    "project_templates": ("owner", "team"),
    "task_templates": ("project", "created_by"),
    "project_briefs": ("project",),
    "attachments": ("parent",),
    "reactions": ("user",),
    "rule_triggers": ("project",),
    "organization_exports": ("organization",),
}  # fmt: skip
MANY: dict[str, tuple[str, ...]] = {
    "users": ("workspaces",),
    "projects": ("members", "followers"),
    "portfolios": ("members",),
    "tasks": ("projects", "followers", "tags"),
    "tags": ("followers",),
    "goals": ("followers",),
}

# What a list shows without opt_fields, beside gid and resource_type; absent: the full record.
COMPACT: dict[str, tuple[str, ...]] = {
    "workspaces": ("name",),
    "users": ("name",),
    "teams": ("name",),
    "team_memberships": ("user", "team", "is_guest", "is_limited_access", "is_admin"),
    "workspace_memberships": ("user", "workspace"),
    "projects": ("name",),
    "project_memberships": ("member", "access_level"),
    "memberships": (
        "parent",
        "member",
        "access_level",
        "resource_subtype",
        "goal",
        "role",
        "is_commenter",
        "is_editor",
    ),
    "sections": ("name",),
    "portfolios": ("name",),
    "tasks": ("name", "resource_subtype"),
    "stories": ("created_at", "created_by", "resource_subtype", "text"),
    "goals": ("name", "owner"),
    "goal_relationships": ("resource_subtype", "supporting_resource", "contribution_weight"),
    "status_updates": ("title", "resource_subtype"),
    "time_periods": ("start_on", "end_on", "period", "display_name"),
    "time_tracking_entries": ("duration_minutes", "entered_on", "attributable_to", "created_by", "categories"),
    "user_task_lists": ("name", "owner", "workspace"),
    "portfolio_memberships": ("user", "access_level"),
    "project_portfolio_settings": ("project", "portfolio", "is_access_control_inherited"),
    "time_tracking_categories": ("name", "color"),
    "agents": ("resource_subtype", "name"),
    "roles": ("name", "description", "is_standard_role"),
    "project_templates": ("name",),
    "task_templates": ("name",),
    "project_briefs": (),
    "attachments": ("name", "resource_subtype"),
    "project_statuses": ("title",),
    "tags": ("name",),
}

# What a custom field's value shows by default on anything but a task; tasks show its whole definition, too.
COMPACT_VALUE = frozenset(
    {
        "gid", "resource_type", "name", "type", "enum_options", "enabled", "representation_type", "id_prefix",
        "input_restrictions", "is_formula_field", "display_value", "date_value", "enum_value", "multi_enum_values",
        "number_value", "text_value", "people_value", "reference_value",
    }
)  # fmt: skip

# A list never gives these, whatever opt_fields says (reference: the list schema lacks them).
NOT_IN_LISTS: dict[str, frozenset[str]] = {
    "time_tracking_entries": frozenset({"task", "created_at", "approval_status", "billable_status", "description"}),
}

# Left out of a full record unless asked for.
OPT_IN: dict[str, frozenset[str]] = {
    "tasks": frozenset(
        {
            "dependencies", "dependents", "html_notes", "num_subtasks", "is_rendered_as_separator",
            "created_by", "external", "assigned_by",
        }
    ),
    "projects": frozenset({"html_notes", "project_brief", "created_from_template"}),
    "portfolios": frozenset({"archived"}),
    "status_updates": frozenset({"html_text"}),
    "stories": frozenset({"html_text"}),
    "custom_fields": frozenset({"description"}),
    "teams": frozenset({"description", "html_description"}),
    "memberships": frozenset({"is_commenter", "is_editor"}),  # of goals, in lists only
    "project_memberships": frozenset({"parent", "project"}),
    "portfolio_memberships": frozenset({"portfolio"}),
    "project_briefs": frozenset({"text"}),
    "project_statuses": frozenset({"html_text"}),
}  # fmt: skip

# Fields that every full record has, where a world or a request leaves them out.
DEFAULTS: dict[str, dict[str, object]] = {
    "workspaces": {"email_domains": [], "is_organization": False},
    "users": {"email": None, "photo": None, "workspaces": []},
    "projects": {
        "archived": False, "color": None, "completed": False, "completed_at": None, "completed_by": None,
        "custom_fields": [], "default_view": "list", "due_on": None, "start_on": None, "followers": [],
        "members": [], "notes": "", "owner": None, "privacy_setting": "public_to_workspace", "team": None,
        "icon": None, "current_status": None, "default_access_level": "editor", "project_brief": None,
        "minimum_access_level_for_customization": "editor", "minimum_access_level_for_sharing": "editor",
        "created_from_template": None,
    },
    "portfolios": {
        "archived": False, "color": "light-warm-gray", "custom_fields": [], "due_on": None, "start_on": None,
        "members": [], "owner": None, "created_by": None, "default_access_level": "editor",
        "privacy_setting": "public_to_domain", "project_templates": [],
    },
    "tasks": {
        "resource_subtype": "default_task", "actual_time_minutes": None, "assignee": None,
        "assignee_status": "inbox", "completed": False, "completed_at": None, "completed_by": None,
        "created_by": None, "custom_fields": [], "dependencies": [], "dependents": [], "due_at": None,
        "due_on": None, "followers": [], "liked": False, "likes": [], "memberships": [],
        "notes": "", "num_likes": 0, "num_subtasks": 0, "parent": None, "projects": [], "start_at": None,
        "start_on": None, "tags": [], "is_rendered_as_separator": False, "assigned_by": None,
        "assignee_section": None, "custom_type": None, "custom_type_status_option": None,
    },
    "stories": {
        "created_by": None, "text": "", "is_pinned": False, "is_edited": False, "liked": False, "likes": [],
        "num_likes": 0, "source": "web", "type": "system", "sticker_name": None, "reaction_summary": [],
    },
    "goals": {
        "notes": "", "owner": None, "team": None, "is_workspace_level": False, "start_on": None,
        "due_on": None, "time_period": None, "status": None, "metric": None, "followers": [], "likes": [],
        "liked": False, "num_likes": 0, "custom_fields": [], "privacy_setting": "public_to_workspace",
        "default_access_level": "commenter",
    },
    "goal_relationships": {"contribution_weight": 0.0},
    "status_updates": {
        "liked": False, "likes": [], "num_likes": 0, "title": "", "author": None, "reaction_summary": [],
    },
    "time_periods": {"parent": None},
    "custom_fields": {
        "description": "", "enabled": True, "is_formula_field": False, "is_value_read_only": False,
        "has_notifications_enabled": False, "is_global_to_workspace": True, "created_by": None,
        "privacy_setting": "public_with_guests", "default_access_level": "user", "format": "none",
        "currency_code": None, "custom_label": None, "custom_label_position": None, "id_prefix": None,
    },
    "team_memberships": {"is_guest": False, "is_limited_access": False, "is_admin": False},
    "workspace_memberships": {
        "is_active": True, "is_admin": False, "is_guest": False, "is_view_only": False,
        "vacation_dates": None, "user_task_list": None,
    },
    "time_tracking_entries": {
        "attributable_to": None, "categories": [], "approval_status": "DRAFT", "billable_status": "notApplicable",
        "description": "",
    },
    "tags": {"name": "", "color": None, "notes": "", "followers": [], "workspace": None},
    "allocations": {"effort": None, "resource_subtype": "project_allocation", "created_by": None},
    "ooo_entries": {"created_by": None},
    "portfolio_memberships": {"access_level": "viewer"},
    "project_portfolio_settings": {"is_access_control_inherited": False},
    "time_tracking_categories": {"color": "none", "is_archived": False},
    "timesheet_approval_statuses": {"approval_status": "DRAFT"},
    "rates": {"currency_code": "USD", "created_by": None},
    "roles": {"description": "", "is_standard_role": False, "base_role_type": "member", "permissions": {}},
    "access_requests": {"message": "", "approval_status": "pending"},
    "agents": {
        "resource_subtype": "asana_teammate", "description": None, "behavior_guidance": None, "photo": None,
        "workspace": None,
    },
    "custom_types": {"status_options": []},
    "project_templates": {
        "description": "", "html_description": "<body></body>", "public": False, "owner": None, "team": None,
        "requested_dates": [], "color": None, "requested_roles": [],
    },
    "task_templates": {"project": None, "template": None, "created_by": None},
    "project_briefs": {"title": "", "text": ""},
    "attachments": {
        "resource_subtype": "asana", "download_url": None, "permanent_url": None, "view_url": None,
        "connected_to_app": False,
    },
    "organization_exports": {"download_url": None, "state": "pending"},
}  # fmt: skip

# Members of a goal's metric, where a world or a request leaves them out.
METRIC_DEFAULTS: dict[str, object] = {
    "resource_subtype": "number", "unit": "none", "precision": 0, "currency_code": None, "initial_number_value": 0,
    "target_number_value": None, "current_number_value": None, "progress_source": "manual", "is_custom_weight": False,
}  # fmt: skip

# Relation -> where in a record the other end stands. `a.b` steps into each item of a list, too.
RELATIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "tasks": {
        "tasks.project": ("projects", "memberships.project"),
        "tasks.section": ("memberships.section",),
        "tasks.assignee": ("assignee",),
        "tasks.parent": ("parent",),
        "tasks.dependency": ("dependencies",),
        "tasks.tag": ("tags",),
        "tasks.external": ("external",),
    },
    "sections": {"sections.project": ("project",)},
    "stories": {"stories.target": ("target",)},
    "time_tracking_entries": {
        "entries.task": ("task",),
        "entries.attributable": ("attributable_to",),
        "entries.category": ("categories",),
    },
    "status_updates": {"status_updates.parent": ("parent",)},
    "goal_relationships": {
        "relationships.supported": ("supported_goal",),
        "relationships.supporting": ("supporting_resource",),
    },
    "goals": {"goals.team": ("team",)},
    "team_memberships": {"team_memberships.team": ("team",), "team_memberships.user": ("user",)},
    "workspace_memberships": {"workspace_memberships.user": ("user",)},
    "project_memberships": {"memberships.parent": ("parent", "project")},
    "memberships": {"memberships.parent": ("parent",)},
    "ooo_entries": {"ooo.user": ("user",)},
    "allocations": {"allocations.parent": ("parent",), "allocations.assignee": ("assignee",)},
    "custom_field_settings": {"settings.parent": ("parent",), "settings.field": ("custom_field",)},
    "user_task_lists": {"task_lists.owner": ("owner",)},
    "portfolio_memberships": {"memberships.parent": ("parent", "portfolio")},
    "project_portfolio_settings": {"placements.portfolio": ("portfolio",), "placements.project": ("project",)},
    "timesheet_approval_statuses": {"timesheets.user": ("user",)},
    "budgets": {"budgets.parent": ("parent",)},
    "rates": {"rates.parent": ("parent",), "rates.resource": ("resource",)},
    "access_requests": {"access_requests.target": ("target",)},
    "task_templates": {"task_templates.project": ("project",)},
    "project_briefs": {"briefs.project": ("project",)},
    "attachments": {"attachments.parent": ("parent",)},
    "reactions": {"reactions.target": ("target",)},
}


def related_gids(resource: str, fields: dict[str, object]) -> list[tuple[str, str]]:
    """List `(relation, gid of the other end)` of a record, each once, in the order of the record."""
    found: dict[tuple[str, str], None] = {}
    for relation, paths in RELATIONS.get(resource, {}).items():
        for path in paths:
            head, _, tail = path.partition(".")
            value = fields.get(head)
            for item in value if isinstance(value, list) else [value]:
                other = item.get(tail) if tail and isinstance(item, dict) else item
                if isinstance(other, dict) and other.get("gid"):
                    found[(relation, other["gid"])] = None
    return list(found)
