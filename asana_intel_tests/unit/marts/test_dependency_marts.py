"""Dependencies: slack, what blocks and since when; answers worked by hand."""

from __future__ import annotations

from typing import Any

from asana_intel_tests.unit.marts.worlds import Rows, at, day, intervals, marts_of

OPEN, DONE = False, True
DEPENDENCIES = ("fct_task_dependencies", "fct_task_blocking")


def waiting(*pairs: tuple[str, str]) -> Rows:
    return [{"task_gid": task, "depends_on_gid": other} for task, other in pairs]


def done(gid: str, **others: Any) -> dict[str, Any]:
    return {"task_gid": gid, "created_at": at(1), "is_completed": True, "completed_at": at(3)} | others


def test_slack_runs_from_the_due_date_to_the_start_of_what_waits_or_to_its_due_date() -> None:
    tasks = [
        {"task_gid": "first", "due_on": day(9)},
        {"task_gid": "starts", "start_on": day(12), "due_on": day(20)},
        {"task_gid": "due", "due_on": day(9)},
        {"task_gid": "early", "due_on": day(7)},
        {"task_gid": "undated"},
    ]
    marts = marts_of(
        DEPENDENCIES, tasks=tasks,
        task_dependencies=waiting(*((gid, "first") for gid in ("starts", "due", "early", "undated"))),
    )  # fmt: skip
    slack = {row["task_gid"]: row["slack_days"] for row in marts["fct_task_dependencies"]}
    assert slack == {"starts": 3, "due": 0, "early": -2, "undated": None}
    blocking = {row["task_gid"]: row for row in marts["fct_task_blocking"]}
    assert (blocking["first"]["blocked_tasks"], blocking["first"]["slack_for_others_days"]) == (4, -2)
    assert (blocking["first"]["is_blocked"], blocking["first"]["depends_on_tasks"]) == (False, 0)
    assert blocking["early"]["slack_days"] == -2


def test_a_task_is_blocked_since_the_dependency_came_or_what_it_waits_for_was_reopened() -> None:
    created = {"created_at": at(1)}
    marts = marts_of(
        DEPENDENCIES,
        tasks=[{"task_gid": "told"} | created, {"task_gid": "untold", "created_at": at(2)}, {"task_gid": "x"} | created,
               {"task_gid": "y"} | created],
        task_dependencies=waiting(("told", "x"), ("untold", "x"), ("told", "y")),
        stories=[{"story_gid": str(n), "target_gid": "told", "dependency_gid": "x", "created_at": when, "subtype": kind}
                 for n, (kind, when) in enumerate([("dependency_added", at(3)), ("dependency_removed", at(4)),
                                                   ("dependency_added", at(5))])],
        task_completion_intervals=[
            *intervals("x", "is_completed", (at(1), OPEN)),
            *intervals("y", "is_completed", (at(1), OPEN), (at(2), DONE), (at(6), OPEN)),
        ],
    )  # fmt: skip
    since = {(r["task_gid"], r["depends_on_gid"]): r["blocked_since"] for r in marts["fct_task_dependencies"]}
    assert since == {("told", "x"): at(5), ("untold", "x"): at(2), ("told", "y"): at(6)}
    told = next(row for row in marts["fct_task_blocking"] if row["task_gid"] == "told")
    assert (told["is_blocked"], told["open_blockers"], told["blocked_since"]) == (True, 2, at(5))
    assert told["blocked_hours"] == 42  # noon of the 5th to 6:00 of the 7th


def test_what_is_done_neither_blocks_nor_is_blocked() -> None:
    marts = marts_of(
        DEPENDENCIES,
        tasks=[{"task_gid": "open"}, done("done", due_on=day(3)), done("late")],
        task_dependencies=waiting(("open", "done"), ("late", "open"), ("open", "gone")),
    )
    assert [(r["task_gid"], r["is_blocking"], r["blocked_since"]) for r in marts["fct_task_dependencies"]] == [
        ("late", False, None),
        ("open", False, None),  # and nothing is known of "gone"
    ]
    rows = [(r["task_gid"], r["is_blocked"], r["open_blockers"], r["slack_days"]) for r in marts["fct_task_blocking"]]
    assert rows == [("done", False, 0, None), ("late", False, 0, None), ("open", False, 0, None)]
