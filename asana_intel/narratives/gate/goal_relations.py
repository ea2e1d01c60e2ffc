"""What is compared in a text about a goal and what may be recommended; rows only, see roles.py."""

from asana_intel.narratives.gate.goal_roles import ODDS_WORDS
from asana_intel.narratives.gate.role import Action, Relation, compared, cues, sign_of

GOAL_RELATIONS: tuple[Relation, ...] = (
    Relation(
        "odds_change",
        ("odds_change", "odds", "odds_before"),
        (),
        ("change",),
        sign_of("odds_change"),
        words=(
            *ODDS_WORDS,
            "last week",
            "week ago",
            "week earlier",
            "week before",
            "previous week",
            "week on week",
            "week over week",
            "point",
        ),
        states=("odds_change",),
    ),
    Relation(
        "pace",
        ("pace",),
        ("needed_pace",),
        ("compare",),
        compared("pace", "needed_pace"),
        words=("pace", "rate", "speed", "enough", "tempo"),
        one_words=("recent", "recently", "lately", "current", "currently", "latest"),
        other_words=(
            "need",
            "needs",
            "needed",
            "required",
            "requires",
            "require",
            "necessary",
            "requirement",
            "takes",
            "requirements",
            "calls for",
        ),
        states=("pace", "needed_pace"),
    ),
    Relation(
        "value_change",
        ("value_change",),
        (),
        ("change", "growth"),
        sign_of("value_change"),
        words=("metric", "value"),
        states=("value_change",),
    ),
    Relation("driver", ("driver_points", "driver"), (), ("change",), sign_of("driver_points"), words=("explains",)),
    Relation("lever", ("lever_points", "lever"), (), ("change", "growth"), sign_of("lever_points")),
    Relation("growth", ("pace",), (), ("growth",), sign_of("pace"), words=("metric",)),
    Relation(
        "needed_growth", ("needed_pace",), (), ("growth",), sign_of("needed_pace"), words=("need", "needs", "must")
    ),
    Relation(
        "slow",
        ("slow_recent", "slow_project"),
        ("slow_usual",),
        ("compare", "change", "slow"),
        lambda sheet: -1 if "slow_project" in sheet else None,
        other_words=("usual", "usually", "normal", "normally", "typical", "typically", "norm", "average"),
        states=("slow_project",),
    ),
    Relation(
        "progress",
        ("progress",),
        ("elapsed",),
        ("compare",),
        compared("progress", "elapsed"),
        one_words=("progress",),
        other_words=("schedule", "elapsed", "calendar", "clock"),
        states=("progress", "elapsed"),
    ),
    Relation("value", ("current",), ("target",), ("compare",), compared("current", "target")),
    Relation(
        "timing",
        ("predicted",),
        ("due",),
        ("timing",),
        compared("predicted", "due"),
        one_words=("forecast", "predicted", "prediction", "projected", "expected"),
        other_words=("deadline", "due"),
    ),
)


GOAL_ACTIONS: tuple[Action, ...] = (
    Action(
        ("hold_course",),
        cues("hold, keep, stay, continue, maintain, carry, stick, leave, remain, proceed"),
        cues(
            "course, going, on, steady, as is, as it is, plan, current, present, same, with, "
            "unchanged, pace, as before, as planned, firm"
        ),
        ("odds",),
    ),
    Action(
        ("raise_pace",),
        cues(
            "raise, lift, increase, reach, speed, accelerate, step, pick, quicken, grow, gain, get, "
            "bring, add, go, move, hit, make, sustain, achieve, deliver, push, improve, boost, "
            "average, run, need, close, finish, keep, hold"
        ),
        cues(":needed_pace"),
        ("needed_pace",),
    ),
    Action(
        ("raise_pace",),
        cues("raise, lift, increase, speed, accelerate, step, pick, quicken, push, improve, boost, bring"),
        cues("pace, rate, speed, weekly gain, up"),
        ("needed_pace",),
    ),
    Action(
        ("raise_pace", "rescope"),
        cues(
            "move, shift, adjust, change, revise, reset, re-set, rethink, revisit, lower, "
            "reconsider, re-plan, replan, review, renegotiate, reduce, relax, postpone, cut, set, "
            "update, correct, amend, ease, rescope"
        ),
        cues("target"),
        ("needed_pace",),
    ),
    Action(
        ("rescope",),
        cues("move, shift, extend, postpone, push, change, delay, set"),
        cues("date, deadline, due date, due day, :due"),
        ("needed_pace",),
    ),
    Action(
        ("clear_overdue",),
        cues(
            "clear, re-plan, replan, reschedule, close, finish, resolve, tackle, catch, complete, "
            "settle, deal, work, address, plan, sort, re-date, review, handle, revisit, drop, go, "
            "give, set"
        ),
        cues("overdue, late, past due, :overdue"),
        ("overdue",),
    ),
    Action(
        ("status_too_green",),
        cues(
            "update, correct, change, adjust, review, revise, bring, fix, amend, revisit, rethink, "
            "set, re-plan, replan, reconsider, align, match, need"
        ),
        cues("status, plan"),
        ("asana_status",),
    ),
    Action(
        ("supply_evidence",),
        cues("give, supply, provide, add, fill, set, complete, enter, record, put, state, define"),
        cues("missing, target, value, it, date, one, first value, final value, gap, gaps, :not_assessed"),
        ("not_assessed",),
    ),
    Action(
        ("unblock", "clear_blocked"),
        cues("unblock, clear, resolve, free, remove, finish, release, settle, get, take, complete, close"),
        cues("blocked, waiting, wait, blockers, :blocked, :blocker"),
        ("blocked", "blocker"),
    ),
    Action(("ask_slow",), cues("ask, find, move, look, check, see, learn"), cues(":slow_project"), ("slow_project",)),
    Action(
        ("pull_lever",), cues("weigh, consider, discuss, try, add, take, use, give, look"), cues(":lever"), ("lever",)
    ),
    Action(("close_missed",), cues("close, agree, set, find, settle"), cues("goal, date, new date"), ("due",)),
    Action(
        ("close_reached",),
        cues("close, mark, raise, set, lift, increase, record"),
        cues("goal, target, achieved, higher target"),
        ("current", "target"),
    ),
    Action(
        ("hold_target",),
        cues("protect, hold, keep, guard, defend, maintain, secure"),
        cues("reached, gain, gains, level, what, it, target, value, metric, :current, :target"),
        ("current", "target", "odds"),
    ),
    Action(("agree_on_work",), cues("agree, settle, decide, choose, pick"), cues("work, tasks"), ("odds",)),
    Action(("await_start",), cues("check, plan, wait"), cues("tasks, start, starts, first tasks"), ("not_assessed",)),
)
