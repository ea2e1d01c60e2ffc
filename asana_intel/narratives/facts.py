"""Typed fact sheets: every number and name a narrative may use, computed here and nowhere else."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import floor, log10

import orjson

_MOST_DIGITS = 6
_LONGEST_NAME = 60
_MOST_NAME_WORDS = 8


@dataclass(frozen=True)
class Fact:
    """One thing that is known.

    Args:
        fact_id: Name of the fact, such as `odds`.
        value: Raw value; None facts are not made.
        text: Value as people read it.
        unit: Unit, for the table.
        source_gids: Asana objects it was computed from.
    """

    fact_id: str
    value: float | str | date
    text: str
    unit: str = ""
    source_gids: tuple[str, ...] = ()


class FactSheet:
    """The facts about one goal.

    Args:
        goal_gid: Goal.
        facts: Facts, each id once.
    """

    def __init__(self, goal_gid: str, facts: Sequence[Fact]) -> None:
        self.goal_gid = goal_gid
        self._facts = {f.fact_id: f for f in facts}

    def __contains__(self, fact_id: str) -> bool:
        return fact_id in self._facts

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts.values())

    def number(self, fact_id: str) -> float | None:
        """The raw number, or None where the fact is unknown."""
        fact = self._facts.get(fact_id)
        return fact.value if fact is not None and isinstance(fact.value, int | float) else None

    def text(self, fact_id: str) -> str:
        """The value as people read it.

        Raises:
            KeyError: The fact is unknown; claims must ask first.
        """
        return self._facts[fact_id].text

    def fingerprint(self) -> str:
        """Hash of the whole sheet: the same facts, the same narrative."""
        rows = sorted((f.fact_id, f.text, f.unit, f.source_gids) for f in self)
        return hashlib.blake2b(orjson.dumps([self.goal_gid, rows]), digest_size=12).hexdigest()


def plural(count: float, noun: str) -> str:
    """`1 task`, `12 tasks`."""
    return f"{count:,.0f} {noun}" + ("" if round(count) == 1 else "s")


def amount(value: float, unit: str | None, precision: int | None, currency: str | None = None) -> str:
    """A metric value as people read it: percent fractions as %, money with its code, thousands with a comma."""
    digits = max(precision or 0, 0)
    if unit == "percentage":
        return f"{100 * value:,.{digits}f} %"
    if unit == "currency":
        return f"{value:,.{digits}f} {currency or ''}".strip()
    return f"{value:,.{digits}f}"


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
