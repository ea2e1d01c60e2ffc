"""Every fault of docs/faults.md, done to a sync by events: what it leaves is whole, and the next syncs mend it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from asana_intel.errors import AsanaIntelError
from asana_intel.raw.sync_plan import How
from asana_intel.storage.postgres import Database
from asana_intel_tests.integration.fault_world import Company, assert_whole, forgotten
from asana_intel_tests.integration.keeping_up import (
    NO_STREAM_OF_ALL,
    Pair,
    assert_same,
    change_eight_and_delete_two,
    quiet_company,
)
from asana_intel_tests.integration.test_fault_matrix_reads import CASES, elsewhere, placed

__all__ = ["elsewhere"]

# What a read showed as it had been is believed until everything is listed the next time.
SEEN_BY_A_RECONCILE = {"all reads are behind", "people edit while we read"}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with quiet_company(tmp_path_factory.mktemp("company")) as running:
        yield running


@pytest.fixture
def pair(company: Company, database: Database, tmp_path: Path) -> Iterator[Pair]:
    with forgotten(database):
        yield Pair(company, database, tmp_path, [NO_STREAM_OF_ALL])
    company.heal()


@pytest.mark.parametrize("name", CASES)
def test_a_sync_by_events_leaves_what_is_whole_and_the_next_one_mends_it(
    name: str, pair: Pair, elsewhere: socket.socket
) -> None:
    before = pair.home.contents()
    change_eight_and_delete_two(pair)
    pair.pass_time()
    fault = placed(CASES[name], pair.tasks()[0], elsewhere)
    pair.break_down(*fault.rules, limits=fault.limits)
    with suppress(AsanaIntelError):  # what is promised of each is held by the matrix of listings
        pair.home.sync(how=How.auto, timeout_s=fault.timeout_s)
    pair.break_down()
    pair.pass_time()
    truth = pair.truth()
    assert_whole(pair.home, before, truth, *([] if "edit" not in name else [pair.home.contents()]))
    pair.catch_up(How.reconcile if name in SEEN_BY_A_RECONCILE else How.auto)
    assert_same(pair.home.contents(), pair.truth())
