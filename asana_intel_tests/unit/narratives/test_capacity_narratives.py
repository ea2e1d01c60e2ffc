"""Why a person's week is too full: one person, their tasks, what would help, and nothing that is private."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.narratives.facts import FactSheet
from asana_intel.narratives.narrate import TemplateWriter, fact_rows, narrate_week
from asana_intel.narratives.narrated import NARRATED
from asana_intel.narratives.outlines.capacity import CLAIMS, OUTLINE
from asana_intel.narratives.outlines.outline import compose
from asana_intel.narratives.sheets.capacity import sheets_of_week
from asana_intel.narratives.sheets.grouping import Named, main_group
from asana_intel.storage.contracts import CONTRACTS, conform
from asana_intel_tests.unit.narratives.bars import NAMES, check_bars, demo_weeks, frame, reading_ease, told

WEEK_ON, NEXT = date(2026, 5, 11), date(2026, 5, 18)
AS_OF_AT = datetime(2026, 5, 13, 6, tzinfo=UTC)
STAMPS = {"as_of_on": WEEK_ON, "as_of_at": AS_OF_AT}
LOAD = {
    "person_gid": "71",
    "week_on": NEXT,
    "assigned_hours": 48.0,
    "available_hours": 40.0,
    "p_over_110": 0.71,
    "inferred_share": 0.0,
}
Task = tuple[str | None, str | None, float, float, float]
"""Name, project (public 1 or 2, private 3, none), hours, odds without it, odds with it a week later."""
REVIEWS: tuple[Task, ...] = (
    ("Brand refresh: design review", "1", 10.0, 0.31, 0.5),
    ("Design review of the shop", "1", 8.0, 0.4, 0.6),
    ("Design review: app", "2", 6.0, 0.5, 0.6),
    ("Write the handbook", "2", 9.0, 0.45, 0.6),
)
Read = Callable[..., pl.DataFrame]


def reader(*tasks: Task, loads: tuple[dict[str, Any], ...] = ({},), name: str | None = "Sarah Lee") -> Read:
    """The tables of one person's week, next week unless `loads` say otherwise."""
    rows = [STAMPS | LOAD | more for more in loads]
    cause = STAMPS | {"person_gid": "71", "week_on": rows[0]["week_on"], "p_over_110": rows[0]["p_over_110"]}
    frames = {
        "forecasts/person_load": frame("forecasts/person_load", *rows),
        "forecasts/load_causes": frame(
            "forecasts/load_causes",
            *(
                cause
                | {"task_gid": str(300 + n), "rank": n + 1, "hours": t[2], "p_without": t[3], "p_week_later": t[4]}
                for n, t in enumerate(tasks)
            ),
        ),
        "marts/dim_person": frame("marts/dim_person", {"person_gid": "71", "name": name}),
        "staging/tasks": frame(
            "staging/tasks", *({"task_gid": str(300 + n), "name": t[0]} for n, t in enumerate(tasks))
        ),
        "staging/task_projects": frame(
            "staging/task_projects",
            *({"task_gid": str(300 + n), "project_gid": t[1]} for n, t in enumerate(tasks) if t[1]),
        ),
        "staging/projects": frame(
            "staging/projects",
            {"project_gid": "1", "name": "Brand refresh", "privacy_setting": "public_to_workspace"},
            {"project_gid": "2", "name": "Mobile app", "privacy_setting": "public_to_workspace"},
            {"project_gid": "3", "name": "CANARY project", "privacy_setting": "private"},
        ),
    }

    def read(key: str, /, *, partition: date | None = None) -> pl.DataFrame:
        rows = frames.get(key, frame(key))
        return rows if partition is None else rows.filter(pl.col("as_of_on") == partition)

    return read


def sheet_of(*tasks: Task, **given_: Any) -> FactSheet:
    (built,) = sheets_of_week(reader(*tasks, **given_), WEEK_ON, AS_OF_AT)
    return built


def story(*tasks: Task, **given_: Any) -> str:
    return told(sheet_of(*tasks, **given_), OUTLINE)


def test_a_full_week_is_told_with_its_cause_and_what_would_help() -> None:
    assert story(*REVIEWS) == (
        "Sarah Lee is forecast at 120 % in week 21 because of three design reviews (24 hours). "
        "The week of 18 May 2026 holds 48 hours of work for 40 hours of time. "
        "Without the task Brand refresh: design review, overload odds fall from 71 % to 31 %."
    )


def test_a_delay_that_helps_as_much_is_preferred_to_doing_without() -> None:
    tasks = (("Write the handbook", "2", 20.0, 0.31, 0.31), *REVIEWS[:1])
    assert story(*tasks).endswith(
        "With the task Write the handbook a week later, overload odds fall from 71 % to 31 %."
    )


