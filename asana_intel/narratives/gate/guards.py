"""Words that claim something without a number, each held against the facts: direction, status, negation, cause, action.

Every rule looks at one sentence whose numbers are bound. A word of these lists is never neutral: it must be true of the
sheet, or the sentence is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from asana_intel.narratives.facts import FactSheet, Unit
from asana_intel.narratives.gate.binding import STRANGERS, Reading, by_first_word, phrase_parts
from asana_intel.narratives.gate.lexicon import forms_of, inflections
from asana_intel.narratives.gate.roles import ACTIONS, ODDS_WORDS, RELATIONS, Action, Relation, sign_of


@dataclass(frozen=True)
class Truth:
    """What is true of a sheet beside its facts.

    Args:
        sheet: The facts.
        possible: Ids of the outline's claims that are true of it.
        own: Words of each of these claims that no row of `ACTIONS` knows.
        words: Words of all of these claims, and of the meanings of the facts.
        relations: Relations that may be told.
    """

    sheet: FactSheet
    possible: frozenset[str]
    own: tuple[frozenset[str], ...]
    words: frozenset[str]
    relations: tuple[Relation, ...]


def relations_of(sheet: FactSheet) -> tuple[Relation, ...]:
    """The registered relations, and one for each signed fact of a kind that has none."""
    registered = RELATIONS.get(sheet.kind, ())
    known = {k for r in registered for k in (*r.one, *r.other)}
    signed = [f for f in sheet if f.kind.unit is Unit.points and f.kind.name not in known]
    return registered + tuple(
        Relation(f.fact_id, (f.kind.name,), (), ("change",), sign_of(f.fact_id), states=(f.fact_id,)) for f in signed
    )


# --- directions -------------------------------------------------------------------------------------------------------

_UP = (
    "up, above last week, better than, more than last week, more than a week, more than the week, higher than, rise, rises, rose, risen, rising, climb, climbs, climbed, climbing, increase, increases, increased, increasing, "
    "improve, improves, improved, improving, improvement, higher, better, jump, jumped, jumps, upward, upwards, "
    "more likely, higher than, recovered, recovers, strengthened, advanced"
)
_DOWN = (
    "down, below last week, under last week, worse than, less than last week, less than a week, less than the week, fewer than last week, fall, falls, fell, fallen, falling, drop, drops, dropped, dropping, lose, loses, lost, losing, loss, slip, slips, "
    "slipped, slipping, decline, declines, declined, declining, decrease, decreases, decreased, decreasing, lower, worse, "
    "lower than, worsen, worsens, worsened, worsening, shrink, shrank, shrunk, dip, dips, dipped, slide, slides, slid, sliding, sink, "
    "sank, sunk, downward, downwards, less likely, deteriorated, weakened, eased, reduced, shed, sheds, dipping, dropped back, "
    "retreated, receded, cut"
)
_LEVEL = (
    "unchanged, nothing moved, nothing has moved, nothing changed, nothing has changed, neither rose nor fell, hold at, holds at, held at, holding at, steady, flat, stable, constant, static, the same, did not change, has not changed, have not changed, "
    "not changed, not moved, did not move, has not moved, have not moved, no change, no changes, without change, "
    "without a change, unmoved, no movement, no different, not different, holding steady, held steady, identical, "
    "hold steady, holds steady, held, same as, no shift, not shifted, level with last week"
)
_ABOVE = (
    "above, ahead, ahead of, faster, faster than, exceed, exceeds, exceeded, exceeding, outpaces, outpace, beats, beat, more than, higher, "
    "higher than, beyond, quicker, enough, sufficient, tops, comfortably above, in excess of, surpasses, outstrips, leads, "
    "well above, clears, greater than, greater, better than, covers"
)
_BELOW = (
    "below, under, behind, slower, slower than, short, short of, falls short, fall short, falling short, fell short, lag, lags, lagging, lagged, "
    "trail, trails, trailing, less than, fewer than, fewer, lower, lower than, insufficient, not enough, too slow, too low, under the, "
    "does not match, does not keep up, not keeping up, does not meet, does not reach, does not cover, beneath, slow, "
    "shortfall, worse than, undershoots, undershooting, outstripped by, smaller than, smaller"
)
_EVEN = "in line with, on par with, equal to, equals, matches, match, matching, level with, in step with, meets"
_SLOW = (
    "slow, slows, slowed, slowing, slowdown, slowed down, slowing down, slow down, slower, slower than, slowest, lagging most, "
    "dropped off, fallen off, fell off, lost speed, lost pace, slackened, lost momentum, reduced, loses speed, sluggish"
)
_MORE = "gain, gains, gained, gaining, add, adds, added, adding, grow, grows, grew, grown, growing, growth"
_LATE = "late, later, later than, after, past, overshoots, beyond"
_EARLY = "early, earlier, earlier than, before, ahead of, in time, on time, ahead"

_NEUTRAL = by_first_word(
    "step up, steps up, stepped up, pick up, picks up, speed up, speeding up, keep up, used up, held up, add up, "
    "catch up, wrapped up, make up, up to now, up to date, of late, in short, short term, past due, past four, past 4, "
    "past their, past its, past the due, past week, past weeks, at the same time, same time, week earlier, later on, the past, "
    "no later than, late march, is up, up next, back up, set up, follow up, behind it, behind us, "
    "slow project, slowest project, day before, a week before, the week before, week before, in the past, short note, in less than, held against, "
    "the most, so far, as far, right now, before then, before that, by no later than, past the, ticked up, after that, as before, for better"
)


@cache
def _directions() -> dict[str, tuple[tuple[tuple[str, ...], tuple[tuple[str, int], ...]], ...]]:
    """Direction phrases by first word, longest first, each with the groups and signs it may mean."""
    found: dict[tuple[str, ...], list[tuple[str, int]]] = {}
    for group, sign, listed in (
        ("change", 1, _UP), ("change", -1, _DOWN), ("change", 0, _LEVEL), ("compare", 1, _ABOVE), ("compare", -1, _BELOW),
        ("compare", 0, _EVEN), ("slow", -1, _SLOW), ("growth", 1, _MORE), ("timing", 1, _LATE), ("timing", -1, _EARLY),
    ):  # fmt: skip
        for phrase in listed.split(","):
            found.setdefault(phrase_parts(phrase.strip()), []).append((group, sign))
    for word in ("gain", "gains", "gained", "gaining", "added", "adds", "adding"):
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
        for parts, meanings in _directions().get(reading.word(at), ()):
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
        if moves and reading.sheet.number(fact.fact_id) and fact.fact_id not in told and fact.kind.name not in told:
            if not any(q is not None and q.sign for q in numbers):
                reading.refuse("direction", f"{fact.fact_id} is told without its direction")


def _is_only_time(reading: Reading, at: int, parts: tuple[str, ...]) -> bool:
    """Whether after, before, past, late stand without any forecast day: then they say when, not which way."""
    if parts[0] not in ("after", "before", "past", "late", "later", "early", "earlier", "beyond", "ahead", "on", "in"):
        return False
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
    if close_to_goal(truth.relations[near[0][1]]) and not reading.is_about_the_goal(at):
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
        be = reading.word(at - 1) in ("are", "is", "was", "were", "have", "has")
        if relation.name == "odds_change" and be and reading.word(at - 2) in STRANGERS:
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


def close_to_goal(relation: Relation) -> bool:
    """Whether a relation is one of the goal's own numbers."""
    return relation.name in ("odds_change", "pace", "progress", "value", "value_change")


