"""Fixtures: Asana's document, and a stage of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from asana_intel.sandbox.sandbox import Sandbox
from asana_intel_tests.unit.sandbox.contract.document import Document, load
from asana_intel_tests.unit.sandbox.contract.listener import Listener
from asana_intel_tests.unit.sandbox.contract.samples import Stage
from asana_intel_tests.unit.sandbox.contract.world import furnished
from asana_intel_tests.unit.sandbox.worlds import MID, Api


@pytest.fixture(scope="session")
def document() -> Document:
    found = load()
    if found is None:
        pytest.skip("Asana's OpenAPI document is not beside the repository")
    return found


@pytest.fixture(scope="session")
def furnished_dir(company_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return furnished(company_dir, tmp_path_factory.mktemp("contract") / "company")


@pytest.fixture(scope="session")
def furnished_sandbox(furnished_dir: Path) -> Sandbox:
    return Sandbox(furnished_dir, MID)


@pytest.fixture(scope="session")
def target() -> Iterator[str]:
    with Listener() as listener:
        yield listener.url


@pytest.fixture
def stage(furnished_sandbox: Sandbox, document: Document, target: str) -> Stage:
    furnished_sandbox.set_clock(MID.isoformat(), reset=True)
    return Stage(Api(furnished_sandbox), document, target)
