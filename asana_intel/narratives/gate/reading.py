"""A sentence as one line that patterns can match: numbers and names as marks, words in lower case; no rule is here.

`P3` is a percentage, `O3` points, `N3` any other number, `D3` a day, `E3` a name and `T3` a text fact, each with the
place of its piece. In a pattern `<k>` stands for up to k words, and `{P}` for the percentage that it is about.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from asana_intel.narratives.facts import FactSheet, Unit
from asana_intel.narratives.gate.quantities import Piece
from asana_intel.narratives.gate.values import facts_of
from asana_intel.narratives.gate.verdict import Violation

_BEFORE_SHARED = frozenset(("from", "to", "at", "was", "were", "against", "versus", "vs", "than", "of", "now"))
_MARK = {"percent": "P", "points": "O", "plain": "N", "day": "D"}
_CLAUSE_END = re.compile(
    r" (?:[;:()–—]|, (?:and|but|while|though|although|so|as|yet|whereas|even|because|since|which|where)) "
)


@dataclass
class Reading:
    """One sentence while it is checked.

    Args:
        pieces: Tokens and quantities in order.
        sheet: The facts.
        before: Fact ids that the sentence before it stated.
        told_before: Fact ids whose number a sentence before it gave.
    """

    pieces: Sequence[Piece]
    sheet: FactSheet
    before: frozenset[str] = frozenset()
    told_before: frozenset[str] = frozenset()
    bound: dict[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])
    stated: set[str] = field(default_factory=set[str])
    covered: set[int] = field(default_factory=set[int])
    told: set[int] = field(default_factory=set[int])
    violations: list[Violation] = field(default_factory=list[Violation])

    def __post_init__(self) -> None:
        self.pieces = [self._with_unit(n, piece) for n, piece in enumerate(self.pieces)]
        marks, self.starts, at = list[str](), list[int](), 1
        for n, piece in enumerate(self.pieces):
            mark = self._mark(n, piece)
            marks.append(mark)
            self.starts.append(at)
            at += len(mark) + 1
        self.line = f" {' '.join(marks)} "

    def _with_unit(self, at: int, piece: Piece) -> Piece:
        """A bare number takes the percent of the one that it is compared with: from 82 % to 76."""
        said = piece.quantity
        if said is None or said.unit != "plain" or said.noun or self.candidates(at):
            return piece
        if self.pieces[at - 1].word not in _BEFORE_SHARED or not at:
            return piece
        near = (p.quantity for p in self.pieces[max(at - 4, 0) : at + 4])
        if not any(q is not None and q.unit == "percent" for q in near):
            return piece
        percent = replace(said, unit="percent")
        return replace(piece, quantity=percent) if facts_of(self.sheet, percent) else piece

    def _mark(self, at: int, piece: Piece) -> str:
        if piece.token.mention:
            is_name = any(self.sheet[f].kind.unit is Unit.entity for f in piece.token.mention)
            return f"{'E' if is_name else 'T'}{at}"
        if piece.quantity is not None and not self.is_loose(at):
            return f"{_MARK[piece.quantity.unit]}{at}"
        return piece.token.word.replace(" ", "")

    def is_loose(self, at: int) -> bool:
        """Whether a number word is none here: no fact has its value, and it may be a pronoun or an order of steps."""
        quantity = self.pieces[at].quantity
        return quantity is not None and quantity.is_soft and quantity.unit == "plain" and not self.candidates(at)

    def candidates(self, at: int) -> tuple[str, ...]:
        """Facts that have the number's value, unit and noun."""
        quantity = self.pieces[at].quantity
        return facts_of(self.sheet, quantity) if quantity is not None else ()

    def place(self, offset: int) -> int:
        """The piece at an offset of the line."""
        return max(n for n, start in enumerate(self.starts) if start <= offset)

    def places(self, start: int, end: int) -> range:
        """The pieces within a part of the line."""
        found = [n for n, s in enumerate(self.starts) if start <= s < end]
        return range(found[0], found[-1] + 1) if found else range(0)

    def find(self, pattern: str) -> Iterator[re.Match[str]]:
        """All matches of a pattern, also overlapping ones."""
        compiled, at = compile_pattern(pattern), 0
        while (match := compiled.search(self.line, at)) is not None:
            yield match
            at = match.start() + 1

    def has(self, pattern: str) -> bool:
        """Whether a pattern matches."""
        return compile_pattern(pattern).search(self.line) is not None

    def clause(self, offset: int) -> tuple[int, int]:
        """Start and end of the clause around an offset."""
        start, end = 0, len(self.line)
        for stop in _CLAUSE_END.finditer(self.line):
            if stop.end() - 1 <= offset:
                start = stop.start()
            elif stop.start() > offset:
                end = stop.start() + 1
                break
        return start, end

    def cover(self, match: re.Match[str]) -> None:
        """Marks the words of a match as understood."""
        self.covered.update(self.places(match.start(), match.end()))

    def refuse(self, rule: str, detail: str) -> None:
        """Notes a violation."""
        self.violations.append(Violation(rule, detail))


_OWN_SUBJECT = (
    r"(?:odds|chances?|probability|likelihood|prospects?|time|period|way|target|goal|with|and|but|forecast|status)"
)


@lru_cache(maxsize=8192)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern of the small language above, as a regular expression over a line."""
    pattern = re.sub(r"(?<![\[A-Z{<])(?<!\(\?)([PONDET])(?![A-Za-z\]}<>\\])", r"[\1]\\d+", pattern)
    pattern = re.sub(r"<!(\d+)>", rf"(?:(?!{_OWN_SUBJECT} )[a-z'-]+ ){{0,\1}}?", pattern)
    pattern = re.sub(r"<(\d+)>", r"(?:[a-z',-]+ ){0,\1}?", pattern)
    pattern = re.sub(r"<\*(\d+)>", r"(?:(?!P\\d|O\\d)[^ ;]+ ){0,\1}?", pattern)
    pattern = re.sub(r"\{([PONDET]+)\}", r"(?P<n>[\1]\\d+)", pattern)
    return re.compile(rf"(?<= ){pattern}(?= )")