def test_tasks_without_a_common_phrase_are_told_by_their_project_and_a_large_one_by_its_name() -> None:
    others = (("Edit menu", "1", 9.0, 0.5, 0.7), ("Ship app", "1", 8.0, 0.5, 0.7), ("Hire", "2", 4.0, 0.6, 0.7))
    assert "because of two tasks in Brand refresh (17 hours)." in story(*others)
    assert "because of Write the handbook (30 hours)." in story(("Write the handbook", "2", 30.0, 0.2, 0.7), *others)


def test_effort_that_nobody_estimated_is_declared() -> None:
    inferred = story(*REVIEWS, loads=({"inferred_share": 0.3},))
    assert "for 40 hours; 30 % is inferred." in inferred


def test_of_the_running_week_only_the_rest_is_told() -> None:
    assert "The rest of the week of 11 May 2026 holds 48 hours" in story(*REVIEWS, loads=({"week_on": WEEK_ON},))


def test_where_no_task_helps_alone_or_none_is_known_that_is_said() -> None:
    alike = tuple((name, project, hours, 0.708, 0.71) for name, project, hours, *_ in REVIEWS)
    assert story(*alike).endswith("The odds of overload are 71 %, and no single task would change that much.")
    assert story().endswith("The odds of overload are 71 %, and the tasks behind it are not known.")


@pytest.mark.parametrize(("odds_before", "odds_after"), [(1.0, 0.994), (0.995, 0.98), (0.71, 0.667)])
def test_a_task_that_takes_less_than_five_points_off_the_odds_is_no_help(odds_before: float, odds_after: float) -> None:
    load = {"p_over_110": odds_before}
    text = story(("A task", "1", 9.0, odds_after, odds_after), loads=(load,))
    assert text.endswith(", and no single task would change that much.")


def test_five_points_are_a_help_and_a_delay_that_brings_less_is_not_told() -> None:
    assert "a week later, overload odds fall from 71 % to 66 %." in story(("A task", "1", 9.0, 0.66, 0.66))
    assert "Without the task A task, overload odds fall from 71 % to 66 %." in story(("A task", "1", 9.0, 0.66, 0.67))


def test_what_was_simulated_is_never_certain() -> None:
    text = story(("A task", "1", 9.0, 0.0, 0.0), loads=({"p_over_110": 1.0},))
    assert "fall from over 99 % to under 1 %." in text
    assert "odds of overload are over 99 %" in story(loads=({"p_over_110": 1.0},))


def test_a_person_without_a_name_is_called_by_gid() -> None:
    assert story(*REVIEWS, name=None).startswith("71 is forecast at 120 %")


@pytest.mark.parametrize("project", ["3", None])
def test_what_is_private_is_a_task_of_theirs(project: str | None) -> None:
    hidden = ("CANARY", project, 30.0, 0.2, 0.7)
    built = sheet_of(hidden, *REVIEWS[:1])
    everything = str([*fact_rows(built, WEEK_ON), *(claim.words(built) for claim in OUTLINE.possible(built))])
    assert "CANARY" not in everything
    assert "300" not in everything
    assert "because of a task of theirs." in told(built, OUTLINE)
    assert "Without that task, overload odds fall" in told(built, OUTLINE)
    assert "because of two tasks of theirs." in story(hidden, hidden)
    assert "Without one of these tasks, overload odds fall" in story(hidden, hidden)
    small = ("CANARY", project, 5.0, 0.2, 0.7)
    assert "Without a task of theirs, overload odds fall" in story(small, *REVIEWS)
    assert "With that task a week later" in story(("CANARY", project, 30.0, 0.2, 0.2))


def test_only_weeks_that_are_likely_too_full_are_explained_the_next_four_of_them() -> None:
    weeks = tuple({"week_on": WEEK_ON + timedelta(weeks=n), "p_over_110": 0.6} for n in range(6))
    calm = ({"person_gid": "72", "p_over_110": 0.49}, {"person_gid": "73", "available_hours": 0.0})
    built = sheets_of_week(reader(loads=weeks + calm), WEEK_ON, AS_OF_AT)
    assert [sheet.subject for sheet in built] == [
        {"person_gid": "71", "week_on": WEEK_ON + timedelta(weeks=n)} for n in range(4)
    ]


def test_the_table_keeps_its_contract_and_calls_its_text_personal() -> None:
    (kind,) = (narrated for narrated in NARRATED if narrated.table == "narratives/capacity_causes")
    rows = narrate_week(reader(*REVIEWS), TemplateWriter(), WEEK_ON, AS_OF_AT, [kind])[kind.table]
    assert conform(CONTRACTS[kind.table], rows).height == 1
    assert "text" in CONTRACTS[kind.table].personal_columns


