"""What may be said of a task's rank: its place with the largest parts of its score, and what moved it since."""

from collections.abc import Callable
from itertools import combinations

from asana_intel.narratives.facts import FactSheet, Kind
from asana_intel.narratives.outlines.outline import Claim, Outline, always

_MOST_WORDS, _MOST_REASONS = 45, 3

# Part of the score -> the facts it takes to speak of it; the first are its points.
_REASONS: dict[str, tuple[str, ...]] = {
    "goal": ("goal_points", "goal"),
    "urgency": ("urgency_points", "due"),
    "dependency": ("dependency_points", "waiting"),
    "effort": ("effort_points",),
    "stakeholders": ("stakeholder_points",),
    "capacity": ("capacity_points",),
}


def _because(sheet: FactSheet, reason: str) -> str:
    points = sheet.text(_REASONS[reason][0])
    match reason:
        case "goal":
            return f"{points} for {sheet.text('goal')}"
        case "urgency":
            return f"{points} for the due day {sheet.text('due')}"
        case "dependency":
            verb = "waits" if _number(sheet, "waiting") == 1 else "wait"
            return f"{points} because {sheet.text('waiting')} {verb} for it"
        case "effort":
            return f"{points} for its small effort"
        case "stakeholders":
            return f"{points} for the interest taken in it"
        case _:
            return f"{points} for free capacity"


def _number(sheet: FactSheet, fact_id: str) -> float:
    return sheet.number(fact_id) or 0.0


def _by_points(sheet: FactSheet, reasons: tuple[str, ...]) -> list[str]:
    return sorted(reasons, key=lambda r: -_number(sheet, _REASONS[r][0]))


def _placed(sheet: FactSheet, reasons: tuple[str, ...]) -> str:
    """The first sentence: the place, and the reasons with the most points first."""
    place = f"Ranked {sheet.text('rank')} of {sheet.text('ranked')} at {sheet.text('score')}"
    goal = f", with {sheet.text('no_goal')}" if "no_goal" in sheet else ""
    if not reasons:
        return f"{place}{goal}: no part of the score speaks for it."
    *most, last = (_because(sheet, r) for r in _by_points(sheet, reasons))
    return f"{place}{goal}: {', '.join(most)} and {last}." if most else f"{place}{goal}: {last}."


def _are_largest(sheet: FactSheet, reasons: tuple[str, ...]) -> bool:
    """Whether no other known part has more points: a rationale that leaves out the main reason misleads."""
    others = [r for r, facts in _REASONS.items() if r not in reasons and all(f in sheet for f in facts)]
    least = min((_number(sheet, _REASONS[r][0]) for r in reasons), default=0.0)
    return all(_number(sheet, _REASONS[r][0]) <= least for r in others)


def _place(reasons: tuple[str, ...], *, has_goal: bool) -> Claim:
    def words(sheet: FactSheet) -> str:
        return _placed(sheet, reasons)

    def holds(sheet: FactSheet) -> bool:
        room = _MOST_WORDS - max((len(c.words(sheet).split()) for c in _MOVES if c.possible(sheet)), default=0)
        return (
            has_goal == ("no_goal" not in sheet) and _are_largest(sheet, reasons) and len(words(sheet).split()) <= room
        )

    facts = ("rank", "ranked", "score", *(() if has_goal else ("no_goal",)))
    claim_id = "_".join(("place", *reasons, *(() if has_goal else ("unlinked",))))
    return Claim(
        claim_id, "place", (*facts, *(f for r in reasons for f in _REASONS[r])), holds, words, weight=len(reasons)
    )


def _moved(sheet: FactSheet) -> str:
    places = _number(sheet, "places")
    if places == 0:
        return "Unchanged since last week"
    return f"{'Up' if places > 0 else 'Down'} {sheet.text('places')} since last week"


def _move(claim_id: str, facts: tuple[str, ...], words: Callable[[FactSheet], str], weight: int) -> tuple[Claim, Claim]:
    def unsure(sheet: FactSheet) -> str:
        return f"{words(sheet)}; confidence is low at {sheet.text('low_confidence')}."

    return (
        Claim(claim_id, "move", facts, always, lambda s: f"{words(s)}.", weight),
        Claim(f"{claim_id}_unsure", "move", (*facts, "low_confidence"), always, unsure, weight),
    )


_MOVES: tuple[Claim, ...] = (
    *_move("moved_because", ("places", "places_cause"), lambda s: f"{_moved(s)}: {s.text('places_cause')}", 2),
    *_move("moved", ("places",), _moved, 1),
    *_move("newcomer", ("newcomer",), lambda s: f"It is {s.text('newcomer')} in the ranking", 1),
)
CLAIMS: tuple[Claim, ...] = (
    *(
        _place(reasons, has_goal=has_goal)
        for size in range(_MOST_REASONS + 1)
        for reasons in combinations(_REASONS, size)
        for has_goal in (True, False)
        if has_goal or "goal" not in reasons
    ),
    *_MOVES,
)

OUTLINE = Outline(
    kind=Kind.priority_rationale,
    parts={"place": 1, "move": 1},
    claims=CLAIMS,
    most_words=_MOST_WORDS,
    brief="why a task has its place in the ranking, for those who decide what to do next: largest reasons, last move",
)
