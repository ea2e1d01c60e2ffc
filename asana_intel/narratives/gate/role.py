"""What a role, a relation and an action are, and how their rows are written; the rows themselves stand elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from asana_intel.narratives.facts import FactSheet

PERCENT, POINTS, PLAIN, DAY = "percent", "points", "plain", "day"


@dataclass(frozen=True)
class Role:
    """How a kind of fact is told.

    Args:
        units: How its number may be written: percent, points, plain, day.
        cues: Words that stand beside its number.
        entity: Kind of the name it belongs to; other names may not stand in its clause.
        of: Kind of y where its number is the x of "x of y".
        before: Kind it is the earlier value of, as in "from x to y".
        is_default: Whether a number of its unit without any cue is this one.
        is_signed: Whether its value has a direction, which must be told.
        is_bad: Whether it is bad news on a sheet; only bad news may be given as a cause.
        not_with: Phrases that may not stand in its clause.
        is_optional: Whether its cues say so only on sheets that hold the fact; those of others always do, so that an
            unknown number is not taken for a known one.
        is_evidence: Whether a sentence that states it alone has said something.
    """

    units: tuple[str, ...]
    cues: tuple[str, ...] = ()
    entity: str = ""
    of: str = ""
    before: str = ""
    is_default: bool = False
    is_signed: bool = False
    is_bad: Callable[[FactSheet], bool] = lambda _sheet: False
    not_with: tuple[str, ...] = ()
    is_optional: bool = False
    is_evidence: bool = True


def always(_sheet: FactSheet) -> bool:
    """For kinds that are bad news wherever they are known."""
    return True


def is_less(one: str, other: str) -> Callable[[FactSheet], bool]:
    """Whether one number of a sheet is below another."""
    return lambda sheet: (compared(one, other)(sheet) or 0) < 0


def cues(text: str) -> tuple[str, ...]:
    """Phrases of a list that is written as a text, parted by commas."""
    return tuple(cue.strip() for cue in text.split(",") if cue.strip())


@dataclass(frozen=True)
class Relation:
    """Two facts that are compared, or one that has a direction.

    Args:
        name: Name.
        one: Kinds of what is compared, or of what moves.
        other: Kinds of what it is compared with.
        takes: Groups of direction words that may tell it: change, compare, slow, growth, timing.
        sign: Which way one lies from the other on a sheet, with zero for level; None where it is not known.
        words: Words that say that it is spoken of.
        one_words: Words that stand for the one.
        other_words: Words that stand for the other.
        states: Facts that a direction word alone tells, without a number.
    """

    name: str
    one: tuple[str, ...]
    other: tuple[str, ...]
    takes: tuple[str, ...]
    sign: Callable[[FactSheet], int | None]
    words: tuple[str, ...] = ()
    one_words: tuple[str, ...] = ()
    other_words: tuple[str, ...] = ()
    states: tuple[str, ...] = ()


def compared(one: str, other: str) -> Callable[[FactSheet], int | None]:
    """Sign of one minus the other; level where the two read the same; unknown where either is."""

    def sign(sheet: FactSheet) -> int | None:
        if one not in sheet or other not in sheet:
            return None
        left, right = sheet[one], sheet[other]
        if left.text == right.text:
            return 0
        if isinstance(left.value, date) and isinstance(right.value, date):
            return 1 if left.value > right.value else -1
        if isinstance(left.value, int | float) and isinstance(right.value, int | float):
            return (left.value > right.value) - (left.value < right.value)
        return None

    return sign


def sign_of(fact_id: str) -> Callable[[FactSheet], int | None]:
    """Sign of one number."""

    def sign(sheet: FactSheet) -> int | None:
        number = sheet.number(fact_id)
        return None if number is None else (number > 0) - (number < 0)

    return sign


@dataclass(frozen=True)
class Action:
    """A recommendation in free words.

    Args:
        claims: Claims of the outline it says; one of them must be possible.
        verbs: What to do, in the base form.
        objects: To what: words or phrases, one of which must stand near the verb.
        states: Facts it states where the sheet has them.
    """

    claims: tuple[str, ...]
    verbs: tuple[str, ...]
    objects: tuple[str, ...]
    states: tuple[str, ...] = field(default=())
