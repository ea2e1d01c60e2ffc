"""How numbers, days and names are written in a narrative; nothing is computed here beyond rounding."""

import re
import unicodedata
from datetime import date
from math import floor, log10

_MOST_DIGITS = 6
_LONGEST_NAME = 60
_MOST_NAME_WORDS = 8
_UNSEEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}  # control, format (also bidirectional), private, surrogate, separators
_UNSAFE = tuple(
    (re.compile(pattern, re.IGNORECASE), instead)
    for pattern, instead in (
        (r"\S*:/+\S*|\b(?:javascript|data|mailto|tel):\S*|\bwww\.\S*", " "),  # links
        (r"<[a-z!/?][^<>]{0,500}>", " "),  # tags
        (r"(?:[a-z0-9\-]+\.)+[a-z]{2,}(?:[/?:]\S+)", " "),  # a link without its scheme
        (r"(?<=[^\W_])\.(?=[^\W\d_]{2})", " "),  # what a mail program would make a link of
        (r"\s*@+\s*", " at "),  # mentions
        (r"\bdata-asana-\w+", " "),
        (r"[<>{}|\\^*~`¦]", " "),  # markup
        (r"\[", "("),
        (r"\]", ")"),
        (r"[!?。]+(?=\s|$)|(?<!\b[^\W\d_])\.+(?=\s|$)", ""),  # the end of a sentence, but for J. Smith
    )
)
# In a name these make a sentence of it, which somebody might take for ours.
_READS_AS_CLAIM = re.compile(
    r"%|\b(?:is|are|was|were|be|been|will|shall|has|have|had|must|should|can|cannot|not|never|no|odds|because)\b",
    re.IGNORECASE,
)


def plural(count: float, noun: str) -> str:
    """`1 task`, `12 tasks`."""
    return f"{count:,.0f} {noun}" + ("" if round(count) == 1 else "s")


def amount(value: float, unit: str | None, precision: int | None, currency: str | None = None) -> str:
    """A metric value as people read it: percent fractions as %, money with its code, thousands with a comma."""
    digits = max(precision or 0, 0)
    shown = round(100 * value if unit == "percentage" else value, digits) + 0.0  # never -0
    if unit == "percentage":
        return f"{shown:,.{digits}f} %"
    if unit == "currency":
        return f"{shown:,.{digits}f} {currency or ''}".strip()
    return f"{shown:,.{digits}f}"


def rate(value: float, unit: str | None, precision: int | None, currency: str | None = None) -> str:
    """An amount a week; decimals are added until two digits of it show, so that slow is not 0."""
    shown = abs(100 * value if unit == "percentage" else value)
    digits = 1 - floor(log10(shown)) if shown > 0 else 0
    return amount(value, unit, max(precision or 0, min(digits, _MOST_DIGITS)), currency)


def safe_name(name: str) -> str:
    """A name that can only be read as a name; idempotent, may be empty.

    One line, without links, markup, mentions, characters that cannot be seen and ends of sentences.
    """
    before, kept = None, name
    while kept != before:  # taking out one thing may bring another together
        before = kept
        plain = "…".join(unicodedata.normalize("NFKC", part) for part in kept.split("…"))  # … is how we cut names
        spaced = "".join(" " if c.isspace() else c for c in plain)
        kept = "".join(c for c in spaced if unicodedata.category(c) not in _UNSEEN)
        for pattern, instead in _UNSAFE:
            kept = pattern.sub(instead, kept)
        kept = " ".join(kept.split())
    return kept


def short_name(name: str) -> str:
    """A safe name that fits into a sentence: without its tail where it is long."""
    words = safe_name(name).split()
    start = " ".join(words[:_MOST_NAME_WORDS])[:_LONGEST_NAME].rstrip()
    return start if start == " ".join(words) else f"{start[: _LONGEST_NAME - 1].rstrip()}…"


def told_name(name: str) -> str:
    """A short name as it stands in a text: in quotes where it reads as a claim of ours. Idempotent."""
    short = short_name(safe_name(name).strip("“”"))
    return f"“{short}”" if _READS_AS_CLAIM.search(short) else short


def percent(share: float) -> str:
    """A probability or share as whole percent; never 0 % or 100 % unless it is certain."""
    if 0 < share < 0.01:
        return "under 1 %"
    if 0.99 < share < 1:
        return "over 99 %"
    return f"{100 * share:.0f} %"


def day(value: date) -> str:
    """A date as people read it: 31 Mar 2008."""
    return f"{value.day} {value:%b %Y}"
