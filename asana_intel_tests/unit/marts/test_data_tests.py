"""The data tests of schema.yml, asked of frames."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.errors import ConfigError
from asana_intel.marts import data_tests
from asana_intel.marts.data_tests import DataTest, breaking_rows, declared_tests

ROWS = pl.DataFrame(
    {"goal_gid": ["1", "1", "2", None, None], "week": [1, 2, 1, 3, 3], "status": ["red", "blue", None, "red", "red"]}
)


@pytest.fixture
def declare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The tests of a model that has these tests of its own, and these of its column goal_gid."""

    def tests(*of_model: Any, column: list[Any] = []) -> tuple[DataTest, ...]:  # noqa: B006
        columns = [{"name": "goal_gid", "data_tests": column}]
        schema = {"models": [{"name": "fct_x", "data_tests": list(of_model), "columns": columns}]}
        read = yaml.safe_load(yaml.safe_dump(schema))
        monkeypatch.setattr(data_tests, "read_schema", lambda: read)
        return declared_tests.__wrapped__()["fct_x"]

    return tests


def nothing(key: str) -> pl.DataFrame:
    raise AssertionError(f"{key} was not needed")


@pytest.mark.parametrize(
    ("test", "name", "broken"),
    [
        (DataTest("m", "unique", ("goal_gid",)), "goal_gid_is_unique", 2),  # both rows of 1; nulls are no repeat
        (DataTest("m", "unique_combination", ("goal_gid", "week")), "goal_gid_and_week_are_unique", 2),  # null, 3
        (DataTest("m", "not_null", ("goal_gid",)), "goal_gid_is_present", 2),
        (DataTest("m", "accepted_values", ("status",), values=("red", "green")), "status_is_known", 1),
        (DataTest("m", "accepted_values", ("week",), values=(1, 2)), "week_is_known", 2),
    ],
    ids=lambda value: value.kind if isinstance(value, DataTest) else "",
)
def test_rows_that_break_a_test_are_counted_and_the_test_is_a_sentence(test: DataTest, name: str, broken: int) -> None:
    assert (test.name, breaking_rows(test, ROWS, nothing)) == (name, broken)
    assert breaking_rows(test, ROWS.clear(), nothing) == 0


def test_a_relationship_looks_into_the_other_table() -> None:
    test = DataTest("m", "relationships", ("goal_gid",), to="marts/dim_goal", field="goal_gid")
    read = {"marts/dim_goal": pl.DataFrame({"goal_gid": ["2", "3"]})}.__getitem__
    assert (test.name, breaking_rows(test, ROWS, read)) == ("goal_gid_is_in_marts_dim_goal", 2)  # both rows of 1


CELLS = st.lists(st.tuples(st.sampled_from([None, "a", "b"]), st.sampled_from([None, 1, 2])), max_size=6)
KNOWN = pl.DataFrame({"n": [1, 3]})
OF_DBT = {
    DataTest("m", "unique", ("k",)): "select k from t where k is not null group by k having count(*) > 1",
    DataTest("m", "unique_combination", ("k", "n")): "select k, n from t group by k, n having count(*) > 1",
    DataTest("m", "not_null", ("k",)): "select k from t where k is null",
    DataTest("m", "accepted_values", ("k",), values=("a",)): "select distinct k from t where k not in ('a')",
    DataTest("m", "relationships", ("n",), to="u", field="n"): "select n from t where n not in (select n from u)",
}


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    import duckdb

    with duckdb.connect(":memory:", config={"threads": 1}) as opened:
        opened.register("u", KNOWN.to_arrow())
        yield opened


@given(rows=CELLS)
@settings(max_examples=60)
def test_a_test_passes_where_dbts_own_sql_finds_nothing(
    session: Any, rows: list[tuple[str | None, int | None]]
) -> None:
    frame = pl.DataFrame(rows, schema={"k": pl.String, "n": pl.Int64}, orient="row")
    session.register("t", frame.to_arrow())
    for test, sql in OF_DBT.items():
        assert (breaking_rows(test, frame, lambda _: KNOWN) == 0) == (not session.sql(sql).fetchall()), test.kind


def test_tests_are_read_in_dbts_words(declare: Any) -> None:
    assert declare(
        {"unique_combination": {"arguments": {"columns": ["goal_gid", "week"]}, "config": {"severity": "warn"}}},
        column=[
            "not_null",
            "unique",
            {"accepted_values": {"arguments": {"values": ["1", "2"]}}},
            {"relationships": {"arguments": {"to": "ref('dim_goal')", "field": "goal_gid"}}},
            {"relationships": {"arguments": {"to": "ref('stg_asana__goals')", "field": "goal_gid"}}},
            {"relationships": {"arguments": {"to": "source('staging', 'goals')", "field": "goal_gid"}}},
        ],
    ) == (
        DataTest("fct_x", "unique_combination", ("goal_gid", "week"), severity="warn"),
        DataTest("fct_x", "unique", ("goal_gid",)),
        DataTest("fct_x", "accepted_values", ("goal_gid",), values=("1", "2")),
        DataTest("fct_x", "relationships", ("goal_gid",), to="marts/dim_goal", field="goal_gid"),
        DataTest("fct_x", "relationships", ("goal_gid",), to="staging/goals", field="goal_gid"),
        DataTest("fct_x", "relationships", ("goal_gid",), to="staging/goals", field="goal_gid"),
    )


@pytest.mark.parametrize("to", ["ref('dim_nothing')", "ref('int_goal_tree')", "dim_goal"])
def test_a_relationship_to_what_is_not_stored_is_refused_by_name(declare: Any, to: str) -> None:
    with pytest.raises(ConfigError, match="fct_x has a relationship to"):
        declare(column=[{"relationships": {"arguments": {"to": to, "field": "goal_gid"}}}])


def test_a_kind_that_the_platform_cannot_ask_is_refused_by_name(declare: Any) -> None:
    with pytest.raises(ConfigError, match="fct_x has a data test of the kind at_least_one"):
        declare(column=["at_least_one"])


def test_the_names_of_a_models_tests_differ() -> None:
    for model, tests in declared_tests().items():
        assert len({test.name for test in tests}) == len(tests), model
