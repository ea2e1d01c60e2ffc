"""Edits of assignees and dates: what they break is said once, without a word on the load of a person."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from asana_intel.changes.edit_posts import Breach
from asana_intel.forecasts.weekly import person_load
from asana_intel.live.checking import breaches
from asana_intel.live.load_after import load_after
from asana_intel.live.moment import Moment
from asana_intel.live.patch import Patched
from asana_intel.settings import ForecastSettings, Settings, load_settings
from asana_intel_tests.unit.live.test_moments import (
    NOW,
    THEN,
    WEEK_ON,
    Frames,
    World,
    frame,
    fresh,
    reader,
    records,
    tables,
)

FORECAST = ForecastSettings()
MAY_BE_EDITED = ("due_on", "assignee")
LOADS = ("person_load", "load_causes", "task_load", "person_days")


@pytest.fixture(scope="module")
def usual() -> Settings:
    return load_settings()


def forecast(stored: Frames) -> Frames:
    """The tables with the week's load as a refresh makes it."""
    made = person_load(reader(stored), WEEK_ON, THEN, FORECAST)
    return stored | {f"forecasts/{name}": rows for name, rows in zip(LOADS, made, strict=True)}


def moment_of(stored: Frames, after: World, gids: set[str]) -> Moment:
    read = reader(stored)
    return Moment(WEEK_ON, NOW, read, Patched(read, fresh(after, gids), NOW).read, frozenset(gids))


# -- the load of those whom an edit touches


@st.composite
def edited_worlds(draw: st.DrawFn) -> tuple[World, World, set[str]]:
    """Open tasks, and some of them given to others or due on other days."""
    world = {gid: draw(records(gid)) for gid in ("t0", "t1", "t2", "t3")}
    for task in world.values():
        task["record"] |= {"parent": None, "completed": False, "completed_at": None}
    after, gids = copy.deepcopy(world), draw(st.sets(st.sampled_from(sorted(world)), min_size=1, max_size=2))
    for gid in sorted(gids):
        new = draw(records(gid))["record"]
        after[gid]["record"] |= {name: new[name] for name in MAY_BE_EDITED}
    return world, after, gids


def assert_same(found: pl.DataFrame, wanted: pl.DataFrame) -> None:
    rows = wanted.join(found.select("person_gid").unique(), on="person_gid", how="semi")
    assert found.equals(rows.select(found.columns))


@hypothesis_settings(max_examples=8, deadline=None)
@given(edited_worlds())
def test_the_load_of_those_who_are_touched_is_that_of_laying_out_everybody_anew(
    drawn: tuple[World, World, set[str]],
) -> None:
    world, after, gids = drawn
    stored = forecast(tables(world))
    anew = forecast(tables(after))
    found = load_after(moment_of(stored, after, gids), FORECAST)
    if found is None:
        laid = ["task_gid", "person_gid", "start_on", "due_on"]
        then, now = (frames["forecasts/task_load"].select(laid) for frames in (stored, anew))
        assert now.join(then, on=laid, how="anti", nulls_equal=True).is_empty() or then.is_empty()
        return
    assert_same(found.after, anew["forecasts/person_load"])
    known = stored["forecasts/person_load"]["person_gid"]
    assert_same(found.before.filter(pl.col("person_gid").is_in(known.implode())), stored["forecasts/person_load"])


# -- what is a breach


def task(gid: str, person: str | None, due: int | None, **more: Any) -> dict[str, Any]:
    """A task of the public project, due so many days after Monday."""
    hours = {
        "gid": "f2",
        "name": "Estimated hours",
        "resource_subtype": "number",
        "number_value": more.pop("hours", 1.0),
    }
    record = {
        "gid": gid,
        "name": f"Task {gid}",
        "created_at": "2026-03-01T08:00:00.000Z",
        "completed": False,
        "assignee": person and {"gid": person},
        "due_on": None if due is None else (WEEK_ON + timedelta(days=due)).isoformat(),
        "projects": [{"gid": "p1"}],
        "memberships": [{"project": {"gid": "p1"}}],
        "custom_fields": [hours],
    }
    return {"record": record | more, "stories": []}


