"""What an outline is: claims in parts, and the choice a template makes among them; no claim is declared here.

A claim writes every word and number of its sentence itself. A template or a model chooses which claims to make and in
what order, so no such text can say anything that is not in the fact sheet.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from asana_intel.narratives.facts import FactSheet, Kind


def always(_sheet: FactSheet) -> bool:
    """For claims that are true wherever their facts are known."""
    return True


@dataclass(frozen=True)
class Claim:
    """One sentence.

    Args:
        claim_id: Name, also the model's enum value.
        part: Part of the outline it belongs to.
        facts: Facts it needs and states; without one of them it cannot be made.
        holds: Whether it is true of a sheet that has the facts.
        words: The sentence, or two.
        weight: The larger, the sooner the template takes it.
    """

    claim_id: str
    part: str
    facts: tuple[str, ...]
    holds: Callable[[FactSheet], bool]
    words: Callable[[FactSheet], str]
    weight: int = 0

    def possible(self, sheet: FactSheet) -> bool:
        """Whether the sheet has the facts and the claim is true of it."""
        return all(f in sheet for f in self.facts) and self.holds(sheet)


@dataclass(frozen=True)
class Sentence:
    """A sentence with its evidence.

    Args:
        text: As it is published.
        fact_ids: Facts it states, each of them in the sheet.
        claim_id: Claim that made it; None where a model wrote it.
    """

    text: str
    fact_ids: tuple[str, ...]
    claim_id: str | None = None


@dataclass(frozen=True)
class Outline:
    """How a kind of narrative is built.

    Args:
        kind: Kind.
        parts: Parts in order, and how many claims each may have.
        claims: All claims.
        most_words: Longest text.
        brief: What the text is for and who reads it; a model is told this.
        needs_all_parts: Whether a text must have a claim of each part, where one can be made.
    """

    kind: Kind
    parts: Mapping[str, int]
    claims: tuple[Claim, ...]
    most_words: int
    brief: str
    needs_all_parts: bool = False

    @property
    def most_sentences(self) -> int:
        """Most claims a text may have."""
        return sum(self.parts.values())

    def possible(self, sheet: FactSheet) -> list[Claim]:
        """Claims that are true of the sheet, by part and falling weight."""
        order = list(self.parts)
        found = [c for c in self.claims if c.possible(sheet)]
        return sorted(found, key=lambda c: (order.index(c.part), -c.weight, c.claim_id))

    def needed(self, sheet: FactSheet) -> list[str]:
        """Parts of which a text must have a claim: the first, or all that the text written by rule has."""
        said = {claim.part for claim in self.choose(sheet)}
        return [part for part in self.parts if part in said][: None if self.needs_all_parts else 1]

    def choose(self, sheet: FactSheet) -> list[Claim]:
        """What is written without any model: required facts first, then the heaviest claims that still fit."""
        possible, chosen = self.possible(sheet), list[Claim]()
        for part, most in self.parts.items():
            for _ in range(most):
                said = {f for claim in chosen for f in claim.facts}
                missing = sheet.required - said
                is_first = not any(c.part == part for c in chosen)
                fresh = [
                    c for c in possible
                    if c.part == part and c not in chosen
                    and (is_first or not said.issuperset(c.facts)) and self.fits(sheet, [*chosen, c])
                ]  # fmt: skip
                if fresh:
                    chosen.append(max(fresh, key=lambda c: len(missing.intersection(c.facts))))  # the first of equals
        return chosen

    def fits(self, sheet: FactSheet, claims: Sequence[Claim]) -> bool:
        """Whether the claims' text is short enough."""
        return len(text_of(compose(sheet, claims)).split()) <= self.most_words

    def check(self, sheet: FactSheet, claims: Sequence[Claim]) -> list[str]:
        """What is wrong with a choice of claims: order, number, length, a required fact left out. Empty = nothing."""
        wrong, order = [], list(self.parts)
        places = [order.index(c.part) for c in claims]
        if not claims or places[0] != 0:
            wrong.append(f"the first claim must be of part '{order[0]}'")
        if places != sorted(places):
            wrong.append(f"claims must come in the order {', '.join(order)}")
        made = {c.part for c in claims}
        wrong += [f"a claim of part '{p}' is needed" for p in self.needed(sheet)[1:] if p not in made]
        wrong += [f"at most {most} of part '{p}'" for p, most in self.parts.items() if _count(claims, p) > most]
        wrong += [f"{c.claim_id} is not true here" for c in claims if not c.possible(sheet)]
        if not wrong and not self.fits(sheet, claims):
            wrong.append(f"more than {self.most_words} words")
        missing = sheet.required - {f for c in claims for f in c.facts}
        return wrong + [f"must not leave out: {f}" for f in sorted(missing)]


def compose(sheet: FactSheet, claims: Sequence[Claim]) -> list[Sentence]:
    """The claims' sentences, in order, each with the facts it states."""
    return [Sentence(c.words(sheet), c.facts, c.claim_id) for c in claims]


def text_of(sentences: Sequence[Sentence]) -> str:
    """The narrative as one text."""
    return " ".join(s.text for s in sentences)


def _count(claims: Sequence[Claim], part: str) -> int:
    return sum(c.part == part for c in claims)
