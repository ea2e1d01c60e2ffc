"""No, not, nothing: only in a few patterns, each of them true of the sheet; other words are judged elsewhere."""

from asana_intel.narratives.gate.assertions import DONE
from asana_intel.narratives.gate.lexicon import words_of
from asana_intel.narratives.gate.reading import STRANGERS, Reading, Truth

NEGATIONS = words_of(
    "no not cannot never nor neither none nothing without nobody nowhere hardly barely scarcely "
    "unable lack lacks lacking missing absent"
)


_UNASSESSED = words_of(
    "odds estimate estimates assess assessed assessment judged judge evaluated evaluate probability "
    "given forecast assessable available calculated computed worked known determined established "
    "measured"
)


_NO_NEED = words_of("need needs needed required requires require necessary call calls called asked")


def check_denials(reading: Reading, truth: Truth) -> None:
    """No and not in what cannot be assessed and in what need not change; what remains is `check_negations`."""
    for at, word in enumerate(reading.words):
        if word not in NEGATIONS or at in reading.used:
            continue
        near = reading.words[max(at - 5, 0) : at + 7]
        after = reading.words[at + 1 : at + 6]
        if NEGATIONS.intersection(after[:2]):
            reading.refuse("negation", "two denials stand together")
        if _denies_as_the_reason(reading, at, truth) or (
            after[:1] == ("longer",)
            and "status_too_green" in truth.possible
            and {"fits", "matches", "holds", "fit"} & set(after)
        ):
            reading.used.add(at)
            continue
        if sum(w in NEGATIONS for w in near) > 1 and not (
            word in NEGATIONS and "not_assessed" in truth.sheet and "yet" in near
        ):
            reading.refuse("negation", "two denials stand together")
        if _denies_odds(reading, at):
            _need(reading, at, "not_assessed" in truth.sheet)
            reading.state(["not_assessed"] if "not_assessed" in truth.sheet else [])
            reading.told.update(["not_assessed"] if "not_assessed" in truth.sheet else [])
        elif (
            word != "without"
            and _CHANGING & set(near)
            and (_NO_NEED & set(near) or reading.is_phrase(at, ("nothing", "to")))
        ):
            _need(reading, at, "hold_course" in truth.possible)
            reading.state(["odds"] if "odds" in truth.sheet else [])
            reading.used.update(n for n in range(at + 1, at + 6) if reading.word(n) in _CHANGING)


_OF_ODDS = words_of("odds estimate estimates assessment forecast probability evaluation prediction likelihood")


def _denies_odds(reading: Reading, at: int) -> bool:
    """Whether it is odds that are denied, and of nothing but the goal: no odds yet, not assessed, odds are missing."""
    word, after = reading.word(at), reading.words[at + 1 : at + 5]
    before = set(reading.words[max(at - 7, 0) : at])
    if (STRANGERS | {"progress"}) & before or word in ("nothing", "none", "neither", "nor", "never", "without"):
        return False
    if word in ("missing", "lack", "lacks", "lacking"):
        return True
    if word == "no":
        return bool(_OF_ODDS.intersection(after[:1]))
    return (
        bool(_UNASSESSED.intersection(after))
        and not {"no", "not"}.intersection(after[:2])
        and "change" not in after[:2]
    )


def _denies_as_the_reason(reading: Reading, at: int, truth: Truth) -> bool:
    """Whether what is denied stands in the reason why there are no odds: without a target value."""
    if "not_assessed" not in truth.sheet:
        return False
    words = [w for w in reading.words[at + 1 : at + 5] if w not in ("a", "an", "any")][:2]
    reason = f" {truth.sheet.text('not_assessed').lower()} "
    return len(words) == 2 and f" no {' '.join(words)}" in reason


_CHANGING = words_of("change changes changing adjusted adjustment adjustments action intervention correction changed")


def check_negations(reading: Reading, truth: Truth) -> None:
    """What no other rule has understood: no task finished, or a denial that is refused."""
    for at in range(len(reading.pieces)):
        word = reading.word(at)
        if word not in NEGATIONS or at in reading.used:
            continue
        if reading.word(at + 1) in ("task", "tasks", "items") or word in ("nothing", "none"):
            is_none = truth.sheet.number("done_last_week") == 0 and _says_done(reading)
            _need(reading, at, is_none)
            reading.state(["done_last_week"] if is_none else [])
        else:
            reading.refuse("negation", f"'{word}' denies something that the facts do not")


def _need(reading: Reading, at: int, is_true: bool) -> None:
    reading.used.add(at)
    if not is_true:
        reading.refuse("negation", f"'{reading.word(at)}' denies something that the facts do not")


def _says_done(reading: Reading) -> bool:
    return any(reading.word(n) in DONE for n in range(len(reading.pieces))) and bool(reading.places("last week"))
