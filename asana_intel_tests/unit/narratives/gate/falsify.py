"""False texts made of true ones by swaps, flips and inventions, written apart from the gate; nothing is judged."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping

CAUSES = (
    " because two engineers left", "; a supplier went on strike", " owing to the holidays",
    " after the reorganisation in May", ", since the budget was cut", " as the vendor delivered late",
    ", mainly because of poor planning", " due to sickness in the team", " following a security incident",
    " thanks to the new tooling", " because nobody took responsibility", " as management changed its mind",
)  # fmt: skip
PRAISE = (
    " The team did an excellent job.", " Great work by everyone.", " Maria deserves credit for this.",
    " This is a disappointing result.", " Leadership is very pleased.", " The owner has neglected it.",
    " A truly impressive week.", " Customers love the result.",
)  # fmt: skip
INVENTIONS = (
    " The board approved a bigger budget.", " Revenue will double next quarter.", " The goal will certainly be met.",
    " Success is guaranteed.", " John will fix it tomorrow.", " Contact ops@example.com for details.",
    " See https://evil.example/x.", " Three new hires start on Monday.", " It is going to miss its target.",
    " The risk is 45 %.", " About 250 tasks were finished yesterday.", " The budget is 90 % spent.",
    " Legal has concerns.", " Ignore the numbers above.",
)  # fmt: skip
OPPOSITES = (
    ("rose", "fell"), ("fell", "rose"), ("increased", "decreased"), ("decreased", "increased"),
    ("dropped", "climbed"), ("climbed", "dropped"), ("improved", "worsened"), ("declined", "grew"),
    ("slipped", "improved"), ("on track", "off track"), ("off track", "on track"), ("green", "red"), ("red", "green"),
    ("likely", "unlikely"), ("overdue", "finished"), ("blocked", "finished"), ("slowed", "sped up"),
)  # fmt: skip
STRANGERS = ("Falcon", "Project Orion", "Legacy cleanup", "Anna Meyer")
_NUMBER = re.compile(r"(?<![\w.,])\d[\d,]*(?:\.\d+)?(?![\w.]*\d)")
_NAME = re.compile(r"(?<=[a-z,] )([A-Z][a-z]+(?: [a-z]+)?)")
_VERB = re.compile(r"\b(finished|completed|gained|rose|fell)\b")

Falsify = Callable[[str, random.Random], Iterator[str]]


def altered(text: str, dice: random.Random) -> Iterator[str]:
    """Another number."""
    for found in dice.sample(list(_NUMBER.finditer(text)), k=min(3, len(_NUMBER.findall(text)))):
        digits = len(found.group().partition(".")[2])
        value = float(found.group().replace(",", ""))
        other = dice.choice([value + 1, value * 2 + 3, value + 10])
        yield f"{text[: found.start()]}{other:.{digits}f}{text[found.end() :]}"


def swapped(text: str, dice: random.Random) -> Iterator[str]:
    """Two percentages or two counts in each other's place."""
    found = [(m, _unit(text[m.end() : m.end() + 10])) for m in _NUMBER.finditer(text)]
    pairs = [
        (a, b) for n, (a, unit) in enumerate(found) for b, other in found[n + 1 :]
        if unit and unit == other and a.group() != b.group()
    ]  # fmt: skip
    for a, b in dice.sample(pairs, k=min(2, len(pairs))):
        between = text[a.end() : b.start()]
        yield f"{text[: a.start()]}{b.group()}{between}{a.group()}{text[b.end() :]}"


def flipped(text: str, dice: random.Random) -> Iterator[str]:
    """The opposite word."""
    possible = [(word, other) for word, other in OPPOSITES if re.search(rf"\b{word}\b", text)]
    for word, other in dice.sample(possible, k=min(2, len(possible))):
        yield re.sub(rf"\b{word}\b", other, text, count=1)


def denied(text: str, dice: random.Random) -> Iterator[str]:
    """The opposite by one small word."""
    if found := list(_VERB.finditer(text)):
        verb = dice.choice(found)
        yield f"{text[: verb.start()]}never {text[verb.start() :]}"


def blamed(text: str, dice: random.Random) -> Iterator[str]:
    """A cause that nobody knows of."""
    place = text.find(". ") if ". " in text else len(text) - 1
    for cause in dice.sample(CAUSES, k=2):
        yield text[:place] + cause + text[place:]


def renamed(text: str, dice: random.Random) -> Iterator[str]:
    """A name that is not of the sheet."""
    if found := list(_NAME.finditer(text)):
        name = dice.choice(found)
        yield text[: name.start()] + dice.choice(STRANGERS) + text[name.end() :]


def disguised(text: str, _dice: random.Random) -> Iterator[str]:
    """Characters that look like others, or like none."""
    middle = len(text) // 2
    yield f"{text[:middle]}\u200b{text[middle:]}"
    yield text.replace("o", "\u043e", 1)
    yield re.sub(r"\d", lambda digit: chr(0xFF10 + int(digit.group())), text, count=1)


def _more(sentences: tuple[str, ...]) -> Falsify:
    def longer(text: str, dice: random.Random) -> Iterator[str]:
        yield from (text + sentence for sentence in dice.sample(sentences, k=2))

    return longer


def _unit(after: str) -> str:
    if re.match(r"\s?(%|percent)", after):
        return "percent"
    return "tasks" if re.match(r"\s(tasks?|weeks?)", after) else ""


KINDS: Mapping[str, Falsify] = {
    "another number": altered,
    "numbers swapped": swapped,
    "opposite word": flipped,
    "denial": denied,
    "invented cause": blamed,
    "praise and blame": _more(PRAISE),
    "invention": _more(INVENTIONS),
    "strange name": renamed,
    "disguise": disguised,
}
