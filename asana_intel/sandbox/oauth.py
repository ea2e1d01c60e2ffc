"""The authorization server's rules: authorization codes, PKCE, access and refresh tokens. No HTTP, no pages."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from asana_intel.errors import AsanaIntelError
from asana_intel.sandbox.access import Access
from asana_intel.sandbox.player import Player
from asana_intel.sandbox.times import plus_ms
from asana_intel.sandbox.tokens import FULL, IDENTITY, OAuthClient, Token, known_scopes
from asana_intel.sandbox.world import Fields

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
ACCESS_S = 3600
CODE_S = 600
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
Form = dict[str, str]


class OAuthError(AsanaIntelError):
    """A refusal in the form of RFC 6749.

    Args:
        error: Its code, e.g. `invalid_grant`.
        message: What is wrong.
        status: HTTP status.
    """

    def __init__(self, error: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.error = error
        self.status = status

    def body(self) -> Fields:
        """Return `{"error", "error_description"}`."""
        return {"error": self.error, "error_description": self.message}


@dataclass(frozen=True, slots=True)
class Request:
    """What an app asks a user for.

    Attributes:
        client_id: The app.
        redirect_uri: Where the answer goes, or `OUT_OF_BAND`.
        scopes: What it asks for; None: full rights.
        state: To be handed back.
        challenge: PKCE challenge (S256), if any.
    """

    client_id: str
    redirect_uri: str
    scopes: frozenset[str] | None
    state: str | None
    challenge: str | None


@dataclass(slots=True)
class _Session:
    """A user's authorization of an app, with the tokens that came of it."""

    client_id: str
    user: str | None
    scopes: frozenset[str] | None
    seed: str
    is_public: bool = False
    access_tokens: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Code:
    request: Request
    user: str | None
    expires_at: str
    refresh_token: str | None = None


