from __future__ import annotations

import threading
from collections import deque
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.asana.limits import Pace, Places

RATES = st.integers(10, 3000)


def _most_in_any_stretch(sent: list[float], seconds: float) -> int:
    return max(sum(start <= at < start + seconds for at in sent) for start in sent)


@settings(max_examples=60, deadline=None)
@given(
    per_minute=RATES,
    gaps=st.lists(st.one_of(st.just(0.0), st.floats(0, 30, allow_nan=False)), min_size=2, max_size=120),
    window_s=st.floats(0.05, 90),
)
def test_no_stretch_of_time_sees_more_requests_than_the_limit_allows_in_it(per_minute, gaps, window_s):
    pace, now, sent = Pace(per_minute), 0.0, []
    for gap in gaps:
        now = pace.reserve(now + gap)
        sent.append(now)
    assert _most_in_any_stretch(sent, window_s) <= ceil(per_minute / 60 * window_s + 1e-6)


@settings(max_examples=40, deadline=None)
@given(per_minute=RATES)
def test_who_asks_all_the_time_gets_at_least_95_percent_of_the_limit(per_minute):
    pace, now, sent = Pace(per_minute), 0.0, 0
    while now < 600:
        now = pace.reserve(now)
        sent += 1
    assert sent >= 0.95 * per_minute * 10


@settings(max_examples=60, deadline=None)
@given(
    per_minute=RATES,
    gaps=st.lists(st.one_of(st.just(0.0), st.floats(0, 3, allow_nan=False)), min_size=2, max_size=300),
)
def test_whatever_is_made_up_a_minute_sees_at_most_98_5_percent_of_the_limit(per_minute, gaps):
    pace, now, sent = Pace(per_minute), 0.0, []
    for gap in gaps:
        now = pace.reserve(now + gap)
        sent.append(now)
    assert _most_in_any_stretch(sent, 60) <= ceil(0.985 * per_minute)


@pytest.mark.parametrize("pauses", [{}, {60: 0.5}, {60: 0.2, 70: 0.1, 80: 0.2}])
def test_turns_that_nobody_took_are_made_up(pauses):
    pace, now, sent = Pace(1500), 0.0, 0
    while now < 120:
        pause = pauses.pop(int(now), 0.0)
        if pause:
            now += pause
        now = pace.reserve(now)
        sent += 1
    # 1462.5 a minute, and 0.6 s that nobody took before the first one: 14.6 turns.
    assert sent == pytest.approx(2 * 1462.5 + 14.6, abs=2)


def test_of_a_long_pause_less_than_a_second_is_made_up():
    pace = Pace(1500)
    for _ in range(1500):
        pace.reserve(0.0)
    pace.reserve(3600.0)
    now = 3600.0
    for _ in range(2000):
        now = pace.reserve(now)
    assert (now - 3600) == pytest.approx(2000 * 60 / 1462.5 - 0.6, abs=0.05)


def test_turns_given_back_are_made_up_but_not_after_a_refusal():
    even_s, behind_s = 60 / (600 * 0.975), 60 / (600 * 0.995)
    pace = Pace(600)
    for _ in range(1000):
        pace.reserve(0.0)
    assert pace.interval_s == pytest.approx(even_s)
    pace.give_back(3)
    assert pace.interval_s == pytest.approx(behind_s)
    pace.refuse(pace.next_at, 5.0, None)
    assert pace.interval_s == pytest.approx(even_s)


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.one_of(st.none(), st.floats(0.01, 1e7, allow_nan=False)), min_size=1, max_size=60),
    paced=st.booleans(),
)
def test_no_turn_lies_in_a_wait_that_the_server_asked_for(steps, paced):
    pace, now, closed_until = Pace(600, paced=paced), 0.0, 0.0
    for wait in steps:
        if wait is None:
            now = pace.reserve(now)
            assert now >= closed_until
        else:
            pace.refuse(now, wait, now)
            closed_until = max(closed_until, now + wait)


