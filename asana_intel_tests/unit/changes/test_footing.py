"""What writes rest on: a broken row keeps the writes it concerns back, and is named with its column and mend."""

from dataclasses import replace

import polars as pl
import pytest

from asana_intel.changes.footing import FOOTINGS, sound_inputs
from asana_intel.changes.inputs import PriorityRules
from asana_intel.changes.plan import PlanRules, build_plan
from asana_intel_tests.unit.changes.backlog_world import AS_OF_AT, MONDAY, ON, backlog_world, ranked
from asana_intel_tests.unit.quality.test_insight_suites import GOOD, MISLEADING, frame_of

OF_PRIORITY = {table: footing for footing in FOOTINGS if footing.capability == "priority" for table in footing.tables}
INPUTS = {footing.name for footing in OF_PRIORITY.values()}


def judged(inputs, **rows):
    """Good rows, and others for some tables, as the inputs of a plan, after judging."""
    frames = {name: frame_of(f"insights/{name}", rows.get(name, GOOD[name])) for name in GOOD}
    given = {name: frame for name, frame in frames.items() if name in INPUTS}
    told = replace(inputs, **given)
    return sound_inputs(told, lambda table: frames[table.split("/")[1]], ("priority",))


def test_where_every_rule_holds_everything_may_be_written_and_stands_in_the_gate(inputs):
    sound = judged(inputs)
    assert sound.problems == ()
    assert {outcome.table for outcome in sound.outcomes["priority"]} == set(OF_PRIORITY)
    assert all(getattr(sound.inputs, name).height == 1 for name in INPUTS)


@pytest.mark.parametrize(("name", "wrong", "rule"), [m for m in MISLEADING if f"insights/{m[0]}" in OF_PRIORITY])
def test_a_broken_row_keeps_back_what_it_concerns_and_names_itself_its_column_and_what_mends_it(
    inputs, name, wrong, rule
):
    table = f"insights/{name}"
    row, footing = GOOD[name] | wrong, OF_PRIORITY[table]
    sound = judged(inputs, **{name: row})
    assert getattr(sound.inputs, footing.name).is_empty()
    others = INPUTS - {footing.name}
    assert all(getattr(sound.inputs, other).height == 1 for other in others)
    assert {o.table for o in sound.outcomes["priority"]} == set(OF_PRIORITY) - set(footing.tables)
    (said,) = [problem for problem in sound.problems if f" {rule} " in problem]
    key = row.get("task_gid") or row["person_gid"]
    assert said.startswith(f"{table}: ")
    assert key in said.split("(column")[0]
    assert any(column in said.split("(column")[1] for column in wrong)
    assert f"Materialize {table} of the week again" in said


def test_what_is_kept_back_is_no_row_of_the_plan_and_nobody_is_told_of_an_empty_one(inputs, make_frame):
    def fields(**wrong):
        told = backlog_world(
            inputs, make_frame, ranked("301", 1, 80.0, left_hours=1.0, commenters=0, followers=0, **wrong)
        )
        asking = told.tasks.with_columns(
            name=pl.when(pl.col("task_gid") == "303").then(pl.lit("Prioritize Backlog")).otherwise("name")
        )
        sound = sound_inputs(replace(told, tasks=asking), lambda table: frame_of(table), ("capacity", "priority"))
        plan = build_plan(sound.inputs, MONDAY, AS_OF_AT, PlanRules(priority=ON))
        return set(plan["field"])

    good, broken = fields(), fields(urgency=1.0)
    assert {"ai_priority_score", "ai_priority_rationale", "plan_made"} <= good
    assert good - broken >= {"ai_priority_score", "ai_priority_rationale", "plan_made"}
    assert "ai_confidence_score" in broken  # what rests on other tables goes on


def test_nothing_is_judged_of_what_is_not_wanted(inputs):
    assert PriorityRules() != ON
    sound = sound_inputs(inputs, lambda table: frame_of(table), ())
    assert (sound.outcomes, sound.problems, sound.inputs) == ({}, (), inputs)
