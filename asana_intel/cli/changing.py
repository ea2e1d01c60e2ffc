"""Commands of the write path: plan, review, approve, reject, apply, release."""

import getpass
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.prompt import Prompt

from asana_intel.changes import review as decisions
from asana_intel.changes.ledger import PlanRow, StoredPlan, ledger_time, load_plan, open_plans
from asana_intel.changes.ownership import persons_fields, release_field
from asana_intel.cli.output import CHANGES, JsonFlag, command, console, show_json
from asana_intel.cli.workbench import Workbench
from asana_intel.errors import ConfigError, PermanentError

PlanArgument = Annotated[str | None, typer.Argument(help="Plan, such as p-1a2b3c4d; default: the newest open one.")]
AsOption = Annotated[str | None, typer.Option("--as", help="Who decides; default: the user of this machine.")]
RowOption = Annotated[list[str] | None, typer.Option("--row", help="Only this row (its key); repeat for more.")]

_SIGNS = {"pending": "[dim]?[/dim]", "approved": "[green]✓[/green]", "rejected": "[red]✗[/red]"}


@command
def plan(as_json: JsonFlag = False) -> None:
    """Compute what should change in Asana, and show it. Writes nothing. Exit code 2 when there are changes."""
    bench = Workbench()
    with console.status("Planning …"):
        bench.run_job("rebuild_week", week_on=bench.latest_week())
    waiting = open_plans(bench.database, ledger_time(bench.database))
    if as_json:
        show_json([asdict(p) for p in waiting])
    elif not waiting:
        console.print("Nothing to change.")
    for stored in [] if as_json else waiting:
        show_plan(stored)
    if waiting:
        raise typer.Exit(CHANGES)


@command
def review(plan_id: PlanArgument = None, who: AsOption = None, as_json: JsonFlag = False) -> None:
    """Look at a plan and decide row by row: y approve, n reject, a approve the rest, q stop."""
    bench = Workbench()
    stored = _chosen(bench, plan_id)
    if as_json:
        show_json(asdict(stored))
        return
    show_plan(stored)
    rest = False
    for row in (r for r in stored.rows if r.decision == "pending"):
        answer = "y" if rest else Prompt.ask(f"{_line(row)}\n  approve?", choices=["y", "n", "a", "q"], console=console)
        if answer == "q":
            break
        rest = rest or answer == "a"
        decide = decisions.reject if answer == "n" else decisions.approve
        _decide(bench, decide, stored.plan_id, who, [row.row_key])
    console.print(f"{stored.plan_id}: {load_plan(bench.database, stored.plan_id).state}")


@command
def approve(
    plan_id: PlanArgument = None, rows: RowOption = None, who: AsOption = None, as_json: JsonFlag = False
) -> None:
    """Approve a plan, or some of its rows, exactly as they stand. The plan's author cannot."""
    _decide_all(decisions.approve, plan_id, rows, who, as_json=as_json)


@command
def reject(
    plan_id: PlanArgument = None, rows: RowOption = None, who: AsOption = None, as_json: JsonFlag = False
) -> None:
    """Reject a plan, or some of its rows."""
    _decide_all(decisions.reject, plan_id, rows, who, as_json=as_json)


@command
def apply(plan_id: PlanArgument = None, as_json: JsonFlag = False) -> None:
    """Write the approved rows to Asana, each checked before and read back after. Again writes nothing."""
    bench = Workbench()
    stored = _chosen(bench, plan_id, approved=True)
    with console.status(f"Applying {stored.plan_id} …"):
        bench.run_job("apply_approved_changes", config=apply_config(stored.plan_id))
    after = load_plan(bench.database, stored.plan_id)
    before = {row.row_key: row.state for row in stored.rows}
    written = [row for row in after.rows if row.state == "done" and before[row.row_key] != "done"]
    left = [row for row in after.rows if row.decision == "approved" and row.state not in {"done", "noop"}]
    if as_json:
        show_json({**asdict(after), "written": len(written)})
        return
    console.print(f"{after.plan_id}: {len(written)} rows written and read back, {len(left)} approved rows not written")
    for row in left:
        console.print(f"  [yellow]{row.state}[/yellow] {_line(row)}  {escape(row.error or '')}")


@command
def release(
    target: Annotated[str, typer.Argument(help="Gid of the goal, project or task.")],
    field: Annotated[str, typer.Argument(help="Our field, such as ai_confidence_score.")],
    who: AsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Let asana-intel write a field again that a person had changed; the next plan shows their value as the old one."""
    database = Workbench().database
    was_theirs = release_field(database, target, field, who or getpass.getuser(), ledger_time(database))
    if not was_theirs:
        theirs = ", ".join(f"{gid} {name}" for gid, name in sorted(persons_fields(database))) or "none is"
        raise PermanentError(f"{field} of {target} is not a person's", fix=f"people's fields: {theirs}")
    if as_json:
        show_json({"target_gid": target, "field": field, "released": True})
    else:
        console.print(f"{field} of {target} may be written again")


def apply_config(plan_id: str) -> dict:
    """Run configuration of the job apply_approved_changes."""
    return {"ops": {"load_approved_plan": {"config": {"plan_id": plan_id}}}}


def _decide_all(decide, plan_id: str | None, rows: list[str] | None, who: str | None, *, as_json: bool) -> None:
    bench = Workbench()
    decision = _decide(bench, decide, _chosen(bench, plan_id).plan_id, who, rows)
    if as_json:
        show_json(asdict(decision))
    else:
        console.print(f"{decision.plan_id}: {decision.rows} rows decided, the plan is {decision.plan_state}")
        if decision.needs_another:
            console.print("A second person must approve them, too.")


def _decide(bench: Workbench, decide, plan_id: str, who: str | None, rows: list[str] | None) -> decisions.Decision:
    return decide(
        bench.database,
        plan_id,
        who or getpass.getuser(),
        ledger_time(bench.database),
        rows,
        approvers=bench.settings.review.approvers,
    )


def _chosen(bench: Workbench, plan_id: str | None, *, approved: bool = False) -> StoredPlan:
    if plan_id is not None:
        return load_plan(bench.database, plan_id)
    waiting = open_plans(bench.database, ledger_time(bench.database))
    wanted = [p for p in waiting if not approved or any(r.decision == "approved" for r in p.rows)]
    if not wanted:
        raise ConfigError(
            "No approved plan is waiting" if approved else "No plan is waiting",
            fix="asana-intel approve" if approved else "asana-intel plan",
        )
    return wanted[-1]


def show_plan(stored: StoredPlan) -> None:
    """Print a plan as a reviewer reads it."""
    console.print(
        f"[bold]Plan {stored.plan_id}[/bold]  {len(stored.rows)} changes, {stored.state}, mode {stored.mode.value},"
        f" data of {stored.as_of_at:%Y-%m-%d %H:%M}, expires {stored.expires_at:%Y-%m-%d %H:%M}"
    )
    for row in stored.rows:
        console.print(f"  {_SIGNS[row.decision]} {_line(row)}")
        console.print(f"      [dim]{row.reason.replace('[', chr(92) + '[')}  ({row.row_key})[/dim]")


def _line(row: PlanRow) -> str:
    sign = "[green]+[/green]" if row.old_value is None else "[yellow]~[/yellow]"
    change = row.new_value if row.old_value is None else f"{row.old_value} → {row.new_value}"
    text = f"{row.kind} {row.target_type} {row.target_gid} {row.field or ''}: {change}"
    return f"{sign} " + text.replace("[", "\\[")
