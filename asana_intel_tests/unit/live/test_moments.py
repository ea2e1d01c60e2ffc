"""Tasks that changed, laid over tables from before: scored again, they give what scoring the changed world gives."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.clock import WEEK
from asana_intel.insights.priority import score_tasks, task_goal_gains
from asana_intel.insights.priority.goal_gain import GAINS
from asana_intel.insights.priority.inputs import gather
from asana_intel.insights.priority.score import TABLE
from asana_intel.live.moment import Moment
from asana_intel.live.patch import Patched, staging_rows
from asana_intel.live.reads import Fresh
from asana_intel.live.rescoring import GAINS_TABLE, rescored
from asana_intel.storage.contracts import CONTRACTS, empty_frame
from asana_intel.work_settings import PrioritySettings

WEEK_ON = date(2026, 3, 2)
THEN, NOW = datetime(2026, 3, 4, 6, tzinfo=UTC), datetime(2026, 3, 4, 9, tzinfo=UTC)
RUBRIC = PrioritySettings()
TASKS, PROJECTS = [f"t{n}" for n in range(6)], ["p1", "p2"]
Frames = dict[str, pl.DataFrame]
World = dict[str, dict[str, Any]]


def frame(key: str, *rows: dict[str, Any]) -> pl.DataFrame:
    schema = CONTRACTS[key].schema
    return pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema)


def beside() -> Frames:
    """What a refresh left that no task's record tells of."""
    stamps = {"as_of_on": WEEK_ON, "as_of_at": THEN}
    odds = {"status": "assessed", "p_attain": 0.5, "p_attain_change": 0.0, "value_p10": 30.0, "value_p50": 40.0,
            "value_p90": 50.0, "current_value": 22.0, "initial_value": 0.0, "target_value": 40.0}  # fmt: skip
    privacy = {"p1": "public_to_workspace", "p2": "private"}
    return {
        "raw/custom_fields": frame("raw/custom_fields", {"gid": "f1", "name": "Priority", "record": '{"gid":"f1"}'}),
        "staging/projects": frame(
            "staging/projects",
            *({"project_gid": p, "privacy_setting": how, "team_gid": "team"} for p, how in privacy.items()),
        ),
        "staging/goals": frame("staging/goals", {"goal_gid": "g1", "privacy_setting": "public_to_workspace"}),
        "forecasts/goal_attainment": frame("forecasts/goal_attainment", stamps | odds | {"goal_gid": "g1"}),
        "marts/dim_goal": frame(
            "marts/dim_goal",
            {"goal_gid": "g1", "name": "Ship", "progress_source": "project_task_completion", "unit": "none"},
        ),
        "marts/bridge_goal_project": frame(
            "marts/bridge_goal_project", {"goal_gid": "g1", "project_gid": "p1", "depth": 0}
        ),
        "marts/bridge_goal_support": frame(
            "marts/bridge_goal_support",
            {
                "goal_gid": "g1",
                "supporting_gid": "p1",
                "supporting_type": "project",
                "depth": 0,
                "effective_weight": 9.0,
            },
        ),
    }


def reader(frames: Frames) -> Callable[..., pl.DataFrame]:
    def read(key: str, *, partition: date | None = None) -> pl.DataFrame:
        rows = frames.get(key, empty_frame(CONTRACTS[key]))
        return rows if partition is None else rows.filter(pl.col("as_of_on") == partition)

    return read


def fresh(world: World, gids: set[str]) -> Fresh:
    stories = {gid: world[gid]["stories"] for gid in sorted(gids & world.keys())}
    return Fresh({gid: world[gid]["record"] for gid in stories}, stories, frozenset(gids - world.keys()))


def tables(world: World) -> Frames:
    """All tables as the pipeline makes them of a world."""
    return beside() | staging_rows(reader(beside()), fresh(world, set(world)), THEN)


