"""How early warnings came, and how many were false."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from asana_intel.forecasts.early_warning import first_warnings, in_words, judge_warnings

DUE = date(2026, 3, 30)


def said(goal: str, attained: bool, *weeks: tuple[int, float, float, float | None]) -> pl.DataFrame:
    """Rows of (weeks before the due date, our odds, the pace rule's, the owner's)."""
    rows = [
        {"goal_gid": goal, "as_of_on": DUE - timedelta(weeks=before), "due_on": DUE, "attained": attained,
         "p_attain": ours, "baseline_p": pace, "owner_p": owner}
        for before, ours, pace, owner in weeks
    ]  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"owner_p": pl.Float64})


def test_the_first_warning_of_each_source_counts() -> None:
    goals = first_warnings(
        said("g", False, (8, 0.4, 0.9, 0.9), (6, 0.2, 0.9, 0.9), (5, 0.5, 0.1, 0.9), (1, 0.1, 0.1, 0.5))
    )
    assert goals.select("ours", "pace rule", "owner").row(0) == (42, 35, 7)


def test_lead_is_the_median_over_missed_goals_and_never_warned_is_nought() -> None:
    scores = pl.concat(
        [
            said("a", False, (8, 0.1, 0.9, 0.9)),
            said("b", False, (4, 0.2, 0.9, 0.9)),
            said("c", False, (4, 0.9, 0.9, 0.9)),
        ]
    )
    ours, pace, owner = judge_warnings(scores)
    assert (ours.lead_days, ours.warned, ours.missed) == (28, 2, 3)
    assert (pace.lead_days, pace.alarms, pace.false_alarms) == (0, 0, None)
    assert owner.lead_days == 0


def test_an_alarm_for_a_goal_that_was_met_is_false() -> None:
    scores = pl.concat([said("a", False, (8, 0.1, 0.1, 0.5)), said("b", True, (8, 0.1, 0.9, 0.9))])
    ours, pace, owner = judge_warnings(scores)
    assert ours.false_alarms == pytest.approx(0.5)
    assert (pace.false_alarms, owner.false_alarms) == (0, 0)


def test_an_owner_who_says_nothing_warns_of_nothing() -> None:
    _, _, owner = judge_warnings(said("a", False, (8, 0.1, 0.1, None)))
    assert (owner.alarms, owner.lead_days) == (0, 0)


def test_the_sentence_compares_with_the_owner_and_without_one_with_the_pace_rule() -> None:
    with_owner = in_words(judge_warnings(said("a", False, (8, 0.1, 0.9, 0.9), (2, 0.1, 0.9, 0.5))))
    assert "56 days before" in with_owner
    assert "42 days earlier than by the owners' own status" in with_owner
    without = in_words(judge_warnings(said("a", False, (8, 0.9, 0.1, None), (2, 0.1, 0.1, None))))
    assert "42 days later than by the pace rule" in without
    assert in_words(judge_warnings(said("a", True, (8, 0.9, 0.9, None)))) == (
        "No goal was missed, so there was nothing to warn of."
    )
