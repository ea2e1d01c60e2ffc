"""From tables or single rows to a plan in the ledger: build, judge, store, record the gate. Sends nothing."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from asana_intel.changes.edit_posts import Breach
from asana_intel.changes.fields import BY_NAME, REGISTRY, FieldSpec
from asana_intel.changes.fields import registry as fields_wanted
from asana_intel.changes.footing import Sound, sound_inputs
from asana_intel.changes.identity import plan_hash
from asana_intel.changes.inputs import PlanInputs, PlanRules, PriorityRules
from asana_intel.changes.ledger import (
    Purpose,
    StoredPlan,
    created_markers,
    has_ended,
    moved_tasks,
    store_plan,
    told_overloads,
)
from asana_intel.changes.measures import measure_goals
from asana_intel.changes.nudges import addressed, within_budget
from asana_intel.changes.ownership import approved_suggestions, last_applied, persons_fields
from asana_intel.changes.plan import build_check_plan, build_notice_plan, build_plan, build_setup_plan
from asana_intel.changes.scenario_projects import ESTIMATE
from asana_intel.changes.scope import note_objects, objects_seen, widest_share
from asana_intel.quality.evaluate import CheckOutcome, evaluate
from asana_intel.quality.gate import PLAN_TABLE, record_gate
from asana_intel.settings import Mode, Settings
from asana_intel.storage.contracts import CONTRACTS, conform
from asana_intel.storage.postgres import Database
from asana_intel.storage.tables import TableStore
from asana_intel.storage.triage_answers import wanted

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
    "portfolios": "staging/portfolios",
    "portfolio_items": "staging/portfolio_items",
    "people": "marts/dim_person",
    "team_memberships": "staging/team_memberships",
    "bridge_goal_project": "marts/bridge_goal_project",
    "project_health": "marts/fct_project_health",
    "sections": "staging/sections",
}
WEEKLY_INPUTS = {
    "goal_attainment": "forecasts/goal_attainment",
    "goal_progress": "narratives/goal_progress",
    "portfolio_reports": "narratives/portfolio_report",
    "sentences": "narratives/sentences",
    "person_load": "forecasts/person_load",
    "load_causes": "forecasts/load_causes",
    "capacity_causes": "narratives/capacity_causes",
    "task_priority": "insights/task_priority",
    "task_triage": "insights/task_triage",
    "sprint_proposal": "insights/sprint_proposal",
    "task_assignment": "insights/task_assignment",
    "sprint_retro": "insights/sprint_retro",
    "sprint_retro_tasks": "insights/sprint_retro_tasks",
    "priority_rationales": "narratives/priority_rationale",
    "rebalance_moves": "insights/rebalance_moves",
}
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
        problems: Why something is not written: what is wrong with the tables it would be written from.
    """

    frame: pl.DataFrame
    outcomes: tuple[CheckOutcome, ...]
    seen: frozenset[tuple[str, str]]
    seen_at: datetime
    is_wide: bool = False
    held_back: int = 0
    problems: tuple[str, ...] = ()


def collect_inputs(
    tables: TableStore,
    database: Database,
    workspace_gid: str,
    week_on: date,
    measures: Mapping[str, str] | None = None,
    registry: tuple[FieldSpec, ...] = REGISTRY,
    audit_record: str | None = None,
) -> PlanInputs:
    """Read what a plan of a week is computed from.

    Args:
        tables: The tables.
        database: The ledger.
        workspace_gid: Workspace that is written to.
        week_on: Monday of the week.
        measures: Goal gid -> SQL for metrics that are ours to set.
        registry: Our fields that are wanted (`wanted_fields`).
        audit_record: What the week before wrote, where it is to be recorded in Asana.
    """
    fields = tables.read(FIELDS_INPUT).filter(pl.col("deleted_at").is_null())
    ours = {gid: json.loads(record) for gid, name, record in fields.select("gid", "name", "record").iter_rows()
            if any(spec.is_called(name) for spec in (*registry, ESTIMATE))}  # fmt: skip
    weekly = {name: tables.read(key, partition=week_on) for name, key in WEEKLY_INPUTS.items()}
    weekly["task_triage"] = wanted(weekly["task_triage"], database)
    return PlanInputs(
        workspace_gid=workspace_gid,
        custom_fields=fields.select(pl.col("gid").alias("field_gid"), pl.col("name").alias("field_name")),
        created_markers=created_markers(database),
        persons_fields=persons_fields(database),
        last_applied=last_applied(database),
        moved_tasks=moved_tasks(database, week_on),
        told_overloads=told_overloads(database),
        approved_suggestions=approved_suggestions(database, week_on),
        addressed=addressed(database, week_on),
        measured_values=measure_goals(tables, measures or {}),
        registry=registry,
        audit_record=audit_record,
        definitions=ours,
        **{name: tables.read(key) for name, key in STANDING_INPUTS.items()},
        **weekly,
    )


