"""What may be said of a goal's week: the odds and what changed, why, and what to do next; no fact is computed here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from zlib import crc32

from asana_intel.narratives.facts import FactSheet, Kind
from asana_intel.narratives.outlines.outline import Claim, Outline, always

Words = Callable[[FactSheet], str]
Holds = Callable[[FactSheet], bool]

MOST_SENTENCE_WORDS = 25
_SAFE, _LIKELY, _UNLIKELY = 0.9, 0.7, 0.35
_GREEN_UNTIL = 0.4
_FAR = 1.5  # times the recent pace that is out of reach
_UNEVEN = 0.5  # share of one week in the gain of four


def _number(sheet: FactSheet, fact_id: str) -> float:
    return sheet.number(fact_id) or 0.0


def _reads_apart(sheet: FactSheet, one: str, other: str) -> bool:
    """Whether two numbers differ as people read them; "3 a week, above the 3 it needs" says nothing."""
    return sheet.text(one) != sheet.text(other)


def _be(sheet: FactSheet, fact_id: str) -> str:
    return "is" if _number(sheet, fact_id) == 1 else "are"


def _is_reached(sheet: FactSheet) -> bool:
    return "current" in sheet and _number(sheet, "progress") >= 1


def _is_last_day(sheet: FactSheet) -> bool:
    return "elapsed" in sheet and _number(sheet, "elapsed") >= 1


def _is_worst(fact_id: str) -> Holds:
    """Whether the fact is the news that must not be left out; advice on anything less would hide it."""
    return lambda s: fact_id in s and s[fact_id].is_required


def _odds_within(low: float, high: float) -> Holds:
    return lambda s: "odds" in s and low <= _number(s, "odds") < high


def _turn(sheet: FactSheet, *wordings: str) -> str:
    """One of several wordings, always the same of a goal, so that fifty goals do not read alike."""
    return wordings[crc32(sheet.subject_id.encode()) % len(wordings)]


def _short(*wordings: str) -> str:
    """The first wording that is no longer than a sentence may be, else the last."""
    return next((w for w in wordings if len(w.split()) <= MOST_SENTENCE_WORDS), wordings[-1])


# -- where it stands


def _moved(sheet: FactSheet, facts: tuple[str, ...]) -> str:
    odds = sheet.text("odds")
    if "odds_before" not in facts:
        return f"are {odds}"
    if not _reads_apart(sheet, "odds", "odds_before"):
        return f"stay at {odds}"
    verb = "rose" if _number(sheet, "odds") > _number(sheet, "odds_before") else "fell"
    return f"{verb} from {sheet.text('odds_before')} to {odds}"


def _gained(sheet: FactSheet, facts: tuple[str, ...], since: str = " since last week") -> str:
    if "value_change" not in facts:
        return ""
    change = _number(sheet, "value_change")
    if change == 0:
        return f", {sheet.text('value_change')}{since}"
    return f", {'up' if change > 0 else 'down'} {sheet.text('value_change')}{since}"


def _standing(sheet: FactSheet, facts: tuple[str, ...]) -> str:
    """The odds with those of the facts that are to be stated."""
    by, moved = f"by {sheet.text('due')}", _moved(sheet, facts)
    if "current" not in facts:
        return f"The odds of reaching the target {by} {moved}."
    current, target = sheet.text("current"), sheet.text("target")
    gained, briefly = _gained(sheet, facts), _gained(sheet, facts, "")
    if _is_reached(sheet):
        reached, odds = f"{target} is reached at {current}", f"the odds for {sheet.text('due')} {moved}"
        return _short(
            f"The target of {reached}{gained}; {odds}.",
            f"The target of {reached}{briefly}; {odds}.",
            f"{reached}{briefly}; {odds}.",
        )
    return _short(
        _turn(
            sheet,
            f"At {current}{gained}, the odds of reaching {target} {by} {moved}.",
            f"The odds of reaching {target} {by} {moved}, with the goal at {current}{gained}.",
        ),
        f"At {current}{gained}, the odds of reaching {target} {by} {moved}.",
        f"At {current}{briefly}, the odds of {target} {by} {moved}.",
    )


def _state(claim_id: str, weight: int, *facts: str) -> Claim:
    return Claim(claim_id, "state", facts, always, lambda s: _standing(s, facts), weight)


_STATES = (
    _state("gain_and_odds_moved", 6, "current", "value_change", "target", "due", "odds", "odds_before"),
    _state("gain_and_odds", 5, "current", "value_change", "target", "due", "odds"),
    _state("odds_with_change", 4, "current", "target", "due", "odds", "odds_before"),
    _state("odds_first", 3, "current", "target", "due", "odds"),
    _state("odds_moved", 2, "due", "odds", "odds_before"),
    _state("odds_alone", 1, "due", "odds"),
    Claim(
        "not_assessed",
        "state",
        ("not_assessed",),
        always,
        lambda s: f"There are no odds yet: {s.text('not_assessed')}.",
        1,
    ),
)

# -- why, and what is at risk; of the risks the worst is required, so that it needs no weight


def _cause(claim_id: str, weight: int, facts: tuple[str, ...], holds: Holds, words: Words) -> Claim:
    return Claim(claim_id, "cause", facts, holds, words, weight)


def _slowed(sheet: FactSheet) -> str:
    name, recent, usual = (sheet.text(f"slow_{what}") for what in ("project", "recent", "usual"))
    window = sheet.text("window")
    if recent == "no":
        return f"{name} finished no task in the last {window}, against {usual} a week usually."
    return f"{name} finished {recent} tasks a week over the last {window}, against {usual} usually."


def _blocked(sheet: FactSheet) -> str:
    verb = "waits" if _number(sheet, "blocked") == 1 else "wait"
    return f"{sheet.text('blocked')} in {sheet.text('scope')} {verb}"


def _waiting(sheet: FactSheet) -> str:
    blocker, days = sheet.text("blocker"), sheet.text("blocked_days")
    if _number(sheet, "blocked") == 1:
        return f"{sheet.text('blocked')} in {sheet.text('scope')} has waited for {blocker} for {days}."
    return f"{_blocked(sheet)} for open work, the longest for {blocker} ({days})."


def _finished(sheet: FactSheet) -> str:
    return f"{sheet.text('scope').capitalize()} finished {sheet.text('done_last_week')} last week"


def _is_uneven(sheet: FactSheet) -> bool:
    total, peak = _number(sheet, "window_gain"), _number(sheet, "peak_gain")
    return total > 0 and _UNEVEN * total <= peak < total and _odds_within(0, _LIKELY)(sheet)


def _is_predicted_late(sheet: FactSheet) -> bool:
    predicted, due = sheet["predicted"].value, sheet["due"].value
    is_late = isinstance(predicted, date) and isinstance(due, date) and predicted > due
    return is_late and _odds_within(0, _LIKELY)(sheet) and not _is_reached(sheet) and not _is_last_day(sheet)


_CAUSES = (
    _cause(
        "stalled",
        9,
        ("stalled",),
        lambda s: not _is_reached(s),
        lambda s: f"The metric has not moved for {s.text('stalled')}, which is rare for this goal.",
    ),
    _cause("project_slowed", 0, ("slow_project", "slow_recent", "slow_usual", "window"), always, _slowed),
    _cause(
        "blocker_waits",
        0,
        ("blocked", "scope", "blocker", "blocked_days"),
        always,
        _waiting,
    ),
    _cause(
        "tasks_blocked",
        0,
        ("blocked", "scope"),
        always,
        lambda s: f"{_blocked(s)} for other open work.",
    ),
    _cause(
        "tasks_overdue",
        0,
        ("scope", "done_last_week", "overdue"),
        always,
        lambda s: f"{_finished(s)}, but {s.text('overdue')} {_be(s, 'overdue')} past due.",
    ),
    _cause(
        "uneven_weeks",
        5,
        ("window_gain", "peak_gain", "window"),
        _is_uneven,
        lambda s: (
            f"Its weeks differ widely: {s.text('peak_gain')} of the {s.text('window_gain')} gained "
            f"in {s.text('window')} came in a single week."
        ),
    ),
    _cause(
        "odds_driver",
        4,
        ("driver", "driver_points"),
        always,
        lambda s: (
            f"{s.text('driver').capitalize()} explains {s.text('driver_points')} of the "
            f"{'rise' if _number(s, 'driver_points') > 0 else 'fall'} since last week."
        ),
    ),
    _cause(
        "forecast_late",
        4,
        ("predicted", "due"),
        _is_predicted_late,
        lambda s: f"As things go, the target is reached on {s.text('predicted')}, after the due day.",
    ),
    _cause(
        "jumped",
        4,
        ("expected", "value_change"),
        lambda s: not _is_reached(s),
        lambda s: f"The gain is larger than usual: the forecast expected {s.text('expected')} by now.",
    ),
    _cause(
        "pace_below_need",
        3,
        ("pace", "needed_pace"),
        lambda s: 0 < _number(s, "pace") < _number(s, "needed_pace") and _reads_apart(s, "pace", "needed_pace"),
        lambda s: f"Recent pace is {s.text('pace')} a week; the target needs {s.text('needed_pace')}.",
    ),
    _cause(
        "pace_above_need",
        3,
        ("pace", "needed_pace"),
        lambda s: (
            _number(s, "pace") > _number(s, "needed_pace") > 0
            and _reads_apart(s, "pace", "needed_pace")
            and _number(s, "odds") >= _LIKELY
        ),
        lambda s: f"Recent pace is {s.text('pace')} a week, above the {s.text('needed_pace')} the target needs.",
    ),
    _cause(
        "work_done",
        2,
        ("scope", "done_last_week"),
        always,
        lambda s: f"{_finished(s)}.",
    ),
    _cause(
        "time_gone",
        1,
        ("elapsed", "progress"),
        lambda s: "odds" in s and 0 <= _number(s, "progress") < 1,
        lambda s: f"{s.text('progress')} of the way is done, with {s.text('elapsed')} of the time gone.",
    ),
    _cause(
        "stands_at",
        1,
        ("current", "target"),
        lambda s: "not_assessed" in s,
        lambda s: f"The metric stands at {s.text('current')}, with {s.text('target')} as its target.",
    ),
)

# -- what to do next


def _action(claim_id: str, weight: int, facts: tuple[str, ...], holds: Holds, words: Words) -> Claim:
    return Claim(claim_id, "action", facts, holds, words, weight)


def _is_out_of_reach(sheet: FactSheet) -> bool:
    pace, needed = _number(sheet, "pace"), _number(sheet, "needed_pace")
    return _odds_within(0, _UNLIKELY)(sheet) and pace >= 0 and needed > max(_FAR * pace, 0)


_ACTIONS = (
    _action(
        "close_missed",
        9,
        ("due",),
        lambda s: "odds" in s and _is_last_day(s) and not _is_reached(s),
        lambda s: _turn(
            s,
            "Next: close the goal with what it reached, or agree on a new date for the rest.",
            "Next: decide with its owner whether to close the goal today or to give the rest a new date.",
        ),
    ),
    _action(
        "close_reached",
        9,
        ("current", "target"),
        lambda s: _is_reached(s) and _number(s, "odds") >= _SAFE,
        lambda s: _turn(
            s,
            "Next: close the goal, or raise its target for the time that is left.",
            "Next: mark the goal as achieved, or set a higher target with its owner.",
        ),
    ),
    _action(
        "hold_target",
        9,
        ("current", "target", "odds"),
        lambda s: _is_reached(s) and _number(s, "odds") < _SAFE,
        lambda s: "Next: protect what is reached; the metric can still fall back before the due day.",
    ),
    _action(
        "status_too_green",
        8,
        ("asana_status",),
        lambda s: _odds_within(0, _GREEN_UNTIL)(s) and s.text("asana_status") == "green",
        lambda s: f"Next: Asana still shows {s.text('asana_status')}, so update the status or change the plan.",
    ),
    _action(
        "rescope",
        7,
        ("needed_pace", "pace"),
        _is_out_of_reach,
        lambda s: (
            f"Next: lower the target or move the date, since it needs {s.text('needed_pace')} a week "
            f"and the recent pace is {s.text('pace')}."
        ),
    ),
    _action(
        "unblock",
        6,
        ("blocker",),
        _is_worst("blocked"),
        lambda s: f"Next: get {s.text('blocker')} done, or take it out of the way of the work behind it.",
    ),
    _action(
        "ask_slow",
        6,
        ("slow_project",),
        _is_worst("slow_project"),
        lambda s: _turn(
            s,
            f"Next: ask what holds {s.text('slow_project')} up, and move work or people to it.",
            f"Next: find out with its owner why {s.text('slow_project')} has slowed down.",
        ),
    ),
    _action(
        "clear_overdue",
        6,
        ("overdue",),
        _is_worst("overdue"),
        lambda s: _turn(
            s,
            f"Next: finish, re-plan or drop the {s.text('overdue')} past due.",
            f"Next: go through the {s.text('overdue')} past due and agree on dates that hold.",
        ),
    ),
    _action(
        "pull_lever",
        4,
        ("lever", "lever_points"),
        _odds_within(0, _LIKELY),
        lambda s: f"Next: weigh {s.text('lever')}, which would add {s.text('lever_points')} to the odds.",
    ),
    _action(
        "raise_pace",
        3,
        ("needed_pace", "weeks_left"),
        lambda s: _odds_within(0, _LIKELY)(s) and _number(s, "needed_pace") > max(_number(s, "pace"), 0),
        lambda s: (
            f"Next: reach {s.text('needed_pace')} a week for the remaining {s.text('weeks_left')}, or move the target."
        ),
    ),
    _action(
        "hold_course",
        2,
        ("odds",),
        _odds_within(_LIKELY, 2),
        lambda s: _turn(
            s,
            "Next: hold the course; no change is needed now.",
            "Next: carry on as planned; nothing calls for a change.",
        ),
    ),
    _action(
        "agree_on_work",
        1,
        ("odds",),
        _odds_within(0, _LIKELY),
        lambda s: "Next: agree with its owner which open work matters most for the target.",
    ),
    _action(
        "await_start",
        2,
        ("not_assessed",),
        lambda s: "has not started" in s.text("not_assessed"),
        lambda s: "Next: nothing is needed before it starts; check that its first tasks are planned.",
    ),
    _action(
        "supply_evidence",
        1,
        ("not_assessed",),
        always,
        lambda s: _turn(
            s,
            "Next: mend this in Asana, and the next sync will assess the goal.",
            "Next: once this is put right in Asana, the next sync can assess the goal.",
        ),
    ),
)

CLAIMS: tuple[Claim, ...] = (*_STATES, *_CAUSES, *_ACTIONS)
OUTLINE = Outline(
    kind=Kind.goal_progress,
    parts={"state": 1, "cause": 1, "action": 1},
    claims=CLAIMS,
    most_words=60,
    brief="a weekly update on one goal for the people who follow it: where it stands, why, and what to do next",
    needs_all_parts=True,
)


def status_type(sheet: FactSheet) -> str:
    """on_track, at_risk or off_track from the odds; at_risk where there are none."""
    odds = sheet.number("odds")
    if odds is None:
        return "at_risk"
    return "on_track" if odds >= _LIKELY else "at_risk" if odds >= _UNLIKELY else "off_track"
