"""Numbers, percents, points, counts and days as they stand in a text; which fact they state is not decided here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

from asana_intel.narratives.gate.lexicon import words_of
from asana_intel.narratives.gate.tokens import Token, plain_spaces, tokenize

MONTHS = {
    name: month
    for month, names in enumerate(
        (
            ("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"), ("may",), ("june", "jun"),
            ("july", "jul"), ("august", "aug"), ("september", "sep", "sept"), ("october", "oct"),
            ("november", "nov"), ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}  # fmt: skip
_ONES = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
NUMBER_WORDS: dict[str, Decimal] = (
    {word: Decimal(n) for n, word in enumerate(_ONES)}
    | {word: Decimal(10 * n) for n, word in enumerate(_TENS, start=2)}
    | {"dozen": Decimal(12)}
)
_MULTIPLES = {"hundred": Decimal(100), "thousand": Decimal(1000), "million": Decimal(10**6), "k": Decimal(1000)}
_FRACTIONS = {"half": 50, "quarter": 25, "third": 33, "fifth": 20, "tenth": 10, "quarters": 25, "fifths": 20}
_THIRDS = {1: 33, 2: 67}
ORDINAL_VALUES = {
    word: n
    for n, word in enumerate(
        [
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
            "thirteenth",
            "fourteenth",
            "fifteenth",
            "sixteenth",
            "seventeenth",
            "eighteenth",
            "nineteenth",
            "twentieth",
        ],
        start=1,
    )
}
VAGUE = words_of("twice thrice double triple doubled tripled halved couple pair thirds several dozens hundreds")
NOUNS: dict[str, str] = {
    plural: noun
    for noun in (
        "task", "project", "goal", "week", "day", "hour", "month", "year", "minute", "point", "item", "person",
        "milestone", "portfolio", "team", "review", "comment", "story", "quarter", "time",
    )
    for plural in (noun, noun + "s")
} | {"people": "person", "items": "task", "item": "task", "stories": "story", "h": "hour", "hrs": "hour"}  # fmt: skip
_BETWEEN = words_of(
    "overdue blocked open late more remaining full further additional supporting finished completed closed done whole "
    "past due other waiting stuck delayed linked of the outstanding long calendar straight extra additional"
)
_OF_TASKS = frozenset({"project", "projects"})
_CHOICES = words_of("options option choices ways possibilities alternatives steps routes paths things")
_UNDER = frozenset({"under"})
_OVER = frozenset({"over"})
_SIGNS = {"€": "EUR", "£": "GBP", "$": "USD"}
_EACH = frozenset({"a", "per", "each", "every"})
_OTHER_SPANS = frozenset({"day", "month", "year", "quarter"})
_ORDINAL_TAILS = frozenset({"st", "nd", "rd", "th"})


@dataclass(frozen=True)
class Quantity:
    """One numeric expression.

    Args:
        value: Number; of a day the day of the month, 0 for the month's end.
        unit: percent, points, plain or day.
        noun: Thing counted, singular, if named.
        currency: Currency code, if any.
        sign: -1 or 1 where a sign is written.
        bound: under, over, most, least, or empty.
        is_weekly: Whether it says a week.
        month: Of a day.
        year: Of a day; 0 = not said.
        is_soft: Whether it may be no number at all: one of them, the first tasks.
    """

    value: Decimal
    unit: str = "plain"
    noun: str = ""
    currency: str = ""
    sign: int = 0
    bound: str = ""
    is_weekly: bool = False
    month: int = 0
    year: int = 0
    is_soft: bool = False

    def says(self, other: "Quantity") -> bool:
        """Whether this expression, from a text, may stand for the other, from a fact's own text."""
        if self.unit != other.unit:
            return False
        if self.unit == "day":
            return self._is_day(other)
        signed = self.value * (self.sign or 1)
        fits = self.value == other.value if self.unit == "points" else signed == other.value * (other.sign or 1)
        return fits and self.bound == other.bound and self.currency in ("", other.currency)

    def _is_day(self, other: "Quantity") -> bool:
        if self.month != other.month or self.year not in (0, other.year):
            return False
        return self.value == other.value or (self.value == 0 and _is_last_day(other))


def _is_last_day(day: Quantity) -> bool:
    return date(day.year or 2001, day.month, int(day.value)).toordinal() + 1 == _month_after(day).toordinal()


def _month_after(day: Quantity) -> date:
    year = day.year or 2001
    return date(year + 1, 1, 1) if day.month == 12 else date(year, day.month + 1, 1)


