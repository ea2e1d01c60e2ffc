"""One company for all faults, as at the start for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from asana_intel.changes.ledger import StoredPlan
from asana_intel.storage.postgres import Database
from asana_intel_tests.faults.office import Office, set_up
from asana_intel_tests.integration.fault_world import Company, running_company


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with running_company(tmp_path_factory.mktemp("company"), goals=16) as running:
        yield running


@pytest.fixture
def office(company: Company, database: Database, stored: Callable[..., StoredPlan]) -> Iterator[Office]:
    company.begin_anew()
    yield set_up(company, database, stored)
    company.heal()
