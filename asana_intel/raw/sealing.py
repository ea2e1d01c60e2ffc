"""Sealing webhooks' secrets for the database, under a key that is not in it. Where the key is from is the caller's."""

from __future__ import annotations

import secrets

from asana_intel.errors import ConfigError

_NONCE_BYTES = 12


class Sealer:
    """Encrypts and authenticates small secrets (AES-256-GCM).

    Args:
        key: 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "Sealer(…)"

    def seal(self, secret: str, purpose: str) -> bytes:
        """Encrypt a secret; only `open` with the same purpose gives it back."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._key).encrypt(nonce, secret.encode(), purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> str:
        """Decrypt what `seal` gave.

        Raises:
            ConfigError: It was sealed under another key or for another purpose, or changed since.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self._key).decrypt(nonce, text, purpose.encode()).decode()
        except InvalidTag:
            raise ConfigError(
                "A webhook's secret does not open with this key",
                fix="give the key it was sealed with, or remove the webhook and register it anew",
            ) from None
