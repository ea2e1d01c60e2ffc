"""What may be said in the week's report on a portfolio or the workspace: progress, odds, risks, and what to do."""

from asana_intel.narratives.facts import FactSheet, Kind
from asana_intel.narratives.outlines.outline import Claim, Outline, always

_STANDINGS = {"on_track": "on track", "at_risk": "at risk", "off_track": "off track"}
_NOW = tuple(_STANDINGS)
_BEFORE = tuple(f"{standing}_before" for standing in _STANDINGS)
_RISKS = ("lowest_goal_a", "stalled", "slow_project", "overdue", "blocked", "overload_team", "goals_hurt")


def _number(sheet: FactSheet, fact_id: str) -> float:
    return sheet.number(fact_id) or 0.0


def _be(sheet: FactSheet, fact_id: str) -> str:
    """Of a tally; nought is worded "none", which is one."""
    return "is" if _number(sheet, fact_id) <= 1 else "are"


def _is_one(sheet: FactSheet, fact_id: str = "goals") -> bool:
    return _number(sheet, fact_id) == 1


def _is_as_before(sheet: FactSheet) -> bool:
    return all(b in sheet and sheet.number(n) == sheet.number(b) for n, b in zip(_NOW, _BEFORE, strict=True))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _only_standing(sheet: FactSheet, fact_ids: tuple[str, ...]) -> str | None:
    """The standing of the only goal; None where it had none."""
    return next((words for f, words in zip(fact_ids, _STANDINGS.values(), strict=True) if _number(sheet, f)), None)


def _standing(sheet: FactSheet) -> str:
    if _is_one(sheet):
        return f"The only goal with odds is {_only_standing(sheet, _NOW)}"
    return (
        f"Of {sheet.text('goals')}, {sheet.text('on_track')} {_be(sheet, 'on_track')} on track, "
        f"{sheet.text('at_risk')} at risk and {sheet.text('off_track')} off track"
    )


def _standing_changed(sheet: FactSheet) -> str:
    if _is_one(sheet):
        return f"{_standing(sheet)}; last week it was {_only_standing(sheet, _BEFORE)}."
    now = f"{sheet.text('on_track')} {_be(sheet, 'on_track')} on track{_unlike_before(sheet, 'on_track')}"
    rest = (f"{sheet.text(f)} {_STANDINGS[f]}{_unlike_before(sheet, f)}" for f in ("at_risk", "off_track"))
    return f"Of {sheet.text('goals')}, {now}, {' and '.join(rest)}."


def _unlike_before(sheet: FactSheet, standing: str) -> str:
    """The number of last week, where it was another one."""
    before = f"{standing}_before"
    return "" if sheet.number(standing) == sheet.number(before) else f" ({sheet.text(before)} last week)"


def _rose(sheet: FactSheet) -> str:
    return (
        f"The odds of {sheet.text('riser')} rose most, by {sheet.text('riser_change')} to {sheet.text('riser_odds')}."
    )


def _fell(sheet: FactSheet) -> str:
    return (
        f"The odds of {sheet.text('faller')} fell most, by {sheet.text('faller_change')} to {sheet.text('faller_odds')}"
    )


def _has_work(sheet: FactSheet) -> bool:
    return max(_number(sheet, "done_last_week"), _number(sheet, "usual_week")) > 0


def _work(sheet: FactSheet) -> str:
    return (
        f"{sheet.text('projects')} finished {sheet.text('done_last_week')} last week, "
        f"against {sheet.text('usual_week')} a week usually."
    )


def _wait(sheet: FactSheet) -> str:
    return "waits" if _is_one(sheet, "blocked") else "wait"


def _slowed(sheet: FactSheet) -> str:
    return (
        f"{sheet.text('slow_project')} finished {sheet.text('slow_recent')} tasks a week over four weeks, "
        f"against {sheet.text('slow_usual')} usually"
    )


def _late(sheet: FactSheet) -> str:
    verb = "comes" if sheet.text("late_hours").startswith("1 ") else "come"
    return f"{sheet.text('late_hours')} of work {verb} late"


def _too_full(sheet: FactSheet) -> str:
    return f"{sheet.text('bottleneck_team')} is likely overfull from {sheet.text('bottleneck_from')}"


def _lose(sheet: FactSheet) -> str:
    return f"{sheet.text('goals_hurt')} {'loses' if _is_one(sheet, 'goals_hurt') else 'lose'} odds"


