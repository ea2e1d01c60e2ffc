"""One call as the wire saw it, and how it failed: facts that do not depend on any library's view of them."""

import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum

from asana_intel.narratives.model.request import Reason


class Retry(StrEnum):
    """What may cure a failure."""

    no = "no"
    later = "later"  # the same again, after a while
    plainer = "plainer"  # asked in a plainer way, see ladder.py
    warmer = "warmer"  # without a temperature
    later_or_plainer = "later_or_plainer"  # the same again, and if that fails, in a plainer way


@dataclass(frozen=True)
class Sent:
    """A request as it was handed to the network.

    Args:
        path: With its query.
        header_names: Lower case, sorted.
        body: Bytes.
    """

    path: str
    header_names: tuple[str, ...]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What a model answered.

    Args:
        text: Its words, if any.
        finish_reason: Why it stopped, in OpenAI's words.
        is_refusal: Whether the model or a filter would not answer.
        input_tokens: As the provider counted; None where it did not say.
        output_tokens: The same of the answer.
    """

    text: str | None
    finish_reason: str | None
    is_refusal: bool
    input_tokens: int | None
    output_tokens: int | None


class FailedError(Exception):
    """A call without a usable answer. Its text is our own, never a server's.

    Args:
        reason: Fixed word.
        note: What stood in the way.
        retry: What may cure it.
        retry_after_s: What the server asked us to wait, if it did.
        is_free: Whether it is certain that nothing was spent.
        is_final: Whether the next question would fail the same way.
    """

    def __init__(
        self,
        reason: Reason,
        note: str,
        retry: Retry = Retry.no,
        *,
        retry_after_s: float | None = None,
        is_free: bool = False,
        is_final: bool = False,
    ) -> None:
        super().__init__(note)
        self.reason: Reason = reason
        self.note = note
        self.retry = retry
        self.retry_after_s = retry_after_s
        self.is_free = is_free
        self.is_final = is_final


@dataclass
class Call:
    """A call while it is made; the transport fills it in.

    Attributes:
        seconds: Longest time from now to the last byte.
        is_rehearsed: Nothing may leave this process; requests are only noted.
        sent: Requests noted.
        failed: What broke on the way, if anything.
        status: HTTP status of the last response.
        retry_after_s: What it asked us to wait.
        body: The last response's bytes.
        hang_up: Breaks the line off, from any thread.
    """

    seconds: float
    is_rehearsed: bool = False
    clock: Callable[[], float] = time.monotonic
    sent: list[Sent] = field(default_factory=list)
    failed: FailedError | None = None
    status: int | None = None
    retry_after_s: float | None = None
    body: bytes = b""
    hang_up: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self._until = self.clock() + self.seconds

    @property
    def left_s(self) -> float:
        """Seconds left, not below 0."""
        return max(self._until - self.clock(), 0.0)


CURRENT: ContextVar[Call] = ContextVar("asana_intel_model_call")
