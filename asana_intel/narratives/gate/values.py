"""Which facts have the value, unit and noun of a number; which of them is meant is decided in binding."""

from decimal import Decimal
from functools import lru_cache

from asana_intel.narratives.facts import Fact, FactSheet, Unit
from asana_intel.narratives.gate.quantities import NOUNS, Quantity, quantities_of

_HALF = Decimal(6)
"""Percent around 50 that are still told as half, just over half and nearly half."""


def facts_of(sheet: FactSheet, quantity: Quantity) -> tuple[str, ...]:
    """Ids of the facts that a number may state."""
    names = frozenset(w for f in sheet if f.kind.unit is Unit.entity for w in _nouns(f.text.lower()))
    return tuple(f.fact_id for f in sheet if _has_number(f, quantity) and _may_state(f, quantity, names))


def _has_number(fact: Fact, said: Quantity) -> bool:
    if fact.kind.unit is Unit.text:
        return said.unit in ("day", "percent") or said.noun in ("week", "rank")
    if said.noun == "rank":
        return fact.kind.name == "rank"
    if said.is_weekly and fact.kind.unit is not Unit.rate:
        return False
    return fact.kind.unit is not Unit.entity


def _may_state(fact: Fact, said: Quantity, names: frozenset[str]) -> bool:
    for known in quantities_of(fact.text):
        if said.is_soft and said.unit == "percent":
            if fact.kind.unit is Unit.share and known.unit == "percent" and abs(known.value - 50) <= _HALF:
                return True
        elif _says(fact, said, known) and _fits(fact, said, known, names):
            return True
    return fact.value == 0 and said.value == 0 and said.unit == "plain" and _fits(fact, said, None, names)


def _says(fact: Fact, said: Quantity, known: Quantity) -> bool:
    if {said.unit, known.unit} == {"plain", "points"} and (
        fact.kind.unit in (Unit.points, Unit.rate) or fact.kind.name.endswith(("_points", "score"))
    ):
        return said.value == known.value and said.bound == known.bound
    return said.says(known)


def _fits(fact: Fact, said: Quantity, known: Quantity | None, names: frozenset[str]) -> bool:
    """Whether the noun that is counted may be the fact's."""
    if known is not None and known.noun in ("week", "day"):
        return said.noun == known.noun
    if said.unit != "plain" or not said.noun or said.noun in ("point", "rank"):
        return True
    if fact.kind.unit is Unit.amount and said.noun in names:
        return True
    meant = _nouns(fact.kind.meaning)[:1] if fact.kind.unit in (Unit.rate, Unit.tally) else ()
    return said.noun in ((known.noun if known else ""), *meant, *_nouns(fact.text)[:1])


@lru_cache(maxsize=1024)
def _nouns(text: str) -> tuple[str, ...]:
    """Nouns that a fact counts, by its meaning or its text."""
    words = text.replace(",", " ").split()
    found = [NOUNS[w] for w in words if w in NOUNS and NOUNS[w] not in ("point", "week")]
    return tuple(found)
