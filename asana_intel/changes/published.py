"""Texts that we write: what names and notes of the workspace smuggle into them is taken out. It adds no words."""

import re
import unicodedata

_ASANA = r"https://app\.asana\.com/[\w/.\-]*"
_LINK = re.compile(
    rf"(?!{_ASANA}(?:\s|$))(?:\b[a-z][a-z0-9+.\-]*://\S+|\bwww\.\S+|\b(?:javascript|data|mailto):\S+)", re.IGNORECASE
)
_TAG = re.compile(r"<(?=[a-z!/?])(?:[^<>]{0,500}>)?", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w.])@(?=\w)|data-asana-\w+", re.IGNORECASE)
_MARKER = re.compile(r"\bAIW-(?=[A-Z2-7]{12})")
_INVISIBLE = {
    "Cc",
    "Cf",
    "Co",
    "Cs",
    "Zl",
    "Zp",
}  # control, format (also bidirectional), private, surrogate, separators


def published(text: str) -> str:
    """A text without foreign links, markup, mentions, our own markers and characters that cannot be seen.

    Idempotent; links into Asana stay. What is taken out leaves "[link]" or nothing.
    """
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _INVISIBLE)
    before = None
    while kept != before:  # taking out one thing may bring another together
        before = kept
        kept = _LINK.sub("[link]", kept)
        kept = _TAG.sub("", kept)
        kept = _MENTION.sub("", kept)
        kept = _MARKER.sub("AIW ", kept)
    return kept
