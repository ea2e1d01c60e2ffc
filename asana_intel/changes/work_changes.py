"""Changes wanted on the work behind goals: health of projects, risk flags of tasks. Pure; no stored state."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from asana_intel.changes.fields import BY_NAME
from asana_intel.changes.inputs import CurrentValues, PlanInputs, PlanRules, Week

NO_RISK = "none"


def project_health(inputs: PlanInputs, week: Week, current: CurrentValues) -> Iterator[dict[str, Any]]:
    """Set the weeks to clear of every project that supports an open goal."""
    spec = BY_NAME["ai_health"]
    supporting = inputs.supporting_projects(set(inputs.open_goals()))
    measurable = inputs.project_health.filter(
        pl.col("project_gid").is_in(supporting.keys()) & pl.col("weeks_to_clear").is_finite()
    )
    for health in measurable.sort("project_gid").to_dicts():
        gid = health["project_gid"]
        new, old = spec.canonical(health["weeks_to_clear"]), current.get(gid, spec)
        if new is not None and new != old:
            yield week.row(
                "set_field", "goals", ("project", gid), spec.name, new,
                f"{health['open_tasks']} tasks are open, {health['completed_4w']} were done in four weeks,"
                f" {health['overdue_tasks']} are overdue.",
                old_value=old, evidence=[gid, *supporting[gid]], confidence=1.0,
            )  # fmt: skip


def risk_flags(inputs: PlanInputs, week: Week, current: CurrentValues, rules: PlanRules) -> Iterator[dict[str, Any]]:
    """Flag overdue and blocked open tasks of goals at risk, and take flags back from open tasks that are fine again."""
    spec = BY_NAME["ai_risk_flag"]
    risks = _risks(inputs, week, rules)
    newly = 0
    for risk in risks.to_dicts():
        gid = risk["task_gid"]
        new, old = spec.canonical(risk["risk"]), current.get(gid, spec)
        if new is None or new == old or newly >= rules.risk_flags:
            continue
        newly += 1
        yield week.row(
            "set_field", "priority", ("task", gid), spec.name, new,
            f"The task is {risk['risk']} and its goal is at risk.",
            old_value=old, evidence=[gid, *risk["because"]], confidence=1.0,
        )  # fmt: skip
    yield from _flags_taken_back(inputs, week, current, set(risks["task_gid"]))


def _flags_taken_back(
    inputs: PlanInputs, week: Week, current: CurrentValues, at_risk: set[str]
) -> Iterator[dict[str, Any]]:
    spec = BY_NAME["ai_risk_flag"]
    fine = spec.canonical(NO_RISK)
    open_tasks = set(inputs.tasks.filter(~pl.col("is_completed"))["task_gid"])
    flagged = sorted(gid for gid, name in current.by_object if name == spec.name and gid in open_tasks)
    for gid in flagged:
        old = current.get(gid, spec)
        if gid not in at_risk and fine is not None and old != fine:
            yield week.row(
                "set_field", "priority", ("task", gid), spec.name, fine,
                "The task is no longer overdue or blocked for a goal at risk.",
                old_value=old, evidence=[gid], confidence=1.0,
            )  # fmt: skip


def _risks(inputs: PlanInputs, week: Week, rules: PlanRules) -> pl.DataFrame:
    """Columns task_gid, risk, because: open tasks at risk, longest overdue first, then blocked ones."""
    low = {f["goal_gid"] for f in inputs.assessed_goals() if f["p_attain"] < rules.attention_below}
    projects = inputs.supporting_projects(low)
    in_scope = inputs.task_projects.filter(pl.col("project_gid").is_in(projects.keys()))
    open_tasks = inputs.tasks.filter(~pl.col("is_completed"))
    blockers = (
        inputs.task_dependencies.filter(pl.col("depends_on_gid").is_in(open_tasks["task_gid"].implode()))
        .group_by("task_gid")
        .agg(pl.col("depends_on_gid").sort())
    )
    overdue = (pl.col("due_on") < week.today).fill_null(False)
    return (
        open_tasks.filter(pl.col("task_gid").is_in(in_scope["task_gid"].implode()))
        .join(blockers, on="task_gid", how="left")
        .filter(overdue | pl.col("depends_on_gid").is_not_null())
        .sort(~overdue, "due_on", "task_gid", nulls_last=True)
        .select(
            "task_gid",
            pl.when(overdue).then(pl.lit("overdue")).otherwise(pl.lit("blocked")).alias("risk"),
            pl.col("depends_on_gid").fill_null([]).alias("because"),
        )
    )
