"""Dagster's face of waiting: for answers, approved plans, and news for a chat. No rule here; stopped by default."""

from collections.abc import Sequence

import dagster as dg

from asana_intel.asana.reader import AsanaReader
from asana_intel.changes.alerting import pending
from asana_intel.changes.answers import pull_answers
from asana_intel.changes.claims import OPEN
from asana_intel.changes.jobs import apply_approved_changes, post_alerts_to_chat
from asana_intel.changes.ledger import StoredPlan, ledger_time, open_plans
from asana_intel.clock import monday_of
from asana_intel.errors import AsanaIntelError
from asana_intel.settings import Settings
from asana_intel.storage.postgres import Database
from asana_intel.storage.sync_log import last_sync
from asana_intel.storage.tables import TableStore

MAX_ATTEMPTS = 5  # then a person looks: asana-intel review
_FIRST = {"setup": 0, "ask": 1}
_UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def next_to_apply(plans: Sequence[StoredPlan]) -> StoredPlan | None:
    """The oldest plan that has approved rows which are not over and that was not tried too often.

    A setup plan goes before the others, whose rows may wait for what it creates; then those that ask people.

    Args:
        plans: Open plans, oldest first.
    """
    for plan in sorted(plans, key=lambda plan: _FIRST.get(plan.purpose, len(_FIRST))):
        is_waiting = any(row.decision == "approved" and row.state in OPEN for row in plan.rows)
        if is_waiting and plan.state in {"approved", "applying"} and plan.apply_attempts < MAX_ATTEMPTS:
            return plan
    return None


@dg.sensor(
    job=apply_approved_changes,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Applies plans that were approved, one at a time.",
)
def approved_changes_sensor(
    context: dg.SensorEvaluationContext, database: dg.ResourceParam[Database]
) -> dg.RunRequest | dg.SkipReason:
    """Apply the oldest approved plan, one at a time."""
    filters = dg.RunsFilter(job_name=apply_approved_changes.name, statuses=_UNFINISHED)
    if context.instance.get_runs(filters, limit=1):
        return dg.SkipReason("An apply is under way.")
    plan = next_to_apply(open_plans(database, ledger_time(database)))
    if plan is None:
        return dg.SkipReason("No approved plan is waiting.")
    return dg.RunRequest(
        run_key=f"{plan.plan_id}:{plan.apply_attempts}",
        run_config={"ops": {"load_approved_plan": {"config": {"plan_id": plan.plan_id}}}},
        tags={"asana_intel/plan_id": plan.plan_id},
    )


@dg.sensor(
    job=post_alerts_to_chat,
    minimum_interval_seconds=300,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Posts alerts to the webhook of the settings.",
)
def alerts_sensor(
    context: dg.SensorEvaluationContext,
    database: dg.ResourceParam[Database],
    tables: dg.ResourceParam[TableStore],
    settings: dg.ResourceParam[Settings],
) -> dg.RunRequest | dg.SkipReason:
    """Post alerts where something happened that was not told yet."""
    if settings.alerts.webhook_url is None:
        return dg.SkipReason("No webhook for alerts is set.")
    if (newest := last_sync(database)) is None:
        return dg.SkipReason("Nothing was synced yet.")
    filters = dg.RunsFilter(job_name=post_alerts_to_chat.name, statuses=_UNFINISHED)
    if context.instance.get_runs(filters, limit=1):
        return dg.SkipReason("Alerts are being posted.")
    if not pending(database, tables, settings, monday_of(newest.synced_at), ledger_time(database)):
        return dg.SkipReason("Nothing new.")
    return dg.RunRequest()


@dg.sensor(
    name="review_answers_sensor",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Reads what reviewers decided in Asana's approval tasks.",
)
def review_answers_sensor(
    context: dg.SensorEvaluationContext,
    database: dg.ResourceParam[Database],
    settings: dg.ResourceParam[Settings],
    asana_reader: dg.ResourceParam[AsanaReader],
) -> dg.SkipReason:
    """Let decisions made in Asana count; nothing is written to Asana."""
    try:
        answers = pull_answers(database, asana_reader, settings.review, ledger_time(database))
    except AsanaIntelError as problem:
        return dg.SkipReason(f"The answers could not be read: {problem.message}")
    for answer in answers:
        context.log.info(f"{answer.plan_id}: {answer.change.status} in task {answer.task_gid}, {answer.outcome}")
    return dg.SkipReason(f"{len(answers)} answers were new.")
