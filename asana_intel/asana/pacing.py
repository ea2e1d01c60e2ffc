"""Waiting for a turn before each request: one pacer per token, for all threads and, with a database, all processes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal, Protocol
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from asana_intel.asana.limits import PLAN_LIMITS, SEARCH_PER_MINUTE, Pace, Places
from asana_intel.errors import RetriableError
from asana_intel.settings import AsanaSettings

Kind = Literal["read", "write"]
Bucket = Literal["all", "search"]
LONGEST_NAP_S = 3600.0  # a longer wait is slept in pieces; the operating system refuses very long ones
_EARLY = 1e-9  # room for rounding: a nap of exactly the computed length must do
_LATE_S = 0.1  # a turn that is slept through for longer is not taken: many at once would come after a long stop
_ALONE_S = 30.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """What one token is allowed.

    Attributes:
        per_minute: Requests a minute.
        reads: Most reads in flight.
        writes: Most writes in flight.
        paced: False: unpaced until the server answers 429, for servers that publish no limit.
        search_per_minute: Searches a minute, which count as requests too.
    """

    per_minute: float = 1200.0
    reads: int = 50
    writes: int = 15
    paced: bool = True
    search_per_minute: float = SEARCH_PER_MINUTE


def limits_of(asana: AsanaSettings) -> Limits:
    """The limits to keep: our own ceiling, the plan's where it is known, and none for an unlimited local server."""
    is_local = urlsplit(asana.url).hostname in {"127.0.0.1", "localhost", "::1"}
    is_set = "requests_per_minute" in asana.model_fields_set
    plan_limit = PLAN_LIMITS[asana.plan] if asana.plan else None
    ceiling = asana.requests_per_minute if is_set or plan_limit is None else plan_limit
    return Limits(
        per_minute=min(ceiling, plan_limit or ceiling),
        reads=asana.reads_in_flight,
        writes=asana.writes_in_flight,
        paced=not is_local or is_set or plan_limit is not None,
    )


@dataclass(frozen=True)
class Turns:
    """Turns that were given to us: the first in `starts_in_s` seconds, each `interval_s` after the one before."""

    starts_in_s: float
    interval_s: float
    count: int


class SharedPacing(Protocol):
    """What processes with the same token share; see `shared_pacing.PostgresPacing`. Each may raise RetriableError."""

    def reserve(self, bucket: Bucket, start: Pace, seconds: float, count: int, unused: int) -> Turns:
        """Take the turns of the next `seconds`, at least `count`, and give `unused` ones back, which are over.

        `start` is the pace where none is known yet.
        """
        ...

    def refuse(self, bucket: Bucket, start: Pace, seconds: float, sent_ago_s: float | None) -> None:
        """Tell the others of a 429; `sent_ago_s` is None where it teaches nothing about this bucket."""
        ...

    def state(self, bucket: Bucket) -> Pace | None:
        """The pace in force, with times on a clock of its own; None where none is known."""
        ...

    def lease_places(self, kind: Kind, wanted: int, most: int) -> int:
        """Ask for places in flight; returns how many of `most` are ours now."""
        ...


