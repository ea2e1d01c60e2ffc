"""How fast we may ask: a token bucket, a bound on requests in flight, and pauses the server asks for. No HTTP here."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Room for rounding: a bucket refilled by exactly the computed wait must count as full enough.
_ALMOST_ONE = 1 - 1e-9
_SLOWEST = 10 / 60  # requests a second
_RECOVERY = 1.002  # a request: twice the pace after about 350 requests that went well


class RateLimiter:
    """One budget for all threads of a session.

    The bucket refills steadily and holds one second's worth, since Asana judges its limit more often than once a
    minute. A pause stops everybody, since a request that the server rejects still counts against its quota; it also
    halves the pace, which then creeps back to the configured rate: a free plan's smaller quota is found by itself.

    Args:
        requests_per_minute: Steady rate.
        concurrent: Most requests in flight at once.
        paced: False lets requests go unpaced until the first pause; for servers whose limit is not known.
        clock: Seconds that only grow.
        sleep: Waits that many seconds.
    """

    def __init__(
        self,
        requests_per_minute: float,
        concurrent: int,
        *,
        paced: bool = True,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._configured = requests_per_minute / 60
        self._per_second = self._configured
        self._room = max(1.0, self._configured)
        self._tokens = self._room
        self._paced = paced
        self._clock = clock
        self._sleep = sleep
        self._filled_at = clock()
        self._closed_until = self._filled_at
        self._lock = threading.Lock()
        self._in_flight = threading.BoundedSemaphore(concurrent)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Wait for a turn, and hold one of the places in flight."""
        with self._in_flight:
            while (wait := self._take_or_wait()) > 0:
                self._sleep(wait)
            yield

    def pause(self, seconds: float) -> None:
        """Let nothing go for that long, and pace from then on."""
        with self._lock:
            if self._clock() >= self._closed_until:  # requests in flight together are refused together: one lesson
                self._per_second = max(_SLOWEST, self._per_second / 2) if self._paced else self._configured
            self._paced = True
            self._tokens = 1.0  # the first may go as soon as the pause is over
            self._closed_until = self._filled_at = max(self._closed_until, self._clock() + seconds)

    def _take_or_wait(self) -> float:
        with self._lock:
            now = self._clock()
            if now < self._closed_until:
                return self._closed_until - now
            if not self._paced:
                return 0.0
            refill = max(0.0, now - self._filled_at) * self._per_second
            self._tokens = min(self._room, self._tokens + refill)
            self._filled_at = now
            if self._tokens >= _ALMOST_ONE:
                self._tokens = max(0.0, self._tokens - 1)
                self._per_second = min(self._configured, self._per_second * _RECOVERY)
                return 0.0
            return (1 - self._tokens) / self._per_second
