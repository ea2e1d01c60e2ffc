from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.asana.limits import RateLimiter


class _Time:
    def __init__(self):
        self.now = 0.0

    def clock(self):
        return self.now

    def sleep(self, seconds):
        assert seconds > 0
        self.now += seconds


def _limiter(time, per_minute, **options):
    return RateLimiter(per_minute, 4, clock=time.clock, sleep=time.sleep, **options)


@settings(max_examples=60, deadline=None)
@given(
    per_minute=st.integers(10, 3000),
    gaps=st.lists(st.floats(0, 30, allow_nan=False), min_size=2, max_size=120),
)
def test_no_stretch_of_time_sees_more_requests_than_the_rate_allows(per_minute, gaps):
    time = _Time()
    limiter = _limiter(time, per_minute)
    sent = []
    for gap in gaps:
        time.now += gap
        with limiter.slot():
            sent.append(time.now)
    per_second = per_minute / 60
    room = max(1.0, per_second)
    for first in range(len(sent)):
        for last in range(first, len(sent)):
            assert last - first + 1 <= room + (sent[last] - sent[first]) * per_second + 1e-3


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.one_of(st.none(), st.floats(0.01, 100, allow_nan=False)), min_size=1, max_size=60),
    paced=st.booleans(),
)
def test_nothing_goes_during_a_pause(steps, paced):
    time = _Time()
    limiter = _limiter(time, 600, paced=paced)
    closed_until = 0.0
    for pause in steps:
        if pause is None:
            with limiter.slot():
                assert time.now >= closed_until
        else:
            closed_until = max(closed_until, time.now + pause)
            limiter.pause(pause)


def test_an_unpaced_server_is_asked_at_once_until_it_complains():
    time = _Time()
    limiter = _limiter(time, 60, paced=False)
    for _ in range(500):
        with limiter.slot():
            pass
    assert time.now == 0
    limiter.pause(5)
    for _ in range(10):
        with limiter.slot():
            pass
    assert time.now == pytest.approx(15, abs=1.5)


def test_a_smaller_quota_than_configured_is_found_after_a_few_refusals():
    """A free plan's 150 a minute under a ceiling of 1200: refusals cost quota, so they must be rare."""
    time = _Time()
    limiter = _limiter(time, 1200)
    window_start, in_window, refusals = 0.0, 0, 0
    for _ in range(1500):
        with limiter.slot():
            if time.now - window_start >= 60:
                window_start, in_window = time.now, 0
            in_window += 1
            if in_window > 150:
                refusals += 1
                limiter.pause(60 - (time.now - window_start))
    assert refusals <= 8
    assert time.now < 1.6 * 1500 / 150 * 60


def test_no_more_requests_are_in_flight_than_allowed():
    limiter = RateLimiter(60_000, 3)
    in_flight, most = 0, 0
    lock, full = threading.Lock(), threading.Barrier(3, timeout=5)

    def ask():
        nonlocal in_flight, most
        with limiter.slot():
            with lock:
                in_flight += 1
                most = max(most, in_flight)
            full.wait()
            with lock:
                in_flight -= 1

    threads = [threading.Thread(target=ask) for _ in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 3
