"""Several reads in one HTTP request (`POST /batch`): results in order, each with its own error. Never a write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from asana_intel.asana.session import AsanaSession
from asana_intel.errors import AsanaIntelError, PermanentError, SkippableError

MOST_ACTIONS = 10  # Asana's maximum
_OPTIONS = {"limit", "offset"}


@dataclass(frozen=True)
class BatchRead:
    """One read of a batch.

    Args:
        resource_path: From `session.path`.
        params: Query parameters, `opt_fields` among them.
    """

    resource_path: str
    params: Mapping[str, str | int] = field(default_factory=dict)

    def action(self) -> dict[str, Any]:
        """The read as Asana wants it: no query string, options apart from parameters."""
        options: dict[str, Any] = {name: v for name, v in self.params.items() if name in _OPTIONS}
        if "opt_fields" in self.params:
            options["fields"] = str(self.params["opt_fields"]).split(",")
        rest = {name: v for name, v in self.params.items() if name not in {*_OPTIONS, "opt_fields"}}
        action: dict[str, Any] = {"relative_path": self.resource_path, "method": "get"}
        return action | ({"data": rest} if rest else {}) | ({"options": options} if options else {})


def read_batch(session: AsanaSession, reads: Sequence[BatchRead]) -> list[dict[str, Any] | AsanaIntelError]:
    """Read them all, ten to a request; every read counts for itself against the limits.

    A 429 refuses a batch as a whole; it is waited out and sent again. A read that failed for a passing reason is
    asked again by itself, and all of them where the server or the plan has no batches.

    Args:
        session: Where to ask.
        reads: What to read.

    Returns:
        In the order of `reads`: the whole body of each answer, or the error that `session.get` would have raised.

    Raises:
        ConfigError: 401.
        RetriableError: Still no answer after the last attempt.
    """
    size = min(MOST_ACTIONS, session.pacer.limits.reads)
    results: list[dict[str, Any] | AsanaIntelError] = []
    for start in range(0, len(reads), size):
        results += _read_ten(session, reads[start : start + size])
    return results


def _read_ten(session: AsanaSession, reads: Sequence[BatchRead]) -> Iterator[dict[str, Any] | AsanaIntelError]:
    try:
        body = session.post_read("/batch", {"data": {"actions": [r.action() for r in reads]}}, count=len(reads))
    except (SkippableError, PermanentError):  # no such endpoint, or not for this token: the reads themselves may do
        return (_one_by_one(session, read) for read in reads)
    results = body.get("data")
    if not isinstance(results, list) or len(results) != len(reads):
        raise PermanentError(
            f"POST /batch: {len(reads)} reads were asked, the answer holds "
            f"{len(results) if isinstance(results, list) else 'no'} results",
            fix="check ASANA_INTEL_ASANA_URL",
        )
    return (_result(session, read, result) for read, result in zip(reads, results, strict=True))


def _result(session: AsanaSession, read: BatchRead, result: Any) -> dict[str, Any] | AsanaIntelError:
    what = f"GET {read.resource_path}"
    status = result.get("status_code") if isinstance(result, dict) else None
    body = result.get("body") if isinstance(result, dict) else None
    if not isinstance(status, int) or not isinstance(body, dict):
        return _one_by_one(session, read)
    if 200 <= status < 300:
        try:
            session.check_workspace(what, body.get("data"))
        except PermanentError as foreign:
            return foreign
        return body
    error = session.error_of(what, status, body)
    return error if isinstance(error, SkippableError | PermanentError) else _one_by_one(session, read)


def _one_by_one(session: AsanaSession, read: BatchRead) -> dict[str, Any] | AsanaIntelError:
    try:
        return session.get(read.resource_path, read.params)
    except AsanaIntelError as problem:
        return problem
