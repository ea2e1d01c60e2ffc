"""Up, down, above, below: such a word must agree with a directed fact that its clause states; what is said is not bound."""

import re
from collections.abc import Iterator
from itertools import pairwise

from asana_intel.narratives.facts import FactSheet
from asana_intel.narratives.gate.lexicon import forms_of, words_of
from asana_intel.narratives.gate.reading import Reading

UP = words_of(
    "up higher more better faster above over exceeds exceeded exceeding exceed beyond past ahead upward upwards larger"
    " increase increases increased increasing rise rises rose risen rising climb climbs climbed climbing gain gains gained"
    " gaining grow grows grew grown growing improve improves improved improving improvement jump jumps jumped jumping add"
    " adds added adding lift lifts lifted lifting uptick growth advance advances advanced greater quicker recovered"
    " recovers recovery beat beats beating tops topping outpaces strengthened strengthens raised raise raises raising likelier sped accelerated quickened"
)
DOWN = words_of(
    "down lower less fewer worse slower below under short behind shortfall downward downwards smaller decrease decreases"
    " decreased decreasing fall falls fell fallen falling drop drops dropped dropping decline declines declined declining"
    " slip slips slipped slipping slide slides slid sliding sink sinks sank sunk sinking lose loses lost losing loss"
    " shrink shrinks shrank shrunk shrinking ease eases eased easing weaken weakens weakened slump slumps slumped dip dips"
    " dipped slow slows slowed slowing slowdown reduce reduces reduced reducing reduction cut cuts lowered lowers trails"
    " trailing trail lags lagging lag lagged tumbled deteriorated deteriorates worsened worsens plunged halves missed"
    " weaker retreated poorer delay"
)
FLAT = words_of("unchanged flat steady same stable constant level static unaltered holding held hold holds")
_VERBS_OF_ADVICE = words_of("raise lower reduce increase cut lift add improve step speed raising lowering drop slow")
_OF_ADVICE = (
    r"(?:target|date|dates|deadline|pace|plan|status|tasks|scope|work|goal|it|rate|output|each|them|one|higher|or)"
)
_PAIRS = (
    ("odds", "odds_before"), ("slow_recent", "slow_usual"), ("pace", "needed_pace"), ("current", "expected"),
    ("current", "target"), ("progress", "elapsed"), ("odds_later", "overload"), ("odds_without", "overload"),
    ("share_now", "share_before"), ("assigned", "available"), ("brier", "rule_brier"), ("done_last_week", "usual_week"),
    ("slow_recent", "pace_gap"), ("inferred", "inferred"), ("reached", "wanted"), ("new_target", "old_target"),
    ("on_track", "on_track_before"), ("at_risk", "at_risk_before"), ("off_track", "off_track_before"),
)  # fmt: skip
_COMPARED = frozenset(
    {("current", "target"), ("progress", "elapsed"), ("pace", "needed_pace"), ("current", "expected")}
)
_COMPARE = words_of(
    "beat beats beating tops topping outpaces above below over under beyond past exceeds exceed exceeded exceeding short behind ahead higher lower more less fewer"
    " faster slower quicker greater smaller better worse trails trail trailing lags lag lagging missed larger shortfall"
)
"""Pairs that are compared and never move, and the words that compare them."""
_GAIN_WORDS = words_of("gain gains gained gaining added increase growth")
_GAIN = words_of("gain gains gained gaining add adds added adding raising up down growth grows climbs rises increase")
_SIGNED = {
    "odds_change": 1, "value_change": 1, "driver_points": 1, "places": 1, "riser_change": 1, "lever_points": 2,
    "window_gain": 1, "peak_gain": 1, "faller_change": -2, "lowest_lever": 2, "pace_gap": -2, "stalled": 0,
}  # fmt: skip


def _sign(value: float) -> int:
    return (value > 1e-9) - (value < -1e-9)


