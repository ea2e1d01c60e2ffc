"""A text as tokens: names of the sheet taken out first, then words, numbers and signs; their meaning is not known here.

A name or a text fact is matched exactly and stands as one token from then on, so its digits, its letters and its signs
never reach a rule. What is left must be plain English in plain characters.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

_MASK_BASE = 0xE000
_MOST_MASKS = 1000
_PLAIN_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " "})
_ID_EST = re.compile(r"\bi\.e\.,?")
_STRANGE = re.compile(r"[^ -~‘’“”–—−…€£\ue000-\ue3e7]|[<>\[\]{}|\\^~`*_#@=&]")
_LINK = re.compile(r"(?i)https?:|www\.|://|\bmailto:|[a-z]{2,}\.(?:com|org|net|io|dev|app|de|co)\b|\S@\S")
_TOKEN = re.compile(
    r"(?P<mention>[\ue000-\ue3e7])"
    r"|(?P<iso>\b\d{4}-\d{2}-\d{2}\b)"
    r"|(?P<number>(?<![\w.,])[+\-−]?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|(?<![\w.,])[+\-−]?\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z]+(?:[’'][A-Za-z]+)*(?:-[A-Za-z]+(?:[’'][A-Za-z]+)*)*)"
    r"|(?P<sign>\S)"
)
_A_WEEK = re.compile(r"(?<=\d)\s?/\s?(?:week|wk)\b")
_OUT_OF = re.compile(r"(?<![\d/.,])(\d+)/(?=\d+(?![\d/]))")
_NUMBER_SIGN = re.compile(r"#(?=\d)")
_NUMBER_JOINED = re.compile(r"(?<=\d)-(?=[A-Za-z])")  # an 18-point drop
_SENTENCE_END = re.compile(r"[.!?…]+[”’\"')]*(?=\s|$)")
_ABBREVIATED = re.compile(r"(?:\b(?:vs|approx|ca|no|e\.g|i\.e))\.$", re.IGNORECASE)


@dataclass(frozen=True)
class Token:
    """A word, a number, a sign or a mention of a fact.

    Args:
        kind: word, number, iso, sign or mention.
        text: As written, apostrophes straightened.
        mention: For a mention: ids of the facts with that text.
        is_part: Whether the mention is only a part of a text fact.
    """

    kind: str
    text: str
    mention: tuple[str, ...] = ()
    is_part: bool = False

    @property
    def word(self) -> str:
        """The word in lower case; of other tokens the text."""
        return self.text.lower()


def _number_sign(match: re.Match[str]) -> str:
    return "Number " if match.string[: match.start()].rstrip()[-1:] in ("", ".") else "number "


def plain_spaces(text: str) -> str:
    """The text with unbreakable and thin spaces as spaces."""
    return _NUMBER_SIGN.sub(_number_sign, _ID_EST.sub("that is,", text.translate(_PLAIN_SPACES)))


def strange_characters(masked: str) -> list[str]:
    """Characters that no plain English text holds, markup included, names taken out."""
    return sorted(set(_STRANGE.findall(masked)))


def links(masked: str) -> list[str]:
    """Parts that are, or look like, links and addresses."""
    return _LINK.findall(masked)


@dataclass(frozen=True)
class Masked:
    """A text with each name as one private character.

    Args:
        text: The text.
        names: The private characters, and what each stands for.
    """

    text: str
    names: Mapping[str, str]

    def unmask(self, part: str) -> str:
        """A part of the text with its names again."""
        for mask, name in self.names.items():
            part = part.replace(mask, name)
        return part


def mask(text: str, names: Sequence[str], plain: Callable[[str], bool] = lambda _name: False) -> Masked:
    """Takes names out, the longest first; a name counts only where no letter or digit goes on beside it.

    Args:
        text: The text.
        names: The names.
        plain: Whether a name is made of words that may also stand for themselves ("On track"); such a name counts only
            in quotes, after "project" or "goal", or before what a project does, and is left alone elsewhere.
    """
    found: dict[str, str] = {}
    for name in sorted({n for n in names if n}, key=len, reverse=True)[:_MOST_MASKS]:
        if name in text:
            private = chr(_MASK_BASE + len(found))
            replaced = _name_pattern(name, is_plain=plain(name)).sub(private, text)
            if replaced != text:
                found[private], text = name, replaced
    return Masked(text, found)


@lru_cache(maxsize=4096)
def _name_pattern(name: str, *, is_plain: bool) -> re.Pattern[str]:
    before = r"(?<!\w)(?<!\d[.,])" if name[0].isalnum() else ""
    after = r"(?!\w)(?![.,]\d)" if name[-1].isalnum() else ""
    exact = re.escape(name)
    if is_plain:
        return re.compile(
            rf"(?<=[\"“'‘]){exact}(?=[\"”'’])|(?<=\bproject ){exact}{after}|(?<=\bgoal ){exact}{after}"
            rf"|{before}{exact}(?= (?:finished|completed|closed|delivered|slowed|has slowed|finishes)\b)"
        )
    return re.compile(before + exact + after)


def split_sentences(masked: str) -> list[str]:
    """Sentences of a masked text; a point within a number or after an abbreviation ends none."""
    parts, start = [], 0
    for end in _SENTENCE_END.finditer(masked):
        if not _ABBREVIATED.search(masked[start : end.end()]):
            parts.append(masked[start : end.end()].strip())
            start = end.end()
    parts.append(masked[start:].strip())
    return [p for p in parts if p]


def tokenize(masked: str, mentions: Mapping[str, tuple[str, ...]]) -> list[Token]:
    """Tokens of a masked sentence.

    Args:
        masked: The sentence.
        mentions: Private character to the ids of the facts it stands for.
    """
    tokens = []
    masked = _OUT_OF.sub(r"\1 of ", _A_WEEK.sub(" a week", masked))
    plain = _NUMBER_JOINED.sub(" ", masked.replace("’", "'").replace("‘", "'"))
    for match in _TOKEN.finditer(plain):
        kind = match.lastgroup or "sign"
        if kind == "mention":
            tokens.append(Token(kind, match.group(), mentions.get(match.group(), ())))
        elif kind == "word":
            tokens += _words(match.group())
        else:
            tokens.append(Token(kind, match.group().replace("−", "-")))
    return tokens


_HYPHENED = frozenset({"re-plan", "re-planned", "re-planning", "re-set", "so-far", "re-plans"})


def _words(text: str) -> list[Token]:
    """A word; its parts where it is joined by hyphens; an ending 's or n't as a token of its own."""
    tokens = []
    for part in [text] if text.lower() in _HYPHENED else text.split("-"):
        stem, quote, tail = part.partition("'")
        if quote and part.lower().endswith("n't"):
            tokens += [Token("word", part[:-3] or "ca"), Token("word", "not")]
        elif quote:
            tokens += [Token("word", stem)] if stem else []
            tokens.append(Token("word", "'" + tail))
        else:
            tokens.append(Token("word", part))
    return tokens
