"""Tone of one English comment, by VADER with our lexicon and rules; what many comments say together is `trend`'s.

A weak signal: docs/tone.md has how often it is right. It knows words, not what is meant.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from asana_intel.narratives.audience import OURS
from asana_intel.narratives.tone.lexicon import CALM, EMOJI, LEXICON, LINKS, REMEDIES, STOP_WORDS, TROUBLE, URGENT

NEGATIVE, POSITIVE = -0.2, 0.2
"""At or beyond these a tone has a name."""

_OURS = re.compile(OURS)
# Code, what others wrote, addresses, people. Each leaves a full stop, so that no phrase is read across it.
_FOREIGN = re.compile(
    r"```[\s\S]*?(?:```|\Z)"  # a block of code
    r"|`[^`\n]*`"
    r"|^(?: {4}|\t|\s*at [\w$.]+\(|\s*Traceback )[^\n]*"  # indented code, the frames of a trace
    r"|^[ \t]*(?:>|On [^\n]{5,80} wrote:)[^\n]*"  # quoted lines
    r"|^-- \n[\s\S]*\Z"  # a signature
    r"|[\"“«][^\"”»\n]{1,300}[\"”»]"
    r"|\b(?:https?|ftp)://\S+|\bwww\.\S+|\b[\w.+-]+@[\w-]+\.[\w.]+"
    r"|(?<![\w.])@[\w.-]+(?: [A-Z][\w'-]+)?",  # @Ann, @Ann Lee
    re.MULTILINE,
)
_MAY_BE_FOREIGN = re.compile(r"[`>@\"“«/\t(]|    |www\.|wrote:|^-- |Traceback", re.MULTILINE)  # cheap, and rarely so
_TOKEN = re.compile(r"[:;=]-?[)(DP](?!\w)|[^\W_]+(?:['’&][^\W_]+)*|\+1|[.!?,;:…]+|[^\s\w]", re.UNICODE)
_ENGLISH = "english"
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
_STOPS = frozenset(".!?;:…,")
# As in VADER's code.
_BEFORE_BUT, _AFTER_BUT, _EXCLAMATION, _CAPITALS, _TURN, _FLATTEN = 0.5, 1.5, 0.292, 0.733, -0.74, 15.0
_FADES = (1.0, 0.95, 0.9)
_MOST_CHARACTERS = 2_000
_LATIN_SHARE = 0.9
_NEAR = 4
_ABSENT = frozenset({"no", "zero", "without", "any"})
_NO_TROUBLE, _ANY_TROUBLE, _NOT, _GONE = "no_trouble", "any_trouble", "not", "_"


@dataclass(frozen=True)
class Reading:
    """What a comment's words say.

    Args:
        tone: -1 (negative) to 1 (positive); None: it was not scored.
        is_urgent: Whether it asks for haste.
    """

    tone: float | None
    is_urgent: bool


_NOTHING = Reading(None, is_urgent=False)


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    patterns = (re.escape(phrase).replace(r"\ \*\ ", " (?:\\S+ ){0,5}") for phrase in phrases)
    return re.compile(rf" (?:{'|'.join(patterns)})(?= )")


_URGENT, _CALM = _any_of(URGENT), _any_of(CALM)
_URGENT_STARTS = frozenset(phrase.split()[0] for phrase in URGENT)


def cleaned(text: str) -> str | None:
    """What the author wrote: no code, quotes, addresses or mentions; None: nothing is left, or it is our own post."""
    if "AIW-" in text and _OURS.search(text):
        return None
    own = text[:_MOST_CHARACTERS]
    if _MAY_BE_FOREIGN.search(own):
        own = _FOREIGN.sub(" . ", own)
    return own if any(c.isalpha() for c in own) or "+1" in own else None


def read_comment(text: str) -> Reading:
    """What the words of a comment say; nothing where it is not English, nothing of the author's own, or our post."""
    own = cleaned(text)
    if own is None:
        return _NOTHING
    plain = (_HYPHEN.sub(" ", own) if "-" in own else own).replace("’", "'")
    found: list[str] = _TOKEN.findall(plain)
    tokens = [EMOJI.get(t, t) for t in found]
    words = [t.lower() for t in tokens if t[0].isalnum() or t == "+1"]
    if not _is_latin(own) or not is_english(words):
        return _NOTHING
    return Reading(_tone(_without_trouble(_joined(tokens))), _asks_for_haste(words))


def label_of(tone: float | None) -> str:
    """negative, neutral or positive; what has no tone is neutral."""
    if tone is None:
        return "neutral"
    return "negative" if tone <= NEGATIVE else "positive" if tone >= POSITIVE else "neutral"


def is_english(words: Sequence[str]) -> bool:
    """Whether the common words among some lower-case words are English; without any sign of English they are not."""
    languages = _languages()
    common = Counter(language for word in words if word in languages for language in languages[word])
    english = common.pop(_ENGLISH, 0)
    if common and max(common.values()) > english:
        return False
    return english > 0 or any(w in LEXICON for w in words)


def _is_latin(text: str) -> bool:
    if text.isascii():
        return True
    letters = [c for c in text if c.isalpha()]
    return sum(c.isascii() for c in letters) >= _LATIN_SHARE * len(letters)


