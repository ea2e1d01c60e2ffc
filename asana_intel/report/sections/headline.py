"""The first screen: one sentence and four numbers that the other sections explain."""

from dataclasses import dataclass

from asana_intel.report import formats
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.goals import GoalsSection
from asana_intel.report.sections.people import PeopleSection
from asana_intel.report.sections.plans import PlanSection, WritesSection
from asana_intel.report.sections.standing import Standing
from asana_intel.settings import OVERLOAD_WEEKS


@dataclass(frozen=True)
class Tile:
    """One number, what it counts, and the section that explains it; `tone` is plain, good, warn or bad."""

    number: str
    words: str
    small: str
    anchor: str
    tone: str


@dataclass(frozen=True)
class Headline:
    """All of it."""

    sentence: str
    tiles: list[Tile]


def headline(
    inputs: ReportInputs, goals: GoalsSection, people: PeopleSection, plan: PlanSection, writes: WritesSection
) -> Headline:
    """Sum up the sections."""
    return Headline(_sentence(inputs, goals, people), _tiles(goals, people, plan, writes))


def _sentence(inputs: ReportInputs, goals: GoalsSection, people: PeopleSection) -> str:
    if inputs.as_of_on is None:
        return "Nothing has been forecast yet."
    parts = []
    if goals.assessed:
        late = goals.assessed - goals.count(Standing.on_track)
        verb = "needs" if late == 1 else "need"
        parts.append(
            f"{late} of {formats.count(goals.assessed, 'assessed goal')} {verb} attention."
            if late
            else f"All {formats.count(goals.assessed, 'assessed goal')} are on track."
        )
    elif goals.tree:
        parts.append(f"None of {formats.count(len(goals.tree), 'goal')} can be assessed yet.")
    if people.load.overloaded_people:
        who = formats.count(people.load.overloaded_people, "person is", "people are")
        parts.append(f"{who} likely to be overloaded within {OVERLOAD_WEEKS} weeks.")
    elif people.load.assessed:
        parts.append(f"Nobody is likely to be overloaded within {OVERLOAD_WEEKS} weeks.")
    return " ".join(parts) or "No goal and no person was forecast this week."


def _tiles(goals: GoalsSection, people: PeopleSection, plan: PlanSection, writes: WritesSection) -> list[Tile]:
    late = goals.count(Standing.off_track) + goals.count(Standing.at_risk)
    full = people.load.overloaded_people
    unproven = writes.total - writes.verified
    proof = "all verified by reading back" if writes.total else "so far"
    return [
        _counted(
            late,
            goals.assessed,
            _noun(late, "goal at risk or off track", "goals at risk or off track"),
            f"of {goals.assessed} assessed",
            "goals",
            "bad",
        ),
        _counted(
            full,
            people.load.assessed,
            _noun(full, "person overloaded", "people overloaded"),
            f"next {OVERLOAD_WEEKS} weeks, of {people.load.assessed} assessed",
            "people",
            "warn",
        ),
        Tile(
            formats.number(plan.waiting, 0),
            _noun(plan.waiting, "change waiting", "changes waiting"),
            "for a decision",
            "plan",
            "accent" if plan.waiting else "plain",
        ),
        Tile(
            formats.number(writes.total, 0),
            _noun(writes.total, "change written", "changes written"),
            f"{unproven} not verified" if unproven else proof,
            "written",
            "bad" if unproven else "plain",
        ),
    ]


def _noun(count: int, one: str, many: str) -> str:
    return one if count == 1 else many


def _counted(found: int, of: int, words: str, small: str, anchor: str, alarm: str) -> Tile:
    """A count of alarms: a zero is good news only where something was assessed."""
    if not of:
        return Tile(formats.MISSING, words, small, anchor, "plain")
    return Tile(str(found), words, small, anchor, alarm if found else "good")
