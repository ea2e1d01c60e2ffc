"""Commands that read Asana and the tables: sync, query, forecast, capacity, report, digest."""

from contextlib import nullcontext
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import polars as pl
import typer
from rich.markup import escape

from asana_intel.cli.output import JsonFlag, Progress, command, console, show_frame, show_json
from asana_intel.cli.workbench import Workbench
from asana_intel.clock import monday_of, parse_instant
from asana_intel.errors import ConfigError
from asana_intel.storage.sync_log import require_last_sync

if TYPE_CHECKING:
    from asana_intel.report.inputs import ReportInputs

WeekOption = Annotated[
    datetime | None,
    typer.Option("--week", formats=["%Y-%m-%d"], help="A day of the week wanted; default: the last sync's week."),
]


@command
def sync(
    full: Annotated[bool, typer.Option("--full", help="Read everything again, also what did not change.")] = False,
    reconcile: Annotated[
        bool, typer.Option("--reconcile", help="Beside reading events, list everything, and repair what they missed.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Read the workspace from Asana into the raw tables. Changes nothing in Asana."""
    from asana_intel.asana.reader import AsanaReader
    from asana_intel.raw.sync import sync_workspace
    from asana_intel.raw.sync_plan import How

    bench = Workbench()
    reader = AsanaReader.from_settings(bench.settings, lambda: bench.database)
    progress = None if as_json else Progress("Reading Asana …")
    with console.status(progress) if progress else nullcontext():
        report = sync_workspace(
            reader,
            bench.tables,
            bench.database,
            bench.settings,
            how=How.full if full else How.reconcile if reconcile else How.auto,
            on_progress=progress.note if progress else None,
        )
    if as_json:
        show_json(report)
        return
    changes = pl.DataFrame(
        [
            {"table": name, "added": report.added.get(name, 0), "changed": report.changed.get(name, 0),
             "deleted": report.deleted.get(name, 0), "rows": bench.tables.count(f"raw/{name}")}
            for name in sorted({*report.added, *report.changed, *report.deleted})
        ]
    )  # fmt: skip
    show_frame(changes, as_json=False, title=f"Synced as of {report.synced_at:%Y-%m-%d %H:%M} (Asana's clock)")
    console.print(
        f"Read by {report.how}: {report.requests:,} requests, {report.efficiency:.2f} times the least that could do"
    )
    if report.loss_rate is not None:
        console.print(
            f"Events had not told of {report.lost:,} changed tasks, {report.loss_rate:.1%}; they are repaired"
        )
    if report.resumed_pages:
        console.print(f"Went on where a sync was interrupted: {report.resumed_pages:,} pages were already here")
    for name, why in report.unavailable.items():
        console.print(f"[yellow]not available[/yellow] {name}: {escape(why)}")
    for name, why in report.incomplete.items():
        console.print(f"[yellow]incomplete[/yellow] {name}: {escape(why)}")
    for warning in report.warnings:
        console.print(f"[yellow]warning[/yellow] {escape(warning)}")


@command
def query(
    sql: Annotated[str, typer.Argument(help='For example: "select name, completed from raw.tasks limit 5"')],
    as_of: Annotated[
        str | None,
        typer.Option(
            help="Show raw, staging and marts as they stood then: a date (its end, UTC) or an instant (ISO 8601)."
        ),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Run SQL (DuckDB) over the tables; they are called stage.table, such as marts.dim_goal. Read-only."""
    from asana_intel.storage.sql import run_sql

    bench = Workbench()
    tables = bench.tables
    if as_of is not None:
        from asana_intel.cli.past import Past

        tables = Past(tables, _instant(as_of, bench))
    show_frame(run_sql(tables, sql), as_json=as_json)


def _instant(as_of: str, bench: Workbench) -> datetime:
    """The instant meant: a date's last one, and never after the last sync, since nothing is known of later."""
    try:
        meant = parse_instant(as_of)
    except ValueError:
        raise ConfigError(
            f"'{as_of}' is no date and no instant", fix="write it as 2026-03-01 or 2026-03-01T12:00:00Z"
        ) from None
    if len(as_of) == len("2026-03-01"):
        meant += timedelta(days=1, microseconds=-1)
    return min(meant, require_last_sync(bench.database).synced_at)


def week_wanted(bench: Workbench, week: datetime | None) -> date:
    """The Monday of the week asked for, or of the last sync's."""
    return monday_of(week.date()) if week else bench.latest_week()


def _names(bench: Workbench, key: str, gid: str) -> pl.DataFrame:
    return bench.tables.read(key).select(gid, "name")


@command
def forecast(
    week: WeekOption = None,
    refresh: Annotated[bool, typer.Option(help="Compute first from the tables as they are.")] = True,
    as_json: JsonFlag = False,
) -> None:
    """Odds that each open goal reaches its target by its due date."""
    bench = Workbench()
    week_on = week_wanted(bench, week)
    if refresh:
        with console.status(f"Forecasting the week of {week_on} …"):
            bench.run_job("rebuild_week", week_on=week_on)
    rows = bench.tables.read("forecasts/goal_attainment", partition=week_on)
    frame = rows.join(_names(bench, "marts/dim_goal", "goal_gid"), on="goal_gid", how="left").sort(
        "p_attain", nulls_last=True
    )
    columns = ["name", "p_attain", "p_attain_change", "baseline_p", "current_value", "value_p50", "target_value",
               "due_on", "predicted_on", "status", "reason"]  # fmt: skip
    show_frame(
        frame, as_json=as_json, title=f"Odds in the week of {week_on}", columns=frame.columns if as_json else columns
    )


@command
def capacity(
    executive: Annotated[
        bool, typer.Option("--executive", help="For leaders: how full teams are and what it costs, nobody by name.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="With --executive: a file to write as a page, with the headcount.")
    ] = None,
    week: WeekOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Hours each person is expected to get done in the coming weeks, against hours assigned."""
    bench = Workbench()
    week_on = week_wanted(bench, week)
    if executive:
        from asana_intel.cli.planning import show_executive

        show_executive(bench, week_on, out, as_json=as_json)
        return
    if out is not None:
        raise ConfigError("--out is for the page of --executive", fix="add --executive, or leave --out out")
    rows = bench.tables.read("forecasts/person_capacity", partition=week_on)
    frame = rows.join(_names(bench, "marts/dim_person", "person_gid"), on="person_gid", how="left").sort(
        "name", "week_on", nulls_last=True
    )
    columns = ["name", "week_on", "mean", "p10", "p90", "available_hours", "assigned_hours", "load_pct", "p_overload"]
    show_frame(
        frame, as_json=as_json, title=f"Capacity, week of {week_on}", columns=frame.columns if as_json else columns
    )


def _report_inputs(bench: Workbench, week_on: date) -> "ReportInputs":
    from asana_intel.report.inputs import inputs_of_week

    return inputs_of_week(bench.tables, bench.database, bench.settings, week_on)


@command
def report(
    out: Annotated[Path | None, typer.Option(help="File to write; default: HOME/reports/<week>.html")] = None,
    made_for: Annotated[
        str | None,
        typer.Option(
            "--for", help="Who will read it: everybody (figures of groups only), lead, manager:GID or self:GID."
        ),
    ] = None,
    week: WeekOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the HTML report: one file, no network. Without --for it shows no figure of a single person."""
    from asana_intel.report.assets import report_path
    from asana_intel.report.audience import parse_audience
    from asana_intel.report.render import write_report

    bench = Workbench()
    audience = parse_audience(made_for, list(bench.settings.audience.roles))
    week_on = week_wanted(bench, week)
    inputs = _report_inputs(bench, week_on)
    path = write_report(out or report_path(bench.settings, week_on.isoformat(), audience), inputs, audience)
    if as_json:
        show_json({"file": str(path), "bytes": path.stat().st_size})
    else:
        console.print(f"Report: {path}")


@command
def digest(
    out: Annotated[Path | None, typer.Option(help="Folder or file to write to; default: HOME/reports.")] = None,
    form: Annotated[Literal["html", "eml", "txt"] | None, typer.Option("--format", help="Default: all three.")] = None,
    week: WeekOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the weekly digest: a page, plain text and a mail that names no person. Sends nothing."""
    from asana_intel.report.assets import digest_folder
    from asana_intel.report.digest import weekly_digest
    from asana_intel.report.mail import write_digest

    bench = Workbench()
    week_on = week_wanted(bench, week)
    inputs = _report_inputs(bench, week_on)
    paths = write_digest(out or digest_folder(bench.settings), weekly_digest(inputs), form)
    if as_json:
        show_json({name: {"file": str(path), "bytes": path.stat().st_size} for name, path in paths.items()})
    else:
        for path in paths.values():
            console.print(f"Digest: {path}")
