"""Dagster's face of the one path that writes, and of the looks at what it wrote: jobs no backfill starts."""

import contextlib
from collections.abc import Iterator, Mapping

import dagster as dg

from asana_intel.changes import heads
from asana_intel.changes.alerting import pending, post_alerts
from asana_intel.changes.apply import ApplyReport, apply_plan, workers_for
from asana_intel.changes.ledger import ledger_clock, ledger_time, load_plan, require_unchanged
from asana_intel.changes.progress import require_approved
from asana_intel.changes.proposing import judge_again, named_fields
from asana_intel.changes.stopping import stop_check
from asana_intel.changes.writing import Writer
from asana_intel.clock import monday_of
from asana_intel.errors import AsanaIntelError
from asana_intel.quality.gate import require_open_gate
from asana_intel.settings import Settings
from asana_intel.storage.postgres import Database
from asana_intel.storage.sync_log import require_last_sync
from asana_intel.storage.tables import TableStore

# Ops pass ids and counts on, which need no table.
IN_MEMORY = dg.Out(io_manager_key="mem_io_manager")
APPLIED = dg.AssetKey(["changes", "applied"])


@contextlib.contextmanager
def errors_end_the_run() -> Iterator[None]:
    """One of our errors ends the run with its message, and without a retry."""
    try:
        yield
    except AsanaIntelError as refused:
        raise failure(refused) from refused


class PlanConfig(dg.Config):
    """Which plan to apply."""

    plan_id: str


@dg.op(out=IN_MEMORY)
def load_approved_plan(context: dg.OpExecutionContext, config: PlanConfig, database: dg.ResourceParam[Database]) -> str:
    """Refuse a plan that is not approved, or whose rows are not those that were approved."""
    with errors_end_the_run():
        plan = load_plan(database, config.plan_id)
        require_unchanged(plan)
        require_approved(plan)
    context.log.info(f"{plan.plan_id}: {len(plan.rows)} rows")
    return plan.plan_id


@dg.op(out=IN_MEMORY)
def verify_quality_gate(
    plan_id: str, database: dg.ResourceParam[Database], settings: dg.ResourceParam[Settings]
) -> str:
    """Ask the gate for exactly this plan, and hold its rows to their suite once more. A missing answer is a no."""
    with errors_end_the_run():
        plan = load_plan(database, plan_id)
        judge_again(database, plan, settings, ledger_time(database))
        with database.transaction() as connection:
            require_open_gate(connection, plan.plan_hash, plan.required_gates, not_before=plan.created_at)
    return plan_id


@dg.op(pool="asana_write", out=IN_MEMORY)
def apply_changes(
    context: dg.OpExecutionContext,
    plan_id: str,
    database: dg.ResourceParam[Database],
    settings: dg.ResourceParam[Settings],
    asana_writer: dg.ResourceParam[Writer],
) -> dict[str, int]:
    """Send the approved rows, each looked at before and read back after."""
    with errors_end_the_run():
        report = apply_plan(
            database, asana_writer, plan_id,
            mode=settings.mode, actor=f"job:{context.run_id}", now=ledger_clock(database),
            may_send=stop_check(settings.home),
            workers=workers_for(settings.asana),
            registry=named_fields(settings),
        )  # fmt: skip
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
    with errors_end_the_run():
        heads.sign(database, settings.audit_folder, ledger_time(database))
    context.log_event(dg.AssetMaterialization(APPLIED, metadata={"plan_id": plan_id, **figures}))


@dg.job(
    tags={"dagster/max_retries": "0", "asana_intel/writes": "true"},
    executor_def=dg.in_process_executor,
)
def apply_approved_changes() -> None:
    """Write one approved plan to Asana. Run again, it sends only what is not there yet."""
    plan_id = verify_quality_gate(load_approved_plan())
    record_receipts(plan_id, apply_changes(plan_id))


@dg.op(out=dg.Out(dg.Nothing, io_manager_key="mem_io_manager"))
def post_what_is_new(
    context: dg.OpExecutionContext,
    database: dg.ResourceParam[Database],
    tables: dg.ResourceParam[TableStore],
    settings: dg.ResourceParam[Settings],
) -> None:
    """Post each alert that was not posted yet; without an address none is."""
    now = ledger_time(database)
    week_on = monday_of(require_last_sync(database).synced_at)
    try:
        posted = post_alerts(database, settings, pending(database, tables, settings, week_on, now), now)
    except AsanaIntelError as failed:
        raise failure(failed) from None
    context.log.info(f"{posted} alerts posted")


@dg.job(tags={"dagster/max_retries": "0"}, executor_def=dg.in_process_executor)
def post_alerts_to_chat() -> None:
    """Tell a chat what happened since: odds that fell, overload, stopped writing, demotions, a broken chain."""
    post_what_is_new()


def _figures(report: ApplyReport) -> dict[str, int]:
    counts: Mapping[str, int] = report.counts
    return {"written": report.written, "unverified": report.unverified, **{f"rows_{k}": n for k, n in counts.items()}}


def failure(refused: AsanaIntelError) -> dg.Failure:
    """What ends a run that one of our errors stopped: its message, and no retry."""
    return dg.Failure(description=str(refused), allow_retries=False)
