"""What somebody who is told "this was asked before" can rely on."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.errors import PermanentError
from asana_intel.insights.triage import find_duplicates
from asana_intel_tests.unit.insights.triage.examples import AS_OF

DAY = dt.timedelta(days=1)
NAMES = ["Order lunch for the team", "Invoice export is empty", "Renew the certificate", "Plan the summer party"]


def tasks(*rows, **columns):
    """Rows of gid, name and days before `AS_OF`."""
    frame = pl.DataFrame(
        [{"task_gid": gid, "name": name, "created_at": AS_OF - days * DAY} for gid, name, days in rows],
        schema={"task_gid": pl.String, "name": pl.String, "created_at": pl.Datetime("us", "UTC")},
    )
    return frame.with_columns(**{name: pl.lit(value) for name, value in columns.items()})


EARLIER = tasks(*[(str(i), name, 30 + i) for i, name in enumerate(NAMES)])


def found(name, history=EARLIER, **columns):
    return find_duplicates(tasks(("9", name, 1), **columns), history, AS_OF).row(0, named=True)


def test_the_same_request_told_a_little_differently_is_found():
    said = found("Invoice export is empty!")
    assert said["duplicate_of_gid"] == "1"
    assert said["p"] > 0.8
    assert said["reason"] is None


def test_other_work_is_no_duplicate():
    said = found("Paint the fence")
    assert said["duplicate_of_gid"] is None
    assert said["reason"]


def test_notes_that_differ_make_it_less_likely_and_equal_ones_more():
    history = EARLIER.with_columns(notes=pl.lit("customer 7 gets an empty file since Monday"))
    same = found("Invoice export is empty", history, notes="customer 7 gets an empty file since Monday")
    bare = found("Invoice export is empty", history)
    other = found("Invoice export is empty", history, notes="columns are shifted, wholly different story")
    assert other["p"] < bare["p"] < same["p"]


def test_another_project_makes_it_less_likely():
    here = EARLIER.with_columns(project_gid=pl.lit("web"))
    name = "Invoice export is empty"
    assert found(name, here, project_gid="app")["p"] < found(name, here, project_gid="web")["p"]


def test_numbers_that_differ_are_different_work():
    said = found("Release 2.14", tasks(("1", "Release 2.13", 20)))
    assert said["duplicate_of_gid"] is None
    assert said["reason"] == "the most similar task has another number"


def test_work_that_comes_again_and_again_is_no_duplicate():
    weekly = tasks(*[(str(i), "Weekly report to the board", 7 * i) for i in range(1, 6)])
    said = found("Weekly report to the board", weekly)
    assert said["duplicate_of_gid"] is None
    assert said["reason"] == "work of that name comes again and again"


def test_what_was_finished_long_ago_is_forgotten_but_what_is_open_is_not():
    old = EARLIER.with_columns(completed_at=pl.lit(AS_OF - 181 * DAY))
    lately = EARLIER.with_columns(completed_at=pl.lit(AS_OF - 179 * DAY))
    assert found("Invoice export is empty", old)["duplicate_of_gid"] is None
    assert found("Invoice export is empty", lately)["duplicate_of_gid"] == "1"
    open_ones = EARLIER.with_columns(created_at=pl.lit(AS_OF - 900 * DAY))
    assert found("Invoice export is empty", open_ones)["duplicate_of_gid"] == "1"


def test_of_two_alike_only_the_later_one_repeats_the_other():
    both = tasks(("a", "Invoice export is empty", 2), ("b", "Invoice export is empty", 2))
    said = find_duplicates(both, both, AS_OF)
    assert said["duplicate_of_gid"].to_list() == [None, "a"]


@settings(deadline=None, max_examples=25)
@given(later=st.lists(st.tuples(st.sampled_from(NAMES), st.integers(1, 10**6)), max_size=4))
def test_tasks_created_later_change_nothing(later):
    new = tasks(("9", "Renew the certificates", 1))
    rows = [("x" + str(i), name, -seconds / 86_400) for i, (name, seconds) in enumerate(later)]
    assert find_duplicates(new, pl.concat([EARLIER, tasks(*rows)]), AS_OF).equals(find_duplicates(new, EARLIER, AS_OF))


def test_empty_names_and_empty_histories_are_said_so():
    assert found("  ")["duplicate_of_gid"] is None
    assert found("Paint", EARLIER[:0])["reason"] == "there are no earlier tasks"


def test_a_missing_instant_is_named():
    with pytest.raises(PermanentError, match="tasks has no column 'created_at'"):
        find_duplicates(EARLIER.drop("created_at"), EARLIER, AS_OF)
    with pytest.raises(PermanentError, match="history, row 0: 'created_at' is empty"):
        find_duplicates(EARLIER, EARLIER.with_columns(created_at=pl.lit(None, pl.Datetime("us", "UTC"))), AS_OF)
