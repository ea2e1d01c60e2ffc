"""Commands around the audit chain: show, sign, verify, export. How what happened is printed is in history_pages.py."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from asana_intel.changes import audit_file, heads, history
from asana_intel.changes.ledger import ledger_time
from asana_intel.cli import history_pages
from asana_intel.cli.output import FAILED, JsonFlag, command, console, show_json
from asana_intel.cli.workbench import Workbench
from asana_intel.clock import parse_instant
from asana_intel.errors import ConfigError

audit_app = typer.Typer(help="The chain of what happened: look at it, sign it, check it.", no_args_is_help=True)
_MOST_SHOWN = 10
FromSeq = Annotated[int | None, typer.Option("--from-seq", min=1, help="Number of the first entry in the file.")]


@audit_app.command("show")
@command
def show(
    row: Annotated[str | None, typer.Option(help="The whole story of one row of a plan (its key).")] = None,
    plan: Annotated[str | None, typer.Option(help="What happened to this plan.")] = None,
    object_gid: Annotated[str | None, typer.Option("--object", help="What happened to this object of Asana.")] = None,
    event: Annotated[str | None, typer.Option(help="Only this event, such as row_done.")] = None,
    since: Annotated[str | None, typer.Option(help="Not before this date or instant (ISO 8601, UTC).")] = None,
    last: Annotated[int, typer.Option(min=1, help="At most so many entries, the newest.")] = 50,
    as_json: JsonFlag = False,
) -> None:
    """Who did what and when. With --row: what was planned, judged, decided, sent and read back."""
    database = Workbench().database
    if row is not None:
        if object_gid or event or since:
            raise ConfigError("--row tells the story of one row", fix="narrow it with --plan alone")
        stories = history.row_stories(database, row, plan)
        history_pages.show_stories(stories, as_json=as_json)
        if any(story.contradictions for story in stories):
            raise typer.Exit(FAILED)
        return
    wanted = history.Wanted(plan, object_gid, event, _instant(since), last)
    told, has_older = history.entries(database, wanted)
    if as_json:
        history_pages.show_entries(told, as_json=True)
    elif not told:
        known = ", ".join(history.events(database)) or "none yet"
        console.print(f"No entry is like that. Events on the chain: {escape(known)}")
    else:
        history_pages.show_entries(told, as_json=False)
        if has_older:
            console.print(f"Older ones are left out: --last {2 * last} shows more")


@audit_app.command("sign")
@command
def sign(as_json: JsonFlag = False) -> None:
    """Sign the chain as it is now, so that entries cut off later are missed; plan and apply do so, too."""
    bench = Workbench()
    head = heads.sign(bench.database, bench.settings.audit_folder, ledger_time(bench.database))
    if as_json:
        show_json(asdict(head) if head else None)
    else:
        console.print(f"Entry {head.seq:,} is signed, at {head.at}." if head else "There is nothing to sign yet.")


@audit_app.command("verify")
@command
def verify(
    file: Annotated[Path | None, typer.Option(help="Check this exported file, without any database.")] = None,
    public_key: Annotated[
        Path | None,
        typer.Option(help="Public key that was kept elsewhere (PEM): the one beside the heads may have been replaced."),
    ] = None,
    from_seq: FromSeq = None,
    as_json: JsonFlag = False,
) -> None:
    """Check every entry and every signed head: what was changed, reordered, removed or cut off is found."""
    if file is None:
        if from_seq is not None:
            raise ConfigError("--from-seq is about a file; what is stored is checked from entry 1", fix="name --file")
        bench = Workbench()
        key = None if public_key is None else _read(public_key)
        verdict = heads.check_stored(bench.database, bench.settings.audit_folder, ledger_time(bench.database), key)
    elif public_key is None:
        raise ConfigError("A file proves nothing without the public key", fix=f"--public-key {heads.PUBLIC_KEY}")
    else:
        verdict = audit_file.check_file(file, _read(public_key), from_seq or 1)
    if as_json:
        show_json({**asdict(verdict), "intact": not verdict.faults})
    else:
        _show(verdict, from_seq or 1)
    if verdict.faults:
        raise typer.Exit(FAILED)


@audit_app.command("export")
@command
def export(
    file: Annotated[Path, typer.Argument(help="File to write; must not exist yet.")],
    from_seq: FromSeq = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the chain and its signed heads as JSON Lines, for others to check; docs/audit.md says how."""
    bench = Workbench()
    done = audit_file.export(bench.database, bench.settings.audit_folder, file, from_seq or 1)
    if as_json:
        show_json({"file": str(file), **asdict(done)})
        return
    console.print(f"{done.entries:,} entries written to {escape(str(file))}", soft_wrap=True)
    if done.last is not None and (done.head is None or done.head.seq < done.last):
        since = f"after {done.head.seq:,} " if done.head else ""
        console.print(f"[yellow]![/yellow] The entries {since}are not signed yet: audit sign, then export again")


def _instant(since: str | None) -> datetime | None:
    try:
        return None if since is None else parse_instant(since)
    except ValueError:
        raise ConfigError(
            f"'{since}' is no date and no instant", fix="write it as 2026-03-01 or 2026-03-01T12:00:00Z"
        ) from None


def _read(public_key: Path) -> bytes:
    try:
        return public_key.read_bytes()
    except OSError as wrong:
        raise ConfigError(f"{public_key} cannot be read: {wrong.strerror}", fix="name the public key, PEM") from None


def _show(verdict: heads.Verdict, first: int) -> None:
    for note in verdict.notes:
        console.print(f"[yellow]![/yellow] {escape(note)}")
    for fault in verdict.faults[:_MOST_SHOWN]:
        console.print(f"[red]✗[/red] {escape(fault.message)}\n  [dim]fix:[/dim] {escape(fault.fix)}")
    if len(verdict.faults) > _MOST_SHOWN:
        console.print(f"  and {len(verdict.faults) - _MOST_SHOWN:,} more")
    if not verdict.faults:
        head = verdict.head
        signed = f"signed up to entry {head.seq:,} at {head.at}" if head else "not signed yet"
        tail = first + verdict.entries - 1 - head.seq if head else 0
        console.print(
            f"{verdict.entries:,} entries, chain intact, {signed}{f', not the {tail:,} after it' if tail > 0 else ''}"
        )
