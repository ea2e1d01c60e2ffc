"""Lets a language model choose which true claims to make; code writes every word. The only importer of litellm.

Whatever goes wrong (no library, no server, nonsense, a claim that is not true of the sheet) ends in the template's
choice. A model that fails three times in a row is not asked again in the same run.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Protocol

import orjson
from pydantic import BaseModel, ConfigDict

from asana_intel.narratives.claims import MOST_WORDS, Claim, Part, compose, possible_claims, template_choice
from asana_intel.narratives.facts import FactSheet
from asana_intel.settings import LlmSettings

PROMPT_VERSION = "select-2"
_PROMPT = (
    "You edit weekly goal updates. Choose two or three claim ids for the reader of this goal: one of part 'state', "
    "then at most one 'cause' and at most one 'action'. Prefer what changed and what the owner can act on. "
    "Answer with JSON only."
)
_FAILURES_TO_STOP = 3


@dataclass(frozen=True)
class Choice:
    """Claims chosen, by whom, and why a model's answer was not used (if so)."""

    claims: Sequence[Claim]
    written_by: str
    model: str | None = None
    note: str | None = None


class ClaimChooser(Protocol):
    """Chooses claims for a sheet; never raises."""

    def choose(self, sheet: FactSheet) -> Choice:
        """The claims to write, in order."""
        ...


class TemplateChooser:
    """The heaviest true claim of each part; complete without any model."""

    def choose(self, sheet: FactSheet) -> Choice:
        """The template's choice."""
        return Choice(template_choice(sheet), "template")


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    claims: list[str]


@dataclass
class ModelChooser:
    """Asks a model through litellm.

    Args:
        settings: Model, address, time-out and the most calls of a run.
    """

    settings: LlmSettings
    calls: int = 0
    tokens: int = 0
    _failures: int = 0
    _answers: dict[str, list[str]] = field(default_factory=dict)

    def choose(self, sheet: FactSheet) -> Choice:
        """The model's choice where it is valid, else the template's."""
        true_claims = {c.claim_id: c for c in possible_claims(sheet)}
        if self._failures >= _FAILURES_TO_STOP or self.calls >= self.settings.max_calls_per_run:
            return Choice(template_choice(sheet), "fallback", note="model not asked: failures or call limit")
        try:
            ids = self._ask(sheet, true_claims)
            chosen = _valid(sheet, ids, true_claims)
        except Exception as wrong:  # noqa: BLE001 - any failure of a model ends in the template
            self._failures += 1
            return Choice(template_choice(sheet), "fallback", note=type(wrong).__name__)
        self._failures = 0
        return Choice(chosen, "select", model=self.settings.model)

    def _ask(self, sheet: FactSheet, true_claims: dict[str, Claim]) -> list[str]:
        key = sheet.fingerprint()
        if key not in self._answers:
            self.calls += 1
            response = _litellm().completion(
                model=self.settings.model,
                api_base=self.settings.api_base,
                messages=_messages(true_claims),
                response_format=_schema(true_claims),
                timeout=self.settings.timeout_s,
                max_tokens=120,
                num_retries=0,
                max_retries=0,
                drop_params=False,
            )
            self.tokens += int(getattr(getattr(response, "usage", None), "total_tokens", 0) or 0)
            self._answers[key] = _Answer.model_validate_json(response.choices[0].message.content or "").claims
        return self._answers[key]


def chooser_for(settings: LlmSettings) -> ClaimChooser:
    """A model where one is configured, else the template."""
    return ModelChooser(settings) if settings.model else TemplateChooser()


def _messages(true_claims: dict[str, Claim]) -> list[dict[str, str]]:
    """Only claim ids and parts leave the machine: no name, no number, no text of the workspace."""
    offered = [{"id": c.claim_id, "part": c.part.value} for c in true_claims.values()]
    return [
        {"role": "system", "content": _PROMPT},
        {"role": "user", "content": orjson.dumps({"claims": offered}).decode()},
    ]


def _schema(true_claims: dict[str, Claim]) -> dict[str, Any]:
    return {
        "type": "json_schema",
        "json_schema": {
            "name": "choice",
            "strict": True,
            "schema": {
                "type": "object",
                "properties": {"claims": {"type": "array", "items": {"type": "string", "enum": list(true_claims)}}},
                "required": ["claims"],
                "additionalProperties": False,
            },
        },
    }


def _valid(sheet: FactSheet, ids: Sequence[str], true_claims: dict[str, Claim]) -> list[Claim]:
    chosen = [true_claims[i] for i in dict.fromkeys(ids)]
    parts = [c.part for c in chosen]
    if parts[:1] != [Part.state] or parts != [part for part in Part if part in parts]:
        raise ValueError("not one claim per part: the state, then a cause, then an action")
    if len(compose(sheet, chosen).split()) > MOST_WORDS:
        raise ValueError("too long")
    return chosen


def _litellm() -> ModuleType:
    """Import litellm without its network call, its .env reading and its debug output."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_MODE", "PRODUCTION")
    os.environ.setdefault("LITELLM_LOG", "ERROR")
    import litellm

    litellm.suppress_debug_info = True
    return litellm
