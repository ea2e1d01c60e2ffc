"""The scoreboard: what was forecast, what happened, and whether the pace rule would have been better."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

import polars as pl
from markupsafe import Markup

from asana_intel.report import formats
from asana_intel.report.charts.calibration import (
    ElapsedBrier,
    ReliabilityBin,
    elapsed_brier_chart,
    reliability_diagram,
)
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.links import AsanaObject, named, names_by_gid

Row = dict[str, Any]
ENOUGH_GOALS = 30
GOALS_SHOWN = 100
_Z90 = 1.6449
_MARKS = (0.25, 0.50, 0.75)
_EARLY_WEEKS = 2
_NEAR = 0.125  # a forecast counts as "at 25 %" when made within an eighth of the time of it
_QUARTERS = ((0.0, 0.25, "0–25 %"), (0.25, 0.5, "25–50 %"), (0.5, 0.75, "50–75 %"), (0.75, 1.01, "75–100 %"))


@dataclass(frozen=True)
class ResolvedGoal:
    """One goal whose outcome is known: odds said at a quarter, half and three quarters of its time."""

    goal: AsanaObject
    said: list[str]
    attained: bool
    final: str
    brier: str
    baseline: str
    is_better: bool


@dataclass(frozen=True)
class Board:
    """One set of scored forecasts, shown or rebuilt ones; numbers are text, ready to show."""

    goals: int
    forecasts: int
    brier: str
    baseline_brier: str
    skill: str
    is_skilled: bool
    owner: str | None
    log_loss: str
    crps: str
    coverage: str
    coverage_of: int
    warned: str | None
    reliability: Markup
    by_elapsed: Markup
    note: str | None
    resolved: list[ResolvedGoal]


@dataclass(frozen=True)
class ScoresSection:
    """All of it: what was shown, what a replay of past weeks would have said, and models that are switched off."""

    shown: Board | None
    replayed: Board | None
    alerts: str | None
    switched_off: list[str]


def scores_section(inputs: ReportInputs) -> ScoresSection | None:
    """Arrange the scores; None while no goal has resolved and no alert could come true."""
    if inputs.scores.is_empty() and inputs.replayed.is_empty() and inputs.alerts.is_empty():
        return None
    return ScoresSection(
        shown=_board(inputs, inputs.scores, "shown"),
        replayed=_board(inputs, inputs.replayed, "rebuilt"),
        alerts=_alerts(inputs.alerts),
        switched_off=inputs.verdicts.filter("is_off")["reason"].to_list(),
    )


def _board(inputs: ReportInputs, scores: pl.DataFrame, basis: str) -> Board | None:
    """Arrange one set of scores; None without any.

    Skill is 1 - Brier / baseline Brier, over all forecasts (Murphy 1973); coverage is the share of final values
    within p10..p90, which should be 80 %.
    """
    if scores.is_empty():
        return None
    brier, baseline = _mean(scores["brier"]), _mean(scores["baseline_brier"])
    skill = 1 - brier / baseline if baseline else None
    covered, crps = scores["in_80_band"].drop_nulls(), scores["crps"].drop_nulls()
    goals = scores["goal_gid"].n_unique()
    return Board(
        goals=goals,
        forecasts=scores.height,
        brier=f"{brier:.3f}",
        baseline_brier=f"{baseline:.3f}",
        skill=_signed_percent(skill),
        is_skilled=bool(skill and skill > 0),
        owner=_owner(scores),
        log_loss=f"{_mean(scores['log_loss']):.3f}",
        crps=formats.percent(_mean(crps)) if len(crps) else formats.MISSING,
        coverage=formats.percent(_mean(covered)) if len(covered) else formats.MISSING,
        coverage_of=len(covered),
        warned=_warned(inputs.warnings.filter(pl.col("basis") == basis)),
        reliability=reliability_diagram(reliability_bins(scores)),
        by_elapsed=elapsed_brier_chart(brier_by_elapsed(scores)),
        note=_note(goals),
        resolved=_resolved(inputs, scores),
    )


def _owner(scores: pl.DataFrame) -> str | None:
    """Ours beside the owners' own status, over the forecasts where an owner had said something."""
    both = scores.drop_nulls("owner_brier")
    if both.is_empty():
        return None
    said = formats.count(both.height, "forecast", "forecasts")
    return f"owners' own status {_mean(both['owner_brier']):.3f} against our {_mean(both['brier']):.3f}, over {said}"


def _warned(warnings: pl.DataFrame) -> str | None:
    """How early missed goals were warned of, in a sentence."""
    by_source = {row["source"]: row for row in warnings.iter_rows(named=True)}
    ours = by_source.get("ours")
    if not ours or not ours["missed"] or ours["lead_days"] is None:
        return None
    words = (
        f"{ours['warned']} of {formats.count(ours['missed'], 'missed goal was', 'missed goals were')} warned of, a "
        f"median of {ours['lead_days']:.0f} days before the due date"
    )
    others = [
        f"{name} {by_source[source]['lead_days'] or 0:.0f}, {_false_alarms(by_source[source])}"
        for source, name in (("pace rule", "the pace rule"), ("owner", "the owners"))
        if source in by_source and by_source[source]["alarms"]
    ]
    compared = f" ({'; '.join(others)})" if others else ""
    return f"{words}, {_false_alarms(ours)}{compared}."