_PROGRESS = (
    Claim("standing_unchanged", "progress", ("goals", *_NOW, *_BEFORE), _is_as_before,
          lambda s: f"{_standing(s)}, as last week.", 9),
    Claim("standing_changed", "progress", ("goals", *_NOW, *_BEFORE), lambda s: not _is_as_before(s),
          _standing_changed, 9),
    Claim("standing_first", "progress", ("goals", *_NOW), lambda s: "on_track_before" not in s,
          lambda s: f"{_standing(s)}.", 8),
    Claim("none_assessed", "progress", ("unassessed",), lambda s: "goals" not in s,
          lambda s: f"No goal has odds yet; {s.text('unassessed')} {_be(s, 'unassessed')} open.", 7),
    Claim("fell_because", "progress", ("faller", "faller_change", "faller_odds", "faller_cause"), always,
          lambda s: f"{_fell(s)}, mostly {s.text('faller_cause')}.", 6),
    Claim("fell_most", "progress", ("faller", "faller_change", "faller_odds"), lambda s: "faller_cause" not in s,
          lambda s: f"{_fell(s)}.", 5),
    Claim("rose_most", "progress", ("riser", "riser_change", "riser_odds"), always, _rose, 4),
    Claim("work_done", "progress", ("projects", "done_last_week", "usual_week"),
          _has_work, _work, 2),
    Claim("nothing_done", "progress", ("portfolio",),
          lambda s: not any(f in s for f in ("goals", "unassessed")) and not _has_work(s),
          lambda s: f"{s.text('portfolio')}: no goal is open, and no task was finished last week.", 1),
)  # fmt: skip

_ODDS = (
    Claim("likelier_than_not", "odds", ("likely", "goals", "mean_odds"), lambda s: not _is_one(s),
          lambda s: (
              f"{_capital(s.text('likely'))} of {s.text('goals')} {_be(s, 'likely')} likelier reached than missed; "
              f"the average odds are {s.text('mean_odds')}."
          ), 3),
    Claim("likelier_or_not", "odds", ("likely", "mean_odds"), _is_one,
          lambda s: (
              f"It is likelier {'reached than missed' if s.number('likely') else 'missed than reached'}, "
              f"at odds of {s.text('mean_odds')}."
          ), 3),
    Claim("green_against_odds", "odds", ("green_unlikely", "unlikely"), always,
          lambda s: (
              f"{s.text('green_unlikely')} of {s.text('unlikely')} below even odds "
              f"still {'shows' if _is_one(s, 'green_unlikely') else 'show'} green in Asana."
          ), 2),
    Claim("some_unassessed", "odds", ("unassessed",), lambda s: "goals" in s,
          lambda s: f"{s.text('unassessed')} more {'has' if _is_one(s, 'unassessed') else 'have'} no odds yet.", 1),
)  # fmt: skip

_RISK = (
    Claim("two_lowest", "risks", ("lowest_goal_a", "lowest_odds_a", "lowest_goal_b", "lowest_odds_b"), always,
          lambda s: (
              f"Lowest odds: {s.text('lowest_goal_a')} ({s.text('lowest_odds_a')}) "
              f"and {s.text('lowest_goal_b')} ({s.text('lowest_odds_b')})."
          ), 9),
    Claim("lowest", "risks", ("lowest_goal_a", "lowest_odds_a"), lambda s: "lowest_goal_b" not in s,
          lambda s: f"The goal with the lowest odds is {s.text('lowest_goal_a')}, at {s.text('lowest_odds_a')}.", 8),
    Claim("team_overloaded", "risks", ("overload_team", "overload_weeks", "person_weeks"), always,
          lambda s: (
              f"In {s.text('overload_team')}, {s.text('overload_weeks')} of the coming {s.text('person_weeks')} "
              f"{_be(s, 'overload_weeks')} likely overloaded."
          ), 7),
    Claim("projects_slowed", "risks", ("slow_project", "slow_recent", "slow_usual", "slowed_too"), always,
          lambda s: f"{_slowed(s)}; {s.text('slowed_too')} slowed down too.", 6),
    Claim("project_slowed", "risks", ("slow_project", "slow_recent", "slow_usual"), lambda s: "slowed_too" not in s,
          lambda s: f"{_slowed(s)}.", 6),
    Claim("overdue_and_blocked", "risks", ("overdue", "blocked"), always,
          lambda s: (
              f"{s.text('overdue')} {_be(s, 'overdue')} overdue, and {s.text('blocked')} {_wait(s)} "
              "for other open work."
          ), 5),
    Claim("overdue", "risks", ("overdue",), lambda s: "blocked" not in s,
          lambda s: f"{s.text('overdue')} {_be(s, 'overdue')} overdue.", 4),
    Claim("blocked", "risks", ("blocked",), lambda s: "overdue" not in s,
          lambda s: f"{s.text('blocked')} {_wait(s)} for other open work.", 4),
    Claim("stalled", "risks", ("stalled",), always,
          lambda s: f"{s.text('stalled')} made no progress for unusually long.", 3),
)  # fmt: skip

