"""Webhooks: establish with a handshake, list, read, change filters, delete. Delivery is deliveries.py's."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.rejections import ApiError, invalid, unknown
from asana_intel.sandbox.webhook_filters import stated_filters

_WATCHABLE = ("tasks", "projects", "goals", "portfolios", "teams", "workspaces")


@operation("GET", "/webhooks")
def get_webhooks(call: Call) -> Reply:
    """The caller's webhooks in a workspace."""
    workspace = call.existing("workspace", "workspaces", call.required("workspace"))
    webhooks = call.player.webhooks
    found = webhooks.listed(call.actor["gid"], workspace, call.query.get("resource"))
    return call.views("webhooks", [webhooks.shown(webhook) for webhook in found])


@operation("GET", "/webhooks/{webhook_gid}")
def get_webhook(call: Call, gid: str) -> Reply:
    """One webhook of the caller's, with the state of its deliveries."""
    webhooks = call.player.webhooks
    return call.view("webhooks", webhooks.shown(webhooks.of(call.actor["gid"], gid)))


@operation("POST", "/webhooks")
def create_webhook(call: Call) -> Reply:
    """Check a webhook, and leave the rest to be done without the lock: the handshake, then the entry."""
    call.reject_unknown(("resource", "target", "filters"))
    resource, target = str(call.input("resource")), call.input("target")
    record = call.player.record(resource)
    if record is None or not call.player.exists(resource):
        raise unknown("resource", resource)
    if record.resource not in _WATCHABLE:
        raise invalid("resource", f"Webhooks cannot be established on a {record.fields['resource_type']}")
    _check_target(target, allow_local=call.player.behaviour.allow_local_targets)
    filters = stated_filters(call.data.get("filters"), record.resource)
    webhooks, actor, viewer = call.player.webhooks, call.actor["gid"], call.player.viewer
    webhooks.check(resource, target, actor)

    def enter(secret: str) -> Reply:
        webhook = webhooks.add(resource, target, filters, actor, viewer, secret)
        reply = call.view("webhooks", webhooks.shown(webhook), 201)
        return Reply({**reply.body, "X-Hook-Secret": secret}, reply.status, reply.headers)

    return Reply({}, 201, handshake=(target, enter))


@operation("PUT", "/webhooks/{webhook_gid}")
def update_webhook(call: Call, gid: str) -> Reply:
    """Replace all filters of a webhook."""
    call.reject_unknown(("filters",))
    webhooks = call.player.webhooks
    webhook = webhooks.of(call.actor["gid"], gid)
    record = call.player.record(webhook.resource)
    webhooks.refilter(webhook, stated_filters(call.data.get("filters"), record.resource if record else ""))
    return call.view("webhooks", webhooks.shown(webhook))


@operation("DELETE", "/webhooks/{webhook_gid}")
def delete_webhook(call: Call, gid: str) -> Reply:
    """Remove a webhook; a push on its way may still arrive."""
    webhooks = call.player.webhooks
    webhooks.remove(webhooks.of(call.actor["gid"], gid))
    return call.done()


def _check_target(target: Any, *, allow_local: bool) -> None:
    try:
        address = urlsplit(target) if isinstance(target, str) else None
        host = address.hostname if address else None
        _ = address and address.port
    except ValueError:
        address = host = None
    if not address or address.scheme not in ("http", "https") or not host:
        raise invalid("target", "Not a valid URL")
    if not allow_local and _is_local(host):
        raise ApiError(403, "Forbidden: the target must be reachable from the internet")


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not ip_address(host).is_global
    except ValueError:
        return False
