"""Tables keep what was written, typed, and tell what they were."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.errors import PermanentError
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.tables import MergeOutcome, TableStore

Frames = Callable[..., pl.DataFrame]
MONDAY, NEXT = date(2026, 1, 5), date(2026, 1, 12)


def named(frame: pl.DataFrame) -> dict[str, str]:
    return dict(frame.select("gid", "name").iter_rows())


def test_a_table_that_was_never_written_reads_as_empty_and_typed(tables: TableStore) -> None:
    for key, contract in CONTRACTS.items():
        assert tables.read(key).schema == contract.schema
    assert tables.count("raw/tasks") == 0
    assert tables.version("raw/tasks") is None
    assert tables.existing() == []


def test_a_name_that_is_no_table_is_refused(tables: TableStore) -> None:
    with pytest.raises(PermanentError, match="No table is called 'raw/nonsense'"):
        tables.read("raw/nonsense")


def test_a_merge_adds_new_rows_and_replaces_known_ones(tables: TableStore, tasks: Frames) -> None:
    assert tables.merge("raw/tasks", tasks(a="A", b="B")) == MergeOutcome(2, 0)
    assert tables.merge("raw/tasks", tasks(b="B2", c="C")) == MergeOutcome(1, 1)
    assert named(tables.read("raw/tasks")) == {"a": "A", "b": "B2", "c": "C"}
    assert tables.count("raw/tasks") == 3


def test_a_merge_without_rows_makes_no_version(tables: TableStore, tasks: Frames) -> None:
    assert tables.merge("raw/tasks", tasks()) == MergeOutcome(0, 0)
    assert tables.version("raw/tasks") is None
    tables.merge("raw/tasks", tasks(a="A"))
    tables.merge("raw/tasks", tasks())
    assert tables.version("raw/tasks") == 0


def test_a_frame_that_breaks_its_contract_leaves_the_table_as_it_was(tables: TableStore, tasks: Frames) -> None:
    tables.merge("raw/tasks", tasks(a="A"))
    with pytest.raises(PermanentError, match="share their key"):
        tables.merge("raw/tasks", pl.concat([tasks(b="B"), tasks(b="C")]))
    with pytest.raises(PermanentError, match="record_hash"):
        tables.overwrite("raw/tasks", tasks(b="B").drop("record_hash"))
    assert named(tables.read("raw/tasks")) == {"a": "A"}
    assert tables.version("raw/tasks") == 0


def test_an_overwrite_replaces_everything_and_old_versions_stay_readable(tables: TableStore, tasks: Frames) -> None:
    tables.overwrite("raw/tasks", tasks(a="A"))
    assert tables.overwrite("raw/tasks", tasks(b="B")) == 1
    assert tables.overwrite("raw/tasks", tasks()) == 2
    assert tables.read("raw/tasks").is_empty()
    assert named(tables.read("raw/tasks", version=0)) == {"a": "A"}
    assert named(tables.read("raw/tasks", version=1)) == {"b": "B"}


def test_appended_rows_stand_beside_the_old_ones(tables: TableStore, tasks: Frames) -> None:
    tables.append("raw/tasks", tasks(a="A"))
    tables.append("raw/tasks", tasks(b="B"))
    assert named(tables.read("raw/tasks")) == {"a": "A", "b": "B"}
    assert tables.existing() == ["raw/tasks"]


def test_a_week_replaces_its_own_rows_only(tables: TableStore, pace: Frames) -> None:
    key = "forecasts/project_pace"
    tables.overwrite_partition(key, pace((MONDAY, "p", 1), (MONDAY, "q", 2)), MONDAY)
    tables.overwrite_partition(key, pace((NEXT, "p", 3)), NEXT)
    tables.overwrite_partition(key, pace((MONDAY, "p", 9)), MONDAY)
    assert sorted(tables.read(key).select("as_of_on", "project_gid", "recent").rows()) == [
        (MONDAY, "p", 9.0),
        (NEXT, "p", 3.0),
    ]
    assert tables.read(key, partition=NEXT)["recent"].to_list() == [3.0]
    tables.overwrite_partition(key, pace(), MONDAY)
    assert tables.read(key)["as_of_on"].to_list() == [NEXT]


def test_a_week_refuses_rows_of_another_week(tables: TableStore, pace: Frames) -> None:
    with pytest.raises(PermanentError, match="another as_of_on"):
        tables.overwrite_partition("forecasts/project_pace", pace((MONDAY, "p", 1), (NEXT, "p", 1)), MONDAY)
    with pytest.raises(PermanentError, match="not partitioned"):
        tables.overwrite_partition("raw/tasks", pace(), MONDAY)
    assert tables.existing() == []


def test_a_week_is_exchanged_only_where_nobody_wrote_since_it_was_read(tables: TableStore, pace: Frames) -> None:
    first = tables.overwrite_partition("forecasts/project_pace", pace((MONDAY, "1", 1.0)), MONDAY)
    second = tables.exchange_partition("forecasts/project_pace", pace((MONDAY, "2", 1.0)), MONDAY, first)
    assert second is not None
    for stale in (first, second - 1):
        assert tables.exchange_partition("forecasts/project_pace", pace((MONDAY, "3", 1.0)), MONDAY, stale) is None
    other = TableStore(tables.root)
    other.overwrite_partition("forecasts/project_pace", pace((NEXT, "4", 1.0)), NEXT)
    assert tables.exchange_partition("forecasts/project_pace", pace((MONDAY, "3", 1.0)), MONDAY, second) is None
    assert tables.read("forecasts/project_pace")["project_gid"].sort().to_list() == ["2", "4"]
    with pytest.raises(PermanentError, match="rows of another"):
        tables.exchange_partition("forecasts/project_pace", pace((NEXT, "5", 1.0)), MONDAY, second)


def test_weeks_that_several_write_at_once_are_each_whole(tables: TableStore, pace: Frames) -> None:
    tables.overwrite_partition("forecasts/project_pace", pace((MONDAY, "0", 1.0)), MONDAY)

    def write(week_on: date) -> None:
        for number in range(3):
            TableStore(tables.root).overwrite_partition(
                "forecasts/project_pace", pace((week_on, str(number), 1.0)), week_on
            )

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, (MONDAY, NEXT)))
    rows = tables.read("forecasts/project_pace").select("as_of_on", "project_gid").sort("as_of_on")
    assert rows.rows() == [(MONDAY, "2"), (NEXT, "2")]


@pytest.mark.parametrize("way", ["merge", "append", "overwrite"])
def test_a_table_of_an_earlier_release_takes_on_a_new_column(tables: TableStore, tasks: Frames, way: str) -> None:
    from deltalake import write_deltalake

    Path(tables.uri("raw/tasks")).mkdir(parents=True)
    write_deltalake(tables.uri("raw/tasks"), tasks(a="A").drop("name", "due_on"))
    assert tables.read("raw/tasks")["name"].to_list() == [None]
    getattr(tables, way)("raw/tasks", tasks(b="B"))
    assert named(tables.read("raw/tasks"))["b"] == "B"
    assert tables.read("raw/tasks").schema == CONTRACTS["raw/tasks"].schema


def test_a_week_of_an_earlier_release_takes_on_a_new_column(tables: TableStore, pace: Frames) -> None:
    from deltalake import write_deltalake

    key = "forecasts/project_pace"
    Path(tables.uri(key)).mkdir(parents=True)
    write_deltalake(tables.uri(key), pace((MONDAY, "p", 1)).drop("last_week"))
    tables.overwrite_partition(key, pace((NEXT, "p", 2)), NEXT)
    assert sorted(tables.read(key).select("as_of_on", "last_week").rows()) == [(MONDAY, None), (NEXT, 2.0)]


def test_two_stores_of_one_folder_see_the_same_rows(tables: TableStore, tasks: Frames) -> None:
    tables.merge("raw/tasks", tasks(a="A"))
    assert named(TableStore(tables.root + "/").read("raw/tasks")) == {"a": "A"}


batches = st.lists(
    st.dictionaries(st.sampled_from("abcde"), st.text("xyz'\"\\é🚀", max_size=4), max_size=4), min_size=1, max_size=4
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches)
def test_a_sequence_of_merges_equals_a_dictionary(tasks: Frames, changes: list[dict[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tables, expected = TableStore(folder), {}
        for change in changes:
            outcome = tables.merge("raw/tasks", tasks(**change))
            assert outcome == MergeOutcome(len(change.keys() - expected), len(change.keys() & expected))
            expected |= change
            assert named(tables.read("raw/tasks")) == expected


@pytest.mark.parametrize("count", [3, 700])
def test_replaced_rows_stand_in_the_place_of_those_with_their_key_and_the_others_stay(
    tmp_path: Path, count: int
) -> None:
    tables = TableStore(str(tmp_path))
    stamp = datetime(2026, 1, 5, tzinfo=UTC)
    envelope = {"record_hash": "h", "first_seen_at": stamp, "changed_at": stamp, "deleted_at": None}
    row = {**envelope, "record": "{}", "name": "before"}
    tables.append("raw/teams", pl.DataFrame([{**row, "gid": str(n)} for n in range(1000)]))
    version = tables.version("raw/teams") or 0
    tables.replace("raw/teams", pl.DataFrame([{**row, "gid": str(n), "name": "it's new"} for n in range(count)]))
    stored = tables.read("raw/teams")
    assert tables.version("raw/teams") == version + 1
    assert stored["gid"].is_unique().all()
    assert stored.height == 1000
    assert stored.filter(pl.col("name") == "it's new")["gid"].cast(pl.Int64).sort().to_list() == list(range(count))
