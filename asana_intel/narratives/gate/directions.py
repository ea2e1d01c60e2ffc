"""Up, down, above, below, slower, later: each is held against the facts it is nearest to; numbers are bound before."""

from collections.abc import Sequence
from functools import cache

from asana_intel.narratives.facts import Unit
from asana_intel.narratives.gate.goal_roles import ODDS_WORDS
from asana_intel.narratives.gate.reading import Reading, Truth, by_first_word, phrase_parts
from asana_intel.narratives.gate.role import Relation

_UP = (
    "up, above where, lifts, lifting, raises, raising, above last week, better than, "
    "more than last week, more than a week, more than the week, higher than, rise, rises, rose, risen, "
    "rising, climb, climbs, climbed, climbing, increase, increases, increased, increasing, improve, "
    "improves, improved, improving, improvement, higher, better, jump, jumped, jumps, upward, upwards, "
    "more likely, recovered, recovers, strengthened, advanced"
)


_DOWN = (
    "down, below where, lowers, lowering, below last week, under last week, worse than, "
    "less than last week, less than a week, less than the week, fewer than last week, fall, falls, fell, "
    "fallen, falling, drop, drops, dropped, dropping, lose, loses, lost, losing, loss, slip, slips, "
    "slipped, slipping, decline, declines, declined, declining, decrease, decreases, decreased, "
    "decreasing, lower, worse, lower than, worsen, worsens, worsened, worsening, shrink, shrank, shrunk, "
    "dip, dips, dipped, slide, slides, slid, sliding, sink, sank, sunk, downward, downwards, "
    "less likely, deteriorated, weakened, eased, reduced, shed, sheds, dipping, dropped back, retreated, "
    "receded, cut"
)


_LEVEL = (
    "unchanged, nothing moved, nothing has moved, nothing changed, nothing has changed, "
    "neither rose nor fell, hold at, holds at, held at, holding at, steady, flat, stable, constant, "
    "static, the same, did not change, has not changed, have not changed, not changed, not moved, "
    "did not move, has not moved, have not moved, no change, no changes, without change, "
    "without a change, unmoved, no movement, no different, not different, holding steady, held steady, "
    "identical, hold steady, holds steady, held, same as, no shift, not shifted, level with last week"
)


_ABOVE = (
    "above, ahead, ahead of, faster, faster than, exceed, exceeds, exceeded, exceeding, outpaces, "
    "outpace, beats, beat, more than, higher, higher than, beyond, quicker, enough, sufficient, tops, "
    "comfortably above, in excess of, surpasses, outstrips, leads, well above, clears, greater than, "
    "greater, better than, covers"
)


_BELOW = (
    "below, under, behind, slower, slower than, short, short of, falls short, fall short, falling short, "
    "fell short, lag, lags, lagging, lagged, trail, trails, trailing, less than, fewer than, fewer, "
    "lower, lower than, insufficient, not enough, too slow, too low, under the, does not match, "
    "does not keep up, not keeping up, does not meet, does not reach, does not cover, beneath, slow, "
    "shortfall, worse than, undershoots, undershooting, outstripped by, smaller than, smaller"
)


_EVEN = "in line with, on par with, equal to, equals, matches, match, matching, level with, in step with, meets"
_SLOW = (
    "slow, slows, slowed, slowing, slowdown, slowed down, slowing down, slow down, slower, slower than, "
    "slowest, lagging most, dropped off, fallen off, fell off, lost speed, lost pace, slackened, "
    "lost momentum, reduced, loses speed, sluggish"
)


_OTHERS = frozenset({"pace", "rate", "speed", "task", "tasks", "project", "projects", "work", "plan", "progress"})
_MORE = "gain, gains, gained, gaining, add, adds, added, adding, grow, grows, grew, grown, growing, growth"
_LATE = "late, later, later than, after, past, overshoots, beyond"
_EARLY = "early, earlier, earlier than, before, ahead of, in time, on time, ahead"
_NEUTRAL = by_first_word(
    "matters most, step up, steps up, stepped up, pick up, picks up, speed up, speeding up, keep up, "
    "used up, held up, add up, catch up, wrapped up, make up, up to now, up to date, "
    "of late, in short, short term, past due, past four, past 4, past their, past its, "
    "past the due, past week, past weeks, at the same time, same time, week earlier, "
    "later on, the past, no later than, late march, is up, up next, back up, set up, "
    "follow up, behind it, behind us, slow project, slowest project, day before, "
    "a week before, the week before, week before, in the past, short note, in less than, "
    "held against, the most, so far, as far, right now, before then, before that, "
    "by no later than, past the, ticked up, after that, as before, for better"
)


