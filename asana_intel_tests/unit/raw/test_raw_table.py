from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.raw.raw_table import RawTable
from asana_intel.raw.records import row_of
from asana_intel.storage.tables import TableStore


@pytest.fixture
def tables(tmp_path):
    return TableStore(str(tmp_path / "tables"))


def _sync(tables, at, *records, delete=True):
    table = RawTable(tables, "teams", at)
    table.add(row_of("teams", record) for record in records)
    table.flush()
    if delete:
        table.delete(table.unlisted())
    return table.counts


def _standing(tables):
    return tables.read("raw/teams").filter(pl.col("deleted_at").is_null())["gid"].sort().to_list()


def test_the_same_records_again_commit_nothing(tables, instant):
    _sync(tables, instant("2026-01-01"), {"gid": "1", "name": "A"}, {"gid": "2", "name": "B"})
    version = tables.version("raw/teams")
    counts = _sync(tables, instant("2026-01-02"), {"gid": "2", "name": "B"}, {"gid": "1", "name": "A"})
    assert (counts.added, counts.changed, counts.deleted) == (0, 0, 0)
    assert tables.version("raw/teams") == version


def test_only_the_changed_row_is_touched_and_keeps_the_day_it_was_first_seen(tables, instant):
    _sync(tables, instant("2026-01-01"), {"gid": "1", "name": "A"}, {"gid": "2", "name": "B"})
    counts = _sync(tables, instant("2026-01-02"), {"gid": "1", "name": "A"}, {"gid": "2", "name": "C"})
    assert (counts.added, counts.changed) == (0, 1)
    rows = {row["gid"]: row for row in tables.read("raw/teams").to_dicts()}
    assert rows["1"]["changed_at"] == instant("2026-01-01")
    assert rows["2"]["changed_at"] == instant("2026-01-02")
    assert rows["2"]["first_seen_at"] == instant("2026-01-01")
    assert rows["2"]["name"] == "C"


def test_a_row_that_is_gone_keeps_its_record_and_a_row_that_comes_back_stands_again(tables, instant):
    _sync(tables, instant("2026-01-01"), {"gid": "1", "name": "A"}, {"gid": "2", "name": "B"})
    assert _sync(tables, instant("2026-01-02"), {"gid": "1", "name": "A"}).deleted == 1
    gone = tables.read("raw/teams").filter(pl.col("gid") == "2").to_dicts()[0]
    assert (gone["deleted_at"], gone["name"]) == (instant("2026-01-02"), "B")
    assert _sync(tables, instant("2026-01-03"), {"gid": "1", "name": "A"}).deleted == 0
    assert _sync(tables, instant("2026-01-04"), {"gid": "1", "name": "A"}, {"gid": "2", "name": "B"}).changed == 1
    assert _standing(tables) == ["1", "2"]


def test_a_record_listed_twice_is_one_row(tables, instant):
    assert _sync(tables, instant("2026-01-01"), {"gid": "1", "name": "A"}, {"gid": "1", "name": "A"}).added == 1


@settings(max_examples=12, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from("1234"), st.sampled_from("AB")), min_size=1, max_size=4))
def test_after_any_history_the_standing_rows_are_those_of_the_last_listing(tmp_path_factory, history):
    from datetime import UTC, datetime, timedelta

    tables = TableStore(str(tmp_path_factory.mktemp("t")))
    for day, listing in enumerate(history):
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
        _sync(tables, at, *({"gid": gid, "name": name} for gid, name in listing.items()))
        standing = tables.read("raw/teams").filter(pl.col("deleted_at").is_null())
        assert dict(standing.select("gid", "name").iter_rows()) == listing
