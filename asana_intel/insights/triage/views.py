"""What the text of a task is looked at for: words, letters, manner, template lines, shape. Nothing is learned here.

A view turns a name and its notes into tokens. Titles are kept apart from bodies, answers to the questions of a form are
tied to their question, and code and addresses do not count as words of the opening.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Text = tuple[str, str]
"""Name and notes of a task."""

_WORD = re.compile(r"\w+|[?!]")
_CODE = re.compile(r"```.*?(?:```|\Z)|<!--.*?-->", re.DOTALL)
_ADDRESS = re.compile(r"https?://\S+")
_DIGITS = re.compile(r"\d+")
_PHRASE = re.compile(r"\w+(?:'\w+)?|[?!.,;:()]")
_LITTLE_WORDS = frozenset(
    _PHRASE.findall(
        "a able about after again all allow already also always am an and any are as at be because been before being "
        "bug but by can can't cannot could did didn't do does doesn't doing don't done each error every expected fail "
        "fails feature few fix for from get gets got had has have having he hello here hey hi how i i'm i've if in "
        "instead is isn't issue it its just let like made make makes may me might mine more most must my need new no "
        "nor not now of on only or other our please possible problem question same seem seems shall she should since "
        "so some still such support than thank thanks that the their them then there these they this those to too "
        "tried try trying until us use used using very want was wasn't we were what when where which while who whom "
        "whose why will wish with won't work working works would yet you your "
    )
)
"""Words that say how somebody writes, not of what: reports, wishes and questions differ in them."""
_UPPER, _LOWER = re.compile(r"[A-Z]+"), re.compile(r"[a-z]+")
_PROSE = re.compile(r"A?a(?: A?a)+")
_FAILURE = re.compile(r"traceback|exception|error:|stack|\bat \w|segfault|panic|assert", re.IGNORECASE)
_ASKS = re.compile(r"\s*(how|why|what|is|can|does|where|when|should|which|do|are)\b", re.IGNORECASE)
_WISHES = re.compile(r"\s*(add|support|allow|feature|implement|make|improve|enable|provide|request)\b", re.IGNORECASE)
_NOTES_CHARS = 6000
_LETTERS_CHARS = 1500
_MANNER_CHARS = 3000
_MARKS_CHARS = 1000
_OPENING_WORDS = 60
_LINE_CHARS = 40
_QUESTION_CHARS = 60


@dataclass(frozen=True)
class View:
    """One way to look at a text.

    Args:
        name: What it looks at.
        weight: Its share in the likeness of two tasks; chosen by leave-one-out on training rows alone.
        tokens: From name and notes to tokens.
        least_texts: Texts a token must occur in.
    """

    name: str
    weight: float
    tokens: Callable[[Text], list[str]]
    least_texts: int = 2


def words(text: str, longest: int) -> list[str]:
    """Words and runs of up to `longest` words, lower case."""
    return _runs(_WORD.findall(text.lower()), longest)


def manner(name: str, notes: str) -> list[str]:
    """Runs of up to four little words and marks, in which any other word is a gap: "how can i _ the _ ?"."""
    told = f"{name} . {_CODE.sub(' codeblock ', notes[:_NOTES_CHARS])[:_MANNER_CHARS]}".lower()
    single = [word if word in _LITTLE_WORDS or not word[0].isalnum() else "_" for word in _PHRASE.findall(told)]
    return _runs(single, 4)


def marks(name: str, notes: str) -> list[str]:
    """Runs of two to four signs, in which letters, digits and prose are one sign each: how lists, code, paths look."""
    text = _UPPER.sub("A", _DIGITS.sub("0", f"{name}\n{notes}"[:_MARKS_CHARS]))
    signs = _PROSE.sub("w", _LOWER.sub("a", text))
    return [signs[start : start + length] for length in (2, 3, 4) for start in range(len(signs) - length + 1)]


def letters(text: str) -> list[str]:
    """Runs of two to five letters within words, whose ends count as a blank; works where words are not parted."""
    padded = [f" {word} " for word in text.lower().split()]
    return [
        word[start : start + length]
        for word in padded
        for length in range(2, 6)
        for start in range(len(word) - length + 1)
    ]


def lines(notes: str) -> list[str]:
    """Headings, short lines, and the first words of what follows a heading: the answers in a form or template."""
    found, question = [], ""
    for raw in notes[:_NOTES_CHARS].splitlines():
        line = " ".join(_DIGITS.sub("0", raw.strip().lower()).split())
        if not line or line.startswith("<!--"):
            continue
        if line.startswith(("#", "**")) or line.endswith((":", "?")):
            question = line.strip("#* :")[:_QUESTION_CHARS]
            found.append(f"question {question}")
            continue
        if len(line) <= _LINE_CHARS:
            found.append(f"line {line}")
        if question:
            found.append(f"answer {question} > {' '.join(line.split()[:2])}")
            found.append(f"length {question} > {round(math.log2(1 + len(line)))}")
            question = ""
    return found


def opening(notes: str) -> str:
    """The first words that are prose: no headings, quotes, tables, code or addresses."""
    told = _ADDRESS.sub(" address ", _CODE.sub(" codeblock ", notes[:_NOTES_CHARS]))
    kept = (line for line in _DIGITS.sub("0", told).splitlines() if not line.lstrip().startswith(("#", ">", "|", "**")))
    return " ".join(" ".join(kept).split()[:_OPENING_WORDS])


def shape(name: str, notes: str) -> list[str]:
    """How it is built, each count as a power of two: length, code, failures, questions, lists, links, pictures."""
    counts = {
        "notes": len(notes) // 8,
        "name": len(name) // 4,
        "code": notes.count("```") // 2,
        "questions": notes.count("?"),
        "headings": notes.count("#"),
        "failures": len(_FAILURE.findall(notes)),
        "links": notes.count("http"),
        "pictures": notes.count("!["),
        "boxes": notes.count("- ["),
        "lines": notes.count("\n"),
        "versions": len(re.findall(r"\d+\.\d+", notes)),
    }
    flags = {
        "ends as a question": name.rstrip().endswith("?"),
        "begins as a question": bool(_ASKS.match(name)),
        "begins as a wish": bool(_WISHES.match(name)),
    }
    sizes = [f"{what} {math.floor(math.log2(1 + count))}" for what, count in counts.items()]
    return sizes + [f"{what} {holds}" for what, holds in flags.items()]


def _runs(single: list[str], longest: int) -> list[str]:
    return [
        " ".join(single[start : start + length])
        for length in range(1, longest + 1)
        for start in range(len(single) - length + 1)
    ]


VIEWS: Sequence[View] = (
    View("words of the name", 0.5, lambda text: words(text[0], 3), least_texts=1),
    View("letters of the name", 1.0, lambda text: letters(text[0])),
    View("words of the notes", 0.75, lambda text: words(text[1][:_NOTES_CHARS], 2)),
    View("letters of the notes", 0.5, lambda text: letters(text[1][:_LETTERS_CHARS])),
    View("opening", 0.5, lambda text: words(opening(text[1]), 2)),
    View("lines", 0.5, lambda text: lines(text[1])),
    View("manner", 1.0, lambda text: manner(*text) if text[1] else []),
    View("marks", 1.0, lambda text: marks(*text) if text[1] else []),
    View("shape", 0.25, lambda text: shape(*text) if text[1] else []),
)
