"""Contracts of the raw tables: Asana's records as they came, one JSON text a row, merged by gid."""

from asana_intel.storage.contracts.contract import COUNT, DAY, FLAG, INSTANT, NUMBER, TEXT, TableContract, columns

_ENVELOPE = (
    ("gid!", TEXT, "Asana's id; for link tables the ids of both ends, joined by ':'."),
    ("record!~", TEXT, "The record as JSON with sorted keys, exactly the fields that were asked for."),
    ("record_hash!", TEXT, "BLAKE2b of `record`: equal hash, unchanged row."),
    ("first_seen_at!", INSTANT, "Server time of the sync that brought it."),
    ("changed_at!", INSTANT, "Server time of the sync that last changed it."),
    ("deleted_at", INSTANT, "Server time of the sync that found it gone; null while it stands."),
)

# resource -> (grain, fields lifted out of the record for SQL and for finding rows by what they hang on; the record
# stays the truth). `<name>_gid` is the gid inside the member `<name>`.
RESOURCES: dict[str, tuple[str, tuple[str, ...]]] = {
    "workspaces": ("one row per workspace", ("name",)),
    "users": ("one row per user of the workspace", ("name",)),
    "teams": ("one row per team", ("name",)),
    "team_memberships": ("one row per person and team", ()),
    "workspace_memberships": ("one row per person and workspace", ()),
    "projects": ("one row per project, archived ones too", ("name", "archived", "completed", "created_at")),
    "project_memberships": ("one row per person and project", ("parent_gid",)),
    "sections": ("one row per section", ("name", "project_gid")),
    "portfolios": ("one row per portfolio the token may see", ("name",)),
    "portfolio_items": ("one row per portfolio and item", ()),
    "tags": ("one row per tag of the workspace", ("name",)),
    "custom_fields": ("one row per custom field of the workspace", ("name", "resource_subtype")),
    "custom_field_settings": ("one row per field attached to a project, portfolio or goal", ("parent_gid",)),
    "tasks": (
        "one row per task, subtasks and tasks without a project too",
        (
            "name",
            "resource_subtype",
            "completed",
            "created_at",
            "completed_at",
            "modified_at",
            "start_on",
            "due_on",
            "parent_gid",
            "section_gids",
            "num_subtasks",
        ),
    ),
    "task_dependencies": ("one row per task and task it waits for", ("task_gid", "depends_on_gid")),
    "stories": ("one row per comment or system story", ("resource_subtype", "created_at", "target_gid")),
    "goals": ("one row per goal as it stands", ("name", "status", "start_on", "due_on")),
    "goal_relationships": (
        "one row per goal and what supports it",
        ("resource_subtype", "contribution_weight", "supported_goal_gid", "supporting_resource_gid"),
    ),
    "status_updates": ("one row per status update", ("status_type", "created_at", "parent_gid")),
    "time_periods": ("one row per time period", ("display_name", "start_on", "end_on")),
    "time_tracking_entries": ("one row per time entry", ("entered_on", "duration_minutes", "task_gid")),
    "ooo_entries": ("one row per out-of-office entry", ("start_date", "end_date")),
    "allocations": ("one row per allocation of a person to a project", ("start_date", "end_date")),
}

_PERSONAL = {"name"}
_TYPES = {
    "archived": FLAG,
    "completed": FLAG,
    "contribution_weight": NUMBER,
    "duration_minutes": NUMBER,
    "num_subtasks": COUNT,
}


def _about(lifted: str) -> str:
    if lifted == "section_gids":
        return "Sections it stands in, one per project, sorted, joined by a blank."
    return "Gid of it, from the record." if lifted.endswith("_gid") else "As in the record."


GOAL_SNAPSHOTS = TableContract(
    "raw",
    "goal_snapshots",
    "one row per goal and day: Asana keeps no history of goals, so each sync adds to ours",
    ("goal_gid", "snapshot_on"),
    columns(
        ("goal_gid!", TEXT, "Goal."),
        ("snapshot_on!", DAY, "Day of the sync, server time, UTC."),
        ("snapshot_at!", INSTANT, "Server time of the last sync of that day that saw a change."),
        ("status", TEXT, "green, yellow, red or a closed status."),
        ("current_number_value", NUMBER, "Value of the metric, in its unit (percent as fraction)."),
        ("initial_number_value", NUMBER, "Where the metric started."),
        ("target_number_value", NUMBER, "Where it should end."),
        ("due_on", DAY, "Due date on that day."),
    ),
)

RECORD_VERSIONS = TableContract(
    "raw",
    "record_versions",
    "one row per state of a record that a later sync found changed: what stood before",
    ("resource", "gid", "valid_from"),
    columns(
        ("resource!", TEXT, "Raw table of the record."),
        ("gid!", TEXT, "The record."),
        ("valid_from!", INSTANT, "Server time of the sync that first saw this state."),
        ("valid_to!", INSTANT, "Server time of the sync that saw the next one."),
        ("is_deleted!", FLAG, "In this state the record was gone."),
        ("record!~", TEXT, "The record as JSON, as it was then; of a gone one, as it was last."),
    ),
)

RAW_TABLES: tuple[TableContract, ...] = (
    *(
        TableContract(
            "raw",
            name,
            grain,
            ("gid",),
            columns(
                *_ENVELOPE,
                *((f + ("~" if f in _PERSONAL else ""), _TYPES.get(f, TEXT), _about(f)) for f in lifted),
            ),
        )
        for name, (grain, lifted) in RESOURCES.items()
    ),
    GOAL_SNAPSHOTS,
    RECORD_VERSIONS,
)