def _alerts(alerts: pl.DataFrame) -> str | None:
    """How early alerts of overload were sent, and how many of the early ones came true; None before any could.

    A person's week is told once. What is said in it or a week ahead says what stands there already, and is held to
    nearly itself: it counts in the lead, and in no share of those that came true.
    """
    if alerts.is_empty():
        return None
    sent, early = int(alerts["sent"].sum()), alerts.filter(pl.col("weeks_ahead") >= _EARLY_WEEKS)
    leads = [week for week, n in alerts.select("weeks_ahead", "sent").iter_rows() for _ in range(n or 0)]
    lead = f", in the median {formats.count(round(median(leads)), 'week')} ahead" if leads else ""
    told, true = int(early["sent"].sum()), int(early["first_warned"].sum())
    over = max(int(early["overloaded"].fill_null(0).max() or 0), true)  # pyright: ignore[reportArgumentType]
    weeks = formats.count(over, "overloaded person-week was", "overloaded person-weeks were")
    return (
        f"Overload: {formats.count(sent, 'alert')} sent{lead}. Of {told} sent at least {_EARLY_WEEKS} weeks ahead "
        f"{true} came true, and {true} of {weeks} told of so early."
    )


def _false_alarms(row: Row) -> str:
    share = row["false_alarms"]
    return "no alarm" if share is None else f"{formats.percent(share)} of {row['alarms']} alarms false"


def reliability_bins(scores: pl.DataFrame) -> list[ReliabilityBin]:
    """Five bins of the odds said, empty ones left out, each with its 90 % Wilson interval."""
    bins = []
    for fifth in range(5):
        top = pl.lit(True) if fifth == 4 else pl.col("p_attain") < (fifth + 1) / 5
        inside = scores.filter(pl.col("p_attain") >= fifth / 5, top)
        if inside.height:
            happened = _mean(inside["attained"])
            low, high = wilson_interval(happened, inside.height)
            bins.append(ReliabilityBin(_mean(inside["p_attain"]), happened, low, high, inside.height))
    return bins


def wilson_interval(share: float, n: int) -> tuple[float, float]:
    """90 % interval of a share of `n` trials (Wilson 1927); it stays within 0..1 and holds for small n."""
    denominator = 1 + _Z90**2 / n
    middle = (share + _Z90**2 / (2 * n)) / denominator
    half = _Z90 * math.sqrt(share * (1 - share) / n + _Z90**2 / (4 * n * n)) / denominator
    return max(0.0, middle - half), min(1.0, middle + half)


def brier_by_elapsed(scores: pl.DataFrame) -> list[ElapsedBrier]:
    """Mean Brier score by quarter of the time gone when the forecast was made, ours and the pace rule's."""
    quarters = []
    for low, high, words in _QUARTERS:
        inside = scores.filter(pl.col("elapsed_pct") >= low, pl.col("elapsed_pct") < high)
        if inside.height:
            ours, baseline = _mean(inside["brier"]), _mean(inside["baseline_brier"])
            quarters.append(ElapsedBrier(words, ours, baseline, inside.height))
    return quarters


def _resolved(inputs: ReportInputs, scores: pl.DataFrame) -> list[ResolvedGoal]:
    names = names_by_gid(inputs.goals, "goal_gid")
    goals = {g["goal_gid"]: g for g in inputs.goals.iter_rows(named=True)}
    by_goal: dict[str, list[Row]] = {}
    for row in scores.sort("as_of_on").iter_rows(named=True):
        by_goal.setdefault(row["goal_gid"], []).append(row)
    latest_first = sorted(by_goal.items(), key=lambda item: (item[1][-1]["as_of_on"], item[0]), reverse=True)
    return [_resolved_goal(gid, rows, goals.get(gid, {}), names) for gid, rows in latest_first[:GOALS_SHOWN]]


def _resolved_goal(gid: str, rows: list[Row], goal: Row, names: dict[str, str]) -> ResolvedGoal:
    brier, baseline = _mean(r["brier"] for r in rows), _mean(r["baseline_brier"] for r in rows)
    return ResolvedGoal(
        goal=named(gid, names, "goal"),
        said=[formats.odds(_said_at(rows, mark)) for mark in _MARKS],
        attained=rows[-1]["attained"],
        final=formats.amount(
            rows[-1]["final_value"], goal.get("unit"), goal.get("currency_code"), goal.get("precision")
        ),
        brier=f"{brier:.3f}",
        baseline=f"{baseline:.3f}",
        is_better=brier < baseline,
    )


def _said_at(rows: list[Row], mark: float) -> float | None:
    nearest = min(rows, key=lambda row: abs(row["elapsed_pct"] - mark))
    return nearest["p_attain"] if abs(nearest["elapsed_pct"] - mark) <= _NEAR else None


def _note(goals: int) -> str | None:
    if goals >= ENOUGH_GOALS:
        return None
    return (
        f"Only {formats.count(goals, 'goal has', 'goals have')} resolved so far. Forecasts of one goal in different "
        f"weeks share its outcome, so these figures can still move a lot; from about {ENOUGH_GOALS} goals on they "
        "begin to tell methods apart."
    )


def _mean(values: pl.Series | Iterable[float]) -> float:
    numbers = [float(value) for value in values]
    return math.fsum(numbers) / len(numbers)


def _signed_percent(share: float | None) -> str:
    return formats.MISSING if share is None else f"{formats.signed(round(share * 100))}{formats.NARROW}%"
