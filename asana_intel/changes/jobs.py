"""Dagster's face of the one path that writes, and of the looks at what it wrote: jobs no backfill starts."""

from collections.abc import Mapping

import dagster as dg

from asana_intel.changes import drift, heads, policy
from asana_intel.changes.apply import ApplyReport, apply_plan
from asana_intel.changes.kinds import Writer
from asana_intel.changes.ledger import ledger_clock, ledger_time, load_plan, require_unchanged
from asana_intel.changes.progress import require_approved
from asana_intel.changes.proposing import judge_again
from asana_intel.changes.stopping import stop_check
from asana_intel.changes.sweep import sweep
from asana_intel.errors import AsanaIntelError
from asana_intel.quality.gate import require_open_gate
from asana_intel.settings import Settings
from asana_intel.storage.postgres import Database

# Ops pass ids and counts on, which need no table.
_IN_MEMORY = dg.Out(io_manager_key="mem_io_manager")
APPLIED = dg.AssetKey(["changes", "applied"])


class PlanConfig(dg.Config):
    """Which plan to apply."""

    plan_id: str


@dg.op(out=_IN_MEMORY)
def load_approved_plan(context: dg.OpExecutionContext, config: PlanConfig, database: dg.ResourceParam[Database]) -> str:
    """Refuse a plan that is not approved, or whose rows are not those that were approved."""
    try:
        plan = load_plan(database, config.plan_id)
        require_unchanged(plan)
        require_approved(plan)
    except AsanaIntelError as refused:
        raise _failure(refused) from refused
    context.log.info(f"{plan.plan_id}: {len(plan.rows)} rows")
    return plan.plan_id


@dg.op(out=_IN_MEMORY)
def verify_quality_gate(
    plan_id: str, database: dg.ResourceParam[Database], settings: dg.ResourceParam[Settings]
) -> str:
    """Ask the gate for exactly this plan, and hold its rows to their suite once more. A missing answer is a no."""
    try:
        plan = load_plan(database, plan_id)
        judge_again(database, plan, settings, ledger_time(database))
        with database.transaction() as connection:
            require_open_gate(connection, plan.plan_hash, plan.required_gates, not_before=plan.created_at)
    except AsanaIntelError as refused:
        raise _failure(refused) from refused
    return plan_id


@dg.op(pool="asana_write", out=_IN_MEMORY)
def apply_changes(
    context: dg.OpExecutionContext,
    plan_id: str,
    database: dg.ResourceParam[Database],
    settings: dg.ResourceParam[Settings],
    asana_writer: dg.ResourceParam[Writer],
) -> dict[str, int]:
    """Send the approved rows, each looked at before and read back after."""
    try:
        report = apply_plan(
            database, asana_writer, plan_id,
            mode=settings.mode, actor=f"job:{context.run_id}", now=ledger_clock(database),
            may_send=stop_check(settings.home),
        )  # fmt: skip
    except AsanaIntelError as refused:
        raise _failure(refused) from refused
    if report.stopped is not None:
        context.log.warning(report.stopped)
    return _figures(report)


@dg.op(out=dg.Out(dg.Nothing, io_manager_key="mem_io_manager"))
def record_receipts(
    context: dg.OpExecutionContext,
    plan_id: str,
    figures: dict[str, int],
    database: dg.ResourceParam[Database],
    settings: dg.ResourceParam[Settings],
) -> None:
    """Sign the chain of what happened, and show the write in the lineage; the receipts themselves are in the ledger."""
    try:
        heads.sign(database, settings.home / heads.FOLDER, ledger_time(database))
    except AsanaIntelError as refused:
        raise _failure(refused) from refused
    context.log_event(dg.AssetMaterialization(APPLIED, metadata={"plan_id": plan_id, **figures}))


@dg.job(
    tags={"dagster/max_retries": "0", "asana_intel/writes": "true"},
    executor_def=dg.in_process_executor,
)
def apply_approved_changes() -> None:
    """Write one approved plan to Asana. Run again, it sends only what is not there yet."""
    plan_id = verify_quality_gate(load_approved_plan())
    record_receipts(plan_id, apply_changes(plan_id))


@dg.op(out=_IN_MEMORY)
def look_for_created_objects(
    context: dg.OpExecutionContext,
    database: dg.ResourceParam[Database],
    settings: dg.ResourceParam[Settings],
    asana_writer: dg.ResourceParam[Writer],
) -> int:
    """Look whether each created object stands there once; what stands there twice is proposed for deletion."""
    now = ledger_time(database)
    try:
        found = sweep(database, asana_writer, settings, now, f"job:{context.run_id}")
        heads.sign(database, settings.home / heads.FOLDER, now)
    except AsanaIntelError as refused:
        raise _failure(refused) from refused
    if found.plan is not None:
        context.log.warning(f"{len(found.duplicates)} objects stand in Asana twice: {found.plan.plan_id} deletes them")
    context.log.info(f"{found.looked} looked for, {len(found.deleted)} deleted by people, {found.unread} not readable")
    return len(found.duplicates)


@dg.op(out=_IN_MEMORY)
def look_at_our_fields(
    context: dg.OpExecutionContext,
    database: dg.ResourceParam[Database],
    settings: dg.ResourceParam[Settings],
    asana_writer: dg.ResourceParam[Writer],
) -> int:
    """Look whether our values stand; leave to people what they changed, propose to repair what a late request did."""
    now = ledger_time(database)
    try:
        found = drift.check_drift(database, asana_writer, settings, now, f"job:{context.run_id}")
    except AsanaIntelError as refused:
        raise _failure(refused) from refused
    if found.plan is not None:
        context.log.warning(f"{len(found.echoes)} of our values are stale: {found.plan.plan_id} mends them")
    context.log.info(f"{found.looked} fields, {len(found.persons)} changed by people, {found.unread} not readable")
    return len(found.echoes)


@dg.op(out=_IN_MEMORY)
def take_back_automatic_writing(
    context: dg.OpExecutionContext,
    _echoes: int,
    database: dg.ResourceParam[Database],
    settings: dg.ResourceParam[Settings],
) -> int:
    """Demote what the last week, or a broken chain, speaks against."""
    now, folder = ledger_time(database), settings.home / heads.FOLDER
    try:
        holds = drift.chain_holds(database, folder, now)
        demoted = policy.demote(database, now, chain_holds=holds)
        if holds:
            heads.sign(database, folder, now)
    except AsanaIntelError as refused:
        raise _failure(refused) from refused
    if not holds:
        context.log.warning("The audit chain does not verify: asana-intel audit verify")
    for scope in demoted:
        context.log.warning(f"{scope} is not automatic any more: a person decides")
    return len(demoted)


@dg.job(tags={"dagster/max_retries": "0"}, executor_def=dg.in_process_executor)
def sweep_created_objects() -> None:
    """Find what was created twice. Sends nothing to Asana."""
    look_for_created_objects()


@dg.job(tags={"dagster/max_retries": "0"}, executor_def=dg.in_process_executor)
def check_drift() -> None:
    """Find what stands in our fields instead of our values, and demote what is not to be trusted. Sends nothing."""
    take_back_automatic_writing(look_at_our_fields())


def _figures(report: ApplyReport) -> dict[str, int]:
    counts: Mapping[str, int] = report.counts
    return {"written": report.written, "unverified": report.unverified, **{f"rows_{k}": n for k, n in counts.items()}}


def _failure(refused: AsanaIntelError) -> dg.Failure:
    return dg.Failure(description=str(refused), allow_retries=False)
