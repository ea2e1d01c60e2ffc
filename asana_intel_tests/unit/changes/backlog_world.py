"""A small backlog for the plan of priorities: three ranked tasks with our fields on their project. No test is here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from asana_intel.changes.fields import FieldSpec, registry
from asana_intel.changes.inputs import PlanInputs, PriorityRules

MONDAY = date(2026, 11, 16)
AS_OF_AT = datetime(2026, 11, 20, 6, tzinfo=UTC)
WEEK = {"as_of_on": MONDAY, "as_of_at": AS_OF_AT}
FIELDS = {spec.name: spec for spec in registry(priority=True) if spec.target_type == "task"}
GIDS = {name: str(500 + n) for n, name in enumerate(FIELDS)}
OPTIONS = {
    **{name: spec.options for name, spec in FIELDS.items()},
    "category": ("Bug", "Feature"),
    "complexity": ("Small", "Medium", "Large"),
    "initial_priority": ("High", "Low"),
    "priority": ("High", "Medium", "Low"),
}
ON = PriorityRules(tasks=20, comments=5, tell_owner_points=25.0, trigger_task="Prioritize Backlog")
_COLUMNS = {"number": "number_value", "text": "text_value", "enum": "option_gid", "people": "people_gids"}

Make = Callable[..., pl.DataFrame]


def option(field: str, name: str) -> str:
    """Gid of an option."""
    return f"{GIDS[field]}{OPTIONS[field].index(name)}"


def definition(spec: FieldSpec) -> dict[str, Any]:
    """A field as Asana records it."""
    offered = [{"gid": option(spec.name, name), "name": name} for name in OPTIONS[spec.name]]
    number = {"precision": spec.precision, "format": "percentage" if spec.percentage else "none"}
    return {
        "gid": GIDS[spec.name], "name": spec.label, "resource_subtype": spec.value_type,
        **({"enum_options": offered} if offered else {}), **(number if spec.value_type == "number" else {}),
    }  # fmt: skip


def ranked(gid: str, rank: int, score: float, **more: Any) -> dict[str, Any]:
    """A row of insights/task_priority; not new, and as it was a week ago."""
    parts = {"strategic": score * 0.6, "urgency": score * 0.4}
    parts |= dict.fromkeys(("dependency", "stakeholders", "effort", "capacity"), 0.0)
    return WEEK | parts | {
        "task_gid": gid, "name": f"Task {gid}", "project_gid": "20", "score": score, "rank": rank, "score_10": 5,
        "label": "P1", "confidence": 0.8, "goal_gid": "1", "blocked_tasks": 0, "is_blocked": False,
        "score_before": score, "rank_before": rank, "sprint": "Next Sprint", "is_public": True, "public_rank": rank,
        "has_private_part": False,
    } | more  # fmt: skip


def held(values: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of staging/custom_field_values: task gid -> field's registry name -> value (an option by its name)."""
    rows = []
    for gid, by_name in values.items():
        for name, value in by_name.items():
            spec = FIELDS.get(name)
            row = {"object_gid": gid, "object_type": "task", "field_name": spec.label if spec else name}
            if spec is None:
                rows.append(row | {"field_gid": "599", "display_value": value})
                continue
            kept = option(name, value) if spec.value_type == "enum" else value
            rows.append(row | {"field_gid": GIDS[name], _COLUMNS[spec.value_type]: kept})
    return rows


def backlog_world(inputs: PlanInputs, make: Make, *rows: dict[str, Any], **frames: Any) -> PlanInputs:
    """The small world with tasks 301 to 303 ranked, 301 of Ada (71), in the section Ideas (401) of the Web shop (20).

    Args:
        inputs: Of the fixture.
        make: Makes a frame of a contract.
        rows: Of insights/task_priority; none = three.
        frames: Other frames; `values` as `held` takes them.
    """
    given = rows or tuple(ranked(gid, n, 90.0 - 10 * n) for n, gid in enumerate(("301", "302", "303"), 1))
    values = held(frames.pop("values", {}))
    names = {"301": "Migrate billing", "302": "Write guide", "303": "Fix search"}
    tasks = inputs.tasks.with_columns(
        name=pl.col("task_gid").replace(names),
        assignee_gid=pl.when(pl.col("task_gid") == "301").then(pl.lit("71")).otherwise("assignee_gid"),
    )
    settings = [{"parent_gid": "20", "parent_type": "project", "field_gid": gid} for gid in GIDS.values()]
    made: dict[str, Any] = {
        "registry": registry(priority=True),
        "tasks": tasks,
        "task_projects": inputs.task_projects.with_columns(section_gid=pl.lit("401")),
        "sections": make(
            "staging/sections",
            *({"section_gid": gid, "project_gid": "20", "name": name} for gid, name in
              (("401", "Untitled section"), ("402", "Next Sprint"), ("403", "Doing"))),
        ),
        "task_priority": make("insights/task_priority", *given),
        "custom_field_values": make("staging/custom_field_values", *values),
        "custom_field_settings": make("staging/custom_field_settings", *settings),
        "custom_fields": pl.DataFrame(
            {"field_gid": list(GIDS.values()), "field_name": [spec.label for spec in FIELDS.values()]}
        ),
        "definitions": {GIDS[name]: definition(spec) for name, spec in FIELDS.items()},
    }  # fmt: skip
    return replace(inputs, **(made | frames))


def applied(inputs: PlanInputs, make: Make, plan: pl.DataFrame) -> PlanInputs:
    """The world after a plan was written and read back: fields, assignees, sections, and markers."""
    from asana_intel.changes.identity import CREATES, row_marker

    values = {(r["object_gid"], r["field_gid"]): r for r in inputs.custom_field_values.to_dicts()}
    people: dict[str, str] = dict(inputs.tasks.select("task_gid", "assignee_gid").drop_nulls().iter_rows())
    sections = inputs.sections.to_dicts()
    places = {(r["task_gid"], r["project_gid"]): r for r in inputs.task_projects.to_dicts()}
    markers = set(inputs.created_markers)
    for row in plan.to_dicts():
        value = json.loads(row["new_value"])
        if row["kind"] in CREATES:
            markers.add(row_marker(row, MONDAY, AS_OF_AT))
        if row["kind"] == "set_field" and row["field"] in FIELDS:
            spec = FIELDS[row["field"]]
            kept = {_COLUMNS[spec.value_type]: value, "field_name": spec.label, "object_type": "task"}
            place = {"object_gid": row["target_gid"], "field_gid": GIDS[row["field"]]}
            values[row["target_gid"], GIDS[row["field"]]] = place | kept
        elif row["kind"] == "set_assignee":
            people[row["target_gid"]] = value
        elif row["kind"] == "create_section":
            gid = str(490 + len(sections))
            sections.append({"section_gid": gid, "project_gid": row["target_gid"], "name": value["name"]})
        elif row["kind"] == "add_to_section":
            found = next(s["section_gid"] for s in sections
                         if (s["project_gid"], s["name"]) == (value["project"], value["section"]))  # fmt: skip
            places[row["target_gid"], value["project"]]["section_gid"] = found
    return replace(
        inputs,
        created_markers=frozenset(markers),
        custom_field_values=make("staging/custom_field_values", *values.values()),
        sections=make("staging/sections", *sections),
        task_projects=make("staging/task_projects", *places.values()),
        tasks=inputs.tasks.with_columns(
            assignee_gid=pl.col("task_gid").replace_strict(people, default=None, return_dtype=pl.String)
        ),
    )
