"""The bearer tokens that a world, a file or a test names: reading and checking their settings. No judging of calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from asana_intel.errors import ConfigError
from asana_intel.sandbox.catalogue import catalogue
from asana_intel.sandbox.identity import fingerprint
from asana_intel.sandbox.plans import PLANS
from asana_intel.sandbox.times import normal_iso
from asana_intel.sandbox.world import Fields

KINDS = ("pat", "oauth", "service_account")
FULL = "default"
IDENTITY = frozenset({"openid", "email", "profile"})
# Declared by Asana's OpenAPI document or its SDK, on no operation.
_UNUSED = frozenset({"custom_types:read", "project_sections:read", "task_custom_types:read", "time_periods:read"})


@dataclass(frozen=True, slots=True)
class Token:
    """What is said about one bearer token.

    Attributes:
        user: Gid or e-mail of the world's user it acts as; None makes one up.
        kind: `pat`, `oauth` or `service_account`.
        plan: The plan it works under; None takes the world's.
        scopes: Granted OAuth scopes; None or with `default`: full rights.
        expires_at: Moment of the sandbox's clock from which it is refused.
        strict: Whether it sees only what its user may see; None: users of the world do, made-up ones do not.
        revoked: Whether it is refused already.
        seed: Whose hash makes up the user, for tokens that change while the user stays; None: the token.
    """

    user: str | None = None
    kind: str = "pat"
    plan: str | None = None
    scopes: frozenset[str] | None = None
    expires_at: str | None = None
    strict: bool | None = None
    revoked: bool = False
    seed: str | None = None

    def is_dead(self, now: str) -> bool:
        """Tell whether it is revoked or past its time."""
        return self.revoked or (self.expires_at is not None and self.expires_at <= now)


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """An app that may ask users for authorization.

    Attributes:
        secret: Its client secret; None for a public client.
        redirect_uris: Where answers may go; empty: anywhere.
        scopes: What it is registered for; None: full permissions.
    """

    secret: str | None = None
    redirect_uris: tuple[str, ...] = ()
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """Everything about tokens that can be set.

    Attributes:
        tokens: Bearer token -> what it may do.
        only_configured: Refuse every other token with 401.
        plan: The plan of tokens that name none; None takes the workspace's, or the top one.
        rotate_refresh_tokens: Give a new refresh token at every refresh and end the old one; Asana keeps it.
        oauth_user: Gid or e-mail of the user who approves every authorization at once; None asks on a page.
        oauth_clients: Client id -> app; empty lets every client id in.
    """

    tokens: Mapping[str, Token] = field(default_factory=dict)
    only_configured: bool = False
    plan: str | None = None
    rotate_refresh_tokens: bool = False
    oauth_user: str | None = None
    oauth_clients: Mapping[str, OAuthClient] = field(default_factory=dict)

    def merged(self, raw: Any) -> TokenSettings:
        """Lay new settings over these.

        Args:
            raw: `{"<token>": {…} | "<user gid>" | null (revoked)}`, beside or instead the members of this class;
                tokens may also stand under `tokens`.

        Raises:
            ConfigError: Naming the member that cannot be read; never the token itself.
        """
        if not isinstance(raw, dict):
            raise ConfigError("tokens: not an object", fix='{"<token>": {"user": "<gid>"}}')
        named = {**raw, **_object(raw, "tokens")}
        named.pop("tokens", None)
        tokens = {token: _token(token, named[token]) for token in named if token not in SETTINGS}
        clients = {name: _client(name, value) for name, value in _object(raw, "oauth_clients").items()}
        return replace(
            self,
            tokens={**self.tokens, **tokens},
            only_configured=_typed(raw, "only_configured", bool, "", self.only_configured),
            plan=_choice(raw, "plan", PLANS, "", self.plan),
            rotate_refresh_tokens=_typed(raw, "rotate_refresh_tokens", bool, "", self.rotate_refresh_tokens),
            oauth_user=_typed(raw, "oauth_user", str, "", self.oauth_user),
            oauth_clients={**self.oauth_clients, **clients},
        )


SETTINGS = frozenset(member.name for member in fields(TokenSettings)) - {"tokens"}


def known_scopes() -> frozenset[str]:
    """Return every OAuth scope that Asana documents."""
    used = frozenset[str]().union(*(operation.scopes for operation in catalogue().values()))
    return used | IDENTITY | _UNUSED | {FULL}


def stated_scopes(value: Any, where: str) -> frozenset[str] | None:
    """Read a list of scopes; None stands for full rights.

    Raises:
        ConfigError: For a scope that Asana does not have.
    """
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(scope, str) for scope in value):
        raise ConfigError(f"{where}scopes: not a list of scopes", fix='for example ["tasks:read", "projects:read"]')
    for scope in value:
        if scope not in known_scopes():
            raise ConfigError(f"{where}scopes: no such scope: {scope}", fix="see Asana's list of OAuth scopes")
    return None if FULL in value else frozenset(value)


def _token(token: str, raw: Any) -> Token:
    where = f"token {fingerprint(token)}: "
    if raw is None:
        return Token(revoked=True)
    if isinstance(raw, str):
        return Token(user=raw)
    if not isinstance(raw, dict):
        raise ConfigError(f"{where}not an object", fix='{"user": "<gid>", "kind": "pat"}')
    _only_known(raw, Token, where)
    expires_at = _typed(raw, "expires_at", str, where, None)
    if expires_at is not None:
        try:
            expires_at = normal_iso(expires_at)
        except ValueError:
            raise ConfigError(f"{where}expires_at: not a moment: {expires_at}", fix="2026-03-01T06:00:00Z") from None
    scopes = stated_scopes(raw.get("scopes"), where)
    return Token(
        user=_typed(raw, "user", str, where, None),
        kind=_choice(raw, "kind", KINDS, where, None) or ("pat" if scopes is None else "oauth"),
        plan=_choice(raw, "plan", PLANS, where, None),
        scopes=scopes,
        expires_at=expires_at,
        strict=_typed(raw, "strict", bool, where, None),
        revoked=_typed(raw, "revoked", bool, where, False),
    )


def _client(name: str, raw: Any) -> OAuthClient:
    where = f"oauth_clients: {name}: "
    if not isinstance(raw, dict):
        raise ConfigError(f"{where}not an object", fix='{"secret": "…", "redirect_uris": ["…"]}')
    _only_known(raw, OAuthClient, where)
    uris = raw.get("redirect_uris") or []
    if not isinstance(uris, list) or not all(isinstance(uri, str) for uri in uris):
        raise ConfigError(f"{where}redirect_uris: not a list of addresses", fix='["http://127.0.0.1/callback"]')
    secret = _typed(raw, "secret", str, where, None)
    return OAuthClient(secret, tuple(uris), stated_scopes(raw.get("scopes"), where))


def _only_known(raw: Fields, kind: type, where: str) -> None:
    known = [member.name for member in fields(kind) if member.name != "seed"]
    for name in raw:
        if name not in known:
            raise ConfigError(f"{where}no such member: {name}", fix=f"one of {', '.join(known)}")


def _object(raw: Fields, name: str) -> Fields:
    value = raw.get(name) or {}
    if not isinstance(value, dict):
        raise ConfigError(f"{name}: not an object", fix="an object of name to settings")
    return value


def _typed(raw: Fields, name: str, kind: type, where: str, default: Any) -> Any:
    value = raw.get(name, default)
    if value is not None and not isinstance(value, kind):
        raise ConfigError(f"{where}{name}: not a {'text' if kind is str else 'true or false'}", fix="or leave it out")
    return default if value is None else value


def _choice(raw: Fields, name: str, allowed: tuple[str, ...], where: str, default: str | None) -> str | None:
    value = raw.get(name)
    if value is None:
        return default
    if value not in allowed:
        raise ConfigError(f"{where}{name}: {value!r} is none of them", fix=f"one of {', '.join(allowed)}")
    return str(value)
