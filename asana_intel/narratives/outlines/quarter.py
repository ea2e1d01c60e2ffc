"""What may be said of a quarter that is over: what came of it, themes, causes, forecasts, and how to work next time."""

from collections.abc import Callable
from itertools import combinations

from asana_intel.narratives.facts import FactSheet, Kind
from asana_intel.narratives.outlines.outline import Claim, Outline, always

_LETTERS = "abc"
_MANY = 10  # heavier than anything within a letter


def _number(sheet: FactSheet, fact_id: str) -> float:
    return sheet.number(fact_id) or 0.0


def _was(sheet: FactSheet, fact_id: str) -> str:
    return f"{sheet.text(fact_id)} {'were' if _number(sheet, fact_id) > 1 else 'was'}"


def _listed(parts: list[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def _outcome(sheet: FactSheet) -> str:
    partly = f", {_was(sheet, 'partly')} met in part" if "partly" in sheet else ""
    return (
        f"Of {sheet.text('due_goals')} due in {sheet.text('quarter')}, {_was(sheet, 'met')} met{partly} "
        f"and {_was(sheet, 'missed')} missed."
    )


def _outcome_claims() -> list[Claim]:
    facts = ("due_goals", "quarter", "met", "missed")
    return [
        Claim("outcome", "outcome", facts, lambda s: "partly" not in s, _outcome, _MANY),
        Claim("outcome_with_partly", "outcome", (*facts, "partly"), always, _outcome, _MANY),
    ]


_ELSEWHERE: dict[str, Callable[[FactSheet], str]] = {
    "dropped": lambda s: f"{_was(s, 'dropped')} dropped",
    "unmeasured": lambda s: f"{s.text('unmeasured')} could not be measured",
    "moved": lambda s: (
        f"{s.text('moved')} more {'was' if _number(s, 'moved') == 1 else 'were'} moved to a later quarter"
    ),
}


def _elsewhere_claims() -> list[Claim]:
    """Goals that are neither met nor missed; all of them in one sentence, so that none is left out."""

    def claim(parts: tuple[str, ...]) -> Claim:
        return Claim(
            "_and_".join(parts),
            "outcome",
            parts,
            lambda s: not any(f in s for f in _ELSEWHERE if f not in parts),
            lambda s: f"{_listed([_ELSEWHERE[part](s) for part in parts])}.",
            5,
        )

    return [claim(parts) for size in (1, 2, 3) for parts in combinations(_ELSEWHERE, size)]


def _theme_claims() -> list[Claim]:
    """The most common causes with their counts; of a single goal, without."""

    def several(sheet: FactSheet, letters: str) -> str:
        parts = [f"{sheet.text(f'theme_{x}')} in {sheet.text(f'theme_goals_{x}')}" for x in letters]
        return f"Causes found among the {sheet.text('not_met')} not met: {_listed(parts)}."

    def single(sheet: FactSheet, letters: str) -> str:
        return (
            f"Found behind the {sheet.text('not_met')} not met: {_listed([sheet.text(f'theme_{x}') for x in letters])}."
        )

    def claim(letters: str, *, is_single: bool) -> Claim:
        themes = tuple(f"theme_{x}" for x in letters)
        counts = () if is_single else tuple(f"theme_goals_{x}" for x in letters)
        return Claim(
            f"{'themes_of_one' if is_single else 'themes'}_{letters}",
            "themes",
            ("not_met", *themes, *counts),
            lambda s: (_number(s, "not_met") == 1) == is_single,
            lambda s: single(s, letters) if is_single else several(s, letters),
            len(letters),
        )

    return [claim(_LETTERS[:size], is_single=one) for size in (1, 2, 3) for one in (False, True)]


# Cause -> the facts that prove it, and its sentence for the first, second and third goal that is named: the same words
# thrice would be read over. Which causes a goal has, the sheet decides.
_CAUSES: dict[str, tuple[tuple[str, ...], tuple[str, str, str]]] = {
    "no_support": (
        ("no_support",),
        ("It had {no_support}.", "There was {no_support} behind it.", "The data show {no_support}."),
    ),
    "late_start": (
        ("early_share", "early_day"),
        (
            "It stood at {early_share} of the way on {early_day}.",
            "By {early_day}, {early_share} was done.",
            "Progress was {early_share} until {early_day}.",
        ),
    ),
    "target_rose": (
        ("old_target", "new_target"),
        (
            "Its target moved from {old_target} to {new_target}.",
            "The target was changed from {old_target} to {new_target}.",
            "What was wanted went from {old_target} to {new_target}.",
        ),
    ),
    "waited": (
        ("wait_share",),
        (
            "Its tasks waited for others in {wait_share} of their open time.",
            "For {wait_share} of the time, its open tasks waited for other work.",
            "Waiting for others took {wait_share} of the time its tasks were open.",
        ),
    ),
    "overload": (
        ("overload_share",),
        (
            "Those who worked on it were overloaded in {overload_share} of their weeks.",
            "Of the weeks of its people, {overload_share} were overloaded.",
            "There was too much to do in {overload_share} of its people's weeks.",
        ),
    ),
    "due_slips": (
        ("slip_share",),
        (
            "Of its dated tasks, {slip_share} moved to a later day.",
            "Due days slipped for {slip_share} of the tasks that had one.",
            "A later due day was set for {slip_share} of its tasks with a date.",
        ),
    ),
    "work_grew": (
        ("taken_on", "finished"),
        (
            "Its projects took on {taken_on} and finished {finished}.",
            "Behind it, {taken_on} came in and {finished} were finished.",
            "There were {taken_on} added to its projects, against {finished} finished.",
        ),
    ),
    "pace_fell": (
        ("half_share", "half_day", "rest_share"),
        (
            "It came {half_share} of the way by {half_day} and {rest_share} after.",
            "By {half_day} it had gained {half_share}, then {rest_share} more.",
            "The time until {half_day} brought {half_share}, the rest {rest_share}.",
        ),
    ),
    "pace_turned": (
        ("half_share", "half_day", "lost_share"),
        (
            "It came {half_share} of the way by {half_day} and lost {lost_share} after.",
            "By {half_day} it had gained {half_share}, then {lost_share} was lost.",
            "The time until {half_day} brought {half_share}, the rest lost {lost_share}.",
        ),
    ),
    "unheeded": (
        ("warned_on",),
        (
            "Warnings from {warned_on} on changed nothing.",
            "The forecast warned without effect since {warned_on}.",
            "No change followed the warning of {warned_on}.",
        ),
    ),
}
_REACHED = ("reached", "came to", "ended at")


def _before_due(sheet: FactSheet) -> str:
    lead = sheet.text("lead")
    return f"{lead} before it was due" if _number(sheet, "warned") == 1 else f"a median of {lead} before they were due"


def _cause_claims() -> list[Claim]:
    """For each goal named, one claim with all its causes: which of them to believe is no one's choice."""

    def evidence(causes: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(fact for cause in causes for fact in _CAUSES[cause][0]))

    def claim(causes: tuple[str, ...], x: str) -> Claim:
        place, proof = _LETTERS.index(x), evidence(causes)
        others = [f"{fact}_{x}" for fact in evidence(tuple(_CAUSES)) if fact not in proof]

        def words(sheet: FactSheet) -> str:
            name, reached, wanted = (sheet.text(f"{fact}_{x}") for fact in ("miss", "reached", "wanted"))
            texts = {fact: sheet.text(f"{fact}_{x}") for fact in proof}
            causal = [_CAUSES[cause][1][place].format(**texts) for cause in causes]
            return " ".join([f"{name} {_REACHED[place]} {reached} of {wanted}.", *causal])

        return Claim(
            f"miss_{x}_{'_and_'.join(causes) or 'alone'}",
            "causes",
            tuple(f"{fact}_{x}" for fact in ("miss", "reached", "wanted", *proof)),
            lambda s: not any(fact in s for fact in others),
            words,
            _MANY - place,
        )

    return [
        claim(causes, x)
        for x in _LETTERS
        for size in (0, 1, 2)
        for causes in combinations(_CAUSES, size)
        if causes != ("pace_fell", "pace_turned")
    ]


def _advice_claims() -> list[Claim]:
    def claim(x: str) -> Claim:
        return Claim(
            f"advice_{x}",
            "advice",
            (f"theme_{x}", f"advice_{x}"),
            always,
            lambda s: f"Against {s.text(f'theme_{x}')}: {s.text(f'advice_{x}')}.",
            _MANY - _LETTERS.index(x),
        )

    return [claim(x) for x in _LETTERS]


CLAIMS: tuple[Claim, ...] = (
    *_outcome_claims(),
    *_elsewhere_claims(),
    Claim(
        "mid_quarter",
        "outcome",
        ("middle", "expected", "foreseen", "foreseen_met"),
        always,
        lambda s: (
            f"On {s.text('middle')}, at mid-quarter, forecasts expected {s.text('expected')} of {s.text('foreseen')} "
            f"to be met; {_was(s, 'foreseen_met')}."
        ),
        3,
    ),
    *_theme_claims(),
    Claim(
        "unexplained",
        "themes",
        ("unexplained", "not_met"),
        always,
        lambda s: f"For {s.text('unexplained')} of the {s.text('not_met')} not met, the data show no cause.",
    ),
    *_cause_claims(),
    Claim(
        "forecast_scores",
        "forecasts",
        ("brier", "rule_brier"),
        always,
        lambda s: (
            f"The forecasts scored {s.text('brier')} on the Brier scale, where lower is better; "
            f"the pace rule scored {s.text('rule_brier')}."
        ),
        2,
    ),
    Claim(
        "warned_early",
        "forecasts",
        ("warned", "scored_misses", "lead"),
        always,
        lambda s: f"They warned of {s.text('warned')} of {s.text('scored_misses')} not met, {_before_due(s)}.",
        1,
    ),
    Claim(
        "warned_late",
        "forecasts",
        ("warned", "scored_misses"),
        lambda s: "lead" not in s,
        lambda s: f"They warned of {s.text('warned')} of {s.text('scored_misses')} not met.",
        1,
    ),
    *_advice_claims(),
    Claim(
        "keep_process",
        "advice",
        ("met", "due_goals"),
        lambda s: "not_met" not in s and _number(s, "met") > 0,
        lambda s: f"With {s.text('met')} of {s.text('due_goals')} met, nothing speaks for another way of working.",
    ),
)

OUTLINE = Outline(
    kind=Kind.quarter_retrospective,
    parts={"outcome": 3, "themes": 2, "causes": 3, "forecasts": 2, "advice": 3},
    claims=CLAIMS,
    most_words=250,
    brief="a look back on a quarter for those who plan the next: what came of its goals, why, and how to work next "
    "time; about the process, never about people",
)
