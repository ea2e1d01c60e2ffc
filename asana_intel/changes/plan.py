"""Desired minus actual: the change-set of a week, and the one-time setup it rests on. Pure; storing is ledger.py's."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import polars as pl

from asana_intel.changes.backlog import Backlog
from asana_intel.changes.capacity_changes import capacity_forecasts
from asana_intel.changes.edit_posts import Breach, edit_comments
from asana_intel.changes.goal_changes import comments, goal_fields, goal_metrics, review_tasks, weekly_status
from asana_intel.changes.identity import SETS
from asana_intel.changes.inputs import CurrentValues, PlanInputs, PlanRules, PriorityRules, Week
from asana_intel.changes.load_reviews import load_reviews
from asana_intel.changes.mirror import audit_records
from asana_intel.changes.portfolio_changes import portfolio_status
from asana_intel.changes.priority_changes import official_priority, priority_fields, triage_fields
from asana_intel.changes.priority_posts import plan_made, priority_comments, priority_reviews, score_notices
from asana_intel.changes.rebalance_changes import load_moves
from asana_intel.changes.retro_posts import sprint_retros
from asana_intel.changes.setup_changes import missing_fields, missing_projects, missing_settings
from asana_intel.changes.sprint_changes import sprint_moves, sprint_sections
from asana_intel.changes.work_changes import project_health, risk_flags
from asana_intel.storage.contracts import CONTRACTS, conform

# Order of application: what others need first, what notifies people last.
KINDS = (
    "create_custom_field", "create_project", "attach_custom_field", "create_section", "set_metric", "set_field",
    "add_to_section", "set_assignee", "set_dates", "status_update", "comment", "create_task",
)  # fmt: skip
_TARGETS = ("workspace", "portfolio", "goal", "project", "task", "user")


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
        person has changed since we wrote it or that cannot hold our values, or on an object whose Manual Override is
        set.
    """
    rules = rules or PlanRules()
    week, current = Week(as_of_on, as_of_at, inputs.teams()), CurrentValues.of(inputs)
    return _frame(
        _allowed(
            inputs,
            *goal_metrics(inputs, week),
            *goal_fields(inputs, week, current),
            *project_health(inputs, week, current),
            *risk_flags(inputs, week, current, rules),
            *capacity_forecasts(inputs, week, current, rules),
            *weekly_status(inputs, week, rules),
            *portfolio_status(inputs, week, rules),
            *comments(inputs, week, rules),
            *review_tasks(inputs, week, rules),
            *load_reviews(inputs, week, rules),
            *load_moves(inputs, week, rules),
            *_of_priorities(inputs, week, current, rules),
            *audit_records(inputs, week),
        )
    )


def build_setup_plan(
    inputs: PlanInputs,
    as_of_on: date,
    as_of_at: datetime,
    rules: PlanRules | None = None,
    *,
    team_gid: str | None = None,
) -> pl.DataFrame:
    """What must be there once before a weekly plan can be applied: our fields, attached, and the projects.

    Args:
        inputs: Frames of the week.
        as_of_on: Monday of the week.
        as_of_at: Last instant the inputs know anything of, UTC.
        rules: Thresholds; only what decides on fields and projects counts here.
        team_gid: Team of the projects; organisations need one.

    Returns:
        Rows of the contract changes/plan, of capability `setup`; empty when everything stands. What cannot be planned
        is told by `setup_changes.problems`.
    """
    rules = rules or PlanRules()
    week = Week(as_of_on, as_of_at, inputs.teams())
    return _frame(
        (
            *missing_fields(inputs, week, rules),
            *missing_projects(inputs, week, rules, team_gid),
            *missing_settings(inputs, week, rules),
        )
    )


def build_notice_plan(
    inputs: PlanInputs, as_of_on: date, as_of_at: datetime, rules: PlanRules | None = None
) -> pl.DataFrame:
    """What assignees are told at once of scores that an event changed much: rows that a weekly plan would hold, too.

    Args:
        inputs: Frames of the week; `task_priority` holds the tasks that may be told of.
        as_of_on: Monday of the week.
        as_of_at: Last instant the inputs know anything of, UTC.
        rules: Thresholds.

    Returns:
        Rows of the contract changes/plan.
    """
    rules = rules or PlanRules()
    week = Week(as_of_on, as_of_at, inputs.teams())
    return _frame(_allowed(inputs, *score_notices(inputs, week, rules, Backlog.of(inputs))))


def build_check_plan(
    inputs: PlanInputs, as_of_on: date, as_of_at: datetime, breaches: Iterable[Breach]
) -> pl.DataFrame:
    """What is said of edits that break something, at once; no plan of a week holds it.

    Args:
        inputs: Frames of the week.
        as_of_on: Monday of the week.
        as_of_at: When the tasks were read, UTC.
        breaches: What their edits break.

    Returns:
        Rows of the contract changes/plan.
    """
    week = Week(as_of_on, as_of_at, inputs.teams())
    return _frame(_allowed(inputs, *edit_comments(inputs, week, breaches)))


def _of_priorities(inputs: PlanInputs, week: Week, current: CurrentValues, rules: PlanRules) -> list[dict[str, Any]]:
    """What becomes of priorities, and that a plan was made, on the tasks that asked for one."""
    if rules.priority == PriorityRules():
        return []
    backlog = Backlog.of(inputs)
    rows = _allowed(
        inputs,
        *priority_fields(inputs, week, current, rules, backlog),
        *official_priority(inputs, week, current, backlog),
        *triage_fields(inputs, week, current, rules, backlog),
        *sprint_sections(inputs, week, rules, backlog),
        *sprint_moves(inputs, week, rules, backlog),
        *priority_comments(inputs, week, rules, backlog),
        *priority_reviews(inputs, week, rules, backlog),
        *sprint_retros(inputs, week, rules),
    )
    return [*rows, *plan_made(inputs, week, rules, rows)]


def _allowed(inputs: PlanInputs, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows without those for fields that are people's or cannot hold our values, and for objects kept by hand."""
    by_hand, misfits = inputs.kept_by_hand(), inputs.misfits()
    return [
        row
        for row in rows
        if (row["target_gid"], row["field"]) not in inputs.persons_fields
        and not (row["kind"] in SETS and row["target_gid"] in by_hand)
        and not (row["kind"] == "set_field" and row["field"] in misfits)
    ]


def _frame(rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    contract = CONTRACTS["changes/plan"]
    ordered = sorted(
        rows,
        key=lambda r: (KINDS.index(r["kind"]), _TARGETS.index(r["target_type"]), r["target_gid"], r["field"]),
    )
    numbered = [row | {"position": position} for position, row in enumerate(_with_what_follows(ordered))]
    return conform(contract, pl.DataFrame(numbered, schema=contract.schema))


def _with_what_follows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in their order, each with what follows from it right behind it."""
    followers: dict[str | None, list[dict[str, Any]]] = {}
    for row in rows:
        followers.setdefault(row["after_key"], []).append(row)

    def chain(row: dict[str, Any]) -> Iterable[dict[str, Any]]:
        yield row
        for follower in followers.get(row["row_key"], ()):
            yield from chain(follower)

    return [row for first in followers.get(None, ()) for row in chain(first)]
