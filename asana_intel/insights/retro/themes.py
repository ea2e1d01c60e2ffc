"""What several people wrote about in the comments of a sprint: key phrases, never a person; no tone is judged here.

A phrase weighs the comments of the sprint that hold it times its rarity in comments elsewhere (tf-idf). It must stand
on three tasks and come from three people. A word that may be a name is in no phrase: those of the workspace's people,
and words that are written with a capital letter more often than not. In languages that write nouns so, only verbs and
adjectives are left.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Comment = tuple[str, str, str]
"""Task, author, text."""

LEAST_TASKS = 3
LEAST_PEOPLE = 3
MOST_THEMES = 5
_MOST_WORDS = 3
_SHORTEST = 3
_NO_WORDS = re.compile(r"https?://\S+|\S+@\S+|@\w+")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|[^\w\s]|\d+|\n")
# Words that say nothing by themselves; a phrase ends at them.
_LITTLE_WORDS = (
    "a about after again all also am an and any are as at be because been before being but by can could did do does "
    "done down for from get go got had has have he her here him his how i if in into is it its just let like may me "
    "more most much must my no not now of off on once one only or our out over own please she should so some still "
    "such than thank thanks that the their them then there these they this those to too under up us very was we well "
    "were what when where which while who why will with would yes yet you your "
    "aber alle als am an auch auf aus bei bin bis bitte da das dass dem den der des die doch du ein eine einem einen "
    "er es für hat habe ich ihr im in ist ja kann mit muss nach nicht noch nur oder schon sie sind so und uns von vor "
    "war was wenn wie wir wird zu zum zur"
)
_LITTLE = frozenset(_LITTLE_WORDS.split())


def themes_of(comments: Sequence[Comment], elsewhere: Sequence[str], names: Iterable[str]) -> list[str]:
    """The themes of a sprint, heaviest first.

    Args:
        comments: Of the sprint's tasks: task, author, text; only what everybody may read.
        elsewhere: Texts of other comments, from which rarity is learned.
        names: Names of people.

    Returns:
        At most five phrases of one to three words in lower case; none where fewer than three people wrote.
    """
    texts = [text for _, _, text in comments]
    forbidden = _LITTLE | {part.casefold() for name in names for part in _words(name)}
    usable = _written_small([*texts, *elsewhere]) - forbidden
    tasks, people, counts = {}, {}, Counter[str]()
    for task, person, text in comments:
        for phrase in set(_phrases(text, usable)):
            counts[phrase] += 1
            tasks.setdefault(phrase, set()).add(task)
            people.setdefault(phrase, set()).add(person)
    common = [p for p in counts if len(tasks[p]) >= LEAST_TASKS and len(people[p]) >= LEAST_PEOPLE]
    seen = Counter(p for text in elsewhere for p in set(_phrases(text, usable)))
    weight = {p: counts[p] * (1 + math.log((1 + len(elsewhere)) / (1 + seen[p]))) for p in common}
    return _apart(sorted(common, key=lambda p: (-weight[p], -len(p.split()), p)), counts)


def _apart(phrases: list[str], counts: Counter[str]) -> list[str]:
    """The first few that do not say the same: a longer phrase stands for its parts where it is as common."""
    whole = [p for p in phrases if not any(_holds(q, p) and counts[q] >= counts[p] for q in phrases if q != p)]
    chosen: list[str] = []
    for phrase in whole:
        words = set(phrase.split())
        if all(len(words & set(q.split())) < min(len(words), 2) for q in chosen):
            chosen.append(phrase)
    return chosen[:MOST_THEMES]


def _holds(longer: str, shorter: str) -> bool:
    return f" {shorter} " in f" {longer} "


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(_NO_WORDS.sub(" . ", text)) if word[0].isalpha()]


def _written_small(texts: Iterable[str]) -> frozenset[str]:
    """Words that are written in small letters more often than with a capital inside a sentence."""
    small, capital = Counter[str](), Counter[str]()
    for text in texts:
        before = "."
        for word in _WORD.findall(_NO_WORDS.sub(" . ", text)):
            if word[0].islower():
                small[word.casefold()] += 1
            elif word[0].isalpha() and before not in ".!?\n:":
                capital[word.casefold()] += 1
            before = word
    return frozenset(word for word, count in small.items() if count > capital[word])


def _phrases(text: str, usable: frozenset[str]) -> Iterator[str]:
    """Runs of up to three usable words."""
    run: list[str] = []
    for word in [*_WORD.findall(_NO_WORDS.sub(" . ", text)), "."]:
        folded = word.casefold()
        if folded not in usable or len(folded) < _SHORTEST:
            run = []
            continue
        run.append(folded)
        for n in range(1, min(len(run), _MOST_WORDS) + 1):
            yield " ".join(run[-n:])