def _reach(reading: Reading, relation: Relation, at: int, length: int) -> int:
    """How near a relation is spoken of."""
    places = [
        (n, 0) for n in reading.bound if reading.kinds_at(n) & {*relation.one, *relation.other}
    ] + [(n, 1) for word in (*relation.words, *relation.one_words, *relation.other_words) for n in reading.places(word)]  # fmt: skip
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


# --- statuses ---------------------------------------------------------------------------------------------------------

_STATUS_PHRASES = {
    "on track": "on_track", "on course": "on_track", "on schedule": "on_track", "on target": "on_track",
    "on pace": "on_track", "at risk": "at_risk", "off track": "off_track", "off course": "off_track",
    "off target": "off_track", "off schedule": "off_track", "off pace": "off_track", "in danger": "off_track",
}  # fmt: skip
_COLOURS = {"green": "on_track", "yellow": "at_risk", "amber": "at_risk", "red": "off_track"}
_ASANA = {
    "green": "green",
    "yellow": "yellow",
    "red": "red",
    "on_track": "green",
    "at_risk": "yellow",
    "off_track": "red",
}


def status_of_odds(sheet: FactSheet) -> str | None:
    """on_track, at_risk or off_track as the goal's outline draws the lines; None without odds."""
    odds = sheet.number("odds")
    if odds is None:
        return None
    return "on_track" if odds >= 0.7 else "at_risk" if odds >= 0.35 else "off_track"


