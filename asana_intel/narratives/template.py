"""The text that needs no model: the outline's own choice, each sentence through the gate; nothing is asked here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from asana_intel.narratives.facts import FactSheet
from asana_intel.narratives.gate.check import check_text
from asana_intel.narratives.outlines.outline import Claim, Outline, Sentence, compose, text_of

_OF_THE_WHOLE = frozenset({"omission", "length", "repetition"})  # rules that one sentence alone cannot keep
_NOTHING = Sentence("There is nothing that can be said with certainty this week.", ())


@dataclass(frozen=True)
class Told:
    """A template's text.

    Args:
        sentences: In order, never none.
        refusals: Rules that a sentence broke, which was left out for it, or that the whole breaks.
    """

    sentences: Sequence[Sentence]
    refusals: tuple[str, ...] = ()


def tell(sheet: FactSheet, outline: Outline) -> Told:
    """The template's text; a claim whose sentence the gate refuses is left out, and another takes its place."""
    chosen = outline.choose(sheet)
    rules = _broken(sheet, outline, chosen)
    if chosen and not rules:
        return Told(compose(sheet, chosen))
    refused = {c.claim_id: found for c in outline.possible(sheet) if (found := _of_sentence(sheet, outline, c))}
    sound = replace(outline, claims=tuple(c for c in outline.claims if c.claim_id not in refused))
    kept = sound.choose(sheet)
    said = [rule for c in chosen for rule in refused.get(c.claim_id, ())]
    whole = _broken(sheet, outline, kept) if kept else ["empty"]
    return Told(compose(sheet, kept) or [_NOTHING], tuple(dict.fromkeys([*said, *whole])))


def _broken(sheet: FactSheet, outline: Outline, claims: Sequence[Claim]) -> list[str]:
    text = text_of(compose(sheet, claims))
    return [violation.rule for violation in check_text(text, sheet, outline).violations] if claims else []


def _of_sentence(sheet: FactSheet, outline: Outline, claim: Claim) -> list[str]:
    return [rule for rule in _broken(sheet, outline, [claim]) if rule not in _OF_THE_WHOLE]