def found(usual: Settings, world: World, changed: World, **frames: pl.DataFrame) -> list[Breach]:
    stored = forecast(tables(world) | {key.replace("__", "/"): rows for key, rows in frames.items()})
    return breaches(moment_of(stored, world | changed, set(changed)), usual)


def kinds(said: list[Breach]) -> list[tuple[str, str]]:
    return [(breach.task_gid, breach.about.split()[0]) for breach in said]


@pytest.fixture
def full() -> World:
    """Somebody with a full next week, somebody with little, and a large task of theirs."""
    return {
        "t0": task("t0", "u1", 11, hours=45.0),
        "t1": task("t1", "u2", 11, hours=35.0, start_on=(WEEK_ON + timedelta(days=7)).isoformat()),
        "t2": task("t2", "u2", 11, hours=1.0),
    }


def test_a_task_given_to_somebody_full_is_a_breach_of_that_week_and_going_back_is_none(
    usual: Settings, full: World
) -> None:
    given_away = {"t1": task("t1", "u1", 11, hours=35.0, start_on=(WEEK_ON + timedelta(days=7)).isoformat())}
    (breach,) = found(usual, full, given_away)
    assert kinds([breach]) == [("t1", "overload")]
    assert breach.person_gid == "u1"
    assert "the week of 9 Mar 2026" in breach.said
    assert "%" not in breach.said
    assert " h " not in breach.said
    assert "holds 76 h of work in 40 h (it was 34 h)" in breach.reason
    assert "without it" in breach.reason
    assert found(usual, full | given_away, {"t1": full["t1"]}) == []
    assert found(usual, full | given_away, given_away) == []
    more = {"t2": task("t2", "u1", 11, hours=20.0, start_on=(WEEK_ON + timedelta(days=7)).isoformat())}
    assert found(usual, full | given_away, more) == []  # the week was too full before
    off = usual.model_copy(update={"capacity": usual.capacity.model_copy(update={"breach_odds": None})})
    assert found(off, full, given_away) == []


def test_hours_that_stand_in_asana_count_at_the_edit_as_at_the_refresh(usual: Settings, full: World) -> None:
    of_person = frame(
        "staging/custom_field_values",
        {
            "object_type": "user",
            "object_gid": "u2",
            "field_gid": "f4",
            "field_name": "Weekly Hours",
            "number_value": 8.0,
        },
    )
    values = pl.concat([tables(full)["staging/custom_field_values"], of_person])
    given = {"t0": task("t0", "u2", 11, hours=45.0)}
    stored = forecast(tables(full) | {"staging/custom_field_values": values})
    load = load_after(moment_of(stored, full | given, {"t0"}), FORECAST)
    assert load is not None
    assert load.after.filter(week_on=WEEK_ON + timedelta(days=7))["available_hours"].to_list() == [8.0]
    assert_same(load.before, stored["forecasts/person_load"])


def test_of_two_edits_the_one_that_weighs_most_is_named(usual: Settings, full: World) -> None:
    both = {
        "t1": task("t1", "u1", 11, hours=35.0, start_on=(WEEK_ON + timedelta(days=7)).isoformat()),
        "t2": task("t2", "u1", 11, hours=1.0),
    }
    assert kinds(found(usual, full, both)) == [("t1", "overload")]


def test_a_task_within_an_absence_of_its_new_assignee_is_a_breach(usual: Settings) -> None:
    world = {"t0": task("t0", "u1", 3), "t1": task("t1", "u2", 20)}
    off = frame(
        "staging/time_off",
        {"time_off_gid": "o1", "person_gid": "u2", "start_on": WEEK_ON, "end_on": WEEK_ON + timedelta(days=8)},
    )
    said = found(usual, world, {"t0": task("t0", "u2", 4)}, staging__time_off=off)
    assert kinds(said) == [("t0", "absence")]
    assert said[0].said.startswith("As it stands, nobody can work on this task between 4 Mar 2026 and 6 Mar 2026.")
    assert found(usual, world, {"t0": task("t0", "u2", 9)}, staging__time_off=off) == []


