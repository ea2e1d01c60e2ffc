"""The command that plans what must be there once before results can be written: fields, their places, a project."""

import typer

from asana_intel.changes.ledger import StoredPlan, ledger_time
from asana_intel.changes.proposing import collect_inputs, propose, setup_proposal
from asana_intel.cli.changing import show_plan
from asana_intel.cli.output import CHANGES, JsonFlag, command, console, show_json
from asana_intel.cli.workbench import Workbench
from asana_intel.clock import monday_of
from asana_intel.storage.sync_log import require_last_sync


@command
def setup(as_json: JsonFlag = False) -> None:
    """Plan the custom fields and the review project that will hold the results. Writes nothing by itself.

    Approve and apply the plan like any other. Exit code 2 when something is missing in Asana.
    """
    bench = Workbench()
    stored = store_setup_plan(bench)
    if as_json:
        show_json(stored)
    elif stored is None:
        console.print("Everything that is needed stands in Asana already.")
    else:
        show_plan(stored)
        console.print(
            f"\nNext: asana-intel approve {stored.plan_id} --as SOMEONE && asana-intel apply {stored.plan_id}"
        )
    if stored is not None:
        raise typer.Exit(CHANGES)


def store_setup_plan(bench: Workbench) -> StoredPlan | None:
    """Put the setup of this workspace before its reviewers; None where nothing is missing."""
    synced = require_last_sync(bench.database)
    week_on = monday_of(synced.synced_at)
    inputs = collect_inputs(bench.tables, bench.database, synced.workspace_gid, week_on)
    teams = bench.tables.read("staging/teams").sort("team_gid")
    proposal = setup_proposal(
        inputs,
        bench.settings,
        week_on,
        synced.synced_at,
        team_gid=teams["team_gid"][0] if teams.height else None,
    )
    return propose(bench.database, proposal, bench.settings, ledger_time(bench.database))
