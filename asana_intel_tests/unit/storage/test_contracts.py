"""Contracts: what every table promises, and what happens to a frame that does not keep it."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from asana_intel.errors import PermanentError
from asana_intel.staging.recipes import RECIPES
from asana_intel.storage.contracts import CONTRACTS, TableContract, conform, empty_frame
from asana_intel.storage.contracts.changes import CHANGES_TABLES
from asana_intel.storage.contracts.contract import COUNT, NUMBER, TEXT, columns
from asana_intel.storage.contracts.forecasts import FORECAST_TABLES
from asana_intel.storage.contracts.insights import INSIGHT_TABLES
from asana_intel.storage.contracts.marts import MART_TABLES
from asana_intel.storage.contracts.narratives import NARRATIVE_TABLES
from asana_intel.storage.contracts.raw import RAW_TABLES, RESOURCES
from asana_intel.storage.contracts.staging import STAGING_TABLES

MODELS = Path(__file__).resolve().parents[3] / "dbt_like_sql" / "marts"
EVERY = [
    *RAW_TABLES, *STAGING_TABLES, *MART_TABLES, *FORECAST_TABLES, *INSIGHT_TABLES, *NARRATIVE_TABLES,
    *CHANGES_TABLES,
]  # fmt: skip
TOY = TableContract(
    "toys",
    "toy",
    "one row per toy",
    ("toy_gid",),
    columns(("toy_gid!", TEXT, "Toy."), ("price_usd", NUMBER, "Price."), ("wheels!", COUNT, "Wheels.")),
)


def names(stage: str) -> set[str]:
    return {c.name for c in CONTRACTS.values() if c.stage == stage}


def test_no_two_tables_share_a_key() -> None:
    assert [key for key, n in Counter(table.key for table in EVERY).items() if n > 1] == []
    assert len(CONTRACTS) == len(EVERY)


@pytest.mark.parametrize("table", CONTRACTS.values(), ids=lambda t: t.key)
def test_every_contract_is_whole(table: TableContract) -> None:
    column_names = [c.name for c in table.columns]
    assert len(set(column_names)) == len(column_names)
    assert set(table.unique) <= set(column_names)
    assert table.partition is None or table.partition in column_names
    assert re.match(r"one row per [a-z]", table.grain)
    assert all(c.about for c in table.columns)


@pytest.mark.parametrize("table", CONTRACTS.values(), ids=lambda t: t.key)
def test_the_suffix_of_a_column_tells_its_type(table: TableContract) -> None:
    wanted = {"_gid": pl.String(), "_on": pl.Date(), "_hours": pl.Float64(), "_pct": pl.Float64()}
    instants = pl.Datetime("us", "UTC") if table.stage != "raw" else None  # raw keeps Asana's text beside its own
    for column in table.columns:
        if column.name == "projects_working_on":  # the name that users of dbt_asana know
            continue
        for suffix, dtype in wanted.items():
            if column.name.endswith(suffix) and not (table.stage == "raw" and column.name in {"start_on", "due_on",
                                                     "entered_on", "end_on"}):  # fmt: skip
                assert column.dtype == dtype, column.name
        if column.name.endswith("_at") and instants is not None:
            assert column.dtype == instants, column.name
        if column.name.startswith(("is_", "has_")):
            assert column.dtype == pl.Boolean(), column.name


def test_every_mart_has_a_model_and_every_model_a_contract() -> None:
    assert {file.stem for file in MODELS.glob("*.sql")} == names("marts")


def test_every_staging_table_has_a_recipe_and_every_recipe_a_contract() -> None:
    assert set(RECIPES) == names("staging") - {"quarantine"}


def test_every_raw_record_table_keeps_the_record_its_hash_and_its_times() -> None:
    tables = [t for t in RAW_TABLES if t.name in RESOURCES]
    assert len(tables) >= 20
    for table in tables:
        required = {c.name for c in table.columns if c.required}
        assert required == {"gid", "record", "record_hash", "first_seen_at", "changed_at"}
        assert table.unique == ("gid",)
        assert "record" in table.personal_columns
        assert "deleted_at" in table.schema


@pytest.mark.parametrize("key", ["staging/users", "marts/dim_person", "raw/users"])
def test_peoples_names_are_marked_as_personal(key: str) -> None:
    assert "name" in CONTRACTS[key].personal_columns


def test_every_weekly_table_is_overwritten_by_week() -> None:
    of_all_weeks = {
        "forecast_scores", "capacity_scores", "replay_scores", "early_warnings", "overload_alerts", "model_verdicts",
    }  # fmt: skip
    weekly = [
        t for t in EVERY if t.stage in {"forecasts", "insights", "narratives", "changes"} and t.name not in of_all_weeks
    ]
    assert {t.partition for t in weekly} == {"as_of_on"}


def toys(**values: list) -> pl.DataFrame:
    return pl.DataFrame({"toy_gid": ["1", "2"], "price_usd": [1, 2], "wheels": [4, 3]} | values)


def test_a_frame_is_cast_ordered_and_freed_of_further_columns() -> None:
    frame = toys(colour=["red", "blue"]).select("colour", "wheels", "price_usd", "toy_gid")
    held = conform(TOY, frame)
    assert held.schema == TOY.schema
    assert held.rows() == [("1", 1.0, 4), ("2", 2.0, 3)]


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (toys().drop("price_usd"), "toys/toy.*price_usd"),
        (toys().drop("price_usd", "wheels"), "price_usd, wheels"),
        (toys(wheels=[4, None]), "'wheels' has 1 nulls"),
        (toys(wheels=["four", "3"]), "toys/toy"),
        (toys(toy_gid=["1", "1"]), "2 rows share their key .toy_gid."),
    ],
)
def test_a_frame_that_breaks_its_contract_is_refused_with_the_place(frame: pl.DataFrame, told: str) -> None:
    with pytest.raises(PermanentError, match=told):
        conform(TOY, frame)


def test_a_null_where_it_is_allowed_stays() -> None:
    assert conform(TOY, toys(price_usd=[None, 2]))["price_usd"].to_list() == [None, 2.0]


@pytest.mark.parametrize("table", CONTRACTS.values(), ids=lambda t: t.key)
def test_an_empty_frame_keeps_its_contract(table: TableContract) -> None:
    assert empty_frame(table).schema == table.schema
    assert conform(table, empty_frame(table)).is_empty()


def test_a_total_without_a_week_is_a_key_of_its_own() -> None:
    table = CONTRACTS["forecasts/person_capacity"]
    row = dict.fromkeys(table.schema) | {
        "as_of_on": date(2026, 1, 5), "as_of_at": date(2026, 1, 5), "person_gid": "1", "mean": 1.0,
        "status": "assessed", "method": "m",
    }  # fmt: skip
    weeks = [row | {"week_on": None}, row | {"week_on": date(2026, 1, 5)}]
    assert conform(table, pl.DataFrame(weeks, infer_schema_length=None)).height == 2
    with pytest.raises(PermanentError, match="share their key"):
        conform(table, pl.DataFrame([*weeks, weeks[0]], infer_schema_length=None))
