"""Fixtures: a generated company, the recorded one, and a client for the first."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from asana_intel.sandbox.generate import generate_world
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel_tests.unit.sandbox.worlds import MID, Api

SHARED = Path(__file__).resolve().parents[4] / "shared"


@pytest.fixture(scope="session")
def company_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("worlds") / "company"
    generate_world(out, seed=7, people=9, projects=4, tasks=140, goals=30, start_on=date(2025, 7, 1), weeks=36)
    return out


@pytest.fixture
def api(company_dir: Path) -> Api:
    return Api(Sandbox(company_dir, MID))


@pytest.fixture(scope="session")
def sip_dir() -> Path:
    folder = SHARED / "data" / "worlds" / "sip"
    if not folder.exists():
        pytest.skip("the recorded SiP world is not beside the repository")
    return folder
