"""Which fact each number of a sentence states, by value and by the words beside it; other words are in guards.

A number binds to a fact that has its value and unit. Where the words beside it say what it is meant to be (its nearest
cue), it must be that, so that two numbers of one unit cannot trade places; where a name stands with it, it must be the
number of that name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from asana_intel.narratives.facts import Fact, Kind, Unit
from asana_intel.narratives.gate.lexicon import words_of
from asana_intel.narratives.gate.quantities import NOUNS, Quantity, quantities_of
from asana_intel.narratives.gate.reading import AFTERTHOUGHT, STOP, STRANGERS, Reading
from asana_intel.narratives.gate.role import PERCENT, PLAIN, POINTS, Role
from asana_intel.narratives.gate.roles import MOVES, ROLES

FAR = 30
SLACK = 2


_EARLIER = (
    ("last", "week"),
    ("a", "week", "ago"),
    ("a", "week", "earlier"),
    ("the", "week", "before"),
    ("previously",),
    ("earlier",),
    ("a", "week", "before"),
    ("in", "the", "previous", "week"),
    ("the", "previous", "week"),
)


_FROM_BEFORE = frozenset({"from"})


_LATELY = words_of("last past recent previous latest")


_RATES = frozenset({"pace", "needed_pace", "slow_recent", "slow_usual"})


_SPANS = frozenset({"weeks_left", "stalled", "window"})


_COUNTS = frozenset({"overdue", "blocked", "done_last_week"})


_AFTER = words_of("recently lately usually normally typically ordinarily now currently needed required overdue late")


_STANDINGS = frozenset({"current", "target", "odds", "odds_before", "progress", "elapsed"})
_WISHES = words_of("go get needs need must raise speed way requires require step left lift bring")
_BE = words_of("are is was were stand stands stay stays remain remains sit sits at now currently still only just")


@dataclass(frozen=True)
class _Cue:
    parts: tuple[str, ...]
    kinds: frozenset[str]
    cost: int
    is_before: bool
    is_after: bool


@lru_cache(maxsize=512)
def _cues_of(narrative: Kind, kinds: frozenset[str]) -> dict[str, tuple[_Cue, ...]]:
    """Cues of the kinds by first word, longest first, those of one phrase joined."""
    found: dict[tuple[str, int, bool, bool], set[str]] = {}
    for kind in kinds:
        for cue in ROLES[narrative][kind].cues:
            plain = cue.lstrip("~@>")
            found.setdefault((plain, 3 if cue[0] == "~" else 0, "@" in cue, cue[0] == ">"), set()).add(kind)
    cues = [_Cue(tuple(p.split()), frozenset(k), cost, at, after) for (p, cost, at, after), k in found.items()]
    by_first: dict[str, list[_Cue]] = {}
    for cue in sorted(cues, key=lambda c: -len(c.parts)):
        by_first.setdefault(cue.parts[0], []).append(cue)
    return {first: tuple(group) for first, group in by_first.items()}


def bind(reading: Reading, pairs: frozenset[tuple[str, str]] = frozenset()) -> None:
    """Binds every number and name of the reading; what cannot be bound is a violation.

    Args:
        reading: The sentence.
        pairs: "x of y" pairs of numbers that the outline's own claims make on this sheet.
    """
    for at, piece in enumerate(reading.pieces):
        if piece.token.mention:
            reading.bound[at] = piece.token.mention
            reading.state(piece.token.mention)
    later = []
    skip = -1
    for at, piece in enumerate(reading.pieces):
        if piece.fault:
            reading.refuse("number", f"'{piece.fault}' is no number of the facts")
        elif piece.quantity is not None and at != skip:
            candidates = _candidates(reading, piece.quantity)
            if piece.quantity.noun == "week" and reading.word(at - 1) in _LATELY:
                candidates = [f for f in candidates if f.kind.name == "window"]
            if piece.quantity.leads_of:
                skip = _bind_pair(reading, at, candidates, pairs)
            elif piece.quantity.leads_to and _bind_change(reading, at, candidates):
                skip = at + 2
            elif candidates:
                _bind_one(reading, at, piece.quantity, candidates)
            else:
                later.append(at)
    for at in later:
        _bind_constant(reading, at)


def _candidates(reading: Reading, quantity: Quantity) -> list[Fact]:
    """Facts with the number's value, unit and noun."""
    return [f for f in reading.sheet if _is_said(f, quantity) and _has_noun(f, quantity)]


