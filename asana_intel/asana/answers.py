"""Reading one answer, or the lack of one: status, message, and the error that says what to do next. Sends nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from asana_intel.asana.transport import Received
from asana_intel.errors import ConfigError, PermanentError, SkippableError

SKIPPABLE = {
    402: "not part of the plan",
    404: "not found, or not visible to the token",
    451: "withheld for legal reasons",
    501: "not offered by the server",
}
NO_RETRY_AFTER_S = 60.0
_NUMBER = re.compile(r"\A[0-9]{1,300}(\.[0-9]{1,30})?\Z", re.ASCII)


@dataclass(frozen=True)
class Answer:
    """What came back: the HTTP status, and the body where it was a JSON object."""

    status: int
    body: dict[str, Any]

    @property
    def has_data(self) -> bool:
        """Whether it holds what every answer of Asana's that is no error holds: a record or a list."""
        return isinstance(self.body.get("data"), dict | list)


def read_answer(received: Received) -> Answer | None:
    """Status and body; None where the body is not a JSON object."""
    try:
        body = orjson.loads(received.content)
    except orjson.JSONDecodeError:
        return None
    return Answer(received.status, body) if isinstance(body, dict) else None


def message_of(answer: Answer | None) -> str:
    """Asana's own words for a refusal, from `{"errors": [{"message": …}]}`."""
    errors = answer.body.get("errors") if answer else None
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return str(errors[0].get("message", ""))
    return "no message"


def refusal(what: str, status: int, message: str, mend_401: str) -> ConfigError | SkippableError | PermanentError:
    """The error for a refused read.

    Args:
        what: Method and path.
        status: HTTP status, 3xx, 4xx or 501.
        message: Asana's, free of secrets.
        mend_401: How to mend a rejected token.
    """
    if status == 401:
        return ConfigError(f"{what}: 401 {message}", fix=mend_of(status, mend_401))
    if status in SKIPPABLE:
        return SkippableError(f"{what}: {status} {message} ({SKIPPABLE[status]})")
    return PermanentError(f"{what}: {status} {message}", fix=mend_of(status, mend_401))


def mend_of(status: int, mend_401: str) -> str | None:
    """What the reader can do about a refusal, where that is known."""
    if 300 <= status < 400:
        return "point ASANA_INTEL_ASANA_URL at the API itself; redirects are not followed"
    if status == 401:
        return mend_401
    if status == 403:
        return "give the token's user access to it, or its OAuth app the scope"
    return None


def retry_after_s(received: Received) -> float:
    """Seconds to wait, from a number or an HTTP date, however long; a minute where it is missing or unreadable.

    A date counts from the answer's own `Date`, since the two clocks need not agree.
    """
    header = received.headers.get("Retry-After", "").strip()
    if _NUMBER.match(header):
        return float(header)
    try:
        wait = parsedate_to_datetime(header) - parsedate_to_datetime(received.headers["Date"])
    except (KeyError, TypeError, ValueError):
        return NO_RETRY_AFTER_S
    return max(0.0, wait.total_seconds())


def never_left(failure: requests.RequestException) -> bool:
    """Whether the request certainly did not reach the server: no connection was made."""
    if isinstance(failure, requests.ConnectTimeout):
        return True
    cause = failure.args[0] if failure.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def name_of(failure: requests.RequestException) -> str:
    """What went wrong, without the address and the headers that the failure itself carries."""
    if isinstance(failure, requests.Timeout):
        return "no answer in time"
    if isinstance(failure, requests.exceptions.SSLError):
        return "the TLS connection failed"
    return "the connection failed"
