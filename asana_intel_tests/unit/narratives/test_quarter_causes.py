"""Why goals were missed: each cause by its rule and its evidence, and none where the rule does not hold."""

from __future__ import annotations

from datetime import date

import pytest

from asana_intel_tests.unit.narratives.quarters import (
    EARLY,
    FALLING,
    LATE,
    LATER,
    MONDAYS,
    PRIVATE,
    STEADY,
    goal,
    odds,
    people,
    project,
    sheet_of,
    story,
    task,
    together,
    told,
    wait,
    work,
)


def test_falling_pace_is_shown_with_both_halves() -> None:
    assert "It came 45 % of the way by 14 Feb 2026 and 20 % after." in told(goal("1", FALLING))
    assert "and lost 5 % after." in told(goal("1", (*FALLING[:-1], 16)))
    assert "half_share_a" not in sheet_of(goal("1", STEADY))


def test_a_late_start_is_no_progress_after_a_third_of_the_time() -> None:
    assert "It stood at 0 % of the way on 30 Jan 2026." in told(goal("1", LATE))
    assert "early_share_a" not in sheet_of(goal("1", (0, 0, 0, 3, *LATE[4:])))


def test_nothing_is_concluded_from_a_look_long_ago() -> None:
    assert "early_share_a" not in sheet_of(goal("1", (0, None, None, None, None, *LATE[5:])))


def test_a_raised_target_is_growing_scope() -> None:
    raised = goal("1")
    for row in raised["staging/goal_snapshots"][8:]:
        row["target_value"] = 50.0
    sheet = sheet_of(raised)
    assert "Its target moved from 40 to 50." in story(sheet)
    assert sheet.text("theme_a") == "growing scope"
    for row in raised["staging/goal_snapshots"][8:]:
        row["target_value"] = 41.0
    assert "old_target_a" not in sheet_of(raised)


def test_work_that_comes_faster_than_it_is_finished_is_growing_scope() -> None:
    new, created = work(12)
    old, finished = work(4, born=date(2025, 12, 1), done=LATER)
    parts = [goal("1"), project("7", "1", [*new, *old]), created, finished]
    sheet = sheet_of(*parts)
    assert "Its projects took on 12 tasks and finished 4." in story(sheet)
    assert sheet.sources(["taken_on_a"]) == ("7",)
    assert "taken_on_a" not in sheet_of(*parts, *(task(gid, EARLY, LATER) for gid in new[:7]))


def test_waiting_counts_the_time_once_however_many_are_waited_for() -> None:
    gids, tasks = work(5, done=date(2026, 1, 22))  # ten days and eight hours each
    times = {"x": (EARLY, 17), "y": (EARLY, 16), "z": (date(2026, 1, 13), 17)}
    blockers = together(*(task(gid, born, date(2026, 1, day)) for gid, (born, day) in times.items()))
    waits = [wait(gid, blocker) for gid in gids for blocker in times]
    parts = [goal("1"), project("7", "1", gids), project("8", "2", list(times)), tasks, blockers]
    sheet = sheet_of(*parts, *waits)
    assert sheet.number("wait_share_a") == pytest.approx(5.333 / 10.333, abs=0.001)
    assert "Its tasks waited for others in 52 % of their open time." in story(sheet)
    assert "wait_share_a" not in sheet_of(*parts, *waits[:6])  # two of five tasks: 21 %


def test_due_days_that_slip_are_a_share_of_the_dated_tasks() -> None:
    slipping = {EARLY: date(2026, 2, 2), date(2026, 2, 2): date(2026, 3, 3)}
    pulled_in = {EARLY: date(2026, 2, 2), date(2026, 1, 20): date(2026, 1, 25)}
    moved = [task(f"m{n}", EARLY, due=slipping) for n in range(2)]
    held = [task(f"h{n}", EARLY, due=pulled_in) for n in range(3)]
    gids = ["m0", "m1", "h0", "h1", "h2"]
    assert "Of its dated tasks, 40 % moved to a later day." in told(goal("1"), project("7", "1", gids), *moved, *held)
    before = {date(2025, 11, 1): date(2025, 12, 1), date(2025, 12, 1): date(2026, 2, 2)}
    early = [task(f"m{n}", date(2025, 10, 1), due=before) for n in range(2)]
    assert "slip_share_a" not in sheet_of(goal("1"), project("7", "1", gids), *early, *held)


