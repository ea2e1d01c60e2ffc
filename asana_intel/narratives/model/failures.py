"""Why a call failed, told from what the wire saw; a library's errors are asked only where nothing was sent."""

from asana_intel.narratives.model.call import Call, FailedError, Retry

_NO_CREDENTIALS = ("AuthenticationError", "NoCredentialsError", "PartialCredentialsError")
_QUOTA = ("insufficient_quota", "credit balance", "billing")
_TOO_LONG = ("context_length", "context length", "maximum context", "too long", "context window", "context size")
_FILTERED = ("content_filter", "content_policy", "content management policy", "content policy")


def failure_of(call: Call, error: Exception) -> FailedError:
    """The failure behind an error that ended a call."""
    if call.failed is not None:
        return call.failed
    if isinstance(error, TimeoutError):
        return FailedError("timeout", "no whole answer in time", Retry.later)
    if not call.sent:
        return _unsent(error)
    if call.status is None:
        return FailedError("unreachable", "the connection broke", Retry.later)
    if call.status < 400:
        return FailedError("malformed", "the server's answer is not one of its protocol", Retry.later)
    return _of_status(call.status, call.body.decode(errors="replace").lower(), call.retry_after_s)


def _unsent(error: Exception) -> FailedError:
    kind, said = type(error).__name__, str(error).lower()
    if kind == "UnsupportedParamsError":
        retry = Retry.warmer if "temperature" in said else Retry.plainer
        return FailedError("unsupported", "the model takes no such request", retry, is_free=True)
    if kind in _NO_CREDENTIALS or "credential" in said or "api_key" in said:
        return FailedError("key", "no key: set llm.api_key or the provider's variable", is_free=True, is_final=True)
    return FailedError("unsupported", f"litellm would not ask ({kind}): see llm.model", is_free=True, is_final=True)


def _of_status(status: int, said: str, retry_after_s: float | None) -> FailedError:
    http = f"HTTP {status}"
    if status == 402 or (status < 500 and _any(_QUOTA, said)):
        return FailedError("quota", f"{http}: the account has nothing left", is_free=True, is_final=True)
    if status in {401, 403}:
        return FailedError("key", f"{http}: the key is not accepted", is_free=True, is_final=True)
    if status == 404:
        return FailedError("unsupported", f"{http}: no such model or address", is_free=True, is_final=True)
    if status == 429:
        return FailedError("busy", http, Retry.later, retry_after_s=retry_after_s, is_free=True)
    if status == 408:
        return FailedError("timeout", http, Retry.later)
    if status < 500:
        return _of_bad_request(status, said)
    retry = Retry.later_or_plainer if status == 500 else Retry.later
    return FailedError("server", http, retry, retry_after_s=retry_after_s)  # nobody knows whether it was billed


def _of_bad_request(status: int, said: str) -> FailedError:
    http = f"HTTP {status}"
    if status == 413 or _any(_TOO_LONG, said):
        return FailedError("unsupported", f"{http}: the question is too long for the model", is_free=True)
    if _any(_FILTERED, said):
        return FailedError("refused", f"{http}: the provider's filter", is_free=True)
    if "temperature" in said:
        return FailedError("unsupported", f"{http}: no temperature", Retry.warmer, is_free=True)
    retry = Retry.plainer if status in {400, 422} else Retry.no
    return FailedError("unsupported", f"{http}: the model takes no such request", retry, is_free=True)


def _any(words: tuple[str, ...], said: str) -> bool:
    return any(word in said for word in words)
