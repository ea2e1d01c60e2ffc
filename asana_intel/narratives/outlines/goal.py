"""What may be said of a goal's week: where it stands and what changed, why, and what to do next."""

from asana_intel.narratives.facts import FactSheet, Kind
from asana_intel.narratives.outlines.outline import Claim, Outline, always


def _number(sheet: FactSheet, fact_id: str) -> float:
    return sheet.number(fact_id) or 0.0


def _moved(sheet: FactSheet) -> str:
    points = _number(sheet, "odds_change")
    if points == 0:
        return "unchanged since last week"
    return f"{'up' if points > 0 else 'down'} {sheet.text('odds_change')} since last week"


def _standing(sheet: FactSheet) -> str:
    return f"{sheet.text('current')} of {sheet.text('target')} after {sheet.text('elapsed')} of the time"


def _odds(sheet: FactSheet) -> str:
    return f"At {_standing(sheet)}, the odds of reaching the target by {sheet.text('due')} are {sheet.text('odds')}"


def _reads_apart(sheet: FactSheet, one: str, other: str) -> bool:
    """Whether two numbers differ as people read them; "3 a week, above the 3 it needs" says nothing."""
    return sheet.text(one) != sheet.text(other)


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "odds_with_change",
        "state",
        ("current", "target", "elapsed", "odds", "odds_change", "due"),
        always,
        lambda s: (
            f"At {_standing(s)}, the odds of reaching the target by {s.text('due')} are {s.text('odds')}, {_moved(s)}."
        ),
        3,
    ),
    Claim(
        "odds_first",
        "state",
        ("current", "target", "elapsed", "odds", "due"),
        lambda s: "odds_change" not in s,
        lambda s: f"{_odds(s)}.",
        2,
    ),
    Claim(
        "odds_alone",
        "state",
        ("odds", "due"),
        lambda s: not all(f in s for f in ("current", "target", "elapsed")),
        lambda s: f"The odds of reaching the target by {s.text('due')} are {s.text('odds')}.",
        1,
    ),
    Claim(
        "not_assessed",
        "state",
        ("not_assessed",),
        always,
        lambda s: f"No odds yet: {s.text('not_assessed')}",
        1,
    ),
    Claim(
        "project_slowed",
        "cause",
        ("slow_project", "slow_recent", "slow_usual"),
        always,
        lambda s: (
            f"{s.text('slow_project')} finished {s.text('slow_recent')} tasks a week over four weeks, "
            f"against {s.text('slow_usual')} usually."
        ),
        4,
    ),
    Claim(
        "pace_below_need",
        "cause",
        ("pace", "needed_pace"),
        lambda s: 0 < _number(s, "pace") < _number(s, "needed_pace") and _reads_apart(s, "pace", "needed_pace"),
        lambda s: f"Recent pace is {s.text('pace')} a week; the target needs {s.text('needed_pace')}.",
        3,
    ),
    Claim(
        "pace_above_need",
        "cause",
        ("pace", "needed_pace"),
        lambda s: _number(s, "pace") > _number(s, "needed_pace") > 0 and _reads_apart(s, "pace", "needed_pace"),
        lambda s: f"Recent pace is {s.text('pace')} a week, above the {s.text('needed_pace')} the target needs.",
        5,
    ),
    Claim(
        "target_reached",
        "cause",
        ("current", "target", "progress"),
        lambda s: _number(s, "progress") >= 1,
        lambda s: f"The target of {s.text('target')} is reached.",
        9,
    ),
    Claim(
        "tasks_blocked",
        "cause",
        ("blocked",),
        always,
        lambda s: f"{s.text('blocked')} in the supporting projects {_wait(s)} for other open work.",
        2,
    ),
    Claim(
        "work_done",
        "cause",
        ("done_last_week",),
        always,
        lambda s: f"The supporting projects finished {s.text('done_last_week')} last week.",
        1,
    ),
    Claim(
        "status_too_green",
        "action",
        ("asana_status", "odds"),
        lambda s: _number(s, "odds") < 0.4 and s.text("asana_status") == "green",
        lambda s: f"Asana still shows green at odds of {s.text('odds')}: update the status or the plan.",
        5,
    ),
    Claim(
        "raise_pace",
        "action",
        ("needed_pace", "weeks_left", "pace", "odds"),
        lambda s: _number(s, "odds") < 0.7 and _number(s, "needed_pace") > max(_number(s, "pace"), 0),
        lambda s: (
            f"Next: reach {s.text('needed_pace')} a week for the remaining {s.text('weeks_left')}, or move the target."
        ),
        3,
    ),
    Claim(
        "clear_overdue",
        "action",
        ("overdue",),
        lambda s: "odds" not in s or _number(s, "odds") < 0.9,
        lambda s: f"Next: clear or re-plan {s.text('overdue')} past due in the supporting projects.",
        2,
    ),
    Claim(
        "hold_course",
        "action",
        ("odds",),
        lambda s: _number(s, "odds") >= 0.7,
        lambda s: "Next: hold the course; no change is needed now.",
        1,
    ),
    Claim(
        "supply_evidence",
        "action",
        ("not_assessed",),
        always,
        lambda s: "Next: give the goal what is missing, and the next sync will assess it.",
        1,
    ),
)


def _wait(sheet: FactSheet) -> str:
    return "waits" if _number(sheet, "blocked") == 1 else "wait"


OUTLINE = Outline(
    kind=Kind.goal_progress,
    parts={"state": 1, "cause": 1, "action": 1},
    claims=CLAIMS,
    most_words=60,
    brief="a weekly update on one goal for the people who follow it: where it stands, why, and what to do next",
)


def status_type(sheet: FactSheet) -> str:
    """on_track, at_risk or off_track from the odds; at_risk where there are none."""
    odds = sheet.number("odds")
    if odds is None:
        return "at_risk"
    return "on_track" if odds >= 0.7 else "at_risk" if odds >= 0.35 else "off_track"
