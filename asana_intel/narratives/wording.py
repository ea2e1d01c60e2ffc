"""How numbers, days and names are written in a narrative; nothing is computed here beyond rounding."""

from datetime import date
from math import floor, log10

_MOST_DIGITS = 6
_LONGEST_NAME = 60
_MOST_NAME_WORDS = 8


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


def short_name(name: str) -> str:
    """A name that fits into a sentence: one line, without its tail where it is long."""
    words = name.split()
    start = " ".join(words[:_MOST_NAME_WORDS])[:_LONGEST_NAME].rstrip()
    return start if start == " ".join(words) else f"{start[: _LONGEST_NAME - 1].rstrip()}…"


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
