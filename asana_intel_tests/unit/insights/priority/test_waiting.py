"""Who waits for whom: counted right on any graph, circles too."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.insights.priority.waiting import waiting_tasks

NAMES = [f"t{n}" for n in range(7)]
links = st.sets(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=14)


def told(edges: set[tuple[str, str]], **tasks: tuple[float | None, float, bool]) -> dict[str, dict]:
    """Edges (waits, for); tasks: days left, days needed, is public."""
    work = pl.DataFrame(
        [(gid, *facts) for gid, facts in tasks.items()],
        schema={"task_gid": pl.String, "days_left": pl.Float64, "days_needed": pl.Float64, "is_public": pl.Boolean},
        orient="row",
    )
    frame = pl.DataFrame(sorted(edges), schema={"task_gid": pl.String, "depends_on_gid": pl.String}, orient="row")
    return {row["task_gid"]: row for row in waiting_tasks(frame, work).iter_rows(named=True)}


def behind(edges: set[tuple[str, str]], gid: str, open_ones: set[str]) -> set[str]:
    """By hand: all that waits for a task."""
    found: set[str] = set()
    front = [gid]
    while front:
        at = front.pop()
        for waits, awaited in edges:
            if awaited == at and waits in open_ones and waits not in found:
                found.add(waits)
                front.append(waits)
    return found - {gid}


@settings(max_examples=60, deadline=None)
@given(links, st.lists(st.tuples(st.booleans(), st.booleans()), min_size=7, max_size=7))
def test_all_that_waits_directly_or_not_is_counted_once(
    edges: set[tuple[str, str]], states: list[tuple[bool, bool]]
) -> None:
    open_ones = {gid for gid, (is_open, _) in zip(NAMES, states, strict=True) if is_open}
    public = {gid for gid, (_, is_public) in zip(NAMES, states, strict=True) if is_public}
    rows = told(edges, **{gid: (None, 1.0, gid in public) for gid in open_ones})
    for gid in open_ones:
        waiting = behind(edges, gid, open_ones)
        assert (rows[gid]["blocked_tasks"] if gid in rows else 0) == len(waiting)
        assert (rows[gid]["is_private_waiting"] if gid in rows else False) == bool(waiting - public)
    assert set(rows) <= open_ones


def test_a_task_must_be_finished_in_time_for_what_waits_for_it() -> None:
    # c is due in 10 days and takes 3, so b has 7; b takes 2, so a has 5.
    rows = told({("b", "a"), ("c", "b")}, a=(30.0, 1.0, True), b=(None, 2.0, True), c=(10.0, 3.0, True))
    assert (rows["a"]["days_allowed"], rows["a"]["urgent_for_gid"]) == (5.0, "c")
    assert (rows["b"]["days_allowed"], rows["b"]["urgent_for_gid"]) == (7.0, "c")


def test_its_own_day_counts_where_it_is_sooner() -> None:
    rows = told({("b", "a")}, a=(2.0, 1.0, True), b=(10.0, 3.0, True))
    assert (rows["a"]["days_allowed"], rows["a"]["urgent_for_gid"]) == (2.0, None)


def test_tasks_in_a_circle_share_the_earliest_day() -> None:
    rows = told({("b", "a"), ("a", "b"), ("c", "b")}, a=(None, 1.0, True), b=(9.0, 1.0, True), c=(4.0, 1.0, True))
    assert [rows[gid]["days_allowed"] for gid in "ab"] == [3.0, 3.0]
    assert [rows[gid]["blocked_tasks"] for gid in "ab"] == [2, 2]


def test_a_chain_of_thousands_ends() -> None:
    edges = {(f"{n + 1:05}", f"{n:05}") for n in range(5000)}
    rows = told(edges, **{f"{n:05}": (None, 1.0, True) for n in range(5001)})
    assert rows["00000"]["blocked_tasks"] == 5000
