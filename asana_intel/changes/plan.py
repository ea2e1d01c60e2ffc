"""Desired minus actual: the change-set of a week, and the one-time setup it rests on. Pure; storing is ledger.py's."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

import polars as pl

from asana_intel.changes.canonical import canonical_object
from asana_intel.changes.fields import REGISTRY, FieldSpec
from asana_intel.changes.goal_changes import comments, goal_fields, goal_metrics, review_tasks, status_updates
from asana_intel.changes.inputs import CurrentValues, PlanInputs, PlanRules, Week
from asana_intel.changes.work_changes import project_health, risk_flags
from asana_intel.storage.contracts import CONTRACTS, conform

# Order of application: what others need first, what notifies people last.
KINDS = (
    "create_custom_field", "create_project", "attach_custom_field", "set_metric", "set_field", "status_update",
    "comment", "create_task",
)  # fmt: skip
_TARGETS = ("workspace", "goal", "project", "task")


def build_plan(inputs: PlanInputs, as_of_on: date, as_of_at: datetime, rules: PlanRules | None = None) -> pl.DataFrame:
    """The changes that would bring Asana to what is known now.

    Only real differences after canonicalisation become rows; closed goals get none. A value that is unknown is never
    written, so nothing is cleared.

    Args:
        inputs: Frames of the week.
        as_of_on: Monday of the week.
        as_of_at: Last instant the inputs know anything of, UTC.
        rules: Thresholds; None = the defaults.

    Returns:
        Rows of the contract changes/plan, in the order in which they are to be applied; none for a field that a
        person has changed since we wrote it, or on an object whose Manual Override is set.
    """
    rules = rules or PlanRules()
    week, current = Week(as_of_on, as_of_at, inputs.teams()), CurrentValues.of(inputs)
    by_hand = inputs.kept_by_hand()
    return _frame(
        row
        for row in (
            *goal_metrics(inputs, week),
            *goal_fields(inputs, week, current),
            *project_health(inputs, week, current),
            *risk_flags(inputs, week, current, rules),
            *status_updates(inputs, week),
            *comments(inputs, week, rules),
            *review_tasks(inputs, week, rules),
        )
        if (row["target_gid"], row["field"]) not in inputs.persons_fields
        and not (row["kind"] in {"set_field", "set_metric"} and row["target_gid"] in by_hand)
    )


def build_setup_plan(
    inputs: PlanInputs,
    as_of_on: date,
    as_of_at: datetime,
    rules: PlanRules | None = None,
    *,
    team_gid: str | None = None,
) -> pl.DataFrame:
    """What must be there once before a weekly plan can be applied: our fields, attached, and the review project.

    Args:
        inputs: Frames of the week.
        as_of_on: Monday of the week.
        as_of_at: Last instant the inputs know anything of, UTC.
        rules: Thresholds; only the name of the review project counts here.
        team_gid: Team of the review project; organisations need one.

    Returns:
        Rows of the contract changes/plan, of capability `setup`; empty when everything stands.
    """
    rules = rules or PlanRules()
    week = Week(as_of_on, as_of_at, inputs.teams())
    return _frame(
        (
            *_missing_fields(inputs, week),
            *_missing_project(inputs, week, rules, team_gid),
            *_missing_settings(inputs, week),
        )
    )


def _missing_fields(inputs: PlanInputs, week: Week) -> Iterator[dict[str, Any]]:
    found = inputs.found_fields()
    for spec in REGISTRY:
        if spec.name not in found:
            yield week.row(
                "create_custom_field", "setup", ("workspace", inputs.workspace_gid), spec.name,
                canonical_object(spec.definition()), f"No field is called {spec.label}.", confidence=1.0,
            )  # fmt: skip


def _missing_project(
    inputs: PlanInputs, week: Week, rules: PlanRules, team_gid: str | None
) -> Iterator[dict[str, Any]]:
    if rules.review_project in set(inputs.projects.filter(~pl.col("is_archived"))["name"]):
        return
    body = {
        "name": rules.review_project,
        "notes": "Review tasks for goals whose odds are low. Created and filled by asana-intel.",
        "team": team_gid,
    }
    yield week.row(
        "create_project", "setup", ("workspace", inputs.workspace_gid), "review_project", canonical_object(body),
        f"No project is called {rules.review_project}.", confidence=1.0,
    )  # fmt: skip


def _missing_settings(inputs: PlanInputs, week: Week) -> Iterator[dict[str, Any]]:
    """Attach each field to what will hold its values: goals, and projects for their own field and their tasks'."""
    found = inputs.found_fields()
    attached = set(inputs.custom_field_settings.select("parent_gid", "field_gid").rows())
    goals = sorted(inputs.open_goals())
    projects = sorted(inputs.supporting_projects(set(goals)))
    for spec in REGISTRY:
        match = found.get(spec.name)
        for target in _holders(spec, goals, projects):
            if match is None or (target[1], match.field_gid) not in attached:
                yield week.row(
                    "attach_custom_field", "setup", target, spec.name, canonical_object({"field": spec.label}),
                    f"{spec.label} is not on this {target[0]} yet.", confidence=1.0,
                )  # fmt: skip


def _holders(spec: FieldSpec, goals: list[str], projects: list[str]) -> list[tuple[str, str]]:
    if spec.target_type == "goal":
        return [("goal", gid) for gid in goals]
    return [("project", gid) for gid in projects]


def _frame(rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    contract = CONTRACTS["changes/plan"]
    ordered = sorted(
        rows,
        key=lambda r: (KINDS.index(r["kind"]), _TARGETS.index(r["target_type"]), r["target_gid"], r["field"]),
    )
    numbered = [row | {"position": position} for position, row in enumerate(ordered)]
    return conform(contract, pl.DataFrame(numbered, schema=contract.schema))
