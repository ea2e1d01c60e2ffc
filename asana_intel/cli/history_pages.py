"""How what happened is printed: entries of the chain as a table, the story of a row as a page, both as JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rich.markup import escape
from rich.table import Table

from asana_intel.changes.audit import Entry
from asana_intel.changes.canonical import shortened
from asana_intel.changes.history import RowStory, Told
from asana_intel.changes.ledger import PlanRow
from asana_intel.changes.words import in_words
from asana_intel.cli.output import console, show_json

_OF_THE_ROW = {"kind", "target_gid", "field"}  # said by the change itself
_OF_THE_STORY = {"plan_id", "row_key", "row_keys"}
_MOST_KEYS, _LONGEST_VALUE = 3, 60


def show_entries(told: Sequence[Told], *, as_json: bool) -> None:
    """Print entries, oldest first."""
    if as_json:
        show_json([one.entry._asdict() for one in told])
        return
    table = Table(header_style="bold", box=None, pad_edge=False)
    table.add_column("seq", justify="right")
    for name in ("at (UTC)", "who", "what", "about"):
        table.add_column(name, overflow="fold")
    for one in told:
        table.add_row(*_cells(one.entry, _about(one)))
    console.print(table)


def show_stories(stories: Sequence[RowStory], *, as_json: bool) -> None:
    """Print the story of a row, once for each plan that holds it."""
    if as_json:
        show_json([{**asdict(story), "entries": [e._asdict() for e in story.entries]} for story in stories])
        return
    for story in stories:
        console.print(f"[bold]Row {story.row.row_key} of plan {story.plan.plan_id}[/bold]")
        page = Table.grid(padding=(0, 2))
        for name, lines in _page(story):
            page.add_row(f"  [dim]{name}[/dim]", escape("\n".join(lines)))
        console.print(page)
        for wrong in story.contradictions:
            console.print(f"[red]✗[/red] {escape(wrong)}")
        if not story.contradictions:
            console.print("[green]✓[/green] The tables say what the chain says; audit verify checks the chain itself")


def _page(story: RowStory) -> Iterable[tuple[str, list[str]]]:
    plan, row, receipt, created = story.plan, story.row, story.receipt, story.created
    yield (
        "plan",
        [
            f"{plan.purpose}, by {plan.author}, mode {plan.mode}, now {plan.state}",
            f"proposed {_time(plan.created_at)}, data of {_time(plan.as_of_at)}",
            f"hash {plan.plan_hash}",
        ],
    )
    yield "change", [_change(row, row.new_value, row.old_value)]
    yield "reason", [row.reason]
    yield "evidence", [", ".join(row.evidence_gids) or "none"]
    yield "made by", [f"{row.made_by or 'unknown'}, risk {row.risk}"]
    yield "confidence", ["none" if row.confidence is None else f"{row.confidence:g}"]
    yield (
        "gates",
        [
            f"{_time(gate.evaluated_at)}  {gate.table_key}, {gate.row_count:,} rows:"
            f" {'passed' if gate.passed else 'failed: ' + ', '.join(gate.failed)}"
            for gate in story.gates
        ]
        or ["never judged"],
    )
    yield "decisions", [f"{_time(one.at)}  {one.decision} by {one.approver}" for one in story.approvals] or ["none"]
    yield "state", [row.state + (f": {row.error}" if row.error else "")]
    yield (
        "chain",
        [
            "  ".join(
                (str(entry.seq), _time(entry.at), entry.actor, _words(entry.event), _rest(entry.body, _OF_THE_STORY))
            )
            for entry in story.entries
        ],
    )
    yield "receipt", [_receipt(receipt.result_gid, receipt.at, is_equal=receipt.verified) if receipt else "none"]
    if created is not None:
        yield "marker", [f"{created.marker} in {created.result_gid}, since {_time(created.at)}"]


def _cells(entry: Entry, about: str) -> tuple[str, ...]:
    return str(entry.seq), _time(entry.at), escape(entry.actor), escape(_words(entry.event)), escape(about)


def _about(told: Told) -> str:
    row, body = told.row, told.entry.body
    if row is None:
        return _rest(body, set())
    change = _change(row, _brief(row.new_value), row.old_value and _brief(row.old_value))
    return f"{change}; {_rest(body, _OF_THE_ROW)}"


def _change(row: PlanRow, new: str, old: str | None) -> str:
    if (words := in_words(row)) is not None:
        return f"{row.kind} {words}"
    what = f"{row.kind} {row.target_type} {row.target_gid} {row.field or ''}".rstrip()
    return f"{what}: {new}" if old is None else f"{what}: {old} → {new}"


def _rest(body: dict[str, Any], said: set[str]) -> str:
    """What else an entry tells, in words; hashes are for the check, and stand in the JSON."""
    said = said | _OF_THE_ROW if "row_key" in body else said
    return ", ".join(
        f"{_words(key)} {_told(value)}"
        for key, value in body.items()
        if key not in said and not key.endswith("_hash") and value is not None
    )


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) if len(value) <= _MOST_KEYS else f"{len(value):,}"
    if isinstance(value, dict):
        return ", ".join(f"{inner} {_words(key)}" for key, inner in value.items())
    return str(value)


def _receipt(result_gid: str | None, at: datetime, *, is_equal: bool) -> str:
    end = "read back and equal" if is_equal else "read back, and it differs"
    return f"{_time(at)}  object {result_gid or 'unknown'}, {end}"


def _brief(value: str) -> str:
    return shortened(value.replace("\n", " "), _LONGEST_VALUE)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