class _SlidingMinute:
    """A server that allows so many requests in any minute; what it refuses counts, too."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.seen: deque[float] = deque()
        self.refused = 0

    def wait_after(self, now: float) -> float | None:
        while self.seen and self.seen[0] <= now - 60:
            self.seen.popleft()
        self.seen.append(now)
        if len(self.seen) <= self.limit:
            return None
        self.refused += 1
        return max(1.0, ceil(self.seen[-self.limit] + 60 - now))


@pytest.mark.parametrize(("configured", "real"), [(1500, 1500), (150, 150), (1200, 1500), (60, 60)])
def test_a_known_limit_is_never_exceeded_and_95_percent_of_it_are_used(configured, real):
    pace, server, now, answered = Pace(configured), _SlidingMinute(real), 0.0, 0
    while now < 600:
        now = pace.reserve(now)
        answered += server.wait_after(now) is None
    assert server.refused == 0
    assert answered >= 0.95 * configured * 10


def test_a_smaller_limit_than_configured_is_found_after_a_few_refusals_and_then_mostly_kept():
    pace, server, now, answered = Pace(1200), _SlidingMinute(150), 0.0, 0
    while now < 3600:
        now = pace.reserve(now)
        wait = server.wait_after(now)
        if wait is None:
            answered += 1
        else:
            pace.refuse(now, wait, now)
    assert server.refused <= 12
    assert answered >= 0.85 * 150 * 60


def test_requests_refused_together_teach_one_lesson():
    pace = Pace(1200)
    sent = [pace.reserve(0.0) for _ in range(8)]
    for at in sent:
        pace.refuse(1.0, 1.0, at)
    assert pace.per_minute == 600


def test_after_a_single_refusal_the_old_pace_comes_back():
    pace = Pace(1200)
    pace.refuse(0.0, 1.0, 0.0)
    now, requests = 0.0, 0
    while pace.per_minute < 1200:
        now, requests = pace.reserve(now), requests + 1
    assert 500 < requests < 10_000


def test_an_unpaced_server_is_asked_at_once_until_it_complains():
    pace = Pace(60, paced=False)
    assert [pace.reserve(0.0) for _ in range(500)] == [0.0] * 500
    pace.refuse(0.0, 5.0, 0.0)
    assert [pace.reserve(0.0) for _ in range(3)] == pytest.approx([5.0, 6.03, 7.06], abs=0.01)


def _all(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)


def test_no_more_requests_are_in_flight_than_there_are_places():
    places = Places(3)
    in_flight, most = 0, 0
    lock, full = threading.Lock(), threading.Barrier(3, timeout=5)

    def ask():
        nonlocal in_flight, most
        places.acquire()
        with lock:
            in_flight += 1
            most = max(most, in_flight)
        full.wait()
        with lock:
            in_flight -= 1
        places.release()

    _all([threading.Thread(target=ask) for _ in range(9)])
    assert most == 3


def test_a_batch_gets_its_places_together_though_single_requests_keep_coming():
    places, order = Places(4), []
    places.acquire(4)

    def ask(name: str, count: int) -> None:
        places.acquire(count)
        order.append(name)
        places.release(count)

    threads = []
    for name, count in [("batch", 4), ("single", 1)]:
        threads.append(threading.Thread(target=ask, args=(name, count)))
        threads[-1].start()
        while len(places._queue) < len(threads):
            pass
    places.release(4)
    for thread in threads:
        thread.join(timeout=5)
    assert order == ["batch", "single"]


def test_leased_places_are_asked_for_in_small_batches_and_never_exceeded():
    now, granted = [0.0], []

    def lease(wanted: int) -> int:
        granted.append(wanted)
        return min(wanted, 6)

    places = Places(50, lease, lambda: now[0])
    for _ in range(5):
        places.acquire()
        now[0] += 1
    assert granted == [5]
    places.acquire()
    assert granted == [5, 10]
    waiting = threading.Thread(target=places.acquire)
    waiting.start()
    waiting.join(timeout=0.05)
    assert waiting.is_alive()
    places.release()
    waiting.join(timeout=5)
    assert not waiting.is_alive()
