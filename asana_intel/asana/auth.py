"""Who we are towards Asana: the credential of each role, and where it comes from. No endpoint, no cryptography here."""

from __future__ import annotations

import hashlib
import re
from typing import Literal, NoReturn, Protocol

from pydantic import SecretStr

from asana_intel.errors import ConfigError
from asana_intel.settings import Settings

Role = Literal["reader", "writer"]
ROLES: tuple[Role, ...] = ("reader", "writer")
TOKEN_VARIABLES: dict[Role, str] = {
    "reader": "ASANA_INTEL_ASANA_TOKEN",
    "writer": "ASANA_INTEL_WRITER_TOKEN",
}
_SENDABLE = re.compile(r"\A[\x21-\x7e]+\Z")


class Credential(Protocol):
    """Something that puts a bearer token into a request."""

    @property
    def digest(self) -> str:
        """Tells credentials apart without holding one; the same in every process."""
        ...

    @property
    def mend(self) -> str:
        """What to do when the server rejects it."""
        ...

    @property
    def scope(self) -> str | None:
        """What was allowed at the login, blank-separated; None for tokens that nobody logged in with."""
        ...

    def token(self) -> SecretStr:
        """The token to send now.

        Raises:
            ConfigError: There is none any more, and a person must log in again.
            RetriableError: It could not be renewed just now.
        """
        ...

    def renew(self, rejected: SecretStr) -> bool:
        """Get another token after a 401; False where there is none to be had."""
        ...

    def secrets(self) -> tuple[SecretStr, ...]:
        """Everything that must never be shown."""
        ...


class FixedToken:
    """A personal access token or a service account's: valid until somebody revokes it.

    Args:
        token: The token.
        role: Whose it is.

    Raises:
        ConfigError: It cannot be put into a header.
    """

    def __init__(self, token: SecretStr, role: Role) -> None:
        self.digest = digest_of(token.get_secret_value())
        if not is_sendable(token):
            raise ConfigError(
                f"The token in {TOKEN_VARIABLES[role]} holds a blank, a line break or another character no token has",
                fix=f"copy the token anew into {TOKEN_VARIABLES[role]}",
            )
        self._token = token
        self.mend = f"put a valid token into {TOKEN_VARIABLES[role]}"
        self.scope = None

    def __repr__(self) -> str:
        return f"FixedToken({self.digest[:8]})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a credential is not pickled: read it from the settings again")

    def token(self) -> SecretStr:
        """The token."""
        return self._token

    def renew(self, rejected: SecretStr) -> bool:
        """There is no other one."""
        return False

    def secrets(self) -> tuple[SecretStr, ...]:
        """The token."""
        return (self._token,)


def token_of(settings: Settings, role: Role) -> SecretStr | None:
    """The configured token of the role; None where there is none or it is blank."""
    token = settings.asana.token if role == "reader" else settings.asana.writer_token
    stripped = token.get_secret_value().strip() if token else ""
    return SecretStr(stripped) if stripped else None


def has_credential(settings: Settings, role: Role) -> bool:
    """Whether there is a token or a stored login for the role; whether it works is not asked."""
    from asana_intel.asana.login_store import LoginStore

    return token_of(settings, role) is not None or LoginStore.from_settings(settings, role).exists()


def credential_of(settings: Settings, role: Role) -> Credential:
    """The configured token of the role, or what was stored by `asana-intel auth login`.

    Raises:
        ConfigError: There is neither, or the stored one cannot be opened.
    """
    token = token_of(settings, role)
    if token is not None:
        return FixedToken(token, role)

    from asana_intel.asana.login_store import LoginStore  # cryptography takes a while to load
    from asana_intel.asana.oauth import OAuthCredential

    store = LoginStore.from_settings(settings, role)
    if store.exists():
        return OAuthCredential.from_settings(settings, store)
    raise ConfigError(
        f"No token for the {role}",
        fix=f"set {TOKEN_VARIABLES[role]}, or log in with: asana-intel auth login --role {role}",
    )


def is_sendable(token: SecretStr) -> bool:
    """Whether it can be put into a header: the HTTP library's own complaint about one that cannot would quote it."""
    return _SENDABLE.match(token.get_secret_value()) is not None


def digest_of(*parts: str) -> str:
    """Sixteen bytes of SHA-256 in hex: enough to tell secrets apart, not to find one."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
