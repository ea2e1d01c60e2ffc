"""Words that somebody else wrote, made harmless for a prompt: cleaned, redacted, cut, marked as data."""

import re
import unicodedata

MARK = "¦"
"""Stands for every space of a marked text; taken out of the text before, so that nobody can write it."""

_MOST_CHARACTERS = 400
_UNSEEN = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}  # control, format, private, surrogate, unassigned, separators
_PATTERNS = tuple(
    (re.compile(pattern, re.IGNORECASE), stand_in)
    for pattern, stand_in in (
        (r"\b[a-z][a-z0-9+.\-]*://\S+|\bwww\.\S+|\b(?:javascript|data|mailto):\S+", "[link]"),
        (r"[^\s@<>]+@[^\s@<>]+", "[mail]"),
        (r"@\w[\w.\-]*", "[person]"),
        (r"\b(?:[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?\.)+[a-z]{2,}\b(?:[/:?]\S*)?", "[link]"),
        (r"\bbearer\s+\S+|\b(?:sk|pk|ghp|gho|xox[a-z])[-_]\S{8,}", "[secret]"),
        (r"\b(?=[\w\-/+=.:]*\d)(?=[\w\-/+=.:]*[a-z])[\w\-/+=.:]{16,}", "[secret]"),
        (r"(?:\b[a-z]{2})?\+?\(?\d(?:[\s().\-/]{0,2}\d){6,}", "[number]"),
    )
)


def cleaned(text: str) -> str:
    """One line in compatibility form, without characters that cannot be seen, without the mark."""
    spaced = "".join(" " if c.isspace() else c for c in unicodedata.normalize("NFKC", text))
    seen = "".join(c for c in spaced if unicodedata.category(c) not in _UNSEEN and c != MARK)
    return " ".join(unicodedata.normalize("NFKC", seen).replace(MARK, "").split())


def redacted(text: str) -> str:
    """Without addresses, links, handles, keys and long numbers (phones, accounts, gids, dates)."""
    for pattern, stand_in in _PATTERNS:
        text = pattern.sub(stand_in, text)
    return text


def marked(text: str) -> str:
    """A cleaned text, cut, with the mark in place of every space and at both ends: data, wherever it is read."""
    cut = text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1].rstrip()}…"
    return f"{MARK}{cut.replace(' ', MARK)}{MARK}"
