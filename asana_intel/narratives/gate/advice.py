"""What a text recommends must be a claim the outline can make on the sheet; what it states is judged elsewhere."""

from functools import cache

from asana_intel.narratives.gate.lexicon import forms_of, inflections, words_of
from asana_intel.narratives.gate.reading import Reading, Truth, phrase_parts
from asana_intel.narratives.gate.role import Action
from asana_intel.narratives.gate.roles import ACTIONS

_BEFORE_ADVICE = words_of(
    "next : ; , or and then should must please either to just simply now so step steps action advice "
    "let's recommended recommend suggest propose advise is be are"
)


_NOUN_TOO = words_of(
    "change update step gain lift pick move shift call start run leave free close work plan need "
    "review cut bit set average speed record state value put report note clear present add settle "
    "deal hold order finish point time"
)


_OBJECT_STARTS = words_of(
    "the a an its this that these it them all to up or overdue late blocked more course on with every each what"
)


_ADVISORY = words_of(
    "hold keep stay continue maintain carry raise lift increase speed accelerate step pick quicken "
    "bring add move shift adjust change revise reset rethink revisit lower reconsider clear replan "
    "re-plan reschedule close finish resolve tackle catch complete update correct give supply "
    "provide fill set enter unblock free remove put leave take ask call start begin consider reduce "
    "relax postpone cut renegotiate amend ease fix align stick proceed push improve boost sustain "
    "settle handle address sort work review define release remain"
)


@cache
def _action_forms() -> dict[str, tuple[Action, ...]]:
    """Each form of each action verb to the actions it may begin."""
    found: dict[str, list[Action]] = {}
    for action in ACTIONS:
        for verb in action.verbs:
            for form in {f for f in inflections(verb) if f != verb + "s"} | (
                {verb + verb[-1] + "ing"} if verb in ("get", "cut", "set", "hit", "run", "put") else set()
            ):
                found.setdefault(form, []).append(action)
    return {form: tuple(actions) for form, actions in found.items()}


@cache
def action_words() -> frozenset[str]:
    """All forms of the verbs that recommend; those that are not plain words are known to this rule only."""
    return frozenset(_action_forms()) | forms_of(" ".join(_ADVISORY - {"re-plan"}))


def check_actions(reading: Reading, truth: Truth) -> None:
    """What is recommended must be a claim that the outline can make on this sheet."""
    for at in range(len(reading.pieces)):
        word = reading.word(at)
        if not word or word in _NO_ADVICE:
            continue
        matched = [a for a in _action_forms().get(word, ()) if _has_object(reading, at, a)]
        allowed = [a for a in matched if truth.possible.intersection(a.claims)]
        if allowed and word in _RAISING and any(_is_raised_to_now(reading, n) for n in range(at, at + 9)):
            reading.refuse("action", f"'{word}' to what is so already")
        if allowed:
            for action in allowed:
                for place in _object_places(reading, at, action):
                    reading.used.add(place)
                reading.state(s for s in action.states if s in truth.sheet)
            reading.used.add(at)
            reading.acts.add(at)
        elif word in _ADVISORY and _is_own(reading, at, truth):
            reading.used.add(at)
        elif word in _ADVISORY and at not in reading.used and _is_advice(reading, at):
            reading.refuse("action", f"'{word}' is not what the facts ask for")


_RAISING = forms_of("raise lift increase speed step pick push boost accelerate reach")


def _is_raised_to_now(reading: Reading, at: int) -> bool:
    return reading.kinds_at(at) == {"pace"} and reading.word(at - 1) == "to"


def _is_advice(reading: Reading, at: int) -> bool:
    """Whether a verb stands as an imperative or after should and must."""
    word = reading.word(at)
    before = reading.pieces[at - 1].token.word if at else ""
    if at and before not in _BEFORE_ADVICE:
        return False
    following = reading.pieces[at + 1] if at + 1 < len(reading.pieces) else None
    is_verb = following is not None and (following.word in _OBJECT_STARTS or following.quantity is not None)
    if word in _NOUN_TOO or before in ("is", "be", "are", ",", "and"):
        return is_verb
    return True


def _is_own(reading: Reading, at: int, truth: Truth) -> bool:
    """Whether a claim that is no row here says the word together with another word nearby."""
    near = {reading.word(n) for n in range(at - 6, at + 8) if n != at} - _LITTLE
    return any(reading.word(at) in words and near & (words - _LITTLE) for words in truth.own)


_NO_ADVICE = frozenset({"reached", "met", "achieved", "made"})
"""What would be said of a target that is met, and recommends nothing."""
_LITTLE = words_of(
    "the a an of in to and or for is are it its this that by at on with as next week be not no than from"
) | {""}


def _object_places(reading: Reading, at: int, action: Action) -> list[int]:
    """Places of the action's objects near its verb: after it up to a stop, or before it in the passive."""
    end = at + 1
    while end < len(reading.pieces) and end < at + 11 and reading.pieces[end].token.text not in (";", ":"):
        end += 1
    start = at
    far = 16 if _has_pronoun(reading, at) else 0
    start = max(at - far, 0)
    while far == 0 and start > 0 and start > at - 9 and reading.pieces[start - 1].token.text not in (";", ":"):
        start -= 1
    found = []
    for wanted in action.objects:
        if wanted.startswith(":"):
            found += [n for n in range(start, end) if wanted[1:] in reading.kinds_at(n)]
            if wanted[1:] in reading.previous and {"them", "it", "these", "those"}.intersection(
                reading.words[at : at + 5]
            ):
                found.append(at + 1)
        else:
            parts = phrase_parts(wanted)
            found += [n for n in range(start, end) if n != at and reading.is_phrase(n, parts)]
    return found


def _has_pronoun(reading: Reading, at: int) -> bool:
    return (
        not {"them", "these", "those", "each"}.isdisjoint(reading.words[at + 1 : at + 6])
        or reading.word(at + 1) == "it"
    )


def _has_object(reading: Reading, at: int, action: Action) -> bool:
    places = _object_places(reading, at, action)
    if not places:
        return False
    return (
        any(p > at for p in places)
        or reading.word(at) not in action.verbs
        or reading.word(at) in _NOUNS_OF_ADVICE
        or _has_pronoun(reading, at)
    )


_NOUNS_OF_ADVICE = words_of("update change need needs review")