def check_statuses(reading: Reading, truth: Truth) -> None:
    """Status words must be those of the odds, or of the status that is shown in Asana."""
    shown = [f for f in truth.sheet if f.kind.unit is Unit.status]
    asana = any(reading.word(n) in ("asana", "owner", "label", "flag") for n in range(len(reading.pieces)))
    for phrase, status in _STATUS_PHRASES.items():
        for at in reading.places(phrase):
            if at in reading.used or at + 1 in reading.used:
                continue
            said = [
                f
                for f in shown
                if f.text.replace("_", " ") == phrase or (asana and _ASANA.get(f.text) == _ASANA[status])
            ]
            if said:
                reading.state(f.fact_id for f in said)
            elif asana or status_of_odds(truth.sheet) != status:
                reading.refuse("status", f"'{phrase}' is not the status")
            else:
                reading.state(["odds"])
            if not reading.is_about_the_goal(at):
                reading.refuse("entity", f"'{phrase}' is said of another thing than the goal")
            reading.used.update((at, at + 1))
    for colour in _COLOURS:
        for at in reading.places(colour):
            said = [f for f in shown if f.text in (colour, "yellow" if colour == "amber" else colour)]
            if not said:
                reading.refuse("status", f"'{colour}' is not the status")
            reading.state(f.fact_id for f in said)
            reading.used.add(at)
    _check_likely(reading, truth.sheet.number("odds"))


_LEVELS = {
    "high": (0.7, 1.01), "low": (0.0, 0.35), "slim": (0.0, 0.35), "small": (0.0, 0.35), "poor": (0.0, 0.35), "remote": (0.0, 0.1),
}  # fmt: skip


def _check_likely(reading: Reading, odds: float | None) -> None:
    for word, (least, most) in (("likely", (0.7, 1.01)), ("unlikely", (0.0, 0.35)), ("uncertain", (0.35, 0.7))):
        for at in reading.places(word):
            if (
                at in reading.used
                or reading.word(at - 1) in ("less", "how")
                and not reading.is_phrase(at + 1, ("than", "not"))
            ):
                continue
            if reading.is_phrase(at + 1, ("than", "not")):
                low, high = (0.5, 1.01) if reading.word(at - 1) == "more" else (0.0, 0.5)
                reading.used.update(range(at - 1, at + 3))
            elif word == "likely" and reading.word(at - 1) == "more":
                continue
            elif any("odds" in reading.kinds_at(n) for n in (at - 1, at - 2)) and word == "likely":
                reading.used.add(at)
                continue
            else:
                low, high = least, most
                if reading.word(at - 1) == "very":
                    low, high = (0.9, high) if word == "likely" else (low, 0.1)
            reading.used.add(at)
            if odds is None or not low <= odds < high:
                reading.refuse("status", f"'{word}' does not agree with the odds")
            reading.state(["odds"] if odds is not None else [])
    for word, (low, high) in _LEVELS.items():
        for at in reading.places(word):
            is_odds = any(reading.word(n) in ODDS_WORDS for n in range(at - 4, at + 4) if n != at)
            if odds is None or not is_odds or not low <= odds < high:
                reading.refuse("status", f"'{word}' does not agree with the odds")
            reading.used.add(at)
    for at in reading.places("very"):
        if reading.word(at + 1) not in ("likely", "unlikely"):
            reading.refuse("word", "very")


# --- actions ----------------------------------------------------------------------------------------------------------

_BEFORE_ADVICE = frozenset(
    "next : ; , or and then should must please either to just simply now so step steps action advice let's recommended "
    "recommend suggest propose advise is be are".split()
)
_NOUN_TOO = frozenset(
    "change update step gain lift pick move shift call start run leave free close work plan need review cut bit set "
    "average speed record state value put report report note clear present add settle deal hold order finish point time".split()
)
_OBJECT_STARTS = frozenset(
    "the a an its this that these it them all to up or overdue late blocked more course on with every each what".split()
)
_ADVISORY = frozenset(
    "hold keep stay continue maintain carry raise lift increase speed accelerate step pick quicken bring add move shift "
    "adjust change revise reset rethink revisit lower reconsider clear replan re-plan reschedule close finish resolve "
    "tackle catch complete update correct give supply provide fill set enter unblock free remove put leave take ask call "
    "start begin consider reduce relax postpone cut renegotiate amend ease fix align stick proceed push improve boost "
    "sustain settle handle address sort work review define release remain".split()
)


@cache
def _action_forms() -> dict[str, tuple[Action, ...]]:
    """Each form of each action verb to the actions it may begin."""
    found: dict[str, list[Action]] = {}
    for action in ACTIONS:
        for verb in action.verbs:
            for form in {f for f in inflections(verb) if f != verb + "s"} | (
                {verb + verb[-1] + "ing"} if verb in ("get", "cut", "set", "hit", "run", "put") else set()
            ):
                found.setdefault(form, []).append(action)
    return {form: tuple(actions) for form, actions in found.items()}


