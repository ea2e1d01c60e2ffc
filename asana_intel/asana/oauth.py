"""OAuth 2.0 with Asana: the addresses, the requests, and access tokens that renew themselves. No browser, no prompt."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NoReturn
from urllib.parse import urlencode, urlsplit

import requests
from pydantic import SecretStr

from asana_intel.asana.answers import name_of, read_answer, retry_after_s
from asana_intel.asana.auth import Role, digest_of, is_sendable
from asana_intel.asana.login_store import LoginStore
from asana_intel.asana.transport import Received, Transport, form
from asana_intel.errors import AsanaIntelError, ConfigError, RetriableError
from asana_intel.settings import Settings

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"  # the code is shown on a page, for a person to copy
AHEAD_S = 120.0  # an access token is renewed so long before it ends
_DEFAULT_LIFE_S = 3600.0
_ATTEMPTS = 4
_BACKOFF_S = 1.0
_WORD = re.compile(r"\A[a-z_]{1,40}\Z", re.ASCII)


@dataclass(frozen=True)
class Tokens:
    """What the server gave.

    Attributes:
        access_token: For requests; never stored.
        expires_in_s: Seconds it is valid.
        refresh_token: A new one, where the server changed it.
        user_gid: Who allowed it; empty where the answer does not say.
        user_name: Their name.
    """

    access_token: SecretStr
    expires_in_s: float
    refresh_token: SecretStr | None
    user_gid: str
    user_name: str

    def __reduce__(self) -> NoReturn:
        raise TypeError("tokens are not pickled")


class OAuthServer:
    """Asana's side of the agreement, which lives beside its API.

    Args:
        api_url: Base address of the API.
        client_id: The OAuth app.
        client_secret: Its secret, where it has one.
        timeout_s: Longest wait for one answer, seconds.
        sleep: Waits that many seconds.
    """

    def __init__(
        self,
        api_url: str,
        client_id: str,
        client_secret: SecretStr | None = None,
        timeout_s: float = 30.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        address = urlsplit(api_url)
        self._transport = Transport(f"{address.scheme}://{address.netloc}", 1, timeout_s)
        self._client_id = client_id
        self._client_secret = client_secret
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"OAuthServer({self._transport.url!r}, client_id={self._client_id!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an OAuth server is not pickled: it holds the app's secret")

    def authorize_url(self, redirect_uri: str, state: str, verifier: SecretStr, scope: str) -> str:
        """Where the person goes to allow it; only the SHA-256 of the verifier is in it (PKCE, RFC 7636)."""
        query = {
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "state": state,
            "code_challenge_method": "S256",
            "code_challenge": challenge_of(verifier),
            "scope": scope,
        }
        return f"{self._transport.url}/-/oauth_authorize?{urlencode(query)}"

    def exchange(self, code: SecretStr, verifier: SecretStr, redirect_uri: str) -> Tokens:
        """Turn the code that the person brought into tokens; a code works once.

        Raises:
            ConfigError: The server refuses the code, the app, or the address.
            RetriableError: The server does not answer.
        """
        return self._tokens(
            {"grant_type": "authorization_code", "code": code, "code_verifier": verifier, "redirect_uri": redirect_uri},
            attempts=1,  # a code that is shown twice counts as stolen
        )

    def refresh(self, refresh_token: SecretStr) -> Tokens:
        """A new access token.

        Raises:
            ConfigError: The login was revoked.
            RetriableError: The server does not answer.
        """
        return self._tokens({"grant_type": "refresh_token", "refresh_token": refresh_token})

    def revoke(self, refresh_token: SecretStr) -> None:
        """End the login at the server; one that has ended already is as good.

        Raises:
            RetriableError: The server does not answer.
        """
        received = self._post("/-/oauth_revoke", {"token": refresh_token})
        if received.status >= 500 or received.status == 429:
            raise RetriableError(f"POST /-/oauth_revoke: {received.status}", fix="run again in a while")

    def _tokens(self, fields: Mapping[str, str | SecretStr | None], attempts: int = _ATTEMPTS) -> Tokens:
        received = self._post("/-/oauth_token", fields, attempts)
        # From here on the answer holds the new tokens: nothing that is raised may hold the answer.
        tokens = _tokens_of(received) if received.status == 200 else None
        if tokens is None:
            raise _refusal(received.status, _error_word(received))
        return tokens

    def _post(self, path: str, fields: Mapping[str, str | SecretStr | None], attempts: int = _ATTEMPTS) -> Received:
        """One form, sent again while the server is away. The answer may hold secrets: it is not to be told."""
        given = {**fields, "client_id": self._client_id, "client_secret": self._client_secret}
        problem = ""
        for attempt in range(attempts):
            received = self._transport.send(
                "POST", path, body=form(given), content_type="application/x-www-form-urlencoded"
            )
            is_last, wait_s = attempt == attempts - 1, _BACKOFF_S * 2**attempt
            if isinstance(received, requests.RequestException):
                problem = name_of(received)
            elif is_last or not (received.status == 429 or received.status >= 500):
                return received
            elif received.status == 429:
                wait_s = retry_after_s(received)
            if not is_last:
                self._sleep(wait_s)
        raise RetriableError(f"POST {path}: {problem}", fix="check the network, then run again")


class OAuthCredential:
    """Access tokens for a stored login: renewed ahead of their end by one thread while the others wait.

    Access tokens are in memory only. A refresh token that the server changes is stored before it is needed again, and
    processes renew one after the other, each with the refresh token that the one before left.

    Args:
        server: Where to renew.
        store: The login.
        clock: Seconds that only grow.
    """

    def __init__(self, server: OAuthServer, store: LoginStore, clock: Callable[[], float] = time.monotonic) -> None:
        about = store.described()
        self.digest = digest_of("oauth", about["server"], about["client_id"], about["user_gid"])
        self.mend = _log_in_again(store.role)
        self.scope: str | None = about["scope"]
        self._server = server
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._access: SecretStr | None = None
        self._ends_at = 0.0
        self._ahead_s = AHEAD_S
        self._hidden: tuple[SecretStr, ...] = ()

    @classmethod
    def from_settings(cls, settings: Settings, store: LoginStore) -> OAuthCredential:
        """The stored login of this home.

        Raises:
            ConfigError: It is for another server, or cannot be opened.
        """
        login = store.load()
        if login.server != settings.asana.url:
            raise ConfigError(
                f"The login of the {store.role} is for {login.server}, not for {settings.asana.url}",
                fix=_log_in_again(store.role),
            )
        server = OAuthServer(login.server, login.client_id, login.client_secret, settings.asana.timeout_s)
        return cls(server, store)

    def __repr__(self) -> str:
        return f"OAuthCredential({self.digest[:8]})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a credential is not pickled: read it from the settings again")

    def token(self) -> SecretStr:
        """An access token that is valid for a while.

        Raises:
            ConfigError: The login was revoked or cannot be opened.
            RetriableError: There is no valid one, and the server does not answer.
        """
        with self._lock:
            left_s = self._ends_at - self._clock()
            if self._access is not None and left_s >= self._ahead_s:
                return self._access
            problem = self._renewed()
            is_still_valid = self._access is not None and left_s > 0 and isinstance(problem, RetriableError)
            if problem and not is_still_valid:
                raise problem
            return self._access or SecretStr("")

    def renew(self, rejected: SecretStr) -> bool:
        """Get another access token after a 401, unless another thread just did.

        Raises:
            ConfigError: The login was revoked.
            RetriableError: The server does not answer.
        """
        with self._lock:
            if self._access is not None and self._access.get_secret_value() == rejected.get_secret_value():
                problem = self._renewed()
                if problem:
                    raise problem
            return True

    def secrets(self) -> tuple[SecretStr, ...]:
        """Every token and secret in use."""
        return self._hidden

    def _renewed(self) -> AsanaIntelError | None:
        try:
            with self._store.locked():
                login = self._store.load()
                asked_at = self._clock()
                tokens = self._server.refresh(login.refresh_token)
                current = tokens.refresh_token or login.refresh_token
                if current.get_secret_value() != login.refresh_token.get_secret_value():
                    self._store.save(replace(login, refresh_token=current))
        except AsanaIntelError as problem:
            return problem
        app_secret = (login.client_secret,) if login.client_secret else ()
        self._access, self._ends_at = tokens.access_token, asked_at + tokens.expires_in_s
        self._ahead_s = min(AHEAD_S, tokens.expires_in_s / 2)  # a short life must not mean a renewal per request
        self._hidden = (tokens.access_token, current, *app_secret)
        return None


def new_verifier() -> SecretStr:
    """A secret that proves, with the code, that who asks is who began (RFC 7636: 43 to 128 characters)."""
    return SecretStr(secrets.token_urlsafe(64))


def challenge_of(verifier: SecretStr) -> str:
    """The verifier's SHA-256 in URL-safe base64 without padding (RFC 7636, S256)."""
    digest = hashlib.sha256(verifier.get_secret_value().encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _tokens_of(received: Received) -> Tokens | None:
    answer = read_answer(received)
    access = answer.body.get("access_token") if answer else None
    if answer is None or not isinstance(access, str) or not is_sendable(SecretStr(access)):
        return None
    refresh, life, user = answer.body.get("refresh_token"), answer.body.get("expires_in"), answer.body.get("data")
    user = user if isinstance(user, dict) else {}
    return Tokens(
        access_token=SecretStr(access),
        expires_in_s=float(life) if isinstance(life, int | float) else _DEFAULT_LIFE_S,
        refresh_token=SecretStr(refresh) if isinstance(refresh, str) and refresh else None,
        user_gid=str(user.get("gid") or user.get("id") or ""),
        user_name=str(user.get("name") or ""),
    )


def _error_word(received: Received) -> str:
    """The error code of RFC 6749; nothing else of the answer, which may repeat what was sent."""
    answer = read_answer(received)
    word = answer.body.get("error") if answer else None
    return word if isinstance(word, str) and _WORD.match(word) else "no reason given"


def _refusal(status: int, word: str) -> AsanaIntelError:
    what = f"POST /-/oauth_token: {status} {word}"
    if status == 429 or status >= 500:
        return RetriableError(what, fix="run again in a while")
    if word == "invalid_grant":
        return ConfigError(f"{what}: the login has ended or was revoked", fix="run: asana-intel auth login")
    if word in {"invalid_client", "unauthorized_client"}:
        return ConfigError(what, fix="check the OAuth app's client id and secret")
    return ConfigError(what, fix="check ASANA_INTEL_ASANA_URL and the OAuth app's settings")


def _log_in_again(role: Role) -> str:
    return f"run: asana-intel auth login --role {role}"
