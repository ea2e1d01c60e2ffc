"""The one-time setup: our fields, created or adopted, the objects they are attached to, our projects. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from asana_intel.changes.backlog import Backlog
from asana_intel.changes.canonical import canonical_object
from asana_intel.changes.fields import MOST_FIELDS, PRIORITY_FIELDS, FieldSpec
from asana_intel.changes.inputs import CAPACITY_PLANNING, CAPACITY_REVIEW, PlanInputs, PlanRules, Week
from asana_intel.changes.mirror import PROJECT as AUDIT_PROJECT

Row = dict[str, Any]
Target = tuple[str, str]
MOST_PROJECTS = 50
"""Projects that one setup puts the fields of priorities on: a plan is for people to read."""
_OF_PRIORITY = frozenset(spec.name for spec in PRIORITY_FIELDS)


@dataclass(frozen=True)
class Problem:
    """Something that setup cannot bring about by itself.

    Args:
        subject: Field or object.
        says: What is wrong.
        fix: What a person can do.
    """

    subject: str
    says: str
    fix: str


def missing_fields(inputs: PlanInputs, week: Week, rules: PlanRules) -> Iterator[Row]:
    """Create each field that is called like ours nowhere; one that is, is adopted as it stands, or is a problem."""
    found = inputs.found_fields()
    for spec in inputs.registry:
        if spec.name not in found and not spec.theirs:
            yield week.row(
                "create_custom_field", "setup", ("workspace", inputs.workspace_gid), spec.name,
                canonical_object(spec.definition(private=rules.private_fields)),
                f"No field is called {spec.label}.", confidence=1.0,
            )  # fmt: skip


def missing_projects(inputs: PlanInputs, week: Week, rules: PlanRules, team_gid: str | None) -> Iterator[Row]:
    """Create each project of ours that is not there; those that tell of people are for their members only."""
    private = {"privacy_setting": "private"}
    wanted: list[tuple[str, str, str, dict[str, str]]] = [
        ("review_project", rules.review_project, "Review tasks for goals whose odds are low.", {}),
    ]
    if rules.capacity_alerts:
        wanted.append(("capacity_review", CAPACITY_REVIEW, "Review tasks for weeks that are likely too full.", private))
    if rules.capacity_forecast == "tasks":
        wanted.append(("capacity_planning", CAPACITY_PLANNING, "One task a person, with their forecast load.", private))
    if rules.audit_mirror:
        wanted.append(("audit_mirror", AUDIT_PROJECT, "What asana-intel wrote, week by week.", {}))
    there = set(inputs.projects.filter(~pl.col("is_archived"))["name"])
    for purpose, name, about, more in wanted:
        if name not in there:
            body = {"name": name, "notes": f"{about} Created and filled by asana-intel.", "team": team_gid, **more}
            yield week.row(
                "create_project", "setup", ("workspace", inputs.workspace_gid), purpose, canonical_object(body),
                f"No project is called {name}.", confidence=1.0,
            )  # fmt: skip


def missing_settings(inputs: PlanInputs, week: Week, rules: PlanRules) -> Iterator[Row]:
    """Attach each field to what will hold its values, as far as there is room: goals, and projects for their tasks."""
    for target, specs in _wanted(inputs, rules).items():
        for spec in specs[: _free(inputs, target[1])]:
            yield week.row(
                "attach_custom_field", "setup", target, spec.name, canonical_object({"field": spec.label}),
                f"{spec.label} is not on this {target[0]} yet.", confidence=1.0,
            )  # fmt: skip


def problems(inputs: PlanInputs, rules: PlanRules) -> list[Problem]:
    """What keeps fields from being adopted or attached, fields first."""
    return [*_unfit(inputs, rules), *_full(inputs, rules)]


def _unfit(inputs: PlanInputs, rules: PlanRules) -> Iterator[Problem]:
    found, misfits = inputs.found_fields(), inputs.misfits()
    for spec in inputs.registry:
        if spec.name not in found or spec.theirs:
            continue
        label, definition = found[spec.name].label, inputs.definitions.get(found[spec.name].field_gid, {})
        other = f"rename it or set fields.alias: {spec.name} = 'another name'"
        if spec.name in misfits:
            yield Problem(label, misfits[spec.name], other)
        elif lacking := spec.lacks(definition) if definition else []:
            yield Problem(label, f"lacks the options {', '.join(lacking)}", "add them in Asana")
        elif rules.private_fields and definition.get("privacy_setting", "private") != "private":
            yield Problem(label, "is not private, and mode shadow writes private fields only", f"make it so, {other}")
        elif spec.target_type == "user" and not _is_used(inputs, found[spec.name].field_gid):
            yield Problem(
                label, "has no value on anybody yet, and no program can put it on people",
                "if it is not there, add it in Asana: a team's tab Members",
            )  # fmt: skip


def _is_used(inputs: PlanInputs, field_gid: str) -> bool:
    """Whether anybody has a value: of people Asana does not tell which fields they have."""
    return field_gid in set(inputs.custom_field_values["field_gid"])


def _full(inputs: PlanInputs, rules: PlanRules) -> Iterator[Problem]:
    names = {
        "goal": dict(inputs.goals.select("goal_gid", "name").iter_rows()),
        "project": inputs.project_names(),
    }
    for (kind, gid), specs in _wanted(inputs, rules).items():
        free = _free(inputs, gid)
        if len(specs) > free:
            left_out = ", ".join(spec.label for spec in specs[free:])
            yield Problem(
                f"{kind} {gid} ({names[kind].get(gid) or 'without name'})",
                f"has {MOST_FIELDS - free} of at most {MOST_FIELDS} custom fields: {free} free, {len(specs)} needed;"
                f" {left_out} left out",
                f"take {len(specs) - free} off it in Asana, then run setup again",
            )


def _wanted(inputs: PlanInputs, rules: PlanRules) -> dict[Target, list[FieldSpec]]:
    """Object -> fields that it does not have yet, in the registry's order."""
    found, misfits = inputs.found_fields(), inputs.misfits()
    attached = set(inputs.custom_field_settings.select("parent_gid", "field_gid").rows())
    goals = sorted(inputs.open_goals())
    supporting = sorted(inputs.supporting_projects(set(goals)))
    prioritised = _prioritised(inputs, rules) or supporting
    wanted: dict[Target, list[FieldSpec]] = {}
    served: set[str] = set()
    for spec in inputs.registry:
        match = found.get(spec.name)
        projects = prioritised if spec.name in _OF_PRIORITY else supporting
        for target in _holders(spec, goals, projects, inputs.projects_called(CAPACITY_PLANNING)):
            if spec.name in misfits or (match is not None and (target[1], match.field_gid) in attached):
                continue
            if spec.name in _OF_PRIORITY:
                if len(served | {target[1]}) > MOST_PROJECTS:
                    continue
                served.add(target[1])
            wanted.setdefault(target, []).append(spec)
    return wanted


def _holders(spec: FieldSpec, goals: list[str], projects: list[str], planning: list[str]) -> list[Target]:
    if spec.target_type == "user" or spec.theirs:
        return []
    if spec.target_type == "goal":
        return [("goal", gid) for gid in goals]
    return [("project", gid) for gid in (planning if spec.name == "ai_capacity_forecast" else projects)]


def _prioritised(inputs: PlanInputs, rules: PlanRules) -> list[str]:
    """Projects of scored tasks that may be written to, within the scope, those of the first tasks first."""
    backlog, scope = Backlog.of(inputs), rules.priority.scope
    live = set(inputs.projects.filter(~pl.col("is_archived"))["project_gid"])
    projects = (gid for task in backlog.ranked for gid in backlog.projects.get(task["task_gid"], []))
    return [gid for gid in dict.fromkeys(projects) if gid in live and (not scope or gid in scope)]


def _free(inputs: PlanInputs, gid: str) -> int:
    return max(0, MOST_FIELDS - inputs.custom_field_settings.filter(parent_gid=gid).height)