@dataclass(frozen=True)
class Piece:
    """A token, or several that make one quantity.

    Args:
        token: The token; the first of a quantity.
        quantity: What it says, for numeric expressions.
        fault: Why a numeric expression cannot be understood.
    """

    token: Token
    quantity: Quantity | None = None
    fault: str = ""

    @property
    def word(self) -> str:
        """Lower case word, or an empty text for anything that is none."""
        return self.token.word if self.token.kind == "word" and self.quantity is None else ""


@lru_cache(maxsize=4096)
def quantities_of(text: str) -> tuple[Quantity, ...]:
    """All numeric expressions of a fact's text or meaning."""
    return tuple(p.quantity for p in read_quantities(tokenize(plain_spaces(text), {})) if p.quantity)


def read_quantities(tokens: Sequence[Token]) -> list[Piece]:
    """The tokens with each numeric expression as one piece."""
    pieces, at = [], 0
    while at < len(tokens):
        piece, after = _Reader(tokens, at).read()
        pieces.append(piece)
        at = after
    return pieces


class _Reader:
    """Reads one piece that begins at a token."""

    def __init__(self, tokens: Sequence[Token], at: int) -> None:
        self.tokens, self.at = tokens, at

    def word(self, at: int) -> str:
        token = self.tokens[at] if 0 <= at < len(self.tokens) else None
        return token.word if token is not None else ""

    def is_number(self, at: int) -> bool:
        return 0 <= at < len(self.tokens) and self.tokens[at].kind == "number"

    def read(self) -> tuple[Piece, int]:
        token, at = self.tokens[self.at], self.at
        day = self._day(at)
        if day:
            return Piece(token, day[0]), day[1]
        if self.word(at) in ORDINAL_VALUES:
            rank = ORDINAL_VALUES[self.word(at)]
            return Piece(token, Quantity(Decimal(rank), noun="rank", is_soft=True)), at + 1
        if (
            self.word(at) == "single"
            and self.word(at - 1) == "a"
            and self.word(at + 1) == "task"
            and not self._is_denied(at)
        ):
            return Piece(token, Quantity(Decimal(1), noun="task")), at + 1
        if self.word(at) == "a" and self.word(at + 1) == "task" and self.word(at + 2) not in ("of", "that", "a", "per"):
            return Piece(token, Quantity(Decimal(1), noun="task", is_soft=True)), at + 1
        if self._is_in_turn(at):
            return Piece(token), at + 1
        part = self._part(at)
        if part:
            return Piece(token, part[0]), part[1]
        bound, start = self._bound(at)
        found = self._number(start)
        if found is None:
            return self._other(token, at)
        return self._whole(token, bound, *found)

    def _is_in_turn(self, at: int) -> bool:
        """Whether the word is one of the two in "one by one"."""
        around = [self.word(n) for n in range(at - 2, at + 3)]
        return ["one", "by", "one"] in (around[:3], around[2:])

    def _is_denied(self, at: int) -> bool:
        """Whether not one is meant: has not finished a single task."""
        return any(self.word(n) in ("not", "without", "never", "nor") for n in range(at - 4, at))

    def _part(self, at: int) -> tuple[Quantity, int] | None:
        """Half, a third, a quarter of something."""
        word, following = self.word(at), self.word(at + 1)
        if (word == "half" and following in ("of", "the", "way", "its")) or word == "halfway":
            return Quantity(Decimal(50), "percent", is_soft=True), at + 1
        is_part = self.word(at + 2) == "of" or (following in ("fifth", "tenth") and self.word(at + 2) not in NOUNS)
        if word in ("a", "one") and following in ("third", "quarter", "fifth", "tenth") and is_part:
            return Quantity(Decimal(_FRACTIONS[following]), "percent"), at + 2
        return None

    def _other(self, token: Token, at: int) -> tuple[Piece, int]:
        if token.kind == "number":
            return Piece(token, fault=token.text), at + 1
        if token.kind == "iso":
            return Piece(token, fault=token.text), at + 1
        if token.kind == "word" and token.word in VAGUE:
            return Piece(token, fault=token.text), at + 1
        return Piece(token), at + 1

    def _bound(self, at: int) -> tuple[str, int]:
        word, following = self.word(at), self.word(at + 1)
        if word in _UNDER:
            return ("under", at + 2 if following == "a" and self._is_edge(at + 2) else at + 1)
        if word in _OVER:
            return ("over", at + 1)
        if following == "than" and word in ("less", "more", "lower", "better", "greater", "higher"):
            start = at + 3 if self.word(at + 2) in ("a", "an") else at + 2
            if self._is_edge(start):
                return ("under" if word in ("less", "lower") else "over", start)
        if word == "at" and following in ("most", "least"):
            return (following, at + 2)
        if (
            (word, following) == ("up", "to")
            and self._is_edge(at + 2)
            and not self._is_rise(at + 3)
            and not self._is_moved(at - 1)
        ):
            return ("most", at + 2)
        if word in ("below", "above") and self._is_edge(at + 1):
            return ("under" if word == "below" else "over", at + 1)
        return "", at

    def _is_moved(self, at: int) -> bool:
        """Whether a verb of movement stands here: moved up to 81 %."""
        word = self.word(at)
        return word.endswith("ed") or word in (
            "went",
            "gone",
            "rose",
            "risen",
            "is",
            "are",
            "now",
            "goes",
            "going",
            "back",
            "%",
            "percent",
        )

    def _is_rise(self, at: int) -> bool:
        """Whether "up to 97 %" is followed by what it came from."""
        at = at + 2 if (self.word(at), self.word(at + 1)) == ("per", "cent") else at + 1
        return self.word(at) in ("from", "against", "versus", "vs") or self.word(at + 1) == "from"

    def _is_edge(self, at: int) -> bool:
        """Whether a percent stands here, of which facts say under and over."""
        return (self.is_number(at) or self.word(at) in NUMBER_WORDS) and (
            self.word(at + 1) in ("%", "percent", "pct") or (self.word(at + 1), self.word(at + 2)) == ("per", "cent")
        )

    def _number(self, at: int) -> tuple[Decimal, int, str, int] | None:
        """Value, sign, currency and where it ends."""
        if at >= len(self.tokens):
            return None
        currency, token = "", self.tokens[at]
        if token.text in _SIGNS and self.is_number(at + 1):
            currency, at = _SIGNS[token.text], at + 1
        elif _is_currency(token) and self.is_number(at + 1):
            currency, at = _CURRENCIES.get(token.word, token.text), at + 1
        if self.is_number(at):
            text = self.tokens[at].text.replace(",", "")
            sign = -1 if text.startswith("-") else 1 if text.startswith("+") else 0
            value, at = Decimal(text.lstrip("+-")), at + 1
            if self.word(at) in _MULTIPLES and self.word(at) != "hundred":
                value, at = value * _MULTIPLES[self.word(at)], at + 1
            return value, sign, currency, at
        words = self._in_words(at)
        return (words[0], 0, "", words[1]) if words else None

    def _in_words(self, at: int) -> tuple[Decimal, int] | None:
        total, part, start = Decimal(0), Decimal(0), at
        while at < len(self.tokens):
            word = self.word(at)
            if word in NUMBER_WORDS and (part % 100 == 0 or (part % 10 == 0 and part % 100 >= 20)):
                if part and part % 100 and NUMBER_WORDS[word] >= 10:
                    break
                part += NUMBER_WORDS[word]
            elif word == "a" and at == start and self.word(at + 1) in ("hundred", "thousand", "million", "dozen"):
                part = Decimal(0 if self.word(at + 1) == "dozen" else 1)
            elif word == "hundred" and part:
                part *= 100
            elif word in ("thousand", "million") and part:
                total, part = total + part * _MULTIPLES[word], Decimal(0)
            elif word == "and" and part and part % 100 == 0 and self.word(at + 1) in NUMBER_WORDS and at > start:
                pass
            else:
                break
            at += 1
        return (total + part, at) if at > start else None

    def _whole(self, token: Token, bound: str, value: Decimal, sign: int, currency: str, at: int) -> tuple[Piece, int]:
        quantity = Quantity(value, sign=sign, currency=currency, bound=bound)
        word, following = self.word(at), self.word(at + 1)
        if word in _ORDINAL_TAILS:
            return Piece(token, quantity), at + 1
        if word in _FRACTIONS or (word == "thirds"):
            part = _THIRDS.get(int(value)) if word in ("third", "thirds") else _FRACTIONS[word] * int(value)
            if part is None or part > 100:
                return Piece(token, fault=f"{value} {word}"), at + 1
            return Piece(token, replace(quantity, value=Decimal(part), unit="percent")), at + 1
        if word in ("%", "percent", "pct"):
            quantity, at = replace(quantity, unit="percent"), at + 1
        elif word == "per" and following == "cent":
            quantity, at = replace(quantity, unit="percent"), at + 2
        elif word in ("pp", "pts", "pt"):
            quantity, at = replace(quantity, unit="points"), at + 1
        if self.word(at) == "percentage" and self.word(at + 1).startswith("point"):
            quantity, at = replace(quantity, unit="points"), at + 2
        elif self.word(at) in ("point", "points"):
            if quantity.unit == "percent":
                return Piece(token, fault="a percent of points"), at + 1
            quantity, at = replace(quantity, unit="points"), at + 1
        if at < len(self.tokens) and _is_currency(self.tokens[at]):
            quantity, at = replace(quantity, currency=_CURRENCIES.get(self.word(at), self.tokens[at].text)), at + 1
        quantity = self._counted(quantity, at)
        if quantity.noun in ("week", "day", "hour") and quantity.bound == "over":  # over four weeks: a span of time
            quantity = replace(quantity, bound="")
        if quantity.unit == "plain" and token.kind == "word" and self.word(at) in _CHOICES:
            quantity = replace(quantity, is_soft=True)
        if (
            token.word == "one"
            and quantity.unit == "plain"
            and (
                quantity.noun in ("", "week", "project", "goal")
                or self.word(self.at - 1) in ("any", "no", "single", "this")
            )
        ):
            quantity = replace(quantity, is_soft=True)
        return Piece(token, quantity), at

    def _counted(self, quantity: Quantity, at: int) -> Quantity:
        """With the noun that is counted, and whether it is said a week; the words stay where they are."""
        noun = self._noun_after(at) if quantity.unit == "plain" else ""
        after = at + 1 if self.word(at) in NOUNS else at
        if self.word(after) == "weekly" or (self.word(after) in _EACH and self.word(after + 1) == "week"):
            is_ago = self.word(after + 2) in ("ago", "earlier", "before")
            return replace(quantity, noun=noun, is_weekly=not is_ago)
        if self.word(after) in _EACH and self.word(after + 1) in _OTHER_SPANS:
            return replace(quantity, noun="per " + self.word(after + 1))
        return replace(quantity, noun=noun)

    def _noun_after(self, at: int) -> str:
        for ahead in range(4):
            word = self.word(at + ahead)
            if word in ("week", "weeks") and self.word(at + ahead + 1) in ("on", "over"):  # up 2 week on week
                return ""
            if word in NOUNS and self.word(at + ahead + 1) == "'s":
                return ""
            if word in NOUNS and not (word in _OF_TASKS and self.word(at + ahead + 1) in ("task", "tasks")):
                return NOUNS[word]
            if word in _OF_TASKS:
                continue
            if word not in _BETWEEN or (word == "the" and self.word(at + ahead - 1) != "of"):
                return ""
        return ""

    def _day(self, at: int) -> tuple[Quantity, int] | None:
        if self.tokens[at].kind == "iso":
            year, month, number = (int(part) for part in self.tokens[at].text.split("-"))
            return (
                (Quantity(Decimal(number), "day", month=month, year=year), at + 1) if _is_real(number, month) else None
            )
        number, after = self._day_number(at)
        if number and self.word(after) == "of":
            after += 1
        if number and self.word(after) in MONTHS:
            return self._with_year(number, MONTHS[self.word(after)], after + 1, is_comma=False)
        if self.word(at) in MONTHS and self.tokens[at].text[0].isupper():
            number, after = self._day_number(at + 1)
            if number and self.word(after) not in ("%", "percent", "tasks", "points"):
                return self._with_year(number, MONTHS[self.word(at)], after, is_comma=True)
        if self.word(at) == "end" and self.word(at + 1) == "of" and self.word(at + 2) in MONTHS:
            return self._with_year(0, MONTHS[self.word(at + 2)], at + 3, is_comma=False)
        return None

    def _day_number(self, at: int) -> tuple[int, int]:
        if not self.is_number(at) or not self.tokens[at].text.isdigit() or not 1 <= int(self.tokens[at].text) <= 31:
            return 0, at
        after = at + 2 if self.word(at + 1) in _ORDINAL_TAILS else at + 1
        return int(self.tokens[at].text), after

    def _with_year(self, number: int, month: int, at: int, *, is_comma: bool) -> tuple[Quantity, int] | None:
        if not _is_real(number or 1, month):
            return None
        year_at = at + 1 if self.word(at) == "," and is_comma else at
        if self.is_number(year_at) and len(self.tokens[year_at].text) == 4 and self.tokens[year_at].text.isdigit():
            return Quantity(Decimal(number), "day", month=month, year=int(self.tokens[year_at].text)), year_at + 1
        return Quantity(Decimal(number), "day", month=month), at


def _is_real(number: int, month: int) -> bool:
    return 1 <= month <= 12 and 1 <= number <= (date(2004 + month // 12, month % 12 + 1, 1) - date(2004, month, 1)).days


_CURRENCIES = {"euro": "EUR", "euros": "EUR", "dollar": "USD", "dollars": "USD", "pounds": "GBP", "francs": "CHF"}


def _is_currency(token: Token) -> bool:
    return token.word in _CURRENCIES or (_is_code(token))


def _is_code(token: Token) -> bool:
    return token.kind == "word" and len(token.text) == 3 and token.text.isupper() and token.text.isascii()
