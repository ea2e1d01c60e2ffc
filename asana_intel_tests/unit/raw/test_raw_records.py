from __future__ import annotations

import orjson
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.raw.goal_snapshots import new_snapshots, snapshots_of
from asana_intel.raw.records import dependency, frame_of, portfolio_item, row_of
from asana_intel.storage.contracts.raw import RESOURCES

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text("aäß שلع🚀'\" ", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["name", "owner", "custom_fields", "x"]), json_values), st.randoms())
def test_the_order_of_a_records_keys_never_changes_its_row(record, random):
    record["gid"] = "1"
    shuffled = list(record.items())
    random.shuffle(shuffled)
    assert row_of("goals", record) == row_of("goals", dict(shuffled))
    assert orjson.loads(row_of("goals", record).record) == record


def test_any_change_of_a_record_changes_its_hash():
    task = {"gid": "1", "completed": False, "custom_fields": [{"gid": "2", "number_value": 3.0}]}
    touched = {**task, "custom_fields": [{"gid": "2", "number_value": 3.5}]}
    assert row_of("tasks", task).record_hash != row_of("tasks", touched).record_hash


def test_lifted_fields_have_the_contracts_types():
    rows = [
        row_of("goal_relationships", {"gid": "1", "contribution_weight": 1}),
        row_of("goal_relationships", {"gid": "2", "contribution_weight": 0.25}),
        row_of("goal_relationships", {"gid": "3"}),
    ]
    frame = frame_of("goal_relationships", rows)
    assert frame["contribution_weight"].to_list() == [1.0, 0.25, None]
    assert frame_of("tasks", []).columns == ["gid", "record", "record_hash", *RESOURCES["tasks"][1]]


def test_links_carry_the_ids_of_both_ends():
    assert row_of("task_dependencies", dependency("7", "8")).gid == "7:8"
    item = portfolio_item("5", {"gid": "9", "resource_type": "project"})
    assert (item["gid"], item["resource_type"]) == ("5:9", "project")


def _goal(**changes):
    return {
        "gid": "1",
        "status": "green",
        "due_on": "2026-03-31",
        "metric": {"current_number_value": 3, "initial_number_value": 0, "target_number_value": 10},
    } | changes


def test_a_goal_has_one_snapshot_a_day_until_its_values_change(instant):
    monday = snapshots_of([_goal()], instant("2026-01-05T08:00"))
    later = snapshots_of([_goal()], instant("2026-01-05T17:00"))
    assert new_snapshots(later, monday).is_empty()
    moved = snapshots_of([_goal(metric={"current_number_value": 4.0})], instant("2026-01-05T17:00"))
    assert new_snapshots(moved, monday)["current_number_value"].to_list() == [4.0]
    tuesday = snapshots_of([_goal()], instant("2026-01-06T08:00"))
    assert new_snapshots(tuesday, monday).height == 1


def test_a_goal_without_metric_or_dates_still_has_a_snapshot(instant):
    bare = snapshots_of([{"gid": "1", "metric": None}], instant("2026-01-05T08:00"))
    assert bare.row(0)[3:] == (None,) * 5
    assert new_snapshots(bare, bare).is_empty()


def test_the_due_date_of_a_snapshot_comes_from_the_time_period_where_the_goal_has_none(instant):
    goal = _goal(due_on=None, time_period={"end_on": "2026-06-30"})
    assert snapshots_of([goal], instant("2026-01-05T08:00"))["due_on"].cast(pl.String).to_list() == ["2026-06-30"]
    assert snapshots_of([_goal(due_on="soon")], instant("2026-01-05T08:00"))["due_on"].to_list() == [None]
