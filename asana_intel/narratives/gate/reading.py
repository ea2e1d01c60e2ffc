"""A sentence as it is being understood, with its words and places; rules that judge it are in the modules beside."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from asana_intel.narratives.facts import FactSheet, Unit
from asana_intel.narratives.gate.lexicon import words_of
from asana_intel.narratives.gate.quantities import Piece
from asana_intel.narratives.gate.role import Relation, Role, sign_of
from asana_intel.narratives.gate.roles import RELATIONS, ROLES
from asana_intel.narratives.gate.verdict import Violation

COMMA, STOP, JOIN, AFTERTHOUGHT = 3, 6, 2, 2


_BARRIER = 12


_JOINING = words_of("and while with but whereas although though because than versus vs against so which if whilst as")


STRANGERS = words_of("pace rate speed task tasks project projects week weeks deadline date work plan")


@lru_cache(maxsize=4096)
def phrase_parts(phrase: str) -> tuple[str, ...]:
    """Words of a phrase."""
    return tuple(phrase.split())


def by_first_word(listed: str) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Phrases, parted by commas, by their first word, the longest first."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for parts in sorted((phrase_parts(p.strip()) for p in listed.split(",") if p.strip()), key=len, reverse=True):
        found.setdefault(parts[0], []).append(parts)
    return {first: tuple(group) for first, group in found.items()}


@dataclass
class Reading:
    """A sentence as it is being understood.

    Args:
        pieces: Its pieces.
        sheet: The facts.
        bound: Place of a number or name to the fact ids it states.
        stated: Facts it states.
        violations: What is wrong.
        heir: Names of the sentence before, for "it".
        told: Facts that are told in full without a number or a name.
        previous: Kinds that the sentence before states.
        directed: Places of words of direction.
        acts: Places of recommendations.
        used: Places whose word was understood as part of something, so that no rule need look at it again.
    """

    pieces: Sequence[Piece]
    sheet: FactSheet
    bound: dict[int, tuple[str, ...]] = field(default_factory=dict)
    stated: set[str] = field(default_factory=set)
    violations: list[Violation] = field(default_factory=list)
    heir: tuple[str, ...] = ()
    previous: frozenset[str] = frozenset()
    used: set[int] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    acts: set[int] = field(default_factory=set)
    directed: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Notes the words once; every rule asks for them."""
        self.words: tuple[str, ...] = tuple(piece.word for piece in self.pieces)
        self.roles: Mapping[str, Role] = ROLES.get(self.sheet.kind, {})
        self._places: dict[str, list[int]] = {}
        for at, word in enumerate(self.words):
            if word:
                self._places.setdefault(word, []).append(at)

    def word(self, at: int) -> str:
        """The word at a place, or an empty text."""
        return self.words[at] if 0 <= at < len(self.words) else ""

    def is_phrase(self, at: int, phrase: tuple[str, ...]) -> bool:
        """Whether the phrase stands at the place."""
        return at >= 0 and self.words[at : at + len(phrase)] == phrase

    def places(self, phrase: str) -> list[int]:
        """Where a phrase begins."""
        parts = phrase_parts(phrase)
        found = self._places.get(parts[0], [])
        return found if len(parts) == 1 else [at for at in found if self.is_phrase(at, parts)]

    def phrase_at(self, at: int, phrases: Mapping[str, Sequence[tuple[str, ...]]]) -> tuple[str, ...] | None:
        """The longest of the phrases that begins at a place; they are listed by first word, the longest first."""
        return next((p for p in phrases.get(self.word(at), ()) if self.is_phrase(at, p)), None)

    def refuse(self, rule: str, detail: str) -> None:
        """Notes a violation."""
        self.violations.append(Violation(rule, detail))

    def state(self, fact_ids: Iterable[str]) -> None:
        """Notes facts that the sentence states."""
        self.stated.update(fact_ids)

    def kinds_at(self, at: int) -> set[str]:
        """Kinds of the facts bound at a place."""
        return {self.sheet[f].kind.name for f in self.bound.get(at, ())}

    def bound_kinds(self) -> set[str]:
        """Kinds of all facts that the sentence states."""
        return {self.sheet[f].kind.name for f in self.stated}

    def mentions(self) -> Iterator[int]:
        """Places of names."""
        return (at for at, piece in enumerate(self.pieces) if piece.token.mention and not piece.token.is_part)

    def distance(self, one: int, other: int, *, barrier: str = "") -> int:
        """How far two places are apart: words between them, more across commas and joining words.

        Args:
            one: Place.
            other: Place.
            barrier: Unit of numbers that should not stand between.
        """
        low, high = min(one, other), max(one, other)
        far = high - low
        for piece in self.pieces[low + 1 : high]:
            far += _cost(piece, barrier)
        return far

    def clause(self, at: int) -> tuple[int, int]:
        """Start and end of the clause around a place: between commas, stops and joining words."""
        start = end = at
        while start > 0 and not self._parts(start - 1):
            start -= 1
        while end < len(self.pieces) and (end == at or not self._parts(end)):
            end += 1
        return start, end

    def _parts(self, at: int) -> bool:
        piece = self.pieces[at]
        if piece.token.kind == "sign":
            return piece.token.text in ",;:()–—-"
        return piece.word in ("while", "whereas", "but", "although", "though", "because", "and", "which")

    def is_about_the_goal(self, at: int) -> bool:
        """Whether no name but the goal's stands in the clause of a place."""
        named = [f for n in self.named_near(at) for f in self.bound.get(n, ())]
        kinds = {self.sheet[f].kind for f in named if self.sheet[f].kind.unit is Unit.entity}
        return not kinds or any(kind.name == "goal" for kind in kinds)

    def named_near(self, at: int) -> list[int]:
        """Places of the names in the clause of a place, or else of the name that stands before it as "Web shop: …"."""
        start, end = self.clause(at)
        names = list(self.mentions())
        return [n for n in names if start <= n < end] or [n for n in names if n < at and self._is_label(n)][-1:]

    def _is_label(self, at: int) -> bool:
        return at + 1 < len(self.pieces) and self.pieces[at + 1].token.text == ":"

    def text(self, at: int) -> str:
        """The piece as written, for a violation."""
        piece = self.pieces[at]
        if piece.quantity is None:
            return piece.token.text
        return f"{piece.quantity.value} {piece.quantity.unit}"


