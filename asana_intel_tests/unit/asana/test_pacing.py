from __future__ import annotations

import gc
import threading
from bisect import bisect_left
from dataclasses import replace
from itertools import pairwise
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.asana.limits import Pace
from asana_intel.asana.pacing import Limits, Pacer, Turns, pacer_for
from asana_intel.errors import RetriableError


class _Time:
    def __init__(self):
        self.now = 0.0

    def clock(self):
        return self.now

    def sleep(self, seconds):
        assert 0 < seconds <= 3600
        self.now += seconds


class _Row:
    """What processes share, in memory; `clock` is the database's, ahead of everybody's own."""

    def __init__(self, time, ahead=5000.0):
        self.pace: dict[str, Pace] = {}
        self.asked = 0
        self.is_away = False
        self._time, self._ahead = time, ahead

    def _of(self, bucket, start):
        self.asked += 1
        if self.is_away:
            raise RetriableError("away")
        return self.pace.setdefault(bucket, replace(start, next_at=0.0, closed_until=0.0, taught_at=0.0))

    def reserve(self, bucket, start, seconds, count, unused):
        pace = self._of(bucket, start)
        pace.give_back(unused)
        now, interval_s = self._time.now + self._ahead, pace.interval_s
        taken = max(count, ceil(seconds / interval_s))
        return Turns(pace.reserve(now, taken) - now, interval_s, taken)

    def refuse(self, bucket, start, seconds, sent_ago_s):
        now = self._time.now + self._ahead
        self._of(bucket, start).refuse(now, seconds, None if sent_ago_s is None else now - sent_ago_s)

    def state(self, bucket):
        return self.pace.get(bucket)

    def lease_places(self, kind, wanted, most):
        if self.is_away:
            raise RetriableError("away")
        return min(wanted, most)


def _send(pacer, time, count=1, **options):
    with pacer.turn("read", count, **options):
        return time.now


@pytest.mark.fault("F7")
@settings(max_examples=30, deadline=None)
@given(
    per_minute=st.integers(10, 3000),
    steps=st.lists(
        st.one_of(st.floats(0, 5), st.tuples(st.just("wait"), st.floats(0.1, 100_000))), min_size=2, max_size=80
    ),
    is_shared=st.booleans(),
)
def test_any_stretch_keeps_the_limit_and_nothing_goes_during_a_wait(per_minute, steps, is_shared):
    time = _Time()
    pacer = Pacer(Limits(per_minute), _Row(time) if is_shared else None, time.clock, time.sleep)
    sent, closed_until = [], 0.0
    for step in steps:
        if isinstance(step, tuple):
            pacer.refused(step[1], time.now)
            closed_until = max(closed_until, time.now + step[1])
        else:
            time.now += step
            sent += [_send(pacer, time)]
            assert sent[-1] >= closed_until - 1e-6
    for window_s in (1, 15, 60):
        for start in sent:
            assert sum(start <= at < start + window_s for at in sent) <= ceil(per_minute / 60 * window_s + 1e-3)


@pytest.mark.parametrize("per_minute", [60, 150, 1500])
def test_two_processes_share_one_limit_and_use_95_percent_of_it(per_minute):
    time = _Time()
    row = _Row(time)
    pacers = [Pacer(Limits(per_minute), row, time.clock, time.sleep) for _ in range(2)]
    # The two take turns in one thread, so each waits for the other: the turns themselves say what they may send.
    sent = []
    while time.now < 120:
        for pacer in pacers:
            sent += [_send(pacer, time)]
    assert max(sum(start <= at < start + 60 for at in sent) for start in sent) <= per_minute
    assert row.asked <= len(sent)


def test_the_database_is_asked_twice_a_second_and_not_for_every_request():
    time = _Time()
    row = _Row(time)
    pacer = Pacer(Limits(1500), row, time.clock, time.sleep)
    sent = [_send(pacer, time) for _ in range(1500)]
    assert time.now < 60 / 0.95
    assert row.asked < len(sent) / 10


@pytest.mark.parametrize("is_shared", [False, True])
def test_a_process_that_is_now_and_then_too_slow_for_its_turns_still_uses_96_percent_of_the_limit(is_shared):
    time = _Time()
    pacer = Pacer(Limits(1500), _Row(time) if is_shared else None, time.clock, time.sleep)
    sent = []
    while time.now < 300:
        sent += [_send(pacer, time)]
        if len(sent) % 500 == 0:  # every twenty seconds it is busy with something else
            time.now += 0.4
    assert len(sent) >= 0.96 * 1500 * 5
    assert max(bisect_left(sent, start + 60) - n for n, start in enumerate(sent)) <= 1500 * 0.99


@pytest.mark.parametrize("is_shared", [False, True])
def test_threads_that_were_stopped_together_do_not_send_together(is_shared):
    time, sent, asleep = _Time(), [], []

    def sleep(seconds):
        """While the first one waits for its turn, others come; while the last one waits, the machine stands still."""
        asleep.append(seconds)
        if len(asleep) < 4:
            sent.append(_send(pacer, time))
        elif len(asleep) == 4:
            time.now += 5
        else:
            time.sleep(seconds)

    pacer = Pacer(Limits(600), _Row(time) if is_shared else None, time.clock, sleep)
    sent = [_send(pacer, time)]
    sent.append(_send(pacer, time))
    assert len(sent) == 5
    assert all(later - earlier >= 0.1 for earlier, later in pairwise(sorted(sent)))


def test_without_the_database_a_process_paces_itself():
    time = _Time()
    row = _Row(time)
    row.is_away = True
    pacer = Pacer(Limits(600), row, time.clock, time.sleep)
    for _ in range(100):
        _send(pacer, time)
    assert 60 * 99 / 600 <= time.now < 60 * 99 / 600 / 0.95
    assert row.asked <= 1


def test_searches_have_a_bucket_of_their_own_and_count_as_requests():
    time = _Time()
    pacer = Pacer(Limits(600), None, time.clock, time.sleep)
    sent = [_send(pacer, time, search=True) for _ in range(61)]
    assert sent[-1] >= 60
    before = time.now
    for _ in range(10):
        _send(pacer, time)
    assert time.now - before < 2


def test_a_refused_search_slows_searches_only():
    time = _Time()
    pacer = Pacer(Limits(600), None, time.clock, time.sleep)
    pacer.refused(3, time.now, search=True)
    assert (pacer.state("search").per_minute, pacer.state().per_minute) == (30, 600)
    assert _send(pacer, time) >= 3


def test_the_actions_of_a_batch_count_each():
    time = _Time()
    pacer = Pacer(Limits(600), None, time.clock, time.sleep)
    for _ in range(30):
        _send(pacer, time, 10)
    assert 29.9 <= time.now <= 31


@pytest.mark.fault("F7")
def test_reads_and_writes_in_flight_are_bounded_apart():
    pacer = Pacer(Limits(1e6, reads=2, writes=1))
    with pacer.turn("read"), pacer.turn("read"), pacer.turn("write"):
        third = threading.Thread(target=lambda: _send(pacer, _Time()))
        third.start()
        third.join(timeout=0.05)
        assert third.is_alive()
    third.join(timeout=5)
    assert not third.is_alive()


def test_a_token_has_one_pacer_in_a_process_for_as_long_as_somebody_uses_it():
    pacer = pacer_for("a", Limits())
    assert pacer_for("a", Limits()) is pacer
    assert pacer_for("b", Limits()) is not pacer
    assert pacer_for("a", Limits(60)) is not pacer
    pacer.refused(0, 0)
    del pacer
    gc.collect()
    assert pacer_for("a", Limits()).state().refused_at is None
