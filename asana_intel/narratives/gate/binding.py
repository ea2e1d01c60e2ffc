"""Which fact each number and name of a sentence states: by value first, then by the patterns beside it (roles.py)."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from asana_intel.narratives.facts import FactSheet, Unit
from asana_intel.narratives.gate.quantities import quantities_of
from asana_intel.narratives.gate.reading import Reading
from asana_intel.narratives.gate.roles import HARD, ROLES, VETOES

_SAID_AGAIN = frozenset({"target", "window", "due", "overdue", "blocked", "needed_pace", "weeks_left"})
"""Kinds of facts that a sentence may give twice: the advice repeats what it is about."""
_FAMILY = {"blocked_days": "blocker", "odds_later": "helper", "odds_without": "helper"}
"""Name facts of numbers whose own name does not tell it."""
_ALONE = frozenset({"goal", "portfolio", "quarter", "person", "task", "cause", "helper"})
"""Names that any number of the sheet may be said of."""
_HERE = r"(?:it|its|the project|this project|the task|there|that task|which)"


def bind(reading: Reading) -> None:
    """Binds every number and name; what cannot be bound is a violation."""
    for at, piece in enumerate(reading.pieces):
        if piece.token.mention:
            reading.bound[at] = piece.token.mention
            reading.stated.update(piece.token.mention)
    near, far, hard = _claims(reading)
    _settle(reading, near, hard)
    for at, piece in enumerate(reading.pieces):
        if piece.fault:
            reading.refuse("number", f"'{piece.fault}' is no number of the facts")
        elif piece.quantity is not None and not reading.is_loose(at):
            _bind_one(reading, at, near.get(at) or far.get(at) or set())
    is_percent = any(q.unit == "percent" for f in reading.sheet if f.kind.name == "pace" for q in quantities_of(f.text))
    for pattern in VETOES.get(reading.sheet.kind, ()):
        if not (is_percent and "pace" in pattern) and reading.has(pattern):
            reading.refuse("role", "a number or word is said of the wrong thing")
    _check_names(reading)
    numbers = Counter(
        ids
        for at, ids in reading.bound.items()
        if (q := reading.pieces[at].quantity) is not None and not q.is_soft and len(ids) == 1
    )
    for ids, times in numbers.items():
        if times > (2 if sheet_kind(reading, ids[0]) in _SAID_AGAIN else 1):
            reading.refuse("repetition", f"{ids[0]} is said twice in a sentence")


def sheet_kind(reading: Reading, fact_id: str) -> str:
    """The name of a fact's kind."""
    return reading.sheet[fact_id].kind.name


def _claims(reading: Reading) -> tuple[dict[int, set[str]], dict[int, set[str]], Collection[int]]:
    """Place of a number to the kinds that the words right beside it, and some words away, say it is."""
    near, far = defaultdict[int, set[str]](set), defaultdict[int, set[str]](set)
    hard = defaultdict[int, set[str]](set)
    rows = [(hard, kind, patterns) for kind, patterns in HARD.get(reading.sheet.kind, {}).items()]
    for kind, role in ROLES.get(reading.sheet.kind, {}).items():
        rows += [(near, kind, role.near), (far, kind, role.far)]
    for found, kind, patterns in rows:
        for pattern in patterns:
            for match in reading.find(pattern):
                if found is hard and not _is_in_its_unit(reading, kind, reading.place(match.start("n"))):
                    continue
                is_past = kind == "odds" and _is_of_last_week(reading, match.start("n"))
                found[reading.place(match.start("n"))].add("odds_before" if is_past else kind)
    return near | hard, far, set(hard)


def _is_in_its_unit(reading: Reading, kind: str, at: int) -> bool:
    """Whether a fact of the kind, if the sheet has one, is written in the unit of a number: a percentage, say."""
    said = reading.pieces[at].quantity
    units = {q.unit for f in reading.sheet if f.kind.name == kind for q in quantities_of(f.text)}
    return said is None or not units or said.unit in units


def _is_of_last_week(reading: Reading, offset: int) -> bool:
    """Whether the clause before a number speaks of last week: last week we had a 57 % chance."""
    start = reading.clause(offset)[0]
    said = f" {reading.line[start:offset].strip()} "
    return bool(re.match(_LAST_WEEK, said)) and not re.search(r" (?:now|and|[NPOD]\d+) ", said)


