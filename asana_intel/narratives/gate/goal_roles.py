"""How each fact of a goal is called in a text; rows only, see roles.py for what a row says."""

from asana_intel.narratives.gate.role import DAY, PERCENT, PLAIN, POINTS, Role, always, cues, is_less

ODDS_WORDS = cues(
    "odds, chance, chances, probability, likelihood, likely, confidence, prospect, "
    "prospects, confident, gone up, gone down, gone from, in time, on time, at risk, on track, off track, "
    "on course, unlikely, uncertain"
)


_NEED = cues(
    "need, needs, needed, needing, require, requires, required, requiring, requirement, "
    "must, necessary, take, takes, it takes, target needs, target requires, goal needs, "
    "goal requires, target calls for, target asks for, target demands, target takes, "
    "getting there, get there, to make it, reach, raise, lift, increase, call for, "
    "calls for, demand, demands, have to, has to, would take, would need, ask for, asks for, "
    "step up, pick up, speed up, needed pace, required pace, pace needed, pace required, "
    "necessary pace, pace it needs, rate needed, needed rate, required rate, rate required, "
    "target pace, bring, up to, move to, pace the target needs, pace that is needed, "
    "pace which is needed, call, accelerate, raised, raised to, lifted, lifted to, "
    "increased to, raise to, brought up to, get to, needed weekly, aim for, aim, ~target, "
    "what is needed, pace that the target needs, rate that is needed, pace the goal needs, "
    "required weekly pace, needed weekly pace, deserves, sought, wants, going at, "
    "going forward, from here, from now on, hereafter, on average from now on, "
    "every remaining week, in every remaining week, for the remaining, for the rest, "
    "needs a pace, requires a pace, needs a weekly pace, requires a weekly pace, "
    "need a pace, requires a rate, needs a rate, required is, needed is"
)


_SLOW_RECENT = cues(
    "finished, finishing, completed, completing, closed, closing, delivered, delivering, "
    "slowed, slowed down, has slowed, in the last, over the last, in the past, "
    "over the past, recent, recently, lately, now, currently, slowed to, down to, ~@to, "
    "~@with, ~@at, manages, managed, managing, averages, averaged, averaging, "
    "last four weeks, past four weeks, over four weeks, last 4 weeks, of late, is at, "
    "latest, current, four weeks, 4 weeks, done, does, did, slows to, runs at, running at, "
    "dropped to, fell to, only, getting through, gets through, got through"
)


_SLOW_USUAL = cues(
    "usual, usually, normal, normally, typical, typically, norm, ~average, used to, history, "
    "historical, historically, @from, @against, @instead of, @in place of, @rather than, "
    "@compared with, @compared to, @down from, @versus, @vs, usual pace, usual rate, "
    "normal pace, normal rate, typical pace, typical rate, own average, average of, "
    "habitual, customary, ordinarily, long-run, longer run, @below, @under, is usual, "
    "is normal, is typical, its own usual, usual pace of, used to finish, usual weekly"
)