def action_words() -> frozenset[str]:
    """All forms of the verbs that recommend; those that are not plain words are known to this rule only."""
    return frozenset(_action_forms()) | forms_of(" ".join(_ADVISORY - {"re-plan"}))


def check_actions(reading: Reading, truth: Truth) -> None:
    """What is recommended must be a claim that the outline can make on this sheet."""
    for at in range(len(reading.pieces)):
        word = reading.word(at)
        if not word:
            continue
        matched = [a for a in _action_forms().get(word, ()) if _has_object(reading, at, a)]
        allowed = [a for a in matched if truth.possible.intersection(a.claims)]
        if allowed:
            for action in allowed:
                for place in _object_places(reading, at, action):
                    reading.used.add(place)
                reading.state(s for s in action.states if s in truth.sheet)
            reading.used.add(at)
            reading.acts.add(at)
        elif word in _ADVISORY and _is_own(reading, at, truth):
            reading.used.add(at)
        elif word in _ADVISORY and _is_advice(reading, at):
            reading.refuse("action", f"'{word}' is not what the facts ask for")


def _is_advice(reading: Reading, at: int) -> bool:
    """Whether a verb stands as an imperative or after should and must."""
    word = reading.word(at)
    before = reading.pieces[at - 1].token.word if at else ""
    if at and before not in _BEFORE_ADVICE:
        return False
    following = reading.pieces[at + 1] if at + 1 < len(reading.pieces) else None
    is_verb = following is not None and (following.word in _OBJECT_STARTS or following.quantity is not None)
    if word in _NOUN_TOO or before in ("is", "be", "are", ",", "and"):
        return is_verb
    return True


def _is_own(reading: Reading, at: int, truth: Truth) -> bool:
    """Whether a claim that is no row here says the word together with another word nearby."""
    near = {reading.word(n) for n in range(at - 6, at + 8) if n != at} - _LITTLE
    return any(reading.word(at) in words and near & (words - _LITTLE) for words in truth.own)


_LITTLE = frozenset(
    "the a an of in to and or for is are it its this that by at on with as next week be not no than from".split()
) | {""}  # fmt: skip


def _object_places(reading: Reading, at: int, action: Action) -> list[int]:
    """Places of the action's objects near its verb: after it up to a stop, or before it in the passive."""
    end = at + 1
    while end < len(reading.pieces) and end < at + 11 and reading.pieces[end].token.text not in (";", ":"):
        end += 1
    start = at
    far = 16 if reading.word(at + 1) in ("them", "it", "these", "those") else 0
    start = max(at - far, 0)
    while far == 0 and start > 0 and start > at - 9 and reading.pieces[start - 1].token.text not in (";", ":", ","):
        start -= 1
    found = []
    for wanted in action.objects:
        if wanted.startswith(":"):
            found += [n for n in range(start, end) if wanted[1:] in reading.kinds_at(n)]
            if wanted[1:] in reading.previous and {"them", "it", "these", "those"}.intersection(
                reading.words[at : at + 5]
            ):
                found.append(at + 1)
        else:
            parts = phrase_parts(wanted)
            found += [n for n in range(start, end) if n != at and reading.is_phrase(n, parts)]
    return found


def _has_object(reading: Reading, at: int, action: Action) -> bool:
    places = _object_places(reading, at, action)
    if not places:
        return False
    return (
        any(p > at for p in places)
        or reading.word(at) not in action.verbs
        or reading.word(at) in _NOUNS_OF_ADVICE
        or reading.word(at + 1) in ("them", "it", "these", "those")
    )


_NOUNS_OF_ADVICE = frozenset("update change need needs review".split())

# --- negations --------------------------------------------------------------------------------------------------------

_NEGATIONS = frozenset(
    "no not cannot never nor neither none nothing without nobody nowhere hardly barely scarcely unable lack lacks lacking "
    "missing absent".split()
)
_UNASSESSED = frozenset(
    "odds estimate estimates assess assessed assessment judged judge evaluated evaluate probability given forecast "
    "assessable available calculated computed worked known determined established measured".split()
)
_NO_NEED = frozenset("need needs needed required requires require necessary call called asked".split())