def test_a_skill_that_the_new_assignee_lacks_is_a_breach_and_one_they_have_is_none(usual: Settings) -> None:
    needs = {"gid": "f3", "name": "Required Skills", "resource_subtype": "text", "display_value": "SQL, Design",
             "text_value": "SQL, Design"}  # fmt: skip
    world = {"t0": task("t0", None, 30), "t1": task("t1", "u2", 30)}
    for gid in world:
        world[gid]["record"]["custom_fields"].append(needs)
    given_to = {"t0": task("t0", "u1", 30)}
    given_to["t0"]["record"]["custom_fields"].append(needs)
    field = {"object_type": "user", "object_gid": "u1", "field_gid": "f4", "field_name": "Skills"}

    def said(skills: str) -> list[Breach]:
        stored = tables(world)
        of_person = frame("staging/custom_field_values", field | {"display_value": skills})
        values = pl.concat([stored["staging/custom_field_values"], of_person])
        return found(usual, world, given_to, staging__custom_field_values=values)

    (lacking,) = said("sql")
    assert kinds([lacking]) == [("t0", "skills")]
    assert "asks for the skill Design, and" in lacking.said
    assert said("design, SQL") == []


def test_a_due_day_before_that_of_what_it_waits_for_is_a_breach_told_on_the_edited_task(usual: Settings) -> None:
    waits = {"dependencies": [{"gid": "t1"}]}
    world = {"t0": task("t0", "u1", 20, **waits), "t1": task("t1", "u2", 10)}
    (sooner,) = found(usual, world, {"t0": task("t0", "u1", 8, **waits)})
    assert (sooner.task_gid, sooner.tells_of) == ("t0", ("t1",))
    assert "this task is due on 10 Mar 2026, before 12 Mar 2026, when a task it waits for is due" in sooner.said
    (later,) = found(usual, world, {"t1": task("t1", "u2", 25)})
    assert (later.task_gid, later.tells_of) == ("t1", ("t0",))
    assert found(usual, world, {"t0": task("t0", "u1", 12, **waits)}) == []
    assert found(usual, world, {"t1": task("t1", "u2", 25, completed=True)}) == []


@pytest.mark.parametrize(("is_critical", "due", "wanted"), [(True, 16, 1), (False, 16, 0), (True, 14, 0)])
def test_a_task_that_decides_the_end_of_its_project_must_not_be_due_after_it(
    usual: Settings, is_critical: bool, due: int, wanted: int
) -> None:
    world = {"t0": task("t0", "u1", 10)}
    week = {"as_of_on": WEEK_ON, "as_of_at": THEN}
    schedule = frame(
        "insights/project_schedule", week | {"project_gid": "p1", "task_gid": "t0", "is_critical": is_critical}
    )
    ends = frame(
        "staging/projects",
        {"project_gid": "p1", "privacy_setting": "public_to_workspace", "due_on": WEEK_ON + timedelta(days=15)},
    )
    said = found(
        usual, world, {"t0": task("t0", "u1", due)}, insights__project_schedule=schedule, staging__projects=ends
    )
    assert [breach.tells_of for breach in said] == [("p1",)] * wanted


def test_without_a_forecast_of_the_week_no_load_is_judged_and_what_needs_none_still_is(usual: Settings) -> None:
    waits = {"dependencies": [{"gid": "t1"}]}
    world = {"t0": task("t0", "u1", 20, **waits), "t1": task("t1", "u2", 10)}
    moment = moment_of(tables(world), world | {"t0": task("t0", "u2", 8, **waits)}, {"t0"})
    assert load_after(moment, FORECAST) is None
    assert kinds(breaches(moment, usual)) == [("t0", "order")]
