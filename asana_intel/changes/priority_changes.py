"""Changes wanted in the fields of ranked and of new tasks: score, reasons, suggestions, triage. Pure; no stored state.

A score that stands within a few points of the new one stays, with its reasons: what people read need not flicker.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from asana_intel.changes.backlog import MADE_BY, Backlog, Row, whole
from asana_intel.changes.canonical import canonical, parsed
from asana_intel.changes.fields import BY_NAME, PRIORITY, options_of
from asana_intel.changes.inputs import CurrentValues, PlanInputs, PlanRules, Week
from asana_intel.changes.signed import marked

SUGGESTED = BY_NAME["suggested_priority"]
_SUGGESTION = {"P0": "High", "P1": "High", "P2": "Medium", "P3": "Low"}
_SIZES = {"S": "Small", "M": "Medium", "L": "Large"}
# Field -> column of insights/task_triage; the probability stands beside it.
_TRIAGE = {"category": "category", "complexity": "complexity", "initial_priority": "priority"}


def priority_fields(
    inputs: PlanInputs, week: Week, current: CurrentValues, rules: PlanRules, backlog: Backlog
) -> Iterator[Row]:
    """Set the fields of the tasks ranked first, and of those that hold a score of ours, for so many tasks a plan."""
    holders, assigned = _holders(inputs), {a["task_gid"]: a for a in inputs.task_assignment.to_dicts()}
    score, changed = BY_NAME["ai_priority_score"], 0
    for place, task in enumerate(backlog.ranked):
        gid = task["task_gid"]
        if place >= rules.priority.tasks and current.get(gid, score) is None:
            continue
        rows = [
            row
            for row in _fields(inputs, week, current, rules, backlog, task, assigned.get(gid))
            if gid in holders.get(row["field"], frozenset())
        ]
        changed += bool(rows)
        if changed > rules.priority.tasks:
            return
        yield from rows


def official_priority(inputs: PlanInputs, week: Week, current: CurrentValues, backlog: Backlog) -> Iterator[Row]:
    """Set Priority to a suggestion that a person approved in an earlier week; this asks them again, for Priority."""
    holders, names = _holders(inputs), options_of(_definition(inputs, SUGGESTED.name))
    definition = _definition(inputs, PRIORITY.name)
    for gid, approved in sorted(inputs.approved_suggestions.items()):
        name, old = names.get(parsed(approved) or ""), current.get(gid, PRIORITY)
        new = PRIORITY.option(definition, name)
        stands = current.get(gid, SUGGESTED) == approved
        if stands and new not in {None, old} and gid in backlog.tasks & holders.get(PRIORITY.name, frozenset()):
            yield week.row(
                "set_field", "priority", ("task", gid), PRIORITY.name, new or "",
                f"Suggested Priority was approved in an earlier week: {name}.",
                old_value=old, evidence=[gid], made_by=MADE_BY,
            )  # fmt: skip


def triage_fields(
    inputs: PlanInputs, week: Week, current: CurrentValues, rules: PlanRules, backlog: Backlog
) -> Iterator[Row]:
    """Fill what is empty on new tasks: category, complexity and initial priority, newest tasks first."""
    holders, filled = _holders(inputs), 0
    arrived = inputs.task_triage.filter(pl.col("task_gid").is_in(backlog.tasks))
    for task in arrived.sort(pl.col("arrived_at"), "task_gid", descending=[True, False]).to_dicts():
        gid = task["task_gid"]
        rows = []
        for name, column in _TRIAGE.items():
            spec, value = BY_NAME[name], task[column]
            new = _option(inputs, name, value)
            if new is None or gid not in holders.get(name, frozenset()) or current.get(gid, spec) is not None:
                continue
            sure = task[f"{column}_p"]
            proofs = [g for g in task["evidence_gids"] or [] if g in backlog.told and g != gid]
            reason = f"Like tasks before it: {value}{'' if sure is None else f', {sure:.0%} sure'}."
            target = ("task", gid)
            rows += [
                week.row("set_field", "priority", target, name, new, reason, evidence=[gid, *proofs],
                         confidence=sure, made_by="task_triage")
            ]  # fmt: skip
        filled += bool(rows)
        if filled > rules.priority.tasks:
            return
        yield from rows


def _fields(
    inputs: PlanInputs,
    week: Week,
    current: CurrentValues,
    rules: PlanRules,
    backlog: Backlog,
    task: Row,
    assignment: Row | None,
) -> Iterator[Row]:
    gid, narrative = task["task_gid"], backlog.narrative(task)
    score, evidence = BY_NAME["ai_priority_score"], backlog.evidence(task, task["cause_gid"])
    has_moved = _has_moved(current.get(gid, score), task["score"], rules.priority.score_points)
    points = f"{whole(task['score'])} of 100 points, {task['label']}"
    # Field, value, whether it waits for the score to move, reason, who made it.
    wanted: list[tuple[str, str | None, bool, str, str]] = [
        (score.name, score.canonical(task["score"]), True, f"{points}{backlog.cause(task)}.", MADE_BY),
        ("ai_confidence", BY_NAME["ai_confidence"].canonical(task["confidence"]), True, "How sure it is.", MADE_BY),
        (
            "ai_priority_rationale", BY_NAME["ai_priority_rationale"].canonical(marked(narrative)), True,
            "Why it ranks where it does.", narrative["written_by"],
        ),
        ("ai_recommended_sprint", _option(inputs, "ai_recommended_sprint", task["sprint"]), False,
         f"{task['sprint']}: {points}.", MADE_BY),
        (SUGGESTED.name, _option(inputs, SUGGESTED.name, _SUGGESTION.get(task["label"])), False,
         f"{_SUGGESTION.get(task['label'])}: {points}.", MADE_BY),
    ]  # fmt: skip
    if assignment is not None:
        person = BY_NAME["recommended_assignee"].canonical([assignment["person_gid"]])
        wanted.append(("recommended_assignee", person, False, assignment["reason"], "task_assignment"))
    for name, new, waits, reason, made_by in wanted:
        old = current.get(gid, BY_NAME[name])
        if new is not None and new != old and (has_moved or not waits or old is None):
            sure = assignment["fit"] if assignment and made_by == "task_assignment" else task["confidence"]
            yield week.row(
                "set_field", "priority", ("task", gid), name, new, reason,
                old_value=old, evidence=evidence, confidence=sure, made_by=made_by,
            )  # fmt: skip


def _has_moved(old: str | None, score: float, points: float) -> bool:
    return old is None or abs(float(whole(score)) - float(parsed(old))) >= points


def _option(inputs: PlanInputs, name: str, value: str | None) -> str | None:
    """Canonical JSON of an option of a field, given by gid or by name; None where the field does not offer it."""
    definition, spec = _definition(inputs, name), BY_NAME[name]
    if value in options_of(definition):
        return canonical(value, "enum")
    return spec.option(definition, value) or spec.option(definition, _SIZES.get(value or ""))


def _definition(inputs: PlanInputs, name: str) -> Mapping[str, Any]:
    match = inputs.found_fields().get(name)
    return {} if match is None else inputs.definitions.get(match.field_gid, {})


def _holders(inputs: PlanInputs) -> dict[str, frozenset[str]]:
    """Registry name -> tasks that have the field: one of their projects gives it to them."""
    names = {match.field_gid: name for name, match in inputs.found_fields().items()}
    given = inputs.custom_field_settings.filter(pl.col("field_gid").is_in(names.keys()))
    places = given.join(inputs.task_projects, left_on="parent_gid", right_on="project_gid")
    found: dict[str, set[str]] = {}
    for field_gid, task_gid in places.select("field_gid", "task_gid").iter_rows():
        found.setdefault(names[field_gid], set()).add(task_gid)
    return {name: frozenset(tasks) for name, tasks in found.items()}