def weekly_proposal(
    tables: TableStore, inputs: PlanInputs, settings: Settings, week_on: date, as_of_at: datetime
) -> Proposal:
    """The plan of a week, judged together with the tables it was computed from.

    Load, scores or suggestions that their suites find anything against lead to no change; the rest of the plan goes on.
    """
    rules = plan_rules(settings)
    capabilities = ("capacity",) if rules.priority == PriorityRules() else ("capacity", "priority")
    sound = sound_inputs(inputs, lambda table: tables.read(table, partition=week_on), capabilities)
    inputs = sound.inputs
    odds = dict(inputs.goal_attainment.select("goal_gid", "p_attain").drop_nulls().rows())
    frame, held_back = within_budget(
        build_plan(inputs, week_on, as_of_at, rules), inputs.addressed,
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
    for capability in frame["capability"].unique().sort():
        outcomes.extend(sound.outcomes.get(capability, ()))
    proposal = whole_proposal(inputs, frame, (*outcomes, _judge_plan(frame, settings)), settings, as_of_at)
    return replace(proposal, held_back=held_back, problems=sound.problems)


def setup_proposal(
    inputs: PlanInputs, settings: Settings, week_on: date, as_of_at: datetime, *, team_gid: str | None = None
) -> Proposal:
    """The one-time setup: fields, their places and the review project; empty when everything stands."""
    frame = build_setup_plan(inputs, week_on, as_of_at, plan_rules(settings), team_gid=team_gid)
    return whole_proposal(inputs, frame, (_judge_plan(frame, settings),), settings, as_of_at)


def scenario_proposal(
    inputs: PlanInputs, rows: Sequence[dict[str, Any]], settings: Settings, as_of_at: datetime
) -> Proposal:
    """The rows of a scenario as a plan of its own; what would tell a person too much in the week is held back."""
    frame, held_back = within_budget(_numbered(rows, 1), inputs.addressed, settings.review.nudges_per_person_week)
    proposal = whole_proposal(inputs, frame, (_judge_plan(frame, settings),), settings, as_of_at)
    return replace(proposal, held_back=held_back)


def propose(
    database: Database,
    proposal: Proposal,
    settings: Settings,
    now: datetime,
    author: str = AUTHOR,
    purpose: Purpose | None = None,
) -> StoredPlan | None:
    """Store a proposal and record its gate.

    Args:
        database: The ledger.
        proposal: Plan and outcomes.
        settings: For the mode and how long a decision may wait.
        now: Ledger time, UTC.
        author: Who made it; may not approve it.
        purpose: What it is for; None = weekly or setup, as its rows say.

    Returns:
        The stored plan; None where there is nothing to change.
    """
    note_objects(database, proposal.seen, proposal.seen_at)
    stored = store_plan(
        database, proposal.frame, author, settings.mode, now,
        expires_after=timedelta(hours=settings.review.plan_expires_hours),
        gates=[outcome.table for outcome in proposal.outcomes], purpose=purpose,
        approvals_needed=_approvals_needed(proposal, settings),
    )  # fmt: skip
    if stored is not None:
        _record(database, stored.plan_hash, proposal.outcomes, now)
    return stored


def notice_proposal(inputs: PlanInputs, settings: Settings, week_on: date, as_of_at: datetime) -> Proposal:
    """What assignees are told at once, judged together with the tasks it is about."""
    return _small_proposal(
        inputs, build_notice_plan(inputs, week_on, as_of_at, plan_rules(settings)), settings, as_of_at
    )


def check_proposal(
    inputs: PlanInputs,
    sound: Sound,
    breaches: Iterable[Breach],
    settings: Settings,
    week_on: date,
    as_of_at: datetime,
) -> Proposal:
    """What is said of edits that break something, judged together with the load it rests on; nothing where that is bad.

    Args:
        inputs: Of these tasks.
        sound: How the load of the week came out.
        breaches: What edits break.
        settings: Budget, and how large a plan may be.
        week_on: Monday of the week.
        as_of_at: When the tasks were read.
    """
    frame = build_check_plan(inputs, week_on, as_of_at, () if sound.problems else breaches)
    proposal = _small_proposal(inputs, frame, settings, as_of_at, sound.outcomes.get("capacity", ()))
    return replace(proposal, problems=sound.problems)


def _small_proposal(
    inputs: PlanInputs,
    frame: pl.DataFrame,
    settings: Settings,
    as_of_at: datetime,
    rests_on: Iterable[CheckOutcome] = (),
) -> Proposal:
    """Rows about a few tasks, as many as people may be told of, judged together with the tasks."""
    frame, held_back = within_budget(frame, inputs.addressed, settings.review.nudges_per_person_week)
    outcomes = (evaluate("staging/tasks", inputs.tasks), *rests_on, _judge_plan(frame, settings))
    return replace(whole_proposal(inputs, frame, outcomes, settings, as_of_at), held_back=held_back)


def whole_proposal(
    inputs: PlanInputs, frame: pl.DataFrame, outcomes: tuple[CheckOutcome, ...], settings: Settings, as_of_at: datetime
) -> Proposal:
    """A proposal with what approval and writing need to know of the workspace it was made from."""
    seen = frozenset(objects_seen(inputs, frame["target_gid"]))
    share = widest_share(frame, inputs.portfolio_items)
    return Proposal(frame, outcomes, seen, as_of_at, is_wide=share > settings.review.second_approver_above_share)


def _approvals_needed(proposal: Proposal, settings: Settings) -> int:
    """Two for a plan that is large or wide."""
    is_large = proposal.frame.height > settings.review.second_approver_above_rows
    return 2 if is_large or proposal.is_wide else 1


def propose_rows(
    database: Database, rows: Sequence[dict[str, Any]], purpose: Purpose, settings: Settings, now: datetime
) -> StoredPlan | None:
    """Store rows that come from the ledger and from looks at Asana, judged by the plan's own suite.

    Args:
        database: The ledger.
        rows: Made by `Week.row`, in the order in which they are to be applied.
        purpose: What the plan is for.
        settings: For the mode and how long a decision may wait.
        now: Ledger time, UTC.

    Returns:
        The stored plan; None for no rows. Where a plan of the same rows has ended, these are another one.
    """
    if not rows:
        return None
    frames = (_numbered(rows, time) for time in itertools.count(1))
    frame = next(frame for frame in frames if not has_ended(database, plan_hash(frame.to_dicts())))
    outcome = _judge_plan(frame, settings)
    proposal = Proposal(frame, (outcome,), frozenset(), now)
    stored = store_plan(
        database, frame, AUTHOR, settings.mode, now,
        expires_after=timedelta(hours=settings.review.plan_expires_hours), gates=(PLAN_TABLE,), purpose=purpose,
        approvals_needed=_approvals_needed(proposal, settings),
    )  # fmt: skip
    if stored is not None:
        _record(database, stored.plan_hash, proposal.outcomes, now)
    return stored


def judge_again(database: Database, stored: StoredPlan, settings: Settings, now: datetime) -> CheckOutcome:
    """Hold a stored plan to its suite once more and record a failure, which closes its gate."""
    outcome = _judge_plan(stored.frame(), settings)
    if not outcome.passed:
        _record(database, stored.plan_hash, (outcome,), now)
    return outcome


def _numbered(rows: Sequence[dict[str, Any]], time: int) -> pl.DataFrame:
    """Rows in order; those of a second time say so, which makes them another plan."""
    again = f" Time {time}." if time > 1 else ""
    numbered = [row | {"position": n, "reason": row["reason"] + again} for n, row in enumerate(rows)]
    contract = CONTRACTS[PLAN_TABLE]
    return conform(contract, pl.DataFrame(numbered, schema=contract.schema))


def _judge_plan(frame: pl.DataFrame, settings: Settings) -> CheckOutcome:
    return evaluate(PLAN_TABLE, frame, max_plan_rows=settings.review.max_rows_per_plan)


def _record(database: Database, plan_hash: str, outcomes: Iterable[CheckOutcome], now: datetime) -> None:
    with database.transaction() as connection:
        for outcome in outcomes:
            record_gate(connection, plan_hash, outcome, now)


def named_fields(settings: Settings) -> dict[str, FieldSpec]:
    """All fields of ours by name, those that are wanted under the names that the settings give them."""
    return BY_NAME | {spec.name: spec for spec in wanted_fields(settings)}


def wanted_fields(settings: Settings) -> tuple[FieldSpec, ...]:
    """Our fields that the settings want, under the names they give them."""
    return fields_wanted(
        priority=settings.fields.priority, forecast=settings.capacity.forecast, alias=settings.fields.alias
    )


def plan_rules(settings: Settings) -> PlanRules:
    """The thresholds of the settings."""
    capacity = settings.capacity
    return PlanRules(
        attention_below=settings.forecast.attention_below,
        weekly_status=settings.review.weekly_status,
        portfolio_status=settings.review.portfolio_status,
        private_fields=settings.mode is Mode.shadow,
        capacity_alerts=PlanRules.capacity_alerts if capacity.alerts else 0,
        moves=capacity.moves_a_week if capacity.moves else 0,
        moves_a_person=capacity.moves_a_person,
        moves_a_manager=capacity.moves_a_manager,
        capacity_forecast=capacity.forecast,
        managers=capacity.managers,
        audit_mirror=settings.audit.mirror,
        priority=_priority_rules(settings),
    )


def _priority_rules(settings: Settings) -> PriorityRules:
    """Nothing of priorities is written unless their fields are wanted."""
    if not settings.fields.priority:
        return PriorityRules()
    return PriorityRules(**settings.priority_writes.model_dump(), scope=tuple(settings.priority.scope))
