"""What stands below a narrative that reaches Asana: links to what proves it, and who wrote it. No text of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

from asana_intel.changes.canonical import TEXT_LIMIT, canonical_text, shortened

LINKS = 5  # enough to check a text by; the report lists all
_OBJECT = "https://app.asana.com/0/0/"
_BY_RULE = "Sentences by rule; every number is from your data."
_AUTHORS = {
    "template": _BY_RULE,
    "select": "A language model chose among true sentences; every number is from your data.",
    "slots": "Phrased by a language model, every number checked.",
    "prose": "Phrased by a language model, every number checked.",
    "fallback": "Sentences by rule, as no text of the language model passed the check; every number is from your data.",
}
_MARKS = {"select": "(chosen by a model)", "slots": "(phrased by a model)", "prose": "(phrased by a model)"}


def signed(narrative: Mapping[str, Any], proofs: Sequence[str]) -> str:
    """A narrative with its evidence and its author below it.

    Args:
        narrative: Row of a narrative's table.
        proofs: Gids of the objects that prove it; the first five are linked.
    """
    links = " ".join(f"{_OBJECT}{gid}" for gid in proofs[:LINKS])
    more = f" + {len(proofs) - LINKS} more" if len(proofs) > LINKS else ""
    author = _AUTHORS.get(narrative["written_by"], _BY_RULE)
    return f"{narrative['text']}\n\n" + (f"Evidence: {links}{more}\n" if links else "") + author


def marked(narrative: Mapping[str, Any], limit: int = TEXT_LIMIT) -> str:
    """A narrative for a field: the text, and in brackets who wrote it where that still fits."""
    text = canonical_text(narrative["text"])
    whole = f"{text} {_MARKS.get(narrative['written_by'], '(by rule)')}"
    return whole if len(whole) <= limit else shortened(text, limit)
