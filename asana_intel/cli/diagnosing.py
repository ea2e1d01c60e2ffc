"""The command that says what works, what is missing and what that costs: doctor."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from asana_intel.asana.auth import has_credential
from asana_intel.changes.policy import rules
from asana_intel.changes.stopping import stop_check
from asana_intel.cli.output import CHANGES, JsonFlag, command, console, show_json
from asana_intel.cli.workbench import Workbench
from asana_intel.errors import AsanaIntelError
from asana_intel.settings import Mode
from asana_intel.storage.sync_log import last_sync

if TYPE_CHECKING:
    from asana_intel.asana.auth import Role
    from asana_intel.asana.probe import TokenFacts
    from asana_intel.asana.session import AsanaSession
    from asana_intel.storage.postgres import Database


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
    findings = [*_settings(bench), *_database(bench), *_asana(bench), *_readiness(bench), *_fields(bench)]
    if as_json:
        show_json([asdict(f) for f in findings])
    else:
        for finding in findings:
            sign = "[green]✓[/green]" if finding.ok else "[yellow]![/yellow]"
            console.print(f"{sign} {escape(f'{finding.subject}: {finding.says}')}")
            if finding.fix and not finding.ok:
                console.print(f"    [dim]fix:[/dim] {escape(finding.fix)}")
    if not all(f.ok for f in findings):
        raise typer.Exit(CHANGES)


def _settings(bench: Workbench) -> Iterator[Finding]:
    settings = bench.settings
    has_writer = has_credential(settings, "writer")
    yield Finding("mode", True, f"{settings.mode.value}; writer token {'present' if has_writer else 'absent'}")
    if settings.mode in {Mode.propose, Mode.auto} and not has_writer:
        yield Finding(
            "writer",
            False,
            "the mode allows writes, but there is no writer token",
            "set ASANA_INTEL_WRITER_TOKEN, or log in with: asana-intel auth login --role writer",
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
    yield Finding(
        "rights",
        database.has_roles(),
        "divided among planner, approver, worker and auditor"
        if database.has_roles()
        else "one login may do everything",
        "run asana_intel/storage/roles.sql as a user who may create roles",
    )
    yield from _stops(bench, database)
    for job, count in failures:
        yield Finding(f"job {job}", False, f"failed {count} times in seven days", "look at its runs in the Dagster UI")


def _stops(bench: Workbench, database: "Database") -> Iterator[Finding]:
    """Whether anything stops all writes, and what is written without asking."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT kill_switch, changed_by FROM control")
        stopped, by = cursor.fetchone() or (True, None)
    if stopped:
        yield Finding("writes", False, f"stopped by {by}", "asana-intel resume")
    try:
        stop_check(bench.settings.home)()
    except AsanaIntelError as stop:
        yield Finding("writes", False, stop.message, stop.fix)
    for rule in rules(database):
        if rule.mode is Mode.auto:
            yield Finding("automatic", True, f"{rule.scope}, since {rule.set_at:%Y-%m-%d}, by {rule.set_by}")


def _asana(bench: Workbench) -> Iterator[Finding]:
    from asana_intel.asana.auth import ROLES
    from asana_intel.asana.reader import AsanaReader
    from asana_intel.asana.session import AsanaSession

    try:
        reader = AsanaReader(AsanaSession.from_settings(bench.settings, role="reader"))
        workspace = reader.workspace(bench.settings)
        yield Finding("Asana", True, f"workspace {workspace}, its clock says {reader.server_time():%Y-%m-%d %H:%M} UTC")
    except AsanaIntelError as problem:
        yield Finding("Asana", False, problem.message, problem.fix)
        return
    for role in ROLES:
        try:
            yield from _token(bench, role, workspace)
        except AsanaIntelError as problem:
            is_not_wanted = role == "writer" and not has_credential(bench.settings, role)
            yield Finding(f"{role}'s token", is_not_wanted, problem.message, problem.fix)


