"""The command narrative: what was written of the week, what proves it, what a model would be shown and what it took."""

import sys
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
import typer
from rich.markup import escape

from asana_intel.cli.output import JsonFlag, command, console, show_frame, show_json
from asana_intel.cli.reading import WeekOption, week_wanted
from asana_intel.cli.workbench import Workbench
from asana_intel.errors import ConfigError
from asana_intel.settings import LlmMode

if TYPE_CHECKING:
    from asana_intel.report.sections.evidence import Told

Row = dict[str, Any]
_DEFAULT_KIND = "goal_progress"
_ALL = "all"
# The gid that names a subject to people, and the table that knows its name.
_NAMED_IN = {
    "goal_gid": "marts/dim_goal",
    "person_gid": "marts/dim_person",
    "portfolio_gid": "staging/portfolios",
    "project_gid": "marts/dim_project",
    "team_gid": "staging/teams",
}
_SUBJECTS = ("goal_gid", "project_gid", "team_gid")  # of an alignment note


@command
def narrative(
    subject: Annotated[
        str | None,
        typer.Argument(metavar="[SUBJECT]", help="Gid of a goal, or of what the kind is about; default: all."),
    ] = None,
    kind: Annotated[str, typer.Option(help="Kind of narrative, such as portfolio_report; or all.")] = _DEFAULT_KIND,
    week: WeekOption = None,
    with_evidence: Annotated[
        bool, typer.Option("--with-evidence", help="The facts each text states, with links to what proves them.")
    ] = False,
    explain_payload: Annotated[
        bool, typer.Option("--explain-payload", help="Print exactly what would be sent to the model. Sends nothing.")
    ] = False,
    spent: Annotated[
        bool, typer.Option("--spent", help="Requests, tokens and money of the newest run, today and this month.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """The sentences written about each goal, portfolio, full week or team, and what proves them."""
    bench = Workbench()
    if spent:
        _show_spent(bench, as_json=as_json)
        return
    tables = _tables(kind)
    week_on = week_wanted(bench, week)
    if explain_payload:
        _explain(bench, kind, subject, week_on, as_json=as_json)
        return
    rows = [row for name, table in tables.items() for row in _rows(bench, name, table, week_on, subject)]
    if subject is not None and not rows:
        raise ConfigError(
            f"No narrative of kind {kind} for {subject} in the week of {week_on}", fix="run `asana-intel forecast`"
        )
    told = _evidence(bench, rows, week_on) if with_evidence else {}
    if as_json:
        show_json([row | _as_json(told.get((row["kind"], row["subject_id"]))) for row in rows])
        return
    for row in rows:
        _show(row, told.get((row["kind"], row["subject_id"])))
    if not rows:
        console.print(f"Nothing was written in the week of {week_on}. Run `asana-intel forecast`.")


def _tables(kind: str) -> Mapping[str, str]:
    """The tables of the kinds that were asked for."""
    from asana_intel.narratives.narrated import NARRATED

    tables = {str(narrated.outline.kind): narrated.table for narrated in NARRATED}
    if kind == _ALL:
        return tables
    if kind not in tables:
        raise ConfigError(f"There is no kind of narrative called {kind}", fix=f"one of {', '.join(tables)} or {_ALL}")
    return {kind: tables[kind]}


def _rows(bench: Workbench, kind: str, table: str, week_on: date, subject: str | None) -> list[Row]:
    """Texts of one kind by name, each with its kind, its subject's key and name; those of one subject where wanted."""
    from asana_intel.storage.contracts import CONTRACTS

    key = CONTRACTS[table].unique[1:]
    names = _names(bench, key[0])
    rows = []
    for row in bench.tables.read(table, partition=week_on).iter_rows(named=True):
        subject_id = ":".join(str(row[column]) for column in key)
        if subject in (None, subject_id, str(row[key[0]])):
            name = " ".join([names.get(str(row[key[0]])) or str(row[key[0]]), *(str(row[c]) for c in key[1:])])
            rows.append(row | {"kind": kind, "subject_id": subject_id, "name": name})
    return sorted(rows, key=lambda row: (row["name"], row["subject_id"]))


def _names(bench: Workbench, gid: str) -> dict[str, str]:
    if gid == "subject_gid":
        return {gid: name for kind in _SUBJECTS for gid, name in _names(bench, kind).items()}
    table = _NAMED_IN.get(gid)
    return dict(bench.tables.read(table).select(gid, "name").iter_rows()) if table else {}


def _evidence(bench: Workbench, rows: list[Row], week_on: date) -> Mapping[tuple[str, str], "Told"]:
    from asana_intel.report.inputs import collect_inputs
    from asana_intel.report.sections.evidence import Evidence

    evidence = Evidence(collect_inputs(bench.tables, None, as_of_on=week_on, mode=bench.settings.mode.value))
    keys = ((row["kind"], row["subject_id"], row) for row in rows)
    return {(kind, subject_id): evidence.of(kind, subject_id, row) for kind, subject_id, row in keys}


def _show(row: Row, told: "Told | None") -> None:
    from asana_intel.report.sections.evidence import written_by

    about = [row[column].replace("_", " ") for column in ("status_type", "subject_type") if row.get(column)]
    small = escape(", ".join([*about, written_by(row)]))
    console.print(f"[bold]{escape(row['name'])}[/bold]  [dim]{small}[/dim]")
    console.print(f"  {escape(row['text'])}")
    for number, fact in enumerate(told.facts if told else (), start=1):
        links = " ".join(proof.object.url or "" for proof in fact.proofs)
        more = f" + {fact.more} more" if fact.more else ""
        console.print(f"  {number:>3}. {escape(f'{fact.meaning}: {fact.value}')}  [dim]{links}{more}[/dim]")
    console.print()


def _as_json(told: "Told | None") -> Row:
    if told is None:
        return {}
    return {
        "sentences": [
            {"text": s.text, "links": [p.object.url for p in s.proofs], "more": s.more} for s in told.sentences
        ],
        "facts": [
            {"meaning": f.meaning, "value": f.value, "links": [p.object.url for p in f.proofs], "more": f.more}
            for f in told.facts
        ],
    }


def _show_spent(bench: Workbench, *, as_json: bool) -> None:
    from asana_intel.narratives.model.spent import spent

    stretches = [vars(stretch) | {"usd": float(stretch.usd)} for stretch in spent(bench.database, bench.settings.llm)]
    show_frame(
        pl.DataFrame(stretches, infer_schema_length=None), as_json=as_json, title="What models took, of its caps"
    )


def _explain(bench: Workbench, kind: str, subject: str | None, week_on: date, *, as_json: bool) -> None:
    """Print the bytes of the request about one subject, made as a run of the week would make it."""
    llm = bench.settings.llm
    why = "no model is set (llm.model), or it may not write (llm.mode)"
    body = b""
    if llm.model is not None and llm.mode is not LlmMode.template:
        body = _payload(bench, kind, subject, week_on)
        why = "of what is true here there is nothing to choose"
    if not body and as_json:
        show_json({"is_sent": False, "body": None})
    elif not body:
        console.print(f"Nothing would be sent: {why}.")
    elif as_json:
        show_json({"is_sent": True, "bytes": len(body), "body": body.decode()})
    else:
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()


def _payload(bench: Workbench, kind: str, subject: str | None, week_on: date) -> bytes:
    from asana_intel.narratives.narrated import NARRATED
    from asana_intel.narratives.payload import explain_payload
    from asana_intel.narratives.privacy.comments import WorkspaceComments
    from asana_intel.narratives.privacy.roster import roster_of
    from asana_intel.storage.sync_log import as_of_week

    narrated = next((narrated for narrated in NARRATED if narrated.outline.kind == kind), None)
    if narrated is None or subject is None:
        raise ConfigError(
            "A payload is about one subject of one kind",
            fix="asana-intel narrative SUBJECT --kind KIND --explain-payload",
        )
    read = cache(bench.tables.read)
    comments = WorkspaceComments(read)
    comments.until = as_of_week(bench.database, week_on)
    sheets = {sheet.subject_id: sheet for sheet in narrated.sheets(read, week_on, comments.until)}
    asked = [name for name in sorted(sheets) if subject in (name, str(next(iter(sheets[name].subject.values()))))]
    if not asked:
        raise ConfigError(
            f"Nothing is narrated of {subject} in the week of {week_on}",
            fix=f"one of {', '.join(sorted(sheets)[:10])}" if sheets else "run `asana-intel forecast`",
        )
    return explain_payload(
        sheets[asked[0]], narrated.outline, bench.settings.llm, comments, roster_of(read), bench.database
    )
