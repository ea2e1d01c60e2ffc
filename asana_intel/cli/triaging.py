"""The command triage: what is suggested for tasks that arrived, and one key an answer. Writes nothing to Asana."""

import getpass
import sys
from datetime import date, timedelta
from typing import Annotated, Any

import polars as pl
import typer
from rich.markup import escape

from asana_intel.cli.insight_tables import names, task_names
from asana_intel.cli.output import JsonFlag, command, console, show_json
from asana_intel.cli.reading import WeekOption, week_wanted
from asana_intel.cli.workbench import Workbench
from asana_intel.storage.triage_answers import SUGGESTIONS, Verb, answers_of, record_answers, suggestions, waiting

Row = dict[str, Any]
_KEYS = {"1": Verb.accept, "2": Verb.duplicate, "3": Verb.decline, "h": Verb.snooze}
_HELP = "1 accept · 2 duplicate · 3 decline · H snooze · S skip · Q quit"


@command
def triage(
    limit: Annotated[int, typer.Option(min=1, help="How many tasks at most.")] = 50,
    snooze_days: Annotated[int, typer.Option(min=1, help="After how many days a snoozed task comes back.")] = 7,
    who: Annotated[str | None, typer.Option("--as", help="Who answers; default: the user of this machine.")] = None,
    week: WeekOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Tasks that arrived, with suggestions: 1 accept, 2 duplicate, 3 decline, H snooze. Asana is not written to.

    Without a terminal, or with --json, it lists what waits.
    """
    bench = Workbench()
    week_on = week_wanted(bench, week)
    arrived = bench.tables.read("insights/task_triage", partition=week_on)
    queue = waiting(arrived, bench.database).sort("arrived_at", "task_gid", descending=[True, False])
    shown = _named(bench, queue.head(limit))
    if as_json:
        show_json(shown)
        return
    if not shown:
        console.print(f"No task waits for an answer in the week of {week_on}.")
    elif is_interactive():
        _ask(bench, shown, snooze_days, who or getpass.getuser())
    else:
        for row in shown:
            _show(row)
    if len(shown) < queue.height:
        console.print(f"[dim]{len(shown)} of {queue.height} shown; more with --limit.[/dim]")


def is_interactive() -> bool:
    """Whether somebody sits at a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _named(bench: Workbench, queue: pl.DataFrame) -> list[Row]:
    """Rows with the names of task, suggested person and duplicate."""
    tasks = dict(task_names(bench, pl.concat([queue["task_gid"], queue["duplicate_of_gid"]])).iter_rows())
    people = dict(names(bench, "marts/dim_person", "person_gid").iter_rows())
    return [
        row
        | {
            "name": tasks.get(row["task_gid"], row["task_gid"]),
            "person": people.get(row["person_gid"], row["person_gid"]),
            "duplicate_of": tasks.get(row["duplicate_of_gid"], row["duplicate_of_gid"]),
        }
        for row in queue.iter_rows(named=True)
    ]


def _show(row: Row) -> None:
    console.print(f"[bold]{escape(row['name'])}[/bold]  [dim]{row['arrived_at']:%Y-%m-%d}  {row['task_gid']}[/dim]")
    said = {"assignee": row["person"], "duplicate": row["duplicate_of"]}
    chips = [
        f"{about} [bold]{escape(said.get(about) or value)}[/bold] {row[SUGGESTIONS[about][1]]:.0%}"
        for about, value in suggestions(row).items()
    ]
    console.print("  " + (" · ".join(chips) or "[dim]no suggestion[/dim]"))
    if row["reason"]:
        console.print(f"  [dim]left open: {escape(row['reason'])}[/dim]")


def _ask(bench: Workbench, rows: list[Row], snooze_days: int, who: str) -> None:
    from asana_intel.changes.ledger import ledger_time

    console.print(f"[dim]{_HELP}[/dim]")
    counts: dict[Verb, int] = {}
    for row in rows:
        _show(row)
        key = _key(row)
        if key == "q":
            break
        if key == "s":
            continue
        verb = _KEYS[key]
        record_answers(
            bench.database, answers_of(row, verb, _until(row, snooze_days, verb)), who, ledger_time(bench.database)
        )
        counts[verb] = counts.get(verb, 0) + 1
        console.print(f"  [green]{verb.value}[/green]")
    said = ", ".join(f"{verb.value} {n}" for verb, n in counts.items()) or "none"
    console.print(f"Answers recorded: {said}. Nothing was written to Asana; the next plan proposes what was accepted.")


def _key(row: Row) -> str:
    """One key that makes sense for the task."""
    suggested = suggestions(row)
    while True:
        key = typer.getchar().lower()
        if key == "1" and not set(suggested) - {"duplicate"}:
            console.print("  [yellow]nothing is suggested that could be accepted[/yellow]")
        elif key == "2" and "duplicate" not in suggested:
            console.print("  [yellow]no duplicate is suggested[/yellow]")
        elif key in {*_KEYS, "s", "q"}:
            return key
        else:
            console.print(f"  [dim]{_HELP}[/dim]")


def _until(row: Row, days: int, verb: Verb) -> date | None:
    """A day of Asana's calendar, from what the table knows on."""
    return row["as_of_at"].date() + timedelta(days=days) if verb is Verb.snooze else None
