"""Where the key of stored logins comes from: a command (Vault, a KMS), the environment, or the desktop's key store."""

from __future__ import annotations

import base64
import binascii
import secrets
import shlex
import subprocess

from pydantic import SecretStr

from asana_intel.errors import ConfigError
from asana_intel.settings import Settings

KEY_BYTES = 32
_SERVICE, _ACCOUNT = "asana-intel", "secret-key"
_COMMAND_TIMEOUT_S = 30
_MAKE_ONE = "python -c 'import secrets; print(secrets.token_hex(32))'"


def find_key(settings: Settings, *, create: bool = False) -> bytes:
    """The key under which logins are stored, 32 bytes.

    Args:
        settings: Names the command, or holds the key of `ASANA_INTEL_SECRET_KEY`.
        create: Make one in the desktop's key store where no source has any.

    Raises:
        ConfigError: There is no key, or it is not 32 bytes as base64 or hex.
    """
    asana = settings.asana
    if asana.key_command:
        return _decoded(_printed_by(asana.key_command), "asana.key_command")
    if asana.secret_key is not None:
        return _decoded(asana.secret_key, "ASANA_INTEL_SECRET_KEY")
    stored = _from_key_store(create=create)
    if stored is None:
        raise ConfigError(
            "There is no key to store a login under",
            fix=f"set ASANA_INTEL_SECRET_KEY (make one: {_MAKE_ONE}) or asana.key_command, or install keyring",
        )
    return _decoded(stored, "the desktop's key store")


def _printed_by(command: str) -> SecretStr:
    try:
        ran = subprocess.run(  # noqa: S603 (the command is the owner's own setting)
            shlex.split(command), capture_output=True, text=True, timeout=_COMMAND_TIMEOUT_S, check=False
        )
        problem = f"it ended with exit code {ran.returncode}" if ran.returncode else None
        printed = SecretStr(ran.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired) as failure:
        problem, printed = type(failure).__name__, SecretStr("")
    if problem:
        raise ConfigError(f"asana.key_command gave no key: {problem}", fix="run the command by hand")
    return printed


def _from_key_store(*, create: bool) -> SecretStr | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        stored = keyring.get_password(_SERVICE, _ACCOUNT)
        if stored is None and create:
            stored = secrets.token_hex(KEY_BYTES)
            keyring.set_password(_SERVICE, _ACCOUNT, stored)
    except KeyringError:  # no key store on this machine, or it is locked
        return None
    return SecretStr(stored) if stored else None


def _decoded(text: SecretStr, source: str) -> bytes:
    key = _key_in(text)
    if key is not None:
        return key
    raise ConfigError(f"The key from {source} is not 32 bytes as base64 or hex", fix=f"make one: {_MAKE_ONE}")


def _key_in(text: SecretStr) -> bytes | None:
    written = text.get_secret_value().strip()
    for decode in (bytes.fromhex, _from_base64):
        try:
            key = decode(written)
        except (ValueError, binascii.Error):
            continue
        if len(key) == KEY_BYTES:
            return key
    return None


def _from_base64(text: str) -> bytes:
    padded = text + "=" * (-len(text) % 4)
    return base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True)
