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


def _pace_fell(sheet: FactSheet, x: str) -> str:
    by_half = f"It came {sheet.text(f'half_share_{x}')} of the way by {sheet.text(f'half_day_{x}')}"
    rest = sheet.text(f"rest_share_{x}")
    return f"{by_half} and {f'lost {rest}' if _number(sheet, f'rest_share_{x}') < 0 else rest} after."


# Cause -> the facts that prove it, and its sentence; which causes a miss has, the sheet decides.
_CAUSES: dict[str, tuple[tuple[str, ...], Callable[[FactSheet, str], str]]] = {
    "no_support": (("no_support",), lambda s, x: f"It had {s.text(f'no_support_{x}')}."),
    "late_start": (
        ("early_share", "early_day"),
        lambda s, x: f"It stood at {s.text(f'early_share_{x}')} of the way on {s.text(f'early_day_{x}')}.",
    ),
    "target_rose": (
        ("old_target", "new_target"),
        lambda s, x: f"Its target moved from {s.text(f'old_target_{x}')} to {s.text(f'new_target_{x}')}.",
    ),
    "waited": (
        ("wait_share",), lambda s, x: f"Its tasks waited for others in {s.text(f'wait_share_{x}')} of their open time."
    ),
    "overload": (
        ("overload_share",),
        lambda s, x: f"Those who worked on it were overloaded in {s.text(f'overload_share_{x}')} of their weeks.",
    ),
    "due_slips": (
        ("slip_share",), lambda s, x: f"Of its dated tasks, {s.text(f'slip_share_{x}')} moved to a later day."
    ),
    "work_grew": (
        ("taken_on", "finished"),
        lambda s, x: f"Its projects took on {s.text(f'taken_on_{x}')} and finished {s.text(f'finished_{x}')}.",
    ),
    "pace_fell": (("half_share", "half_day", "rest_share"), _pace_fell),
    "unheeded": (("warned_on",), lambda s, x: f"Warnings from {s.text(f'warned_on_{x}')} on changed nothing."),
}  # fmt: skip


def _cause_claims() -> list[Claim]:
    """For each goal named, one claim with all its causes: which of them to believe is no one's choice."""

    def evidence(causes: tuple[str, ...], x: str) -> tuple[str, ...]:
        return tuple(f"{fact}_{x}" for cause in causes for fact in _CAUSES[cause][0])

    def claim(causes: tuple[str, ...], x: str) -> Claim:
        others = evidence(tuple(c for c in _CAUSES if c not in causes), x)

        def words(sheet: FactSheet) -> str:
            reached = f"{sheet.text(f'miss_{x}')} reached {sheet.text(f'reached_{x}')} of {sheet.text(f'wanted_{x}')}."
            return " ".join([reached, *(_CAUSES[cause][1](sheet, x) for cause in causes)])

        return Claim(
            f"miss_{x}_{'_and_'.join(causes) or 'alone'}",
            "causes",
            (f"miss_{x}", f"reached_{x}", f"wanted_{x}", *evidence(causes, x)),
            lambda s: not any(fact in s for fact in others),
            words,
            _MANY - _LETTERS.index(x),
        )

    return [claim(causes, x) for x in _LETTERS for size in (0, 1, 2) for causes in combinations(_CAUSES, size)]


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
        lambda s: (
            f"They warned of {s.text('warned')} of {s.text('scored_misses')} not met, "
            f"a median of {s.text('lead')} ahead."
        ),
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