instants = st.sampled_from(["2026-03-01T08:00:00.000Z", "2026-03-03T08:00:00.000Z"])
days = st.none() | st.integers(-9, 40).map(lambda n: (WEEK_ON + timedelta(days=n)).isoformat())


@st.composite
def records(draw: st.DrawFn, gid: str) -> dict[str, Any]:
    """A task of Asana, and what was said on it."""
    done = draw(st.sampled_from([None, None, "2026-03-03T09:00:00.000Z"]))
    others = st.sampled_from([other for other in TASKS if other != gid])
    projects = [{"gid": p} for p in draw(st.lists(st.sampled_from(PROJECTS), max_size=2, unique=True))]
    level = draw(st.sampled_from([None, "High", "Low"]))
    estimate = draw(st.none() | st.floats(0.5, 40))
    field = {"gid": "f1", "name": "Priority", "resource_subtype": "enum", "display_value": level}
    hours = {"gid": "f2", "name": "Estimated hours", "resource_subtype": "number", "number_value": estimate}
    record = {
        "gid": gid,
        "name": f"Task {gid}",
        "notes": draw(st.sampled_from(["", "ref AIW-AAAAAAAAAAAA"])) if gid == "t5" else "",
        "created_at": draw(instants),
        "completed": done is not None,
        "completed_at": done,
        "due_on": draw(days),
        "assignee": draw(st.sampled_from([None, {"gid": "u1"}, {"gid": "u2"}])),
        "parent": draw(st.none() | others.map(lambda other: {"gid": other})),
        "num_likes": draw(st.integers(0, 3)),
        "followers": [{"gid": "u1"}] * draw(st.integers(0, 1)),
        "projects": projects,
        "memberships": [{"project": project} for project in projects],
        "dependencies": [{"gid": other} for other in draw(st.lists(others, max_size=2, unique=True))],
        "custom_fields": [field | {"enum_value": level and {"gid": level}}, hours],
    }
    said = [
        {"gid": f"s{gid}{n}", "resource_subtype": "comment_added", "created_at": "2026-03-02T08:00:00.000Z",
         "text": "Now!", "created_by": {"gid": f"u{n}"}, "target": {"gid": gid}}
        for n in range(draw(st.integers(0, 2)))
    ]  # fmt: skip
    return {"record": record, "stories": said}


@st.composite
def worlds(draw: st.DrawFn) -> World:
    gids = draw(st.lists(st.sampled_from(TASKS), min_size=2, unique=True))
    return {gid: draw(records(gid)) for gid in sorted(gids)}


@st.composite
def changes(draw: st.DrawFn) -> tuple[World, list[World], list[set[str]]]:
    """A world, what it is after each of two events, and all tasks that changed until then."""
    world = draw(worlds())
    after, touched, states, known = copy.deepcopy(world), set[str](), [], []
    for _ in range(2):
        gid = draw(st.sampled_from(TASKS))
        touched.add(gid)
        how = draw(st.sampled_from(["gone", "whole", "part", "part", "part"]))
        if how == "gone" and gid in after and len(after) > 1:
            del after[gid]
        elif how == "part" and gid in after:
            new = draw(records(gid))["record"]
            name = draw(st.sampled_from(["due_on", "assignee", "parent", "num_likes", "dependencies", "custom_fields"]))
            after[gid]["record"][name] = new[name]
        else:
            after[gid] = draw(records(gid))
        states.append(copy.deepcopy(after))
        known.append(set(touched))
    return world, states, known


