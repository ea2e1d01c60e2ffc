"""Commands around the audit chain: sign, verify."""

from dataclasses import asdict

import typer
from rich.markup import escape

from asana_intel.changes import heads
from asana_intel.changes.ledger import ledger_time
from asana_intel.cli.output import FAILED, JsonFlag, command, console, show_json
from asana_intel.cli.workbench import Workbench

audit_app = typer.Typer(help="The chain of what happened: sign it, check it.", no_args_is_help=True)
_MOST_SHOWN = 10


@audit_app.command("sign")
@command
def sign(as_json: JsonFlag = False) -> None:
    """Sign the chain as it is now, so that entries cut off later are missed; plan and apply do so, too."""
    bench = Workbench()
    head = heads.sign(bench.database, bench.settings.home / heads.FOLDER, ledger_time(bench.database))
    if as_json:
        show_json(asdict(head) if head else None)
    else:
        console.print(f"Entry {head.seq:,} is signed, at {head.at}." if head else "There is nothing to sign yet.")


@audit_app.command("verify")
@command
def verify(as_json: JsonFlag = False) -> None:
    """Check every entry and every signed head: what was changed, reordered, removed or cut off is found."""
    bench = Workbench()
    verdict = heads.check_stored(bench.database, bench.settings.home / heads.FOLDER, ledger_time(bench.database))
    if as_json:
        show_json({**asdict(verdict), "intact": not verdict.faults})
    else:
        _show(verdict)
    if verdict.faults:
        raise typer.Exit(FAILED)


def _show(verdict: heads.Verdict) -> None:
    for note in verdict.notes:
        console.print(f"[yellow]![/yellow] {escape(note)}")
    for fault in verdict.faults[:_MOST_SHOWN]:
        console.print(f"[red]✗[/red] {escape(fault.message)}\n  [dim]fix:[/dim] {escape(fault.fix)}")
    if len(verdict.faults) > _MOST_SHOWN:
        console.print(f"  and {len(verdict.faults) - _MOST_SHOWN:,} more")
    if not verdict.faults:
        head = verdict.head
        signed = f"signed up to entry {head.seq:,} at {head.at}" if head else "not signed yet"
        console.print(f"{verdict.entries:,} entries, chain intact, {signed}")