_CAPACITY = (
    Claim("late_in_a_team_and_goals_lose", "capacity",
          ("late_hours", "bottleneck_team", "bottleneck_from", "goals_hurt"), always,
          lambda s: f"{_late(s)}, {_lose(s)}; {_too_full(s)}.", 9),
    Claim("late_and_goals_lose", "capacity", ("late_hours", "goals_hurt"), lambda s: "bottleneck_team" not in s,
          lambda s: f"{_late(s)} in the coming weeks, and {_lose(s)} by it.", 8),
    Claim("late_in_a_team", "capacity", ("late_hours", "bottleneck_team", "bottleneck_from"),
          lambda s: "goals_hurt" not in s, lambda s: f"{_late(s)}; {_too_full(s)}.", 7),
    Claim("late", "capacity", ("late_hours",), lambda s: not any(f in s for f in ("goals_hurt", "bottleneck_team")),
          lambda s: f"{_late(s)} in the coming weeks.", 6),
    Claim("work_fits", "capacity", ("asked_hours", "time_hours"), always,
          lambda s: f"Open work takes {s.text('asked_hours')} of the {s.text('time_hours')} there are.", 5),
)  # fmt: skip

_ACTION = (
    Claim("pull_lever", "actions", ("lever_goal", "lever", "lever_points"), always,
          lambda s: (
              f"Decide on {s.text('lever_goal')}, where {s.text('lever')} would add "
              f"{s.text('lever_points')} to the odds."
          ), 9),
    Claim("plan_anew", "actions", ("lowest_goal_a", "lowest_lever"), always,
          lambda s: (
              f"Re-plan or drop {s.text('lowest_goal_a')}, as more time, more pace or a lower target "
              f"adds at most {s.text('lowest_lever')}."
          ), 8),
    Claim("correct_status", "actions", ("green_goal", "green_odds"), always,
          lambda s: f"Correct the status of {s.text('green_goal')}, green at odds of {s.text('green_odds')}.", 7),
    Claim("relieve_team", "actions", ("overload_team", "overload_from"), always,
          lambda s: (
              f"Move work out of the full weeks of {s.text('overload_team')}, from {s.text('overload_from')} on."
          ), 6),
    Claim("regain_pace", "actions", ("slow_project", "pace_gap"), always,
          lambda s: f"Ask what holds up {s.text('slow_project')}, now {s.text('pace_gap')} tasks a week short.", 5),
    Claim("clear_overdue", "actions", ("overdue_project", "overdue_there"), always,
          lambda s: (
              f"Clear or re-plan overdue work first in {s.text('overdue_project')}, "
              f"where {s.text('overdue_there')} {_be(s, 'overdue_there')} late."
          ), 4),
    Claim("unblock", "actions", ("blocked_project", "blocked_there"), always,
          lambda s: (
              f"Unblock {s.text('blocked_project')} first, where {s.text('blocked_there')} "
              f"{'waits' if _is_one(s, 'blocked_there') else 'wait'}."
          ), 3),
    Claim("decide_on_lowest", "actions", ("lowest_goal_a",),
          lambda s: not any(f in s for f in ("lever_goal", "lowest_lever")),
          lambda s: f"Decide whether {s.text('lowest_goal_a')} gets more work, a later date or a lower target.", 9),
    Claim("supply_evidence", "actions", ("unassessed",), always,
          lambda s: (
              f"Give {s.text('unassessed')} without odds what is missing: a target, a due date or a metric."
          ), 1),
    Claim("hold_course", "actions", ("on_track",), lambda s: not any(f in s for f in _RISKS),
          lambda _: "Hold the course: nothing needs a decision this week.", 0),
)  # fmt: skip

OUTLINE = Outline(
    kind=Kind.portfolio_report,
    parts={"progress": 3, "odds": 2, "risks": 3, "capacity": 1, "actions": 3},
    claims=(*_PROGRESS, *_ODDS, *_RISK, *_CAPACITY, *_ACTION),
    most_words=200,
    brief=(
        "a weekly report on a portfolio for its stakeholders: progress, odds, risks with numbers, capacity,"
        " what to decide"
    ),
)


def status_type(sheet: FactSheet) -> str:
    """on_track, at_risk or off_track from the mean of the odds, the share of goals to be reached; else at_risk."""
    share = sheet.number("mean_odds")
    if share is None:
        return "at_risk"
    return "on_track" if share >= 0.7 else "at_risk" if share >= 0.35 else "off_track"
