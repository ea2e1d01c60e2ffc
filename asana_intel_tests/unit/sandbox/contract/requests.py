"""Valid values for every documented property and parameter, and what Asana refuses all the same. No tests."""

from __future__ import annotations

from typing import Any

from asana_intel_tests.unit.sandbox.contract.document import Document, Schema
from asana_intel_tests.unit.sandbox.contract.sample_tables import BODIES, VALUES
from asana_intel_tests.unit.sandbox.contract.samples import NoSampleError, Stage
from asana_intel_tests.unit.sandbox.worlds import Body

# Properties of which a body holds one only.
ALTERNATIVES = (
    {"text", "html_text", "sticker_name"},
    {"notes", "html_notes"},
    {"description", "html_description"},
    {"due_on", "due_at"},
    {"insert_before", "insert_after"},
    {"before_section", "after_section"},
    {"before_enum_option", "after_enum_option"},
)

# Property -> what must stand in the same body.
BESIDE: dict[str, Body] = {
    "start_on": {"due_on": "2025-12-01"},
    "start_at": {"due_at": "2025-12-01T12:00:00.000Z"},
    "duplicateProject.schedule_dates": {"include": "task_dates"},
    "createTask.approval_status": {"resource_subtype": "approval"},
    "createSubtaskForTask.approval_status": {"resource_subtype": "approval"},
    "updateTask.approval_status": {"resource_subtype": "approval"},
    "updateTask.custom_type": {"resource_subtype": "custom"},
    "updateTask.custom_type_status_option": {"resource_subtype": "custom", "custom_type": "$custom_type"},
    "createTask.parent": {"projects": None},
    "addSupportingRelationship.insert_after": {"supporting_resource": "$free_goal"},
    "addSupportingRelationship.insert_before": {"supporting_resource": "$free_goal"},
}

# Operation and property (or `?` and parameter) -> status and why.
REFUSED: dict[str, tuple[int, str]] = {
    f"{name}.assignee_section": (400, "only sections of the assignee's My Tasks will do, and worlds have none")
    for name in ("createTask", "createSubtaskForTask", "updateTask")
} | {
    "updateTask.parent": (400, "setParent moves a task"),
    "updateTask.memberships": (400, "create-only; addProject moves a task"),
}

# What is taken and shown in another form.
NOT_SHOWN: dict[str, str] = {
    f"{name}CustomField.{prop}": "Asana decides it; taken without effect"
    for name in ("create", "update")
    for prop in ("id_prefix", "is_formula_field")
} | {"updateTimesheetApprovalStatus.approval_status": "written in small letters, shown in capitals"}


def body_value(document: Document, operation: str, prop: str, told: Schema) -> Any:
    """Return a valid value of a body's property, places unfilled."""
    own = f"{operation}.{prop}"
    for key, table in ((own, _VALUES), (own, VALUES), (prop, BODIES[operation]), (prop, _VALUES), (prop, VALUES)):
        if key in table:
            return table[key]
    return plain(document, told)


def plain(document: Document, schema: Schema) -> Any:
    """Make a value of the documented type."""
    told = document.flat((document.resolve(schema).get("oneOf") or [schema])[0])
    if "enum" in told:
        return told["enum"][0]
    match told.get("type"):
        case "boolean":
            return True
        case "integer":
            return 1
        case "number":
            return 0.5
        case "array":
            return [plain(document, told.get("items", {}))]
        case "object":
            return {name: plain(document, inner) for name, inner in told["properties"].items()}
    return told.get("example") or "x"


def query_value(stage: Stage, operation: str, param: str) -> Body:
    """Return the query parameters that a parameter needs, itself included."""
    if f"{operation}?{param}" in _QUERIES:
        return _QUERIES[f"{operation}?{param}"]
    told = stage.document.operations[operation].query[param]["schema"]
    if "search" in operation and (found := _search_value(param)) is not None:
        return {param: found}
    try:
        return {param: stage.value(operation, param)}
    except NoSampleError:
        return {param: told["enum"][0] if "enum" in told else "true" if told["type"] == "boolean" else "x"}


def _search_value(param: str) -> Any:
    head, _, tail = param.partition(".")
    if head.endswith(("_on", "_at")):
        return "2025-10-01" if head.endswith("_on") else "2025-10-01T00:00:00.000Z"
    kinds = {"assignee": "user", "followers": "user", "created_by": "user", "assigned_by": "user", "liked_by": "user",
             "commented_on_by": "user", "owner": "user", "members": "user"}  # fmt: skip
    return f"${kinds.get(head, head.removesuffix('s'))}" if tail else None


_VALUES: dict[str, Any] = {
    "after_enum_option": "$enum_option:2",
    "after_section": "$section:2",
    "approval_status": "approved",
    "assignee_section": "$section",
    "before_enum_option": "$enum_option:2",
    "before_section": "$section:2",
    "categories": ["$time_tracking_category"],
    "connect_to_app": False,
    "default_access_level": "editor",
    "external": {"gid": "ours-1", "data": "x"},
    "filters": [{"resource_type": "task", "action": "added"}],
    "include": "members",
    "members": "$user:2",
    "message": "Please",
    "projects": ["$project"],
    "tags": ["$tag"],
    "text": "Said",
    "title": "A title",
    "url": "https://example.com/b",
    "createTask.parent": "$task",
    "createSubtaskForTask.parent": "$task",
    "memberships": [{"project": "$project", "section": {"gid": "$section", "resource_type": "section"}}],
    "updateTask.custom_type": "$custom_type",
    "updateTask.custom_type_status_option": "920",
    "createTimeTrackingCategory.color": "aqua",
    "updateTimeTrackingCategory.color": "aqua",
    "duplicateTask.include": "notes,assignee",
    "duplicateProject.include": "members,task_notes,task_dates",
    "duplicateProject.schedule_dates": {"should_skip_weekends": True, "due_on": "2026-03-31"},
    "instantiateProject.requested_roles": [],
    "createProject.followers": "$user",
    "createProjectForTeam.followers": "$user",
    "createProjectForWorkspace.followers": "$user",
    "addProjectForTask.section": "$section_of_second_project",
}
# Operation -> what a new place in its list may be told by.
_NEIGHBOURS = {
    "addCustomFieldSettingForGoal": "$setting_of_goal",
    "addCustomFieldSettingForPortfolio": "$setting_of_portfolio",
    "addCustomFieldSettingForProject": "$setting_of_project",
    "addItemForPortfolio": "$item_of_portfolio",
    "addProjectForTask": "$task_of_second_project",
    "addSupportingRelationship": "$subgoal",
    "addTaskForSection": "$task_of_section",
    "createEnumOptionForCustomField": "$enum_option",
    "createSectionForProject": "$section",
    "setParentForTask": "$sibling",
    "updateSection": "$section:2",
}
_VALUES |= {f"{name}.insert_{way}": gid for name, gid in _NEIGHBOURS.items() for way in ("before", "after")}

_QUERIES: dict[str, Body] = {
    "getTasks?section": {"project": None, "section": "$section"},
    "getTasks?assignee": {"project": None, "assignee": "$user", "workspace": "$workspace"},
    "getTasks?workspace": {"project": None, "assignee": "$user", "workspace": "$workspace"},
}
