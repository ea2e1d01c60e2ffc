"""Freeing text of secrets, however an answer spells them. Knows no request and no credential."""

from __future__ import annotations

from typing import NoReturn
from urllib.parse import quote

from pydantic import SecretStr

REDACTED = "<secret>"
_SHORTEST_SECRET = 8  # a shorter one is no secret, and may be part of any word


class Redactor:
    """Replaces certain secrets: plain, as part of an address, and as JSON may write them.

    Made once for many answers, since spelling a secret takes longer than looking for it.

    Args:
        secrets: What must not be seen.

    Attributes:
        secrets: As given.
    """

    def __init__(self, secrets: tuple[SecretStr, ...] = ()) -> None:
        self.secrets = secrets
        plain = [s.get_secret_value() for s in secrets if len(s.get_secret_value()) >= _SHORTEST_SECRET]
        self._spellings = dict.fromkeys(
            [*plain, *(quote(s, safe="") for s in plain), *(s.replace("/", "\\/") for s in plain)]
        )
        self._encoded = [spelling.encode() for spelling in self._spellings]

    def __repr__(self) -> str:
        return f"Redactor({len(self.secrets)} secrets)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("what knows secrets is not pickled: make it anew")

    def text(self, text: str) -> str:
        """The text without the secrets."""
        for spelling in self._spellings:
            text = text.replace(spelling, REDACTED)
        return text

    def content(self, content: bytes) -> bytes:
        """The same of a body in UTF-8."""
        for spelling in self._encoded:
            content = content.replace(spelling, REDACTED.encode())
        return content
