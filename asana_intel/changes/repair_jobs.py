"""Dagster's face of what is looked at after the writes: was anything created twice, do our values still stand."""

import dagster as dg

from asana_intel.changes import drift, heads, policy
from asana_intel.changes.jobs import IN_MEMORY, errors_end_the_run
from asana_intel.changes.ledger import ledger_time
from asana_intel.changes.sweep import sweep
from asana_intel.changes.writing import Writer
from asana_intel.settings import Settings
from asana_intel.storage.postgres import Database


@dg.op(out=IN_MEMORY)
def look_for_created_objects(
    context: dg.OpExecutionContext,
    database: dg.ResourceParam[Database],
    settings: dg.ResourceParam[Settings],
    asana_writer: dg.ResourceParam[Writer],
) -> int:
    """Look whether each created object stands there once; what stands there twice is proposed for deletion."""
    now = ledger_time(database)
    with errors_end_the_run():
        found = sweep(database, asana_writer, settings, now, f"job:{context.run_id}")
        heads.sign(database, settings.audit_folder, now)
    if found.plan is not None:
        context.log.warning(f"{len(found.duplicates)} objects stand in Asana twice: {found.plan.plan_id} deletes them")
    context.log.info(f"{found.looked} looked for, {len(found.deleted)} deleted by people, {found.unread} not readable")
    return len(found.duplicates)


@dg.op(out=IN_MEMORY)
def look_at_our_fields(
    context: dg.OpExecutionContext,
    database: dg.ResourceParam[Database],
    settings: dg.ResourceParam[Settings],
    asana_writer: dg.ResourceParam[Writer],
) -> int:
    """Look whether our values stand; leave to people what they changed, propose to repair what a late request did."""
    now = ledger_time(database)
    with errors_end_the_run():
        found = drift.check_drift(database, asana_writer, settings, now, f"job:{context.run_id}")
    if found.plan is not None:
        context.log.warning(f"{len(found.echoes)} of our values are stale: {found.plan.plan_id} mends them")
    context.log.info(f"{found.looked} fields, {len(found.persons)} changed by people, {found.unread} not readable")
    return len(found.echoes)


@dg.op(out=IN_MEMORY)
def take_back_automatic_writing(
    context: dg.OpExecutionContext,
    _echoes: int,
    database: dg.ResourceParam[Database],
    settings: dg.ResourceParam[Settings],
) -> int:
    """Demote what the last week, or a broken chain, speaks against."""
    now, folder = ledger_time(database), settings.audit_folder
    with errors_end_the_run():
        holds = drift.chain_holds(database, folder, now)
        demoted = policy.demote(database, now, chain_holds=holds)
        if holds:
            heads.sign(database, folder, now)
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
