"""What is asked of a model and what comes back; nothing is sent here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Reason = Literal[
    "budget",  # a cap on tokens, money or calls would be passed, or a price is not known under a cap on money
    "time",  # the run's time for models is used up
    "breaker",  # the model failed in a way that will not pass, or three times in a row: not asked again in this run
    "timeout",  # no whole answer in time
    "unreachable",  # no connection, or it broke
    "key",  # the key is not accepted
    "quota",  # the account has nothing left
    "busy",  # too many requests, after all retries
    "server",  # the server's own error
    "refused",  # the model or its filter would not answer
    "malformed",  # not an answer of the schema
    "unsupported",  # no library, no such model, or a request that this model cannot take
]


@dataclass(frozen=True)
class Request:
    """A question whose answer is JSON.

    Args:
        system: What the model is told about its task.
        user: What it is given.
        schema: JSON schema of the answer, of the subset in `schema.py`; its top is an object.
        name: Name of the schema, for providers that want one, and for the ledger.
        max_tokens: Longest answer.
        cache_key: Equal keys, equal questions: hash of the facts, kind and prompt version; the model is added here.
        prompt_version: Version of the prompt, for the ledger.
    """

    system: str
    user: str
    schema: Mapping[str, Any]
    name: str
    max_tokens: int
    cache_key: str
    prompt_version: str = ""


@dataclass(frozen=True)
class Answer:
    """An answer that fits its schema.

    Args:
        data: The JSON object.
        is_cached: Whether nothing had to be sent for it.
    """

    data: dict[str, Any]
    is_cached: bool = False


class Unanswered(Exception):  # noqa: N818 - not an error: templates are written instead
    """No answer, and why. Its text holds nothing that a server or a model said.

    Args:
        reason: Fixed word.
        note: What stood in the way, in words of our own.
        cause: What came before it and is worth a reader's notice: why the breaker opened; the reason itself otherwise.
    """

    def __init__(self, reason: Reason, note: str = "", cause: Reason | None = None) -> None:
        super().__init__(f"{reason}: {note}" if note else reason)
        self.reason: Reason = reason
        self.note = note
        self.cause: Reason = cause or reason


@dataclass
class Usage:
    """What a client has used so far.

    Attributes:
        requests: Requests sent.
        cached: Answers that cost nothing.
        input_tokens: Tokens read by the model, as far as it told.
        output_tokens: Tokens written by it, as far as it told.
        usd: Money, US dollars; None once a part of it is unknown.
        unanswered: Reason to how often.
        notes: What limits had to say, each once.
    """

    requests: int = 0
    cached: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = 0.0
    unanswered: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