GOAL_ROLES: dict[str, Role] = {
    "odds": Role((PERCENT,), ODDS_WORDS, entity="goal"),
    "odds_before": Role((PERCENT,), (), entity="goal", before="odds", is_optional=True),
    "odds_change": Role((POINTS,), ODDS_WORDS, entity="goal", is_default=True, is_signed=True),
    "elapsed": Role(
        (PERCENT,),
        cues(
            "of the time, of its time, of the period, of the available time, of time, time gone, "
            "elapsed, gone, passed, used, spent, behind it, behind us, ~time, ~period, ~calendar, "
            "expired, used up, run out, through the period, through its time, through its period, "
            "over, of the calendar, of the schedule, ~schedule, of the goal's time, into the period, "
            "into its period, into its time, of the run, of the window, ~window, lapsed"
        ),
        entity="goal",
    ),
    "progress": Role(
        (PERCENT,),
        cues(
            "of the way, of the distance, complete, completed, progress, done, of the target, "
            "of target, covered, achieved, of its target, finished, way, completion, of the path"
        ),
        entity="goal",
    ),
    "current": Role(
        (PLAIN, PERCENT),
        cues(
            "@at, stands, standing, stand, stood, now, currently, so far, sits, sitting, reached, "
            "value, current, achieved, metric, latest, measured, reading, to date, ~has, ~is, "
            "~@from, ~@to, up to now, counted, recorded, reads, counts, got to, has got to, today, "
            "~progress"
        ),
        entity="goal",
        of="target",
    ),
    "target": Role(
        (PLAIN, PERCENT),
        cues(
            "target, ~goal, reach, reaching, aim, required, want, wanted, hit, hitting, hits, "
            "target of, goal of, needed, out of, target is, get to, getting to, gets to, make, "
            "making, ~of, planned, aimed, targeted, ~@to, achieve, achieving, meet, meeting, "
            "reached, @against, attain, attaining"
        ),
        entity="goal",
    ),
    "value_change": Role(
        (PLAIN, PERCENT, POINTS),
        cues(
            "up, down, gain, gained, rose, fell, added, adds, lost, change, changed, increase, "
            "decrease, grew, metric, value, ~by, more than last week, less than last week, moved, "
            "advanced, higher, lower, stands, ~current, ~@at, came in, "
            "last week, ~@of, new"
        ),
        entity="goal",
        is_signed=True,
        is_optional=True,
        is_default=True,
        is_bad=lambda s: (s.number("value_change") or 0) < 0,
    ),
    "expected": Role(
        (PLAIN, PERCENT),
        cues("expected, forecast, predicted, expects, foreseen, anticipated, projected, foresaw"),
        entity="goal",
        is_optional=True,
    ),
    "window_gain": Role(
        (PLAIN, PERCENT, POINTS),
        cues("of the, gained, four weeks, gain, total, in all, @of, together"),
        entity="goal",
        is_optional=True,
    ),
    "peak_gain": Role(
        (PLAIN, PERCENT, POINTS),
        cues("single week, one week, best week, a single, of the, came in"),
        entity="goal",
        is_optional=True,
    ),
    "driver_points": Role(
        (POINTS,),
        cues(
            "explains, explain, explained, accounts for, account for, due to, of the fall, "
            "of the rise, of the drop, of the change, of it, because of, comes from, come from, "
            "of that, caused, of this, of them"
        ),
        entity="goal",
        is_optional=True,
        is_signed=True,
        is_bad=always,
    ),
    "lever_points": Role(
        (POINTS,),
        cues("add, adds, would add, would raise, raise, would lift, would bring, worth, gain, lift, bring, brings"),
        entity="goal",
        is_optional=True,
        not_with=("to the pace", "to the target", "to the metric"),
    ),
    "driver": Role((), (), is_bad=lambda s: (s.number("driver_points") or 0) < 0, entity="goal"),
    "lever": Role((), (), entity="goal"),
    "stalled": Role(
        (PLAIN,),
        cues(
            "not moved, without, stalled, standstill, no gain, no progress, in a row, stood still, "
            "straight, no movement, stuck, running, still, idle, row, flat, stalled for, "
            "consecutive, unchanged"
        ),
        entity="goal",
        is_optional=True,
        is_bad=always,
    ),
    "window": Role(
        (PLAIN,), cues("last, past, over, in, recent, previous, lately"), is_optional=True, is_evidence=False
    ),
    "scope": Role((), (), is_evidence=False),
    "blocker": Role((), (), is_bad=always),
    "blocked_days": Role(
        (PLAIN,),
        cues("longest, days, for, waiting, held, since, wait"),
        entity="blocker",
        is_optional=True,
        is_bad=always,
    ),
    "pace": Role(
        (PLAIN, PERCENT, POINTS),
        cues(
            "recent, recently, lately, latest, current, currently, now, running, runs, gaining, "
            "gains, gained, adding, adds, added, growing, grows, averaging, average, averages, "
            "averaged, moving, moves, moved, progressing, of late, ~@at, ~pace, ~rate, ~speed, "
            "~gain, so far, actual, present, at present, today, advancing, advances, recent weeks, "
            "the goal gains, the metric gains, going, goes, weekly gain, runs at, running at, "
            "progress is, progress of, progress has been"
        ),
        entity="goal",
        of="needed_pace",
        is_bad=is_less("pace", "needed_pace"),
    ),
    "needed_pace": Role((PLAIN, PERCENT, POINTS), _NEED, entity="goal", is_bad=is_less("pace", "needed_pace")),
    "weeks_left": Role(
        (PLAIN,),
        cues("left, remaining, remain, remains, to go, until, more, next, further, rest, over, ~for, in, away, within"),
        entity="goal",
        is_default=True,
        not_with=("last four", "past four"),
    ),
    "done_last_week": Role(
        (PLAIN,),
        cues(
            "last week, finished, finishing, completed, completing, closed, done, delivered, "
            "wrapped up, ticked off, past week, previous week, finish, close, completions, got done, "
            "through, complete, output"
        ),
        entity="goal",
        not_with=("this week", "today", "now"),
    ),
    "slow_project": Role((), (), is_bad=always),
    "slow_recent": Role(
        (PLAIN,), _SLOW_RECENT, entity="slow_project", is_optional=True, is_bad=always, not_with=("last week",)
    ),
    "slow_usual": Role(
        (PLAIN,), _SLOW_USUAL, entity="slow_project", is_optional=True, is_bad=always, not_with=("last week",)
    ),
    "overdue": Role(
        (PLAIN,),
        cues("overdue, late, past due, past their due, >past the due, past its due, beyond their due"),
        entity="goal",
        is_bad=always,
        not_with=("last week",),
    ),
    "blocked": Role(
        (PLAIN,),
        cues(
            "blocked, wait, waits, waiting, stuck, depend, depends, depending, held up, held, "
            "on hold, dependencies, dependency"
        ),
        entity="goal",
        is_bad=always,
        not_with=("last week",),
    ),
    "due": Role(
        (DAY,),
        cues(
            "@after, @before, @past, @beyond, due, deadline, target date, until, odds, chance, "
            "chances, probability, likelihood, likely, due day, due date, ends, end date"
        ),
        entity="goal",
        is_default=True,
    ),
    "predicted": Role(
        (DAY,),
        cues(
            ">before the due, >after the due, >later than the due, >ahead of the due, past the due, "
            ">before the deadline, >after the deadline, >past the deadline, >ahead of the deadline, "
            ">later than the deadline, >earlier than the due, forecast, forecasts, predict, "
            "predicts, predicted, prediction, expects, expected, projected, projection, projects, "
            "estimate, estimates, estimated, at this pace, at the recent pace, at its recent pace, "
            "at the current pace, anticipated, foreseen, foresees, points to, sees, "
            "at the present pace, on current form, on the current pace, on recent pace, puts it at, "
            "puts the finish"
        ),
        entity="goal",
    ),
    "not_assessed": Role((), (), entity="goal", is_bad=always),
}