def check_denials(reading: Reading, truth: Truth) -> None:
    """No and not in what cannot be assessed and in what need not change; what remains is `check_negations`."""
    for at, word in enumerate(reading.words):
        if word not in _NEGATIONS or at in reading.used:
            continue
        near = reading.words[max(at - 5, 0) : at + 7]
        after = reading.words[at + 1 : at + 6]
        if _NEGATIONS.intersection(after[:2]):
            reading.refuse("negation", "two denials stand together")
        if _denies_as_the_reason(reading, at, truth) or (
            after[:1] == ["longer"]
            and "status_too_green" in truth.possible
            and {"fits", "matches", "holds", "fit"} & set(after)
        ):
            reading.used.add(at)
            continue
        if sum(w in _NEGATIONS for w in near) > 1 and not (
            word in _NEGATIONS and "not_assessed" in truth.sheet and "yet" in near
        ):
            reading.refuse("negation", "two denials stand together")
        if _denies_odds(reading, at):
            _need(reading, at, "not_assessed" in truth.sheet)
            reading.state(["not_assessed"] if "not_assessed" in truth.sheet else [])
            reading.told.update(["not_assessed"] if "not_assessed" in truth.sheet else [])
        elif (
            word != "without"
            and _CHANGING & set(near)
            and (_NO_NEED & set(near) or reading.is_phrase(at, ("nothing", "to")))
        ):
            _need(reading, at, "hold_course" in truth.possible)
            reading.state(["odds"] if "odds" in truth.sheet else [])
            reading.used.update(n for n in range(at + 1, at + 6) if reading.word(n) in _CHANGING)


_OF_ODDS = frozenset("odds estimate estimates assessment forecast probability evaluation prediction likelihood".split())


def _denies_odds(reading: Reading, at: int) -> bool:
    """Whether it is odds that are denied, and of nothing but the goal: no odds yet, not assessed, odds are missing."""
    word, after = reading.word(at), reading.words[at + 1 : at + 5]
    before = set(reading.words[max(at - 7, 0) : at])
    if (STRANGERS | {"progress"}) & before or word in ("nothing", "none", "neither", "nor", "never", "without"):
        return False
    if word in ("missing", "lack", "lacks", "lacking"):
        return True
    if word == "no":
        return bool(_OF_ODDS.intersection(after[:1]))
    return bool(_UNASSESSED.intersection(after)) and not {"no", "not"}.intersection(after[:2]) and "change" not in after[:2]


def _denies_as_the_reason(reading: Reading, at: int, truth: Truth) -> bool:
    """Whether what is denied stands in the reason why there are no odds: without a target value."""
    if "not_assessed" not in truth.sheet:
        return False
    words = [w for w in reading.words[at + 1 : at + 5] if w not in ("a", "an", "any")][:2]
    reason = f" {truth.sheet.text('not_assessed').lower()} "
    return len(words) == 2 and f" no {' '.join(words)}" in reason


_CHANGING = frozenset(
    "change changes changing adjusted adjustment adjustments action intervention correction changed".split()
)


def check_negations(reading: Reading, truth: Truth) -> None:
    """What no other rule has understood: no task finished, or a denial that is refused."""
    for at in range(len(reading.pieces)):
        word = reading.word(at)
        if word not in _NEGATIONS or at in reading.used:
            continue
        if reading.word(at + 1) in ("task", "tasks", "items") or word in ("nothing", "none"):
            is_none = truth.sheet.number("done_last_week") == 0 and _says_done(reading)
            _need(reading, at, is_none)
            reading.state(["done_last_week"] if is_none else [])
        else:
            reading.refuse("negation", f"'{word}' denies something that the facts do not")


def _need(reading: Reading, at: int, is_true: bool) -> None:
    reading.used.add(at)
    if not is_true:
        reading.refuse("negation", f"'{reading.word(at)}' denies something that the facts do not")


def _says_done(reading: Reading) -> bool:
    return any(reading.word(n) in DONE for n in range(len(reading.pieces))) and bool(reading.places("last week"))


# --- causes -----------------------------------------------------------------------------------------------------------

_CAUSES = by_first_word(
    "because, because of, due to, owing to, caused by, driven by, on account of, as a result of, the reason is, the cause is, "
    "the reason, the cause, reason, reasons, cause, causes, explained by, stems from, stem from, held back by, as a consequence of, "
    "held back, dragged by, drag, drags, slowed by, blame, weighed down by, one reason, since, resulting from, result of, "
    "explains, explain, behind this, behind that, comes from, come from, attributed to, reflects, reflecting, is down to"
)
_EFFECTS = by_first_word(
    "which is why, that is why, as a result, for that reason, which explains, leading to, which is reflected"
)
_SINCE = (
    ("last", "week"), ("the", "last", "week"), ("a", "week"), ("the", "week", "before"), ("the", "previous", "week"), ("then",),
    ("previous", "week"), ("one", "week"), ("the", "prior", "week"), ("prior", "week"), ("the", "past", "week"), ("the", "week"),
)  # fmt: skip
CAUSE_WORDS = frozenset(
    "because owing caused cause causes driven reason reasons explained explains explain stems stem consequence dragged drag drags blame "
    "weighed attributed result resulting results account reflects reflecting held".split()
)


