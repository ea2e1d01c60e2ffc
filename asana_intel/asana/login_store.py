"""Where a login rests: one file per role, readable by its owner only, the secrets in it sealed with AES-GCM."""

from __future__ import annotations

import base64
import fcntl
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import orjson
from pydantic import SecretStr

from asana_intel.asana.auth import Role
from asana_intel.asana.secret_key import find_key
from asana_intel.errors import ConfigError
from asana_intel.settings import Settings

_VERSION = 1
_NONCE_BYTES = 12  # what AES-GCM wants


@dataclass(frozen=True)
class Login:
    """What a person allowed.

    Attributes:
        server: Address of the API that it is for.
        client_id: The OAuth app.
        user_gid: Who allowed it.
        scope: What was asked for, blank-separated.
        refresh_token: Gets access tokens until it is revoked.
        client_secret: The app's, where it has one.
    """

    server: str
    client_id: str
    user_gid: str
    scope: str
    refresh_token: SecretStr
    client_secret: SecretStr | None = None

    def __reduce__(self) -> NoReturn:
        raise TypeError("a login is not pickled: it rests in its store")


class LoginStore:
    """The login of one role.

    The file says in the clear for whom and what the login is, and these words are sealed in with the secrets: nobody
    can make the reader's login the writer's, or another server's, by editing the file.

    Args:
        folder: Where the files of all roles lie.
        role: Reader and writer have logins apart.
        key: Gives the key, 32 bytes; asked only when a login is opened or stored.
    """

    def __init__(self, folder: Path, role: Role, key: Callable[[], bytes]) -> None:
        self.role: Role = role
        self.path = folder / f"{role}.login"
        self._key = key

    @classmethod
    def from_settings(cls, settings: Settings, role: Role, *, create_key: bool = False) -> LoginStore:
        """The store of this home; `create_key`: make a key in the desktop's key store where there is none."""
        return cls(settings.home / "logins", role, lambda: find_key(settings, create=create_key))

    def __repr__(self) -> str:
        return f"LoginStore({self.role!r})"

    def exists(self) -> bool:
        """Whether there is a login, which need not be one that can be opened."""
        return self.path.exists()

    def described(self) -> dict[str, str]:
        """What the login is, without opening it: server, client_id, user_gid, scope.

        Raises:
            ConfigError: There is none, or it is not one.
        """
        sealed = self._read()
        return {name: str(sealed["about"].get(name, "")) for name in ("server", "client_id", "user_gid", "scope")}

    def load(self) -> Login:
        """Open the login.

        Raises:
            ConfigError: There is none, the key is missing or another one, or the file was changed.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        sealed = self._read()
        about = sealed["about"]
        try:
            nonce, hidden = base64.b64decode(sealed["nonce"]), base64.b64decode(sealed["sealed"])
            opened = orjson.loads(AESGCM(self._key()).decrypt(nonce, hidden, self._bound_to(about)))
        except (InvalidTag, TypeError, ValueError):
            opened = None
        if opened is None:
            raise ConfigError(
                f"The login of the {self.role} cannot be opened: another key, or the file was changed",
                fix=f"give the key it was stored under, or run: asana-intel auth login --role {self.role}",
            )
        app_secret = opened["client_secret"]
        return Login(
            server=about["server"],
            client_id=about["client_id"],
            user_gid=about["user_gid"],
            scope=about["scope"],
            refresh_token=SecretStr(opened["refresh_token"]),
            client_secret=SecretStr(app_secret) if app_secret else None,
        )

    def save(self, login: Login) -> None:
        """Store the login in one step: whoever reads gets the old one or the new one.

        Raises:
            ConfigError: There is no key.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        about = {name: getattr(login, name) for name in ("server", "client_id", "user_gid", "scope")}
        nonce = secrets.token_bytes(_NONCE_BYTES)
        hidden = AESGCM(self._key()).encrypt(nonce, _opened(login), self._bound_to(about))
        content = {"about": about, "nonce": _text(nonce), "sealed": _text(hidden), "version": _VERSION}
        self._make_folder()
        number, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.role}")  # mode 0600
        with os.fdopen(number, "wb") as file:
            file.write(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(self.path)

    def delete(self) -> None:
        """Remove the login; nothing happens where there is none."""
        self.path.unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other thread and process from renewing this login; waits for its turn."""
        self._make_folder()
        with self.path.with_suffix(".lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _make_folder(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

    def _read(self) -> dict[str, Any]:
        try:
            content = orjson.loads(self.path.read_bytes())
        except FileNotFoundError:
            content = None
        except orjson.JSONDecodeError:
            content = {}
        again = f"run: asana-intel auth login --role {self.role}"
        if content is None:
            raise ConfigError(f"Nobody is logged in as the {self.role}", fix=again)
        whole = isinstance(content, dict) and {"nonce", "sealed"} <= content.keys()
        if not whole or content.get("version") != _VERSION or not isinstance(content.get("about"), dict):
            raise ConfigError(f"{self.path.name} is not a login", fix=again)
        return content

    def _bound_to(self, about: dict[str, str]) -> bytes:
        return orjson.dumps({**about, "role": self.role, "version": _VERSION}, option=orjson.OPT_SORT_KEYS)


def _opened(login: Login) -> bytes:
    app_secret = login.client_secret
    return orjson.dumps(
        {
            "refresh_token": login.refresh_token.get_secret_value(),
            "client_secret": app_secret.get_secret_value() if app_secret else None,
        }
    )


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
