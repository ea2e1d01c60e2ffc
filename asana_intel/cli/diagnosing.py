"""The command that says what works, what is missing and what that costs: doctor."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import typer

from asana_intel.cli.output import CHANGES, JsonFlag, command, console, show_json
from asana_intel.cli.workbench import Workbench
from asana_intel.errors import AsanaIntelError
from asana_intel.settings import Mode
from asana_intel.storage.sync_log import last_sync


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    ok: bool
    says: str
    fix: str | None = None


@command
def doctor(as_json: JsonFlag = False) -> None:
    """Look at settings, database, Asana and data; exit code 2 when something needs a hand."""
    bench = Workbench()
    findings = [*_settings(bench), *_database(bench), *_asana(bench), *_readiness(bench)]
    if as_json:
        show_json([asdict(f) for f in findings])
    else:
        for finding in findings:
            console.print(
                f"{'[green]✓[/green]' if finding.ok else '[yellow]![/yellow]'} {finding.subject}: {finding.says}"
            )
            if finding.fix and not finding.ok:
                console.print(f"    [dim]fix:[/dim] {finding.fix}")
    if not all(f.ok for f in findings):
        raise typer.Exit(CHANGES)


def _settings(bench: Workbench) -> Iterator[Finding]:
    settings = bench.settings
    writer = "present" if settings.asana.writer_token else "absent"
    yield Finding("mode", True, f"{settings.mode.value}; writer token {writer}")
    if settings.mode in {Mode.propose, Mode.auto} and not settings.asana.writer_token:
        yield Finding(
            "writer", False, "the mode allows writes, but there is no writer token", "set ASANA_INTEL_WRITER_TOKEN"
        )
    yield Finding("home", True, str(settings.home.absolute()))


def _database(bench: Workbench) -> Iterator[Finding]:
    try:
        database = bench.database
    except AsanaIntelError as problem:
        yield Finding("PostgreSQL", False, problem.message, problem.fix)
        return
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit')"
        )
        version, fsync, commit = cursor.fetchone() or ("", "", "")
        cursor.execute(
            "SELECT job_name, count(*) FROM run_failure WHERE failed_at > now() - interval '7 days' GROUP BY 1"
        )
        failures = cursor.fetchall()
    durable = fsync == "on" and commit == "on"
    yield Finding(
        "PostgreSQL",
        durable,
        f"{version}, {'durable' if durable else 'may lose commits'}",
        "fsync and synchronous_commit on",
    )
    for job, count in failures:
        yield Finding(f"job {job}", False, f"failed {count} times in seven days", "look at its runs in the Dagster UI")


def _asana(bench: Workbench) -> Iterator[Finding]:
    from asana_intel.asana.reader import AsanaReader
    from asana_intel.asana.session import AsanaSession

    try:
        reader = AsanaReader(AsanaSession.from_settings(bench.settings, role="reader"))
        workspace = reader.workspace(bench.settings)
        yield Finding("Asana", True, f"workspace {workspace}, its clock says {reader.server_time():%Y-%m-%d %H:%M} UTC")
    except AsanaIntelError as problem:
        yield Finding("Asana", False, problem.message, problem.fix)


def _readiness(bench: Workbench) -> Iterator[Finding]:
    newest = last_sync(bench.database)
    if newest is None:
        yield Finding("data", False, "nothing was synced yet", "asana-intel sync")
        return
    yield Finding("data", True, f"as of {newest.synced_at:%Y-%m-%d %H:%M} UTC")
    for row in bench.tables.read("marts/fct_data_readiness").iter_rows(named=True):
        if row["total"]:
            share = row["share"] or 0.0
            yield Finding(
                row["measure"], True, f"{row['covered']:,} of {row['total']:,} ({share:.0%}); {row['unlocks']}"
            )
    rejected = bench.tables.count("staging/quarantine")
    if rejected:
        yield Finding(
            "quarantine", False, f"{rejected} records were set aside", 'asana-intel query "from staging.quarantine"'
        )