def check_causes(reading: Reading, truth: Truth) -> None:
    """What is given as a cause must be bad news that the sheet holds, and nothing that rose is explained by it."""
    for at in range(len(reading.pieces)):
        if at in reading.used and reading.word(at) != "since":
            continue
        phrase = reading.phrase_at(at, _EFFECTS)
        if phrase:
            rest = range(at + len(phrase), len(reading.pieces))
            if at == 0 and any(k in reading.roles and reading.roles[k].is_bad(truth.sheet) for k in reading.previous):
                reading.used.update(range(at, at + len(phrase)))
                continue
            is_told = any(n > at for n in reading.bound) or any(n in reading.used for n in rest)
            _need_bad(reading, truth, range(at), phrase, is_told=is_told)
            reading.used.update(range(at, at + len(phrase)))
            continue
        phrase = reading.phrase_at(at, _CAUSES)
        if phrase is None or (phrase == ("since",) and any(reading.is_phrase(at + 1, s) for s in _SINCE)):
            continue
        stops = (
            n
            for n in range(at + len(phrase) + 1, len(reading.pieces))
            if reading.pieces[n].token.text in (",", ";", ":")
        )
        _need_bad(reading, truth, range(at, next(stops, len(reading.pieces))), phrase)
        reading.used.update(range(at, at + len(phrase)))


def _need_bad(reading: Reading, truth: Truth, places: range, phrase: Sequence[str], *, is_told: bool = True) -> None:
    bound = {k for n in places for k in reading.kinds_at(n)}
    told = {k for k in reading.bound_kinds() if any(reading.word(n) in CLAIMING.get(k, ()) for n in places)}
    is_bad = any(k in reading.roles and reading.roles[k].is_bad(truth.sheet) for k in bound | told)
    has_risen = any(
        reading.word(n) in ("up", "rose", "risen", "improved", "climbed", "increased")
        for n in range(len(reading.pieces))
    )
    if not is_bad or has_risen or not is_told:
        reading.refuse("cause", f"'{' '.join(phrase)}' is not followed by bad news of the facts")


# --- other guarded words ----------------------------------------------------------------------------------------------

DONE = forms_of("finish complete close deliver") | {"done", "closes", "wrapped", "ticked", "completions", "completion"}
CLAIMING: dict[str, frozenset[str]] = {
    "overdue": frozenset({"overdue", "late"}),
    "blocked": frozenset(
        {
            "blocked",
            "wait",
            "waits",
            "waiting",
            "stuck",
            "depend",
            "depends",
            "depending",
            "dependent",
            "blocking",
            "blocks",
            "block",
        }
    ),
    "not_assessed": frozenset(
        {"unassessed", "assess", "assessed", "assessable", "missing", "lack", "lacks", "lacking"}
    ),
}
_DONE_KINDS = frozenset({"done_last_week", "slow_recent", "slow_usual", "progress", "current", "target"})
_REACH = frozenset(
    {
        "reach",
        "reaching",
        "meet",
        "meeting",
        "hit",
        "hitting",
        "achieve",
        "achieving",
        "attain",
        "attaining",
        "making",
        "holding",
        "keeping",
    }
)
_REACHES = frozenset({"reaches", "meets", "hits", "achieves", "attains"})
_REACHED = frozenset({"reached", "met", "achieved", "attained"})
_PREDICTING = forms_of("forecast predict expect project estimate anticipate") - {"project", "projects"} | {
    "prediction", "predictions", "projection", "estimate", "foresees", "foreseen",
}  # fmt: skip
_FORETELLING = forms_of("predict expect anticipate foresee") | {"projected"}
_HEDGES = frozenset(ODDS_WORDS) | _PREDICTING | frozenset(
    "need needs needed require requires required must takes take necessary aim target's".split()
)  # fmt: skip
_MODALS = frozenset({"will", "would", "can", "ca", "could", "may", "might", "shall", "'ll", "wo"})
_AFTER_MODAL = frozenset(
    "necessary needed required need take require assess assessed be call not it demand have ask mean you we given not".split()
)
_CERTAIN = tuple(
    phrase_parts(p)
    for p in (
        "going to",
        "set to",
        "bound to",
        "sure to",
        "about to",
        "way to",
        "ways to",
        "is to",
        "are to",
        "on its way",
    )
)
GUARDED: frozenset[str] = (
    frozenset(parts[0] for group in _CAUSES.values() for parts in group if len(parts) == 1)
    | {"success"} | CAUSE_WORDS | _NEGATIONS | DONE | _REACH | _REACHES | _REACHED | _MODALS
    | frozenset(w for words in CLAIMING.values() for w in words)
)  # fmt: skip


