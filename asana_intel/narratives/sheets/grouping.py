"""What tasks have in common, by their names or by their project, in words; which tasks matter is not decided here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from asana_intel.narratives.wording import short_name

_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_MOST_WORDS = 3
_MOST_NAME_WORDS = 4
_LEAST_LETTERS = 4
_MOST_OF_IT = 2 / 3
# Words that tell nothing about work when they stand alone, or at an end of a phrase.
_EMPTY = frozenset(
    ("a", "about", "above", "across", "after", "again", "against", "all", "along", "also", "among", "an", "and", "any",
     "are", "around", "as", "at", "back", "be", "before", "behind", "below", "between", "beyond", "but", "by", "can",
     "could", "do", "does", "down", "during", "each", "every", "for", "from", "has", "have", "her", "his", "how", "if",
     "in", "inside", "into", "is", "it", "its", "more", "my", "near", "new", "no", "not", "of", "off", "on", "onto",
     "or", "our", "out", "outside", "over", "per", "should", "since", "so", "some", "than", "that", "the", "their",
     "them", "then", "these", "this", "those", "through", "to", "toward", "towards", "under", "until", "up", "upon",
     "via", "we", "what", "when", "where", "which", "while", "who", "why", "will", "with", "within", "without", "you",
     "your")
)  # fmt: skip
# Nouns that a piece of work is called by; a phrase that ends in one is what the tasks are.
_THINGS = frozenset(
    ("analysis", "audit", "call", "check", "demo", "design", "document", "draft", "estimate", "exam", "fix",
     "interview", "launch", "meeting", "migration", "offer", "presentation", "release", "report", "review", "session",
     "sprint", "study", "test", "ticket", "training", "update", "upgrade", "visit", "workshop")
)  # fmt: skip
_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class Named:
    """A task that may be named.

    Args:
        gid: Task.
        name: Its name, not empty.
        project: Name of its project, where one may be named.
        hours: What it takes.
    """

    gid: str
    name: str
    project: str | None
    hours: float


@dataclass(frozen=True)
class Group:
    """Tasks that share something.

    Args:
        words: What they are: `three design reviews`, `four tasks in Brand refresh`, or the name of the only one.
        tasks: They, in the order given.
    """

    words: str
    tasks: tuple[Named, ...]

    @property
    def hours(self) -> float:
        """What they take together."""
        return sum(task.hours for task in self.tasks)

    @property
    def is_even(self) -> bool:
        """Whether no task takes nearly all of them."""
        return max(task.hours for task in self.tasks) <= _MOST_OF_IT * self.hours


def main_group(tasks: Sequence[Named], least_hours: float) -> Group | None:
    """The tasks that best say where the hours go.

    Those whose names share a phrase, else those of one project, else the largest task. A group must take `least_hours`
    and more than the largest task alone, and must not be one large task and its small change. None where there is none.
    """
    if not tasks:
        return None
    largest = max(tasks, key=lambda task: task.hours)  # the first of equals
    enough = max(least_hours, largest.hours)
    for groups in (_by_phrase(tasks), _by_project(tasks)):
        several = [group for group in groups if group.hours >= enough and group.is_even]
        if several:
            return max(several, key=lambda group: group.hours)
    return Group(brief(largest.name), (largest,))


def counted(count: int) -> str:
    """A small number in words: `three`."""
    return _COUNTS[count] if count < len(_COUNTS) else f"{count}"


def brief(name: str) -> str:
    """A name that leaves room for the rest of its sentence."""
    words = name.split()
    return short_name(name) if len(words) <= _MOST_NAME_WORDS else f"{short_name(' '.join(words[:_MOST_NAME_WORDS]))}…"


def _by_phrase(tasks: Sequence[Named]) -> list[Group]:
    """Groups of two tasks or more by the phrases their names share; of the same tasks the longest phrase counts."""
    holders: dict[tuple[str, ...], dict[Named, str]] = {}
    for task in tasks:
        for phrase, as_written in _phrases(task.name):
            holders.setdefault(phrase, {}).setdefault(task, as_written)
    shared = [(phrase, held) for phrase, held in holders.items() if len(held) > 1]
    by_length = sorted(shared, key=lambda found: (len(found[0]), sum(map(len, found[0])), found[0]))
    longest = {tuple(held): (phrase, next(iter(held.values()))) for phrase, held in by_length}
    return [Group(_called(*phrase, len(held)), held) for held, phrase in longest.items()]


def _phrases(name: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Phrases of up to three words in a name, folded to compare them and as they are written."""
    words = _WORD.findall(name)
    for size in range(1, _MOST_WORDS + 1):
        for start in range(len(words) - size + 1):
            written = words[start : start + size]
            phrase = tuple(word.casefold() for word in written)
            is_whole = phrase[0] not in _EMPTY and phrase[-1] not in _EMPTY
            if is_whole and (size > 1 or _is_thing(written[0], is_first=start == 0 and len(words) > 1)):
                yield phrase, " ".join(written)


def _is_thing(word: str, *, is_first: bool) -> bool:
    """Whether a word tells by itself what work is about: a noun that we know, or a proper name.

    The first word of a name has a capital in any case, and is mostly a verb: Translate invoices.
    """
    if word.casefold() in _THINGS:
        return True
    is_name = not word[1:].islower() if is_first else word[0].isupper()
    return is_name and word != word.casefold() and len(word) >= _LEAST_LETTERS


def _called(phrase: tuple[str, ...], as_written: str, count: int) -> str:
    if phrase[-1] in _THINGS:
        return f"{counted(count)} {_plural(' '.join(phrase))}"
    return f"{counted(count)} tasks on {as_written}"


def _plural(words: str) -> str:
    if words.endswith("analysis"):
        return f"{words[:-2]}es"
    if words.endswith("y"):
        return f"{words[:-1]}ies"
    return f"{words}{'es' if words.endswith(('ch', 'sh', 's', 'x')) else 's'}"


def _by_project(tasks: Sequence[Named]) -> list[Group]:
    of: dict[str, list[Named]] = {}
    for task in tasks:
        if task.project:
            of.setdefault(task.project, []).append(task)
    return [
        Group(f"{counted(len(held))} tasks in {brief(name)}", tuple(held)) for name, held in of.items() if len(held) > 1
    ]