def _token(bench: Workbench, role: "Role", workspace_gid: str) -> Iterator[Finding]:
    """Who the token is, what it may see, and what the product can do with it; only reads are sent."""
    from asana_intel.asana.capabilities import reading_capabilities, writing_capabilities
    from asana_intel.asana.probe import probe
    from asana_intel.asana.session import AsanaSession

    session = AsanaSession.from_settings(bench.settings, role, database=lambda: bench.database)
    facts = probe(session, workspace_gid, session.login_scope)
    who = f"{role}'s"
    yield Finding(f"{who} identity", True, f"user {facts.user_gid} ({facts.user_name})")
    yield Finding(f"{who} token", True, facts.kind)
    yield Finding(f"{who} plan", facts.plan != "unknown", _plan_said(facts.plan), "a token that may read more")
    yield _scopes(who, facts)
    yield Finding(f"{who} visibility", True, _visibility(facts))
    yield _limits(who, session)
    found = reading_capabilities(facts) if role == "reader" else writing_capabilities(facts)
    for one in found:
        without = f"without {', '.join(one.lacks)}" if one.lacks else "in full"
        says = f"yes, {without}" if one.can else f"no: {', '.join(one.lacks)}"
        yield Finding(f"can {one.name}", one.can, says, one.mend)


def _plan_said(plan: str) -> str:
    if plan == "unknown":
        return "unknown: the token may not read what would show it"
    return plan if plan in {"personal", "enterprise_plus"} else f"{plan}, or above"


def _scopes(who: str, facts: "TokenFacts") -> Finding:
    granted = "full permissions" if facts.scopes is None else " ".join(facts.scopes)
    if not facts.missing_scopes:
        return Finding(f"{who} scopes", True, granted)
    granted = "some" if facts.scopes is None else granted
    lacks = f"{granted}; lacks {', '.join(facts.missing_scopes)}"
    return Finding(f"{who} scopes", False, lacks, "log in through an app with full permissions")


def _visibility(facts: "TokenFacts") -> str:
    counted = f"{facts.projects}{' or more' if facts.projects >= 100 else ''} projects"
    licence = [word for word, is_so in (("guest", facts.is_guest), ("view only", facts.is_view_only)) if is_so]
    return ", ".join([*licence, counted, f"{facts.private_projects} of them private"])


def _limits(who: str, session: "AsanaSession") -> Finding:
    limits, pace = session.pacer.limits, session.pacer.state()
    if not pace.paced:
        return Finding(f"{who} limits", True, "unpaced until the server refuses; it has not so far")
    allowed = f"{pace.per_minute:g} requests a minute, {limits.reads} reads and {limits.writes} writes in flight"
    if pace.refused_at is None:
        return Finding(f"{who} limits", True, f"{allowed}; never refused")
    learnt = f"{allowed}; learnt, {pace.refused_at:g} was refused"
    return Finding(f"{who} limits", True, learnt)


def _readiness(bench: Workbench) -> Iterator[Finding]:
    try:
        newest = last_sync(bench.database)
    except AsanaIntelError:
        return  # the database has a finding of its own
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


def _fields(bench: Workbench) -> Iterator[Finding]:
    """Our fields as the last sync saw them: which cannot hold our values, and which people may change."""
    import json

    from asana_intel.changes.fields import lock_advice
    from asana_intel.changes.proposing import wanted_fields

    try:
        if last_sync(bench.database) is None:
            return
    except AsanaIntelError:
        return  # the database has a finding of its own
    wanted = wanted_fields(bench.settings)
    rows = bench.tables.read("raw/custom_fields")
    definitions = [json.loads(r) for r in rows.filter(rows["deleted_at"].is_null())["record"]]
    for spec in wanted:
        for definition in definitions:
            if not spec.theirs and spec.is_called(definition["name"]) and (misfit := spec.misfit(definition)):
                mend = f"rename it or set fields.alias: {spec.name} = 'another name'"
                yield Finding(f"field {definition['name']}", False, misfit, mend)
    if loose := sorted(match.label for match in lock_advice(wanted, definitions)):
        yield Finding(
            "our fields",
            True,
            f"unless they are locked, whoever may edit the object can change {', '.join(loose)}; to lock one, let only"
            " the writer's user edit its values: in Asana, the field's menu, Edit field, who can edit",
        )