def check_other_words(reading: Reading, truth: Truth) -> None:
    """Being late, waiting, finishing, reaching and what is sure to come."""
    _check_claiming(reading, truth)
    _check_done(reading, truth)
    _check_reaching(reading, truth)
    _check_modals(reading, truth)
    _check_colour(reading, truth)


_BAD_NOUNS = frozenset(
    "risk risks problem problems issue issues obstacle obstacles bottleneck bottlenecks hurdle hurdles "
    "concern concerns worry warning blocker blockers setback setbacks".split()
)
_DEGREES = frozenset(
    "sharply slightly markedly steeply somewhat considerably noticeably clearly well far much substantially "
    "significantly modestly marginally little quite comfortably slowly steadily gradually sharp slight steep "
    "marked small modest clear big large significant considerable noticeable".split()
)


def _check_colour(reading: Reading, truth: Truth) -> None:
    """Risk and problem stand only with bad news, well and slightly only with a direction."""
    has_bad = any(k in reading.roles and reading.roles[k].is_bad(truth.sheet) for k in reading.bound_kinds())
    for at, word in enumerate(reading.words):
        if word in _BAD_NOUNS and at not in reading.used and not has_bad:
            reading.refuse("word", f"'{word}' is said of no bad news")
        if (
            word in _DEGREES
            and at not in reading.used
            and not any(n in reading.directed for n in range(at - 3, at + 4))
        ):
            reading.refuse("word", f"'{word}' is said of no direction")


def _check_claiming(reading: Reading, truth: Truth) -> None:
    for kind, words in CLAIMING.items():
        for at in range(len(reading.pieces)):
            if reading.word(at) not in words or (reading.word(at) == "late" and at in reading.used):
                continue
            if kind in truth.sheet:
                reading.state([kind])
            elif not _is_own_word(reading, at, truth):
                reading.refuse("evidence", f"'{reading.word(at)}' says something that the facts do not")
            reading.used.add(at)
    for at in reading.places("past"):
        if reading.word(at + 1) in ("due", "their", "its") or reading.is_phrase(at + 1, ("the", "due")):
            if "overdue" in truth.sheet:
                reading.state(["overdue"])
            elif not _is_own_word(reading, at, truth):
                reading.refuse("evidence", "nothing is known to be past due")


def _is_own_word(reading: Reading, at: int, truth: Truth) -> bool:
    return bool(reading.stated) and any(reading.word(at) in words for words in truth.own)


def _check_done(reading: Reading, truth: Truth) -> None:
    for at in range(len(reading.pieces)):
        if reading.word(at) not in DONE or at in reading.used:
            continue
        near = [n for n in reading.bound if reading.distance(n, at) <= 8]
        is_counted = any(_DONE_KINDS & reading.kinds_at(n) for n in near)
        is_other = any(
            k not in reading.roles and not reading.pieces[n].token.mention for n in near for k in reading.kinds_at(n)
        )
        is_none = "done_last_week" in reading.bound_kinds()
        if not (is_counted or is_other or is_none):
            reading.refuse("evidence", f"'{reading.word(at)}' says something that the facts do not")
        reading.used.add(at)


def _check_reaching(reading: Reading, truth: Truth) -> None:
    words = [reading.word(n) for n in range(len(reading.pieces))]
    is_hedged = bool(_HEDGES.intersection(words))
    is_foretold = "predicted" in reading.bound_kinds() and bool(_PREDICTING.intersection(words))
    is_reached = (truth.sheet.number("progress") or 0) >= 1 or "target_reached" in truth.possible
    for at, word in enumerate(words):
        if at in reading.used:
            continue
        is_open = word in _REACHES and not is_foretold and not _is_supposed(words, at)
        if ((word in _REACH and not is_hedged) or is_open) and is_reached:
            reading.state(f for f in ("progress", "current", "target") if f in truth.sheet)
        elif (word in _REACH and not is_hedged) or is_open:
            reading.refuse("certainty", f"'{word}' is not certain")
        elif word in _REACHED and not _is_so_far(reading, at) and not _is_supposed(words, at):
            if not is_reached:
                reading.refuse("certainty", f"'{word}' is not so yet")
            reading.state(f for f in ("progress", "current", "target") if f in truth.sheet)
        elif word == "success" and not (words[at - 1] == "of" and words[at - 2] in ODDS_WORDS):
            reading.refuse("word", word)
    if _FORETELLING.intersection(words) and not {"predicted", "expected"} & reading.bound_kinds():
        reading.refuse("certainty", "something is expected that is no fact")
    for at, word in enumerate(words):
        if word == "ago" and words[at - 1] != "week":
            reading.refuse("word", f"{words[at - 1]} ago")
        if word == "start" and reading.word(at + 1) != "date":
            reading.refuse("word", "the facts know nothing of a start")
    if (
        _PREDICTING.intersection(words)
        and not {"odds", "predicted", "not_assessed", "needed_pace", "expected"} & reading.bound_kinds()
    ):
        reading.refuse("certainty", "a forecast is spoken of and none of its facts is stated")