def _is_said(fact: Fact, quantity: Quantity) -> bool:
    if fact.kind.unit is Unit.entity:
        return False
    for known in quantities_of(fact.text):
        if not quantity.says(known):
            continue
        if quantity.is_weekly and fact.kind.unit is not Unit.rate and not known.is_weekly:
            continue
        if fact.kind.unit is Unit.points and quantity.sign and isinstance(fact.value, int | float):
            return quantity.sign == (fact.value > 0) - (fact.value < 0)
        return True
    return False


def _has_noun(fact: Fact, quantity: Quantity) -> bool:
    if quantity.noun.startswith("per "):
        return False
    if quantity.unit != PLAIN or not quantity.noun:
        return True
    return quantity.noun in _nouns_of(fact.text, fact.kind.meaning)


@lru_cache(maxsize=4096)
def _nouns_of(text: str, meaning: str) -> frozenset[str]:
    counted = {q.noun for q in quantities_of(text) if q.noun}
    words = meaning.replace(",", " ").split()
    return frozenset(counted or {NOUNS[w] for w in words if w in NOUNS and w != "time"})


def _bind_pair(reading: Reading, at: int, firsts: list[Fact], pairs: frozenset[tuple[str, str]]) -> int:
    """Binds "x of y" and returns the place of y."""
    second = next(n for n in range(at + 1, len(reading.pieces)) if reading.pieces[n].quantity is not None)
    x, y = reading.pieces[at].quantity, reading.pieces[second].quantity
    assert x is not None  # noqa: S101 (the caller looked)
    assert y is not None  # noqa: S101
    others = _candidates(reading, y)
    for first in firsts:
        role = reading.roles.get(first.kind.name)
        if not _is_of_the_name(reading, at, first):
            continue
        fits = [
            o
            for o in others
            if (role is not None and role.of == o.kind.name and first.suffix == o.suffix)
            or (
                role is None
                and o.kind.name not in reading.roles
                and o.fact_id != first.fact_id
                and (str(x.value), str(y.value)) in pairs
            )
        ]
        if fits:
            _set(reading, at, [first])
            _set(reading, second, fits[:1])
            return second
    whole = [f for f in firsts if f in others and (str(x.value), str(y.value)) in pairs]
    if whole:
        _set(reading, at, whole[:1])
        _set(reading, second, whole[:1])
        return second
    reading.refuse("role" if firsts and others else "number", f"{x.value} of {y.value} is not what the facts say")
    return second


def _bind_change(reading: Reading, at: int, firsts: list[Fact]) -> bool:
    """Binds "from x to y" where x is the earlier value of y and the sentence speaks of it."""
    second = reading.pieces[at + 2].quantity
    others = _candidates(reading, second) if second is not None else []
    start, end = reading.clause(at)
    is_wish = bool(_WISHES.intersection(reading.words[start:end]))  # "to go from 22 to 40", not "rose from 22 to 40"
    for first in firsts:
        role = reading.roles.get(first.kind.name)
        kinds = {role.before, role.of if is_wish else ""} - {""} if role is not None else set()
        fits = [o for o in others if o.kind.name in kinds and o.suffix == first.suffix]
        cues = reading.roles[fits[0].kind.name].cues if fits else ()
        if any(reading.places(cue.lstrip("~@>")) for cue in cues) and _is_of_the_name(reading, at, first):
            _set(reading, at, [first])
            _set(reading, at + 2, fits[:1])
            return True
    return False


