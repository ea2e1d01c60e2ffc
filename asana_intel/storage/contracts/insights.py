"""Contracts of the insight tables: overwritten one `as_of_on` week at a time."""

from asana_intel.storage.contracts.contract import DAY, INSTANT, NUMBER, TEXT, TEXTS, Spec, TableContract, columns

_AS_OF = (
    ("as_of_on!", DAY, "Monday of the week it belongs to."),
    ("as_of_at!", INSTANT, "Last instant it knows anything of."),
)


def _table(name: str, grain: str, unique: tuple[str, ...], *specs: Spec) -> TableContract:
    return TableContract("insights", name, grain, unique, columns(*_AS_OF, *specs), "as_of_on")


TRIAGE_TABLES: tuple[TableContract, ...] = (
    _table(
        "task_triage",
        "one row per week and open task that arrived in the last 14 days, or is still without category",
        ("as_of_on", "task_gid"),
        ("task_gid!", TEXT, "Task."),
        ("arrived_at!", INSTANT, "Created at."),
        ("project_gid", TEXT, "Its project."),
        ("category", TEXT, "Likely value of the category field; null where the odds are below the threshold."),
        ("category_p", NUMBER, "Probability 0..1 of it, also where it is held back; null = too little evidence."),
        ("complexity", TEXT, "S, M or L, by the median of the forecast effort."),
        ("complexity_p", NUMBER, "Probability 0..1 that the effort is of that size."),
        ("priority", TEXT, "Likely value of the priority field."),
        ("priority_p", NUMBER, "Probability 0..1 of it."),
        ("duplicate_of_gid", TEXT, "Earlier task that it probably repeats."),
        ("duplicate_p", NUMBER, "Probability 0..1 that it repeats the most similar one."),
        ("person_gid~", TEXT, "Suggested assignee."),
        ("person_p", NUMBER, "Probability 0..1 that they would be given it."),
        ("reason", TEXT, "Why category or priority are left open."),
        ("evidence_gids", TEXTS, "Most similar past tasks of the category."),
    ),
)

INSIGHT_TABLES: tuple[TableContract, ...] = (*TRIAGE_TABLES,)