def _is_supposed(words: list[str], at: int) -> bool:
    """Whether "reached" stands in what is only likely or forecast: a chance of 62 % that the target is reached."""
    joined = max((n for n in range(at) if words[n] in ("that", "whether", "if", "be", "being")), default=-1)
    return (
        joined >= 0
        and bool((_HEDGES | {"unlikely", "uncertain", "whether"}).intersection(words[: joined + 1]))
        and at - joined <= 8
    )


def _is_so_far(reading: Reading, at: int) -> bool:
    """Whether "reached" is said of where the metric stands: 22 of the 40 are reached; it has reached 22."""
    last = at - 1
    while reading.word(last) in (
        "is",
        "are",
        "was",
        "were",
        "has",
        "have",
        "had",
        "been",
        "already",
        "now",
        "so",
        "far",
        "being",
    ):
        last -= 1
    if reading.word(last) in ("target", "goal", "it", "which"):
        number = reading.pieces[last - 1].quantity if last > 0 else None
        if number is not None and number.follows_of:
            return True
        return any("current" in reading.kinds_at(n) for n in range(at + 1, at + 3)) and reading.word(last) != "target"
    if last >= 0 and "target" in reading.kinds_at(last):
        number = reading.pieces[last].quantity
        return number is not None and number.follows_of
    following = at + 1
    while reading.word(following) in ("only", "just", "now", "a", "an", "the"):
        following += 1
    if reading.kinds_at(following) and "target" not in reading.kinds_at(following):
        return True
    start, end = reading.clause(at)
    return any("current" in reading.kinds_at(n) for n in range(start, end))


def _check_modals(reading: Reading, truth: Truth) -> None:
    for at in range(len(reading.pieces)):
        word = reading.word(at)
        if word in _MODALS:
            following = {reading.word(n) for n in range(at + 1, at + 4)}
            is_open = word not in ("will", "shall", "'ll", "wo", "would") and "odds" in reading.bound_kinds()
            is_open = is_open or "not_assessed" in truth.sheet
            is_open = is_open and not following & (_REACH | _REACHED | {"be"})
            is_open = is_open or (
                "lever_points" in reading.bound_kinds() and bool(following & {"add", "raise", "lift", "bring"})
            )
            is_open = is_open or bool(reading.acts & {at + 1, at + 2, at + 3})
            if word in ("will", "shall", "'ll", "would", "wo"):
                following -= {"be", "have", "it"}
            if not (
                is_open or following & (_AFTER_MODAL - {"be"}) or ("be" in following and "not_assessed" in truth.sheet)
            ):
                reading.refuse("certainty", f"'{word}' is not certain")
        elif word == "should" and {reading.word(n) for n in range(at + 1, at + 4) if n not in reading.used} & (
            _REACH | _REACHED
        ):
            reading.refuse("certainty", "'should' is not certain")
        for phrase in () if "predicted" in reading.bound_kinds() else _CERTAIN:
            if reading.is_phrase(at, phrase) and {
                reading.word(at + len(phrase)),
                reading.word(at + len(phrase) + 1),
            } & (_REACH | _REACHED | {"be", "make", "get", "finish", "succeed"}):
                reading.refuse("certainty", f"'{' '.join(phrase)}' is not certain")


RULES = (
    check_actions, check_statuses, check_denials, check_directions, check_negations, check_causes, check_other_words,
)  # fmt: skip
"""In the order in which they may mark words as understood."""


@cache
def guarded_words() -> frozenset[str]:
    """Words that some rule looks at; the vocabulary need not know them."""
    directed = {parts[0] for group in _directions().values() for parts, _ in group if len(parts) == 1}
    levels = {*_LEVELS, *_COLOURS, "likely", "unlikely", "uncertain", "very", "amber"}
    return GUARDED | _BAD_NOUNS | _DEGREES | directed | levels
