"""Commands around Asana's pushes: serve the receiver, register a webhook, list, remove."""

import getpass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from asana_intel.asana.writer import AsanaWriter
from asana_intel.changes.ledger import ledger_time
from asana_intel.changes.webhooks import register_webhook, remove_webhook
from asana_intel.cli.output import JsonFlag, command, console, show_json
from asana_intel.cli.workbench import Workbench
from asana_intel.errors import RefusedError
from asana_intel.raw import inbox
from asana_intel.storage.sync_log import require_last_sync

webhook_app = typer.Typer(help="Have Asana push what changes, instead of asking it.", no_args_is_help=True)
YesFlag = Annotated[bool, typer.Option("--yes", help="Yes, write this to Asana now; webhooks are not part of a plan.")]
GidArgument = Annotated[str, typer.Argument(help="Gid in Asana.")]


@webhook_app.command("serve")
@command
def serve(
    port: Annotated[int, typer.Option(help="Port to listen on; put TLS in front of it.")] = 8580,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Receive Asana's pushes until Ctrl-C. It only fills the inbox; the events sensor does the rest."""
    import uvicorn

    from asana_intel.asana.secret_key import find_key
    from asana_intel.raw.sealing import Sealer
    from asana_intel.raw.webhook_receiver import Receiver, build_app

    bench = Workbench()
    sealer = Sealer(find_key(bench.settings, create=True))
    app = build_app(Receiver(bench.database, sealer, lambda: datetime.now(UTC)))
    console.print(f"Receiver: http://{host}:{port}/webhooks/…   (Ctrl-C stops it)")
    # No access log: the paths hold tokens.
    uvicorn.run(app, host=host, port=port, access_log=False, log_level="warning", server_header=False, lifespan="off")


@webhook_app.command("register")
@command
def register(
    resource: GidArgument,
    url: Annotated[
        str, typer.Option("--url", help="Where Asana reaches the receiver, such as https://hooks.example.com.")
    ],
    only: Annotated[list[str] | None, typer.Option("--only", help="Only this resource_type; repeat for more.")] = None,
    yes: YesFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Have Asana push the events of a task, project or goal (larger scopes: with --only). The receiver must run."""
    _require_yes(yes)
    bench = Workbench()
    record = register_webhook(
        bench.database,
        AsanaWriter.from_settings(bench.settings, lambda: bench.database),
        resource,
        url,
        only=only or [],
        mode=bench.settings.mode,
        actor=getpass.getuser(),
        now=lambda: ledger_time(bench.database),
    )
    show_json(record) if as_json else console.print(f"Webhook {record['gid']} pushes the events of {resource}.")


@webhook_app.command("list")
@command
def list_webhooks(as_json: JsonFlag = False) -> None:
    """Show our webhooks: what Asana says of each, and what has arrived."""
    bench = Workbench()
    workspace = require_last_sync(bench.database).workspace_gid
    writer = AsanaWriter.from_settings(bench.settings, lambda: bench.database)
    known = {record["gid"]: record for record in writer.list_webhooks(workspace)}
    ours = {endpoint.webhook_gid: endpoint for endpoint in inbox.endpoints(bench.database) if endpoint.webhook_gid}
    rows = [_row(gid, known.get(gid), ours.get(gid)) for gid in dict.fromkeys([*ours, *known])]
    if as_json:
        show_json(rows)
        return
    for row in rows:
        console.print("  ".join(f"{name} {value}" for name, value in row.items() if value is not None))
    if not rows:
        console.print("No webhooks.")


def _row(gid: str, record: dict[str, Any] | None, endpoint: inbox.Endpoint | None) -> dict[str, Any]:
    return {
        "webhook": gid,
        "resource": endpoint.resource_gid if endpoint else (record or {})["resource"]["gid"],
        "in_asana": record is not None,
        "last_success_at": (record or {}).get("last_success_at"),
        "last_failure_at": (record or {}).get("last_failure_at"),
        "heard_at": endpoint.heard_at if endpoint else None,
        "refused": endpoint.refused if endpoint else None,
    }


@webhook_app.command("remove")
@command
def remove(webhook: GidArgument, yes: YesFlag = False, as_json: JsonFlag = False) -> None:
    """Have Asana stop pushing to one of our webhooks."""
    _require_yes(yes)
    bench = Workbench()
    remove_webhook(
        bench.database,
        AsanaWriter.from_settings(bench.settings, lambda: bench.database),
        webhook,
        mode=bench.settings.mode,
        actor=getpass.getuser(),
        now=lambda: ledger_time(bench.database),
    )
    show_json({"removed": webhook}) if as_json else console.print(f"Webhook {webhook} is removed.")


def _require_yes(yes: bool) -> None:
    if not yes:
        raise RefusedError("This writes to Asana at once", fix="add --yes if that is meant")
