"""The authorization server's pages and endpoints below `/-/`. What may be granted is oauth.py's."""

from __future__ import annotations

import base64
import binascii
from html import escape
from urllib.parse import parse_qsl, unquote

from starlette.requests import Request as WebRequest
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from asana_intel.errors import ConfigError
from asana_intel.sandbox.oauth import OUT_OF_BAND, Form, OAuthError, RedirectedError, Request, answer_address
from asana_intel.sandbox.sandbox import Sandbox

_USERS_SHOWN = 200
_NEVER_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<body style="font: 16px sans-serif; max-width: 34em; margin: 4em auto">{body}</body></html>"""


def oauth_routes(sandbox: Sandbox) -> list[Route]:
    """Make the routes of the authorization server, which lie outside the API's base path."""

    async def authorize(request: WebRequest) -> Response:
        form = dict(request.query_params)
        if request.method == "POST":
            form = _form(await request.body())
        with sandbox.lock:
            return _authorized(sandbox, form, is_answer=request.method == "POST")

    async def token(request: WebRequest) -> Response:
        form, client_id, secret = _form(await request.body()), *_basic(request.headers.get("authorization", ""))
        given = {**form, **({"client_id": client_id} if client_id else {})}
        with sandbox.lock:
            try:
                body = sandbox.oauth.exchange(given, secret or form.get("client_secret"))
            except OAuthError as error:
                return _refused(error)
        return JSONResponse(body, headers=_NEVER_KEPT)

    async def revoke(request: WebRequest) -> Response:
        form = _form(await request.body())
        with sandbox.lock:
            try:
                sandbox.oauth.revoke(form)
            except OAuthError as error:
                return _refused(error)
        return JSONResponse({}, headers=_NEVER_KEPT)

    return [
        Route("/-/oauth_authorize", authorize, methods=["GET", "POST"]),
        Route("/-/oauth_token", token, methods=["POST"]),
        Route("/-/oauth_revoke", revoke, methods=["POST"]),
    ]


def _authorized(sandbox: Sandbox, form: Form, *, is_answer: bool) -> Response:
    """Answer an app's request: by the page that asks the user, or by the code or the refusal."""
    try:
        request = sandbox.oauth.read(form)
        configured = sandbox.access.settings.oauth_user
        if not is_answer and configured is None:
            return HTMLResponse(_consent(sandbox, request, form))
        user = form.get("user") or None if is_answer else configured
        return _approved(
            request, _code(sandbox, request, user, is_denied=is_answer and form.get("decision") != "approve")
        )
    except RedirectedError as refusal:
        if refusal.redirect_uri == OUT_OF_BAND:
            return _refused(refusal)
        told = {"error": refusal.error, "error_description": refusal.message}
        return RedirectResponse(answer_address(refusal.redirect_uri, refusal.state, **told), 302, _NEVER_KEPT)
    except OAuthError as error:
        return _refused(error)


def _code(sandbox: Sandbox, request: Request, user: str | None, *, is_denied: bool) -> str:
    if is_denied:
        raise RedirectedError(request.redirect_uri, request.state, "access_denied", "the user denied the request")
    try:
        return sandbox.oauth.approve(request, user)
    except ConfigError as error:
        raise OAuthError("invalid_request", error.message) from error


def _approved(request: Request, code: str) -> Response:
    if request.redirect_uri == OUT_OF_BAND:
        body = f'<h1>Your code</h1><p>Paste it into the app:</p><pre id="code">{escape(code)}</pre>'
        return HTMLResponse(_PAGE.format(title="Your code", body=body), headers=_NEVER_KEPT)
    return RedirectResponse(answer_address(request.redirect_uri, request.state, code=code), 302, _NEVER_KEPT)


def _refused(error: OAuthError) -> Response:
    headers = {**_NEVER_KEPT, **({"WWW-Authenticate": "Basic"} if error.status == 401 else {})}
    return JSONResponse(error.body(), error.status, headers)


def _consent(sandbox: Sandbox, request: Request, form: Form) -> str:
    kept = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in form.items()
    )
    scopes = sorted(request.scopes) if request.scopes else ["full permissions"]
    wanted = "".join(f"<li>{escape(scope)}</li>" for scope in scopes)
    player = sandbox.player
    people = "".join(
        f'<option value="{escape(gid)}">{escape(str(player.field(gid, "name")))}</option>'
        for gid in player.all("users")[:_USERS_SHOWN]
    )
    body = (
        f"<h1>Grant permission</h1><p>The app {escape(request.client_id)} asks for:</p><ul>{wanted}</ul>"
        f'<form method="post" action="/-/oauth_authorize">{kept}<p><label>As <select name="user">'
        f'<option value="">a made-up user</option>{people}</select></label></p>'
        '<button name="decision" value="approve">Allow</button> '
        '<button name="decision" value="deny">Deny</button></form>'
    )
    return _PAGE.format(title="Grant permission", body=body)


def _form(raw: bytes) -> Form:
    return dict(parse_qsl(raw.decode("utf-8", errors="replace"), keep_blank_values=True))


def _basic(authorization: str) -> tuple[str | None, str | None]:
    """Read client id and secret from basic authentication, if they are there."""
    kind, _, encoded = authorization.partition(" ")
    if kind.lower() != "basic":
        return None, None
    try:
        name, _, secret = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None, None
    return unquote(name), unquote(secret)
