"""Contract of the plan: the change-set that a person reviews before anything is written."""

from asana_intel.storage.contracts.contract import (
    COUNT,
    DAY,
    INSTANT,
    NUMBER,
    TEXT,
    TEXTS,
    TableContract,
    columns,
)

CHANGES_TABLES: tuple[TableContract, ...] = (
    TableContract(
        "changes",
        "plan",
        "one row per week and change of one field or creation of one object",
        ("as_of_on", "row_key"),
        columns(
            ("as_of_on!", DAY, "Week."),
            ("as_of_at!", INSTANT, "Last instant the plan knows anything of."),
            ("row_key!", TEXT, "Deterministic id of the row: same change, same key."),
            (
                "kind!",
                TEXT,
                "set_field, set_metric, set_assignee, set_dates, add_to_section, create_section, status_update,"
                " comment, create_task, add_dependency, attach_effort, delete_object, or a setup kind.",
            ),
            ("capability!", TEXT, "goals, capacity, priority, review or setup."),
            (
                "target_type!",
                TEXT,
                "goal, project, task, user or workspace; comment or status_update if it is deleted.",
            ),
            ("target_gid!", TEXT, "Object that is written to."),
            ("team_gid", TEXT, "Team of the object, for the policy; null = of no team."),
            ("field", TEXT, "Field's registry name, such as ai_confidence_score."),
            ("old_value", TEXT, "Value now, canonical JSON; null = empty."),
            ("base!", TEXT, "Fingerprint of the value now: 16 hex digits of its SHA-256."),
            (
                "new_value!~",
                TEXT,
                "Value wanted, canonical JSON: null clears the field or deletes the object; a task may name people.",
            ),
            ("reason!", TEXT, "One sentence for the reviewer."),
            ("evidence_gids", TEXTS, "Asana objects behind it."),
            ("made_by!", TEXT, "Method or model that found the new value."),
            ("risk!", TEXT, "low (silent, can be taken back), medium (people are told), high (cannot be edited)."),
            ("confidence", NUMBER, "How sure we are, 0..1."),
            ("position!", COUNT, "Order in which rows are applied."),
            ("after_key", TEXT, "Row of the same plan without which this one is not written; null = it stands alone."),
        ),
        partition="as_of_on",
    ),
)
