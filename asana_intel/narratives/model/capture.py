"""What a call would send, byte by byte, found by making the very call and stopping it where it would leave."""

from asana_intel.narratives.model import ladder
from asana_intel.narratives.model.call import Call, FailedError, Sent
from asana_intel.narratives.model.request import Request, Unanswered
from asana_intel.narratives.model.wire import send
from asana_intel.settings import LlmSettings
from asana_intel.storage.postgres import Database

FAMILIES = ("openai", "azure", "anthropic", "bedrock", "ollama", "ollama_chat", "hosted_vllm")
"""Providers whose every request is known to pass our transport; others might really send what is only to be shown."""
_SECONDS = 60.0


def rehearse(settings: LlmSettings, request: Request, database: Database | None = None) -> Sent:
    """The request that a call would send; nothing leaves this process, and no real key is used.

    Args:
        settings: Model and address.
        request: What would be asked.
        database: Knows in which way the endpoint is asked; without it, the strictest.

    Raises:
        Unanswered: litellm is missing or takes no such request, or the provider is none of `FAMILIES`.
    """
    provider = (settings.model or "").split("/")[0]
    if provider not in FAMILIES:
        raise Unanswered("unsupported", f"cannot be shown for '{provider}', only for {', '.join(FAMILIES)}")
    endpoint = ladder.endpoint_of(settings)
    rung = ladder.remembered(database, endpoint) if database else ladder.Rung.json_schema
    why = None
    for is_cool in (True, False):
        call = Call(_SECONDS, is_rehearsed=True)
        try:
            send(settings, request, rung, call, is_cool=is_cool)
        except FailedError as failed:  # it always ends so, as nothing answers
            why = failed
        if call.sent:
            return call.sent[-1]  # some providers are asked about the model first
    raise Unanswered("unsupported", why.note if why else "nothing would be sent")


def payload_of(settings: LlmSettings, request: Request, database: Database | None = None) -> bytes:
    """The body of the request that a call would send; see `rehearse`."""
    return rehearse(settings, request, database).body
