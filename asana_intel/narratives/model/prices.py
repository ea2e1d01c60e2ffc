"""What a model's tokens cost, by litellm's price list or the settings; nothing is added up here."""

import math
from dataclasses import dataclass
from decimal import Decimal

import orjson

from asana_intel.narratives.model.ladder import Rung, messages
from asana_intel.narratives.model.request import Request
from asana_intel.narratives.model.wire import library
from asana_intel.settings import LlmSettings

_MILLION = Decimal(1_000_000)
_BYTES_PER_TOKEN = 3  # fewer than in any common script, so that an estimate is rather too high


@dataclass(frozen=True)
class Price:
    """US dollars per token read and per token written."""

    input_usd: Decimal
    output_usd: Decimal

    def of(self, input_tokens: int, output_tokens: int) -> Decimal:
        """US dollars of a call."""
        return input_tokens * self.input_usd + output_tokens * self.output_usd


def price_of(settings: LlmSettings) -> Price | None:
    """The model's price: litellm's, else the settings'; None where neither knows it.

    Raises:
        FailedError: litellm cannot be imported.
    """
    litellm = library()
    if (settings.model or "").startswith("ollama"):
        return Price(Decimal(0), Decimal(0))  # one's own machine; litellm would ask it, in the midst of everything
    for name in (settings.base_model, settings.model):
        try:
            known = litellm.get_model_info(name) if name else {}
        except Exception:  # noqa: BLE001 - a model that is not on the list raises a bare Exception
            known = {}
        read, written = known.get("input_cost_per_token"), known.get("output_cost_per_token")
        if read is not None and written is not None:
            return Price(Decimal(str(read)), Decimal(str(written)))
    if settings.usd_per_million_input is None or settings.usd_per_million_output is None:
        return None
    return Price(
        Decimal(str(settings.usd_per_million_input)) / _MILLION,
        Decimal(str(settings.usd_per_million_output)) / _MILLION,
    )


def estimated_input_tokens(request: Request, rung: Rung) -> int:
    """Tokens that a question asked in this way will be read as, at most as a rule."""
    texts = [message["content"] for message in messages(request, rung)]
    if rung is Rung.json_schema:
        texts.append(orjson.dumps(request.schema).decode())
    return math.ceil(len("".join(texts).encode()) / _BYTES_PER_TOKEN)
