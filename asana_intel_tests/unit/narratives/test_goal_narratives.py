"""What a narrative may say: only facts, only true claims, in few words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from asana_intel.narratives.facts import Fact, FactKind, FactSheet, Kind, Unit
from asana_intel.narratives.narrate import FACTS, SENTENCES, TemplateWriter, narrate_week
from asana_intel.narratives.narrated import NARRATED
from asana_intel.narratives.outlines.goal import CLAIMS, OUTLINE, status_type
from asana_intel.narratives.outlines.outline import compose, text_of
from asana_intel.narratives.wording import amount, day, percent, plural, rate, short_name
from asana_intel.narratives.writers import Asking
from asana_intel.settings import LlmMode, LlmSettings
from asana_intel.storage.contracts import CONTRACTS, conform

Sheets = Callable[..., FactSheet]
WEEK_ON, AS_OF_AT = date(2026, 3, 2), datetime(2026, 3, 4, 6, tzinfo=UTC)


def story(sheet: FactSheet) -> str:
    return text_of(compose(sheet, OUTLINE.choose(sheet)))


def claims_of(sheet: FactSheet) -> set[str]:
    return {claim.claim_id for claim in OUTLINE.possible(sheet)}


SLOW = ("Web shop", 2.0, 5.5, 1, 3, 1)


def test_a_slowing_goal_reads_as_a_person_would_say_it(sheet: Sheets) -> None:
    assert story(sheet(values=(16, 18, 19, 21, 22), projects=(SLOW,))) == (
        "At 22, up 1 since last week, the odds of reaching 40 by 31 Mar 2026 fell from 80 % to 62 %. "
        "Web shop finished 2.0 tasks a week over the last four weeks, against 5.5 usually. "
        "Next: find out with its owner why Web shop has slowed down."
    )


def test_a_goal_that_cannot_be_assessed_says_why_and_what_helps(sheet: Sheets) -> None:
    odds = {"p_attain": None, "status": "not_assessed", "reason": "It has no target value; give it one."}
    assert story(sheet(odds=odds | {"target_value": None}, projects=(("A", 1, 1, 2, 0, 0),))) == (
        "There are no odds yet: it has no target value; give it one. "
        "The supporting project finished 2 tasks last week. "
        "Next: once this is put right in Asana, the next sync can assess the goal."
    )


def test_a_goal_that_has_not_started_is_asked_for_nothing(sheet: Sheets) -> None:
    reason = "It has not started; it becomes assessable from 2026-04-01."
    told = story(sheet(odds={"p_attain": None, "reason": reason}))
    assert told.startswith("There are no odds yet: it has not started; it becomes assessable from 2026-04-01. ")
    assert told.endswith("Next: nothing is needed before it starts; check that its first tasks are planned.")


def test_a_reached_target_is_said_at_once_and_nothing_is_made_of_its_risks(sheet: Sheets) -> None:
    odds = {"current_value": 41.0, "p_attain": 1.0, "p_attain_change": 0.1}
    told = story(sheet(odds=odds, values=(39, 41), projects=(("Web shop", 4, 5, 2, 5, 5),)))
    assert told == (
        "The target of 40 is reached at 41, up 2; the odds for 31 Mar 2026 rose from 90 % to 100 %. "
        "The supporting project finished 2 tasks last week. "
        "Next: mark the goal as achieved, or set a higher target with its owner."
    )


def test_a_level_that_is_reached_may_be_lost_again(sheet: Sheets) -> None:
    odds = {"kind": "level", "current_value": 0.992, "target_value": 0.99, "initial_value": 0.9, "p_attain": 0.71}
    built = sheet(goal={"unit": "percentage", "precision": 1}, odds=odds, values=(0.985, 0.992))
    assert not {"pace", "needed_pace", "window_gain"} & {fact.fact_id for fact in built}
    assert story(built).startswith("99.0 % is reached at 99.2 %, up 0.7 points; the odds for 31 Mar 2026 fell")
    assert "Next: protect what is reached" in story(built)


def test_green_at_poor_odds_is_called_out(sheet: Sheets) -> None:
    assert "Next: Asana still shows green" in story(sheet(odds={"p_attain": 0.2}))
    assert "status_too_green" not in claims_of(sheet(odds={"p_attain": 0.2}, status="red"))
    assert "status_too_green" not in claims_of(sheet(odds={"p_attain": 0.9}))


def test_low_odds_at_a_good_pace_are_explained_by_the_weeks_that_differ(sheet: Sheets) -> None:
    given = {"p_attain": 0.33, "p_attain_change": -0.17, "current_value": 30.0, "target_value": 34.0}
    told = story(sheet(values=(0, 2, 27, 28, 30), odds=given, status=None, drivers=(("lever", "due_later", 15.8),)))
    assert told == (
        "At 30, up 2 since last week, the odds of reaching 34 by 31 Mar 2026 fell from 50 % to 33 %. "
        "Its weeks differ widely: 25 of the 30 gained in four weeks came in a single week. "
        "Next: weigh two more weeks, which would add 16 points to the odds."
    )


def test_a_target_out_of_reach_is_not_asked_for_at_any_pace(sheet: Sheets) -> None:
    told = story(sheet(values=(18, 19, 20, 21, 22), odds={"p_attain": 0.03}, status=None))
    assert told.endswith(
        "Next: lower the target or move the date, since it needs 4.7 a week and the recent pace is 1.0."
    )


def test_on_its_last_day_a_goal_that_is_missed_is_to_be_closed(sheet: Sheets) -> None:
    odds = {"p_attain": 0.0, "p_attain_change": -0.18, "elapsed_pct": 1.0}
    told = story(sheet(odds=odds, values=(20, 22), as_of_on=date(2026, 3, 31)))
    assert told.endswith("Next: decide with its owner whether to close the goal today or to give the rest a new date.")


def test_a_goal_on_course_hears_what_went_well(sheet: Sheets) -> None:
    moved = (("moved", "progress", 18.0), ("lever", "pace_up", 9.0))
    odds = {"p_attain": 0.93, "p_attain_change": 0.2}
    assert story(sheet(odds=odds, values=(14, 16, 18, 19, 22), drivers=moved)) == (
        "At 22, up 3 since last week, the odds of reaching 40 by 31 Mar 2026 rose from 73 % to 93 %. "
        "More progress than expected explains 18 points of the rise since last week. "
        "Next: carry on as planned; nothing calls for a change."
    )


def test_two_goals_with_the_same_numbers_may_read_differently_and_each_always_alike(sheet: Sheets) -> None:
    told = {story(sheet(goal={"goal_gid": str(n)}, projects=(SLOW,))) for n in range(6)}
    assert len(told) > 1
    assert told == {story(sheet(goal={"goal_gid": str(n)}, projects=(SLOW,))) for n in range(6)}


def test_odds_without_a_value_still_make_a_state(sheet: Sheets) -> None:
    told = story(sheet(odds={"current_value": None}))
    assert told.startswith("The odds of reaching the target by 31 Mar 2026 fell from 80 % to 62 %.")


def test_a_slow_pace_is_never_rounded_to_standing_still(sheet: Sheets) -> None:
    slow = sheet(values=(20, 20, 20, 20, 21), odds={"current_value": 21.0, "p_attain": 0.3}, status="red")
    assert "the recent pace is 0.25." in story(slow)


def test_two_paces_that_read_the_same_are_not_compared(sheet: Sheets) -> None:
    even = sheet(values=(4.0, 8.66, 13.3, 17.9, 22.64), odds={"current_value": 22.0})
    assert (even.text("pace"), even.text("needed_pace")) == ("4.7", "4.7")
    assert not claims_of(even) & {"pace_below_need", "pace_above_need"}


def test_pace_is_the_mean_gain_of_four_weeks_or_since_the_start(sheet: Sheets) -> None:
    assert sheet(values=(0, 10, 12, 14, 16, 18)).number("pace") == pytest.approx(2)
    young = sheet(goal={"start_on": date(2026, 2, 18)}, values=(6.0,))
    assert young.number("pace") == pytest.approx(3)
    assert "pace" not in sheet(goal={"start_on": date(2026, 3, 3)}, values=(6.0,))


def test_a_goal_that_counts_down_gains_by_falling(sheet: Sheets) -> None:
    odds = {"initial_value": 100.0, "current_value": 60.0, "target_value": 20.0, "p_attain": 0.5}
    down = sheet(odds=odds, values=(80, 75, 70, 65, 60))
    assert down.number("pace") == pytest.approx(5)
    assert (down.number("needed_pace") or 0) > 10
    assert "60, down 5 since last week" in story(down)


def test_the_slowest_project_is_the_one_furthest_below_its_own_past(sheet: Sheets) -> None:
    told = sheet(projects=(("A", 4, 5, 1, 0, 0), ("B", 1, 9, 2, 1, 0), ("C", 9, 1, 3, 0, 2)))
    assert told.text("slow_project") == "B"
    assert told.number("done_last_week") == 6
    assert (told.text("overdue"), told.text("blocked")) == ("1 task", "2 tasks")
    assert "slow_project" not in sheet(projects=(("A", 4, 5, 1, 0, 0),))


@pytest.mark.parametrize(
    ("projects", "worst", "told"),
    [
        ((("A", 1, 9, 0, 3, 1),), "slow_project", "A finished 1.0 tasks a week over the last four weeks, against 9.0"),
        ((("A", 0, 9, 0, 3, 1),), "slow_project", "A finished no task in the last four weeks, against 9.0 a week"),
        ((("A", 5, 5, 2, 3, 1),), "overdue", "finished 2 tasks last week, but 3 tasks are past due."),
        ((("A", 5, 5, 0, 1, 0),), "overdue", "finished no task last week, but 1 task is past due."),
        ((("A", 5, 5, 2, 3, 4),), "blocked", "4 tasks in the supporting project wait for open work, the longest"),
    ],
)
def test_the_risk_that_most_tasks_stand_behind_is_told_and_acted_on(
    sheet: Sheets, projects: tuple[Any, ...], worst: str, told: str
) -> None:
    built = sheet(projects=projects)
    assert worst in built.required
    assert told in story(built)
    actions = {"slow_project": "A", "overdue": "past due", "blocked": "Design review"}
    assert actions[worst] in story(built).split("Next:")[1] or "overdue" in story(built).split("Next:")[1]


@pytest.mark.parametrize("project", [("A", 1, 9, 0, 3, 1), ("A", 5, 5, 2, 3, 1), ("A", 5, 5, 2, 3, 4)])
def test_whatever_counts_as_telling_what_must_be_told_tells_it(sheet: Sheets, project: tuple[Any, ...]) -> None:
    """Else a model that chooses it for this reason would be refused for leaving out the very thing."""
    built = sheet(projects=(project,))
    for claim in OUTLINE.possible(built):
        said = claim.words(built)
        for fact_id in built.required.intersection(claim.facts) - {"odds", "due"}:
            assert built.text(fact_id) in said, claim.claim_id


def test_a_model_that_fills_slots_is_not_shown_that_a_count_is_nought(sheet: Sheets) -> None:
    asking = Asking(LlmSettings(model="openai/any", mode=LlmMode.slots))
    built = sheet(projects=(("A", 5, 5, 0, 1, 0),))
    assert built.text("done_last_week") == "no task"
    asked = asking.request(asking.view(built), OUTLINE).user
    assert "such as 3 tasks" in asked
    assert "no task" not in asked


def test_a_stall_is_told_before_any_other_risk(sheet: Sheets) -> None:
    still = sheet(values=(22,) * 5, projects=(SLOW,), anomalies=(("stalled", 4.0, 1.2),))
    assert "The metric has not moved for 4 weeks, which is rare for this goal." in story(still)


def test_a_fall_of_the_metric_is_told(sheet: Sheets) -> None:
    fell = sheet(values=(25, 22), projects=(SLOW,), anomalies=(("dropped", 22.0, 26.0),))
    assert "value_change" in fell.required
    assert "22, down 3 since last week" in story(fell)


def test_counts_lead_to_the_tasks_behind_them_at_most_twenty(sheet: Sheets) -> None:
    built = sheet(projects=(("A", 5, 5, 2, 30, 1),))
    assert built["done_last_week"].source_gids == ("90010", "90011")
    assert len(built["overdue"].source_gids) == 20
    assert built["overdue"].value == 30
    assert built["blocked"].source_gids == ("90030",)
    assert built["blocker"].source_gids == ("9004",)
    assert (built.text("blocker"), built.text("blocked_days")) == ("Design review", "20 days")


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


def test_every_claim_can_be_made_of_some_sheet(sheet: Sheets) -> None:
    even = {"values": (1, 6, 11, 16, 22)}
    seen = set().union(
        claims_of(sheet(values=(16, 18, 19, 21, 22), projects=(SLOW,))),
        claims_of(sheet(**even, odds={"p_attain": 0.9, "p_attain_change": None})),
        claims_of(sheet(odds={"p_attain": 0.95, "current_value": 41.0})),
        claims_of(sheet(odds={"p_attain": 0.5, "current_value": 41.0, "elapsed_pct": 1.0})),
        claims_of(sheet(odds={"p_attain": None, "reason": "It has not started."})),
        claims_of(sheet(odds={"current_value": None, "elapsed_pct": 1.0})),
        claims_of(
            sheet(**even, odds={"p_attain": 0.2}, drivers=(("moved", "progress", -15.0), ("lever", "pace_up", 3)))
        ),
        claims_of(sheet(values=(18, 19, 20, 21, 22), odds={"p_attain": 0.2, "predicted_on": date(2026, 4, 9)})),
        claims_of(sheet(values=(0, 0, 21, 21, 22), anomalies=(("jumped", 22.0, 3.0), ("stalled", 3.0, 1.0)))),
        claims_of(sheet(projects=(("A", 1, 1, 0, 3, 0),))),
        claims_of(sheet(projects=(("A", 1, 1, 0, 0, 3),))),
        claims_of(sheet(values=(0, 6, 12, 18, 30), odds={"current_value": 30.0, "p_attain": 0.8})),
    )
    assert seen == {claim.claim_id for claim in CLAIMS}


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
