"""From a model's answer to sentences, or to what is wrong with it; what is asked stands in prompts."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from asana_intel.narratives.gate.check import Verdict, Violation, check_text
from asana_intel.narratives.outlines.outline import Outline, Sentence, compose, text_of
from asana_intel.narratives.privacy.view import SLOT, View
from asana_intel.narratives.prompts import least_sentences, needs_next
from asana_intel.narratives.telling import NEXT, Telling, as_told, filled, revealed, telling_of
from asana_intel.settings import Disclosure, LlmMode

_NUMBER_WORD = re.compile(
    r"\b(zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(thir|four|fif|six|seven|eigh|nine)(teen|ty)"
    r"|twenty|forty|hundreds?|thousands?|(?:m|b|tr)illions?|dozens?|half|halves|thirds?|fifths?|tenths?|doubled?|tripled?"
    r"|twice|thrice|percent(age)?|couple|pair)\b"
)


@dataclass(frozen=True)
class Draft:
    """A model's text.

    Args:
        sentences: May be published where there are no problems.
        problems: What is wrong; their details hold nothing that the model may not see.
    """

    sentences: Sequence[Sentence] = ()
    problems: tuple[Violation, ...] = ()


_NO_TEXT = Draft(problems=(Violation("choice", "a text is wanted"),))


def draft_of(mode: LlmMode, data: Mapping[str, Any], view: View, outline: Outline) -> Draft:
    """The text that an answer makes, checked."""
    telling = telling_of(mode, view, outline)
    draft = _DRAFTING[mode](data, view, outline, telling)
    if draft.problems or (mode is LlmMode.select and outline.needs_all_parts):
        return draft
    if len(draft.sentences) < (least := least_sentences(telling, outline)):
        return Draft(problems=(Violation("length", f"at least {least} sentences"),))
    if mode is not LlmMode.select and needs_next(telling) and not any(s.text.startswith(NEXT) for s in draft.sentences):
        return Draft(problems=(Violation("action", f"one sentence must begin with '{NEXT}'"),))
    return draft


def _selected(data: Mapping[str, Any], view: View, outline: Outline, _telling: Telling) -> Draft:
    """Our sentences in our order; only which of them is the model's."""
    possible = {claim.claim_id: claim for claim in outline.possible(view.sheet)}
    ids = data.get("claims")
    if not isinstance(ids, list) or not all(isinstance(claim_id, str) and claim_id in possible for claim_id in ids):
        return Draft(problems=(Violation("choice", "only the ids that are given"),))
    order = list(outline.parts)
    claims = sorted((possible[claim_id] for claim_id in dict.fromkeys(ids)), key=lambda c: order.index(c.part))
    if wrong := outline.check(view.sheet, claims):
        return Draft(problems=tuple(Violation("choice", text) for text in wrong))
    sentences = compose(view.sheet, claims)
    # What is left out was judged above by the claims' facts: "the only goal" says the count of 1 in words.
    problems = _untold(check_text(text_of(sentences), view.sheet, outline))
    return Draft(sentences, tuple(problem for problem in problems if problem.rule != "omission"))


def _filled(data: Mapping[str, Any], view: View, outline: Outline, telling: Telling) -> Draft:
    text = data.get("text")
    if not isinstance(text, str) or not text.strip():
        return _NO_TEXT
    if wrong := tuple(_wrong_in_slots(text, view, telling)):
        return Draft(problems=wrong)
    verdict = check_text(filled(" ".join(text.split()), view.sheet), view.sheet, outline)
    missing = sorted(view.sheet.required - set(SLOT.findall(text)))
    problems = _untold(verdict)
    if missing and any(problem.rule == "omission" for problem in problems):
        problems = (*problems, Violation("omission", ", ".join(f"{{{slot}}}" for slot in missing)))
    return Draft(verdict.sentences, problems)


def _wrong_in_slots(text: str, view: View, telling: Telling) -> Iterable[Violation]:
    slots = set(SLOT.findall(text))
    if unknown := sorted(slot for slot in slots if slot not in view.sheet):
        yield Violation("slot", f"there is no slot {', '.join(unknown)}")
    rest = SLOT.sub(" ", text)
    if "{" in rest or "}" in rest:
        yield Violation("slot", "braces are for slots only")
    if any(unicodedata.numeric(c, None) is not None for c in rest):
        yield Violation("number", "write no digit")
    allowed = _number_words(" ".join(telling.statements))
    if words := sorted(_number_words(rest) - allowed):
        yield Violation("number", f"write no number word: {', '.join(words)}")


def _phrased(data: Mapping[str, Any], view: View, outline: Outline, telling: Telling) -> Draft:
    """Judged as the model wrote it, with stand-ins, and again with the names put back: they may read as other words."""
    text = data.get("text")
    if not isinstance(text, str) or not text.strip():
        return _NO_TEXT
    verdict = check_text(" ".join(text.split()), view.shown, as_told(telling, outline))
    if not verdict.passed or view.disclosure is Disclosure.full:
        return Draft(verdict.sentences, verdict.violations)
    sentences = [replace(s, text=revealed(s.text, view)) for s in verdict.sentences]
    return Draft(sentences, _untold(check_text(text_of(sentences), view.sheet, outline)))


_DRAFTING: Mapping[LlmMode, Callable[[Mapping[str, Any], View, Outline, Telling], Draft]] = {
    LlmMode.select: _selected,
    LlmMode.slots: _filled,
    LlmMode.prose: _phrased,
}


def _untold(verdict: Verdict) -> tuple[Violation, ...]:
    """The rules that were broken, without details: they quote values and names that the model may not have seen."""
    return tuple(Violation(rule, "") for rule in dict.fromkeys(violation.rule for violation in verdict.violations))


def _number_words(text: str) -> set[str]:
    return {found.group() for found in _NUMBER_WORD.finditer(unicodedata.normalize("NFKC", text).casefold())}
