"""What each kind of fact is called in a text, what it belongs to and which way it points; a registry, no rule is here.

How to add a kind: without a row here, a number binds to a fact by value and unit alone (and, where the fact id has a
letter, to the name of the same letter). Give the kind a row in `ROLES`, under its narrative, as soon as two kinds of one
unit stand in one sheet, or a swap of the two would pass: its cues are the words that stand beside its number. A cue is a word or a
phrase; `~word` is a weak cue that loses against a stronger one nearby;
`@word` counts only directly before the number, `>phrase` only after it. A kind whose value has a direction gets `is_signed`, or two kinds that
are compared get a row in `RELATIONS`; then words such as up, below or slower are held against it. A recommendation
that may be phrased freely gets a row in `ACTIONS`; every other one passes only in the words of its claim.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from asana_intel.narratives.facts import FactSheet, Kind

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


def _always(_sheet: FactSheet) -> bool:
    return True


def _is_less(one: str, other: str) -> Callable[[FactSheet], bool]:
    return lambda sheet: (_compared(one, other)(sheet) or 0) < 0


def _cues(text: str) -> tuple[str, ...]:
    return tuple(cue.strip() for cue in text.split(",") if cue.strip())


ODDS_WORDS = _cues(
    "odds, chance, chances, probability, likelihood, likely, confidence, prospect, prospects, confident, gone up, gone down, gone from, at risk, on track, off track, on course, unlikely, uncertain"
)
_NEED = _cues(
    "need, needs, needed, needing, require, requires, required, requiring, requirement, must, necessary, take, takes, "
    "it takes, target needs, target requires, goal needs, goal requires, target calls for, target asks for, target demands, target takes, getting there, get there, to make it, reach, raise, lift, increase, call for, calls for, demand, "
    "demands, have to, has to, would take, would need, ask for, asks for, step up, pick up, speed up, needed pace, "
    "required pace, pace needed, pace required, necessary pace, pace it needs, rate needed, needed rate, required rate, "
    "rate required, target pace, bring, up to, move to, pace the target needs, pace that is needed, "
    "pace which is needed, call, accelerate, raised, raised to, lifted, lifted to, increased to, raise to, brought up to, get to, needed weekly, aim for, aim, ~target, what is needed, "
    "pace that the target needs, rate that is needed, pace the goal needs, required weekly pace, needed weekly pace, "
    "deserves, sought, wants, going at, going forward, from here, from now on, hereafter, on average from now on, "
    "every remaining week, in every remaining week, for the remaining, for the rest, needs a pace, requires a pace, "
    "needs a weekly pace, requires a weekly pace, need a pace, requires a rate, needs a rate, required is, needed is"
)
_SLOW_RECENT = _cues(
    "finished, finishing, completed, completing, closed, closing, delivered, delivering, slowed, slowed down, has slowed, in the last, over the last, in the past, over the past, recent, recently, lately, now, "
    "currently, slowed to, down to, ~@to, ~@with, ~@at, manages, managed, managing, averages, averaged, averaging, last four weeks, "
    "past four weeks, over four weeks, last 4 weeks, of late, is at, latest, current, four weeks, 4 weeks, done, does, "
    "did, slows to, runs at, running at, dropped to, fell to, only, getting through, gets through, got through"
)
_SLOW_USUAL = _cues(
    "usual, usually, normal, normally, typical, typically, norm, ~average, used to, history, historical, "
    "historically, @from, @against, @instead of, @in place of, @rather than, @compared with, @compared to, @down from, @versus, @vs, usual "
    "pace, usual rate, normal pace, normal rate, typical pace, typical rate, own average, average of, habitual, customary, ordinarily, "
    "long-run, longer run, @below, @under, is usual, is normal, is typical, its own usual, "
    "usual pace of, used to finish, usual weekly, "
)

_GOAL_ROLES: dict[str, Role] = {
    "odds": Role((PERCENT,), ODDS_WORDS, entity="goal"),
    "odds_before": Role((PERCENT,), (), entity="goal", before="odds", is_optional=True),
    "odds_change": Role((POINTS,), ODDS_WORDS, entity="goal", is_default=True, is_signed=True),
    "elapsed": Role(
        (PERCENT,),
        _cues("of the time, of its time, of the period, of the available time, of time, time gone, elapsed, gone, passed, used, "
              "spent, behind it, behind us, ~time, ~period, ~calendar, expired, used up, run out, through the period, "
              "through its time, through its period, over, of the calendar, of the schedule, ~schedule, of the goal's time, "
              "into the period, into its period, into its time, of the run, of the window, ~window, lapsed"),
        entity="goal",
    ),
    "progress": Role(
        (PERCENT,),
        _cues("of the way, of the distance, complete, completed, progress, done, of the target, of target, covered, "
              "achieved, of its target, finished, way, completion, of the path"),
        entity="goal",
    ),
    "current": Role(
        (PLAIN, PERCENT),
        _cues("@at, stands, standing, stand, stood, now, currently, so far, sits, sitting, reached, value, current, "
              "achieved, metric, latest, measured, reading, to date, ~has, ~is, ~@from, ~@to, up to now, counted, recorded, reads, "
              "counts, got to, has got to, today, ~progress"),
        entity="goal", of="target",
    ),
    "target": Role(
        (PLAIN, PERCENT),
        _cues("target, ~goal, reach, reaching, aim, required, want, wanted, hit, hitting, hits, target of, goal of, needed, out "
              "of, target is, get to, getting to, gets to, make, making, ~of, planned, aimed, targeted, ~@to, achieve, achieving, meet, "
              "meeting, reached, @against, attain, attaining"),
        entity="goal",
    ),
    "value_change": Role(
        (PLAIN, PERCENT, POINTS),
        _cues("up, down, gain, gained, rose, fell, added, adds, lost, change, changed, increase, decrease, grew, metric, value, "
              "~by, more than last week, less than last week, moved, advanced, higher, lower, stands, ~current, ~@at, with the goal, "
              "goal at, came in, last week, ~@of, new"),
        entity="goal", is_signed=True, is_optional=True, is_default=True,
        is_bad=lambda s: (s.number("value_change") or 0) < 0,
    ),
    "expected": Role((PLAIN, PERCENT), _cues("expected, forecast, predicted, expects, foreseen, anticipated, projected, foresaw"),
                     entity="goal", is_optional=True),
    "window_gain": Role((PLAIN, PERCENT, POINTS), _cues("of the, gained, four weeks, gain, total, in all, @of, together"), entity="goal", is_optional=True),
    "peak_gain": Role((PLAIN, PERCENT, POINTS), _cues("single week, one week, best week, a single, of the, came in"), entity="goal", is_optional=True),
    "driver_points": Role((POINTS,), _cues("explains, explain, explained, accounts for, account for, due to, of the fall, of the "
                          "rise, of the drop, of the change, of it, because of, comes from, come from, of that, caused, of this, of them"),
                          entity="goal", is_optional=True, is_signed=True, is_bad=_always),
    "lever_points": Role((POINTS,), _cues("add, adds, would add, would raise, raise, would lift, would bring, worth, gain, lift, bring, brings"),
                         entity="goal", is_optional=True),
    "driver": Role((), (), is_bad=lambda s: (s.number("driver_points") or 0) < 0, entity="goal"),
    "lever": Role((), (), entity="goal"),
    "stalled": Role((PLAIN,), _cues("not moved, without, stalled, standstill, no gain, no progress, in a row, stood still, straight, "
                    "no movement, stuck, running, still, idle, row, flat, stalled for, consecutive, unchanged"), entity="goal", is_optional=True, is_bad=_always),
    "window": Role((PLAIN,), _cues("last, past, over, in, recent, previous, lately"), is_optional=True, is_evidence=False),
    "scope": Role((), (), is_evidence=False),
    "blocker": Role((), (), is_bad=_always),
    "blocked_days": Role((PLAIN,), _cues("longest, days, for, waiting, held, since, wait"), entity="blocker", is_optional=True,
                         is_bad=_always),
    "pace": Role(
        (PLAIN, PERCENT, POINTS),
        _cues("recent, recently, lately, latest, current, currently, now, running, runs, gaining, gains, gained, adding, adds, "
              "added, growing, grows, averaging, average, averages, averaged, moving, moves, moved, progressing, of late, "
              "~@at, ~pace, ~rate, ~speed, ~gain, so far, actual, present, at present, today, advancing, advances, recent weeks, "
              "the goal gains, the metric gains, going, goes, weekly gain, runs at, running at, progress is, progress of, progress has been"),
        entity="goal", is_bad=_is_less("pace", "needed_pace"),
    ),
    "needed_pace": Role((PLAIN, PERCENT, POINTS), _NEED, entity="goal", is_bad=_is_less("pace", "needed_pace")),
    "weeks_left": Role((PLAIN,), _cues("left, remaining, remain, remains, to go, until, more, next, further, rest, over, "
                       "~for, in, away, within"),
                       entity="goal", is_default=True, not_with=("last four", "past four")),
    "done_last_week": Role(
        (PLAIN,),
        _cues("last week, finished, finishing, completed, completing, closed, done, delivered, wrapped up, ticked off, past week, previous week, "
              "finish, close, completions, got done, through, complete, output"),
        entity="goal", not_with=("this week", "today", "now"),
    ),
    "slow_project": Role((), (), is_bad=_always),
    "slow_recent": Role((PLAIN,), _SLOW_RECENT, entity="slow_project", is_optional=True, is_bad=_always, not_with=("last week",)),
    "slow_usual": Role((PLAIN,), _SLOW_USUAL, entity="slow_project", is_optional=True, is_bad=_always, not_with=("last week",)),
    "overdue": Role((PLAIN,), _cues("overdue, late, past due, past their due, >past the due, past its due, beyond their due"),
                    entity="goal", is_bad=_always),
    "blocked": Role((PLAIN,), _cues("blocked, wait, waits, waiting, stuck, depend, depends, depending, held up, held, on hold, dependencies, dependency"),
                    entity="goal", is_bad=_always),
    "due": Role((DAY,), _cues("@after, @before, @past, @beyond, due, deadline, target date, until, ~odds, ~chance, ~chances, ~probability, "
                "~likelihood, ~likely, due day, due date, ends, end date"),
                entity="goal", is_default=True),
    "predicted": Role((DAY,), _cues(">before the due, >after the due, >later than the due, >ahead of the due, past the due, >before the deadline, >after the deadline, >past the deadline, >ahead of the deadline, >later than the deadline, >earlier than the due, forecast, forecasts, predict, predicts, predicted, prediction, expects, expected, projected, "
                      "projection, projects, estimate, estimates, estimated, at this pace, at the recent pace, "
                      "at its recent pace, at the current pace, anticipated, foreseen, foresees, points to, sees, at the present pace, "
                      "on current form, on the current pace, on recent pace, puts it at, puts the finish"),
                      entity="goal"),
    "not_assessed": Role((), (), entity="goal", is_bad=_always),
}  # fmt: skip

ROLES: dict[Kind, dict[str, Role]] = {Kind.goal_progress: _GOAL_ROLES}


SAME_AS: dict[str, tuple[str, ...]] = {"odds_before": ("odds", "odds_change"), "odds_change": ("odds", "odds_before")}
"""A fact that must be told is also told by these together."""
MOVES = frozenset(
    "up down by gain gained rose fell lost added adds higher lower change changed increase decrease".split()
)
"""Cues that say that something moved and not what; points of two things may have moved."""


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


def _compared(one: str, other: str) -> Callable[[FactSheet], int | None]:
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


_GOAL_RELATIONS: tuple[Relation, ...] = (
    Relation(
        "odds_change", ("odds_change", "odds", "odds_before"), (), ("change",), sign_of("odds_change"),
        words=(*ODDS_WORDS, "last week", "week ago", "week earlier", "week before", "previous week", "week on week",
               "week over week", "point"),
        states=("odds_change",),
    ),
    Relation(
        "pace", ("pace",), ("needed_pace",), ("compare",), _compared("pace", "needed_pace"),
        words=("pace", "rate", "speed", "enough", "tempo"),
        one_words=("recent", "recently", "lately", "current", "currently", "latest"),
        other_words=("need", "needs", "needed", "required", "requires", "require", "necessary", "requirement", "takes",
                     "requirements", "calls for"),
        states=("pace", "needed_pace"),
    ),
    Relation("value_change", ("value_change",), (), ("change", "growth"), sign_of("value_change"), words=("metric", "value"),
             states=("value_change",)),
    Relation("driver", ("driver_points", "driver"), (), ("change",), sign_of("driver_points"), words=("explains",)),
    Relation("lever", ("lever_points", "lever"), (), ("change", "growth"), sign_of("lever_points")),
    Relation("growth", ("pace",), (), ("growth",), sign_of("pace"), words=("metric",)),
    Relation("needed_growth", ("needed_pace",), (), ("growth",), sign_of("needed_pace"), words=("need", "needs", "must")),
    Relation(
        "slow", ("slow_recent", "slow_project"), ("slow_usual",), ("compare", "change", "slow"),
        lambda sheet: -1 if "slow_project" in sheet else None,
        other_words=("usual", "usually", "normal", "normally", "typical", "typically", "norm", "average"),
        states=("slow_project",),
    ),
    Relation("progress", ("progress",), ("elapsed",), ("compare",), _compared("progress", "elapsed"),
             one_words=("progress",), other_words=("schedule", "elapsed", "calendar", "clock"),
             states=("progress", "elapsed")),
    Relation("value", ("current",), ("target",), ("compare",), _compared("current", "target")),
    Relation("timing", ("predicted",), ("due",), ("timing",), _compared("predicted", "due"),
             one_words=("forecast", "predicted", "prediction", "projected", "expected"), other_words=("deadline", "due")),
)  # fmt: skip


RELATIONS: dict[Kind, tuple[Relation, ...]] = {Kind.goal_progress: _GOAL_RELATIONS}


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


ACTIONS: tuple[Action, ...] = (
    Action(("hold_course",), _cues("hold, keep, stay, continue, maintain, carry, stick, leave, remain, proceed"),
           _cues("course, going, on, steady, as is, as it is, plan, current, present, same, with, unchanged, pace, as before, as planned, firm"),
           ("odds",)),
    Action(("raise_pace",),
           _cues("raise, lift, increase, reach, speed, accelerate, step, pick, quicken, grow, gain, get, bring, add, go, move, "
                 "hit, make, sustain, achieve, deliver, push, improve, boost, average, run, need, close, finish, keep, hold"),
           _cues(":needed_pace"), ("needed_pace",)),
    Action(("raise_pace",),
           _cues("raise, lift, increase, speed, accelerate, step, pick, quicken, push, improve, boost, bring"),
           _cues("pace, rate, speed, weekly gain, up"), ("needed_pace",)),
    Action(("raise_pace", "rescope"),
           _cues("move, shift, adjust, change, revise, reset, re-set, rethink, revisit, lower, reconsider, re-plan, replan, "
                 "review, renegotiate, reduce, relax, postpone, cut, set, update, correct, amend, ease, rescope"),
           _cues("target"), ("needed_pace",)),
    Action(("rescope",), _cues("move, shift, extend, postpone, push, change, delay, set"),
           _cues("date, deadline, due date, due day, :due"), ("needed_pace",)),
    Action(("clear_overdue",),
           _cues("clear, re-plan, replan, reschedule, close, finish, resolve, tackle, catch, complete, settle, deal, work, "
                 "address, plan, sort, re-date, review, handle, revisit, drop, go, give, set"),
           _cues("overdue, late, past due, :overdue"), ("overdue",)),
    Action(("status_too_green",),
           _cues("update, correct, change, adjust, review, revise, bring, fix, amend, revisit, rethink, set, re-plan, replan, "
                 "reconsider, align, match, need"),
           _cues("status, plan"), ("asana_status",)),
    Action(("supply_evidence",),
           _cues("give, supply, provide, add, fill, set, complete, enter, record, put, state, define"),
           _cues("missing, target, value, it, date, one, first value, final value, gap, gaps, :not_assessed"), ("not_assessed",)),
    Action(("unblock", "clear_blocked"),
           _cues("unblock, clear, resolve, free, remove, finish, release, settle, get, take, complete, close"),
           _cues("blocked, waiting, wait, blockers, :blocked, :blocker"), ("blocked", "blocker")),
    Action(("ask_slow",), _cues("ask, find, move, look, check, see, learn"), _cues(":slow_project"), ("slow_project",)),
    Action(("pull_lever",), _cues("weigh, consider, discuss, try, add, take, use, give, look"), _cues(":lever"), ("lever",)),
    Action(("close_missed",), _cues("close, agree, set, find, settle"), _cues("goal, date, new date"), ("due",)),
    Action(("close_reached",), _cues("close, mark, raise, set, lift, increase, record"), _cues("goal, target, achieved, higher target"),
           ("current", "target")),
    Action(("hold_target",), _cues("protect, hold, keep, guard, defend, maintain, secure"),
           _cues("reached, gain, gains, level, what, it, target, value, metric, :current, :target"), ("current", "target", "odds")),
    Action(("agree_on_work",), _cues("agree, settle, decide, choose, pick"), _cues("work, tasks"), ("odds",)),
    Action(("await_start",), _cues("check, plan, wait"), _cues("tasks, start, starts, first tasks"), ("not_assessed",)),
)  # fmt: skip
