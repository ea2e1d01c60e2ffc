"""Suggestions against what came of them: right and naive guesses counted, nothing later used, nothing invented."""

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.insights.scored.decisions import read_decisions
from asana_intel.insights.scored.duplicates import score_duplicates
from asana_intel.insights.scored.effort import score_effort
from asana_intel.insights.scored.order import score_order
from asana_intel.insights.scored.scores import score_suggestions
from asana_intel.insights.scored.values import assignees, score_values, set_fields
from asana_intel.storage.contracts import CONTRACTS, conform, empty_frame
from asana_intel.storage.postgres import Database

START = datetime(2026, 3, 2, tzinfo=UTC)
AS_OF = START + timedelta(weeks=6)
NOBODY = pl.DataFrame(schema={"capability": pl.String, "source": pl.String, "is_taken": pl.Boolean})
_DONE = {"task_gid": pl.String, "completed_at": pl.Datetime("us", "UTC"), "actual_hours": pl.Float64}
_SET = {"task_gid": pl.String, "value": pl.String, "set_at": pl.Datetime("us", "UTC")}


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def rows(key: str, *values: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(values, schema=CONTRACTS[key].schema)


def effort(gid: str, at: datetime, hours: float, method: str = "similar") -> dict[str, Any]:
    return {"as_of_at": at, "task_gid": gid, "p50_hours": hours, "method": method}


def done(*values: tuple[str, datetime, float | None]) -> pl.DataFrame:
    return pl.DataFrame(values, schema=_DONE, orient="row")


def only(scores: pl.DataFrame, label: str = "all") -> dict[str, Any]:
    return scores.filter(label=label).row(0, named=True)


def test_an_effort_is_right_within_a_factor_of_two_of_the_hours_logged() -> None:
    estimates = [effort("a", day(0), 4), effort("b", day(0), 4), effort("c", day(0), 4), effort("d", day(0), 4)]
    finished = done(("a", day(3), 8), ("b", day(3), 2), ("c", day(3), 8.1), ("d", day(3), None))
    row = only(score_effort(rows("insights/task_effort", *estimates), finished, AS_OF))
    assert (row["suggested"], row["decided"], row["right"]) == (4, 3, 2)
    assert row["accuracy"] == pytest.approx(2 / 3)
    assert row["baseline"] is None  # nothing was finished before, so there were no usual hours


def test_the_usual_hours_are_those_known_when_the_estimate_was_made() -> None:
    estimates = rows("insights/task_effort", effort("a", day(10), 1), effort("b", day(10), 1))
    before = [("x", day(1), 10.0), ("y", day(2), 12.0), ("late", day(11), 1.0)]
    row = only(score_effort(estimates, done(*before, ("a", day(12), 11), ("b", day(12), 1)), AS_OF))
    assert (row["accuracy"], row["baseline"]) == (0.5, 0.5)  # the median of 10 and 12 is right for a, not for b


def test_only_the_first_estimate_counts_and_only_work_finished_after_it() -> None:
    estimates = rows("insights/task_effort", effort("a", day(0), 1), effort("a", day(7), 8), effort("b", day(7), 8))
    row = only(score_effort(estimates, done(("a", day(9), 8), ("b", day(3), 8)), AS_OF))
    assert (row["suggested"], row["decided"], row["right"]) == (2, 1, 0)


def test_efforts_are_told_apart_by_method() -> None:
    estimates = rows("insights/task_effort", effort("a", day(0), 4, "estimate"), effort("b", day(0), 40, "usual"))
    scores = score_effort(estimates, done(("a", day(3), 4), ("b", day(3), 4)), AS_OF)
    assert scores["label"].to_list() == ["all", "estimate", "usual"]
    assert [only(scores, label)["accuracy"] for label in scores["label"]] == [0.5, 1.0, 0.0]


def triage(gid: str, at: datetime, **values: Any) -> dict[str, Any]:
    return {"as_of_at": at, "arrived_at": at, "task_gid": gid} | values


def test_a_value_counts_when_people_set_it_after_the_suggestion() -> None:
    suggested = rows(
        "insights/task_triage",
        triage("a", day(7), category="Bug"),
        triage("b", day(7), category="Bug"),
        triage("c", day(7), category="Bug"),
        triage("d", day(7), category=None),
    )
    values = [("a", "bug", day(8)), ("b", "Idea", day(8)), ("c", "Bug", day(1)), ("old", "Idea", day(1)),
              ("older", "Idea", day(0))]  # fmt: skip
    now = pl.DataFrame(values, schema=_SET, orient="row")
    row = only(score_values("category", "category", suggested, now, AS_OF))
    assert (row["suggested"], row["decided"], row["right"]) == (3, 2, 1)  # c had its category before
    assert row["baseline"] == 0.5  # Idea was the commonest, which b got


def test_a_size_is_right_whether_people_write_its_letter_or_its_word() -> None:
    held = [{"task_gid": gid, "field_name": "Complexity", "text_value": size, "valid_from": day(8)}
            for gid, size in (("a", "Small"), ("b", "m"), ("c", "Large"))]  # fmt: skip
    known = {key: empty_frame(contract) for key, contract in CONTRACTS.items()} | {
        "staging/task_field_intervals": rows("staging/task_field_intervals", *held),
        "insights/task_triage": rows(
            "insights/task_triage",
            *(triage(gid, day(7), complexity=size) for gid, size in zip("abc", "SML", strict=True)),
        ),
    }
    taken = pl.DataFrame({"capability": ["complexity"] * 2, "source": ["plan", "triage"], "is_taken": [True, False]})
    row = only(score_suggestions(known.__getitem__, date(2026, 4, 13), AS_OF, taken))
    assert (row["capability"], row["decided"], row["right"], row["adoption"]) == ("complexity", 3, 3, 0.5)


def test_the_commonest_value_is_that_of_then() -> None:
    suggested = rows("insights/task_triage", triage("a", day(7), priority="High"))
    values = [("a", "Low", day(8)), ("x", "High", day(1)), ("y", "Low", day(9)), ("z", "Low", day(9))]
    row = only(score_values("priority", "priority", suggested, pl.DataFrame(values, schema=_SET, orient="row"), AS_OF))
    assert (row["accuracy"], row["baseline"]) == (0.0, 0.0)


def test_fields_are_read_as_asana_shows_them_and_as_they_stood() -> None:
    tables = {
        "staging/task_field_intervals": rows(
            "staging/task_field_intervals",
            {"task_gid": "a", "field_name": "Category", "option_gid": "1", "valid_from": day(1), "valid_to": day(3)},
            {"task_gid": "a", "field_name": "Category", "option_gid": "2", "valid_from": day(3)},
            {"task_gid": "b", "field_name": "Category", "option_gid": "1", "valid_from": day(9)},
            {"task_gid": "c", "field_name": "Priority (1 is highest)", "number_value": 2.0, "valid_from": day(1)},
            {"task_gid": "c", "field_name": "AI Priority Score", "number_value": 70.0, "valid_from": day(2)},
        ),
        "staging/custom_field_values": rows(
            "staging/custom_field_values",
            {"object_gid": "a", "option_gid": "2", "display_value": "Bug"},
            {"object_gid": "b", "option_gid": "1", "display_value": "Idea"},
        ),
        "staging/task_assignee_intervals": rows(
            "staging/task_assignee_intervals",
            {"task_gid": "a", "assignee_gid": None, "valid_from": day(0), "valid_to": day(2)},
            {"task_gid": "a", "assignee_gid": "ana", "valid_from": day(2)},
        ),
    }
    assert set_fields(tables.__getitem__, day(2), "category").rows() == [("a", "Idea", day(1))]
    assert set_fields(tables.__getitem__, day(5), "category").rows() == [("a", "Bug", day(3))]
    assert set_fields(tables.__getitem__, day(5), "priority").rows() == [("c", "2", day(1))]
    assert assignees(tables.__getitem__, day(1)).is_empty()
    assert assignees(tables.__getitem__, day(5)).rows() == [("a", "ana", day(2))]


def test_a_duplicate_is_right_when_people_said_so() -> None:
    suggested = rows("insights/task_triage", *(triage(g, day(0), duplicate_of_gid="z") for g in "abc"))
    said = pl.DataFrame({"capability": ["duplicate", "duplicate", "category"], "is_taken": [True, False, True]})
    row = only(score_duplicates(suggested, said, AS_OF))
    assert (row["suggested"], row["decided"], row["right"], row["baseline"]) == (3, 2, 1, None)


def ordered(*tasks: tuple[str, str, float], at: datetime = START) -> pl.DataFrame:
    values = [{"as_of_at": at, "task_gid": g, "project_gid": p, "score": s} for g, p, s in tasks]
    return rows("insights/task_priority", *values)


def born(**days: float) -> pl.DataFrame:
    return pl.DataFrame({"task_gid": list(days), "created_at": [day(-d) for d in days.values()]})


def test_of_two_tasks_of_a_project_the_higher_score_should_be_done_first() -> None:
    order = ordered(("a", "p", 80), ("b", "p", 50), ("c", "p", 50), ("d", "q", 90))
    row = only(score_order(order, born(a=1, b=9, c=2, d=3), done(("b", day(3), 1), ("a", day(5), 1)), AS_OF))
    # b before a is wrong, b against c says nothing, a before c is right; d has no other task beside it.
    assert (row["suggested"], row["decided"], row["right"]) == (2, 2, 1)
    assert row["baseline"] == pytest.approx(1 / 2)  # b is older than a; a is younger than c


def test_the_order_judged_is_that_of_four_weeks_ago() -> None:
    old, new = ordered(("a", "p", 9), ("b", "p", 5)), ordered(("a", "p", 1), ("b", "p", 5), at=day(35))
    row = only(score_order(pl.concat([old, new]), born(a=1, b=1), done(("a", day(40), 1)), AS_OF))
    assert (row["right"], row["decided"], row["baseline"]) == (1, 1, None)  # of one age


@given(
    st.lists(
        st.tuples(st.sampled_from("pq"), st.integers(0, 5), st.integers(0, 4), st.none() | st.integers(1, 40)),
        min_size=1,
        max_size=12,
    )
)
def test_pairs_are_counted_as_by_looking_at_each(tasks: list[tuple[str, int, int, int | None]]) -> None:
    order = ordered(*((str(n), p, float(s)) for n, (p, s, _, _) in enumerate(tasks)))
    ages = born(**{str(n): float(age) for n, (_, _, age, _) in enumerate(tasks)})
    ends = done(*((str(n), day(end), 1.0) for n, (_, _, _, end) in enumerate(tasks) if end))
    right = decided = naive = compared = pairs = 0
    for (p, s, age, end), (q, t, other_age, other_end) in itertools.combinations(tasks, 2):
        if p != q or s == t:
            continue
        pairs += 1
        mine, theirs = end or 999, other_end or 999
        if mine == theirs:
            continue
        is_first = mine < theirs
        decided += 1
        right += (s > t) == is_first
        compared += age != other_age
        naive += age != other_age and (age > other_age) == is_first
    row = only(score_order(order, ages, ends, AS_OF))
    assert (row["suggested"], row["decided"], row["right"]) == (pairs, decided, right)
    assert row["baseline"] == (pytest.approx(naive / compared) if compared else None)


def _tables() -> dict[str, pl.DataFrame]:
    known = {key: empty_frame(contract) for key, contract in CONTRACTS.items()}
    tasks = [{"task_gid": g, "name": g, "is_completed": False, "created_at": day(-3)} for g in "abc"]
    tasks[0]["actual_hours"] = 5.0
    held = [{"task_gid": g, "valid_from": day(-3)} for g in "abc"]
    finished = [{"task_gid": g, "is_completed": True, "valid_from": day(9 + n)} for n, g in enumerate("ab")]
    return known | {
        "staging/tasks": rows("staging/tasks", *tasks),
        "staging/task_lifetimes": rows("staging/task_lifetimes", *held),
        "staging/task_completion_intervals": rows("staging/task_completion_intervals", *finished),
        "insights/task_effort": rows("insights/task_effort", effort("a", day(0), 4), effort("b", day(0), 4)),
        "insights/task_priority": ordered(("a", "p", 9), ("b", "p", 5), ("c", "p", 1)),
    }


def test_a_week_has_a_row_for_each_kind_that_was_suggested() -> None:
    taken = pl.DataFrame({"capability": ["effort", "effort"], "source": ["plan"] * 2, "is_taken": [True, False]})
    scores = score_suggestions(_tables().__getitem__, date(2026, 4, 13), AS_OF, taken)
    assert scores.select("capability", "label", "decided", "right", "adoption").rows() == [
        ("effort", "all", 1, 1, 0.5),
        ("effort", "similar", 1, 1, None),
        ("score order", "all", 3, 3, None),
    ]
    conform(CONTRACTS["insights/suggestion_scores"], scores)


def test_where_nothing_was_suggested_nothing_is_scored() -> None:
    tables = {key: empty_frame(contract) for key, contract in CONTRACTS.items()}
    scores = score_suggestions(tables.__getitem__, date(2026, 4, 13), AS_OF, NOBODY)
    assert conform(CONTRACTS["insights/suggestion_scores"], scores).is_empty()


def test_what_happens_later_changes_no_score() -> None:
    tables, early = _tables(), day(9.5)
    before = score_suggestions(tables.__getitem__, date(2026, 3, 9), early, NOBODY)
    later = effort("c", day(20), 1)
    tables["insights/task_effort"] = pl.concat(
        [tables["insights/task_effort"], rows("insights/task_effort", later)]
    )  # fmt: skip
    tables["insights/task_priority"] = pl.concat(
        [tables["insights/task_priority"], ordered(("a", "p", 1), ("c", "p", 9), at=day(12))]
    )
    again = {"task_gid": "c", "is_completed": True, "valid_from": day(20)}
    key = "staging/task_completion_intervals"
    tables[key] = pl.concat([tables[key], rows(key, again)])
    assert score_suggestions(tables.__getitem__, date(2026, 3, 9), early, NOBODY).equals(before)


def test_decisions_are_peoples_on_plans_and_the_last_answer_on_a_task(database: Database, stored: Any) -> None:
    plan = stored({"capability": "priority", "field": "suggested_priority", "target_type": "task", "target_gid": "5"})
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # the ledger's triggers are not what is tested
        cursor.execute(
            "UPDATE plan_row SET decision = 'rejected', decided_by = 'ana', decided_at = now() WHERE plan_id = %s",
            (plan.plan_id,),
        )
        for about, answer in (("category", "decline"), ("category", "accept"), ("complexity", "accept")):
            cursor.execute(
                "INSERT INTO triage_answer (task_gid, capability, value, answer, answered_by, at)"
                " VALUES ('7', %s, 'Bug', %s, 'ana', now())",
                (about, answer),
            )
    assert read_decisions(database, None).rows() == [
        ("category", "triage", True), ("complexity", "triage", True), ("priority", "plan", False),
    ]  # fmt: skip
    assert read_decisions(database, START - timedelta(days=9999)).is_empty()