def _directed(sheet: FactSheet, stated: set[str], word: str) -> set[int]:
    """Directions that the stated facts have: 1 up, -1 down, 0 unchanged."""
    found = set[int]()
    kinds = {sheet[f].kind.name: f for f in stated if f in sheet}
    if "value_change" in kinds and "window" not in kinds:
        kinds = {k: f for k, f in kinds.items() if k not in ("window_gain", "peak_gain")}
    for kind, fact_id in kinds.items():
        if kind not in _SIGNED:
            continue
        how = _SIGNED[kind]
        found.add(_sign(sheet.number(fact_id) or 0.0) if how == 1 else _sign(how))
    for one, other in _pairs(word):
        for fact_id in [f for f in sheet if f.kind.name == one]:
            twin = f"{other}_{fact_id.suffix}" if fact_id.suffix else other
            if twin in sheet and twin in stated and fact_id.fact_id in stated:
                found.add(_compare(sheet, fact_id.fact_id, twin))
    return found


def _pairs(word: str) -> list[tuple[str, str]]:
    return [p for p in _PAIRS if word in _COMPARE or p not in _COMPARED]


def _compare(sheet: FactSheet, one: str, other: str) -> int:
    if sheet.text(one) == sheet.text(other):
        return 0
    return _sign((sheet.number(one) or 0.0) - (sheet.number(other) or 0.0))


def _beside(sheet: FactSheet, stated: set[str], word: str) -> set[int]:
    """Directions of facts that stand for a pair although only one end is told: odds rose to 62 %."""
    found = set[int]()
    for one, other in _pairs(word):
        for fact in sheet:
            twin = f"{other}_{fact.suffix}" if fact.suffix else other
            if fact.kind.name == one and twin in sheet and stated & {fact.fact_id, twin}:
                found.add(_compare(sheet, fact.fact_id, twin))
    for one, other in (("odds_change", {"odds", "odds_before"}), ("value_change", {"current"})):
        if (value := sheet.number(one)) is not None and stated & other:
            found.add(_sign(value))
    return found


def _paces(reading: Reading, stated: set[str]) -> set[int]:
    """Directions of a pace that is told alone; it leads down where the target is below."""
    sheet = reading.sheet
    current, target = sheet.number("current") or 0.0, sheet.number("target") or 0.0
    ways = {1} if target >= current else {-1}
    return set[int]().union(*(ways for f in ("pace", "needed_pace") if f in stated and (sheet.number(f) or 0) > 0))


def _is_of_past(reading: Reading, at: int) -> bool:
    """Whether the clause says where it was: last week they were 18 points higher."""
    start, end = _split(reading, *reading.clause(reading.starts[at]), at)[0]
    part = reading.line[start:end] + " "
    past = re.search(r" (?:last week|a week ago|a week earlier) ", part)
    is_told = re.search(r" (?:was|were|stood|from O\d+) ", part) and not re.search(
        r" (?:than|now|are|is|since|where) ", part
    )
    return bool(past and is_told)


def _toward_target(reading: Reading, at: int) -> set[int]:
    """The direction in which the target lies, where the word leads to it: down to 4 %."""
    match = re.match(
        r" ?[a-z]+ (?:from N\d+ )?(?:up |down )?to (?:at least )?(?P<n>[NP]\d+) ",
        reading.line[reading.starts[at] - 1 :],
    )
    if match is None:
        return set()
    ends = reading.bound.get(int(match.group("n")[1:]), ())
    ways = ((one, other) for one, other in (("target", "current"), ("needed_pace", "pace")) if one in ends)
    return {_compare(reading.sheet, one, other) for one, other in ways if other in reading.sheet}


def _of_gain(reading: Reading, at: int, word: str) -> set[int]:
    """The direction of a pace that is told as a gain: gains 1.5 a week."""
    if word not in _GAIN:
        return set()
    near = {f for n in (*range(at + 1, at + 4), at - 1, at - 2) for f in reading.bound.get(n, ())}
    return _paces(reading, near)


def _words(reading: Reading) -> Iterator[tuple[int, str, int]]:
    for at, piece in enumerate(reading.pieces):
        word = piece.word
        way = 1 if word in UP else -1 if word in DOWN else 0 if word in FLAT else None
        if way is not None:
            yield at, word, way