def test_every_claim_can_be_made_of_some_week() -> None:
    seen = {
        claim.claim_id
        for built in (
            sheet_of(*REVIEWS),
            sheet_of(*REVIEWS, loads=({"inferred_share": 0.4},)),
            sheet_of(("A task", "1", 9.0, 0.2, 0.2)),
            sheet_of(("A task", None, 9.0, 0.71, 0.71)),
            sheet_of(),
        )
        for claim in OUTLINE.possible(built)
    }
    assert seen == {claim.claim_id for claim in CLAIMS}


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("Design review A", "design  REVIEW b"), "two design reviews"),
        (("SiPDocument - Add Statistics", "SiPDocument: obsolete flag"), "two tasks on SiPDocument"),
        (("Risk analysis", "Risk analysis: B"), "two risk analyses"),
        (("Weekly study", "Weekly study"), "two weekly studies"),
        (("Fix of the shop", "Look of the shop"), "two tasks in Ops"),
        (("Report after the incident", "Tidy up after the incident"), "two tasks in Ops"),
        (("Prices by region", "Sort by region"), "two tasks in Ops"),
        (("Map of Norway", "Go to Norway"), "two tasks on Norway"),
        (("Sort billing rewrite", "Plan billing rewrite"), "two tasks on billing rewrite"),
        (("Zur Übung", "Die Übung"), "two tasks on Übung"),
        (("Translate prices", "Translate menus"), "two tasks in Ops"),
        (("Call – follow-up", "Mail – follow-up"), "two tasks in Ops"),
        (("A", "B"), "two tasks in Ops"),
        (("", "the"), "two tasks in Ops"),
    ],
)
def test_what_tasks_share_is_said_as_people_say_it(names: tuple[str, ...], words: str) -> None:
    group = main_group([Named(str(n), name, "Ops", 5.0) for n, name in enumerate(names)], 1.0)
    assert group is not None
    assert (group.words, group.hours) == (words, 10.0)


def test_a_shared_phrase_that_takes_little_is_not_the_cause() -> None:
    tasks = [Named("1", "Review a", None, 1.0), Named("2", "Review b", None, 1.0), Named("3", "Build", None, 30.0)]
    group = main_group(tasks, 8.0)
    assert group is not None
    assert group.words == "Build"
    assert main_group([], 1.0) is None


odds = st.sampled_from([0.0, 1.0, 0.005, 0.5]) | st.floats(0, 1)
hours = st.sampled_from([0.0, 0.2, 1.0, 1e6]) | st.floats(0, 400)


@settings(max_examples=80, deadline=None)
@given(
    tasks=st.lists(st.tuples(NAMES, st.sampled_from(["1", "2", "3", None]), hours, odds, odds), max_size=5).map(tuple),
    load=st.fixed_dictionaries(
        {
            "week_on": st.sampled_from([WEEK_ON, NEXT, date(2026, 12, 28)]),
            "assigned_hours": st.floats(0.1, 1e6),
            "available_hours": st.floats(0.1, 200),
            "p_over_110": st.floats(0.5, 1),
            "inferred_share": st.none() | odds,
        }
    ),
    name=NAMES,
)
def test_numbers_duties_and_lengths_hold_of_every_week(
    tasks: tuple[Task, ...], load: dict[str, Any], name: str | None
) -> None:
    built = sheet_of(*tasks, loads=(load,), name=name)
    check_bars(built, OUTLINE, most_words=65, least_words=25)
    assert len(OUTLINE.choose(built)) == 3


WORDS = (
    "Design review", "Brand", "refresh", "of the", "shop", "App", "handbook", "Migration", "analysis", "risk", "weekly",
    "study", "Übung", "v2.0", "متجر",
)  # fmt: skip


def test_five_hundred_weeks_all_read_well() -> None:
    chance = random.Random(4)
    for _ in range(500):
        tasks = tuple(
            (
                " ".join(chance.choices(WORDS, k=chance.randint(1, 9))),
                chance.choice(["1", "2", "2", "3", None]),
                chance.choice([0.05, 3.0, 8.0, 20.0, 31.4]),
                chance.choice([0.0, 0.3, 0.5, 0.705]),
                chance.choice([0.3, 0.6, 0.71]),
            )
            for _ in range(chance.randint(0, 6))
        )
        load = {
            "inferred_share": chance.choice([None, 0.0, 0.3, 0.999, 1.0]),
            "assigned_hours": chance.choice([44.1, 48.0, 120.5]),
            "week_on": chance.choice([WEEK_ON, NEXT]),
        }
        built = sheet_of(*tasks, loads=(load,), name=chance.choice(["Sarah Lee", None, "Dr. Hans Müller-Lüdenscheidt"]))
        check_bars(built, OUTLINE, most_words=65, least_words=25)
        assert reading_ease(compose(built, OUTLINE.choose(built))) <= 12


def test_the_overloads_of_the_demo_read_well() -> None:
    for read, week_on, as_of in demo_weeks():
        for built in sheets_of_week(read, week_on, as_of):
            check_bars(built, OUTLINE, most_words=65, least_words=25)
            assert reading_ease(compose(built, OUTLINE.choose(built))) <= 12
