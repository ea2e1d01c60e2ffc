"""What the page is made from: the newest week or the one asked for, and nothing from after it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from asana_intel.report.inputs import ReportInputs, collect_inputs
from asana_intel.report.render import render_report
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.postgres import Database
from asana_intel.storage.tables import TableStore

AT = datetime(2026, 11, 23, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def tables(full_inputs: ReportInputs, tmp_path_factory: pytest.TempPathFactory) -> TableStore:
    store = TableStore(str(tmp_path_factory.mktemp("tables")))
    store.overwrite("forecasts/goal_attainment", full_inputs.attainment)
    store.overwrite("marts/dim_goal", full_inputs.goals)
    store.overwrite("marts/fct_goal_progress_weekly", full_inputs.progress)
    store.overwrite("forecasts/forecast_scores", full_inputs.scores)
    return store


def _planned(database: Database) -> None:
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO plan (plan_id, plan_hash, purpose, as_of_on, as_of_at, author, mode, created_at, expires_at,"
            " required_gates) VALUES ('p-0123abcd', %s, 'weekly', '2026-11-16', %s, 'planner', 'propose', %s, %s,"
            " '{changes/plan}')",
            ("ab" * 32, AT, AT, AT + timedelta(days=3)),
        )
        cursor.execute(
            "INSERT INTO plan_row (plan_id, row_key, kind, capability, target_type, target_gid, field, old_value,"
            " new_value, reason, evidence_gids, position) VALUES ('p-0123abcd', '00000000000000aa', 'set_field',"
            " 'goals', 'goal', '1000', 'ai_confidence_score', '0.5', '0.62', 'The odds rose.', '{1000}', 1)"
        )
        cursor.execute(
            "INSERT INTO write_receipt (plan_id, row_key, kind, target_type, target_gid, field, old_value, new_value,"
            " verified, at) VALUES ('p-0123abcd', '00000000000000aa', 'set_field', 'goal', '1000',"
            " 'ai_confidence_score', '0.5', '0.62', true, %s)",
            (AT,),
        )
        cursor.execute(
            "INSERT INTO sync_run (workspace_gid, asana_url, synced_at, requests, rows_added, rows_changed,"
            " rows_deleted, unavailable) VALUES ('1', 'http://127.0.0.1', %s, 96, 1, 2, 3, %s)",
            (AT, '{"allocations": "402"}'),
        )


def test_the_newest_week_is_shown_unless_another_is_asked_for(tables: TableStore) -> None:
    assert collect_inputs(tables, None, mode="observe").as_of_on == date(2026, 11, 16)
    earlier = collect_inputs(tables, None, as_of_on=date(2026, 11, 2), mode="observe")
    assert earlier.as_of_at == datetime(2026, 11, 8, 23, 59, 59, 999999, tzinfo=UTC)


def test_a_page_for_a_past_week_knows_nothing_later(tables: TableStore) -> None:
    week_on = date(2026, 9, 7)
    inputs = collect_inputs(tables, None, as_of_on=week_on, mode="observe")
    assert inputs.attainment.filter(pl.col("as_of_on") > week_on).is_empty()
    assert inputs.progress.filter(pl.col("week_on") > week_on).is_empty()
    assert inputs.scores.is_empty()  # their goals were due at the end of September
    assert collect_inputs(tables, None, mode="observe").scores.height == 132


def test_tables_that_do_not_exist_give_a_page(tmp_path: Path) -> None:
    inputs = collect_inputs(TableStore(str(tmp_path / "nothing")), None, mode="observe")
    assert "Nothing has been forecast yet." in render_report(inputs)


def put(store: TableStore, key: str, *rows: dict[str, Any]) -> None:
    """Write rows to a table; what they leave out and must be there is something or other."""
    contract = CONTRACTS[key]
    anything = {pl.String: "x", pl.Int64: 1, pl.Float64: 0.5}
    made_up = {c.name: anything.get(c.dtype) if c.required else None for c in contract.columns}  # pyright: ignore[reportArgumentType, reportCallIssue]
    store.overwrite(key, pl.DataFrame([made_up | row for row in rows], schema=contract.schema))


def test_people_count_as_holders_of_a_task_from_the_first_week_of_the_plans_on(tmp_path: Path) -> None:
    store, monday = TableStore(str(tmp_path)), datetime(2026, 11, 16, tzinfo=UTC)
    long_ago, before, then = (monday + timedelta(days=days) for days in (-90, -8, 1))
    stays = [("4000", "2001", long_ago, before), ("4000", "2002", before, then), ("4000", "2003", then, None),
             ("4001", "2004", before, None)]  # fmt: skip
    names = ("task_gid", "assignee_gid", "valid_from", "valid_to")
    put(store, "staging/task_assignee_intervals", *({**dict(zip(names, stay, strict=True))} for stay in stays))
    put(store, "changes/plan", {"as_of_on": monday.date(), "as_of_at": monday, "target_type": "task",
        "target_gid": "4000"})  # fmt: skip
    inputs = collect_inputs(store, None, mode="observe")
    assert inputs.holders == {"4000": frozenset({"2002", "2003"})}


def test_plans_receipts_and_syncs_come_from_the_ledger(tables: TableStore, database: Database) -> None:
    _planned(database)
    inputs = collect_inputs(tables, database, mode="propose")
    page = render_report(inputs)
    assert [(row.row_key, row.decision) for row in inputs.ledger.rows] == [("00000000000000aa", "pending")]
    assert [receipt.is_verified for receipt in inputs.ledger.receipts] == [True]
    assert inputs.ledger.syncs[0].unavailable == {"allocations": "402"}
    assert "p-0123abcd" in page
    assert "The odds rose." in page


def test_an_empty_ledger_gives_a_page(tables: TableStore, database: Database) -> None:
    assert "Nothing was written to Asana." in render_report(collect_inputs(tables, database, mode="observe"))


def test_what_models_took_comes_by_day_and_model_and_counts_what_was_reserved(
    tables: TableStore, database: Database
) -> None:
    with database.transaction() as connection, connection.cursor() as cursor:
        for model, usd in (("a/priced", 0.02), ("a/priced", 0.03), ("b/unpriced", None)):
            cursor.execute(
                "INSERT INTO model_call (run_id, at, model, name, prompt_version, reserved_tokens, reserved_usd,"
                " input_tokens, output_tokens, usd, outcome)"
                " VALUES ('r', %s, %s, 'goal', '1', 900, %s, %s, %s, %s, 'ok')",
                (AT, model, usd, *((500, 100, usd) if usd else (None, None, None))),
            )
    days = collect_inputs(tables, database, mode="propose").ledger.models
    assert [(d.on, d.model, d.requests, d.tokens) for d in days] == [
        (AT.date(), "a/priced", 2, 1200),
        (AT.date(), "b/unpriced", 1, 900),
    ]
    assert days[0].usd == pytest.approx(0.05)
    assert days[1].usd is None