def scored(read: Callable[..., pl.DataFrame], week_ago: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    backlog = gather(read, WEEK_ON, as_of, RUBRIC)
    return score_tasks(backlog, week_ago, RUBRIC, as_of).with_columns(as_of_on=pl.lit(WEEK_ON))


def week_of(stored: Frames) -> Frames:
    """The scores and gains of the week, and scores of the week before."""
    read = reader(stored)
    backlog = gather(read, WEEK_ON, THEN, RUBRIC)
    week_ago = score_tasks(backlog, pl.DataFrame(), RUBRIC, THEN - WEEK).with_columns(as_of_on=pl.lit(WEEK_ON - WEEK))
    gains = task_goal_gains(backlog, THEN).with_columns(as_of_on=pl.lit(WEEK_ON), as_of_at=pl.lit(THEN))
    return {TABLE: pl.concat([week_ago, scored(read, week_ago, THEN)]), GAINS_TABLE: gains}


@settings(max_examples=4, deadline=None)
@given(changes(), st.booleans())
def test_two_events_scored_one_after_the_other_equal_scoring_the_changed_world(
    drawn: tuple[World, list[World], list[set[str]]], is_next_day: bool
) -> None:
    world, states, known = drawn
    stored = tables(world)
    stored |= week_of(stored)
    week_ago = stored[TABLE].filter(as_of_on=WEEK_ON - WEEK)
    as_of = NOW + timedelta(days=is_next_day)
    for after, gids in zip(states, known, strict=True):
        read = reader(stored)
        patched = Patched(read, fresh(after, gids), as_of)
        moment = Moment(WEEK_ON, as_of, read, patched.read, frozenset(gids))
        found = rescored(moment, RUBRIC)
        truth = reader(tables(after))
        assert found.scores.equals(scored(truth, week_ago, as_of))
        wanted = task_goal_gains(gather(truth, WEEK_ON, as_of, RUBRIC), as_of)
        assert found.gains.select(list(GAINS)).equals(wanted)
        stored |= {TABLE: pl.concat([week_ago, found.scores]), GAINS_TABLE: found.gains}


@pytest.fixture
def two() -> World:
    """A task in a project, and one that waits for it."""
    common = {"created_at": "2026-03-01T08:00:00.000Z", "completed": False, "projects": [{"gid": "p1"}]}
    first = {"gid": "t0", "name": "First", **common}
    second = {"gid": "t1", "name": "Second", "dependencies": [{"gid": "t0"}], **common}
    return {r["gid"]: {"record": r, "stories": []} for r in (first, second)}


@pytest.mark.parametrize(
    ("changed", "kinds"),
    [
        ({"due_on": "2026-03-09"}, {"due"}),
        ({"assignee": {"gid": "u1"}}, {"assignee"}),
        ({"num_likes": 3, "name": "Another"}, {"interest"}),
        ({"dependencies": [{"gid": "t1"}]}, {"dependency"}),
        ({"projects": [{"gid": "p2"}]}, {"changed"}),
        ({"completed": True, "completed_at": "2026-03-04T07:00:00.000Z"}, {"changed"}),
        ({"modified_at": "2026-03-04T07:00:00.000Z", "permalink_url": "x"}, set()),
    ],
)
def test_what_differs_says_what_kind_of_event_it_was(two: World, changed: dict[str, Any], kinds: set[str]) -> None:
    read = reader(tables(two))
    two["t0"]["record"] = two["t0"]["record"] | changed
    patched = Patched(read, fresh(two, {"t0"}), NOW)
    assert Moment(WEEK_ON, NOW, read, patched.read, frozenset({"t0"})).kinds == kinds


def test_a_new_due_day_touches_the_task_and_what_it_waits_for_and_no_more(two: World) -> None:
    stored = tables(two)
    stored |= week_of(stored)
    read = reader(stored)
    two["t1"]["record"]["due_on"] = "2026-03-05"
    found = rescored(Moment(WEEK_ON, NOW, read, Patched(read, fresh(two, {"t1"}), NOW).read, frozenset({"t1"})), RUBRIC)
    assert (found.touched, found.moved) == (2, ("t0", "t1"))
    two["t0"]["record"]["due_on"] = "2026-03-05"
    found = rescored(Moment(WEEK_ON, NOW, read, Patched(read, fresh(two, {"t0"}), NOW).read, frozenset({"t0"})), RUBRIC)
    assert found.touched == 1