_LAST_WEEK = r" (?!as |like |same )(?:[a-z',]+ ){0,2}?(?:last week|a week ago|a week earlier|one week ago|the week before|previously|used to) (?!'s tasks)"


def _settle(reading: Reading, near: dict[int, set[str]], hard: Collection[int]) -> None:
    """Drops a role that another number of the sentence has by its value and by its own words."""
    sheet = reading.sheet
    kinds = {at: {sheet[f].kind.name for f in reading.candidates(at)} for at in near}
    for at, claimed in near.items():
        if kinds[at] and not kinds[at] & claimed and at not in hard:
            taken = {
                k for k in claimed & _TOLD_ONCE for other in near if other != at and k in near[other] & kinds[other]
            }
            told = {sheet[f].kind.name for f in reading.told_before if f in sheet} & claimed & _TOLD_ONCE
            near[at] = claimed - taken - told - {k for k in _RARE if k not in sheet}
    for match in reading.find(_OUT_OF):
        one, other = reading.place(match.start("a")), reading.place(match.start("b"))
        if kinds.get(one, set()) == {"target"} and kinds.get(other, set()) == {"current"}:
            reading.refuse("role", "the target stands where the value is expected")
    for match in reading.find(_COMPARED):
        one, other = reading.place(match.start("a")), reading.place(match.start("b"))
        for first, second in _ORDERED:
            is_turned = second in kinds.get(one, set()) and first in kinds.get(other, set())
            if is_turned and second not in near.get(one, set()) and first not in kinds.get(one, set()):
                reading.refuse("role", f"{second} stands where {first} is expected")


_TOLD_ONCE = frozenset(
    {"odds", "odds_before", "current", "target", "pace", "needed_pace", "value_change", "slow_recent", "slow_usual"}
    | {"driver_points", "odds_change", "overload", "odds_later", "odds_without", "load", "score", "due"}
)
_RARE = frozenset(
    {"stalled", "window", "weeks_left", "peak_gain", "window_gain", "expected", "driver_points", "lever_points"}
    | {"odds_later", "odds_without"}
)
"""Roles that a number is only thought to have where the sheet knows them."""
_OUT_OF = r"(?P<a>[NP]\d+) (?:out )?of (?:the |its )*(?P<b>[NP]\d+)"
_COMPARED = (
    r"(?P<a>[NPO]\d+) (?:tasks |a week |per week |points |weekly |, )*(?:versus|against|vs|vs \.|compared (?:with|to))"
    r" (?:the |a |its |only )*(?P<b>[NPO]\d+)"
)
_ORDERED = (("current", "target"), ("pace", "needed_pace"), ("odds", "odds_before"), ("slow_recent", "slow_usual"))


def _bind_one(reading: Reading, at: int, claimed: set[str]) -> None:
    candidates = reading.candidates(at)
    if not candidates:
        if not _is_constant(reading, at):
            reading.refuse("number", f"'{_shown(reading, at)}' is no number of the facts")
        return
    sheet = reading.sheet
    meant = [f for f in candidates if sheet[f].kind.name in claimed]
    if claimed and not meant and (said := reading.pieces[at].quantity) is not None and said.is_soft:
        return  # "one" is a pronoun here
    if claimed and not meant:
        reading.refuse("role", f"'{_shown(reading, at)}' is said to be {' or '.join(sorted(claimed))}")
        return
    found = tuple(_of_name(reading, at, meant or list(candidates)))
    if not found:
        reading.refuse("role", f"'{_shown(reading, at)}' belongs to another name")
        return
    reading.bound[at] = found
    reading.stated.update(found)
    reading.covered.add(at)


def _shown(reading: Reading, at: int) -> str:
    return reading.pieces[at].token.text


def _is_constant(reading: Reading, at: int) -> bool:
    """Whether the number is part of what the facts mean: a load above 110 %."""
    said = reading.pieces[at].quantity
    known = (q for f in reading.sheet for q in quantities_of(f.kind.meaning))
    return said is not None and any(q.value == said.value and q.unit == said.unit and q.value > 1 for q in known)


def name_of(sheet: FactSheet, fact_id: str) -> str | None:
    """The name fact that a number belongs to: `lowest_odds_a` to `lowest_goal_a`; None where it has none."""
    fact = sheet[fact_id]
    if fact.kind.unit is Unit.entity:
        return None
    own = _FAMILY.get(fact.kind.name, fact.kind.name)
    for other in sheet:
        if other.kind.unit is not Unit.entity or other.suffix != fact.suffix or other.kind.name in _ALONE:
            continue
        is_family = "_" in own and own.split("_")[0] == other.kind.name.split("_")[0]
        if own == other.kind.name or is_family or (fact.suffix and other.suffix == fact.suffix):
            return other.fact_id
    return None


