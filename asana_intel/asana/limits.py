"""How fast we may ask: the arithmetic of one bucket and the places in flight. No waiting for a server, no HTTP here."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

SHARE = 0.975  # of the limit that is used: requests reach the server a little later or earlier than they were sent
SHARE_BEHIND = 0.995  # while turns are made up
MADE_UP_S = 0.6  # so many seconds' turns at the most: a minute never sees more than 98.5 % of the limit
SLOWEST = 10.0  # requests a minute
SEARCH_PER_MINUTE = 60.0
PLAN_LIMITS = {"free": 150.0, "paid": 1500.0}  # requests a minute, as Asana publishes them

_LESSON, _SMALL_LESSON = 0.5, 0.9
_RECOVERY = 1.002  # a request: twice the pace after about 350 requests that went well
_PROBING = 1.00002  # a request, beside the pace that was refused: five percent in 2,500 requests
_NEAR = 0.95


@dataclass
class Pace:
    """One bucket: evenly spaced turns, so that no stretch of time ever sees more than the limit allows.

    Asana judges its limit on stretches shorter than a minute and does not say on which. Turns `60 / (limit * SHARE)`
    seconds apart give at most `ceil(limit / 60 * w)` requests in any stretch of `w` seconds, whatever `w` is. The same
    holds for `SHARE_BEHIND`, the pace after turns that nobody took, until `MADE_UP_S` of them are made up. All times
    are seconds on one clock that the caller chooses.

    Attributes:
        limit: Most requests a minute.
        paced: False: turns are not spaced until the server refuses for the first time.
        per_minute: Pace in force; below `limit` after a refusal.
        refused_at: Pace at which the server refused last, requests a minute.
        next_at: First turn not given away.
        closed_until: No turn before; the server asked to wait.
        taught_at: When the latest lesson was learnt.
        owed_s: Turns that nobody took in time, as seconds at the even pace.
    """

    limit: float
    paced: bool = True
    per_minute: float = 0.0
    refused_at: float | None = None
    next_at: float = float("-inf")
    closed_until: float = float("-inf")
    taught_at: float = float("-inf")
    owed_s: float = 0.0

    def __post_init__(self) -> None:
        self.per_minute = min(self.per_minute or self.limit, self.limit)

    @property
    def interval_s(self) -> float:
        """Seconds between two turns."""
        if not self.paced:
            return 0.0
        return 60 / (self.per_minute * (SHARE_BEHIND if self.owed_s > 0 else SHARE))

    def reserve(self, now: float, count: int = 1) -> float:
        """Give away `count` turns, `interval_s` apart as it was before; returns when the first one is."""
        first = max(now, self.closed_until)
        if not self.paced:
            return first
        first = max(first, self.next_at)
        taken_s, even_s = count * self.interval_s, count * 60 / (self.per_minute * SHARE)
        self._owe(first - self.next_at + taken_s - even_s)
        self.next_at = first + taken_s
        self._recover(count)
        return first

    def give_back(self, count: int) -> None:
        """Let turns that were given away, and not taken in time, be made up."""
        if self.paced:
            self._owe(count * 60 / (self.per_minute * SHARE))

    def refuse(self, now: float, seconds: float, sent_at: float | None) -> None:
        """Learn from a 429: nothing goes for that long, and more slowly afterwards.

        Requests that were in flight together are refused together and teach one lesson. A first lesson halves the
        pace; one close to a pace refused before takes a tenth. Afterwards the pace grows back quickly to just below
        what was refused, and from there slowly.

        Args:
            now: Time of the answer.
            seconds: What the server asks to wait.
            sent_at: When the refused request was sent; None: the refusal says nothing about this bucket's limit.
        """
        if sent_at is not None and now >= self.closed_until and sent_at >= self.taught_at:
            if self.paced:
                is_known_edge = self.refused_at is not None and abs(self.per_minute / self.refused_at - 1) < 0.1
                self.refused_at = self.per_minute
                self.per_minute = max(SLOWEST, self.per_minute * (_SMALL_LESSON if is_known_edge else _LESSON))
            self.paced = True
            self.taught_at = now
        self.closed_until = max(self.closed_until, now + seconds)
        self.next_at = max(self.next_at, self.closed_until)
        self.owed_s = min(0.0, self.owed_s)

    def _owe(self, seconds: float) -> None:
        self.owed_s = min(MADE_UP_S, self.owed_s + seconds)

    def _recover(self, count: int) -> None:
        if self.per_minute >= self.limit:
            return
        edge = self.limit if self.refused_at is None else min(self.limit, self.refused_at * _NEAR)
        if self.per_minute < edge:
            self.per_minute = min(edge, self.per_minute * _RECOVERY**count)
        else:
            self.per_minute = min(self.limit, self.per_minute * _PROBING**count)


class Places:
    """A bound on requests in flight that is given out in order, several places at once where need be.

    Args:
        most: Places there are.
        lease: Asks those we share them with for so many places and returns how many we have now; None: all are ours.
        clock: Seconds that only grow.
    """

    _ASK_AGAIN_S = 0.25
    _RENEW_S = 20.0
    _SPARE = 4

    def __init__(
        self, most: int, lease: Callable[[int], int] | None = None, clock: Callable[[], float] | None = None
    ) -> None:
        self.most = most
        self._lease = lease
        self._clock = clock or (lambda: 0.0)
        self._ours = 0 if lease else most
        self._asked_at = float("-inf")
        self._used = 0
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    def acquire(self, count: int = 1) -> None:
        """Take that many places together; waits behind those who came first."""
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
            try:
                while self._queue[0] is not ticket or not self._has_room(count):
                    self._changed.wait(self._ASK_AGAIN_S if self._lease else None)
                self._used += count
            finally:
                self._queue.remove(ticket)
                self._changed.notify_all()

    def release(self, count: int = 1) -> None:
        """Give them back."""
        with self._changed:
            self._used -= count
            self._changed.notify_all()

    def _has_room(self, count: int) -> bool:
        if self._lease:
            age = self._clock() - self._asked_at
            if age > self._RENEW_S or (self._used + count > self._ours and age > self._ASK_AGAIN_S):
                self._asked_at = self._clock()
                self._ours = self._lease(min(self.most, self._used + count + self._SPARE))
        return self._used + count <= self._ours
