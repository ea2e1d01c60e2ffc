"""The fact sheet of a quarter that is over: its goals, why some were not met, and what the forecasts were worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from statistics import median

import polars as pl

from asana_intel.narratives.audience import public_goals
from asana_intel.narratives.facts import Fact, FactKind, FactSheet, Kind, Unit
from asana_intel.narratives.sheets.quarter_causes import (
    Cause,
    CauseInputs,
    Found,
    causes_of,
    standing_warnings,
)
from asana_intel.narratives.sheets.quarter_goals import Quarter, goals_then, last_quarter, moved_away, outcomes
from asana_intel.narratives.wording import amount, day, plural, short_name

QUARTER = FactKind("quarter", Unit.entity, "the quarter that is over")
DUE_GOALS = FactKind("due_goals", Unit.tally, "goals that were due in the quarter")
MET = FactKind("met", Unit.tally, "goals due that were met")
PARTLY = FactKind("partly", Unit.tally, "goals due that came most of the way, or were closed as partly met")
MISSED = FactKind("missed", Unit.tally, "goals due that were missed")
NOT_MET = FactKind("not_met", Unit.tally, "goals due that were missed or met in part only")
DROPPED = FactKind("dropped", Unit.tally, "goals due that were dropped")
UNMEASURED = FactKind("unmeasured", Unit.tally, "goals due of which nobody knows whether they were met")
MOVED = FactKind("moved", Unit.tally, "goals that were moved out of the quarter while it ran")
MIDDLE = FactKind("middle", Unit.day, "the day of the forecast of mid-quarter")
EXPECTED = FactKind(
    "expected", Unit.amount, "goals that the forecast of mid-quarter expected to be met: the sum of the odds"
)
FORESEEN = FactKind("foreseen", Unit.tally, "goals due that the forecast of mid-quarter spoke of")
FORESEEN_MET = FactKind("foreseen_met", Unit.tally, "of these, the goals that were met")
BRIER = FactKind("brier", Unit.amount, "Brier score of the forecasts of the goals due; lower is better")
RULE_BRIER = FactKind("rule_brier", Unit.amount, "Brier score of the pace rule for the same goals")
SCORED_MISSES = FactKind("scored_misses", Unit.tally, "goals not met that had forecasts")
WARNED = FactKind("warned", Unit.tally, "of these, the goals whose forecasts warned of a miss until they were due")
LEAD = FactKind("lead", Unit.tally, "median days from the warning that stood to the due day, of the goals warned of")
THEME = FactKind("theme", Unit.text, "a cause that several goals not met have, or the only one")
THEME_GOALS = FactKind("theme_goals", Unit.tally, "goals not met that have this cause")
ADVICE = FactKind("advice", Unit.text, "what the rule for this cause advises for the process")
UNEXPLAINED = FactKind("unexplained", Unit.tally, "goals not met for which no rule found a cause")
MISS = FactKind("miss", Unit.entity, "a goal that was not met")
REACHED = FactKind("reached", Unit.amount, "what its metric came to")
WANTED = FactKind("wanted", Unit.amount, "what its metric should have come to")

# Cause -> theme, and what it asks of the next quarter's process.
_THEMES: dict[Cause, tuple[str, str]] = {
    Cause.no_support: ("no linked work", "link at least one project to each goal in its first week"),
    Cause.late_start: ("a late start", "agree on the first milestone in week two"),
    Cause.target_rose: ("growing scope", "fix the scope after week two, and trade new work against old"),
    Cause.waited: ("waiting for others", "settle before the start who waits for whom, and review it weekly"),
    Cause.overload: ("overload", "compare planned work with the hours available before promising a goal"),
    Cause.due_slips: ("slipping due days", "discuss each due day that moves a second time in the weekly meeting"),
    Cause.pace_fell: ("falling pace", "review the pace at mid-quarter and re-plan the second half there and then"),
    Cause.unheeded: ("warnings without effect", "when a warning stands for two weeks, change the plan or the target"),
}
_THEMES[Cause.work_grew] = _THEMES[Cause.target_rose]
MOST_THEMES = MOST_MISSES = 3
_NEAR = timedelta(days=14)  # to the middle of the quarter
LETTERS = "abc"

_OWN = {
    "goals": "marts/dim_goal",
    "readers": "staging/goals",
    "periods": "staging/time_periods",
    "scores": "forecasts/forecast_scores",
}
_CAUSES = {
    "snapshots": "staging/goal_snapshots",
    "attainment": "forecasts/goal_attainment",
    "bridge": "marts/bridge_goal_project",
    "support": "marts/bridge_goal_support",
    "projects": "staging/projects",
    "task_projects": "staging/task_projects",
    "completions": "staging/task_completion_intervals",
    "dates": "staging/task_date_intervals",
    "assignees": "staging/task_assignee_intervals",
    "dependencies": "staging/task_dependencies",
    "load": "forecasts/person_load",
}
READS = (*_OWN.values(), *_CAUSES.values())


@dataclass(frozen=True)
class QuarterInputs:
    """Frames that the sheet is built from; each is the table of the contract named.

    Args:
        goals: marts/dim_goal.
        readers: staging/goals, which says who may read a goal.
        periods: staging/time_periods.
        scores: forecasts/forecast_scores.
        causes: What causes are found in.
    """

    goals: pl.DataFrame
    readers: pl.DataFrame
    periods: pl.DataFrame
    scores: pl.DataFrame
    causes: CauseInputs


def sheets_of_week(read: Callable[..., pl.DataFrame], _week_on: date, as_of: datetime) -> list[FactSheet]:
    """The sheet of the last quarter, or none; see `build_sheets`."""
    causes = CauseInputs(**{field.name: read(_CAUSES[field.name]) for field in fields(CauseInputs)})
    return build_sheets(QuarterInputs(**{name: read(key) for name, key in _OWN.items()}, causes=causes), as_of)


def build_sheets(inputs: QuarterInputs, as_of: datetime) -> list[FactSheet]:
    """The sheet of the last quarter that ended; none where that is long ago or no goal was due in it.

    Goals that not everybody may read are neither named nor counted.

    Args:
        inputs: Frames.
        as_of: Last instant the sheet knows anything of.
    """
    goals = inputs.goals.filter(pl.col("goal_gid").is_in(public_goals(inputs.readers)))
    quarter = last_quarter(goals, inputs.periods, as_of.date())
    if quarter is None:
        return []
    defined = goals_then(goals, inputs.causes.attainment, quarter, as_of)
    due = outcomes(defined, inputs.causes.snapshots, quarter, as_of)
    if due.is_empty():
        return []
    missed = due.filter(pl.col("outcome").is_in(["missed", "partly"]))
    causes = causes_of(missed, inputs.causes, as_of)
    facts = [
        *_outcome_facts(quarter, due, moved_away(defined, quarter)),
        *_mid_quarter_facts(quarter, due, inputs.causes.attainment, as_of),
        *_score_facts(due, inputs.scores, inputs.causes.attainment, as_of),
        *_theme_facts(causes),
        *_miss_facts(missed, causes),
    ]
    return [FactSheet(Kind.quarter_retrospective, {"quarter_on": quarter.start_on}, facts)]


def _outcome_facts(quarter: Quarter, due: pl.DataFrame, moved: Sequence[str]) -> list[Fact]:
    def gids(*of: str | None) -> tuple[str, ...]:
        return tuple(due.filter(pl.col("outcome").is_in(of, nulls_equal=True))["goal_gid"])

    everything = tuple(due["goal_gid"])
    met, partly, missed = gids("met"), gids("partly"), gids("missed")
    not_met = gids("partly", "missed")
    facts = [
        Fact(QUARTER, quarter.name, short_name(quarter.name), everything),
        Fact(DUE_GOALS, due.height, plural(due.height, "goal"), everything, is_required=True),
        Fact(MET, len(met), _counted(len(met)), met or everything, is_required=True),
        Fact(MISSED, len(missed), _counted(len(missed)), missed or everything, is_required=True),
    ]
    if not_met:
        facts.append(Fact(NOT_MET, len(not_met), plural(len(not_met), "goal"), not_met))
    rest = {PARTLY: partly, DROPPED: gids("dropped"), UNMEASURED: gids(None), MOVED: tuple(moved)}
    return facts + [Fact(kind, len(of), f"{len(of):,}", of, is_required=True) for kind, of in rest.items() if of]


def _counted(goals: int) -> str:
    return f"{goals:,}" if goals else "none"


def _mid_quarter_facts(quarter: Quarter, due: pl.DataFrame, attainment: pl.DataFrame, as_of: datetime) -> list[Fact]:
    """What the last forecast of the first half, if it was near the middle, expected of goals with a known outcome."""
    half_on = quarter.start_on + (quarter.end_on - quarter.start_on) / 2
    on = pl.col("as_of_at").dt.date()
    said = attainment.filter(
        pl.col("as_of_at") <= as_of, on.is_between(half_on - _NEAR, half_on), pl.col("p_attain").is_not_null()
    ).filter(pl.col("as_of_on") == pl.col("as_of_on").max())
    known = due.filter(pl.col("outcome").is_in(["met", "partly", "missed"])).join(
        said.select("goal_gid", "p_attain", on=on), on="goal_gid"
    )
    if known.is_empty():
        return []
    gids, expected = tuple(known["goal_gid"]), float(known["p_attain"].sum())
    met, said_on = known.filter(pl.col("outcome") == "met").height, known["on"][0]
    return [
        Fact(MIDDLE, said_on, day(said_on), gids),
        Fact(EXPECTED, expected, f"{expected:.1f}", gids),
        Fact(FORESEEN, known.height, plural(known.height, "goal"), gids),
        Fact(FORESEEN_MET, met, _counted(met), gids),
    ]


def _score_facts(due: pl.DataFrame, scores: pl.DataFrame, attainment: pl.DataFrame, as_of: datetime) -> list[Fact]:
    """Means over the goals' means, so that a goal of many weeks does not count more; of goals seen after their end."""
    goals = (
        scores.filter(pl.col("as_of_at") <= as_of)
        .join(due.filter("seen_after").select("goal_gid", "due_on"), on=["goal_gid", "due_on"])
        .sort("as_of_on")
        .group_by("goal_gid")
        .agg(
            pl.col("brier", "baseline_brier").mean(),
            pl.col("attained").last(),
        )
        .sort("goal_gid")
    )
    if goals.is_empty():
        return []
    gids, ours, rule = tuple(goals["goal_gid"]), goals["brier"].to_list(), goals["baseline_brier"].to_list()
    facts = [
        Fact(kind, mean := sum(values) / len(values), f"{mean:.2f}", gids)
        for kind, values in ((BRIER, ours), (RULE_BRIER, rule))
    ]
    missed = goals.filter(~pl.col("attained"))
    if missed.is_empty():
        return facts
    return facts + _warning_facts(due.join(missed, on="goal_gid", how="semi"), attainment, as_of)