def _of_name(reading: Reading, at: int, found: list[str]) -> Iterable[str]:
    """Of facts of one value those whose name stands nearest, where they belong to names."""
    owned = {f: name for f in found if (name := name_of(reading.sheet, f)) is not None}
    if not owned:
        return found
    names = _names_near(reading, at)
    for name in names:
        if fitting := [f for f, owner in owned.items() if owner == name]:
            return fitting
        if any(
            name_of(reading.sheet, f.fact_id) == name and _is_rival(reading, f.fact_id, owned) for f in reading.sheet
        ):
            return [f for f in found if f not in owned]
    free = [f for f in found if f not in owned]
    return free or ([f for f in found if owned[f] in reading.before] if reading.has(_HERE) else [])


def _is_rival(reading: Reading, fact_id: str, owned: Iterable[str]) -> bool:
    """Whether a fact of another name has the unit of the facts that the number may be."""
    unit = reading.sheet[fact_id].kind.unit
    return any(reading.sheet[f].kind.unit is unit for f in owned)


def _names_near(reading: Reading, at: int) -> list[str]:
    """Name facts of the sentence, those before the number first, the nearest first."""
    places = [n for n, ids in reading.bound.items() if any(reading.sheet[f].kind.unit is Unit.entity for f in ids)]
    before = sorted((n for n in places if n < at), reverse=True)
    after = sorted(n for n in places if n > at)
    if after and reading.sheet.kind != "goal_progress" and after[0] - at <= 2:
        before, after = after[:1], before + after[1:]
    return [f for n in [*before, *after] for f in reading.bound[n]]


def _check_names(reading: Reading) -> None:
    """A number of the goal must not be said of a project: "Web shop stands at 22"."""
    for match in reading.find(r"(?P<e>E\d+) (?:'s )?(?:[a-z'-]+ ){0,5}?(?P<n>[NPO]\d+)"):
        name_at, at = reading.place(match.start("e")), reading.place(match.start("n"))
        names = [n for n in reading.bound.get(name_at, ()) if n in reading.sheet]
        said = reading.pieces[at].quantity
        if said is not None and said.is_soft:
            continue
        if not names or any(reading.sheet[n].kind.name in _ALONE for n in names) or at not in reading.bound:
            continue
        if _is_between(match.group()):
            continue
        if not any(
            name_of(reading.sheet, f) in (*names, None) and _may_be_of(reading, f, names) for f in reading.bound[at]
        ):
            reading.refuse("entity", f"'{_shown(reading, at)}' is not said of the right name")
    for match in reading.find(
        r"(?P<e>E\d+) (?:is due|has odds|stands|is at|needs(?! to)|has a P|is off track|is (?:now )?(?:green|red|yellow)|'s odds|odds|is on track|is at risk)"
    ):
        names = [reading.sheet[n].kind.name for n in reading.bound.get(reading.place(match.start("e")), ())]
        if names and reading.sheet.kind == "goal_progress" and not _ALONE.intersection(names):
            reading.refuse("entity", "said of another thing than the goal")
    for match in reading.find(r"E\d+ (?P<n>[NP]\d+)(?! (?:of|tasks?|weeks?|places|points|hours|a|per|%))"):
        at = reading.place(match.start("n"))
        if not reading.pieces[at].token.text[0].isdigit():
            reading.refuse("entity", "a name goes on with a number")


def _is_between(text: str) -> bool:
    """Whether another subject may stand between a name and a number."""
    return any(
        f" {w} " in text for w in ("while", "and", "but", "as", "the", "so", "though", "where", ",", "waits", "for")
    )


def _may_be_of(reading: Reading, fact_id: str, names: list[str]) -> bool:
    """Whether a number without a name of its own may be said of a name: counts of tasks, spans and days may."""
    owner = name_of(reading.sheet, fact_id)
    if owner in names:
        return True
    if sheet_kind(reading, fact_id) == "blocked" and any(sheet_kind(reading, n) == "blocker" for n in names):
        return True
    return (
        reading.sheet[fact_id].kind.unit in (Unit.weeks, Unit.day, Unit.hours) or reading.sheet.kind != "goal_progress"
    )
