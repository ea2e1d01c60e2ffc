"""How early warnings came, and how many were false."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from asana_intel.forecasts.early_warning import (
    alerts_in_words,
    first_warnings,
    in_words,
    judge_warnings,
    overload_alerts,
)
from asana_intel.narratives.sheets.capacity import likely_overloads
from asana_intel.storage.contracts import CONTRACTS, conform

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


MONDAY = date(2026, 3, 30)


def load(ahead: int, p: float, pct: float | None, person: str = "p") -> dict[str, object]:
    return {"as_of_on": MONDAY - timedelta(weeks=ahead), "week_on": MONDAY, "person_gid": person, "p_over_110": p,
            "load_pct": pct}  # fmt: skip


def test_an_alert_of_overload_is_held_to_the_week_as_it_began() -> None:
    rows = [load(3, 0.9, 1.4), load(2, 0.2, 1.0), load(1, 0.7, 1.3), load(0, 0.0, 0.2),
            load(3, 0.8, 1.3, "q"), load(1, 0.1, 0.9, "q"), load(4, 0.9, 1.5, "r")]  # fmt: skip
    made = conform(CONTRACTS["forecasts/overload_alerts"], overload_alerts(pl.DataFrame(rows)))
    now, one, two, three = made.to_dicts()  # r's week has not begun
    assert (now["weeks"], now["alerts"], one["weeks"], one["alerts"]) == (1, 0, 2, 1)
    assert (two["weeks_ahead"], two["overloaded"], two["alerts"], two["confirmed"]) == (2, 1, 0, 0)
    assert (three["weeks"], three["overloaded"], three["alerts"], three["confirmed"]) == (2, 1, 2, 1)
    assert three["brier"] == pytest.approx((0.01 + 0.64) / 2)
    assert made["sent"].to_list() == [0, 0, 0, 2]
    assert made["first_warned"].to_list() == [0, 0, 0, 1]
    assert alerts_in_words(made) == (
        "2 alerts of overload were sent, in the median 3 weeks ahead; of 2 sent at least 2 weeks ahead 1 came true."
    )


def test_a_week_that_is_told_again_and_again_is_sent_once_and_only_of_weeks_that_reviews_look_at() -> None:
    rows = [load(4, 0.9, 1.4), load(3, 0.3, 1.4), load(2, 0.9, 1.4), load(1, 0.7, 1.3)]
    made = overload_alerts(pl.DataFrame(rows))
    assert made.select("weeks_ahead", "confirmed", "sent", "first_warned").rows() == [
        (1, 1, 0, 0), (2, 1, 1, 1), (3, 0, 0, 0)
    ]  # fmt: skip


def test_an_alert_within_the_week_is_held_to_the_week_itself() -> None:
    made = overload_alerts(pl.DataFrame([load(1, 0.2, 0.9), load(0, 0.8, 1.4)]))
    assert made.select("overloaded", "sent", "first_warned").rows() == [(1, 1, 1), (0, 0, 0)]
    assert "of 0 sent at least 2 weeks ahead 0 came true" in alerts_in_words(made)


def test_the_weeks_that_are_scored_are_those_of_which_reviews_tell() -> None:
    weeks = [MONDAY + timedelta(weeks=n) for n in range(8)]
    seen = pl.DataFrame([load(0, 0.9, 1.4) | {"week_on": week_on, "available_hours": 40.0} for week_on in weeks])
    told = likely_overloads(seen, MONDAY)["week_on"]
    scored = overload_alerts(pl.DataFrame([load(ahead, 0.9, 1.4) for ahead in range(8)]))["weeks_ahead"]
    assert scored.to_list() == [(week_on - MONDAY).days // 7 for week_on in told.sort()]


def test_a_week_without_an_hour_available_is_not_overloaded() -> None:
    made = overload_alerts(
        pl.DataFrame([load(2, 0.9, None), load(1, 0.0, None)], schema_overrides={"load_pct": pl.Float64})
    )
    assert made.select("overloaded", "alerts").rows() == [(0, 0), (0, 0)]
