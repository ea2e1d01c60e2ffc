"""From tables to a plan in the ledger: read the inputs, build, judge, store, record the gate. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import polars as pl

from asana_intel.changes.inputs import PlanInputs, PlanRules
from asana_intel.changes.ledger import StoredPlan, created_markers, store_plan
from asana_intel.changes.measures import measure_goals
from asana_intel.changes.nudges import addressed, within_budget
from asana_intel.changes.ownership import persons_fields
from asana_intel.changes.plan import build_plan, build_setup_plan
from asana_intel.changes.scope import note_objects, objects_seen, widest_share
from asana_intel.quality.evaluate import CheckOutcome, evaluate
from asana_intel.quality.gate import PLAN_TABLE, record_gate
from asana_intel.settings import Settings
from asana_intel.storage.postgres import Database
from asana_intel.storage.tables import TableStore

AUTHOR = "asana-intel"
STANDING_INPUTS = {
    "goals": "staging/goals",
    "projects": "staging/projects",
    "tasks": "staging/tasks",
    "task_projects": "staging/task_projects",
    "task_dependencies": "staging/task_dependencies",
    "custom_field_values": "staging/custom_field_values",
    "custom_field_settings": "staging/custom_field_settings",
    "status_updates": "staging/status_updates",
    "stories": "staging/stories",
    "portfolio_items": "staging/portfolio_items",
    "bridge_goal_project": "marts/bridge_goal_project",
    "project_health": "marts/fct_project_health",
}
WEEKLY_INPUTS = {"goal_attainment": "forecasts/goal_attainment", "goal_progress": "narratives/goal_progress"}
FIELDS_INPUT = "raw/custom_fields"
# Tables whose suites must hold on the very frames a weekly plan was computed from.
WEEKLY_GATES = (
    "staging/goals",
    "staging/tasks",
    "marts/fct_goal_progress_weekly",
    "forecasts/goal_attainment",
    "narratives/goal_progress",
)


@dataclass(frozen=True)
class Proposal:
    """A plan and how the tables behind it came out; nothing is stored yet.

    Args:
        frame: Rows of changes/plan.
        outcomes: One per table that must pass before the plan may be applied, the plan's own among them.
        seen: Type and gid of those of its targets that stand in the tables.
        seen_at: Asana's time of these tables, UTC.
        is_wide: Whether it touches more of a portfolio than one person may approve.
        held_back: Changes left out because they would address a person too often this week.
    """

    frame: pl.DataFrame
    outcomes: tuple[CheckOutcome, ...]
    seen: frozenset[tuple[str, str]]
    seen_at: datetime
    is_wide: bool = False
    held_back: int = 0


def collect_inputs(
    tables: TableStore,
    database: Database,
    workspace_gid: str,
    week_on: date,
    measures: Mapping[str, str] | None = None,
) -> PlanInputs:
    """Read what a plan of a week is computed from; `measures` is goal gid -> SQL for metrics that are ours to set."""
    fields = tables.read(FIELDS_INPUT).filter(pl.col("deleted_at").is_null())
    return PlanInputs(
        workspace_gid=workspace_gid,
        custom_fields=fields.select(pl.col("gid").alias("field_gid"), pl.col("name").alias("field_name")),
        created_markers=created_markers(database),
        persons_fields=persons_fields(database),
        addressed=addressed(database, week_on),
        measured_values=measure_goals(tables, measures or {}),
        **{name: tables.read(key) for name, key in STANDING_INPUTS.items()},
        **{name: tables.read(key, partition=week_on) for name, key in WEEKLY_INPUTS.items()},
    )


def weekly_proposal(
    tables: TableStore, inputs: PlanInputs, settings: Settings, week_on: date, as_of_at: datetime
) -> Proposal:
    """The plan of a week, judged together with the tables it was computed from."""
    odds = dict(inputs.goal_attainment.select("goal_gid", "p_attain").drop_nulls().rows())
    frame, held_back = within_budget(
        build_plan(inputs, week_on, as_of_at, _rules(settings)), inputs.addressed,
        settings.review.nudges_per_person_week, odds,
    )  # fmt: skip
    judged = {
        "staging/goals": inputs.goals,
        "staging/tasks": inputs.tasks,
        "marts/fct_goal_progress_weekly": tables.read("marts/fct_goal_progress_weekly"),
        "forecasts/goal_attainment": inputs.goal_attainment,
        "narratives/goal_progress": inputs.goal_progress,
    }
    outcomes = [evaluate(table, judged[table]) for table in WEEKLY_GATES]
    proposal = _proposal(inputs, frame, (*outcomes, _judge_plan(frame, settings)), settings, as_of_at)
    return replace(proposal, held_back=held_back)


def setup_proposal(
    inputs: PlanInputs, settings: Settings, week_on: date, as_of_at: datetime, *, team_gid: str | None = None
) -> Proposal:
    """The one-time setup: fields, their places and the review project; empty when everything stands."""
    frame = build_setup_plan(inputs, week_on, as_of_at, _rules(settings), team_gid=team_gid)
    return _proposal(inputs, frame, (_judge_plan(frame, settings),), settings, as_of_at)


def propose(
    database: Database, proposal: Proposal, settings: Settings, now: datetime, author: str = AUTHOR
) -> StoredPlan | None:
    """Store a proposal and record its gate.

    Args:
        database: The ledger.
        proposal: Plan and outcomes.
        settings: For the mode and how long a decision may wait.
        now: Ledger time, UTC.
        author: Who made it; may not approve it.

    Returns:
        The stored plan; None where there is nothing to change.
    """
    note_objects(database, proposal.seen, proposal.seen_at)
    stored = store_plan(
        database, proposal.frame, author, settings.mode, now,
        expires_after=timedelta(hours=settings.review.plan_expires_hours),
        gates=[outcome.table for outcome in proposal.outcomes],
        approvals_needed=_approvals_needed(proposal, settings),
    )  # fmt: skip
    if stored is not None:
        _record(database, stored.plan_hash, proposal.outcomes, now)
    return stored


def _proposal(
    inputs: PlanInputs, frame: pl.DataFrame, outcomes: tuple[CheckOutcome, ...], settings: Settings, as_of_at: datetime
) -> Proposal:
    seen = frozenset(objects_seen(inputs, frame["target_gid"]))
    share = widest_share(frame, inputs.portfolio_items)
    return Proposal(frame, outcomes, seen, as_of_at, is_wide=share > settings.review.second_approver_above_share)


def _approvals_needed(proposal: Proposal, settings: Settings) -> int:
    """Two for a plan that is large or wide."""
    is_large = proposal.frame.height > settings.review.second_approver_above_rows
    return 2 if is_large or proposal.is_wide else 1


def judge_again(database: Database, stored: StoredPlan, settings: Settings, now: datetime) -> CheckOutcome:
    """Hold a stored plan to its suite once more and record a failure, which closes its gate."""
    outcome = _judge_plan(stored.frame(), settings)
    if not outcome.passed:
        _record(database, stored.plan_hash, (outcome,), now)
    return outcome


def _judge_plan(frame: pl.DataFrame, settings: Settings) -> CheckOutcome:
    return evaluate(PLAN_TABLE, frame, max_plan_rows=settings.review.max_rows_per_plan)


def _record(database: Database, plan_hash: str, outcomes: Iterable[CheckOutcome], now: datetime) -> None:
    with database.transaction() as connection:
        for outcome in outcomes:
            record_gate(connection, plan_hash, outcome, now)


def _rules(settings: Settings) -> PlanRules:
    return PlanRules(attention_below=settings.forecast.attention_below)
