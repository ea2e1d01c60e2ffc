"""Having Asana push to us, and ending it: writes outside of plans, each asked for by a person and put on the chain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from asana_intel.asana.writer import AsanaWriter, Record
from asana_intel.changes import audit
from asana_intel.errors import AsanaIntelError, ConfigError, PermanentError, RefusedError, UnknownOutcomeError
from asana_intel.raw import inbox
from asana_intel.settings import Mode
from asana_intel.storage.postgres import Database

_THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}


def register_webhook(
    database: Database,
    writer: AsanaWriter,
    resource_gid: str,
    public_url: str,
    *,
    only: Sequence[str] = (),
    mode: Mode,
    actor: str,
    now: Callable[[], datetime],
) -> Record:
    """Have Asana push the events of a task, project, goal or larger scope to our receiver, which must be running.

    Args:
        database: The inbox and the chain.
        writer: Asana's writer.
        resource_gid: What to watch.
        public_url: Where Asana reaches the receiver, without `/webhooks/…`.
        only: Types of resources to be told of; empty = all, which larger scopes do not allow.
        mode: Mode of today; observe and shadow write nothing.
        actor: Who asks for it.
        now: The present, UTC.

    Returns:
        Asana's record of the webhook.

    Raises:
        RefusedError: Mode or kill switch forbid it; nothing was sent.
        ConfigError: The address is not one that Asana may push to.
        PermanentError: Asana refused, or someone else's server shook hands.
        UnknownOutcomeError: It may have been established; list the webhooks before trying again.
    """
    _require_writable(database, mode)
    base = _checked_address(public_url)
    token = inbox.open_endpoint(database, resource_gid, now())
    endpoint_id = inbox.endpoint_id_of(token)
    filters = [{"resource_type": kind} for kind in only]
    try:
        record = writer.create_webhook(resource_gid, f"{base}/webhooks/{token}", filters)
    except UnknownOutcomeError:
        raise
    except AsanaIntelError:
        inbox.close_endpoint(database, endpoint_id)
        raise
    endpoint = inbox.find_endpoint(database, endpoint_id)
    if endpoint is None or endpoint.sealed_secret is None:
        writer.delete_webhook(record["gid"])
        inbox.close_endpoint(database, endpoint_id)
        raise PermanentError(
            f"{base} shook hands, but not with the receiver of this database",
            fix="run `asana-intel webhook serve` with the same database behind that address",
        )
    inbox.name_webhook(database, endpoint_id, record["gid"])
    body = {"webhook_gid": record["gid"], "resource_gid": resource_gid, "only": list(only)}
    _put_on_chain(database, now(), actor, "webhook_registered", body)
    return record


def remove_webhook(
    database: Database, writer: AsanaWriter, webhook_gid: str, *, mode: Mode, actor: str, now: Callable[[], datetime]
) -> None:
    """Have Asana stop pushing, and forget what was pushed.

    Args:
        database: The inbox and the chain.
        writer: Asana's writer.
        webhook_gid: One of our webhooks.
        mode: Mode of today.
        actor: Who asks for it.
        now: The present, UTC.

    Raises:
        RefusedError: Mode or kill switch forbid it.
        PermanentError: Asana refused, for example because it is gone already; our side is forgotten even so.
    """
    _require_writable(database, mode)
    ours = [endpoint for endpoint in inbox.endpoints(database) if endpoint.webhook_gid == webhook_gid]
    try:
        writer.delete_webhook(webhook_gid)
    except PermanentError:
        _forget(database, ours)
        raise
    _forget(database, ours)
    _put_on_chain(database, now(), actor, "webhook_removed", {"webhook_gid": webhook_gid})


def _forget(database: Database, endpoints: Sequence[inbox.Endpoint]) -> None:
    for endpoint in endpoints:
        inbox.close_endpoint(database, endpoint.endpoint_id)


def _require_writable(database: Database, mode: Mode) -> None:
    if mode not in {Mode.propose, Mode.auto}:
        raise RefusedError(f"A webhook is a write: mode {mode.value} writes nothing", fix="ASANA_INTEL_MODE=propose")
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT kill_switch FROM control")
        row = cursor.fetchone()
    if row is None or row[0]:
        raise RefusedError("The kill switch is on: nothing is written", fix="allow writes again first")


def _checked_address(public_url: str) -> str:
    address = urlsplit(public_url)
    is_here = address.scheme == "http" and address.hostname in _THIS_MACHINE
    if not address.hostname or not (address.scheme == "https" or is_here) or address.query or address.fragment:
        raise ConfigError(f"{public_url} is not an address to push to", fix="https://host, as Asana reaches it")
    return public_url.rstrip("/")


def _put_on_chain(database: Database, at: datetime, actor: str, event: str, body: dict) -> None:
    with database.transaction() as connection:
        audit.append(connection, at, actor, event, body)
