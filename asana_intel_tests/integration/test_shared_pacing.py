"""Processes that keep one token's limits together, through a real PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import pairwise
from math import ceil

import pytest

from asana_intel.asana.limits import Pace
from asana_intel.asana.pacing import Limits, Pacer
from asana_intel.asana.shared_pacing import PostgresPacing
from asana_intel.errors import RetriableError
from asana_intel.storage.postgres import Database


@pytest.fixture
def process(database: Database) -> Callable[[], PostgresPacing]:
    """What a process of its own would see."""
    return lambda: PostgresPacing(lambda: database, "digest")


def test_turns_of_two_processes_never_overlap(process: Callable[[], PostgresPacing]) -> None:
    start, turns = Pace(600), []
    one, two = process(), process()
    for shared in (one, two, one, one, two):
        got = shared.reserve("all", start, 0.5, 1)
        at = time.monotonic() + got.starts_in_s
        turns.append((at, at + got.count * got.interval_s))
    turns.sort()
    assert all(later[0] >= earlier[1] - 0.05 for earlier, later in pairwise(turns))


def test_turns_that_a_process_gives_back_are_made_up_by_all(process: Callable[[], PostgresPacing]) -> None:
    start = Pace(600)
    one, two = process(), process()
    for _ in range(2):  # the 0.6 s that nobody took before are made up in less
        one.reserve("all", start, 40.0, 1)
    even = two.reserve("all", start, 0.5, 1)
    assert even.interval_s == pytest.approx(60 / (600 * 0.975))
    one.reserve("all", start, 0.5, 1, unused=4)
    made_up = two.reserve("all", start, 0.5, 1)
    assert made_up.interval_s == pytest.approx(60 / (600 * 0.995))


def test_a_refusal_of_one_process_stops_and_slows_the_other(process: Callable[[], PostgresPacing]) -> None:
    one, two = process(), process()
    one.reserve("all", Pace(1200), 0.5, 1)
    one.refuse("all", Pace(1200), 40.0, 0.1)
    got = two.reserve("all", Pace(1200), 0.5, 1)
    assert got.starts_in_s > 39
    assert got.interval_s > 1.9 * Pace(1200).interval_s
    state = two.state("all")
    assert state is not None
    assert state.refused_at == 1200
    assert two.state("search") is None


def test_places_in_flight_are_never_given_twice(process: Callable[[], PostgresPacing]) -> None:
    one, two, three = process(), process(), process()
    assert one.lease_places("read", 5, 12) == 5
    assert two.lease_places("read", 9, 12) == 7
    assert three.lease_places("read", 5, 12) == 0
    assert three.lease_places("write", 5, 15) == 5
    assert one.lease_places("read", 2, 12) == 2
    assert three.lease_places("read", 5, 12) == 3


def test_a_dead_process_gives_its_places_back(process: Callable[[], PostgresPacing], database: Database) -> None:
    process().lease_places("read", 50, 50)
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE asana_place SET expires_at = clock_timestamp() - interval '1 second'")
    assert process().lease_places("read", 5, 50) == 5


def test_several_pacers_with_threads_keep_the_limit_together(process: Callable[[], PostgresPacing]) -> None:
    per_minute, sent, lock = 3000, [], threading.Lock()
    pacers = [Pacer(Limits(per_minute), process()) for _ in range(3)]
    end = time.monotonic() + 1.5

    def ask(pacer: Pacer) -> None:
        while time.monotonic() < end:
            with pacer.turn():
                at = time.monotonic()
            with lock:
                sent.append(at)

    threads = [threading.Thread(target=ask, args=(pacer,)) for pacer in pacers for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    whole = max(sent) - min(sent)
    assert len(sent) <= ceil(per_minute / 60 * whole) + 10  # threads that wake late come close together


def test_one_connection_serves_many_turns_and_is_replaced_when_it_breaks_or_was_idle(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, now = [], 0.0
    connect = Database.connect
    monkeypatch.setattr(Database, "connect", lambda self: opened.append(connect(self)) or opened[-1])
    shared = PostgresPacing(lambda: database, "digest", lambda: now)
    for _ in range(5):
        shared.reserve("all", Pace(600), 0.5, 1)
    assert len(opened) == 1
    now += 60
    shared.lease_places("read", 5, 12)
    assert len(opened) == 2
    opened[-1].close()
    with pytest.raises(RetriableError):
        shared.reserve("all", Pace(600), 0.5, 1)
    shared.reserve("all", Pace(600), 0.5, 1)
    assert len(opened) == 3


def test_a_database_that_is_away_is_said_so_without_its_address() -> None:
    away = Database("postgresql://user:canary@127.0.0.1:9/none")
    with pytest.raises(RetriableError) as caught:
        PostgresPacing(lambda: away, "digest").reserve("all", Pace(600), 0.5, 1)
    assert "canary" not in str(caught.value)
