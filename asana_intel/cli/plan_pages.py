"""How a plan and its rows are printed for those who decide on them; decides and asks nothing."""

from collections.abc import Mapping

from rich.markup import escape

from asana_intel.changes.ledger import PlanRow, StoredPlan
from asana_intel.changes.words import in_words
from asana_intel.cli.output import console
from asana_intel.cli.workbench import Workbench
from asana_intel.settings import Mode
from asana_intel.storage.naming import gids_of, names_of, with_names

_SIGNS = {"pending": "[dim]?[/dim]", "approved": "[green]✓[/green]", "rejected": "[red]✗[/red]"}


def names_in(bench: Workbench, stored: StoredPlan) -> dict[str, str]:
    """Gid -> name of what the rows of a plan are about, and of what their values refer to."""
    return names_of(bench.tables, gids_of(stored.rows))


def show_plan(stored: StoredPlan, names: Mapping[str, str]) -> None:
    """Print a plan as a reviewer reads it; `names` as `names_in` gives them."""
    console.print(
        f"[bold]Plan {stored.plan_id}[/bold]  {len(stored.rows)} changes, {stored.state}, mode {stored.mode.value},"
        f" data of {stored.as_of_at:%Y-%m-%d %H:%M}, expires {stored.expires_at:%Y-%m-%d %H:%M}\n"
        f"[dim]hash {stored.plan_hash}[/dim]"
    )
    for row in stored.rows:
        console.print(f"  {_SIGNS[row.decision]} {line(row, names)}")
        console.print(f"      [dim]{row.reason.replace('[', chr(92) + '[')}  ({row.row_key}{_after(row)})[/dim]")


def facts(row: PlanRow, mode: Mode) -> str:
    """What one needs to know of a row beside the change itself; the mode is what the policy says of it."""
    sure = "" if row.confidence is None else f", {row.confidence:.0%} sure"
    facts = f"{row.risk} risk, by {row.made_by}{sure}, {len(row.evidence_gids)} pieces of evidence, mode {mode.value}"
    return f"{escape(row.reason)}  [dim]({escape(facts)}{_after(row)})[/dim]"


def _after(row: PlanRow) -> str:
    return f", only with {row.after_key}" if row.after_key else ""


def line(row: PlanRow, names: Mapping[str, str]) -> str:
    """A change in a line; `names` as `names_in` gives them."""
    sign = "[green]+[/green]" if row.old_value is None else "[yellow]~[/yellow]"
    words = in_words(row, names)
    return f"{sign} " + escape(f"{row.kind} {words}" if words is not None else _change(row, names))


def _change(row: PlanRow, names: Mapping[str, str]) -> str:
    values = [with_names(value, names) for value in (row.old_value, row.new_value) if value is not None]
    called = f"“{names[row.target_gid]}” " if row.target_gid in names else ""
    return f"{row.kind} {row.target_type} {called}{row.target_gid} {row.field or ''}: {' → '.join(values)}"
