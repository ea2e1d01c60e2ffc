"""The narrative assets as Dagster runs them: who wrote, what it took, and that unchanged goals take nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg
import polars as pl
import pytest

from asana_intel.narratives.assets import build_narrative_assets
from asana_intel.settings import LlmSettings, load_settings
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.postgres import Database
from asana_intel.storage.resources import DeltaIOManager
from asana_intel.storage.tables import TableStore
from asana_intel_tests.model_server import ModelServer, Received, Wire, answer, status

WEEKS = dg.WeeklyPartitionsDefinition(start_date="2026-01-05", day_offset=1, end_offset=1)
WEEK = date(2026, 3, 2)
AS_OF = datetime(2026, 3, 4, 6, tzinfo=UTC)
GOALS = 4
TEXTS = "narratives/goal_progress"


def frame(key: str, *rows: dict[str, Any]) -> pl.DataFrame:
    schema = CONTRACTS[key].schema
    return pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema)


@pytest.fixture
def tables(database: Database, tmp_path: Any) -> TableStore:
    """A few goals with odds."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_run (workspace_gid, asana_url, synced_at, requests, rows_added, rows_changed,"
            " rows_deleted) VALUES ('900', 'http://localhost', %s, 1, 0, 0, 0)",
            (AS_OF,),
        )
    tables = TableStore(str(tmp_path / "tables"))
    goal = {
        "is_workspace_level": False, "is_closed": False, "start_on": date(2026, 1, 1), "due_on": date(2026, 3, 31),
        "status": "green", "unit": "none", "precision": 0, "initial_value": 0.0, "target_value": 40.0,
        "is_metric_writable": True, "supporting_projects": 0, "supporting_goals": 0,
    }  # fmt: skip
    odds = {
        "as_of_on": WEEK, "as_of_at": AS_OF, "kind": "flow", "p_attain": 0.31, "current_value": 22.0,
        "target_value": 40.0, "due_on": date(2026, 3, 31), "elapsed_pct": 0.69, "p_attain_change": -0.18,
        "status": "assessed",
    }  # fmt: skip
    named = [{"goal_gid": f"50{n}", "name": f"Goal {n}"} for n in range(GOALS)]
    tables.overwrite("marts/dim_goal", frame("marts/dim_goal", *(goal | name for name in named)))
    rows = (odds | {"goal_gid": name["goal_gid"], "current_value": 20.0 + n} for n, name in enumerate(named))
    tables.overwrite_partition("forecasts/goal_attainment", frame("forecasts/goal_attainment", *rows), WEEK)
    seen = {"week_on": WEEK, "snapshot_at": AS_OF, "value": 20.0}
    progress = "marts/fct_goal_progress_weekly"
    tables.overwrite(progress, frame(progress, *(seen | {"goal_gid": name["goal_gid"]} for name in named)))
    return tables


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer(choosing) as server:
        yield server


def choosing(received: Received, wire: Wire) -> None:
    """The first claim of each part."""
    claims = json.loads(received.json["messages"][-1]["content"])["claims"]
    first = {claim["part"]: claim["id"] for claim in reversed(claims)}
    answer({"claims": list(first.values())})(received, wire)


def run(tables: TableStore, database: Database, llm: LlmSettings, tmp_path: Any) -> dict[str, Any]:
    """What a run of the week told about itself."""
    resources = {
        "tables": tables, "database": database, "io_manager": DeltaIOManager(tables),
        "settings": load_settings(home=tmp_path).model_copy(update={"llm": llm}),
    }  # fmt: skip
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize(
            build_narrative_assets(WEEKS), resources=resources, instance=instance, partition_key=WEEK.isoformat()
        )
    assert done.success
    (event,) = (e for e in done.get_asset_materialization_events() if e.asset_key == dg.AssetKey(TEXTS.split("/")))
    return {name: value.value for name, value in event.materialization.metadata.items()}


def test_without_a_model_the_run_says_that_templates_wrote_everything(
    tables: TableStore, database: Database, tmp_path: Any
) -> None:
    told = run(tables, database, LlmSettings(), tmp_path)
    assert told["written_by_template"] == GOALS
    assert not [name for name in told if name.startswith(("model", "unanswered"))]


def test_a_second_run_without_changes_asks_no_model(
    tables: TableStore, database: Database, tmp_path: Any, server: ModelServer
) -> None:
    llm = LlmSettings(model="openai/any", api_base=server.url, api_key="k")  # pyright: ignore[reportArgumentType]
    first = run(tables, database, llm, tmp_path)
    assert (first["written_by_select"], first["model_requests"], first["model_cached"]) == (GOALS, GOALS, 0)
    assert first["model_input_tokens"] > 0
    assert first["model_usd"] == "unknown"
    texts = tables.read(TEXTS)
    second = run(tables, database, llm, tmp_path)
    assert (second["written_by_select"], second["model_requests"], second["model_cached"]) == (GOALS, 0, GOALS)
    assert len(server.received) == GOALS
    assert tables.read(TEXTS).equals(texts)


def test_a_cap_gives_templates_for_the_rest_and_says_so(
    tables: TableStore, database: Database, tmp_path: Any, server: ModelServer
) -> None:
    llm = LlmSettings(model="openai/any", api_base=server.url, api_key="k", max_calls_per_run=1)  # pyright: ignore[reportArgumentType]
    told = run(tables, database, llm, tmp_path)
    assert (told["written_by_select"], told["written_by_fallback"]) == (1, GOALS - 1)
    assert told["unanswered_budget"] == GOALS - 1
    texts = tables.read(TEXTS).filter(written_by="fallback")
    assert texts["refusals"].to_list() == [["budget"]] * (GOALS - 1)
    assert texts["model"].null_count() == texts.height


def test_a_dead_server_costs_no_narrative(
    tables: TableStore, database: Database, tmp_path: Any, server: ModelServer
) -> None:
    server.script = [status(401)]
    llm = LlmSettings(model="openai/any", api_base=server.url, api_key="k")  # pyright: ignore[reportArgumentType]
    told = run(tables, database, llm, tmp_path)
    assert told["written_by_fallback"] == GOALS
    assert told["model_requests"] == 1
    assert (told["unanswered_key"], told["unanswered_breaker"]) == (1, GOALS - 1)
    assert tables.read(TEXTS)["refusals"].to_list() == [["key"]] * GOALS  # every reader learns what to mend
