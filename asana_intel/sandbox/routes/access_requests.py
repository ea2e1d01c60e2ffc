"""Requests for access to private projects and portfolios, and their approval."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.members import join
from asana_intel.sandbox.rejections import ApiError, invalid, unknown
from asana_intel.sandbox.writes import add, change


@operation("GET", "/access_requests")
def get_access_requests(call: Call) -> Reply:
    """Pending requests for access to an object, of one user if given."""
    player, target = call.player, call.required("target")
    if not player.exists(target):
        raise unknown("target", target)
    gids = [
        gid
        for gid in player.related("access_requests.target", target)
        if player.field(gid, "approval_status") == "pending"
    ]
    if call.query.get("user"):
        user = call.user_gid("user", call.query["user"])
        gids = [gid for gid in gids if player.field(gid, "requester")["gid"] == user]
    return call.whole("access_requests", gids)


@operation("POST", "/access_requests")
def create_access_request(call: Call) -> Reply:
    """Ask for access to a project or portfolio."""
    player = call.player
    call.reject_unknown({"target", "message"})
    target = str(call.input("target"))
    record = player.record(target)
    if record is None or not player.exists(target):
        raise unknown("target", target)
    if record.resource not in ("projects", "portfolios"):
        raise invalid("target", "Access can be requested for projects and portfolios only")
    message = call.data.get("message")
    if message is not None and not isinstance(message, str):
        raise invalid("message", "Not a string")
    requester = call.actor["gid"]
    for gid in player.related("access_requests.target", target):
        pending = player.field(gid, "approval_status") == "pending"
        if pending and player.field(gid, "requester")["gid"] == requester:
            raise ApiError(400, f"target: Access to {target} has already been requested")
    fields = {"target": {"gid": target}, "requester": {"gid": requester}, "message": message or ""}
    return call.one(add(call, "access_requests", fields, parent=target, authored=False), 201)


def _decide(call: Call, request: str, status: str) -> str:
    player = call.player
    player.get("access_requests", request)
    if player.field(request, "approval_status") != "pending":
        raise ApiError(400, f"access_request: {request} is no longer pending")
    change(call, request, {"approval_status": status})
    return player.field(request, "target")["gid"]


@operation("POST", "/access_requests/{request}/approve")
def approve_access_request(call: Call, request: str) -> Reply:
    """Let the requester belong to what they asked for."""
    target = _decide(call, request, "approved")
    join(call, target, call.player.field(request, "requester")["gid"])
    return call.done()


@operation("POST", "/access_requests/{request}/reject")
def reject_access_request(call: Call, request: str) -> Reply:
    """Turn a request for access down."""
    _decide(call, request, "denied")
    return call.done()
