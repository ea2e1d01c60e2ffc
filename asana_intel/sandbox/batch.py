"""`POST /batch`: up to ten actions in one request, read and checked here; each is answered as a request of its own."""

from __future__ import annotations

from typing import Any

import orjson

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.exchange import Incoming, decoded_path
from asana_intel.sandbox.rejections import ApiError, invalid, missing
from asana_intel.sandbox.world import Fields

KEY = ("POST", "batch")
MAX_ACTIONS = 10
_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"})
_MEMBERS = frozenset({"relative_path", "method", "data", "options"})


@operation("POST", "/batch")
def create_batch_request(call: Call) -> Reply:
    """A batch in a batch; the outer one is no call of its own but several, which the sandbox answers one by one."""
    raise ApiError(400, "relative_path: /batch cannot be part of a batch request")


def actions_of(request: Incoming, body: Fields) -> list[Incoming]:
    """Read the actions of a batch.

    Args:
        request: The batch.
        body: Its parsed body.

    Returns:
        One request for each action, in their order.

    Raises:
        ApiError: 400 if there are more than ten, or one is malformed.
    """
    data = body.get("data")
    given = data.get("actions") if isinstance(data, dict) else None
    if given is None:
        raise missing("actions")
    if not isinstance(given, list):
        raise invalid("actions", "Not an array")
    if len(given) > MAX_ACTIONS:
        raise invalid("actions", f"Must have at most {MAX_ACTIONS} actions")
    return [_action(request, place, action) for place, action in enumerate(given)]


def _action(request: Incoming, place: int, action: Any) -> Incoming:
    name = f"actions[{place}]"
    if not isinstance(action, dict):
        raise invalid(name, "Not an object")
    for member in ("relative_path", "method"):
        if not isinstance(action.get(member), str):
            raise missing(f"{name}.{member}")
    for member in action:
        if member not in _MEMBERS:
            raise invalid(f"{name}.{member}", "Not a recognized parameter")
    path, method = action["relative_path"], action["method"].upper()
    data, options = action.get("data") or {}, action.get("options") or {}
    if not path.startswith("/"):
        raise invalid(f"{name}.relative_path", "Must start with a slash")
    if "?" in path:
        raise invalid(f"{name}.relative_path", "Query parameters are not accepted here; put them in data")
    if method not in _METHODS:
        raise invalid(f"{name}.method", f"Not a recognized value: {action['method']}")
    if not isinstance(data, dict) or not isinstance(options, dict):
        raise invalid(name, "data and options must be objects")
    return _as_request(request, method, path, data, options)


def _as_request(request: Incoming, method: str, path: str, data: Fields, options: Fields) -> Incoming:
    query = {member: str(options[member]) for member in ("limit", "offset") if options.get(member) is not None}
    fields = options.get("fields")
    if fields:
        query["opt_fields"] = ",".join(map(str, fields)) if isinstance(fields, list) else str(fields)
    raw = b""
    if method in ("GET", "HEAD"):
        query |= {member: _text(value) for member, value in data.items() if value is not None}
    else:
        raw = orjson.dumps({"data": data})
    return Incoming(method, decoded_path(path), query, raw, request.authorization, request.base_url, "application/json")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(_text, value)) if isinstance(value, list) else str(value)


def refuse_unbatchable(action: Incoming) -> None:
    """Refuse an action that cannot be part of a batch: an attachment, an export, a new webhook.

    Raises:
        ApiError: 400 that names the path.
    """
    head, *_ = action.path.strip("/").split("/")
    is_upload = action.method == "POST" and action.path.rstrip("/").endswith("/attachments")
    is_handshake = action.method == "POST" and head == "webhooks"  # which is made while nothing else is done
    if head in ("exports", "organization_exports") or is_upload or is_handshake:
        raise ApiError(400, f"relative_path: {action.path} cannot be part of a batch request")


def result(action: Incoming, reply: Reply) -> Fields:
    """Write the answer to an action as a member of the batch's answer; its `location` is relative."""
    headers = {name.lower(): value for name, value in reply.headers.items()}
    if "location" in headers:
        headers["location"] = headers["location"].removeprefix(action.base_url)
    return {"status_code": reply.status, "headers": headers, "body": reply.body}
