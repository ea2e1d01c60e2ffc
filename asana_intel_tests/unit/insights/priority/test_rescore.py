"""Scoring only what an event touches gives what scoring everything gives, and touches no more than it must."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.errors import PermanentError
from asana_intel.insights.priority import Backlog, rescore, score_tasks, what_touches
from asana_intel.work_settings import PrioritySettings
from asana_intel_tests.unit.insights.priority.worlds import (
    AS_OF,
    GOAL,
    GOALS_,
    NO_ROWS,
    PEOPLE,
    PROJECTS,
    TASKS,
    TODAY,
    backlog,
    built,
    goal_rows,
    task_rows,
    worlds,
)

RUBRIC = PrioritySettings()


@st.composite
def events(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any], str, set[str]]:
    """A world, the world after an event, its kind, and what it happened to."""
    world = draw(worlds())
    after = copy.deepcopy(world)
    gid = draw(st.sampled_from(sorted(world["tasks"])))
    kind = draw(
        st.sampled_from(
            ["interest", "assignee", "due", "dependency", "effort", "load", "goal", "finished", "new", "moved"]
        )
    )
    task = after["tasks"][gid]
    gids = {gid}
    match kind:
        case "interest":
            after["signals"][gid] = (draw(st.integers(0, 9)), draw(st.none() | st.floats(0, 1)), None)
        case "assignee":
            task["person"] = draw(st.sampled_from([None, "u1", "u2"]))
        case "due":
            task["due_on"] = draw(st.none() | st.integers(-9, 30).map(lambda n: TODAY + timedelta(days=n)))
        case "dependency":
            other = draw(st.sampled_from([t for t in TASKS if t != gid]))
            after["links"] ^= {(gid, other)}
            gids.add(other)
        case "effort":
            after["effort"][gid] = draw(st.floats(0.25, 80))
        case "load":
            gids = {draw(st.sampled_from(PEOPLE))}
            after["load"] |= dict.fromkeys(gids, draw(st.floats(0, 80)))
        case "goal":
            gids = {draw(st.sampled_from(GOALS_))}
            after["goals"] |= dict.fromkeys(gids, draw(goal_rows()))
        case "finished":
            # places keep the finished task, as the tables do
            after["finished"] = {gid}
        case "new":
            gid = draw(st.sampled_from(TASKS))
            after["tasks"][gid] = draw(task_rows(sorted(world["tasks"])))
            after["signals"].setdefault(gid, (0, None, None))
            gids = {gid, *(p for p in (world["tasks"].get(gid, {}).get("project"),) if p)}
            if parent := world["tasks"].get(gid, {}).get("parent"):
                gids.add(parent)
                gids.update(_projects_above(parent, world["tasks"]))
        case _:
            old, task["project"] = task["project"], draw(st.sampled_from([None, *PROJECTS]))
            gids.update(p for p in (old, task["project"]) if p)
    known = {"finished": "changed", "new": "changed", "moved": "changed"}
    return world, after, known.get(kind, kind), gids


def _projects_above(gid: str, tasks: dict[str, Any]) -> set[str]:
    seen: set[str] = set()
    found: set[str] = set()
    at: str | None = gid
    while at in tasks and at not in seen:
        seen.add(at)
        found |= {tasks[at]["project"]} - {None}
        at = tasks[at]["parent"]
    return found


def frames_of(world: dict[str, Any]) -> Backlog:
    """The backlog; of finished tasks only the work is gone."""
    whole = built(world)
    gone = pl.col("task_gid").is_in(list(world.get("finished", ())))
    return replace(whole, work=whole.work.filter(~gone)) if "finished" in world else whole


@settings(max_examples=15, deadline=None)
@given(events(), st.booleans())
def test_rescoring_what_an_event_touches_equals_scoring_everything(
    event: tuple[dict[str, Any], dict[str, Any], str, set[str]], is_kind_known: bool
) -> None:
    world, after, kind, gids = event
    week_ago = score_tasks(frames_of(world), NO_ROWS, RUBRIC, AS_OF - timedelta(weeks=1))
    previous = score_tasks(frames_of(world), week_ago, RUBRIC, AS_OF)
    frames = frames_of(after)
    told = rescore(previous, gids, frames, week_ago, RUBRIC, AS_OF, kind if is_kind_known else "changed")
    assert told.equals(score_tasks(frames, week_ago, RUBRIC, AS_OF))


CHAIN = backlog(
    *({"task_gid": gid, "person_gid": "u1", "project_gid": "p1"} for gid in "abcd"),
    {"task_gid": "e", "project_gid": "p2"},
    {"task_gid": "sub", "parent_gid": "e"},
    links=[{"task_gid": w, "depends_on_gid": d} for w, d in ("ba", "cb", "dc")],
    places=[
        *({"task_gid": gid, "project_gid": "p1", "through_gid": gid} for gid in "abcd"),
        {"task_gid": "e", "project_gid": "p2", "through_gid": "e"},
        {"task_gid": "sub", "project_gid": "p2", "through_gid": "e"},
    ],
    goals=[GOAL],
    supports=[{"goal_gid": "g1", "project_gid": "p2"}],
)


@pytest.mark.parametrize(
    ("kind", "gid", "touched"),
    [
        ("interest", "c", "c"),
        ("assignee", "c", "c"),
        ("due", "c", "a b c"),
        ("dependency", "c", "a b c d"),
        ("changed", "c", "a b c d"),
        ("effort", "e", "e sub"),
        ("goal", "g1", "e g1 sub"),
        ("load", "u1", "a b c d u1"),
        ("changed", "p1", "a b c d p1"),
    ],
)
def test_an_event_touches_what_hangs_on_it_and_nothing_else(kind: str, gid: str, touched: str) -> None:
    assert what_touches(kind, [gid], CHAIN).to_list() == touched.split()


def test_an_unknown_kind_of_event_is_refused() -> None:
    with pytest.raises(PermanentError, match="No kind of event is called 'gossip'"):
        what_touches("gossip", ["a"], CHAIN)