def _bind_one(reading: Reading, at: int, quantity: Quantity, candidates: list[Fact]) -> None:
    wanted = _wanted_kinds(reading, at, quantity)
    if quantity.leads_to or _is_before(reading, at):
        earlier = {k for k, role in reading.roles.items() if role.before and (wanted is None or role.before in wanted)}
        if any(f.kind.name in earlier for f in candidates):
            wanted = earlier
        elif wanted is not None and (wanted & {r.before for r in reading.roles.values()}):
            wanted = (wanted - {r.before for r in reading.roles.values()}) | earlier
    if wanted is None and reading.pieces[at].token.word in ("half", "halfway"):
        wanted = {"progress", "elapsed"}
    if wanted is None:
        fits = [f for f in candidates if f.kind.name not in reading.roles or reading.roles[f.kind.name].is_default]
    else:
        fits = [f for f in candidates if f.kind.name in wanted] or [
            f for f in candidates if f.kind.name not in reading.roles
        ]
    if reading.word(at - 1) == "by":  # rose by 3 tells a change, never where something stands
        fits = [f for f in fits if f.kind.name not in _STANDINGS]
    if not fits:
        meant = "unclear" if not wanted else " or ".join(sorted(wanted))
        reading.refuse("role", f"{reading.text(at)} is {meant} here, which the facts do not say")
        return
    named = [f for f in fits if _is_of_the_name(reading, at, f)]
    if not named:
        reading.refuse("entity", f"{reading.text(at)} does not belong to the name it stands with")
        return
    for fact in named:
        role = reading.roles.get(fact.kind.name)
        start, end = reading.clause(at)
        for phrase in role.not_with if role else ():
            if any(start <= place < end for place in reading.places(phrase)):
                reading.refuse("role", f"{reading.text(at)} is not of '{phrase}'")
    _set(reading, at, named)


def _set(reading: Reading, at: int, facts: Sequence[Fact]) -> None:
    reading.bound[at] = tuple(f.fact_id for f in facts)
    reading.state(f.fact_id for f in facts)


def _is_before(reading: Reading, at: int) -> bool:
    """Whether the words beside a number say that it is an earlier value."""
    if any(reading.is_phrase(at - 3, phrase) for phrase in (("last", "week", "'s"), ("previous", "week", "'s"))):
        return True
    start, _ = reading.clause(at)
    said = [
        reading.is_phrase(n, p)
        for n in range(start, at)
        for p in (("last", "week"), ("week", "ago"), ("week", "before"))
    ]
    if (
        reading.word(at - 1) in ("was", "were", "at")
        and {"was", "were", "stood"}.intersection(reading.words[start:at])
        and any(said)
    ):
        return True
    if reading.word(at - 1) in _FROM_BEFORE or (
        reading.word(at - 2) == "compared" and reading.word(at - 1) in ("with", "to")
    ):
        return True
    return any(reading.is_phrase(at + 1, phrase) for phrase in _EARLIER)


def _competing(reading: Reading, quantity: Quantity) -> set[str]:
    """Kinds whose cues are looked for beside a number: those of its unit that such a text may speak of."""
    written = {f.kind.name: {q.unit for q in quantities_of(f.text)} for f in reading.sheet}
    found = set()
    for kind, role in reading.roles.items():
        if kind in written:
            is_meant = quantity.unit in written[kind]
        else:
            is_meant = not role.is_optional and quantity.unit in role.units[:1]
        if is_meant and (role.entity in ("", "goal") or _is_spoken_of(reading, role.entity)):
            found.add(kind)
    return found


def _is_spoken_of(reading: Reading, entity: str) -> bool:
    """Whether a sentence may be about the thing: its name, the name before, or a project without a name."""
    named = [f for at in reading.mentions() for f in reading.bound.get(at, ())] + list(reading.heir)
    if any(reading.sheet[f].kind.name == entity for f in named):
        return True
    return any(reading.word(n).startswith("project") for n in range(len(reading.pieces)))


def _wanted_kinds(reading: Reading, at: int, quantity: Quantity) -> set[str] | None:
    """Kinds that the nearest cue says the number is; None without any cue near."""
    kinds = _competing(reading, quantity)
    if quantity.noun == "week":
        kinds &= _SPANS
    elif quantity.unit == PLAIN and kinds:
        kinds -= _SPANS
    if quantity.is_weekly:
        kinds &= _RATES
    if quantity.noun == "task":
        kinds &= (
            _COUNTS | {"slow_recent", "slow_usual"} | {f.kind.name for f in reading.sheet if "task" in f.kind.meaning}
        )
    seen: list[tuple[int, int, _Cue]] = []
    by_first = _cues_of(reading.sheet.kind, frozenset(kinds))
    subject = _subject(reading, at)
    end, subject_at = -1, -1
    before = at - 1
    while reading.word(before) in ("the", "a", "an", "its"):
        before -= 1
    for place in range(len(reading.pieces)):
        taken = end
        for cue in by_first.get(reading.word(place), ()):
            last = place + len(cue.parts) - 1
            if last <= taken or last < end or not reading.is_phrase(place, cue.parts):
                continue
            if (cue.is_before and last != before) or (cue.is_after and place < at):
                continue
            if quantity.unit == POINTS and cue.parts[0] in MOVES:
                continue
            end = last
            far = reading.distance(at, place if place > at else last, barrier=quantity.unit) + cue.cost
            if subject[0] <= place < subject[1] and subject_at in (-1, place):
                far, subject_at = 1 + cue.cost, place
            elif place < at and any(reading.pieces[n].token.text == ":" for n in range(last + 1, at)):
                far -= STOP - 1
            elif place > at and any(reading.pieces[n].token.text == "," for n in range(at + 1, place)):
                far += AFTERTHOUGHT
            seen.append((far, place, cue))
    found = _nearest_kinds(seen, at)
    if quantity.unit == PERCENT and reading.word(at - 1) == "of" and reading.word(at - 2) in STRANGERS:
        return set()
    if subject[1] and subject_at < 0 and STRANGERS.intersection(reading.words[subject[0] : subject[1]]):
        return set()
    return found or None


