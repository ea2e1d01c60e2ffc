"""The command that plans what must be there once before results can be written: fields, their places, a project."""

from dataclasses import asdict

import typer
from rich.markup import escape

from asana_intel.changes.inputs import PlanInputs
from asana_intel.changes.ledger import StoredPlan, ledger_time
from asana_intel.changes.proposing import collect_inputs, plan_rules, propose, setup_proposal, wanted_fields
from asana_intel.changes.setup_changes import Problem, problems
from asana_intel.cli.changing import show_plan
from asana_intel.cli.output import CHANGES, JsonFlag, command, console, show_json
from asana_intel.cli.workbench import Workbench
from asana_intel.clock import monday_of
from asana_intel.storage.sync_log import require_last_sync


@command
def setup(as_json: JsonFlag = False) -> None:
    """Plan the custom fields and the projects that will hold the results. Writes nothing by itself.

    Approve and apply the plan like any other. Exit code 2 when something is missing in Asana.
    """
    bench = Workbench()
    inputs = _inputs(bench)
    stored, found = _stored(bench, inputs), problems(inputs, plan_rules(bench.settings))
    if as_json:
        show_json({**(asdict(stored) if stored else {}), "problems": [asdict(p) for p in found]} if found else stored)
    else:
        _show(stored, found)
    if stored is not None or found:
        raise typer.Exit(CHANGES)


def _show(stored: StoredPlan | None, found: list[Problem]) -> None:
    for problem in found:
        console.print(f"[yellow]![/yellow] {escape(f'{problem.subject} {problem.says}')}")
        console.print(f"    [dim]fix:[/dim] {escape(problem.fix)}")
    if stored is not None:
        show_plan(stored)
        console.print(
            f"\nNext: asana-intel approve {stored.plan_id} --as SOMEONE && asana-intel apply {stored.plan_id}"
        )
    elif not found:
        console.print("Everything that is needed stands in Asana already.")


def store_setup_plan(bench: Workbench) -> StoredPlan | None:
    """Put the setup of this workspace before its reviewers; None where nothing is missing."""
    return _stored(bench, _inputs(bench))


def _inputs(bench: Workbench) -> PlanInputs:
    synced = require_last_sync(bench.database)
    return collect_inputs(
        bench.tables, bench.database, synced.workspace_gid, monday_of(synced.synced_at),
        registry=wanted_fields(bench.settings),
    )  # fmt: skip


def _stored(bench: Workbench, inputs: PlanInputs) -> StoredPlan | None:
    synced_at = require_last_sync(bench.database).synced_at
    teams = bench.tables.read("staging/teams").sort("team_gid")
    proposal = setup_proposal(
        inputs,
        bench.settings,
        monday_of(synced_at),
        synced_at,
        team_gid=teams["team_gid"][0] if teams.height else None,
    )
    return propose(bench.database, proposal, bench.settings, ledger_time(bench.database))
