"""Goals: the tree, the projects behind them, their progress; answers worked by hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

Run = Callable[..., list[dict[str, Any]]]


def goals(*gids: str, **values: Any) -> list[dict[str, Any]]:
    return [{"goal_gid": gid, "name": f"Goal {gid}"} | values for gid in gids]


def links(*pairs: str) -> list[dict[str, Any]]:
    """`a<b` goal b supports a; `a<p:20` project 20 supports a; `a<f:30` portfolio 30 supports a."""
    kinds = {"p": "project", "f": "portfolio", "t": "task"}
    rows = []
    for n, pair in enumerate(pairs):
        goal, _, supporter = pair.partition("<")
        kind, _, gid = supporter.rpartition(":")
        rows.append(
            {
                "relationship_gid": str(n),
                "goal_gid": goal,
                "supporting_gid": gid,
                "supporting_type": kinds.get(kind, "goal"),
            }
        )
    return rows


def bridge(run: Run, **staging: Any) -> list[tuple[str, str, int]]:
    return [tuple(row.values()) for row in run("bridge_goal_project", **staging)]


def test_a_project_supports_its_goal_and_all_goals_above(run: Run) -> None:
    found = bridge(run, goals=goals("a", "b", "c"), goal_relationships=links("a<b", "b<c", "c<p:20", "a<p:10"))
    assert found == [("a", "10", 0), ("a", "20", 2), ("b", "20", 1), ("c", "20", 0)]


def test_a_portfolio_stands_for_the_projects_in_it(run: Run) -> None:
    items = [
        {"portfolio_gid": "30", "item_gid": "20", "item_type": "project"},
        {"portfolio_gid": "30", "item_gid": "31", "item_type": "portfolio"},
        {"portfolio_gid": "99", "item_gid": "21", "item_type": "project"},
    ]
    relations = links("a<b", "b<f:30")
    found = bridge(run, goals=goals("a", "b"), goal_relationships=relations, portfolio_items=items)
    assert found == [("a", "20", 1), ("b", "20", 0)]


def test_a_project_linked_twice_counts_once_at_its_nearest(run: Run) -> None:
    items = [{"portfolio_gid": "30", "item_gid": "20", "item_type": "project"}]
    relations = links("a<p:20", "a<f:30", "a<b", "b<p:20")
    found = bridge(run, goals=goals("a", "b"), goal_relationships=relations, portfolio_items=items)
    assert found == [("a", "20", 0), ("b", "20", 0)]


def test_goals_that_support_each_other_in_a_circle_end(run: Run) -> None:
    relations = links("a<b", "b<c", "c<a", "c<p:20", "a<a")
    found = bridge(run, goals=goals("a", "b", "c"), goal_relationships=relations)
    assert found == [("a", "20", 2), ("b", "20", 1), ("c", "20", 0)]


def test_a_mesh_in_which_every_goal_supports_every_other_ends_too(run: Run) -> None:
    gids = [f"g{n}" for n in range(14)]
    relations = links(*(f"{a}<{b}" for a in gids for b in gids if a != b), "g0<p:20")
    found = bridge(run, goals=goals(*gids), goal_relationships=relations)
    assert found == [(gid, "20", 0 if gid == "g0" else 1) for gid in sorted(gids)]


def test_a_goal_knows_its_parent_its_children_and_its_projects(run: Run) -> None:
    rows = run(
        "dim_goal",
        goals=goals("a", "b", "c"),
        goal_relationships=links("a<b", "a<c", "b<c", "c<p:20", "c<t:99", "gone<a"),
    )
    told = {r["goal_gid"]: (r["parent_goal_gid"], r["supporting_goals"], r["supporting_projects"]) for r in rows}
    assert told == {"a": (None, 2, 1), "b": ("a", 1, 1), "c": ("a", 0, 1)}


@pytest.mark.parametrize(
    ("initial", "target", "current", "progress"),
    [(0, 10, 4, 0.4), (10, 0, 4, 0.6), (5, 10, 4, -0.2), (0, 10, 12, 1.2), (3, 3, 3, None), (0, 10, None, None)],
)
def test_progress_is_the_share_of_the_way_from_start_to_target(
    run: Run, initial: float, target: float, current: float | None, progress: float | None
) -> None:
    (row,) = run("dim_goal", goals=goals("a", initial_value=initial, target_value=target, current_value=current))
    assert row["progress_pct"] == pytest.approx(progress)


@pytest.mark.parametrize(
    ("source", "can_manage", "writable"),
    [("manual", None, True), ("external", True, True), ("external", False, False), ("external", None, False),
     ("subgoal_progress", True, False), (None, None, False)],
)  # fmt: skip
def test_a_metric_is_writable_where_asana_would_let_us(
    run: Run, source: str | None, can_manage: bool | None, writable: bool
) -> None:
    (row,) = run("dim_goal", goals=goals("a", progress_source=source, can_manage=can_manage))
    assert row["is_metric_writable"] is writable


def snapshot(day: int, value: float | None, *, hour: int = 6, target: float = 10.0) -> dict[str, Any]:
    at = datetime(2026, 1, day, hour, tzinfo=UTC)
    return {
        "goal_gid": "a", "snapshot_on": at.date(), "snapshot_at": at, "value": value, "status": "green",
        "target_value": target,
    }  # fmt: skip


def test_the_last_snapshot_of_each_week_speaks_for_it(run: Run) -> None:
    span = {"start_on": date(2026, 1, 1), "due_on": date(2026, 1, 31), "initial_value": 0.0}
    rows = run(
        "fct_goal_progress_weekly",
        goals=goals("a", **span),
        goal_snapshots=[snapshot(5, 1), snapshot(7, 2), snapshot(11, 3), snapshot(19, 8), snapshot(26, 6, target=12)],
    )
    assert [(r["week_on"], r["value"], r["value_change"]) for r in rows] == [
        (date(2026, 1, 5), 3.0, None),
        (date(2026, 1, 19), 8.0, 5.0),
        (date(2026, 1, 26), 6.0, -2.0),
    ]
    assert [r["progress_pct"] for r in rows] == pytest.approx([0.3, 0.8, 0.5])
    assert [r["expected_pct"] for r in rows] == pytest.approx([10 / 30, 18 / 30, 25 / 30])
    assert rows[0]["snapshot_at"] == datetime(2026, 1, 11, 6, tzinfo=UTC)


def test_expected_progress_stays_between_nothing_and_all(run: Run) -> None:
    def expected(**span: date) -> list[float | None]:
        return [
            r["expected_pct"]
            for r in run("fct_goal_progress_weekly", goals=goals("a", **span), goal_snapshots=[snapshot(7, 1)])
        ]

    assert expected(start_on=date(2025, 1, 1), due_on=date(2025, 2, 1)) == [1.0]
    assert expected(start_on=date(2026, 2, 1), due_on=date(2026, 3, 1)) == [0.0]
    assert expected(start_on=date(2026, 1, 7), due_on=date(2026, 1, 7)) == [None]
    assert expected() == [None]


def weighted(**weights: float | None) -> list[dict[str, Any]]:
    """`a_b=0.5` goal b supports a with half; `a_p20` project 20, `a_f30` portfolio 30, `a_t9` task 9."""
    pairs = (re.sub("_([pft])", r"<\1:", name).replace("_", "<") for name in weights)
    rows = links(*pairs)
    return [row | {"weight": weight} for row, weight in zip(rows, weights.values(), strict=True)]


def support(run: Run, **staging: Any) -> dict[tuple[str, str], tuple[int, float]]:
    rows = run("bridge_goal_support", **staging)
    return {(r["goal_gid"], r["supporting_gid"]): (r["depth"], r["effective_weight"]) for r in rows}


def test_weights_are_parts_of_their_sum_and_multiply_down_the_tree(run: Run) -> None:
    found = support(
        run, goals=goals("a", "b", "c"), goal_relationships=weighted(a_b=0.6, a_c=0.2, b_p20=1, b_t9=0.25, c_p20=0.5)
    )
    assert found == {
        ("a", "b"): (0, 0.75), ("a", "c"): (0, 0.25),
        ("a", "20"): (1, pytest.approx(0.75 * 0.8 + 0.25)), ("a", "9"): (1, pytest.approx(0.75 * 0.2)),
        ("b", "20"): (0, 0.8), ("b", "9"): (0, 0.2), ("c", "20"): (0, 1),
    }  # fmt: skip


def test_a_weight_of_nothing_counts_for_nothing_and_unknown_weights_count_alike(run: Run) -> None:
    relations = weighted(a_b=0, a_p20=0.3, b_p21=None, b_p22=None, c_p20=0)
    found = support(run, goals=goals("a", "b", "c"), goal_relationships=relations)
    assert found == {
        ("a", "b"): (0, 0), ("a", "20"): (0, 1), ("a", "21"): (1, 0), ("a", "22"): (1, 0),
        ("b", "21"): (0, 0.5), ("b", "22"): (0, 0.5), ("c", "20"): (0, 0),
    }  # fmt: skip


def test_a_portfolio_divides_its_weight_among_its_projects(run: Run) -> None:
    items = [{"portfolio_gid": "30", "item_gid": gid, "item_type": "project"} for gid in ("20", "21")]
    relations = weighted(a_f30=0.5, a_p20=0.5)
    rows = run("bridge_goal_support", goals=goals("a"), goal_relationships=relations, portfolio_items=items)
    told = [(r["supporting_gid"], r["supporting_type"], r["depth"], r["weight"], r["effective_weight"]) for r in rows]
    assert told == [("20", "project", 0, 0.5, 0.75), ("21", "project", 1, None, 0.25), ("30", "portfolio", 0, 0.5, 0.5)]


def test_circles_and_meshes_of_weighted_goals_end(run: Run) -> None:
    gids = [f"g{n}" for n in range(14)]
    relations = links(*(f"{a}<{b}" for a in gids for b in gids if a != b), "gone<g0", "g1<g1")
    found = support(run, goals=goals(*gids), goal_relationships=relations)
    assert len(found) == 14 * 13
    assert all(a != b for a, b in found)
    assert support(run, goals=goals("a", "b"), goal_relationships=weighted(a_b=1, b_a=1)) == {
        ("a", "b"): (0, 1), ("b", "a"): (0, 1),
    }  # fmt: skip