class Pacer:
    """Lets requests go one by one, as fast as the limits allow and never during a wait the server asked for.

    Args:
        limits: What the token is allowed.
        shared: What other processes share; None: this process is alone.
        clock: Seconds that only grow.
        sleep: Waits that many seconds.
    """

    _LEASED_S = 0.5  # turns taken from the shared bucket at once: two transactions a second, whatever the pace

    def __init__(
        self,
        limits: Limits,
        shared: SharedPacing | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.limits = limits
        self._shared = shared
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._alone_until = float("-inf")
        self._paces: dict[Bucket, Pace] = {
            "all": Pace(limits.per_minute, paced=limits.paced),
            "search": Pace(limits.search_per_minute, paced=limits.paced),
        }
        self._leased: dict[Bucket, Turns] = {}
        self._unused: dict[Bucket, int] = {"all": 0, "search": 0}
        self._lessons = 0
        self._places: dict[Kind, Places] = {
            "read": Places(limits.reads, self._leasing("read", limits.reads), clock),
            "write": Places(limits.writes, self._leasing("write", limits.writes), clock),
        }

    @contextmanager
    def turn(self, kind: Kind = "read", count: int = 1, *, search: bool = False) -> Iterator[None]:
        """Wait until a request may go, and hold its place in flight.

        Args:
            kind: Reads and writes have places of their own.
            count: How many requests the server will count (the actions of a batch).
            search: Also wait for the search bucket.
        """
        if search:
            self._wait("search", count)
        self._places[kind].acquire(count)
        try:
            self._wait("all", count)
            yield
        finally:
            self._places[kind].release(count)

    def refused(self, seconds: float, sent_at: float | None, *, search: bool = False) -> None:
        """Wait as a refusal asks, and learn from it.

        Whatever was refused, nothing goes before the wait is over; the lesson is the search bucket's after a search.

        Args:
            seconds: What the server asks to wait.
            sent_at: When the refused request was sent, on the pacer's clock; None: there is nothing to learn.
            search: Whether a search was refused.
        """
        with self._lock:
            self._lessons += 1  # before the database is told, which takes a while: whose turn comes meanwhile sees it
            if search:
                self._refuse("search", seconds, sent_at)
            self._refuse("all", seconds, None if search else sent_at)
            self._leased.clear()
            self._unused = dict.fromkeys(self._unused, 0)

    def state(self, bucket: Bucket = "all") -> Pace:
        """The pace in force, as learnt by all who share it."""
        if self._shared:
            try:
                return self._shared.state(bucket) or self._paces[bucket]
            except RetriableError as away:
                _log.debug("the shared pace cannot be read: %s", away.message)
        return self._paces[bucket]

    def _wait(self, bucket: Bucket, count: int) -> None:
        was_late = False
        while True:
            with self._lock:
                if was_late:
                    self._give_back(bucket, count)
                at, lessons = self._reserve(bucket, count), self._lessons
            while (wait := at - self._clock()) > _EARLY:
                self._sleep(min(wait, LONGEST_NAP_S))
            # Without the lock: who asks the database meanwhile holds it, and our turn is now.
            if lessons == self._lessons:
                if was_late or self._clock() - at <= _LATE_S:
                    return
                was_late = True
            else:
                was_late = False

    def _reserve(self, bucket: Bucket, count: int) -> float:
        """When the last of `count` turns is, on our clock."""
        pace, now = self._paces[bucket], self._clock()
        if self._shared and self._is_shared(pace, now):
            try:
                return self._from_leased(bucket, count, self._shared)
            except RetriableError as away:
                self._go_alone(away, now)
        interval_s = pace.interval_s
        return pace.reserve(now, count) + (count - 1) * interval_s

    def _from_leased(self, bucket: Bucket, count: int, shared: SharedPacing) -> float:
        leased = self._left_of(bucket)
        if leased.count < count:
            turns = shared.reserve(bucket, self._paces[bucket], self._LEASED_S, count, self._unused[bucket])
            self._unused[bucket] = leased.count
            leased = Turns(self._clock() + turns.starts_in_s, turns.interval_s, turns.count)
        last = leased.starts_in_s + (count - 1) * leased.interval_s
        self._leased[bucket] = Turns(last + leased.interval_s, leased.interval_s, leased.count - count)
        return last

    def _left_of(self, bucket: Bucket) -> Turns:
        """What is left of the leased turns, on our clock, without those that nobody took in time."""
        leased = self._leased.get(bucket)
        if leased is None or leased.interval_s <= 0:
            return Turns(0.0, 0.0, 0)
        late = ceil((self._clock() - leased.starts_in_s) / leased.interval_s - _EARLY)
        late = min(max(0, late), leased.count)
        self._unused[bucket] += late
        left = Turns(leased.starts_in_s + late * leased.interval_s, leased.interval_s, leased.count - late)
        self._leased[bucket] = left
        return left

    def _give_back(self, bucket: Bucket, count: int) -> None:
        if self._shared and self._is_shared(self._paces[bucket], self._clock()):
            self._unused[bucket] += count
        else:
            self._paces[bucket].give_back(count)

    def _is_shared(self, pace: Pace, now: float) -> bool:
        return pace.paced and now >= self._alone_until

    def _refuse(self, bucket: Bucket, seconds: float, sent_at: float | None) -> None:
        pace, now = self._paces[bucket], self._clock()
        start = replace(pace)
        pace.refuse(now, seconds, sent_at)
        if self._shared:
            try:
                self._shared.refuse(bucket, start, seconds, None if sent_at is None else now - sent_at)
            except RetriableError as away:
                self._go_alone(away, now)

    def _leasing(self, kind: Kind, most: int) -> Callable[[int], int] | None:
        shared = self._shared
        if shared is None:
            return None

        def lease(wanted: int) -> int:
            if not self._is_shared(self._paces["all"], self._clock()):
                return most
            try:
                return shared.lease_places(kind, wanted, most)
            except RetriableError as away:
                self._go_alone(away, self._clock())
                return most

        return lease

    def _go_alone(self, away: RetriableError, now: float) -> None:
        _log.warning("pacing for this process only for %g s: %s", _ALONE_S, away.message)
        self._alone_until = now + _ALONE_S


_pacers: WeakValueDictionary[tuple[str, Limits], Pacer] = WeakValueDictionary()
_pacers_lock = threading.Lock()


def pacer_for(digest: str, limits: Limits, shared: SharedPacing | None = None) -> Pacer:
    """The pacer of a token in this process: the same for everybody who asks with the same limits.

    Args:
        digest: Tells server and token apart without holding them.
        limits: What the token is allowed.
        shared: What other processes share, where there is a database.
    """
    with _pacers_lock:
        key = (f"{digest}{'+' if shared else ''}", limits)
        pacer = _pacers.get(key)
        if pacer is None:
            pacer = _pacers[key] = Pacer(limits, shared)
        return pacer