@cache
def directions_by_word() -> dict[str, tuple[tuple[tuple[str, ...], tuple[tuple[str, int], ...]], ...]]:
    """Direction phrases by first word, longest first, each with the groups and signs it may mean."""
    found: dict[tuple[str, ...], list[tuple[str, int]]] = {}
    for group, sign, listed in (
        ("change", 1, _UP),
        ("change", -1, _DOWN),
        ("change", 0, _LEVEL),
        ("compare", 1, _ABOVE),
        ("compare", -1, _BELOW),
        ("compare", 0, _EVEN),
        ("slow", -1, _SLOW),
        ("growth", 1, _MORE),
        ("timing", 1, _LATE),
        ("timing", -1, _EARLY),
    ):
        for phrase in listed.split(","):
            found.setdefault(phrase_parts(phrase.strip()), []).append((group, sign))
    for word in (
        "gain",
        "gains",
        "gained",
        "gaining",
        "added",
        "adds",
        "adding",
        "grow",
        "grows",
        "grew",
        "grown",
        "growing",
    ):
        found[(word,)].append(("change", 1))
    by_first: dict[str, list[tuple[tuple[str, ...], tuple[tuple[str, int], ...]]]] = {}
    for parts in sorted(found, key=len, reverse=True):
        by_first.setdefault(parts[0], []).append((parts, tuple(found[parts])))
    return {first: tuple(group) for first, group in by_first.items()}


def check_directions(reading: Reading, truth: Truth) -> None:
    """Each direction word must agree with the facts it is nearest to; a change must be told with its direction."""
    told: set[str] = set()
    at = 0
    while at < len(reading.pieces):
        neutral = reading.phrase_at(at, _NEUTRAL)
        if neutral and at not in reading.used:
            reading.used.update(range(at, at + len(neutral)))
            at += len(neutral)
            continue
        step = 1
        for parts, meanings in directions_by_word().get(reading.word(at), ()):
            if at not in reading.used and reading.is_phrase(at, parts):
                step = len(parts)
                if not _is_only_time(reading, at, parts):
                    told |= _check_direction(reading, truth, at, parts, meanings)
                reading.used.update(range(at, at + step))
                reading.directed.update(range(at, at + step))
                break
        at += step
    for fact in (reading.sheet[f] for f in reading.stated):
        role = reading.roles.get(fact.kind.name)
        moves = role.is_signed if role else fact.kind.unit is Unit.points
        numbers = [p.quantity for n, p in enumerate(reading.pieces) if fact.fact_id in reading.bound.get(n, ())]
        is_told = bool(told & {fact.fact_id, fact.kind.name}) or any(q is not None and q.sign for q in numbers)
        if moves and reading.sheet.number(fact.fact_id) and not is_told:
            reading.refuse("direction", f"{fact.fact_id} is told without its direction")


def _is_only_time(reading: Reading, at: int, parts: tuple[str, ...]) -> bool:
    """Whether after, before, past, late stand without any forecast day: then they say when, not which way."""
    if parts[0] not in (
        "up",
        "after",
        "before",
        "past",
        "late",
        "later",
        "early",
        "earlier",
        "beyond",
        "ahead",
        "on",
        "in",
    ):
        return False
    if parts == ("up",) and reading.word(at + 1) == "to" and "needed_pace" in reading.kinds_at(at + 2):
        return True
    if parts[-1] == "time" and "predicted" not in reading.bound_kinds():
        return any(word in ODDS_WORDS for word in reading.words)
    if parts in (("late",), ("past",), ("later",)) and "overdue" in reading.bound_kinds():
        return True
    if {"predicted", "forecast"}.intersection(reading.words[at + 1 : at + 4]):
        return False
    if parts[0] in ("after", "before", "past"):
        return "predicted" not in reading.bound_kinds() or not any(
            "due" in reading.kinds_at(n) or reading.word(n) in ("due", "deadline") for n in range(at + 1, at + 7)
        )
    return False


