"""One call of a model through litellm, cut off in time. The only module that imports litellm; it decides nothing."""

import logging
import os
import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from asana_intel.narratives.model.call import CURRENT, Call, FailedError, Reply
from asana_intel.narratives.model.failures import failure_of
from asana_intel.narratives.model.ladder import Rung, messages, response_format
from asana_intel.narratives.model.request import Request
from asana_intel.settings import LlmSettings

if TYPE_CHECKING:
    from types import ModuleType

_CHATTY = ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy")
_TALKATIVE = ("httpx", "httpcore", "openai", "botocore", "boto3")  # they log requests, prompts included
_MOST_TOKENS = 100_000_000
_loaded: list["ModuleType"] = []


def library() -> "ModuleType":
    """litellm, without its network call at import, its .env reading, its output and its own way of sending.

    Raises:
        FailedError: It is not installed, or broken.
    """
    if not _loaded:
        os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        os.environ.setdefault("LITELLM_MODE", "PRODUCTION")
        os.environ.setdefault("LITELLM_LOG", "ERROR")
        for name in _CHATTY:
            logging.getLogger(name).disabled = True
        try:
            import litellm
        except Exception as missing:  # noqa: BLE001 - whatever an import may do, templates are written then
            found = type(missing).__name__
        else:
            _loaded.append(_prepared(litellm))
            return litellm
        raise FailedError("unsupported", f"litellm cannot be imported: {found}", is_free=True, is_final=True)
    return _loaded[0]


def send(settings: LlmSettings, request: Request, rung: Rung, call: Call, *, is_cool: bool = True) -> Reply:
    """Ask once.

    Args:
        settings: Model, address and key.
        request: What to ask.
        rung: How to ask for JSON.
        call: Its time; filled in with what the wire saw.
        is_cool: Whether temperature 0 is asked for; some models refuse it.

    Raises:
        FailedError: No answer came.
    """
    litellm = library()
    options = _options(settings, request, rung, call, is_cool=is_cool)
    answer, error = _within(call, lambda: litellm.completion(**options))
    if error is not None:
        raise failure_of(call, error)
    return _reply(answer)


def _prepared(litellm: Any) -> Any:
    import httpx

    from asana_intel.narratives.model.transport import BoundedTransport

    litellm.suppress_debug_info = True
    litellm.telemetry = False
    transport = BoundedTransport()
    litellm.sync_transport = transport  # most providers
    litellm.client_session = httpx.Client(transport=transport, follow_redirects=False)  # OpenAI's protocol
    for name in _CHATTY:  # a level too: whoever configures logging anew enables what was disabled
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
    return litellm


def _options(settings: LlmSettings, request: Request, rung: Rung, call: Call, *, is_cool: bool) -> dict[str, Any]:
    model = settings.model or ""
    is_bedrock = model.startswith("bedrock/")
    wanted = {
        "aws_bedrock_runtime_endpoint" if is_bedrock else "api_base": settings.api_base,
        "api_key": settings.api_key.get_secret_value() if settings.api_key else None,
        "api_version": settings.api_version,
        "response_format": response_format(request, rung),
        "temperature": 0 if is_cool else None,
    }
    if call.is_rehearsed:
        wanted |= _stand_ins(is_bedrock=is_bedrock)
    return {
        "model": model,
        "messages": messages(request, rung),
        "max_tokens": request.max_tokens,
        "timeout": call.seconds,
        "num_retries": 0,  # litellm's own retries multiply, and need a library that it does not bring
        "max_retries": 0,
        "drop_params": False,  # it would drop the schema without a word
        "caching": False,
    } | {name: value for name, value in wanted.items() if value is not None}


def _stand_ins(*, is_bedrock: bool) -> dict[str, str]:
    """Credentials for a call that is only rehearsed, so that no real one is needed or used."""
    if not is_bedrock:
        return {"api_key": "rehearsed"}
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    return {"aws_access_key_id": "rehearsed", "aws_secret_access_key": "rehearsed", "aws_region_name": region}


def _within(call: Call, work: Callable[[], Any]) -> tuple[Any, Exception | None]:
    """Result or error of `work`, given up when the call's time is over, whatever it is waiting for."""
    done: queue.SimpleQueue[tuple[Any, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        CURRENT.set(call)
        try:
            done.put((work(), None))
        except Exception as wrong:  # noqa: BLE001 - handed to the caller
            done.put((None, wrong))

    threading.Thread(target=run, name="model call", daemon=True).start()
    try:
        return done.get(timeout=call.left_s)
    except queue.Empty:
        call.hang_up()
        return None, TimeoutError()


def _reply(answer: Any) -> Reply:
    """The first choice's words; litellm fills in 0 where a provider tells no usage, and no prompt has 0 tokens."""
    choice = next(iter(getattr(answer, "choices", None) or ()), None)
    message = getattr(choice, "message", None)
    text = getattr(message, "content", None)
    said_no = getattr(message, "refusal", None) or (getattr(message, "provider_specific_fields", None) or {}).get(
        "refusal"
    )
    stopped = getattr(choice, "finish_reason", None)
    usage = getattr(answer, "usage", None)
    read, written = (_tally(getattr(usage, name, None)) for name in ("prompt_tokens", "completion_tokens"))
    return Reply(
        text=text if isinstance(text, str) else None,
        finish_reason=stopped,
        is_refusal=stopped == "content_filter" or (bool(said_no) and not text),
        input_tokens=read or None,
        output_tokens=written if read else None,
    )


def _tally(told: object) -> int | None:
    """A number of tokens, or None where a provider tells nonsense."""
    return told if isinstance(told, int) and 0 <= told <= _MOST_TOKENS else None
