"""The question that the tests of this folder ask, and what becomes of it. No tests."""

from __future__ import annotations

from typing import Any

from asana_intel.narratives.model.client import ModelClient, Request, Unanswered

KEY = "sk-canary-0451-0451-0451"
SCHEMA = {
    "type": "object",
    "properties": {
        "claims": {
            "type": "array",
            "items": {"type": "string", "enum": ["odds", "work", "risk"]},
            "minItems": 1,
            "maxItems": 2,
        }
    },
    "required": ["claims"],
}
GOOD = {"claims": ["odds", "work"]}


def question(number: int = 1, **changes: Any) -> Request:
    """The same question under another number is another question."""
    parts: dict[str, Any] = {
        "system": "You choose claims.",
        "user": "Offered: odds, work, risk.",
        "schema": SCHEMA,
        "name": "choice",
        "max_tokens": 100,
        "cache_key": f"question {number}",
    }
    return Request(**parts | changes)


def end_of(client: ModelClient, request: Request) -> dict[str, Any] | Unanswered:
    """The answer's data, or why there is none."""
    try:
        return client.ask(request).data
    except Unanswered as why:
        return why