def _check_direction(
    reading: Reading, truth: Truth, at: int, parts: tuple[str, ...], meanings: Sequence[tuple[str, int]]
) -> set[str]:
    """Holds one direction word against the nearest relation; the facts it tells."""
    phrase = " ".join(parts)
    near = sorted(
        ((_reach(reading, relation, at, len(parts)), n) for n, relation in enumerate(truth.relations)),
        key=lambda p: p[0],
    )
    best = near[0][0] if near else 99
    if best > 14:
        reading.refuse("direction", f"'{phrase}' has no fact that it could be about")
        return set()
    told: set[str] = set()
    groups, length = dict(meanings), len(parts)
    if _is_of_the_goal(truth.relations[near[0][1]]) and not reading.is_about_the_goal(at):
        reading.refuse("entity", f"'{phrase}' is said of another thing than the goal")
    close = [truth.relations[n] for far, n in near if far <= best + 2]
    fitting = [r for r in close if any(g in groups for g in r.takes)]
    if not fitting:
        reading.refuse("direction", f"'{phrase}' is said of something that has no direction in the facts")
    least = min((_reach(reading, r, at, len(parts)) for r in fitting), default=0)
    for relation in fitting:
        if _reach(reading, relation, at, len(parts)) > least:
            continue
        known = relation.sign(truth.sheet)
        said = {groups[g] for g in relation.takes if g in groups}
        if relation.name == "odds_change" and _is_of_last_week(reading, at):
            said = {-s for s in said}
        if known is not None and known and _is_turned(reading, relation, at, len(parts)) and "compare" in groups:
            said = {-s for s in said}
        if known is None or known not in said:
            reading.refuse("direction", f"'{phrase}' does not agree with the facts of {relation.name}")
            return set()
        ahead = reading.words[at + length : at + length + 3]
        if relation.name == "timing" and set(relation.one_words).intersection(ahead):
            reading.refuse("direction", f"'{phrase}' compares the forecast with itself")
        start, _ = reading.clause(at)
        subject = set(reading.words[start:at])
        if relation.name == "odds_change" and _OTHERS & subject and not subject.intersection(ODDS_WORDS):
            reading.refuse("direction", f"'{phrase}' is not said of the odds")
        told |= {relation.name, *relation.one}
        reading.state(s for s in relation.states if s in truth.sheet)
        if not known:
            reading.told.update(s for s in relation.states if s in truth.sheet)
    return told


def _is_of_last_week(reading: Reading, at: int) -> bool:
    """Whether it is last week's value that is compared: a week ago the chance was 18 points higher."""
    start, _ = reading.clause(at)
    before = reading.words[start:at]
    return bool({"was", "were"}.intersection(before)) and any(
        reading.is_phrase(n, phrase)
        for n in range(start, at)
        for phrase in (("week", "ago"), ("last", "week"), ("week", "before"))
    )


def _is_of_the_goal(relation: Relation) -> bool:
    """Whether a relation is one of the goal's own numbers."""
    return relation.name in ("odds_change", "pace", "progress", "value", "value_change")


def _reach(reading: Reading, relation: Relation, at: int, length: int) -> int:
    """How near a relation is spoken of."""
    places = [(n, 0) for n in reading.bound if reading.kinds_at(n) & {*relation.one, *relation.other}] + [
        (n, 1) for word in (*relation.words, *relation.one_words, *relation.other_words) for n in reading.places(word)
    ]
    return min(
        (
            reading.distance(n, at if n < at else at + length - 1) + extra
            for n, extra in places
            if not at <= n < at + length
        ),
        default=99,
    )


def _is_turned(reading: Reading, relation: Relation, at: int, length: int) -> bool:
    """Whether the other stands to the left and the one to the right: the target needs 5, above the recent 2."""
    ones = [n for n in reading.bound if reading.kinds_at(n) & set(relation.one)]
    others = [n for n in reading.bound if reading.kinds_at(n) & set(relation.other)]
    ones += [n for word in relation.one_words for n in reading.places(word)]
    others += [n for word in relation.other_words for n in reading.places(word)]
    before, after = at, at + length - 1
    left_one, left_other = (
        max((n for n in ones if n < before), default=-1),
        max((n for n in others if n < before), default=-1),
    )
    right_one = min((n for n in ones if n > after), default=999)
    right_other = min((n for n in others if n > after), default=999)
    return left_other > left_one and right_one < right_other