def _warning_facts(missed: pl.DataFrame, attainment: pl.DataFrame, as_of: datetime) -> list[Fact]:
    """How many of the goals were warned of, and how early, by the same warnings that causes are found in."""
    warnings = standing_warnings(missed, attainment, as_of).join(missed.select("goal_gid", "due_on"), on="goal_gid")
    gids, warned = tuple(missed["goal_gid"]), tuple(warnings["goal_gid"].sort())
    facts = [
        Fact(SCORED_MISSES, len(gids), plural(len(gids), "goal"), gids),
        Fact(WARNED, len(warned), _counted(len(warned)), warned or gids),
    ]
    if not warned:
        return facts
    lead = median((warnings["due_on"] - warnings["warned_on"]).dt.total_days().to_list())
    return [*facts, Fact(LEAD, lead, plural(lead, "day"), warned)]


def _theme_facts(causes: Mapping[str, Sequence[Found]]) -> list[Fact]:
    goals = {theme: sorted(g for g, found in causes.items() if theme in _themes(found)) for theme in _all_themes()}
    counts = Counter({theme: len(gids) for theme, gids in goals.items() if gids})
    facts: list[Fact] = []
    for letter, (theme, count) in zip(LETTERS, counts.most_common(MOST_THEMES), strict=False):
        gids, advice = tuple(goals[theme]), _all_themes()[theme]
        facts += [
            Fact(THEME, theme, theme, gids, letter, is_required=letter == LETTERS[0]),
            Fact(THEME_GOALS, count, f"{count:,}", gids, letter),
            Fact(ADVICE, advice, advice, gids, letter),
        ]
    unexplained = tuple(sorted(gid for gid, found in causes.items() if not found))
    if unexplained:
        facts.append(Fact(UNEXPLAINED, len(unexplained), f"{len(unexplained):,}", unexplained))
    return facts


