"""The command that plans what must be there once before results can be written: fields, their places, a project."""

from dataclasses import asdict

import typer
from rich.markup import escape

from asana_intel.changes.inputs import PlanInputs
from asana_intel.changes.ledger import StoredPlan, ledger_time
from asana_intel.changes.proposing import collect_inputs, plan_rules, propose, setup_proposal, wanted_fields
from asana_intel.changes.setup_changes import Problem, problems
from asana_intel.cli.output import CHANGES, JsonFlag, command, console, show_json
from asana_intel.cli.plan_pages import names_in, show_plan
from asana_intel.cli.workbench import Workbench
from asana_intel.clock import monday_of
from asana_intel.errors import AsanaIntelError
from asana_intel.settings import Settings
from asana_intel.storage.sync_log import require_last_sync


@command
def setup(as_json: JsonFlag = False) -> None:
    """Plan the custom fields and the projects that will hold the results. Writes nothing by itself.

    Approve and apply the plan like any other. Exit code 2 when something is missing in Asana.
    """
    bench = Workbench()
    inputs = _inputs(bench)
    stored = _stored(bench, inputs)
    found = [*problems(inputs, plan_rules(bench.settings)), *out_of_reach(bench, inputs.workspace_gid)]
    if as_json:
        show_json({**(asdict(stored) if stored else {}), "problems": [asdict(p) for p in found]} if found else stored)
    else:
        _show(bench, stored, found)
    if stored is not None or found:
        raise typer.Exit(CHANGES)


def _show(bench: Workbench, stored: StoredPlan | None, found: list[Problem]) -> None:
    for problem in found:
        console.print(f"[yellow]![/yellow] {escape(f'{problem.subject} {problem.says}')}")
        console.print(f"    [dim]fix:[/dim] {escape(problem.fix)}")
    if stored is not None:
        show_plan(stored, names_in(bench, stored))
        console.print(
            f"\nNext: asana-intel approve {stored.plan_id} --as SOMEONE && asana-intel apply {stored.plan_id}"
        )
    elif not found:
        console.print("Everything that is needed stands in Asana already.")


def out_of_reach(bench: Workbench, workspace_gid: str) -> list[Problem]:
    """What the writer's token or Asana's plan lacks for what the settings want; reads only, nothing without a token."""
    from asana_intel.asana.auth import has_credential
    from asana_intel.asana.capabilities import writing_capabilities
    from asana_intel.asana.probe import probe
    from asana_intel.asana.session import AsanaSession

    if not has_credential(bench.settings, "writer"):
        return []
    try:
        session = AsanaSession.from_settings(bench.settings, "writer", database=lambda: bench.database)
        facts = probe(session, workspace_gid, session.login_scope)
    except AsanaIntelError as problem:
        return [Problem("the writer's token", f"was not asked: {problem.message}", problem.fix or "asana-intel doctor")]
    wanted = {f"write {kind}" for kind in needed_writes(bench.settings)}
    return [
        Problem("the writer's token", f"cannot {one.name}: {'; '.join(one.lacks)}", one.mend or "asana-intel doctor")
        for one in writing_capabilities(facts)
        if not one.can and one.name in wanted
    ]


def needed_writes(settings: Settings) -> set[str]:
    """Kinds of write, as `capabilities` calls them, that set-up and what the settings want of priorities need."""
    needed, writes = {"new custom field", "place of a custom field on a project"}, settings.priority_writes
    if not settings.fields.priority:
        return needed
    wanted = {
        "custom field of a task": True,
        "comment": bool(writes.comments or writes.tell_owner_points or writes.trigger_task),
        "task": writes.review,
        "section of a task": writes.move or writes.sprint,
        "new section of a project": writes.sprint,
        "assignee and dates of a task": writes.sprint,
    }
    return needed | {kind for kind, is_wanted in wanted.items() if is_wanted}


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
