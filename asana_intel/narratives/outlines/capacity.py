"""What may be said of a person's week that is likely too full: the load and its cause, and what would help."""

from __future__ import annotations

from asana_intel.narratives.facts import FactSheet, Kind
from asana_intel.narratives.outlines.outline import Claim, Outline, always


def _load(sheet: FactSheet) -> str:
    return f"{sheet.text('person')} is forecast at {sheet.text('load')} in {sheet.text('week_number')}"


def _helper(sheet: FactSheet) -> str:
    """The task that helps; one that may not be named is told as that of the cause, where the cause is such, too."""
    person = sheet["person"].source_gids
    if sheet["helper"].source_gids != person:
        return f"the task {sheet.text('helper')}"
    if "cause" not in sheet or sheet["cause"].source_gids != person:
        return sheet.text("helper")
    return "that task" if sheet.text("cause") == sheet.text("helper") else "one of these tasks"


def _hours(sheet: FactSheet) -> str:
    week = sheet.text("week")
    return f"{week[:1].upper()}{week[1:]} holds {sheet.text('assigned')} of work for {sheet.text('available')}"


_LOAD = ("person", "load", "week_number")

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "because_of",
        "state",
        (*_LOAD, "cause", "cause_hours"),
        always,
        lambda s: f"{_load(s)} because of {s.text('cause')} ({s.text('cause_hours')}).",
        3,
    ),
    Claim(
        "because_of_theirs",
        "state",
        (*_LOAD, "cause"),
        lambda s: "cause_hours" not in s,
        lambda s: f"{_load(s)} because of {s.text('cause')}.",
        2,
    ),
    Claim("load", "state", _LOAD, lambda s: "cause" not in s, lambda s: f"{_load(s)}.", 1),
    Claim(
        "hours_inferred",
        "detail",
        ("week", "assigned", "available", "inferred"),
        always,
        lambda s: f"{_hours(s)}; {s.text('inferred')} is inferred.",
        2,
    ),
    Claim(
        "hours",
        "detail",
        ("week", "assigned", "available"),
        lambda s: "inferred" not in s,
        lambda s: f"{_hours(s)} of time.",
        1,
    ),
    Claim(
        "helps_later",
        "help",
        ("helper", "overload", "odds_later"),
        always,
        lambda s: (
            f"With {_helper(s)} a week later, overload odds fall from {s.text('overload')} to {s.text('odds_later')}."
        ),
        3,
    ),
    Claim(
        "helps_without",
        "help",
        ("helper", "overload", "odds_without"),
        always,
        lambda s: f"Without {_helper(s)}, overload odds fall from {s.text('overload')} to {s.text('odds_without')}.",
        2,
    ),
    Claim(
        "nothing_helps_alone",
        "help",
        ("overload",),
        lambda s: "helper" not in s and "cause" in s,
        lambda s: f"The odds of overload are {s.text('overload')}, and no single task would change that much.",
        1,
    ),
    Claim(
        "odds",
        "help",
        ("overload",),
        lambda s: "helper" not in s and "cause" not in s,
        lambda s: f"The odds of overload are {s.text('overload')}, and the tasks behind it are not known.",
        1,
    ),
)
OUTLINE = Outline(
    kind=Kind.capacity_cause,
    parts={"state": 1, "detail": 1, "help": 1},
    claims=CLAIMS,
    most_words=65,
    brief="why one person's coming week is likely too full and what would help, for who plans their work",
    needs_all_parts=True,
)
