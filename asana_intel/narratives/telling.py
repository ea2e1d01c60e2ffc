"""The true statements as a model is told them, and the text by rule made of them; requests stand in prompts.

A statement in slots or with stand-ins is told only where it leads back to the very sentence that the claim writes, so
that a model which repeats it says what the claim says.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from asana_intel.narratives.facts import FactSheet, Unit
from asana_intel.narratives.outlines.outline import Claim, Outline, always
from asana_intel.narratives.privacy.view import SLOT, View
from asana_intel.narratives.template import tell
from asana_intel.settings import LlmMode

NEXT = "Next:"
_BEGIN = re.compile(r"(?:^|(?<=[.!?] ))\{([a-z_]+)\}")


@dataclass(frozen=True)
class Telling:
    """What a model is told that it may say.

    Args:
        words: Claim to its statement, by part and weight.
        default: Claims of the text by rule, as far as they are told.
        text: That text, in slots or with stand-ins.
    """

    words: Mapping[str, str]
    default: Sequence[Claim]
    text: str

    @property
    def statements(self) -> list[str]:
        """Each statement once."""
        return list(dict.fromkeys(self.words.values()))


def telling_of(mode: LlmMode, view: View, outline: Outline) -> Telling:
    """What a model is told that it may say, in the words of a mode: slots, else stand-ins."""
    in_words = _in_slots if mode is LlmMode.slots else _with_stand_ins
    possible = offered(view.sheet, outline) if mode is LlmMode.select else outline.possible(view.sheet)
    tried = {c.claim_id: c.words(view.shown) if mode is LlmMode.select else in_words(c, view) for c in possible}
    words = {claim_id: said for claim_id, said in tried.items() if said}
    told = tell(view.sheet, replace(outline, claims=tuple(c for c in possible if c.claim_id in words)))
    by_id = {claim.claim_id: claim for claim in possible}
    default = [by_id[s.claim_id] for s in told.sentences if s.claim_id in by_id]
    return Telling(words, default, " ".join(words[claim.claim_id] for claim in default))


def as_told(telling: Telling, outline: Outline) -> Outline:
    """The outline with the very words that the model was told, for the check of a text with stand-ins."""
    claims = (claim for claim in outline.claims if claim.claim_id in telling.words)
    return replace(outline, claims=tuple(_fixed(claim, telling.words[claim.claim_id]) for claim in claims))


def filled(text: str, sheet: FactSheet) -> str:
    """A text with its slots filled; a slot that begins a sentence gives it its capital letter."""

    def begun(slot: re.Match[str]) -> str:
        value = sheet.text(slot.group(1))
        return value if sheet[slot.group(1)].kind.unit is Unit.entity else value[:1].upper() + value[1:]

    return SLOT.sub(lambda slot: sheet.text(slot.group(1)), _BEGIN.sub(begun, text))


def revealed(sentence: str, view: View) -> str:
    """A sentence with its names and days back; a day that begins it gets a capital letter."""
    real = view.stand_ins.reveal(sentence)
    return real[:1].upper() + real[1:] if sentence.startswith("DAY_X") else real


def offered(sheet: FactSheet, outline: Outline) -> list[Claim]:
    """The claims that a model may choose from.

    Where a part has room for one claim, and required facts that no other part can state, only claims that state them
    all are offered: every other choice would have to be refused.
    """
    possible = outline.possible(sheet)
    kept = list[Claim]()
    for part, most in outline.parts.items():
        claims = [claim for claim in possible if claim.part == part]
        elsewhere = {fact for claim in possible if claim.part != part for fact in claim.facts}
        own = sheet.required.intersection(fact for claim in claims for fact in claim.facts) - elsewhere
        fit = [claim for claim in claims if own <= set(claim.facts)]
        kept += fit if most == 1 and fit else claims
    return kept


def _in_slots(claim: Claim, view: View) -> str | None:
    """The sentence in slots; None where it writes a value itself."""
    sheet = view.sheet
    tokens = {fact_id: f"{{{fact_id}}}" for fact_id in claim.facts}
    return _leading_back(
        claim.words(sheet),
        (claim.words(view.slotted), _concealed(claim.words(sheet), {sheet.text(f): t for f, t in tokens.items()})),
        lambda said: None if re.search(r"\d", said) else filled(said, sheet),
    )


def _with_stand_ins(claim: Claim, view: View) -> str | None:
    """The sentence with stand-ins; None where it names somebody in other words than the facts do."""
    sheet, shown = view.sheet, view.shown
    tokens = {sheet.text(f): shown.text(f) for f in claim.facts}
    return _leading_back(
        claim.words(sheet),
        (claim.words(shown), _concealed(claim.words(sheet), tokens)),
        lambda said: revealed(said, view),
    )


def _leading_back(real: str, tried: Sequence[str], back: Callable[[str], str | None]) -> str | None:
    return next((said for said in tried if back(said) == real), None)


def _concealed(text: str, tokens: Mapping[str, str]) -> str:
    """The text with a token in place of each value, the longest first, in one pass."""
    known = {value.casefold(): token for value, token in tokens.items() if value != token}
    spelt = "|".join(re.escape(value) for value in sorted(known, key=lambda v: (-len(v), v)) if value)
    if not spelt:
        return text
    pattern = re.compile(rf"(?<![\w.,])(?:{spelt})(?!\w)", re.IGNORECASE)
    return pattern.sub(lambda found: known.get(found.group().casefold(), found.group()), text)


def _fixed(claim: Claim, words: str) -> Claim:
    return replace(claim, holds=always, words=lambda _sheet: words)
