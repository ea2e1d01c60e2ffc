"""The code location as a user meets it: it loads fast, offline, and shows the design's graph."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

from asana_intel.definitions import build_defs
from asana_intel.protection.features import FEATURES
from asana_intel.settings import load_settings
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.resources import PERSONAL

STAGES = ["raw", "staging", "marts", "forecasts", "insights", "narratives", "changes", "report"]
HEAVY = [
    "prophet", "great_expectations", "duckdb", "pandas", "deltalake", "cmdstanpy", "sqlglot",
    "litellm", "openai", "tiktoken", "boto3", "huggingface_hub",
]  # fmt: skip


@pytest.fixture(scope="module")
def graph() -> AssetGraph:
    return build_defs(load_settings()).resolve_asset_graph()


def _fresh(code: str, tmp_path: Path) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ASANA_INTEL", "DAGSTER"))}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_the_location_loads_in_a_fresh_interpreter_without_a_network_or_a_key(tmp_path: Path) -> None:
    code = f"""
import socket, sys
def blocked(*a, **k): raise OSError("no network in this test")
socket.socket.connect = blocked
socket.create_connection = blocked
socket.getaddrinfo = blocked
from asana_intel.definitions import defs
import dagster
location = defs() if callable(defs) else defs
names = sorted(location.resolve_asset_graph().get_all_asset_keys())
print(len(names), [m for m in {HEAVY!r} if m in sys.modules])
"""
    count, heavy = _fresh(code, tmp_path).strip().split(" ", 1)
    assert int(count) == len(CONTRACTS) - 1 + 2  # every table but the quarantine, the report and the digest
    assert heavy == "[]"


def test_every_asset_is_named_after_its_stage_and_has_a_contract(graph: AssetGraph) -> None:
    for key in graph.get_all_asset_keys():
        assert graph.get(key).group_name == key.path[0]
        assert "/".join(key.path) in CONTRACTS or key.path[0] == "report"


def test_every_asset_that_tells_of_people_has_a_purpose_in_the_register(graph: AssetGraph) -> None:
    claimed = {table for feature in FEATURES for table in feature.tables}
    told = {"/".join(key.path) for key in graph.get_all_asset_keys() if graph.get(key).tags.keys() & PERSONAL.keys()}
    assert told
    assert told - claimed == set()


def test_data_flows_one_way_from_left_to_right(graph: AssetGraph) -> None:
    for key in graph.get_all_asset_keys():
        for parent in graph.get(key).parent_keys:
            assert STAGES.index(parent.path[0]) <= STAGES.index(key.path[0]), f"{parent} feeds {key}"


def test_nothing_runs_by_itself_until_someone_starts_it() -> None:
    repository = build_defs(load_settings()).get_repository_def()
    assert {s.default_status.value for s in repository.schedule_defs} == {"STOPPED"}
    assert {s.default_status.value for s in repository.sensor_defs} == {"STOPPED"}
    for key in repository.asset_graph.get_all_asset_keys():
        assert repository.asset_graph.get(key).automation_condition is None


def test_no_asset_can_reach_the_writer_so_that_neither_automation_nor_a_backfill_can_write() -> None:
    definitions = build_defs(load_settings())
    for asset in definitions.assets or []:
        assert "asana_writer" not in asset.required_resource_keys  # pyright: ignore[reportAttributeAccessIssue]
    for job in definitions.resolve_all_job_defs():
        if "asana_writer" in job.required_resource_keys:
            assert not job.asset_layer.executable_asset_keys
            assert job.tags["dagster/max_retries"] == "0"


def test_the_jobs_are_named_verb_and_object() -> None:
    names = {job.name for job in build_defs(load_settings()).resolve_all_job_defs()}
    assert {
        "refresh_workspace", "rebuild_week", "replay_forecasts", "publish_digest", "apply_approved_changes",
        "sweep_created_objects", "check_drift", "follow_events",
    } <= names  # fmt: skip


def test_every_check_in_front_of_a_write_blocks() -> None:
    graph = build_defs(load_settings()).resolve_asset_graph()
    keys = graph.asset_check_keys
    assert {key.asset_key.path[0] for key in keys} >= {"staging", "forecasts", "narratives", "changes"}
