"""Random and hand-made backlogs, as frames; nothing is asserted here."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import strategies as st

from asana_intel.insights.priority import Backlog
from asana_intel.insights.priority.backlog import EFFORT, GOALS, LINKS, LOAD, PLACES, SIGNALS, SUPPORTS, WORK, Columns

AS_OF = datetime(2026, 3, 4, 6, tzinfo=UTC)
TODAY = AS_OF.date()
NO_ROWS = pl.DataFrame()
GOAL: dict[str, Any] = {
    "goal_gid": "g1", "status": "assessed", "p_attain": 0.5, "value_p10": 30.0, "value_p50": 40.0, "value_p90": 50.0,
    "current_value": 22.0, "initial_value": 0.0, "target_value": 40.0, "due_on": date(2026, 3, 31), "is_public": True,
}  # fmt: skip


def rows(columns: Columns, *given: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([dict.fromkeys(columns) | row for row in given], schema=dict(columns))


def backlog(*tasks: dict[str, Any], **frames: list[dict[str, Any]]) -> Backlog:
    """A backlog from rows; a row names only the columns that matter."""
    columns = {
        "places": PLACES, "goals": GOALS, "supports": SUPPORTS, "links": LINKS, "effort": EFFORT, "load": LOAD,
        "signals": SIGNALS,
    }  # fmt: skip
    return Backlog(rows(WORK, *tasks), **{name: rows(columns[name], *given) for name, given in frames.items()})


def effort(gid: str, low: float, middle: float, high: float, left: float | None = None) -> dict[str, Any]:
    return {
        "task_gid": gid, "p10_hours": low, "p50_hours": middle, "p90_hours": high, "method": "similar",
        "left_p50_hours": middle if left is None else left,
    }  # fmt: skip


TASKS, PROJECTS, GOALS_, PEOPLE = [f"t{n}" for n in range(8)], ["p1", "p2"], ["g1", "g2"], ["u1", "u2", "team"]
days = st.integers(-60, 90).map(lambda n: TODAY + timedelta(days=n))
shares = st.none() | st.floats(0, 1)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """A world as plain rows, so that a test can change one thing: tasks by gid, links, goals, and so on."""
    names = draw(st.lists(st.sampled_from(TASKS), min_size=1, unique=True))
    tasks = {gid: draw(task_rows(names)) for gid in names}
    links = draw(st.sets(st.tuples(st.sampled_from(TASKS), st.sampled_from(TASKS)), max_size=8))
    return {
        "tasks": tasks,
        "links": {link for link in links if link[0] != link[1]},
        "goals": {gid: draw(goal_rows()) for gid in GOALS_},
        "supports": draw(
            st.sets(
                st.tuples(st.sampled_from(GOALS_), st.sampled_from([*PROJECTS, "t0"]), st.sampled_from([None, 1.0])),
                max_size=4,
            )
        ),
        "effort": {gid: draw(st.floats(0.25, 80)) for gid in names if draw(st.booleans())},
        "load": {who: draw(st.floats(0, 80)) for who in PEOPLE if draw(st.booleans())},
        "signals": {gid: (draw(st.integers(0, 9)), draw(shares), draw(shares)) for gid in names},
    }


@st.composite
def task_rows(draw: st.DrawFn, names: list[str]) -> dict[str, Any]:
    return {
        "project": draw(st.sampled_from([None, *PROJECTS])),
        "parent": draw(st.sampled_from([None, None, *names])),
        "person": draw(st.sampled_from([None, "u1", "u2"])),
        "due_on": draw(st.none() | days),
        "is_public": draw(st.booleans()),
    }


@st.composite
def goal_rows(draw: st.DrawFn) -> dict[str, Any]:
    start, target = draw(st.sampled_from([(0.0, 40.0), (40.0, 10.0), (0.0, 1.0)]))
    quantiles = sorted(draw(st.lists(st.floats(-10, 60), min_size=3, max_size=3)))
    return {
        "status": draw(st.sampled_from(["assessed", "assessed", "not_assessed"])),
        "p_attain": draw(st.floats(0, 1)),
        "p_attain_change": draw(st.none() | st.floats(-0.5, 0.5)),
        "initial_value": start,
        "target_value": target,
        "current_value": draw(st.none() | st.floats(-5, 50)),
        "is_public": draw(st.booleans()),
        **dict(zip(("value_p10", "value_p50", "value_p90"), quantiles, strict=True)),
    }


def built(world: dict[str, Any]) -> Backlog:
    """The frames of a world."""
    tasks = world["tasks"]
    return backlog(
        *(
            {
                "task_gid": gid, "parent_gid": row["parent"], "project_gid": row["project"], "team_gid": "team",
                "person_gid": row["person"], "due_on": row["due_on"], "is_public": row["is_public"],
            }
            for gid, row in tasks.items()
        ),
        places=[
            {"task_gid": gid, "project_gid": project, "through_gid": through}
            for gid in tasks
            for project, through in _projects_of(gid, tasks).items()
        ],
        goals=[{"goal_gid": gid} | row for gid, row in world["goals"].items()],
        supports=[
            {"goal_gid": goal, "unit_per_task": unit, ("task_gid" if by == "t0" else "project_gid"): by}
            for goal, by, unit in world["supports"]
        ],
        links=[{"task_gid": a, "depends_on_gid": b} for a, b in world["links"]],
        effort=[effort(gid, h / 2, h, h * 2) for gid, h in world["effort"].items() if gid in tasks],
        load=[{"owner_gid": who, "available_hours": 40.0, "assigned_hours": h} for who, h in world["load"].items()],
        signals=[
            {"task_gid": gid, "likes": n, "followers": n, "commenters": n, "set_priority": p, "business_value": v}
            for gid, (n, p, v) in world["signals"].items()
        ],
    )  # fmt: skip


def _projects_of(gid: str, tasks: dict[str, Any]) -> dict[str, str]:
    """Projects of a task and of its parents, with the nearest that is in each."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    at: str | None = gid
    while at in tasks and at not in seen:
        seen.add(at)
        if project := tasks[at]["project"]:
            found.setdefault(project, at)
        at = tasks[at]["parent"]
    return found