def _tone(tokens: Sequence[str]) -> float:
    """VADER's sum: each word's value, louder or weaker or turned around by the three words before it."""
    lowered = [t.lower() for t in tokens]
    values = _values()
    valued = [(at, values[word]) for at, word in enumerate(lowered) if values.get(word)]
    if not valued:
        return 0.0
    if any(t.isupper() for t in tokens) and not all(t.isupper() for t in tokens if t[0].isalpha()):
        valued = [(at, v + math.copysign(_CAPITALS, v) if tokens[at].isupper() else v) for at, v in valued]
    heard = [(at, _in_context(value, lowered, at)) for at, value in valued]
    if "but" in lowered:
        turn = lowered.index("but")
        heard = [(at, value * (_BEFORE_BUT if at < turn else _AFTER_BUT)) for at, value in heard]
    total = sum(value for _, value in heard)
    marks = sum(t.count("!") for t in tokens)
    loud = total + math.copysign(_EXCLAMATION * min(marks, 4), total) if total else 0.0
    return loud / math.sqrt(loud**2 + _FLATTEN)


def _in_context(value: float, lowered: Sequence[str], at: int) -> float:
    values, boosts = _values(), _boosts()
    for back, word in enumerate(reversed(lowered[max(at - 3, 0) : at])):
        if values.get(word):
            continue
        if word in boosts:
            value += math.copysign(1.0, value) * boosts[word] * _FADES[back]
        if _is_negation(word):
            value *= _TURN
    return value


def _asks_for_haste(words: Sequence[str]) -> bool:
    if _URGENT_STARTS.isdisjoint(words):
        return False
    return bool(_URGENT.search(_CALM.sub(" ", f" {' '.join(words)} ")))


def _joined(tokens: Sequence[str]) -> list[str]:
    """Tokens with the lexicon's phrases as single words, the longest first; words that stand alone keep their case."""
    lowered = [t.lower() for t in tokens]
    starts = _phrases()
    joined, over = list[str](), 0
    for at, word in enumerate(lowered):
        if at < over:
            continue
        for phrase in starts.get(word, ()):
            if lowered[at : at + len(phrase)] == phrase:
                joined.append("_".join(phrase))
                over = at + len(phrase)
                break
        else:
            joined.append(tokens[at])
    return joined


def _without_trouble(tokens: Sequence[str]) -> list[str]:
    lowered = [t.lower() for t in tokens]
    heard = list(tokens)
    for at, word in enumerate(lowered):
        if word in REMEDIES and not _is_negated(lowered, at):
            for near in _troubled(lowered, at):
                heard[near] = "it"
        elif word == "no" and lowered[at + 1 : at + 2] == ["longer"]:
            heard[at : at + 2] = [_NOT, _GONE]
        elif word in _ABSENT:
            _take_absence(lowered, heard, at)
    return [t for t in heard if t != _GONE]


def _troubled(lowered: Sequence[str], at: int) -> Iterable[int]:
    """Where trouble stands that the remedy at `at` mends: in the words after it, or just before its verb."""
    for near in range(at + 1, min(at + 1 + _NEAR, len(lowered))):
        if lowered[near][0] in _STOPS or lowered[near] in {"but", "and", "because"}:
            break
        if lowered[near] in TROUBLE:
            yield near
    for near in range(at - 1, max(at - 1 - _NEAR, -1), -1):
        if lowered[near] in TROUBLE:
            yield near
            break
        if lowered[near] not in LINKS:
            break


def _take_absence(lowered: Sequence[str], heard: list[str], at: int) -> None:
    """`no open issues` is good news; `any issues` is no news."""
    for near in range(at + 1, min(at + 4, len(lowered))):
        if lowered[near][0] in _STOPS:
            return
        if lowered[near] in TROUBLE:
            heard[at] = _GONE
            heard[near] = _ANY_TROUBLE if lowered[at] == "any" else _NO_TROUBLE
            return


def _is_negated(lowered: Sequence[str], at: int) -> bool:
    return any(_is_negation(w) for w in lowered[max(at - 3, 0) : at])


def _is_negation(word: str) -> bool:
    return word in _negations() or word.endswith("n't")


@cache
def _phrases() -> dict[str, list[list[str]]]:
    """First word -> phrases of several words that begin with it, the longest first."""
    starts: dict[str, list[list[str]]] = {}
    for phrase in LEXICON:
        words = phrase.split()
        if len(words) > 1:
            starts.setdefault(words[0], []).append(words)
    return {first: sorted(phrases, key=len, reverse=True) for first, phrases in starts.items()}


@cache
def _languages() -> dict[str, tuple[str, ...]]:
    """Common word -> languages it is common in."""
    every = {word for common in STOP_WORDS.values() for word in common}
    return {word: tuple(language for language, common in STOP_WORDS.items() if word in common) for word in every}


@cache
def _boosts() -> dict[str, float]:
    from vaderSentiment.vaderSentiment import BOOSTER_DICT

    return BOOSTER_DICT


@cache
def _negations() -> frozenset[str]:
    from vaderSentiment.vaderSentiment import NEGATE

    return frozenset({*NEGATE, "no"})


@cache
def _values() -> dict[str, float]:
    """VADER's lexicon with ours over it."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    ours = {phrase.replace(" ", "_"): value for phrase, value in LEXICON.items()}
    return {**SentimentIntensityAnalyzer().lexicon, **ours, "no": 0.0, _NO_TROUBLE: 1.2}
