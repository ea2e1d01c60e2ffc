"""Projects and goals in one order: the formula by hand, and what the reason says."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.errors import PermanentError
from asana_intel.insights.portfolio.priority import MEMBERS, OBJECTS, TASKS, prioritise

MONDAY = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)


def project(gid: str, **values: Any) -> dict[str, Any]:
    return dict.fromkeys(OBJECTS) | {"object_type": "project", "object_gid": gid} | values


def goal(gid: str, **values: Any) -> dict[str, Any]:
    return project(gid, object_type="goal", **values)


def ordered(*objects: dict[str, Any], of: dict[str, list[dict[str, Any]]] | None = None, **kwargs) -> list[dict]:
    """The list; `of`: object gid -> its tasks."""
    members, tasks = [], []
    kinds = {o["object_gid"]: o["object_type"] for o in objects}
    for gid, own in (of if of is not None else {o["object_gid"]: [{"score": 60.0}] for o in objects}).items():
        for i, values in enumerate(own):
            members.append((kinds[gid], gid, f"{gid}-{i}"))
            tasks.append(dict.fromkeys(TASKS) | {"task_gid": f"{gid}-{i}"} | values)
    return prioritise(
        pl.DataFrame(list(objects), schema=OBJECTS),
        pl.DataFrame(members, schema=MEMBERS, orient="row"),
        pl.DataFrame(tasks, schema=TASKS),
        MONDAY,
        **kwargs,
    ).to_dicts()


def test_the_score_is_the_formula_by_hand() -> None:
    work = [{"score": 80.0, "left_hours": 10.0, "early_finish_on": dt.date(2026, 3, 20)}, {"score": 60.0}]
    (row,) = ordered(
        project("p", due_on=dt.date(2026, 3, 6), odds=0.4, odds_of="Growth", budget=100, budget_used=75,
                done_share=0.5),
        of={"p": work},
    )  # fmt: skip
    # value 70; odds risk .6; ten working days late: .5; heading for 150 %: .5
    assert row["risk"] == pytest.approx(1 - 0.4 * 0.5 * 0.5)
    assert row["score"] == pytest.approx(70 * (0.5 + 0.5 * 0.9))
    assert (row["value"], row["slip_days"], row["budget_risk"]) == (70.0, 10, pytest.approx(0.5))
    assert (row["finish_on"], row["open_tasks"], row["left_hours"]) == (dt.date(2026, 3, 20), 2, 10.0)
    assert row["reason"] == (
        "Its 2 open tasks score 70 on average; the odds of “Growth” are 40 %, its critical path ends 10 working days "
        "after 6 Mar 2026, and its cost is heading for 150 % of the budget."
    )


def test_only_the_ten_best_tasks_make_the_value_so_that_a_long_backlog_does_not_lower_it() -> None:
    (row,) = ordered(project("p"), of={"p": [{"score": 90.0}] * 10 + [{"score": 1.0}] * 40})
    assert row["value"] == 90.0
    assert row["reason"] == "Its 10 best open tasks score 90 on average; nothing that is known puts it at risk."


def test_risk_lifts_what_is_worth_the_same_and_its_weight_is_a_setting() -> None:
    same = (goal("safe", odds=0.95), goal("doubtful", odds=0.3))
    assert [row["object_gid"] for row in ordered(*same)] == ["doubtful", "safe"]
    assert [row["score"] for row in ordered(*same, risk_weight=0)] == [60.0, 60.0]
    assert [row["score"] for row in ordered(*same, risk_weight=1)] == pytest.approx([42.0, 3.0])


def test_a_goal_nobody_works_for_is_in_the_list_and_a_project_without_open_tasks_is_not() -> None:
    rows = ordered(goal("g", odds=0.1), project("p"), of={})
    assert [row["object_gid"] for row in rows] == ["g"]
    assert (rows[0]["value"], rows[0]["open_tasks"], rows[0]["finish_on"]) == (50.0, 0, None)
    assert rows[0]["reason"].startswith(
        "No open task of it has a score, so its value is taken as 50; its odds are 10 %"
    )


def test_a_project_without_due_date_is_held_to_the_latest_of_its_tasks() -> None:
    due = [{"score": 1.0, "due_on": dt.date(2026, 3, d), "early_finish_on": dt.date(2026, 3, 10)} for d in (3, 9)]
    (row,) = ordered(project("p"), of={"p": due})
    assert (row["due_on"], row["slip_days"]) == (dt.date(2026, 3, 9), 1)
    assert "ends 1 working day after 9 Mar 2026" in row["reason"]


@pytest.mark.parametrize(
    ("values", "risk"),
    [
        ({"budget": 100, "budget_used": 50, "done_share": 0.5}, 0.0),
        ({"budget": 100, "budget_used": 30, "done_share": 0.25}, 0.2),
        ({"budget": 100, "budget_used": 30, "done_share": 0.05}, 0.0),  # too early to say
        ({"budget": 100, "budget_used": 130, "done_share": None}, 0.3),
        ({"budget": 100, "budget_used": 900, "done_share": 0.5}, 1.0),
        ({"budget": 0, "budget_used": 10, "done_share": 0.5}, None),
        ({"budget": 100, "budget_used": None, "done_share": 0.5}, None),
    ],
)
def test_the_budget_is_at_risk_by_what_the_whole_will_cost(values, risk) -> None:
    assert ordered(project("p", **values))[0]["budget_risk"] == (None if risk is None else pytest.approx(risk))


def test_odds_that_are_not_nothing_are_not_called_nothing() -> None:
    rows = {row["object_gid"]: row["reason"] for row in ordered(goal("a", odds=0.001), goal("b", odds=0.999))}
    assert "below 1 %" in rows["a"]
    assert "above 99 %" in rows["b"]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.none() | st.floats(0, 1), st.none() | st.integers(0, 400)), min_size=1,
        max_size=8,
    ),
    st.floats(0, 1),
)  # fmt: skip
def test_scores_stay_within_0_and_the_value_and_ranks_count_up(given_objects, weight) -> None:
    objects, of = [], {}
    for i, (score, odds, late) in enumerate(given_objects):
        objects.append(goal(str(i), odds=odds, due_on=MONDAY.date()))
        end = None if late is None else MONDAY.date() + dt.timedelta(days=late)
        of[str(i)] = [{"score": score, "early_finish_on": end}]
    rows = ordered(*objects, of=of, risk_weight=weight)
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    scores = [row["score"] for row in rows]
    assert scores == sorted(scores, reverse=True) or pytest.approx(scores) == sorted(scores, reverse=True)
    for row in rows:
        assert 0 <= row["risk"] <= 1
        assert -1e-9 <= row["score"] <= row["value"] + 1e-9
    assert ordered(*objects[::-1], of=dict(reversed(of.items())), risk_weight=weight) == rows


def test_bad_input_is_named() -> None:
    with pytest.raises(PermanentError, match=r"row 0, column 'odds': 1\.5"):
        ordered(goal("g", odds=1.5))
    with pytest.raises(PermanentError, match="row 0, column 'object_gid': 'p'"):
        ordered(project("p"), project("p"))


def test_nothing_gives_an_empty_list() -> None:
    assert ordered() == []