def _cost(piece: Piece, barrier: str) -> int:
    if piece.quantity is not None:
        return _BARRIER if barrier and piece.quantity.unit == barrier else 0
    if piece.token.kind == "sign":
        return STOP if piece.token.text in ";:" else COMMA if piece.token.text in ",()–—-" else 0
    return JOIN if piece.word in _JOINING else 0


@dataclass(frozen=True)
class Truth:
    """What is true of a sheet beside its facts.

    Args:
        sheet: The facts.
        possible: Ids of the outline's claims that are true of it.
        own: Words of each of these claims that no row of `ACTIONS` knows.
        words: Words of all of these claims, and of the meanings of the facts.
        relations: Relations that may be told.
    """

    sheet: FactSheet
    possible: frozenset[str]
    own: tuple[frozenset[str], ...]
    words: frozenset[str]
    relations: tuple[Relation, ...]


def relations_of(sheet: FactSheet) -> tuple[Relation, ...]:
    """The registered relations, and one for each signed fact of a kind that has none."""
    registered = RELATIONS.get(sheet.kind, ())
    known = {k for r in registered for k in (*r.one, *r.other)}
    signed = [f for f in sheet if f.kind.unit is Unit.points and f.kind.name not in known]
    return registered + tuple(
        Relation(f.fact_id, (f.kind.name,), (), ("change",), sign_of(f.fact_id), states=(f.fact_id,)) for f in signed
    )
