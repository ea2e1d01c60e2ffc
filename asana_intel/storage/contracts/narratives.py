"""Contracts of the narrative tables: fact sheets and the sentences made from them."""

from asana_intel.storage.contracts.contract import COUNT, DAY, INSTANT, TEXT, TEXTS, TableContract, columns

NARRATIVE_TABLES: tuple[TableContract, ...] = (
    TableContract(
        "narratives",
        "goal_facts",
        "one row per week, goal and fact",
        ("as_of_on", "goal_gid", "fact_id"),
        columns(
            ("as_of_on!", DAY, "Week."),
            ("goal_gid!", TEXT, "Goal."),
            ("fact_id!", TEXT, "Name of the fact, such as progress_value."),
            ("value!", TEXT, "Value as text, formatted for people."),
            ("unit", TEXT, "Unit."),
            ("source_gids", TEXTS, "Asana objects it was computed from."),
        ),
        partition="as_of_on",
    ),
    TableContract(
        "narratives",
        "goal_progress",
        "one row per week and open goal",
        ("as_of_on", "goal_gid"),
        columns(
            ("as_of_on!", DAY, "Week."),
            ("as_of_at!", INSTANT, "Last instant it knows anything of."),
            ("goal_gid!", TEXT, "Goal."),
            ("text!", TEXT, "Two or three sentences."),
            ("status_type!", TEXT, "on_track, at_risk or off_track, from the odds."),
            ("fact_ids!", TEXTS, "Facts the text uses."),
            ("facts_hash!", TEXT, "Hash of the fact sheet."),
            ("written_by!", TEXT, "template, select (a model chose the claims) or fallback."),
            ("model", TEXT, "Model that chose, if any."),
            ("word_count!", COUNT, "Words."),
        ),
        partition="as_of_on",
    ),
)
