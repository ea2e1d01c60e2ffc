"""The controls under `/_sandbox/`: clock, truth, log, effects, limits, faults, behaviour. Asana has none of these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import orjson

from asana_intel.sandbox.behaviour import Behaviour
from asana_intel.sandbox.calls import Reply
from asana_intel.sandbox.checked import checked
from asana_intel.sandbox.faults import FaultRules, Faults
from asana_intel.sandbox.limits import Limits
from asana_intel.sandbox.rejections import ApiError
from asana_intel.sandbox.sandbox import Sandbox

Control = Callable[[Sandbox, dict[str, Any], dict[str, str]], dict[str, Any]]
CONTROLS: dict[tuple[str, str], Control] = {}


def control(method: str, name: str) -> Callable[[Control], Control]:
    """Enter a function into the table of controls.

    Args:
        method: HTTP method.
        name: Path below `/_sandbox/`. The function gets the sandbox, the body and the query, and gives the answer.
    """

    def enter(function: Control) -> Control:
        CONTROLS[method, name] = function
        return function

    return enter


def run_control(sandbox: Sandbox, method: str, name: str, raw: bytes, query: dict[str, str]) -> Reply:
    """Answer a request for a control; refusals become replies."""
    found = CONTROLS.get((method, name))
    if found is None:
        return Reply(ApiError(404, "No matching route for request").body(), 404)
    try:
        return Reply(found(sandbox, _body(raw), query))
    except ApiError as error:
        return Reply(error.body(), error.status)


def _body(raw: bytes) -> dict[str, Any]:
    try:
        body = orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError as error:
        raise ApiError(400, f"Could not parse request data, invalid JSON: {error}") from error
    if not isinstance(body, dict):
        raise ApiError(400, "Could not parse request data, expected an object")
    return body


@control("GET", "clock")
def read_clock(sandbox: Sandbox, body: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """Where the clock stands."""
    return {"at": sandbox.player.now}


@control("POST", "clock")
def move_clock(sandbox: Sandbox, body: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """Move the clock."""
    return {"at": sandbox.set_clock(body.get("at", ""), reset=bool(body.get("reset")))}


@control("POST", "reset")
def reset(sandbox: Sandbox, body: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """Forget what was written."""
    return {"at": sandbox.reset()}


@control("GET", "truth")
def tell_truth(sandbox: Sandbox, body: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """What a full sync must find; with `token`, by that token."""
    return sandbox.truth(query.get("token"))


@control("GET", "tokens")
def list_tokens(sandbox: Sandbox, body: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """What the configured and the issued tokens may do; they go by their fingerprints."""
    return sandbox.access.shown()


@control("POST", "tokens")
def set_tokens(sandbox: Sandbox, body: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """Add or change tokens, revoke them (null), or change how tokens are dealt with."""
    return sandbox.set_tokens(body)


@control("DELETE", "tokens")
def forget_tokens(sandbox: Sandbox, body: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """Return to the tokens of the start."""
    return sandbox.set_tokens(None)


@control("GET", "requests")
def list_requests(sandbox: Sandbox, body: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """Who asked what."""
    return {"requests": sandbox.logged()}


@control("DELETE", "requests")
def clear_requests(sandbox: Sandbox, body: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """Empty the log; numbers go on."""
    sandbox.requests.clear()
    return {"requests": []}


@control("GET", "effects")
def list_effects(sandbox: Sandbox, body: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """Which request changed what."""
    return {"effects": sandbox.ledger.rows}


@control("GET", "limits")
def read_limits(sandbox: Sandbox, body: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """The limits, and what each token was granted and refused."""
    return sandbox.limiter.standing()


@control("POST", "limits")
def set_limits(sandbox: Sandbox, body: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """Set some limits; the others stay, counting begins anew."""
    sandbox.limiter.change(checked(Limits, {**sandbox.limiter.limits.model_dump(), **body}))
    return sandbox.limiter.standing()


@control("GET", "faults")
def list_faults(sandbox: Sandbox, body: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """The rules in force, with how often each fired."""
    return sandbox.faults.listed()


@control("POST", "faults")
def set_faults(sandbox: Sandbox, body: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """Put rules in force in place of those before."""
    return sandbox.set_faults(Faults(checked(FaultRules, body)))


@control("DELETE", "faults")
def clear_faults(sandbox: Sandbox, body: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """Let nothing go wrong any more."""
    return sandbox.set_faults(Faults())


@control("POST", "webhooks/deliver")
def deliver_webhooks(sandbox: Sandbox, body: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """Push to the webhooks all that is due, and answer when it is done."""
    return sandbox.deliverer.deliver(force=bool(body.get("force")))


@control("GET", "behaviour")
def read_behaviour(sandbox: Sandbox, body: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """The knobs."""
    return asdict(sandbox.player.behaviour)


@control("POST", "behaviour")
def set_behaviour(sandbox: Sandbox, body: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """Set some knobs; the others stay."""
    sandbox.player.behaviour = checked(Behaviour, {**asdict(sandbox.player.behaviour), **body})
    return asdict(sandbox.player.behaviour)