def _check_change_of_value(reading: Reading) -> None:
    """A word between a value and "since last week" must be the value's own direction."""
    for match in reading.find(r"(?:at|to|of) (?P<n>[NP]\d+) , (?P<w>[a-z]+) (?:since|this week|on last week)"):
        word, change = match.group("w"), reading.sheet.number("value_change")
        way = 1 if word in UP else -1 if word in DOWN else None
        ids = reading.bound.get(int(match.group("n")[1:]), ())
        if way is not None and change is not None and "current" in ids and way != _sign(change):
            reading.refuse("direction", f"'{word}' is not the direction of the value")


def check_directions(reading: Reading) -> None:
    """Refuses a direction that every directed fact of the clause, or else of the sentence, contradicts."""
    _check_change_of_value(reading)
    for at, word, way in _words(reading):
        if at in reading.covered or _is_no_direction(reading, at, word):
            continue
        start, end = reading.clause(reading.starts[at])
        parts = _split(reading, start, end, at)
        for lo, hi in (*parts, (start, end), (0, len(reading.line))):
            stated = {f for n in reading.places(lo, hi) for f in reading.bound.get(n, ())}
            directions = _directed(reading.sheet, stated, word) | _beside(reading.sheet, stated, word)
            if directions:
                break
        else:
            directions = _paces(reading, reading.stated) or _beside(
                reading.sheet,
                set(reading.stated | reading.before) | {"odds"} if _is_of_odds(reading) else set(reading.stated),
                word,
            )
        if _is_of_past(reading, at):
            directions = {-d for d in directions}
        if word in _GAIN_WORDS and "window" in reading.stated:
            directions |= {_sign(reading.sheet.number(f) or 0.0) for f in ("window_gain",) if f in reading.sheet}
        directions |= _toward_target(reading, at) | _of_gain(reading, at, word)
        if not directions:
            reading.refuse("direction", f"'{word}' is said of nothing that has a direction")
        elif way not in directions:
            reading.refuse("direction", f"'{word}' is not the direction of the facts")
        else:
            reading.covered.add(at)


def _is_of_odds(reading: Reading) -> bool:
    return reading.has(r"(?:odds|chance|chances|likelihood|probability|prospects|outlook)")


def _split(reading: Reading, start: int, end: int, at: int) -> list[tuple[int, int]]:
    """The part of the clause between commas around the word, where it states a number."""
    offset = reading.starts[at]
    commas = [m.start() for m in re.finditer(r" (?:,|and|while|against|with) ", reading.line[start:end])]
    cuts = [start, *(start + c for c in commas), end]
    return [(lo, hi) for lo, hi in pairwise(cuts) if lo <= offset < hi]


def _is_number(reading: Reading, at: int) -> bool:
    return at < len(reading.pieces) and reading.pieces[at].quantity is not None