def test_overload_is_told_of_three_people_or_more_and_never_of_fewer() -> None:
    gids, tasks = work(6)
    parts = [goal("1"), project("7", "1", gids), tasks]
    full = (1.3, 1.2, 1.0, 0.9)
    assert "Those who worked on it were overloaded in 50 % of their weeks." in told(*parts, people(3, gids, full))
    assert "overload_share_a" not in sheet_of(*parts, people(2, gids, full))
    assert "overload_share_a" not in sheet_of(*parts, people(3, gids, (1.1, 1.0)))


def test_a_goal_without_linked_work_says_so_and_private_work_is_work() -> None:
    alone = goal("1")
    alone["marts/bridge_goal_support"] = []
    assert "It had no linked work." in told(alone)
    hidden = {"marts/bridge_goal_support": [{"goal_gid": "1", "supporting_gid": "7", "supporting_type": "project"}]}
    assert "no_support_a" not in sheet_of(alone, hidden, project("7", "1", privacy=PRIVATE))


def test_a_warning_that_stood_while_nothing_changed_is_unheeded() -> None:
    wavering = dict(zip(MONDAYS, [0.2, 0.5, 0.5, 0.5, 0.3, *[0.1] * 8], strict=True))
    slow = (0, 4, 8, 11, 14, 16, 18, 20, 22, 24, 26, 28, 30, 31)
    assert "Warnings from 2 Feb 2026 on changed nothing." in told(goal("1", slow), odds("1", wavering))
    faster = (0, 1, 2, 3, 4, 5, 8, 12, 16, 20, 24, 28, 32, 36)
    assert "warned_on_a" not in sheet_of(goal("1", faster), odds("1", wavering))
    recovered = wavering | {MONDAYS[12]: 0.5}
    assert "warned_on_a" not in sheet_of(goal("1", slow), odds("1", recovered))
    late = dict(zip(MONDAYS, [*[0.6] * 11, 0.1, 0.1], strict=True))
    assert "warned_on_a" not in sheet_of(goal("1", slow), odds("1", late))
    retargeted = odds("1", {on: p for on, p in wavering.items() if on <= MONDAYS[5]}, target_value=60.0)
    rest = odds("1", {on: p for on, p in wavering.items() if on > MONDAYS[5]})
    assert "warned_on_a" not in sheet_of(goal("1", slow), retargeted, rest)


def test_a_miss_has_at_most_two_causes_and_what_came_first_counts_first() -> None:
    gids, tasks = work(12)
    waits = [wait(gid, "x") for gid in gids]
    parts = [goal("1", LATE), project("7", "1", [*gids, "x"]), tasks, task("x", EARLY), *waits]
    sheet = sheet_of(*parts, odds("1", dict.fromkeys(MONDAYS, 0.1)))
    assert [sheet.text(f"theme_{x}") for x in "ab"] == ["a late start", "waiting for others"]
    assert "theme_c" not in sheet
    assert "taken_on_a" not in sheet


def distinct(text: str) -> float:
    """Share of runs of three words that are said once only."""
    words = text.lower().split()
    runs = [tuple(words[n : n + 3]) for n in range(len(words) - 2)]
    return len(set(runs)) / len(runs)


@pytest.mark.parametrize("values", [LATE, FALLING, (0,) * 14])
@pytest.mark.parametrize("is_supported", [True, False])
def test_goals_that_failed_alike_are_not_told_in_the_same_words(values: tuple[float, ...], is_supported: bool) -> None:
    parts = [goal(n, values) for n in "12345"] + [odds(n, dict.fromkeys(MONDAYS, 0.1)) for n in "12345"]
    for part in parts[:5]:
        part["marts/bridge_goal_support"] *= is_supported
    said = told(*parts)
    assert said.count("Win shops") == 3
    assert distinct(said) >= 0.8, said