class OAuthServer:
    """Asana's authorization server.

    Codes and access tokens age by the sandbox's clock (600 s and 3600 s): moving it an hour on expires them.

    Args:
        access: Where issued tokens are entered, with the settings of clients.
        player: For the clock and the users.
    """

    def __init__(self, access: Access, player: Player) -> None:
        self._access = access
        self._player = player
        self._codes: dict[str, _Code] = {}
        self._sessions: dict[str, _Session] = {}
        self._revoked: set[str] = set()

    # -- authorization

    def read(self, query: Form) -> Request:
        """Read and check an authorization request.

        Raises:
            OAuthError: If it cannot be answered by a redirect: an unknown client, or a bad redirect address.
            RedirectedError: If the answer goes to the app.
        """
        client_id = query.get("client_id")
        if not client_id:
            raise OAuthError("invalid_request", "client_id: missing")
        client = self._client(client_id)
        uri = query.get("redirect_uri") or (client.redirect_uris[0] if len(client.redirect_uris) == 1 else "")
        _check_redirect(uri, client)
        state, challenge = query.get("state"), query.get("code_challenge")
        if query.get("response_type") != "code":
            raise RedirectedError(uri, state, "unsupported_response_type", "response_type: only code is supported")
        if (challenge or query.get("code_challenge_method")) and query.get("code_challenge_method") != "S256":
            raise RedirectedError(uri, state, "invalid_request", "code_challenge_method: only S256 is supported")
        if "code_challenge_method" in query and not challenge:
            raise RedirectedError(uri, state, "invalid_request", "code_challenge: missing")
        try:
            scopes = self._scopes(query.get("scope", "").split(), client_id, client)
        except OAuthError as error:
            raise RedirectedError(uri, state, error.error, error.message) from error
        return Request(client_id, uri, scopes, state, challenge)

    def approve(self, request: Request, user: str | None) -> str:
        """Let a user approve a request.

        Args:
            request: From `read`.
            user: Gid or e-mail of a user of the world; None makes one up.

        Returns:
            A new code, good once.

        Raises:
            ConfigError: If there is no such user.
        """
        code = secrets.token_urlsafe(24)
        expires_at = plus_ms(self._player.now, CODE_S * 1000)
        self._codes[code] = _Code(request, self._access.user_gid(user), expires_at)
        return code

    def _client(self, client_id: str) -> OAuthClient:
        clients = self._access.settings.oauth_clients
        if clients and client_id not in clients:
            raise OAuthError("invalid_client", f"client_id: no such app: {client_id}", 401)
        return clients.get(client_id, OAuthClient())

    def _scopes(self, asked: list[str], client_id: str, client: OAuthClient) -> frozenset[str] | None:
        for scope in asked:
            if scope not in known_scopes():
                raise OAuthError("invalid_scope", f"no such scope: {scope}")
        granular = frozenset(asked) - IDENTITY - {FULL}
        if granular and FULL in asked:
            raise OAuthError("invalid_scope", f"`{FULL}` and granular scopes exclude each other")
        wanted = granular or frozenset({FULL})
        allowed = frozenset({FULL}) if client.scopes is None else client.scopes
        if client_id in self._access.settings.oauth_clients and not wanted <= allowed:
            names = " ".join(sorted(wanted - allowed))
            message = f"Your app is not allowed to request user authorization for `{names}` scopes."
            raise OAuthError("forbidden_scopes", message)
        return frozenset(asked) if granular else None

    # -- tokens

    def exchange(self, form: Form, secret: str | None) -> Fields:
        """Answer a request for tokens.

        Args:
            form: The decoded form.
            secret: The client secret, from the form or from basic authentication.

        Returns:
            `{"access_token", "expires_in", "token_type", "refresh_token", "data": {"id", "gid", "name", "email"}}`.

        Raises:
            OAuthError: As RFC 6749 says.
        """
        client_id = form.get("client_id")
        if not client_id:
            raise OAuthError("invalid_request", "client_id: missing")
        client = self._client(client_id)
        if secret is not None and client.secret is not None and not hmac.compare_digest(secret, client.secret):
            raise OAuthError("invalid_client", "client_secret: wrong", 401)
        is_proven = client.secret is None or secret is not None
        match form.get("grant_type"):
            case "authorization_code":
                refresh_token = self._redeem(form, client_id, is_proven)
            case "refresh_token":
                refresh_token = self._refresh(form, client_id, is_proven)
            case None:
                raise OAuthError("invalid_request", "grant_type: missing")
            case other:
                raise OAuthError("unsupported_grant_type", f"grant_type: {other} is not supported")
        return self._answer(refresh_token)

    def _redeem(self, form: Form, client_id: str, is_proven: bool) -> str:
        code = self._codes.get(form.get("code", ""))
        if code is None or code.request.client_id != client_id or code.expires_at <= self._player.now:
            raise OAuthError("invalid_grant", "code: invalid or expired")
        if code.refresh_token is not None:
            self._end(code.refresh_token)  # a second use means that somebody else has the code
            raise OAuthError("invalid_grant", "code: already used")
        request = code.request
        if form.get("redirect_uri", request.redirect_uri) != request.redirect_uri:
            raise OAuthError("invalid_grant", "redirect_uri: not the one of the authorization request")
        if not _fits(form.get("code_verifier"), request.challenge):
            raise OAuthError("invalid_grant", "code_verifier: does not fit the code_challenge")
        if not is_proven and request.challenge is None:
            raise OAuthError("invalid_client", "client_secret: missing", 401)
        code.refresh_token = f"1/{secrets.token_hex(24)}"
        seed, is_public = code.refresh_token, request.challenge is not None
        self._sessions[code.refresh_token] = _Session(client_id, code.user, request.scopes, seed, is_public)
        return code.refresh_token

    def _refresh(self, form: Form, client_id: str, is_proven: bool) -> str:
        given = form.get("refresh_token")
        if not given:
            raise OAuthError("invalid_request", "refresh_token: missing")
        session = self._sessions.get(given)
        if session is None and given not in self._revoked and not self._access.settings.only_configured:
            session = self._sessions[given] = _Session(client_id, None, None, given)
        if session is None or session.client_id != client_id:
            raise OAuthError("invalid_grant", "refresh_token: invalid or revoked")
        if not (is_proven or session.is_public):
            raise OAuthError("invalid_client", "client_secret: missing", 401)
        if not self._access.settings.rotate_refresh_tokens:
            return given
        rotated = f"1/{secrets.token_hex(24)}"
        self._sessions[rotated] = self._sessions.pop(given)
        self._revoked.add(given)
        return rotated

    def _answer(self, refresh_token: str) -> Fields:
        session = self._sessions[refresh_token]
        right = Token(
            user=session.user,
            kind="oauth",
            scopes=session.scopes,
            expires_at=plus_ms(self._player.now, ACCESS_S * 1000),
            seed=session.seed,
        )
        token = self._access.issue(right)
        session.access_tokens.append(token)
        actor = self._access.grant(token).actor
        gid = actor["gid"]
        return {
            "access_token": token,
            "expires_in": ACCESS_S,
            "token_type": "bearer",
            "refresh_token": refresh_token,
            "data": {
                "id": int(gid) if gid.isdecimal() else gid,
                "gid": gid,
                "name": actor["name"],
                "email": actor.get("email"),
            },
        }

    def revoke(self, form: Form) -> None:
        """End the authorization behind a refresh token, with its access tokens; an unknown one is no error.

        Raises:
            OAuthError: If no token is given, or it is an access token.
        """
        token = form.get("token")
        if not token:
            raise OAuthError("invalid_request", "token: missing")
        if token in self._access.settings.tokens:
            raise OAuthError("unsupported_token_type", "token: only refresh tokens can be revoked")
        self._end(token)

    def _end(self, refresh_token: str) -> None:
        self._revoked.add(refresh_token)
        session = self._sessions.pop(refresh_token, None)
        for token in session.access_tokens if session else ():
            self._access.revoke(token)


class RedirectedError(OAuthError):
    """A refusal that goes to the app, on its redirect address.

    Args:
        redirect_uri: The address.
        state: To be handed back.
        error: Code of RFC 6749.
        message: What is wrong.
    """

    def __init__(self, redirect_uri: str, state: str | None, error: str, message: str) -> None:
        super().__init__(error, message)
        self.redirect_uri = redirect_uri
        self.state = state


def answer_address(redirect_uri: str, state: str | None, **answer: str) -> str:
    """Write the address to which an answer goes, with the app's state."""
    given = {**answer, **({"state": state} if state is not None else {})}
    return f"{redirect_uri}{'&' if urlsplit(redirect_uri).query else '?'}{urlencode(given)}"


def _check_redirect(uri: str, client: OAuthClient) -> None:
    if client.redirect_uris and uri not in client.redirect_uris:
        raise OAuthError("invalid_request", "redirect_uri: not registered for this app")
    parts = urlsplit(uri)
    is_local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if uri != OUT_OF_BAND and not (is_local or (parts.scheme == "https" and parts.hostname)):
        raise OAuthError("invalid_request", f"redirect_uri: must be https, {OUT_OF_BAND}, or http on this machine")
    if parts.fragment:
        raise OAuthError("invalid_request", "redirect_uri: must not have a fragment")


def _fits(verifier: str | None, challenge: str | None) -> bool:
    if verifier is None or challenge is None:
        return verifier is None and challenge is None
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(digest, challenge.rstrip("=").encode())