def _is_no_direction(reading: Reading, at: int, word: str) -> bool:
    before = " ".join(p.token.word for p in reading.pieces[max(at - 2, 0) : at])
    if re.fullmatch(r"(?:odds|chances?|likelihood|probability|prospects) of", before):
        return True
    around = " ".join(p.token.word for p in reading.pieces[max(at - 3, 0) : at + 4])
    left = reading.pieces[at - 1].word if at else ""
    right = (
        reading.pieces[at + 1].token.word
        if at + 1 < len(reading.pieces) and reading.pieces[at + 1].token.kind == "word"
        else ""
    )
    match word:
        case "past":
            return (
                right in ("due", "their", "its", "week", "weeks", "the")
                or left in ("the", "its", "over")
                or bool(re.search(r"past (?:\S+ )?weeks", around))
            )
        case "over" if left in ("is", "was") and re.search(r"\b(?:time|period)\b", around):
            return True
        case "over":
            return (
                bool(
                    re.search(
                        r"over (?:the |its |a |\S+ )?(?:last|past|remaining|four|next|rest|weeks?|coming|course|period)",
                        around,
                    )
                )
                or right in ("the", "its", "half")
                or bool(reading.pieces[at].quantity)
            )
        case "under":
            return right == "way"
        case "beyond":
            return right.endswith("ing") or right in ("that", "then")
        case "up" if right in ("of", "to") and left in ("made", "add", "adds", "adding", "make", "makes"):
            return True
        case "tops" | "topping" | "beats" if "rank" in reading.sheet:
            return True
        case "more" if right in ("are", "is", "for", "come") and "score" in reading.sheet:
            return True
        case "fall" if right == "back" and left == "a":
            return True
        case "up" if left in ("next", "sum", "coming"):
            return True
        case "fall" | "falls" if right == "on":
            return True
        case "level" if right == "of":
            return True
        case "climb" | "rise" | "fall" | "drop" | "move" if "places" in reading.sheet and right == "is":
            return "places" in reading.before
        case "up" if around.find("up to date") >= 0 or around.find("up to speed") >= 0:
            return True
        case "up":
            particle = r"(?:wrap|next|hold|held|finish|free|set|pick|keep|open|tidy|end|bring|build|follow|sum|use|line|clear|catch|weigh|back|sign|firm|shor|mak|tak|turn|mop|clean|look|split|sp?eed|round)"
            if re.match(particle, left) or re.search(
                r"(?:hold|holds|holding|held) (?:things|work|it|them|that|one|tasks)$", before
            ):
                return True
            return (
                left
                in (
                    "held",
                    "holds",
                    "hold",
                    "catch",
                    "time",
                    "is",
                    "make",
                    "makes",
                    "take",
                    "takes",
                    "holding",
                    "caught",
                    "follow",
                    "taking",
                    "making",
                    "step",
                    "speed",
                )
                and "points" not in right
                and not (left == "is" and reading.bound.get(at + 1))
            )
        case "more" | "less":
            return bool(re.search(r"(?:time|progress|weeks|days|work|people|likely|than likely)", right)) or left in (
                "two",
                "once",
                "any",
                "no",
            )
        case "down" if right == "to" and not _is_number(reading, at + 2):  # is down to more progress: a reason
            return True
        case "beat" | "beats" | "beating" if right in ("expectations", "expectation", "the", "what"):
            return not _is_number(reading, at + 2)
        case "down" if left in ("slow", "slows", "slowed", "slowing", "sit", "sits", "sitting"):
            return True
        case "ahead" | "behind":
            return (
                (right in ("it", "them", "the", "this", "us") and word == "behind")
                or left == "work"
                or right == ""
                or (word == "ahead" and left == "weeks")
            )
        case "added" | "add" | "adds" | "adding":
            return True
        case "hold" | "held" | "holds" | "holding" | "level":
            if right in ("rank", "place", "number", "position"):
                return True
            return (not reading.bound.get(at + 2) and right != "steady") or right in ("up", "the", "back", "that")
        case "slipped" | "slip" | "slips" | "gone" if right == "past":
            return "overdue" in reading.sheet
        case "fell" | "falls" | "fall" | "falling" if "short" in around:
            return True
        case "fell" | "falls" | "fall" | "falling" if right in ("in", "into", "within"):
            return "peak_gain" in reading.sheet
        case "down" if left == "put" or (left == "come" and right == "to"):
            return left == "put"
        case "same":
            return right in ("week", "time", "day", "period")
        case (
            "lower"
            | "raise"
            | "reduce"
            | "cut"
            | "increase"
            | "drop"
            | "slow"
            | "higher"
            | "lowering"
            | "raising"
            | "reducing"
            | "raised"
            | "lowered"
            | "moving"
            | "delay"
        ):
            if word == "drop" and re.search(r"(?:or|and|,) drop(?: them| the| those| \.|$)", around):
                return True
            return bool(re.search(rf"{re.escape(word)} (?:\S+ ){{0,3}}?{_OF_ADVICE}", around)) or bool(
                re.search(rf"(?:target|date|deadline|pace) (?:\S+ ){{0,2}}{word}", around)
            )
        case "short":
            return right == "" or left in ("in", "a")
        case "advance" | "recovery" | "missed" | "improve":
            return True
        case _:
            return False


DIRECTION_WORDS = UP | DOWN | FLAT | forms_of("raise")
