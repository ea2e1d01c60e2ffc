"""Sprint proposals: the best allowed set, found by brute force beside them, and a reason for every candidate."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import product
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.errors import PermanentError
from asana_intel.insights.sprint import solve as solving
from asana_intel.insights.sprint.proposal import Proposal, propose_sprint
from asana_intel.work_settings import SprintSettings

AS_OF = datetime(2026, 3, 4, 9, tzinfo=UTC)  # a Wednesday
SETTINGS = SprintSettings()  # pyright: ignore[reportCallIssue]
TASK = {
    "team_gid": "team", "name": None, "score": 1.0, "hours": 1.0, "person_gid": None, "skills": [], "pin": None,
    "pin_person_gid": None, "start_on": None,
}  # fmt: skip
PERSON = {"name": None, "hours": 10.0, "skills": [], "team_gids": ["team"]}
TASK_SCHEMA = {
    "task_gid": pl.String, "team_gid": pl.String, "name": pl.String, "score": pl.Float64, "hours": pl.Float64,
    "person_gid": pl.String, "skills": pl.List(pl.String), "pin": pl.String, "pin_person_gid": pl.String,
    "start_on": pl.Date,
}  # fmt: skip
PERSON_SCHEMA = {
    "person_gid": pl.String, "name": pl.String, "hours": pl.Float64, "skills": pl.List(pl.String),
    "team_gids": pl.List(pl.String),
}  # fmt: skip


def tasks_of(**rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{"task_gid": gid, **TASK, **row} for gid, row in rows.items()], schema=TASK_SCHEMA)


def people_of(**rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{"person_gid": gid, **PERSON, **row} for gid, row in rows.items()], schema=PERSON_SCHEMA)


def links_of(*pairs: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(pairs, schema={"task_gid": pl.String, "depends_on_gid": pl.String}, orient="row")


def proposed(tasks: pl.DataFrame, people: pl.DataFrame, links: pl.DataFrame | None = None, **changed: Any) -> Proposal:
    return propose_sprint(
        tasks, people, links_of() if links is None else links, AS_OF, SETTINGS.model_copy(update=changed)
    )


def chosen(proposal: Proposal) -> dict[str, str]:
    return dict(proposal.tasks.filter("is_in").select("task_gid", "person_gid").iter_rows())


def reason(proposal: Proposal, gid: str) -> str:
    return proposal.tasks.filter(pl.col("task_gid") == gid)["reason"].item()


# Brute force --------------------------------------------------------------------------------------------------------


def allowed(choice: dict[str, str | None], tasks: list[dict], people: list[dict], links: set[tuple[str, str]]) -> bool:
    """The rules of a sprint, written as they are said."""
    done = {gid for gid, person in choice.items() if person is not None}
    by_gid = {person["person_gid"]: person for person in people}
    for task in tasks:
        gid = choice[task["task_gid"]]
        if gid is None:
            continue
        person = by_gid[gid]
        only = task["pin_person_gid"] or task["person_gid"]
        if task["team_gid"] not in person["team_gids"] or not set(task["skills"]) <= set(person["skills"]):
            return False
        if only not in (None, gid) or task["pin"] == "out":
            return False
        if any(before not in done for after, before in links if after == task["task_gid"]):
            return False
    hours = {gid: sum(t["hours"] for t in tasks if choice[t["task_gid"]] == gid) for gid in by_gid}
    return all(hours[gid] <= by_gid[gid]["hours"] for gid in by_gid) and not in_circle(done, links)


def in_circle(done: set[str], links: set[tuple[str, str]]) -> bool:
    """Whether some chosen tasks can never be begun."""
    finished: set[str] = set()
    while ready := {g for g in done - finished if all(b in finished for a, b in links if a == g and b in done)}:
        finished |= ready
    return finished != done


def brute_force(tasks: list[dict], people: list[dict], links: set[tuple[str, str]]) -> tuple[int, float, float]:
    """Most pins kept, then most value, then fewest hours."""
    best = (0, 0.0, 0.0)
    for picks in product([None, *(p["person_gid"] for p in people)], repeat=len(tasks)):
        choice = {task["task_gid"]: pick for task, pick in zip(tasks, picks, strict=True)}
        if allowed(choice, tasks, people, links):
            inside = [task for task in tasks if choice[task["task_gid"]] is not None]
            pins = sum(task["pin"] == "in" for task in inside)
            score = (pins, sum(t["score"] for t in inside), -sum(t["hours"] for t in inside))
            best = max(best, score)
    return best


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[dict], list[dict], set[tuple[str, str]]]:
    """Up to six tasks and three people: everything that can stand between them, or links and little time alone."""
    is_plain = draw(st.booleans())
    folk = [f"p{n}" for n in range(draw(st.integers(1, 3)))]
    people = [
        {
            "person_gid": gid,
            "name": gid.upper(),
            "hours": draw(st.integers(0, 40)) / 4,
            "skills": draw(st.lists(st.sampled_from("xy"), unique=True)),
            "team_gids": ["a"] if is_plain else draw(st.sampled_from([["a"], ["b"], ["a", "b"]])),
        }
        for gid in folk
    ]
    gids = [f"t{n}" for n in range(draw(st.integers(1, 6 if len(folk) < 3 else 5)))]
    tasks = [
        {
            "task_gid": gid,
            "team_gid": "a" if is_plain else draw(st.sampled_from("aab")),
            "name": gid,
            "score": float(draw(st.integers(0, 12))),
            "hours": draw(st.integers(0, 24)) / 4,
            "person_gid": None if is_plain else draw(st.sampled_from([None, None, *folk])),
            "skills": [] if is_plain else draw(st.sampled_from([[], [], ["x"], ["x", "y"]])),
            "pin": None if is_plain else draw(st.sampled_from([None, None, None, "in", "out"])),
            "pin_person_gid": None if is_plain else draw(st.sampled_from([None, None, None, *folk])),
            "start_on": None,
        }
        for gid in gids
    ]
    links = draw(st.sets(st.tuples(st.sampled_from(gids), st.sampled_from(gids)), max_size=8 if is_plain else 4))
    if is_plain:
        links = {(after, before) for after, before in links if before < after}
    return tasks, people, links


@settings(max_examples=80, deadline=None)
@given(cases())
def test_every_small_proposal_is_as_good_as_the_best_of_all_allowed_sets(
    case: tuple[list[dict], list[dict], set[tuple[str, str]]],
) -> None:
    tasks, people, links = case
    proposal = proposed(
        pl.DataFrame(tasks, schema=TASK_SCHEMA), pl.DataFrame(people, schema=PERSON_SCHEMA), links_of(*sorted(links))
    )
    found = chosen(proposal)
    assert allowed({task["task_gid"]: found.get(task["task_gid"]) for task in tasks}, tasks, people, links)
    inside = [task for task in tasks if task["task_gid"] in found]
    pins = sum(task["pin"] == "in" for task in inside)
    reached = (pins, sum(t["score"] for t in inside), -sum(t["hours"] for t in inside))
    assert reached == pytest.approx(brute_force(tasks, people, links))
    assert proposal.teams["is_proven"].all()
    assert proposal.teams["value"].sum() == pytest.approx(reached[1])


@settings(max_examples=40, deadline=None)
@given(cases())
def test_the_way_of_large_sprints_keeps_the_rules_and_its_gap_holds(
    case: tuple[list[dict], list[dict], set[tuple[str, str]]],
) -> None:
    tasks, people, links = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solving, "EXACT_PAIRS", 0)
        proposal = proposed(
            pl.DataFrame(tasks, schema=TASK_SCHEMA), pl.DataFrame(people, schema=PERSON_SCHEMA), links_of(*links)
        )
    found = chosen(proposal)
    assert allowed({task["task_gid"]: found.get(task["task_gid"]) for task in tasks}, tasks, people, links)
    pins, value, _ = brute_force(tasks, people, links)
    assert sum(task["pin"] == "in" for task in tasks if task["task_gid"] in found) == pins
    if not any(task["pin"] == "in" for task in tasks):
        reached = proposal.teams["value"].sum()
        assert reached <= value + 1e-9
        assert proposal.teams["gap"].max() or reached == pytest.approx(value)


@settings(max_examples=20, deadline=None)
@given(cases(), st.randoms())
def test_the_order_of_the_rows_changes_nothing(
    case: tuple[list[dict], list[dict], set[tuple[str, str]]], random: Any
) -> None:
    tasks, people, links = case
    first = proposed(
        pl.DataFrame(tasks, schema=TASK_SCHEMA), pl.DataFrame(people, schema=PERSON_SCHEMA), links_of(*sorted(links))
    )
    for rows in (tasks, people):
        random.shuffle(rows)
    again = proposed(
        pl.DataFrame(tasks, schema=TASK_SCHEMA),
        pl.DataFrame(people, schema=PERSON_SCHEMA),
        links_of(*sorted(links, reverse=True)),
    )
    assert first.tasks.equals(again.tasks)
    assert first.teams.equals(again.teams)


# Rules one by one ---------------------------------------------------------------------------------------------------


def test_a_sprint_begins_on_the_next_start_day_and_lasts_its_days() -> None:
    proposal = proposed(tasks_of(a={}), people_of(p={}))
    assert (proposal.starts_on, proposal.ends_on) == (date(2026, 3, 9), date(2026, 3, 22))


def test_a_start_day_that_is_today_counts() -> None:
    proposal = proposed(tasks_of(a={}), people_of(p={}), starts_weekday=3, days=7)
    assert (proposal.starts_on, proposal.ends_on) == (date(2026, 3, 4), date(2026, 3, 10))


def test_of_equal_sets_the_shorter_is_chosen_and_then_the_earlier_gid() -> None:
    short = tasks_of(a={"score": 5.0, "hours": 9.0}, b={"score": 5.0, "hours": 8.0}, c={"score": 5.0, "hours": 8.0})
    assert chosen(proposed(short, people_of(p={}))) == {"b": "p"}


def test_a_task_stays_with_its_assignee_unless_it_may_be_given_away() -> None:
    tasks, people = tasks_of(a={"person_gid": "p", "hours": 8.0}), people_of(p={"hours": 2.0}, q={})
    assert chosen(proposed(tasks, people)) == {}
    assert chosen(proposed(tasks, people, may_reassign=True)) == {"a": "q"}


def test_a_task_that_starts_after_the_sprint_is_left_out_with_its_day() -> None:
    proposal = proposed(tasks_of(a={"start_on": date(2026, 4, 12)}), people_of(p={}))
    assert reason(proposal, "a") == "left out because it starts on 12 Apr 2026, after the sprint"


def test_tasks_that_wait_for_each_other_are_both_left_out_and_say_so() -> None:
    tasks = tasks_of(a={"name": "Plan"}, b={"name": "Build"}, c={"name": "Ship"})
    proposal = proposed(tasks, people_of(p={}), links_of(("a", "b"), ("b", "a"), ("c", "a")))
    assert chosen(proposal) == {}
    assert reason(proposal, "a") == "left out because it and “Build” wait for each other"
    assert reason(proposal, "c") == "left out because it waits for “Plan”, which is left out"


def test_a_task_that_waits_for_itself_is_left_out() -> None:
    assert "waits for itself" in reason(proposed(tasks_of(a={}), people_of(p={}), links_of(("a", "a"))), "a")


def test_a_task_that_waits_for_unfinished_work_elsewhere_names_it() -> None:
    links = links_of(("a", "far")).with_columns(depends_on_name=pl.lit("Contract"))
    proposal = proposed(tasks_of(a={}), people_of(p={}), links)
    assert reason(proposal, "a") == "left out because it waits for “Contract”"
    assert proposal.tasks["waits_for_gid"].item() == "far"


def test_what_a_chosen_task_waits_for_comes_in_with_it_and_says_why() -> None:
    tasks = tasks_of(a={"score": 0.0, "hours": 4.0}, b={"score": 9.0, "hours": 4.0, "name": "Launch"})
    proposal = proposed(tasks, people_of(p={"name": "Ana"}), links_of(("b", "a")))
    assert chosen(proposal) == {"a": "p", "b": "p"}
    assert reason(proposal, "a") == "fits Ana's free time; “Launch” waits for it"


def test_the_hours_that_are_left_name_their_person() -> None:
    tasks = tasks_of(
        a={"score": 9.0, "hours": 7.0, "person_gid": "p"}, b={"score": 1.0, "hours": 4.0, "person_gid": "p"}
    )
    proposal = proposed(tasks, people_of(p={"name": "Ana"}))
    assert reason(proposal, "b") == "left out because Ana has 3 h left and it takes 4 h"


def test_a_missing_skill_is_named() -> None:
    tasks = tasks_of(a={"skills": ["Design"]}, b={"skills": ["sql"], "hours": 90.0}, c={"skills": ["SQL"]})
    proposal = proposed(tasks, people_of(p={"name": "Ana", "skills": [" sql"]}))
    assert reason(proposal, "a") == "left out because nobody in the team has the skill Design"
    assert reason(proposal, "b") == "left out because nobody with the skill sql has 90 h free"
    assert reason(proposal, "c") == "fits Ana's free time and skill SQL"


def test_an_assignee_without_the_skill_is_named() -> None:
    proposal = proposed(tasks_of(a={"skills": ["Design"], "person_gid": "p"}), people_of(p={"name": "Ana"}))
    assert reason(proposal, "a") == "left out because Ana lacks the skill Design"


def test_lower_scores_say_that_higher_ones_fill_the_time() -> None:
    tasks = tasks_of(a={"score": 9.0, "hours": 10.0}, b={"score": 1.0, "hours": 10.0})
    assert reason(proposed(tasks, people_of(p={})), "b") == "left out because tasks with a higher score fill the time"


def test_only_the_highest_scores_that_are_left_out_are_told_in_full() -> None:
    rows = {f"t{n}": {"score": float(n), "hours": 10.0, "person_gid": "p"} for n in range(1, 6)}
    proposal = proposed(tasks_of(**rows), people_of(p={"name": "Ana"}), explained=2)
    told = [gid for gid in rows if "Ana has" in reason(proposal, gid)]
    assert told == ["t3", "t4"]
    assert reason(proposal, "t1") == "left out because time is filled"


def test_a_task_that_fits_only_without_what_it_waits_for_is_left_out() -> None:
    tasks = tasks_of(a={"score": 0.0, "hours": 6.0}, b={"score": 9.0, "hours": 5.0}, c={"score": 8.0, "hours": 10.0})
    proposal = proposed(tasks, people_of(p={}), links_of(("b", "a")))
    assert chosen(proposal) == {"c": "p"}
    assert proposal.teams.select("gap", "is_proven").row(0) == (0.0, True)


# Pins ---------------------------------------------------------------------------------------------------------------


def test_pins_hold_against_the_scores() -> None:
    tasks = tasks_of(
        a={"score": 1.0, "hours": 10.0, "pin": "in"}, b={"score": 99.0, "hours": 10.0}, c={"score": 99.0, "pin": "out"}
    )
    proposal = proposed(tasks, people_of(p={"name": "Ana"}))
    assert chosen(proposal) == {"a": "p"}
    assert reason(proposal, "a") == "pinned in; fits Ana's free time"
    assert reason(proposal, "c") == "left out because it is pinned out"
    assert proposal.tasks["is_pinned"].to_list() == [True, False, True]


def test_a_pin_to_a_person_wins_over_the_assignee() -> None:
    proposal = proposed(tasks_of(a={"person_gid": "p", "pin_person_gid": "q"}), people_of(p={}, q={"name": "Bo"}))
    assert chosen(proposal) == {"a": "q"}
    assert reason(proposal, "a") == "pinned to Bo; fits Bo's free time"


def test_pins_that_cannot_all_hold_keep_as_many_as_can_and_name_the_limit() -> None:
    tasks = tasks_of(
        a={"pin": "in", "hours": 4.0, "person_gid": "p"},
        b={"pin": "in", "hours": 4.0, "person_gid": "p"},
        c={"pin": "in", "hours": 9.0, "person_gid": "p", "score": 50.0},
    )
    proposal = proposed(tasks, people_of(p={"name": "Ana"}))
    assert chosen(proposal) == {"a": "p", "b": "p"}
    assert reason(proposal, "c") == "pinned in, but Ana has 2 h left and it takes 9 h"


def test_a_pinned_task_that_waits_for_one_pinned_out_says_so() -> None:
    tasks = tasks_of(a={"pin": "in"}, b={"pin": "out", "name": "Draft"})
    proposal = proposed(tasks, people_of(p={}), links_of(("a", "b")))
    assert reason(proposal, "a") == "pinned in, but it waits for “Draft”, which is left out"


def test_a_pin_to_somebody_outside_the_team_says_so() -> None:
    proposal = proposed(tasks_of(a={"pin": "in", "pin_person_gid": "stranger"}), people_of(p={}))
    assert reason(proposal, "a").startswith("pinned in, but the person it is pinned to is not among the team's people")


# Edges --------------------------------------------------------------------------------------------------------------


def test_no_tasks_give_an_empty_proposal() -> None:
    proposal = proposed(tasks_of(), people_of(p={}))
    assert proposal.tasks.is_empty()
    assert proposal.teams.is_empty()


def test_nobody_leaves_everything_out() -> None:
    proposal = proposed(tasks_of(a={}), people_of())
    assert chosen(proposal) == {}
    assert reason(proposal, "a") == "left out because nobody of the team has hours that are known"
    assert proposal.teams.row(0) == ("team", 0, 0.0, 0.0, 0.0, True)


def test_without_a_column_of_teams_everybody_may_do_everything() -> None:
    tasks = tasks_of(a={"team_gid": "one"}, b={"team_gid": "two"})
    assert chosen(proposed(tasks, people_of(p={}).drop("team_gids"), pl.DataFrame())) == {"a": "p", "b": "p"}
    assert chosen(proposed(tasks, people_of(p={"team_gids": None}))) == {}
    assert proposed(tasks.head(0), people_of(p={}).drop("team_gids")).tasks.is_empty()


def test_a_task_that_takes_no_time_is_in_even_when_everybody_is_full() -> None:
    assert chosen(proposed(tasks_of(a={"hours": 0.0}), people_of(p={"hours": 0.0}))) == {"a": "p"}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"score": None}, "row 1: score is empty"),
        ({"hours": float("nan")}, "task a: hours is nan"),
        ({"score": -1.0}, "task a: score is -1.0"),
        ({"pin": "maybe"}, "pin is 'maybe'"),
    ],
)
def test_bad_rows_are_named(row: dict[str, Any], said: str) -> None:
    with pytest.raises(PermanentError, match=said):
        proposed(tasks_of(a=row), people_of(p={}))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(PermanentError, match="tasks: column\\(s\\) missing: hours"):
        proposed(tasks_of(a={}).drop("hours"), people_of(p={}))


def test_a_gid_that_is_there_twice_is_named() -> None:
    with pytest.raises(PermanentError, match="task_gid a is there twice"):
        proposed(pl.concat([tasks_of(a={}), tasks_of(a={})]), people_of(p={}))