def _nearest_kinds(seen: list[tuple[int, int, _Cue]], at: int) -> set[str]:
    """Kinds of the nearest cue; of cues almost as near too, but nothing counts beside a word directly at the number."""
    best = min((far for far, _, _ in seen), default=FAR)
    if best > 1:
        return {kind for far, _, cue in seen if far <= min(best + SLACK, FAR) for kind in cue.kinds}
    ties = [(place, cue) for far, place, cue in seen if far <= 1]
    after = [cue for place, cue in ties if place == at + 1 and cue.parts[0] in _AFTER]
    before = [cue for place, cue in ties if place < at]
    chosen = after or before or [cue for _, cue in ties]
    kinds = set().union(*(cue.kinds for cue in chosen))
    return kinds.union(*(cue.kinds for _, cue in ties if cue.kinds & kinds))


def _subject(reading: Reading, at: int) -> tuple[int, int]:
    """Where the subject stands of which a number is told: "the odds of reaching 80 % are" before 58 %."""
    be = at - 1
    while be > 0 and reading.word(be) in _BE and reading.word(be) not in ("are", "is", "was", "were"):
        be -= 1
    if be == at - 1 and reading.word(be) not in ("are", "is", "was", "were"):
        return (0, 0)
    if reading.word(be) not in _BE:
        be += 1
    start, _ = reading.clause(be)
    return (start, be)


def _is_of_the_name(reading: Reading, at: int, fact: Fact) -> bool:
    """Whether a fact may stand with the name nearest to it."""
    role = reading.roles.get(fact.kind.name, Role(()))
    everywhere = list(reading.mentions())
    if fact.suffix:
        near = _nearest(reading, at, everywhere) or reading.heir
        return any(reading.sheet[f].suffix == fact.suffix for f in near)
    if not role.entity:
        return True
    if role.entity == "goal":
        near = _nearest(reading, at, reading.named_near(at))
        return not near or any(
            reading.sheet[f].kind.unit is not Unit.entity or reading.sheet[f].kind.name == "goal" for f in near
        )
    near = _nearest(reading, at, everywhere) or reading.heir
    if any(reading.sheet[f].kind.name == role.entity for f in near):
        return True
    return not near and any(reading.word(n).startswith("project") for n in range(len(reading.pieces)))


def _nearest(reading: Reading, at: int, places: list[int]) -> tuple[str, ...]:
    """Facts of the nearest name; of two equally near the one before."""
    names = [p for p in places if any(reading.sheet[f].kind.unit is Unit.entity for f in reading.bound[p])]
    if not names:
        return ()
    return reading.bound[min(names, key=lambda p: (reading.distance(p, at), p > at))]


def _bind_constant(reading: Reading, at: int) -> None:
    """A number that is no fact's value may still be part of what a fact nearby means: over the last four weeks."""
    quantity = reading.pieces[at].quantity
    assert quantity is not None  # noqa: S101 (the caller looked)
    numbers = [n for n in reading.bound if n != at]
    for near in sorted(numbers, key=lambda n: reading.distance(n, at))[:2]:
        for fact in (reading.sheet[f] for f in reading.bound[near]):
            if any(quantity.says(q) and q.noun == quantity.noun for q in quantities_of(fact.kind.meaning)):
                reading.bound[at] = ()
                return
    reading.refuse("number", f"{reading.text(at)} is no number of the facts")