def _all_themes() -> dict[str, str]:
    return dict(_THEMES[cause] for cause in Cause)  # in the order of the causes, which breaks ties


def _themes(found: Sequence[Found]) -> set[str]:
    return {_THEMES[one.cause][0] for one in found}


def _miss_facts(missed: pl.DataFrame, causes: Mapping[str, Sequence[Found]]) -> list[Fact]:
    """The goals that fell furthest short, those with a cause first; only what was measured is told."""
    measured = missed.drop_nulls(["final_value", "target_value"]).filter(
        pl.col("name").fill_null("").str.strip_chars() != ""
    )
    rows = sorted(
        measured.iter_rows(named=True),
        key=lambda r: (
            not causes[r["goal_gid"]],
            float("inf") if r["progress"] is None else r["progress"],
            r["goal_gid"],
        ),
    )
    by_name: dict[str, Mapping] = {}
    for row in rows:
        by_name.setdefault(short_name(row["name"]), row)  # two of one name could not be told apart
    facts: list[Fact] = []
    for letter, (name, row) in zip(LETTERS, by_name.items(), strict=False):
        gid = (row["goal_gid"],)
        reached, wanted = (
            amount(row[value], row["unit"], row["precision"], row["currency_code"])
            for value in ("final_value", "target_value")
        )
        facts += [
            Fact(MISS, name, name, gid, letter),
            Fact(REACHED, row["final_value"], reached, gid, letter),
            Fact(WANTED, row["target_value"], wanted, gid, letter),
            *(replace(fact, suffix=letter) for found in causes[row["goal_gid"]] for fact in found.facts),
        ]
    return facts
