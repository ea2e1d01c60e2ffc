"""Dagster's face of the plan: the change-set of a week, put before its reviewers. Sends nothing."""

import dagster as dg
import polars as pl

from asana_intel.changes import heads
from asana_intel.changes.asking import ASK_INPUTS, Asking, ask_reviewers
from asana_intel.changes.footing import FOOTINGS
from asana_intel.changes.ledger import StoredPlan, ledger_time
from asana_intel.changes.mirror import record_of
from asana_intel.changes.proposing import (
    FIELDS_INPUT,
    STANDING_INPUTS,
    WEEKLY_GATES,
    WEEKLY_INPUTS,
    Proposal,
    collect_inputs,
    propose,
    wanted_fields,
    weekly_proposal,
)
from asana_intel.clock import monday_of
from asana_intel.settings import Settings
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import weeks_of
from asana_intel.storage.sync_log import as_of_week, require_last_sync
from asana_intel.storage.tables import TableStore

_DEPS = sorted(
    {
        *STANDING_INPUTS.values(),
        *WEEKLY_INPUTS.values(),
        *WEEKLY_GATES,
        *(table for footing in FOOTINGS for table in footing.tables),
        *ASK_INPUTS,
        FIELDS_INPUT,
    }
)


def build_plan_asset(partitions_def: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """The asset changes/plan over the given weekly partitions."""

    @dg.asset(
        key=["changes", "plan"],
        deps=[dg.AssetKey(key.split("/")) for key in _DEPS],
        partitions_def=partitions_def,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="changes",
        kinds={"polars"},
    )
    def plan(
        context: dg.AssetExecutionContext,
        tables: dg.ResourceParam[TableStore],
        database: dg.ResourceParam[Database],
        settings: dg.ResourceParam[Settings],
    ) -> pl.DataFrame:
        """What would bring Asana to what is known now. One row per week and change."""
        synced = require_last_sync(database)
        frames: list[pl.DataFrame] = []
        for week_on in weeks_of(context):
            inputs = collect_inputs(
                tables, database, synced.workspace_gid, week_on, settings.measures, wanted_fields(settings),
                record_of(database, settings.audit_folder, week_on) if settings.audit.mirror else None,
            )  # fmt: skip
            proposal = weekly_proposal(tables, inputs, settings, week_on, as_of_week(database, week_on))
            frames.append(proposal.frame)
            # A past week is a replay of what would have been proposed; nobody is asked to approve it.
            if week_on == monday_of(synced.synced_at):
                stored = propose(database, proposal, settings, ledger_time(database))
                asking = ask_reviewers(database, tables, settings, ledger_time(database))
                heads.sign(database, settings.audit_folder, ledger_time(database))
                for problem in (*proposal.problems, *asking.problems):
                    context.log.warning(problem)
                context.add_output_metadata(_metadata(proposal, stored, asking))
        return pl.concat(frames)

    return plan


def _metadata(proposal: Proposal, stored: StoredPlan | None, asking: Asking) -> dict[str, str | int | bool]:
    """Counts and ids only: values of a plan may tell of people."""
    counts = dict(proposal.frame.group_by("kind").len().sort("kind").iter_rows())
    about: dict[str, str | int | bool] = {f"rows_{kind}": n for kind, n in counts.items()}
    about["is_gate_open"] = all(outcome.passed for outcome in proposal.outcomes)
    about |= {"held_back": proposal.held_back + asking.held_back}
    if stored is not None:
        about |= {"plan_id": stored.plan_id, "plan_hash": stored.plan_hash, "plan_state": stored.state}
    return about
