"""The words in which people say how urgent or grave a thing is, and their order; no task is judged here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_RUNGS: Mapping[float, tuple[str, ...]] = {
    0.0: ("none", "no", "won't", "enhancement", "trivial", "very low", "lowest", "p4"),
    0.25: ("low", "minor", "p3"),
    0.5: ("could", "medium", "normal", "moderate", "average", "p2"),
    0.75: ("should", "important", "high", "major", "severe", "p1"),
    1.0: ("very high", "highest", "urgent", "critical", "immediate", "showstopper", "blocker", "must", "p0"),
}
LEVEL_OF: Mapping[str, float] = {word: level for level, words in _RUNGS.items() for word in words}
"""Word in lower case -> 0 (lowest) to 1 (highest)."""
_HEIGHT_OF = {word: height for height, word in enumerate(LEVEL_OF)}
_NUMBER = re.compile(r"[Pp]?(-?\d+(?:\.\d+)?)")
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[a-z']+")
_NOISE = {"p", "s", "priority", "prio", "severity", "sev", "level", "have"}


def in_order(values: Iterable[str]) -> list[str] | None:
    """Values from one end of their scale to the other, or None where they are on none that is known.

    Known are numbers (1 to 5, P0 to P4), words (Trivial to Blocker, Lowest to Highest, Low to Urgent, Won't to Must
    have, in capitals or not, in any selection), and words with numbers (1 - Critical, P2 (Medium), Severity 3).
    """
    values = list(values)
    for place in (_number, _height, _numbered):
        places = [place(value) for value in values]
        if None not in places:
            return [value for _, value in sorted(zip(places, values, strict=True))]
    return None


def _number(value: str) -> float | None:
    found = _NUMBER.fullmatch(value.strip())
    return float(found[1]) if found else None


def _height(value: str) -> float | None:
    """Of a word; None for a word that is not known, or beside a number."""
    return _HEIGHT_OF.get(" ".join(_tokens(value)))


def _numbered(value: str) -> float | None:
    """The number beside a word that is known, or beside none; "1. Invoices" is no rung."""
    tokens = _tokens(value)
    numbers = [token for token in tokens if token[0].isdigit()]
    words = " ".join(token for token in tokens if not token[0].isdigit())
    return float(numbers[0]) if len(numbers) == 1 and (not words or words in _HEIGHT_OF) else None


def _tokens(value: str) -> list[str]:
    return [token for token in _TOKEN.findall(value.lower().replace("’", "'")) if token not in _NOISE]
