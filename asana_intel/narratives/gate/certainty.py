"""Reached, will, expected: nothing to come is certain; what is late or done already is in assertions.py."""

from collections.abc import Sequence

from asana_intel.narratives.gate.goal_roles import ODDS_WORDS
from asana_intel.narratives.gate.lexicon import forms_of, words_of
from asana_intel.narratives.gate.reading import Reading, Truth, phrase_parts

REACH = frozenset(
    {
        "reach",
        "reaching",
        "meet",
        "meeting",
        "hit",
        "hitting",
        "achieve",
        "achieving",
        "attain",
        "attaining",
        "making",
        "holding",
        "keeping",
    }
)


REACHES = frozenset({"reaches", "meets", "hits", "achieves", "attains"})


REACHED = frozenset({"reached", "met", "achieved", "attained"})


_PREDICTING = forms_of("forecast predict expect project estimate anticipate") - {"project", "projects"} | {
    "prediction",
    "predictions",
    "projection",
    "estimate",
    "foresees",
    "foreseen",
}


_FORETELLING = forms_of("predict expect anticipate foresee") | {"projected"}


_HEDGES = (
    frozenset(ODDS_WORDS)
    | _PREDICTING
    | words_of("need needs needed require requires required must takes take necessary aim target's")
)


MODALS = frozenset({"will", "would", "can", "ca", "could", "may", "might", "shall", "'ll", "wo"})


_AFTER_MODAL = words_of(
    "necessary needed required need take require assess assessed be call not it demand have ask mean you we given"
)


_CERTAIN = tuple(
    phrase_parts(p)
    for p in (
        "going to",
        "set to",
        "bound to",
        "sure to",
        "about to",
        "way to",
        "ways to",
        "is to",
        "are to",
        "on its way",
    )
)


def _check_reaching(reading: Reading, truth: Truth) -> None:
    words = reading.words
    is_hedged = bool(_HEDGES.intersection(words))
    is_foretold = "predicted" in reading.bound_kinds() and bool(_PREDICTING.intersection(words))
    is_reached = (truth.sheet.number("progress") or 0) >= 1 or "target_reached" in truth.possible
    for at, word in enumerate(words):
        if at in reading.used:
            continue
        is_open = word in REACHES and not is_foretold and not _is_supposed(words, at)
        if ((word in REACH and not is_hedged) or is_open) and is_reached:
            reading.state(f for f in ("progress", "current", "target") if f in truth.sheet)
        elif (word in REACH and not is_hedged) or is_open:
            reading.refuse("certainty", f"'{word}' is not certain")
        elif word in REACHED and not _is_so_far(reading, at) and not _is_supposed(words, at):
            if not is_reached:
                reading.refuse("certainty", f"'{word}' is not so yet")
            reading.state(f for f in ("progress", "current", "target") if f in truth.sheet)
        elif word == "success" and not (words[at - 1] == "of" and words[at - 2] in ODDS_WORDS):
            reading.refuse("word", word)
    if _FORETELLING.intersection(words) and not {"predicted", "expected"} & reading.bound_kinds():
        reading.refuse("certainty", "something is expected that is no fact")
    for at, word in enumerate(words):
        if word == "ago" and words[at - 1] != "week":
            reading.refuse("word", f"{words[at - 1]} ago")
        if word == "start" and reading.word(at + 1) != "date":
            reading.refuse("word", "the facts know nothing of a start")
    if (
        _PREDICTING.intersection(words)
        and not {"odds", "predicted", "not_assessed", "needed_pace", "expected"} & reading.bound_kinds()
    ):
        reading.refuse("certainty", "a forecast is spoken of and none of its facts is stated")


def _is_supposed(words: Sequence[str], at: int) -> bool:
    """Whether "reached" stands in what is only likely or forecast: a chance of 62 % that the target is reached."""
    joined = max((n for n in range(at) if words[n] in ("that", "whether", "if", "be", "being")), default=-1)
    return (
        joined >= 0
        and bool((_HEDGES | {"unlikely", "uncertain", "whether"}).intersection(words[: joined + 1]))
        and at - joined <= 8
    )


def _is_so_far(reading: Reading, at: int) -> bool:
    """Whether "reached" is said of where the metric stands: 22 of the 40 are reached; it has reached 22."""
    if any("predicted" in reading.kinds_at(n) for n in (at + 1, at + 2, at + 3)):
        return True
    last = at - 1
    while reading.word(last) in (
        "is",
        "are",
        "was",
        "were",
        "has",
        "have",
        "had",
        "been",
        "already",
        "now",
        "so",
        "far",
        "being",
    ):
        last -= 1
    if reading.word(last) in ("target", "goal", "it", "which"):
        number = reading.pieces[last - 1].quantity if last > 0 else None
        if number is not None and number.follows_of:
            return True
        return any("current" in reading.kinds_at(n) for n in range(at + 1, at + 3)) and reading.word(last) != "target"
    if last >= 0 and "target" in reading.kinds_at(last):
        number = reading.pieces[last].quantity
        return number is not None and number.follows_of
    if any("predicted" in reading.kinds_at(n) for n in (at + 1, at + 2, at + 3)):
        return True
    following = at + 1
    while reading.word(following) in ("only", "just", "now", "a", "an", "the"):
        following += 1
    if reading.kinds_at(following) and "target" not in reading.kinds_at(following):
        return True
    start, end = reading.clause(at)
    return any("current" in reading.kinds_at(n) for n in range(start, end))


def _check_modals(reading: Reading, truth: Truth) -> None:
    for at, word in enumerate(reading.words):
        if word in MODALS:
            following = {reading.word(n) for n in range(at + 1, at + 4)}
            is_open = word not in ("will", "shall", "'ll", "wo", "would") and "odds" in reading.bound_kinds()
            is_open = is_open or "not_assessed" in truth.sheet
            is_open = is_open and not following & (REACH | REACHED | {"be"})
            is_open = is_open or (
                "lever_points" in reading.bound_kinds() and bool(following & {"add", "raise", "lift", "bring"})
            )
            is_open = is_open or bool(reading.acts & {at + 1, at + 2, at + 3})
            if word in ("will", "shall", "'ll", "would", "wo"):
                following -= {"be", "have", "it"}
            if not (
                is_open or following & (_AFTER_MODAL - {"be"}) or ("be" in following and "not_assessed" in truth.sheet)
            ):
                reading.refuse("certainty", f"'{word}' is not certain")
        elif word == "should" and {reading.word(n) for n in range(at + 1, at + 4) if n not in reading.used} & (
            REACH | REACHED
        ):
            reading.refuse("certainty", "'should' is not certain")
        for phrase in () if "predicted" in reading.bound_kinds() else _CERTAIN:
            if reading.is_phrase(at, phrase) and {
                reading.word(at + len(phrase)),
                reading.word(at + len(phrase) + 1),
            } & (REACH | REACHED | {"be", "make", "get", "finish", "succeed"}):
                reading.refuse("certainty", f"'{' '.join(phrase)}' is not certain")


def check_certainty(reading: Reading, truth: Truth) -> None:
    """What is reached must be so; what is to come is told as odds, as a forecast or as a need."""
    _check_reaching(reading, truth)
    _check_modals(reading, truth)
