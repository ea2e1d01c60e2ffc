"""Many independent reads on a few threads, answered in the order they were asked. Knows nothing of Asana's lists."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from math import ceil
from queue import SimpleQueue
from types import TracebackType
from typing import TypeVar

from asana_intel.errors import PermanentError, RetriableError, SkippableError

Item = TypeVar("Item")
Result = TypeVar("Result")
Refusal = SkippableError | PermanentError | RetriableError

# So many questions in a row without an answer, each after all its repeats: not they are the trouble, the server is.
DOWN_AFTER = 5
# A thread for each such part of the time that an answer takes: more of them would wait for each other, not for answers.
_PER_THREAD_S = 0.004
_FEWEST = 4
# Where polars is loaded, Ctrl-C does not end a wait that has no end of its own.
_LISTEN_S = 0.2


class FanOut:
    """A bounded pool of threads, as many as the time that answers take makes useful.

    Answers come in the order of the questions, so that a run is repeatable; at most twice as many questions as threads
    of use are open, so that memory stays bounded. At the end all threads are waited for, unless the process is told to
    stop: then a read that waits for the server must not hold it up, and ends with it.

    Args:
        workers: Most threads.
        latency_s: Tells how long an answer takes at present, seconds; None: all threads are of use.
    """

    def __init__(self, workers: int, latency_s: Callable[[], float] | None = None) -> None:
        self._tasks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._most = workers
        self._latency_s = latency_s
        self._unanswered = 0

    def __enter__(self) -> FanOut:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _ in self._threads:
            self._tasks.put(None)
        if kind is None or issubclass(kind, Exception):
            for thread in self._threads:
                thread.join()

    def each(self, items: Iterable[Item], read: Callable[[Item], Result]) -> Iterator[tuple[Item, Result | Refusal]]:
        """Yield each item with what was read, or with the refusal or lack of an answer that concerns it alone.

        Args:
            items: Taken lazily: a generator may stop early.
            read: Called on a thread of the pool.

        Raises:
            RetriableError: `DOWN_AFTER` items in a row, also of several calls, had no answer.
            AsanaIntelError: Any other error of `read`, which concerns all of them.
        """
        open_reads: deque[tuple[Item, Future[Result]]] = deque()
        waiting = iter(items)
        try:
            while True:
                ahead = 2 * self._useful()
                while len(open_reads) < ahead and (item := next(waiting, None)) is not None:
                    open_reads.append((item, self._submitted(read, item)))
                if not open_reads:
                    return
                item, future = open_reads.popleft()
                yield item, self._outcome(future)
        finally:
            for _, future in open_reads:
                future.cancel()

    def _useful(self) -> int:
        """How many threads are of use at present; those that are missing are started."""
        useful = self._most
        if self._latency_s:
            useful = min(self._most, max(_FEWEST, ceil(self._latency_s() / _PER_THREAD_S)))
        while len(self._threads) < useful:
            name = f"asana-read_{len(self._threads)}"
            self._threads.append(threading.Thread(target=self._work, daemon=True, name=name))
            self._threads[-1].start()
        return useful

    def _submitted(self, read: Callable[[Item], Result], item: Item) -> Future[Result]:
        future: Future[Result] = Future()

        def task() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(read(item))
            except BaseException as failure:  # noqa: BLE001 (raised again where the answer is waited for)
                future.set_exception(failure)

        self._tasks.put(task)
        return future

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()

    def _outcome(self, future: Future[Result]) -> Result | Refusal:
        while not future.done():
            with suppress(TimeoutError):
                future.exception(_LISTEN_S)
        try:
            outcome: Result | Refusal = future.result()
        except RetriableError as unanswered:
            self._unanswered += 1
            if self._unanswered >= DOWN_AFTER:
                raise
            return unanswered
        except (SkippableError, PermanentError) as refused:
            outcome = refused
        self._unanswered = 0
        return outcome
