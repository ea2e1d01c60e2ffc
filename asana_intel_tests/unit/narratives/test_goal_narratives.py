"""What a narrative may say: only facts, only true claims, in few words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.narratives.facts import Fact, FactKind, FactSheet, Kind, Unit
from asana_intel.narratives.narrate import FACTS, SENTENCES, TemplateWriter, narrate_week
from asana_intel.narratives.narrated import NARRATED
from asana_intel.narratives.outlines.goal import CLAIMS, OUTLINE, status_type
from asana_intel.narratives.outlines.outline import compose, text_of
from asana_intel.narratives.wording import amount, day, percent, plural, rate, short_name
from asana_intel.storage.contracts import CONTRACTS, conform

Sheets = Callable[..., FactSheet]
WEEK_ON, AS_OF_AT = date(2026, 3, 2), datetime(2026, 3, 4, 6, tzinfo=UTC)
NUMBER = re.compile(r"\d[\d,.]*\d|\d")
STOPS = (".", "?", "!", "…")


def story(sheet: FactSheet) -> str:
    return text_of(compose(sheet, OUTLINE.choose(sheet)))


def claims_of(sheet: FactSheet) -> set[str]:
    return {claim.claim_id for claim in OUTLINE.possible(sheet)}


def test_a_slowing_goal_reads_as_a_person_would_say_it(sheet: Sheets) -> None:
    told = story(sheet(values=(16, 18, 19, 21, 22), projects=(("Web shop", 2.0, 5.5, 1, 3, 1),)))
    assert told == (
        "At 22 of 40 after 69 % of the time, the odds of reaching the target by 31 Mar 2026 are 62 %, "
        "down 18 points since last week. "
        "Web shop finished 2.0 tasks a week over four weeks, against 5.5 usually. "
        "Next: reach 4.7 a week for the remaining 4 weeks, or move the target."
    )


def test_a_goal_that_cannot_be_assessed_says_why_and_what_helps(sheet: Sheets) -> None:
    reason = "It has no target value; give it one."
    odds = {"p_attain": None, "status": "not_assessed", "reason": reason, "target_value": None, "elapsed_pct": None}
    told = story(sheet(goal={"target_value": None}, odds=odds))
    assert told == (f"No odds yet: {reason} Next: give the goal what is missing, and the next sync will assess it.")


def test_a_reached_target_is_said_before_anything_else_about_the_cause(sheet: Sheets) -> None:
    reached = sheet(odds={"current_value": 41.0, "p_attain": 1.0}, projects=(("Web shop", 1, 9, 0, 5, 5),))
    assert "The target of 40 is reached." in story(reached)


def test_green_at_poor_odds_is_called_out(sheet: Sheets) -> None:
    assert "Asana still shows green at odds of 20 %" in story(sheet(odds={"p_attain": 0.2}))
    assert "status_too_green" not in claims_of(sheet(odds={"p_attain": 0.2}, goal={"status": "red"}))
    assert "status_too_green" not in claims_of(sheet(odds={"p_attain": 0.9}))


def test_odds_without_a_value_still_make_a_state(sheet: Sheets) -> None:
    told = story(sheet(odds={"current_value": None}))
    assert told.startswith("The odds of reaching the target by 31 Mar 2026 are 62 %.")


def test_a_slow_pace_is_never_rounded_to_standing_still(sheet: Sheets) -> None:
    slow = sheet(values=(20, 20, 20, 20, 21), odds={"current_value": 21.0, "p_attain": 0.3}, goal={"status": "red"})
    assert "Recent pace is 0.25 a week; the target needs 4.9." in story(slow)


def test_two_paces_that_read_the_same_are_not_compared(sheet: Sheets) -> None:
    even = sheet(values=(4.0, 8.66, 13.3, 17.9, 22.64), odds={"current_value": 22.0})
    assert (even.text("pace"), even.text("needed_pace")) == ("4.7", "4.7")
    assert not claims_of(even) & {"pace_below_need", "pace_above_need"}


def test_pace_is_the_mean_gain_of_four_weeks_or_since_the_start(sheet: Sheets) -> None:
    assert sheet(values=(0, 10, 12, 14, 16, 18)).number("pace") == pytest.approx(2)
    young = sheet(goal={"start_on": date(2026, 2, 18)}, values=(6.0,))
    assert young.number("pace") == pytest.approx(3)
    assert "pace" not in sheet(goal={"start_on": date(2026, 3, 3)}, values=(6.0,))


def test_the_slowest_project_is_the_one_furthest_below_its_own_past(sheet: Sheets) -> None:
    told = sheet(projects=(("A", 4, 5, 1, 0, 0), ("B", 1, 9, 2, 1, 0), ("C", 9, 1, 3, 0, 2)))
    assert told.text("slow_project") == "B"
    assert told.number("done_last_week") == 6
    assert (told.text("overdue"), told.text("blocked")) == ("1 task", "2 tasks")
    assert "slow_project" not in sheet(projects=(("A", 4, 5, 1, 0, 0),))


def test_a_long_name_is_cut_and_stays_on_one_line(sheet: Sheets) -> None:
    long = sheet(projects=(("Very \n long " * 30, 1, 9, 2, 1, 0),))
    assert len(long.text("slow_project")) <= 60
    assert "\n" not in story(long)
    assert long.text("slow_project").endswith("…")


@pytest.mark.parametrize(
    ("p", "status"), [(1.0, "on_track"), (0.7, "on_track"), (0.69, "at_risk"), (0.35, "at_risk"), (0.34, "off_track")]
)
def test_the_status_follows_the_odds(sheet: Sheets, p: float, status: str) -> None:
    assert status_type(sheet(odds={"p_attain": p})) == status
    assert status_type(sheet(odds={"p_attain": None})) == "at_risk"


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (percent(0), "0 %"), (percent(0.004), "under 1 %"), (percent(0.996), "over 99 %"), (percent(1), "100 %"),
        (percent(0.625), "62 %"), (plural(1, "task"), "1 task"), (plural(0, "task"), "0 tasks"),
        (plural(12345, "task"), "12,345 tasks"), (amount(0.256, "percentage", 1), "25.6 %"),
        (amount(1234.5, "currency", 2, "EUR"), "1,234.50 EUR"), (amount(7, "currency", None), "7"),
        (amount(-3.2, "none", 0), "-3"), (rate(0.034, "none", 0), "0.034"), (rate(23.4, "none", 0), "23"),
        (rate(0.0012, "percentage", 0), "0.12 %"), (rate(0, None, None), "0"), (rate(1e-30, None, None), "0.000000"),
        (day(date(2026, 3, 1)), "1 Mar 2026"), (short_name("Ship  it\t now"), "Ship it now"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_people_read_them(shown: str, text: str) -> None:
    assert shown == text


A, B = (FactKind(letter, Unit.tally, "things counted") for letter in "ab")


def sheet_of(*facts: Fact, subject: str = "1") -> FactSheet:
    return FactSheet(Kind.goal_progress, {"goal_gid": subject}, facts)


def test_a_text_that_is_asked_for_and_unknown_is_an_error_of_the_claim() -> None:
    empty = sheet_of()
    assert empty.number("odds") is None
    with pytest.raises(KeyError):
        empty.text("odds")


def test_the_same_facts_have_the_same_fingerprint_in_any_order() -> None:
    facts = [Fact(A, 1, "1"), Fact(B, 2, "2")]
    first = sheet_of(*facts).fingerprint()
    assert first == sheet_of(*facts[::-1]).fingerprint()
    assert first != sheet_of(*facts, subject="2").fingerprint()
    assert first != sheet_of(facts[0], Fact(B, 3, "3")).fingerprint()


def test_a_sheet_refuses_a_fact_that_stands_twice_or_has_a_digit_in_its_name() -> None:
    with pytest.raises(ValueError, match="twice"):
        sheet_of(Fact(A, 1, "1"), Fact(A, 2, "2"))
    with pytest.raises(ValueError, match="letters"):
        sheet_of(Fact(FactKind("top3", Unit.tally, "things"), 1, "1"))


numbers = st.sampled_from([0.0, 1.0, -1.0, 0.5, 1e-9, -1e-9, 1e12, -1e12, 40.0]) | st.floats(-1e9, 1e9)
shares = st.sampled_from([0.0, 1.0, 0.005, 0.995, 0.35, 0.7]) | st.floats(0, 1)
names = st.sampled_from(
    ["", " ", "Web shop", "v2.0", "متجر الويب 12", "חנות", "🚀🚀🚀", "Q3/26 \u202e7", "99 % " * 40, None]
) | st.text(max_size=80)  # fmt: skip
rates = st.floats(0, 1e6)
counts = st.integers(0, 10**9)
sheets = st.fixed_dictionaries(
    {
        "goal": st.fixed_dictionaries(
            {
                "name": names,
                "status": st.sampled_from(["green", "yellow", "red", None, "achieved"]),
                "unit": st.sampled_from(["none", "currency", "percentage", None]),
                "currency_code": st.sampled_from([None, "EUR", "JPY"]),
                "precision": st.sampled_from([None, 0, 2, 6]),
                "initial_value": numbers | st.none(),
            }
        ),
        "odds": st.fixed_dictionaries(
            {
                "p_attain": shares | st.none(),
                "p_attain_change": st.floats(-1, 1) | st.sampled_from([None, 0.0, 0.01]),
                "current_value": numbers | st.none(),
                "target_value": numbers | st.none(),
                "elapsed_pct": shares | st.none(),
                "predicted_on": st.none() | st.just(date(2026, 4, 1)),
                "reason": st.just("It has no target value; give it one.") | st.none(),
            }
        ),
        "values": st.lists(numbers, max_size=6).map(tuple),
        "projects": st.lists(st.tuples(names, rates, rates, rates, counts, counts), max_size=3).map(tuple),
        "as_of_on": st.sampled_from([date(2026, 3, 4), date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 6)]),
    }
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sheets)
def test_every_number_is_a_facts_and_the_text_is_short_and_ends(sheet: Sheets, given_: dict[str, Any]) -> None:
    built = sheet(**given_)
    chosen = OUTLINE.choose(built)
    told = text_of(compose(built, chosen))
    order = list(OUTLINE.parts)
    assert 1 <= len(chosen) <= 3
    assert [c.part for c in chosen] == sorted((c.part for c in chosen), key=order.index)
    assert chosen[0].part == "state"
    assert OUTLINE.check(built, chosen) == []
    assert all(claim.words(built).endswith(STOPS) for claim in chosen)
    assert len(told.split()) <= 60, told
    known = {n for fact in built for n in NUMBER.findall(fact.text)}
    assert set(NUMBER.findall(told)) <= known, told
    assert "nan" not in told.lower().split()
    assert "inf" not in told.lower().split()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sheets)
def test_a_claim_is_offered_only_while_it_is_true(sheet: Sheets, given_: dict[str, Any]) -> None:
    built = sheet(**given_)
    offered = claims_of(built)
    odds, pace, needed = built.number("odds"), built.number("pace"), built.number("needed_pace")
    assert ("not_assessed" in offered) == (odds is None)
    if "hold_course" in offered:
        assert odds is not None
        assert odds >= 0.7
    if "pace_below_need" in offered:
        assert pace is not None
        assert needed is not None
        assert 0 < pace < needed
    if "pace_above_need" in offered:
        assert pace is not None
        assert needed is not None
        assert pace > needed > 0
    if "target_reached" in offered:
        assert (built.number("progress") or 0) >= 1
    if "status_too_green" in offered:
        assert built.text("asana_status") == "green"
    for claim in CLAIMS:
        if claim.claim_id in offered:
            assert all(fact in built for fact in claim.facts)


def test_every_claim_can_be_made_of_some_sheet(sheet: Sheets) -> None:
    slow = (("Web shop", 2.0, 5.5, 1, 3, 1),)
    seen = set().union(
        claims_of(sheet(values=(16, 18, 19, 21, 22), projects=slow)),
        claims_of(sheet(values=(1, 6, 11, 16, 22), odds={"p_attain": 0.9, "p_attain_change": None})),
        claims_of(sheet(odds={"p_attain": 0.1, "current_value": 41.0})),
        claims_of(sheet(odds={"p_attain": None, "reason": "Too young."})),
        claims_of(sheet(odds={"current_value": None})),
    )
    assert seen | {"pace_above_need"} == {claim.claim_id for claim in CLAIMS}
    assert "pace_above_need" in claims_of(sheet(values=(0, 6, 12, 18, 30), odds={"current_value": 30.0}))


def told_of(*sheets: FactSheet) -> dict[str, pl.DataFrame]:
    goals = replace(NARRATED[0], sheets=lambda *_: sheets)
    return narrate_week(lambda _key, **_: pl.DataFrame(), TemplateWriter(), WEEK_ON, AS_OF_AT, [goals])


def test_narratives_sentences_and_facts_keep_their_contracts(sheet: Sheets) -> None:
    told = told_of(sheet(), sheet(goal={"goal_gid": "2", "name": None}, odds={"goal_gid": "2", "p_attain": None}))
    tables = {key: conform(CONTRACTS[key], rows) for key, rows in told.items()}
    texts = tables["narratives/goal_progress"]
    assert texts["written_by"].to_list() == ["template", "template"]
    assert texts["word_count"].to_list() == [len(text.split()) for text in texts["text"]]
    for row in texts.iter_rows(named=True):
        listed = tables[FACTS].filter(subject_id=row["goal_gid"])
        said = tables[SENTENCES].filter(subject_id=row["goal_gid"]).sort("position")
        assert set(row["fact_ids"]) <= set(listed["fact_id"])
        assert " ".join(said["text"]) == row["text"]
        assert all(row["goal_gid"] in gids for gids in said["source_gids"].head(1))


def test_no_goals_give_empty_tables() -> None:
    assert {key: rows.schema for key, rows in told_of().items()} == {
        key: CONTRACTS[key].schema for key in ("narratives/goal_progress", FACTS, SENTENCES)
    }


def test_the_same_sheet_gives_the_same_text(sheet: Sheets) -> None:
    first, second = (told_of(sheet(values=(1, 2, 3))) for _ in range(2))
    assert all(first[key].equals(second[key]) for key in first)
