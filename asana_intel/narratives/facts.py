"""Typed fact sheets: what a narrative may say, with unit and source; sheets computes facts, outlines words them."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

import orjson

from asana_intel.narratives.wording import told_name

MOST_SOURCES = 20
"""Objects named at most as those that vouch for one fact."""
_FACT_ID = re.compile(r"^[a-z]+(_[a-z]+)*$")


class Kind(StrEnum):
    """What is narrated; also the first part of every key of a narrative."""

    goal_progress = "goal_progress"
    portfolio_report = "portfolio_report"
    capacity_cause = "capacity_cause"
    alignment_note = "alignment_note"
    quarter_retrospective = "quarter_retrospective"
    priority_rationale = "priority_rationale"


class Unit(StrEnum):
    """What a value is, which decides how it may be written."""

    entity = "entity"  # name of a goal, project, task, team or person, as people know it
    day = "day"
    probability = "probability"  # 0..1, written in percent
    share = "share"  # 0..1, written in percent
    points = "points"  # percentage points of a probability, signed
    tally = "tally"  # a number of things, written with the thing: 12 tasks
    amount = "amount"  # a metric in its own unit: 40, 12.5 %, 1,200 EUR
    rate = "rate"  # an amount or a count a week
    weeks = "weeks"
    hours = "hours"
    status = "status"  # a status as Asana words it: green, yellow, red
    text = "text"  # words of our own, such as the reason why nothing could be assessed


@dataclass(frozen=True)
class FactKind:
    """A sort of fact.

    Args:
        name: Letters and underscores, such as `odds`.
        unit: What its value is.
        meaning: What it says, in a few words; a model reads this in place of the value, and people beside it.
    """

    name: str
    unit: Unit
    meaning: str


@dataclass(frozen=True)
class Fact:
    """One thing that is known.

    Args:
        kind: What sort.
        value: Raw value: a number as computed, a day, or a text; unknown facts are not made.
        text: Value as people read it, with its noun or unit.
        source_gids: Asana objects it was computed from.
        suffix: Letter that tells facts of one kind apart: `project_b`, `project_odds_b` belong together.
        is_required: Whether a text about the sheet must say it (the odds, the worst news).
    """

    kind: FactKind
    value: float | str | date
    text: str
    source_gids: tuple[str, ...] = ()
    suffix: str = ""
    is_required: bool = False

    @property
    def fact_id(self) -> str:
        """Name of the fact within its sheet: the kind, and the letter where there are several."""
        return f"{self.kind.name}_{self.suffix}" if self.suffix else self.kind.name


class FactSheet:
    """The facts about one subject.

    Args:
        kind: What will be narrated from it.
        subject: Key of the subject: column of the narrative's table to value, such as `{"goal_gid": "12"}`.
        facts: Facts, each id once. Names are made safe to read in a sentence here, whoever built the fact.

    Raises:
        ValueError: An id is not made of letters and underscores, or repeats.
    """

    def __init__(self, kind: Kind, subject: Mapping[str, str | date], facts: Sequence[Fact]) -> None:
        self.kind = kind
        self.subject = dict(subject)
        self._facts = {f.fact_id: _safe(f) for f in facts}
        if len(self._facts) < len(facts):
            raise ValueError(f"{self.subject_id}: a fact stands twice in its sheet")
        if wrong := [f for f in self._facts if not _FACT_ID.match(f)]:
            raise ValueError(f"{self.subject_id}: fact ids must be letters and underscores: {wrong}")

    @property
    def subject_id(self) -> str:
        """The subject's key as one text."""
        return ":".join(str(part) for part in self.subject.values())

    def __contains__(self, fact_id: str) -> bool:
        return fact_id in self._facts

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts.values())

    def __getitem__(self, fact_id: str) -> Fact:
        return self._facts[fact_id]

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

    @property
    def required(self) -> frozenset[str]:
        """Ids of the facts that a text must not leave out."""
        return frozenset(f.fact_id for f in self if f.is_required)

    def sources(self, fact_ids: Sequence[str]) -> tuple[str, ...]:
        """Asana objects behind the facts, each once, in order."""
        return tuple(dict.fromkeys(gid for f in fact_ids for gid in self._facts[f].source_gids))

    def fingerprint(self) -> str:
        """Hash of the whole sheet: the same facts, the same narrative."""
        rows = sorted((f.fact_id, f.text, f.kind.unit, f.is_required, f.source_gids) for f in self)
        return hashlib.blake2b(orjson.dumps([self.kind, self.subject_id, rows]), digest_size=12).hexdigest()


def _safe(fact: Fact) -> Fact:
    if fact.kind.unit is not Unit.entity:
        return fact
    name = told_name(fact.text) or "unnamed"
    return fact if name == fact.text else replace(fact, text=name)
