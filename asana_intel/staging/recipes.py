"""How each staging table is made, by name; in an order in which each comes after those it reads. No Dagster here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from asana_intel.staging import links, task_history
from asana_intel.staging.clean import Cleaned, Cleaning, clean
from asana_intel.staging.decode import joined
from asana_intel.staging.source import VERSIONS, Scan, Source
from asana_intel.staging.tables import RECORD_TABLES, TASKS
from asana_intel.staging.task_history import TaskEvidence, task_evidence


@dataclass(frozen=True)
class Recipe:
    """How one staging table is made.

    Args:
        reads: Keys of the tables it reads; of raw tables, the fields it decodes of their records (None: none).
        make: Makes it.
    """

    reads: Mapping[str, pl.Struct | None]
    make: Callable[[Source], Cleaned]


_FIELD_HOLDERS = {kind: f"raw/{kind}s" for kind in ("task", "project", "portfolio", "goal", "user")}
_NOTHING = pl.Struct([])


def _one_to_one(cleaning: Cleaning) -> Recipe:
    key = f"raw/{cleaning.source}"
    return Recipe({key: cleaning.record_type}, lambda source: clean(cleaning, source.records(key)))


def _of_records(key: str, record_type: pl.Struct, make: Callable[..., Cleaned]) -> Recipe:
    return Recipe({key: record_type}, lambda source: make(source.records(key)))


def _of_history(
    make: Callable[[TaskEvidence, Source], Cleaned],
    beside: pl.Struct = _NOTHING,
    reads: Mapping[str, pl.Struct | None] | None = None,
) -> Recipe:
    task = joined(task_history.TASK, beside)
    evidence = {"raw/tasks": task, VERSIONS: task, "raw/stories": task_history.STORY}
    return Recipe({**evidence, **(reads or {})}, lambda source: make(_evidence(source, beside), source))


def _evidence(source: Source, beside: pl.Struct) -> TaskEvidence:
    spans = source.scan(VERSIONS).filter(pl.col("resource") == "tasks")
    return task_evidence(
        source.records("raw/tasks"),
        source.records(VERSIONS),
        spans.select("gid", "valid_from", "valid_to", "is_deleted").collect(),
        source.records("raw/stories"),
        beside,
    )


_RECORDS: dict[str, Recipe] = {
    **{cleaning.table: _one_to_one(cleaning) for cleaning in RECORD_TABLES},
    "custom_field_values": Recipe(
        dict.fromkeys(_FIELD_HOLDERS.values(), links.FIELD_VALUES),
        lambda source: links.custom_field_values({kind: source.records(key) for kind, key in _FIELD_HOLDERS.items()}),
    ),
    "tasks": Recipe(
        {
            "raw/tasks": TASKS.record_type,
            "raw/custom_fields": links.FIELD_FORMATS,
            "staging/custom_field_values": None,
        },
        lambda source: links.tasks(
            source.records("raw/tasks"),
            source.read("staging/custom_field_values"),
            source.records("raw/custom_fields"),
        ),
    ),
    "task_projects": _of_records("raw/tasks", links.PLACES, links.task_projects),
    "task_tags": _of_records("raw/tasks", links.TAGS, links.task_tags),
    "task_followers": _of_records("raw/tasks", links.FOLLOWERS, links.task_followers),
    "task_dependencies": _of_records("raw/task_dependencies", links.LINK, links.task_dependencies),
    "portfolio_items": _of_records("raw/portfolio_items", links.ITEM, links.portfolio_items),
    "goal_snapshots": Recipe(
        {"raw/goal_snapshots": None}, lambda source: links.goal_snapshots(source.read("raw/goal_snapshots"))
    ),
}
_HISTORY: dict[str, Recipe] = {
    "task_lifetimes": _of_history(lambda evidence, _: task_history.task_lifetimes(evidence)),
    "task_completion_intervals": _of_history(lambda evidence, _: task_history.task_completion_intervals(evidence)),
    "task_assignee_intervals": _of_history(lambda evidence, _: task_history.task_assignee_intervals(evidence)),
    "task_date_intervals": _of_history(lambda evidence, _: task_history.task_date_intervals(evidence)),
    "task_section_intervals": _of_history(
        lambda evidence, source: task_history.task_section_intervals(evidence, source.records("raw/sections")),
        links.PLACES,
        {"raw/sections": task_history.SECTION},
    ),
    "task_field_intervals": _of_history(
        lambda evidence, source: task_history.task_field_intervals(
            evidence, source.scan("raw/custom_fields").select("gid", "name").collect()
        ),
        links.FIELD_VALUES,
        {"raw/custom_fields": None},
    ),
}

RECIPES = _RECORDS | _HISTORY


def record_types(recipes: Collection[Recipe]) -> dict[str, pl.Struct]:
    """Raw table -> everything that some of the recipes decodes of its records."""
    found: dict[str, pl.Struct] = {}
    for recipe in recipes:
        for key, wanted in recipe.reads.items():
            if wanted is not None:
                found[key] = joined(found.get(key, _NOTHING), wanted)
    return found


RECORD_TYPES = record_types(RECIPES.values())


def staged(scan: Scan, chosen: Collection[str]) -> Iterator[tuple[str, Cleaned]]:
    """Make staging tables one after another.

    No more is held than the next of them needs: what is decoded of a raw table goes with the last that reads it, and
    tasks are decoded once for what they are and once for their history, which has no use for their texts.

    Args:
        scan: Gives the rows of a table by key; a table that was made must be there when the next is asked for.
        chosen: Names of the tables; names of others are passed over.
    """
    for recipes in (_RECORDS, _HISTORY):
        wanted = {name: recipe for name, recipe in recipes.items() if name in chosen}
        source = Source(scan, record_types(wanted.values()))
        to_come = list(wanted.values())
        for name, recipe in wanted.items():
            yield name, recipe.make(source)
            to_come.remove(recipe)
            source.keep({key for later in to_come for key in later.reads})
