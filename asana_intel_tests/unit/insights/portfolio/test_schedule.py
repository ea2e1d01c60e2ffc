"""The critical path: known answers by hand, and every random network against networkx."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import networkx as nx
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.errors import PermanentError
from asana_intel.insights.portfolio.schedule import HOMES, LINKS, TASKS, schedule_work

MONDAY = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
DAY = dt.date(2026, 3, 2)


def tasks(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([dict.fromkeys(TASKS) | row for row in rows], schema=TASKS)


def links(*rows: tuple[str, str] | tuple[str, str, dt.datetime]) -> pl.DataFrame:
    return pl.DataFrame([(*row, None)[:3] for row in rows], schema=LINKS, orient="row")


def homes(*rows: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=HOMES, orient="row")


def in_one(*gids: str) -> pl.DataFrame:
    return homes(*((gid, "one") for gid in gids))


def by_gid(frame: pl.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["task_gid"]: row for row in frame.to_dicts()}


def march(day: int) -> dt.date:
    return dt.date(2026, 3, day)


def test_a_chain_ends_after_the_sum_of_its_work_and_the_side_branch_has_slack() -> None:
    work = tasks(*({"task_gid": gid, "left_hours": hours} for gid, hours in [("a", 12), ("b", 6), ("c", 18)]))
    rows = by_gid(schedule_work(work, links(("c", "a"), ("c", "b")), in_one("a", "b", "c"), MONDAY))
    assert [rows[gid]["early_finish_on"] for gid in "abc"] == [march(3), march(2), march(6)]
    assert [rows[gid]["slack_days"] for gid in "abc"] == [0.0, 1.0, 0.0]
    assert [rows[gid]["is_critical"] for gid in "abc"] == [True, False, True]
    assert rows["b"]["late_finish_on"] == march(3)
    assert rows["c"]["waits_for_gid"] == "a"


def test_a_weekend_is_no_working_time_and_a_free_day_begins_with_the_next_working_day() -> None:
    friday = dt.datetime(2026, 3, 6, 9, tzinfo=dt.UTC)
    work = tasks({"task_gid": "a", "left_hours": 12})
    assert schedule_work(work, links(), homes(), friday)["early_finish_on"].to_list() == [march(9)]
    sunday = friday + dt.timedelta(days=2)
    (row,) = schedule_work(work, links(), homes(), sunday).to_dicts()
    assert (row["early_start_on"], row["early_finish_on"]) == (march(9), march(10))
    every_day = schedule_work(work, links(), homes(), friday, working_days=range(1, 8))
    assert every_day["early_finish_on"].to_list() == [march(7)]


def test_a_parent_ends_with_its_last_subtask_and_what_waits_for_it_begins_then() -> None:
    work = tasks(
        {"task_gid": "whole"},
        {"task_gid": "part", "parent_gid": "whole", "left_hours": 30},
        {"task_gid": "next", "left_hours": 6},
    )
    rows = by_gid(schedule_work(work, links(("next", "whole")), in_one("whole", "next"), MONDAY))
    assert rows["whole"]["early_finish_on"] == march(6)
    assert rows["next"]["early_start_on"] == march(9)
    assert all(row["is_critical"] for row in rows.values())


def test_the_own_effort_of_a_parent_counts_beside_its_subtasks() -> None:
    work = tasks({"task_gid": "whole", "left_hours": 18}, {"task_gid": "part", "parent_gid": "whole", "left_hours": 6})
    rows = by_gid(schedule_work(work, links(), in_one("whole"), MONDAY))
    assert rows["whole"]["early_finish_on"] == march(4)
    assert rows["part"]["slack_days"] == 2.0
    after = by_gid(schedule_work(work, links(("whole", "part")), in_one("whole"), MONDAY))
    assert after["whole"]["early_finish_on"] == march(5)  # it waits for its own part: its own effort comes after
    assert after["whole"]["reason"] is None


def test_a_subtask_waits_for_what_the_whole_waits_for() -> None:
    work = tasks(
        {"task_gid": "first", "left_hours": 12},
        {"task_gid": "whole"},
        {"task_gid": "part", "parent_gid": "whole", "left_hours": 6},
    )
    rows = by_gid(schedule_work(work, links(("whole", "first")), in_one("first", "whole"), MONDAY))
    assert (rows["part"]["early_start_on"], rows["part"]["waits_for_gid"]) == (march(4), "first")


def test_a_link_of_a_subtask_into_another_project_delays_this_one() -> None:
    work = tasks(
        {"task_gid": "far", "left_hours": 30},
        {"task_gid": "whole"},
        {"task_gid": "part", "parent_gid": "whole", "left_hours": 6},
        {"task_gid": "rest", "left_hours": 6},
    )
    places = homes(("far", "other"), ("whole", "one"), ("rest", "one"))
    rows = by_gid(schedule_work(work, links(("part", "far")), places, MONDAY))
    assert (rows["part"]["early_start_on"], rows["part"]["waits_for_gid"]) == (march(9), "far")
    assert rows["whole"]["early_finish_on"] == march(9)
    assert rows["far"]["is_critical"]
    assert rows["rest"]["slack_days"] == 5.0


def test_nothing_begins_before_its_start_date_and_a_milestone_ends_that_evening() -> None:
    work = tasks(
        {"task_gid": "a", "left_hours": 6, "start_on": march(5)},
        {"task_gid": "b", "left_hours": 6, "start_on": march(7)},  # a Saturday
        {"task_gid": "c", "left_hours": 6, "start_on": dt.date(2025, 1, 1)},
        {"task_gid": "m", "start_on": march(6)},
        {"task_gid": "n", "left_hours": 6},
    )
    rows = by_gid(schedule_work(work, links(("n", "m")), homes(), MONDAY))
    assert [rows[gid]["early_start_on"] for gid in "abc"] == [march(5), march(9), march(2)]
    assert (rows["m"]["early_finish_on"], rows["n"]["early_start_on"]) == (march(6), march(9))


def test_a_milestone_within_a_whole_waits_for_the_start_date_of_the_whole() -> None:
    work = tasks({"task_gid": "whole", "start_on": march(6)}, {"task_gid": "m", "parent_gid": "whole"})
    rows = by_gid(schedule_work(work, links(), homes(), MONDAY))
    assert [rows[gid]["early_finish_on"] for gid in ("whole", "m")] == [march(6), march(6)]


def test_slip_is_counted_in_working_days_after_the_due_date() -> None:
    work = tasks(
        {"task_gid": "a", "left_hours": 36, "due_on": march(6)},
        {"task_gid": "b", "left_hours": 30, "due_on": march(6)},
        {"task_gid": "c", "left_hours": 6, "due_on": dt.date(2026, 2, 27)},
        {"task_gid": "d", "left_hours": 6},
        {"task_gid": "e", "left_hours": 36, "due_on": march(7)},  # a Saturday
    )
    assert schedule_work(work, links(), homes(), MONDAY)["slip_days"].to_list() == [1, 0, 1, 0, 1]


def test_a_circle_is_named_and_cut_at_its_newest_link() -> None:
    work = tasks(*({"task_gid": gid, "name": gid.upper(), "left_hours": 6} for gid in "abc"))
    older, newer = MONDAY - dt.timedelta(days=9), MONDAY - dt.timedelta(days=2)
    circle = links(("b", "a", older), ("c", "b", newer), ("a", "c", older))
    rows = by_gid(schedule_work(work, circle, in_one(*"abc"), MONDAY))
    assert [rows[gid]["early_finish_on"] for gid in "cab"] == [march(2), march(3), march(4)]
    assert rows["c"]["reason"] == "Waits in a circle (“C” → “A” → “B” → “C”): that it waits for “B” is left out."
    assert rows["a"]["reason"] is None


def test_a_link_of_unknown_age_counts_as_older_than_any_other() -> None:
    work = tasks({"task_gid": "a", "left_hours": 6}, {"task_gid": "b", "left_hours": 6})
    rows = by_gid(schedule_work(work, links(("b", "a"), ("a", "b", MONDAY)), homes(), MONDAY))
    assert [bool(rows[gid]["reason"]) for gid in "ab"] == [True, False]


def test_a_task_that_waits_for_itself_or_for_the_whole_it_is_a_part_of_is_told_so() -> None:
    work = tasks({"task_gid": "whole"}, {"task_gid": "part", "parent_gid": "whole", "left_hours": 6})
    rows = by_gid(schedule_work(work, links(("part", "whole"), ("whole", "whole")), homes(), MONDAY))
    assert "“part” → “whole” → “part”" in rows["part"]["reason"]
    assert "“whole” → “whole”" in rows["whole"]["reason"]
    assert rows["whole"]["early_finish_on"] == march(2)


def test_links_to_tasks_that_are_not_open_hold_nobody_up() -> None:
    work = tasks({"task_gid": "a", "left_hours": 6})
    (row,) = schedule_work(work, links(("a", "done"), ("done", "a")), homes(), MONDAY).to_dicts()
    assert (row["early_start_on"], row["waits_for_gid"]) == (march(2), None)


def test_no_tasks_give_no_rows_in_the_same_shape() -> None:
    full = schedule_work(tasks({"task_gid": "a"}), links(), homes(), MONDAY)
    assert schedule_work(tasks(), links(), homes(), MONDAY).schema == full.schema


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (tasks({"task_gid": "a", "left_hours": -1}), "row 0, column 'left_hours': -1.0"),
        (tasks({"task_gid": "a", "left_hours": float("nan")}), "row 0, column 'left_hours': nan"),
        (tasks({"task_gid": "a"}, {"task_gid": "a"}), "row 0, column 'task_gid': 'a'"),
        (tasks({"task_gid": "a", "parent_gid": "b"}, {"task_gid": "b", "parent_gid": "a"}), "task a go in a circle"),
        (tasks({"task_gid": "a"}).drop("due_on"), "missing: due_on"),
        (tasks({"task_gid": "a"}).with_columns(due_on=pl.lit("soon")), "column 'due_on' holds String"),
    ],
)
def test_bad_input_is_named(work: pl.DataFrame, message: str) -> None:
    with pytest.raises(PermanentError, match=message):
        schedule_work(work, links(), homes(), MONDAY)


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[tuple[str, str]], list[tuple[str, str]]]:
    n = draw(st.integers(1, 9))
    rows = []
    for i in range(n):
        parent = draw(st.one_of(st.none(), st.integers(0, i - 1))) if i else None
        rows.append(
            {
                "task_gid": f"t{i}",
                "parent_gid": None if parent is None else f"t{parent}",
                "left_hours": draw(st.sampled_from([None, 0, 3, 6, 15, 27])),
                "start_on": draw(st.sampled_from([None, None, march(4), march(8), march(20)])),
            }
        )
    gids = st.sampled_from([row["task_gid"] for row in rows])
    pairs = draw(st.lists(st.tuples(gids, gids), max_size=14, unique=True))
    places = draw(st.lists(st.tuples(gids, st.sampled_from(["p", "q"])), max_size=8, unique=True))
    return rows, pairs, places


class Oracle:
    """The same rules as a graph of networkx; links are taken in as long as it stays without circles."""

    def __init__(self, rows: list[dict[str, Any]], pairs: list[tuple[str, str]], places: list[tuple[str, str]]) -> None:
        self.rows, self.graph, self.left_out = {row["task_gid"]: row for row in rows}, nx.DiGraph(), set()
        self.children: dict[str, list[str]] = {}
        for gid, row in self.rows.items():
            self.graph.add_edge(("work", gid), ("end", gid), weight=(row["left_hours"] or 0) / 6)
            self.graph.add_edge(("gate", gid), ("work", gid), weight=0)
            if above := row["parent_gid"]:
                self.children.setdefault(above, []).append(gid)
                self.graph.add_edge(("gate", above), ("gate", gid), weight=0)
                self.graph.add_edge(("end", gid), ("end", above), weight=0)
        for waiting, blocker in sorted(pairs):
            edge = ("end", blocker), ("work" if waiting in self.above(blocker) else "gate", waiting)
            if nx.has_path(self.graph, edge[1], edge[0]):
                self.left_out.add(waiting)
            else:
                self.graph.add_edge(*edge, weight=0)
        for gid, row in self.rows.items():
            begins = max(self.day(self.rows[above]["start_on"]) for above in [gid, *self.above(gid)])
            self.graph.add_edge("now", ("gate", gid), weight=self.day(row["start_on"]))
            is_point = gid not in self.children and not row["left_hours"] and begins
            self.graph.add_edge("now", ("end", gid), weight=begins + 1 if is_point else 0)
        self.places = {gid: self.places_of(gid, places) for gid in self.rows}

    def day(self, start_on: dt.date | None) -> int:
        days = (DAY + dt.timedelta(days=n) for n in range(((start_on or DAY) - DAY).days))
        return sum(day.weekday() < 5 for day in days)

    def above(self, gid: str) -> list[str]:
        parent = self.rows[gid]["parent_gid"]
        return [parent, *self.above(parent)] if parent else []

    def places_of(self, gid: str, places: list[tuple[str, str]]) -> set[str]:
        family = [gid, *self.above(gid)]
        own = ({place for task, place in places if task == member} for member in family)
        return next(filter(None, own), {family[-1]})

    def longest(self, start: Any) -> dict[Any, float]:
        turned = nx.DiGraph((a, b, {"weight": -d["weight"]}) for a, b, d in self.graph.edges(data=True))
        return {node: -far for node, far in nx.single_source_bellman_ford_path_length(turned, start).items()}

    def answers(self) -> dict[str, tuple[float, float, float]]:
        """Per task: start, end and slack."""
        at = self.longest("now")
        ends: dict[str, float] = {}
        for gid, places in self.places.items():
            for place in places:
                ends[place] = max(ends.get(place, 0), at["end", gid])
        target = {gid: min(ends[place] for place in places) for gid, places in self.places.items()}
        result = {}
        for gid in self.rows:
            way = self.longest(("end", gid))
            left = [target[other] - at["end", gid] - way["end", other] for other in target if ("end", other) in way]
            result[gid] = (at["gate", gid], at["end", gid], min(left))
        return result


def working_day(index: int) -> dt.date:
    return DAY + dt.timedelta(days=index // 5 * 7 + index % 5)


@settings(max_examples=80, deadline=None)
@given(networks())
def test_every_random_network_agrees_with_networkx(network) -> None:
    rows, pairs, places = network
    oracle = Oracle(rows, pairs, places)
    found = by_gid(schedule_work(tasks(*rows), links(*pairs), homes(*places), MONDAY))
    for gid, (start, end, slack) in oracle.answers().items():
        last = working_day(max(-int(-end // 1) - 1, 0))
        assert found[gid]["early_finish_on"] == last
        assert found[gid]["early_start_on"] == min(working_day(int(start)), last)
        assert found[gid]["slack_days"] == pytest.approx(slack, abs=1e-6)
        assert found[gid]["is_critical"] == (slack < 1e-6)
        assert (found[gid]["reason"] is not None) == (gid in oracle.left_out)


@settings(max_examples=20, deadline=None)
@given(networks(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(network, dice: random.Random) -> None:
    rows, pairs, places = network
    expected = schedule_work(tasks(*rows), links(*pairs), homes(*places), MONDAY)
    for listed in (rows, pairs, places):
        dice.shuffle(listed)
    assert schedule_work(tasks(*rows), links(*pairs), homes(*places), MONDAY).equals(expected)


def test_thousands_of_tasks_in_a_deep_chain_are_laid_out() -> None:
    n = 20_000
    gids = [f"{i:05d}" for i in range(n)]
    work = tasks(*({"task_gid": gid, "left_hours": 6} for gid in gids))
    chain = links(*zip(gids[1:], gids, strict=False))
    rows = schedule_work(work, chain, in_one(*gids), MONDAY)
    assert rows["early_finish_on"][-1] == working_day(n - 1)
    assert rows["is_critical"].all()
